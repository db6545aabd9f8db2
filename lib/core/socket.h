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
 * By which way packets leave this host. Zeros leave each choice to the kernel.
 */
typedef struct npi_egress {
    npi_addr source;    /* family 0: the kernel's choice; no port */
    char interface[16]; /* name, "" for any */
    uint8_t tos;        /* IPv4 type of service, IPv6 traffic class */
    uint32_t mark;      /* SO_MARK, 0 for none */
    bool dont_fragment; /* routers must not; their answers then change the host's path MTU */
} npi_egress;

/*
 * Bind a socket to interface and mark, and set its type of service; the source address is bound
 * by the caller, with its port. Returns 0 or an errno: ENODEV for an unknown interface, EPERM
 * for a mark without the privilege.
 */
int npi_socket_egress(int fd, int family, const npi_egress *egress);

/*
 * The source address that the kernel would take towards `to`: connects a UDP socket, which sends
 * nothing. egress may be NULL. Returns 0 and *source (port 0), or an errno when there is no way
 * (ENETUNREACH and kin).
 */
int npi_source_for(const npi_addr *to, const npi_egress *egress, npi_addr *source);

#endif
