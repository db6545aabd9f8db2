/* SPDX-License-Identifier: MIT */
/*
 * UTF-8, RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#ifndef NPI_BASE_UTF8_H
#define NPI_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Decode one character of at most len octets; returns its octets, 0 when it is none. */
static inline size_t npi_utf8_decode(const uint8_t *p, size_t len, uint32_t *out)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : p[0] >= 0xC0 ? 2 : 0;
    if (n == 0 || n > len || p[0] > 0xF4)
        return 0;
    uint32_t c = n == 1 ? p[0] : p[0] & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3Fu);
    }
    if (n > 1 && (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)))
        return 0;
    *out = c;
    return n;
}

#endif
