/* SPDX-License-Identifier: MIT */
/*
 * Raw packets: what is made of them, cut at every length, with every bit flipped, and with every
 * header that may stand in between.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "../check.h"
#include "base/buf.h"
#include "probe/raw.h"
#include "wire/checksum.h"
#include "wire/quote.h"

enum { ID = 0x4321, PORT = 33434, TOS = 0xB8, PACKET = 256 };

typedef struct packet {
    char octets[PACKET];
    npi_buf b;
} packet;

static void fix_checksum(npi_buf *b, size_t from, size_t at)
{
    b->data[at] = b->data[at + 1] = 0;
    uint16_t sum = npi_checksum(b->data + from, b->len - from);
    b->data[at] = (char)(sum >> 8);
    b->data[at + 1] = (char)sum;
}

static void put_ip4(npi_buf *b, int words, int ttl, int protocol, uint16_t fragment)
{
    npi_buf_u8(b, (uint8_t)(0x40 | words));
    npi_buf_u8(b, TOS);
    npi_buf_be32(b, 0x00300000);
    npi_buf_be16(b, fragment);
    npi_buf_u8(b, (uint8_t)ttl);
    npi_buf_u8(b, (uint8_t)protocol);
    npi_buf_be16(b, 0);
    npi_buf_be32(b, 0x0A000001);
    npi_buf_be32(b, 0x0A000009);
    npi_buf_fill(b, 1, (size_t)(words > 5 ? words - 5 : 0) * 4);
}

static void put_ip6(npi_buf *b, int next, int limit)
{
    npi_buf_be32(b, UINT32_C(0x60000000) | (uint32_t)TOS << 20);
    npi_buf_be16(b, 100);
    npi_buf_u8(b, (uint8_t)next);
    npi_buf_u8(b, (uint8_t)limit);
    npi_buf_fill(b, 0xFD, 16);
    npi_buf_fill(b, 0xFC, 16);
}

static void put_transport(npi_buf *b, npi_transport_kind kind, int echo)
{
    if (kind == NPI_TRANSPORT_UDP) {
        npi_buf_be16(b, ID);
        npi_buf_be16(b, PORT);
        npi_buf_be32(b, 0x00180000);
    } else {
        npi_buf_be16(b, (uint16_t)(echo << 8));
        npi_buf_be16(b, 0);
        npi_buf_be16(b, ID);
        npi_buf_be16(b, 7);
    }
    npi_buf_str(b, "0123456789abcdef");
}

/* An error as a raw socket hands it over. */
static void build(packet *p, int family, npi_transport_kind kind, int outer, int inner)
{
    p->b = npi_buf_in(p->octets, sizeof p->octets);
    if (family == 4)
        put_ip4(&p->b, outer, 60, IPPROTO_ICMP, 0);
    size_t icmp = p->b.len;
    npi_buf_be16(&p->b, family == 4 ? 0x0B00 : 0x0300);
    npi_buf_be16(&p->b, 0);
    npi_buf_be32(&p->b, family == 4 ? 0x00200000 : 0x10000000);
    bool udp = kind == NPI_TRANSPORT_UDP;
    if (family == 4)
        put_ip4(&p->b, inner, 1, udp ? IPPROTO_UDP : IPPROTO_ICMP, 0);
    else
        put_ip6(&p->b, udp ? IPPROTO_UDP : IPPROTO_ICMPV6, 1);
    put_transport(&p->b, kind, family == 4 ? 8 : 128);
    fix_checksum(&p->b, icmp, icmp + 2);
}

static bool decode(const packet *p, size_t len, int family, npi_transport_kind kind, npi_reply *r)
{
    memset(r, 0, sizeof *r);
    memcpy(r->data, p->octets, len);
    r->len = len;
    r->peer = (npi_addr){.family = (uint8_t)family, .octets = {9}};
    return npi_raw_decode(family, kind, ID, r);
}

static void errors(void **state)
{
    (void)state;
    packet p;
    npi_reply r;
    for (int family = 4; family <= 6; family += 2) {
        for (npi_transport_kind kind = NPI_TRANSPORT_ICMP; kind <= NPI_TRANSPORT_UDP; kind++) {
            build(&p, family, kind, 5, 5);
            assert_true(decode(&p, p.b.len, family, kind, &r));
            assert_true(r.error && r.quoted);
            assert_int_equal(r.type, family == 4 ? 11 : 3);
            assert_int_equal(r.quoted_ttl, 1);
            assert_int_equal(r.quoted_tos, TOS);
            assert_int_equal(r.offender.octets[0], 9);
            assert_int_equal(r.peer.octets[3], family == 4 ? 9 : 0xFC);
            assert_int_equal(r.peer.port, kind == NPI_TRANSPORT_UDP ? PORT : 0);
            /* the quote was announced as 128 octets with the IP header, which is gone */
            size_t gone = (family == 4 ? 20u : 40u) + (kind == NPI_TRANSPORT_UDP ? 8u : 0u);
            assert_int_equal(r.extension, 128 - gone);
            assert_int_equal(r.len, kind == NPI_TRANSPORT_UDP ? 16 : 24);
            assert_memory_equal(r.data + (kind == NPI_TRANSPORT_UDP ? 0 : 8), "0123", 4);
            npi_transport_kind other = kind == NPI_TRANSPORT_UDP ? NPI_TRANSPORT_ICMP
                                                                 : NPI_TRANSPORT_UDP;
            assert_false(decode(&p, p.b.len, family, other, &r));
            if (kind != NPI_TRANSPORT_UDP)
                continue;
            p.octets[(family == 4 ? 20u + 8 + 20 : 8 + 40) + 1] ^= 1; /* somebody else's port */
            if (family == 4)
                fix_checksum(&p.b, 20, 22);
            assert_false(decode(&p, p.b.len, family, kind, &r));
        }
    }
}

/* A3: FreeBSD's ping forgot the options of one of the two headers. */
static void every_header_length(void **state)
{
    (void)state;
    packet p;
    npi_reply r;
    for (int outer = 0; outer <= 15; outer++) {
        for (int inner = 0; inner <= 15; inner++) {
            build(&p, 4, NPI_TRANSPORT_UDP, outer > 5 ? outer : 5, inner > 5 ? inner : 5);
            size_t quote = (outer > 5 ? (size_t)outer : 5) * 4 + 8;
            p.octets[0] = (char)(0x40 | outer);
            p.octets[quote] = (char)(0x40 | inner);
            fix_checksum(&p.b, quote - 8, quote - 6);
            bool good = outer >= 5 && inner >= 5;
            assert_int_equal(decode(&p, p.b.len, 4, NPI_TRANSPORT_UDP, &r), good);
            if (good)
                assert_int_equal(r.peer.port, PORT);
            for (size_t len = 0; len < p.b.len; len++) {
                bool taken = decode(&p, len, 4, NPI_TRANSPORT_UDP, &r);
                assert_false(taken); /* its checksum is that of the whole */
            }
        }
    }
}

static void every_cut(void **state)
{
    (void)state;
    packet p;
    npi_reply r;
    for (npi_transport_kind kind = NPI_TRANSPORT_ICMP; kind <= NPI_TRANSPORT_UDP; kind++) {
        build(&p, 6, kind, 5, 5);
        for (size_t len = 0; len <= p.b.len; len++) {
            bool enough = len >= 8 + 40 + (kind == NPI_TRANSPORT_UDP ? 8u : 0u);
            assert_int_equal(decode(&p, len, 6, kind, &r), enough);
        }
        build(&p, 4, kind, 5, 5);
        size_t whole = p.b.len;
        for (size_t len = 0; len <= whole; len++) { /* routers quote what they like */
            p.b.len = len;
            if (len >= 24)
                fix_checksum(&p.b, 20, 22);
            bool enough = len >= 20 + 8 + 20 + (kind == NPI_TRANSPORT_UDP ? 8u : 0u);
            assert_int_equal(decode(&p, len, 4, kind, &r), enough);
        }
    }
}

/* A18: a checksum that was always good. */
static void every_bit(void **state)
{
    (void)state;
    packet p;
    npi_reply r;
    build(&p, 4, NPI_TRANSPORT_UDP, 5, 5);
    for (size_t bit = 20 * 8; bit < p.b.len * 8; bit++) {
        p.octets[bit / 8] = (char)(p.octets[bit / 8] ^ 1 << bit % 8);
        assert_false(decode(&p, p.b.len, 4, NPI_TRANSPORT_UDP, &r));
        p.octets[bit / 8] = (char)(p.octets[bit / 8] ^ 1 << bit % 8);
    }
    assert_true(decode(&p, p.b.len, 4, NPI_TRANSPORT_UDP, &r));
}

static void replies_and_mtu(void **state)
{
    (void)state;
    packet p = {.b = npi_buf_in(p.octets, sizeof p.octets)};
    npi_reply r;
    put_ip4(&p.b, 5, 60, IPPROTO_ICMP, 0);
    put_transport(&p.b, NPI_TRANSPORT_ICMP, 0);
    fix_checksum(&p.b, 20, 22);
    assert_true(decode(&p, p.b.len, 4, NPI_TRANSPORT_ICMP, &r));
    assert_false(r.error || r.quoted);
    assert_int_equal(r.len, 24);
    assert_false(decode(&p, p.b.len, 4, NPI_TRANSPORT_UDP, &r));
    p.octets[20] = 8; /* our own request, on loopback */
    fix_checksum(&p.b, 20, 22);
    assert_false(decode(&p, p.b.len, 4, NPI_TRANSPORT_ICMP, &r));

    build(&p, 4, NPI_TRANSPORT_UDP, 5, 5);
    p.octets[20] = 3;
    p.octets[21] = 4;
    p.octets[26] = 5;
    p.octets[27] = (char)0xDC;
    fix_checksum(&p.b, 20, 22);
    assert_true(decode(&p, p.b.len, 4, NPI_TRANSPORT_UDP, &r));
    assert_int_equal(r.info, 1500);
    build(&p, 6, NPI_TRANSPORT_UDP, 5, 5);
    p.octets[0] = 2;
    memcpy(p.octets + 4, "\0\0\5\0", 4);
    assert_true(decode(&p, p.b.len, 6, NPI_TRANSPORT_UDP, &r));
    assert_int_equal(r.info, 1280);
    assert_int_equal(r.extension, 0);
}

/* A14: chains of extension headers, endless ones and fragments. */
static void chains(void **state)
{
    (void)state;
    char octets[1024];
    npi_quote q;
    static const int kinds[] = {0, 43, 60};
    for (int count = 0; count <= 64; count++) {
        npi_buf b = npi_buf_in(octets, sizeof octets);
        put_ip6(&b, count ? kinds[0] : IPPROTO_UDP, 1);
        for (int i = 1; i <= count; i++) {
            npi_buf_u8(&b, (uint8_t)(i < count ? kinds[i % 3] : IPPROTO_UDP));
            npi_buf_fill(&b, 0, 7);
        }
        size_t end = b.len;
        npi_buf_fill(&b, 0, 8);
        bool good = npi_quote_decode(6, octets, b.len, &q);
        assert_int_equal(good, count <= 8);
        if (good) {
            assert_int_equal(q.protocol, IPPROTO_UDP);
            assert_int_equal(q.transport, end);
        }
    }
    for (unsigned offset = 0; offset < 0x10000; offset += 8) {
        npi_buf b = npi_buf_in(octets, sizeof octets);
        put_ip6(&b, 44, 1);
        npi_buf_be16(&b, IPPROTO_UDP << 8);
        npi_buf_be16(&b, (uint16_t)(offset | 1)); /* more follow */
        npi_buf_be32(&b, 0);
        assert_int_equal(npi_quote_decode(6, octets, b.len, &q), offset == 0);
    }
    npi_buf b = npi_buf_in(octets, sizeof octets);
    put_ip6(&b, 60, 1);
    npi_buf_be16(&b, IPPROTO_UDP << 8 | 255); /* longer than all there is */
    npi_buf_fill(&b, 0, 100);
    assert_false(npi_quote_decode(6, octets, b.len, &q));
    b = npi_buf_in(octets, sizeof octets);
    put_ip4(&b, 5, 1, IPPROTO_UDP, 1);
    assert_false(npi_quote_decode(4, octets, b.len, &q));
    assert_false(npi_quote_decode(6, octets, b.len, &q));
    assert_false(npi_quote_decode(4, NULL, 0, &q));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors),          cmocka_unit_test(every_header_length),
        cmocka_unit_test(every_cut),       cmocka_unit_test(every_bit),
        cmocka_unit_test(replies_and_mtu), cmocka_unit_test(chains),
    };
    return RUN(tests);
}
