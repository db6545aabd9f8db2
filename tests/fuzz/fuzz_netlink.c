/* SPDX-License-Identifier: MIT */
/*
 * Netlink: the first octet says which dump the rest is a datagram of.
 */
#include <string.h>

#include "fuzz.h"
#include "listen/diag.h"
#include "listen/dump.h"
#include "listen/links.h"

static void look(const npi_diag_query *q, const npi_message *m, const uint8_t *end)
{
    npi_diag_answer a, again;
    npi_link link;
    npi_link_addr addr;
    must((const uint8_t *)m->payload + m->len <= end);
    if (npi_diag_decode(q, m->payload, m->len, &a)) {
        must(npi_diag_decode(q, m->payload, m->len, &again));
        must(a.sock.cookie == again.sock.cookie && a.name_len == again.name_len);
        must(a.name_len == 0 || (const uint8_t *)a.name + a.name_len <= end);
    }
    if (npi_link_decode(m, &link))
        must(memchr(link.name, '\0', sizeof link.name) != NULL);
    if (npi_link_addr_decode(m, &addr))
        must(addr.addr.family == 4 || addr.addr.family == 6);
    npi_route_is_local(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    npi_message m;
    if (size < 1)
        return 0;
    npi_diag_query q = {.protocol = (uint8_t)(1 + data[0] % NP_PROTOCOL_UNIX),
                        .family = data[0] & 0x40 ? 6 : 4, .seq = 7};
    uint8_t *datagram = malloc(size); /* aligned as the buffer is that the kernel writes to */
    if (!datagram)
        return 0;
    memcpy(datagram, data + 1, size - 1);
    npi_dump d = npi_dump_begin(q.seq);
    npi_dump_feed(&d, datagram, size - 1);
    npi_dump_step step;
    size_t left = size;
    while ((step = npi_dump_next(&d, &m)) == NPI_DUMP_MESSAGE) {
        must(d.left < left); /* it goes on */
        left = d.left;
        look(&q, &m, datagram + size - 1);
    }
    free(datagram);
    return 0;
}
