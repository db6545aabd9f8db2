/* SPDX-License-Identifier: MIT */
/*
 * What routers append to their errors: whole, cut at every length, and wrong.
 */
#include "../check.h"
#include "hex.h"
#include "wire/checksum.h"
#include "wire/extension.h"

static const char two_labels[] =
    "20 00 00 00 # version 2, checksum to be filled in\n"
    "00 0c 01 01 # 12 octets, MPLS, stack\n"
    "03 e8 10 40 # label 16001, class 0, not the bottom, TTL 64\n"
    "03 e8 2f 01 # label 16002, class 7, bottom, TTL 1\n";

static const char interface[] =
    "20 00 00 00\n"
    "00 24 02 0f # 36 octets, interface, incoming: index, address, name, MTU\n"
    "00 00 00 07\n"
    "00 01 00 00 c0 00 02 01 # IPv4 192.0.2.1\n"
    "0c 67 65 2d 30 2f 30 2f 30 00 00 00 # ge-0/0/0\n"
    "00 00 05 dc 00 00 00 00 # 1500\n";

/* Octets with their checksum. */
static size_t make(const char *text, uint8_t *out)
{
    size_t n = hex_octets(text, out, 256);
    uint16_t sum = npi_checksum(out, n);
    out[2] = (uint8_t)(sum >> 8);
    out[3] = (uint8_t)sum;
    return n;
}

static void labels(void **state)
{
    (void)state;
    uint8_t octets[256];
    npi_extension e;
    size_t n = make(two_labels, octets);
    assert_true(npi_extension_decode(octets, n, true, &e));
    assert_int_equal(e.label_count, 2);
    assert_int_equal(e.labels[0].label, 16001);
    assert_int_equal(e.labels[0].traffic_class, 0);
    assert_false(e.labels[0].bottom);
    assert_int_equal(e.labels[0].ttl, 64);
    assert_int_equal(e.labels[1].label, 16002);
    assert_int_equal(e.labels[1].traffic_class, 7);
    assert_true(e.labels[1].bottom);
    assert_int_equal(e.labels[1].ttl, 1);
    assert_false(e.ingress.known);
}

static void incoming_interface(void **state)
{
    (void)state;
    uint8_t octets[256];
    npi_extension e;
    size_t n = make(interface, octets);
    assert_true(npi_extension_decode(octets, n, true, &e));
    assert_true(e.ingress.known);
    assert_int_equal(e.ingress.role, NPI_ROLE_INCOMING);
    assert_int_equal(e.ingress.index, 7);
    assert_memory_equal(e.ingress.addr.octets, "\xc0\0\2\1", 4);
    assert_string_equal(e.ingress.name, "ge-0/0/0");
    assert_int_equal(e.ingress.mtu, 1500);
}

static void the_incoming_one_counts(void **state)
{
    (void)state;
    uint8_t octets[256];
    npi_extension e;
    size_t n = make("20 00 00 00 00 08 02 88 00 00 00 09 # outgoing, index 9\n"
                    "00 08 02 08 00 00 00 07 # incoming, index 7\n"
                    "00 08 02 88 00 00 00 05 00 08 63 01 01 02 03 04 # unknown class\n",
                    octets);
    assert_true(npi_extension_decode(octets, n, true, &e));
    assert_int_equal(e.ingress.index, 7);
    assert_int_equal(e.others, 1);
}

static void what_is_no_extension(void **state)
{
    (void)state;
    uint8_t octets[256];
    npi_extension e;
    size_t n = make(two_labels, octets);
    octets[15] ^= 1;
    assert_false(npi_extension_decode(octets, n, false, &e)); /* checksum */
    octets[15] ^= 1;
    octets[0] = 0x10;
    assert_false(npi_extension_decode(octets, n, false, &e)); /* version */
    n = hex_octets(two_labels, octets, sizeof octets);
    assert_true(npi_extension_decode(octets, n, false, &e)); /* none was computed */
    assert_false(npi_extension_decode(octets, n, true, &e)); /* and the place is a guess */
    assert_false(npi_extension_decode(octets, 0, false, &e));
    assert_false(npi_extension_decode(NULL, 0, false, &e));
}

/* An object that is longer than what there is ends the reading: nothing beyond is touched. */
static void cut_everywhere(void **state)
{
    (void)state;
    static const char *const all[] = {two_labels, interface};
    for (size_t i = 0; i < 2; i++) {
        uint8_t octets[256];
        size_t len = hex_octets(all[i], octets, sizeof octets);
        for (size_t n = 0; n <= len; n++) {
            uint8_t *copy = exact_copy(octets, n);
            npi_extension e;
            assert_int_equal(npi_extension_decode(copy, n, false, &e), n >= 4);
            assert_true(n == len || (!e.ingress.known && e.label_count == 0));
            free(copy);
        }
    }
}

static void lengths_that_lie(void **state)
{
    (void)state;
    uint8_t octets[256];
    for (unsigned length = 0; length < 40; length++) {
        size_t n = hex_octets(interface, octets, sizeof octets);
        npi_extension e;
        octets[5] = (uint8_t)length;
        uint8_t *copy = exact_copy(octets, n);
        assert_true(npi_extension_decode(copy, n, false, &e));
        assert_true(memchr(e.ingress.name, '\0', sizeof e.ingress.name) != NULL);
        free(copy);
        n = hex_octets(interface, octets, sizeof octets);
        octets[20] = (uint8_t)(length * 7); /* of the name */
        copy = exact_copy(octets, n);
        assert_true(npi_extension_decode(copy, n, false, &e));
        free(copy);
    }
}

static void deep_stack(void **state)
{
    (void)state;
    uint8_t octets[256] = {0x20, 0, 0, 0, 0, 4 + 4 * 20, 1, 1};
    npi_extension e;
    assert_true(npi_extension_decode(octets, 8 + 4 * 20, false, &e));
    assert_int_equal(e.label_count, 20); /* told, of which the first are kept */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels),
        cmocka_unit_test(incoming_interface),
        cmocka_unit_test(the_incoming_one_counts),
        cmocka_unit_test(what_is_no_extension),
        cmocka_unit_test(cut_everywhere),
        cmocka_unit_test(lengths_that_lie),
        cmocka_unit_test(deep_stack),
    };
    return RUN(tests);
}
