/* SPDX-License-Identifier: MIT */
/*
 * What recvmsg gives back, taken apart: names and control messages to an npi_reply. Pure.
 */
#ifndef NPI_PROBE_ERRQUEUE_H
#define NPI_PROBE_ERRQUEUE_H

#include <sys/socket.h>

#include "probe/transport.h"

/*
 * Fill everything of `out` but data and len from msg_name and the control messages of `m`.
 * `error` tells that it was read with MSG_ERRQUEUE. False when it is an entry of the error queue
 * that reports no error of ours (a transmit stamp, say).
 */
bool npi_reply_decode(struct msghdr *m, bool error, npi_reply *out);

#endif
