/* SPDX-License-Identifier: MIT */
/*
 * Packets as commented hex text: two digits an octet, blanks anywhere, '#' to the end of a line
 * is a comment.
 */
#ifndef TESTS_UNIT_HEX_H
#define TESTS_UNIT_HEX_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = strchr(digits, c);
    return c && at ? (int)(at - digits) : -1;
}

static inline size_t hex_octets(const char *text, uint8_t *out, size_t size)
{
    size_t n = 0;
    while (*text) {
        if (*text == '#')
            text += strcspn(text, "\n");
        else if (hex_digit(text[0]) >= 0 && hex_digit(text[1]) >= 0 && n < size) {
            out[n++] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
            text += 2;
        } else {
            text++;
        }
    }
    return n;
}

/* The first n octets in a block of exactly that size, so that a sanitizer sees every step past. */
static inline uint8_t *exact_copy(const void *data, size_t n)
{
    uint8_t *p = malloc(n ? n : 1);
    if (!p)
        abort();
    memcpy(p, data, n);
    return p;
}

#endif
