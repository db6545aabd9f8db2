/* SPDX-License-Identifier: MIT */
/*
 * Regular expressions by PCRE2, bounded: a pattern that takes too long is an error of its own and
 * never "no match". A compiled pattern never changes, so that threads may share it. A build without
 * PCRE2 refuses every pattern by name.
 */
#ifndef NPI_TALK_PATTERN_H
#define NPI_TALK_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

typedef struct npi_pattern npi_pattern;

/* Compile; NULL with a sentence. *offset is where in the text it went wrong. */
npi_pattern *npi_pattern_new(const npi_mem *mem, const char *text, size_t len, bool ignore_case,
                             npi_buf *why, size_t *offset);
void npi_pattern_free(npi_pattern *p);

/* Names of groups, as "(?P<count>...)" has one. */
int npi_pattern_name_count(const npi_pattern *p);
const char *npi_pattern_name(const npi_pattern *p, int index);

typedef enum npi_matched {
    NPI_MATCHED_NO,
    NPI_MATCHED_YES,
    NPI_MATCHED_LIMIT, /* it took too long: script.pattern-limit */
    NPI_MATCHED_NOMEM
} npi_matched;

/* What a group held; {-1, 0} for none. Group 0 is the whole. */
typedef struct npi_group {
    int64_t at;
    size_t len;
} npi_group;

enum { NPI_GROUPS = 16 };

npi_matched npi_pattern_match(const npi_pattern *p, const char *subject, size_t len,
                              npi_group groups[NPI_GROUPS]);

/* The number of the group of that name of the pattern's list. */
int npi_pattern_group(const npi_pattern *p, int index);

#endif
