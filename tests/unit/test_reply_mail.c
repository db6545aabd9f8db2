/* SPDX-License-Identifier: MIT */
/*
 * Replies of SMTP, LMTP (RFC 5321, 2033, 2034, 3463) and POP3 (RFC 1939, 2449).
 */
#include "replies.h"

#define MALFORMED "broken reply.malformed: not a line of a reply: "

static void smtp_replies(void **state)
{
    static const story rows[] = {
        {"one line", NULL, "220 mx.example ESMTP\r\n", "220 \"mx.example ESMTP\"\nclosed\n"},
        {"three digits alone", NULL, "250\r\n", "250 \"\"\nclosed\n"},
        {"three digits and a blank", NULL, "250 \r\n", "250 \"\"\nclosed\n"},
        {"several lines", NULL, "250-mx\r\n250-SIZE 10\r\n250-\r\n250 STARTTLS\r\n",
         "250 \"mx / SIZE 10 /  / STARTTLS\"\nclosed\n"},
        {"the last line without text", NULL, "250-mx\r\n250\r\n", "250 \"mx / \"\nclosed\n"},
        {"two replies, as LMTP has behind the final dot", NULL, "250 2.0.0 a\r\n550 5.1.1 b\r\n",
         "250 2.0.0 \"a\"\n550 5.1.1 \"b\"\nclosed\n"},
        {"421 says that the server goes", "QUIT", "421 4.3.2 later\r\n",
         "421 4.3.2 \"later\", closes\nclosed\n"},
        {"354", NULL, "354 go\r\n", "354 \"go\"\nclosed\n"},
        {"bare LF is accepted", NULL, "220 a\n250-b\n250 c\r\n",
         "220 \"a\"\n250 \"b / c\"\nclosed\nnote bare LF\n"},
        {"one CR is dropped, others are kept", NULL, "220 a\rb\r\r\n",
         "220 \"a\\x0db\\x0d\"\nclosed\n"},
        {"controls and octets beyond ASCII", NULL, "220 \x1b[31m\xff\xc3\xa4\r\n",
         "220 \"\\x1b[31m\\xff\xc3\xa4\"\nclosed\n"},
        {"closed within a line", NULL, "220 a\r\n250-b\r\n25",
         "220 \"a\"\nbroken reply.closed: closed in the middle of a line that begins with "
         "\"25\"\n"},
        {"closed between lines", NULL, "250-b\r\n",
         "broken reply.closed: closed in the middle of a reply\n"},
        {"closed with nothing begun", NULL, "", "closed\n"},
    };
    (void)state;
    CHECK(NPI_FRAMING_SMTP, rows);
}

static void smtp_violations(void **state)
{
    static const story rows[] = {
        {"code 99", NULL, "99 a\r\n", MALFORMED "\"99 a\"\n"},
        {"code 1000", NULL, "1000 a\r\n", MALFORMED "\"1000 a\"\n"},
        {"code 10^20", NULL, "100000000000000000000 a\r\n",
         MALFORMED "\"100000000000000000000 a\"\n"},
        {"code 25", NULL, "25\r\n", MALFORMED "\"25\"\n"},
        {"2 50", NULL, "2 50 a\r\n", MALFORMED "\"2 50 a\"\n"},
        {"-50", NULL, "-50 a\r\n", MALFORMED "\"-50 a\"\n"},
        {"first digit 1", NULL, "150 a\r\n", MALFORMED "\"150 a\"\n"},
        {"first digit 6", NULL, "650 a\r\n", MALFORMED "\"650 a\"\n"},
        {"an empty line", NULL, "\r\n", MALFORMED "\"\"\n"},
        {"CR CR LF behind the digits", NULL, "250\r\r\n", MALFORMED "\"250\\x0d\"\n"},
        {"something else", NULL, "SSH-2.0-x\r\n", MALFORMED "\"SSH-2.0-x\"\n"},
        {"the code changes", NULL, "250-a\r\n251 b\r\n",
         "broken reply.malformed: the code changes within a reply: \"251 b\"\n"},
        {"nothing is read behind a violation", NULL, "220 a\r\nx\r\n220 b\r\n",
         "220 \"a\"\n" MALFORMED "\"x\"\n"},
        {"a long line is not quoted at length", NULL,
         "0123456789012345678901234567890123456789012345678901234567890\r\n",
         MALFORMED "\"012345678901234567890123456789012345678901234567890123456789...\"\n"},
        {"TLS: an alert", NULL, "\x15\x03\x01\x02\x02\x0a",
         "broken reply.malformed: this port speaks TLS\n"},
        {"TLS: a handshake", NULL, "\x16\x03", "broken reply.malformed: this port speaks TLS\n"},
        {"TLS: later it is none", NULL, "250 a\r\n\x15\x03\r\n",
         "250 \"a\"\n" MALFORMED "\"\\x15\\x03\"\n"},
        {"TLS: its first octet alone", NULL, "\x15",
         "broken reply.closed: closed in the middle of a line that begins with \"\\x15\"\n"},
    };
    (void)state;
    CHECK(NPI_FRAMING_SMTP, rows);
}

static void enhanced_codes(void **state)
{
    static const story rows[] = {
        {"parsed, and not in the text", NULL, "550 5.7.1 no\r\n", "550 5.7.1 \"no\"\nclosed\n"},
        {"three digits each", NULL, "450 4.123.456 no\r\n", "450 4.123.456 \"no\"\nclosed\n"},
        {"on each line", NULL, "550-5.7.1 a\r\n550 5.7.1 b\r\n", "550 5.7.1 \"a / b\"\nclosed\n"},
        {"on the first line only", NULL, "550-5.7.1 a\r\n550 b\r\n",
         "550 5.7.1 \"a / b\"\nclosed\n"},
        {"another on the second", NULL, "550-5.7.1 a\r\n550 5.7.2 b\r\n",
         "550 5.7.1 \"a / 5.7.2 b\"\nclosed\n"},
        {"alone", NULL, "250 2.0.0\r\n", "250 2.0.0 \"\"\nclosed\n"},
        {"four digits are none", NULL, "250 2.0.1234 a\r\n", "250 \"2.0.1234 a\"\nclosed\n"},
        {"class 3 is none", NULL, "250 3.0.0 a\r\n", "250 \"3.0.0 a\"\nclosed\n"},
        {"two numbers are none", NULL, "250 2.0 abc\r\n", "250 \"2.0 abc\"\nclosed\n"},
        {"an address is none", NULL, "220 2.0.0.1 a\r\n", "220 \"2.0.0.1 a\"\nclosed\n"},
        {"354 has none", NULL, "354 2.0.0 go\r\n", "354 \"2.0.0 go\"\nclosed\n"},
        {"of another class", NULL, "550 2.0.0 a\r\n",
         "550 2.0.0 \"a\"\nclosed\nnote enhanced code of another class than the code\n"},
    };
    (void)state;
    CHECK(NPI_FRAMING_SMTP, rows);
}

static void pop3_replies(void **state)
{
    static const story rows[] = {
        {"greeting", NULL, "+OK ready <1@x>\r\n", "+OK \"ready <1@x>\"\nclosed\n"},
        {"without text, in any case", NULL, "+ok\r\n-Err\r\n", "+OK \"\"\n-ERR \"\"\nclosed\n"},
        {"response codes stay", "PASS x", "-ERR [IN-USE] locked\r\n",
         "-ERR \"[IN-USE] locked\"\nclosed\n"},
        {"SASL asks for more", "AUTH PLAIN|x", "+ \r\n+\r\n", "+ \"\"\n+ \"\"\nclosed\n"},
        {"neither", NULL, "220 a\r\n",
         "broken reply.malformed: neither +OK nor -ERR: \"220 a\"\n"},
        {"no blank behind the word", NULL, "+OKAY\r\n",
         "broken reply.malformed: neither +OK nor -ERR: \"+OKAY\"\n"},
        {"an empty line", NULL, "\r\n", "broken reply.malformed: neither +OK nor -ERR: \"\"\n"},
        {"bare LF", NULL, "+OK a\n", "+OK \"a\"\nclosed\nnote bare LF\n"},
    };
    (void)state;
    CHECK(NPI_FRAMING_POP3, rows);
}

static void pop3_lists(void **state)
{
    static const story rows[] = {
        {"CAPA", "CAPA", "+OK list\r\nUIDL\r\nSASL PLAIN\r\n.\r\n",
         "+OK \"list\" body \"UIDL\\x0d\\x0aSASL PLAIN\\x0d\\x0a\"\nclosed\n"},
        {"retr, in lower case", "retr 1", "+OK\r\na\r\n.\r\n",
         "+OK \"\" body \"a\\x0d\\x0a\"\nclosed\n"},
        {"TOP", "TOP 1 0", "+OK\r\na\r\n.\r\n", "+OK \"\" body \"a\\x0d\\x0a\"\nclosed\n"},
        {"nothing in it", "CAPA", "+OK\r\n.\r\n", "+OK \"\"\nclosed\n"},
        {"LIST with and without argument", "LIST|LIST 1",
         "+OK\r\n1 5\r\n.\r\n+OK 1 5\r\n",
         "+OK \"\" body \"1 5\\x0d\\x0a\"\n+OK \"1 5\"\nclosed\n"},
        {"UIDL with and without argument", "UIDL |UIDL 1", "+OK\r\n1 a\r\n.\r\n+OK 1 a\r\n",
         "+OK \"\" body \"1 a\\x0d\\x0a\"\n+OK \"1 a\"\nclosed\n"},
        {"never behind -ERR", "CAPA|STAT", "-ERR no\r\n+OK 0 0\r\n",
         "-ERR \"no\"\n+OK \"0 0\"\nclosed\n"},
        {"STAT, NOOP, another word", "STAT|CAPABILITY", "+OK 1 5\r\n+OK\r\n",
         "+OK \"1 5\"\n+OK \"\"\nclosed\n"},
        {"dots are taken away, one a line", "RETR 1", "+OK\r\n..\r\n...\r\n.a\r\na.\r\n.\r\n",
         "+OK \"\" body \".\\x0d\\x0a..\\x0d\\x0aa\\x0d\\x0aa.\\x0d\\x0a\"\nclosed\n"},
        {"a dot with two CR ends nothing", "RETR 1", "+OK\r\n.\r\r\n.\r\n",
         "+OK \"\" body \"\\x0d\\x0d\\x0a\"\nclosed\n"},
        {"a dot with CR and more", "RETR 1", "+OK\r\n.\rx\r\n.\r\n",
         "+OK \"\" body \"\\x0dx\\x0d\\x0a\"\nclosed\n"},
        {"bare LF in the body", "RETR 1", "+OK\r\na\n\n.\r\n",
         "+OK \"\" body \"a\\x0a\\x0a\"\nclosed\nnote bare LF\n"},
        {"a dot with bare LF", "RETR 1", "+OK\r\n.\n", "+OK \"\"\nclosed\nnote bare LF\n"},
        {"a list that never ends", "LIST", "+OK\r\n1 5\r\n",
         "broken reply.closed: closed in the middle of a reply\n"},
        {"a command told before the greeting", "|CAPA", "+OK hi\r\n+OK\r\nUIDL\r\n.\r\n",
         "+OK \"hi\"\n+OK \"\" body \"UIDL\\x0d\\x0a\"\nclosed\n"},
    };
    (void)state;
    CHECK(NPI_FRAMING_POP3, rows);
}

/* The caller knows better than the table. */
static void pop3_overrides(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    npi_replies *r = npi_replies_new(&mem, NPI_FRAMING_POP3, NULL);
    npi_answer a;
    assert_true(npi_replies_command(r, "XLIST", 5, 1));
    assert_true(npi_replies_command(r, "CAPA", 4, 0));
    assert_true(npi_replies_feed(r, "+OK\r\na\r\n.\r\n+OK b\r\n", 18));
    assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_ANSWER);
    assert_int_equal(a.line_count, 2);
    assert_string_equal(a.body, "a\r\n");
    assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_ANSWER);
    assert_string_equal(a.text, "b");
    assert_int_equal(npi_replies_next(r, &a), NPI_REPLY_MORE);
    npi_replies_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smtp_replies),   cmocka_unit_test(smtp_violations),
        cmocka_unit_test(enhanced_codes), cmocka_unit_test(pop3_replies),
        cmocka_unit_test(pop3_lists),     cmocka_unit_test(pop3_overrides),
    };
    return RUN(tests);
}
