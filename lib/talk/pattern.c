/* SPDX-License-Identifier: MIT */
#include "talk/pattern.h"

#include "config.h"

#include <string.h>

#ifdef HAVE_PCRE2
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
    MATCH_LIMIT = 100000,
    DEPTH_LIMIT = 1000,
    HEAP_LIMIT = 1024,  /* KiB */
    NAME_ENTRY_HEAD = 2 /* octets of a group's number before its name */
};

struct npi_pattern {
    npi_mem mem;
    pcre2_general_context *general;
    pcre2_code *code;
    pcre2_match_context *limits;
    const uint8_t *names;
    uint32_t name_count, name_size;
};

static void *take(size_t size, void *with)
{
    const npi_pattern *p = with;
    return p->mem.resize(p->mem.user, NULL, size ? size : 1);
}

static void give(void *memory, void *with)
{
    const npi_pattern *p = with;
    npi_free(&p->mem, memory);
}

static bool make_contexts(npi_pattern *p)
{
    p->general = pcre2_general_context_create(take, give, p);
    if (!p->general)
        return false;
    p->limits = pcre2_match_context_create(p->general);
    if (!p->limits)
        return false;
    pcre2_set_match_limit(p->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(p->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(p->limits, HEAP_LIMIT);
    return true;
}

static bool compile(npi_pattern *p, const char *text, size_t len, bool ignore_case, npi_buf *why,
                    size_t *offset)
{
    int error = 0;
    char sentence[128];
    uint32_t options = PCRE2_MULTILINE | (ignore_case ? PCRE2_CASELESS : 0);
    pcre2_compile_context *c = pcre2_compile_context_create(p->general);
    if (c)
        p->code = pcre2_compile((PCRE2_SPTR)text, len, options, &error, offset, c);
    if (c)
        pcre2_compile_context_free(c);
    if (p->code) {
        pcre2_pattern_info(p->code, PCRE2_INFO_NAMETABLE, &p->names);
        pcre2_pattern_info(p->code, PCRE2_INFO_NAMECOUNT, &p->name_count);
        pcre2_pattern_info(p->code, PCRE2_INFO_NAMEENTRYSIZE, &p->name_size);
        return true;
    }
    bool told = c && error != PCRE2_ERROR_HEAP_FAILED; /* no sentence: out of memory */
    if (told && pcre2_get_error_message(error, (PCRE2_UCHAR *)sentence, sizeof sentence) > 0)
        npi_buf_str(why, sentence);
    return false;
}

npi_pattern *npi_pattern_new(const npi_mem *mem, const char *text, size_t len, bool ignore_case,
                             npi_buf *why, size_t *offset)
{
    npi_pattern *p = npi_alloc(mem, 1, sizeof *p);
    *offset = 0;
    if (!p)
        return NULL;
    p->mem = *mem;
    if (make_contexts(p) && compile(p, text, len, ignore_case, why, offset))
        return p;
    npi_pattern_free(p);
    return NULL;
}

void npi_pattern_free(npi_pattern *p)
{
    if (!p)
        return;
    pcre2_code_free(p->code);
    pcre2_match_context_free(p->limits);
    pcre2_general_context_free(p->general);
    npi_mem mem = p->mem;
    npi_free(&mem, p);
}

int npi_pattern_name_count(const npi_pattern *p)
{
    return (int)p->name_count;
}

const char *npi_pattern_name(const npi_pattern *p, int index)
{
    return (const char *)p->names + (size_t)index * p->name_size + NAME_ENTRY_HEAD;
}

int npi_pattern_group(const npi_pattern *p, int index)
{
    const uint8_t *entry = p->names + (size_t)index * p->name_size;
    return entry[0] << 8 | entry[1];
}

static void take_groups(pcre2_match_data *data, int n, npi_group *groups)
{
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(data);
    int count = n > 0 ? n : NPI_GROUPS; /* 0: there were more than there was room for */
    for (int i = 0; i < NPI_GROUPS; i++) {
        bool set = i < count && at[2 * i] != PCRE2_UNSET;
        groups[i] =
            set ? (npi_group){(int64_t)at[2 * i], at[2 * i + 1] - at[2 * i]} : (npi_group){-1, 0};
    }
}

npi_matched npi_pattern_match(const npi_pattern *p, const char *subject, size_t len,
                              npi_group groups[NPI_GROUPS])
{
    pcre2_match_data *data = pcre2_match_data_create(NPI_GROUPS, p->general);
    if (!data)
        return NPI_MATCHED_NOMEM;
    int n = pcre2_match(p->code, (PCRE2_SPTR)subject, len, 0, 0, data, p->limits);
    if (n >= 0)
        take_groups(data, n, groups);
    pcre2_match_data_free(data);
    return n >= 0                      ? NPI_MATCHED_YES
           : n == PCRE2_ERROR_NOMATCH  ? NPI_MATCHED_NO
           : n == PCRE2_ERROR_NOMEMORY ? NPI_MATCHED_NOMEM
                                       : NPI_MATCHED_LIMIT;
}

#else

struct npi_pattern {
    int none;
};

npi_pattern *npi_pattern_new(const npi_mem *mem, const char *text, size_t len, bool ignore_case,
                             npi_buf *why, size_t *offset)
{
    (void)mem, (void)text, (void)len, (void)ignore_case;
    *offset = 0;
    npi_buf_str(why, "this build has no PCRE2, which patterns need");
    return NULL;
}

void npi_pattern_free(npi_pattern *p)
{
    (void)p;
}

int npi_pattern_name_count(const npi_pattern *p)
{
    (void)p;
    return 0;
}

const char *npi_pattern_name(const npi_pattern *p, int index)
{
    (void)p, (void)index;
    return "";
}

int npi_pattern_group(const npi_pattern *p, int index)
{
    (void)p, (void)index;
    return 0;
}

npi_matched npi_pattern_match(const npi_pattern *p, const char *subject, size_t len,
                              npi_group groups[NPI_GROUPS])
{
    (void)p, (void)subject, (void)len, (void)groups;
    return NPI_MATCHED_NO;
}

#endif
