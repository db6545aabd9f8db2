/* SPDX-License-Identifier: MIT */
/*
 * The words of the script language: lines, values, texts with variables, durations, and what is
 * said about them when they are wrong.
 */
#ifndef NPI_TALK_SCRIPT_LEX_H
#define NPI_TALK_SCRIPT_LEX_H

#include <stdarg.h>

#include "talk/script.h"

/* A piece of the file that is being read. */
typedef struct npi_piece {
    const char *at;
    size_t len;
} npi_piece;

typedef struct npi_cursor {
    npi_script *s;
    uint16_t file;
    const char *next, *text_end; /* the lines that follow */
    uint32_t line;
    const char *begin, *at, *end; /* this line, without its line end */
    bool faulty;                  /* something in this line was wrong: one message a line */
} npi_cursor;

/* Where something is wrong; `excerpt` is the line, `at` the place in it. */
typedef struct npi_place {
    uint16_t file;
    uint32_t line, column;
    npi_piece excerpt;
    const char *at;
} npi_place;

/* Keep one fault of a script. */
void npi_script_fault(npi_script *s, const npi_place *where, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/* The next line; false at the end. */
bool npi_cursor_line(npi_cursor *c);

/* Pass over blanks. True when nothing follows but a comment. */
bool npi_cursor_at_end(npi_cursor *c);

/* Say what is wrong at a place of this line. Returns false. */
bool npi_cursor_fault(npi_cursor *c, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Characters before `at`, from 1. */
uint32_t npi_cursor_column(const npi_cursor *c, const char *at);

/* Nothing may follow. */
bool npi_cursor_done(npi_cursor *c);

/* Non-blank octets; false with a message that names `what` when there are none. */
bool npi_cursor_word(npi_cursor *c, const char *what, npi_piece *out);

/* Whether the next word is this one; it is taken then. */
bool npi_cursor_take(npi_cursor *c, const char *word);

/* A word, string or pattern. */
bool npi_cursor_value(npi_cursor *c, const char *what, npi_value *out);

/* A word or string, as a text. */
bool npi_cursor_text(npi_cursor *c, const char *what, npi_template *out);

/* The rest of the line, or exactly one string. May be empty. */
bool npi_cursor_tail(npi_cursor *c, npi_template *out);

/* "<<END" and the lines up to END. */
bool npi_cursor_here(npi_cursor *c, npi_template *out);

/* "500ms", "10s", "2m". */
bool npi_cursor_duration(npi_cursor *c, int64_t *out);

/* A decimal number. */
bool npi_cursor_number(npi_cursor *c, const char *what, uint64_t *out);

/* The name of a variable, which this line uses or gives; -1 with a message. */
int32_t npi_cursor_variable(npi_cursor *c, npi_piece name, bool gives);

/* Octets in hexadecimal, ${x|hex} among them. */
bool npi_cursor_hex(npi_cursor *c, npi_template *out);

/* A copy for messages, NUL-terminated, cut and with '?' for what is not printable ASCII. */
const char *npi_piece_shown(npi_piece p, char out[64]);

bool npi_piece_is(npi_piece p, const char *word);

#endif
