/* SPDX-License-Identifier: MIT */
/*
 * Real sockets of every kind, each named after the trap that it is: what the listing says of them
 * is compared with what was made. Run in a private namespace that test_listeners.sh has set up:
 * 192.0.2.1 and fe80::1 on v0, 198.51.100.0/24 local without an interface.
 */
#include <linux/if_ether.h>

#include "listeners.h"

enum { UDPLITE = 136, MPTCP = 262, SCTP = 132, FREEBIND = 15 };

static void dual_stack(void **state)
{
    (void)state;
    int fd = server(SOCK_STREAM, 0, "::", 2001);
    LOOK("protocols", "tcp");
    np_listener n = row(fd);
    assert_int_equal(n.family, 6);
    assert_int_equal(n.port, 2001);
    assert_int_equal(n.v6only, 0);
    assert_true(n.ipv4 && n.ipv6);
    assert_int_equal(n.scope, NP_SCOPE_ALL);
    assert_int_equal(n.state, NP_SOCKET_LISTENING);
    assert_int_equal(n.queue_limit, 7);
    close(fd);
}

static void v6only_beside_ipv4(void **state)
{
    (void)state;
    int six = make(AF_INET6, SOCK_STREAM, 0), four = server(SOCK_STREAM, 0, "0.0.0.0", 2002);
    set(six, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    assert_int_equal(try_bind(six, "::", 2002, 0), 0);
    assert_int_equal(listen(six, 1), 0);
    LOOK("port", "2002");
    np_listener a = row(six), b = row(four);
    assert_int_equal(np_listeners_count(view), 2);
    assert_true(a.v6only == 1 && a.ipv6 && !a.ipv4);
    assert_true(b.v6only == -1 && b.ipv4 && !b.ipv6);
    close(six);
    close(four);
}

static void v4_mapped(void **state)
{
    (void)state;
    int fd = server(SOCK_STREAM, 0, "::ffff:192.0.2.1", 2016);
    LOOK("port", "2016");
    np_listener n = row(fd);
    assert_int_equal(n.family, 6);
    assert_true(n.ipv4 && !n.ipv6);
    assert_string_equal(n.addr, "::ffff:192.0.2.1");
    assert_int_equal(n.dormant, 0);
    LOOK("port", "2016", "family", "6");
    assert_int_equal(np_listeners_count(view), 0);
    close(fd);
}

static void bound_to_device(void **state)
{
    (void)state;
    int fd = make(AF_INET, SOCK_STREAM, 0);
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "v0", 3) < 0) {
        close(fd);
        skip();
    }
    assert_int_equal(try_bind(fd, "0.0.0.0", 2030, 0), 0);
    assert_int_equal(listen(fd, 1), 0);
    LOOK("port", "2030");
    assert_string_equal(row(fd).interface, "v0");
    assert_int_equal(row(fd).scope, NP_SCOPE_ALL);
    close(fd);
}

static void link_local(void **state)
{
    (void)state;
    char wanted[64];
    int fd = make(AF_INET6, SOCK_STREAM, 0);
    unsigned index = if_nametoindex("v0");
    assert_int_equal(try_bind(fd, "fe80::1", 2034, index), 0);
    assert_int_equal(listen(fd, 1), 0);
    LOOK("port", "2034");
    snprintf(wanted, sizeof wanted, "fe80::1%%%u", index);
    assert_string_equal(row(fd).addr, wanted);
    assert_string_equal(row(fd).interface, "v0");
    assert_int_equal(row(fd).scope, NP_SCOPE_ADDRESS);
    close(fd);
}

static void freebind_is_dormant(void **state)
{
    (void)state;
    int foreign = make(AF_INET, SOCK_STREAM, 0), again = make(AF_INET, SOCK_STREAM, 0);
    int fds[] = {foreign, again};
    for (int i = 0; i < 2; i++) {
        set(fds[i], SOL_IP, FREEBIND, 1);
        assert_int_equal(try_bind(fds[i], "203.0.113.9", (uint16_t)(2031 + i), 0), 0);
        assert_int_equal(listen(fds[i], 1), 0);
    }
    int own = server(SOCK_STREAM, 0, "192.0.2.1", 2033);
    LOOK("port", "2031-2033");
    assert_int_equal(row(foreign).dormant, 1);
    assert_int_equal(row(again).dormant, 1);
    assert_int_equal(row(own).dormant, 0);
    close(foreign);
    close(again);
    close(own);
}

/* No interface has the address, and still the routing table calls it this host's. */
/* No interface has these, and yet datagrams arrive. */
static void groups_and_broadcast_are_not_dormant(void **state)
{
    (void)state;
    static const char *const all[] = {"255.255.255.255", "224.0.0.251", "::ffff:224.0.0.251",
                                      "ff02::fb"};
    for (int i = 0; i < 4; i++) {
        int fd = make(strchr(all[i], ':') ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
        assert_int_equal(try_bind(fd, all[i], 2021, if_nametoindex("v0")), 0);
        LOOK("port", "2021", "owners", "none");
        assert_int_equal(row(fd).scope, NP_SCOPE_ADDRESS);
        assert_int_equal(row(fd).dormant, 0);
        close(fd);
    }
}

/* Between two that are listed as dormant stands one that does not listen. */
static void dormant_beside_what_does_not_listen(void **state)
{
    (void)state;
    int fds[3];
    for (int i = 0; i < 3; i++) {
        fds[i] = make(AF_INET, SOCK_STREAM, 0);
        set(fds[i], SOL_IP, FREEBIND, 1);
        assert_int_equal(try_bind(fds[i], "203.0.113.9", (uint16_t)(2022 + i), 0), 0);
        if (i != 1)
            assert_int_equal(listen(fds[i], 1), 0);
    }
    LOOK("protocols", "tcp", "state", "all", "port", "2022-2024", "owners", "none");
    assert_int_equal(row(fds[0]).dormant, 1);
    assert_int_equal(row(fds[2]).dormant, 1);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
}

static void anyip_is_not_dormant(void **state)
{
    (void)state;
    int fd = server(SOCK_STREAM, 0, "198.51.100.77", 2035);
    LOOK("port", "2035");
    assert_int_equal(row(fd).dormant, 0);
    close(fd);
}

/* Linux 6.8 and later list it. */
static void bound_not_listening(void **state)
{
    (void)state;
    int fd = make(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(try_bind(fd, "127.0.0.1", 2032, 0), 0);
    LOOK("port", "2032");
    assert_int_equal(np_listeners_count(view), 0);
    LOOK("port", "2032", "state", "bound");
    if (np_listeners_count(view) == 0) {
        close(fd);
        skip();
    }
    assert_int_equal(row(fd).state, NP_SOCKET_BOUND);
    close(fd);
}

/* Three wait, seven may; then one more than may: full. Nobody's descriptor belongs to those. */
static void accept_queue(void **state)
{
    (void)state;
    int fd = make(AF_INET, SOCK_STREAM, 0), clients[4];
    assert_int_equal(try_bind(fd, "127.0.0.1", 2040, 0), 0);
    assert_int_equal(listen(fd, 2), 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(2040),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 0; i < 3; i++) {
        clients[i] = make(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(clients[i], (void *)&to, sizeof to), 0);
        LOOK("port", "2040", "owners", "none");
        assert_int_equal(row(fd).queue, i + 1);
        assert_int_equal(row(fd).queue_limit, 2);
        assert_int_equal(row(fd).queue_full, i == 2);
    }
    LOOK("port", "2040", "state", "connected", "owners", "all");
    int waiting = 0;
    for (int i = 0; i < np_listeners_count(view); i++) {
        np_listener n;
        np_listeners_get(view, i, &n, sizeof n);
        waiting += n.inode == 0 && n.owner_count == 0;
    }
    assert_int_equal(waiting, 3);
    for (int i = 0; i < 3; i++)
        close(clients[i]);
    close(fd);
}

static void udp_servers_and_clients(void **state)
{
    (void)state;
    int listening = server(SOCK_DGRAM, 0, "0.0.0.0", 2050);
    int idle = server(SOCK_DGRAM, 0, "0.0.0.0", 0), unbound = make(AF_INET, SOCK_DGRAM, 0);
    int connected = make(AF_INET, SOCK_DGRAM, 0), sending = make(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(2050),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(connected, (void *)&to, sizeof to), 0);
    assert_int_equal(sendto(sending, "x", 1, 0, (void *)&to, sizeof to), 1);
    np_listeners_info info;
    LOOK("protocols", "udp");
    assert_int_equal(row(listening).state, NP_SOCKET_LISTENING);
    assert_true(row(listening).queue > 0); /* octets that wait */
    assert_false(is_listed(idle) || is_listed(unbound) || is_listed(connected) ||
                 is_listed(sending));
    np_listeners_get_info(view, &info, sizeof info);
    assert_int_equal(info.clients, 2);
    LOOK("protocols", "udp", "state", "clients");
    assert_int_equal(row(idle).state, NP_SOCKET_CLIENT);
    assert_int_equal(row(sending).state, NP_SOCKET_CLIENT);
    LOOK("protocols", "udp", "state", "connected");
    assert_int_equal(row(connected).state, NP_SOCKET_ESTABLISHED);
    assert_int_equal(row(connected).peer_port, 2050);
    LOOK("protocols", "udp", "state", "unconnected");
    assert_true(is_listed(listening) && is_listed(idle) && !is_listed(connected));
    int all[] = {listening, idle, unbound, connected, sending};
    for (int i = 0; i < 5; i++)
        close(all[i]);
}

static void multicast_is_a_server(void **state)
{
    (void)state;
    int fd = make(AF_INET, SOCK_DGRAM, 0);
    struct ip_mreqn join = {.imr_ifindex = (int)if_nametoindex("v0")};
    inet_pton(AF_INET, "239.1.2.3", &join.imr_multiaddr);
    assert_int_equal(try_bind(fd, "239.1.2.3", 2051, 0), 0);
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join), 0);
    LOOK("port", "2051");
    assert_string_equal(row(fd).addr, "239.1.2.3");
    assert_int_equal(row(fd).state, NP_SOCKET_LISTENING);
    assert_int_equal(row(fd).dormant, 0);
    close(fd);
}

static void raw_and_ping(void **state)
{
    (void)state;
    int ping = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP);
    if (ping >= 0) {
        assert_int_equal(try_bind(ping, "127.0.0.1", 77, 0), 0);
        LOOK("protocols", "ping");
        assert_int_equal(row(ping).protocol, NP_PROTOCOL_PING);
        assert_int_equal(row(ping).port, 77);
        close(ping);
    }
    int raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
    if (raw < 0)
        skip();
    LOOK("protocols", "raw");
    assert_int_equal(row(raw).protocol, NP_PROTOCOL_RAW);
    assert_int_equal(row(raw).port, IPPROTO_ICMP);
    close(raw);
}

static void udplite(void **state)
{
    (void)state;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, UDPLITE);
    if (fd < 0)
        skip();
    assert_int_equal(try_bind(fd, "127.0.0.1", 2022, 0), 0);
    LOOK("protocols", "udplite");
    assert_int_equal(row(fd).protocol, NP_PROTOCOL_UDPLITE);
    assert_int_equal(row(fd).state, NP_SOCKET_LISTENING);
    close(fd);
}

static void mptcp_once(void **state)
{
    (void)state;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, MPTCP);
    if (fd < 0)
        skip();
    assert_int_equal(try_bind(fd, "127.0.0.1", 2023, 0), 0);
    assert_int_equal(listen(fd, 3), 0);
    LOOK("port", "2023");
    assert_int_equal(np_listeners_count(view), 1);
    assert_int_equal(row(fd).protocol, NP_PROTOCOL_MPTCP);
    assert_int_equal(row(fd).owner_count, 1);
    close(fd);
}

/* What this kernel cannot list is said, never silently nothing. */
static void sctp_or_a_gap(void **state)
{
    (void)state;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, SCTP);
    if (fd < 0) {
        LOOK("protocols", "tcp,sctp");
        assert_true(has_gap("sctp"));
        return;
    }
    assert_int_equal(try_bind(fd, "127.0.0.1", 2024, 0), 0);
    assert_int_equal(listen(fd, 3), 0);
    LOOK("protocols", "sctp");
    assert_int_equal(row(fd).port, 2024);
    close(fd);
}

static int unix_socket(int type, const char *name, size_t len)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = make(AF_UNIX, type, 0);
    memcpy(a.sun_path, name, len);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    assert_int_equal(bind(fd, (void *)&a, size), 0);
    if (type != SOCK_DGRAM)
        assert_int_equal(listen(fd, 5), 0);
    return fd;
}

static void unix_names(void **state)
{
    (void)state;
    static const char odd[] = "np odd \n\x1b[2J";
    int abstract = unix_socket(SOCK_STREAM, "\0np\0mid\0", 8);
    int hostile = unix_socket(SOCK_SEQPACKET, odd, sizeof odd);
    int datagrams = unix_socket(SOCK_DGRAM, "\0np-datagrams", 13);
    LOOK("protocols", "unix", "owners", "all");
    np_listener n = row(abstract);
    assert_int_equal(n.name_len, 8);
    assert_memory_equal(n.name, "\0np\0mid\0", 8);
    assert_string_equal(n.path, "@np\\x00mid\\x00");
    assert_int_equal(n.queue_limit, 5);
    assert_int_equal(n.unlinked, -1);
    n = row(hostile);
    assert_int_equal(n.name_len, sizeof odd - 1);
    assert_string_equal(n.path, "np odd \\x0a\\x1b[2J");
    assert_int_equal(n.socket_type, SOCK_SEQPACKET);
    n = row(datagrams);
    assert_int_equal(n.socket_type, SOCK_DGRAM);
    assert_int_equal(n.state, NP_SOCKET_LISTENING);
    unlink(odd);
    close(abstract);
    close(hostile);
    close(datagrams);
}

static void unix_file_gone_or_replaced(void **state)
{
    (void)state;
    char there[] = "/tmp/np-XXXXXX", gone[64], replaced[64];
    assert_non_null(mkdtemp(there));
    snprintf(gone, sizeof gone, "%s/gone", there);
    snprintf(replaced, sizeof replaced, "%s/replaced", there);
    int a = unix_socket(SOCK_STREAM, gone, strlen(gone));
    int b = unix_socket(SOCK_STREAM, replaced, strlen(replaced));
    unlink(replaced);
    int c = unix_socket(SOCK_STREAM, replaced, strlen(replaced));
    LOOK("protocols", "unix", "owners", "all");
    assert_int_equal(row(a).unlinked, 0);
    assert_int_equal(row(b).unlinked, 1);
    assert_int_equal(row(c).unlinked, 0);
    unlink(gone);
    LOOK("protocols", "unix", "owners", "all");
    assert_int_equal(row(a).unlinked, 1);
    unlink(replaced);
    rmdir(there);
    close(a);
    close(b);
    close(c);
}

static void connections_with_tcp_info(void **state)
{
    (void)state;
    int fd = server(SOCK_STREAM, 0, "127.0.0.1", 2060), out = make(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(2060),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char octets[1000] = {0};
    assert_int_equal(connect(out, (void *)&to, sizeof to), 0);
    int in = accept(fd, NULL, NULL);
    assert_int_equal(send(in, octets, sizeof octets, 0), (int)sizeof octets);
    assert_int_equal(recv(out, octets, sizeof octets, MSG_WAITALL), (int)sizeof octets);
    LOOK("port", "2060", "state", "all");
    np_listener n = row(out);
    assert_int_equal(n.state, NP_SOCKET_ESTABLISHED);
    assert_int_equal(n.peer_port, 2060);
    assert_true(n.rtt_ns > 0 && n.congestion_window > 0);
    assert_int_equal(n.received_octets, sizeof octets);
    assert_int_equal(row(fd).rtt_ns, -1);
    LOOK("port", "2060", "state", "connected");
    assert_false(is_listed(fd));
    close(in);
    close(out);
    close(fd);
}

static void filters(void **state)
{
    (void)state;
    char pid[32], uid[32];
    int a = server(SOCK_STREAM, 0, "127.0.0.1", 2070), b = server(SOCK_DGRAM, 0, "::1", 2071);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    snprintf(uid, sizeof uid, "%d", (int)getuid());
    LOOK("port", "2070-2071", "protocols", "tcp");
    assert_true(is_listed(a) && !is_listed(b));
    LOOK("port", "2070,2071", "family", "6");
    assert_true(!is_listed(a) && is_listed(b));
    LOOK("pid", pid, "port", "2070-2071");
    assert_true(is_listed(a) && is_listed(b));
    LOOK("pid", "1", "port", "2070-2071");
    assert_int_equal(np_listeners_count(view), 0);
    LOOK("uid", uid, "port", "2070");
    assert_true(is_listed(a));
    LOOK("uid", "4242", "port", "2070");
    assert_int_equal(np_listeners_count(view), 0);
    close(a);
    close(b);
}

static void interfaces(void **state)
{
    (void)state;
    bool loopback = false, address = false;
    LOOK("protocols", "tcp", "owners", "none");
    int last = 0;
    for (int i = 0; i < np_listeners_interface_count(view); i++) {
        np_interface n;
        assert_int_equal(np_listeners_get_interface(view, i, &n, sizeof n), NP_OK);
        assert_true(n.index >= last);
        last = n.index;
        loopback |= strcmp(n.name, "lo") == 0 && strcmp(n.addr, "127.0.0.1") == 0 && n.loopback &&
                    n.prefix_len == 8 && n.up;
        address |= strcmp(n.name, "v0") == 0 && strcmp(n.addr, "192.0.2.1") == 0 && !n.loopback;
    }
    assert_true(loopback && address);
    np_interface beyond;
    assert_int_equal(np_listeners_get_interface(view, 1000, &beyond, sizeof beyond), NP_ERR_RANGE);
    assert_int_equal(beyond.index, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dual_stack),
        cmocka_unit_test(v6only_beside_ipv4),
        cmocka_unit_test(v4_mapped),
        cmocka_unit_test(bound_to_device),
        cmocka_unit_test(link_local),
        cmocka_unit_test(freebind_is_dormant),
        cmocka_unit_test(groups_and_broadcast_are_not_dormant),
        cmocka_unit_test(dormant_beside_what_does_not_listen),
        cmocka_unit_test(anyip_is_not_dormant),
        cmocka_unit_test(bound_not_listening),
        cmocka_unit_test(accept_queue),
        cmocka_unit_test(udp_servers_and_clients),
        cmocka_unit_test(multicast_is_a_server),
        cmocka_unit_test(raw_and_ping),
        cmocka_unit_test(udplite),
        cmocka_unit_test(mptcp_once),
        cmocka_unit_test(sctp_or_a_gap),
        cmocka_unit_test(unix_names),
        cmocka_unit_test(unix_file_gone_or_replaced),
        cmocka_unit_test(connections_with_tcp_info),
        cmocka_unit_test(filters),
        cmocka_unit_test(interfaces),
    };
    ctx = np_context_new();
    int status = RUN(tests);
    np_listeners_free(view);
    np_context_free(ctx);
    return status;
}
