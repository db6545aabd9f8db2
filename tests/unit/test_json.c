/* SPDX-License-Identifier: MIT */
/*
 * The JSON writer, and addresses in text.
 */
#include <locale.h>
#include <math.h>

#include "../check.h"
#include "../failmem.h"
#include "base/addr.h"
#include "base/json.h"

static void a_document(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    npi_buf b = npi_buf_grow(&mem, SIZE_MAX);
    npi_json j = npi_json_into(&b);
    npi_json_object(&j, NULL);
    npi_json_str(&j, "text", "q\" b\\ n\n esc\x1b del\x7f \xC3\xA4 bad\xFF\xC0 ls\xE2\x80\xA8");
    npi_json_str(&j, "none", NULL);
    npi_json_fixed(&j, "pi", 3.14159, 2);
    npi_json_fixed(&j, "nan", NAN, 2);
    npi_json_fixed(&j, "inf", -INFINITY, 2);
    npi_json_bool(&j, "yes", true);
    npi_json_array(&j, "list");
    npi_json_i64(&j, NULL, INT64_MIN);
    npi_json_u64(&j, NULL, UINT64_MAX);
    npi_json_object(&j, NULL);
    npi_json_object_end(&j);
    npi_json_array(&j, NULL);
    npi_json_array_end(&j);
    npi_json_array_end(&j);
    npi_json_object_end(&j);
    assert_string_equal(npi_buf_text(&b),
                        "{\n"
                        "  \"text\": \"q\\\" b\\\\ n\\n esc\\u001b del\\u007f \xC3\xA4 "
                        "bad\xEF\xBF\xBD\xEF\xBF\xBD ls\\u2028\",\n"
                        "  \"none\": null,\n"
                        "  \"pi\": 3.14,\n"
                        "  \"nan\": null,\n"
                        "  \"inf\": null,\n"
                        "  \"yes\": true,\n"
                        "  \"list\": [\n"
                        "    -9223372036854775808,\n"
                        "    18446744073709551615,\n"
                        "    {},\n"
                        "    []\n"
                        "  ]\n"
                        "}");
    npi_buf_free(&b);
}

static void without_memory(void **state)
{
    (void)state;
    for (unsigned long n = 1; n < 4; n++) {
        failmem m = {.fail_at = n, .sticky = true};
        np_allocator a = failmem_allocator(&m);
        npi_buf b = npi_buf_grow(&a, SIZE_MAX);
        npi_json j = npi_json_into(&b);
        npi_json_array(&j, NULL);
        for (int i = 0; i < 1000; i++)
            npi_json_i64(&j, NULL, i);
        npi_json_array_end(&j);
        assert_true(b.nomem);
        npi_buf_free(&b);
        assert_int_equal(m.live, 0);
    }
}

static void addresses(void **state)
{
    (void)state;
    const char *const good[] = {"192.0.2.1", "::1", "2001:db8::9", "::ffff:192.0.2.1"};
    const char *const bad[] = {"", "192.0.2", "192.0.2.256", "0300.0.2.1", "1.2.3.4.5", "::1%lo",
                               "12345::", "host", " ::1", "192.0.2.1 "};
    char text[64];
    npi_addr a, b;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        npi_buf out = npi_buf_in(text, sizeof text);
        assert_true(npi_addr_parse(good[i], &a));
        npi_buf_addr(&out, &a);
        assert_string_equal(text, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(npi_addr_parse(bad[i], &a));
    npi_addr_parse("fe80::1", &a);
    npi_addr_parse("fe80::1", &b);
    a.scope = 2;
    npi_buf out = npi_buf_in(text, sizeof text);
    npi_buf_addr(&out, &a);
    assert_string_equal(text, "fe80::1%2");
    assert_true(npi_addr_link_local(&a));
    assert_true(npi_addr_same(&a, &b)); /* an unknown zone matches */
    b.scope = 3;
    assert_false(npi_addr_same(&a, &b));
    npi_addr_parse("0.0.0.0", &a);
    npi_addr_parse("::", &b);
    assert_true(npi_addr_unspecified(&a) && npi_addr_unspecified(&b));
    assert_false(npi_addr_same(&a, &b));
    assert_false(npi_addr_unspecified(&(npi_addr){0}));
}

int main(void)
{
    setlocale(LC_ALL, "de_DE.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document),
        cmocka_unit_test(without_memory),
        cmocka_unit_test(addresses),
    };
    return RUN(tests);
}
