/* SPDX-License-Identifier: MIT */
/*
 * Decides what fits, where text is cut, and what a peer's text looks like when it is shown.
 */
#include "base/buf.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

npi_buf npi_buf_grow(const npi_mem *mem, size_t max)
{
    return (npi_buf){.mem = mem, .max = max};
}

npi_buf npi_buf_in(char *array, size_t size)
{
    array[0] = '\0';
    return (npi_buf){.data = array, .size = size, .max = size};
}

void npi_buf_free(npi_buf *b)
{
    if (b->mem && b->data)
        npi_free(b->mem, b->data);
    *b = (npi_buf){.mem = b->mem, .max = b->max};
}

void npi_buf_clear(npi_buf *b)
{
    b->len = 0;
    b->cut = b->nomem = false;
    if (b->data)
        b->data[0] = '\0';
}

const char *npi_buf_text(const npi_buf *b)
{
    return b->data ? b->data : "";
}

/* Room for n octets and the NUL; how many of the n there is room for. */
static size_t reserve(npi_buf *b, size_t n)
{
    size_t free_octets = b->size > b->len ? b->size - b->len - 1 : 0;
    if (n <= free_octets && b->data)
        return n;
    size_t most = b->max > b->len ? b->max - b->len - 1 : 0;
    if (!b->mem)
        return free_octets;
    if (n > most)
        n = most;
    size_t size = b->size < 64 ? 64 : b->size;
    while (size < b->len + n + 1)
        size = size > SIZE_MAX / 2 ? SIZE_MAX : 2 * size;
    if (size > b->max)
        size = b->max;
    char *data = npi_realloc(b->mem, b->data, size, 1);
    if (!data) {
        b->nomem = true;
        return 0;
    }
    b->data = data;
    b->size = size;
    return n;
}

static void append(npi_buf *b, const void *data, size_t n)
{
    if (n > 0)
        memcpy(b->data + b->len, data, n);
    b->len += n;
    if (b->data)
        b->data[b->len] = '\0';
}

void npi_buf_bytes(npi_buf *b, const void *data, size_t len)
{
    if (b->cut || b->nomem)
        return;
    size_t n = reserve(b, len);
    if (n < len && !b->nomem)
        b->cut = true;
    if (!b->nomem)
        append(b, data, n);
}

/* Octets of whole characters among the first len of a text that goes on. */
static size_t whole_characters(const char *text, size_t len)
{
    while (len > 0 && ((uint8_t)text[len] & 0xC0) == 0x80)
        len--;
    return len;
}

/* Text is cut where a character ends. */
static void put_text(npi_buf *b, const char *text, size_t len)
{
    if (b->cut || b->nomem)
        return;
    size_t n = reserve(b, len);
    if (b->nomem)
        return;
    if (n < len) {
        b->cut = true;
        n = whole_characters(text, n);
    }
    append(b, text, n);
}

void npi_buf_str(npi_buf *b, const char *text)
{
    if (text)
        put_text(b, text, strlen(text));
}

void npi_buf_char(npi_buf *b, char c)
{
    npi_buf_bytes(b, &c, 1);
}

void npi_buf_fill(npi_buf *b, uint8_t octet, size_t n)
{
    char same[64];
    memset(same, octet, sizeof same);
    while (n > 0 && !b->cut && !b->nomem) {
        size_t part = n < sizeof same ? n : sizeof same;
        npi_buf_bytes(b, same, part);
        n -= part;
    }
}

void npi_buf_u8(npi_buf *b, uint8_t v)
{
    npi_buf_bytes(b, &v, 1);
}

void npi_buf_be16(npi_buf *b, uint16_t v)
{
    uint8_t octets[2] = {(uint8_t)(v >> 8), (uint8_t)v};
    npi_buf_bytes(b, octets, sizeof octets);
}

void npi_buf_be32(npi_buf *b, uint32_t v)
{
    npi_buf_be16(b, (uint16_t)(v >> 16));
    npi_buf_be16(b, (uint16_t)v);
}

void npi_buf_u64(npi_buf *b, uint64_t v)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    put_text(b, digits + at, sizeof digits - at);
}

void npi_buf_i64(npi_buf *b, int64_t v)
{
    if (v < 0)
        npi_buf_char(b, '-');
    npi_buf_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void npi_buf_vprintf(npi_buf *b, const char *format, va_list args)
{
    char line[1024];
    int n = vsnprintf(line, sizeof line, format, args);
    if (n < 0)
        return;
    if ((size_t)n < sizeof line) {
        put_text(b, line, (size_t)n);
        return;
    }
    put_text(b, line, whole_characters(line, sizeof line - 2));
    b->cut = true;
}

void npi_buf_printf(npi_buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    npi_buf_vprintf(b, format, args);
    va_end(args);
}

#define EXACT 9e15 /* whole numbers up to here are exact in a double */

void npi_buf_fixed(npi_buf *b, double v, int decimals)
{
    static const uint64_t power[] = {1,      10,      100,      1000,      10000,
                                     100000, 1000000, 10000000, 100000000, 1000000000};
    if (v != v || v - v != 0) {
        npi_buf_str(b, "nan");
        return;
    }
    bool negative = v < 0;
    if (negative)
        v = -v;
    if (v >= EXACT) {
        if (negative)
            npi_buf_char(b, '-');
        npi_buf_u64(b, v < 1.8e19 ? (uint64_t)v : UINT64_MAX);
        return;
    }
    uint64_t scale = power[decimals];
    uint64_t whole = (uint64_t)v;
    double rest = (v - (double)whole) * (double)scale;
    uint64_t part = (uint64_t)rest;
    if (rest - (double)part >= 0.5)
        part++;
    if (part >= scale) {
        whole++;
        part -= scale;
    }
    if (negative && (whole > 0 || part > 0)) /* what rounds to nothing has no sign */
        npi_buf_char(b, '-');
    npi_buf_u64(b, whole);
    if (decimals == 0)
        return;
    npi_buf_char(b, '.');
    for (uint64_t digit = scale / 10; digit > 0; digit /= 10)
        npi_buf_char(b, (char)('0' + part / digit % 10));
}

/* Characters that change how the text around them is shown. */
static bool is_trick(uint32_t c)
{
    return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

static void put_hex(npi_buf *b, const uint8_t *p, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        char escape[] = {'\\', 'x', hex[p[i] >> 4], hex[p[i] & 15]};
        put_text(b, escape, sizeof escape);
    }
}

void npi_buf_escaped(npi_buf *b, const void *text, size_t len)
{
    const uint8_t *p = text;
    while (len > 0) {
        uint32_t c;
        size_t n = npi_utf8_decode(p, len, &c);
        if (n == 0)
            put_hex(b, p, n = 1);
        else if (c < 0x20 || (c >= 0x7F && c < 0xA0) || is_trick(c))
            put_hex(b, p, n);
        else if (c == '\\')
            npi_buf_str(b, "\\\\");
        else
            put_text(b, (const char *)p, n);
        p += n;
        len -= n;
    }
}

void npi_buf_duration(npi_buf *b, int64_t ns)
{
    static const struct {
        int64_t ns;
        const char *name;
    } units[] = {{INT64_C(3600000000000), "h"}, {INT64_C(60000000000), "m"},
                 {INT64_C(1000000000), "s"},    {INT64_C(1000000), "ms"},
                 {INT64_C(1000), "us"},         {1, "ns"}};
    size_t u = 0;
    if (ns < 0) {
        npi_buf_char(b, '-');
        ns = ns == INT64_MIN ? INT64_MAX : -ns;
    }
    if (ns == 0)
        u = 2;
    while (ns > 0 && ns < units[u].ns)
        u++;
    /* Minutes and hours only when they come out whole: nobody reads "1.016666667m". */
    while (u < 2 && ns % units[u].ns != 0)
        u++;
    npi_buf_u64(b, (uint64_t)(ns / units[u].ns));
    int64_t rest = ns % units[u].ns;
    if (rest > 0) {
        npi_buf_char(b, '.');
        for (int64_t digit = units[u].ns / 10; rest > 0; digit /= 10) {
            npi_buf_char(b, (char)('0' + rest / digit));
            rest %= digit;
        }
    }
    npi_buf_str(b, units[u].name);
}
