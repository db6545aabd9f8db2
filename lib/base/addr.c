/* SPDX-License-Identifier: MIT */
/*
 * Decides when two addresses are the same host, and how one is written.
 */
#include "base/addr.h"

#include <arpa/inet.h>
#include <string.h>

bool npi_addr_same(const npi_addr *a, const npi_addr *b)
{
    if (a->family != b->family || memcmp(a->octets, b->octets, sizeof a->octets) != 0)
        return false;
    return a->scope == b->scope || a->scope == 0 || b->scope == 0;
}

bool npi_addr_unspecified(const npi_addr *a)
{
    static const uint8_t zeros[16];
    return a->family && memcmp(a->octets, zeros, sizeof zeros) == 0;
}

bool npi_addr_multicast(const npi_addr *a)
{
    return a->family == 6 ? a->octets[0] == 0xff : a->family == 4 && a->octets[0] >> 4 == 0xe;
}

bool npi_addr_link_local(const npi_addr *a)
{
    return a->family == 6 && a->octets[0] == 0xFE && (a->octets[1] & 0xC0) == 0x80;
}

void npi_buf_addr(npi_buf *b, const npi_addr *a)
{
    char text[INET6_ADDRSTRLEN];
    if (!a->family)
        return;
    inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->octets, text, sizeof text);
    npi_buf_str(b, text);
    if (a->scope) {
        npi_buf_char(b, '%');
        npi_buf_u64(b, a->scope);
    }
}

bool npi_addr_parse(const char *text, npi_addr *out)
{
    *out = (npi_addr){0};
    if (inet_pton(AF_INET, text, out->octets) == 1)
        out->family = 4;
    else if (inet_pton(AF_INET6, text, out->octets) == 1)
        out->family = 6;
    return out->family != 0;
}
