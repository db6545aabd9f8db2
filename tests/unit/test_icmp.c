/* SPDX-License-Identifier: MIT */
/*
 * Echo messages, checksums, and the table of meanings.
 */
#include "../check.h"
#include "hex.h"
#include "wire/checksum.h"
#include "wire/icmp.h"

static const char request4[] = "08 00      # echo request\n"
                               "01 66      # checksum\n"
                               "12 34      # identifier\n"
                               "00 07      # sequence number\n"
                               "ff f8      # its complement\n"
                               "6b 65 79   # key\n"
                               "00 00 00\n";

static void the_sum_of_rfc_1071(void **state)
{
    (void)state;
    uint8_t data[16];
    size_t n = hex_octets("00 01 f2 03 f4 f5 f6 f7", data, sizeof data);
    assert_int_equal(npi_checksum(data, n), (uint16_t)~0xddf2); /* RFC 1071 section 3 */
    assert_int_equal(npi_checksum(data, 0), 0xFFFF);
    assert_int_equal(npi_checksum("\x80", 1), 0x7FFF); /* odd: padded with zero */
}

static void an_echo_header_is_read(void **state)
{
    (void)state;
    uint8_t data[32];
    size_t n = hex_octets(request4, data, sizeof data);
    for (size_t cut = 0; cut <= n; cut++) {
        npi_echo e;
        uint8_t *copy = exact_copy(data, cut);
        npi_reader r = npi_reader_over(copy, cut);
        assert_int_equal(npi_echo_decode(&r, &e), cut >= NPI_ICMP_HEADER);
        if (cut >= NPI_ICMP_HEADER) {
            assert_int_equal(e.type, 8);
            assert_int_equal(e.code, 0);
            assert_int_equal(e.checksum, 0x0166);
            assert_int_equal(e.id, 0x1234);
            assert_int_equal(e.seq, 7);
            assert_int_equal(npi_reader_left(&r), cut - NPI_ICMP_HEADER);
        }
        free(copy);
    }
}

static void an_echo_request_is_written(void **state)
{
    (void)state;
    uint8_t data[32];
    char array[64];
    size_t n = hex_octets(request4, data, sizeof data);
    npi_buf b = npi_buf_in(array, sizeof array);
    npi_echo_encode(&b, 4, 0x1234, 7, &(npi_echo_payload){"key", 3, 0, 8});
    assert_int_equal(b.len, n);
    assert_memory_equal(array, data, n);
    npi_buf_clear(&b);
    npi_echo_encode(&b, 4, 0x1234, 7, &(npi_echo_payload){"key", 3, 0x5a, 8});
    assert_memory_equal(array + 13, "\x5a\x5a\x5a", 3);
}

/* One flow: for every sequence number the same type, code, identifier and checksum. */
static void the_checksum_is_constant(void **state)
{
    (void)state;
    const size_t payloads[] = {2, 3, 10, 36, 1000};
    for (size_t k = 0; k < sizeof payloads / sizeof payloads[0]; k++) {
        uint16_t sum = 0;
        for (uint32_t seq = 0; seq < 65536; seq += 97) {
            char array[1100];
            npi_buf b = npi_buf_in(array, sizeof array);
            npi_echo_encode(&b, 4, 0xBEEF, (uint16_t)seq,
                            &(npi_echo_payload){"abcdefgh", 8, 0xff, payloads[k]});
            assert_int_equal(b.len, NPI_ICMP_HEADER + payloads[k]);
            assert_int_equal(npi_checksum(array, b.len), 0); /* valid */
            npi_echo e;
            npi_reader r = npi_reader_over(array, b.len);
            assert_true(npi_echo_decode(&r, &e));
            assert_int_equal(e.seq, seq);
            assert_int_equal(e.id, 0xBEEF);
            assert_true(seq == 0 || e.checksum == sum);
            sum = e.checksum;
        }
    }
    char array[64];
    npi_buf b = npi_buf_in(array, sizeof array); /* ICMPv6: the kernel's to fill in */
    npi_echo_encode(&b, 6, 1, 2, &(npi_echo_payload){"", 0, 0, 4});
    assert_memory_equal(array, "\x80\0\0\0\0\1\0\2\xFF\xFD\0", 12);
}

static void what_answers_mean(void **state)
{
    (void)state;
    const struct {
        int family, type, code;
        npi_icmp_meaning meaning;
        const char *mark;
    } rows[] = {
        {4, 0, 0, NPI_ICMP_REPLY, ""},          {4, 11, 0, NPI_ICMP_TTL, ""},
        {4, 11, 1, NPI_ICMP_OTHER, ""},         {4, 3, 0, NPI_ICMP_UNREACHABLE, "!N"},
        {4, 3, 1, NPI_ICMP_UNREACHABLE, "!H"},  {4, 3, 2, NPI_ICMP_UNREACHABLE, "!P"},
        {4, 3, 3, NPI_ICMP_PORT, "!<3>"},       {4, 3, 4, NPI_ICMP_MTU, "!F"},
        {4, 3, 5, NPI_ICMP_UNREACHABLE, "!S"},  {4, 3, 9, NPI_ICMP_UNREACHABLE, "!X"},
        {4, 3, 10, NPI_ICMP_UNREACHABLE, "!X"}, {4, 3, 13, NPI_ICMP_UNREACHABLE, "!X"},
        {4, 3, 14, NPI_ICMP_UNREACHABLE, "!V"}, {4, 3, 15, NPI_ICMP_UNREACHABLE, "!C"},
        {4, 3, 99, NPI_ICMP_UNREACHABLE, "!<99>"}, {4, 5, 1, NPI_ICMP_OTHER, ""},
        {6, 129, 0, NPI_ICMP_REPLY, ""},        {6, 3, 0, NPI_ICMP_TTL, ""},
        {6, 3, 1, NPI_ICMP_OTHER, ""},          {6, 1, 0, NPI_ICMP_UNREACHABLE, "!N"},
        {6, 1, 1, NPI_ICMP_UNREACHABLE, "!X"},  {6, 1, 3, NPI_ICMP_UNREACHABLE, "!H"},
        {6, 1, 4, NPI_ICMP_PORT, "!<4>"},       {6, 2, 0, NPI_ICMP_MTU, "!F"},
        {6, 4, 1, NPI_ICMP_UNREACHABLE, "!P"},  {6, 1, 6, NPI_ICMP_UNREACHABLE, "!X"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char array[16];
        uint8_t type = (uint8_t)rows[i].type, code = (uint8_t)rows[i].code;
        npi_buf b = npi_buf_in(array, sizeof array);
        assert_int_equal(npi_icmp_meaning_of(rows[i].family, type, code), rows[i].meaning);
        npi_icmp_mark(&b, rows[i].family, type, code, false);
        assert_string_equal(array, rows[i].mark);
    }
    for (int type = 0; type < 256; type++) { /* all of them answer something */
        for (int code = 0; code < 256; code++) {
            for (int family = 4; family <= 6; family += 2) {
                char array[16];
                npi_buf b = npi_buf_in(array, sizeof array);
                npi_icmp_mark(&b, family, (uint8_t)type, (uint8_t)code, true);
                assert_false(b.cut);
                assert_true(npi_icmp_text(family, (uint8_t)type, (uint8_t)code)[0] != 0);
            }
        }
    }
    char array[16];
    npi_buf b = npi_buf_in(array, sizeof array);
    npi_icmp_mark(&b, 4, 3, 3, true); /* from the target itself: an answer, no mark */
    assert_string_equal(array, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sum_of_rfc_1071),
        cmocka_unit_test(an_echo_header_is_read),
        cmocka_unit_test(an_echo_request_is_written),
        cmocka_unit_test(the_checksum_is_constant),
        cmocka_unit_test(what_answers_mean),
    };
    return RUN(tests);
}
