/* SPDX-License-Identifier: MIT */
/*
 * Decides what the script of a command line is. What the language has no words for, values given
 * more than once and redirects, is written as text.
 */
#include "config.h"

#include "compose.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "builtin.h"

static const compose_scheme schemes[] = {
    {"smtp", "smtp", false},       {"smtps", "smtp", true}, {"submission", "smtp", false},
    {"submissions", "smtp", true}, {"lmtp", "lmtp", false}, {"pop3", "pop3", false},
    {"pop3s", "pop3", true},       {"imap", "imap", false}, {"imaps", "imap", true},
    {"http", "http", false},       {"https", "http", true}, {"tls", "tls", true},
};

const compose_scheme *compose_scheme_of(const char *url)
{
    size_t len = strcspn(url, ":");
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strlen(schemes[i].scheme) == len && strncasecmp(schemes[i].scheme, url, len) == 0)
            return &schemes[i];
    return NULL;
}

static const char *builtin(const char *name)
{
    for (size_t i = 0; i < sizeof builtin_scripts / sizeof *builtin_scripts; i++)
        if (strcmp(builtin_scripts[i].name, name) == 0)
            return builtin_scripts[i].text;
    return "";
}

/* A value as the language quotes it. */
static void put_quoted(FILE *out, const char *value)
{
    fputc('"', out);
    for (const unsigned char *p = (const unsigned char *)value; *p; p++) {
        if (*p == '"' || *p == '\\')
            fprintf(out, "\\%c", *p);
        else if (*p == '\n')
            fputs("\\n", out);
        else if (*p < ' ' || *p == 0x7f)
            fprintf(out, "\\x%02x", *p);
        else if (p[0] == '$' && p[1] == '{')
            fputs("$$", out);
        else
            fputc(*p, out);
    }
    fputc('"', out);
}

static void put_set(FILE *out, const char *name, const char *value)
{
    fprintf(out, "set     %s ", name);
    put_quoted(out, value);
    fputc('\n', out);
}

/* Names that stand in blocks of their own, once for each value. */
static bool is_repeated(const char *name)
{
    return strcmp(name, "to") == 0 || strcmp(name, "header") == 0 || strcmp(name, "retr") == 0;
}

/* Date and Message-ID, which a mail must have (RFC 5322 3.6). */
static void put_mail_head(FILE *out)
{
    char head[256], date[64];
    struct timespec now;
    struct tm tm;
    static const char days[] = "SunMonTueWedThuFriSat",
                      months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    snprintf(date, sizeof date, "%.3s, %d %.3s %d %02d:%02d:%02d +0000", days + 3 * tm.tm_wday,
             tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
             tm.tm_sec);
    snprintf(head, sizeof head, "Date: %s\nMessage-ID: <%lld.%ld@np-talk.invalid>\n", date,
             (long long)now.tv_sec, now.tv_nsec);
    put_set(out, "head", head);
}

static void put_values(FILE *out, const compose_scheme *s, const talk_options *o)
{
    bool mail = strcmp(s->script, "smtp") == 0 || strcmp(s->script, "lmtp") == 0;
    if (s->tls && strcmp(s->script, "tls") != 0)
        put_set(out, "tls", "yes");
    if (o->starttls)
        put_set(out, "starttls", "yes");
    if (o->login) {
        put_set(out, "user", o->user);
        put_set(out, "login", o->mechanism ? o->mechanism : "auto");
    }
    if (mail && (talk_pairs_last(&o->values, "from") || talk_pairs_last(&o->values, "to")))
        put_set(out, "mail", "yes");
    if (mail && o->send) {
        put_set(out, "send", "yes");
        put_mail_head(out);
    }
    if (o->method)
        put_set(out, "method", o->method);
    for (int i = 0; i < o->values.count; i++)
        if (!is_repeated(o->values.pairs[i].name) && strcmp(o->values.pairs[i].name, "server") != 0)
            put_set(out, o->values.pairs[i].name, o->values.pairs[i].value);
}

/* A line of the built-in text, with " follow N" behind what can be redirected. */
static void put_line(FILE *out, const char *line, size_t len, int follow)
{
    size_t blanks = strspn(line, " ");
    bool redirects =
        strncmp(line + blanks, "get ", 4) == 0 || strncmp(line + blanks, "head ", 5) == 0;
    fwrite(line, 1, len, out);
    if (follow > 0 && redirects)
        fprintf(out, " follow %d", follow);
    fputc('\n', out);
}

static void put_lines(FILE *out, const char *text, const char *end, int follow)
{
    while (text < end) {
        size_t len = strcspn(text, "\n");
        put_line(out, text, len, follow);
        text += len + 1;
    }
}

#ifdef HAVE_PCRE2
static const bool have_patterns = true;
#else
static const bool have_patterns = false;
#endif

/*
 * From "#@ NAME" to "#@ end": once for each value, or as it stands; "#@ patterns" only where the
 * library has them, for no mail depends on its queue id. Returns what follows.
 */
static const char *put_block(FILE *out, const char *text, const talk_options *o)
{
    char name[16] = "";
    const char *begin = strchr(text, '\n') + 1, *end = strstr(begin, "#@ end\n");
    int count = 0;
    sscanf(text, "#@ %15[a-z]", name);
    if (strcmp(name, "patterns") == 0 && !have_patterns)
        return end + strlen("#@ end\n");
    for (int i = 0; i < o->values.count; i++)
        if (strcmp(o->values.pairs[i].name, name) == 0) {
            put_set(out, name, o->values.pairs[i].value);
            put_lines(out, begin, end, 0);
            count++;
        }
    if (count == 0)
        put_lines(out, begin, end, 0);
    return end + strlen("#@ end\n");
}

char *compose_script(const compose_scheme *s, const talk_options *o)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    for (const char *p = builtin(s->script); *p;) {
        if (strncmp(p, "#@ ", 3) == 0) {
            p = put_block(out, p, o);
            continue;
        }
        size_t len = strcspn(p, "\n");
        put_line(out, p, len, o->follow);
        if (strncmp(p, "protocol ", 9) == 0)
            put_values(out, s, o);
        p += len + 1;
    }
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

const char compose_interactive[] = "protocol raw\n"
                                   "timeout 1440m\n"
                                   "deadline 1440m\n"
                                   "read end\n";

char *compose_opening(const char *speech, bool tls)
{
    static const struct {
        const char *speech, *lines;
    } openings[] = {
        {"smtp", "expect 220\nsend EHLO ${client}\nexpect 250\nstarttls\n"},
        {"lmtp", "expect 220\nsend LHLO ${client}\nexpect 250\nstarttls\n"},
        {"pop3", "expect +OK\nstarttls\n"},
        {"imap", "expect OK\nstarttls\n"},
    };
    const char *lines = speech ? NULL : "";
    char *text = NULL;
    for (size_t i = 0; speech && i < sizeof openings / sizeof *openings; i++)
        if (strcmp(openings[i].speech, speech) == 0)
            lines = openings[i].lines;
    if (!lines)
        return NULL;
    int n = asprintf(&text, "protocol %s\nconnect ${host}:${port}%s\n%s", speech ? speech : "raw",
                     tls ? " tls" : "", lines);
    return n < 0 ? NULL : text;
}
