/* SPDX-License-Identifier: MIT */
/*
 * The context from inside: what the nouns need of it.
 */
#ifndef NPI_CORE_CONTEXT_H
#define NPI_CORE_CONTEXT_H

#include <sys/types.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/pace.h"
#include "core/event.h"
#include "core/reactor.h"
#include "core/world.h"

typedef enum npi_log_level {
    NPI_LOG_NONE = 0,
    NPI_LOG_ERROR = 1,
    NPI_LOG_INFO = 2,
    NPI_LOG_DEBUG = 3
} npi_log_level;

typedef struct npi_context_settings {
    int64_t rate, burst, log_level;
} npi_context_settings;

enum { NPI_CAPABILITIES = 11 };

struct np_context {
    npi_mem mem;
    npi_world world;
    npi_reactor reactor;
    pid_t pid;
    np_status failed; /* what every start answers when the descriptors could not be had */
    char error[256];
    npi_list objects;
    npi_list queue;  /* events that wait */
    size_t active;   /* objects between start and delivery of DONE */
    npi_pace pace;   /* of all probes */
    npi_resolver *resolver; /* NULL before the first look-up */
    void *trust;            /* of TLS, made by the first conversation that needs it */
    void (*free_trust)(void *trust);
    npi_context_settings settings;
    npi_ring log;
    void *user;
    bool capabilities_known;
    np_capability capabilities[NPI_CAPABILITIES];
    char event_text[NPI_EVENT_TEXT]; /* of the event delivered last */
};

/* The commands that open ICMP datagram sockets to everybody, and raw sockets to a program. */
extern const char npi_ping_remedy[], npi_raw_remedy[];

/* NP_OK, or why this context cannot be used: NULL is NOMEM, a child of fork FORKED. */
np_status npi_context_check(np_context *ctx);

/* The resolver, made at the first call; NULL when out of memory. */
npi_resolver *npi_context_resolver(np_context *ctx);

void npi_context_now(np_context *ctx, npi_now *now);

/* To be called after anything that may have posted a task, moved a timer or queued an event. */
void npi_context_settle(np_context *ctx);

/* A line of the log, as an event; arguments that come from a peer are escaped by the caller. */
void npi_log(np_context *ctx, npi_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
