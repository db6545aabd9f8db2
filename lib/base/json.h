/* SPDX-License-Identifier: MIT */
/*
 * JSON writer: streams one document into an npi_buf, two blanks an indent, no tree, no locale.
 * Commas and line ends are its own business; pairing of begin and end is the caller's.
 */
#ifndef NPI_BASE_JSON_H
#define NPI_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

typedef struct npi_json {
    npi_buf *out;
    int depth;
    bool first; /* nothing yet in the innermost object or array */
} npi_json;

npi_json npi_json_into(npi_buf *out);

/* `key` NULL inside arrays and for the document itself. Keys are ours and are not escaped. */
void npi_json_object(npi_json *j, const char *key);
void npi_json_object_end(npi_json *j);
void npi_json_array(npi_json *j, const char *key);
void npi_json_array_end(npi_json *j);

/* Escapes as RFC 8259; invalid UTF-8 becomes U+FFFD. NULL writes null. */
void npi_json_str(npi_json *j, const char *key, const char *text);
void npi_json_u64(npi_json *j, const char *key, uint64_t v);
void npi_json_i64(npi_json *j, const char *key, int64_t v);
void npi_json_bool(npi_json *j, const char *key, bool v);
void npi_json_null(npi_json *j, const char *key);

/* What is not known is null: an empty text; a negative number. */
void npi_json_text(npi_json *j, const char *key, const char *text);
void npi_json_known(npi_json *j, const char *key, int64_t v);

/* A number with up to `decimals` decimals; null when it is not finite. */
void npi_json_fixed(npi_json *j, const char *key, double v, int decimals);

#endif
