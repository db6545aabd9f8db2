/* SPDX-License-Identifier: MIT */
/*
 * A conversation's life, with a peer on the loopback: every call in every state, freed and
 * cancelled at every moment, three ways to drive it that say the same.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peer.h"

static np_context *ctx;

/* ---- three drivers --------------------------------------------------------------------------- */

/* What happened, without times: steps with state and code, then who said what. */
static void describe(const np_talk *k, char *out, size_t size)
{
    size_t n = 0;
    for (int i = 0; i < np_talk_step_count(k); i++) {
        np_step s;
        assert_int_equal(np_talk_get_step(k, i, &s, sizeof s), NP_OK);
        assert_true(s.start_ns >= 0 && s.duration_ns >= 0);
        n += (size_t)snprintf(out + n, size - n, "%s: %d %d %s\n", s.label, s.state, s.code,
                              s.reply);
    }
    snprintf(out + n, size - n, "%s", transcript_of(k));
}

static np_status by_run(np_talk *k)
{
    return np_talk_run(k);
}

static np_status by_loop(np_talk *k)
{
    assert_int_equal(np_talk_start(k), NP_OK);
    return talk_until_done(ctx, k);
}

/* Waiting in np_next_event, never longer than it takes for nothing to be there. */
static np_status by_glances(np_talk *k)
{
    np_event ev;
    assert_int_equal(np_talk_start(k), NP_OK);
    while (np_next_event(ctx, &ev, sizeof ev, NP_MICROSECOND) == 0)
        ;
    assert_int_equal(ev.type, NP_EV_DONE);
    return (np_status)ev.status;
}

static void drivers_agree(void **state)
{
    (void)state;
    np_status (*const drivers[])(np_talk *) = {by_run, by_loop, by_glances};
    static char first[8192], other[8192];
    for (long manner = WHOLE; manner <= BY_OCTET; manner++) {
        peer p = peer_start("127.0.0.1", 0, peer_mail, manner);
        for (int d = 0; d < 3; d++) {
            np_talk *k = talk_by(ctx, &p, mail_script);
            expect_end(k, drivers[d](k), NP_OK, "", "");
            assert_int_equal(info_of(k).secure, peer_has_tls());
            assert_int_equal(info_of(k).verified, peer_has_tls());
            char *text = manner == WHOLE && d == 0 ? first : other;
            describe(k, text, sizeof first);
            char *port = strstr(text, " port ");
            assert_non_null(port);
            memset(port, '-', strcspn(port, "\n")); /* differs from peer to peer */
            if (text == other)
                assert_string_equal(other, first);
            np_talk_free(k);
        }
        peer_stop(&p);
    }
    assert_non_null(strstr(first, "expect 502: 1 502 what?\n"));
    assert_non_null(strstr(first, "> FROB\n< 502 5.5.1 what?\n> QUIT\n< 221 bye\n"));
}

/* ---- step by step ---------------------------------------------------------------------------- */

static void decided_on_the_way(void **state)
{
    (void)state;
    peer p = peer_start("127.0.0.1", 0, peer_mail, 0);
    np_talk *k = talk_with(ctx, "smtp", &p);
    assert_int_equal(np_talk_expect_code(k, "220"), NP_OK);
    assert_int_equal(np_talk_send_line(k, "EHLO me.test"), NP_OK);
    assert_int_equal(np_talk_expect_code(k, "2xx"), NP_OK);
    assert_int_equal(np_talk_run(k), NP_OK);
    assert_int_equal(np_talk_step_count(k), 4); /* connect is one */
    assert_int_equal(np_talk_has_feature(k, "SIZE"), 1);
    assert_int_equal(np_talk_has_feature(k, "STARTTLS"), peer_has_tls());
    if (peer_has_tls()) {
        np_talk_start_tls(k);
        assert_int_equal(np_talk_run(k), NP_OK);
        assert_int_equal(np_talk_has_feature(k, "SIZE"), 0); /* said in clear, and so forgotten */
    }
    int steps = np_talk_step_count(k);
    np_talk_send_line(k, "FROB");
    np_talk_expect_code(k, "250");
    expect_end(k, np_talk_run(k), NP_ERR_EXPECTATION, "reply.unexpected",
               "expected 250, got \"502 5.5.1 what?\"");
    size_t len;
    assert_string_equal(np_talk_reply(k, &len), "what?");
    assert_int_equal(len, 5);
    np_talk_send_line(k, "QUIT"); /* the stream is in step: it goes on */
    np_talk_expect_code(k, "221");
    np_talk_close(k);
    expect_end(k, np_talk_run(k), NP_OK, "", "");
    assert_int_equal(np_talk_step_count(k), steps + 5); /* numbers go on */
    assert_int_equal(np_talk_run(k), NP_OK);            /* nothing to do is done */
    np_talk_send_line(k, "NOOP");
    expect_end(k, np_talk_run(k), NP_ERR_CLOSED, "reply.closed", "no connection");
    np_talk_free(k);
    peer_stop(&p);
}

static void over_until_clear(void **state)
{
    (void)state;
    peer p = peer_start("127.0.0.1", 0, peer_silent, 0);
    int before = open_descriptors();
    np_talk *k = talk_with(ctx, "smtp", &p);
    np_talk_set(k, "timeout", "20ms");
    np_talk_expect_code(k, "220");
    expect_end(k, np_talk_run(k), NP_ERR_TIMEOUT, "reply.timeout", "no answer");
    assert_int_equal(open_descriptors(), before); /* nothing more to be said: it is closed */
    np_talk_send_line(k, "NOOP");
    assert_int_equal(np_talk_start(k), NP_ERR_STATE);
    assert_non_null(strstr(np_talk_error(k), "np_talk_clear"));
    assert_int_equal(np_talk_clear(k), NP_OK);
    assert_int_equal(np_talk_step_count(k) + np_talk_line_count(k) + np_talk_attempt_count(k), 0);
    assert_int_equal(info_of(k).start_ns, -1);
    np_talk_expect_code(k, "220"); /* connects again: url and options stay */
    expect_end(k, np_talk_run(k), NP_ERR_TIMEOUT, "reply.timeout", "no answer");
    assert_int_equal(np_talk_step_count(k), 2);
    np_talk_free(k);
    peer_stop(&p);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void every_call_in_every_state(void **state)
{
    (void)state;
    np_event ev;
    np_step step;
    peer p = peer_start("127.0.0.1", 0, peer_mail, 0);
    np_talk *k = talk_with(ctx, "smtp", &p);
    assert_int_equal(np_talk_pause(k), NP_ERR_STATE);
    assert_int_equal(np_talk_resume(k), NP_ERR_STATE);
    assert_int_equal(np_talk_cancel(k), NP_OK);
    assert_int_equal(np_talk_clear(k), NP_OK);
    assert_int_equal(np_talk_write(k, "x", 1), NP_ERR_STATE);
    assert_int_equal(np_talk_set_user(k, &ev), NP_OK);
    np_talk_expect_code(k, "220");
    assert_int_equal(np_talk_start(k), NP_OK);
    assert_int_equal(np_talk_start(k), NP_ERR_STATE);
    assert_int_equal(np_talk_run(k), NP_ERR_STATE);
    assert_int_equal(np_talk_clear(k), NP_ERR_STATE);
    assert_int_equal(np_talk_reset(k), NP_ERR_STATE);
    np_status (*const lines[])(np_talk *, const char *) = {
        np_talk_set_url, np_talk_send_line, np_talk_expect_code, np_talk_expect_match};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_int_equal(lines[i](k, "250"), NP_ERR_STATE);
    assert_int_equal(np_talk_set(k, "timeout", "1s"), NP_ERR_STATE);
    assert_int_equal(np_talk_set_variable(k, "a", "b"), NP_ERR_STATE);
    assert_int_equal(np_talk_set_secret(k, "a", "b"), NP_ERR_STATE);
    assert_int_equal(np_talk_set_events(k, 1), NP_ERR_STATE);
    assert_int_equal(np_talk_send_bytes(k, "", 0), NP_ERR_STATE);
    assert_int_equal(np_talk_add_script(k, NULL), NP_ERR_STATE);
    assert_int_equal(np_talk_start_tls(k), NP_ERR_STATE);
    assert_int_equal(np_talk_close(k), NP_ERR_STATE);
    assert_int_equal(np_talk_pause(k), NP_OK);
    assert_int_equal(np_talk_pause(k), NP_OK);
    assert_int_equal(np_next_event(ctx, &ev, sizeof ev, 20 * NP_MILLISECOND), 0); /* it rests */
    assert_int_equal(np_talk_get_step(k, 0, &step, sizeof step), NP_ERR_RANGE);
    assert_int_equal(np_talk_resume(k), NP_OK);
    assert_int_equal(np_next_event(ctx, &ev, sizeof ev, 10 * NP_SECOND), 1);
    assert_int_equal(ev.type, NP_EV_DONE);
    assert_int_equal(ev.status, NP_OK);
    assert_ptr_equal(ev.object, k);
    assert_ptr_equal(ev.user, &ev);
    assert_int_equal(np_talk_reset(k), NP_OK); /* url, variables and steps are gone */
    assert_int_equal(np_talk_run(k), NP_OK);
    assert_int_equal(np_talk_step_count(k), 0);
    np_talk_free(k);
    peer_stop(&p);
}

static void cancelled(void **state)
{
    (void)state;
    np_event ev;
    peer p = peer_start("127.0.0.1", 0, peer_silent, 0);
    int before = open_descriptors();
    np_talk *k = talk_with(ctx, "smtp", &p);
    np_talk_expect_code(k, "220");
    assert_int_equal(np_talk_start(k), NP_OK);
    while (np_talk_step_count(k) < 2)
        talk_turn(ctx, &ev);
    assert_int_equal(np_talk_cancel(k), NP_OK);
    assert_int_equal(np_talk_clear(k), NP_ERR_STATE); /* DONE waits */
    assert_int_equal(np_talk_start(k), NP_ERR_STATE);
    assert_int_equal(np_next_event(ctx, &ev, sizeof ev, 0), 1);
    assert_int_equal(ev.status, NP_ERR_CANCELLED);
    assert_string_equal(np_talk_error(k), "cancelled");
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(np_talk_start(k), NP_ERR_STATE); /* over until clear */
    np_talk_clear(k);
    np_talk_expect_code(k, "220");
    np_context_wakeup(ctx);
    assert_int_equal(np_talk_run(k), NP_ERR_CANCELLED);
    np_talk_free(k);
    peer_stop(&p);
}

/* A rest costs no time of a limit, and asks nothing of the host; who goes on goes on only once. */
static void rests(void **state)
{
    (void)state;
    np_event ev;
    peer p = peer_start("127.0.0.1", 0, peer_silent, 0);
    np_talk *k = talk_with(ctx, "smtp", &p);
    np_talk_set(k, "timeout", "60ms");
    np_talk_expect_code(k, "220");
    assert_int_equal(np_talk_start(k), NP_OK);
    while (np_talk_step_count(k) < 2)
        talk_turn(ctx, &ev);
    np_talk_pause(k);
    assert_int_equal(np_next_event(ctx, &ev, sizeof ev, 80 * NP_MILLISECOND), 0);
    np_talk_pause(k); /* once more: the rest began before */
    np_talk_resume(k);
    assert_int_equal(np_next_event(ctx, &ev, sizeof ev, 0), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(np_talk_resume(k), NP_OK); /* goes on already: no limit moves */
    assert_int_equal(np_next_event(ctx, &ev, sizeof ev, 20 * NP_SECOND), 1);
    assert_int_equal(ev.status, NP_ERR_TIMEOUT);
    np_talk_free(k);
    k = talk_with(ctx, "smtp", &p); /* goes on without ever having rested */
    np_talk_set(k, "timeout", "20ms");
    np_talk_expect_code(k, "220");
    assert_int_equal(np_talk_start(k), NP_OK);
    while (np_talk_step_count(k) < 2)
        talk_turn(ctx, &ev);
    assert_int_equal(np_talk_resume(k), NP_OK);
    assert_int_equal(np_next_event(ctx, &ev, sizeof ev, 15 * NP_SECOND), 1);
    assert_int_equal(ev.status, NP_ERR_TIMEOUT);
    np_talk_free(k);
    peer_stop(&p);
}

/* A server whose queue is full, so that the next connection has to wait. */
static int crowded(peer *p, int *guests, int count)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (void *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 0), 0);
    getsockname(fd, (void *)&at, &len);
    p->port = ntohs(at.sin_port);
    for (int i = 0; i < count; i++) {
        guests[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        connect(guests[i], (void *)&at, sizeof at);
    }
    return fd;
}

/* While it rests nothing wakes the host, whatever has become of the connection that it made. */
static void rests_while_connecting(void **state)
{
    (void)state;
    enum { GUESTS = 3 };
    np_event ev;
    peer p;
    int guests[GUESTS], server = crowded(&p, guests, GUESTS);
    np_talk *k = talk_by(ctx, &p, "protocol raw\nconnect ${host}:${port}\n");
    assert_int_equal(np_talk_start(k), NP_OK);
    while (np_talk_attempt_count(k) == 0)
        talk_turn(ctx, &ev);
    np_talk_pause(k);
    for (int i = 0; i < GUESTS; i++) {
        close(accept(server, NULL, NULL));
        close(guests[i]);
    }
    peer_pause(1500); /* by now a SYN has been sent once more, and answered */
    struct pollfd fd = {np_context_fd(ctx), POLLIN, 0};
    for (int i = 0; i < 5; i++)
        assert_int_equal(np_next_event(ctx, &ev, sizeof ev, 0), 0);
    assert_int_equal(poll(&fd, 1, 0), 0);
    assert_int_equal(info_of(k).port, p.port);
    assert_string_equal(info_of(k).source, ""); /* not connected, as far as it has looked */
    np_talk_resume(k);
    assert_int_equal(talk_until_done(ctx, k), NP_OK);
    assert_string_equal(info_of(k).source, "127.0.0.1");
    np_talk_free(k);
    close(server);
}

/* ---- ended at every moment ------------------------------------------------------------------- */

enum { FREE, CANCEL, CONTEXT };

/* Make so many turns, then end it. False when it had ended by itself before. */
static bool end_after(const peer *p, const char *script, int turns, int how)
{
    failmem f = {0};
    np_allocator a = failmem_allocator(&f);
    np_context *in = np_context_new_with(&a, sizeof a);
    np_talk *k = talk_by(in, p, script);
    np_event ev = {.type = NP_EV_NONE};
    int before = open_descriptors();
    assert_int_equal(np_talk_start(k), NP_OK);
    for (int i = 0; i < turns && ev.type != NP_EV_DONE; i++)
        talk_turn(in, &ev);
    if (how == CANCEL) {
        assert_int_equal(np_talk_cancel(k), NP_OK);
        if (ev.type != NP_EV_DONE) {
            assert_int_equal(np_next_event(in, &ev, sizeof ev, 0), 1);
            assert_int_equal(ev.status, NP_ERR_CANCELLED);
            ev.type = NP_EV_NONE;
        }
        assert_true(open_descriptors() <= before + 1); /* a resolver keeps its socket */
    }
    if (how == CONTEXT) {
        np_context_free(in);
        assert_non_null(np_talk_json(k));
        assert_int_equal(np_talk_start(k), NP_ERR_STATE);
    }
    np_talk_free(k);
    if (how != CONTEXT) {
        struct pollfd fd = {np_context_fd(in), POLLIN, 0};
        np_event none;
        assert_int_equal(np_next_event(in, &none, sizeof none, 0), 0);
        assert_int_equal(poll(&fd, 1, 0), 0); /* neither timer nor descriptor is left */
        np_context_free(in);
    }
    assert_int_equal(f.live, 0);
    return ev.type != NP_EV_DONE;
}

static void ended_at_every_moment(void **state)
{
    (void)state;
    peer p = peer_start("127.0.0.1", 0, peer_mail, BY_OCTET);
    int before = open_descriptors(), longest = 0;
    for (int how = FREE; how <= CONTEXT; how++)
        for (int turns = 0; end_after(&p, mail_script, turns, how); turns++) {
            assert_int_equal(open_descriptors(), before);
            longest = turns > longest ? turns : longest;
        }
    assert_true(longest > 5);
    peer_stop(&p);
}

/* A name server that says nothing. */
static void ended_while_a_name_is_looked_up(void **state)
{
    (void)state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};
    peer nobody = {.port = 25};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server, (void *)&at, sizeof at), 0);
    static const char script[] = "protocol smtp\nconnect mail.test\nexpect 220\n";
    np_talk *k = talk_by(ctx, &nobody, script);
    np_talk_set(k, "connect-timeout", "50ms");
    np_status st = np_talk_run(k);
    np_talk_free(k);
    if (st == NP_ERR_UNSUPPORTED) {
        close(server);
        printf("SKIP: this build has no c-ares\n");
        skip();
    }
    assert_int_equal(st, NP_ERR_RESOLVER);
    int before = open_descriptors();
    for (int how = FREE; how <= CONTEXT; how++)
        for (int turns = 0; turns < 3; turns++) {
            assert_true(end_after(&nobody, script, turns, how));
            assert_int_equal(open_descriptors(), before);
        }
    close(server);
}

static void freed_in_any_order(void **state)
{
    (void)state;
    peer p = peer_start("127.0.0.1", 0, peer_mail, 0);
    np_context *own = np_context_new();
    np_talk *running = talk_by(own, &p, mail_script), *done = talk_by(own, &p, greeting_script);
    assert_int_equal(np_talk_start(running), NP_OK);
    assert_int_equal(np_talk_run(done), NP_OK);
    int lines = np_talk_line_count(done);
    np_context_free(own);
    assert_int_equal(np_talk_line_count(done), lines);
    assert_int_equal(np_talk_start(done), NP_ERR_STATE);
    assert_int_equal(np_talk_write(running, "x", 1), NP_ERR_STATE);
    np_talk_free(done);
    np_talk_free(running);
    peer_stop(&p);
}

static void forked(void **state)
{
    (void)state;
    int status;
    peer p = peer_start("127.0.0.1", 0, peer_mail, 0);
    np_talk *k = talk_by(ctx, &p, greeting_script);
    assert_int_equal(np_talk_run(k), NP_OK);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        np_step s;
        bool good = np_talk_start(k) == NP_ERR_FORKED && np_talk_run(k) == NP_ERR_FORKED &&
                    np_talk_set(k, "timeout", "1s") == NP_ERR_FORKED &&
                    np_talk_send_line(k, "QUIT") == NP_ERR_FORKED &&
                    np_talk_write(k, "x", 1) == NP_ERR_FORKED &&
                    np_talk_clear(k) == NP_ERR_FORKED &&
                    np_talk_get_step(k, 0, &s, sizeof s) == NP_OK && np_talk_json(k);
        np_talk_free(k);
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    np_talk_send_line(k, "QUIT"); /* the child has said no goodbye in our name */
    np_talk_expect_code(k, "221");
    assert_int_equal(np_talk_run(k), NP_OK);
    np_talk_free(k);
    peer_stop(&p);
}

/* ---- side by side ---------------------------------------------------------------------------- */

static void many_in_one_context(void **state)
{
    (void)state;
    enum { TALKS = 12 };
    np_talk *all[TALKS];
    peer good = peer_start("127.0.0.1", 0, peer_mail, BY_OCTET);
    peer bad = peer_start("127.0.0.1", 0, peer_silent, 0);
    for (int i = 0; i < TALKS; i++) {
        all[i] = talk_by(ctx, i % 3 ? &good : &bad, mail_script);
        np_talk_set(all[i], "timeout", i % 3 ? "20s" : "50ms");
        np_talk_set_user(all[i], &all[i]);
        assert_int_equal(np_talk_start(all[i]), NP_OK);
    }
    np_talk *alone = talk_by(ctx, &good, mail_script);
    assert_int_equal(np_talk_run(alone), NP_OK); /* waits for itself, and keeps others' events */
    np_talk_free(alone);
    np_event ev;
    for (int n = 0; n < TALKS; n++) {
        assert_int_equal(np_next_event(ctx, &ev, sizeof ev, 20 * NP_SECOND), 1);
        np_talk **which = ev.user;
        assert_ptr_equal(ev.object, *which);
        assert_int_equal(ev.status, (which - all) % 3 ? NP_OK : NP_ERR_TIMEOUT);
        np_talk_free(*which);
    }
    peer_stop(&good);
    peer_stop(&bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drivers_agree),
        cmocka_unit_test(decided_on_the_way),
        cmocka_unit_test(over_until_clear),
        cmocka_unit_test(every_call_in_every_state),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(rests),
        cmocka_unit_test(rests_while_connecting),
        cmocka_unit_test(ended_at_every_moment),
        cmocka_unit_test(ended_while_a_name_is_looked_up),
        cmocka_unit_test(freed_in_any_order),
        cmocka_unit_test(forked),
        cmocka_unit_test(many_in_one_context),
    };
    signal(SIGPIPE, SIG_DFL); /* whatever started us: one of them would end this process */
    peer_tls_up();
    ctx = np_context_new();
    int status = RUN(tests);
    np_context_free(ctx);
    peer_tls_down();
    return status;
}
