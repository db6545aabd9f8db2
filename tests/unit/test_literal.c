/* SPDX-License-Identifier: MIT */
/*
 * What is resolved without a resolver.
 */
#include <stdio.h>

#include "../check.h"
#include "core/resolver.h"

static char sentence[256];

static int resolve(const char *text, int family, npi_addr out[2])
{
    npi_buf why = npi_buf_in(sentence, sizeof sentence);
    return npi_resolve_literal(text, family, out, &why);
}

static void literals(void **state)
{
    (void)state;
    npi_addr a[2];
    assert_int_equal(resolve("192.0.2.1", 0, a), 1);
    assert_int_equal(a[0].family, 4);
    assert_int_equal(resolve("2001:db8::1", 6, a), 1);
    assert_int_equal(a[0].family, 6);
    assert_int_equal(resolve("fe80::1%7", 0, a), 1);
    assert_int_equal(a[0].scope, 7);
    assert_int_equal(resolve("fe80::1%lo", 0, a), 1);
    assert_true(a[0].scope > 0);
    assert_int_equal(resolve("www.example.org", 0, a), 0);
    assert_int_equal(resolve("192.0.2", 0, a), 0);
    assert_int_equal(resolve("localhosts", 0, a), 0);
    char long_name[300];
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    assert_int_equal(resolve(long_name, 0, a), 0);
}

static void unusable_literals(void **state)
{
    (void)state;
    npi_addr a[2];
    const struct {
        const char *text;
        int family;
        const char *says;
    } rows[] = {{"0.0.0.0", 0, "any host"},        {"::", 0, "any host"},
                {"192.0.2.1", 6, "no IPv6 address"}, {"::1", 4, "no IPv4 address"},
                {"fe80::1%nowhere0", 0, "interface"}, {"fe80::1%", 0, "interface"},
                {"192.0.2.1%lo", 0, "no zone"},     {"fe80::1%99999999999", 0, "interface"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(resolve(rows[i].text, rows[i].family, a), -1);
        assert_non_null(strstr(sentence, rows[i].says));
    }
}

static void localhost_is_known(void **state)
{
    (void)state;
    npi_addr a[2];
    assert_int_equal(resolve("LocalHost.", 4, a), 1);
    assert_int_equal(a[0].octets[0], 127);
    assert_int_equal(resolve("localhost", 6, a), 1);
    assert_int_equal(a[0].octets[15], 1);
    assert_true(resolve("localhost", 0, a) >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals),
        cmocka_unit_test(unusable_literals),
        cmocka_unit_test(localhost_is_known),
    };
    return RUN(tests);
}
