/* SPDX-License-Identifier: MIT */
/*
 * The Internet checksum.
 */
#include "wire/checksum.h"

uint16_t npi_checksum(const void *data, size_t len)
{
    const uint8_t *p = data;
    uint64_t sum = 0;
    for (size_t i = 0; i + 1 < len; i += 2)
        sum += (uint64_t)p[i] << 8 | p[i + 1];
    if (len % 2)
        sum += (uint64_t)p[len - 1] << 8;
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)~sum;
}
