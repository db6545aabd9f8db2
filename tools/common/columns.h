/* SPDX-License-Identifier: MIT */
/*
 * Text in columns: what a terminal shows is counted, not octets.
 */
#ifndef TOOLS_COMMON_COLUMNS_H
#define TOOLS_COMMON_COLUMNS_H

#include <stddef.h>
#include <stdio.h>

/* Columns that a UTF-8 text takes in the current LC_CTYPE; octets where it cannot be decoded. */
size_t columns_of(const char *text);

/* Print at most `most` columns of a text, padded with blanks to `least`. */
void columns_put(FILE *out, const char *text, size_t least, size_t most);

/* A copy in which what cannot be shown is '?': control octets, and what the locale cannot read. */
void columns_printable(const char *text, size_t len, char *out, size_t size);

#endif
