/* SPDX-License-Identifier: MIT */
/*
 * Decides what of an extension is believed: objects that are as long as they say, within what
 * there is; an object that is wrong ends the reading, and what came before it stays.
 */
#include "wire/extension.h"

#include <string.h>

#include "base/reader.h"
#include "wire/checksum.h"

enum {
    HEADER = 4,
    VERSION = 2,
    MPLS = 1,       /* class (RFC 4950 3) */
    INTERFACE = 2,  /* class (RFC 5837 4.1) */
    STACK = 1       /* type of an MPLS object */
};

/* Bits of the type of an interface object (RFC 5837 4.1): what is in it, in this order. */
enum { HAS_INDEX = 8, HAS_ADDRESS = 4, HAS_NAME = 2, HAS_MTU = 1 };

static void read_labels(npi_reader *r, npi_extension *out)
{
    while (npi_reader_left(r) >= 4) {
        uint32_t v = npi_reader_be32(r);
        if (out->label_count < NPI_LABELS)
            out->labels[out->label_count] = (npi_label){.label = v >> 12,
                                                        .traffic_class = v >> 9 & 7,
                                                        .bottom = v >> 8 & 1,
                                                        .ttl = v & 0xff};
        out->label_count++;
    }
}

/* Address family identifier, reserved, address. False for a family that is neither. */
static bool read_address(npi_reader *r, npi_addr *out)
{
    uint16_t family = npi_reader_be16(r);
    npi_reader_be16(r);
    size_t size = family == 1 ? 4 : family == 2 ? 16 : 0;
    const uint8_t *octets = size ? npi_reader_take(r, size) : NULL;
    if (!octets)
        return false;
    *out = (npi_addr){.family = size == 4 ? 4 : 6};
    memcpy(out->octets, octets, size);
    return true;
}

/* Its first octet is its length, that octet included; up to 63 octets follow. */
static void read_name(npi_reader *r, char *out, size_t size)
{
    uint8_t length = npi_reader_u8(r);
    const uint8_t *octets = length > 1 ? npi_reader_take(r, length - 1u) : NULL;
    size_t len = octets ? length - 1u : 0;
    len = len < size ? len : size - 1;
    memcpy(out, octets ? (const char *)octets : "", len);
    out[len] = '\0';
}

static void read_interface(npi_reader *r, uint8_t type, npi_extension *out)
{
    npi_ingress i = {.known = true, .role = (npi_role)(type >> 6)};
    if (type & HAS_INDEX)
        i.index = npi_reader_be32(r);
    if (type & HAS_ADDRESS && !read_address(r, &i.addr))
        return;
    if (type & HAS_NAME)
        read_name(r, i.name, sizeof i.name);
    if (type & HAS_MTU)
        i.mtu = npi_reader_be32(r);
    if (!r->failed && (!out->ingress.known || (i.role == NPI_ROLE_INCOMING &&
                                               out->ingress.role != NPI_ROLE_INCOMING)))
        out->ingress = i;
}

/* One object: length of the whole, class, type, payload. */
static bool read_object(npi_reader *r, npi_extension *out)
{
    uint16_t length = npi_reader_be16(r);
    uint8_t class = npi_reader_u8(r), type = npi_reader_u8(r);
    const uint8_t *payload = length >= HEADER ? npi_reader_take(r, length - (size_t)HEADER) : NULL;
    if (!payload)
        return false;
    npi_reader in = npi_reader_over(payload, length - (size_t)HEADER);
    if (class == MPLS && type == STACK)
        read_labels(&in, out);
    else if (class == INTERFACE)
        read_interface(&in, type, out);
    else
        out->others++;
    return true;
}

bool npi_extension_decode(const void *data, size_t len, bool checked, npi_extension *out)
{
    npi_reader r = npi_reader_over(data, len);
    uint16_t version = npi_reader_be16(&r) >> 12, checksum = npi_reader_be16(&r);
    memset(out, 0, sizeof *out);
    if (r.failed || version != VERSION)
        return false;
    if (checksum == 0 ? checked : npi_checksum(data, len) != 0) /* 0: none was computed */
        return false;
    while (npi_reader_left(&r) >= HEADER)
        if (!read_object(&r, out))
            break;
    return true;
}
