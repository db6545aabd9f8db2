/* SPDX-License-Identifier: MIT */
/*
 * The life of an object, cell by cell of the table in netprobe(7); events; contexts; and every
 * allocation failing in turn.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "../failmem.h"
#include "netprobe.h"
#include "world.h"

typedef struct fixture {
    world *w;
    np_context *ctx;
    np_trace *t;
} fixture;

static np_trace *new_trace(const fixture *f)
{
    np_trace *t = np_trace_new(f->ctx);
    np_trace_set_target(t, f->w->target);
    np_trace_set_cycles(t, 3);
    np_trace_set(t, "names", "no");
    return t;
}

static fixture begin(void)
{
    fixture f = {.w = world_new()};
    np_allocator libc = npi_mem_libc();
    world_path(f.w, 4, 3);
    f.ctx = npi_context_new_world(&libc, &f.w->seams);
    f.t = new_trace(&f);
    return f;
}

static void end(fixture *f)
{
    np_trace_free(f->t);
    np_context_free(f->ctx);
    assert_int_equal(f->w->opened, f->w->closed);
    world_free(f->w);
}

/* Returns how many DONE came; keeps the last. */
static int drain(fixture *f, int64_t timeout_ns, np_event *done)
{
    np_event ev;
    int count = 0;
    while (np_next_event(f->ctx, &ev, sizeof ev, timeout_ns) > 0) {
        if (ev.type != NP_EV_DONE)
            continue;
        *done = ev;
        count++;
    }
    return count;
}

typedef enum state { IDLE, RUNNING, PAUSED, ENDED, STOPPED, STATES } state;

static fixture in_state(state s)
{
    fixture f = begin();
    np_event ev;
    if (s == IDLE)
        return f;
    assert_int_equal(np_trace_start(f.t), NP_OK);
    assert_int_equal(np_next_event(f.ctx, &ev, sizeof ev, 100 * MS), 0);
    if (s == PAUSED)
        assert_int_equal(np_trace_pause(f.t), NP_OK);
    if (s >= ENDED)
        assert_int_equal(np_trace_cancel(f.t), NP_OK);
    if (s == STOPPED)
        assert_int_equal(drain(&f, 0, &ev), 1);
    return f;
}

static np_status set_good(np_trace *t)
{
    return np_trace_set(t, "max-ttl", "9");
}

static np_status set_bad(np_trace *t)
{
    return np_trace_set(t, "max-ttl", "0");
}

static np_status set_typed(np_trace *t)
{
    return np_trace_set_timeout(t, SEC);
}

static void each_cell_of_the_table(void **unused)
{
    (void)unused;
    const np_status S = NP_ERR_STATE, R = NP_ERR_RANGE, OK = NP_OK;
    const struct {
        const char *what;
        np_status (*call)(np_trace *);
        np_status want[STATES]; /* idle, running, paused, ended, stopped */
    } rows[] = {
        {"set", set_good, {OK, S, S, S, OK}},
        {"set a bad value", set_bad, {R, S, S, S, R}},
        {"set by type", set_typed, {OK, S, S, S, OK}},
        {"start", np_trace_start, {OK, S, S, S, OK}},
        {"run", np_trace_run, {OK, S, S, S, OK}},
        {"pause", np_trace_pause, {S, OK, OK, S, S}},
        {"resume", np_trace_resume, {S, OK, OK, S, S}},
        {"cancel", np_trace_cancel, {OK, OK, OK, OK, OK}},
        {"clear", np_trace_clear, {OK, OK, OK, S, OK}},
        {"reset", np_trace_reset, {OK, S, S, S, OK}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (state s = IDLE; s < STATES; s++) {
            fixture f = in_state(s);
            np_status got = rows[i].call(f.t);
            if (got != rows[i].want[s])
                fail_msg("%s in state %d: %d, not %d", rows[i].what, s, got, rows[i].want[s]);
            /* Results answer in every state. */
            np_trace_info info;
            assert_int_equal(np_trace_get(f.t, &info, sizeof info), NP_OK);
            assert_non_null(np_trace_json(f.t));
            assert_non_null(np_trace_error(f.t));
            end(&f);
        }
    }
}

static void what_the_cells_do(void **unused)
{
    (void)unused;
    np_event ev;
    fixture f = in_state(RUNNING); /* a refused setting is not kept while running */
    assert_int_equal(set_bad(f.t), NP_ERR_STATE);
    assert_int_equal(drain(&f, 60 * SEC, &ev), 1);
    assert_int_equal(ev.status, NP_OK);
    assert_int_equal(np_trace_run(f.t), NP_OK);
    assert_int_equal(np_trace_clear(f.t), NP_OK); /* results gone, settings kept */
    assert_int_equal(np_trace_hop_count(f.t), 0);
    assert_int_equal(np_trace_run(f.t), NP_OK);
    assert_int_equal(np_trace_hop_count(f.t), 3);
    assert_int_equal(np_trace_reset(f.t), NP_OK); /* settings gone too */
    assert_int_equal(np_trace_run(f.t), NP_ERR_INVALID);
    assert_true(np_trace_error(f.t)[0] != 0);
    end(&f);
}

static void the_first_error_latches(void **unused)
{
    (void)unused;
    fixture f = begin();
    assert_int_equal(np_trace_set(f.t, "intervall", "1s"), NP_ERR_INVALID);
    assert_int_equal(np_trace_set(f.t, "max-ttl", "300"), NP_ERR_RANGE);
    assert_int_equal(np_trace_start(f.t), NP_ERR_INVALID);
    assert_int_equal(np_trace_run(f.t), NP_ERR_INVALID);
    assert_non_null(strstr(np_trace_error(f.t), "did you mean \"interval\""));
    assert_int_equal(np_trace_reset(f.t), NP_OK);
    assert_string_equal(np_trace_error(f.t), "");
    np_trace_set_target(f.t, f.w->target);
    np_trace_set(f.t, "names", "no");
    assert_int_equal(np_trace_run(f.t), NP_OK);
    np_trace_set_first_ttl(f.t, 9);
    np_trace_set_max_ttl(f.t, 8);
    assert_int_equal(np_trace_run(f.t), NP_ERR_RANGE);
    assert_int_equal(np_trace_set_first_ttl(f.t, 1), NP_OK); /* each value was right alone */
    assert_int_equal(np_trace_run(f.t), NP_OK);
    end(&f);
}

static void one_done_for_each_start(void **unused)
{
    (void)unused;
    np_event ev;
    for (int cancel_after_ms = -1; cancel_after_ms < 4000; cancel_after_ms += 250) {
        fixture f = begin();
        int user;
        np_trace_set_user(f.t, &user);
        assert_int_equal(np_trace_start(f.t), NP_OK);
        if (cancel_after_ms == 0)
            np_trace_cancel(f.t);
        int early = cancel_after_ms > 0 &&
                    np_next_event(f.ctx, &ev, sizeof ev, cancel_after_ms * MS) == 1;
        np_trace_cancel(f.t);
        np_trace_cancel(f.t);
        assert_int_equal(drain(&f, 60 * SEC, &ev), early ? 0 : 1);
        assert_ptr_equal(ev.object, f.t);
        assert_ptr_equal(ev.user, &user);
        assert_int_equal(np_trace_start(f.t), NP_OK);
        assert_int_equal(drain(&f, 60 * SEC, &ev), 1);
        assert_int_equal(ev.status, NP_OK);
        end(&f);
    }
}

/* Two traces: while one runs by itself, events of the other wait, drop their oldest, and count. */
static void streams_drop_their_oldest_and_count(void **unused)
{
    (void)unused;
    np_event ev;
    fixture f = begin();
    np_trace *other = new_trace(&f);
    np_trace_set_events(f.t, 2);
    assert_int_equal(np_trace_start(f.t), NP_OK);
    assert_int_equal(np_trace_run(other), NP_OK);
    assert_int_equal(np_trace_run(other), NP_OK); /* f.t has ended by now */
    assert_int_equal(np_next_event(f.ctx, &ev, sizeof ev, 0), 1);
    assert_int_equal(ev.type, NP_EV_ROUND);
    assert_int_equal(ev.index, 1);
    assert_int_equal(np_next_event(f.ctx, &ev, sizeof ev, 0), 1);
    assert_int_equal(ev.type, NP_EV_ROUND);
    assert_int_equal(ev.index, 2);
    assert_int_equal(np_next_event(f.ctx, &ev, sizeof ev, 0), 1);
    assert_int_equal(ev.type, NP_EV_DONE); /* behind everything of its object */
    assert_int_equal(ev.lost, 4);          /* three hops and a round */
    assert_int_equal(np_next_event(f.ctx, &ev, sizeof ev, 0), 0);
    np_trace_free(other);
    end(&f);
}

static void events_tell_what_happens(void **unused)
{
    (void)unused;
    np_event ev;
    fixture f = begin();
    f.w->names[0] = (world_name){"one.example", "10.0.0.1", 30 * MS, NP_OK};
    np_trace_set(f.t, "names", "yes");
    np_trace_set_events(f.t, 100);
    np_context_set(f.ctx, "log-level", "debug");
    assert_int_equal(np_trace_start(f.t), NP_OK);
    int hops = 0, named = 0, rounds = 0, done = 0;
    while (!done && np_next_event(f.ctx, &ev, sizeof ev, NP_FOREVER) == 1) {
        hops += ev.type == NP_EV_HOP;
        rounds += ev.type == NP_EV_ROUND;
        done = ev.type == NP_EV_DONE;
        named += strcmp(ev.text, "10.0.0.1 (one.example)") == 0;
        assert_int_equal(ev.text_len, strlen(ev.text));
        assert_true(ev.time_ns > INT64_C(1600000000) * SEC);
    }
    assert_int_equal(hops, 4);
    assert_int_equal(named, 1);
    assert_int_equal(rounds, 3);
    assert_int_equal(np_next_event(f.ctx, &ev, sizeof ev, NP_FOREVER), NP_ERR_STATE);
    assert_int_equal(ev.type, NP_EV_NONE);
    end(&f);
}

static void log_lines_are_events(void **unused)
{
    (void)unused;
    np_event ev;
    int user;
    fixture f = begin();
    f.w->open_errno_icmp = EACCES;
    np_context_set_user(f.ctx, &user);
    assert_int_equal(np_context_set(f.ctx, "log-level", "info"), NP_OK);
    assert_int_equal(np_trace_run(f.t), NP_OK); /* events of others stay queued */
    assert_int_equal(np_next_event(f.ctx, &ev, sizeof ev, 0), 1);
    assert_int_equal(ev.type, NP_EV_LOG);
    assert_null(ev.object);
    assert_ptr_equal(ev.user, &user);
    assert_non_null(strstr(ev.text, "ICMP is not allowed"));
    assert_int_equal(np_next_event(f.ctx, &ev, sizeof ev, 0), 0);
    assert_int_equal(np_context_set(f.ctx, "log-level", "loud"), NP_ERR_INVALID);
    assert_non_null(strstr(np_context_error(f.ctx), "loud"));
    assert_int_equal(np_context_set(f.ctx, "log-level", "none"), NP_OK);
    assert_string_equal(np_context_error(f.ctx), "");
    end(&f);
}

static void a_wakeup_ends_a_wait_and_a_run(void **unused)
{
    (void)unused;
    np_event ev;
    fixture f = begin();
    np_context_wakeup(f.ctx);
    assert_int_equal(np_next_event(f.ctx, &ev, sizeof ev, NP_FOREVER), 0);
    assert_int_equal(np_next_event(f.ctx, &ev, sizeof ev, NP_FOREVER), NP_ERR_STATE);
    np_context_wakeup(f.ctx);
    assert_int_equal(np_trace_run(f.t), NP_ERR_CANCELLED);
    assert_string_equal(np_trace_error(f.t), "cancelled");
    assert_int_equal(np_trace_run(f.t), NP_OK);
    end(&f);
}

static void any_order_of_free(void **unused)
{
    (void)unused;
    for (state s = IDLE; s < STATES; s++) {
        fixture f = in_state(s);
        np_context_free(f.ctx);
        assert_int_equal(f.w->opened, f.w->closed);
        assert_int_equal(np_trace_start(f.t), NP_ERR_STATE);
        assert_int_equal(np_trace_set(f.t, "cycles", "1"), NP_ERR_STATE);
        assert_int_equal(np_trace_pause(f.t), NP_ERR_STATE);
        assert_non_null(np_trace_json(f.t));
        np_trace_free(f.t);
        world_free(f.w);

        f = in_state(s); /* an object that goes takes its events along */
        np_event ev;
        np_trace_free(f.t);
        f.t = NULL;
        assert_int_equal(np_next_event(f.ctx, &ev, sizeof ev, 0), 0);
        assert_int_equal(np_next_event(f.ctx, &ev, sizeof ev, NP_FOREVER), NP_ERR_STATE);
        end(&f);
    }
}

static void null_is_no_object(void **unused)
{
    (void)unused;
    np_event ev;
    np_hop h;
    np_stats st;
    np_responder r;
    np_trace_info info;
    np_capability c;
    const np_status no = NP_ERR_NOMEM;
    np_trace_free(NULL);
    np_context_free(NULL);
    np_context_wakeup(NULL);
    assert_null(np_trace_new(NULL));
    assert_int_equal(np_context_set(NULL, "rate", "1"), no);
    assert_int_equal(np_context_set_rate(NULL, 1), no);
    assert_int_equal(np_context_set_burst(NULL, 1), no);
    assert_int_equal(np_context_set_user(NULL, NULL), no);
    assert_int_equal(np_context_fd(NULL), -1);
    assert_int_equal(np_next_event(NULL, &ev, sizeof ev, 0), no);
    assert_int_equal(ev.type, NP_EV_NONE);
    assert_int_equal(np_context_capability_count(NULL), 0);
    assert_int_equal(np_context_get_capability(NULL, 0, &c, sizeof c), no);
    assert_non_null(np_context_error(NULL));
    assert_int_equal(np_trace_set(NULL, "cycles", "1"), no);
    assert_int_equal(np_trace_set_cycles(NULL, 1), no);
    assert_int_equal(np_trace_set_user(NULL, NULL), no);
    assert_int_equal(np_trace_start(NULL), no);
    assert_int_equal(np_trace_run(NULL), no);
    assert_int_equal(np_trace_pause(NULL), no);
    assert_int_equal(np_trace_resume(NULL), no);
    assert_int_equal(np_trace_cancel(NULL), no);
    assert_int_equal(np_trace_clear(NULL), no);
    assert_int_equal(np_trace_reset(NULL), no);
    assert_int_equal(np_trace_get(NULL, &info, sizeof info), no);
    assert_int_equal(np_trace_get_hop(NULL, 0, &h, sizeof h), no);
    assert_int_equal(np_trace_get_stats(NULL, 0, &st, sizeof st), no);
    assert_int_equal(np_trace_get_responder(NULL, 0, 0, &r, sizeof r), no);
    assert_int_equal(np_trace_get_responder_stats(NULL, 0, 0, &st, sizeof st), no);
    assert_int_equal(np_trace_reached(NULL), 0);
    assert_int_equal(np_trace_hop_count(NULL), 0);
    assert_int_equal(np_trace_responder_count(NULL, 0), 0);
    assert_null(np_trace_json(NULL));
    assert_string_equal(np_trace_error(NULL), "no object: out of memory, or never made");
}

static void results_respect_the_callers_size(void **unused)
{
    (void)unused;
    union {
        np_stats s;
        unsigned char octets[sizeof(np_stats) + 64];
    } big, small;
    fixture f = begin();
    np_trace_run(f.t);
    memset(&big, 0xAA, sizeof big);
    memset(&small, 0xAA, sizeof small);
    assert_int_equal(np_trace_get_stats(f.t, 0, &big.s, sizeof big), NP_OK); /* a newer caller */
    assert_int_equal(big.s.sent, 3);
    for (size_t i = sizeof(np_stats); i < sizeof big; i++)
        assert_int_equal(big.octets[i], 0);
    assert_int_equal(np_trace_get_stats(f.t, 0, &small.s, sizeof small.s.sent), NP_OK);
    assert_int_equal(small.s.sent, 3);
    assert_int_equal(small.octets[sizeof small.s.sent], 0xAA);
    memset(&big, 0xAA, sizeof big);
    assert_int_equal(np_trace_get_stats(f.t, 99, &big.s, sizeof big.s), NP_ERR_RANGE);
    assert_int_equal(big.s.sent, 0); /* also on failure */
    assert_int_equal(np_trace_get_stats(f.t, -1, &big.s, sizeof big.s), NP_ERR_RANGE);
    assert_int_equal(np_trace_get_stats(f.t, 0, NULL, 0), NP_ERR_INVALID);
    end(&f);
}

/* The same trace under three drivers gives the same document. */
static char *document(int driver)
{
    fixture f = begin();
    np_event ev = {0};
    np_trace_set_cycles(f.t, 10);
    f.w->hops[1].lose = 10;
    if (driver == 0) {
        assert_int_equal(np_trace_run(f.t), NP_OK);
    } else {
        assert_int_equal(np_trace_start(f.t), NP_OK);
        struct pollfd p = {np_context_fd(f.ctx), POLLIN, 0};
        while (ev.type != NP_EV_DONE) {
            /* A host's loop: it waits on the descriptor alone, and time passes by itself. */
            while (driver == 1 && poll(&p, 1, 0) == 0)
                assert_true(world_advance(f.w, INT64_MAX));
            int n = np_next_event(f.ctx, &ev, sizeof ev, driver == 1 ? 0 : 7 * MS);
            assert_true(n >= 0);
        }
    }
    char *copy = strdup(np_trace_json(f.t));
    end(&f);
    return copy;
}

static void three_drivers_one_document(void **unused)
{
    (void)unused;
    char *run = document(0), *loop = document(1), *wait = document(2);
    assert_string_equal(run, loop);
    assert_string_equal(run, wait);
    assert_non_null(strstr(run, "\"lost\": 2"));
    free(run);
    free(loop);
    free(wait);
}

/* The descriptor is readable whenever a call would do or deliver something, and only then. */
static void the_descriptor_tells(void **unused)
{
    (void)unused;
    np_event ev;
    fixture f = begin();
    struct pollfd p = {np_context_fd(f.ctx), POLLIN, 0};
    assert_int_equal(poll(&p, 1, 0), 0);
    np_trace_start(f.t);
    assert_int_equal(poll(&p, 1, 0), 1);
    while (np_next_event(f.ctx, &ev, sizeof ev, 0) > 0 || poll(&p, 1, 0) > 0)
        ;
    np_trace_cancel(f.t); /* an event that is born outside of any wait */
    assert_int_equal(poll(&p, 1, 0), 1);
    assert_int_equal(np_next_event(f.ctx, &ev, sizeof ev, 0), 1);
    assert_int_equal(np_next_event(f.ctx, &ev, sizeof ev, 0), 0);
    assert_int_equal(poll(&p, 1, 0), 0);
    end(&f);
}

static int in_child(fixture *f)
{
    np_event ev;
    return np_trace_start(f->t) == NP_ERR_FORKED && np_trace_cancel(f->t) == NP_ERR_FORKED &&
           np_trace_set(f->t, "cycles", "1") == NP_ERR_FORKED &&
           np_context_set_rate(f->ctx, 1) == NP_ERR_FORKED &&
           np_next_event(f->ctx, &ev, sizeof ev, 0) == NP_ERR_FORKED;
}

static void a_child_may_only_free(void **unused)
{
    (void)unused;
    np_event ev;
    for (int context_first = 0; context_first < 2; context_first++) {
        fixture f = in_state(RUNNING);
        pid_t pid = fork();
        if (pid == 0) {
            int good = in_child(&f);
            if (context_first)
                np_context_free(f.ctx);
            np_trace_free(f.t);
            if (!context_first)
                np_context_free(f.ctx);
            _exit(good ? 0 : 1);
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        assert_int_equal(drain(&f, 60 * SEC, &ev), 1); /* the parent's trace goes on */
        assert_int_equal(ev.status, NP_OK);
        assert_int_equal(np_trace_hop_count(f.t), 3);
        end(&f);
    }
}

static void contexts_and_traces_are_independent(void **unused)
{
    (void)unused;
    np_event ev;
    fixture f = begin();
    np_trace *more[8];
    for (int i = 0; i < 3; i++) {
        more[i] = new_trace(&f);
        assert_int_equal(np_trace_start(more[i]), NP_OK);
    }
    assert_int_equal(np_trace_start(f.t), NP_OK);
    np_trace_free(more[1]); /* in the middle of it */
    assert_int_equal(drain(&f, 60 * SEC, &ev), 3);
    np_stats s;
    for (int i = 0; i < 3; i += 2) {
        assert_int_equal(np_trace_get_stats(more[i], 2, &s, sizeof s), NP_OK);
        assert_int_equal(s.received, 3);
        np_trace_free(more[i]);
    }
    end(&f);
}

/* The blocking form and the event form, with the n-th allocation failing. */
static bool survives(unsigned long fail_at, bool sticky, bool blocking, unsigned long *failed)
{
    failmem m = {.fail_at = fail_at, .sticky = sticky};
    np_allocator a = failmem_allocator(&m);
    fixture f = {.w = world_new()};
    np_event ev;
    world_path(f.w, 4, 3);
    f.w->names[0] = (world_name){"one.example", "10.0.0.1", MS, NP_OK};
    f.ctx = npi_context_new_world(&a, &f.w->seams);
    f.t = np_trace_new(f.ctx);
    np_trace_set_target(f.t, f.w->target);
    np_trace_set_cycles(f.t, 2);
    np_trace_set(f.t, "events", "8");
    np_status st;
    if (blocking) {
        st = np_trace_run(f.t);
    } else {
        st = np_trace_start(f.t);
        int done = 0;
        while (st == NP_OK && np_next_event(f.ctx, &ev, sizeof ev, NP_FOREVER) >= 0)
            if (ev.type == NP_EV_DONE && ++done)
                st = (np_status)ev.status;
        assert_int_equal(np_next_event(f.ctx, &ev, sizeof ev, 0), f.ctx ? 0 : NP_ERR_NOMEM);
    }
    if (st != NP_ERR_NOMEM) {
        assert_true(st == NP_OK || st == NP_ERR_STATE);
        assert_int_equal(np_trace_hop_count(f.t), 3);
    } else if (f.t) {
        assert_string_equal(np_trace_error(f.t), "out of memory");
    }
    const char *json = np_trace_json(f.t);
    assert_true(json || m.failed > 0);
    np_trace_free(f.t);
    np_context_free(f.ctx);
    assert_int_equal(m.live, 0);
    assert_int_equal(f.w->opened, f.w->closed);
    world_free(f.w);
    *failed = m.failed;
    return m.failed > 0;
}

static void every_allocation_may_fail(void **unused)
{
    (void)unused;
    for (int form = 0; form < 4; form++) {
        unsigned long n = 1, failed;
        while (survives(n, form & 1, form & 2, &failed))
            n++;
        assert_true(n > 15); /* something was injected */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cell_of_the_table),
        cmocka_unit_test(what_the_cells_do),
        cmocka_unit_test(the_first_error_latches),
        cmocka_unit_test(one_done_for_each_start),
        cmocka_unit_test(streams_drop_their_oldest_and_count),
        cmocka_unit_test(events_tell_what_happens),
        cmocka_unit_test(log_lines_are_events),
        cmocka_unit_test(a_wakeup_ends_a_wait_and_a_run),
        cmocka_unit_test(any_order_of_free),
        cmocka_unit_test(null_is_no_object),
        cmocka_unit_test(results_respect_the_callers_size),
        cmocka_unit_test(three_drivers_one_document),
        cmocka_unit_test(the_descriptor_tells),
        cmocka_unit_test(a_child_may_only_free),
        cmocka_unit_test(contexts_and_traces_are_independent),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN(tests);
}
