/* SPDX-License-Identifier: MIT */
/*
 * Capabilities, learned from answers that a reader has read.
 */
#include "../failmem.h"
#include "replies.h"
#include "talk/features.h"

/* Learn from each answer in a stream, each to the same command. */
static bool learn(npi_features *f, npi_framing framing, const char *command, const char *octets)
{
    npi_mem mem = npi_mem_libc();
    npi_replies *r = npi_replies_new(&mem, framing, NULL);
    npi_answer a;
    bool fine = true;
    assert_non_null(r);
    if (command)
        assert_true(npi_replies_command(r, command, strlen(command), -1));
    assert_true(npi_replies_feed(r, octets, strlen(octets)));
    while (npi_replies_next(r, &a) == NPI_REPLY_ANSWER)
        fine = npi_features_learn(f, framing, command, &a) && fine;
    assert_string_equal(npi_replies_problem(r), "");
    npi_replies_free(r);
    return fine;
}

static void check_list(const npi_features *f, const char *expected)
{
    char text[500];
    npi_buf b = npi_buf_in(text, sizeof text);
    for (int i = 0; i < npi_features_count(f); i++) {
        npi_buf_str(&b, i > 0 ? "|" : "");
        npi_buf_str(&b, npi_features_get(f, i));
    }
    assert_string_equal(text, expected);
}

static npi_features *empty(void)
{
    npi_mem mem = npi_mem_libc();
    npi_features *f = npi_features_new(&mem);
    assert_non_null(f);
    return f;
}

static void from_smtp(void **state)
{
    (void)state;
    npi_features *f = empty();
    assert_true(learn(f, NPI_FRAMING_SMTP, "EHLO x",
                      "250-AUTH.example\r\n250-Size 1000\r\n250-AUTH PLAIN LOGIN\r\n"
                      "250-AUTH=PLAIN CRAM-MD5\r\n250-8BITMIME \r\n250 starttls\r\n"));
    check_list(f, "Size 1000|AUTH PLAIN LOGIN|AUTH=PLAIN CRAM-MD5|8BITMIME|starttls");
    const char *const has[] = {"STARTTLS", "starttls", "SIZE", "SIZE 1000", "AUTH", "AUTH plain",
                               "auth LOGIN", "AUTH CRAM-MD5", "AUTH=PLAIN", "8BITMIME"};
    const char *const lacks[] = {"START", "STARTTLS x", "AUTH PLAI", "AUTH.example", "PLAIN", "",
                                 " ", "SIZE 100", "AUTH XOAUTH2", "8BITMIME 1"};
    for (size_t i = 0; i < sizeof has / sizeof has[0]; i++)
        assert_true(npi_features_has(f, has[i]));
    for (size_t i = 0; i < sizeof lacks / sizeof lacks[0]; i++)
        assert_false(npi_features_has(f, lacks[i]));
    assert_null(npi_features_get(f, 5));
    assert_null(npi_features_get(f, -1));
    npi_features_free(f);
}

static void smtp_replaces(void **state)
{
    (void)state;
    npi_features *f = empty();
    learn(f, NPI_FRAMING_SMTP, "ehlo x", "250-mx\r\n250 STARTTLS\r\n");
    learn(f, NPI_FRAMING_SMTP, "EHLO x", "502 5.5.1 no\r\n");
    learn(f, NPI_FRAMING_SMTP, "NOOP", "250-mx\r\n250 EVIL\r\n");
    learn(f, NPI_FRAMING_SMTP, NULL, "250-mx\r\n250 EVIL\r\n");
    check_list(f, "STARTTLS");
    learn(f, NPI_FRAMING_SMTP, "LHLO x", "250-mx\r\n250-SIZE\r\n250-size\r\n250 \r\n");
    check_list(f, "SIZE");
    learn(f, NPI_FRAMING_SMTP, "HELO x", "250 mx\r\n");
    check_list(f, "");
    learn(f, NPI_FRAMING_SMTP, "EHLO x", "250-mx\r\n250 A\x1b[1m\r\n");
    check_list(f, "A\\x1b[1m");
    learn(f, NPI_FRAMING_SMTP, "EHLO x", "250 mx\r\n");
    check_list(f, "");
    npi_features_free(f);
}

static void from_pop3(void **state)
{
    (void)state;
    npi_features *f = empty();
    learn(f, NPI_FRAMING_POP3, "CAPA", "+OK\r\nTOP\r\nSASL PLAIN SCRAM-SHA-256\r\nSTLS\n.\r\n");
    check_list(f, "TOP|SASL PLAIN SCRAM-SHA-256|STLS");
    assert_true(npi_features_has(f, "SASL SCRAM-SHA-256"));
    learn(f, NPI_FRAMING_POP3, "CAPA", "-ERR no\r\n");
    learn(f, NPI_FRAMING_POP3, "RETR 1", "+OK\r\nEVIL\r\n.\r\n");
    assert_int_equal(npi_features_count(f), 3);
    npi_features_clear(f);
    check_list(f, "");
    npi_features_free(f);
}

static void from_imap(void **state)
{
    static const struct {
        const char *command, *octets, *list;
    } rows[] = {
        {NULL, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN STARTTLS] hi\r\n",
         "IMAP4rev1|AUTH=PLAIN|STARTTLS"},
        {NULL, "* PREAUTH [capability IMAP4rev1]\r\n", "IMAP4rev1"},
        {NULL, "* BYE [CAPABILITY IMAP4rev1]\r\n", "before"},
        {NULL, "* OK CAPABILITY IMAP4rev1\r\n", "before"},
        {"a1 X", "* CAPABILITY IMAP4rev1  IDLE\r\na1 OK CAPABILITY completed\r\n",
         "IMAP4rev1|IDLE"},
        {"a1 X", "* capability A\r\n* CAPABILITY B\r\na1 NO\r\n", "B"},
        {"a1 X", "a1 OK [CAPABILITY A B] in\r\n", "A|B"},
        {"a1 X", "a1 NO [CAPABILITY A B] in\r\n", "before"},
        {"a1 X", "* OK [CAPABILITY A B] in\r\na1 NO\r\n", "A|B"},
        {"a1 X", "* NO [CAPABILITY A B] in\r\na1 OK\r\n", "before"},
        {"a1 X", "* CAPABILITY A\r\na1 OK [CAPABILITY B]\r\n", "B"},
        {"a1 X", "* 1 X {14}\r\n* CAPABILITY A\r\na1 OK\r\n", "before"},
        {"a1 X", "* 1 X {1}\r\na\r\na1 OK [ALERT] [CAPABILITY B]\r\n", "before"},
        {"a1 X", "* CAPABILITY\r\na1 OK\r\n", ""},
        {"a1 X", "+ [CAPABILITY A]\r\n", "before"},
    };
    (void)state;
    npi_features *f = empty();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        learn(f, NPI_FRAMING_SMTP, "EHLO x", "250-mx\r\n250 before\r\n");
        learn(f, NPI_FRAMING_IMAP, rows[i].command, rows[i].octets);
        check_list(f, rows[i].list);
    }
    learn(f, NPI_FRAMING_IMAP, NULL, "* OK [CAPABILITY AUTH=PLAIN AUTH=LOGIN] hi\r\n");
    assert_true(npi_features_has(f, "AUTH plain"));
    assert_true(npi_features_has(f, "AUTH=LOGIN"));
    assert_false(npi_features_has(f, "AUTH XOAUTH2"));
    npi_features_free(f);
}

static void others_have_none(void **state)
{
    (void)state;
    npi_features *f = empty();
    learn(f, NPI_FRAMING_LINE, "CAPA", "STARTTLS\r\n");
    learn(f, NPI_FRAMING_HTTP, "CAPA", "HTTP/1.1 204 x\r\n\r\n");
    assert_int_equal(npi_features_count(f), 0);
    assert_false(npi_features_has(f, "STARTTLS"));
    npi_features_free(f);
    npi_features_free(NULL);
}

static void too_many(void **state)
{
    enum { SIZE = 400000 };
    (void)state;
    npi_mem mem = npi_mem_libc();
    npi_features *f = empty();
    npi_buf b = npi_buf_grow(&mem, SIZE);
    npi_answer a = {.word = "+OK", .text = "", .raw = ""};
    for (unsigned i = 0; i < 2000; i++)
        npi_buf_printf(&b, "K%u\r\n", i);
    a.body = b.data;
    a.body_len = b.len;
    assert_true(npi_features_learn(f, NPI_FRAMING_POP3, "CAPA", &a));
    assert_int_equal(npi_features_count(f), 1000);
    assert_string_equal(npi_features_get(f, 999), "K999");
    npi_buf_clear(&b);
    npi_buf_fill(&b, 0, SIZE - 100);
    npi_buf_str(&b, "\nSTLS\r\n");
    a.body = b.data;
    a.body_len = b.len;
    assert_true(npi_features_learn(f, NPI_FRAMING_POP3, "CAPA", &a));
    check_list(f, "STLS");
    npi_buf_free(&b);
    npi_features_free(f);
}

static void memory_fails(void **state)
{
    (void)state;
    bool failed = true;
    for (unsigned long at = 1; failed; at++) {
        failmem m = {.fail_at = at};
        npi_mem mem = failmem_allocator(&m);
        npi_features *f = npi_features_new(&mem);
        if (f) {
            bool fine = learn(f, NPI_FRAMING_SMTP, "EHLO x",
                              "250-mx\r\n250-AUTH PLAIN\r\n250 B\r\n");
            assert_int_equal(fine, m.failed == 0);
            assert_int_equal(npi_features_count(f), fine ? 2 : 0);
        }
        failed = m.failed > 0;
        npi_features_free(f);
        assert_int_equal(m.live, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_smtp), cmocka_unit_test(smtp_replaces), cmocka_unit_test(from_pop3),
        cmocka_unit_test(from_imap), cmocka_unit_test(others_have_none), cmocka_unit_test(too_many),
        cmocka_unit_test(memory_fails),
    };
    return RUN(tests);
}
