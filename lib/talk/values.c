/* SPDX-License-Identifier: MIT */
#include "talk/values.h"

#include <string.h>

enum {
    VALUE_MAX = NPI_VALUE_MAX + 1, /* with its NUL */
    NAME_OCTETS = 256
};

void npi_values_init(npi_values *v, const npi_mem *mem)
{
    *v = (npi_values){.mem = mem};
}

void npi_values_free(npi_values *v)
{
    for (size_t i = 0; i < v->count; i++) {
        npi_buf_free(&v->values[i].name);
        npi_buf_free(&v->values[i].value);
    }
    for (size_t i = 0; i < v->form_count; i++)
        npi_buf_free(&v->forms[i].octets);
    npi_free(v->mem, v->values);
    npi_free(v->mem, v->forms);
    npi_values_init(v, v->mem);
}

static bool same(const npi_buf *b, const char *name, size_t len)
{
    return b->len == len && (len == 0 || memcmp(b->data, name, len) == 0);
}

static npi_named_value *find(const npi_values *v, const char *name, size_t len)
{
    for (size_t i = 0; i < v->count; i++)
        if (same(&v->values[i].name, name, len))
            return &v->values[i];
    return NULL;
}

static npi_named_value *make(npi_values *v, const char *name, size_t len)
{
    npi_named_value *n = find(v, name, len);
    if (n)
        return n;
    if (!npi_make_room(v->mem, &v->values, v->count, &v->room, sizeof *v->values))
        return NULL;
    n = &v->values[v->count];
    *n = (npi_named_value){.name = npi_buf_grow(v->mem, NAME_OCTETS),
                           .value = npi_buf_grow(v->mem, VALUE_MAX)};
    npi_buf_bytes(&n->name, name, len);
    if (n->name.nomem)
        return NULL;
    v->count++;
    return n;
}

/* ---- secrets ------------------------------------------------------------------------------ */

static bool add_form(npi_values *v, uint32_t value, const void *octets, size_t len)
{
    if (len == 0)
        return true;
    if (!npi_make_room(v->mem, &v->forms, v->form_count, &v->form_room, sizeof *v->forms))
        return false;
    npi_secret_form *f = &v->forms[v->form_count];
    *f = (npi_secret_form){npi_buf_grow(v->mem, 4 * VALUE_MAX), value};
    npi_buf_bytes(&f->octets, octets, len);
    if (f->octets.nomem)
        return false;
    v->form_count++;
    return true;
}

/* As sentences about what came show it. */
static bool add_escaped(npi_values *v, uint32_t index)
{
    const npi_buf *value = &v->values[index].value;
    npi_buf form = npi_buf_grow(v->mem, 4 * VALUE_MAX);
    npi_buf_escaped(&form, npi_buf_text(value), value->len);
    bool ok = !form.nomem && (same(value, npi_buf_text(&form), form.len) ||
                              add_form(v, index, form.data, form.len));
    npi_buf_free(&form);
    return ok;
}

/* The secret itself, and as each filter writes it. */
static bool add_forms(npi_values *v, uint32_t index)
{
    static const npi_value_filter filters[] = {NPI_FILTER_NONE, NPI_FILTER_BASE64, NPI_FILTER_HEX,
                                               NPI_FILTER_URL, NPI_FILTER_IMAP};
    const npi_buf *value = &v->values[index].value;
    bool ok = true;
    if (value->len == 0) /* the quotes around nothing are no secret */
        return true;
    for (size_t i = 0; ok && i < sizeof filters / sizeof *filters; i++) {
        npi_buf form = npi_buf_grow(v->mem, 4 * VALUE_MAX);
        if (npi_values_put_filtered(&form, value->data, value->len, filters[i]))
            ok = !form.nomem && add_form(v, index, form.data, form.len);
        npi_buf_free(&form);
    }
    return ok && add_escaped(v, index);
}

bool npi_values_add_form(npi_values *v, const void *octets, size_t len)
{
    uint32_t of = 0;
    while (of < v->count && !v->values[of].secret)
        of++;
    if (of == v->count) {
        const npi_named_value *n = make(v, "secret", strlen("secret"));
        if (!n)
            return false;
        of = (uint32_t)(n - v->values);
    }
    return add_form(v, of, octets, len);
}

bool npi_values_set(npi_values *v, const char *name, size_t name_len, const void *value, size_t len)
{
    npi_named_value *n = len <= NPI_VALUE_MAX ? make(v, name, name_len) : NULL;
    if (!n)
        return false;
    npi_buf_clear(&n->value);
    npi_buf_bytes(&n->value, value, len);
    n->set = true;
    if (n->value.nomem)
        return false;
    return !n->secret || add_forms(v, (uint32_t)(n - v->values));
}

bool npi_values_hide(npi_values *v, const char *name, size_t name_len)
{
    npi_named_value *n = make(v, name, name_len);
    if (!n)
        return false;
    if (n->secret)
        return true;
    n->secret = true;
    return !n->set || add_forms(v, (uint32_t)(n - v->values));
}

const npi_named_value *npi_values_get(const npi_values *v, const char *name, size_t name_len)
{
    const npi_named_value *n = find(v, name, name_len);
    return n && n->set ? n : NULL;
}

/* The longest form that stands at this place. */
static const npi_secret_form *form_at(const npi_values *v, const char *text, size_t len)
{
    const npi_secret_form *best = NULL;
    for (size_t i = 0; i < v->form_count; i++) {
        const npi_buf *f = &v->forms[i].octets;
        if (f->len <= len && memcmp(f->data, text, f->len) == 0 &&
            (!best || f->len > best->octets.len))
            best = &v->forms[i];
    }
    return best;
}

static void put_masked(const npi_values *v, npi_buf *out, const char *text, size_t len,
                       void (*put)(npi_buf *, const void *, size_t))
{
    const char *p = text, *end = p + len, *plain = p;
    while (p < end) {
        const npi_secret_form *f = form_at(v, p, (size_t)(end - p));
        if (!f) {
            p++;
            continue;
        }
        put(out, plain, (size_t)(p - plain));
        npi_buf_char(out, '<');
        npi_buf_str(out, npi_buf_text(&v->values[f->value].name));
        npi_buf_char(out, '>');
        p += f->octets.len;
        plain = p;
    }
    put(out, plain, (size_t)(end - plain));
}

void npi_values_put_masked(const npi_values *v, npi_buf *out, const void *text, size_t len)
{
    put_masked(v, out, text, len, npi_buf_escaped);
}

void npi_values_mask_escaped(const npi_values *v, npi_buf *out, const char *text)
{
    put_masked(v, out, text, strlen(text), npi_buf_bytes);
}

void npi_values_put_starred(const npi_values *v, npi_buf *out, const void *octets, size_t len)
{
    const char *p = octets, *end = p + len, *plain = p;
    while (p < end) {
        const npi_secret_form *f = form_at(v, p, (size_t)(end - p));
        if (!f) {
            p++;
            continue;
        }
        npi_buf_bytes(out, plain, (size_t)(p - plain));
        npi_buf_fill(out, '*', f->octets.len);
        p += f->octets.len;
        plain = p;
    }
    npi_buf_bytes(out, plain, (size_t)(end - plain));
}

/* ---- filters ------------------------------------------------------------------------------ */

bool npi_value_fits_line(const void *value, size_t len)
{
    const uint8_t *p = value;
    for (size_t i = 0; i < len; i++)
        if (p[i] == '\r' || p[i] == '\n' || p[i] == '\0' || p[i] == 0xff)
            return false;
    return true;
}

void npi_put_base64(npi_buf *out, const void *data, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *p = data;
    for (; len >= 3; p += 3, len -= 3) {
        uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        for (int shift = 18; shift >= 0; shift -= 6)
            npi_buf_char(out, digits[v >> shift & 63]);
    }
    if (len == 0)
        return;
    uint32_t v = (uint32_t)p[0] << 16 | (len == 2 ? (uint32_t)p[1] << 8 : 0);
    npi_buf_char(out, digits[v >> 18]);
    npi_buf_char(out, digits[v >> 12 & 63]);
    npi_buf_char(out, len == 2 ? digits[v >> 6 & 63] : '=');
    npi_buf_char(out, '=');
}

static void put_url(npi_buf *out, const uint8_t *p, size_t len)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (size_t i = 0; i < len; i++) {
        if (p[i] && strchr(safe, p[i]))
            npi_buf_char(out, (char)p[i]);
        else
            npi_buf_printf(out, "%%%02X", p[i]);
    }
}

/* RFC 9051 quoted string. */
static bool put_imap(npi_buf *out, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (p[i] == '\r' || p[i] == '\n' || p[i] == '\0' || p[i] > 0x7f)
            return false;
    npi_buf_char(out, '"');
    for (size_t i = 0; i < len; i++) {
        if (p[i] == '"' || p[i] == '\\')
            npi_buf_char(out, '\\');
        npi_buf_char(out, (char)p[i]);
    }
    npi_buf_char(out, '"');
    return true;
}

/* RFC 4514: what would part a name. */
static void put_dn(npi_buf *out, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (strchr("\"+,;<>\\=#", p[i]) || p[i] < ' ' || (p[i] == ' ' && (i == 0 || i + 1 == len)))
            npi_buf_printf(out, "\\%02X", p[i]);
        else
            npi_buf_char(out, (char)p[i]);
    }
}

bool npi_values_put_filtered(npi_buf *out, const void *value, size_t len, npi_value_filter filter)
{
    const uint8_t *p = value;
    switch (filter) {
    case NPI_FILTER_BASE64:
        npi_put_base64(out, p, len);
        return true;
    case NPI_FILTER_HEX:
        for (size_t i = 0; i < len; i++)
            npi_buf_printf(out, "%02x", p[i]);
        return true;
    case NPI_FILTER_URL:
        put_url(out, p, len);
        return true;
    case NPI_FILTER_IMAP:
        return put_imap(out, p, len);
    case NPI_FILTER_DN:
        put_dn(out, p, len);
        return true;
    case NPI_FILTER_REDIS: /* a bulk string */
        npi_buf_printf(out, "$%zu\r\n", len);
        npi_buf_bytes(out, p, len);
        npi_buf_str(out, "\r\n");
        return true;
    case NPI_FILTER_NONE:
    case NPI_FILTER_OCTETS:
        npi_buf_bytes(out, p, len);
        return true;
    }
    return false;
}
