/* SPDX-License-Identifier: MIT */
/*
 * The transport of TCP probes, for socket_net.c.
 */
#ifndef NPI_PROBE_TCP_NET_H
#define NPI_PROBE_TCP_NET_H

#include "probe/transport.h"

/* As npi_net_ops.open for NPI_TRANSPORT_TCP. */
int npi_tcp_open(const npi_mem *mem, npi_reactor *reactor, npi_task *task,
                 const npi_endpoint *wanted, npi_transport **out);

#endif
