/* SPDX-License-Identifier: MIT */
/*
 * Decides what rtnetlink's messages mean for listeners: what a wildcard stands for, which sockets
 * belong to the kernel, and which addresses nothing arrives at.
 */
#include "listen/links.h"

#include "config.h"

#include <string.h>

#ifdef HAVE_LIBMNL
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

static struct nlmsghdr *request(void *out, uint16_t type, uint16_t flags, uint32_t seq)
{
    struct nlmsghdr *h = mnl_nlmsg_put_header(out);
    h->nlmsg_type = type;
    h->nlmsg_flags = NLM_F_REQUEST | flags;
    h->nlmsg_seq = seq;
    return h;
}

size_t npi_links_request(uint32_t seq, void *out, size_t size)
{
    if (size < NPI_LINKS_REQUEST_MAX)
        return 0;
    struct nlmsghdr *h = request(out, RTM_GETLINK, NLM_F_DUMP, seq);
    mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
    return h->nlmsg_len;
}

size_t npi_link_addrs_request(uint32_t seq, void *out, size_t size)
{
    if (size < NPI_LINKS_REQUEST_MAX)
        return 0;
    struct nlmsghdr *h = request(out, RTM_GETADDR, NLM_F_DUMP, seq);
    mnl_nlmsg_put_extra_header(h, sizeof(struct ifaddrmsg));
    return h->nlmsg_len;
}

size_t npi_route_request(uint32_t seq, const npi_addr *to, void *out, size_t size)
{
    if (size < NPI_LINKS_REQUEST_MAX)
        return 0;
    struct nlmsghdr *h = request(out, RTM_GETROUTE, 0, seq);
    struct rtmsg *r = mnl_nlmsg_put_extra_header(h, sizeof *r);
    size_t len = to->family == 6 ? 16 : 4;
    r->rtm_family = to->family == 6 ? AF_INET6 : AF_INET;
    r->rtm_dst_len = (unsigned char)(len * 8);
    mnl_attr_put(h, RTA_DST, len, to->octets);
    if (to->scope)
        mnl_attr_put_u32(h, RTA_OIF, to->scope);
    return h->nlmsg_len;
}

/* The first attribute behind a header of `size` octets; NULL when the message is shorter. */
static const struct nlattr *attributes(const npi_message *m, size_t size)
{
    return m->len < size ? NULL : (const void *)((const uint8_t *)m->payload + MNL_ALIGN(size));
}

static bool valid(const struct nlattr *a, const void *end)
{
    return mnl_attr_ok(a, (int)((const uint8_t *)end - (const uint8_t *)a));
}

static const struct nlattr *nested(const struct nlattr *in, uint16_t type)
{
    const struct nlattr *a = mnl_attr_get_payload(in);
    const uint8_t *end = (const uint8_t *)a + mnl_attr_get_payload_len(in);
    for (; valid(a, end); a = mnl_attr_next(a))
        if (mnl_attr_get_type(a) == type)
            return a;
    return NULL;
}

/* Tunnels whose UDP socket is the kernel's. */
static uint16_t tunnel_port(const struct nlattr *info)
{
    const struct nlattr *kind = nested(info, IFLA_INFO_KIND), *data = nested(info, IFLA_INFO_DATA);
    size_t len = kind ? mnl_attr_get_payload_len(kind) : 0;
    const char *name = kind ? mnl_attr_get_payload(kind) : "";
    uint16_t type = 0, port = 0;
    if (len >= 5 && memcmp(name, "vxlan", 5) == 0)
        type = IFLA_VXLAN_PORT;
    else if (len >= 6 && memcmp(name, "geneve", 6) == 0)
        type = IFLA_GENEVE_PORT;
    const struct nlattr *a = type && data ? nested(data, type) : NULL;
    if (a && mnl_attr_get_payload_len(a) >= sizeof port)
        memcpy(&port, mnl_attr_get_payload(a), sizeof port);
    return ntohs(port);
}

bool npi_link_decode(const npi_message *m, npi_link *out)
{
    struct ifinfomsg i;
    const struct nlattr *a = attributes(m, sizeof i);
    memset(out, 0, sizeof *out);
    if (m->type != RTM_NEWLINK || !a)
        return false;
    memcpy(&i, m->payload, sizeof i);
    out->index = (uint32_t)i.ifi_index;
    out->up = (i.ifi_flags & IFF_UP) != 0;
    out->loopback = (i.ifi_flags & IFF_LOOPBACK) != 0;
    for (const uint8_t *end = (const uint8_t *)m->payload + m->len; valid(a, end);
         a = mnl_attr_next(a)) {
        size_t len = mnl_attr_get_payload_len(a);
        if (mnl_attr_get_type(a) == IFLA_IFNAME)
            memcpy(out->name, mnl_attr_get_payload(a),
                   len < sizeof out->name ? len : sizeof out->name - 1);
        else if (mnl_attr_get_type(a) == IFLA_LINKINFO)
            out->kernel_port = out->up ? tunnel_port(a) : 0;
    }
    return true;
}

/* On a point-to-point link the address is the peer's, and the local one has its own attribute. */
bool npi_link_addr_decode(const npi_message *m, npi_link_addr *out)
{
    struct ifaddrmsg i;
    const struct nlattr *a = attributes(m, sizeof i);
    bool local = false;
    memset(out, 0, sizeof *out);
    if (m->type != RTM_NEWADDR || !a)
        return false;
    memcpy(&i, m->payload, sizeof i);
    out->index = i.ifa_index;
    out->prefix_len = i.ifa_prefixlen;
    size_t size = i.ifa_family == AF_INET6 ? 16 : 4;
    for (const uint8_t *end = (const uint8_t *)m->payload + m->len; valid(a, end);
         a = mnl_attr_next(a)) {
        uint16_t type = mnl_attr_get_type(a);
        if ((type != IFA_LOCAL && (type != IFA_ADDRESS || local)) ||
            mnl_attr_get_payload_len(a) < size)
            continue;
        local = type == IFA_LOCAL;
        out->addr.family = i.ifa_family == AF_INET6 ? 6 : 4;
        memcpy(out->addr.octets, mnl_attr_get_payload(a), size);
    }
    if (npi_addr_link_local(&out->addr))
        out->addr.scope = out->index;
    return out->addr.family != 0;
}

bool npi_route_is_local(const npi_message *m)
{
    struct rtmsg r;
    if (m->type != RTM_NEWROUTE || m->len < sizeof r)
        return false;
    memcpy(&r, m->payload, sizeof r);
    return r.rtm_type == RTN_LOCAL || r.rtm_type == RTN_BROADCAST ||
           r.rtm_type == RTN_MULTICAST || r.rtm_type == RTN_ANYCAST;
}

#else

size_t npi_links_request(uint32_t seq, void *out, size_t size)
{
    (void)seq, (void)out, (void)size;
    return 0;
}

size_t npi_link_addrs_request(uint32_t seq, void *out, size_t size)
{
    (void)seq, (void)out, (void)size;
    return 0;
}

size_t npi_route_request(uint32_t seq, const npi_addr *to, void *out, size_t size)
{
    (void)seq, (void)to, (void)out, (void)size;
    return 0;
}

bool npi_link_decode(const npi_message *m, npi_link *out)
{
    (void)m, (void)out;
    return false;
}

bool npi_link_addr_decode(const npi_message *m, npi_link_addr *out)
{
    (void)m, (void)out;
    return false;
}

bool npi_route_is_local(const npi_message *m)
{
    (void)m;
    return false;
}

#endif
