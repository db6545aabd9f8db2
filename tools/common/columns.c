/* SPDX-License-Identifier: MIT */
/*
 * Decides how wide a character is: as the locale says, one column where it does not know.
 */
#include "columns.h"

#include <stdbool.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

/* The next character: its octets, and the columns it takes. */
static size_t next(const char *text, mbstate_t *state, size_t *width)
{
    wchar_t c;
    size_t n = mbrtowc(&c, text, strlen(text), state);
    *width = 1;
    if (n == (size_t)-1 || n == (size_t)-2) {
        memset(state, 0, sizeof *state);
        return 1;
    }
    int w = wcwidth(c);
    if (w >= 0)
        *width = (size_t)w;
    return n ? n : 1;
}

size_t columns_of(const char *text)
{
    mbstate_t state = {0};
    size_t columns = 0, width;
    for (; *text; columns += width)
        text += next(text, &state, &width);
    return columns;
}

void columns_put(FILE *out, const char *text, size_t least, size_t most)
{
    mbstate_t state = {0};
    size_t columns = 0, width;
    while (*text) {
        size_t n = next(text, &state, &width);
        if (columns + width > most)
            break;
        fwrite(text, 1, n, out);
        columns += width;
        text += n;
    }
    for (; columns < least; columns++)
        putc(' ', out);
}

/* What would turn the text around it, or part lines, although the locale calls it printable. */
static bool is_trap(wchar_t c)
{
    return c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

void columns_printable(const char *text, size_t len, char *out, size_t size)
{
    mbstate_t state = {0};
    size_t used = 0;
    while (len > 0 && used + 1 < size) {
        wchar_t c;
        size_t n = mbrtowc(&c, text, len, &state);
        bool good = n > 0 && n <= len && iswprint((wint_t)c) && !is_trap(c);
        if (n == 0 || n > len) {
            memset(&state, 0, sizeof state);
            n = 1;
        }
        if (good && used + n < size) {
            memcpy(out + used, text, n);
            used += n;
        } else {
            out[used++] = '?';
        }
        text += n;
        len -= n;
    }
    out[used] = '\0';
}
