/* SPDX-License-Identifier: MIT */
/*
 * What all readers of replies have in common: limits, what waits, lines and octets as they are,
 * and memory that cannot be had.
 */
#include "../failmem.h"
#include "replies.h"

static void lines(void **state)
{
    static const story rows[] = {
        {"each is a reply", NULL, "+PONG\r\n\r\nx\ry\r\n",
         "\"+PONG\"\n\"\"\n\"x\\x0dy\"\nclosed\n"},
        {"bare LF", NULL, "a\nb\n", "\"a\"\n\"b\"\nclosed\nnote bare LF\n"},
        {"the last one without its end", NULL, "a\r\nb",
         "\"a\"\n\"b\"\nclosed\nnote last line without its end\n"},
        {"TLS", NULL, "\x15\x03\x01", "broken reply.malformed: this port speaks TLS\n"},
    };
    static const char with_nul[] = "a\0b\r\n";
    (void)state;
    CHECK(NPI_FRAMING_LINE, rows);
    check_story(&(stream){NPI_FRAMING_LINE, NULL, with_nul, sizeof with_nul - 1, {0}},
                "\"a\\x00b\"\nclosed\n");
}

/* Here alone the cuts show: whatever has come is a reply. */
static void octets(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    npi_reply_limits limits = npi_reply_limits_default;
    limits.reply = 4;
    npi_replies *r = npi_replies_new(&mem, NPI_FRAMING_RAW, &limits);
    npi_answer a;
    assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_MORE);
    assert_true(npi_replies_feed(r, "\x16\x03", 2));
    assert_true(npi_replies_feed(r, "b", 1));
    assert_int_equal(npi_replies_waiting(r), 3);
    assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_ANSWER);
    assert_int_equal(a.text_len, 3);
    assert_memory_equal(a.raw, "\x16\x03"
                               "b", 4);
    assert_int_equal(npi_replies_waiting(r), 0);
    assert_true(npi_replies_feed(r, "cdefg", 5));
    npi_replies_end(r);
    assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_ANSWER);
    assert_string_equal(a.text, "cdef");
    assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_ANSWER);
    assert_string_equal(a.text, "g");
    assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_CLOSED);
    npi_replies_free(r);
}

static void limits_of_lines(void **state)
{
    static const npi_reply_limits line = {.line = 9}, count = {.lines = 2}, size = {.reply = 20};
    (void)state;
    check_story(&(stream){NPI_FRAMING_SMTP, NULL, "250 3456\r\n", 0, line},
                "250 \"3456\"\nclosed\n");
    check_story(&(stream){NPI_FRAMING_SMTP, NULL, "250 34567\r\n", 0, line},
                "broken limit.line: a line of more than 9 octets\n");
    check_story(&(stream){NPI_FRAMING_SMTP, NULL, "250 no end at all", 0, line},
                "broken limit.line: a line of more than 9 octets\n");
    check_story(&(stream){NPI_FRAMING_SMTP, NULL, "250-a\r\n250 b\r\n250 c\r\n", 0, count},
                "250 \"a / b\"\n250 \"c\"\nclosed\n");
    check_story(&(stream){NPI_FRAMING_SMTP, NULL, "250-a\r\n250-b\r\n2", 0, count},
                "broken limit.reply: a reply of more than 2 lines\n");
    check_story(&(stream){NPI_FRAMING_SMTP, NULL, "250-abcd\r\n250 efgh\r\n", 0, size},
                "250 \"abcd / efgh\"\nclosed\n");
    check_story(&(stream){NPI_FRAMING_SMTP, NULL, "250-abcd\r\n250 efghi\r\n", 0, size},
                "broken limit.reply: a reply of more than 20 octets\n");
    check_story(&(stream){NPI_FRAMING_SMTP, NULL, "250 a\r\n250 567890123456789\r\n", 0,
                          {.line = 20, .reply = 20}},
                "250 \"a\"\nbroken limit.reply: a reply of more than 20 octets\n");
    check_story(&(stream){NPI_FRAMING_POP3, "RETR 1", "+OK\r\n..b\r\nc\r\n.\r\n", 0,
                          {.body = 7, .line = 4, .lines = 1, .reply = 5}},
                "+OK \"\" body \".b\\x0d\\x0ac\\x0d\\x0a\"\nclosed\n");
    check_story(&(stream){NPI_FRAMING_POP3, "RETR 1", "+OK\r\n..b\r\nc\r\n.\r\n", 0, {.body = 6}},
                "broken limit.body: a body of more than 6 octets\n");
}

/* Ten MiB without an end: what is kept of it is no more than a line may have. */
static void memory_of_a_line(void **state)
{
    enum { SIZE = 10 * 1024 * 1024 };
    (void)state;
    failmem m = {0};
    npi_mem mem = failmem_allocator(&m);
    char *octets = malloc(SIZE);
    assert_non_null(octets);
    memset(octets, '2', SIZE);
    npi_replies *r = npi_replies_new(&mem, NPI_FRAMING_SMTP, NULL);
    npi_answer a;
    assert_true(npi_replies_feed(r, octets, SIZE));
    assert_int_equal(m.live, 1);
    assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_BROKEN);
    assert_string_equal(npi_replies_problem(r), "limit.line");
    assert_true(npi_replies_feed(r, octets, SIZE));
    assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_BROKEN);
    npi_replies_free(r);
    free(octets);
}

/* What waits behind a complete reply belongs to nobody yet: before STARTTLS there must be none. */
static void waiting_octets(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    npi_replies *r = npi_replies_new(&mem, NPI_FRAMING_SMTP, NULL);
    npi_answer a;
    assert_true(npi_replies_feed(r, "220 go\r", 7));
    assert_int_equal(npi_replies_waiting(r), 7);
    assert_true(npi_replies_feed(r, "\n250-evil.injected\r\n2", 21));
    assert_int_equal(npi_replies_waiting(r), 28);
    assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_ANSWER);
    assert_string_equal(a.text, "go");
    assert_string_equal(a.raw, "220 go\r\n");
    assert_int_equal(npi_replies_waiting(r), 20);
    assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_MORE);
    assert_int_equal(npi_replies_waiting(r), 20);
    assert_true(npi_replies_feed(r, "50 b\r\n", 6));
    assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_ANSWER);
    assert_int_equal(npi_replies_waiting(r), 0);
    assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_MORE);
    npi_replies_free(r);
}

/* A peer that talks and talks while nobody reads. */
static void too_much_waits(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    const npi_reply_limits limits = {.line = 10, .lines = 2, .reply = 20, .body = 10, .head = 10};
    npi_replies *r = npi_replies_new(&mem, NPI_FRAMING_SMTP, &limits);
    npi_answer a;
    int fed = 0;
    while (npi_replies_feed(r, "250 a\r\n", 7))
        fed++;
    assert_int_equal(fed, 1 + 40 / 7);
    assert_string_equal(npi_replies_problem(r), "limit.reply");
    assert_false(npi_replies_feed(r, "250 a\r\n", 7));
    for (; fed > 0; fed--)
        assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_ANSWER);
    assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_BROKEN);
    assert_string_equal(npi_replies_sentence(r), "more octets wait than a reply may have");
    npi_replies_free(r);
}

/* The same octets are read through the buffer of what waits, over and over. */
static void much_waits_and_goes(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    npi_replies *r = npi_replies_new(&mem, NPI_FRAMING_SMTP, NULL);
    npi_answer a;
    int answers = 0;
    for (int i = 0; i < 10000; i++) {
        assert_true(npi_replies_feed(r, "250 a\r\n250-b\r\n250 c", 19));
        assert_true(npi_replies_feed(r, "\r\n", 2));
        if (i % 3 == 0)
            answers += npi_replies_next(r, &a) == NPI_REPLY_ANSWER;
    }
    while (npi_replies_next(r, &a) == NPI_REPLY_ANSWER)
        assert_string_equal(a.text, ++answers % 2 ? "a" : "b\nc");
    assert_int_equal(answers, 20000);
    npi_replies_free(r);
}

static void outside_of_lists(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    npi_replies *r = npi_replies_new(&mem, NPI_FRAMING_HTTP, NULL);
    npi_header h;
    assert_null(npi_replies_note(r, 0));
    assert_null(npi_replies_note(r, -1));
    assert_int_equal(npi_replies_header_count(r), 0);
    assert_false(npi_replies_header(r, 0, &h));
    assert_false(npi_replies_header(r, -1, &h));
    assert_string_equal(npi_replies_problem(r), "");
    assert_string_equal(npi_replies_sentence(r), "");
    npi_replies_free(r);
    npi_replies_free(NULL);
}

/* The same story, or "memory", and nothing leaks. */
static bool run_out_of_memory(failmem *m, const stream *s)
{
    npi_mem mem = failmem_allocator(m);
    npi_replies *r = npi_replies_new(&mem, s->framing, NULL);
    npi_answer a;
    npi_reply_step step = NPI_REPLY_MORE;
    if (!r)
        return true;
    bool fine = tell_commands(r, s->commands);
    for (size_t i = 0; fine && i < s->len; i += 5) {
        size_t n = s->len - i < 5 ? s->len - i : 5;
        fine = npi_replies_feed(r, s->octets + i, n);
        if (i % 3 == 0)
            step = npi_replies_next(r, &a);
    }
    npi_replies_end(r);
    while (fine && (step = npi_replies_next(r, &a)) == NPI_REPLY_ANSWER)
        continue;
    bool memory = strcmp(npi_replies_problem(r), "memory") == 0;
    assert_true(!fine || memory || step == NPI_REPLY_CLOSED);
    assert_true(npi_replies_header_count(r) >= 0);
    npi_replies_free(r);
    return !fine || memory;
}

static void memory_fails(void **state)
{
    static const stream streams[] = {
        {NPI_FRAMING_SMTP, NULL, "220-a\r\n220 b\r\n250 2.0.0 c\r\n250 d\n", 0, {0}},
        {NPI_FRAMING_POP3, "CAPA|X|Y", "+OK\r\nUIDL\r\n.\r\n-ERR\r\n+OK\r\n", 0, {0}},
        {NPI_FRAMING_IMAP, "a1 X|a2 Y", "* X {5}\r\nabcde y\r\na1 OK\r\n+ z\r\na2 NO\r\n", 0, {0}},
        {NPI_FRAMING_HTTP, "GET /|GET /",
         "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n c\r\nTransfer-Encoding: chunked\r\n\r\n"
         "3;x\r\nabc\r\n0\r\nB: c\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\nlast",
         0, {0}},
        {NPI_FRAMING_LINE, NULL, "a\r\nb\r\nc", 0, {0}},
        {NPI_FRAMING_RAW, NULL, "abcdefghijklmnopqrst", 0, {0}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++)
        for (int sticky = 0; sticky < 2; sticky++) {
            stream s = streams[i];
            bool failed = true;
            s.len = strlen(s.octets);
            for (unsigned long at = 1; failed; at++) {
                failmem m = {.fail_at = at, .sticky = sticky};
                bool out = run_out_of_memory(&m, &s);
                failed = m.failed > 0;
                assert_int_equal(m.live, 0);
                assert_int_equal(out, failed);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),            cmocka_unit_test(octets),
        cmocka_unit_test(limits_of_lines),  cmocka_unit_test(memory_of_a_line),
        cmocka_unit_test(waiting_octets),   cmocka_unit_test(too_much_waits),
        cmocka_unit_test(much_waits_and_goes), cmocka_unit_test(outside_of_lists),
        cmocka_unit_test(memory_fails),
    };
    return RUN(tests);
}
