/* SPDX-License-Identifier: MIT */
/*
 * Echo messages, and one table of what types and codes mean. Sources: RFC 792, 1122, 1812 for
 * IPv4; RFC 4443, 6550, 7112, 8883 for IPv6; marks as traceroute(8) prints them.
 */
#include "wire/icmp.h"

#include "wire/checksum.h"

enum { OFFSET_OCTETS = 2 };

bool npi_echo_decode(npi_reader *r, npi_echo *out)
{
    out->type = npi_reader_u8(r);
    out->code = npi_reader_u8(r);
    out->checksum = npi_reader_be16(r);
    out->id = npi_reader_be16(r);
    out->seq = npi_reader_be16(r);
    return !r->failed;
}

/*
 * Sequence number and offset are one's complements of each other, so their sum is 0xFFFF for
 * every number, and the checksum is the same.
 */
void npi_echo_encode(npi_buf *out, int family, uint16_t id, uint16_t seq,
                     const npi_echo_payload *payload)
{
    size_t start = out->len;
    npi_buf_u8(out, family == 4 ? NPI_ICMP4_ECHO : NPI_ICMP6_ECHO);
    npi_buf_u8(out, 0);
    npi_buf_be16(out, 0);
    npi_buf_be16(out, id);
    npi_buf_be16(out, seq);
    npi_buf_be16(out, (uint16_t)~seq);
    size_t room = payload->len - OFFSET_OCTETS;
    size_t marked = payload->mark_len < room ? payload->mark_len : room;
    npi_buf_bytes(out, payload->mark, marked);
    npi_buf_fill(out, payload->fill, room - marked);
    if (family != 4 || out->nomem || out->cut)
        return;
    uint16_t sum = npi_checksum(out->data + start, out->len - start);
    out->data[start + 2] = (char)(sum >> 8);
    out->data[start + 3] = (char)(sum & 0xFF);
}

enum { ANY = -1 };

typedef struct row {
    int family, type, code; /* ANY: all that no row before it names */
    npi_icmp_meaning meaning;
    const char *mark; /* NULL: "!<code>" */
    const char *text;
} row;

static const row rows[] = {
    {4, NPI_ICMP4_ECHO_REPLY, ANY, NPI_ICMP_REPLY, "", "echo reply"},
    {4, NPI_ICMP4_TIME_EXCEEDED, 0, NPI_ICMP_TTL, "", "time exceeded in transit"},
    {4, NPI_ICMP4_TIME_EXCEEDED, 1, NPI_ICMP_OTHER, "", "fragment reassembly time exceeded"},
    {4, NPI_ICMP4_UNREACHABLE, 0, NPI_ICMP_UNREACHABLE, "!N", "network unreachable"},
    {4, NPI_ICMP4_UNREACHABLE, 1, NPI_ICMP_UNREACHABLE, "!H", "host unreachable"},
    {4, NPI_ICMP4_UNREACHABLE, 2, NPI_ICMP_UNREACHABLE, "!P", "protocol unreachable"},
    {4, NPI_ICMP4_UNREACHABLE, 3, NPI_ICMP_PORT, NULL, "port unreachable"},
    {4, NPI_ICMP4_UNREACHABLE, 4, NPI_ICMP_MTU, "!F", "fragmentation needed"},
    {4, NPI_ICMP4_UNREACHABLE, 5, NPI_ICMP_UNREACHABLE, "!S", "source route failed"},
    {4, NPI_ICMP4_UNREACHABLE, 6, NPI_ICMP_UNREACHABLE, NULL, "network unknown"},
    {4, NPI_ICMP4_UNREACHABLE, 7, NPI_ICMP_UNREACHABLE, NULL, "host unknown"},
    {4, NPI_ICMP4_UNREACHABLE, 8, NPI_ICMP_UNREACHABLE, NULL, "source host isolated"},
    {4, NPI_ICMP4_UNREACHABLE, 9, NPI_ICMP_UNREACHABLE, "!X", "network prohibited"},
    {4, NPI_ICMP4_UNREACHABLE, 10, NPI_ICMP_UNREACHABLE, "!X", "host prohibited"},
    {4, NPI_ICMP4_UNREACHABLE, 11, NPI_ICMP_UNREACHABLE, NULL, "network unreachable for TOS"},
    {4, NPI_ICMP4_UNREACHABLE, 12, NPI_ICMP_UNREACHABLE, NULL, "host unreachable for TOS"},
    {4, NPI_ICMP4_UNREACHABLE, 13, NPI_ICMP_UNREACHABLE, "!X", "administratively prohibited"},
    {4, NPI_ICMP4_UNREACHABLE, 14, NPI_ICMP_UNREACHABLE, "!V", "host precedence violation"},
    {4, NPI_ICMP4_UNREACHABLE, 15, NPI_ICMP_UNREACHABLE, "!C", "precedence cut-off"},
    {4, NPI_ICMP4_UNREACHABLE, ANY, NPI_ICMP_UNREACHABLE, NULL, "unreachable"},

    {6, NPI_ICMP6_ECHO_REPLY, ANY, NPI_ICMP_REPLY, "", "echo reply"},
    {6, NPI_ICMP6_TIME_EXCEEDED, 0, NPI_ICMP_TTL, "", "hop limit exceeded in transit"},
    {6, NPI_ICMP6_TIME_EXCEEDED, 1, NPI_ICMP_OTHER, "", "fragment reassembly time exceeded"},
    {6, NPI_ICMP6_TOO_BIG, ANY, NPI_ICMP_MTU, "!F", "packet too big"},
    {6, NPI_ICMP6_PARAMETER, 1, NPI_ICMP_UNREACHABLE, "!P", "unrecognized next header"},
    {6, NPI_ICMP6_UNREACHABLE, 0, NPI_ICMP_UNREACHABLE, "!N", "no route to destination"},
    {6, NPI_ICMP6_UNREACHABLE, 1, NPI_ICMP_UNREACHABLE, "!X", "administratively prohibited"},
    {6, NPI_ICMP6_UNREACHABLE, 2, NPI_ICMP_UNREACHABLE, "!S", "beyond scope of source address"},
    {6, NPI_ICMP6_UNREACHABLE, 3, NPI_ICMP_UNREACHABLE, "!H", "address unreachable"},
    {6, NPI_ICMP6_UNREACHABLE, 4, NPI_ICMP_PORT, NULL, "port unreachable"},
    {6, NPI_ICMP6_UNREACHABLE, 5, NPI_ICMP_UNREACHABLE, NULL, "source address failed policy"},
    {6, NPI_ICMP6_UNREACHABLE, 6, NPI_ICMP_UNREACHABLE, "!X", "reject route to destination"},
    {6, NPI_ICMP6_UNREACHABLE, ANY, NPI_ICMP_UNREACHABLE, NULL, "unreachable"},
};

static const row other = {0, ANY, ANY, NPI_ICMP_OTHER, "", "other message"};

static const row *find(int family, uint8_t type, uint8_t code)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const row *r = &rows[i];
        if (r->family == family && r->type == type && (r->code == code || r->code == ANY))
            return r;
    }
    return &other;
}

npi_icmp_meaning npi_icmp_meaning_of(int family, uint8_t type, uint8_t code)
{
    return find(family, type, code)->meaning;
}

void npi_icmp_mark(npi_buf *out, int family, uint8_t type, uint8_t code, bool is_target)
{
    const row *r = find(family, type, code);
    if (is_target && r->meaning == NPI_ICMP_PORT)
        return;
    if (r->mark)
        npi_buf_str(out, r->mark);
    else
        npi_buf_printf(out, "!<%d>", code);
}

const char *npi_icmp_text(int family, uint8_t type, uint8_t code)
{
    return find(family, type, code)->text;
}
