/* SPDX-License-Identifier: MIT */
/*
 * Decides what the words of a filter mean.
 */
#include "listen/filter.h"

#include <string.h>

/* The next word of a list that commas part; false at its end. */
static bool next_word(const char **text, npi_text *word)
{
    if (!**text)
        return false;
    *word = (npi_text){*text, strcspn(*text, ",")};
    *text += word->len + ((*text)[word->len] == ',');
    return true;
}

bool npi_filter_protocols(const char *text, unsigned *out, npi_text *wrong)
{
    *out = 0;
    *wrong = (npi_text){text, 0};
    while (next_word(&text, wrong)) {
        int p = NP_PROTOCOL_TCP;
        while (p <= NP_PROTOCOL_UNIX && (strlen(np_protocol_name(p)) != wrong->len ||
                                         memcmp(np_protocol_name(p), wrong->at, wrong->len) != 0))
            p++;
        if (p > NP_PROTOCOL_UNIX)
            return false;
        *out |= 1u << p;
    }
    return *out != 0;
}

static bool read_port(npi_text t, uint16_t *out)
{
    uint64_t v;
    if (!npi_proc_number(t, &v) || v > UINT16_MAX)
        return false;
    *out = (uint16_t)v;
    return true;
}

static bool read_ports(npi_text t, npi_ports *out)
{
    const char *dash = memchr(t.at, '-', t.len);
    size_t first = dash ? (size_t)(dash - t.at) : t.len;
    if (!read_port((npi_text){t.at, first}, &out->first))
        return false;
    out->last = out->first;
    return !dash || (read_port((npi_text){dash + 1, t.len - first - 1}, &out->last) &&
                     out->first <= out->last);
}

bool npi_filter_ports(const char *text, npi_ports *out, size_t *count, npi_text *wrong)
{
    *count = 0;
    *wrong = (npi_text){text, 0};
    while (next_word(&text, wrong)) {
        if (*count == NPI_PORTS || !read_ports(*wrong, &out[*count]))
            return false;
        ++*count;
    }
    return *count > 0;
}

static bool holds(const char *text, npi_text word)
{
    size_t len = strlen(text);
    for (size_t i = 0; i + word.len <= len; i++)
        if (memcmp(text + i, word.at, word.len) == 0)
            return true;
    return false;
}

bool npi_filter_match(const char *words, const char *text)
{
    npi_text word;
    while (next_word(&words, &word))
        if (word.len > 0 && holds(text, word))
            return true;
    return false;
}
