/* SPDX-License-Identifier: MIT */
/*
 * Answers of HTTP/1.1 (RFC 9110, 9112), above all where two readers could disagree on their end.
 */
#include "replies.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"
#define TE " | Transfer-Encoding: chunked"

static void bodies(void **state)
{
    static const story rows[] = {
        {"by length", "GET /", OK "Content-Length: 3\r\n\r\nabc",
         "200 \"OK\" body \"abc\" | Content-Length: 3\nclosed\n"},
        {"of no octets", "GET /", OK "content-length:0\r\n\r\n",
         "200 \"OK\" | content-length: 0\nclosed\n"},
        {"until the end", "GET /", OK "A: b\r\n\r\nab\nc", "200 \"OK\" body \"ab\\x0ac\" | A: b, "
         "closes\nclosed\n"},
        {"chunked", "GET /", CHUNKED "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
         "200 \"OK\" body \"abc0123456789\"" TE "\nclosed\n"},
        {"HEAD has none", "HEAD / HTTP/1.1|GET /", OK "Content-Length: 3\r\n\r\n" OK
         "Content-Length: 1\r\n\r\nx",
         "200 \"OK\" | Content-Length: 3\n200 \"OK\" body \"x\" | Content-Length: 1\nclosed\n"},
        {"HEAD, chunked", "HEAD / HTTP/1.1", CHUNKED, "200 \"OK\"" TE "\nclosed\n"},
        {"CONNECT that was granted has none", "CONNECT a:1 HTTP/1.1", OK "\r\n",
         "200 \"OK\"\nclosed\n"},
        {"CONNECT that was refused has one", "CONNECT a:1 HTTP/1.1",
         "HTTP/1.1 403 No\r\nContent-Length: 1\r\n\r\nx",
         "403 \"No\" body \"x\" | Content-Length: 1\nclosed\n"},
        {"204 has none", "GET /", "HTTP/1.1 204 No Content\r\n\r\n",
         "204 \"No Content\"\nclosed\n"},
        {"204 with a length", "GET /", "HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\n",
         "204 \"No\" | Content-Length: 3\nclosed\nnote a length in an answer without body\n"},
        {"304 has none, whatever length it tells", "GET /",
         "HTTP/1.1 304 N\r\nContent-Length: 3\r\n\r\n",
         "304 \"N\" | Content-Length: 3\nclosed\n"},
        {"one answer needs no command", NULL, OK "Content-Length: 1\r\n\r\nx",
         "200 \"OK\" body \"x\" | Content-Length: 1\nclosed\n"},
        {"short", "GET /", OK "Content-Length: 5\r\n\r\nabc",
         "kept 200 \"OK\" body \"abc\" | Content-Length: 5\n"
         "broken http.truncated: the body ends after 3 of 5 octets\n"},
        {"no last chunk", "GET /", CHUNKED "3\r\nabc\r\n",
         "kept 200 \"OK\" body \"abc\"" TE "\n"
         "broken http.truncated: the body ends after 3 octets without the end of its chunks\n"},
        {"no empty line behind the last chunk", "GET /", CHUNKED "0\r\n",
         "kept 200 \"OK\"" TE "\n"
         "broken http.truncated: the body ends after 0 octets without the end of its chunks\n"},
        {"half a chunk", "GET /", CHUNKED "5\r\nabc",
         "kept 200 \"OK\" body \"abc\"" TE "\n"
         "broken http.truncated: the body ends after 3 octets without the end of its chunks\n"},
        {"half a head", "GET /", OK "A: b\r\n",
         "broken reply.closed: closed in the middle of a reply\n"},
    };
    (void)state;
    CHECK(NPI_FRAMING_HTTP, rows);
}

#define ANSWER_WITH(headers) OK headers "\r\nabcde"
#define AMBIGUOUS "broken http.ambiguous-length: "
#define BAD_LENGTH "broken http.bad-length: not a Content-Length: "
#define BAD_CODING "broken http.bad-coding: a Transfer-Encoding other than chunked: "

static void lengths(void **state)
{
    static const story rows[] = {
        {"length and coding", "GET /",
         ANSWER_WITH("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
         AMBIGUOUS "Content-Length and Transfer-Encoding\n"},
        {"coding and length, to HEAD", "HEAD / HTTP/1.1",
         ANSWER_WITH("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
         AMBIGUOUS "Content-Length and Transfer-Encoding\n"},
        {"two that differ", "GET /", ANSWER_WITH("Content-Length: 5\r\nContent-Length: 4\r\n"),
         AMBIGUOUS "two different Content-Lengths\n"},
        {"5, 4", "GET /", ANSWER_WITH("Content-Length: 5, 4\r\n"),
         AMBIGUOUS "two different Content-Lengths\n"},
        {"equal repeats", "GET /", ANSWER_WITH("Content-Length: 5\r\nContent-length: 5\r\n"),
         "200 \"OK\" body \"abcde\" | Content-Length: 5 | Content-length: 5\nclosed\n"
         "note repeated Content-Length\n"},
        {"5, 5", "GET /", ANSWER_WITH("Content-Length: 5, 5\r\n"),
         "200 \"OK\" body \"abcde\" | Content-Length: 5, 5\nclosed\n"
         "note repeated Content-Length\n"},
        {"+5", "GET /", ANSWER_WITH("Content-Length: +5\r\n"), BAD_LENGTH "\"+5\"\n"},
        {"-5", "GET /", ANSWER_WITH("Content-Length: -5\r\n"), BAD_LENGTH "\"-5\"\n"},
        {"5x", "GET /", ANSWER_WITH("Content-Length: 5x\r\n"), BAD_LENGTH "\"5x\"\n"},
        {"5 5", "GET /", ANSWER_WITH("Content-Length: 5 5\r\n"), BAD_LENGTH "\"5 5\"\n"},
        {"nothing", "GET /", ANSWER_WITH("Content-Length:\r\n"), BAD_LENGTH "\"\"\n"},
        {"a comma too many", "GET /", ANSWER_WITH("Content-Length: 5,\r\n"), BAD_LENGTH "\"\"\n"},
        {"20 digits", "GET /", ANSWER_WITH("Content-Length: 00000000000000000005\r\n"),
         BAD_LENGTH "\"00000000000000000005\"\n"},
        {"18 digits", "GET /", ANSWER_WITH("Content-Length: 000000000000000005\r\n"),
         "200 \"OK\" body \"abcde\" | Content-Length: 000000000000000005\nclosed\n"},
        {"too many octets", "GET /", ANSWER_WITH("Content-Length: 999999999999999999\r\n"),
         "broken limit.body: a body of more than 8388608 octets\n"},
        {"xyz, chunked", "GET /", ANSWER_WITH("Transfer-Encoding: xyz, chunked\r\n"),
         BAD_CODING "\"xyz\"\n"},
        {"chunked, identity", "GET /", ANSWER_WITH("Transfer-Encoding: chunked, identity\r\n"),
         BAD_CODING "\"identity\"\n"},
        {"chunked twice", "GET /",
         ANSWER_WITH("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
         BAD_CODING "\"chunked\"\n"},
        {"gzip alone", "GET /", ANSWER_WITH("Transfer-Encoding: gzip\r\n"),
         BAD_CODING "\"gzip\"\n"},
        {"nothing in it", "GET /", ANSWER_WITH("Transfer-Encoding: \r\n"), BAD_CODING "\"\"\n"},
        {"in HTTP/1.0", "GET /", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
         BAD_CODING "\"chunked\"\n"},
        {"CHUNKED", "GET /", OK "TRANSFER-ENCODING: CHUNKED\r\n\r\n0\r\n\r\n",
         "200 \"OK\" | TRANSFER-ENCODING: CHUNKED\nclosed\n"},
    };
    (void)state;
    CHECK(NPI_FRAMING_HTTP, rows);
}

#define BAD_CHUNK "broken http.bad-chunk: "

static void chunks(void **state)
{
    static const story rows[] = {
        {"0x3", "GET /", CHUNKED "0x3\r\nabc\r\n", BAD_CHUNK "not a chunk's size: \"0x3\"\n"},
        {"-3", "GET /", CHUNKED "-3\r\nabc\r\n", BAD_CHUNK "not a chunk's size: \"-3\"\n"},
        {"no size", "GET /", CHUNKED "\r\nabc\r\n", BAD_CHUNK "not a chunk's size: \"\"\n"},
        {"an extension alone", "GET /", CHUNKED ";a\r\n", BAD_CHUNK "not a chunk's size: \";a\"\n"},
        {"a blank before", "GET /", CHUNKED " 3\r\nabc\r\n", BAD_CHUNK
         "not a chunk's size: \" 3\"\n"},
        {"16 digits", "GET /", CHUNKED "0000000000000003\r\nabc\r\n",
         BAD_CHUNK "not a chunk's size: \"0000000000000003\"\n"},
        {"15 digits", "GET /", CHUNKED "000000000000003\r\nabc\r\n0\r\n\r\n",
         "200 \"OK\" body \"abc\"" TE "\nclosed\n"},
        {"more than allowed", "GET /", CHUNKED "fffffffffffffff\r\n",
         "broken limit.body: a body of more than 8388608 octets\n"},
        {"no CR LF behind the data", "GET /", CHUNKED "3\r\nabcd\r\n",
         BAD_CHUNK "no CR LF behind the data of a chunk\n"},
        {"LF alone behind the data", "GET /", CHUNKED "3\r\nabc\n0\r\n\r\n",
         BAD_CHUNK "no CR LF behind the data of a chunk\n"},
        {"CR and something behind the data", "GET /", CHUNKED "3\r\nabc\rx",
         BAD_CHUNK "no CR LF behind the data of a chunk\n"},
        {"LF alone behind the size", "GET /", CHUNKED "3\nabc\r\n0\r\n\r\n",
         BAD_CHUNK "a chunk's size with LF alone: \"3\"\n"},
        {"CR within an extension", "GET /", CHUNKED "3;a\rb\r\nabc\r\n",
         BAD_CHUNK "not a chunk's size: \"3;a\\x0db\"\n"},
        {"extensions", "GET /", CHUNKED "3;a=b\r\nabc\r\n0 ;c\r\n\r\n",
         "200 \"OK\" body \"abc\"" TE "\nclosed\n"},
        {"blanks behind a size", "GET /", CHUNKED "3  \r\nabc\r\n0\r\n\r\n",
         "200 \"OK\" body \"abc\"" TE "\nclosed\nnote blanks behind a chunk's size\n"},
        {"trailers are apart, and frame nothing", "GET /|GET /",
         CHUNKED "1\r\na\r\n0\r\nX: y\r\nContent-Length: 7\r\n\r\n" OK "Content-Length: 0\r\n\r\n",
         "200 \"OK\" body \"a\"" TE " + X: y + Content-Length: 7\n"
         "200 \"OK\" | Content-Length: 0\nclosed\n"},
        {"a trailer that is none", "GET /", CHUNKED "0\r\nX y\r\n",
         "broken http.bad-header: not a header line: \"X y\"\n"},
        {"a first trailer cannot go on", "GET /", CHUNKED "0\r\n y\r\n",
         "broken http.bad-header: not a header line: \" y\"\n"},
    };
    (void)state;
    CHECK(NPI_FRAMING_HTTP, rows);
}

#define BAD_HEADER "broken http.bad-header: not a header line: "
#define EMPTY "Content-Length: 0\r\n\r\n"
#define NONE " | Content-Length: 0"

static void headers(void **state)
{
    static const story rows[] = {
        {"blanks around values", "GET /", OK "A: \t b c \t\r\nB:\r\n" EMPTY,
         "200 \"OK\" | A: b c | B: " NONE "\nclosed\n"},
        {"folded", "GET /", OK "A: b \r\n  c\r\n\td\r\n" EMPTY,
         "200 \"OK\" | A: b c d" NONE "\nclosed\nnote folded header\n"},
        {"folded, with nothing before or in the fold", "GET /", OK "A:\r\n b\r\n \r\n" EMPTY,
         "200 \"OK\" | A: b" NONE "\nclosed\nnote folded header\n"},
        {"folded length", "GET /", OK "Content-Length:\r\n 1\r\n\r\nx",
         "200 \"OK\" body \"x\" | Content-Length: 1\nclosed\nnote folded header\n"},
        {"a fold before any header", "GET /", OK " b\r\n" EMPTY, BAD_HEADER "\" b\"\n"},
        {"CR in a fold", "GET /", OK "A: b\r\n c\rd\r\n" EMPTY, BAD_HEADER "\" c\\x0dd\"\n"},
        {"LF alone", "GET /", "HTTP/1.1 200 OK\nA: b\nContent-Length: 1\n\nx",
         "200 \"OK\" body \"x\" | A: b | Content-Length: 1\nclosed\nnote bare LF\n"},
        {"a blank before the colon", "GET /", OK "A : b\r\n" EMPTY, BAD_HEADER "\"A : b\"\n"},
        {"no colon", "GET /", OK "Ab\r\n" EMPTY, BAD_HEADER "\"Ab\"\n"},
        {"no name", "GET /", OK ": b\r\n" EMPTY, BAD_HEADER "\": b\"\n"},
        {"a name that is no token", "GET /", OK "A(b): c\r\n" EMPTY, BAD_HEADER "\"A(b): c\"\n"},
        {"CR inside", "GET /", OK "A: b\rc\r\n" EMPTY, BAD_HEADER "\"A: b\\x0dc\"\n"},
        {"CR CR LF", "GET /", OK "A: b\r\r\n" EMPTY, BAD_HEADER "\"A: b\\x0d\"\n"},
        {"a control in a value is shown", "GET /", OK "A: \x1b[1m\r\n" EMPTY,
         "200 \"OK\" | A: \\x1b[1m" NONE "\nclosed\n"},
    };
    static const char with_nul[] = OK "A: b\0c\r\n" EMPTY;
    (void)state;
    CHECK(NPI_FRAMING_HTTP, rows);
    check_story(&(stream){NPI_FRAMING_HTTP, "GET /", with_nul, sizeof with_nul - 1, {0}},
                BAD_HEADER "\"A: b\\x00c\"\n");
}

#define NOT_HTTP "broken http.not-http: not an answer of HTTP: "
#define BAD_STATUS "broken http.bad-status: not a status line of HTTP/1: "

static void status_lines(void **state)
{
    static const story rows[] = {
        {"no reason phrase", "GET /", "HTTP/1.1 200\r\n" EMPTY,
         "200 \"\"" NONE "\nclosed\nnote status line without reason phrase\n"},
        {"an empty one, as the standard allows", "GET /", "HTTP/1.1 200 \r\n" EMPTY,
         "200 \"\"" NONE "\nclosed\n"},
        {"599", "GET /", "HTTP/1.1 599 a b\r\n" EMPTY, "599 \"a b\"" NONE "\nclosed\n"},
        {"status 99", "GET /", "HTTP/1.1 99 x\r\n", BAD_STATUS "\"HTTP/1.1 99 x\"\n"},
        {"status 099", "GET /", "HTTP/1.1 099 x\r\n", BAD_STATUS "\"HTTP/1.1 099 x\"\n"},
        {"status 600", "GET /", "HTTP/1.1 600 x\r\n", BAD_STATUS "\"HTTP/1.1 600 x\"\n"},
        {"status 1000", "GET /", "HTTP/1.1 1000 x\r\n", BAD_STATUS "\"HTTP/1.1 1000 x\"\n"},
        {"HTTP/2 200", "GET /", "HTTP/2 200\r\n", BAD_STATUS "\"HTTP/2 200\"\n"},
        {"HTTP/2.0", "GET /", "HTTP/2.0 200 OK\r\n", BAD_STATUS "\"HTTP/2.0 200 OK\"\n"},
        {"two blanks", "GET /", "HTTP/1.1  200 OK\r\n", BAD_STATUS "\"HTTP/1.1  200 OK\"\n"},
        {"CR inside", "GET /", "HTTP/1.1 200 O\rK\r\n", BAD_STATUS "\"HTTP/1.1 200 O\\x0dK\"\n"},
        {"HTTP/ alone", "GET /", "HTTP/\r\n", BAD_STATUS "\"HTTP/\"\n"},
        {"another protocol", "GET /", "220 mx ESMTP\r\n", NOT_HTTP "\"220 mx ESMTP\"\n"},
        {"in lower case", "GET /", "http/1.1 200 OK\r\n", NOT_HTTP "\"http/1.1 200 OK\"\n"},
        {"an empty line first", "GET /", "\r\n" OK EMPTY, NOT_HTTP "\"\"\n"},
        {"a long line without end is not waited for", "GET /",
         "<html><body>0123456789012345678901234567890123456789",
         NOT_HTTP "\"<html><body>01234567890123456789\"\n"},
        {"closed before the end of something else", "GET /", "-ERR", NOT_HTTP "\"-ERR\"\n"},
        {"closed within the status line", "GET /", "HTT",
         "broken reply.closed: closed in the middle of a line that begins with \"HTT\"\n"},
        {"TLS: an alert", "GET /", "\x15\x03\x03\x02\x02\x46",
         "broken http.not-http: this port speaks TLS\n"},
        {"TLS: a handshake", "GET /", "\x16\x03\x01",
         "broken http.not-http: this port speaks TLS\n"},
        {"closed at once", "GET /", "", "closed\n"},
    };
    (void)state;
    CHECK(NPI_FRAMING_HTTP, rows);
}

#define CONTINUE "HTTP/1.1 100 Continue\r\nA: b\r\n\r\n"
#define EIGHT CONTINUE CONTINUE CONTINUE CONTINUE CONTINUE CONTINUE CONTINUE CONTINUE

static void interim_and_closing(void **state)
{
    static const story rows[] = {
        {"1xx before the answer", "HEAD / HTTP/1.1", CONTINUE "HTTP/1.1 103 Hints\r\n\r\n" OK
         "C: d\r\n\r\n", "200 \"OK\" | C: d\nclosed\n"},
        {"eight of them", "GET /", EIGHT OK EMPTY, "200 \"OK\"" NONE "\nclosed\n"},
        {"nine of them", "GET /", EIGHT CONTINUE OK EMPTY,
         "broken limit.reply: a series of more than 8 interim answers\n"},
        {"101, which nobody asked for", "GET /", "HTTP/1.1 101 Switching\r\n\r\n",
         "broken http.bad-upgrade: another protocol, which nobody asked for\n"},
        {"1xx and nothing more", "GET /", CONTINUE,
         "broken reply.closed: closed in the middle of a reply\n"},
        {"Connection: close among others", "GET /", OK "Connection: a, Close\r\n" EMPTY,
         "200 \"OK\" | Connection: a, Close" NONE ", closes\nclosed\n"},
        {"Connection: closed is another word", "GET /", OK "Connection: closed\r\n" EMPTY,
         "200 \"OK\" | Connection: closed" NONE "\nclosed\n"},
        {"HTTP/1.0", "GET /", "HTTP/1.0 200 OK\r\n" EMPTY, "200 \"OK\"" NONE ", closes\nclosed\n"},
        {"HTTP/1.0 that stays", "GET /", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" EMPTY,
         "200 \"OK\" | Connection: keep-alive" NONE "\nclosed\n"},
        {"octets behind the answer", "GET /", OK EMPTY "more",
         "200 \"OK\"" NONE "\nclosed\nnote http.extra-octets\n"},
        {"an answer behind the answer", "HEAD / HTTP/1.1", OK EMPTY OK EMPTY,
         "200 \"OK\"" NONE "\nclosed\nnote http.extra-octets\n"},
        {"a body where none may be", "HEAD / HTTP/1.1", OK "Content-Length: 1\r\n\r\nx",
         "200 \"OK\" | Content-Length: 1\nclosed\nnote http.extra-octets\n"},
        {"octets behind the second answer", "GET /|GET /", OK EMPTY OK EMPTY "x",
         "200 \"OK\"" NONE "\n200 \"OK\"" NONE "\nclosed\nnote http.extra-octets\n"},
        {"two that were asked for", "GET /|GET /", OK EMPTY OK EMPTY,
         "200 \"OK\"" NONE "\n200 \"OK\"" NONE "\nclosed\n"},
    };
    (void)state;
    CHECK(NPI_FRAMING_HTTP, rows);
}

/* Octets that nobody asked for are never taken for the answer to what is asked next. */
static void no_reuse(void **state)
{
    (void)state;
    static const char smuggled[] = OK EMPTY "HTTP/1.1 200 evil\r\n" EMPTY;
    npi_mem mem = npi_mem_libc();
    npi_replies *r = npi_replies_new(&mem, NPI_FRAMING_HTTP, NULL);
    npi_answer a;
    assert_true(npi_replies_command(r, "GET /", 5, -1));
    assert_true(npi_replies_feed(r, smuggled, sizeof smuggled - 1));
    assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_ANSWER);
    assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_MORE);
    assert_int_equal(npi_replies_waiting(r), strlen("HTTP/1.1 200 evil\r\n" EMPTY));
    assert_true(npi_replies_command(r, "GET /", 5, -1));
    assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_BROKEN);
    assert_string_equal(npi_replies_problem(r), "http.extra-octets");
    npi_replies_free(r);
}

static void limits(void **state)
{
    (void)state;
    check_story(&(stream){NPI_FRAMING_HTTP, "GET /", OK "A: b\r\n\r\n", 0, {.head = 25}},
                "200 \"OK\" | A: b, closes\nclosed\n");
    check_story(&(stream){NPI_FRAMING_HTTP, "GET /", OK "A: b\r\n\r\n", 0, {.head = 24}},
                "broken limit.headers: headers of more than 24 octets\n");
    check_story(&(stream){NPI_FRAMING_HTTP, "GET /", OK "A: 012345678901234", 0, {.head = 24}},
                "broken limit.headers: headers of more than 24 octets\n");
    check_story(&(stream){NPI_FRAMING_HTTP, "GET /", OK "A: 1\r\nB: 2\r\n\r\n", 0, {.lines = 2}},
                "200 \"OK\" | A: 1 | B: 2, closes\nclosed\n");
    check_story(&(stream){NPI_FRAMING_HTTP, "GET /", OK "A: 1\r\nB: 2\r\nC: 3\r\n\r\n", 0,
                          {.lines = 2}},
                "broken limit.headers: headers of more than 2 lines\n");
    check_story(&(stream){NPI_FRAMING_HTTP, "GET /", OK "\r\nabcd", 0, {.body = 3}},
                "broken limit.body: a body of more than 3 octets\n");
    check_story(&(stream){NPI_FRAMING_HTTP, "GET /", OK "\r\nabc", 0, {.body = 3}},
                "200 \"OK\" body \"abc\", closes\nclosed\n");
    check_story(&(stream){NPI_FRAMING_HTTP, "GET /", CHUNKED "2\r\nab\r\n2\r\ncd", 0, {.body = 3}},
                "broken limit.body: a body of more than 3 octets\n");
    check_story(&(stream){NPI_FRAMING_HTTP, "GET /", CHUNKED "0\r\nA: 012345678901234567", 0,
                          {.head = 60}},
                "broken limit.headers: headers of more than 60 octets\n");
    check_story(&(stream){NPI_FRAMING_HTTP, "HEAD /", CONTINUE OK "A: b\r\n\r\n", 0,
                          {.head = 40, .reply = 50}},
                "broken limit.reply: a reply of more than 50 octets\n");
}

/* Names, extensions and trailers of sizes that nobody needs. */
static void floods(void **state)
{
    enum { SIZE = 200000 };
    (void)state;
    char *octets = malloc(SIZE);
    assert_non_null(octets);
    npi_buf b = npi_buf_in(octets, SIZE);
    npi_buf_str(&b, OK);
    while (b.len < strlen(OK) + 8193)
        npi_buf_char(&b, 'n');
    npi_buf_str(&b, ": x\r\n" EMPTY);
    stream s = {NPI_FRAMING_HTTP, "GET /", octets, b.len, {0}};
    npi_mem mem = npi_mem_libc();
    npi_buf out = npi_buf_grow(&mem, STORY_MAX);
    tell_story(&out, &s, NULL, 0, false);
    assert_string_equal(npi_buf_text(&out),
                        "broken limit.headers: a header's name of more than 8192 octets\n");
    npi_buf_clear(&b);
    npi_buf_str(&b, CHUNKED "1;");
    while (b.len < strlen(CHUNKED) + 4097)
        npi_buf_char(&b, 'e');
    s.len = b.len;
    tell_story(&out, &s, NULL, 0, false);
    assert_string_equal(npi_buf_text(&out), "broken limit.line: a line of more than 4096 octets\n");
    npi_buf_clear(&b);
    npi_buf_str(&b, CHUNKED);
    while (b.len < 90000) {
        npi_buf_str(&b, "1;");
        for (int i = 0; i < 1000; i++)
            npi_buf_char(&b, 'e');
        npi_buf_str(&b, "\r\nx\r\n");
    }
    s.len = b.len;
    tell_story(&out, &s, NULL, 0, false);
    assert_string_equal(npi_buf_text(&out),
                        "broken limit.reply: chunk extensions of more than 65536 octets\n");
    npi_buf_free(&out);
    free(octets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies),       cmocka_unit_test(lengths),
        cmocka_unit_test(chunks),       cmocka_unit_test(headers),
        cmocka_unit_test(status_lines), cmocka_unit_test(interim_and_closing),
        cmocka_unit_test(no_reuse),     cmocka_unit_test(limits),
        cmocka_unit_test(floods),
    };
    return RUN(tests);
}
