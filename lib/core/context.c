/* SPDX-License-Identifier: MIT */
/*
 * The context: decides when work is done and which event is delivered next. What the work is
 * belongs to the objects.
 */
#include "core/context.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/option.h"
#include "core/object.h"

enum { LOG_RING = 64 };

#define OFFSET(field) offsetof(npi_context_settings, field)

static const npi_option options[] = {
    {"rate", NPI_OPTION_INT, OFFSET(rate), 1, 1000000, 10000, NULL},
    {"burst", NPI_OPTION_INT, OFFSET(burst), 1, 4096, 64, NULL},
    {"log-level", NPI_OPTION_ENUM, OFFSET(log_level), 0, 3, 0, "none=0 error=1 info=2 debug=3"},
};

enum { OPTIONS = sizeof options / sizeof options[0] };

static void fail(np_context *ctx, np_status st, const char *what, int err)
{
    npi_buf b = npi_buf_in(ctx->error, sizeof ctx->error);
    if (err == EMFILE)
        npi_buf_printf(&b, "%s: this process has no descriptors left (see ulimit -n)", what);
    else
        npi_buf_printf(&b, "%s: the kernel refused with errno %d", what, err);
    ctx->failed = st;
}

np_context *npi_context_new_world(const np_allocator *allocator, const npi_world *world)
{
    npi_mem mem = *allocator;
    np_context *ctx = npi_alloc(&mem, 1, sizeof *ctx);
    if (!ctx)
        return NULL;
    ctx->mem = mem;
    ctx->world = *world;
    if (!ctx->world.clock)
        ctx->world.clock = &npi_clock_linux;
    ctx->pid = getpid();
    npi_list_init(&ctx->objects);
    npi_list_init(&ctx->queue);
    npi_options_default(options, OPTIONS, &ctx->mem, &ctx->settings);
    npi_pace_set(&ctx->pace, ctx->settings.rate, ctx->settings.burst);
    int err = npi_reactor_open(&ctx->reactor, ctx->world.clock);
    if (err)
        fail(ctx, err == EMFILE || err == ENFILE ? NP_ERR_MFILE : NP_ERR_SYSTEM,
             "cannot make a context", err);
    return ctx;
}

np_context *np_context_new(void)
{
    npi_mem libc = npi_mem_libc();
    return npi_context_new_world(&libc, &(npi_world){0});
}

np_context *np_context_new_with(const np_allocator *allocator, size_t allocator_size)
{
    if (!allocator || allocator_size < sizeof *allocator || !allocator->resize)
        return NULL;
    return npi_context_new_world(allocator, &(npi_world){0});
}

/* Objects outlive their context: they keep their results and answer STATE. */
static void orphan(npi_object *o)
{
    o->noun->stop(o);
    npi_ring_unlink(&o->ring);
    npi_list_unlink(&o->done.link);
    npi_list_unlink(&o->link);
    o->state = o->state == NPI_IDLE ? NPI_IDLE : NPI_STOPPED;
    o->ctx = NULL;
}

void np_context_free(np_context *ctx)
{
    if (!ctx)
        return;
    npi_context_check(ctx); /* notices a fork */
    while (!npi_list_empty(&ctx->objects))
        orphan(npi_container(ctx->objects.next, npi_object, link));
    if (ctx->resolver)
        ctx->resolver->ops->free(ctx->resolver);
    if (ctx->trust)
        ctx->free_trust(ctx->trust);
    npi_reactor_close(&ctx->reactor);
    npi_ring_free(&ctx->log, &ctx->mem);
    npi_mem mem = ctx->mem;
    npi_free(&mem, ctx);
}

np_status npi_context_check(np_context *ctx)
{
    if (!ctx)
        return NP_ERR_NOMEM;
    if (ctx->pid == getpid())
        return NP_OK;
    ctx->reactor.forked = true;
    return NP_ERR_FORKED;
}

/* A changed option takes effect at once. */
static np_status applied(np_context *ctx, np_status st)
{
    if (st < 0)
        return st;
    ctx->error[0] = '\0';
    npi_pace_set(&ctx->pace, ctx->settings.rate, ctx->settings.burst);
    bool wants_log = ctx->settings.log_level != NPI_LOG_NONE;
    if (wants_log != (ctx->log.count > 0) &&
        !npi_ring_make(&ctx->log, &ctx->mem, NULL, wants_log ? LOG_RING : 0)) {
        ctx->settings.log_level = NPI_LOG_NONE;
        return NP_ERR_NOMEM;
    }
    npi_context_settle(ctx);
    return NP_OK;
}

np_status np_context_set(np_context *ctx, const char *name, const char *text)
{
    np_status st = npi_context_check(ctx);
    if (st < 0)
        return st;
    npi_buf why = npi_buf_in(ctx->error, sizeof ctx->error);
    return applied(ctx, npi_option_set(options, OPTIONS, &ctx->mem, &ctx->settings, name, text,
                                       &why));
}

static np_status set_number(np_context *ctx, const char *name, int64_t value)
{
    np_status st = npi_context_check(ctx);
    if (st < 0)
        return st;
    npi_buf why = npi_buf_in(ctx->error, sizeof ctx->error);
    return applied(ctx, npi_option_set_i64(options, OPTIONS, &ctx->settings, name, value, &why));
}

np_status np_context_set_rate(np_context *ctx, int64_t probes_per_second)
{
    return set_number(ctx, "rate", probes_per_second);
}

np_status np_context_set_burst(np_context *ctx, int64_t probes)
{
    return set_number(ctx, "burst", probes);
}

np_status np_context_set_user(np_context *ctx, void *user)
{
    np_status st = npi_context_check(ctx);
    if (st < 0)
        return st;
    ctx->user = user;
    return NP_OK;
}

int np_context_fd(const np_context *ctx)
{
    return ctx ? ctx->reactor.epoll_fd : -1;
}

const char *np_context_error(const np_context *ctx)
{
    return ctx ? ctx->error : "no object: out of memory, or never made";
}

void np_context_wakeup(np_context *ctx)
{
    if (ctx && ctx->reactor.event_fd >= 0)
        npi_reactor_wakeup(&ctx->reactor);
}

npi_resolver *npi_context_resolver(np_context *ctx)
{
    if (!ctx->resolver && ctx->world.resolver)
        ctx->resolver = ctx->world.resolver(&ctx->mem, &ctx->reactor, ctx->world.self);
    else if (!ctx->resolver)
        ctx->resolver = npi_resolver_cares(&ctx->mem, &ctx->reactor);
    return ctx->resolver;
}

void npi_context_now(np_context *ctx, npi_now *now)
{
    ctx->world.clock->ops->now(ctx->world.clock, now);
}

void npi_context_settle(np_context *ctx)
{
    npi_reactor_settle(&ctx->reactor, !npi_list_empty(&ctx->queue));
}

void npi_log(np_context *ctx, npi_log_level level, const char *format, ...)
{
    if (level > (npi_log_level)ctx->settings.log_level)
        return;
    npi_event *ev = npi_ring_push(&ctx->log, &ctx->queue, NP_EV_LOG);
    if (!ev)
        return;
    npi_now now;
    npi_context_now(ctx, &now);
    ev->e.time_ns = now.wall.ns;
    ev->e.index = level;
    va_list args;
    va_start(args, format);
    npi_buf b = npi_buf_in(ev->text, NPI_EVENT_TEXT);
    npi_buf_vprintf(&b, format, args);
    va_end(args);
}

/* Copies the text: the event's own place may be reused before the program looks at it. */
static void deliver(np_context *ctx, np_event *out, size_t out_size)
{
    npi_event *ev = npi_container(ctx->queue.next, npi_event, link);
    npi_list_unlink(&ev->link);
    npi_object *o = ev->owner;
    np_event e = ev->e;
    e.object = o;
    e.user = o ? o->user : ctx->user;
    npi_buf text = npi_buf_in(ctx->event_text, sizeof ctx->event_text);
    npi_buf_str(&text, ev->text);
    e.text = ctx->event_text;
    e.text_len = text.len;
    if (o && ev == &o->done)
        npi_object_delivered(o);
    npi_export(out, out_size, &e, sizeof e);
}

int np_next_event(np_context *ctx, np_event *event, size_t event_size, int64_t timeout_ns)
{
    if (event)
        npi_export(event, event_size, &(np_event){0}, sizeof(np_event));
    np_status st = npi_context_check(ctx);
    if (st < 0)
        return st;
    if (ctx->failed < 0)
        return ctx->failed;
    if (!event || (timeout_ns < 0 && timeout_ns != NP_FOREVER))
        return NP_ERR_INVALID;
    npi_reactor *r = &ctx->reactor;
    npi_now now;
    npi_context_now(ctx, &now);
    npi_mono end = timeout_ns == NP_FOREVER ? NPI_NEVER : npi_mono_add(now.mono, timeout_ns);
    for (;;) {
        npi_reactor_turn(r, &now);
        bool found = !npi_list_empty(&ctx->queue);
        if (found)
            deliver(ctx, event, event_size);
        bool woken = !found && npi_reactor_woken(r);
        npi_context_settle(ctx);
        if (found)
            return 1;
        if (woken || !npi_mono_before(now.mono, end))
            return 0;
        if (timeout_ns == NP_FOREVER && ctx->active == 0)
            return NP_ERR_STATE;
        if (!r->clock->ops->wait(r->clock, r->epoll_fd,
                                 timeout_ns == NP_FOREVER ? -1 : npi_mono_sub(end, now.mono)))
            return 0;
    }
}
