/* SPDX-License-Identifier: MIT */
/*
 * Logins and STARTTLS in conversations: what may be said when, what is never shown, and that
 * nothing falls back to clear text.
 */
#include "play.h"

#define SECRET  "need pass\nsecret pass\n"
#define SMTPS   "protocol smtp\n" SECRET "connect mx:25 tls\nexpect 220\n"
#define POP3S   "protocol pop3\n" SECRET "connect mx:25 tls\nexpect +OK\n"
#define IMAPS   "protocol imap\n" SECRET "connect mx:25 tls\nexpect OK\n"
#define SMTP_IN "CONNECT mx:25 tls\nS 220 mx\n"
#define POP3_IN "CONNECT mx:25 tls\nS +OK mx\n"
#define IMAP_IN "CONNECT mx:25 tls\nS * OK mx\n"
#define VALUES  .values = "user=tim !pass=tanstaaftanstaaf"

/* Of RFC 4616, RFC 2195 and Google's description of XOAUTH2, each for user "tim". */
#define PLAIN      "AHRpbQB0YW5zdGFhZnRhbnN0YWFm"
#define LOGIN_USER "dGlt"
#define LOGIN_PASS "dGFuc3RhYWZ0YW5zdGFhZg=="
#define CHALLENGE  "PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+"
#define CRAM       "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw"
#define XOAUTH2    "dXNlcj10aW0BYXV0aD1CZWFyZXIgdGFuc3RhYWZ0YW5zdGFhZgEB"
#define BEARER     "bixhPXRpbSwBaG9zdD1teAFwb3J0PTI1AWF1dGg9QmVhcmVyIHRhbnN0YWFmdGFuc3RhYWYBAQ=="

static void by_smtp(void **state)
{
    static const play plays[] = {
        ROW("PLAIN", SMTPS "auth plain ${user} ${pass}\n",
            SMTP_IN "C AUTH PLAIN " PLAIN "\nS 235 in\n", "ok", VALUES),
        ROW("LOGIN", SMTPS "auth login ${user} ${pass}\n",
            SMTP_IN "C AUTH LOGIN\nS 334 VXNlcm5hbWU6\nC " LOGIN_USER "\nS 334 UGFzc3dvcmQ6\n"
                    "C " LOGIN_PASS "\nS 235 in\n",
            "ok", VALUES),
        ROW("XOAUTH2", SMTPS "auth xoauth2 ${user} ${pass}\n",
            SMTP_IN "C AUTH XOAUTH2 " XOAUTH2 "\nS 235 in\n", "ok", VALUES),
        ROW("OAUTHBEARER", SMTPS "auth oauthbearer ${user} ${pass}\n",
            SMTP_IN "C AUTH OAUTHBEARER " BEARER "\nS 235 in\n", "ok", VALUES),
        ROW("refused", SMTPS "auth plain ${user} ${pass}\n" BYE,
            SMTP_IN "C AUTH PLAIN " PLAIN "\nS 535 5.7.8 not " PLAIN
                    ", not tanstaaftanstaaf\n" QUIT,
            "expectation.unmet auth.refused t:6: the server refused: \"535 5.7.8 not <pass>, not "
            "<pass>\"",
            VALUES),
        ROW("refused, which is optional", SMTPS "optional\nauth plain ${user} ${pass}\nend\n" BYE,
            SMTP_IN "C AUTH PLAIN " PLAIN "\nS 504 no\n" QUIT, "ok", VALUES),
        ROW("asked for more than there is: it waits, and no goodbye would be one",
            SMTPS "auth xoauth2 ${user} ${pass}\n" BYE,
            SMTP_IN "C AUTH XOAUTH2 " XOAUTH2 "\nS 334 eyJzdGF0dXMiOiI0MDAifQ==\n",
            "expectation.unmet auth.refused t:6: the server refused: \"334 "
            "eyJzdGF0dXMiOiI0MDAifQ==\"",
            VALUES),
        ROW("refused half way", SMTPS "auth login ${user} ${pass}\n" BYE,
            SMTP_IN "C AUTH LOGIN\nS 334 a\nC " LOGIN_USER "\nS 535 no\n" QUIT,
            "expectation.unmet auth.refused t:6: the server refused: \"535 no\"", VALUES),
        ROW("closed half way", SMTPS "auth login ${user} ${pass}\n" BYE,
            SMTP_IN "C AUTH LOGIN\nS 334 a\nC " LOGIN_USER "\nEOF\n",
            "peer.closed reply.closed t:6: the server closed instead of replying", VALUES),
        ROW("silent half way", SMTPS "auth login ${user} ${pass}\n" BYE,
            SMTP_IN "C AUTH LOGIN\nS 334 a\nC " LOGIN_USER "\nTIME 10s\n",
            "peer.timeout reply.timeout t:6: no answer for 10.0 s", VALUES),
        ROW("capabilities are asked for anew",
            SMTPS "send EHLO a\nexpect 250\ncheck has AUTH\nauth plain "
                  "${user} ${pass}\ncheck not has AUTH\n",
            SMTP_IN "C EHLO a\nS 250-mx\nS 250 AUTH PLAIN\nC AUTH PLAIN " PLAIN "\nS 235 in\n",
            "ok", VALUES),
    };
    (void)state;
    PLAY(plays);
}

static void by_cram(void **state)
{
    static const play plays[] = {
        ROW("the vector of RFC 2195", SMTPS "auth cram-md5 ${user} ${pass}\n",
            SMTP_IN "C AUTH CRAM-MD5\nS 334 " CHALLENGE "\nC " CRAM "\nS 235 in\n", "ok", VALUES),
        ROW("by POP3", POP3S "auth cram-md5 ${user} ${pass}\n",
            POP3_IN "C AUTH CRAM-MD5\nS + " CHALLENGE "\nC " CRAM "\nS +OK\n", "ok", VALUES),
        ROW("by IMAP", IMAPS "auth cram-md5 ${user} ${pass}\n",
            IMAP_IN "C a1 AUTHENTICATE CRAM-MD5\nS + " CHALLENGE "\nC " CRAM "\nS a1 OK\n", "ok",
            VALUES),
        ROW("a challenge that is no base64", SMTPS "auth cram-md5 ${user} ${pass}\n" BYE,
            SMTP_IN "C AUTH CRAM-MD5\nS 334 ?\n",
            "peer.protocol reply.malformed t:6: the challenge of the server is no base64", VALUES),
        ROW("none", SMTPS "auth cram-md5 ${user} ${pass}\n" BYE, SMTP_IN "C AUTH CRAM-MD5\nS 334\n",
            "peer.protocol reply.malformed t:6: the challenge of the server is no base64", VALUES),
        ROW("padding alone", SMTPS "auth cram-md5 ${user} ${pass}\n" BYE,
            SMTP_IN "C AUTH CRAM-MD5\nS 334 =====\n",
            "peer.protocol reply.malformed t:6: the challenge of the server is no base64", VALUES),
    };
    static const play without =
        ROW("there is no digest", SMTPS "auth cram-md5 ${user} ${pass}\n" BYE,
            SMTP_IN "C AUTH CRAM-MD5\nS 334 " CHALLENGE "\n",
            "unsupported unsupported t:6: CRAM-MD5 needs OpenSSL with MD5", VALUES);
    (void)state;
    if (WITH_DIGESTS)
        PLAY(plays);
    else
        play_check(&without);
}

static void by_pop3(void **state)
{
    static const play plays[] = {
        ROW("PLAIN", POP3S "auth plain ${user} ${pass}\n",
            POP3_IN "C AUTH PLAIN " PLAIN "\nS +OK\n", "ok", VALUES),
        ROW("LOGIN", POP3S "auth login ${user} ${pass}\n",
            POP3_IN "C AUTH LOGIN\nS + a\nC " LOGIN_USER "\nS + b\nC " LOGIN_PASS "\nS +OK\n", "ok",
            VALUES),
        ROW("USER", POP3S "auth user ${user} ${pass}\n",
            POP3_IN "C USER tim\nS +OK\nC PASS tanstaaftanstaaf\nS +OK\n", "ok", VALUES),
        ROW("an unknown user", POP3S "auth user ${user} ${pass}\n" BYE,
            POP3_IN "C USER tim\nS -ERR who\nC QUIT\nS +OK\n",
            "expectation.unmet auth.refused t:6: the server refused: \"-ERR who\"", VALUES),
    };
    (void)state;
    PLAY(plays);
}

static void by_imap(void **state)
{
    static const play plays[] = {
        ROW("PLAIN", IMAPS "auth plain ${user} ${pass}\n",
            IMAP_IN "C a1 AUTHENTICATE PLAIN\nS + \nC " PLAIN "\nS a1 OK\n", "ok", VALUES),
        ROW("LOGIN", IMAPS "auth login ${user} ${pass}\n",
            IMAP_IN "C a1 AUTHENTICATE LOGIN\nS + a\nC " LOGIN_USER "\nS + b\nC " LOGIN_PASS
                    "\nS a1 OK\n",
            "ok", VALUES),
        ROW("refused", IMAPS "auth plain ${user} ${pass}\n" BYE,
            IMAP_IN "C a1 AUTHENTICATE PLAIN\nS a1 NO way\nC a2 QUIT\nS a2 BAD\n",
            "expectation.unmet auth.refused t:6: the server refused: \"NO way\"", VALUES),
        ROW("quoted", IMAPS "auth user ${user} ${pass}\n",
            IMAP_IN "C a1 LOGIN \"t\\\\\"im\" \"tan\\\\\\\\staaf\"\nS a1 OK\n", "ok",
            .values = "user=t\"im !pass=tan\\staaf"),
        ROW("literals for what quotes cannot hold", IMAPS "auth user ${user} ${pass}\n",
            IMAP_IN "C a1 LOGIN {4}\nS + \nC t\\xc3\\xafm {8}\nS + \nC tanstaaf\nS a1 OK\n", "ok",
            .values = "user=t\303\257m !pass=tanstaaf"),
        ROW("literals refused", IMAPS "auth user ${user} ${pass}\n" BYE,
            IMAP_IN "C a1 LOGIN {4}\nS a1 BAD no\nC a2 QUIT\nS a2 BAD\n",
            "expectation.unmet auth.refused t:6: the server refused: \"BAD no\"",
            .values = "user=t\303\257m !pass=tanstaaf"),
    };
    (void)state;
    PLAY(plays);
}

/* A token of some services is longer than a page. */
static void long_secrets(void **state)
{
    enum { LONG = 3000 };
    static char values[LONG + 40], lines[2 * LONG];
    static const char head[] = POP3_IN "C USER tim\nS +OK\nC PASS ";
    (void)state;
    memcpy(values, "user=tim !pass=", sizeof "user=tim !pass=");
    memset(values + strlen(values), 'x', LONG);
    memcpy(lines, head, sizeof head);
    memset(lines + strlen(lines), 'x', LONG);
    memcpy(lines + strlen(lines), "\nS +OK\n", sizeof "\nS +OK\n");
    play p =
        ROW("3,000 octets", POP3S "auth user ${user} ${pass}\n", lines, "ok", .values = values);
    play_check(&p);
}

/* What stands in the script is a secret, too, though it has no name. */
static void nameless_secrets(void **state)
{
    static const play plays[] = {
        ROW("PLAIN",
            "protocol smtp\nconnect mx:25 tls\nexpect 220\nauth plain tim tanstaaftanstaaf\n",
            SMTP_IN "C AUTH PLAIN " PLAIN "\nS 235 in\n", "ok"),
        ROW("USER",
            "protocol pop3\nconnect mx:25 tls\nexpect +OK\nauth user tim tanstaaftanstaaf\n",
            POP3_IN "C USER tim\nS +OK\nC PASS tanstaaftanstaaf\nS +OK\n", "ok"),
        ROW("quoted",
            "protocol imap\nconnect mx:25 tls\nexpect OK\nauth user tim tanstaaftanstaaf\n",
            IMAP_IN "C a1 LOGIN \"tim\" \"tanstaaftanstaaf\"\nS a1 OK\n", "ok"),
        ROW("basic",
            "protocol http\nconnect mx:443 tls\nauth plain tim tanstaaftanstaaf\nget /\nexpect "
            "204\n",
            "CONNECT mx:443 tls\nO GET / HTTP/1.1\\r\\nHost: mx\\r\\nUser-Agent: "
            "libnetprobe/" VERSION
            "\\r\\nAccept: */*\\r\\nAuthorization: Basic dGltOnRhbnN0YWFmdGFuc3RhYWY=\\r\\n"
            "Connection: close\\r\\n\\r\\n\nS HTTP/1.1 204 n\nS\n",
            "ok"),
    };
    static const char *const forms[] = {"tanstaaf", PLAIN, LOGIN_PASS,
                                        "dGltOnRhbnN0YWFmdGFuc3RhYWY="};
    (void)state;
    for (size_t i = 0; i < sizeof plays / sizeof plays[0]; i++) {
        stage s;
        play_check(&plays[i]);
        stage_run(&s, &plays[i], &(staging){0});
        for (size_t k = 0; k < s.m.saying_count; k++)
            for (size_t f = 0; f < sizeof forms / sizeof *forms; f++)
                assert_null(strstr(npi_machine_text(&s.m, s.m.sayings[k].text), forms[f]));
        for (size_t f = 0; f < sizeof forms / sizeof *forms; f++)
            assert_null(strstr(npi_buf_text(&s.m.octets), forms[f]));
        stage_free(&s);
    }
}

static void never_in_clear(void **state)
{
#define IN_CLEAR "the password would go in clear: 'starttls' before 'auth', or 'tls plaintext ok'"
    static const play plays[] = {
        ROW("without TLS", "protocol smtp\nconnect mx\nexpect 220\nauth plain a b\n" BYE,
            "CONNECT mx:25\nS 220 mx\n", "usage.invalid auth.plaintext t:4: " IN_CLEAR),
        ROW("not even the exchanges that hide it",
            "protocol smtp\nconnect mx\nexpect 220\nauth cram-md5 a b\n",
            "CONNECT mx:25\nS 220 mx\n", "usage.invalid auth.plaintext t:4: " IN_CLEAR),
        ROW("nor by HTTP", "protocol http\nconnect mx\nauth plain a b\nget /\n", "CONNECT mx:80\n",
            "usage.invalid auth.plaintext t:3: " IN_CLEAR),
        ROW("TLS of another connection is none",
            "protocol smtp\nconnect mx:25 tls\nexpect 220\nconnect mx\nexpect 220\nauth plain a "
            "b\n",
            SMTP_IN "CONNECT mx:25\nS 220 mx\n", "usage.invalid auth.plaintext t:6: " IN_CLEAR),
        ROW("loopback", "protocol smtp\nconnect mx\nexpect 220\nauth plain a b\n",
            "CONNECT mx:25\nS 220 mx\nC AUTH PLAIN AGEAYg==\nS 235 in\n", "ok", .loopback = true),
        ROW("the script says so",
            "protocol smtp\ntls plaintext ok\nconnect mx\nexpect 220\nauth plain a "
            "b\n",
            "CONNECT mx:25\nS 220 mx\nC AUTH PLAIN AGEAYg==\nS 235 in\n", "ok"),
        ROW("the program says so", "protocol smtp\nconnect mx\nexpect 220\nauth plain a b\n",
            "CONNECT mx:25\nS 220 mx\nC AUTH PLAIN AGEAYg==\nS 235 in\n", "ok",
            .plaintext = NP_CHOICE_YES),
        ROW("the program says no, whatever the script says",
            "protocol smtp\ntls plaintext ok\nconnect mx\nexpect 220\nauth plain a b\n",
            "CONNECT mx:25\nS 220 mx\n", "usage.invalid auth.plaintext t:5: " IN_CLEAR,
            .plaintext = NP_CHOICE_NO, .loopback = true),
    };
    (void)state;
    PLAY(plays);
}

/* ---- STARTTLS -------------------------------------------------------------------------------- */

#define SMTP        "protocol smtp\nconnect mx\nexpect 220\nsend EHLO a\nexpect 250\n"
#define SMTP_OFFERS "CONNECT mx:25\nS 220 mx\nC EHLO a\nS 250-mx\nS 250 STARTTLS\n"
#define POP3        "protocol pop3\nconnect mx\nexpect +OK\n"
#define IMAP        "protocol imap\nconnect mx\nexpect OK\n"
#define INJECTED(n) #n " octets came in clear before the handshake: somebody has put them there"

static void starttls(void **state)
{
    static const play plays[] = {
        ROW("SMTP",
            SMTP "starttls\ncheck not has STARTTLS\nsend EHLO a\nexpect 250\nauth plain a b\n",
            SMTP_OFFERS "C STARTTLS\nS 220 go\nTLS\nC EHLO a\nS 250 mx\nC AUTH PLAIN AGEAYg==\n"
                        "S 235 in\n",
            "ok"),
        ROW("POP3 asks itself", POP3 "starttls\nsend NOOP\nexpect +OK\n",
            "CONNECT mx:110\nS +OK\nC CAPA\nS +OK\nS STLS\nS .\nC STLS\nS +OK\nTLS\nC NOOP\nS "
            "+OK\n",
            "ok"),
        ROW("IMAP asks itself", IMAP "starttls\nsend NOOP\nexpect OK\n",
            "CONNECT mx:143\nS * OK mx\nC a1 CAPABILITY\nS * CAPABILITY IMAP4rev1 STARTTLS\nS a1 "
            "OK\n"
            "C a2 STARTTLS\nS a2 OK\nTLS\nC a3 NOOP\nS a3 OK\n",
            "ok"),
        ROW("a go-ahead in two lines", SMTP "starttls\n",
            SMTP_OFFERS "C STARTTLS\nS 220-go\nS 220 on\nTLS\n", "ok"),
        ROW("a go-ahead before it was asked for is one", SMTP "starttls\n",
            SMTP_OFFERS "S 220 go\nC STARTTLS\nTLS\n", "ok", .apart = true),
        ROW("although it is not offered", SMTP "starttls anyway\n",
            "CONNECT mx:25\nS 220 mx\nC EHLO a\nS 250 mx\nC STARTTLS\nS 220 go\nTLS\n", "ok"),
        ROW("the handshake fails: nothing goes on", SMTP "starttls\nsend EHLO a\n" BYE,
            SMTP_OFFERS "C STARTTLS\nS 220 go\nTLS fails\n",
            "peer.tls tls.not-tls t:6: the server speaks no TLS"),
        ROW("inside of TLS",
            "protocol smtp\nconnect mx:25 tls\nexpect 220\nsend EHLO a\nexpect "
            "250\nstarttls\n",
            SMTP_IN "C EHLO a\nS 250-mx\nS 250 STARTTLS\n",
            "usage.invalid script.syntax t:6: TLS is on already"),
        ROW("twice", SMTP "starttls\nstarttls\n", SMTP_OFFERS "C STARTTLS\nS 220 go\nTLS\n",
            "usage.invalid script.syntax t:7: TLS is on already"),
    };
    (void)state;
    PLAY(plays);
}

static void starttls_refused(void **state)
{
    static const play plays[] = {
        ROW("SMTP", SMTP "starttls\n" BYE, SMTP_OFFERS "C STARTTLS\nS 454 4.7.0 later\n" QUIT,
            "peer.tls starttls.refused t:6: the server refused: \"454 4.7.0 later\""),
        ROW("by a code of success that is not its own", SMTP "starttls\n" BYE,
            SMTP_OFFERS "C STARTTLS\nS 250 ok\n" QUIT,
            "peer.tls starttls.refused t:6: the server refused: \"250 ok\""),
        ROW("it is not optional", SMTP "optional\nstarttls\nend\nsend IN CLEAR\n" BYE,
            SMTP_OFFERS "C STARTTLS\nS 454 later\n" QUIT,
            "peer.tls starttls.refused t:7: the server refused: \"454 later\""),
        ROW("POP3", POP3 "starttls\n" BYE,
            "CONNECT mx:110\nS +OK\nC CAPA\nS +OK\nS STLS\nS .\nC STLS\nS -ERR no\nC QUIT\nS +OK\n",
            "peer.tls starttls.refused t:4: the server refused: \"-ERR no\""),
        ROW("IMAP", IMAP "starttls\n" BYE,
            "CONNECT mx:143\nS * OK [CAPABILITY STARTTLS] mx\nC a1 STARTTLS\nS a1 BAD no\nC a2 "
            "QUIT\n"
            "S a2 BAD\n",
            "peer.tls starttls.refused t:4: the server refused: \"BAD no\""),
        ROW("missing from EHLO", SMTP "starttls\n" BYE,
            "CONNECT mx:25\nS 220 mx\nC EHLO a\nS 250-mx\nS 250 STARTTLSX\n" QUIT,
            "peer.tls starttls.not-offered t:6: the server does not offer STARTTLS"),
        ROW("missing, and not optional", SMTP "optional\nstarttls\nend\nsend IN CLEAR\n" BYE,
            "CONNECT mx:25\nS 220 mx\nC EHLO a\nS 250 mx\n" QUIT,
            "peer.tls starttls.not-offered t:7: the server does not offer STARTTLS"),
        ROW("missing from CAPA", POP3 "starttls\n" BYE,
            "CONNECT mx:110\nS +OK\nC CAPA\nS +OK\nS TOP\nS .\nC QUIT\nS +OK\n",
            "peer.tls starttls.not-offered t:4: the server does not offer STLS"),
        ROW("missing from CAPABILITY", IMAP "starttls\n" BYE,
            "CONNECT mx:143\nS * OK [CAPABILITY IMAP4rev1] mx\nC a1 QUIT\nS a1 BAD\n",
            "peer.tls starttls.not-offered t:4: the server does not offer STARTTLS"),
        ROW("PREAUTH", "protocol imap\nconnect mx\nexpect PREAUTH\nstarttls\n" BYE,
            "CONNECT mx:143\nS * PREAUTH [CAPABILITY STARTTLS] in\nC a1 QUIT\nS a1 BAD\n",
            "peer.tls starttls.preauth t:4: the server has logged us in already: no STARTTLS is "
            "possible"),
        ROW("closed instead", SMTP "starttls\n" BYE, SMTP_OFFERS "C STARTTLS\nEOF\n",
            "peer.closed reply.closed t:6: the server closed instead of replying"),
        ROW("silence instead", SMTP "starttls\n" BYE, SMTP_OFFERS "C STARTTLS\nTIME 10s\n",
            "peer.timeout reply.timeout t:6: no answer for 10.0 s"),
        ROW("closed behind the go-ahead", SMTP "starttls\n" BYE,
            SMTP_OFFERS "C STARTTLS\nS 220 go\nFIN\nTLS fails\n",
            "peer.tls tls.not-tls t:6: the server speaks no TLS"),
    };
    (void)state;
    PLAY(plays);
}

/* Whoever put them there: octets in clear behind the go-ahead are never read as the server's. */
static void starttls_injected(void **state)
{
    static const play plays[] = {
        ROW("SMTP", SMTP "starttls\nsend EHLO a\nexpect 250\n" BYE,
            SMTP_OFFERS "C STARTTLS\nS 220 go\nS 250-evil\nS 250 AUTH PLAIN\n",
            "peer.tls starttls.injected t:6: " INJECTED(26), .apart = true),
        ROW("half a line", SMTP "starttls\n" BYE, SMTP_OFFERS "C STARTTLS\nS 220 go\nR 2\n",
            "peer.tls starttls.injected t:6: " INJECTED(1), .apart = true),
        ROW("POP3", POP3 "starttls\n" BYE,
            "CONNECT mx:110\nS +OK\nC CAPA\nS +OK\nS STLS\nS .\nC STLS\nS +OK\nS +OK evil\n",
            "peer.tls starttls.injected t:4: " INJECTED(10), .apart = true),
        ROW("IMAP", IMAP "starttls\n" BYE,
            "CONNECT mx:143\nS * OK [CAPABILITY STARTTLS] mx\nC a1 STARTTLS\nS a1 OK go\nS * 1 "
            "EXISTS\n",
            "peer.tls starttls.injected t:4: " INJECTED(12), .apart = true),
    };
    (void)state;
    PLAY(plays);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_smtp),          cmocka_unit_test(by_cram),
        cmocka_unit_test(by_pop3),          cmocka_unit_test(by_imap),
        cmocka_unit_test(long_secrets),     cmocka_unit_test(nameless_secrets),
        cmocka_unit_test(never_in_clear),   cmocka_unit_test(starttls),
        cmocka_unit_test(starttls_refused), cmocka_unit_test(starttls_injected),
    };
    return RUN(tests);
}
