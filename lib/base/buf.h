/* SPDX-License-Identifier: MIT */
/*
 * Builder: the one way to put octets or text together. A buffer either grows through an npi_mem
 * up to a maximum given at birth, or lives in an array of the caller's.
 *
 * Text is always NUL-terminated (the NUL is not counted in len). What does not fit is cut at a
 * UTF-8 boundary and sets `cut`; memory that cannot be had sets `nomem`, and nothing is added
 * any more. So a writer writes straight through and asks once.
 */
#ifndef NPI_BASE_BUF_H
#define NPI_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

typedef struct npi_buf {
    const npi_mem *mem; /* NULL: fixed array */
    char *data;
    size_t len;
    size_t size; /* octets that data has room for, the NUL among them */
    size_t max;  /* size never exceeds this */
    bool cut;
    bool nomem;
} npi_buf;

/* A growing buffer; nothing is allocated before the first octet. `mem` must outlive it. */
npi_buf npi_buf_grow(const npi_mem *mem, size_t max);

/* A buffer in the caller's array of `size` octets (at least 1). Starts empty and terminated. */
npi_buf npi_buf_in(char *array, size_t size);

void npi_buf_free(npi_buf *b);

/* Empty again; keeps memory, clears cut and nomem. */
void npi_buf_clear(npi_buf *b);

/* The text so far, "" when nothing was allocated. Never NULL. */
const char *npi_buf_text(const npi_buf *b);

void npi_buf_bytes(npi_buf *b, const void *data, size_t len); /* octets as they are */
void npi_buf_str(npi_buf *b, const char *text);               /* NULL adds nothing */
void npi_buf_char(npi_buf *b, char c);
void npi_buf_fill(npi_buf *b, uint8_t octet, size_t n);       /* n times the same octet */
void npi_buf_u8(npi_buf *b, uint8_t v);
void npi_buf_be16(npi_buf *b, uint16_t v);
void npi_buf_be32(npi_buf *b, uint32_t v);
void npi_buf_u64(npi_buf *b, uint64_t v); /* decimal */
void npi_buf_i64(npi_buf *b, int64_t v);  /* decimal */

/*
 * printf for %s %d %u %zu %x %c %lld and kin. No floating point: that follows the locale. One
 * call adds at most 1,022 octets; a longer text is cut. Texts of any length: npi_buf_str.
 */
void npi_buf_printf(npi_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void npi_buf_vprintf(npi_buf *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/*
 * A floating-point number with 0 to 9 decimals, rounded half away from zero, always with '.',
 * whatever the locale. Not finite: "nan". Beyond +-9e15 it is written without decimals; beyond
 * +-1.8e19 as the largest 64-bit number.
 */
void npi_buf_fixed(npi_buf *b, double v, int decimals);

/*
 * Text of a peer made harmless for terminals and logs: C0, DEL, C1, invalid UTF-8 octets,
 * bidi controls (U+061C, U+200E, U+200F, U+202A-202E, U+2066-2069), line and paragraph
 * separators (U+2028, U+2029) become \xHH an octet, backslash becomes \\. Idempotence is not
 * promised; output never holds a control octet and is valid UTF-8.
 */
void npi_buf_escaped(npi_buf *b, const void *text, size_t len);

/* A duration as people write it, with its unit: "500ms", "2s", "1h", "1.5ms", "3600s" is "1h". */
void npi_buf_duration(npi_buf *b, int64_t ns);

#endif
