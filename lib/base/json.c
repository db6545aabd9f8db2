/* SPDX-License-Identifier: MIT */
/*
 * Decides commas, line ends and escapes; what is said is the caller's.
 */
#include "base/json.h"

#include <string.h>

#include "base/utf8.h"

npi_json npi_json_into(npi_buf *out)
{
    return (npi_json){.out = out, .first = true};
}

static void new_line(npi_json *j)
{
    npi_buf_char(j->out, '\n');
    for (int i = 0; i < j->depth; i++)
        npi_buf_str(j->out, "  ");
}

/* What stands before every value: a comma, a line of its own, and the key. */
static void prepare(npi_json *j, const char *key)
{
    if (!j->first)
        npi_buf_char(j->out, ',');
    if (j->depth > 0)
        new_line(j);
    j->first = false;
    if (!key)
        return;
    npi_buf_char(j->out, '"');
    npi_buf_str(j->out, key);
    npi_buf_str(j->out, "\": ");
}

static void begin(npi_json *j, const char *key, char bracket)
{
    prepare(j, key);
    npi_buf_char(j->out, bracket);
    j->depth++;
    j->first = true;
}

static void end(npi_json *j, char bracket)
{
    j->depth--;
    if (!j->first)
        new_line(j);
    npi_buf_char(j->out, bracket);
    j->first = false;
}

void npi_json_object(npi_json *j, const char *key)
{
    begin(j, key, '{');
}

void npi_json_object_end(npi_json *j)
{
    end(j, '}');
}

void npi_json_array(npi_json *j, const char *key)
{
    begin(j, key, '[');
}

void npi_json_array_end(npi_json *j)
{
    end(j, ']');
}

/* Line separators are legal in JSON, yet not in every reader that takes JSON for script. */
static void put_escape(npi_buf *b, uint32_t c)
{
    static const char hex[] = "0123456789abcdef";
    char u[] = {'\\', 'u', hex[c >> 12 & 15], hex[c >> 8 & 15], hex[c >> 4 & 15], hex[c & 15], 0};
    switch (c) {
    case '"':
        npi_buf_str(b, "\\\"");
        return;
    case '\\':
        npi_buf_str(b, "\\\\");
        return;
    case '\n':
        npi_buf_str(b, "\\n");
        return;
    default:
        npi_buf_str(b, u);
    }
}

void npi_json_str(npi_json *j, const char *key, const char *text)
{
    if (!text) {
        npi_json_null(j, key);
        return;
    }
    prepare(j, key);
    npi_buf_char(j->out, '"');
    const uint8_t *p = (const uint8_t *)text;
    size_t len = strlen(text);
    while (len > 0) {
        uint32_t c = 0;
        size_t n = npi_utf8_decode(p, len, &c);
        if (n == 0) {
            npi_buf_str(j->out, "\xEF\xBF\xBD"); /* U+FFFD */
            n = 1;
        } else if (c < 0x20 || c == '"' || c == '\\' || (c >= 0x7F && c < 0xA0) ||
                   c == 0x2028 || c == 0x2029) {
            put_escape(j->out, c);
        } else {
            npi_buf_bytes(j->out, p, n);
        }
        p += n;
        len -= n;
    }
    npi_buf_char(j->out, '"');
}

void npi_json_u64(npi_json *j, const char *key, uint64_t v)
{
    prepare(j, key);
    npi_buf_u64(j->out, v);
}

void npi_json_i64(npi_json *j, const char *key, int64_t v)
{
    prepare(j, key);
    npi_buf_i64(j->out, v);
}

void npi_json_bool(npi_json *j, const char *key, bool v)
{
    prepare(j, key);
    npi_buf_str(j->out, v ? "true" : "false");
}

void npi_json_null(npi_json *j, const char *key)
{
    prepare(j, key);
    npi_buf_str(j->out, "null");
}

void npi_json_fixed(npi_json *j, const char *key, double v, int decimals)
{
    if (v != v || v - v != 0) {
        npi_json_null(j, key);
        return;
    }
    prepare(j, key);
    npi_buf_fixed(j->out, v, decimals);
}

void npi_json_text(npi_json *j, const char *key, const char *text)
{
    npi_json_str(j, key, text[0] ? text : NULL);
}

void npi_json_known(npi_json *j, const char *key, int64_t v)
{
    if (v < 0)
        npi_json_null(j, key);
    else
        npi_json_i64(j, key, v);
}
