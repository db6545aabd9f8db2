/* SPDX-License-Identifier: MIT */
/*
 * Decides whether a setting is accepted, and says in one sentence why not.
 */
#include "base/option.h"

#include <string.h>

#include "base/text.h"

enum {
    NEAR = 3,  /* edits between a wrong name and the one that was likely meant */
    SHOWN = 80 /* octets of a refused value that the sentence repeats */
};

static int64_t *number_at(void *settings, const npi_option *o)
{
    return (int64_t *)(void *)((char *)settings + o->offset);
}

static char **text_at(void *settings, const npi_option *o)
{
    return (char **)(void *)((char *)settings + o->offset);
}

void npi_options_free(const npi_option *table, size_t count, const npi_mem *mem, void *settings)
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].type != NPI_OPTION_TEXT)
            continue;
        npi_free(mem, *text_at(settings, &table[i]));
        *text_at(settings, &table[i]) = NULL;
    }
}

void npi_options_default(const npi_option *table, size_t count, const npi_mem *mem,
                         void *settings)
{
    npi_options_free(table, count, mem, settings);
    for (size_t i = 0; i < count; i++)
        if (table[i].type != NPI_OPTION_TEXT)
            *number_at(settings, &table[i]) = table[i].initial;
}

static void put_quoted(npi_buf *why, const char *text)
{
    size_t len = strlen(text);
    npi_buf_char(why, '"');
    npi_buf_escaped(why, text, len <= SHOWN ? len : SHOWN);
    npi_buf_str(why, len <= SHOWN ? "\"" : "...\"");
}

static const npi_option *find(const npi_option *table, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

/* Edits from what was written to a known name; NEAR + 1 where less than half of it would stay. */
static unsigned edits(const char *known, const char *written)
{
    if (npi_text_same(known, written))
        return 0;
    unsigned d = npi_text_distance(known, written, NEAR);
    return 2 * d <= strlen(known) ? d : NEAR + 1;
}

static np_status unknown_name(const npi_option *table, size_t count, const char *name,
                              npi_buf *why)
{
    const char *nearest = NULL;
    unsigned best = NEAR + 1;
    for (size_t i = 0; i < count; i++) {
        unsigned d = edits(table[i].name, name);
        if (d < best) {
            best = d;
            nearest = table[i].name;
        }
    }
    npi_buf_str(why, "unknown option ");
    put_quoted(why, name);
    if (nearest)
        npi_buf_printf(why, ": did you mean \"%s\"", nearest);
    return NP_ERR_INVALID;
}

static void put_value(const npi_option *o, int64_t v, npi_buf *why)
{
    if (o->type == NPI_OPTION_DURATION)
        npi_buf_duration(why, v);
    else
        npi_buf_i64(why, v);
}

static void put_range(const npi_option *o, npi_buf *why)
{
    npi_buf_str(why, ": the range is ");
    put_value(o, o->min, why);
    npi_buf_str(why, " to ");
    put_value(o, o->max, why);
    if (o->type == NPI_OPTION_DURATION && o->initial == 0)
        npi_buf_str(why, ", or 0");
}

/*
 * Below a millisecond, a typed number was meant in a larger unit, or a text has the wrong one: the
 * same digits a thousand, a million or a thousand million times as long, the first two in range.
 */
static void put_intent(const npi_option *o, int64_t v, npi_buf *why)
{
    const int64_t millisecond = 1000000;
    int said = 0;
    if (o->type != NPI_OPTION_DURATION || o->min < millisecond || v <= 0 || v >= millisecond)
        return;
    for (int64_t times = 1000; times <= 1000000000 && said < 2; times *= 1000) {
        int64_t meant = v * times;
        if (meant < o->min || meant > o->max)
            continue;
        npi_buf_str(why, said++ ? " or " : "; did you mean ");
        npi_buf_duration(why, meant);
    }
}

static np_status check_range(const npi_option *o, int64_t v, npi_buf *why)
{
    bool zero = o->type == NPI_OPTION_DURATION && o->initial == 0 && v == 0;
    if (zero || (v >= o->min && v <= o->max))
        return NP_OK;
    npi_buf_printf(why, "%s ", o->name);
    put_value(o, v, why);
    npi_buf_str(why, v < o->min ? " is too small" : " is too large");
    put_range(o, why);
    put_intent(o, v, why);
    return NP_ERR_RANGE;
}

/* "auto=0 icmp=1": one word after the other. False at the end. */
static bool next_name(const char **names, const char **word, size_t *len, int64_t *value)
{
    *word = *names + strspn(*names, " ");
    *len = strcspn(*word, "=");
    if (!(*word)[*len])
        return false;
    const char *number = *word + *len + 1;
    *value = 0;
    for (; *number && *number != ' '; number++)
        *value = *value * 10 + (*number - '0');
    *names = number;
    return true;
}

static void put_names(const npi_option *o, npi_buf *why)
{
    const char *names = o->names, *word;
    size_t len;
    int64_t value;
    npi_buf_str(why, ": it is one of");
    while (next_name(&names, &word, &len, &value)) {
        npi_buf_char(why, ' ');
        npi_buf_bytes(why, word, len);
    }
}

static void put_nearest_word(const npi_option *o, const char *text, npi_buf *why)
{
    const char *names = o->names, *word;
    char known[32], nearest[32] = "";
    unsigned best = NEAR + 1;
    size_t len;
    int64_t value;
    while (next_name(&names, &word, &len, &value)) {
        npi_buf b = npi_buf_in(known, sizeof known);
        npi_buf_bytes(&b, word, len);
        unsigned d = edits(known, text);
        if (d < best) {
            best = d;
            memcpy(nearest, known, b.len + 1);
        }
    }
    if (*nearest)
        npi_buf_printf(why, "; did you mean \"%s\"", nearest);
}

static np_status parse_enum(const npi_option *o, const char *text, int64_t *out, npi_buf *why)
{
    const char *names = o->names, *word;
    size_t len;
    while (next_name(&names, &word, &len, out))
        if (strlen(text) == len && memcmp(text, word, len) == 0)
            return NP_OK;
    npi_buf_printf(why, "%s ", o->name);
    put_quoted(why, text);
    npi_buf_str(why, " is unknown");
    put_names(o, why);
    put_nearest_word(o, text, why);
    return NP_ERR_INVALID;
}

static np_status bad_number(const npi_option *o, npi_parse p, const char *text, npi_buf *why)
{
    npi_buf_printf(why, "%s ", o->name);
    put_quoted(why, text);
    switch (p) {
    case NPI_PARSE_UNIT:
        npi_buf_str(why, ": a duration needs its unit, as \"2s\" or \"500ms\"");
        return NP_ERR_INVALID;
    case NPI_PARSE_OVERFLOW:
        npi_buf_str(why, " is too large");
        put_range(o, why);
        return NP_ERR_RANGE;
    default:
        npi_buf_str(why, o->type == NPI_OPTION_INT ? " is not a whole number"
                                                   : " is not a duration, as \"2s\" or \"500ms\"");
        return NP_ERR_INVALID;
    }
}

static np_status parse_number(const npi_option *o, const char *text, int64_t *out, npi_buf *why)
{
    npi_parse p = o->type == NPI_OPTION_INT ? npi_parse_i64(text, out)
                                            : npi_parse_duration(text, out);
    return p == NPI_PARSE_OK ? check_range(o, *out, why) : bad_number(o, p, text, why);
}

static np_status set_text(const npi_option *o, const npi_mem *mem, char **at, const char *text,
                          npi_buf *why)
{
    size_t len = strlen(text);
    if (len < (size_t)o->min || len > (size_t)o->max) {
        npi_buf_printf(why, "%s of %zu octets", o->name, len);
        put_range(o, why);
        return NP_ERR_RANGE;
    }
    char *copy = npi_alloc(mem, len + 1, 1);
    if (!copy) {
        npi_buf_str(why, "out of memory");
        return NP_ERR_NOMEM;
    }
    memcpy(copy, text, len);
    npi_free(mem, *at);
    *at = copy;
    return NP_OK;
}

np_status npi_option_set(const npi_option *table, size_t count, const npi_mem *mem,
                         void *settings, const char *name, const char *text, npi_buf *why)
{
    if (!name || !text) {
        npi_buf_str(why, "an option needs a name and a value, neither may be NULL");
        return NP_ERR_INVALID;
    }
    const npi_option *o = find(table, count, name);
    if (!o)
        return unknown_name(table, count, name, why);
    if (o->type == NPI_OPTION_TEXT)
        return set_text(o, mem, text_at(settings, o), text, why);
    int64_t v;
    np_status st = o->type == NPI_OPTION_ENUM ? parse_enum(o, text, &v, why)
                                              : parse_number(o, text, &v, why);
    if (st == NP_OK)
        *number_at(settings, o) = v;
    return st;
}

static np_status check_enum(const npi_option *o, int64_t v, npi_buf *why)
{
    const char *names = o->names, *word;
    size_t len;
    int64_t known;
    while (next_name(&names, &word, &len, &known))
        if (known == v)
            return NP_OK;
    npi_buf_printf(why, "%s %lld is unknown", o->name, (long long)v);
    put_names(o, why);
    return NP_ERR_INVALID;
}

np_status npi_option_set_i64(const npi_option *table, size_t count, void *settings,
                             const char *name, int64_t value, npi_buf *why)
{
    const npi_option *o = find(table, count, name);
    np_status st = o->type == NPI_OPTION_ENUM ? check_enum(o, value, why)
                                              : check_range(o, value, why);
    if (st == NP_OK)
        *number_at(settings, o) = value;
    return st;
}
