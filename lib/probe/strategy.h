/* SPDX-License-Identifier: MIT */
/*
 * Trace strategy: which TTL is probed next and when, and when a trace is over. Pure: time and
 * answers in, actions out.
 */
#ifndef NPI_PROBE_STRATEGY_H
#define NPI_PROBE_STRATEGY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"
#include "netprobe/trace.h"

typedef struct npi_strategy_config {
    int first_ttl, max_ttl, max_unknown;
    uint64_t cycles; /* 0: without end */
    int64_t interval_ns, timeout_ns;
    int64_t grace_ns; /* 0: adaptive */
    bool window;      /* answers of the target may be rationed: feel the way (UDP) */
} npi_strategy_config;

typedef struct npi_strategy {
    npi_strategy_config cfg;
    bool paused;
    bool in_round;
    uint64_t round;    /* rounds sent completely; the number of the round that is being sent */
    int cursor;        /* next TTL of the round */
    npi_mono due;      /* when the next round begins */
    int deepest;       /* last TTL at which a hop answered */
    np_trace_end end;  /* how the path ends ... */
    int end_ttl;       /* ... and where, 0 while unknown */
    npi_mono end_sent; /* when the probe left that said so last */
    int width;         /* TTLs beyond the deepest hop that may be out */
    bool serial;       /* for the rest of this round: one at a time */
    npi_mono progress; /* when the window last moved, or a probe left */
    npi_mono quiet;    /* nothing leaves before */
    npi_mono last_sent;
    int64_t slowest_ns; /* slowest answer so far, 0 when there is none */
} npi_strategy;

typedef enum npi_action {
    NPI_ACTION_WAIT,  /* nothing before `at` (NPI_NEVER: before something is fed) */
    NPI_ACTION_SEND,  /* probe `ttl`, then tell npi_strategy_sent */
    NPI_ACTION_ROUND, /* the probes of a round have all left */
    NPI_ACTION_DONE   /* all rounds are sent and have had their time */
} npi_action;

typedef enum npi_answer {
    NPI_ANSWER_HOP,        /* a hop on the way */
    NPI_ANSWER_TARGET,     /* the target */
    NPI_ANSWER_UNREACHABLE /* somebody who says that the target cannot be reached */
} npi_answer;

void npi_strategy_init(npi_strategy *s, const npi_strategy_config *cfg, npi_mono now);

/* `open`: probes that are still out. */
npi_action npi_strategy_next(npi_strategy *s, npi_mono now, uint64_t open, int *ttl,
                             npi_mono *at);

/* The probe that was asked for has left, or could not. */
void npi_strategy_sent(npi_strategy *s, npi_mono now);

/* A probe was answered. rtt_ns: its round-trip time, -1 when it has none. */
void npi_strategy_answer(npi_strategy *s, npi_mono now, int ttl, npi_answer what, npi_mono sent,
                         int64_t rtt_ns);

/*
 * Somebody at `ttl` or beyond answers without saying to which probe. This round goes on from
 * `ttl` with one probe at a time, each waiting for its answer, after a pause in which answers to
 * earlier probes die away (s->quiet). A round that was complete is opened again.
 */
void npi_strategy_serial(npi_strategy *s, npi_mono now, int ttl);

/* Start no new rounds, or go on. */
void npi_strategy_pause(npi_strategy *s, npi_mono now, bool on);

/* The last TTL that is worth a row: where the path ends, else one silent hop more. */
int npi_strategy_last_row(const npi_strategy *s);

#endif
