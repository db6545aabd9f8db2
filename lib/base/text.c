/* SPDX-License-Identifier: MIT */
/*
 * Decides what counts as a number and as a duration. Ranges are the options' affair.
 */
#include "base/text.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

npi_parse npi_parse_u64(const char *text, uint64_t *out)
{
    uint64_t v = 0;
    bool over = false;
    if (!is_digit(*text))
        return NPI_PARSE_SYNTAX;
    for (; is_digit(*text); text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        over = over || v > (UINT64_MAX - digit) / 10;
        v = v * 10 + digit;
    }
    if (*text)
        return NPI_PARSE_SYNTAX;
    if (over)
        return NPI_PARSE_OVERFLOW;
    *out = v;
    return NPI_PARSE_OK;
}

npi_parse npi_parse_i64(const char *text, int64_t *out)
{
    bool minus = *text == '-';
    uint64_t v;
    npi_parse p = npi_parse_u64(text + minus, &v);
    if (p != NPI_PARSE_OK)
        return p;
    if (v > (uint64_t)INT64_MAX + minus)
        return NPI_PARSE_OVERFLOW;
    *out = minus ? (int64_t)(0 - v) : (int64_t)v;
    return NPI_PARSE_OK;
}

/* Nanoseconds of a unit's name, 0 when it is none. */
static int64_t unit_ns(const char *unit)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"ns", 1},
                 {"us", INT64_C(1000)},
                 {"ms", INT64_C(1000000)},
                 {"s", INT64_C(1000000000)},
                 {"m", INT64_C(60000000000)},
                 {"h", INT64_C(3600000000000)}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(units[i].name, unit) == 0)
            return units[i].ns;
    return 0;
}

/*
 * The digits behind the point, as nanoseconds of a unit; what is below 1 ns is dropped. From the
 * last digit to the first: so the rest that each division drops never adds up to a nanosecond.
 */
static int64_t fraction(const char *digits, int64_t unit)
{
    int64_t ns = 0;
    for (size_t i = strspn(digits, "0123456789"); i-- > 0;)
        ns = (unit * (digits[i] - '0') + ns) / 10;
    return ns;
}

npi_parse npi_parse_duration(const char *text, int64_t *out_ns)
{
    const char *p = text;
    int64_t whole = 0;
    bool over = false;
    if (!is_digit(*p))
        return NPI_PARSE_SYNTAX;
    for (; is_digit(*p); p++) {
        over = over || whole > (INT64_MAX - 9) / 10;
        whole = over ? whole : whole * 10 + (*p - '0');
    }
    const char *unit = p;
    if (*unit == '.')
        unit += 1 + strspn(unit + 1, "0123456789");
    if (!*unit) {
        *out_ns = 0;
        return strspn(text, "0.") == strlen(text) ? NPI_PARSE_OK : NPI_PARSE_UNIT;
    }
    int64_t ns = unit_ns(unit);
    if (ns == 0 || (*p == '.' && !is_digit(p[1])))
        return NPI_PARSE_SYNTAX;
    if (over || whole > INT64_MAX / ns - 1)
        return NPI_PARSE_OVERFLOW;
    *out_ns = whole * ns;
    if (*p == '.')
        *out_ns += fraction(p + 1, ns);
    return NPI_PARSE_OK;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool npi_text_same(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

int npi_hex_digit(char ch)
{
    if (ch >= '0' && ch <= '9')
        return ch - '0';
    ch |= 0x20;
    return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

enum { NAME_MAX_OCTETS = 63 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned npi_text_distance(const char *a, const char *b, unsigned limit)
{
    size_t m = strlen(a), n = strlen(b);
    unsigned rows[3][NAME_MAX_OCTETS + 1]; /* two rows back, one row back, this one */
    if (m > NAME_MAX_OCTETS || n > NAME_MAX_OCTETS)
        return limit + 1;
    for (size_t j = 0; j <= n; j++)
        rows[1][j] = (unsigned)j;
    for (size_t i = 1; i <= m; i++) {
        unsigned *now = rows[2];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= n; j++) {
            unsigned same = a[i - 1] == b[j - 1] ? 0 : 1;
            now[j] = least(rows[1][j - 1] + same, least(rows[1][j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], rows[0][j - 2] + 1);
        }
        memcpy(rows[0], rows[1], sizeof rows[0]);
        memcpy(rows[1], rows[2], sizeof rows[1]);
    }
    return least(rows[1][n], limit + 1);
}
