/* SPDX-License-Identifier: MIT */
/**
 * The trace: which hops lie between here and a target, and how they answer.
 *
 *     np_trace_new -- idle --start--> running <-> paused --> ended (DONE waits)
 *                      ^                                       | DONE delivered
 *                      +------------ reset, clear --------- stopped --start--> running ...
 *
 * A trace sends a round of probes every interval, one for each TTL (hop limit) on the way, and
 * keeps statistics for each hop. It needs no privilege: ICMP by datagram sockets where
 * net.ipv4.ping_group_range allows it, UDP otherwise. All probes of a trace are one flow: same
 * addresses, same ports or identifier, same ICMP checksum, so that load balancers send them the
 * same way.
 *
 * Errors latch: the first bad new or set is kept with its sentence, and start and run return
 * it. One check, at run, makes a correct program.
 */
#ifndef NETPROBE_TRACE_H
#define NETPROBE_TRACE_H

#include <netprobe/context.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct np_trace np_trace;

/** Which probes a trace sends. */
typedef enum np_trace_kind {
    NP_TRACE_KIND_INVALID = -1,
    NP_TRACE_AUTO = 0, /* ICMP, or UDP where ICMP is not allowed; the result says which */
    NP_TRACE_ICMP = 1, /* echo requests; NP_ERR_PERMISSION where they are not allowed */
    NP_TRACE_UDP = 2,  /* UDP datagrams to one port */
    NP_TRACE_TCP = 3   /* TCP connection attempts to one port; each has its own source port */
} np_trace_kind;

/** What a TCP trace learnt of the target's port. */
typedef enum np_port_state {
    NP_PORT_INVALID = -1,
    NP_PORT_UNKNOWN = 0, /* nothing: silence, a filter, or no TCP probes */
    NP_PORT_OPEN = 1,    /* a connection was accepted (and reset by us) */
    NP_PORT_CLOSED = 2   /* refused by a reset */
} np_port_state;

/** How the path ended, as far as is known. */
typedef enum np_trace_end {
    NP_END_INVALID = -1,
    NP_END_UNKNOWN = 0,     /* nothing said that the path ends: still running, or silence */
    NP_END_REACHED = 1,     /* the target answered */
    NP_END_UNREACHABLE = 2  /* somebody answered that the target cannot be reached */
} np_trace_end;

/**
 * The trace as a whole: np_trace_get.
 */
typedef struct np_trace_info {
    char addr[64];      /* the target's address, numeric; "" until it is known */
    char source[64];    /* the local address of the probes; "" until it is known */
    const char *target; /* the target as it was given, escaped; "" before it is set */
    int32_t family;     /* np_family of addr */
    int32_t kind;       /* np_trace_kind of what is really sent; AUTO until that is known */
    const char *method; /* "icmp-dgram", "icmp-raw", "udp-recverr", "udp-raw" or
                           "tcp-connect"; "" until known */
    const char *note;   /* why another kind was taken than asked for or preferred; "" if not */
    int32_t end;        /* np_trace_end */
    int32_t end_ttl;    /* the TTL at which the path ends, 0 when unknown */
    uint64_t rounds;    /* rounds sent completely */
    uint64_t sent;      /* probes that left, all hops, also those not shown as rows */
    uint64_t received;  /* answers to them in time */
    uint64_t failed;    /* probes that this host could not send */
    uint64_t foreign;   /* answers that matched no probe of ours */
    int64_t start_ns;   /* CLOCK_REALTIME of the start; -1 before */
    int64_t end_ns;     /* CLOCK_REALTIME of the end; -1 while running */
    int32_t send_status; /* np_status of the latest attempt to send: NP_OK, or why it failed */
    int32_t flow_varies; /* 1: probes have different ports (TCP, rising), so that balancers may send
                            them different ways */
    int32_t port_state;  /* np_port_state */
    int32_t reserved;    /* 0 */
} np_trace_info;

/**
 * One row: a TTL, and who answered there most.
 */
typedef struct np_hop {
    int32_t ttl;
    int32_t responder_count; /* how many addresses answered at this TTL */
    char addr[64];           /* the one that answered most (the first of equals); "" if silent */
    const char *name;        /* its name, escaped; "" when not asked for or not found */
    int32_t is_target;       /* 1 when this is the target's own answer */
    int32_t reply_ttl;       /* hop limit its last answer arrived with; -1 unknown */
    int32_t icmp_type;       /* of its last answer; -1 when it answered by data or is silent */
    int32_t icmp_code;
    char mark[16]; /* "!H", "!N", "!P", "!X", … as traceroute marks; "" for a normal answer */
    int32_t short_quote; /* 1: its errors quote too little of a UDP probe to tell which one it was;
                            it was found by probing alone, and is known by its address since */
    int32_t reserved;    /* 0 */
} np_hop;

/**
 * One address that answered at a TTL: np_trace_get_responder.
 */
typedef struct np_responder {
    char addr[64];
    const char *name;
    int32_t is_target;
    int32_t reply_ttl;
    int32_t icmp_type;
    int32_t icmp_code;
    char mark[16];
    int32_t short_quote;
    int32_t mtu;         /* that it asks for: fragmentation needed, packet too big; 0 none */
    int32_t label_count; /* of the MPLS label stack that the probe had (RFC 4950) */
    int32_t ingress_index; /* of the interface that the probe came in by (RFC 5837); 0 unknown */
    int32_t ingress_mtu;   /* of that interface; 0 unknown */
    int32_t reserved;    /* 0 */
    char ingress_name[64]; /* of that interface, escaped; "" unknown */
    char ingress_addr[64]; /* of that interface; "" unknown */
    int32_t quoted;     /* 1: its last error showed the IP header of the probe as it came there,
                           which only raw sockets (option raw) let us see */
    int32_t quoted_ttl; /* in it: the hop limit, mostly 1 */
    int32_t quoted_tos; /* in it: type of service or traffic class, with ECN in the lower two bits;
                           other than what was sent: re-marked on the way */
    int32_t reserved2;  /* 0 */
} np_responder;

/** One entry of an MPLS label stack (RFC 3032), the outermost first. */
typedef struct np_label {
    int32_t label;         /* 20 bits */
    int32_t traffic_class; /* 3 bits */
    int32_t bottom;        /* 1: the last of the stack */
    int32_t ttl;
} np_label;

/**
 * Counts and times of a hop, or of one responder.
 *
 * sent = received + lost + lost_local + pending. A probe that failed was never sent.
 * Counts other than received, late and duplicates belong to the hop and are 0 in the figures of
 * a single responder. Times are over all answers in time that have one; -1 means unknown.
 */
typedef struct np_stats {
    uint64_t sent;       /* probes that left */
    uint64_t received;   /* answered in time */
    uint64_t lost;       /* unanswered for longer than the time-out */
    uint64_t lost_local; /* unanswered, but our own socket had overflowed: not the network's */
    uint64_t pending;    /* not yet answered, not yet lost */
    uint64_t late;       /* answered after they had counted as lost */
    uint64_t duplicates; /* further answers to a probe that was answered already */
    uint64_t failed;     /* could not be sent: no route, interface down, firewall of this host */
    double loss;         /* lost / (received + lost), 0 to 1; 0 while nothing is decided */

    uint64_t samples;        /* answers with a round-trip time */
    uint64_t kernel_stamps;  /* how many of them the kernel stamped at arrival */
    int64_t last_ns;         /* the latest round-trip time */
    int64_t best_ns;         /* the shortest */
    int64_t worst_ns;        /* the longest */
    double mean_ns;          /* arithmetic mean */
    double stdev_ns;         /* sample standard deviation, n - 1 (Welford); 0 for one sample */
    double gmean_ns;         /* geometric mean, by the mean of logarithms */
    uint64_t jitter_samples; /* pairs of consecutive probes that both were answered */
    int64_t jitter_last_ns;  /* |difference| of the latest pair; RFC 3393's delay variation */
    double jitter_mean_ns;   /* mean over jitter_samples */
    int64_t jitter_worst_ns; /* the largest */
    double jitter_rfc3550_ns; /* J += (|D| - J) / 16, RFC 3550 6.4.1; mtr prints 16 times that */
} np_stats;

/**
 * Make a trace in a context. The caller frees it with np_trace_free, before or after ctx.
 *
 * Returns NULL when out of memory or when ctx is NULL. A ctx without descriptors or of another
 * process gives a trace whose start returns the cause. Since 0.1.
 */
NP_API np_trace *np_trace_new(np_context *ctx);

/**
 * Free a trace in any state: stops it at once, delivers nothing, takes its queued events away.
 * NULL is fine. Since 0.1.
 */
NP_API void np_trace_free(np_trace *t);

/**
 * Set an option by its name, from text. The names, ranges and defaults are listed in netprobe(3)
 * and beside the typed setters below, which do the same.
 *
 * Returns NP_ERR_INVALID for an unknown name or a value that means nothing, NP_ERR_RANGE outside
 * the range (both latch), NP_ERR_STATE while running. Durations carry their unit: "500ms", "2s".
 * Since 0.1.
 */
NP_API np_status np_trace_set(np_trace *t, const char *name, const char *text);

/** The target: a host name or an IPv4 or IPv6 address, 1 to 255 octets. Must be set. Latches. */
NP_API np_status np_trace_set_target(np_trace *t, const char *target);

/**
 * Which probes: an np_trace_kind; default NP_TRACE_AUTO. As text: auto, icmp, udp, tcp. Latches.
 *
 * TCP needs no privilege. An attempt is closed before the kernel would send its SYN again, after
 * 0.95 s, and what has connected is reset: an answer later than that is never seen, and the probe
 * counts as lost. At most 128 are out at once, and no more than there are descriptors for.
 */
NP_API np_status np_trace_set_kind(np_trace *t, int kind);

/** Which addresses: an np_family; default NP_FAMILY_AUTO. As text: auto, 4, 6. Latches. */
NP_API np_status np_trace_set_family(np_trace *t, int family);

/** Rounds to send, 0 to 1000000000; 0 goes on until cancelled; default 10. Latches. */
NP_API np_status np_trace_set_cycles(np_trace *t, int64_t cycles);

/** The first TTL to probe, 1 to 255; default 1. Must not exceed max-ttl. Latches. */
NP_API np_status np_trace_set_first_ttl(np_trace *t, int64_t ttl);

/** The last TTL to probe, 1 to 255; default 30. Latches. */
NP_API np_status np_trace_set_max_ttl(np_trace *t, int64_t ttl);

/** How many silent hops in a row end the path, 1 to 255; default 12. Latches. */
NP_API np_status np_trace_set_max_unknown(np_trace *t, int64_t hops);

/** Time between the starts of two rounds, 10 ms to 1 h; default 1 s. As text "500ms". Latches. */
NP_API np_status np_trace_set_interval(np_trace *t, int64_t interval_ns);

/**
 * How long a probe may stay unanswered before it counts as lost, 1 ms to 1 h; default 2 s.
 * An answer that comes later is counted in np_stats.late, never in received. Latches. Since 0.1.
 */
NP_API np_status np_trace_set_timeout(np_trace *t, int64_t timeout_ns);

/**
 * How long the end of a run waits for probes that are still out: 1 ms to 1 h, or 0 for the
 * default: three times the slowest answer of this trace, at least 200 ms, 1 s while nothing
 * answered. Never longer than the time-out. What is out after that counts as lost. Latches.
 */
NP_API np_status np_trace_set_grace(np_trace *t, int64_t grace_ns);

/**
 * Octets of each IP packet with all its headers, 28 to 65535; default 64. Raised to what the
 * headers and our mark in the payload need. ICMPv6 probes above 1280 octets could lower this
 * host's path MTU and are not sent: NP_TRACE_AUTO then takes UDP. Latches. Since 0.1.
 */
NP_API np_status np_trace_set_size(np_trace *t, int64_t octets);

/**
 * Destination port of UDP and TCP probes, 1 to 65535, the same for all; 0 (the default) is 33434
 * for UDP and 80 for TCP. Latches. Since 0.1.
 */
NP_API np_status np_trace_set_port(np_trace *t, int64_t port);

/**
 * Source port of UDP probes, 1 to 65535, the same for all; 0 (the default) picks a random one.
 * A port in use is NP_ERR_SYSTEM, by DONE. Latches. Since 0.1.
 */
NP_API np_status np_trace_set_local_port(np_trace *t, int64_t port);

/**
 * Address of this host to send from, numeric; default the kernel's choice. It decides the family
 * too. One that is not this host's is NP_ERR_ROUTE, by DONE. Latches. Since 0.1.
 */
NP_API np_status np_trace_set_source(np_trace *t, const char *address);

/**
 * Interface to send through, by name; default by the routes. An unknown one is NP_ERR_ROUTE, by
 * DONE. Latches. Since 0.1.
 */
NP_API np_status np_trace_set_interface(np_trace *t, const char *name);

/**
 * Type of service (IPv4) or traffic class (IPv6) of probes, 0 to 255; default 0. A DSCP stands in
 * its upper six bits, RFC 2474. Latches. Since 0.1.
 */
NP_API np_status np_trace_set_tos(np_trace *t, int64_t tos);

/**
 * Mark of probes (SO_MARK) for routing rules and firewall of this host, 1 to 4294967295; default
 * 0: none. Needs CAP_NET_ADMIN; without it NP_ERR_PERMISSION, by DONE. Latches. Since 0.1.
 */
NP_API np_status np_trace_set_mark(np_trace *t, int64_t mark);

/** Probes per second of this trace, 1 to 1000000; default 10000. See np_context_set. Latches. */
NP_API np_status np_trace_set_rate(np_trace *t, int64_t probes_per_second);

/**
 * Whether names of responders are looked up: an np_choice; default AUTO, which is YES. As text:
 * auto, no, yes. Looking up never delays a probe. Latches. Since 0.1.
 */
NP_API np_status np_trace_set_names(np_trace *t, int choice);

/**
 * How many events of this trace (NP_EV_HOP, NP_EV_ROUND) may wait, 0 to 65536; default 0: none
 * are made. The oldest is dropped first; NP_EV_DONE counts how many. Latches. Since 0.1.
 */
NP_API np_status np_trace_set_events(np_trace *t, int64_t count);

/** Keep a pointer of the program's own; it comes back in the trace's events. Since 0.1. */
NP_API np_status np_trace_set_user(np_trace *t, void *user);

/**
 * Start: look the target up, probe, and end by itself after the cycles with one NP_EV_DONE.
 *
 * Results of an earlier run are dropped. Returns a latched error, NP_ERR_STATE when running or
 * when DONE still waits, NP_ERR_FORKED, or NP_ERR_NOMEM; everything else (name, route,
 * permission) comes by DONE. Since 0.1.
 */
NP_API np_status np_trace_start(np_trace *t);

/**
 * Start and wait for the end. Takes the DONE and all other events of this trace; events of other
 * objects stay queued. np_context_wakeup cancels. Returns what DONE says: NP_OK when anything
 * was measured, else the cause. A target that does not answer is a result, not an error.
 */
NP_API np_status np_trace_run(np_trace *t);

/** Start no new rounds until resumed; answers still count. NP_ERR_STATE when not running. */
NP_API np_status np_trace_pause(np_trace *t);

/** Go on after a pause. NP_ERR_STATE when not running. Since 0.1. */
NP_API np_status np_trace_resume(np_trace *t);

/** End a run: DONE comes with NP_ERR_CANCELLED. NP_OK in every state. Results stay. */
NP_API np_status np_trace_cancel(np_trace *t);

/**
 * Begin statistics anew: while running the probes go on and count from zero, answers to earlier
 * probes count nowhere; when stopped the results are dropped. NP_ERR_STATE while DONE waits.
 */
NP_API np_status np_trace_clear(np_trace *t);

/** Back to the defaults, latched error and results gone. NP_ERR_STATE while running or ended. */
NP_API np_status np_trace_reset(np_trace *t);

/** The trace as a whole. out_size is sizeof *out. Pointers live until t is used again. */
NP_API np_status np_trace_get(const np_trace *t, np_trace_info *out, size_t out_size);

/** 1 when the target itself answered, else 0. Since 0.1. */
NP_API int np_trace_reached(const np_trace *t);

/**
 * How many rows the path has: up to where it ends, else up to one silent row after the last hop
 * that answered. Row i is TTL first-ttl + i. 0 before the first probe. Since 0.1.
 */
NP_API int np_trace_hop_count(const np_trace *t);

/** One row, in order of TTL. NP_ERR_RANGE for an index that is not there. Since 0.1. */
NP_API np_status np_trace_get_hop(const np_trace *t, int index, np_hop *out, size_t out_size);

/**
 * The figures of a row: counts of the TTL, times of the responder that answered most.
 * NP_ERR_RANGE for an index that is not there. Since 0.1.
 */
NP_API np_status np_trace_get_stats(const np_trace *t, int index, np_stats *out, size_t out_size);

/** How many addresses answered at a row, in order of appearance, 64 at most. Since 0.1. */
NP_API int np_trace_responder_count(const np_trace *t, int index);

/** One of them. NP_ERR_RANGE where there is none. Since 0.1. */
NP_API np_status np_trace_get_responder(const np_trace *t, int index, int responder,
                                        np_responder *out, size_t out_size);

/**
 * Copy entry `label` of the MPLS label stack that responder `responder` of row `index` told of.
 * NP_ERR_RANGE where there is none. Since 0.1.
 */
NP_API np_status np_trace_get_label(const np_trace *t, int index, int responder, int label,
                                    np_label *out, size_t out_size);

/** Its own times and counts. NP_ERR_RANGE where there is none. Since 0.1. */
NP_API np_status np_trace_get_responder_stats(const np_trace *t, int index, int responder,
                                              np_stats *out, size_t out_size);

/**
 * Everything above as one JSON document (schema "netprobe.trace/1", netprobe(3)).
 *
 * Allowed in every state. Returns NULL when out of memory and for nothing else. The text lives
 * until t is used again or freed. Since 0.1.
 */
NP_API const char *np_trace_json(np_trace *t);

/**
 * One sentence about the latched error or the last run: what, where, how to mend. One line, no
 * final dot, escaped; "" when all is well; never NULL. Lives until t is used again. Since 0.1.
 */
NP_API const char *np_trace_error(const np_trace *t);

#ifdef __cplusplus
}
#endif

#endif
