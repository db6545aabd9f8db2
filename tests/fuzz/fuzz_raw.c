/* SPDX-License-Identifier: MIT */
/*
 * Packets of a raw ICMP socket: the first octet says family and kind, the rest is the packet.
 */
#include <string.h>

#include "fuzz.h"
#include "probe/raw.h"
#include "wire/quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    npi_reply r = {0}, again;
    npi_quote q;
    if (size < 1)
        return 0;
    int family = data[0] & 1 ? 6 : 4;
    npi_transport_kind kind = data[0] & 2 ? NPI_TRANSPORT_UDP : NPI_TRANSPORT_ICMP;
    size_t len = size - 1 < sizeof r.data ? size - 1 : sizeof r.data;
    r.peer.family = (uint8_t)family;
    r.len = len;
    memcpy(r.data, data + 1, len);
    again = r;
    bool ours = npi_raw_decode(family, kind, 0x4321, &r);
    must(npi_raw_decode(family, kind, 0x4321, &again) == ours);
    must(memcmp(&r, &again, sizeof r) == 0);
    must(r.len <= len);
    must(!ours || !r.error || (r.quoted && r.offender.family == family));
    must(!ours || r.error || kind == NPI_TRANSPORT_ICMP);

    uint8_t *exact = malloc(len ? len : 1); /* of exactly its size */
    if (!exact)
        return 0;
    memcpy(exact, data + 1, len);
    if (npi_quote_decode(family, exact, len, &q))
        must(q.transport >= (family == 4 ? 20u : 40u) && q.transport <= len);
    free(exact);
    return 0;
}
