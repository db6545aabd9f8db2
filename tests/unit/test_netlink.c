/* SPDX-License-Identifier: MIT */
/*
 * Netlink as the kernel speaks it: recorded messages and some made by hand, whole, cut at every
 * length in blocks of exactly that size, and wrong.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <net/if.h>
#include <sys/socket.h>

#include "../check.h"
#include "hex.h"
#include "listen/diag.h"
#include "listen/dump.h"
#include "listen/links.h"

static void needs_libmnl(void)
{
#ifndef HAVE_LIBMNL
    skip();
#endif
}

/* ---- messages made by hand ---------------------------------------------------------------- */

typedef struct message {
    uint8_t octets[1024];
    size_t len;
} message;

static void put(message *m, const void *data, size_t len)
{
    memcpy(m->octets + m->len, data, len);
    m->len += (len + 3) & ~(size_t)3;
}

static void attribute(message *m, uint16_t type, const void *data, size_t len)
{
    struct nlattr a = {.nla_len = (uint16_t)(sizeof a + len), .nla_type = type};
    put(m, &a, sizeof a);
    put(m, data, len);
}

/* A datagram of one netlink message; several follow each other. */
static void frame(message *out, uint16_t type, uint16_t flags, uint32_t seq, const void *payload,
                  size_t len)
{
    struct nlmsghdr h = {.nlmsg_len = (uint32_t)(sizeof h + len), .nlmsg_type = type,
                         .nlmsg_flags = flags, .nlmsg_seq = seq};
    put(out, &h, sizeof h);
    put(out, payload, len);
}

/* ---- the frame of a dump ------------------------------------------------------------------ */

static npi_dump_step step_of(const message *m, uint32_t seq, npi_dump *d, npi_message *got)
{
    *d = npi_dump_begin(seq);
    npi_dump_feed(d, m->octets, m->len);
    return npi_dump_next(d, got);
}

static void dump_messages_then_done(void **state)
{
    (void)state;
    needs_libmnl();
    message m = {.len = 0};
    npi_dump d;
    npi_message got;
    int32_t fine = 0;
    frame(&m, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, 7, "abcd", 4);
    frame(&m, NLMSG_NOOP, 0, 7, "", 0);
    frame(&m, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, 6, "late", 4); /* of a dump that was given up */
    frame(&m, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, 7, "efghij", 6);
    frame(&m, NLMSG_DONE, NLM_F_MULTI, 7, &fine, sizeof fine);
    assert_int_equal(step_of(&m, 7, &d, &got), NPI_DUMP_MESSAGE);
    assert_int_equal(got.type, SOCK_DIAG_BY_FAMILY);
    assert_int_equal(got.len, 4);
    assert_memory_equal(got.payload, "abcd", 4);
    assert_int_equal(npi_dump_next(&d, &got), NPI_DUMP_MESSAGE);
    assert_memory_equal(got.payload, "efghij", 6);
    assert_int_equal(npi_dump_next(&d, &got), NPI_DUMP_END);
    assert_int_equal(d.error, 0);
    assert_false(d.interrupted);
}

static void dump_more_datagrams(void **state)
{
    (void)state;
    needs_libmnl();
    message m = {.len = 0}, end = {.len = 0};
    npi_dump d;
    npi_message got;
    frame(&m, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, 7, "abcd", 4);
    frame(&end, NLMSG_DONE, NLM_F_MULTI, 7, "", 0);
    assert_int_equal(step_of(&m, 7, &d, &got), NPI_DUMP_MESSAGE);
    assert_int_equal(npi_dump_next(&d, &got), NPI_DUMP_MORE);
    npi_dump_feed(&d, end.octets, end.len);
    assert_int_equal(npi_dump_next(&d, &got), NPI_DUMP_END);
    assert_int_equal(d.error, 0);
}

/* A kernel without the protocol says so inside DONE (recorded: SCTP). */
static void error_inside_done(void **state)
{
    (void)state;
    needs_libmnl();
    message m;
    npi_dump d;
    npi_message got;
    m.len = hex_octets("14 00 00 00 03 00 02 00 07 00 00 00 3d 04 00 00 fe ff ff ff", m.octets,
                       sizeof m.octets);
    assert_int_equal(step_of(&m, 7, &d, &got), NPI_DUMP_END);
    assert_int_equal(d.error, ENOENT);
}

static void error_message(void **state)
{
    (void)state;
    needs_libmnl();
    message m = {.len = 0};
    npi_dump d;
    npi_message got;
    int32_t error = -EOPNOTSUPP;
    frame(&m, NLMSG_ERROR, 0, 7, &error, sizeof error);
    assert_int_equal(step_of(&m, 7, &d, &got), NPI_DUMP_END);
    assert_int_equal(d.error, EOPNOTSUPP);
    error = INT32_MIN; /* no errno, and its negative is no number */
    m.len = 0;
    frame(&m, NLMSG_ERROR, 0, 7, &error, sizeof error);
    assert_int_equal(step_of(&m, 7, &d, &got), NPI_DUMP_END);
    assert_int_equal(d.error, EPROTO);
}

static void interrupted(void **state)
{
    (void)state;
    needs_libmnl();
    message m = {.len = 0};
    npi_dump d;
    npi_message got;
    frame(&m, NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR, 7, "", 0);
    assert_int_equal(step_of(&m, 7, &d, &got), NPI_DUMP_END);
    assert_true(d.interrupted);
}

/* Cut anywhere, and with every wrong length: nothing beyond the block is read. */
static void dump_cut_everywhere(void **state)
{
    (void)state;
    needs_libmnl();
    message m = {.len = 0};
    npi_message got;
    frame(&m, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, 7, "abcdefgh", 8);
    frame(&m, NLMSG_DONE, NLM_F_MULTI, 7, "", 0);
    for (size_t n = 0; n <= m.len; n++) {
        uint8_t *copy = exact_copy(m.octets, n);
        npi_dump d = npi_dump_begin(7);
        int messages = 0;
        npi_dump_feed(&d, copy, n);
        while (npi_dump_next(&d, &got) == NPI_DUMP_MESSAGE) {
            assert_true((const uint8_t *)got.payload + got.len <= copy + n);
            messages++;
        }
        assert_int_equal(messages, n >= 24);
        free(copy);
    }
    for (uint32_t i = 0; i < 128; i++) {
        uint32_t len = i < 64 ? i : UINT32_MAX - i; /* libmnl takes the large ones for negative */
        npi_dump d = npi_dump_begin(7);
        memcpy(m.octets, &len, sizeof len);
        npi_dump_feed(&d, m.octets, m.len);
        while (npi_dump_next(&d, &got) == NPI_DUMP_MESSAGE)
            assert_true((const uint8_t *)got.payload + got.len <= m.octets + m.len);
    }
}

/* ---- requests ----------------------------------------------------------------------------- */

static const struct nlmsghdr *request(const npi_diag_query *q, uint64_t *octets)
{
    memset(octets, 0, NPI_DIAG_REQUEST_MAX);
    size_t len = npi_diag_request(q, octets, NPI_DIAG_REQUEST_MAX);
    const struct nlmsghdr *h = (const void *)octets;
    assert_true(len > 0 && len == h->nlmsg_len);
    assert_int_equal(h->nlmsg_type, SOCK_DIAG_BY_FAMILY);
    assert_int_equal(h->nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
    assert_int_equal(h->nlmsg_seq, q->seq);
    return h;
}

static void request_filters_in_the_kernel(void **state)
{
    (void)state;
    needs_libmnl();
    uint64_t octets[NPI_DIAG_REQUEST_MAX / sizeof(uint64_t)];
    npi_diag_query q = {NP_PROTOCOL_TCP, 6, 1u << NPI_LISTEN, false, false, 42};
    const struct nlmsghdr *h = request(&q, octets);
    const struct inet_diag_req_v2 *r = (const void *)(h + 1);
    assert_int_equal(h->nlmsg_len, sizeof *h + sizeof *r);
    assert_int_equal(r->sdiag_family, AF_INET6);
    assert_int_equal(r->sdiag_protocol, IPPROTO_TCP);
    assert_int_equal(r->idiag_states, 1u << 10);
    assert_int_equal(r->idiag_ext, 0);
}

static void request_mptcp_by_attribute(void **state)
{
    (void)state;
    needs_libmnl();
    uint64_t octets[NPI_DIAG_REQUEST_MAX / sizeof(uint64_t)];
    npi_diag_query q = {NP_PROTOCOL_MPTCP, 4, 1u << NPI_LISTEN, false, true, 1};
    const struct nlmsghdr *h = request(&q, octets);
    const struct inet_diag_req_v2 *r = (const void *)(h + 1);
    const struct nlattr *a = (const void *)(r + 1);
    uint32_t protocol;
    memcpy(&protocol, a + 1, sizeof protocol);
    assert_int_equal(a->nla_type, INET_DIAG_REQ_PROTOCOL);
    assert_int_equal(protocol, 262);
    assert_int_equal(r->idiag_ext, 1u << (INET_DIAG_INFO - 1));
}

static void request_autobound_by_bytecode(void **state)
{
    (void)state;
    needs_libmnl();
    uint64_t octets[NPI_DIAG_REQUEST_MAX / sizeof(uint64_t)];
    npi_diag_query q = {NP_PROTOCOL_UDP, 4, 1u << NPI_CLOSE, true, false, 1};
    const struct nlmsghdr *h = request(&q, octets);
    const struct inet_diag_req_v2 *r = (const void *)(h + 1);
    const struct nlattr *a = (const void *)(r + 1);
    const struct inet_diag_bc_op *op = (const void *)(a + 1);
    assert_int_equal(a->nla_type, INET_DIAG_REQ_BYTECODE);
    assert_int_equal(op->code, INET_DIAG_BC_AUTO);
    assert_int_equal(op->yes, sizeof *op);
    assert_int_equal(op->no, sizeof *op + 4);
}

static void requests_that_cannot_be_made(void **state)
{
    (void)state;
    uint64_t octets[NPI_DIAG_REQUEST_MAX / sizeof(uint64_t)];
    npi_diag_query ping = {NP_PROTOCOL_PING, 4, 1u << NPI_CLOSE, false, false, 1};
    npi_diag_query tcp = {NP_PROTOCOL_TCP, 4, 1u << NPI_LISTEN, false, false, 1};
    assert_int_equal(npi_diag_request(&ping, octets, sizeof octets), 0);
    assert_int_equal(npi_diag_request(&tcp, octets, NPI_DIAG_REQUEST_MAX - 1), 0);
#ifndef HAVE_LIBMNL
    assert_int_equal(npi_diag_request(&tcp, octets, sizeof octets), 0);
    assert_int_equal(npi_links_request(1, octets, NPI_LINKS_REQUEST_MAX), 0);
#endif
}

/* ---- answers, recorded from Linux 6.18 ---------------------------------------------------- */

static const char listening6[] =
    "0a 0a 00 00 1f 90 00 00 # family, LISTEN, timer, retransmits, port 8080, no peer\n"
    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 # ::1\n"
    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
    "00 00 00 00 87 00 00 00 00 00 00 00 # interface, cookie\n"
    "00 00 00 00 00 00 00 00 07 00 00 00 # expires, queue, limit\n"
    "00 00 00 00 f5 ec 07 00 # uid, inode\n"
    "05 00 08 00 00 00 00 00 # shutdown\n"
    "05 00 0b 00 01 00 00 00 # v6only\n"
    "08 00 0f 00 00 00 00 00 # mark\n"
    "0c 00 15 00 01 00 00 00 00 00 00 00 # cgroup id\n"
    "06 00 16 00 12 00 00 00 # socket options\n";

static const char unix_path[] =
    "01 01 0a 00 f8 ec 07 00 8a 00 00 00 00 00 00 00 # STREAM, LISTEN, inode, cookie\n"
    "12 00 00 00 2f 74 6d 70 2f 72 65 63 2e 73 6f 63 6b 00 00 00 # name\n"
    "0c 00 01 00 2d 20 a7 00 00 00 e0 0f # file\n"
    "0c 00 04 00 00 00 00 00 03 00 00 00 # queue and limit\n"
    "05 00 06 00 00 00 00 00\n"
    "08 00 07 00 2a 00 00 00 # user\n";

static const char unix_abstract[] =
    "01 02 07 00 f9 ec 07 00 8b 00 00 00 00 00 00 00\n"
    "0b 00 00 00 00 6e 70 00 6d 69 64 00 # NUL n p NUL m i d\n"
    "0c 00 04 00 00 00 00 00 00 00 00 00\n"
    "08 00 07 00 00 00 00 00\n";

static size_t recorded(const char *text, uint64_t *octets)
{
    return hex_octets(text, (uint8_t *)octets, 1024);
}

static void answer_listening(void **state)
{
    (void)state;
    needs_libmnl();
    uint64_t octets[128];
    size_t len = recorded(listening6, octets);
    npi_diag_query q = {NP_PROTOCOL_TCP, 6, 1u << NPI_LISTEN, false, false, 1};
    npi_diag_answer a;
    assert_true(npi_diag_decode(&q, octets, len, &a));
    assert_int_equal(a.sock.protocol, NP_PROTOCOL_TCP);
    assert_int_equal(a.sock.state, NPI_LISTEN);
    assert_int_equal(a.sock.local.family, 6);
    assert_int_equal(a.sock.local.port, 8080);
    assert_int_equal(a.sock.local.octets[15], 1);
    assert_int_equal(a.sock.cookie, 0x87);
    assert_int_equal(a.sock.inode, 0x7ecf5);
    assert_int_equal(a.sock.queue, 0);
    assert_int_equal(a.sock.limit, 7);
    assert_true(a.sock.v6only && a.sock.v6only_known);
    assert_int_equal(a.sock.cgroup, 1);
    assert_false(a.has_info);
}

static void answer_of_another_family(void **state)
{
    (void)state;
    needs_libmnl();
    uint64_t octets[128];
    size_t len = recorded(listening6, octets);
    npi_diag_query v4 = {NP_PROTOCOL_TCP, 4, 0, false, false, 1};
    npi_diag_query local = {NP_PROTOCOL_UNIX, 0, 0, false, false, 1};
    npi_diag_answer a;
    assert_false(npi_diag_decode(&v4, octets, len, &a));
    assert_false(npi_diag_decode(&local, octets, len, &a));
}

/* TCP_INFO of this kernel, and of one that knows only its first fields. */
static void answer_with_info(void **state)
{
    (void)state;
    needs_libmnl();
    npi_diag_query q = {NP_PROTOCOL_TCP, 4, 0, false, true, 1};
    struct inet_diag_msg head = {.idiag_family = AF_INET, .idiag_state = NPI_ESTABLISHED,
                                 .id = {.idiag_sport = htons(22), .idiag_dport = htons(999)}};
    struct tcp_info_part { /* linux/tcp.h, up to tcpi_total_retrans */
        uint8_t octets[8];
        uint32_t fields[24];
    } info = {.fields = {[15] = 1500, [16] = 250, [18] = 10, [23] = 3}};
    npi_diag_answer a;
    message m = {.len = 0}, cut = {.len = 0};
    put(&m, &head, sizeof head);
    attribute(&m, INET_DIAG_INFO, &info, sizeof info);
    assert_true(npi_diag_decode(&q, m.octets, m.len, &a));
    assert_true(a.has_info);
    assert_int_equal(a.info.rtt_ns, 1500000);
    assert_int_equal(a.info.rtt_variation_ns, 250000);
    assert_int_equal(a.info.congestion_window, 10);
    assert_int_equal(a.info.retransmits, 3);
    assert_int_equal(a.info.min_rtt_ns, -1);
    assert_int_equal(a.sock.peer.port, 999);
    put(&cut, &head, sizeof head);
    attribute(&cut, INET_DIAG_INFO, &info, 8);
    assert_true(npi_diag_decode(&q, cut.octets, cut.len, &a));
    assert_int_equal(a.info.rtt_ns, -1);
}

static void answer_link_local_has_its_interface(void **state)
{
    (void)state;
    needs_libmnl();
    npi_diag_query q = {NP_PROTOCOL_UDP, 6, 0, true, false, 1};
    struct inet_diag_msg head = {.idiag_family = AF_INET6, .idiag_state = NPI_CLOSE,
                                 .id = {.idiag_src = {htonl(0xfe800000), 0, 0, htonl(9)},
                                        .idiag_if = 4, .idiag_cookie = {1, 2}}};
    npi_diag_answer a;
    assert_true(npi_diag_decode(&q, &head, sizeof head, &a));
    assert_int_equal(a.sock.local.scope, 4);
    assert_int_equal(a.sock.interface, 4);
    assert_true(a.sock.cookie == 0x200000001);
    assert_true(a.sock.autobound);
}

static void answer_unix_path(void **state)
{
    (void)state;
    needs_libmnl();
    uint64_t octets[128];
    npi_diag_query q = {.protocol = NP_PROTOCOL_UNIX};
    npi_diag_answer a;
    assert_true(npi_diag_decode(&q, octets, recorded(unix_path, octets), &a));
    assert_int_equal(a.name_len, strlen("/tmp/rec.sock"));
    assert_memory_equal(a.name, "/tmp/rec.sock", a.name_len);
    assert_int_equal(a.sock.type, SOCK_STREAM);
    assert_int_equal(a.sock.state, NPI_LISTEN);
    assert_int_equal(a.sock.limit, 3);
    assert_int_equal(a.sock.uid, 42);
    assert_true(a.sock.has_file);
    assert_int_equal(a.sock.file_inode, 0xa7202d);
    assert_int_equal(a.sock.file_device, 0x0fe00000);
}

static void answer_unix_abstract_keeps_its_nuls(void **state)
{
    (void)state;
    needs_libmnl();
    uint64_t octets[128];
    npi_diag_query q = {.protocol = NP_PROTOCOL_UNIX};
    npi_diag_answer a;
    assert_true(npi_diag_decode(&q, octets, recorded(unix_abstract, octets), &a));
    assert_int_equal(a.name_len, 7);
    assert_memory_equal(a.name, "\0np\0mid", 7);
    assert_false(a.sock.has_file);
}

static void answers_cut_everywhere(void **state)
{
    (void)state;
    needs_libmnl();
    static const struct {
        const char *text;
        npi_diag_query q;
        size_t head;
    } all[] = {{listening6, {.protocol = NP_PROTOCOL_TCP, .family = 6}, 72},
               {unix_path, {.protocol = NP_PROTOCOL_UNIX}, 16},
               {unix_abstract, {.protocol = NP_PROTOCOL_UNIX}, 16}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        uint64_t octets[128];
        size_t len = recorded(all[i].text, octets);
        for (size_t n = 0; n <= len; n++) {
            uint8_t *copy = exact_copy(octets, n);
            npi_diag_answer a;
            assert_int_equal(npi_diag_decode(&all[i].q, copy, n, &a), n >= all[i].head);
            if (a.name_len)
                assert_true((const uint8_t *)a.name + a.name_len <= copy + n);
            free(copy);
        }
    }
}

/* ---- interfaces --------------------------------------------------------------------------- */

static npi_message whole(uint16_t type, const message *m)
{
    return (npi_message){type, m->octets, m->len};
}

static message make_link(const char *name, const char *kind, uint16_t port_type, uint16_t port)
{
    struct ifinfomsg i = {.ifi_index = 9, .ifi_flags = IFF_UP};
    message m = {.len = 0}, info = {.len = 0}, data = {.len = 0};
    uint16_t network = htons(port);
    put(&m, &i, sizeof i);
    attribute(&m, IFLA_IFNAME, name, strlen(name) + 1);
    attribute(&info, IFLA_INFO_KIND, kind, strlen(kind) + 1);
    attribute(&data, port_type, &network, sizeof network);
    attribute(&info, IFLA_INFO_DATA, data.octets, data.len);
    attribute(&m, IFLA_LINKINFO, info.octets, info.len);
    return m;
}

static void link_of_the_kernel(void **state)
{
    (void)state;
    needs_libmnl();
    message vxlan = make_link("vx0", "vxlan", IFLA_VXLAN_PORT, 4789);
    message geneve = make_link("gnv0", "geneve", IFLA_GENEVE_PORT, 6081);
    message bridge = make_link("br0", "bridge", 15, 4789);
    npi_message m = whole(RTM_NEWLINK, &vxlan);
    npi_link link;
    assert_true(npi_link_decode(&m, &link));
    assert_string_equal(link.name, "vx0");
    assert_int_equal(link.index, 9);
    assert_int_equal(link.kernel_port, 4789);
    assert_true(link.up && !link.loopback);
    struct ifinfomsg down = {.ifi_index = 9};
    memcpy(vxlan.octets, &down, sizeof down);
    assert_true(npi_link_decode(&m, &link));
    assert_int_equal(link.kernel_port, 0);
    m = whole(RTM_NEWLINK, &geneve);
    assert_true(npi_link_decode(&m, &link));
    assert_int_equal(link.kernel_port, 6081);
    m = whole(RTM_NEWLINK, &bridge);
    assert_true(npi_link_decode(&m, &link));
    assert_int_equal(link.kernel_port, 0);
    m.type = RTM_NEWADDR;
    assert_false(npi_link_decode(&m, &link));
}

static void long_name_is_cut(void **state)
{
    (void)state;
    needs_libmnl();
    message m = make_link("a-name-that-is-too-long-for-it", "dummy", 0, 0);
    npi_message whole_one = whole(RTM_NEWLINK, &m);
    npi_link link;
    assert_true(npi_link_decode(&whole_one, &link));
    assert_int_equal(strlen(link.name), sizeof link.name - 1);
}

static void address_and_local_address(void **state)
{
    (void)state;
    needs_libmnl();
    struct ifaddrmsg i = {.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = 3};
    message m = {.len = 0};
    npi_link_addr a;
    put(&m, &i, sizeof i);
    attribute(&m, IFA_ADDRESS, "\xc0\x00\x02\x02", 4); /* the peer's, on a point-to-point link */
    attribute(&m, IFA_LOCAL, "\xc0\x00\x02\x01", 4);
    npi_message one = whole(RTM_NEWADDR, &m);
    assert_true(npi_link_addr_decode(&one, &a));
    assert_int_equal(a.index, 3);
    assert_int_equal(a.prefix_len, 24);
    assert_memory_equal(a.addr.octets, "\xc0\x00\x02\x01", 4);
}

static void route_is_local(void **state)
{
    (void)state;
    needs_libmnl();
    struct rtmsg r = {.rtm_family = AF_INET, .rtm_type = RTN_LOCAL};
    npi_message m = {RTM_NEWROUTE, &r, sizeof r};
    assert_true(npi_route_is_local(&m));
    r.rtm_type = RTN_UNICAST;
    assert_false(npi_route_is_local(&m));
    r.rtm_type = RTN_LOCAL;
    m.len--;
    assert_false(npi_route_is_local(&m));
}

static void links_cut_everywhere(void **state)
{
    (void)state;
    needs_libmnl();
    message m = make_link("vx0", "vxlan", IFLA_VXLAN_PORT, 4789);
    struct ifaddrmsg i = {.ifa_family = AF_INET6, .ifa_index = 3};
    message addr = {.len = 0};
    put(&addr, &i, sizeof i);
    attribute(&addr, IFA_ADDRESS, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    for (size_t n = 0; n <= m.len; n++) {
        uint8_t *copy = exact_copy(m.octets, n);
        npi_message cut = {RTM_NEWLINK, copy, n};
        npi_link link;
        assert_int_equal(npi_link_decode(&cut, &link), n >= sizeof(struct ifinfomsg));
        free(copy);
    }
    for (size_t n = 0; n <= addr.len; n++) {
        uint8_t *copy = exact_copy(addr.octets, n);
        npi_message cut = {RTM_NEWADDR, copy, n};
        npi_link_addr a;
        npi_link_addr_decode(&cut, &a);
        assert_int_equal(a.addr.scope, n == addr.len ? 3 : 0);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dump_messages_then_done),
        cmocka_unit_test(dump_more_datagrams),
        cmocka_unit_test(error_inside_done),
        cmocka_unit_test(error_message),
        cmocka_unit_test(interrupted),
        cmocka_unit_test(dump_cut_everywhere),
        cmocka_unit_test(request_filters_in_the_kernel),
        cmocka_unit_test(request_mptcp_by_attribute),
        cmocka_unit_test(request_autobound_by_bytecode),
        cmocka_unit_test(requests_that_cannot_be_made),
        cmocka_unit_test(answer_listening),
        cmocka_unit_test(answer_of_another_family),
        cmocka_unit_test(answer_with_info),
        cmocka_unit_test(answer_link_local_has_its_interface),
        cmocka_unit_test(answer_unix_path),
        cmocka_unit_test(answer_unix_abstract_keeps_its_nuls),
        cmocka_unit_test(answers_cut_everywhere),
        cmocka_unit_test(link_of_the_kernel),
        cmocka_unit_test(long_name_is_cut),
        cmocka_unit_test(address_and_local_address),
        cmocka_unit_test(route_is_local),
        cmocka_unit_test(links_cut_everywhere),
    };
    return RUN(tests);
}
