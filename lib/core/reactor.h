/* SPDX-License-Identifier: MIT */
/*
 * Reactor: one epoll set with the clock's descriptor, an eventfd and the sockets of the objects.
 *
 * Everything that can happen (a socket is readable, a timer is due, a look-up has an answer)
 * ends in one way: the owner's task is posted, and its run function is called once in the next
 * turn. A task does a bounded piece of work and posts itself again when there is more.
 */
#ifndef NPI_CORE_REACTOR_H
#define NPI_CORE_REACTOR_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/heap.h"
#include "base/list.h"
#include "base/time.h"
#include "core/clock.h"

typedef struct npi_reactor npi_reactor;
typedef struct npi_task npi_task;

struct npi_task {
    npi_list link; /* in the ready list while posted */
    /* `*budget` is what is left of this turn, in datagrams; take off what was used. */
    void (*run)(npi_task *task, const npi_now *now, int *budget);
};

/* A timer that posts a task. */
typedef struct npi_alarm {
    npi_timer timer;
    npi_task *task;
} npi_alarm;

/* A descriptor that posts a task while it is readable (or has an error). */
typedef struct npi_watch {
    int fd; /* -1: not watched */
    npi_task *task;
} npi_watch;

struct npi_reactor {
    const npi_clock *clock;
    int epoll_fd, clock_fd, event_fd; /* -1 where they could not be had */
    npi_heap timers;
    npi_list ready;      /* posted tasks */
    npi_list mark;       /* in `ready` during a turn: tasks behind it wait for the next one */
    npi_mono armed;      /* what the clock is armed for */
    bool signalled;      /* event_fd is readable on purpose */
    atomic_bool woken;   /* npi_reactor_wakeup was called */
    bool forked;         /* in a child: no epoll_ctl, the set is shared with the parent */
};

/* Sets all descriptors or none; returns 0 or an errno. */
int npi_reactor_open(npi_reactor *r, const npi_clock *clock);
void npi_reactor_close(npi_reactor *r);

void npi_task_init(npi_task *task, void (*run)(npi_task *, const npi_now *, int *));
void npi_reactor_post(npi_reactor *r, npi_task *task);
void npi_task_unpost(npi_task *task);

void npi_reactor_alarm(npi_reactor *r, npi_alarm *alarm, npi_mono at);

/*
 * Watch fd for reading (and errors), level-triggered, or for writing too. Returns 0 or an errno.
 * Watching again changes what is watched for.
 */
int npi_reactor_watch(npi_reactor *r, npi_watch *w, int fd, npi_task *task, bool write);
/* The same, and only for room to write: where the peer has said its last, reading never rests. */
int npi_reactor_watch_room(npi_reactor *r, npi_watch *w, int fd, npi_task *task);
/* Stop watching; does not close. Harmless when not watched. Call before closing the fd. */
void npi_reactor_unwatch(npi_reactor *r, npi_watch *w);

/*
 * Do what is due, within a budget of 256 datagrams or 5 ms. `now` is refreshed.
 */
void npi_reactor_turn(npi_reactor *r, npi_now *now);

/*
 * Bring the descriptors in line with what is due: arm the clock for the first timer, and signal
 * the eventfd while tasks are posted or `pending` says that events wait. Call after anything
 * that may have changed either.
 */
void npi_reactor_settle(npi_reactor *r, bool pending);

/* From any thread or signal handler. */
void npi_reactor_wakeup(npi_reactor *r);
/* True, once, after a wake-up. */
bool npi_reactor_woken(npi_reactor *r);

#endif
