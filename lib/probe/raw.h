/* SPDX-License-Identifier: MIT */
/*
 * What a raw ICMP socket hands over, made into the reply that the error queue would have given,
 * and more: the quoted IP header. Pure, but for the filter.
 */
#ifndef NPI_PROBE_RAW_H
#define NPI_PROBE_RAW_H

#include "probe/transport.h"

/*
 * `r` holds a packet as it was received: with its IP header for IPv4, without for IPv6; r->peer is
 * who sent it. False when it is no answer to a probe of this kind; of UDP, from our port `id`.
 */
bool npi_raw_decode(int family, npi_transport_kind kind, uint16_t id, npi_reply *r);

/*
 * Let the kernel drop what is not about our identifier or port. Without that a flood of other ICMP
 * would push our answers out of the socket's queue. Nothing is left in it. Returns 0 or an errno.
 */
int npi_raw_filter(int fd, int family, npi_transport_kind kind, uint16_t id);

#endif
