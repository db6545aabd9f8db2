/* SPDX-License-Identifier: MIT */
#include "many.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../common/exit.h"

enum { TARGETS_MAX = 100000, LINE_MAX_OCTETS = 4096 };

typedef struct course {
    np_context *ctx;
    const talk_options *o;
    const conversation_secrets *secrets;
    many_open *open_url;
    FILE *out, *err;
    char **urls;
    int count, next, running;
    conversation *slots; /* o->parallel of them */
    int good, worst;
} course;

/* ---- where they are ----------------------------------------------------------------------------
 */

static bool add_url(course *m, const char *url)
{
    if (m->count == TARGETS_MAX)
        return false;
    char **more = realloc(m->urls, (size_t)(m->count + 1) * sizeof *more);
    if (!more)
        return false;
    m->urls = more;
    m->urls[m->count] = strdup(url);
    return m->urls[m->count++] != NULL;
}

/* One a line; empty lines and those that begin with # are none. */
static bool read_file(course *m, const char *file)
{
    char line[LINE_MAX_OCTETS];
    FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
    bool good = f != NULL;
    while (good && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\r\n")] = '\0';
        const char *url = line + strspn(line, " \t");
        good = !*url || *url == '#' || add_url(m, url);
    }
    if (!f)
        fprintf(m->err, "np-talk: %s: %s\n", file, strerror(errno));
    else if (f != stdin)
        fclose(f);
    return good;
}

static bool gather(course *m)
{
    if (m->o->targets && !read_file(m, m->o->targets))
        return false;
    for (int i = 0; i < m->o->word_count; i++)
        if (!add_url(m, m->o->words[i]))
            return false;
    return m->count > 0;
}

/* ---- one after the other ------------------------------------------------------------------------
 */

static void put_line(const course *m, const conversation *c)
{
    np_talk_info i;
    np_talk_get_info(c->k, &i, sizeof i);
    if (m->o->json) { /* a document each, on a line of its own */
        const char *json = np_talk_json(c->k);
        for (const char *p = json ? json : ""; *p; p++)
            if (*p != '\n')
                fputc(*p, m->out);
        fputc('\n', m->out);
        return;
    }
    if (m->o->silent && c->status >= 0)
        return;
    fprintf(m->out, "%-6s %9.1f ms  %s%s%s\n", c->status < 0 ? "failed" : "ok",
            i.total_ns < 0 ? 0.0 : (double)i.total_ns / 1e6, c->name, c->status < 0 ? "  " : "",
            c->status < 0 ? c->sentence : "");
}

static void count_end(course *m, int status)
{
    m->good += status == EXIT_GOOD;
    m->worst = status > m->worst ? status : m->worst;
}

static void end_one(course *m, conversation *c, np_status st)
{
    conversation_ended(c, st);
    conversation_judge(c, m->o);
    put_line(m, c);
    count_end(m, exit_of_status(c->status));
    conversation_close(c);
    m->running--;
}

static void start_one(course *m, conversation *c)
{
    const char *url = m->urls[m->next++];
    if (!m->open_url(m->ctx, m->o, m->secrets, url, c, m->err)) {
        conversation_close(c);
        count_end(m, EXIT_USAGE);
        return;
    }
    np_talk_set_user(c->k, c);
    m->running++;
    np_status st = np_talk_start(c->k);
    if (st < 0)
        end_one(m, c, st);
}

static void fill(course *m)
{
    for (int i = 0; i < m->o->parallel; i++)
        while (!m->slots[i].k && m->next < m->count)
            start_one(m, &m->slots[i]);
}

int many_run(np_context *ctx, const talk_options *o, const conversation_secrets *s,
             many_open *open_url, const volatile sig_atomic_t *interrupted, FILE *out, FILE *err)
{
    course m = {.ctx = ctx, .o = o, .secrets = s, .open_url = open_url, .out = out, .err = err};
    np_event ev;
    m.slots = calloc((size_t)o->parallel, sizeof *m.slots);
    if (!m.slots || !gather(&m))
        m.worst = exit_failed(err, "np-talk", "there are no URLs", "usage", EXIT_USAGE);
    while (m.slots && (m.next < m.count || m.running > 0) && !*interrupted) {
        fill(&m);
        if (m.running > 0 && np_next_event(ctx, &ev, sizeof ev, NP_FOREVER) > 0 &&
            ev.type == NP_EV_DONE)
            end_one(&m, ev.user, (np_status)ev.status);
    }
    if (m.count > 0 && !o->json && !o->silent)
        fprintf(out, "%d of %d good\n", m.good, m.count);
    for (int i = 0; m.slots && i < o->parallel; i++)
        if (m.slots[i].k)
            conversation_close(&m.slots[i]);
    for (int i = 0; i < m.count; i++)
        free(m.urls[i]);
    free(m.urls);
    free(m.slots);
    return exit_written(out) ? m.worst : exit_unwritten(err, "np-talk");
}

/* ---- monitoring ---------------------------------------------------------------------------------
 */

/* What could not be measured is unknown; what was measured and is bad is critical. */
int many_check(const conversation *c, const talk_options *o, FILE *out)
{
    static const char *const words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    np_talk_info i;
    np_certificate cert;
    np_talk_get_info(c->k, &i, sizeof i);
    int kind = exit_of_status(c->status);
    int state = kind == EXIT_GOOD ? i.warnings > 0 : kind == EXIT_BAD ? 2 : 3;
    double total = i.total_ns < 0 ? 0 : (double)i.total_ns / 1e9;
    fprintf(out, "TALK %s - %s", words[state], c->name);
    if (c->status < 0)
        fprintf(out, ": %s", c->sentence);
    fprintf(out, " | total=%.6fs;;", total);
    if (o->max_total >= 0)
        fprintf(out, "%.6f", (double)o->max_total / 1e9);
    fputs(";0", out);
    if (np_talk_get_certificate(c->k, 0, &cert, sizeof cert) == NP_OK)
        fprintf(out, " cert_days=%lld", (long long)cert.days_left);
    fputc('\n', out);
    return exit_written(out) ? state : 3;
}
