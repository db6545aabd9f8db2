/* SPDX-License-Identifier: MIT */
/*
 * Decides what runs when: descriptors and timers post tasks, a turn runs them within its budget.
 * What a task does is its owner's; when to wait is np_next_event's.
 */
#include "core/reactor.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    BUDGET_DATAGRAMS = 256,
    EPOLL_BATCH = 64
};

#define BUDGET_NS INT64_C(5000000)

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* The reactor's own descriptors carry the address of their field instead of a watch. */
static int add_own(npi_reactor *r, int *fd)
{
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = fd};
    return epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, *fd, &ev) < 0 ? errno : 0;
}

static int open_all(npi_reactor *r)
{
    r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (r->epoll_fd < 0)
        return errno;
    r->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (r->event_fd < 0)
        return errno;
    r->clock_fd = r->clock->ops->open(r->clock);
    if (r->clock_fd < 0)
        return errno;
    int err = add_own(r, &r->event_fd);
    return err ? err : add_own(r, &r->clock_fd);
}

int npi_reactor_open(npi_reactor *r, const npi_clock *clock)
{
    *r = (npi_reactor){.clock = clock, .epoll_fd = -1, .clock_fd = -1, .event_fd = -1};
    r->armed = NPI_NEVER;
    npi_list_init(&r->ready);
    npi_list_init(&r->mark);
    atomic_init(&r->woken, false);
    int err = open_all(r);
    if (err)
        npi_reactor_close(r);
    return err;
}

void npi_reactor_close(npi_reactor *r)
{
    close_fd(&r->clock_fd);
    close_fd(&r->event_fd);
    close_fd(&r->epoll_fd);
}

void npi_task_init(npi_task *task, void (*run)(npi_task *, const npi_now *, int *))
{
    npi_list_init(&task->link);
    task->run = run;
}

void npi_reactor_post(npi_reactor *r, npi_task *task)
{
    if (npi_list_empty(&task->link))
        npi_list_append(&r->ready, &task->link);
}

void npi_task_unpost(npi_task *task)
{
    npi_list_unlink(&task->link);
}

void npi_reactor_alarm(npi_reactor *r, npi_alarm *alarm, npi_mono at)
{
    npi_heap_arm(&r->timers, &alarm->timer, at);
}

static int watch_for(npi_reactor *r, npi_watch *w, int fd, npi_task *task, uint32_t events)
{
    struct epoll_event ev = {.events = events, .data.ptr = w};
    int op = w->fd == fd ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(r->epoll_fd, op, fd, &ev) < 0)
        return errno;
    w->fd = fd;
    w->task = task;
    return 0;
}

int npi_reactor_watch(npi_reactor *r, npi_watch *w, int fd, npi_task *task, bool write)
{
    return watch_for(r, w, fd, task, EPOLLIN | (write ? (uint32_t)EPOLLOUT : 0u));
}

int npi_reactor_watch_room(npi_reactor *r, npi_watch *w, int fd, npi_task *task)
{
    return watch_for(r, w, fd, task, EPOLLOUT);
}

void npi_reactor_unwatch(npi_reactor *r, npi_watch *w)
{
    if (w->fd >= 0 && !r->forked)
        epoll_ctl(r->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
    w->fd = -1;
}

static void drain_eventfd(npi_reactor *r)
{
    uint64_t count;
    ssize_t n = read(r->event_fd, &count, sizeof count);
    (void)n; /* nothing to read is as good */
    r->signalled = false;
}

static void signal_eventfd(npi_reactor *r)
{
    uint64_t one = 1;
    ssize_t n = write(r->event_fd, &one, sizeof one);
    (void)n; /* only fails when it is readable 2^64 times over */
    r->signalled = true;
}

static void post_descriptors(npi_reactor *r)
{
    struct epoll_event events[EPOLL_BATCH];
    int n = epoll_wait(r->epoll_fd, events, EPOLL_BATCH, 0);
    for (int i = 0; i < n; i++) {
        void *what = events[i].data.ptr;
        if (what == &r->event_fd)
            r->signalled = true; /* ours or a wake-up's: to be cleared by settle */
        else if (what == &r->clock_fd)
            r->armed = (npi_mono){INT64_MIN}; /* has fired: to be armed anew by settle */
        else
            npi_reactor_post(r, ((npi_watch *)what)->task);
    }
}

static void post_timers(npi_reactor *r, npi_mono now)
{
    for (;;) {
        npi_timer *t = npi_heap_first(&r->timers);
        if (!t || npi_mono_before(now, t->at))
            return;
        npi_heap_disarm(&r->timers, t);
        npi_reactor_post(r, npi_container(t, npi_alarm, timer)->task);
    }
}

void npi_reactor_turn(npi_reactor *r, npi_now *now)
{
    post_descriptors(r);
    r->clock->ops->now(r->clock, now);
    post_timers(r, now->mono);

    npi_list_append(&r->ready, &r->mark);
    npi_mono end = npi_mono_add(now->mono, BUDGET_NS);
    int budget = BUDGET_DATAGRAMS;
    while (r->ready.next != &r->mark && budget > 0 && npi_mono_before(now->mono, end)) {
        npi_task *task = npi_container(r->ready.next, npi_task, link);
        npi_task_unpost(task);
        task->run(task, now, &budget);
        r->clock->ops->now(r->clock, now);
    }
    npi_list_unlink(&r->mark);
}

void npi_reactor_settle(npi_reactor *r, bool pending)
{
    if (r->forked || r->epoll_fd < 0)
        return;
    npi_timer *first = npi_heap_first(&r->timers);
    npi_mono at = first ? first->at : NPI_NEVER;
    if (at.ns != r->armed.ns) {
        r->clock->ops->arm(r->clock, r->clock_fd, at);
        r->armed = at;
    }
    bool wanted = pending || !npi_list_empty(&r->ready);
    if (!wanted && r->signalled)
        drain_eventfd(r);
    /* `woken` is looked at last: a wake-up may have come just before the draining. */
    if ((wanted || atomic_load(&r->woken)) && !r->signalled)
        signal_eventfd(r);
}

void npi_reactor_wakeup(npi_reactor *r)
{
    uint64_t one = 1;
    atomic_store(&r->woken, true);
    ssize_t n = write(r->event_fd, &one, sizeof one);
    (void)n;
}

bool npi_reactor_woken(npi_reactor *r)
{
    return atomic_exchange(&r->woken, false);
}
