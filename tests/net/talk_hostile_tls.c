/* SPDX-License-Identifier: MIT */
/*
 * Peers that mean no good in their handshake: TLS that is none, STARTTLS that is a trap, and TLS
 * that goes on and on.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "hostile.h"

/* ---- TLS that is none ------------------------------------------------------------------------ */

typedef struct refusal {
    const char *octets;
    size_t len;
    const char *name;
} refusal;

#define OCTETS(text, name)                                                                         \
    {                                                                                              \
        text, sizeof(text) - 1, name                                                               \
    }
static const refusal answers[] = {
    OCTETS("HTTP/1.1 400 Bad Request\r\n\r\n", "tls.not-tls"),
    OCTETS("220 mail.test ESMTP\r\n", "tls.not-tls"),
    OCTETS("\200\056\001\0\002\0\025\0\0\0\020", "tls.not-tls"), /* SSLv2's hello */
    OCTETS("\025\003\003\0\002\002\050", "tls.alert"),           /* handshake_failure */
    OCTETS("\025\003\003\0\002\002\106", "tls.alert"),           /* protocol_version */
    OCTETS("\025\003\003\0\002\002\160", "tls.alert"),           /* unrecognized_name */
    OCTETS("\025\003\003\0\002\001\0", "tls.alert"),             /* a goodbye, and nothing else */
    OCTETS("\026\003\003\0\0", "tls.truncated"),
    OCTETS("\026\003\003\377\377", "tls.protocol"),
    OCTETS("\027\003\003\0\005hello", "tls.protocol"),
    OCTETS("\026\003\003\0\004\002\0\0\0", "tls.protocol"),
    OCTETS("\026\003\003\0\001\002", "tls.truncated"),
    OCTETS("", "tls.truncated"),
    OCTETS("\0\0\0\0\0\0\0\0\0\0", "tls.not-tls"),
};

static void answer_hello(wire *w)
{
    const refusal *r = &answers[w->with];
    char data[2000];
    peer_read(w, data, sizeof data);
    peer_send(w, r->octets, r->len);
    peer_half(w);
    peer_rest(w);
}

static void no_tls(void **state)
{
    (void)state;
    SKIP_WITHOUT_TLS();
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        char what[60];
        peer p = peer_start("127.0.0.1", 0, answer_hello, (long)i);
        outcome got =
            outcome_of(&p, "protocol smtp\nconnect ${host}:${port} tls\nexpect 220\n", "20s", NULL);
        peer_stop(&p);
        snprintf(what, sizeof what, "answer %zu", i);
        expect_outcome(&got, NP_ERR_TLS, answers[i].name, what);
    }
    static peer_play *const silent[] = {hostile_still, peer_rest};
    for (size_t i = 0; i < 2; i++) {
        peer p = peer_start("127.0.0.1", 0, silent[i], 0);
        outcome got = outcome_of(&p, "protocol smtp\nconnect ${host}:${port} tls\nexpect 220\n",
                                 "60ms", NULL);
        peer_stop(&p);
        expect_outcome(&got, NP_ERR_TIMEOUT, "tls.timeout", "silence");
    }
    peer p = peer_start("127.0.0.1", 0, hostile_reset, 0);
    outcome got =
        outcome_of(&p, "protocol smtp\nconnect ${host}:${port} tls\nexpect 220\n", "20s", NULL);
    peer_stop(&p);
    expect_outcome(&got, NP_ERR_TLS, "tls.truncated", "reset in the handshake");
}

static void say_nonsense_and_reset(wire *w)
{
    char data[2000];
    peer_read(w, data, sizeof data);
    peer_send(w, "\027\003\003\0\005hello", 10);
    peer_reset(w);
}

/* What was said counts, although no alert can be sent any more. */
static void nonsense_and_gone(void **state)
{
    (void)state;
    SKIP_WITHOUT_TLS();
    np_event ev;
    peer p = peer_start("127.0.0.1", 0, say_nonsense_and_reset, 0);
    np_context *ctx = np_context_new();
    np_talk *k = talk_by(ctx, &p, "protocol smtp\nconnect ${host}:${port} tls\nexpect 220\n");
    assert_int_equal(np_talk_start(k), NP_OK);
    while (!info_of(k).source[0])
        talk_turn(ctx, &ev);
    peer_pause(100); /* both are here before they are looked at */
    expect_end(k, talk_until_done(ctx, k), NP_ERR_TLS, "tls.protocol", "");
    np_talk_free(k);
    np_context_free(ctx);
    peer_stop(&p);
}

/* ---- STARTTLS -------------------------------------------------------------------------------- */

enum {
    IN_TWO_LINES,
    IN_TWO_PIECES,
    INJECTED,
    REFUSED,
    IN_CLEAR,
    SILENT,
    GONE,
    NOT_OFFERED,
    INSIDE
};

static void begin_tls(wire *w)
{
    static const char *const go[] = {"220-go\r\n220 ahead\r\n",
                                     "22",
                                     "220 go\r\n250 evil\r\n",
                                     "454 no\r\n",
                                     "220 go\r\n",
                                     "220 go\r\n",
                                     "220 go\r\n"};
    char line[256];
    int on = 1;
    peer_say(w, "220 x\r\n");
    peer_answer(w, w->with == NOT_OFFERED ? "250-x\r\n250 TIME\r\n" : "250-x\r\n250 STARTTLS\r\n");
    if (w->with == NOT_OFFERED || !peer_hear(w, line, sizeof line)) {
        peer_rest(w);
        return;
    }
    if (w->with == GONE) /* its last word and its end in one segment */
        setsockopt(w->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
    peer_say(w, go[w->with == INSIDE ? IN_TWO_LINES : w->with]);
    if (w->with == IN_TWO_PIECES) {
        peer_pause(20);
        peer_say(w, "0 go\r\n");
    }
    if (w->with == GONE)
        peer_half(w);
    else if (w->with == IN_CLEAR)
        peer_answer(w, "250 ok\r\n");
    else if (w->with != SILENT && w->with != INJECTED && w->with != REFUSED && peer_handshake(w))
        peer_answer(w, "250-x\r\n250 STARTTLS\r\n");
    peer_rest(w);
}

static void starttls(void **state)
{
    (void)state;
    SKIP_WITHOUT_TLS();
    static const struct {
        const char *name, *timeout;
        np_status status;
        long how;
    } all[] = {{"", "20s", NP_OK, IN_TWO_LINES},
               {"", "20s", NP_OK, IN_TWO_PIECES},
               {"starttls.injected", "20s", NP_ERR_TLS, INJECTED},
               {"starttls.refused", "20s", NP_ERR_TLS, REFUSED},
               {"tls.not-tls", "20s", NP_ERR_TLS, IN_CLEAR},
               {"tls.timeout", "60ms", NP_ERR_TIMEOUT, SILENT},
               {"tls.truncated", "20s", NP_ERR_TLS, GONE},
               {"starttls.not-offered", "20s", NP_ERR_TLS, NOT_OFFERED},
               {"script.syntax", "20s", NP_ERR_INVALID, INSIDE}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char script[300];
        snprintf(script, sizeof script,
                 "protocol smtp\nconnect ${host}:${port}\nexpect 220\nsend EHLO x\nexpect 250\n"
                 "timeout %s\nstarttls\nsend EHLO x\nexpect 250\n%s",
                 all[i].timeout, all[i].how == INSIDE ? "starttls\n" : "");
        peer p = peer_start("127.0.0.1", 0, begin_tls, all[i].how);
        outcome got = outcome_of(&p, script, "20s", NULL);
        peer_stop(&p);
        expect_outcome(&got, all[i].status, all[i].name, all[i].name);
    }
}

/* ---- TLS that goes on and on ----------------------------------------------------------------- */

static void restless(wire *w)
{
    char line[256];
    if (!peer_handshake(w))
        return;
    peer_say(w, "220 x\r\n");
    peer_hear(w, line, sizeof line);
    peer_trouble(w, (int)w->with);
    peer_say(w, "250 fine\r\n");
    peer_rest(w);
}

static void renewed(void **state)
{
    (void)state;
    SKIP_WITHOUT_TLS();
    static const char script[] = "protocol smtp\nconnect ${host}:${port} tls\nexpect 220\n"
                                 "send NOOP\nexpect 250\n";
    static const char old[] = "protocol smtp\ntls max 1.2\nconnect ${host}:${port} tls\n"
                              "expect 220\nsend NOOP\nexpect 250\n";
    static const struct {
        const char *script;
        long what;
        bool good;
    } all[] = {
        {script, PEER_NEW_KEYS, true}, {script, PEER_TICKETS, true}, {old, PEER_ANEW, false}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        peer p = peer_start("127.0.0.1", 0, restless, all[i].what);
        outcome got = outcome_of(&p, all[i].script, "2s", NULL);
        peer_stop(&p);
        if (all[i].good)
            expect_outcome(&got, NP_OK, "", "new keys and tickets");
        else /* refused: that the server goes on all the same is its own affair */
            assert_true(got.status == NP_OK || got.status == NP_ERR_TLS ||
                        got.status == NP_ERR_CLOSED);
    }
}

static void big_certificate(wire *w)
{
    if (peer_handshake_big(w))
        peer_say(w, "220 x\r\n");
    peer_rest(w);
}

static void certificate_without_end(void **state)
{
    (void)state;
    SKIP_WITHOUT_TLS();
    peer p = peer_start("127.0.0.1", 0, big_certificate, 0);
    outcome got =
        outcome_of(&p, "protocol smtp\nconnect ${host}:${port} tls\nexpect 220\n", "20s", NULL);
    peer_stop(&p);
    expect_outcome(&got, NP_ERR_TLS, "tls.too-big", "200 KiB of certificates");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_tls),
        cmocka_unit_test(nonsense_and_gone),
        cmocka_unit_test(starttls),
        cmocka_unit_test(renewed),
        cmocka_unit_test(certificate_without_end),
    };
    signal(SIGPIPE, SIG_DFL); /* whatever started us: one of them would end this process */
    peer_tls_up();
    int status = RUN(tests);
    peer_tls_down();
    return status;
}
