/* SPDX-License-Identifier: MIT */
/*
 * Conversations with mail servers: SMTP, LMTP, POP3, IMAP, and the scripts that np-talk has for
 * them.
 */
#include "play.h"

#define SMTP       "protocol smtp\nconnect mx\nexpect 220\n"
#define LMTP       "protocol lmtp\nconnect mx\nexpect 220\n"
#define POP3       "protocol pop3\nconnect mx\nexpect +OK\n"
#define IMAP       "protocol imap\nconnect mx\nexpect OK\n"
#define SMTP_HELLO "CONNECT mx:25\nS 220 mx\n"
#define LMTP_HELLO "CONNECT mx:24\nS 220 mx\n"
#define POP3_HELLO "CONNECT mx:110\nS +OK mx\n"
#define IMAP_HELLO "CONNECT mx:143\nS * OK [CAPABILITY IMAP4rev1 STARTTLS] mx\n"
#define UNMET      "expectation.unmet reply.unexpected "

/* ---- SMTP and LMTP --------------------------------------------------------------------------- */

static void messages(void **state)
{
    static const play plays[] = {
        ROW("dots, line ends, the final dot",
            SMTP "message <<END\nSubject: a\n\n.\n..b\nc.\n  d\nEND\nexpect 250\n",
            SMTP_HELLO
            "O Subject: a\\r\\n\\r\\n..\\r\\n...b\\r\\nc.\\r\\n  d\\r\\n.\\r\\n\nS 250 in\n",
            "ok"),
        ROW("without any line", SMTP "message <<END\nEND\nexpect 250\n",
            SMTP_HELLO "C .\nS 250 in\n", "ok"),
        ROW("lines in a value, the last one without its end",
            SMTP "need a\nmessage <<END\n${a}\nEND\nexpect 250\n",
            SMTP_HELLO "C b\nC ..c\nC .\nS 250 in\n", "ok", .values = "a=b\n.c"),
        ROW("a bare CR smuggles", SMTP "need a\nmessage <<END\n${a}\nEND\nexpect 250\n", SMTP_HELLO,
            "usage.invalid script.variable t:5: a message must not hold a bare CR",
            .values = "a=b\r.\rMAIL"),
        ROW("in clear text what others encode",
            SMTP "need a\nmessage <<END\n${a|base64}\nEND\nexpect "
                 "250\n",
            SMTP_HELLO "C YQo=\nC .\nS 250 in\n", "ok", .values = "a=a\n"),
    };
    (void)state;
    PLAY(plays);
}

static void smtp_replies(void **state)
{
    static const play plays[] = {
        ROW("capabilities are the last EHLO's",
            SMTP "send EHLO a\nexpect 250\ncheck has SIZE 100\nsend "
                 "EHLO b\nexpect 250\ncheck not has SIZE\n",
            SMTP_HELLO "C EHLO a\nS 250-mx\nS 250 size 100\nC EHLO b\nS 250 mx\n", "ok"),
        ROW("AUTH= is AUTH", SMTP "send EHLO a\nexpect 250\ncheck has AUTH PLAIN\n",
            SMTP_HELLO "C EHLO a\nS 250-mx\nS 250 AUTH=PLAIN LOGIN\n", "ok"),
        ROW("two replies to one command: the second one is the next one's",
            SMTP "send A\nexpect 250\nsend B\nexpect 251\n" BYE,
            SMTP_HELLO "C A\nS 250 a\nS 550 no\nC B\nC QUIT\nS 221 bye\n",
            UNMET "t:7: expected 251, got \"550 no\" after 0.00 ms", .apart = true),
        ROW("code 99", SMTP "send A\nexpect 250\n" BYE, SMTP_HELLO "C A\nS 099 a\n",
            "peer.protocol reply.malformed t:5: not a line of a reply: \"099 a\""),
        ROW("code 1000", SMTP "send A\nexpect 250\n" BYE, SMTP_HELLO "C A\nS 1000 a\n",
            "peer.protocol reply.malformed t:5: not a line of a reply: \"1000 a\""),
        ROW("a blank within", SMTP "send A\nexpect 250\n" BYE, SMTP_HELLO "C A\nS 2 50\n",
            "peer.protocol reply.malformed t:5: not a line of a reply: \"2 50\""),
        ROW("a banner of something else", "protocol smtp\nconnect mx\nexpect 220\n" BYE,
            "CONNECT mx:25\nS HTTP/1.1 400 Bad Request\n",
            "peer.protocol reply.malformed t:3: not a line of a reply: \"HTTP/1.1 400 Bad "
            "Request\""),
        ROW("bare LF", SMTP "send A\nexpect 250\n", SMTP_HELLO "C A\nR 250-a\\n250 b\\n\n", "ok"),
    };
    (void)state;
    PLAY(plays);
}

static void lmtp_replies(void **state)
{
    static const play plays[] = {
        ROW("one for each recipient", LMTP "message <<E\na\nE\nexpect 250\nexpect 250\n",
            LMTP_HELLO "C a\nC .\nS 250 one\nS 250 two\n", "ok"),
        ROW("the second one refused", LMTP "message <<E\na\nE\nexpect 250\nexpect 250\n" BYE,
            LMTP_HELLO "C a\nC .\nS 250 one\nS 452 4.2.2 full\n" QUIT,
            UNMET "t:8: expected 250, got \"452 4.2.2 full\" after 0.00 ms"),
        ROW("fewer than recipients", LMTP "message <<E\na\nE\nexpect 250\nexpect 250\n" BYE,
            LMTP_HELLO "C a\nC .\nS 250 one\nTIME 10s\n",
            "peer.timeout reply.timeout t:8: no answer for 10.0 s"),
        ROW("LHLO", LMTP "send LHLO a\nexpect 250\ncheck has SIZE\n",
            LMTP_HELLO "C LHLO a\nS 250-mx\nS 250 SIZE\n", "ok"),
    };
    (void)state;
    PLAY(plays);
}

/* A line has no length of ours: what would be cut would be another command. */
static void long_lines(void **state)
{
    enum { LONG = 20000 };
    static char script[LONG + 200], lines[LONG + 200];
    static const char head[] = SMTP "send ", hello[] = SMTP_HELLO "C ";
    (void)state;
    memcpy(script, head, sizeof head);
    memset(script + strlen(script), 'x', LONG);
    memcpy(script + strlen(script), "\nexpect 250\n", sizeof "\nexpect 250\n");
    memcpy(lines, hello, sizeof hello);
    memset(lines + strlen(lines), 'x', LONG);
    memcpy(lines + strlen(lines), "\nS 250 a\n", sizeof "\nS 250 a\n");
    play p = ROW("20,000 octets", script, lines, "ok");
    play_check(&p);
}

/* ---- POP3 ------------------------------------------------------------------------------------ */

static void pop3_replies(void **state)
{
    static const play plays[] = {
        ROW("which ones go on",
            POP3 "send RETR 1\nexpect +OK\ncheck body contains \".b\"\ncheck size is "
                 "7\nsend LIST 1\nexpect +OK\ncheck size is 0\n",
            POP3_HELLO "C RETR 1\nS +OK\nS a\nS ..b\nS .\nC LIST 1\nS +OK 1 7\n", "ok"),
        ROW("the script knows better",
            POP3 "send XTRA\nexpect +OK lines\ncheck body contains a\nsend "
                 "CAPA\nexpect +OK line\n",
            POP3_HELLO "C XTRA\nS +OK\nS a\nS .\nC CAPA\nS +OK\n", "ok"),
        ROW("-ERR never goes on", POP3 "send RETR 1\nexpect +OK\n" BYE,
            POP3_HELLO "C RETR 1\nS -ERR [SYS/TEMP] no\nC QUIT\nS +OK\n",
            UNMET "t:5: expected +OK, got \"-ERR [SYS/TEMP] no\" after 0.00 ms"),
        ROW("words in any case", POP3 "send A\nexpect -err\n", POP3_HELLO "C A\nS -ERR\n", "ok"),
        ROW("capabilities",
            POP3 "send CAPA\nexpect +OK\ncheck has SASL PLAIN\ncheck not has STLS\n",
            POP3_HELLO "C CAPA\nS +OK\nS SASL LOGIN PLAIN\nS .\n", "ok"),
        ROW("a list that never ends", POP3 "send LIST\nexpect +OK\n" BYE,
            POP3_HELLO "C LIST\nS +OK\nS 1 1\nS 2 2\nS 3 3\nS 4 4\nS 5 5\nS 6 6\n",
            "peer.limit limit.body t:5: a body of more than 20 octets", .limits = {.body = 20}),
        ROW("something else", POP3 "send A\nexpect +OK\n" BYE, POP3_HELLO "C A\nS 250 ok\n",
            "peer.protocol reply.malformed t:5: neither +OK nor -ERR: \"250 ok\""),
    };
    (void)state;
    PLAY(plays);
}

/* ---- IMAP ------------------------------------------------------------------------------------ */

static void imap_replies(void **state)
{
    static const play plays[] = {
        ROW("tags, and what has none",
            IMAP "send NOOP\nexpect OK\ncheck text contains \"3 EXISTS\"\nsend "
                 "X\nexpect NO\n",
            IMAP_HELLO "C a1 NOOP\nS * 3 EXISTS\nS a1 OK done\nC a2 X\nS a2 NO what\n", "ok"),
        ROW("another's tag", IMAP "send NOOP\nexpect OK\n" BYE, IMAP_HELLO "C a1 NOOP\nS a9 OK\n",
            "peer.protocol reply.malformed t:5: a tag that no command had: \"a9 OK\""),
        ROW("PREAUTH is no OK", "protocol imap\nconnect mx\nexpect OK\n" BYE,
            "CONNECT mx:143\nS * PREAUTH in\nC a1 QUIT\nS a1 BAD\n",
            UNMET "t:3: expected OK, got \"PREAUTH in\" after 0.00 ms"),
        ROW("BYE", "protocol imap\nconnect mx\nexpect OK\n" BYE, "CONNECT mx:143\nS * BYE full\n",
            UNMET "t:3: expected OK, got \"BYE full\" after 0.00 ms"),
        ROW("literals from the server",
            IMAP "send FETCH 1 BODY[]\nexpect OK\ncheck body is "
                 "\"a1 OK\"\ncheck size is 5\n",
            IMAP_HELLO "C a1 FETCH 1 BODY[]\nS * 1 FETCH (BODY[] {5}\nR a1 OK\nS )\nS a1 OK\n",
            "ok"),
        ROW("an empty one", IMAP "send X\nexpect OK\ncheck size is 0\n",
            IMAP_HELLO "C a1 X\nS * X {0}\nS\nS a1 OK\n", "ok"),
        ROW("in a text they are none", IMAP "send X\nexpect OK\n",
            IMAP_HELLO "C a1 X\nS * OK {4294967296}\nS a1 OK {5}\n", "ok"),
        ROW("a huge one", IMAP "send X\nexpect OK\n" BYE, IMAP_HELLO "C a1 X\nS * X {4294967296}\n",
            "peer.limit limit.body t:5: a body of more than 8388608 octets"),
        ROW("below nothing", IMAP "send X\nexpect OK\n" BYE, IMAP_HELLO "C a1 X\nS * X {-1}\n",
            "peer.protocol reply.malformed t:5: not the length of a literal: \"{-1}\""),
        ROW("continuations", IMAP "send IDLE\nexpect +\nsend raw \"DONE\\r\\n\"\nexpect OK\n",
            IMAP_HELLO "C a1 IDLE\nS + go on\nC DONE\nS a1 OK\n", "ok"),
        ROW("capabilities",
            IMAP "check has STARTTLS\nsend CAPABILITY\nexpect OK\ncheck not has "
                 "STARTTLS\ncheck has AUTH PLAIN\n",
            IMAP_HELLO "C a1 CAPABILITY\nS * CAPABILITY IMAP4rev1 AUTH=PLAIN\nS a1 OK\n", "ok"),
    };
    (void)state;
    PLAY(plays);
}

/* ---- the scripts of np-talk --------------------------------------------------------------------
 */

#define MX "host=mx client=me port="

static void smtp_script(void **state)
{
    static const play plays[] = {
        ROW("a whole mail", "@smtp",
            SMTP_HELLO "C EHLO me\nS 250-mx\nS 250 STARTTLS\nC STARTTLS\nS 220 go\nTLS\nC EHLO me\n"
                       "S 250-mx\nS 250 AUTH CRAM-MD5 PLAIN\nC AUTH PLAIN AHRpbQB0YW5zdGFhZg==\n"
                       "S 235 in\nC MAIL FROM:<a@x>\nS 250 a\nC RCPT TO:<b@y>\nS 250 b\nC DATA\n"
                       "S 354 go\nC From: <a@x>\nC To: <b@y>\nC Subject: hi\nC\nC ..text\nC .\n"
                       "S 250 queued as 4Q\n" QUIT,
            "ok",
            .values =
                MX "25 starttls=yes login=auto user=tim pass=tanstaaf mail=yes from=a@x to=b@y "
                   "send=yes subject=hi text=.text"),
        ROW("a recipient refused", "@smtp",
            SMTP_HELLO "C EHLO me\nS 250 mx\nC MAIL FROM:<>\nS 250 a\nC RCPT TO:<b@y>\n"
                       "S 550 5.1.1 who\n" QUIT,
            UNMET "t:*: expected 250 or 251, got \"550 5.1.1 who\" after 0.00 ms",
            .values = MX "25 mail=yes to=b@y"),
        ROW("stopped early", "@smtp", SMTP_HELLO QUIT, "skipped", .values = MX "25 stop=connect"),
        ROW("no login that is known", "@smtp",
            SMTP_HELLO "C EHLO me\nS 250-mx\nS 250 AUTH XYZ\n" QUIT,
            "expectation.unmet check.unmet t:*: the server offers no login that is known here: "
            "AUTH "
            "PLAIN, LOGIN or CRAM-MD5",
            .values = MX "25 login=auto user=a pass=bcdef"),
        ROW("STARTTLS refused: nothing goes on in clear", "@smtp",
            SMTP_HELLO
            "C EHLO me\nS 250-mx\nS 250 STARTTLS\nC STARTTLS\nS 454 4.7.0 not now\n" QUIT,
            "peer.tls starttls.refused t:*: the server refused: \"454 4.7.0 not now\"",
            .values = MX "25 starttls=yes login=auto user=a pass=bcdef"),
        ROW("a password in clear", "@smtp", SMTP_HELLO "C EHLO me\nS 250-mx\nS 250 AUTH PLAIN\n",
            "usage.invalid auth.plaintext t:*: the password would go in clear: 'starttls' before "
            "'auth', or 'tls plaintext ok'",
            .values = MX "25 login=auto user=a pass=bcdef"),
    };
    (void)state;
    PLAY_PATTERNS(plays);
}

static void other_scripts(void **state)
{
    static const play plays[] = {
        ROW("LMTP", "@lmtp",
            LMTP_HELLO
            "C LHLO me\nS 250 mx\nC MAIL FROM:<>\nS 250 a\nC RCPT TO:<b@y>\nS 250 b\n" QUIT,
            "ok", .values = MX "24 mail=yes to=b@y"),
        ROW("POP3", "@pop3",
            "CONNECT mx:995 tls\nS +OK mx\nC CAPA\nS +OK\nS USER\nS .\nC USER tim\nS +OK\n"
            "C PASS tanstaaf\nS +OK\nC STAT\nS +OK 3 300\nC RETR 2\nS +OK\nS a\nS .\nC QUIT\nS "
            "+OK\n",
            "ok", .values = MX "995 tls=yes login=auto user=tim pass=tanstaaf retr=2"),
        ROW("POP3: a wrong password", "@pop3",
            "CONNECT mx:995 tls\nS +OK mx\nC CAPA\nS -ERR\nC USER tim\nS +OK\nC PASS tanstaaf\n"
            "S -ERR [AUTH] not tanstaaf\nC QUIT\nS +OK\n",
            "expectation.unmet auth.refused t:*: the server refused: \"-ERR [AUTH] not <pass>\"",
            .values = MX "995 tls=yes login=auto user=tim pass=tanstaaf"),
        ROW("IMAP", "@imap",
            IMAP_HELLO
            "C a1 STARTTLS\nS a1 OK\nTLS\nC a2 CAPABILITY\nS * CAPABILITY IMAP4rev1\n"
            "S a2 OK\nC a3 LOGIN \"tim\" \"tan\\\\\"staaf\"\nS a3 OK\nC a4 EXAMINE \"INBOX\"\n"
            "S * 7 EXISTS\nS a4 OK [READ-ONLY]\nC a5 LOGOUT\nS * BYE\nS a5 OK\n",
            "ok", .values = MX "143 starttls=yes login=auto user=tim pass=tan\"staaf"),
        ROW("IMAP: LOGINDISABLED", "@imap",
            "CONNECT mx:143\nS * OK mx\nC a1 CAPABILITY\nS * CAPABILITY LOGINDISABLED\nS a1 OK\n"
            "C a2 LOGOUT\nS * BYE\nS a2 OK\n",
            "expectation.unmet check.unmet t:*: the server allows no password here "
            "(LOGINDISABLED): it "
            "wants TLS first",
            .values = MX "143 login=auto user=tim pass=tanstaaf"),
        ROW("IMAP: logged in before TLS", "@imap",
            "CONNECT mx:143\nS * PREAUTH in\nC a1 LOGOUT\nS * BYE\nS a1 OK\n",
            "peer.tls starttls.preauth t:*: the server has logged us in already: no STARTTLS is "
            "possible",
            .values = MX "143 starttls=yes"),
    };
    (void)state;
    PLAY_PATTERNS(plays);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages),     cmocka_unit_test(smtp_replies),
        cmocka_unit_test(lmtp_replies), cmocka_unit_test(long_lines),
        cmocka_unit_test(pop3_replies), cmocka_unit_test(imap_replies),
        cmocka_unit_test(smtp_script),  cmocka_unit_test(other_scripts),
    };
    return RUN(tests);
}
