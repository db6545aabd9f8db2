/* SPDX-License-Identifier: MIT */
/*
 * A scripted world behind the seams: virtual time, a path of scripted hops, a scripted
 * resolver. It uses the types of the seams and nothing else of the library, so that it cannot
 * share the library's mistakes.
 *
 * Time moves only when somebody waits (world_advance, or the clock's wait).
 */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/world.h"
#include "probe/transport.h"

enum {
    WORLD_HOPS = 40,
    WORLD_NAMES = 8,
    WORLD_TRANSPORTS = 4,
    WORLD_COPIES = 4, /* answers to one probe */
    WORLD_LOG = 70000 /* probes remembered */
};

#define MS INT64_C(1000000)
#define SEC INT64_C(1000000000)

typedef enum world_manner {
    WORLD_SILENT,
    WORLD_TTL,        /* time exceeded */
    WORLD_TARGET,     /* echo reply, port unreachable */
    WORLD_PROHIBITED, /* administratively prohibited, for this TTL and all beyond */
    WORLD_DATA,       /* UDP data without our mark */
    WORLD_ECHO        /* UDP data that repeats what was sent */
} world_manner;

typedef struct world_hop {
    world_manner manner;
    const char *addr;
    int64_t delay_ns;
    int copies;        /* answers to each probe; 0 is 1 */
    uint64_t lose;     /* bit n: the probe number n (mod 64) to this TTL is not answered */
    int64_t slow_ns;   /* added to the delay of probe number `slow_probe` to this TTL */
    int slow_probe;
    int budget;        /* answers this hop gives in all, 0: no limit */
    bool short_quote;  /* errors quote nothing of a UDP payload */
    bool port_closed;  /* TCP: a reset instead of a connection */
} world_hop;

typedef struct world_sent {
    int64_t at_ns;
    int ttl;
    uint16_t from, to; /* ports, or our identifier and 0 */
    size_t len;
    uint8_t head[32];
    world_manner manner;          /* of whoever answers, if anybody does */
    int answers;                  /* how many answers were put on their way ... */
    int64_t arrive_ns[WORLD_COPIES]; /* ... and when each arrives here */
} world_sent;

typedef struct world_name {
    const char *name, *addr; /* forward both ways */
    int64_t delay_ns;
    np_status status; /* of the answer */
} world_name;

struct world;

/*
 * What becomes of one probe: writes the delays of its answers (at most WORLD_COPIES) and returns
 * how many there are. Takes the place of a hop's fixed manner of delays, losses and copies.
 */
typedef int world_fate(struct world *w, const world_hop *hop, int64_t *delays_ns);

typedef struct world {
    npi_world seams; /* give this to npi_context_new_world */

    int64_t now_ns;     /* monotonic; starts at an odd value */
    int64_t wall_shift; /* wall = now + shift: change it to set the wall clock */
    int64_t slept_ns;
    int64_t user_lag_ns; /* how late the process is when it reads: kernel stamps are earlier */
    bool no_stamps;

    world_hop hops[WORLD_HOPS]; /* by TTL - 1; the rest repeats the last one that is set */
    int hop_count;
    const char *target;
    const char *source;
    int source_errno; /* of npi_net source() */
    int send_errno;   /* while not 0 every send fails */
    int send_errno_count; /* ... so many of them; -1 all */
    int open_errno_icmp, open_errno_udp, open_errno_tcp;
    bool raw_allowed; /* else opening raw is EPERM */
    int open_taken;   /* so many opens answer EADDRINUSE first */

    world_name names[WORLD_NAMES];
    bool resolver_dead;      /* never answers reverse look-ups */
    int64_t resolver_delay_ns; /* of names not listed: NP_ERR_NAME after that */

    world_fate *fate; /* NULL: as the hops say */
    uint32_t seed;    /* for whoever wants random numbers: world_random */
    int64_t closed_ns; /* when the last transport was closed */
    uint64_t sent_count;
    world_sent sent[WORLD_LOG];
    npi_egress egress;  /* of the transport opened last */
    int opened, closed; /* transports */
    int lookups_out;
    bool overflow_next; /* overflowed() answers true once */
    void (*tamper)(struct world *w, npi_reply *r); /* looks at every reply before delivery */
    void *tamper_arg;

    struct world_private *p;
} world;

world *world_new(void);
void world_free(world *w);

/* Hops 1..n answer after ttl milliseconds as 10.0.0.ttl (or fd00::ttl); the last is the target. */
void world_path(world *w, int family, int hops);

/* Move time to the next thing that happens, at most to `limit`. False when nothing will. */
bool world_advance(world *w, int64_t limit_ns);

/* A random number below `below`, from the world's own seed. */
uint32_t world_random(world *w, uint32_t below);

/* The answers on their way, put in by a test: delivered at now + delay to transport 0. */
void world_inject(world *w, int64_t delay_ns, const npi_reply *r);

#endif
