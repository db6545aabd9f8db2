/* SPDX-License-Identifier: MIT */
/*
 * Decides how wide a character is: as the locale says, one column where it does not know.
 */
#include "columns.h"

#include <string.h>
#include <wchar.h>

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
