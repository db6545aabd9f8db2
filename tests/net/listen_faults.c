/* SPDX-License-Identifier: MIT */
/*
 * A listing under faults: the system calls that it makes go through here (ld --wrap), and each
 * test lets some of them go wrong. Run on a loopback of its own by test_listen_faults.sh.
 */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

#include "../descriptors.h"
#include "../failmem.h"
#include "listeners.h"
#include "wrapped.h"

static void with(spoil *s, int how_often)
{
    spoiler = s;
    times = how_often;
}

static int heal(void **state)
{
    (void)state;
    spoiler = NULL;
    mute = false;
    mute_after = -1;
    spare = 0;
    fail_at = 0;
    return 0;
}

static uint64_t dumps(void)
{
    np_listeners_info i;
    np_listeners_get_info(view, &i, sizeof i);
    return i.dumps;
}

/* ---- answers of the kernel ----------------------------------------------------------------- */

static int fd;

static int set_up(void **state)
{
    (void)state;
    fd = server(SOCK_STREAM, 0, "127.0.0.1", 3001);
    return 0;
}

static int tear_down(void **state)
{
    close(fd);
    return heal(state);
}

static ssize_t interrupt(void *data, ssize_t n, size_t size, struct sockaddr_nl *from)
{
    (void)size, (void)from;
    ((struct nlmsghdr *)data)->nlmsg_flags |= NLM_F_DUMP_INTR;
    return n;
}

static void interrupted_once(void **state)
{
    (void)state;
    needs_netlink();
    LOOK("protocols", "tcp", "owners", "none");
    uint64_t usual = dumps();
    with(interrupt, 1);
    LOOK("protocols", "tcp", "owners", "none");
    assert_true(is_listed(fd));
    assert_int_equal(dumps(), usual + 1); /* begun again */
    assert_int_equal(np_listeners_gap_count(view), 0);
}

static void interrupted_always(void **state)
{
    (void)state;
    needs_netlink();
    with(interrupt, -1);
    LOOK("protocols", "tcp", "owners", "none");
    assert_true(is_listed(fd));
    assert_true(has_gap("kept changing"));
    assert_int_equal(np_listeners_gap_count(view), 1); /* said once */
}

/* "There is no such protocol", where readers that look for an error message see an empty list. */
static ssize_t absent(void *data, ssize_t n, size_t size, struct sockaddr_nl *from)
{
    struct nlmsghdr *h = data;
    int32_t error = -ENOENT;
    (void)size, (void)from;
    if (n < (ssize_t)(sizeof *h + sizeof error))
        return n;
    h->nlmsg_type = NLMSG_DONE;
    h->nlmsg_len = sizeof *h + sizeof error;
    memcpy(h + 1, &error, sizeof error);
    return h->nlmsg_len;
}

/* What a run could not see is told by each run, not by the first of an object only. */
static void told_by_every_run(void **state)
{
    (void)state;
    needs_netlink();
    spoil *const kinds[] = {interrupt, absent};
    static const char *const parts[] = {"kept changing", "rows are from /proc/net"};
    for (int i = 0; i < 2; i++) {
        with(kinds[i], -1);
        LOOK("protocols", "tcp", "owners", "none");
        int told = np_listeners_gap_count(view);
        for (int run = 0; run < 2; run++) {
            assert_true(has_gap(parts[i]));
            assert_int_equal(np_listeners_gap_count(view), told);
            assert_int_equal(np_listeners_run(view), NP_OK);
        }
    }
}

static void from_proc_instead(void)
{
    assert_int_equal(row(fd).from_proc, 1);
    assert_true(has_gap("tcp: sock_diag broke off, and /proc/net is read instead"));
}

static ssize_t no_buffers(void *data, ssize_t n, size_t size, struct sockaddr_nl *from)
{
    (void)data, (void)n, (void)size, (void)from;
    errno = ENOBUFS;
    return -1;
}

static void answers_lost(void **state)
{
    (void)state;
    needs_netlink();
    with(no_buffers, 1);
    LOOK("protocols", "tcp", "owners", "none");
    assert_true(is_listed(fd));
    assert_int_equal(np_listeners_gap_count(view), 0);
    with(no_buffers, -1);
    LOOK("protocols", "tcp", "owners", "none");
    from_proc_instead();
}

static ssize_t too_large(void *data, ssize_t n, size_t size, struct sockaddr_nl *from)
{
    (void)data, (void)n, (void)from;
    return (ssize_t)size + 1000;
}

static void truncated(void **state)
{
    (void)state;
    needs_netlink();
    with(too_large, 1);
    LOOK("protocols", "tcp", "owners", "none");
    assert_true(is_listed(fd));
    assert_int_equal(np_listeners_gap_count(view), 0);
    with(too_large, -1);
    LOOK("protocols", "tcp", "owners", "none");
    from_proc_instead();
}

static ssize_t break_off(void *data, ssize_t n, size_t size, struct sockaddr_nl *from)
{
    (void)data, (void)n, (void)size, (void)from;
    errno = EIO;
    return -1;
}

static void broken_off(void **state)
{
    (void)state;
    needs_netlink();
    with(break_off, -1);
    LOOK("protocols", "tcp", "owners", "none");
    from_proc_instead();
    assert_true(has_gap("interfaces and their addresses"));
    with(break_off, 1); /* IPv4 only: what was read of it is not shown twice */
    LOOK("protocols", "tcp", "owners", "none");
    from_proc_instead();
}

/* Where the question for clients is the one that fails, they are listed as servers, and told of. */
static void clients_not_told_apart(void **state)
{
    (void)state;
    needs_netlink();
    np_listener n;
    int told = 0, client = server(SOCK_DGRAM, 0, "127.0.0.1", 0);
    for (int before = 0; before < 8; before++) {
        spare = before;
        with(break_off, 1);
        LOOK("protocols", "udp", "family", "4", "owners", "none", "state", "unconnected");
        n = row(client);
        if (n.state != NP_SOCKET_CLIENT && !n.from_proc) {
            assert_true(has_gap("udp: clients cannot be told from servers"));
            told++;
        }
    }
    assert_true(told > 0);
    close(client);
}

/* The second pass cannot be asked for: what the first has told is not told again by /proc/net. */
static void second_pass_not_asked(void **state)
{
    (void)state;
    needs_netlink();
    LOOK("protocols", "tcp", "owners", "none");
    int usual = np_listeners_count(view);
    mute_after = 1;
    LOOK("protocols", "tcp", "owners", "none");
    assert_int_equal(np_listeners_count(view), usual);
    assert_int_equal(row(fd).from_proc, 1);
}

/* The kernel answers EBUSY while a dump of this socket is not at its end. */
static ssize_t busy(void *data, ssize_t n, size_t size, struct sockaddr_nl *from)
{
    struct nlmsghdr *h = data;
    int32_t error = -EBUSY;
    (void)size, (void)from;
    if (n < (ssize_t)(sizeof *h + sizeof error))
        return n;
    h->nlmsg_type = NLMSG_ERROR;
    h->nlmsg_len = sizeof *h + sizeof error;
    memcpy(h + 1, &error, sizeof error);
    return h->nlmsg_len;
}

static void busy_once(void **state)
{
    (void)state;
    needs_netlink();
    LOOK("protocols", "tcp", "owners", "none");
    uint64_t usual = dumps();
    with(busy, 1);
    LOOK("protocols", "tcp", "owners", "none");
    assert_int_equal(row(fd).from_proc, 0);
    assert_int_equal(dumps(), usual + 1);
    assert_int_equal(np_listeners_gap_count(view), 0);
    with(busy, -1);
    LOOK("protocols", "tcp", "owners", "none");
    from_proc_instead();
}

/* One that is lost in the middle of a long list: the rest of it is read away before the next. */
static void lost_in_the_middle(void **state)
{
    (void)state;
    needs_netlink();
    enum { MANY = 900 }; /* some 100 KiB */
    static int many[MANY];
    for (int i = 0; i < MANY; i++)
        many[i] = server(SOCK_STREAM, 0, "127.0.0.1", 0);
    for (int after = 0; after < 3; after++) {
        spare = after;
        with(no_buffers, 1);
        LOOK("protocols", "tcp", "owners", "none");
        assert_int_equal(times, 0);
        for (int i = 0; i < MANY; i++)
            assert_int_equal(row(many[i]).from_proc, 0);
        assert_int_equal(np_listeners_gap_count(view), 0);
    }
    spare = 0;
    for (int i = 0; i < MANY; i++)
        close(many[i]);
}

/*
 * Lists of interfaces and of addresses are asked for again as those of sockets are. RTM_NEWADDR is
 * the number of SOCK_DIAG_BY_FAMILY, too: there the second octet is a state, and no prefix.
 */
static bool of_interfaces(const struct nlmsghdr *h)
{
    const uint8_t *payload = (const void *)(h + 1);
    return h->nlmsg_type == RTM_NEWLINK ||
           (h->nlmsg_type == RTM_NEWADDR && payload[1] != TCP_LISTEN);
}

static spoil *on_interfaces;
static int left;

static ssize_t only_interfaces(void *data, ssize_t n, size_t size, struct sockaddr_nl *from)
{
    if (!of_interfaces(data) || left == 0)
        return n;
    left--;
    return on_interfaces(data, n, size, from);
}

static void interfaces_once_more(void **state)
{
    (void)state;
    needs_netlink();
    LOOK("protocols", "tcp", "owners", "none");
    int usual = np_listeners_interface_count(view);
    assert_true(usual > 0);
    spoil *const kinds[] = {interrupt, no_buffers, too_large, busy, break_off};
    for (int i = 0; i < 5; i++) {
        on_interfaces = kinds[i];
        for (int bad = 1; bad <= 2; bad++) {
            left = bad;
            with(only_interfaces, -1);
            LOOK("protocols", "tcp", "owners", "none");
            assert_int_equal(left, 0);
            assert_int_equal(has_gap("interfaces"), kinds[i] == break_off);
            if (kinds[i] != break_off)
                assert_int_equal(np_listeners_interface_count(view), usual);
        }
        left = 1000; /* for ever */
        LOOK("protocols", "tcp", "owners", "none");
        assert_true(has_gap(kinds[i] == interrupt ? "kept changing" : "interfaces"));
        assert_true(left > 980);
        assert_int_equal(np_listeners_gap_count(view), 1);
    }
}

static void protocol_absent(void **state)
{
    (void)state;
    needs_netlink();
    with(absent, -1);
    LOOK("protocols", "tcp,sctp", "owners", "none");
    assert_true(is_listed(fd));
    assert_int_equal(row(fd).from_proc, 1);
    assert_int_equal(row(fd).cookie, 0);
    assert_true(has_gap("rows are from /proc/net") && has_gap("sctp"));
}

/* The first dump leaves one out, as a busy table does: the second has it, and there is a third. */
static ssize_t leave_out(void *data, ssize_t n, size_t size, struct sockaddr_nl *from)
{
    (void)size, (void)from;
    struct nlmsghdr *h = data;
    if (h->nlmsg_type == SOCK_DIAG_BY_FAMILY)
        h->nlmsg_type = NLMSG_NOOP;
    return n;
}

static void left_out_of_a_dump(void **state)
{
    (void)state;
    needs_netlink();
    LOOK("port", "3001", "protocols", "tcp", "owners", "none");
    uint64_t usual = dumps();
    with(leave_out, 1);
    LOOK("port", "3001", "protocols", "tcp", "owners", "none");
    assert_true(is_listed(fd));
    assert_int_equal(dumps(), usual + 1);
    assert_int_equal(np_listeners_gap_count(view), 0);
}

/* A question about a route that could not be answered says nothing about the address. */
static ssize_t no_memory_for_routes(void *data, ssize_t n, size_t size, struct sockaddr_nl *from)
{
    struct nlmsghdr *h = data;
    int32_t error = -ENOMEM;
    (void)size, (void)from;
    if (h->nlmsg_type != NLMSG_ERROR && h->nlmsg_type != RTM_NEWROUTE)
        return n;
    h->nlmsg_type = NLMSG_ERROR;
    memcpy(h + 1, &error, sizeof error);
    return n;
}

static void route_not_told(void **state)
{
    (void)state;
    needs_netlink();
    int away = make(AF_INET, SOCK_STREAM, 0);
    set(away, SOL_IP, 15 /* IP_FREEBIND */, 1);
    assert_int_equal(try_bind(away, "203.0.113.9", 3002, 0), 0);
    assert_int_equal(listen(away, 1), 0);
    LOOK("protocols", "tcp", "owners", "none");
    assert_int_equal(row(away).dormant, 1);
    with(no_memory_for_routes, -1);
    LOOK("protocols", "tcp", "owners", "none");
    assert_int_equal(row(away).dormant, 0);
    close(away);
}

static ssize_t of_somebody_else(void *data, ssize_t n, size_t size, struct sockaddr_nl *from)
{
    (void)data, (void)size;
    from->nl_pid = 4711;
    return n;
}

static ssize_t nothing_yet(void *data, ssize_t n, size_t size, struct sockaddr_nl *from)
{
    (void)data, (void)n, (void)size, (void)from;
    errno = EAGAIN;
    return -1;
}

/* Answers of another process are none; a socket that never answers is given up after a second. */
static void no_answer_of_the_kernel(void **state)
{
    (void)state;
    needs_netlink();
    spoil *const kinds[] = {of_somebody_else, nothing_yet};
    for (int i = 0; i < 2; i++) {
        with(kinds[i], -1);
        LOOK("protocols", "tcp", "owners", "none");
        assert_true(is_listed(fd));
        assert_int_equal(row(fd).from_proc, 1);
    }
}

static void nothing_can_be_listed(void **state)
{
    (void)state;
    char empty[] = "/tmp/np-XXXXXX";
    assert_non_null(mkdtemp(empty));
    mute = true;
    np_listeners *l = np_listeners_new(ctx);
    np_listeners_set(l, "proc-root", empty);
    assert_int_equal(np_listeners_run(l), NP_ERR_UNSUPPORTED);
    assert_non_null(strstr(np_listeners_error(l), "neither by sock_diag nor from /proc/net"));
    assert_int_equal(np_listeners_count(l), 0);
    np_listeners_free(l);
    rmdir(empty);
}

/* ---- sweeps -------------------------------------------------------------------------------- */

/* Any documented end is good: what matters is that there is one, and nothing is left behind. */
static void run_once(np_context *in)
{
    np_listeners *l = np_listeners_new(in);
    np_listeners_set(l, "protocols", "tcp,udp,unix,ping");
    np_listeners_set(l, "owners", "all");
    np_listeners_set(l, "command", "yes");
    np_status st = np_listeners_run(l);
    assert_true(st == NP_OK || np_listeners_error(l)[0]);
    if (l)
        np_listeners_json(l);
    np_listeners_free(l);
}

/* Whichever allocation fails: a run that says OK lacks no gap. */
static void no_gap_is_lost(void **state)
{
    (void)state;
    needs_netlink();
    unsigned long total = 0, failed = 0;
    int told = 0;
    for (unsigned long n = 0; n <= total; n++) {
        failmem f = {.fail_at = n};
        np_allocator a = failmem_allocator(&f);
        np_context *in = np_context_new_with(&a, sizeof a);
        np_listeners *l = np_listeners_new(in);
        np_listeners_set(l, "protocols", "tcp,sctp");
        np_listeners_set(l, "owners", "none");
        with(absent, -1);
        np_status st = np_listeners_run(l);
        assert_true(st == NP_OK || st == NP_ERR_NOMEM);
        told = n ? told : np_listeners_gap_count(l);
        assert_true(told > 1 && (np_listeners_gap_count(l) == told || st == NP_ERR_NOMEM));
        total = n ? total : f.requests;
        failed += st == NP_ERR_NOMEM;
        np_listeners_free(l);
        np_context_free(in);
        assert_int_equal(f.live, 0);
    }
    assert_true(failed > 5);
}

static void every_allocation(void **state)
{
    (void)state;
    unsigned long failed = 0, total = 0;
    for (int sticky = 0; sticky <= 1; sticky++)
        for (unsigned long n = 0; n == 0 || n <= total; n += 1 + n / 16) {
            failmem f = {.fail_at = n, .sticky = sticky};
            np_allocator a = failmem_allocator(&f);
            np_context *in = np_context_new_with(&a, sizeof a);
            run_once(in);
            np_context_free(in);
            total = n ? total : f.requests;
            failed += f.failed;
            assert_int_equal(f.live, 0);
        }
    assert_true(failed > 20);
}

static void every_descriptor(void **state)
{
    (void)state;
    struct rlimit usual, few;
    getrlimit(RLIMIT_NOFILE, &usual);
    few = usual;
    int before = open_descriptors(), refused = 0;
    np_listeners *l = np_listeners_new(ctx);
    for (rlim_t n = 3; n < 40; n++) {
        few.rlim_cur = n;
        setrlimit(RLIMIT_NOFILE, &few);
        np_status st = np_listeners_run(l);
        setrlimit(RLIMIT_NOFILE, &usual);
        assert_true(st == NP_OK || st == NP_ERR_MFILE);
        if (st == NP_ERR_MFILE)
            assert_non_null(strstr(np_listeners_error(l), "ulimit -n"));
        refused += st == NP_ERR_MFILE;
        assert_int_equal(open_descriptors(), before);
    }
    assert_true(refused > 3);
    assert_int_equal(np_listeners_run(l), NP_OK); /* usable again */
    np_listeners_free(l);
}

static void every_call(void **state)
{
    (void)state;
    static const int errors[] = {EINTR, EIO, EPERM, ENOMEM, EMFILE, ENOENT};
    int before = open_descriptors();
    calls = 0;
    run_once(ctx);
    unsigned long total = calls, reached = 0;
    for (size_t e = 0; e < sizeof errors / sizeof *errors; e++)
        for (unsigned long n = 1; n <= total; n += 1 + n / 8) {
            calls = 0;
            fail_at = n;
            fail_with = errors[e];
            run_once(ctx);
            reached += calls >= n;
            fail_at = 0;
            assert_int_equal(open_descriptors(), before);
        }
    assert_true(reached > 100);
    LOOK("port", "3001");
    assert_true(is_listed(fd));
}

#define FAULT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAULT(interrupted_once),
        FAULT(interrupted_always),
        FAULT(told_by_every_run),
        FAULT(answers_lost),
        FAULT(truncated),
        FAULT(broken_off),
        FAULT(clients_not_told_apart),
        FAULT(second_pass_not_asked),
        FAULT(busy_once),
        FAULT(lost_in_the_middle),
        FAULT(interfaces_once_more),
        FAULT(protocol_absent),
        FAULT(left_out_of_a_dump),
        FAULT(route_not_told),
        FAULT(no_answer_of_the_kernel),
        FAULT(nothing_can_be_listed),
        FAULT(no_gap_is_lost),
        FAULT(every_allocation),
        FAULT(every_descriptor),
        FAULT(every_call),
    };
    ctx = np_context_new();
    int status = RUN(tests);
    np_listeners_free(view);
    np_context_free(ctx);
    return status;
}
