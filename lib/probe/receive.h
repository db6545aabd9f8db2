/* SPDX-License-Identifier: MIT */
/*
 * One datagram or report off a socket, with everything the kernel tells beside it.
 */
#ifndef NPI_PROBE_RECEIVE_H
#define NPI_PROBE_RECEIVE_H

#include "probe/transport.h"

typedef enum npi_received {
    NPI_RECEIVED_REPLY,
    NPI_RECEIVED_OTHER, /* an entry of the error queue that reports no error of ours */
    NPI_RECEIVED_EMPTY, /* nothing there */
    NPI_RECEIVED_ERROR  /* the socket had an error pending, which this call has taken away */
} npi_received;

/* flags: MSG_ERRQUEUE for the error queue, 0 for data. Never waits. */
npi_received npi_receive(int fd, int flags, npi_reply *out);

#endif
