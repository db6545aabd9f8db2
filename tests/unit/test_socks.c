/* SPDX-License-Identifier: MIT */
/*
 * The table of sockets: joined over passes, merged, filtered, in order; and the sorting below it.
 */
#include <sys/socket.h>

#include "../check.h"
#include "../failmem.h"
#include "base/sort.h"
#include "listen/filter.h"
#include "listen/table.h"

/* ---- sorting ------------------------------------------------------------------------------ */

typedef struct wide {
    uint32_t key;
    uint8_t rest[100]; /* more than is swapped at once */
} wide;

static int by_key(const void *a, const void *b, const void *with)
{
    uint32_t x = ((const wide *)a)->key, y = ((const wide *)b)->key;
    assert_ptr_equal(with, by_key);
    return x < y ? -1 : x > y;
}

static int by_number(const void *a, const void *b, const void *with)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    assert_null(with);
    return x < y ? -1 : x > y;
}

static void sorts(void **state)
{
    (void)state;
    enum { MOST = 200 };
    static wide all[MOST];
    static uint32_t small[MOST];
    uint32_t seed = 1;
    for (size_t n = 0; n <= MOST; n += n < 10 ? 1 : 19)
        for (int kind = 0; kind < 4; kind++) {
            for (size_t i = 0; i < n; i++) {
                seed = seed * 1664525u + 1013904223u;
                all[i].key = kind == 0 ? seed : kind == 1 ? (uint32_t)i
                             : kind == 2 ? 7              : (uint32_t)(n - i);
                memset(all[i].rest, (int)(all[i].key & 0xff), sizeof all[i].rest);
            }
            npi_sort(all, n, sizeof *all, by_key, by_key);
            for (size_t i = 0; i < n; i++) {
                assert_true(i == 0 || all[i - 1].key <= all[i].key);
                assert_int_equal(all[i].rest[99], all[i].key & 0xff);
            }
            for (size_t i = 0; i < n; i++)
                small[i] = (uint32_t)(n - i) * 2654435761u;
            npi_sort(small, n, sizeof *small, by_number, NULL);
            for (size_t i = 1; i < n; i++)
                assert_true(small[i - 1] <= small[i]);
            wide key = {.key = n ? all[n / 2].key : 0};
            size_t at = npi_lower_bound(&key, all, n, sizeof *all, by_key, by_key);
            assert_true(at <= n && (at == n || all[at].key >= key.key));
            assert_true(at == 0 || all[at - 1].key < key.key);
        }
}

static void room(void **state)
{
    (void)state;
    failmem f = {.fail_at = 3};
    npi_mem mem = failmem_allocator(&f);
    uint64_t *array = NULL;
    size_t have = 0;
    assert_true(npi_make_room(&mem, &array, 0, &have, sizeof *array));
    assert_int_equal(have, 16);
    array[15] = 4711;
    assert_true(npi_make_room(&mem, &array, 15, &have, sizeof *array));
    assert_int_equal(have, 16);
    assert_true(npi_make_room(&mem, &array, 16, &have, sizeof *array));
    assert_int_equal(have, 32);
    assert_int_equal(array[15], 4711);
    assert_false(npi_make_room(&mem, &array, 32, &have, sizeof *array));
    assert_int_equal(have, 32);
    assert_int_equal(array[15], 4711);
    npi_free(&mem, array);
    assert_int_equal(f.live, 0);
}

/* ---- rows --------------------------------------------------------------------------------- */

typedef struct fixture {
    npi_mem mem;
    npi_socks s;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    f.mem = npi_mem_libc();
    npi_socks_init(&f.s, &f.mem);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    npi_socks_free(&f->s);
    return 0;
}

static npi_sock sock(uint8_t protocol, const char *addr, uint16_t port, uint64_t cookie)
{
    npi_sock s = {.protocol = protocol, .cookie = cookie, .inode = (uint32_t)cookie,
                  .state = NPI_LISTEN, .v6only_known = true};
    assert_true(npi_addr_parse(addr, &s.local));
    s.local.port = port;
    s.peer.family = s.local.family;
    if (protocol == NP_PROTOCOL_UDP)
        s.state = NPI_CLOSE;
    return s;
}

static void add_in(fixture *f, npi_sock s, unsigned pass)
{
    npi_diag_answer a = {.sock = s};
    assert_true(npi_socks_add(&f->s, &a, pass));
}

static void add(fixture *f, npi_sock s)
{
    add_in(f, s, 1);
}

/* The first dump has missed one: a third is due, and all are there. */
static void join_over_passes(void **state)
{
    fixture *f = *state;
    for (uint8_t pass = 1; pass <= 3; pass++) {
        for (uint64_t cookie = 1; cookie <= 1000; cookie++) {
            npi_sock s = sock(NP_PROTOCOL_TCP, "192.0.2.1", 80, cookie);
            s.queue = pass;
            if (pass > 1 || cookie != 3)
                add_in(f, s, pass);
        }
        if (pass > 1)
            assert_false(npi_socks_agree(&f->s, pass));
    }
    assert_int_equal(f->s.count, 1000);
    for (size_t i = 0; i < f->s.count; i++)
        assert_int_equal(f->s.rows[i].queue, 3); /* the figures that came last */
}

static void passes_agree(void **state)
{
    fixture *f = *state;
    npi_sock a = sock(NP_PROTOCOL_TCP, "192.0.2.1", 80, 1);
    add(f, a);
    add(f, a); /* twice in one dump, as a walk that is resumed may tell */
    add_in(f, a, 2);
    assert_true(npi_socks_agree(&f->s, 2));
    add_in(f, sock(NP_PROTOCOL_TCP, "192.0.2.1", 81, 2), 2);
    assert_false(npi_socks_agree(&f->s, 2));
    assert_int_equal(f->s.count, 2);
    npi_socks_forget(&f->s);
    assert_int_equal(f->s.count, 0);
    add(f, a);
    npi_socks_begin(&f->s);
    add(f, a); /* of another table: not the same socket */
    assert_int_equal(f->s.count, 2);
    assert_false(npi_socks_agree(&f->s, 2));
}

static void autobound_marks_its_socket(void **state)
{
    fixture *f = *state;
    npi_sock server = sock(NP_PROTOCOL_UDP, "0.0.0.0", 53, 1);
    npi_sock client = sock(NP_PROTOCOL_UDP, "0.0.0.0", 40000, 2);
    add(f, server);
    add(f, client);
    client.autobound = true;
    add(f, client);
    client.autobound = false;
    add(f, client);
    assert_int_equal(f->s.count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(npi_sock_state(&f->s.rows[i]),
                         f->s.rows[i].cookie == 2 ? NP_SOCKET_CLIENT : NP_SOCKET_LISTENING);
}

/* Rows of /proc/net have no cookie: they are one socket when all that is known is the same. */
static void join_without_cookies(void **state)
{
    fixture *f = *state;
    npi_sock a = sock(NP_PROTOCOL_TCP, "192.0.2.1", 80, 0), b = a;
    a.inode = b.inode = 7;
    add(f, a);
    add(f, b);
    b.inode = 8;
    add(f, b);
    assert_int_equal(f->s.count, 2);
}

static void mptcp_once(void **state)
{
    fixture *f = *state;
    add(f, sock(NP_PROTOCOL_TCP, "0.0.0.0", 80, 1));
    add(f, sock(NP_PROTOCOL_TCP, "0.0.0.0", 81, 2));
    npi_sock m = sock(NP_PROTOCOL_MPTCP, "0.0.0.0", 80, 9);
    m.inode = 1;
    add(f, m);
    npi_socks_merge_mptcp(&f->s);
    assert_true(npi_socks_order(&f->s));
    assert_int_equal(f->s.count, 2);
    assert_int_equal(f->s.rows[0].protocol, NP_PROTOCOL_TCP);
    assert_int_equal(f->s.rows[0].local.port, 81);
    assert_int_equal(f->s.rows[1].protocol, NP_PROTOCOL_MPTCP);
}

static size_t passing(fixture *f, npi_sock_filter filter)
{
    size_t before = f->s.count;
    npi_socks_filter(&f->s, &filter);
    size_t kept = f->s.count;
    f->s.count = before; /* rows were moved, none is lost that this test needs */
    return kept;
}

static void filters(void **state)
{
    fixture *f = *state;
    npi_sock dual = sock(NP_PROTOCOL_TCP, "::", 443, 1);
    npi_sock_filter v4 = {.family = 4, .uid = -1}, v6 = {.family = 6, .uid = -1};
    npi_sock_filter port = {.uid = -1, .ports = {{80, 89}, {443, 443}}, .port_count = 2};
    npi_sock_filter uid = {.uid = 0};
    add(f, dual);
    assert_int_equal(passing(f, v4), 1);
    assert_int_equal(passing(f, v6), 1);
    assert_int_equal(passing(f, port), 1);
    assert_int_equal(passing(f, uid), 1);
    f->s.rows[0].v6only = true;
    assert_int_equal(passing(f, v4), 0);
    f->s.rows[0].uid = 33;
    assert_int_equal(passing(f, uid), 0);
    f->s.rows[0].local.port = 90;
    assert_int_equal(passing(f, port), 0);
    f->s.rows[0].peer.port = 85;
    assert_int_equal(passing(f, port), 1);
}

static void states(void **state)
{
    fixture *f = *state;
    static const struct {
        uint8_t protocol, raw;
        np_socket_state state;
    } all[] = {{NP_PROTOCOL_TCP, 1, NP_SOCKET_ESTABLISHED},
               {NP_PROTOCOL_TCP, 10, NP_SOCKET_LISTENING},
               {NP_PROTOCOL_TCP, 7, NP_SOCKET_BOUND},
               {NP_PROTOCOL_TCP, 13, NP_SOCKET_BOUND},
               {NP_PROTOCOL_TCP, 6, NP_SOCKET_TIME_WAIT},
               {NP_PROTOCOL_TCP, 12, NP_SOCKET_SYN_RECEIVED},
               {NP_PROTOCOL_UDP, 7, NP_SOCKET_LISTENING},
               {NP_PROTOCOL_UDP, 1, NP_SOCKET_ESTABLISHED},
               {NP_PROTOCOL_TCP, 99, NP_SOCKET_UNKNOWN}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        npi_sock s = sock(all[i].protocol, "192.0.2.1", 80, 1);
        s.state = all[i].raw;
        assert_int_equal(npi_sock_state(&s), all[i].state);
    }
    npi_sock unbound = sock(NP_PROTOCOL_UDP, "0.0.0.0", 0, 1);
    assert_int_equal(npi_sock_state(&unbound), NP_SOCKET_CLOSED);
    npi_sock_filter clients = {.uid = -1, .state = NPI_FILTER_CLIENTS};
    npi_sock client = sock(NP_PROTOCOL_UDP, "0.0.0.0", 4000, 1);
    client.autobound = true;
    add(f, client);
    assert_int_equal(passing(f, clients), 1);
    assert_int_equal(passing(f, (npi_sock_filter){.uid = -1, .state = NPI_FILTER_UNCONNECTED}), 1);
    assert_int_equal(passing(f, (npi_sock_filter){.uid = -1, .state = NPI_FILTER_BOUND}), 0);
    assert_int_equal(passing(f, (npi_sock_filter){.uid = -1, .state = NPI_FILTER_CONNECTED}), 0);
    assert_int_equal(npi_socks_filter(&f->s, &(npi_sock_filter){.uid = -1}), 1); /* counted */
}

static void scopes_and_reach(void **state)
{
    (void)state;
    static const struct {
        const char *addr;
        bool v6only;
        np_scope scope;
        bool ipv4, ipv6;
    } all[] = {{"0.0.0.0", false, NP_SCOPE_ALL, true, false},
               {"127.8.8.8", false, NP_SCOPE_LOOPBACK, true, false},
               {"192.0.2.1", false, NP_SCOPE_ADDRESS, true, false},
               {"::", false, NP_SCOPE_ALL, true, true},
               {"::", true, NP_SCOPE_ALL, false, true},
               {"::1", false, NP_SCOPE_LOOPBACK, false, true},
               {"2001:db8::1", false, NP_SCOPE_ADDRESS, false, true},
               {"::ffff:192.0.2.1", false, NP_SCOPE_ADDRESS, true, false},
               {"::ffff:127.0.0.1", false, NP_SCOPE_LOOPBACK, true, false},
               {"::ffff:0.0.0.0", false, NP_SCOPE_ALL, true, false}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        npi_sock s = sock(NP_PROTOCOL_TCP, all[i].addr, 80, 1);
        bool ipv4, ipv6;
        s.v6only = all[i].v6only;
        npi_sock_reach(&s, &ipv4, &ipv6);
        assert_int_equal(npi_sock_scope(&s), all[i].scope);
        assert_int_equal(ipv4, all[i].ipv4);
        assert_int_equal(ipv6, all[i].ipv6);
    }
}

static void order(void **state)
{
    fixture *f = *state;
    add(f, sock(NP_PROTOCOL_UDP, "0.0.0.0", 53, 1));
    add(f, sock(NP_PROTOCOL_TCP, "::", 80, 2));
    add(f, sock(NP_PROTOCOL_TCP, "192.0.2.9", 80, 3));
    add(f, sock(NP_PROTOCOL_TCP, "192.0.2.1", 80, 5));
    add(f, sock(NP_PROTOCOL_TCP, "192.0.2.1", 80, 4));
    add(f, sock(NP_PROTOCOL_TCP, "0.0.0.0", 22, 6));
    assert_true(npi_socks_order(&f->s));
    static const uint64_t cookies[] = {6, 4, 5, 3, 2, 1};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(f->s.rows[i].cookie, cookies[i]);
}

static void names_of_unix_sockets(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *name;
        size_t len;
        const char *path;
    } all[] = {{"/run/a", 6, "/run/a"}, {"\0np\0mid", 7, "@np\\x00mid"},
               {"/tmp/\x1b[2J\n", 10, "/tmp/\\x1b[2J\\x0a"}};
    for (size_t i = 0; i < 3; i++) {
        npi_diag_answer a = {.sock = {.protocol = NP_PROTOCOL_UNIX, .type = SOCK_STREAM,
                                      .state = NPI_LISTEN, .cookie = i + 1},
                             .name = all[i].name, .name_len = all[i].len};
        assert_true(npi_socks_add(&f->s, &a, 1));
    }
    assert_true(npi_socks_write_paths(&f->s));
    for (size_t i = 0; i < 3; i++) {
        const npi_sock *s = &f->s.rows[i];
        assert_memory_equal(f->s.names.data + s->name, all[i].name, s->name_len);
        assert_string_equal(f->s.paths.data + s->path, all[i].path);
    }
}

/* A connection that the first dump met while it was being made has figures in the second. */
static void figures_that_come_later(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    npi_socks s;
    npi_socks_init(&s, &mem);
    npi_diag_answer a = {.sock = sock(NP_PROTOCOL_TCP, "192.0.2.1", 80, 7)};
    assert_true(npi_socks_add(&s, &a, 1));
    a.has_info = true;
    for (uint32_t window = 10; window <= 20; window += 10) {
        a.info.congestion_window = window;
        assert_true(npi_socks_add(&s, &a, 2));
        assert_int_equal(s.count, 1);
        assert_int_equal(s.rows[0].info, 1);
        assert_int_equal(s.infos[0].congestion_window, window);
    }
    npi_socks_free(&s);
}

static void out_of_memory(void **state)
{
    (void)state;
    for (unsigned long n = 1; n < 24; n++) {
        failmem f = {.fail_at = n, .sticky = true};
        npi_mem mem = failmem_allocator(&f);
        npi_socks s;
        bool ok = true;
        npi_socks_init(&s, &mem);
        for (uint64_t i = 0; ok && i < 100; i++) {
            npi_diag_answer a = {.sock = sock(NP_PROTOCOL_TCP, "192.0.2.1", 80, i + 1),
                                 .has_info = true, .name = "a name of some length", .name_len = 21};
            ok = npi_socks_add(&s, &a, 1);
        }
        ok = ok && npi_socks_write_paths(&s) && npi_socks_order(&s);
        assert_int_equal(ok, f.failed == 0);
        npi_socks_free(&s);
        assert_int_equal(f.live, 0);
    }
}

/* ---- words of filters --------------------------------------------------------------------- */

static void lists(void **state)
{
    (void)state;
    unsigned protocols;
    npi_ports ports[NPI_PORTS];
    size_t count;
    npi_text wrong;
    assert_true(npi_filter_protocols("tcp,udp", &protocols, &wrong));
    assert_int_equal(protocols, 1u << NP_PROTOCOL_TCP | 1u << NP_PROTOCOL_UDP);
    assert_false(npi_filter_protocols("tcp,upd", &protocols, &wrong));
    assert_memory_equal(wrong.at, "upd", wrong.len);
    assert_false(npi_filter_protocols("", &protocols, &wrong));
    assert_true(npi_filter_ports("22,8000-8010,65535", ports, &count, &wrong));
    assert_int_equal(count, 3);
    assert_int_equal(ports[1].first, 8000);
    assert_int_equal(ports[1].last, 8010);
    static const char *const bad[] = {"",   "65536", "x",    "8010-8000",
                                      "-1", "1-",    "1--2", "1,,2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(npi_filter_ports(bad[i], ports, &count, &wrong));
    assert_true(npi_filter_match("sshd,nginx", "nginx.service"));
    assert_true(npi_filter_match("x", "xyz"));
    assert_false(npi_filter_match("sshd,nginx", "ngin"));
    assert_false(npi_filter_match(",", "anything"));
    assert_false(npi_filter_match("a", ""));
}

#define ROWS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts),
        cmocka_unit_test(room),
        ROWS(join_over_passes),
        ROWS(passes_agree),
        ROWS(autobound_marks_its_socket),
        ROWS(join_without_cookies),
        ROWS(mptcp_once),
        ROWS(filters),
        ROWS(states),
        cmocka_unit_test(scopes_and_reach),
        ROWS(order),
        ROWS(names_of_unix_sockets),
        cmocka_unit_test(figures_that_come_later),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(lists),
    };
    return RUN(tests);
}
