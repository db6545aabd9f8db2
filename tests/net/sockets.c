/* SPDX-License-Identifier: MIT */
/*
 * The real transport against the real kernel, in a namespace that sockets.sh has made: loopback
 * up, ICMP unlimited, ping sockets open.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "../check.h"
#include "core/clock.h"
#include "core/socket.h"
#include "probe/flow.h"

enum { CLOSED_PORT = 33434, LIVE_PORT = 33500 };

typedef struct fixture {
    npi_mem mem;
    npi_reactor r;
    npi_task task;
    npi_transport *t;
    npi_flow flow;
    uint64_t next;
} fixture;

static void idle(npi_task *task, const npi_now *now, int *budget)
{
    (void)task;
    (void)now;
    (void)budget;
}

static int open_as(fixture *f, npi_transport_kind kind, const char *target, uint16_t id)
{
    f->mem = npi_mem_libc();
    assert_int_equal(npi_reactor_open(&f->r, &npi_clock_linux), 0);
    npi_task_init(&f->task, idle);
    assert_true(npi_addr_parse(target, &f->flow.target));
    npi_egress egress = {0};
    npi_endpoint wanted = {.kind = kind, .family = f->flow.target.family, .id = id,
                           .egress = &egress};
    int err = npi_net_linux.ops->open(&npi_net_linux, &f->mem, &f->r, &f->task, &wanted, &f->t);
    f->flow.kind = kind;
    f->flow.target.port = kind == NPI_TRANSPORT_UDP ? CLOSED_PORT : 0;
    f->flow.id = id;
    npi_flow_size(&f->flow, 64);
    return err;
}

static void begin(fixture *f, npi_transport_kind kind, const char *target, uint16_t id)
{
    memset(f, 0, sizeof *f);
    assert_int_equal(open_as(f, kind, target, id), 0);
}

static void end(fixture *f)
{
    f->t->ops->close(f->t);
    npi_reactor_close(&f->r);
}

static int send_to(fixture *f, uint16_t port, int ttl)
{
    char octets[256];
    npi_now sent;
    npi_buf b = npi_buf_in(octets, sizeof octets);
    npi_flow_encode(&f->flow, f->next++, &b);
    npi_probe_out out = {.to = f->flow.target, .ttl = ttl, .data = octets, .len = b.len};
    out.to.port = port;
    return f->t->ops->send(f->t, &out, &sent);
}

/* Take in what has come within half a second of silence; returns how many matched the flow. */
static int collect(fixture *f, int *total)
{
    int matched = 0;
    npi_reply r;
    struct pollfd p = {f->r.epoll_fd, POLLIN, 0};
    while (poll(&p, 1, 500) > 0) {
        uint64_t low;
        unsigned bits;
        if (!f->t->ops->recv(f->t, &r))
            break;
        ++*total;
        matched += npi_flow_match(&f->flow, &r, &low, &bits) == NPI_MATCH_NUMBER;
    }
    return matched;
}

static int drain(fixture *f)
{
    int n = 0;
    npi_reply r;
    while (f->t->ops->recv(f->t, &r))
        n++;
    return n;
}

static void five_thousand_are_answered(void **state)
{
    (void)state;
    const char *const targets[] = {"127.0.0.1", "::1"};
    for (int i = 0; i < 2; i++) {
        fixture f;
        int answered = 0, total = 0;
        begin(&f, NPI_TRANSPORT_UDP, targets[i], 40001);
        for (int n = 0; n < 5000; n++) {
            /* Each probe but the first meets the pending error of the one before. */
            assert_int_equal(send_to(&f, CLOSED_PORT, 9), 0);
            if (n % 50 == 49)
                answered += drain(&f);
        }
        answered += collect(&f, &total);
        assert_int_equal(answered, 5000);
        assert_false(f.t->ops->overflowed(f.t));
        end(&f);
    }
}

/* The number that the next descriptor will have: how this test finds the transport's socket. */
static int next_descriptor(void)
{
    int fd = dup(0);
    close(fd);
    return fd;
}

/* Six hundred errors left unread in a buffer of the kernel's default size. */
static void what_overflows_is_known(void **state)
{
    (void)state;
    const char *const targets[] = {"127.0.0.1", "::1"};
    for (int i = 0; i < 2; i++) {
        fixture f = {0};
        int small = 106496; /* the kernel doubles it */
        f.mem = npi_mem_libc();
        assert_int_equal(npi_reactor_open(&f.r, &npi_clock_linux), 0);
        int fd = next_descriptor();
        npi_reactor_close(&f.r);
        assert_int_equal(open_as(&f, NPI_TRANSPORT_UDP, targets[i], 40002), 0);
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
        for (int n = 0; n < 600; n++)
            assert_int_equal(send_to(&f, CLOSED_PORT, 9), 0);
        int answered = drain(&f);
        assert_in_range(answered, 50, 599);
        assert_true(f.t->ops->overflowed(f.t));
        assert_false(f.t->ops->overflowed(f.t)); /* said once */
        for (int n = 0; n < 20; n++)
            assert_int_equal(send_to(&f, CLOSED_PORT, 9), 0);
        assert_int_equal(drain(&f), 20);
        assert_false(f.t->ops->overflowed(f.t));
        end(&f);
    }
}

/* Errors of probes to a closed port never cost a probe to a live one on the same socket. */
static void a_pending_error_costs_no_probe(void **state)
{
    (void)state;
    const char *const targets[] = {"127.0.0.1", "::1"};
    for (int i = 0; i < 2; i++) {
        fixture f;
        npi_addr live;
        struct sockaddr_storage ss;
        char octets[128];
        npi_addr_parse(targets[i], &live);
        live.port = LIVE_PORT;
        int server = npi_socket(live.family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
        socklen_t len = npi_addr_to_sockaddr(&live, &ss);
        assert_int_equal(bind(server, (struct sockaddr *)&ss, len), 0);
        begin(&f, NPI_TRANSPORT_UDP, targets[i], 40003);
        for (int n = 0; n < 500; n++) {
            assert_int_equal(send_to(&f, CLOSED_PORT, 9), 0);
            assert_int_equal(send_to(&f, LIVE_PORT, 9), 0);
            assert_true(recv(server, octets, sizeof octets, 0) > 0);
        }
        assert_int_equal(drain(&f), 500);
        end(&f);
        close(server);
    }
}

/* Echo: the kernel keeps the identifier that was bound, and stamps the reply. */
static void echo_by_datagram_socket(void **state)
{
    (void)state;
    const char *const targets[] = {"127.0.0.1", "::1"};
    for (int i = 0; i < 2; i++) {
        fixture f, other;
        npi_reply r;
        uint64_t low;
        unsigned bits;
        int total = 0;
        begin(&f, NPI_TRANSPORT_ICMP, targets[i], 4711);
        memset(&other, 0, sizeof other);
        assert_int_equal(open_as(&other, NPI_TRANSPORT_ICMP, targets[i], 4711), EADDRINUSE);
        npi_reactor_close(&other.r);
        assert_int_equal(send_to(&f, 0, 9), 0);
        struct pollfd p = {f.r.epoll_fd, POLLIN, 0};
        assert_int_equal(poll(&p, 1, 2000), 1);
        assert_true(f.t->ops->recv(f.t, &r));
        assert_int_equal(npi_flow_match(&f.flow, &r, &low, &bits), NPI_MATCH_NUMBER);
        assert_int_equal(low, 0);
        assert_true(r.stamped);
        assert_int_equal(r.reply_ttl, 64);
        assert_true(npi_addr_same(&r.local, &f.flow.target));
        for (int n = 0; n < 99; n++)
            assert_int_equal(send_to(&f, 0, 9), 0);
        assert_int_equal(collect(&f, &total), 99);
        end(&f);
    }
}

static void the_source_is_asked_of_the_kernel(void **state)
{
    (void)state;
    npi_addr to, from;
    npi_addr_parse("127.0.0.9", &to);
    assert_int_equal(npi_source_for(&to, NULL, &from), 0);
    npi_addr_parse("127.0.0.1", &to);
    assert_true(npi_addr_same(&from, &to));
    npi_addr_parse("192.0.2.1", &to);
    assert_int_equal(npi_source_for(&to, NULL, &from), ENETUNREACH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_thousand_are_answered),
        cmocka_unit_test(what_overflows_is_known),
        cmocka_unit_test(a_pending_error_costs_no_probe),
        cmocka_unit_test(echo_by_datagram_socket),
        cmocka_unit_test(the_source_is_asked_of_the_kernel),
    };
    return RUN(tests);
}
