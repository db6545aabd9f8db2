/* SPDX-License-Identifier: MIT */
/*
 * The builder: growth, limits, cutting, numbers, and peers' text made harmless.
 */
#include <locale.h>

#include "../check.h"
#include "../failmem.h"
#include "base/buf.h"
#include "base/utf8.h"

static void it_grows_to_its_maximum(void **state)
{
    (void)state;
    failmem m = {0};
    np_allocator a = failmem_allocator(&m);
    npi_buf b = npi_buf_grow(&a, 1000);
    assert_string_equal(npi_buf_text(&b), "");
    for (int i = 0; i < 2000; i++)
        npi_buf_char(&b, 'x');
    assert_int_equal(b.len, 999);
    assert_true(b.cut);
    npi_buf_clear(&b);
    assert_false(b.cut);
    assert_string_equal(npi_buf_text(&b), "");
    npi_buf_fill(&b, 0, 500);
    assert_int_equal(b.len, 500);
    npi_buf_free(&b);
    assert_int_equal(m.live, 0);
}

static void without_memory_nothing_is_added(void **state)
{
    (void)state;
    failmem m = {.fail_at = 1, .sticky = false};
    np_allocator a = failmem_allocator(&m);
    npi_buf b = npi_buf_grow(&a, 1000);
    npi_buf_str(&b, "first");
    npi_buf_str(&b, "second"); /* would succeed, but a gap would be worse than nothing */
    assert_true(b.nomem);
    assert_int_equal(b.len, 0);
    assert_string_equal(npi_buf_text(&b), "");
    npi_buf_free(&b);
}

/* The second request fails: what was there stays, whole. And few requests make a long text. */
static void growing(void **state)
{
    (void)state;
    failmem m = {.fail_at = 2};
    np_allocator a = failmem_allocator(&m);
    npi_buf b = npi_buf_grow(&a, SIZE_MAX);
    for (int i = 0; i < 64; i++)
        npi_buf_char(&b, 'x');
    assert_true(b.nomem);
    assert_int_equal(b.len, 63);
    assert_int_equal(strlen(npi_buf_text(&b)), 63);
    npi_buf_clear(&b);
    for (int i = 0; i < 1000000; i++)
        npi_buf_char(&b, 'x');
    assert_int_equal(b.len, 1000000);
    assert_true(m.requests < 20);
    npi_buf_free(&b);
    assert_int_equal(m.live, 0);
}

static void text_is_cut_between_characters(void **state)
{
    (void)state;
    for (size_t size = 1; size < 12; size++) {
        char array[12];
        npi_buf b = npi_buf_in(array, size);
        npi_buf_str(&b, "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"); /* 1, 2, 3, 4 octets */
        size_t want = size > 10 ? 10 : size > 6 ? 6 : size > 3 ? 3 : size > 1 ? 1 : 0;
        assert_int_equal(b.len, want);
        assert_int_equal(strlen(array), want);
        assert_int_equal(b.cut, size < 11);
    }
}

static void numbers(void **state)
{
    (void)state;
    char array[64];
    const struct {
        double v;
        int decimals;
        const char *text;
    } rows[] = {{0, 0, "0"},          {0.5, 0, "1"},        {1.25, 1, "1.3"},
                {-1.25, 1, "-1.3"},   {0.999, 2, "1.00"},   {12.3456789, 6, "12.345679"},
                {1e-9, 9, "0.000000001"}, {1e18, 3, "1000000000000000000"},
                {1e300, 0, "18446744073709551615"},
                {2500000, 3, "2500000.000"}, {-0.001, 2, "0.00"},
                {-0.006, 2, "-0.01"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        npi_buf b = npi_buf_in(array, sizeof array);
        npi_buf_fixed(&b, rows[i].v, rows[i].decimals);
        assert_string_equal(array, rows[i].text);
    }
    npi_buf b = npi_buf_in(array, sizeof array);
    npi_buf_i64(&b, INT64_MIN);
    npi_buf_char(&b, ' ');
    npi_buf_u64(&b, UINT64_MAX);
    assert_string_equal(array, "-9223372036854775808 18446744073709551615");
    npi_buf_clear(&b);
    npi_buf_be32(&b, 0x41424344);
    npi_buf_be16(&b, 0x4546);
    npi_buf_u8(&b, 0x47);
    assert_string_equal(array, "ABCDEFG");
}

static void durations(void **state)
{
    (void)state;
    char array[64];
    const struct {
        int64_t ns;
        const char *text;
    } rows[] = {{0, "0s"},           {1, "1ns"},           {1500, "1.5us"},
                {500000000, "500ms"}, {1000000000, "1s"},   {90000000000, "90s"},
                {60000000000, "1m"},  {3600000000000, "1h"}, {1234567, "1.234567ms"},
                {-1000, "-1us"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        npi_buf b = npi_buf_in(array, sizeof array);
        npi_buf_duration(&b, rows[i].ns);
        assert_string_equal(array, rows[i].text);
    }
}

static void escape(const char *text, size_t len, char *out, size_t size)
{
    npi_buf b = npi_buf_in(out, size);
    npi_buf_escaped(&b, text, len);
}

static void peers_text_is_made_harmless(void **state)
{
    (void)state;
    char out[256];
    const struct {
        const char *text, *shown;
    } rows[] = {
        {"plain.example", "plain.example"},
        {"m\xC3\xBCnchen.example", "m\xC3\xBCnchen.example"},
        {"\x1b[31mred", "\\x1b[31mred"},
        {"a\r\nb\tc\x7f", "a\\x0d\\x0ab\\x09c\\x7f"},
        {"back\\slash", "back\\\\slash"},
        {"\x9b\x33", "\\x9b3"},                     /* C1, one octet */
        {"\xC2\x9b", "\\xc2\\x9b"},                 /* C1, UTF-8 */
        {"\xE2\x80\xAE", "\\xe2\\x80\\xae"},        /* right-to-left override */
        {"\xD8\x9C", "\\xd8\\x9c"},                 /* Arabic letter mark */
        {"\xE2\x81\xA9", "\\xe2\\x81\\xa9"},        /* end of isolate */
        {"\xE2\x80\xA8", "\\xe2\\x80\\xa8"},        /* line separator */
        {"\xC0\xAF", "\\xc0\\xaf"},                 /* overlong */
        {"\xE0\x80\xAF", "\\xe0\\x80\\xaf"},
        {"\xED\xA0\x80", "\\xed\\xa0\\x80"},        /* surrogate */
        {"\xF4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* beyond U+10FFFF */
        {"\xE2\x82", "\\xe2\\x82"},                 /* cut */
        {"\xC3", "\\xc3"},
        {"\xE2", "\\xe2"},
        {"\xF0", "\\xf0"},
        {"\xF0\x9F", "\\xf0\\x9f"},
        {"\xF0\x9F\x98", "\\xf0\\x9f\\x98"},
        {"%n%s", "%n%s"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        escape(rows[i].text, strlen(rows[i].text), out, sizeof out);
        assert_string_equal(out, rows[i].shown);
    }
    escape("a\0b", 3, out, sizeof out);
    assert_string_equal(out, "a\\x00b");
}

/* Whatever comes in: no control octet comes out, and all of it is UTF-8. */
static void any_octets_come_out_clean(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (int round = 0; round < 20000; round++) {
        char in[12], out[64];
        for (size_t i = 0; i < sizeof in; i++) {
            seed = seed * 1664525u + 1013904223u;
            in[i] = (char)(seed >> 24 | (seed >> 10 & 0x80));
        }
        escape(in, sizeof in, out, sizeof out);
        const uint8_t *p = (const uint8_t *)out;
        for (size_t left = strlen(out); left > 0;) {
            uint32_t c;
            size_t n = npi_utf8_decode(p, left, &c);
            assert_true(n > 0 && c >= 0x20 && (c < 0x7F || c > 0x9F));
            p += n;
            left -= n;
        }
    }
}

int main(void)
{
    setlocale(LC_ALL, "de_DE.UTF-8"); /* where there is one, its comma must not show */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_grows_to_its_maximum),
        cmocka_unit_test(without_memory_nothing_is_added),
        cmocka_unit_test(growing),
        cmocka_unit_test(text_is_cut_between_characters),
        cmocka_unit_test(numbers),
        cmocka_unit_test(durations),
        cmocka_unit_test(peers_text_is_made_harmless),
        cmocka_unit_test(any_octets_come_out_clean),
    };
    return RUN(tests);
}
