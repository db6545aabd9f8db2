/* SPDX-License-Identifier: MIT */
/*
 * sock_diag(7), pure: requests as octets, answers as sockets. Attributes are read by libmnl;
 * a build without it has npi_diag_request return 0, and /proc/net is read instead.
 */
#ifndef NPI_LISTEN_DIAG_H
#define NPI_LISTEN_DIAG_H

#include "listen/sock.h"

typedef struct npi_diag_query {
    uint8_t protocol;    /* np_protocol */
    uint8_t family;      /* 4, 6; 0 for unix */
    uint32_t states;     /* a bit for each state */
    bool autobound;      /* only sockets whose port the kernel chose */
    bool info;           /* with TCP_INFO */
    uint32_t seq;
} npi_diag_query;

/* One answer. What it points to lies in the octets it was decoded from. */
typedef struct npi_diag_answer {
    npi_sock sock;
    npi_tcp_info info;
    bool has_info;
    const void *name; /* unix: its octets, an abstract name's first NUL among them */
    size_t name_len;
} npi_diag_answer;

enum { NPI_DIAG_REQUEST_MAX = 128 };

/* Octets of a request for a dump, 4-aligned; 0 where this build cannot ask. */
size_t npi_diag_request(const npi_diag_query *q, void *out, size_t size);

/* The payload of one message of the dump asked for. False when it is cut short or of other kind. */
bool npi_diag_decode(const npi_diag_query *q, const void *payload, size_t len,
                     npi_diag_answer *out);

#endif
