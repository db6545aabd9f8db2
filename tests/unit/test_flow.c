/* SPDX-License-Identifier: MIT */
/*
 * How a probe carries its number, and how it is found again: whole replies, and quotes cut at
 * every length.
 */
#include <time.h>

#include <linux/errqueue.h>

#include "../check.h"
#include "probe/flow.h"

static npi_flow flow_of(npi_transport_kind kind, int family)
{
    npi_flow f = {.kind = kind, .id = 0xA1B2, .key = {1, 2, 3, 4, 5, 6, 7, 8}};
    assert_true(npi_addr_parse(family == 4 ? "192.0.2.9" : "2001:db8::9", &f.target));
    f.target.port = kind == NPI_TRANSPORT_UDP ? 33434 : 0;
    npi_flow_size(&f, 64);
    return f;
}

/* The quote of probe `id` as an error brings it back. */
static npi_reply quote_of(const npi_flow *f, uint64_t id)
{
    npi_reply r = {.error = true,
                   .origin = f->target.family == 4 ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6,
                   .peer = f->target};
    char octets[256];
    npi_buf b = npi_buf_in(octets, sizeof octets);
    npi_flow_encode(f, id, &b);
    npi_addr_parse(f->target.family == 4 ? "192.0.2.1" : "2001:db8::1", &r.offender);
    memcpy(r.data, octets, b.len);
    r.len = b.len;
    return r;
}

static void sizes(void **state)
{
    (void)state;
    const struct {
        npi_transport_kind kind;
        int family;
        size_t size, payload;
    } rows[] = {{NPI_TRANSPORT_ICMP, 4, 64, 36},  {NPI_TRANSPORT_ICMP, 6, 64, 16},
                {NPI_TRANSPORT_ICMP, 4, 28, 2},   {NPI_TRANSPORT_ICMP, 6, 28, 2},
                {NPI_TRANSPORT_UDP, 4, 64, 36},   {NPI_TRANSPORT_UDP, 4, 28, 8},
                {NPI_TRANSPORT_UDP, 6, 1280, 1232}, {NPI_TRANSPORT_UDP, 4, 65535, 65507}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        npi_flow f = flow_of(rows[i].kind, rows[i].family);
        npi_flow_size(&f, rows[i].size);
        assert_int_equal(f.payload, rows[i].payload);
        npi_mem mem = npi_mem_libc();
        npi_buf b = npi_buf_grow(&mem, 65536);
        npi_flow_encode(&f, 7, &b);
        size_t header = rows[i].kind == NPI_TRANSPORT_ICMP ? 8 : 0;
        assert_int_equal(b.len, header + rows[i].payload);
        npi_buf_free(&b);
    }
}

/* A quote of eight transport octets suffices for ICMP; UDP needs its number in the payload. */
static void quotes_cut_anywhere(void **state)
{
    (void)state;
    for (int kind = NPI_TRANSPORT_ICMP; kind <= NPI_TRANSPORT_UDP; kind++) {
        for (int family = 4; family <= 6; family += 2) {
            npi_flow f = flow_of((npi_transport_kind)kind, family);
            size_t least = kind == NPI_TRANSPORT_ICMP ? 8 : 4;
            for (uint64_t id = 0; id < 70000; id += 6999) {
                npi_reply r = quote_of(&f, id);
                for (size_t len = r.len + 1; len-- > 0;) {
                    uint64_t low = 0;
                    unsigned bits = 0;
                    r.len = len;
                    bool found = npi_flow_match(&f, &r, &low, &bits) == NPI_MATCH_NUMBER;
                    assert_int_equal(found, len >= least);
                    if (found)
                        assert_int_equal(low, id & ((UINT64_C(1) << bits) - 1));
                }
            }
        }
    }
}

/* An echo reply must bring back everything. */
static void replies_are_whole(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        npi_flow f = flow_of(NPI_TRANSPORT_ICMP, family);
        npi_reply r = quote_of(&f, 77);
        uint64_t low;
        unsigned bits;
        size_t whole = r.len;
        r.error = false;
        r.data[0] = family == 4 ? 0 : 129;
        for (size_t len = 0; len <= whole; len++) {
            r.len = len;
            assert_int_equal(npi_flow_match(&f, &r, &low, &bits),
                             len == whole ? NPI_MATCH_NUMBER : NPI_MATCH_FOREIGN);
        }
    }
}

static void data_without_our_mark(void **state)
{
    (void)state;
    npi_flow f = flow_of(NPI_TRANSPORT_UDP, 4);
    npi_reply r = quote_of(&f, 5);
    uint64_t low;
    unsigned bits;
    r.error = false; /* an echo server sends our payload back */
    assert_int_equal(npi_flow_match(&f, &r, &low, &bits), NPI_MATCH_NUMBER);
    for (size_t len = 0; len < 8; len++) {
        r.len = len;
        assert_int_equal(npi_flow_match(&f, &r, &low, &bits), NPI_MATCH_BARE);
    }
    r.peer.port = 53; /* from another port: nobody of ours */
    assert_int_equal(npi_flow_match(&f, &r, &low, &bits), NPI_MATCH_FOREIGN);
}

static void reports_of_another_kind(void **state)
{
    (void)state;
    npi_flow f = flow_of(NPI_TRANSPORT_UDP, 4);
    npi_reply r = quote_of(&f, 5);
    uint64_t low;
    unsigned bits;
    r.origin = SO_EE_ORIGIN_LOCAL;
    assert_int_equal(npi_flow_match(&f, &r, &low, &bits), NPI_MATCH_FOREIGN);
    r = quote_of(&f, 5);
    r.offender.family = 0; /* the kernel does not say who */
    assert_int_equal(npi_flow_match(&f, &r, &low, &bits), NPI_MATCH_FOREIGN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(quotes_cut_anywhere),
        cmocka_unit_test(replies_are_whole),
        cmocka_unit_test(data_without_our_mark),
        cmocka_unit_test(reports_of_another_kind),
    };
    return RUN(tests);
}
