/* SPDX-License-Identifier: MIT */
/*
 * Conversations by HTTP: requests, framing that is in doubt, redirects, and to whom a password
 * goes.
 */
#include "play.h"

#define HTTP "protocol http\nconnect mx\n"
#define OPEN "CONNECT mx:80\n"
#define SENT(method, path, host)                                                                   \
    "O " method " " path " HTTP/1.1\\r\\nHost: " host "\\r\\nUser-Agent: libnetprobe/" VERSION     \
    "\\r\\nAccept: */*\\r\\n"
#define LAST      "Connection: close\\r\\n\\r\\n\n"
#define MORE      "\\r\\n\n"
#define GET(path) SENT("GET", path, "mx")
#define EMPTY     "S Content-Length: 0\nS\n"
#define UNMET     "expectation.unmet reply.unexpected "

/* ---- requests -------------------------------------------------------------------------------- */

static void requests(void **state)
{
    static const play plays[] = {
        ROW("get",
            HTTP "get /a?b\nexpect 200\ncheck body is abc\ncheck size is 3\ncheck header "
                 "content-length is 3\n",
            OPEN GET("/a?b") LAST "S HTTP/1.1 200 OK\nS Content-Length: 3\nS\nR abc\n", "ok"),
        ROW("head has no body", HTTP "head /\nexpect 200\ncheck size is 0\n",
            OPEN SENT("HEAD", "/", "mx") LAST "S HTTP/1.1 200 OK\nS Content-Length: 3\nS\n", "ok"),
        ROW("headers of the script's",
            HTTP "header X-A: ${port}\nheader user-agent: me\nheader HOST: "
                 "h\nget /\nexpect 204\nget /\nexpect 204\n",
            OPEN "O GET / HTTP/1.1\\r\\nAccept: */*\\r\\nX-A: 7\\r\\nuser-agent: me\\r\\nHOST: "
                 "h\\r\\n" MORE "S HTTP/1.1 204 n\nS\n" GET("/") LAST "S HTTP/1.1 204 n\nS\n",
            "ok", .values = "port=7"),
        ROW("an empty header is none, and no end of the head",
            HTTP "set h\nheader ${h}\nheader X-A: b\nget /\nexpect 204\n",
            OPEN GET("/") "X-A: b\\r\\n" LAST "S HTTP/1.1 204 n\nS\n", "ok"),
        ROW("a port that is not the default", "protocol http\nconnect mx:8080\nget /\nexpect 204\n",
            "CONNECT mx:8080\n" SENT("GET", "/", "mx:8080") LAST "S HTTP/1.1 204 n\nS\n", "ok"),
        ROW("by TLS, to an address",
            "protocol http\nconnect [2001:db8::1] tls\nget /\nexpect 204\n",
            "CONNECT 2001:db8::1:443 tls\n" SENT("GET", "/", "[2001:db8::1]") LAST
            "S HTTP/1.1 204 n\nS\n",
            "ok"),
        ROW("a path that would be two lines", HTTP "need a\nget /${a}\n", "",
            "usage.invalid script.variable t:4: there is a line end, NUL or octet 255 in the value "
            "of "
            "a",
            .values = "a=x\r\nX:y"),
        ROW("another answer", HTTP "get /\nexpect 2xx\n",
            OPEN GET("/") LAST "S HTTP/1.1 404 Not Found\n" EMPTY,
            UNMET "t:4: expected 2xx, got \"404 Not Found\" after 0.00 ms"),
    };
    (void)state;
    PLAY(plays);
}

/* What is posted is what stands in the script, line ends and all. */
static void bodies(void **state)
{
    static const play plays[] = {
        ROW("lines", HTTP "post /p <<END\na\n\n.b\nEND\nexpect 204\n",
            OPEN SENT("POST", "/p",
                      "mx") "Content-Length: 6\\r\\nConnection: close\\r\\n\\r\\na\\n\\n.b\\n\n"
                            "S HTTP/1.1 204 n\nS\n",
            "ok"),
        ROW("none", HTTP "post /p <<END\nEND\nexpect 204\n",
            OPEN SENT("POST", "/p", "mx") "Content-Length: 0\\r\\n" LAST "S HTTP/1.1 204 n\nS\n",
            "ok"),
    };
    (void)state;
    PLAY(plays);
}

/* ---- answers --------------------------------------------------------------------------------- */

#define ANSWER(about, octets, end, ...)                                                            \
    ROW(about, HTTP "get /\nexpect 200\ncheck body is abc\n", OPEN GET("/") LAST octets, end,      \
        __VA_ARGS__)

static void framing(void **state)
{
    static const play plays[] = {
        ANSWER("chunked",
               "S HTTP/1.1 200 OK\nS Transfer-Encoding: chunked\nS\nS 1;x=y\nS a\nS 2\n"
               "S bc\nS 0\nS T: t\nS\n",
               "ok"),
        ANSWER("up to the end", "S HTTP/1.1 200 OK\nS\nR ab\nR c\nEOF\n", "ok"),
        ANSWER("1xx before it",
               "S HTTP/1.1 100 Continue\nS\nS HTTP/1.1 103 Early Hints\nS A: b\nS\n"
               "S HTTP/1.1 200 OK\nS Content-Length: 3\nS\nR abc\n",
               "ok"),
        ANSWER("equal lengths",
               "S HTTP/1.1 200 OK\nS Content-Length: 3\nS content-length: 3, 3\nS\nR abc\n", "ok"),
        ANSWER("a folded header, LF alone, no reason",
               "R HTTP/1.1 200\\nA: b\\n c\\nContent-Length: 3\\n\\nabc\n", "ok"),
        ROW("up to the end, and cut", "protocol http\nconnect mx tls\nget /\nexpect 200\n",
            "CONNECT mx:443 tls\n" GET("/") LAST "S HTTP/1.1 200 OK\nS\nR abc\nCUT\n",
            "peer.tls tls.truncated t:4: the connection ended without "
            "TLS's goodbye: anybody may have cut it"),
        ROW("whole by its length, and cut", "protocol http\nconnect mx tls\nget /\nexpect 200\n",
            "CONNECT mx:443 tls\n" GET("/") LAST
            "S HTTP/1.1 200 OK\nS Content-Length: 3\nS\nR abc\n",
            "ok"),
    };
    (void)state;
    PLAY(plays);
}

#define HEAD "S HTTP/1.1 200 OK\n"

static void framing_in_doubt(void **state)
{
    static const play plays[] = {
        ANSWER("two lengths", HEAD "S Content-Length: 3\nS Content-Length: 4\nS\nR abcd\n",
               "peer.protocol http.ambiguous-length t:4: two different Content-Lengths"),
        ANSWER("a length and chunks", HEAD "S Content-Length: 3\nS Transfer-Encoding: chunked\nS\n",
               "peer.protocol http.ambiguous-length t:4: Content-Length and Transfer-Encoding"),
        ANSWER("+3", HEAD "S Content-Length: +3\nS\nR abc\n",
               "peer.protocol http.bad-length t:4: not a Content-Length: \"+3\""),
        ANSWER("-3", HEAD "S Content-Length: -3\nS\nR abc\n",
               "peer.protocol http.bad-length t:4: not a Content-Length: \"-3\""),
        ANSWER("20 digits", HEAD "S Content-Length: 00000000000000000003\nS\nR abc\n",
               "peer.protocol http.bad-length t:4: not a Content-Length: \"00000000000000000003\""),
        ANSWER(
            "another coding", HEAD "S Transfer-Encoding: gzip, chunked\nS\n",
            "peer.protocol http.bad-coding t:4: a Transfer-Encoding other than chunked: \"gzip\""),
        ANSWER("chunks in HTTP/1.0", "S HTTP/1.0 200 OK\nS Transfer-Encoding: chunked\nS\n",
               "peer.protocol http.bad-coding t:4: a Transfer-Encoding other than chunked: "
               "\"chunked\""),
        ANSWER("0x3", HEAD "S Transfer-Encoding: chunked\nS\nS 0x3\n",
               "peer.protocol http.bad-chunk t:4: not a chunk's size: \"0x3\""),
        ANSWER("a huge chunk", HEAD "S Transfer-Encoding: chunked\nS\nS ffffffffffffffff\n",
               "peer.protocol http.bad-chunk t:4: not a chunk's size: \"ffffffffffffffff\""),
        ANSWER("a chunk that does not end", HEAD "S Transfer-Encoding: chunked\nS\nS 1\nR abc\n",
               "peer.protocol http.bad-chunk t:4: no CR LF behind the data of a chunk"),
        ANSWER("a blank before the colon", HEAD "S Content-Length : 3\nS\nR abc\n",
               "peer.protocol http.bad-header t:4: not a header line: \"Content-Length : 3\""),
        ANSWER("no colon", HEAD "S Content-Length 3\nS\nR abc\n",
               "peer.protocol http.bad-header t:4: not a header line: \"Content-Length 3\""),
        ANSWER("HTTP/2", "S HTTP/2 200\nS\n",
               "peer.protocol http.bad-status t:4: not a status line of HTTP/1: \"HTTP/2 200\""),
        ANSWER("not HTTP", "S 220 mx ESMTP\n",
               "peer.protocol http.not-http t:4: not an answer of HTTP: \"220 mx ESMTP\""),
        ANSWER("TLS", "R \\x15\\x03\\x03\\x00\\x02\\x02\\x46\n",
               "peer.protocol http.not-http t:4: this port speaks TLS"),
        ANSWER("101", "S HTTP/1.1 101 Switching\nS\n",
               "peer.protocol http.bad-upgrade t:4: another protocol, which nobody asked for"),
        ANSWER("a short body", HEAD "S Content-Length: 4\nS\nR abc\nEOF\n",
               "peer.protocol http.truncated t:4: the body ends after 3 of 4 octets"),
        ANSWER("a missing last chunk", HEAD "S Transfer-Encoding: chunked\nS\nS 3\nS abc\nEOF\n",
               "peer.protocol http.truncated t:4: the body ends after 3 octets without the end of "
               "its chunks"),
        ANSWER("closed in the head", HEAD "S A: b\nEOF\n",
               "peer.closed reply.closed t:4: closed in the middle of a reply"),
        ANSWER("too long a head", HEAD "S A: 0123456789012345678901234567890123456789\nS\n",
               "peer.limit limit.headers t:4: headers of more than 40 octets",
               .limits = {.head = 40}),
        ANSWER("too many lines", HEAD "S A: 1\nS A: 2\nS A: 3\nS A: 4\nS\n",
               "peer.limit limit.headers t:4: headers of more than 3 lines",
               .limits = {.lines = 3}),
        ANSWER("too long a body", HEAD "S Content-Length: 3\nS\nR abc\n",
               "peer.limit limit.body t:4: a body of more than 2 octets", .limits = {.body = 2}),
        ANSWER("too long a body without length", HEAD "S\nR abc\n",
               "peer.limit limit.body t:4: a body of more than 2 octets", .limits = {.body = 2}),
        ROW("octets behind an answer, and a request more",
            HTTP "get /\nexpect 200\nget /b\nexpect 200\n",
            OPEN GET("/") MORE "S HTTP/1.1 200 OK\nS Content-Length: 3\nS\nR abcEVIL\n" GET("/b")
                LAST,
            "peer.protocol http.extra-octets t:6: octets behind the answer, before the next "
            "request",
            .apart = true),
    };
    (void)state;
    PLAY(plays);
}

/* What came of an answer that was cut short can be seen. */
static void what_came_is_kept(void **state)
{
    static const play p =
        ANSWER("a short body", HEAD "S Content-Length: 4\nS\nR abc\nEOF\n",
               "peer.protocol http.truncated t:4: the body ends after 3 of 4 octets");
    stage s;
    (void)state;
    stage_run(&s, &p, &(staging){0});
    assert_int_equal(s.m.code, 200);
    assert_string_equal(npi_buf_text(&s.m.body), "abc");
    assert_non_null(strstr(npi_buf_text(&s.story), "Content-Length: 4"));
    stage_free(&s);
}

/* ---- redirects ------------------------------------------------------------------------------- */

#define TO(code, where) "S HTTP/1.1 " code " there\nS Location: " where "\n" EMPTY
#define DONE204         "S HTTP/1.1 204 n\nS\n"

static void redirects(void **state)
{
    static const play plays[] = {
        ROW("not unasked", HTTP "get /\nexpect 302\ncheck header Location is \"/b\"\n",
            OPEN GET("/") LAST TO("302", "/b"), "ok"),
        ROW("to a path, a name beside it, another host", HTTP "get /x/a follow 3\nexpect 204\n",
            OPEN GET("/x/a") LAST TO("302", "/y/b") OPEN GET("/y/b") LAST TO("301", "c?d")
                OPEN GET("/y/c?d") LAST TO("307", "http://my:81/#e") "CONNECT my:81\n" SENT(
                    "GET", "/", "my:81") LAST DONE204,
            "ok"),
        ROW("the last one that may be followed", HTTP "get / follow 1\nexpect 302\n",
            OPEN GET("/") LAST TO("302", "/b") OPEN GET("/b") LAST TO("302", "/c"), "ok"),
        ROW("round and round", HTTP "get / follow 2\nexpect 200\n",
            OPEN GET("/") LAST TO("302", "/") OPEN GET("/") LAST TO("302", "/") OPEN GET("/")
                LAST TO("302", "/"),
            UNMET "t:4: expected 200, got \"302 there\" after 0.00 ms"),
        ROW("to nowhere", HTTP "get / follow 2\nexpect 302\n",
            OPEN GET("/") LAST "S HTTP/1.1 302 a\n" EMPTY, "ok"),
        ROW("http to https", HTTP "get / follow 2\nexpect 204\n",
            OPEN GET("/") LAST TO("301", "https://mx/") "CONNECT mx:443 tls\n" GET("/")
                LAST DONE204,
            "ok"),
        ROW("https to http", "protocol http\nconnect mx tls\nget / follow 2\n",
            "CONNECT mx:443 tls\n" GET("/") LAST TO("301", "http://mx/"),
            "peer.protocol http.bad-redirect t:3: the redirect leads from https to http"),
        ROW("to another protocol", HTTP "get / follow 2\n",
            OPEN GET("/") LAST TO("301", "smtp://mx/"),
            "peer.protocol http.bad-redirect t:3: the redirect leads to no page of http"),
        ROW("to two lines", HTTP "get / follow 2\n", OPEN GET("/") LAST TO("301", "/a b"),
            "peer.protocol http.bad-redirect t:3: the redirect leads to no page of http"),
        ROW("an end that is refused", HTTP "get / follow 2\nexpect 204\n",
            OPEN GET("/") LAST TO("301", "http://my/") "CONNECT my:80 fails\n",
            "peer.refused connect.refused t:3: nobody is there"),
        ROW("all within the time of one step", HTTP "get / follow 2 \nexpect 204\n",
            OPEN GET("/") LAST "TIME 6s\n" TO("301", "/b") OPEN GET("/b") LAST "TIME 4s\n",
            "peer.timeout reply.timeout t:3: no answer for 10.0 s"),
        ROW("a head stays a head", HTTP "head / follow 1\nexpect 204\n",
            OPEN SENT("HEAD", "/", "mx") LAST
            "S HTTP/1.1 303 a\nS Location: /b\nS\n" OPEN SENT("HEAD", "/b", "mx") LAST DONE204,
            "ok"),
    };
    (void)state;
    PLAY(plays);
}

/* ---- credentials ----------------------------------------------------------------------------- */

#define BASIC "Authorization: Basic dGltOnRhbnN0YWFm\\r\\n"
#define LOGIN                                                                                      \
    "protocol http\nneed pass\nsecret pass\nconnect mx tls\nauth plain tim ${pass}\n"              \
    "header Cookie: ${pass}\n"
#define OPEN_TLS "CONNECT mx:443 tls\n"
#define VALUES   .values = "!pass=tanstaaf"

static void credentials(void **state)
{
    static const play plays[] = {
        ROW("go to the same place again", LOGIN "get / follow 1\nexpect 204\n",
            OPEN_TLS GET("/") BASIC "Cookie: tanstaaf\\r\\n" LAST TO("302", "/b") OPEN_TLS GET("/b")
                BASIC "Cookie: tanstaaf\\r\\n" LAST DONE204,
            "ok", VALUES),
        ROW("not to another host", LOGIN "header X: y\nget / follow 1\nexpect 204\n",
            OPEN_TLS GET("/") BASIC "Cookie: tanstaaf\\r\\nX: y\\r\\n" LAST TO(
                "302", "https://my/") "CONNECT my:443 tls\n" SENT("GET", "/",
                                                                  "my") "X: y\\r\\n" LAST DONE204,
            "ok", VALUES),
        ROW("not to another port", LOGIN "get / follow 1\nexpect 204\n",
            OPEN_TLS GET("/") BASIC "Cookie: tanstaaf\\r\\n" LAST TO(
                "302", "https://mx:444/") "CONNECT mx:444 tls\n" SENT("GET", "/", "mx:444")
                LAST DONE204,
            "ok", VALUES),
        ROW("and not back again", LOGIN "get / follow 2\nexpect 204\n",
            OPEN_TLS GET("/") BASIC "Cookie: tanstaaf\\r\\n" LAST TO(
                "302", "https://my/") "CONNECT my:443 tls\n" SENT("GET", "/", "my")
                LAST TO("302", "https://mx/") OPEN_TLS GET("/") LAST DONE204,
            "ok", VALUES),
        ROW("not where the script connects to next",
            LOGIN "get /\nexpect 204\nconnect my\nget /\nexpect "
                  "204\n",
            OPEN_TLS GET("/") BASIC "Cookie: tanstaaf\\r\\n" LAST DONE204
                                    "CONNECT my:80\n" SENT("GET", "/", "my") LAST DONE204,
            "ok", VALUES),
        ROW("but to the same place", LOGIN "get /\nexpect 204\nconnect mx tls\nget /\nexpect 204\n",
            OPEN_TLS GET("/") BASIC "Cookie: tanstaaf\\r\\n" LAST DONE204 OPEN_TLS GET("/")
                BASIC LAST DONE204,
            "ok", VALUES),
    };
    (void)state;
    PLAY(plays);
}

/* A token of some services is longer than a page. */
static void long_credentials(void **state)
{
    enum { LONG = 12000 };
    static char values[LONG + 40], lines[2 * LONG];
    static const char begin[] = OPEN_TLS GET("/") "Authorization: Basic dGlt",
                      end[] = "\\r\\n" LAST DONE204;
    (void)state;
    memcpy(values, "!pass=", sizeof "!pass=");
    memset(values + strlen(values), 'x', LONG);
    memcpy(lines, begin, sizeof begin);
    memcpy(lines + strlen(lines), "Onh4", sizeof "Onh4"); /* ":xx" */
    for (int i = 0; i < LONG - 4; i += 3)
        memcpy(lines + strlen(lines), "eHh4", sizeof "eHh4"); /* "xxx" */
    memcpy(lines + strlen(lines), "eA==", sizeof "eA==");     /* "x" */
    memcpy(lines + strlen(lines), end, sizeof end);
    play p = ROW("12,000 octets",
                 "protocol http\nneed pass\nsecret pass\nconnect mx tls\nauth plain tim "
                 "${pass}\nget /\nexpect 204\n",
                 lines, "ok", .values = values);
    play_check(&p);
}

static void script(void **state)
{
#define MX "host=mx port=80 path=/p"
    static const play plays[] = {
        ROW("get", "@http", OPEN GET("/p") LAST "S HTTP/1.1 404 no\n" EMPTY, "ok", .values = MX),
        ROW("head", "@http", OPEN SENT("HEAD", "/p", "mx") LAST "S HTTP/1.1 200 a\n" EMPTY, "ok",
            .values = MX " method=head"),
        ROW("a password in clear", "@http", OPEN,
            "usage.invalid auth.plaintext t:*: the password would go in clear: 'starttls' before "
            "'auth', "
            "or 'tls plaintext ok'",
            .values = MX " login=plain user=a pass=bcdef"),
        ROW("a password by TLS", "@http",
            "CONNECT mx:443 tls\n" GET("/p") "Authorization: Basic YTpiY2RlZg==\\r\\n" LAST DONE204,
            "ok", .values = "host=mx port=443 path=/p tls=yes login=plain user=a pass=bcdef"),
    };
    (void)state;
    PLAY(plays);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests),
        cmocka_unit_test(bodies),
        cmocka_unit_test(framing),
        cmocka_unit_test(framing_in_doubt),
        cmocka_unit_test(what_came_is_kept),
        cmocka_unit_test(redirects),
        cmocka_unit_test(credentials),
        cmocka_unit_test(long_credentials),
        cmocka_unit_test(script),
    };
    return RUN(tests);
}
