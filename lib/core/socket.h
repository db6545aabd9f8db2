/* SPDX-License-Identifier: MIT */
/*
 * The one way to make a socket: close-on-exec and non-blocking from birth.
 */
#ifndef NPI_CORE_SOCKET_H
#define NPI_CORE_SOCKET_H

#include <sys/socket.h>

#include "base/addr.h"

/* As socket(2) with SOCK_CLOEXEC and SOCK_NONBLOCK. -1 with errno. */
int npi_socket(int domain, int type, int protocol);

/* To and from sockaddr; npi_addr_from_sockaddr gives family 0 for what is neither IPv4 nor IPv6. */
socklen_t npi_addr_to_sockaddr(const npi_addr *a, struct sockaddr_storage *out);
npi_addr npi_addr_from_sockaddr(const struct sockaddr *sa, socklen_t len);

/*
 * The source address that the kernel would take towards `to`: connects a UDP socket, which sends
 * nothing. Returns 0 and *source (port 0), or an errno when there is no way (ENETUNREACH, …).
 */
int npi_source_for(const npi_addr *to, npi_addr *source);

#endif
