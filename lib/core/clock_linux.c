/* SPDX-License-Identifier: MIT */
/*
 * This machine's clocks: the only file that reads time, sleeps or asks for random numbers.
 */
#include "core/clock.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <time.h>

#define SECOND INT64_C(1000000000)
#define MILLISECOND INT64_C(1000000)

static int64_t read_clock(clockid_t id)
{
    struct timespec ts = {0};
    clock_gettime(id, &ts); /* these clocks exist since Linux 2.6.39 */
    return ts.tv_sec * SECOND + ts.tv_nsec;
}

static int open_timer(const npi_clock *c)
{
    (void)c;
    return timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
}

/*
 * Wall time is read between two readings of monotonic time, so that the offset between both is
 * known to within their distance even when the process loses its processor in between.
 */
static void now(const npi_clock *c, npi_now *out)
{
    (void)c;
    int64_t before = read_clock(CLOCK_MONOTONIC);
    out->wall.ns = read_clock(CLOCK_REALTIME);
    out->mono.ns = read_clock(CLOCK_MONOTONIC);
    if (out->mono.ns - before > 10000) { /* interrupted: once more, rarely twice in a row */
        out->wall.ns = read_clock(CLOCK_REALTIME);
        out->mono.ns = read_clock(CLOCK_MONOTONIC);
    }
    out->slept_ns = read_clock(CLOCK_BOOTTIME) - out->mono.ns;
}

static void arm(const npi_clock *c, int fd, npi_mono at)
{
    (void)c;
    struct itimerspec its = {0}; /* disarmed */
    if (at.ns != NPI_NEVER.ns) {
        /* Zero would disarm; what lies in the past fires at once. */
        int64_t ns = at.ns > 0 ? at.ns : 1;
        its.it_value.tv_sec = ns / SECOND;
        its.it_value.tv_nsec = ns % SECOND;
    }
    timerfd_settime(fd, TFD_TIMER_ABSTIME, &its, NULL);
}

/*
 * Rounds up, so that a wait never ends before its time; what must be punctual has the timer.
 * The set is waited on through poll-like epoll_wait with room for one event that is ignored.
 */
static bool wait_for(const npi_clock *c, int epoll_fd, int64_t timeout_ns)
{
    (void)c;
    struct epoll_event ignored;
    int ms = -1;
    if (timeout_ns >= 0) {
        int64_t up = timeout_ns / MILLISECOND + (timeout_ns % MILLISECOND > 0);
        ms = up > INT_MAX ? INT_MAX : (int)up;
    }
    return epoll_wait(epoll_fd, &ignored, 1, ms) >= 0 || errno != EINTR;
}

static bool fill_random(const npi_clock *c, void *out, size_t len)
{
    (void)c;
    return getrandom(out, len, GRND_NONBLOCK) == (ssize_t)len;
}

static const npi_clock_ops ops = {open_timer, now, arm, wait_for, fill_random};

const npi_clock npi_clock_linux = {&ops};
