/* SPDX-License-Identifier: MIT */
/**
 * The context: what every other object lives in.
 *
 *     np_context_new -- objects are made, set, started --> np_next_event ... -- np_context_free
 *                               |                              ^
 *                               +---- np_context_fd: poll it --+
 *
 * A context owns one epoll descriptor, the timers, the resolver and the queue of events. It is
 * used by one thread at a time; two contexts never share anything. Nothing here calls back into
 * the program, prints, changes signals, locale, environment or privileges, or blocks, except
 * np_next_event with a time-out and the NOUN_run calls, whose purpose is to wait.
 *
 * Every function takes NULL for its object and answers NP_ERR_NOMEM ("no object: out of memory,
 * or never made"); counts answer 0. After fork the child may read the results that it inherited
 * and free; whatever sets, starts, steers or waits answers NP_ERR_FORKED there.
 *
 * Times are nanoseconds in int64_t, named _ns. time_ns says when (CLOCK_REALTIME); all other
 * _ns are durations, taken on clocks that do not jump.
 *
 * What the libraries below do by themselves: c-ares reads resolv.conf, hosts and nsswitch.conf
 * and the environment variables RES_OPTIONS, LOCALDOMAIN and CARES_HOSTS at the first look-up of
 * a context, and allocates with malloc.
 */
#ifndef NETPROBE_CONTEXT_H
#define NETPROBE_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) && !defined(NP_API)
#define NP_API __attribute__((visibility("default")))
#elif !defined(NP_API)
#define NP_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define NP_MICROSECOND INT64_C(1000)
#define NP_MILLISECOND INT64_C(1000000)
#define NP_SECOND INT64_C(1000000000)

enum {
    NP_FOREVER = -1 /* as a time-out of np_next_event: until something happens */
};

/**
 * What became of a call or a run. 0 is success, errors are negative, in blocks of twenty by
 * kind, so that np_status_kind can sort codes which are newer than the program that asks.
 */
typedef enum np_status {
    NP_OK = 0,

    NP_ERR_INVALID = -1, /* a name or value that means nothing; the sentence names the nearest */
    NP_ERR_RANGE = -2,   /* a value outside its range; the sentence tells the range */
    NP_ERR_STATE = -3,   /* not now: see the table in netprobe(7) */
    NP_ERR_FORKED = -4,  /* the context belongs to the parent process */

    NP_ERR_NOMEM = -21,  /* out of memory */
    NP_ERR_MFILE = -22,  /* out of file descriptors */
    NP_ERR_SYSTEM = -23, /* the kernel refused something that should always work */

    NP_ERR_PERMISSION = -41, /* not allowed; the sentence tells the command that grants it */

    NP_ERR_NAME = -61,     /* the name does not exist, or has no address of that family */
    NP_ERR_RESOLVER = -62, /* no name server answered, or none answered sensibly */
    NP_ERR_ROUTE = -63,    /* this host has no way to send there (no route, interface down) */

    NP_ERR_REFUSED = -81,  /* the peer refused or reset the connection */
    NP_ERR_CLOSED = -82,   /* the peer closed where it should have gone on */
    NP_ERR_TIMEOUT = -83,  /* the peer did not answer in time */
    NP_ERR_TLS = -84,      /* no TLS, or a certificate that is not to be trusted */
    NP_ERR_PROTOCOL = -85, /* the peer broke its protocol */
    NP_ERR_LIMIT = -86,    /* the peer sent more than the options allow */

    NP_ERR_EXPECTATION = -101, /* the peer answered, and not what was expected */

    NP_ERR_CANCELLED = -121, /* cancelled, or woken up inside a run */

    NP_ERR_UNSUPPORTED = -141 /* this build or this kernel lacks it; the sentence names what */
} np_status;

typedef enum np_kind {
    NP_KIND_UNKNOWN = -1,
    NP_KIND_OK = 0,
    NP_KIND_USAGE = 1,
    NP_KIND_RESOURCE = 2,
    NP_KIND_PERMISSION = 3,
    NP_KIND_NETWORK = 4,
    NP_KIND_PEER = 5,
    NP_KIND_EXPECTATION = 6,
    NP_KIND_CANCELLED = 7,
    NP_KIND_UNSUPPORTED = 8
} np_kind;

/**
 * The kind of a status: which block of twenty it lies in.
 *
 * status  any value, also one this version does not know. Positive values and values below the
 *         last block answer NP_KIND_UNKNOWN. Since 0.1.
 */
NP_API np_kind np_status_kind(np_status status);

/**
 * A stable name for programs, as "network.name"; "unknown" for a value that is none.
 * The text is static. Since 0.1.
 */
NP_API const char *np_status_name(np_status status);

/** The version of the library that runs, as "0.1.0". Static. Since 0.1. */
NP_API const char *np_version(void);

/** Which addresses of the target may be taken. */
typedef enum np_family {
    NP_FAMILY_INVALID = -1,
    NP_FAMILY_AUTO = 0, /* the first in RFC 6724 order that can be reached from here */
    NP_FAMILY_IPV4 = 4,
    NP_FAMILY_IPV6 = 6
} np_family;

/** A setting that can be left to the library. */
typedef enum np_choice {
    NP_CHOICE_INVALID = -1,
    NP_CHOICE_AUTO = 0,
    NP_CHOICE_NO = 1,
    NP_CHOICE_YES = 2
} np_choice;

typedef struct np_context np_context;

/**
 * The host's allocator, for np_context_new_with.
 *
 * resize  memory NULL: allocate size bytes; size 0: free memory and return NULL; else resize
 *         memory to size bytes, keeping its content. Returns NULL when out of memory, and then
 *         leaves memory as it was. Must not call into libnetprobe.
 * user    handed to resize as it is.
 */
typedef struct np_allocator {
    void *(*resize)(void *user, void *memory, size_t size);
    void *user;
} np_allocator;

typedef enum np_event_type {
    NP_EV_INVALID = -1,
    NP_EV_NONE = 0,
    NP_EV_DONE = 1,  /* a run ended: status says how. One for every successful start, always. */
    NP_EV_LOG = 2,   /* a line of the log: text. Only with the context's option log-level. */
    NP_EV_HOP = 3,   /* a trace met a new responder at ttl, or learnt its name: text, one line */
    NP_EV_ROUND = 4, /* a trace has sent all probes of round `index` (from 0) */
    NP_EV_READABLE = 5 /* a conversation has octets for np_talk_read */
} np_event_type;

/**
 * One event. Which fields mean something is said at each type; the others are 0 or NULL.
 *
 * text is escaped (no control octets, valid UTF-8), NUL-terminated, text_len octets long, and
 * lives until the next np_next_event on the same context. object is NULL for NP_EV_LOG.
 */
typedef struct np_event {
    int32_t type; /* np_event_type */
    int32_t status;
    void *object;    /* the np_trace that speaks */
    void *user;      /* what its set_user was given */
    int64_t time_ns; /* when, on CLOCK_REALTIME */
    int32_t ttl;
    int32_t index;
    uint64_t lost; /* NP_EV_DONE: events dropped from this object's ring since its start */
    const char *text;
    size_t text_len;
} np_event;

/**
 * A job that the library may be able to do, and by which means.
 *
 * job      "trace.icmp4", "trace.icmp6", "trace.udp4", "trace.udp6", "trace.tcp4", "trace.tcp6",
 *          "names"
 * works    1 yes, 0 no
 * means    how it works or would work, as "ICMP datagram socket"
 * missing  what is in the way, empty when it works
 * remedy   the exact command or step that grants it, empty when it works or nothing can
 * All texts are static or live as long as the context.
 */
typedef struct np_capability {
    const char *job;
    int32_t works;
    int32_t reserved; /* 0 */
    const char *means;
    const char *missing;
    const char *remedy;
} np_capability;

/**
 * Make a context: one epoll descriptor, an eventfd and a timerfd, all close-on-exec.
 *
 * Returns NULL when out of memory and for nothing else. Where the descriptors cannot be had the
 * context exists, np_context_fd answers -1, and every start in it returns the cause. The caller
 * owns it and gives it to np_context_free. Since 0.1.
 */
NP_API np_context *np_context_new(void);

/**
 * The same with an allocator of the host, which then serves all memory of the context and of its
 * objects (not that of c-ares).
 *
 * allocator       copied; must stay callable until the last object of the context is freed
 * allocator_size  sizeof *allocator
 * Returns NULL when the allocator does, or when allocator is NULL or too small. Since 0.1.
 */
NP_API np_context *np_context_new_with(const np_allocator *allocator, size_t allocator_size);

/**
 * Free a context: cancels all, closes its descriptors and delivers nothing more. Objects that
 * are left over answer NP_ERR_STATE until their own free. NULL is fine. Since 0.1.
 */
NP_API void np_context_free(np_context *ctx);

/**
 * Set an option of the context by name (all of them live).
 *
 * log-level  none, error, info or debug; default none. Log lines become NP_EV_LOG events in a
 *            ring of 64, the oldest dropped first.
 * rate       probes per second that the whole context may send, 1 to 1000000; default 10000
 * burst      probes that may leave at once after a pause, 1 to 4096; default 64
 *
 * Returns NP_ERR_INVALID for an unknown name or a value that is no number, NP_ERR_RANGE outside
 * the range. A refused value changes nothing and does not latch. Since 0.1.
 */
NP_API np_status np_context_set(np_context *ctx, const char *name, const char *text);

/** Set the rate of the context: probes per second, 1 to 1000000 (live). As np_context_set. */
NP_API np_status np_context_set_rate(np_context *ctx, int64_t probes_per_second);

/** Set the burst of the context: probes, 1 to 4096 (live). As np_context_set. Since 0.1. */
NP_API np_status np_context_set_burst(np_context *ctx, int64_t probes);

/** Keep a pointer of the program's own; it comes back in the context's log events. Since 0.1. */
NP_API np_status np_context_set_user(np_context *ctx, void *user);

/**
 * The one descriptor to poll, for POLLIN only and with no time-out of the program's own.
 *
 * It never changes, and is readable (level-triggered) whenever np_next_event would do or deliver
 * something. -1 when ctx is NULL or has no descriptors. Do not read, close or modify it.
 * Since 0.1.
 */
NP_API int np_context_fd(const np_context *ctx);

/**
 * Do what is due and deliver the next event.
 *
 * event       filled always; type NP_EV_NONE when there is none
 * event_size  sizeof *event
 * timeout_ns  how long to wait for one: 0 not at all, NP_FOREVER without bound
 *
 * Returns 1 with an event; 0 with none (time over, woken up, or a signal came); negative when
 * ctx is NULL, forked or without descriptors, and NP_ERR_STATE for NP_FOREVER while nothing runs
 * and nothing waits in the queue. One call does a bounded piece of work (256 datagrams or 5 ms)
 * before it looks at its time-out. Since 0.1.
 */
NP_API int np_next_event(np_context *ctx, np_event *event, size_t event_size, int64_t timeout_ns);

/**
 * Make a waiting np_next_event return 0, and a waiting run cancel itself.
 *
 * May be called from any thread and from a signal handler. A wake-up that meets nobody waiting
 * is kept for the next wait. Since 0.1.
 */
NP_API void np_context_wakeup(np_context *ctx);

/**
 * How many jobs np_context_get_capability can tell about. The first call tries the sockets in
 * question (nothing is sent) and keeps what it found. Since 0.1.
 */
NP_API int np_context_capability_count(np_context *ctx);

/**
 * Tell about one job.
 *
 * index     from 0
 * out_size  sizeof *out; out is filled with zeros where there is nothing to tell
 * Returns NP_ERR_RANGE for an index that is not there. Since 0.1.
 */
NP_API np_status np_context_get_capability(np_context *ctx, int index, np_capability *out,
                                           size_t out_size);

/**
 * What went wrong last with the context itself, as one sentence; "" when nothing did. Never
 * NULL. Lives until the next call that sets it. Since 0.1.
 */
NP_API const char *np_context_error(const np_context *ctx);

#ifdef __cplusplus
}
#endif

#endif
