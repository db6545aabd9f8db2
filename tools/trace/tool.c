/* SPDX-License-Identifier: MIT */
/*
 * The course of np-trace: parse, run, print, and say how it went.
 */
#include "tool.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "../common/exit.h"
#include "options.h"

enum { HOST_MAX = 256 };

static const char tool[] = "np-trace";

typedef struct course {
    np_context *ctx;
    np_trace *t;
    const volatile sig_atomic_t *interrupted;
    FILE *err;
    bool progress;    /* err is a terminal: one line that is written over */
    bool told_method;
    np_status status; /* of the run */
} course;

static void wipe_progress(const course *c)
{
    if (c->progress)
        fputs("\r\033[K", c->err);
}

static void tell_method(course *c, const np_trace_info *i)
{
    if (c->told_method || !i->note[0])
        return;
    c->told_method = true;
    wipe_progress(c);
    fprintf(c->err, "np-trace: UDP instead of ICMP: %s\n", i->note);
}

static void tell_round(const course *c, const np_trace_info *i)
{
    if (!c->progress)
        return;
    fprintf(c->err, "\rround %" PRIu64 ", %" PRIu64 " of %" PRIu64 " probes answered\033[K",
            i->rounds, i->received, i->sent);
    fflush(c->err);
}

/* A first round that could not be sent at all: to go on would only repeat the trouble. */
static bool hopeless(const np_trace_info *i)
{
    return i->sent == 0 && i->failed > 0;
}

static void round_sent(course *c)
{
    np_trace_info i;
    np_trace_get(c->t, &i, sizeof i);
    tell_method(c, &i);
    tell_round(c, &i);
    if (hopeless(&i))
        np_trace_cancel(c->t);
}

/* Until DONE; a wake-up that came with an interruption cancels. */
static void pump(course *c)
{
    np_event ev;
    for (;;) {
        if (*c->interrupted)
            np_trace_cancel(c->t);
        int n = np_next_event(c->ctx, &ev, sizeof ev, NP_FOREVER);
        if (n < 0)
            return;
        if (n > 0 && ev.type == NP_EV_ROUND)
            round_sent(c);
        if (n > 0 && ev.type == NP_EV_DONE) {
            c->status = (np_status)ev.status;
            return;
        }
    }
}

static void host_name(char *out, size_t size)
{
    if (gethostname(out, size) < 0)
        out[0] = '\0';
    out[size - 1] = '\0';
    for (char *p = out; *p; p++)
        if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
            *p = '?';
}

static bool print_result(const course *c, const trace_options *o, FILE *out)
{
    char host[HOST_MAX];
    host_name(host, sizeof host);
    if (!o->json) {
        report_print(c->t, &o->style, host, out);
        return exit_written(out);
    }
    const char *json = np_trace_json(c->t);
    if (!json)
        return false;
    fputs(json, out);
    return exit_written(out);
}

static int fail(const course *c, const char *sentence, np_status st)
{
    return exit_failed(c->err, tool, sentence, np_status_name(st), exit_of_status(st));
}

static int judge(const course *c, const np_trace_info *i)
{
    np_status cause = hopeless(i) ? (np_status)i->send_status : c->status;
    if (i->sent == 0 && cause < 0)
        return fail(c, np_trace_error(c->t), cause);
    if (c->status < 0 && c->status != NP_ERR_CANCELLED)
        return fail(c, np_trace_error(c->t), c->status);
    if (i->end == NP_END_REACHED)
        return EXIT_GOOD;
    if (i->end == NP_END_UNREACHABLE)
        return exit_failed(c->err, tool, "", "network.unreachable", EXIT_BAD);
    return exit_failed(c->err, tool, "", "network.silent", EXIT_BAD);
}

static int measure(course *c, trace_options *o, FILE *out)
{
    np_trace_info i;
    np_trace_set_events(c->t, 64);
    np_status st = np_trace_start(c->t);
    if (st < 0)
        return fail(c, np_trace_error(c->t), st);
    pump(c);
    wipe_progress(c);
    np_trace_get(c->t, &i, sizeof i);
    tell_method(c, &i);
    o->style.interrupted = *c->interrupted != 0;
    bool anything = i.sent > 0 || o->json;
    if (anything && !print_result(c, o, out))
        return exit_unwritten(c->err, tool);
    return judge(c, &i);
}

int trace_tool(np_context *ctx, int argc, char **argv, const volatile sig_atomic_t *interrupted,
               FILE *out, FILE *err)
{
    course c = {.ctx = ctx, .t = np_trace_new(ctx), .interrupted = interrupted, .err = err};
    trace_options o;
    int status = EXIT_GOOD;
    if (!c.t)
        return fail(&c, "out of memory", NP_ERR_NOMEM);
    c.progress = isatty(fileno(err)) == 1;
    options_result asked = options_parse(c.t, argc, argv, &o, err);
    if (!process_answered(asked, ctx, tool, options_help, out, err, &status))
        status = measure(&c, &o, out);
    np_trace_free(c.t);
    return status;
}
