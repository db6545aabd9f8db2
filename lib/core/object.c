/* SPDX-License-Identifier: MIT */
/*
 * Decides what each call answers in each state, and guarantees one DONE for every start. What a
 * run does is the noun's.
 */
#include "core/object.h"

#include <string.h>

void *npi_object_new(np_context *ctx, const npi_noun *noun, size_t size)
{
    if (!ctx)
        return NULL;
    npi_object *o = npi_alloc(&ctx->mem, 1, size);
    if (!o)
        return NULL;
    o->noun = noun;
    o->ctx = ctx;
    o->mem = ctx->mem;
    npi_list_init(&o->link);
    npi_event_init(&o->done, o);
    npi_list_append(&ctx->objects, &o->link);
    noun->reset(o);
    return o;
}

bool npi_object_live(const npi_object *o)
{
    return o->state == NPI_RUNNING || o->state == NPI_PAUSED;
}

/* Between start and delivery of DONE the context waits for this object. */
static bool active(const npi_object *o)
{
    return npi_object_live(o) || o->state == NPI_ENDED;
}

void npi_object_delivered(npi_object *o)
{
    if (active(o) && o->ctx)
        o->ctx->active--;
    o->state = NPI_STOPPED;
}

void npi_object_free(npi_object *o)
{
    if (!o)
        return;
    np_context *ctx = o->ctx;
    npi_context_check(ctx); /* notices a fork, so that nothing shared is touched below */
    o->noun->stop(o);
    npi_object_delivered(o);
    npi_list_unlink(&o->done.link);
    npi_list_unlink(&o->link);
    npi_mem mem = o->mem;
    npi_ring_free(&o->ring, &mem);
    o->noun->destroy(o);
    npi_free(&mem, o);
    if (ctx)
        npi_context_settle(ctx);
}

static np_status check(npi_object *o)
{
    if (!o)
        return NP_ERR_NOMEM;
    return o->ctx ? npi_context_check(o->ctx) : NP_ERR_STATE;
}

np_status npi_object_settable(npi_object *o)
{
    np_status st = check(o);
    if (st < 0)
        return st;
    return active(o) ? NP_ERR_STATE : NP_OK;
}

static void say(npi_object *o, const char *sentence)
{
    npi_buf b = npi_buf_in(o->error, sizeof o->error);
    npi_buf_str(&b, sentence);
}

np_status npi_object_latch(npi_object *o, np_status st, const char *sentence)
{
    if (o->latched == NP_OK) {
        o->latched = st;
        say(o, sentence);
    }
    return st;
}

np_status npi_object_start(npi_object *o)
{
    np_status st = npi_object_settable(o);
    if (st < 0)
        return st;
    if (o->latched < 0)
        return o->latched;
    if (o->ctx->failed < 0) {
        say(o, o->ctx->error);
        return o->ctx->failed;
    }
    if (!o->noun->keeps)
        o->noun->clear(o);
    o->error[0] = '\0';
    o->done.e = (np_event){0};
    o->ring.lost = 0;
    st = o->noun->start(o);
    if (st < 0) {
        o->noun->stop(o);
        if (st == NP_ERR_NOMEM)
            say(o, "out of memory");
        return st;
    }
    o->state = NPI_RUNNING;
    o->ctx->active++;
    npi_context_settle(o->ctx);
    return NP_OK;
}

void npi_object_finish(npi_object *o, np_status st)
{
    npi_now now;
    npi_context_now(o->ctx, &now);
    o->noun->stop(o);
    o->state = NPI_ENDED;
    o->done.e = (np_event){
        .type = NP_EV_DONE, .status = st, .time_ns = now.wall.ns, .lost = o->ring.lost};
    npi_list_append(&o->ctx->queue, &o->done.link);
    npi_context_settle(o->ctx);
}

/* What np_next_event would have delivered, were it asked for this object alone. */
static np_status take_done(npi_object *o)
{
    npi_ring_unlink(&o->ring);
    npi_list_unlink(&o->done.link);
    npi_object_delivered(o);
    return (np_status)o->done.e.status;
}

np_status npi_object_run(npi_object *o)
{
    np_status st = npi_object_start(o);
    if (st < 0)
        return st;
    npi_reactor *r = &o->ctx->reactor;
    for (;;) {
        npi_now now;
        npi_reactor_turn(r, &now);
        if (npi_reactor_woken(r))
            npi_object_cancel(o);
        npi_context_settle(o->ctx);
        if (o->state == NPI_ENDED)
            break;
        /* Events of other objects keep the set readable: what is waited for is our own work. */
        npi_reactor_settle(r, false);
        r->clock->ops->wait(r->clock, r->epoll_fd, -1);
    }
    st = take_done(o);
    npi_context_settle(o->ctx);
    return st;
}

static np_status set_paused(npi_object *o, npi_state state)
{
    np_status st = check(o);
    if (st < 0)
        return st;
    if (!npi_object_live(o))
        return NP_ERR_STATE;
    if (o->state == state) /* twice is once: what is measured from a change began with the first */
        return NP_OK;
    o->state = state;
    o->noun->pause(o);
    npi_context_settle(o->ctx);
    return NP_OK;
}

np_status npi_object_pause(npi_object *o)
{
    return set_paused(o, NPI_PAUSED);
}

np_status npi_object_resume(npi_object *o)
{
    return set_paused(o, NPI_RUNNING);
}

np_status npi_object_cancel(npi_object *o)
{
    np_status st = check(o);
    if (st < 0)
        return st;
    if (npi_object_live(o)) {
        if (!o->error[0]) /* trouble that is still there says more */
            say(o, "cancelled");
        npi_object_finish(o, NP_ERR_CANCELLED);
    }
    return NP_OK;
}

np_status npi_object_clear(npi_object *o)
{
    np_status st = check(o);
    if (st < 0)
        return st;
    if (o->state == NPI_ENDED)
        return NP_ERR_STATE;
    o->noun->clear(o);
    if (!npi_object_live(o)) {
        o->state = NPI_IDLE;
        if (o->latched == NP_OK)
            o->error[0] = '\0';
    }
    npi_context_settle(o->ctx);
    return NP_OK;
}

np_status npi_object_reset(npi_object *o)
{
    np_status st = npi_object_settable(o);
    if (st < 0)
        return st;
    o->noun->clear(o);
    o->noun->reset(o);
    o->latched = NP_OK;
    o->error[0] = '\0';
    o->state = NPI_IDLE;
    return NP_OK;
}

np_status npi_object_status(const npi_object *o)
{
    if (o->latched < 0)
        return o->latched;
    return npi_object_live(o) ? NP_OK : (np_status)o->done.e.status;
}

np_status npi_object_set_user(npi_object *o, void *user)
{
    if (!o)
        return NP_ERR_NOMEM;
    o->user = user;
    return NP_OK;
}

npi_event *npi_object_emit(npi_object *o, np_event_type type)
{
    npi_now now;
    npi_event *ev = npi_ring_push(&o->ring, &o->ctx->queue, type);
    if (!ev)
        return NULL;
    npi_context_now(o->ctx, &now);
    ev->e.time_ns = now.wall.ns;
    return ev;
}

void npi_export(void *out, size_t out_size, const void *in, size_t in_size)
{
    size_t n = out_size < in_size ? out_size : in_size;
    memcpy(out, in, n);
    if (out_size > n)
        memset((char *)out + n, 0, out_size - n);
}
