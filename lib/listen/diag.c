/* SPDX-License-Identifier: MIT */
/*
 * Decides what the octets of a sock_diag message mean. When to ask, and what to do with the
 * answer, is the engine's.
 */
#include "listen/diag.h"

#include "config.h"

#include <string.h>
#include <sys/socket.h>

#ifdef HAVE_LIBMNL
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <stddef.h>

enum { MICROSECOND = 1000, MPTCP = 262 /* IPPROTO_MPTCP */ };

static int ip_protocol(int protocol)
{
    switch (protocol) {
    case NP_PROTOCOL_TCP:
        return IPPROTO_TCP;
    case NP_PROTOCOL_MPTCP:
        return MPTCP;
    case NP_PROTOCOL_UDP:
        return IPPROTO_UDP;
    case NP_PROTOCOL_UDPLITE:
        return IPPROTO_UDPLITE;
    case NP_PROTOCOL_SCTP:
        return IPPROTO_SCTP;
    default:
        return IPPROTO_RAW;
    }
}

/* Accepts what has the kernel's choice of a port: one jump, over the end when it does not hold. */
static void only_autobound(struct nlmsghdr *h)
{
    struct inet_diag_bc_op op = {.code = INET_DIAG_BC_AUTO,
                                 .yes = sizeof op,
                                 .no = sizeof op + 4 /* beyond the end: refused */};
    mnl_attr_put(h, INET_DIAG_REQ_BYTECODE, sizeof op, &op);
}

static void inet_request(struct nlmsghdr *h, const npi_diag_query *q)
{
    int protocol = ip_protocol(q->protocol);
    struct inet_diag_req_v2 *r = mnl_nlmsg_put_extra_header(h, sizeof *r);
    r->sdiag_family = q->family == 6 ? AF_INET6 : AF_INET;
    r->sdiag_protocol = (uint8_t)protocol;
    r->idiag_states = q->states;
    if (q->info)
        r->idiag_ext = 1u << (INET_DIAG_INFO - 1);
    if (protocol > UINT8_MAX)
        mnl_attr_put_u32(h, INET_DIAG_REQ_PROTOCOL, (uint32_t)protocol);
    if (q->autobound)
        only_autobound(h);
}

static void unix_request(struct nlmsghdr *h, const npi_diag_query *q)
{
    struct unix_diag_req *r = mnl_nlmsg_put_extra_header(h, sizeof *r);
    r->sdiag_family = AF_UNIX;
    r->udiag_states = q->states;
    r->udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID;
}

size_t npi_diag_request(const npi_diag_query *q, void *out, size_t size)
{
    if (size < NPI_DIAG_REQUEST_MAX || q->protocol == NP_PROTOCOL_PING) /* no kernel lists these */
        return 0;
    struct nlmsghdr *h = mnl_nlmsg_put_header(out);
    h->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    h->nlmsg_seq = q->seq;
    if (q->protocol == NP_PROTOCOL_UNIX)
        unix_request(h, q);
    else
        inet_request(h, q);
    return h->nlmsg_len;
}

static npi_addr address(int family, const uint32_t *octets, uint16_t port, uint32_t interface)
{
    npi_addr a = {.family = family == AF_INET6 ? 6 : 4, .port = ntohs(port)};
    memcpy(a.octets, octets, a.family == 6 ? 16 : 4);
    if (npi_addr_link_local(&a))
        a.scope = interface;
    return a;
}

static uint64_t cookie(const uint32_t *halves)
{
    return (uint64_t)halves[1] << 32 | halves[0];
}

/* Older kernels tell less of it: what is not there stays unknown. */
static void take_info(npi_diag_answer *out, const struct nlattr *a)
{
    struct tcp_info i = {0};
    size_t len = mnl_attr_get_payload_len(a);
    memcpy(&i, mnl_attr_get_payload(a), len < sizeof i ? len : sizeof i);
    out->has_info = true;
    out->info = (npi_tcp_info){
        .rtt_ns = i.tcpi_rtt ? (int64_t)i.tcpi_rtt * MICROSECOND : -1,
        .rtt_variation_ns = i.tcpi_rtt ? (int64_t)i.tcpi_rttvar * MICROSECOND : -1,
        .min_rtt_ns = i.tcpi_min_rtt && i.tcpi_min_rtt != UINT32_MAX
                          ? (int64_t)i.tcpi_min_rtt * MICROSECOND
                          : -1,
        .sent_octets = i.tcpi_bytes_acked,
        .received_octets = i.tcpi_bytes_received,
        .retransmits = i.tcpi_total_retrans,
        .congestion_window = i.tcpi_snd_cwnd,
    };
}

static void take_inet_attribute(npi_diag_answer *out, const struct nlattr *a)
{
    size_t len = mnl_attr_get_payload_len(a);
    switch (mnl_attr_get_type(a)) {
    case INET_DIAG_SKV6ONLY:
        if (len >= 1) {
            out->sock.v6only = mnl_attr_get_u8(a) != 0;
            out->sock.v6only_known = true;
        }
        break;
    case INET_DIAG_CGROUP_ID:
        if (len >= sizeof(uint64_t))
            out->sock.cgroup = mnl_attr_get_u64(a);
        break;
    case INET_DIAG_INFO:
        take_info(out, a);
        break;
    default:
        break;
    }
}

static bool decode_inet(const npi_diag_query *q, const void *payload, size_t len,
                        npi_diag_answer *out)
{
    struct inet_diag_msg m;
    if (len < sizeof m)
        return false;
    memcpy(&m, payload, sizeof m);
    if (m.idiag_family != (q->family == 6 ? AF_INET6 : AF_INET))
        return false;
    out->sock = (npi_sock){
        .cookie = cookie(m.id.idiag_cookie),
        .local = address(m.idiag_family, m.id.idiag_src, m.id.idiag_sport, m.id.idiag_if),
        .peer = address(m.idiag_family, m.id.idiag_dst, m.id.idiag_dport, m.id.idiag_if),
        .inode = m.idiag_inode,
        .uid = m.idiag_uid,
        .interface = m.id.idiag_if,
        .queue = m.idiag_rqueue,
        .limit = m.idiag_wqueue,
        .protocol = q->protocol,
        .state = m.idiag_state,
        .autobound = q->autobound,
    };
    const struct nlattr *a = (const void *)((const uint8_t *)payload + MNL_ALIGN(sizeof m));
    const uint8_t *end = (const uint8_t *)payload + len;
    for (; mnl_attr_ok(a, (int)(end - (const uint8_t *)a)); a = mnl_attr_next(a))
        take_inet_attribute(out, a);
    return true;
}

static void take_unix_attribute(npi_diag_answer *out, const struct nlattr *a)
{
    const void *data = mnl_attr_get_payload(a);
    size_t len = mnl_attr_get_payload_len(a);
    struct unix_diag_vfs file;
    struct unix_diag_rqlen queue;
    switch (mnl_attr_get_type(a)) {
    case UNIX_DIAG_NAME:
        out->name = data;
        out->name_len = len;
        /* A path ends with a NUL that is not its own. */
        if (len > 1 && ((const char *)data)[0] && !((const char *)data)[len - 1])
            out->name_len = len - 1;
        break;
    case UNIX_DIAG_VFS:
        if (len < sizeof file)
            break;
        memcpy(&file, data, sizeof file);
        out->sock.has_file = true;
        out->sock.file_inode = file.udiag_vfs_ino;
        out->sock.file_device = file.udiag_vfs_dev;
        break;
    case UNIX_DIAG_RQLEN:
        if (len < sizeof queue)
            break;
        memcpy(&queue, data, sizeof queue);
        out->sock.queue = queue.udiag_rqueue;
        out->sock.limit = queue.udiag_wqueue;
        break;
    case UNIX_DIAG_UID:
        if (len >= sizeof(uint32_t))
            out->sock.uid = mnl_attr_get_u32(a);
        break;
    default:
        break;
    }
}

static bool decode_unix(const void *payload, size_t len, npi_diag_answer *out)
{
    struct unix_diag_msg m;
    if (len < sizeof m)
        return false;
    memcpy(&m, payload, sizeof m);
    if (m.udiag_family != AF_UNIX)
        return false;
    out->sock = (npi_sock){
        .cookie = cookie(m.udiag_cookie),
        .inode = m.udiag_ino,
        .protocol = NP_PROTOCOL_UNIX,
        .type = m.udiag_type,
        .state = m.udiag_state,
    };
    const struct nlattr *a = (const void *)((const uint8_t *)payload + MNL_ALIGN(sizeof m));
    const uint8_t *end = (const uint8_t *)payload + len;
    for (; mnl_attr_ok(a, (int)(end - (const uint8_t *)a)); a = mnl_attr_next(a))
        take_unix_attribute(out, a);
    return true;
}

bool npi_diag_decode(const npi_diag_query *q, const void *payload, size_t len,
                     npi_diag_answer *out)
{
    memset(out, 0, sizeof *out);
    if (q->protocol == NP_PROTOCOL_UNIX)
        return decode_unix(payload, len, out);
    return decode_inet(q, payload, len, out);
}

#else

size_t npi_diag_request(const npi_diag_query *q, void *out, size_t size)
{
    (void)q, (void)out, (void)size;
    return 0;
}

bool npi_diag_decode(const npi_diag_query *q, const void *payload, size_t len,
                     npi_diag_answer *out)
{
    (void)q, (void)payload, (void)len;
    memset(out, 0, sizeof *out);
    return false;
}

#endif
