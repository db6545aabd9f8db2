/* SPDX-License-Identifier: MIT */
/*
 * A whole trace on the loopback while system calls fail: each call of a run in turn, with each
 * errno that it may have. Whatever becomes of the run is one of its documented ends, nothing is
 * left open, and the same context traces again. The calls go through here (ld --wrap).
 */
#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <netprobe.h>

#include "../check.h"
#include "../descriptors.h"

static unsigned long calls, fail_at, injected;
static int fail_with;

static bool fails(void)
{
    calls++;
    if (fail_at == 0 || calls != fail_at)
        return false;
    injected++;
    errno = fail_with;
    return true;
}

#define WRAP(type, name, parameters, arguments)                                                   \
    type __real_##name parameters;                                                                \
    type __wrap_##name parameters;                                                                \
    type __wrap_##name parameters                                                                 \
    {                                                                                             \
        return fails() ? -1 : __real_##name arguments;                                            \
    }

WRAP(int, socket, (int a, int b, int c), (a, b, c))
WRAP(int, bind, (int a, const struct sockaddr *b, socklen_t c), (a, b, c))
WRAP(int, connect, (int a, const struct sockaddr *b, socklen_t c), (a, b, c))
WRAP(int, getsockname, (int a, struct sockaddr *b, socklen_t *c), (a, b, c))
WRAP(int, setsockopt, (int a, int b, int c, const void *d, socklen_t e), (a, b, c, d, e))
WRAP(int, getsockopt, (int a, int b, int c, void *d, socklen_t *e), (a, b, c, d, e))
WRAP(ssize_t, sendmsg, (int a, const struct msghdr *b, int c), (a, b, c))
WRAP(ssize_t, recvmsg, (int a, struct msghdr *b, int c), (a, b, c))
WRAP(int, epoll_create1, (int a), (a))
WRAP(int, epoll_ctl, (int a, int b, int c, struct epoll_event *d), (a, b, c, d))
WRAP(int, epoll_wait, (int a, struct epoll_event *b, int c, int d), (a, b, c, d))
WRAP(int, timerfd_create, (int a, int b), (a, b))
WRAP(int, timerfd_settime,
     (int a, int b, const struct itimerspec *c, struct itimerspec *d), (a, b, c, d))
WRAP(int, eventfd, (unsigned a, int b), (a, b))

static np_trace *new_trace(np_context *ctx, const char *kind)
{
    np_trace *t = np_trace_new(ctx);
    np_trace_set_target(t, "127.0.0.1");
    np_trace_set(t, "kind", kind);
    np_trace_set(t, "names", "no");
    np_trace_set(t, "cycles", "2");
    np_trace_set(t, "interval", "10ms");
    np_trace_set(t, "timeout", "50ms");
    np_trace_set(t, "grace", "20ms");
    np_trace_set(t, "max-ttl", "2");
    return t;
}

/* A run that never ends would hang here; one that ends otherwise than documented fails. */
static void assert_documented(const np_trace *t, np_status st)
{
    switch (st) {
    case NP_OK:
    case NP_ERR_MFILE:
    case NP_ERR_NOMEM:
    case NP_ERR_SYSTEM:
    case NP_ERR_PERMISSION:
    case NP_ERR_ROUTE:
    case NP_ERR_UNSUPPORTED:
    case NP_ERR_RANGE:
        break;
    default:
        fail_msg("%s: %s", np_status_name(st), np_trace_error(t));
    }
    assert_true(st == NP_OK || np_trace_error(t)[0]);
}

static void once(const char *kind)
{
    np_context *ctx = np_context_new();
    np_trace *t = new_trace(ctx, kind);
    assert_documented(t, np_trace_run(t));
    np_trace_info i;
    np_trace_get(t, &i, sizeof i);
    assert_true(i.received <= i.sent);
    unsigned long place = fail_at;
    fail_at = 0;
    if (np_context_fd(ctx) >= 0) { /* what could be opened goes on to work */
        np_trace *again = new_trace(ctx, kind);
        np_status st = np_trace_run(again);
        np_trace_get(again, &i, sizeof i);
        if (st != NP_OK || i.end != NP_END_REACHED)
            fail_msg("after call %lu failed by errno %d: %s", place, fail_with,
                     np_trace_error(again));
        np_trace_free(again);
    }
    np_trace_free(t);
    np_context_free(ctx);
}

static void every_call_of(const char *kind)
{
    static const int errors[] = {EINTR, EAGAIN, ENOBUFS, ENOMEM, EPERM, EMFILE, ENETUNREACH, EIO};
    int before = open_descriptors();
    calls = fail_at = 0;
    np_context *ctx = np_context_new();
    np_trace *t = new_trace(ctx, kind);
    assert_int_equal(np_trace_run(t), NP_OK);
    np_trace_free(t);
    np_context_free(ctx);
    unsigned long total = calls, before_all = injected;
    for (size_t e = 0; e < sizeof errors / sizeof *errors; e++)
        for (unsigned long n = 1; n <= total; n += 1 + n / 12) {
            calls = 0;
            fail_at = n;
            fail_with = errors[e];
            once(kind);
            assert_int_equal(open_descriptors(), before);
        }
    assert_true(injected - before_all > 100);
}

static void icmp(void **state)
{
    (void)state;
    every_call_of("icmp");
}

static void udp(void **state)
{
    (void)state;
    every_call_of("udp");
}

static void tcp(void **state)
{
    (void)state;
    every_call_of("tcp");
}

/* Too few descriptors, one more each time: a sentence, or a good trace. */
static void every_descriptor(void **state)
{
    (void)state;
    static const char *const kinds[] = {"icmp", "udp", "tcp"};
    struct rlimit usual, few;
    getrlimit(RLIMIT_NOFILE, &usual);
    few = usual;
    fail_at = 0;
    int before = open_descriptors(), refused = 0;
    for (size_t k = 0; k < 3; k++)
        for (rlim_t n = 3; n < 16; n++) {
            few.rlim_cur = n;
            setrlimit(RLIMIT_NOFILE, &few);
            np_context *ctx = np_context_new();
            np_trace *t = new_trace(ctx, kinds[k]);
            np_status st = np_trace_run(t);
            setrlimit(RLIMIT_NOFILE, &usual);
            assert_documented(t, st);
            refused += st == NP_ERR_MFILE;
            np_trace_free(t);
            np_context_free(ctx);
            assert_int_equal(open_descriptors(), before);
        }
    assert_true(refused > 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(icmp),
        cmocka_unit_test(udp),
        cmocka_unit_test(tcp),
        cmocka_unit_test(every_descriptor),
    };
    return RUN(tests);
}
