/* SPDX-License-Identifier: MIT */
/*
 * Variables of a conversation: filters, what may stand in a line, and secrets that are never shown.
 */
#include "../check.h"
#include "../failmem.h"
#include "hex.h"
#include "talk/machine.h"
#include "talk/values.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SET(v, name, value) npi_values_set(v, name, strlen(name), value, sizeof(value) - 1)

/* ---- filters ------------------------------------------------------------------------------ */

#define OCTETS(text) text, sizeof(text) - 1

static void filters(void **state)
{
    static const struct {
        npi_value_filter filter;
        const char *value;
        size_t len;
        const char *out; /* NULL: refused */
        size_t out_len;
    } rows[] = {
        {NPI_FILTER_NONE, OCTETS("a\r\n\0b"), OCTETS("a\r\n\0b")},
        {NPI_FILTER_OCTETS, OCTETS("\0\xff"), OCTETS("\0\xff")},
        /* RFC 4648 10 */
        {NPI_FILTER_BASE64, OCTETS(""), OCTETS("")},
        {NPI_FILTER_BASE64, OCTETS("f"), OCTETS("Zg==")},
        {NPI_FILTER_BASE64, OCTETS("fo"), OCTETS("Zm8=")},
        {NPI_FILTER_BASE64, OCTETS("foo"), OCTETS("Zm9v")},
        {NPI_FILTER_BASE64, OCTETS("foob"), OCTETS("Zm9vYg==")},
        {NPI_FILTER_BASE64, OCTETS("fooba"), OCTETS("Zm9vYmE=")},
        {NPI_FILTER_BASE64, OCTETS("foobar"), OCTETS("Zm9vYmFy")},
        {NPI_FILTER_BASE64, OCTETS("\xfb\xff\xfe\0"), OCTETS("+//+AA==")},
        {NPI_FILTER_HEX, OCTETS("\0\x0d\xff\x7f"), OCTETS("000dff7f")},
        {NPI_FILTER_URL, OCTETS("aZ09-._~"), OCTETS("aZ09-._~")},
        {NPI_FILTER_URL, OCTETS("/?&= +%\r\n\0\xc3\xa4"),
         OCTETS("%2F%3F%26%3D%20%2B%25%0D%0A%00%C3%A4")},
        {NPI_FILTER_IMAP, OCTETS(""), OCTETS("\"\"")},
        {NPI_FILTER_IMAP, OCTETS("a \"b\\"), OCTETS("\"a \\\"b\\\\\"")},
        {NPI_FILTER_IMAP, OCTETS("a\r"), NULL, 0},
        {NPI_FILTER_IMAP, OCTETS("a\n"), NULL, 0},
        {NPI_FILTER_IMAP, OCTETS("a\0"), NULL, 0},
        {NPI_FILTER_IMAP, OCTETS("\x80"), NULL, 0},
        {NPI_FILTER_IMAP, OCTETS("\x7f"), OCTETS("\"\x7f\"")},
        {NPI_FILTER_REDIS, OCTETS("a b"), OCTETS("$3\r\na b\r\n")},
        {NPI_FILTER_REDIS, OCTETS(""), OCTETS("$0\r\n\r\n")},
        /* RFC 4514 2.4 */
        {NPI_FILTER_DN, OCTETS(" a b "), OCTETS("\\20a b\\20")},
        {NPI_FILTER_DN, OCTETS(" "), OCTETS("\\20")},
        {NPI_FILTER_DN, OCTETS("#\"+,;<>\\="), OCTETS("\\23\\22\\2B\\2C\\3B\\3C\\3E\\5C\\3D")},
        {NPI_FILTER_DN, OCTETS("\0\x1f"), OCTETS("\\00\\1F")},
    };
    (void)state;
    npi_mem mem = npi_mem_libc();
    for (size_t i = 0; i < COUNT(rows); i++) {
        npi_buf out = npi_buf_grow(&mem, 1000);
        uint8_t *copy = exact_copy(rows[i].value, rows[i].len);
        bool fits = npi_values_put_filtered(&out, copy, rows[i].len, rows[i].filter);
        assert_int_equal(fits, rows[i].out != NULL);
        assert_int_equal(out.len, rows[i].out_len);
        if (out.len > 0)
            assert_memory_equal(out.data, rows[i].out, out.len);
        free(copy);
        npi_buf_free(&out);
    }
}

static void fits_line(void **state)
{
    (void)state;
    for (int octet = 0; octet < 256; octet++) {
        char text[3] = {'a', (char)octet, 'b'};
        bool may = octet != '\r' && octet != '\n' && octet != 0 && octet != 255;
        assert_int_equal(npi_value_fits_line(text, 3), may);
        assert_int_equal(npi_value_fits_line(text, 2), may);
        assert_int_equal(npi_value_fits_line(text + 1, 1), may);
    }
    assert_true(npi_value_fits_line("", 0));
}

/* ---- values ------------------------------------------------------------------------------- */

static void set_and_get(void **state)
{
    (void)state;
    failmem m = {0};
    npi_mem mem = failmem_allocator(&m);
    npi_values v;
    npi_values_init(&v, &mem);
    assert_null(npi_values_get(&v, "a", 1));
    assert_true(SET(&v, "a", "one"));
    assert_true(SET(&v, "ab", "two\0three"));
    assert_true(SET(&v, "e", ""));
    assert_int_equal(npi_values_get(&v, "a", 1)->value.len, 3);
    assert_int_equal(npi_values_get(&v, "ab", 2)->value.len, 9);
    assert_int_equal(npi_values_get(&v, "e", 1)->value.len, 0);
    assert_null(npi_values_get(&v, "abc", 3));
    assert_ptr_equal(npi_values_get(&v, "abc", 2), npi_values_get(&v, "ab", 2));
    assert_true(SET(&v, "a", "1"));
    assert_string_equal(npi_buf_text(&npi_values_get(&v, "a", 1)->value), "1");
    static char most[NPI_VALUE_MAX + 1];
    assert_true(npi_values_set(&v, "a", 1, most, NPI_VALUE_MAX));
    assert_int_equal(npi_values_get(&v, "a", 1)->value.len, NPI_VALUE_MAX);
    assert_true(SET(&v, "a", "1"));
    assert_false(npi_values_set(&v, "a", 1, most, NPI_VALUE_MAX + 1));
    assert_string_equal(npi_buf_text(&npi_values_get(&v, "a", 1)->value), "1");
    assert_true(npi_values_hide(&v, "later", 5));
    assert_null(npi_values_get(&v, "later", 5)); /* hidden, and without value */
    assert_int_equal(v.count, 4);
    npi_values_free(&v);
    assert_int_equal(m.live, 0);
}

/* ---- secrets ------------------------------------------------------------------------------ */

static void check_masked(const npi_values *v, const char *text, size_t len, const char *masked)
{
    char shown[500];
    npi_buf b = npi_buf_in(shown, sizeof shown);
    uint8_t *copy = exact_copy(text, len);
    npi_values_put_masked(v, &b, copy, len);
    assert_string_equal(shown, masked);
    npi_buf_clear(&b);
    npi_values_put_starred(v, &b, copy, len);
    assert_int_equal(b.len, len); /* what it stands for has the same length */
    free(copy);
}

#define MASKED(v, text, masked) check_masked(v, text, sizeof(text) - 1, masked)

static void secrets(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    npi_values v;
    npi_values_init(&v, &mem);
    MASKED(&v, "nothing \x1b is hidden", "nothing \\x1b is hidden");
    assert_true(SET(&v, "open", "visible"));
    assert_true(SET(&v, "pass", "a \"b/"));
    assert_true(npi_values_hide(&v, "pass", 4)); /* behind the value, and before it */
    assert_true(npi_values_hide(&v, "key", 3));
    assert_true(SET(&v, "key", "a \"b/c"));
    MASKED(&v, "visible", "visible");
    MASKED(&v, "x a \"b/ y", "x <pass> y");
    MASKED(&v, "a \"b/a \"b/c", "<pass><key>"); /* the longest */
    MASKED(&v, "YSAiYi8=", "<pass>");
    MASKED(&v, "PASS 612022622f.", "PASS <pass>.");
    MASKED(&v, "q=a%20%22b%2F&", "q=<pass>&");
    MASKED(&v, "LOGIN \"a \\\"b/\"", "LOGIN <pass>");
    MASKED(&v, "\ta \"b/\n", "\\x09<pass>\\x0a");
    MASKED(&v, "a \"b", "a \"b");
    assert_true(npi_values_hide(&v, "none", 4) && SET(&v, "none", ""));
    MASKED(&v, "LIST \"\" *", "LIST \"\" *");
    assert_true(npi_values_add_form(&v, "OTHER", 5));
    MASKED(&v, "AUTH OTHER FORM", "AUTH <pass> FORM");
    /* What was a secret once stays one. */
    assert_true(SET(&v, "pass", "new"));
    MASKED(&v, "new a \"b/", "<pass> <pass>");
    npi_values_free(&v);
}

/* A login of the script's own, without a variable that is secret. */
static void secret_without_a_name(void **state)
{
    npi_mem mem = npi_mem_libc();
    npi_values v;
    (void)state;
    npi_values_init(&v, &mem);
    assert_true(npi_values_add_form(&v, "OTHER", 5));
    MASKED(&v, "AUTH OTHER", "AUTH <secret>");
    npi_values_free(&v);
}

static void starred(void **state)
{
    char text[100];
    npi_buf b = npi_buf_in(text, sizeof text);
    npi_mem mem = npi_mem_libc();
    npi_values v;
    (void)state;
    npi_values_init(&v, &mem);
    assert_true(npi_values_hide(&v, "pass", 4) && SET(&v, "pass", "secret"));
    npi_values_put_starred(&v, &b, "PASS secret\r\nc2VjcmV0", 21);
    assert_int_equal(b.len, 21);
    assert_memory_equal(text, "PASS ******\r\n********", 21);
    npi_values_free(&v);
}

static void memory_fails(void **state)
{
    static const char secret[] = "a long secret, which needs more than one block in some of its "
                                 "forms, so that growing fails";
    bool failed = true;
    unsigned long refused = 0;
    (void)state;
    for (unsigned long at = 1; failed; at++) {
        failmem m = {.fail_at = at};
        npi_mem mem = failmem_allocator(&m);
        npi_values v;
        npi_values_init(&v, &mem);
        bool fine = SET(&v, "a", "1") && npi_values_hide(&v, "pass", 4) &&
                    SET(&v, "pass", secret) && npi_values_add_form(&v, "FORM", 4) &&
                    npi_values_hide(&v, "a", 1);
        failed = m.failed > 0;
        assert_int_equal(fine, !failed);
        refused += !fine;
        npi_values_free(&v);
        assert_int_equal(m.live, 0);
    }
    assert_true(refused > 10);
}

/* ---- in lines of a script ------------------------------------------------------------------ */

/* What `send` makes of a value, or the problem's name. */
static void check_line(const char *tail, const char *value, size_t len, const char *expected)
{
    char script[200], shown[300];
    npi_buf text = npi_buf_in(script, sizeof script), b = npi_buf_in(shown, sizeof shown);
    npi_mem mem = npi_mem_libc();
    npi_mono now = {NP_SECOND};
    npi_machine m;
    npi_script *s = npi_script_new(&mem);
    npi_buf_printf(&text, "protocol smtp\nneed x\nconnect a:1\n%s\n", tail);
    assert_true(npi_script_parse(s, script, text.len, "t", NULL));
    assert_true(npi_machine_init(&m, &mem));
    assert_true(npi_values_set(&m.values, "x", 1, value, len));
    assert_true(npi_machine_add(&m, s, 0, (uint32_t)s->step_count));
    npi_machine_begin(&m, now);
    if (!npi_machine_check(&m)) { /* before anything is sent */
        npi_buf_str(&b, m.verdict.sentence);
    } else {
        assert_int_equal(npi_machine_next(&m, now), NPI_ACT_CONNECT);
        npi_machine_connected(&m, now);
        if (npi_machine_next(&m, now) == NPI_ACT_SEND)
            npi_buf_escaped(&b, m.out.data, m.out.len);
        else
            npi_buf_str(&b, m.verdict.sentence);
    }
    assert_string_equal(shown, expected);
    npi_machine_free(&m);
}

#define LINE(tail, value, expected) check_line(tail, value, sizeof(value) - 1, expected)
#define REFUSED "t:4: there is a line end, NUL or octet 255 in the value of x"

static void nothing_breaks_out(void **state)
{
    (void)state;
    LINE("send A ${x} B", "1 2", "A 1 2 B\\x0d\\x0a");
    LINE("send A ${x}", "1\r\nRCPT TO:<evil>", REFUSED);
    LINE("send A ${x}", "1\nB", REFUSED);
    LINE("send A ${x}", "1\rB", REFUSED);
    LINE("send A ${x}", "1\0B", REFUSED);
    LINE("send A ${x}", "1\xff", REFUSED);
    LINE("send raw \"${x}\"", "1\n", REFUSED);
    LINE("send ${x|imap}", "1\n", REFUSED);
    LINE("send ${x|redis}", "1\n", REFUSED);
    LINE("send ${x|dn}", "1\n", REFUSED);
    LINE("note ${x}", "1\n", REFUSED);
    LINE("send ${x|base64}", "1\n", "MQo=\\x0d\\x0a");
    LINE("send ${x|hex}", "\r\n", "0d0a\\x0d\\x0a");
    LINE("send ${x|url}", "\r\n", "%0D%0A\\x0d\\x0a");
    LINE("send hex 41 ${x|hex}", "\r\n\0\xff", "A\\x0d\\x0a\\x00\\xff");
    LINE("send ${x|imap}", "\xc3\xa4", "t:4: the value of x does not fit into a quoted string");
    /* A value is no text with variables. */
    LINE("send ${x}", "${host} $${", "${host} $${\\x0d\\x0a");
    LINE("set y ${x}\nsend ${y}", "${x}", "${x}\\x0d\\x0a");
    static char half[40000];
    memset(half, 'a', sizeof half);
    check_line("set y ${x}${x}\nsend ${y}", half, sizeof half,
               "t:4: a value of 80000 octets is too long for y, which holds 65535");
    /* Mail: line ends are its own, and no line ends it. */
    LINE("message <<E\na ${x}\nE", "1\n.\nQUIT",
         "a 1\\x0d\\x0a..\\x0d\\x0aQUIT\\x0d\\x0a.\\x0d\\x0a");
    LINE("message <<E\n${x}\nE", ".", "..\\x0d\\x0a.\\x0d\\x0a");
    LINE("message <<E\n${x}\nE", "1\r\n.\r\n", "t:4: a message must not hold a bare CR");
}

/* A script says what it expects with the secret in it, and with octets that move a cursor. */
static void sentences(void **state)
{
    static const char *const rows[][2] = {
        {"expect 220 \"hush\" \x1b[2J",
         "t:5: expected 220 <x> \\x1b[2J, got \"220 a\" after 0.00 ms"},
        {"expect 220\ncheck text is hush\x1b", "t:6: this does not hold: check text is <x>\\x1b"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char script[200];
        npi_buf text = npi_buf_in(script, sizeof script);
        npi_mem mem = npi_mem_libc();
        npi_mono now = {NP_SECOND};
        npi_machine m;
        npi_script *s = npi_script_new(&mem);
        npi_buf_printf(&text, "protocol smtp\nneed x\nsecret x\nconnect a:1\n%s\n", rows[i][0]);
        assert_true(npi_script_parse(s, script, text.len, "t", NULL));
        assert_true(npi_machine_init(&m, &mem));
        assert_true(SET(&m.values, "x", "hush"));
        assert_true(npi_machine_add(&m, s, 0, (uint32_t)s->step_count));
        npi_machine_begin(&m, now);
        assert_true(npi_machine_check(&m));
        assert_int_equal(npi_machine_next(&m, now), NPI_ACT_CONNECT);
        npi_machine_connected(&m, now);
        assert_true(npi_machine_feed(&m, now, "220 a\r\n", 7));
        assert_int_equal(npi_machine_next(&m, now), NPI_ACT_END);
        assert_string_equal(m.verdict.sentence, rows[i][1]);
        npi_machine_free(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters),     cmocka_unit_test(fits_line),
        cmocka_unit_test(set_and_get), cmocka_unit_test(secrets),
        cmocka_unit_test(secret_without_a_name),
        cmocka_unit_test(starred),     cmocka_unit_test(memory_fails),
        cmocka_unit_test(nothing_breaks_out), cmocka_unit_test(sentences),
    };
    return RUN(tests);
}
