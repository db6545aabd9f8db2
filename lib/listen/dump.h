/* SPDX-License-Identifier: MIT */
/*
 * The frame of a netlink dump, pure: datagrams in, messages out, and how it ended.
 */
#ifndef NPI_LISTEN_DUMP_H
#define NPI_LISTEN_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum npi_dump_step {
    NPI_DUMP_MORE,    /* this datagram is read: feed the next */
    NPI_DUMP_MESSAGE,
    NPI_DUMP_END      /* `error` and `interrupted` say how */
} npi_dump_step;

typedef struct npi_dump {
    uint32_t seq;
    const uint8_t *at;
    size_t left;
    int error;        /* errno that the kernel gave, in an error message or within DONE; 0 none */
    bool interrupted; /* NLM_F_DUMP_INTR: something changed on the way, begin again */
} npi_dump;

typedef struct npi_message {
    uint16_t type;
    const void *payload;
    size_t len;
} npi_message;

npi_dump npi_dump_begin(uint32_t seq);

/* A datagram, 4-aligned, that stays until the step MORE. */
void npi_dump_feed(npi_dump *d, const void *datagram, size_t len);

/* Messages of other sequence numbers are passed over: answers to what was given up. */
npi_dump_step npi_dump_next(npi_dump *d, npi_message *out);

#endif
