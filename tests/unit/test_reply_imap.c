/* SPDX-License-Identifier: MIT */
/*
 * Replies of IMAP (RFC 9051, 3501, 7888): tags, literals, what is text only.
 */
#include "replies.h"

#define MALFORMED "broken reply.malformed: "

static void greetings(void **state)
{
    static const story rows[] = {
        {"OK", NULL, "* OK [CAPABILITY IMAP4rev1] ready\r\n",
         "OK \"[CAPABILITY IMAP4rev1] ready\"\nclosed\n"},
        {"PREAUTH", NULL, "* preauth hi\r\n", "PREAUTH \"hi\"\nclosed\n"},
        {"BYE", NULL, "* BYE overloaded\r\n", "BYE \"overloaded\", closes\nclosed\n"},
        {"without text", NULL, "* OK\r\n", "OK \"\"\nclosed\n"},
        {"NO is none", NULL, "* NO\r\n", MALFORMED "not a greeting: \"NO\"\n"},
        {"data is none", NULL, "* 3 EXISTS\r\n", MALFORMED "not a greeting: \"3 EXISTS\"\n"},
        {"another protocol", NULL, "220 smtp\r\n",
         MALFORMED "a tag that no command had: \"220 smtp\"\n"},
        {"a star alone", NULL, "*\r\n", MALFORMED "a tag that no command had: \"*\"\n"},
        {"an empty line", NULL, "\r\n", MALFORMED "a tag that no command had: \"\"\n"},
        {"told as a command, with others behind", "|a1 NOOP", "* OK hi\r\n* 1 EXISTS\r\na1 OK\r\n",
         "OK \"hi\"\nOK \"1 EXISTS / \"\nclosed\n"},
        {"TLS", NULL, "\x15\x03\x03", MALFORMED "this port speaks TLS\n"},
    };
    (void)state;
    CHECK(NPI_FRAMING_IMAP, rows);
}

static void answers(void **state)
{
    static const story rows[] = {
        {"tagged alone", "a1 NOOP", "a1 OK done\r\n", "OK \"done\"\nclosed\n"},
        {"with untagged lines", "a1 CAPABILITY", "* CAPABILITY IMAP4rev1 IDLE\r\na1 OK done\r\n",
         "OK \"CAPABILITY IMAP4rev1 IDLE / done\"\nclosed\n"},
        {"NO and BAD in any case, without text", "a1 X|a2 Y", "a1 no\r\na2 Bad x\r\n",
         "NO \"\"\nBAD \"x\"\nclosed\n"},
        {"a tag that nobody had", "a1 X", "a2 OK\r\n",
         MALFORMED "a tag that no command had: \"a2 OK\"\n"},
        {"tags have case", "a1 X", "A1 OK\r\n",
         MALFORMED "a tag that no command had: \"A1 OK\"\n"},
        {"a tag was answered already", "a1 X", "a1 OK\r\na1 OK\r\n",
         "OK \"\"\n" MALFORMED "a tag that no command had: \"a1 OK\"\n"},
        {"another word behind the tag", "a1 X", "a1 PREAUTH x\r\n",
         MALFORMED "neither OK nor NO nor BAD behind the tag: \"a1 PREAUTH x\"\n"},
        {"the tag alone", "a1 X", "a1\r\n",
         MALFORMED "neither OK nor NO nor BAD behind the tag: \"a1\"\n"},
        {"in another order", "a1 X|a2 Y", "a2 OK y\r\na1 OK x\r\n",
         "OK \"y\"\nOK \"x\"\nclosed\nnote answers in another order than commands\n"},
        {"BYE before the tagged line", "a1 LOGOUT", "* BYE x\r\na1 OK y\r\n",
         "OK \"BYE x / y\", closes\nclosed\n"},
        {"BYE instead of it", "a1 LOGIN x y", "* BYE too many\r\n",
         "BYE \"BYE too many\", closes\nclosed\n"},
        {"BYE unasked", NULL, "* OK\r\n* BYE idle\r\n",
         "OK \"\"\nBYE \"BYE idle\", closes\nclosed\n"},
        {"BYE and half a line", "a1 X", "* BYE x\r\n* ",
         "broken reply.closed: closed in the middle of a line that begins with \"* \"\n"},
        {"closed behind untagged lines", "a1 X", "* 1 EXISTS\r\n",
         "broken reply.closed: closed in the middle of a reply\n"},
        {"bare LF", "a1 X", "* 1 EXISTS\na1 OK\n", "OK \"1 EXISTS / \"\nclosed\nnote bare LF\n"},
    };
    (void)state;
    CHECK(NPI_FRAMING_IMAP, rows);
}

static void continuations(void **state)
{
    static const story rows[] = {
        {"asks for more, then answers", "a1 AUTHENTICATE PLAIN", "+ \r\na1 OK\r\n",
         "+ \"\", goes on\nOK \"\"\nclosed\n"},
        {"plus alone, untagged lines before", "a1 IDLE", "* 1 EXISTS\r\n+\r\na1 OK\r\n",
         "+ \"1 EXISTS / \", goes on\nOK \"\"\nclosed\n"},
        {"a literal's length there is text", "a1 X", "+ {5}\r\na1 OK {5}\r\n",
         "+ \"{5}\", goes on\nOK \"{5}\"\nclosed\n"},
        {"nobody asked", NULL, "* OK\r\n+ x\r\n",
         "OK \"\"\n" MALFORMED "a request for more, and no command waits: \"x\"\n"},
    };
    (void)state;
    CHECK(NPI_FRAMING_IMAP, rows);
}

/* What is sent after "+" is no command with an answer of its own. */
static void continuation_data(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    npi_replies *r = npi_replies_new(&mem, NPI_FRAMING_IMAP, NULL);
    npi_answer a;
    assert_true(npi_replies_command(r, "a1 AUTHENTICATE PLAIN", 21, -1));
    for (int i = 0; i < 2; i++) {
        assert_true(npi_replies_feed(r, "+ \r\n", 4));
        assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_ANSWER);
        assert_false(a.last);
        assert_true(npi_replies_command(r, "a2 AHgAeQ==", 11, -1));
    }
    assert_true(npi_replies_command(r, "a3 NOOP", 7, -1));
    assert_true(npi_replies_feed(r, "a1 NO\r\na3 OK\r\n", 14));
    assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_ANSWER);
    assert_string_equal(a.word, "NO");
    assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_ANSWER);
    assert_string_equal(a.word, "OK");
    assert_int_equal(npi_replies_note_count(r), 0);
    npi_replies_free(r);
}

static void literals(void **state)
{
    static const story rows[] = {
        {"inside a line, which goes on", "a1 X", "* 1 FETCH (B {5}\r\na\r\nb\n C)\r\na1 OK\r\n",
         "OK \"1 FETCH (B {5} C) / \" body \"a\\x0d\\x0ab\\x0a\"\nclosed\n"},
        {"two in a line", "a1 X", "* 1 FETCH (B {1}\r\na C {2}\r\nbc)\r\na1 OK\r\n",
         "OK \"1 FETCH (B {1} C {2}) / \" body \"abc\"\nclosed\n"},
        {"that looks like an answer", "a1 X", "* 1 X {7}\r\na1 OK\r\n\r\na1 NO\r\n",
         "NO \"1 X {7} / \" body \"a1 OK\\x0d\\x0a\"\nclosed\n"},
        {"of no octets", "a1 X", "* 1 X {0}\r\n\r\na1 OK\r\n", "OK \"1 X {0} / \"\nclosed\n"},
        {"binary", "a1 X", "* 1 X ~{2}\r\n\xff\x01)\r\na1 OK\r\n",
         "OK \"1 X ~{2}) / \" body \"\\xff\\x01\"\nclosed\n"},
        {"of 4294967296 octets", "a1 X", "* 1 X {4294967296}\r\n",
         "broken limit.body: a body of more than 8388608 octets\n"},
        {"eleven digits", "a1 X", "* 1 X {00000000001}\r\n",
         MALFORMED "not the length of a literal: \"{00000000001}\"\n"},
        {"{+5}", "a1 X", "* 1 X {+5}\r\n", MALFORMED "not the length of a literal: \"{+5}\"\n"},
        {"{-1}", "a1 X", "* 1 X {-1}\r\n", MALFORMED "not the length of a literal: \"{-1}\"\n"},
        {"{}", "a1 X", "* 1 X {}\r\n", MALFORMED "not the length of a literal: \"{}\"\n"},
        {"{5+}", "a1 X", "* 1 X {5+}\r\n", MALFORMED "not the length of a literal: \"{5+}\"\n"},
        {"in quotes it is text", "a1 X", "* LIST () \"/\" \"x{5}\"\r\na1 OK\r\n",
         "OK \"LIST () \"/\" \"x{5}\" / \"\nclosed\n"},
        {"quotes in quotes", "a1 X", "* LIST \"\\\"{\\\\\" x}\r\na1 OK\r\n",
         "OK \"LIST \"\\\\\"{\\\\\\\\\" x} / \"\nclosed\n"},
        {"in the middle it is data", "a1 X", "* X {5} y\r\na1 OK\r\n",
         "OK \"X {5} y / \"\nclosed\n"},
        {"a line that ends within quotes", "a1 X", "* LIST \"x\r\n",
         MALFORMED "a line that ends within quotes: \"LIST \"x\"\n"},
        {"in the text of untagged OK", "a1 X", "* OK x \" {4294967296}\r\na1 OK\r\n",
         "OK \"OK x \" {4294967296} / \"\nclosed\n"},
        {"in the text of NO, BAD and BYE", "a1 X",
         "* NO {1}\r\n* BAD {1}\r\n* BYE {1}\r\na1 OK\r\n",
         "OK \"NO {1} / BAD {1} / BYE {1} / \", closes\nclosed\n"},
        {"in the text of the greeting and of PREAUTH", "|", "* OK {1}\r\n* PREAUTH {5}\r\n",
         "OK \"{1}\"\nPREAUTH \"{5}\"\nclosed\n"},
        {"OKAY is data", "a1 X", "* OKAY {1}\r\nx\r\na1 OK\r\n",
         "OK \"OKAY {1} / \" body \"x\"\nclosed\n"},
        {"closed within", "a1 X", "* BYE\r\n* X {5}\r\nab",
         "broken reply.closed: closed in the middle of a reply\n"},
        {"closed behind", "a1 X", "* BYE\r\n* X {2}\r\nab",
         "broken reply.closed: closed in the middle of a reply\n"},
    };
    (void)state;
    CHECK(NPI_FRAMING_IMAP, rows);
}

static void limits(void **state)
{
    (void)state;
    check_story(&(stream){NPI_FRAMING_IMAP, "a1 X", "* X {3}\r\nabc {2}\r\nde\r\na1 OK\r\n", 0,
                          {.body = 5}},
                "OK \"X {3} {2} / \" body \"abcde\"\nclosed\n");
    check_story(&(stream){NPI_FRAMING_IMAP, "a1 X", "* X {3}\r\nabc {3}\r\ndef", 0, {.body = 5}},
                "broken limit.body: a body of more than 5 octets\n");
    check_story(&(stream){NPI_FRAMING_IMAP, "a1 X", "* 1\r\n* 2\r\na1 OK\r\n", 0, {.lines = 3}},
                "OK \"1 / 2 / \"\nclosed\n");
    check_story(&(stream){NPI_FRAMING_IMAP, "a1 X", "* 1\r\n* 2\r\n* 3\r\na", 0, {.lines = 3}},
                "broken limit.reply: a reply of more than 3 lines\n");
    check_story(&(stream){NPI_FRAMING_IMAP, "a1 X", "* X {9}\r\nabcdefghi\r\na1 OK\r\n", 0,
                          {.line = 10, .reply = 22}},
                "OK \"X {9} / \" body \"abcdefghi\"\nclosed\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greetings),         cmocka_unit_test(answers),
        cmocka_unit_test(continuations),     cmocka_unit_test(continuation_data),
        cmocka_unit_test(literals),          cmocka_unit_test(limits),
    };
    return RUN(tests);
}
