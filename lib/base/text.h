/* SPDX-License-Identifier: MIT */
/*
 * Text taken apart: numbers, durations, names. Nothing here follows the locale.
 */
#ifndef NPI_BASE_TEXT_H
#define NPI_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What became of reading a number. */
typedef enum npi_parse {
    NPI_PARSE_OK,
    NPI_PARSE_SYNTAX,  /* not a number, or something behind it, or empty */
    NPI_PARSE_OVERFLOW, /* a number, but beyond the type */
    NPI_PARSE_UNIT     /* a duration without its unit */
} npi_parse;

/* Decimal, no sign, no blanks, nothing behind it. */
npi_parse npi_parse_u64(const char *text, uint64_t *out);

/* The same with an optional leading '-'. */
npi_parse npi_parse_i64(const char *text, int64_t *out);

/*
 * A duration with its unit: ns, us, ms, s, m, h; decimals allowed ("1.5s"). Sub-nanosecond rest
 * is dropped. A bare number other than 0 is NPI_PARSE_UNIT.
 */
npi_parse npi_parse_duration(const char *text, int64_t *out_ns);

/* Octet-wise ASCII comparison without case, for option values and localhost. */
bool npi_text_same(const char *a, const char *b);

/* 0 to 15, -1 for what is no hexadecimal digit. */
int npi_hex_digit(char ch);

/*
 * Edit distance (insert, delete, replace, swap neighbours) of two short ASCII texts, at most
 * `limit` + 1. Names beyond 63 octets are as far as can be.
 */
unsigned npi_text_distance(const char *a, const char *b, unsigned limit);

#endif
