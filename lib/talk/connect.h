/* SPDX-License-Identifier: MIT */
/*
 * From a name to a connection: looked up, then tried in the order of RFC 8305, families in turn,
 * the next one after 250 ms or as soon as one has failed. Every attempt is kept with its result.
 */
#ifndef NPI_TALK_CONNECT_H
#define NPI_TALK_CONNECT_H

#include "core/context.h"
#include "core/socket.h"

enum { NPI_ATTEMPTS = 8 };

typedef struct npi_try {
    npi_addr to;
    npi_watch watch;
    int fd;              /* -1: over */
    npi_mono begin, end; /* end NPI_NEVER while it is tried */
    int err;             /* errno; 0 connected; ECANCELED another was faster; -1 under way */
} npi_try;

typedef enum npi_connect_state {
    NPI_CONNECT_IDLE,
    NPI_CONNECT_RESOLVING,
    NPI_CONNECT_TRYING,
    NPI_CONNECT_DONE,
    NPI_CONNECT_FAILED
} npi_connect_state;

typedef struct npi_connect {
    np_context *ctx;
    npi_task *task; /* of the owner: posted when there is something to do */
    npi_alarm alarm;
    npi_lookup lookup;
    npi_connect_state state;
    uint16_t port;
    int family; /* 0, 4, 6 */
    npi_egress egress;
    npi_try tries[NPI_ATTEMPTS];
    int count, started;
    npi_addr addrs[NPI_ATTEMPTS];
    npi_mono begin, resolved, connected;
    int winner;       /* index; -1 none */
    np_status status; /* of a failure */
    char problem[40], sentence[256];
} npi_connect;

void npi_connect_init(npi_connect *c, np_context *ctx, npi_task *task);

/* Begin. `host` is a name, an address, or the path of a unix socket. */
void npi_connect_begin(npi_connect *c, npi_mono now, const char *host, uint16_t port, bool is_unix);

/* Go on: after the task was posted. */
void npi_connect_step(npi_connect *c, npi_mono now);

/* The connected socket, which is the caller's then. */
int npi_connect_take(npi_connect *c);

/* What an errno of an attempt means, and in words. */
np_status npi_connect_status(int err);
const char *npi_connect_trouble(int err);

/* While the conversation rests nothing wakes it; going on, what happened meanwhile is looked at. */
void npi_connect_rest(npi_connect *c);
void npi_connect_go_on(npi_connect *c, npi_mono now);

/* The time is over: what is under way has not answered. The state is failed then. */
void npi_connect_give_up(npi_connect *c, npi_mono now);

/* Let go of all; harmless when there is nothing. */
void npi_connect_stop(npi_connect *c);

#endif
