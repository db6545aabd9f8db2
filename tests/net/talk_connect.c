/* SPDX-License-Identifier: MIT */
/*
 * From a name to a connection: which addresses are tried, in which order, and what is told of each.
 * Names are answered by the test. The script has made a way into nowhere (192.0.2.9 and
 * 2001:db8:9::9 take everything and say nothing), and routes that refuse. The argument is a folder.
 */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/context.h"
#include "core/resolver.h"
#include "peer.h"

#define HOLE4     "192.0.2.9"
#define HOLE6     "2001:db8:9::9"
#define NO_ROUTE4 "198.51.100.1"
#define NO_ROUTE6 "2001:db8:f::1"

enum { CLOSED_PORT = 9, MANY = 12 };

static np_context *ctx;
static const char *folder;

/* ---- names ----------------------------------------------------------------------------------- */

static const char *const *found; /* ends with NULL; NULL: the name is not there */
static np_status look_up_status;

static void forward(npi_resolver *r, npi_lookup *l, const char *name, int family)
{
    (void)r;
    assert_string_equal(name, "peer.test");
    l->count = 0;
    l->status = look_up_status;
    snprintf(l->why, sizeof l->why, "%s: the test says so", name);
    for (const char *const *f = found; l->status == NP_OK && *f; f++) {
        npi_addr a = {0};
        assert_true(npi_addr_parse(*f, &a));
        if (family == 0 || family == a.family)
            l->addrs[l->count++] = a;
    }
    l->busy = false;
    npi_reactor_post(&ctx->reactor, l->task);
}

static void cancel(npi_resolver *r, npi_lookup *l)
{
    (void)r, (void)l;
}

static void nothing_to_free(npi_resolver *r)
{
    (void)r;
}

static const npi_resolver_ops ops = {.forward = forward, .cancel = cancel, .free = nothing_to_free};
static npi_resolver names = {&ops};

/* ---- a run ----------------------------------------------------------------------------------- */

typedef struct option {
    const char *name, *value;
} option;

static np_talk *k;

/* Connect to peer.test, which has these addresses, and no further. */
static np_status reach(int port, const char *const *addrs, const option *options)
{
    static const char script[] = "protocol raw\nconnect peer.test:${port}\n";
    peer p = {.port = port};
    found = addrs;
    look_up_status = NP_OK;
    np_talk_free(k);
    k = talk_by(ctx, &p, script);
    for (; options && options->name; options++)
        assert_int_equal(np_talk_set(k, options->name, options->value), NP_OK);
    return np_talk_run(k);
}

#define REACH(port, ...) reach(port, (const char *const[]){__VA_ARGS__, NULL}, NULL)
#define WITH(...)        ((const option[]){__VA_ARGS__, {NULL, NULL}})

/* That run, which has made the conversation that is looked at. */
static void ended(np_status got, np_status wanted, const char *name, const char *part)
{
    expect_end(k, got, wanted, name, part);
}

/* "::1 refused, 127.0.0.1 ok" */
static const char *attempts(void)
{
    static char text[1024];
    size_t n = 0;
    text[0] = '\0';
    for (int i = 0; i < np_talk_attempt_count(k); i++) {
        np_attempt a;
        assert_int_equal(np_talk_get_attempt(k, i, &a, sizeof a), NP_OK);
        assert_true(a.start_ns >= 0 && a.duration_ns >= 0);
        assert_int_equal(a.status == NP_OK, a.error[0] == '\0');
        const char *name = strrchr(np_status_name((np_status)a.status), '.');
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s %s", i ? ", " : "", a.addr,
                              name ? name + 1 : np_status_name((np_status)a.status));
    }
    return text;
}

static void greet(wire *w)
{
    peer_say(w, "hello\n");
    peer_rest(w);
}

static peer server; /* at 127.0.0.1, ::1 and 127.0.0.7 */
static peer others[2];

static void up(void)
{
    server = peer_start("127.0.0.1", 0, greet, 0);
    others[0] = peer_start("::1", server.port, greet, 0);
    others[1] = peer_start("127.0.0.7", server.port, greet, 0);
}

static void down(void)
{
    peer_stop(&server);
    peer_stop(&others[0]);
    peer_stop(&others[1]);
}

/* ---- several addresses ------------------------------------------------------------------------
 */

static void silence_is_overtaken(void **state)
{
    (void)state;
    int before = open_descriptors();
    ended(REACH(server.port, HOLE6, "127.0.0.1"), NP_OK, "", "");
    assert_string_equal(attempts(), HOLE6 " cancelled, 127.0.0.1 ok");
    assert_string_equal(info_of(k).addr, "127.0.0.1");
    assert_int_equal(info_of(k).port, server.port);
    assert_int_equal(open_descriptors(), before + 1); /* who was too slow is closed */
    ended(REACH(server.port, HOLE4, "::1"), NP_OK, "", "");
    assert_string_equal(attempts(), HOLE4 " cancelled, ::1 ok");
    np_talk_clear(k);
    assert_int_equal(open_descriptors(), before);
}

static void the_first_that_is_good_is_enough(void **state)
{
    (void)state;
    ended(REACH(server.port, "::1", "127.0.0.1"), NP_OK, "", "");
    assert_string_equal(attempts(), "::1 ok");
    np_attempt a;
    np_talk_get_attempt(k, 0, &a, sizeof a);
    assert_int_equal(a.port, server.port);
}

static void refusal_is_passed_at_once(void **state)
{
    (void)state;
    ended(REACH(server.port, "127.0.0.2", "127.0.0.3", "127.0.0.1", HOLE4), NP_OK, "", "");
    assert_string_equal(attempts(), "127.0.0.2 refused, 127.0.0.3 refused, 127.0.0.1 ok");
    ended(REACH(server.port, NO_ROUTE6, NO_ROUTE4, "::1"), NP_OK, "", "");
    assert_string_equal(attempts(), NO_ROUTE6 " route, " NO_ROUTE4 " route, ::1 ok");
}

static void nobody_is_there(void **state)
{
    (void)state;
    ended(REACH(CLOSED_PORT, "::1", "127.0.0.1"), NP_ERR_REFUSED, "connect.refused",
          "cannot connect to ::1 port 9: connection refused");
    assert_string_equal(attempts(), "::1 refused, 127.0.0.1 refused");
    ended(REACH(CLOSED_PORT, NO_ROUTE4, NO_ROUTE6), NP_ERR_ROUTE, "route.none",
          "cannot connect to " NO_ROUTE4 " port 9: no route");
    assert_string_equal(attempts(), NO_ROUTE4 " route, " NO_ROUTE6 " route");
    ended(REACH(CLOSED_PORT, "203.0.113.1"), NP_ERR_ROUTE, "route.none", "no route");
    ended(REACH(CLOSED_PORT, "203.0.113.65"), NP_ERR_PERMISSION, "route.none", "forbids it");
    assert_string_equal(info_of(k).addr, "");
    assert_int_equal(info_of(k).connect_ns, -1);
}

static void nobody_answers(void **state)
{
    (void)state;
    const option *soon = WITH({"connect-timeout", "700ms"});
    np_status st = reach(CLOSED_PORT, (const char *const[]){HOLE6, HOLE4, NULL}, soon);
    ended(st, NP_ERR_TIMEOUT, "connect.timeout",
          "no answer from " HOLE6 " port 9, nor from 1 more: a firewall");
    assert_string_equal(attempts(), HOLE6 " timeout, " HOLE4 " timeout");
    st = reach(CLOSED_PORT, (const char *const[]){"::1", HOLE4, "::1", NULL}, soon);
    ended(st, NP_ERR_TIMEOUT, "connect.timeout", "no answer from " HOLE4 " port 9: a firewall");
    assert_string_equal(attempts(), "::1 refused, " HOLE4 " timeout, ::1 refused");
    soon = WITH({"deadline", "50ms"}); /* of the run: sooner than any connection's */
    st = reach(CLOSED_PORT, (const char *const[]){HOLE4, NULL}, soon);
    ended(st, NP_ERR_TIMEOUT, "connect.timeout", "no answer from " HOLE4);
    assert_int_equal(np_talk_run(k), NP_ERR_STATE);
}

/* RFC 8305 4: families in turn, beginning with the first address; eight are enough. */
static void families_take_turns(void **state)
{
    (void)state;
    REACH(CLOSED_PORT, "2001:db8:1::1", "2001:db8:1::2", "2001:db8:1::3", "127.0.0.2", "127.0.0.3");
    assert_string_equal(attempts(),
                        "2001:db8:1::1 refused, 127.0.0.2 refused, 2001:db8:1::2 refused, "
                        "127.0.0.3 refused, 2001:db8:1::3 refused");
    static char text[MANY][16];
    const char *many[MANY + 1] = {NULL};
    for (int i = 0; i < MANY; i++) {
        snprintf(text[i], sizeof text[i], "127.0.1.%d", i + 1);
        many[i] = text[i];
    }
    assert_int_equal(reach(CLOSED_PORT, many, NULL), NP_ERR_REFUSED);
    assert_int_equal(np_talk_attempt_count(k), 8);
}

static void no_address(void **state)
{
    (void)state;
    static const struct {
        np_status status;
        const char *name;
    } all[] = {{NP_ERR_NAME, "name.not-found"}, {NP_ERR_RESOLVER, "name.timeout"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        peer p = {.port = CLOSED_PORT};
        look_up_status = all[i].status;
        np_talk *t = talk_by(ctx, &p, "protocol raw\nconnect peer.test:${port}\n");
        expect_end(t, np_talk_run(t), all[i].status, all[i].name, "peer.test: the test says so");
        assert_int_equal(np_talk_attempt_count(t), 0);
        np_talk_free(t);
    }
}

/* ---- by which way ---------------------------------------------------------------------------- */

static void only_one_family(void **state)
{
    (void)state;
    static const char *const both[] = {"::1", "127.0.0.1", NULL};
    ended(reach(server.port, both, WITH({"family", "4"})), NP_OK, "", "");
    assert_string_equal(attempts(), "127.0.0.1 ok");
    ended(reach(server.port, both, WITH({"family", "6"})), NP_OK, "", "");
    assert_string_equal(attempts(), "::1 ok");
    np_talk *t = talk_with(ctx, "tcp", &server); /* an address of digits */
    np_talk_set(t, "family", "6");
    np_talk_expect_code(t, "hello");
    expect_end(t, np_talk_run(t), NP_ERR_NAME, "name.not-found", "this is no IPv6 address");
    np_talk_free(t);
}

static void from_an_address(void **state)
{
    (void)state;
    static const char *const both[] = {"::1", "127.0.0.1", NULL};
    static const char *const four[] = {"127.0.0.1", NULL};
    ended(reach(server.port, four, WITH({"source", "127.0.0.5"})), NP_OK, "", "");
    assert_string_equal(info_of(k).source, "127.0.0.5");
    ended(reach(server.port, both, WITH({"source", "127.0.0.5"})), NP_OK, "", "");
    assert_string_equal(info_of(k).source, "127.0.0.5"); /* the other family cannot */
    assert_string_equal(attempts(), "::1 route, 127.0.0.1 ok");
    ended(reach(CLOSED_PORT, both, WITH({"source", "127.0.0.5"})), NP_ERR_REFUSED,
          "connect.refused", "cannot connect to 127.0.0.1");
    ended(reach(server.port, four, WITH({"source", "::1"})), NP_ERR_ROUTE, "route.none",
          "no address of this family to connect from");
    ended(reach(server.port, four, WITH({"source", "203.0.113.5"})), NP_ERR_ROUTE, "route.none",
          "the source is no address of this host");
    ended(reach(server.port, four, WITH({"source", "here"})), NP_ERR_INVALID, "script.variable",
          "the source is not an address");
}

static void through_an_interface(void **state)
{
    (void)state;
    static const char *const four[] = {"127.0.0.1", NULL};
    ended(reach(server.port, four, WITH({"interface", "lo"})), NP_OK, "", "");
    ended(reach(server.port, four, WITH({"interface", "none0"})), NP_ERR_ROUTE, "route.none",
          "there is no such interface");
    static const char *const away[] = {HOLE4, NULL}; /* is not behind the loopback */
    np_status st =
        reach(server.port, away, WITH({"interface", "lo"}, {"connect-timeout", "100ms"}));
    assert_true(st == NP_ERR_ROUTE || st == NP_ERR_TIMEOUT);
}

/* ---- elsewhere than the name says ------------------------------------------------------------ */

static void mapped(const char *map, const char *to)
{
    static const char *const nowhere[] = {HOLE4, NULL};
    ended(reach(server.port, nowhere, WITH({"connect-to", map}, {"timeout", "1s"})), NP_OK, "", "");
    assert_string_equal(info_of(k).addr, to);
    assert_string_equal(info_of(k).host, "peer.test"); /* TLS and HTTP still mean that */
}

static void connect_to(void **state)
{
    (void)state;
    char map[200];
    snprintf(map, sizeof map, "peer.test:%d:127.0.0.1:%d", server.port, server.port);
    mapped(map, "127.0.0.1");
    snprintf(map, sizeof map, "other.test::127.0.0.9:,PEER.test::[::1]:,::127.0.0.7:");
    mapped(map, "::1");
    snprintf(map, sizeof map, "peer.test:1:127.0.0.9:,::127.0.0.7:%d", server.port);
    mapped(map, "127.0.0.7");
    static const char *const good[] = {"127.0.0.1", NULL};
    snprintf(map, sizeof map, ":9::%d", server.port);
    ended(reach(9, good, WITH({"connect-to", map})), NP_OK, "", ""); /* the port alone */
    assert_string_equal(info_of(k).addr, "127.0.0.1");
}

/* ---- unix sockets ---------------------------------------------------------------------------- */

static np_status by_path(const char *path)
{
    char script[400];
    snprintf(script, sizeof script, "protocol raw\nconnect unix:%s\nexpect \"hello\"\n", path);
    peer p = {.port = 1};
    np_talk_free(k);
    k = talk_by(ctx, &p, script);
    return np_talk_run(k);
}

static void unix_sockets(void **state)
{
    (void)state;
    char path[200], file[200], longer[300];
    snprintf(path, sizeof path, "%s/socket", folder);
    unlink(path);
    peer p = peer_start(path, 0, greet, 0);
    ended(by_path(path), NP_OK, "", "");
    assert_string_equal(info_of(k).addr, "");
    assert_int_equal(info_of(k).port, 0);
    assert_int_equal(np_talk_attempt_count(k), 1);
    assert_non_null(strstr(transcript_of(k), "= connected to the unix socket\n< hello"));
    char script[400]; /* and what was connected before is forgotten */
    snprintf(script, sizeof script, "protocol raw\nconnect 127.0.0.1:${port}\nconnect unix:%s\n",
             path);
    np_talk *both = talk_by(ctx, &server, script);
    assert_int_equal(np_talk_run(both), NP_OK);
    assert_string_equal(info_of(both).addr, "");
    np_talk_free(both);
    peer_stop(&p);
    ended(by_path(path), NP_ERR_REFUSED, "connect.refused", "nothing listens there");
    unlink(path);
    ended(by_path(path), NP_ERR_ROUTE, "route.none", "there is no such socket");
    snprintf(file, sizeof file, "%s/file", folder);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fclose(f);
    ended(by_path(file), NP_ERR_REFUSED, "connect.refused", "nothing listens there");
    unlink(file);
    snprintf(longer, sizeof longer, "/%0200d", 1);
    ended(by_path(longer), NP_ERR_INVALID, "script.variable", "too long");
}

/* A server that is slow to accept: its queue is full, and nothing tells when there is room. */
static void unix_socket_is_crowded(void **state)
{
    (void)state;
    enum { GUESTS = 3 };
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int guests[GUESTS], listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(at.sun_path, sizeof at.sun_path, "%s/crowd", folder);
    unlink(at.sun_path);
    assert_int_equal(bind(listener, (void *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 0), 0);
    for (int i = 0; i < GUESTS; i++) {
        guests[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        connect(guests[i], (void *)&at, sizeof at);
    }
    ended(by_path(at.sun_path), NP_ERR_REFUSED, "connect.refused", "too many wait there");
    for (int i = 0; i < GUESTS; i++)
        close(guests[i]);
    close(listener);
    unlink(at.sun_path);
}

/* ---- names in TLS ---------------------------------------------------------------------------- */

static void secure_greet(wire *w)
{
    if (!peer_handshake(w))
        return;
    peer_say(w, peer_sni(w));
    peer_say(w, "\n");
    peer_rest(w);
}

/* What it said in TLS that it looks for, and how that ended. */
static np_status ask(const peer *p, const char *host, const char *sni, const char *expect)
{
    char script[300], map[100];
    snprintf(script, sizeof script, "protocol line\nconnect %s:443 tls\nexpect /^%s$/\n", host,
             expect);
    snprintf(map, sizeof map, ":443:127.0.0.1:%d", p->port);
    np_talk_free(k);
    k = talk_by(ctx, p, script);
    np_talk_set(k, "connect-to", map);
    if (sni)
        np_talk_set(k, "sni", sni);
    return np_talk_run(k);
}

static void names_in_tls(void **state)
{
    (void)state;
    SKIP_WITHOUT_TLS();
    peer p = peer_start("127.0.0.1", 0, secure_greet, 0);
    np_status st = ask(&p, "peer.test", NULL, "peer\\.test");
    if (st == NP_ERR_INVALID && strstr(np_talk_error(k), "PCRE2")) {
        peer_stop(&p);
        printf("SKIP: this build has no PCRE2\n");
        skip();
    }
    ended(st, NP_OK, "", "");
    assert_int_equal(info_of(k).verified, 1);
    ended(ask(&p, "127.0.0.1", NULL, "none"), NP_OK, "", ""); /* RFC 6066 3: no address */
    ended(ask(&p, "other.test", NULL, ".*"), NP_ERR_TLS, "tls.wrong-name", "other.test");
    ended(ask(&p, "other.test", "peer.test", "peer\\.test"), NP_OK, "", "");
    ended(ask(&p, "peer.test", "wrong.test", ".*"), NP_ERR_TLS, "tls.wrong-name", "wrong.test");
    peer_stop(&p);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_is_overtaken),
        cmocka_unit_test(the_first_that_is_good_is_enough),
        cmocka_unit_test(refusal_is_passed_at_once),
        cmocka_unit_test(nobody_is_there),
        cmocka_unit_test(nobody_answers),
        cmocka_unit_test(families_take_turns),
        cmocka_unit_test(no_address),
        cmocka_unit_test(only_one_family),
        cmocka_unit_test(from_an_address),
        cmocka_unit_test(through_an_interface),
        cmocka_unit_test(connect_to),
        cmocka_unit_test(unix_sockets),
        cmocka_unit_test(unix_socket_is_crowded),
        cmocka_unit_test(names_in_tls),
    };
    folder = argc > 1 ? argv[1] : "/tmp";
    signal(SIGPIPE, SIG_DFL); /* whatever started us: one of them would end this process */
    peer_tls_up();
    ctx = np_context_new();
    ctx->resolver = &names;
    up();
    int status = RUN(tests);
    down();
    np_talk_free(k);
    np_context_free(ctx);
    peer_tls_down();
    return status;
}
