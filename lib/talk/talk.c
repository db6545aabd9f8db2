/* SPDX-License-Identifier: MIT */
/*
 * The life of a conversation, and the course of a run: the machine is asked what is next, and that
 * is done. Octets are talk_wire.c's business.
 */
#include "talk/talk.h"

#include <string.h>

enum { READS = 64 };

static np_talk *talk_of(npi_object *o)
{
    return npi_container(o, np_talk, o);
}

/* ---- the course ------------------------------------------------------------------------------ */

/* Before the program is told of the end: what is not sent by then stays unsent. */
static void finish(np_talk *k)
{
    const npi_trouble *v = &k->m.verdict;
    npi_buf b = npi_buf_in(k->o.error, sizeof k->o.error);
    k->over = k->m.failed && v->status != NP_ERR_EXPECTATION;
    if (k->over)
        npi_talk_disconnect(k);
    npi_buf_str(&b, k->m.failed ? v->sentence : "");
    k->ending = true;
    k->phase = NPI_TALK_STEPS;
    npi_object_finish(&k->o, k->m.failed ? v->status : NP_OK);
}

/* Do what the machine asks for. True when it can be asked again at once. */
static bool act(np_talk *k, npi_act what, const npi_now *now)
{
    switch (what) {
    case NPI_ACT_CONNECT:
        npi_talk_connect(k, now);
        return true;
    case NPI_ACT_TLS:
        npi_talk_begin_tls(k, now);
        return true;
    case NPI_ACT_SEND:
        k->sent_of_out = 0;
        k->out_begun = false;
        k->phase = NPI_TALK_SENDING;
        return true;
    case NPI_ACT_CLOSE:
        npi_talk_disconnect(k);
        npi_machine_closed(&k->m, now->mono);
        return true;
    case NPI_ACT_WAIT:
        npi_reactor_alarm(&k->o.ctx->reactor, &k->alarm, npi_mono_min(k->m.until, k->m.over));
        return false;
    case NPI_ACT_REST:
    case NPI_ACT_END:
        finish(k);
        return false;
    }
    return false;
}

/* What the program writes by itself. True when all has gone. */
static bool send_written(np_talk *k, const npi_now *now)
{
    size_t sent = 0;
    bool all = npi_talk_send(k, now->mono, &k->written, &sent);
    k->sent += sent;
    if (sent > 0)
        memmove(k->written.data, k->written.data + sent, k->written.len - sent);
    k->written.len -= sent;
    k->blocked = !all;
    return all;
}

/* A step's octets go behind what was written before, and in one piece. */
static bool step_sending(np_talk *k, const npi_now *now)
{
    size_t len = k->m.out.len;
    bool before = k->written.len > 0 || k->blocked;
    k->out_begun = k->out_begun || !before || send_written(k, now);
    bool all = k->out_begun && npi_talk_send(k, now->mono, &k->m.out, &k->sent_of_out);
    if (all) {
        k->sent += len;
        npi_machine_sent(&k->m, now->mono);
    } else if (!npi_talk_gave_up(k) && !npi_mono_before(now->mono, k->m.until)) {
        npi_machine_fail(&k->m, now->mono, NP_ERR_TIMEOUT, "reply.timeout",
                         "the server does not take what is sent");
    } else if (!npi_talk_gave_up(k)) {
        npi_talk_watch(k, now->mono, true);
        npi_reactor_alarm(&k->o.ctx->reactor, &k->alarm, k->m.until);
        return npi_talk_gave_up(k);
    }
    k->phase = NPI_TALK_STEPS;
    return true;
}

/* One turn of the machine or of what it waits for. True when there is more to do at once. */
static bool step(np_talk *k, const npi_now *now)
{
    npi_talk_phase was = k->phase;
    switch (was) {
    case NPI_TALK_CONNECTING:
        npi_talk_step_connecting(k, now);
        break;
    case NPI_TALK_HANDSHAKE:
        npi_talk_step_handshake(k, now);
        break;
    case NPI_TALK_SENDING:
        return step_sending(k, now);
    case NPI_TALK_STEPS:
        return act(k, npi_machine_next(&k->m, now->mono), now);
    }
    if (npi_talk_gave_up(k))
        k->phase = NPI_TALK_STEPS;
    if (k->phase != was)
        return true;
    npi_reactor_alarm(&k->o.ctx->reactor, &k->alarm, k->phase_end);
    return false;
}

/* Between the steps' octets: a person who types waits for no step. */
static void send_beside(np_talk *k, const npi_now *now)
{
    bool some = k->written.len > 0 || k->blocked;
    if (!some || k->fd < 0 || k->phase != NPI_TALK_STEPS || npi_talk_gave_up(k))
        return;
    bool all = send_written(k, now);
    if (!npi_talk_gave_up(k))
        npi_talk_watch(k, now->mono, !all);
}

static void tell_readable(np_talk *k)
{
    bool some = k->m.speech == NPI_SPEECH_RAW && k->m.raw.len > 0;
    if (some && !k->readable)
        k->readable = npi_object_emit(&k->o, NP_EV_READABLE) != NULL;
}

static void run(npi_task *task, const npi_now *now, int *budget)
{
    np_talk *k = npi_container(task, np_talk, task);
    int reads = *budget < READS ? *budget : READS, all = reads;
    npi_now t = *now; /* what is measured here is read again as it happens */
    if (k->o.state != NPI_RUNNING)
        return;
    npi_talk_receive(k, &t, &reads);
    tell_readable(k);
    do {
        npi_context_now(k->o.ctx, &t);
        send_beside(k, &t);
    } while (step(k, &t));
    *budget -= all - reads + 1;
    if (reads == 0 && k->o.state == NPI_RUNNING) /* there may be more */
        npi_reactor_post(&k->o.ctx->reactor, &k->task);
}

/* ---- life ------------------------------------------------------------------------------------ */

/* Between runs the connection stays; a run that was cut short by the program leaves none. */
static void stop(npi_object *o)
{
    np_talk *k = talk_of(o);
    bool cancelled = npi_object_live(o) && !k->ending;
    k->ending = false;
    npi_task_unpost(&k->task);
    if (o->ctx) {
        npi_connect_stop(&k->c);
        npi_reactor_alarm(&o->ctx->reactor, &k->alarm, NPI_NEVER);
        npi_reactor_unwatch(&o->ctx->reactor, &k->watch);
    }
    if (!cancelled)
        return;
    k->over = true;
    npi_talk_close(k);
}

static void take_limits(np_talk *k)
{
    const npi_talk_settings *s = &k->settings;
    k->m.limits = (npi_reply_limits){.line = (size_t)s->max_line,
                                     .lines = (size_t)s->max_lines,
                                     .reply = (size_t)s->max_reply,
                                     .body = (size_t)s->max_body,
                                     .head = (size_t)s->max_headers};
    k->m.plaintext = (int)s->plaintext;
    k->m.keep_octets = s->octets;
    k->m.step_time = s->timeout;
    k->m.run_time = s->deadline;
}

static np_status start(npi_object *o)
{
    np_talk *k = talk_of(o);
    npi_now now;
    if (k->over) {
        npi_buf b = npi_buf_in(o->error, sizeof o->error);
        npi_buf_str(&b, "this conversation is over: np_talk_clear begins a new one");
        return NP_ERR_STATE;
    }
    npi_context_now(o->ctx, &now);
    if (k->begin.ns < 0)
        k->begin = now.wall;
    k->ending = false;
    take_limits(k);
    if (k->speech != NPI_SPEECH_NONE && k->m.speech == NPI_SPEECH_NONE)
        k->m.speech = k->speech;
    npi_machine_begin(&k->m, now.mono);
    npi_machine_check(&k->m);
    if (k->fd >= 0)
        npi_talk_watch(k, now.mono, false);
    npi_reactor_post(&o->ctx->reactor, &k->task);
    return NP_OK;
}

/* Only what np_talk_clear asks for: a start goes on. */
static void clear(npi_object *o)
{
    np_talk *k = talk_of(o);
    npi_talk_close(k);
    npi_buf_clear(&k->written);
    npi_tls_free(k->spent);
    k->spent = NULL;
    npi_machine_clear(&k->m);
    npi_script_drop(k->own);
    k->own = NULL;
    k->c.count = k->c.started = 0;
    k->over = k->readable = false;
    k->begin.ns = k->banner = -1;
    k->sent = k->received = 0;
    k->source[0] = '\0';
    npi_buf_free(&k->json);
}

static void set_paused(npi_object *o)
{
    np_talk *k = talk_of(o);
    npi_now now;
    npi_context_now(o->ctx, &now);
    if (o->state == NPI_PAUSED) {
        npi_reactor_unwatch(&o->ctx->reactor, &k->watch);
        npi_reactor_alarm(&o->ctx->reactor, &k->alarm, NPI_NEVER);
        npi_connect_rest(&k->c);
        k->paused = now.mono;
        return;
    }
    int64_t rest = npi_mono_sub(now.mono, k->paused); /* time limits rested, too */
    k->m.until = npi_mono_add(k->m.until, rest);
    k->m.over = npi_mono_add(k->m.over, rest);
    k->phase_end = npi_mono_add(k->phase_end, rest);
    npi_connect_go_on(&k->c, now.mono);
    if (k->fd >= 0)
        npi_talk_watch(k, now.mono, k->phase == NPI_TALK_SENDING || k->blocked);
    npi_reactor_post(&o->ctx->reactor, &k->task);
}

static void reset(npi_object *o)
{
    np_talk *k = talk_of(o);
    npi_options_default(npi_talk_options, npi_talk_option_count, &o->mem, &k->settings);
    if (k->m.values.mem) /* not while it is being made */
        npi_values_free(&k->m.values);
    k->m.speech = k->speech = NPI_SPEECH_NONE;
    k->url_tls = false;
    npi_buf_clear(&k->url);
    npi_buf_clear(&k->target);
}

static void destroy(npi_object *o)
{
    np_talk *k = talk_of(o);
    npi_talk_close(k);
    npi_tls_free(k->spent);
    npi_script_drop(k->own);
    npi_machine_free(&k->m);
    npi_options_free(npi_talk_options, npi_talk_option_count, &o->mem, &k->settings);
    npi_buf *const bufs[] = {&k->written, &k->url, &k->target, &k->header, &k->json};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        npi_buf_free(bufs[i]);
}

static const npi_noun noun = {start, stop, set_paused, clear, reset, destroy, .keeps = true};

np_talk *np_talk_new(np_context *ctx)
{
    np_talk *k = npi_object_new(ctx, &noun, sizeof *k);
    if (!k)
        return NULL;
    k->fd = k->watch.fd = -1;
    k->begin.ns = k->banner = -1;
    npi_task_init(&k->task, run);
    k->alarm.task = &k->task;
    npi_connect_init(&k->c, ctx, &k->task);
    npi_buf *const bufs[] = {&k->written, &k->url, &k->target, &k->header, &k->json};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        *bufs[i] = npi_buf_grow(&k->o.mem, SIZE_MAX / 2);
    if (npi_machine_init(&k->m, &k->o.mem))
        return k;
    npi_object_free(&k->o);
    return NULL;
}

npi_script *npi_talk_own_script(np_talk *k)
{
    if (!k->own)
        k->own = npi_script_new(&k->o.mem);
    return k->own;
}
