/* SPDX-License-Identifier: MIT */
/*
 * The Internet checksum, RFC 1071.
 */
#ifndef NPI_WIRE_CHECKSUM_H
#define NPI_WIRE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* One's complement sum of the octets as big-endian words, a last odd octet padded with zero. */
uint16_t npi_checksum(const void *data, size_t len);

#endif
