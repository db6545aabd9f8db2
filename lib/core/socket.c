/* SPDX-License-Identifier: MIT */
/*
 * Sockets as a guest makes them, and addresses to and from the kernel's form.
 */
#include "core/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

int npi_socket(int domain, int type, int protocol)
{
    return socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
}

socklen_t npi_addr_to_sockaddr(const npi_addr *a, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (a->family == 4) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(a->port)};
        memcpy(&in.sin_addr, a->octets, sizeof in.sin_addr);
        memcpy(out, &in, sizeof in);
        return sizeof in;
    }
    struct sockaddr_in6 in6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(a->port), .sin6_scope_id = a->scope};
    memcpy(&in6.sin6_addr, a->octets, sizeof in6.sin6_addr);
    memcpy(out, &in6, sizeof in6);
    return sizeof in6;
}

npi_addr npi_addr_from_sockaddr(const struct sockaddr *sa, socklen_t len)
{
    npi_addr a = {0};
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    sa_family_t family;
    if (len < (socklen_t)(offsetof(struct sockaddr, sa_family) + sizeof family))
        return a;
    memcpy(&family, (const char *)sa + offsetof(struct sockaddr, sa_family), sizeof family);
    if (family == AF_INET && len >= (socklen_t)sizeof in) {
        memcpy(&in, sa, sizeof in);
        a.family = 4;
        a.port = ntohs(in.sin_port);
        memcpy(a.octets, &in.sin_addr, sizeof in.sin_addr);
    } else if (family == AF_INET6 && len >= (socklen_t)sizeof in6) {
        memcpy(&in6, sa, sizeof in6);
        a.family = 6;
        a.port = ntohs(in6.sin6_port);
        a.scope = in6.sin6_scope_id;
        memcpy(a.octets, &in6.sin6_addr, sizeof in6.sin6_addr);
    }
    return a;
}

int npi_socket_egress(int fd, int family, const npi_egress *egress)
{
    int tos = egress->tos;
    size_t len = strlen(egress->interface);
    if (len > 0 && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, egress->interface,
                              (socklen_t)len) < 0)
        return errno;
    if (egress->mark &&
        setsockopt(fd, SOL_SOCKET, SO_MARK, &egress->mark, sizeof egress->mark) < 0)
        return errno;
    if (tos && setsockopt(fd, family == 4 ? IPPROTO_IP : IPPROTO_IPV6,
                          family == 4 ? IP_TOS : IPV6_TCLASS, &tos, sizeof tos) < 0)
        return errno;
    return 0;
}

static int connect_to(int fd, const npi_addr *to)
{
    struct sockaddr_storage ss;
    socklen_t len = npi_addr_to_sockaddr(to, &ss);
    return connect(fd, (struct sockaddr *)&ss, len) < 0 ? errno : 0;
}

int npi_source_for(const npi_addr *to, const npi_egress *egress, npi_addr *source)
{
    struct sockaddr_storage ss;
    npi_addr target = *to;
    if (target.port == 0)
        target.port = 9; /* discard: connect needs a port, nothing is sent to it */
    int fd = npi_socket(to->family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
    if (fd < 0)
        return errno;
    socklen_t len = sizeof ss;
    int err = egress ? npi_socket_egress(fd, to->family, egress) : 0;
    if (err == 0)
        err = connect_to(fd, &target);
    if (err == 0 && getsockname(fd, (struct sockaddr *)&ss, &len) < 0)
        err = errno;
    close(fd);
    if (err)
        return err;
    *source = npi_addr_from_sockaddr((struct sockaddr *)&ss, len);
    if (egress && egress->source.family)
        *source = egress->source;
    source->port = 0;
    return 0;
}
