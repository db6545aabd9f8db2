/* SPDX-License-Identifier: MIT */
/*
 * Options: a noun's settings live in one struct of int64_t and strings, described by one table
 * of rows that is made from the noun's X-macro file. Setting by name and by typed setter is the
 * same code; a refusal is one sentence with range, nearest name or likely intent.
 */
#ifndef NPI_BASE_OPTION_H
#define NPI_BASE_OPTION_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"

typedef enum npi_option_type {
    NPI_OPTION_INT,      /* int64_t within min..max */
    NPI_OPTION_DURATION, /* int64_t nanoseconds within min..max; 0 also where the default is 0 */
    NPI_OPTION_ENUM,     /* int64_t out of `names` ("auto=0 icmp=1 udp=2") */
    NPI_OPTION_TEXT      /* char *, owned; min..max octets */
} npi_option_type;

typedef struct npi_option {
    const char *name; /* as np_X_set takes it, as "max-ttl" */
    npi_option_type type;
    size_t offset; /* of the field in the settings struct */
    int64_t min, max, initial;
    const char *names; /* NPI_OPTION_ENUM */
} npi_option;

/* Fill settings with the defaults (texts: NULL). `settings` must be zeroed or defaulted before. */
void npi_options_default(const npi_option *table, size_t count, const npi_mem *mem,
                         void *settings);

/* Free the texts of settings. */
void npi_options_free(const npi_option *table, size_t count, const npi_mem *mem, void *settings);

/*
 * Set by name from text. On refusal settings are unchanged and `why` holds the sentence
 * (NP_ERR_INVALID, NP_ERR_RANGE, NP_ERR_NOMEM). `name`, `text` NULL are NP_ERR_INVALID.
 */
np_status npi_option_set(const npi_option *table, size_t count, const npi_mem *mem,
                         void *settings, const char *name, const char *text, npi_buf *why);

/* Set a number by typed value; the same checks and sentences. `name` must be in the table. */
np_status npi_option_set_i64(const npi_option *table, size_t count, void *settings,
                             const char *name, int64_t value, npi_buf *why);

#endif
