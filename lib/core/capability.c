/* SPDX-License-Identifier: MIT */
/*
 * Decides what this process can do, by trying: what is read from sysctls inside a user
 * namespace is misleading. Nothing is sent.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <unistd.h>

#include "core/context.h"
#include "core/object.h"
#include "core/socket.h"

const char npi_ping_remedy[] = "sysctl -w net.ipv4.ping_group_range=\"0 2147483647\"";

const char npi_raw_remedy[] = "setcap cap_net_raw+ep PROGRAM, or run as root";

static np_capability try_socket(const char *job, const char *means, int family, int type,
                                int protocol)
{
    np_capability c = {.job = job, .means = means, .missing = "", .remedy = ""};
    int fd = npi_socket(family, type, protocol);
    int err = errno;
    if (fd >= 0) {
        close(fd);
        c.works = 1;
        return c;
    }
    if (err == EACCES || err == EPERM) {
        bool raw = type == SOCK_RAW;
        c.missing = raw ? "CAP_NET_RAW" : "this group is outside net.ipv4.ping_group_range";
        c.remedy = raw ? npi_raw_remedy : npi_ping_remedy;
    } else if (err == EMFILE || err == ENFILE) {
        c.missing = "no descriptors are left";
        c.remedy = "raise ulimit -n";
    } else {
        c.missing = family == AF_INET6 ? "this kernel has no IPv6 for it"
                                       : "this kernel has no such sockets";
    }
    return c;
}

static np_capability names(void)
{
    np_capability c = {.job = "names", .means = "c-ares", .missing = "", .remedy = ""};
#ifdef HAVE_CARES
    c.works = 1;
#else
    c.missing = "this build has no c-ares: addresses must be numeric";
    c.remedy = "build with libc-ares-dev installed (configure --with-cares)";
#endif
    return c;
}

static np_capability sockets(void)
{
    np_capability c = {.job = "listen", .means = "sock_diag", .missing = "", .remedy = ""};
    int fd = npi_socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
    c.works = 1;
#ifdef HAVE_LIBMNL
    if (fd < 0)
#endif
        c.means = "/proc/net, without devices and backlog limits";
    if (fd >= 0)
        close(fd);
    return c;
}

/* Whether process 1 can be looked into tells for all that are not ours. */
static np_capability owners(void)
{
    np_capability c = {.job = "listen.owners", .means = "/proc", .missing = "", .remedy = ""};
    int fd = open("/proc/1/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        close(fd);
        c.works = 1;
        return c;
    }
    c.missing = "processes of other users cannot be looked into";
    c.remedy = "run as root, or with cap_sys_ptrace and cap_dac_read_search";
    return c;
}

static void find_out(np_context *ctx)
{
    np_capability *c = ctx->capabilities;
    const char *queue = "UDP socket with its error queue", *attempts = "TCP connection attempts";
    c[0] = try_socket("trace.icmp4", "ICMP datagram socket", AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
    c[1] = try_socket("trace.icmp6", "ICMPv6 datagram socket", AF_INET6, SOCK_DGRAM,
                      IPPROTO_ICMPV6);
    c[2] = try_socket("trace.udp4", queue, AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    c[3] = try_socket("trace.udp6", queue, AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
    c[4] = try_socket("trace.tcp4", attempts, AF_INET, SOCK_STREAM, IPPROTO_TCP);
    c[5] = try_socket("trace.tcp6", attempts, AF_INET6, SOCK_STREAM, IPPROTO_TCP);
    c[6] = try_socket("trace.raw4", "raw ICMP socket", AF_INET, SOCK_RAW, IPPROTO_ICMP);
    c[7] = try_socket("trace.raw6", "raw ICMPv6 socket", AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
    c[8] = names();
    c[9] = sockets();
    c[10] = owners();
    ctx->capabilities_known = true;
}

int np_context_capability_count(np_context *ctx)
{
    if (npi_context_check(ctx) < 0)
        return 0;
    if (!ctx->capabilities_known)
        find_out(ctx);
    return NPI_CAPABILITIES;
}

np_status np_context_get_capability(np_context *ctx, int index, np_capability *out,
                                    size_t out_size)
{
    if (!out)
        return ctx ? NP_ERR_INVALID : NP_ERR_NOMEM;
    npi_export(out, out_size, &(np_capability){0}, sizeof(np_capability));
    np_status st = npi_context_check(ctx);
    if (st < 0)
        return st;
    if (index < 0 || index >= np_context_capability_count(ctx))
        return NP_ERR_RANGE;
    npi_export(out, out_size, &ctx->capabilities[index], sizeof ctx->capabilities[index]);
    return NP_OK;
}
