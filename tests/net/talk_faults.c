/* SPDX-License-Identifier: MIT */
/*
 * Whole conversations while something fails: each allocation, each descriptor, each kind of system
 * call at each of its turns with each errno that it may have, octets that go and come one by one.
 * Whatever becomes of a run is one of its documented ends, nothing is left, and the same context
 * talks again. The calls go through here (ld --wrap).
 */
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include "peer.h"

/* ---- calls ----------------------------------------------------------------------------------- */

typedef enum {
    SOCKET,
    BIND,
    CONNECT,
    SETSOCKOPT,
    GETSOCKOPT,
    GETSOCKNAME,
    GETPEERNAME,
    SEND,
    RECV,
    EPOLL_CREATE,
    EPOLL_CTL,
    EPOLL_WAIT,
    TIMERFD_CREATE,
    TIMERFD_SETTIME,
    EVENTFD,
    KINDS
} kind;

static unsigned long calls[KINDS];
static kind fail_kind;
static unsigned long fail_at; /* the n-th of its kind; 0 none */
static int fail_with;
static unsigned long injected, unsafe; /* sent so that a SIGPIPE may come */
static bool by_octet;

static bool fails(kind k)
{
    calls[k]++;
    if (fail_at == 0 || k != fail_kind || calls[k] != fail_at)
        return false;
    injected++;
    errno = fail_with;
    return true;
}

#define WRAP(kind, type, name, parameters, arguments)                                              \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return fails(kind) ? -1 : __real_##name arguments;                                         \
    }

WRAP(SOCKET, int, socket, (int a, int b, int c), (a, b, c))
WRAP(BIND, int, bind, (int a, const struct sockaddr *b, socklen_t c), (a, b, c))
WRAP(CONNECT, int, connect, (int a, const struct sockaddr *b, socklen_t c), (a, b, c))
WRAP(GETSOCKNAME, int, getsockname, (int a, struct sockaddr *b, socklen_t *c), (a, b, c))
WRAP(GETPEERNAME, int, getpeername, (int a, struct sockaddr *b, socklen_t *c), (a, b, c))
WRAP(SETSOCKOPT, int, setsockopt, (int a, int b, int c, const void *d, socklen_t e),
     (a, b, c, d, e))
WRAP(GETSOCKOPT, int, getsockopt, (int a, int b, int c, void *d, socklen_t *e), (a, b, c, d, e))
WRAP(EPOLL_CREATE, int, epoll_create1, (int a), (a))
WRAP(EPOLL_CTL, int, epoll_ctl, (int a, int b, int c, struct epoll_event *d), (a, b, c, d))
WRAP(EPOLL_WAIT, int, epoll_wait, (int a, struct epoll_event *b, int c, int d), (a, b, c, d))
WRAP(TIMERFD_CREATE, int, timerfd_create, (int a, int b), (a, b))
WRAP(TIMERFD_SETTIME, int, timerfd_settime,
     (int a, int b, const struct itimerspec *c, struct itimerspec *d), (a, b, c, d))
WRAP(EVENTFD, int, eventfd, (unsigned a, int b), (a, b))

ssize_t __real_send(int, const void *, size_t, int);
ssize_t __wrap_send(int, const void *, size_t, int);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags)
{
    unsafe += !(flags & MSG_NOSIGNAL);
    if (fails(SEND))
        return -1;
    return __real_send(fd, data, by_octet && len > 1 ? 1 : len, flags);
}

ssize_t __real_recv(int, void *, size_t, int);
ssize_t __wrap_recv(int, void *, size_t, int);
ssize_t __wrap_recv(int fd, void *data, size_t size, int flags)
{
    return fails(RECV) ? -1 : __real_recv(fd, data, by_octet && size > 1 ? 1 : size, flags);
}

/* ---- a conversation -------------------------------------------------------------------------- */

static peer server;
static char whole[8192]; /* the transcript of one that goes well */

static const char script[] = "protocol smtp\n"
                             "connect ${host}:${port}\n"
                             "expect 220\n"
                             "send EHLO me.test\n"
                             "expect 250\n"
                             "if has STARTTLS\n"
                             "starttls\n"
                             "send EHLO me.test\n"
                             "expect 250\n"
                             "end\n"
                             "send QUIT\n"
                             "expect 221\n";

/* localhost has two addresses, of which the source fits one. */
static np_talk *new_talk(np_context *ctx)
{
    np_talk *k = talk_by(ctx, &server, script);
    np_talk_set_variable(k, "host", "localhost");
    np_talk_set(k, "sni", "peer.test");
    np_talk_set(k, "source", "127.0.0.1");
    np_talk_set(k, "timeout", "5s");
    np_talk_set(k, "connect-timeout", "5s");
    np_talk_close(k);
    return k;
}

/* Run it in a host's loop: who would hang forever is caught there. */
static np_status run(np_context *ctx, np_talk *k)
{
    np_event ev = {.type = NP_EV_NONE};
    np_status st = np_talk_start(k);
    if (st < 0)
        return st;
    while (ev.type != NP_EV_DONE) {
        struct pollfd p = {np_context_fd(ctx), POLLIN, 0};
        if (poll(&p, 1, 15000) == 0)
            fail_msg("it hangs: %s", transcript_of(k));
        np_next_event(ctx, &ev, sizeof ev, 0);
    }
    return (np_status)ev.status;
}

/* Success is whole: a conversation of which a part was lost must say so. */
static void expect_documented(const np_talk *k, np_status st)
{
    if (st == NP_OK) {
        assert_string_equal(transcript_of(k), whole);
        assert_string_equal(np_talk_error(k), "");
        return;
    }
    switch (st) {
    case NP_ERR_NOMEM:
    case NP_ERR_MFILE:
    case NP_ERR_SYSTEM:
    case NP_ERR_PERMISSION:
    case NP_ERR_ROUTE:
    case NP_ERR_REFUSED:
    case NP_ERR_TIMEOUT:
    case NP_ERR_CLOSED:
    case NP_ERR_TLS:
        break;
    default:
        fail_msg("%s: %s", np_status_name(st), np_talk_error(k));
    }
    assert_true(np_talk_error(k)[0]);
    if (np_talk_step_count(k) > 0)
        assert_true(info_of(k).error_name[0]);
}

static void up(void)
{
    server = peer_start("127.0.0.1", 0, peer_mail, 0);
    np_context *ctx = np_context_new();
    np_talk *k = new_talk(ctx);
    expect_end(k, run(ctx, k), NP_OK, "", "");
    snprintf(whole, sizeof whole, "%s", transcript_of(k));
    np_talk_free(k);
    np_context_free(ctx);
}

static void talks_again(np_context *ctx)
{
    if (np_context_fd(ctx) < 0)
        return;
    np_talk *again = new_talk(ctx);
    expect_end(again, run(ctx, again), NP_OK, "", "");
    np_talk_free(again);
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* Answers each line that comes with the next of its replies. */
static void recite(wire *w)
{
    static const char *const mailbox[] = {"* OK x\r\n",
                                          "a1 OK in\r\n",
                                          "* 2 EXISTS\r\na2 OK seen\r\n",
                                          "* 1 FETCH (BODY[] {4}\r\nmail)\r\na3 OK done\r\n",
                                          "* BYE\r\na4 OK bye\r\n",
                                          NULL};
    static const char *const relay[] = {"220 x\r\n",        "250-x\r\n250 AUTH PLAIN LOGIN\r\n",
                                        "334 VXNlcjo=\r\n", "334 UGFzczo=\r\n",
                                        "235 2.7.0 in\r\n", "550 no\r\n",
                                        "354 go\r\n",       NULL};
    static const char *const octets[] = {"\1\2abcdef", "\3\4", "the end", NULL};
    static const char *const *const all[] = {mailbox, relay, octets};
    const char *const *next = all[w->with];
    char line[300] = "";
    peer_say(w, *next++);
    while (*next && peer_hear(w, line, sizeof line))
        peer_say(w, *next++);
    if (w->with == 1) { /* mail, up to its dot */
        while (peer_hear(w, line, sizeof line) && strcmp(line, ".") != 0)
            ;
        peer_say(w, "250 2.0.0 queued\r\n");
    }
    peer_half(w);
    peer_rest(w);
}

/* Pages by their names: each redirect is another connection. */
static void serve_pages(wire *w)
{
    char line[300], what[300];
    while (peer_hear(w, what, sizeof what)) {
        while (peer_hear(w, line, sizeof line) && line[0])
            ;
        if (strncmp(what, "GET /a", 6) == 0)
            peer_say(w, "HTTP/1.1 302 Found\r\nLocation: /b?c\r\nContent-Length: 0\r\n\r\n");
        else if (strncmp(what, "GET", 3) == 0)
            peer_say(w, "HTTP/1.1 200 OK\r\nX-Y: z\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "3\r\nabc\r\n0\r\n\r\n");
        else if (peer_hear(w, line, sizeof line)) /* what is posted is one line */
            peer_say(w, "HTTP/1.1 201 Made\r\nContent-Length: 2\r\n\r\nok");
    }
}

enum { SCENES = 4, PAGES = 3 };

static const char *const scenes[SCENES] = {
    "protocol imap\nneed user pass box\nsecret pass\nconnect ${host}:${port}\nexpect OK\n"
    "auth user ${user} ${pass}\nsend SELECT \"${box}\"\nexpect OK\ncheck text contains EXISTS\n"
    "send FETCH 1 BODY[]\nexpect OK\nsave mail = body\nnote got ${mail}\nsend LOGOUT\nexpect OK\n",
    "protocol smtp\nneed user pass\nsecret pass\nset from me@me.test\nconnect ${host}:${port}\n"
    "expect 220\nsend EHLO me.test\nexpect 250\ncheck has AUTH PLAIN\n"
    "auth login ${user} ${pass}\noptional\nsend MAIL FROM:<${from}>\nexpect 250\nend\n"
    "warn code is 250\nsend DATA\nexpect 354\nmessage <<E\nFrom: ${from}\n\n.dot ${pass}\nE\n"
    "expect 250 \"queued\"\n",
    "protocol raw\nconnect ${host}:${port}\nexpect hex 01 ??\nread 4\nsend hex 41 0a\n"
    "expect hex 65 66 03\nsend raw \"x\\n\"\nwait \"end\" within 5s\nexpect close\n",
    "protocol http\nneed user pass\nsecret pass\nconnect ${host}:${port}\n"
    "auth user ${user} ${pass}\nheader X-Me: ${user|url}\nget /a follow 2\nexpect 200\n"
    "check header X-Y is z\ncheck size is 3\npost /c <<E\n${user}\nE\nexpect 201 or 200\n",
};

/* With an allocator that fails so: true while there was something to fail. */
static bool with_failing(const peer *p, int scene, unsigned long n, bool sticky,
                         unsigned long *refused)
{
    failmem f = {.fail_at = n, .sticky = sticky};
    np_allocator a = failmem_allocator(&f);
    np_context *ctx = np_context_new_with(&a, sizeof a);
    np_talk *k = scene < SCENES ? talk_by(ctx, p, scenes[scene]) : new_talk(ctx);
    if (scene < SCENES) {
        np_talk_set_variable(k, "user", "joe");
        np_talk_set_secret(k, "pass", "swordfish");
        np_talk_set_variable(k, "box", "in\"box");
        np_talk_set(k, "octets", "yes");
    }
    np_status st = k ? run(ctx, k) : NP_ERR_NOMEM;
    if (n == 0)
        expect_end(k, st, NP_OK, "", "");
    if (n == 0)
        snprintf(whole, sizeof whole, "%s", transcript_of(k));
    if (st != NP_OK && st != NP_ERR_NOMEM)
        fail_msg("scene %d, %lu: %s, %s\n%s", scene, n, np_status_name(st), np_talk_error(k),
                 transcript_of(k));
    if (k)
        expect_documented(k, st);
    *refused += st == NP_ERR_NOMEM;
    np_talk_json(k);
    np_talk_free(k);
    np_context_free(ctx);
    assert_int_equal(f.live, 0);
    return n == 0 || f.failed > 0;
}

static void every_allocation(void **state)
{
    (void)state;
    int before = open_descriptors();
    for (int scene = 0; scene <= SCENES; scene++) {
        unsigned long refused = 0, n = 0;
        peer p = scene < SCENES
                     ? peer_start("127.0.0.1", 0, scene == PAGES ? serve_pages : recite, scene)
                     : server;
        for (; with_failing(&p, scene, n, false, &refused); n++)
            assert_int_equal(open_descriptors(), before);
        assert_true(n > 30 && refused > n / 2);
        for (unsigned long at = 1; at < n; at += 1 + at / 8) {
            with_failing(&p, scene, at, true, &refused);
            assert_int_equal(open_descriptors(), before);
        }
        if (scene < SCENES)
            peer_stop(&p);
    }
}

/* ---- descriptors ----------------------------------------------------------------------------- */

static void every_descriptor(void **state)
{
    (void)state;
    struct rlimit usual, few;
    getrlimit(RLIMIT_NOFILE, &usual);
    few = usual;
    int before = open_descriptors(), refused = 0;
    for (rlim_t n = 3; n < 16; n++) {
        few.rlim_cur = n;
        setrlimit(RLIMIT_NOFILE, &few);
        np_context *ctx = np_context_new();
        np_talk *k = new_talk(ctx);
        np_status st = run(ctx, k);
        setrlimit(RLIMIT_NOFILE, &usual);
        /* Certificates are read from a file. */
        if (st != NP_OK && st != NP_ERR_MFILE && st != NP_ERR_INVALID)
            fail_msg("%s: %s", np_status_name(st), np_talk_error(k));
        if (st == NP_ERR_MFILE)
            assert_non_null(strstr(np_talk_error(k), "ulimit -n"));
        refused += st == NP_ERR_MFILE;
        np_talk_free(k);
        talks_again(ctx);
        np_context_free(ctx);
        assert_int_equal(open_descriptors(), before);
    }
    assert_true(refused > 3);
}

/* ---- calls that fail ------------------------------------------------------------------------- */

enum { ERRORS = 8 };

static const struct {
    const char *name;
    int errors[ERRORS];
} kinds[KINDS] = {
    [SOCKET] = {"socket", {EMFILE, ENFILE, ENOBUFS, ENOMEM, EAFNOSUPPORT, EACCES}},
    [BIND] = {"bind", {EADDRNOTAVAIL, EADDRINUSE, EACCES, EINVAL, ENOMEM}},
    [CONNECT] = {"connect",
                 {EADDRNOTAVAIL, ECONNREFUSED, ENETUNREACH, EHOSTUNREACH, EACCES, EPERM, EINVAL,
                  ENOBUFS}},
    [SETSOCKOPT] = {"setsockopt", {ENOPROTOOPT, EPERM, ENOMEM}},
    [GETSOCKOPT] = {"getsockopt", {ENOBUFS, EIO, ENOPROTOOPT}},
    [GETSOCKNAME] = {"getsockname", {ENOBUFS}},
    [GETPEERNAME] = {"getpeername", {ENOBUFS, EINVAL}},
    [SEND] = {"send", {EAGAIN, EINTR, EPIPE, ECONNRESET, ENOBUFS, ENOMEM, ETIMEDOUT, EPERM}},
    [RECV] = {"recv", {EAGAIN, EINTR, ECONNRESET, ETIMEDOUT, ENOMEM, EHOSTUNREACH, EIO}},
    [EPOLL_CREATE] = {"epoll_create1", {EMFILE, ENFILE, ENOMEM}},
    [EPOLL_CTL] = {"epoll_ctl", {ENOMEM, ENOSPC}},
    [EPOLL_WAIT] = {"epoll_wait", {EINTR}},
    [TIMERFD_CREATE] = {"timerfd_create", {EMFILE, ENFILE, ENOMEM}},
    [EVENTFD] = {"eventfd", {EMFILE, ENFILE, ENOMEM}},
};

/* How a run ends whose n-th call of that kind fails so. */
static np_status with_fault(kind what, unsigned long n, int error, char *sentence, size_t size)
{
    memset(calls, 0, sizeof calls);
    fail_kind = what;
    fail_with = error;
    fail_at = n;
    np_context *ctx = np_context_new();
    np_talk *k = new_talk(ctx);
    np_status st = run(ctx, k);
    fail_at = 0;
    expect_documented(k, st);
    snprintf(sentence, size, "%s", np_talk_error(k));
    np_talk_free(k);
    talks_again(ctx);
    np_context_free(ctx);
    return st;
}

static void every_call(void **state)
{
    (void)state;
    int before = open_descriptors();
    char sentence[512];
    unsigned long totals[KINDS];
    with_fault(SOCKET, 0, 0, sentence, sizeof sentence);
    memcpy(totals, calls, sizeof totals);
    injected = 0;
    for (kind what = SOCKET; what < KINDS; what++) {
        if (kinds[what].name && totals[what] == 0)
            fail_msg("%s is never called", kinds[what].name);
        for (int e = 0; e < ERRORS && kinds[what].errors[e]; e++)
            for (unsigned long n = 1; n <= totals[what]; n += 1 + n / 6) {
                int error = kinds[what].errors[e];
                np_status st = with_fault(what, n, error, sentence, sizeof sentence);
                if (st == NP_ERR_TIMEOUT && error != ETIMEDOUT)
                    fail_msg("%s %lu, errno %d: %s", kinds[what].name, n, error, sentence);
                if ((error == EAGAIN || error == EINTR) && st != NP_OK)
                    fail_msg("%s %lu, errno %d: %s", kinds[what].name, n, error, sentence);
                assert_int_equal(open_descriptors(), before);
            }
    }
    assert_true(injected > 100);
    assert_int_equal(unsafe, 0);
}

/* What the first call of a kind tells when it fails. */
static void told(void **state)
{
    (void)state;
    static const struct {
        kind what;
        int error;
        np_status status;
        const char *part;
    } all[] = {
        {SOCKET, EMFILE, NP_ERR_MFILE, "ulimit -n"},
        {SOCKET, ENFILE, NP_ERR_MFILE, "file-max"},
        {SOCKET, ENOBUFS, NP_ERR_NOMEM, "out of memory"},
        {BIND, EADDRNOTAVAIL, NP_ERR_ROUTE, "the source is no address of this host"},
        {CONNECT, EADDRNOTAVAIL, NP_ERR_ROUTE, "has no port left"},
        {CONNECT, ENETUNREACH, NP_ERR_ROUTE, "no route"},
        {GETSOCKOPT, EIO, NP_ERR_ROUTE, "the kernel refused"},
        {SEND, EPIPE, NP_ERR_CLOSED, "reset the connection"},
        {SEND, EIO, NP_ERR_CLOSED, "broke"},
        {RECV, EHOSTUNREACH, NP_ERR_CLOSED, "broke"},
        {EPOLL_CREATE, EMFILE, NP_ERR_MFILE, "ulimit -n"},
        {TIMERFD_CREATE, ENOMEM, NP_ERR_SYSTEM, "cannot make a context"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        memset(calls, 0, sizeof calls);
        fail_kind = all[i].what;
        fail_with = all[i].error;
        fail_at = 1;
        np_context *ctx = np_context_new();
        np_talk *k = talk_with(ctx, "smtp", &server); /* 127.0.0.1: one address, one attempt */
        np_talk_set(k, "source", "127.0.0.1");
        np_talk_expect_code(k, "220");
        np_talk_send_line(k, "QUIT");
        np_talk_expect_code(k, "221");
        np_status st = run(ctx, k);
        fail_at = 0;
        if (st != all[i].status || !strstr(np_talk_error(k), all[i].part))
            fail_msg("%s, errno %d: %s, %s", kinds[all[i].what].name, all[i].error,
                     np_status_name(st), np_talk_error(k));
        np_talk_free(k);
        np_context_free(ctx);
    }
}

/* ---- octets one by one ----------------------------------------------------------------------- */

static void one_octet_at_a_time(void **state)
{
    (void)state;
    np_context *ctx = np_context_new();
    by_octet = true;
    np_talk *k = new_talk(ctx);
    np_status st = run(ctx, k);
    by_octet = false;
    assert_int_equal(st, NP_OK);
    expect_documented(k, st);
    np_talk_free(k);
    np_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation),    cmocka_unit_test(every_descriptor),
        cmocka_unit_test(every_call),          cmocka_unit_test(told),
        cmocka_unit_test(one_octet_at_a_time),
    };
    signal(SIGPIPE, SIG_DFL); /* whatever started us: one of them would end this process */
    peer_tls_up();
    up();
    int status = RUN(tests);
    peer_stop(&server);
    peer_tls_down();
    return status;
}
