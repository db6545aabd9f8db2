/* SPDX-License-Identifier: MIT */
/*
 * Decides what a person sees of a conversation.
 */
#include "report.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "../common/columns.h"
#include "cures.h"

enum { BAR = 56, LABEL = 14, PHASES = 64, WIDTH = 98 };

/* ---- what helps ------------------------------------------------------------------------------ */

typedef struct cure {
    const char *problem, *protocol;
    int code;
    const char *text, *what;
} cure;

#define X(problem, protocol, code, text, what) {problem, protocol, code, text, what},
static const cure cures[] = {TALK_CURES};
#undef X

const char *talk_report_cure(const char *problem, const char *protocol, int code, const char *text)
{
    for (size_t i = 0; i < sizeof cures / sizeof *cures; i++) {
        const cure *c = &cures[i];
        bool lmtp = strcmp(protocol, "lmtp") == 0 && strcmp(c->protocol, "smtp") == 0;
        if ((!*c->problem || strcmp(c->problem, problem) == 0) &&
            (!*c->protocol || strcmp(c->protocol, protocol) == 0 || lmtp) &&
            (!c->code || c->code == code) && (!*c->text || strcasestr(text, c->text)))
            return c->what;
    }
    return "";
}

static void put_failure(const conversation *c, const np_talk_info *i, FILE *out)
{
    np_step s = {.reply = ""};
    for (int n = 0; n < np_talk_step_count(c->k) && s.state != NP_STEP_FAILED; n++)
        np_talk_get_step(c->k, n, &s, sizeof s);
    bool failed = s.state == NP_STEP_FAILED;
    const char *what = talk_report_cure(c->problem, i->protocol, failed ? s.code : i->code,
                                        failed && *s.reply ? s.reply : c->sentence);
    fprintf(out, "× %s\n", c->sentence);
    if (failed && *s.label)
        fprintf(out, "  step    %s\n", s.label);
    for (int f = 0; f < np_talk_fault_count(c->k); f++)
        fprintf(out, "  fault   %s\n", np_talk_fault(c->k, f));
    if (*what)
        fprintf(out, "  cure    %s\n", what);
    fputc('\n', out);
}

/* ---- waterfall ------------------------------------------------------------------------------- */

typedef struct phase {
    char label[LABEL + 1];
    int64_t start, duration;
} phase;

typedef struct phases {
    phase rows[PHASES];
    int count;
} phases;

/* Phases of one name in a row are one. */
static void add_phase(phases *p, const char *label, int64_t start, int64_t duration)
{
    phase *last = p->count ? &p->rows[p->count - 1] : NULL;
    if (duration < 0 || start < 0)
        return;
    if (last && strcmp(last->label, label) == 0) {
        last->duration = start + duration - last->start;
        return;
    }
    if (p->count == PHASES)
        return;
    last = &p->rows[p->count++];
    snprintf(last->label, sizeof last->label, "%s", label);
    last->start = start;
    last->duration = duration;
}

static bool is(const np_step *s, const char *verb)
{
    return strcmp(s->verb, verb) == 0;
}

/* The command that is answered next: the first word behind `send`, in small letters. */
static void name_command(const np_step *s, char label[LABEL + 1])
{
    size_t n = 0;
    const char *p = s->label + strlen("send");
    p += strspn(p, " \"");
    for (; n < LABEL && p[n] && p[n] != ' ' && p[n] != '"'; n++)
        label[n] = p[n] >= 'A' && p[n] <= 'Z' ? (char)(p[n] | 0x20) : p[n];
    label[n] = '\0';
}

static void add_connection(phases *p, const np_step *s, const np_talk_info *i, bool tls)
{
    int64_t at = s->start_ns;
    if (i->resolve_ns < 0) {
        add_phase(p, "connect", at, s->duration_ns);
        return;
    }
    int64_t end = at + s->duration_ns, tls_at = tls ? end - i->tls_ns : end;
    add_phase(p, "resolve", at, i->resolve_ns);
    add_phase(p, "connect", at + i->resolve_ns, tls_at - at - i->resolve_ns);
    if (tls)
        add_phase(p, "tls", tls_at, i->tls_ns);
}

static void add_step(phases *p, const np_step *s, const np_talk_info *i, char label[LABEL + 1],
                     bool named)
{
    bool late_tls = is(s, "starttls") && i->tls_ns >= 0 && s->state == NP_STEP_OK;
    bool early_tls = is(s, "connect") && i->tls_ns >= 0 && strstr(s->label, " tls");
    if (is(s, "connect")) {
        add_connection(p, s, i, early_tls);
    } else if (late_tls) {
        add_phase(p, "starttls", s->start_ns, s->duration_ns - i->tls_ns);
        add_phase(p, "tls", s->start_ns + s->duration_ns - i->tls_ns, i->tls_ns);
    } else if (is(s, "send") && !named) {
        name_command(s, label);
    } else if (is(s, "message") && !named) {
        snprintf(label, LABEL + 1, "message");
    } else if (is(s, "expect") || is(s, "wait") || is(s, "read")) {
        add_phase(p, *label ? label : "banner", s->start_ns, s->duration_ns);
    } else if (is(s, "auth") || is(s, "starttls")) {
        add_phase(p, s->verb, s->start_ns, s->duration_ns);
    } else if (is(s, "get") || is(s, "head") || is(s, "post")) {
        snprintf(label, LABEL + 1, "%s", s->verb);
        if (s->duration_ns > 0)
            add_phase(p, label, s->start_ns, s->duration_ns);
    }
}

static void gather(const conversation *c, const np_talk_info *i, phases *p)
{
    char label[LABEL + 1] = "";
    bool named = false; /* a `step` has: its name is for all that follows it */
    p->count = 0;
    for (int n = 0; n < np_talk_step_count(c->k); n++) {
        np_step s;
        np_talk_get_step(c->k, n, &s, sizeof s);
        if (is(&s, "step")) {
            snprintf(label, sizeof label, "%.*s", LABEL,
                     s.label + strlen("step") + strspn(s.label + strlen("step"), " "));
            named = true;
        }
        add_step(p, &s, i, label, named);
    }
}

static bool is_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static void put_waterfall(const conversation *c, const np_talk_info *i, FILE *out)
{
    phases p;
    int64_t total = 1;
    gather(c, i, &p);
    if (p.count == 0)
        return;
    for (int n = 0; n < p.count; n++)
        if (p.rows[n].start + p.rows[n].duration > total)
            total = p.rows[n].start + p.rows[n].duration;
    fprintf(out, "phase                 ms  0%*.1f\n", BAR - 1, (double)total / 1e6);
    for (int n = 0; n < p.count; n++) {
        const phase *r = &p.rows[n];
        int before = (int)(r->start * BAR / total), len = (int)(r->duration * BAR / total);
        columns_put(out, r->label, LABEL, LABEL);
        fprintf(out, "%10.1f  %*s", (double)r->duration / 1e6, before < BAR ? before : BAR - 1, "");
        for (int b = 0; b < (len ? len : 1); b++)
            fputs(is_utf8() ? len ? "█" : "▏" : "#", out);
        fputc('\n', out);
    }
    fputc('\n', out);
}

/* ---- transcript ------------------------------------------------------------------------------ */

static void put_transcript(const conversation *c, FILE *out)
{
    static const char *const marks[] = {"=", "C", "S"};
    for (int n = 0; n < np_talk_line_count(c->k); n++) {
        np_line l;
        np_talk_get_line(c->k, n, &l, sizeof l);
        if (!l.is_data || l.text_len > 0)
            fprintf(out, "%9.1f %s  %s\n", (double)l.time_ns / 1e6, marks[l.direction], l.text);
    }
}

void talk_report_verbose(const conversation *c, FILE *out)
{
    static const char *const marks[] = {"*", ">", "<"};
    for (int n = 0; n < np_talk_line_count(c->k); n++) {
        np_line l;
        np_talk_get_line(c->k, n, &l, sizeof l);
        if (!l.is_data || l.text_len > 0)
            fprintf(out, "%s %s\n", marks[l.direction], l.text);
    }
}

/* ---- certificates ---------------------------------------------------------------------------- */

static void put_date(int64_t ns, FILE *out)
{
    time_t t = (time_t)(ns / NP_SECOND);
    struct tm tm;
    if (gmtime_r(&t, &tm))
        fprintf(out, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

static void put_certificates(const conversation *c, const np_talk_info *i, FILE *out)
{
    np_certificate cert;
    int count = np_talk_certificate_count(c->k);
    if (count == 0 || np_talk_get_certificate(c->k, 0, &cert, sizeof cert) < 0)
        return;
    fprintf(out, "\n%s%s%s%s%s%s%s\n", i->tls_version, *i->tls_version ? "  " : "", i->tls_cipher,
            *i->tls_group ? "  " : "", i->tls_group, *i->tls_alpn ? "  ALPN " : "", i->tls_alpn);
    fprintf(out, "certificate %s, ", i->verified ? "verified" : "NOT verified");
    if (cert.days_left < 0)
        fprintf(out, "expired %lld days ago\n", -(long long)cert.days_left);
    else
        fprintf(out, "%lld days left\n", (long long)cert.days_left);
    for (int n = 0; n < count; n++) {
        np_talk_get_certificate(c->k, n, &cert, sizeof cert);
        fprintf(out, "  %d  ", n);
        columns_put(out, cert.subject, 36, 60);
        fprintf(out, "  %-14s  ", cert.key);
        put_date(cert.not_before_ns, out);
        fputs(" to ", out);
        put_date(cert.not_after_ns, out);
        fprintf(out, "\n     by %s\n", cert.issuer);
        if (n == 0 && *cert.names) {
            fputs("     for ", out);
            columns_put(out, cert.names, 0, WIDTH);
            fputc('\n', out);
        }
        fprintf(out, "     SHA-256 %s\n", cert.sha256);
    }
}

/* ---- the whole ------------------------------------------------------------------------------- */

void talk_report_print(const conversation *c, FILE *out)
{
    np_talk_info i;
    np_talk_get_info(c->k, &i, sizeof i);
    fprintf(out, "np-talk  %s  ", c->name);
    if (*i.addr)
        fprintf(out, "%s port %d  ", i.addr, i.port);
    fprintf(out, "%s in %.1f ms\n\n",
            c->status < 0 ? "failed"
            : i.skipped   ? "skipped"
                          : "ok",
            i.total_ns < 0 ? 0.0 : (double)i.total_ns / 1e6);
    if (c->status < 0)
        put_failure(c, &i, out);
    put_waterfall(c, &i, out);
    put_transcript(c, out);
    put_certificates(c, &i, out);
}
