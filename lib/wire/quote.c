/* SPDX-License-Identifier: MIT */
/*
 * Decides where the transport header of a quoted packet begins.
 */
#include "wire/quote.h"

#include <string.h>

#include "base/reader.h"

enum {
    WORD = 4,             /* IPv4's header length counts these */
    IPV4_WORDS = 5,       /* of a header without options */
    IPV4_OFFSET = 0x1FFF, /* of a fragment */
    IPV6_OFFSET = 0xFFF8,
    EXTENSIONS_MAX = 8    /* a packet of ours has none; nobody has more for a reason */
};

enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, DESTINATION = 60 }; /* RFC 8200 4 */

static void take_addr(npi_reader *r, int family, npi_addr *out)
{
    size_t len = family == 4 ? 4 : 16;
    const uint8_t *octets = npi_reader_take(r, len);
    *out = (npi_addr){.family = (uint8_t)family};
    if (octets)
        memcpy(out->octets, octets, len);
}

static bool decode4(npi_reader *r, npi_quote *out)
{
    uint8_t first = npi_reader_u8(r);
    size_t words = first & 0x0F;
    out->tos = npi_reader_u8(r);
    npi_reader_take(r, 4); /* length and identification, which routers may have changed */
    uint16_t offset = npi_reader_be16(r) & IPV4_OFFSET;
    out->ttl = npi_reader_u8(r);
    out->protocol = npi_reader_u8(r);
    npi_reader_take(r, 2); /* header checksum: true at the router, not in its quote */
    take_addr(r, 4, &out->from);
    take_addr(r, 4, &out->to);
    if (first >> 4 != 4 || words < IPV4_WORDS || offset)
        return false;
    npi_reader_take(r, (words - IPV4_WORDS) * WORD);
    return !r->failed;
}

/* Step over one extension header; false when there is none more. */
static bool skip_extension(npi_reader *r, npi_quote *out, bool *fragment)
{
    uint8_t next;
    switch (out->protocol) {
    case HOP_BY_HOP:
    case ROUTING:
    case DESTINATION:
        next = npi_reader_u8(r);
        npi_reader_take(r, npi_reader_u8(r) * 8u + 6);
        break;
    case FRAGMENT:
        next = npi_reader_u8(r);
        npi_reader_u8(r);
        *fragment = *fragment || (npi_reader_be16(r) & IPV6_OFFSET);
        npi_reader_be32(r);
        break;
    default:
        return false;
    }
    out->protocol = next;
    return true;
}

static bool decode6(npi_reader *r, npi_quote *out)
{
    bool fragment = false;
    uint32_t first = npi_reader_be32(r);
    out->tos = (uint8_t)(first >> 20);
    npi_reader_be16(r); /* payload length */
    out->protocol = npi_reader_u8(r);
    out->ttl = npi_reader_u8(r);
    take_addr(r, 6, &out->from);
    take_addr(r, 6, &out->to);
    if (first >> 28 != 6)
        return false;
    for (int i = 0; skip_extension(r, out, &fragment); i++)
        if (i == EXTENSIONS_MAX || r->failed)
            return false;
    return !r->failed && !fragment;
}

bool npi_quote_decode(int family, const void *data, size_t len, npi_quote *out)
{
    npi_reader r = npi_reader_over(data, len);
    *out = (npi_quote){0};
    if (!(family == 4 ? decode4(&r, out) : decode6(&r, out)))
        return false;
    out->transport = len - npi_reader_left(&r);
    return true;
}
