/* SPDX-License-Identifier: MIT */
/*
 * Reader: the one way to take octets apart. Reading past the end gives zeros and sets `failed`,
 * so a decoder reads straight through and asks once.
 */
#ifndef NPI_BASE_READER_H
#define NPI_BASE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct npi_reader {
    const uint8_t *at, *end;
    bool failed;
} npi_reader;

static inline npi_reader npi_reader_over(const void *data, size_t len)
{
    const uint8_t *p = data;
    return (npi_reader){p, p ? p + len : p, false};
}

static inline size_t npi_reader_left(const npi_reader *r)
{
    return (size_t)(r->end - r->at);
}

/* Take n octets; NULL, and failed, when there are fewer. */
static inline const uint8_t *npi_reader_take(npi_reader *r, size_t n)
{
    if (r->failed || npi_reader_left(r) < n) {
        r->failed = true;
        return NULL;
    }
    const uint8_t *p = r->at;
    r->at += n;
    return p;
}

static inline uint8_t npi_reader_u8(npi_reader *r)
{
    const uint8_t *p = npi_reader_take(r, 1);
    return p ? p[0] : 0;
}

static inline uint16_t npi_reader_be16(npi_reader *r)
{
    const uint8_t *p = npi_reader_take(r, 2);
    return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t npi_reader_be32(npi_reader *r)
{
    const uint8_t *p = npi_reader_take(r, 4);
    return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

#endif
