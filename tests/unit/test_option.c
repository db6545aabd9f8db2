/* SPDX-License-Identifier: MIT */
/*
 * The table of options: what is accepted, and what is said of what is not.
 */
#include "config.h"

#include "../check.h"
#include "../failmem.h"
#include "base/option.h"
#include "netprobe.h"

typedef struct settings {
    int64_t count, time, pause, mode;
    char *name;
} settings;

static const npi_option table[] = {
    {"count", NPI_OPTION_INT, offsetof(settings, count), 1, 30, 5, NULL},
    {"time", NPI_OPTION_DURATION, offsetof(settings, time), 10000000, 3600000000000, 1000000000,
     NULL},
    {"pause", NPI_OPTION_DURATION, offsetof(settings, pause), 1000000, 3600000000000, 0, NULL},
    {"mode", NPI_OPTION_ENUM, offsetof(settings, mode), 0, 2, 0, "auto=0 icmp=1 udp=2"},
    {"name", NPI_OPTION_TEXT, offsetof(settings, name), 1, 8, 0, NULL},
};

enum { COUNT = sizeof table / sizeof table[0] };

static char sentence[512];

static np_status set(settings *s, const npi_mem *mem, const char *name, const char *text)
{
    npi_buf why = npi_buf_in(sentence, sizeof sentence);
    return npi_option_set(table, COUNT, mem, s, name, text, &why);
}

static void values_by_name(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    settings s = {0};
    npi_options_default(table, COUNT, &mem, &s);
    assert_int_equal(s.count, 5);
    assert_int_equal(s.time, 1000000000);
    assert_null(s.name);
    const struct {
        const char *name, *text;
        np_status status;
        const char *says;
    } rows[] = {
        {"count", "1", NP_OK, ""},
        {"count", "30", NP_OK, ""},
        {"count", "0", NP_ERR_RANGE, "count 0 is too small: the range is 1 to 30"},
        {"count", "31", NP_ERR_RANGE, "count 31 is too large: the range is 1 to 30"},
        {"count", "-1", NP_ERR_RANGE, "too small"},
        {"count", "99999999999999999999", NP_ERR_RANGE, "too large"},
        {"count", "", NP_ERR_INVALID, "count \"\" is not a whole number"},
        {"count", "7x", NP_ERR_INVALID, "count \"7x\" is not a whole number"},
        {"time", "10ms", NP_OK, ""},
        {"time", "9.9ms", NP_ERR_RANGE, "the range is 10ms to 1h"},
        {"time", "0", NP_ERR_RANGE, "too small"},
        {"time", "2", NP_ERR_INVALID, "needs its unit, as \"2s\""},
        {"time", "3601s", NP_ERR_RANGE, "too large"},
        {"pause", "0", NP_OK, ""},
        {"pause", "1us", NP_ERR_RANGE, ", or 0; did you mean 1ms or 1s"},
        {"time", "500us", NP_ERR_RANGE, "the range is 10ms to 1h; did you mean 500ms or 500s"},
        {"time", "0.0005ms", NP_ERR_RANGE, "did you mean 500ms or 500s"},
        {"mode", "udp", NP_OK, ""},
        {"mode", "UDP", NP_ERR_INVALID,
         "mode \"UDP\" is unknown: it is one of auto icmp udp; did you mean \"udp\""},
        {"mode", "icpm", NP_ERR_INVALID, "; did you mean \"icmp\""},
        {"mode", "zzz", NP_ERR_INVALID, "unknown"},
        {"name", "host", NP_OK, ""},
        {"name", "", NP_ERR_RANGE, "the range is 1 to 8"},
        {"name", "much-too-long", NP_ERR_RANGE, "13 octets"},
        {"conut", "1", NP_ERR_INVALID, "unknown option \"conut\": did you mean \"count\""},
        {"\x1b[2J", "1", NP_ERR_INVALID, "\\x1b[2J"},
        {NULL, "1", NP_ERR_INVALID, "NULL"},
        {"count", NULL, NP_ERR_INVALID, "NULL"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(set(&s, &mem, rows[i].name, rows[i].text), rows[i].status);
        assert_non_null(strstr(sentence, rows[i].says));
        assert_null(strchr(sentence, '\n'));
        assert_true(rows[i].status == NP_OK || sentence[strlen(sentence) - 1] != '.');
    }
    assert_int_equal(s.count, 30); /* a refusal changes nothing */
    assert_int_equal(s.mode, 2);
    assert_string_equal(s.name, "host");
    npi_options_free(table, COUNT, &mem, &s);
    assert_null(s.name);
}

/* A name with nothing in common with ours is not "near", however short both are. */
static void far_names_get_no_suggestion(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    settings s = {0};
    const char *const rows[][2] = {{"", "1"},      {"x", "1"},    {"abc", "1"},  {"qqqq", "1"},
                                   {"mode", "zzz"}, {"mode", ""}, {"mode", "x"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(set(&s, &mem, rows[i][0], rows[i][1]), NP_ERR_INVALID);
        assert_null(strstr(sentence, "did you mean"));
    }
}

/* Up to 80 octets are shown whole; only what is cut says so. */
static void long_values_are_cut(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    settings s = {0};
    char digits[82];
    memset(digits, '9', sizeof digits);
    digits[81] = '\0';
    assert_int_equal(set(&s, &mem, "count", digits), NP_ERR_RANGE);
    assert_non_null(strstr(sentence, "9...\" is too large"));
    digits[80] = '\0';
    assert_int_equal(set(&s, &mem, "count", digits), NP_ERR_RANGE);
    assert_null(strstr(sentence, "..."));
}

static void values_by_type(void **state)
{
    (void)state;
    settings s = {0};
    npi_buf why = npi_buf_in(sentence, sizeof sentence);
    assert_int_equal(npi_option_set_i64(table, COUNT, &s, "mode", 1, &why), NP_OK);
    assert_int_equal(npi_option_set_i64(table, COUNT, &s, "mode", 3, &why), NP_ERR_INVALID);
    assert_int_equal(npi_option_set_i64(table, COUNT, &s, "count", INT64_MIN, &why),
                     NP_ERR_RANGE);
    npi_buf_clear(&why);
    /* Milliseconds where nanoseconds are meant. */
    assert_int_equal(npi_option_set_i64(table, COUNT, &s, "time", 500, &why), NP_ERR_RANGE);
    assert_string_equal(sentence, "time 500ns is too small: the range is 10ms to 1h; "
                                  "did you mean 500ms or 500s");
    assert_int_equal(s.mode, 1);
    assert_int_equal(s.time, 0);
}

static void text_without_memory(void **state)
{
    (void)state;
    failmem m = {.fail_at = 2};
    np_allocator a = failmem_allocator(&m);
    settings s = {0};
    assert_int_equal(set(&s, &a, "name", "first"), NP_OK);
    assert_int_equal(set(&s, &a, "name", "second"), NP_ERR_NOMEM);
    assert_string_equal(s.name, "first");
    npi_options_free(table, COUNT, &a, &s);
    assert_int_equal(m.live, 0);
}

static void statuses_have_kinds_and_names(void **state)
{
    (void)state;
    assert_int_equal(np_status_kind(NP_OK), NP_KIND_OK);
    assert_int_equal(np_status_kind(NP_ERR_FORKED), NP_KIND_USAGE);
    assert_int_equal(np_status_kind((np_status)-20), NP_KIND_USAGE);
    assert_int_equal(np_status_kind((np_status)-21), NP_KIND_RESOURCE);
    assert_int_equal(np_status_kind(NP_ERR_PERMISSION), NP_KIND_PERMISSION);
    assert_int_equal(np_status_kind(NP_ERR_ROUTE), NP_KIND_NETWORK);
    assert_int_equal(np_status_kind((np_status)-95), NP_KIND_PEER); /* newer than this program */
    assert_int_equal(np_status_kind((np_status)-111), NP_KIND_EXPECTATION);
    assert_int_equal(np_status_kind(NP_ERR_CANCELLED), NP_KIND_CANCELLED);
    assert_int_equal(np_status_kind((np_status)-160), NP_KIND_UNSUPPORTED);
    assert_int_equal(np_status_kind((np_status)-161), NP_KIND_UNKNOWN);
    assert_int_equal(np_status_kind((np_status)1), NP_KIND_UNKNOWN);
    assert_string_equal(np_status_name(NP_ERR_NAME), "network.name");
    assert_string_equal(np_status_name((np_status)-95), "unknown");
    assert_string_equal(np_version(), PACKAGE_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_by_name),
        cmocka_unit_test(far_names_get_no_suggestion),
        cmocka_unit_test(long_values_are_cut),
        cmocka_unit_test(values_by_type),
        cmocka_unit_test(text_without_memory),
        cmocka_unit_test(statuses_have_kinds_and_names),
    };
    return RUN(tests);
}
