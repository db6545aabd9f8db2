/* SPDX-License-Identifier: MIT */
/*
 * Decides when a conversation by hand is over. Lines are edited by the terminal itself; no letter
 * at the begin of a line means anything here, only ^] ends it.
 */
#include "interactive.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../common/exit.h"

enum { CHUNK = 4096, ESCAPE = 0x1d /* ^] */ };

typedef struct course {
    np_context *ctx;
    conversation *c;
    FILE *out, *err;
    bool terminal_in, terminal_out;
    bool input;      /* there may be more of it */
    bool told;       /* that it is connected */
    bool answered;   /* something has come */
    bool cr;         /* the last octet of input was CR */
    int tried;       /* attempts told so far */
    int64_t give_up; /* monotonic nanoseconds; -1 not yet */
} course;

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * NP_SECOND + t.tv_nsec;
}

/* Where it connects to, as telnet tells it. */
static void tell_progress(course *c)
{
    np_talk_info i;
    for (; c->tried < np_talk_attempt_count(c->c->k); c->tried++) {
        np_attempt a;
        np_talk_get_attempt(c->c->k, c->tried, &a, sizeof a);
        fprintf(c->err, "Trying %s...\n", a.addr);
    }
    np_talk_get_info(c->c->k, &i, sizeof i);
    if (c->told || !i.addr[0] || strcmp(i.protocol, "raw") != 0)
        return; /* what is typed too early would be taken for an answer */
    c->told = true;
    fprintf(c->err, "Connected to %s port %d.\n", i.host, i.port);
    if (c->terminal_in)
        fputs("Escape character is '^]'.\n", c->err);
}

/* A terminal gets no octet that could move its cursor elsewhere. */
static void put_octets(const course *c, const char *data, size_t len)
{
    if (!c->terminal_out) {
        fwrite(data, 1, len, c->out);
        return;
    }
    for (size_t n = 0; n < len; n++) {
        unsigned char octet = (unsigned char)data[n];
        bool cr = octet == '\r' && n + 1 < len && data[n + 1] == '\n';
        if (cr)
            continue;
        if ((octet < ' ' && octet != '\n' && octet != '\t') || octet >= 0x7f)
            fprintf(c->out, "\\x%02x", octet);
        else
            fputc(octet, c->out);
    }
}

static void take_octets(course *c)
{
    char data[CHUNK];
    size_t len;
    while (np_talk_read(c->c->k, data, sizeof data, &len) == NP_OK && len > 0) {
        c->answered = true;
        put_octets(c, data, len);
    }
    fflush(c->out);
}

/* Lines end with CRLF on the wire. False when ^] was among them. */
static bool send_input(course *c, const char *data, size_t len)
{
    char wire[2 * CHUNK];
    size_t n = 0;
    for (size_t k = 0; k < len; k++) {
        if (data[k] == ESCAPE && c->terminal_in)
            return false;
        if (data[k] == '\n' && !c->cr)
            wire[n++] = '\r';
        c->cr = data[k] == '\r';
        wire[n++] = data[k];
    }
    np_talk_write(c->c->k, wire, n);
    return true;
}

/* False when the person wants to end. */
static bool take_input(course *c, int64_t linger)
{
    char data[CHUNK];
    ssize_t n = read(STDIN_FILENO, data, sizeof data);
    if (n < 0)
        return errno == EINTR || errno == EAGAIN;
    if (n > 0)
        return send_input(c, data, (size_t)n);
    c->input = false;
    if (c->terminal_in)
        return false;
    c->give_up = now_ns() + linger; /* a pipe: what was asked is still to be answered */
    return true;
}

static void pump(course *c)
{
    np_event ev;
    while (np_next_event(c->ctx, &ev, sizeof ev, 0) > 0)
        if (ev.type == NP_EV_DONE)
            conversation_ended(c->c, (np_status)ev.status);
    tell_progress(c);
    take_octets(c);
}

/* Milliseconds until the end of lingering; -1 for ever. */
static int patience(const course *c)
{
    int64_t left = c->give_up < 0 ? -1 : c->give_up - now_ns();
    return c->give_up < 0 ? -1 : left > 0 ? (int)(left / NP_MILLISECOND) + 1 : 0;
}

static int ended(course *c)
{
    if (c->c->done && c->c->status < 0 && c->c->status != NP_ERR_CANCELLED)
        return exit_failed(c->err, "np-talk", c->c->sentence, c->c->problem,
                           exit_of_status(c->c->status));
    if (!c->answered)
        return exit_failed(c->err, "np-talk", "the server has said nothing", "reply.timeout",
                           EXIT_BAD);
    return exit_written(c->out) ? EXIT_GOOD : exit_unwritten(c->err, "np-talk");
}

int interactive_run(np_context *ctx, conversation *c, const talk_options *o,
                    const volatile sig_atomic_t *interrupted, FILE *out, FILE *err)
{
    course s = {.ctx = ctx,
                .c = c,
                .out = out,
                .err = err,
                .terminal_in = isatty(STDIN_FILENO),
                .terminal_out = isatty(fileno(out)),
                .input = true,
                .give_up = -1};
    np_status st = np_talk_start(c->k);
    if (st < 0)
        conversation_ended(c, st);
    pump(&s);
    while (!c->done && !*interrupted) {
        struct pollfd p[2] = {{np_context_fd(ctx), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
        int wait = patience(&s);
        int n = poll(p, s.input && s.told ? 2 : 1, wait);
        if (n == 0 && wait >= 0)
            break;
        pump(&s);
        if (!c->done && n > 0 && s.input && s.told && p[1].revents && !take_input(&s, o->linger))
            break;
    }
    return ended(&s);
}
