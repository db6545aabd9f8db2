/* SPDX-License-Identifier: MIT */
/*
 * Numbers, durations and names taken apart.
 */
#include "../check.h"
#include "base/pace.h"
#include "base/text.h"

static void whole_numbers(void **state)
{
    (void)state;
    uint64_t u = 0;
    int64_t i = 0;
    assert_int_equal(npi_parse_u64("0", &u), NPI_PARSE_OK);
    assert_int_equal(npi_parse_u64("18446744073709551615", &u), NPI_PARSE_OK);
    assert_true(u == UINT64_MAX);
    assert_int_equal(npi_parse_u64("18446744073709551616", &u), NPI_PARSE_OVERFLOW);
    assert_int_equal(npi_parse_u64("99999999999999999999999999", &u), NPI_PARSE_OVERFLOW);
    assert_int_equal(npi_parse_i64("-9223372036854775808", &i), NPI_PARSE_OK);
    assert_true(i == INT64_MIN);
    assert_int_equal(npi_parse_i64("9223372036854775808", &i), NPI_PARSE_OVERFLOW);
    const char *const wrong[] = {"", "-", " 1", "1 ", "+1", "1x", "0x10", "1e9", "--1", "1.0"};
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++)
        assert_int_equal(npi_parse_i64(wrong[k], &i), NPI_PARSE_SYNTAX);
}

static void durations(void **state)
{
    (void)state;
    const struct {
        const char *text;
        npi_parse result;
        int64_t ns;
    } rows[] = {{"500ms", NPI_PARSE_OK, 500000000},
                {"1.5s", NPI_PARSE_OK, 1500000000},
                {"0.1s", NPI_PARSE_OK, 100000000},
                {"2us", NPI_PARSE_OK, 2000},
                {"7ns", NPI_PARSE_OK, 7},
                {"1.0000000009s", NPI_PARSE_OK, 1000000000},
                /* places that do not divide evenly: the whole part of the exact value */
                {"73.069664035277979h", NPI_PARSE_OK, 263050790527000},
                {"859.4558837674466793h", NPI_PARSE_OK, 3094041181562808},
                {"933.18673475918809m", NPI_PARSE_OK, 55991204085551},
                {"2m", NPI_PARSE_OK, 120000000000},
                {"1h", NPI_PARSE_OK, 3600000000000},
                {"0", NPI_PARSE_OK, 0},
                {"0.0", NPI_PARSE_OK, 0},
                {"2", NPI_PARSE_UNIT, 0},
                {"2.5", NPI_PARSE_UNIT, 0},
                {"", NPI_PARSE_SYNTAX, 0},
                {"s", NPI_PARSE_SYNTAX, 0},
                {"-1s", NPI_PARSE_SYNTAX, 0},
                {"1.s", NPI_PARSE_SYNTAX, 0},
                {"1 s", NPI_PARSE_SYNTAX, 0},
                {"1sec", NPI_PARSE_SYNTAX, 0},
                {"nan", NPI_PARSE_SYNTAX, 0},
                {"1e308s", NPI_PARSE_SYNTAX, 0},
                {"9999999999999h", NPI_PARSE_OVERFLOW, 0},
                {"99999999999999999999999s", NPI_PARSE_OVERFLOW, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t ns = 0;
        assert_int_equal(npi_parse_duration(rows[i].text, &ns), rows[i].result);
        if (rows[i].result == NPI_PARSE_OK)
            assert_int_equal(ns, rows[i].ns);
    }
}

static void names_near_each_other(void **state)
{
    (void)state;
    assert_int_equal(npi_text_distance("interval", "interval", 3), 0);
    assert_int_equal(npi_text_distance("interval", "intervall", 3), 1);
    assert_int_equal(npi_text_distance("max-ttl", "max-tlt", 3), 1); /* neighbours swapped */
    assert_int_equal(npi_text_distance("cycles", "sickle", 9), 4);
    assert_int_equal(npi_text_distance("a", "completely-else", 3), 4);
    assert_int_equal(npi_text_distance("", "ab", 3), 2);
    char long_name[100];
    memset(long_name, 'x', 99);
    long_name[99] = '\0';
    assert_int_equal(npi_text_distance(long_name, "x", 3), 4);
    assert_true(npi_text_same("LocalHost", "localhost"));
    assert_false(npi_text_same("localhost", "localhos"));
}

/* In any stretch of time no more than burst + rate * time pass. */
static void the_pace_holds(void **state)
{
    (void)state;
    npi_pace p = {0};
    int64_t passed[400];
    int count = 0;
    npi_pace_set(&p, 7, 5);
    for (npi_mono now = {1000}; count < 400; now.ns += 13000000) {
        while (count < 400 && npi_pace_next(&p, now).ns == now.ns) {
            npi_pace_spend(&p, now);
            passed[count++] = now.ns;
        }
        if (count % 50 == 0)
            now.ns += 2000000000; /* an idle time fills the bucket, not more */
    }
    for (int i = 0; i < count; i++)
        for (int k = i; k < count; k++)
            assert_true(k - i + 1 <= 5 + (passed[k] - passed[i]) * 7 / 1000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(durations),
        cmocka_unit_test(names_near_each_other),
        cmocka_unit_test(the_pace_holds),
    };
    return RUN(tests);
}
