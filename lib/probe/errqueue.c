/* SPDX-License-Identifier: MIT */
/*
 * Decides what of the kernel's control messages is believed: each is copied out only when it is
 * as long as its type says.
 */
#include "probe/errqueue.h"

#include <netinet/in.h>
#include <string.h>
#include <time.h> /* before errqueue.h, which needs struct timespec */

#include <linux/errqueue.h>

#include "core/socket.h"

#define SECOND INT64_C(1000000000)

static size_t payload(const struct cmsghdr *c)
{
    return c->cmsg_len > CMSG_LEN(0) ? c->cmsg_len - CMSG_LEN(0) : 0;
}

/* Copy `size` octets of a control message; false when it has fewer. */
static bool take(const struct cmsghdr *c, void *out, size_t size)
{
    if (payload(c) < size)
        return false;
    memcpy(out, CMSG_DATA(c), size);
    return true;
}

static bool is(const struct cmsghdr *c, int level, int type)
{
    return c->cmsg_level == level && c->cmsg_type == type;
}

static void take_stamp(const struct cmsghdr *c, npi_reply *out)
{
    struct timespec ts;
    if (!take(c, &ts, sizeof ts) || ts.tv_sec < 0 || ts.tv_sec >= INT64_MAX / SECOND ||
        ts.tv_nsec < 0 || ts.tv_nsec >= SECOND)
        return;
    out->stamped = true;
    out->stamp.ns = ts.tv_sec * SECOND + ts.tv_nsec;
}

static void take_local(const struct cmsghdr *c, npi_reply *out)
{
    struct in_pktinfo in;
    struct in6_pktinfo in6;
    if (is(c, IPPROTO_IP, IP_PKTINFO) && take(c, &in, sizeof in)) {
        out->local = (npi_addr){.family = 4};
        memcpy(out->local.octets, &in.ipi_addr, sizeof in.ipi_addr);
    } else if (is(c, IPPROTO_IPV6, IPV6_PKTINFO) && take(c, &in6, sizeof in6)) {
        out->local = (npi_addr){.family = 6};
        memcpy(out->local.octets, &in6.ipi6_addr, sizeof in6.ipi6_addr);
    }
}

/* struct sock_extended_err with the offender's address behind it. */
static bool take_error(const struct cmsghdr *c, npi_reply *out)
{
    struct sock_extended_err e;
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } offender;
    if (!take(c, &e, sizeof e))
        return false;
    out->origin = e.ee_origin;
    out->err = (int)e.ee_errno;
    out->type = e.ee_type;
    out->code = e.ee_code;
    out->info = e.ee_info;
    if (!(e.ee_rfc4884.flags & SO_EE_RFC4884_FLAG_INVALID))
        out->extension = e.ee_rfc4884.len;
    size_t rest = payload(c) - sizeof e;
    if (rest > sizeof offender)
        rest = sizeof offender;
    memset(&offender, 0, sizeof offender);
    memcpy(&offender, CMSG_DATA(c) + sizeof e, rest);
    out->offender = npi_addr_from_sockaddr(&offender.sa, (socklen_t)rest);
    out->offender.port = 0;
    return true;
}

/* The kernel shortens a message that did not fit; nobody else may claim more than there is. */
static bool fits(const struct msghdr *m, const struct cmsghdr *c)
{
    size_t at = (size_t)((const char *)c - (const char *)m->msg_control);
    return c->cmsg_len >= CMSG_LEN(0) && c->cmsg_len <= m->msg_controllen - at;
}

bool npi_reply_decode(struct msghdr *m, bool error, npi_reply *out)
{
    bool reported = false;
    memset(out, 0, offsetof(npi_reply, data));
    out->error = error;
    out->reply_ttl = -1;
    out->rtt_ns = -1;
    if (m->msg_name)
        out->peer = npi_addr_from_sockaddr(m->msg_name, m->msg_namelen);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c && fits(m, c); c = CMSG_NXTHDR(m, c)) {
        int ttl;
        if (is(c, SOL_SOCKET, SCM_TIMESTAMPNS))
            take_stamp(c, out);
        else if (is(c, IPPROTO_IP, IP_TTL) || is(c, IPPROTO_IPV6, IPV6_HOPLIMIT))
            out->reply_ttl = take(c, &ttl, sizeof ttl) ? ttl : -1;
        else if (is(c, IPPROTO_IP, IP_RECVERR) || is(c, IPPROTO_IPV6, IPV6_RECVERR))
            reported = take_error(c, out) || reported;
        else
            take_local(c, out);
    }
    return !error || reported;
}
