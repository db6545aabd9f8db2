/* SPDX-License-Identifier: MIT */
/*
 * Scripts as tests parse them: from a copy of just its size, and what was told of them.
 */
#ifndef TESTS_UNIT_SCRIPTS_H
#define TESTS_UNIT_SCRIPTS_H

#include "../check.h"
#include "config.h"
#include "hex.h"
#include "netprobe/talk.h"
#include "talk/script.h"

#ifdef HAVE_PCRE2
enum { HAS_PATTERNS = 1 };
#else
enum { HAS_PATTERNS = 0 };
#endif

#define P "protocol smtp\n"
#define COUNT(array) (sizeof(array) / sizeof *(array))

static inline npi_script *parse_octets(const void *text, size_t len)
{
    char *copy = (char *)exact_copy(text, len); /* so that a sanitizer sees every step past */
    npi_script *s = np_script_parse(copy, len, "t");
    free(copy);
    assert_non_null(s);
    return s;
}

static inline npi_script *parse(const char *text)
{
    return parse_octets(text, strlen(text));
}

static inline void check_errors_of(npi_script *s, const char *expected)
{
    static char text[20000];
    npi_buf b = npi_buf_in(text, sizeof text);
    for (int i = 0; i < np_script_error_count(s); i++) {
        npi_buf_str(&b, i > 0 ? "\n" : "");
        npi_buf_str(&b, np_script_get_error(s, i));
    }
    assert_string_equal(text, expected);
    assert_int_equal(np_script_status(s), *expected ? NP_ERR_INVALID : NP_OK);
    np_script_free(s);
}

static inline void check_errors(const char *script, const char *expected)
{
    check_errors_of(parse(script), expected);
}

typedef struct row {
    const char *script, *errors;
} row;

static inline void check_rows(const row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_errors(rows[i].script, rows[i].errors);
}

/* A text as it was written, but for its escapes; filters as their numbers. */
static inline const char *shown(const npi_script *s, npi_template t)
{
    static char text[2000];
    npi_buf b = npi_buf_in(text, sizeof text);
    for (uint32_t i = 0; i < t.count; i++) {
        const npi_part *p = &s->parts[t.first + i];
        npi_span span = p->name < 0 ? p->literal : s->variables[p->name].name;
        npi_buf_str(&b, p->name < 0 ? "" : "{");
        npi_buf_escaped(&b, npi_script_at(s, span), span.len);
        if (p->name >= 0)
            npi_buf_printf(&b, "|%d}", p->filter);
    }
    return text;
}

/* A script whose last step is this line. */
static inline npi_script *parse_line(const char *line)
{
    char text[2000];
    npi_buf b = npi_buf_in(text, sizeof text);
    npi_buf_printf(&b, "protocol raw\n%s\n", line);
    npi_script *s = parse(text);
    assert_string_equal(np_script_error(s), "");
    assert_int_equal(np_script_status(s), NP_OK);
    assert_true(s->step_count > 1);
    assert_int_equal(s->steps[s->step_count - 1].line, 2);
    return s;
}

static inline const npi_script_step *last(const npi_script *s)
{
    return &s->steps[s->step_count - 1];
}

#endif
