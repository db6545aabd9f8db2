/* SPDX-License-Identifier: MIT */
/*
 * Conversations whatever the protocol: what is expected, blocks, time, ends, values, memory.
 */
#include <stdio.h>

#include "play.h"

#define SMTP  "protocol smtp\nconnect mx\n"
#define HELLO "CONNECT mx:25\nS 220 mx\n"
#define UNMET "expectation.unmet reply.unexpected "

/* ---- what is expected ------------------------------------------------------------------------ */

static void by_code(void **state)
{
    static const play plays[] = {
        ROW("welcome", SMTP "expect 220\nsend QUIT\nexpect 221\n", HELLO QUIT, "ok"),
        ROW("another code, and a goodbye", SMTP "expect 220\n" BYE,
            "CONNECT mx:25\nS 554 5.7.1 go away\n" QUIT,
            UNMET "t:3: expected 220, got \"554 5.7.1 go away\" after 0.00 ms"),
        ROW("a class", SMTP "expect 2xx\nsend X\nexpect 4xx\n", HELLO "C X\nS 451 4.3.0 later\n",
            "ok"),
        ROW("another class", SMTP "expect 22x\nsend X\nexpect 45x\n", HELLO "C X\nS 441 no\n",
            UNMET "t:5: expected 45x, got \"441 no\" after 0.00 ms"),
        ROW("either", SMTP "expect 220\nsend X\nexpect 250 or 251\n", HELLO "C X\nS 251 a\n", "ok"),
        ROW("neither", SMTP "expect 220\nsend X\nexpect 250 or 251\n", HELLO "C X\nS 252 a\n",
            UNMET "t:5: expected 250 or 251, got \"252 a\" after 0.00 ms"),
        ROW("code and text", SMTP "expect 220 \"mx\"\nsend X\nexpect 250 \"no\" or 250 \"yes\"\n",
            HELLO "C X\nS 250 yes\n", "ok"),
        ROW("code without the text", SMTP "expect 220 \"my\"\n", HELLO,
            UNMET "t:3: expected 220 \"my\", got \"220 mx\" after 0.00 ms"),
        ROW("text of the second alternative only", SMTP "expect 221 \"mx\" or 220 \"mail\"\n",
            HELLO, UNMET "t:3: expected 221 \"mx\" or 220 \"mail\", got \"220 mx\" after 0.00 ms"),
        ROW("a word that is no code is contained", SMTP "expect mx\n", HELLO, "ok"),
    };
    (void)state;
    PLAY(plays);
}

static void of_many_lines(void **state)
{
    static const play plays[] = {
        ROW("text of a later line",
            SMTP "expect 220\nsend EHLO me\nexpect 250 \"SIZE\"\ncheck has SIZE\ncheck lines is 3\n"
                 "check text contains \"STARTTLS\"\ncheck not has CHUNKING\n",
            HELLO "C EHLO me\nS 250-mx\nS 250-SIZE 100\nS 250 STARTTLS\n", "ok"),
        ROW("one code on all lines", SMTP "expect 220\nsend EHLO me\nexpect 250\n",
            HELLO "C EHLO me\nS 250-mx\nS 251 SIZE\n",
            "peer.protocol reply.malformed t:5: the code changes within a reply: \"251 SIZE\""),
        ROW("enhanced codes",
            SMTP "expect 220\nsend X\nexpect 5xx\ncheck enhanced is 5.7.1\n"
                 "check code is 550\ncheck enhanced starts \"5.7\"\n",
            HELLO "C X\nS 550-5.7.1 a\nS 550 5.7.1 b\n", "ok"),
        ROW("another enhanced code",
            SMTP "expect 220\nsend X\nexpect 5xx\ncheck enhanced is 5.7.1\n" BYE,
            HELLO "C X\nS 550 5.1.1 who\n" QUIT,
            "expectation.unmet check.unmet t:6: this does not hold: check enhanced is 5.7.1"),
        ROW("no enhanced code", SMTP "expect 220\ncheck not enhanced\n", HELLO, "ok"),
    };
    (void)state;
    PLAY(plays);
}

static void by_pattern(void **state)
{
    static const play plays[] = {
        ROW("a pattern", SMTP "expect 220 /^m.$/\n", HELLO, "ok"),
        ROW("a pattern that does not match", SMTP "expect 220 /^y/\n", HELLO,
            UNMET "t:3: expected 220 /^y/, got \"220 mx\" after 0.00 ms"),
        ROW("a group becomes a variable",
            SMTP "expect 220 /^(?P<who>\\S+)/\nsend HI ${who}\nexpect 250\n"
                 "save id from /id=(\\d+)/\nsend IS ${id}\nexpect 250\nsave all from /i\\w/\n"
                 "check ${all} is \"in\"\ncheck text matches /N$/i\n",
            "CONNECT mx:25\nS 220 mx.example ESMTP\nC HI mx.example\nS 250 id=42\nC IS 42\n"
            "S 250 in\n",
            "ok"),
        ROW("nothing to save", SMTP "expect 220\nsave id from /id=(\\d+)/\n" BYE, HELLO QUIT,
            "expectation.unmet check.unmet t:4: nothing in the reply matches"),
        ROW("an empty reply has an empty match",
            SMTP
            "expect 220\nsave x from /^/\nsend [${x}]\nexpect 220 /^(?P<y>.*)$/\nsend [${y}]\n",
            "CONNECT mx:25\nS 220\nC []\nS 220\nC []\n", "ok"),
        ROW("a group that would break out of its line",
            "protocol raw\nconnect mx:1\nexpect /(?P<x>a\\s+b)/\nsend ${x}\n",
            "CONNECT mx:1\nR a\\nb\n",
            "usage.invalid script.variable t:4: the value of x holds a line end, NUL or octet 255"),
    };
    (void)state;
    PLAY_PATTERNS(plays);
}

static void wait_passes_over(void **state)
{
    static const play plays[] = {
        ROW("replies that are none of it", SMTP "wait 250 within 5s\ncheck text is c\n",
            "CONNECT mx:25\nS 220 a\nS 421 b\nTIME 2s\nS 250 c\n", "ok"),
        ROW("for no longer than it is told", SMTP "wait 250 within 5s\n" BYE,
            "CONNECT mx:25\nS 220 a\nTIME 4s\nS 220 b\nTIME 1s\n",
            "peer.timeout reply.timeout t:3: no answer for 5.0 s"),
    };
    (void)state;
    PLAY(plays);
}

static void conditions(void **state)
{
    static const play plays[] = {
        ROW("of numbers",
            SMTP "expect 220\ncheck code >= 220\ncheck code <= 220\ncheck code < 221\n"
                 "check code > 219\ncheck not code > 220\ncheck size is 0\n",
            HELLO, "ok"),
        ROW("of text",
            SMTP "expect 220\ncheck text is mx\ncheck text is not my\n"
                 "check text starts m\ncheck text contains x\ncheck not text starts x\n"
                 "set a mx\ncheck ${a} is ${a}\ncheck ${a}\nset b no\ncheck not ${b}\n",
            HELLO, "ok"),
        ROW("of time",
            SMTP "expect 220\nsend X\nexpect 250\ncheck time reply >= 3s\n"
                 "check time reply < 4s\ncheck time total < 6s\ncheck time total >= 5s\n"
                 "check time step >= 3s\n",
            "CONNECT mx:25\nTIME 2s\nS 220 a\nC X\nTIME 3s\nS 250 b\n", "ok"),
        ROW("a certificate's days are not known without one",
            SMTP "expect 220\ncheck not cert days\ncheck not cert days < 10\n"
                 "check not cert days > 10\ncheck not tls version\ncheck not cert trusted\n"
                 "check tls resumed is no\ncheck cert chain is 0\ncheck not cert subject\n",
            HELLO, "ok"),
        ROW("a handshake that was not made took no time, neither long nor short",
            SMTP "expect 220\ncheck not time tls < 1s\ncheck not time tls <= 1s\n"
                 "check not time tls > 0s\ncheck time total < 1s\n",
            HELLO, "ok"),
        ROW("what is not built", SMTP "expect 220\ncheck time ack < 1s\n", HELLO,
            "unsupported unsupported t:4: 'time ack' is not built"),
    };
    (void)state;
    PLAY(plays);
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static void branches(void **state)
{
    static const play plays[] = {
        ROW("taken", SMTP "expect 220\nif code is 220\nsend A\nelse\nsend B\nend\nsend C\n",
            HELLO "C A\nC C\n", "ok"),
        ROW("not taken", SMTP "expect 220\nif code is 221\nsend A\nelse\nsend B\nend\nsend C\n",
            HELLO "C B\nC C\n", "ok"),
        ROW("in each other",
            SMTP "expect 220\nif code is 220\nif code is 221\nsend A\nelse\nif text is mx\nsend B\n"
                 "end\nend\nelse\nsend C\nend\n",
            HELLO "C B\n", "ok"),
        ROW("empty", SMTP "if code is 1\nend\nif not code is 1\nelse\nend\nexpect 220\n", HELLO,
            "ok"),
    };
    (void)state;
    PLAY(plays);
}

static void optional_blocks(void **state)
{
    static const play plays[] = {
        ROW("not met, and skipped",
            SMTP "expect 220\noptional\nsend A\nexpect 250\nsend B\nexpect 250\nend\n" BYE,
            HELLO "C A\nS 500 no\n" QUIT, "ok"),
        ROW("met", SMTP "expect 220\noptional\nsend A\nexpect 250\nend\nsend B\nexpect 250\n" BYE,
            HELLO "C A\nS 250 yes\nC B\nS 500 no\n" QUIT,
            UNMET "t:9: expected 250, got \"500 no\" after 0.00 ms"),
        ROW("the inner one alone",
            SMTP "expect 220\noptional\noptional\nsend A\nexpect 250\nend\n"
                 "send B\nexpect 250\nend\n" BYE,
            HELLO "C A\nS 500 no\nC B\nS 250 yes\n" QUIT, "ok"),
        ROW("a time-out is more than unmet",
            SMTP "expect 220\noptional\nsend A\nexpect 250\nend\n" BYE, HELLO "C A\nTIME 10s\n",
            "peer.timeout reply.timeout t:6: no answer for 10.0 s"),
        ROW("so is a broken reply", SMTP "expect 220\noptional\nsend A\nexpect 250\nend\n" BYE,
            HELLO "C A\nS 25 no\n",
            "peer.protocol reply.malformed t:6: not a line of a reply: \"25 no\""),
        ROW("`fail` inside", SMTP "expect 220\noptional\nfail here\nend\n" BYE, HELLO QUIT, "ok"),
        ROW("skipped from inside of one, the goodbye is unmet",
            SMTP "expect 220\noptional\nskip enough\nend\nsend NEVER\nexpect 250\n" BYE,
            HELLO "C QUIT\nS 500 no\n", "skipped"),
    };
    (void)state;
    PLAY(plays);
}

static void notes_and_ends(void **state)
{
    static const play plays[] = {
        ROW("a warning is none of a failure",
            SMTP "expect 220\nwarn text is my\nwarn text is mx\nwarn code is 1\n" BYE, HELLO QUIT,
            "ok, 2 warnings"),
        ROW("skipped", SMTP "expect 220\nskip that is enough\nsend NEVER\n" BYE, HELLO QUIT,
            "skipped"),
        ROW("skipped without goodbye", SMTP "expect 220\nskip that is enough\nsend NEVER\n", HELLO,
            "skipped"),
        ROW("skipped behind the goodbye",
            SMTP "expect 220\n" BYE "skip that is enough\nsend NEVER\n", HELLO QUIT, "skipped"),
        ROW("skipped in the goodbye", SMTP "expect 220\nalways\nskip that is enough\nsend NEVER\n",
            HELLO, "skipped"),
        ROW("failed", SMTP "expect 220\nset a mx\nfail no ${a} today\n" BYE, HELLO QUIT,
            "expectation.unmet check.unmet t:5: no mx today"),
        ROW("close, and another connection",
            SMTP "expect 220\nclose\nconnect my\nexpect 221\nclose\n",
            HELLO "CLOSE\nCONNECT my:25\nS 221 my\nCLOSE\n", "ok"),
        ROW("connecting closes what was open", SMTP "expect 220\nconnect my\nexpect 221\n",
            HELLO "CONNECT my:25\nS 221 my\n", "ok"),
        ROW("expected to close", SMTP "expect 220\nsend QUIT\nexpect 221\nexpect close\n",
            HELLO QUIT "EOF\n", "ok"),
        ROW("expected to close, and goes on", SMTP "expect 220\nexpect close\n",
            HELLO "S 221 more\n",
            "expectation.unmet reply.unexpected t:4: expected the end, and the "
            "server went on",
            .apart = true),
        ROW("expected to close, and stays", SMTP "expect 220\nexpect close within 3s\n",
            HELLO "TIME 3s\n", "peer.timeout reply.timeout t:4: no answer for 3.0 s"),
        ROW("cut, which is no end", "protocol smtp\nconnect mx tls\nexpect 220\nexpect close\n",
            "CONNECT mx:465 tls\nS 220 a\nCUT\n",
            "peer.tls tls.truncated t:4: the connection ended without TLS's goodbye: anybody may "
            "have "
            "cut it"),
    };
    (void)state;
    PLAY(plays);
}

static void transcripts(void **state)
{
    static const play told =
        ROW("who says what", SMTP "expect 220\nnote it is ${port}\nsend A\nexpect 250\n" BYE,
            "CONNECT mx:25\nS 220-mx\nS 220 \\x1b[31mred\nC A\nS 500 no\n" QUIT,
            UNMET "t:6: expected 250, got \"500 no\" after 0.00 ms", .values = "port=25");
    static const play goodbye = ROW("a goodbye that fails is a note", SMTP "expect 220\n" BYE,
                                    HELLO "C QUIT\nS 500 stay\n", "ok");
    (void)state;
    play_transcript(&told, "< 220-mx\n< 220 \\x1b[31mred\n- it is 25\n> A\n< 500 no\n> QUIT\n"
                           "< 221 bye\n");
    play_transcript(&goodbye,
                    "< 220 mx\n> QUIT\n< 500 stay\n- expected 221, got \"500 stay\" after "
                    "0.00 ms\n");
}

/* ---- time ------------------------------------------------------------------------------------ */

static void time_limits(void **state)
{
    static const play plays[] = {
        ROW("a greeting has 30 s", SMTP "expect 220\n", "CONNECT mx:25\nTIME 29s\nS 220 mx\n",
            "ok"),
        ROW("and no more", SMTP "expect 220\n" BYE, "CONNECT mx:25\nTIME 30s\n",
            "peer.timeout reply.timeout t:3: no answer for 30.0 s"),
        ROW("a step has 10 s", SMTP "expect 220\nsend A\nexpect 250\n" BYE, HELLO "C A\nTIME 10s\n",
            "peer.timeout reply.timeout t:5: no answer for 10.0 s"),
        ROW("pieces of a reply do not prolong it", SMTP "expect 220\nsend A\nexpect 250\n",
            HELLO "C A\nTIME 9s\nR 250-a\\r\\n2\nTIME 1s\n",
            "peer.timeout reply.timeout t:5: no answer for 10.0 s"),
        ROW("a mail has 60 s", SMTP "expect 220\nmessage <<E\na\nE\nexpect 250\n",
            HELLO "C a\nC .\nTIME 59s\nS 250 a\n", "ok"),
        ROW("and no more", SMTP "expect 220\nmessage <<E\na\nE\nexpect 250\n",
            HELLO "C a\nC .\nTIME 60s\n", "peer.timeout reply.timeout t:7: no answer for 60.0 s"),
        ROW("`timeout`", SMTP "timeout 2s\nexpect 220\n", "CONNECT mx:25\nTIME 2s\n",
            "peer.timeout reply.timeout t:4: no answer for 2.0 s"),
        ROW("`within` is for one step", SMTP "expect 220\nexpect 221 within 20s\nexpect 222\n",
            HELLO "TIME 19s\nS 221 a\nTIME 10s\n",
            "peer.timeout reply.timeout t:5: no answer for 10.0 s"),
        ROW("the setting", SMTP "expect 220\n", "CONNECT mx:25\nTIME 1s\n",
            "peer.timeout reply.timeout t:3: no answer for 1.0 s", .step_time = NP_SECOND),
        ROW("a goodbye has 5 s in all",
            SMTP "expect 220\nalways\nsend A\nexpect 250\nsend B\nexpect "
                 "250\nsend C\n",
            HELLO "C A\nTIME 3s\nS 250 a\nC B\nTIME 2s\n", "ok"),
    };
    (void)state;
    PLAY(plays);
}

static void deadlines(void **state)
{
    static const play plays[] = {
        ROW("`deadline`", SMTP "deadline 12s\nexpect 220\nsend A\nexpect 250\n",
            "CONNECT mx:25\nTIME 8s\nS 220 a\nC A\nTIME 4s\n",
            "peer.timeout reply.timeout t:6: the script's deadline has come, 4.0 s into this step"),
        ROW("`within` does not go beyond it", SMTP "deadline 12s\nexpect 220 within 1m\n",
            "CONNECT mx:25\nTIME 12s\n",
            "peer.timeout reply.timeout t:4: the script's deadline has come, 12.0 s into this "
            "step"),
        ROW("the setting", SMTP "expect 220\nsend A\nexpect 250\n",
            "CONNECT mx:25\nTIME 1s\nS 220 a\nC A\nTIME 1s\n",
            "peer.timeout reply.timeout t:5: the script's deadline has come, 1.0 s into this step",
            .run_time = 2 * NP_SECOND),
        ROW("90 s without any", SMTP "timeout 50s\nexpect 220\nsend A\nexpect 250\n",
            "CONNECT mx:25\nTIME 49s\nS 220 a\nC A\nTIME 41s\n",
            "peer.timeout reply.timeout t:6: the script's deadline has come, 41.0 s into this "
            "step"),
    };
    (void)state;
    PLAY(plays);
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void server_ends(void **state)
{
    static const play plays[] = {
        ROW("nobody is there", SMTP "expect 220\n" BYE, "CONNECT mx:25 fails\n",
            "peer.refused connect.refused t:2: nobody is there"),
        ROW("at once", SMTP "expect 220\n" BYE, "CONNECT mx:25\nEOF\n",
            "peer.closed reply.closed t:3: the server closed instead of replying"),
        ROW("instead of a reply", SMTP "expect 220\nsend A\nexpect 250\n" BYE, HELLO "C A\nEOF\n",
            "peer.closed reply.closed t:5: the server closed instead of replying"),
        ROW("within a line", SMTP "expect 220\nsend A\nexpect 250\n" BYE, HELLO "C A\nR 25\nEOF\n",
            "peer.closed reply.closed t:5: closed in the middle of a line that begins with \"25\""),
        ROW("between the lines of a reply", SMTP "expect 220\nsend A\nexpect 250\n" BYE,
            HELLO "C A\nS 250-a\nEOF\n",
            "peer.closed reply.closed t:5: closed in the middle of a reply"),
        ROW("behind a reply, before the next command", SMTP "expect 220\nsend A\nexpect 250\n" BYE,
            HELLO "FIN\n", "peer.closed reply.closed t:4: the server has closed"),
        ROW("behind a refusal, so that there is no goodbye", SMTP "expect 220\n" BYE,
            "CONNECT mx:25\nS 554 no\nFIN\n",
            UNMET "t:3: expected 220, got \"554 no\" after 0.00 ms"),
        ROW("421: it is about to close", SMTP "expect 220\n" BYE, "CONNECT mx:25\nS 421 busy\n",
            UNMET "t:3: expected 220, got \"421 busy\" after 0.00 ms"),
        ROW("421 that was asked for", SMTP "expect 421\n" BYE, "CONNECT mx:25\nS 421 busy\n" QUIT,
            "ok"),
        ROW("in the goodbye", SMTP "expect 220\n" BYE, HELLO "C QUIT\nEOF\n", "ok"),
        ROW("cut within a reply", "protocol smtp\nconnect mx tls\nexpect 220\n",
            "CONNECT mx:465 tls\nS 220-a\nCUT\n",
            "peer.tls tls.truncated t:3: the connection ended without "
            "TLS's goodbye: anybody may have cut it"),
        ROW("before anything is connected", "protocol smtp\nexpect 220\n", "",
            "peer.closed reply.closed t:2: there is no connection"),
        ROW("sent to nobody", "protocol smtp\nsend A\n", "",
            "peer.closed reply.closed t:2: there is no connection yet"),
    };
    (void)state;
    PLAY(plays);
}

/* ---- line and raw ---------------------------------------------------------------------------- */

#define LINE "protocol line\nconnect mx:1\n"
#define RAW  "protocol raw\nconnect mx:1\n"
#define OPEN "CONNECT mx:1\n"

static void lines_of_text(void **state)
{
    static const play plays[] = {
        ROW("each line is a reply", LINE "expect a\nsend b\nexpect c\nexpect \"\"\n",
            OPEN "S a\nC b\nS c\nS\n", "ok"),
        ROW("not what was expected", LINE "expect a\n", OPEN "S b\\x1b\n",
            UNMET "t:3: expected a, got \"b\\x1b\" after 0.00 ms"),
        ROW("read is for raw", LINE "read 5\n", OPEN,
            "usage.invalid script.syntax t:3: 'read' is for protocol raw"),
        ROW("octets are for raw", LINE "expect hex 00\n", OPEN,
            "usage.invalid script.syntax t:3: 'expect hex' is for protocol raw"),
        ROW("get is for http", LINE "get /\n", OPEN,
            "usage.invalid script.syntax t:3: 'get' is for protocol http"),
        ROW("no port is known", "protocol line\nconnect mx\n", "",
            "usage.invalid script.variable t:2: the port is missing: connect HOST:PORT"),
    };
    (void)state;
    PLAY(plays);
}

static void raw_octets(void **state)
{
    static const play plays[] = {
        ROW("octets and any octets", RAW "expect hex 00 ?? ff\nsend hex 01 02\nsend raw \"x\"\n",
            OPEN "R \\x00\\x07\\xff\nO \\x01\\x02x\n", "ok"),
        ROW("the first wrong one", RAW "expect hex 00 01\n", OPEN "R \\x00\nR \\x02\n",
            UNMET "t:3: expected hex 00 01, got \"\\x00\\x02\" after 0.00 ms"),
        ROW("octets that are missing", RAW "expect hex 00 01\n", OPEN "R \\x00\nEOF\n",
            "peer.closed reply.closed t:3: the server closed after 1 of 2 octets"),
        ROW("so many octets", RAW "read 3\ncheck body is abc\ncheck size is 3\nread 1\n",
            OPEN "R abcd\n", "ok"),
        ROW("fewer than so many", RAW "read 3\n", OPEN "R ab\nEOF\n",
            "peer.closed reply.closed t:3: the server closed after 2 of 3 octets"),
        ROW("up to the end", RAW "read end\ncheck body is abc\n", OPEN "R ab\nR c\nEOF\n", "ok"),
        ROW("nothing up to the end", RAW "read end\ncheck size is 0\nexpect close\n", OPEN "EOF\n",
            "ok"),
        ROW("a cut is no end", "protocol raw\nconnect mx:1 tls\nread end\n",
            "CONNECT mx:1 tls\nR ab\nCUT\n",
            "peer.tls tls.truncated t:3: the connection ended without TLS's goodbye: anybody may "
            "have "
            "cut it"),
        ROW("as soon as it is there", RAW "expect \"b\"\nsend c\n", OPEN "R a\nTIME 1s\nR b\nC c\n",
            "ok"),
        ROW("something else until time is up", RAW "expect \"b\"\n", OPEN "R a\nTIME 10s\n",
            UNMET "t:3: expected \"b\", got \"a\" after 10.0 s"),
        ROW("nothing until time is up", RAW "expect \"b\"\n", OPEN "TIME 10s\n",
            "peer.timeout reply.timeout t:3: no answer for 10.0 s"),
        ROW("something else up to the end", RAW "expect \"b\"\n", OPEN "R a\nEOF\n",
            UNMET "t:3: expected \"b\", got \"a\" after 0.00 ms"),
        ROW("nothing up to the end", RAW "expect \"b\"\n", OPEN "EOF\n",
            "peer.closed reply.closed t:3: the server closed instead of replying"),
        ROW("more than may wait", RAW "read 5\n", OPEN "R 0123456789\n",
            "peer.limit limit.body t:3: the server sent more than max-body octets that nothing has "
            "read",
            .limits = {.body = 4}),
        ROW("TLS that the script has asked for",
            RAW "send hex 16\nexpect hex 53\nstarttls now\n"
                "expect \"in\"\n",
            OPEN "O \\x16\nR S\nTLS\nR in\n", "ok"),
        ROW("octets behind the go-ahead", RAW "expect hex 53\nstarttls now\n", OPEN "R Sevil\n",
            "peer.tls starttls.injected t:4: 4 octets came in clear before the handshake: somebody "
            "has put them there",
            .apart = true),
        ROW("TLS inside TLS", "protocol raw\nconnect mx:1 tls\nstarttls now\n",
            "CONNECT mx:1 tls\n", "usage.invalid script.syntax t:3: TLS is on already"),
    };
    (void)state;
    PLAY(plays);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void limits(void **state)
{
    static const play plays[] = {
        ROW("a line", SMTP "expect 220\n" BYE, "CONNECT mx:25\nS 220 0123456789\n",
            "peer.limit limit.line t:3: a line of more than 12 octets", .limits = {.line = 12}),
        ROW("a line without end", SMTP "expect 220\n" BYE, "CONNECT mx:25\nR 220 0123456789\n",
            "peer.limit limit.line t:3: a line of more than 12 octets", .limits = {.line = 12}),
        ROW("lines", SMTP "expect 220\n" BYE, "CONNECT mx:25\nS 220-a\nS 220-b\nS 220 c\n",
            "peer.limit limit.reply t:3: a reply of more than 2 lines", .limits = {.lines = 2}),
        ROW("a reply", SMTP "expect 220\n" BYE, "CONNECT mx:25\nS 220-0123456789\nS 220 a\n",
            "peer.limit limit.reply t:3: a reply of more than 20 octets", .limits = {.reply = 20}),
        ROW("octets that nobody asked for", SMTP "expect 220\n",
            "CONNECT mx:25\nR \\x00\\xff\\xf4\\r\\n",
            "peer.protocol reply.malformed t:3: not a line of a reply: \"\\x00\\xff\\xf4\""),
    };
    (void)state;
    PLAY(plays);
}

/* The limit may be set lower while octets wait. */
static void limit_below_what_waits(void **state)
{
    static const play p =
        ROW("", RAW "expect hex 00\n", OPEN "R \\x00\\x01\\x02\\x03\n", "ok", .apart = true);
    stage s;
    (void)state;
    stage_run(&s, &p, &(staging){0});
    assert_string_equal(npi_buf_text(&s.end), "ok");
    assert_int_equal(s.m.raw.len, 3);
    s.m.limits.body = 2;
    assert_true(stage_add(&s, "protocol raw\nread 5\n"));
    npi_machine_begin(&s.m, s.now);
    assert_int_equal(npi_machine_next(&s.m, s.now), NPI_ACT_WAIT);
    assert_true(npi_machine_feed(&s.m, s.now, "\x04", 1));
    assert_int_equal(npi_machine_next(&s.m, s.now), NPI_ACT_END);
    assert_string_equal(s.m.verdict.problem, "limit.body");
    stage_free(&s);
}

/* ---- values ---------------------------------------------------------------------------------- */

static void values(void **state)
{
    static const play plays[] = {
        ROW("given, default and set",
            "protocol smtp\nneed a\ndefault a 1\ndefault b 2\nset c ${a}${b}\n"
            "connect ${host}:${port}\nexpect 220\nsend ${c} $${x}\n",
            "CONNECT mx:26\nS 220 mx\nC 92 ${x}\n", "ok", .values = "a=9 host=mx port=26"),
        ROW("needed", "protocol smtp\nconnect mx\nneed a\n", "",
            "usage.invalid script.variable a value is needed for a"),
        ROW("not given", SMTP "expect 220\nsend ${user}\n", HELLO,
            "usage.invalid script.variable t:4: the variable user has no value: give user=..."),
        ROW("CR LF", SMTP "expect 220\nsend RCPT ${a}\nneed a\n", "",
            "usage.invalid script.variable t:4: there is a line end, NUL or octet 255 in the value "
            "of "
            "a",
            .values = "a=x\r\nDATA"),
        ROW("LF", "protocol smtp\nneed a\nconnect ${a}\n", "",
            "usage.invalid script.variable t:3: there is a line end, NUL or octet 255 in the value "
            "of "
            "a",
            .values = "a=x\nDATA"),
        ROW("IAC", SMTP "send ${a}\nneed a\n", "",
            "usage.invalid script.variable t:3: there is a line end, NUL or octet 255 in the value "
            "of "
            "a",
            .values = "a=x\377"),
        ROW("in a coat it may be anything",
            SMTP "expect 220\nneed a\nsend ${a|base64} ${a|hex} "
                 "${a|url}\n",
            HELLO "C DQo= 0d0a %0D%0A\n", "ok", .values = "a=\r\n"),
        ROW("quoted for IMAP", SMTP "expect 220\nneed a\nsend ${a|imap} ${a|redis}x\n", "",
            "usage.invalid script.variable t:5: there is a line end, NUL or octet 255 in the value "
            "of "
            "a",
            .values = "a=b\r\n"),
    };
    (void)state;
    PLAY(plays);
}

static void targets(void **state)
{
    static const play plays[] = {
        ROW("an IPv6 address", "protocol smtp\nconnect [2001:db8::1]:26\nexpect 220\n",
            "CONNECT 2001:db8::1:26\nS 220 mx\n", "ok"),
        ROW("in a variable", "protocol smtp\nneed a\nconnect ${a}:26\nexpect 220\n",
            "CONNECT 2001:db8::1:26\nS 220 mx\n", "ok", .values = "a=2001:db8::1"),
        ROW("without port", "protocol smtp\nconnect 2001:db8::1\nexpect 220\n",
            "CONNECT 2001:db8::1:25\nS 220 mx\n", "ok"),
        ROW("a unix socket", "protocol lmtp\nconnect unix:/run/lmtp\nexpect 220\n",
            "CONNECT unix:/run/lmtp\nS 220 mx\n", "ok"),
        ROW("port 0", "protocol smtp\nconnect mx:0\n", "",
            "usage.invalid script.variable t:2: where to connect: a host, and a port from 1 to "
            "65535"),
        ROW("port 65536", "protocol smtp\nconnect mx:65536\n", "",
            "usage.invalid script.variable t:2: where to connect: a host, and a port from 1 to "
            "65535"),
        ROW("no host", "protocol smtp\nneed a\nconnect ${a}:25\n", "",
            "usage.invalid script.variable t:3: where to connect: a host, and a port from 1 to "
            "65535",
            .values = "a="),
    };
    (void)state;
    PLAY(plays);
}

/* What a server repeats of a secret is hidden, wherever it stands. */
static void secrets_in_replies(void **state)
{
    static const play plays[] = {
        ROW("repeated", SMTP "expect 220\nneed p\nsecret p\nsend A ${p} ${p|base64}\nexpect 250\n",
            HELLO "C A hushhush aHVzaGh1c2g=\nS 535 not hushhush, not aHVzaGh1c2g=\n",
            UNMET "t:7: expected 250, got \"535 not <p>, not <p>\" after 0.00 ms",
            .values = "!p=hushhush"),
        ROW("repeated where no reply is", SMTP "expect 220\nneed p\nsecret p\nsend A\nexpect 250\n",
            HELLO "C A\nS hush\\\\hush\n",
            "peer.protocol reply.malformed t:7: not a line of a reply: <p>",
            .values = "!p=hush\\hush"),
        ROW("`fail` says it", SMTP "expect 220\nneed p\nsecret p\nfail ${p}\n", HELLO,
            "expectation.unmet check.unmet t:6: <p>", .values = "!p=hushhush"),
    };
    char line[400] = "CONNECT mx:25\nS 220 ", *end = line + strlen(line);
    (void)state;
    PLAY(plays);
    for (size_t before = 285; before < 302; before++) { /* where the sentence is cut */
        memset(end, 'x', before);
        memcpy(end + before, "hushhush\n", sizeof "hushhush\n");
        play p =
            ROW("cut", SMTP "need p\nsecret p\nexpect 221\n", line, NULL, .values = "!p=hushhush");
        stage s;
        stage_run(&s, &p, &(staging){0});
        assert_string_equal(npi_buf_text(&s.fault), "");
        assert_int_equal(s.status, NP_ERR_EXPECTATION);
        assert_null(strstr(npi_buf_text(&s.end), "xhus"));
        assert_null(strstr(npi_buf_text(&s.end), "xh\""));
        assert_non_null(strstr(npi_buf_text(&s.end), "\" after 0.00 ms"));
        stage_free(&s);
    }
}

/* ---- scripts behind each other ----------------------------------------------------------------
 */

static void two_scripts(void **state)
{
    static const play plays[] = {
        ROW("one behind the other", "protocol smtp\nsend B\nexpect 250\n", HELLO "C B\nS 250 b\n",
            "ok", .before = SMTP "expect 220\n"),
        ROW("the first one fails", "protocol smtp\nsend B\nexpect 250\n",
            "CONNECT mx:25\nS 554 no\n" QUIT,
            UNMET "t:3: expected 220, got \"554 no\" after 0.00 ms",
            .before = SMTP "expect 220\n" BYE),
        ROW("a goodbye is the first one's alone", "protocol smtp\nconnect my\nexpect 220\n" BYE,
            HELLO QUIT "CONNECT my:25\nTIME 20s\nS 554 no\n" QUIT,
            UNMET "t:3: expected 220, got \"554 no\" after 20.0 s",
            .before = SMTP "expect 220\n" BYE),
        ROW("its trouble is not the second one's", "protocol smtp\nconnect my\nexpect 220\n",
            HELLO "C QUIT\nS 500 no\nCONNECT my:25\nS 220 my\n", "ok",
            .before = SMTP "expect 220\n" BYE),
        ROW("the deadline counts for both", "protocol smtp\nconnect my\nexpect 220\n",
            HELLO QUIT "CONNECT my:25\nTIME 20s\n",
            "peer.timeout reply.timeout t:3: the script's deadline has come, 20.0 s into this step",
            .before = SMTP "expect 220\n" BYE, .run_time = 20 * NP_SECOND),
    };
    (void)state;
    PLAY(plays);
}

/* A run behind another one: what the first one's end left behind is not its own. */
static void a_second_run(void **state)
{
    static const play p = ROW("", SMTP "expect 220\n" BYE, HELLO QUIT, "ok");
    stage s;
    (void)state;
    stage_run(&s, &p, &(staging){0});
    assert_string_equal(npi_buf_text(&s.end), "ok");
    assert_true(stage_add(&s, "protocol smtp\nconnect my\ndeadline 5s\nexpect 220\n"));
    s.at = "CONNECT my:25\nTIME 4s\nS 554 no\n";
    s.now = npi_mono_add(s.now, 3600 * NP_SECOND);
    npi_buf_clear(&s.end);
    stage_perform(&s);
    assert_string_equal(npi_buf_text(&s.fault), "");
    assert_string_equal(npi_buf_text(&s.end),
                        UNMET "t:4: expected 220, got \"554 no\" after 4.0 s");
    stage_free(&s);
}

/* Steps of a program, which are added one by one while the connection stays. */
static void step_by_step(void **state)
{
    npi_mem mem = npi_mem_libc();
    static const play p = ROW("", SMTP, "CONNECT mx:25\n", "ok");
    static const char more[] = "protocol smtp\nexpect 220\nsend A\nexpect 250\n";
    stage s;
    (void)state;
    stage_run(&s, &p, &(staging){0});
    npi_script *steps = npi_script_new(&mem);
    assert_true(npi_script_parse(steps, more, strlen(more), "t", NULL));
    s.at = "S 220 mx\nC A\nS 250 yes\n";
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(npi_machine_add(&s.m, npi_script_use(steps), i, i + 1));
        npi_buf_clear(&s.end);
        const char *rest = s.at;
        s.at = i == 1 ? "S 220 mx\n" : i == 2 ? "C A\n" : i == 3 ? "S 250 yes\n" : "";
        stage_perform(&s);
        s.at = rest;
        assert_string_equal(npi_buf_text(&s.fault), "");
        assert_string_equal(npi_buf_text(&s.end), "ok");
    }
    npi_script_drop(steps);
    stage_free(&s);
}

/* What one conversation was allowed, the next one is not. */
static void cleared(void **state)
{
    static const play p =
        ROW("",
            "protocol http\ntls verify off\ntls plaintext ok\ntls name a\nconnect "
            "mx\nauth plain a b\nheader Cookie: c\n",
            "CONNECT mx:80\n", "ok");
    stage s;
    (void)state;
    stage_run(&s, &p, &(staging){0});
    assert_string_equal(npi_buf_text(&s.end), "ok");
    assert_true(s.m.tls.verify_off && s.m.tls.plaintext_ok && s.m.basic.len > 0);
    npi_machine_clear(&s.m);
    assert_false(s.m.tls.verify_off || s.m.tls.plaintext_ok);
    assert_int_equal(s.m.basic.len + s.m.headers.len + s.m.tls.name.len + s.m.target.host.len, 0);
    assert_int_equal(s.m.record_count + s.m.saying_count, 0);
    stage_free(&s);
}

/* Blocks of files that include each other lie in each other, too. */
static void blocks_of_files(void **state)
{
    enum { DEEPEST = 8 };
    char folder[] = "blocks-XXXXXX", path[64], text[400] = "protocol smtp\n";
    npi_mem mem = npi_mem_libc();
    (void)state;
    assert_non_null(mkdtemp(folder));
    npi_buf b = npi_buf_in(path, sizeof path);
    npi_buf_printf(&b, "%s/in", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("optional\nend\n", f);
    fclose(f);
    for (int outside = DEEPEST - 1; outside <= DEEPEST; outside++) {
        npi_buf t = npi_buf_in(text, sizeof text);
        npi_buf_str(&t, "protocol smtp\n");
        for (int i = 0; i < outside; i++)
            npi_buf_str(&t, "optional\n");
        npi_buf_str(&t, "include in\n");
        for (int i = 0; i < outside; i++)
            npi_buf_str(&t, "end\n");
        npi_script *s = npi_script_new(&mem);
        assert_int_equal(npi_script_parse(s, text, t.len, "t", folder), outside < DEEPEST);
        if (outside == DEEPEST)
            assert_non_null(strstr(npi_buf_text(&s->errors), "more than 8 deep"));
        npi_script_drop(s);
    }
    remove(path);
    remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_code),
        cmocka_unit_test(of_many_lines),
        cmocka_unit_test(by_pattern),
        cmocka_unit_test(wait_passes_over),
        cmocka_unit_test(conditions),
        cmocka_unit_test(branches),
        cmocka_unit_test(optional_blocks),
        cmocka_unit_test(notes_and_ends),
        cmocka_unit_test(transcripts),
        cmocka_unit_test(time_limits),
        cmocka_unit_test(deadlines),
        cmocka_unit_test(server_ends),
        cmocka_unit_test(lines_of_text),
        cmocka_unit_test(raw_octets),
        cmocka_unit_test(limits),
        cmocka_unit_test(limit_below_what_waits),
        cmocka_unit_test(values),
        cmocka_unit_test(targets),
        cmocka_unit_test(secrets_in_replies),
        cmocka_unit_test(two_scripts),
        cmocka_unit_test(a_second_run),
        cmocka_unit_test(step_by_step),
        cmocka_unit_test(cleared),
        cmocka_unit_test(blocks_of_files),
    };
    return RUN(tests);
}
