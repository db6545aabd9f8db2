/* SPDX-License-Identifier: MIT */
/*
 * Replies to a flow: an octet of kind and family, one of flags, type and code, the rest is what
 * came back. Whatever matches must be what the flow would have sent with that number.
 */
#include <string.h>
#include <time.h>

#include <linux/errqueue.h>

#include "fuzz.h"
#include "probe/flow.h"
#include "wire/icmp.h"

static npi_flow flow_of(uint8_t choice)
{
    npi_flow f = {.kind = choice & 1 ? NPI_TRANSPORT_UDP : NPI_TRANSPORT_ICMP,
                  .id = 0xA1B2,
                  .key = {1, 2, 3, 4, 5, 6, 7, 8}};
    f.target = (npi_addr){.family = choice & 2 ? 6 : 4, .octets = {192, 0, 2, 9}};
    f.target.port = f.kind == NPI_TRANSPORT_UDP ? 33434 : 0;
    npi_flow_size(&f, choice & 4 ? 28 : 64);
    return f;
}

/* As far as both go, octets are those of probe `number`, but for what the kernel may change. */
static void must_be_ours(const npi_flow *f, const npi_reply *r, uint64_t number)
{
    char octets[256];
    npi_buf b = npi_buf_in(octets, sizeof octets);
    npi_flow_encode(f, number, &b);
    size_t start = f->kind == NPI_TRANSPORT_ICMP ? 4 : 0; /* type, code, checksum: see flow.c */
    size_t marked = f->kind == NPI_TRANSPORT_ICMP ? 8 + 2 + 8 : 8;
    for (size_t i = start; i < r->len && i < b.len && i < marked; i++)
        must(r->data[i] == (uint8_t)octets[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    npi_reader in = npi_reader_over(data, size);
    npi_flow f = flow_of(npi_reader_u8(&in));
    uint8_t flags = npi_reader_u8(&in);
    npi_reply r = {.error = flags & 1, .peer = f.target, .rtt_ns = -1};
    r.origin = f.target.family == 4 ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6;
    r.offender = f.target;
    r.offender.octets[3] = flags;
    r.type = npi_reader_u8(&in);
    r.code = npi_reader_u8(&in);
    if (in.failed)
        return 0;
    r.len = npi_reader_left(&in) < sizeof r.data ? npi_reader_left(&in) : sizeof r.data;
    memcpy(r.data, in.at, r.len);
    uint64_t low = 0;
    unsigned bits = 0;
    if (npi_flow_match(&f, &r, &low, &bits) == NPI_MATCH_NUMBER) {
        must(bits >= 16 && low < UINT64_C(1) << bits);
        must_be_ours(&f, &r, low);
    }
    npi_icmp_meaning m = npi_icmp_meaning_of(f.target.family, r.type, r.code);
    must(m >= NPI_ICMP_OTHER && m <= NPI_ICMP_MTU);
    return 0;
}
