/* SPDX-License-Identifier: MIT */
/*
 * Decides where a word ends and what is a variable in it.
 */
#include "talk/script_lex.h"

#include <string.h>

#include "base/text.h"

enum { EXCERPT_MAX = 200, LONGEST_DURATION = 24 };

/* ---- lines and messages ------------------------------------------------------------------- */

bool npi_cursor_line(npi_cursor *c)
{
    if (c->next >= c->text_end)
        return false;
    const char *lf = memchr(c->next, '\n', (size_t)(c->text_end - c->next));
    c->begin = c->at = c->next;
    c->end = lf ? lf : c->text_end;
    c->next = lf ? lf + 1 : c->text_end;
    if (c->end > c->begin && c->end[-1] == '\r')
        c->end--;
    c->line++;
    c->faulty = false;
    return true;
}

static bool is_blank(char ch)
{
    return ch == ' ' || ch == '\t';
}

static void skip_blanks(npi_cursor *c)
{
    while (c->at < c->end && is_blank(*c->at))
        c->at++;
}

bool npi_cursor_at_end(npi_cursor *c)
{
    skip_blanks(c);
    return c->at == c->end || *c->at == '#';
}

uint32_t npi_cursor_column(const npi_cursor *c, const char *at)
{
    uint32_t column = 1;
    for (const char *p = c->begin; p < at && p < c->end; p++)
        column += ((unsigned char)*p & 0xc0) != 0x80; /* octets that begin a character */
    return column;
}

/* The line, and a caret below the place. */
static void put_excerpt(npi_buf *b, npi_piece line, const char *at)
{
    size_t len = line.len < EXCERPT_MAX ? line.len : EXCERPT_MAX;
    if (len > 0) {
        npi_buf_str(b, "    ");
        npi_buf_escaped(b, line.at, len);
        npi_buf_str(b, "\n    ");
        for (const char *p = line.at; p < at && p < line.at + len; p++)
            if (((unsigned char)*p & 0xc0) != 0x80)
                npi_buf_char(b, *p == '\t' ? '\t' : ' ');
        npi_buf_str(b, "^\n");
    }
    npi_buf_char(b, '\0');
}

void npi_script_fault(npi_script *s, const npi_place *where, const char *format, va_list args)
{
    if (s->status == NP_OK)
        s->status = NP_ERR_INVALID;
    if (s->fault_count == NPI_SCRIPT_FAULTS)
        return;
    if (!npi_make_room(&s->mem, &s->faults, s->fault_count, &s->fault_room, sizeof *s->faults)) {
        s->status = NP_ERR_NOMEM;
        return;
    }
    npi_script_error *f = &s->faults[s->fault_count++];
    npi_span file = s->files[where->file];
    f->file = where->file;
    f->line = where->line;
    f->at = (uint32_t)s->errors.len;
    npi_buf_escaped(&s->errors, npi_script_at(s, file), file.len);
    npi_buf_printf(&s->errors, ":%u:%u: ", where->line, where->column);
    npi_buf_vprintf(&s->errors, format, args);
    npi_buf_char(&s->errors, '\0');
    f->excerpt = (uint32_t)s->errors.len;
    put_excerpt(&s->errors, where->excerpt, where->at);
    if (s->errors.nomem)
        s->status = NP_ERR_NOMEM;
}

bool npi_cursor_fault(npi_cursor *c, const char *at, const char *format, ...)
{
    npi_place where = {
        c->file, c->line, npi_cursor_column(c, at), {c->begin, (size_t)(c->end - c->begin)}, at};
    va_list args;
    if (c->faulty)
        return false;
    c->faulty = true;
    va_start(args, format);
    npi_script_fault(c->s, &where, format, args);
    va_end(args);
    return false;
}

const char *npi_piece_shown(npi_piece p, char out[64])
{
    size_t n = 0;
    for (; n < p.len && n < 63; n++)
        out[n] = p.at[n] >= ' ' && p.at[n] <= '~' ? p.at[n] : '?';
    out[n] = '\0';
    return out;
}

bool npi_piece_is(npi_piece p, const char *word)
{
    return strlen(word) == p.len && memcmp(p.at, word, p.len) == 0;
}

bool npi_cursor_done(npi_cursor *c)
{
    char shown[64];
    if (npi_cursor_at_end(c))
        return true;
    return npi_cursor_fault(c, c->at, "'%s' is too much here",
                            npi_piece_shown((npi_piece){c->at, (size_t)(c->end - c->at)}, shown));
}

/* ---- variables in a text ------------------------------------------------------------------ */

static bool is_name_char(char ch, bool first)
{
    bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_';
    return letter || (!first && ch >= '0' && ch <= '9');
}

/* Whether so many new names have room. */
static bool has_room(npi_cursor *c, const char *at, size_t names)
{
    return c->s->variable_count + names <= NPI_SCRIPT_VARIABLES ||
           npi_cursor_fault(c, at, "more than %d variables", NPI_SCRIPT_VARIABLES);
}

int32_t npi_cursor_variable(npi_cursor *c, npi_piece name, bool gives)
{
    char shown[64];
    for (size_t i = 0; i < name.len || i == 0; i++)
        if (i == name.len || !is_name_char(name.at[i], i == 0)) {
            npi_cursor_fault(c, name.at,
                             "'%s' is not a name: a letter or _, then letters, digits, _",
                             npi_piece_shown(name, shown));
            return -1;
        }
    if (name.len > NPI_SCRIPT_NAME) {
        npi_cursor_fault(c, name.at, "a name has at most %d letters", NPI_SCRIPT_NAME);
        return -1;
    }
    int32_t v = npi_script_find_variable(c->s, name.at, name.len);
    if (v < 0 && has_room(c, name.at, 1))
        v = npi_script_variable(c->s, name.at, name.len);
    if (v < 0)
        return -1;
    npi_variable *var = &c->s->variables[v];
    if (gives) {
        var->given = true;
    } else if (var->line == 0) {
        var->file = c->file;
        var->line = c->line;
        var->column = npi_cursor_column(c, name.at);
    }
    return v;
}

static bool filter_of(npi_cursor *c, npi_piece word, uint8_t *out)
{
    static const char *const names[] = {"base64", "hex", "url", "imap", "redis", "dn"};
    char shown[64];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (npi_piece_is(word, names[i])) {
            *out = (uint8_t)(NPI_FILTER_BASE64 + i);
            return true;
        }
    return npi_cursor_fault(c, word.at, "'%s' is not a filter: base64, hex, url, imap, redis or dn",
                            npi_piece_shown(word, shown));
}

/* "${name|filter}" at c->at. */
static bool take_variable(npi_cursor *c, npi_part *out)
{
    const char *begin = c->at + 2, *p = begin;
    while (p < c->end && is_name_char(*p, p == begin))
        p++;
    npi_piece name = {begin, (size_t)(p - begin)}, filter = {p, 0};
    if (p < c->end && *p == '|') {
        filter.at = ++p;
        while (p < c->end && is_name_char(*p, false))
            p++;
        filter.len = (size_t)(p - filter.at);
    }
    if (p == c->end || *p != '}')
        return npi_cursor_fault(c, c->at,
                                "this '${' has no '}' behind its name; write '$${' for the "
                                "two characters themselves");
    *out = (npi_part){.name = npi_cursor_variable(c, name, false)};
    if (out->name < 0 || (filter.at != name.at + name.len && !filter_of(c, filter, &out->filter)))
        return false;
    c->at = p + 1;
    return true;
}

/* A text while it is read: literal octets gather in the script, and end where a variable begins. */
typedef struct builder {
    npi_template t;
    size_t literal; /* where the open literal begins */
} builder;

static builder begin_text(npi_cursor *c)
{
    return (builder){{(uint32_t)c->s->part_count, 0}, c->s->text.len};
}

static bool end_literal(npi_cursor *c, builder *b)
{
    npi_script *s = c->s;
    npi_part p = {.literal = {(uint32_t)b->literal, (uint32_t)(s->text.len - b->literal)},
                  .name = -1};
    if (p.literal.len == 0)
        return true;
    b->t.count++;
    return npi_script_add_part(s, &p);
}

static bool add_variable(npi_cursor *c, builder *b)
{
    npi_part p;
    if (!end_literal(c, b) || !take_variable(c, &p) || !npi_script_add_part(c->s, &p))
        return false;
    b->t.count++;
    b->literal = c->s->text.len;
    return true;
}

static bool end_text(npi_cursor *c, builder *b, npi_template *out)
{
    if (!end_literal(c, b))
        return false;
    if (c->s->text.nomem || c->s->text.cut) {
        c->s->status = NP_ERR_NOMEM;
        return false;
    }
    *out = b->t;
    return true;
}

static bool at_variable(const npi_cursor *c)
{
    return c->end - c->at >= 2 && c->at[0] == '$' && c->at[1] == '{';
}

/* One character of a text, or a variable. */
static bool take_char(npi_cursor *c, builder *b)
{
    if (at_variable(c))
        return add_variable(c, b);
    if (c->end - c->at >= 3 && memcmp(c->at, "$${", 3) == 0)
        c->at++; /* of "$${" the first is dropped */
    npi_buf_char(&c->s->text, *c->at++);
    if (c->at < c->end && c->at[-1] == '$' && *c->at == '{') /* its brace belongs to the literal */
        npi_buf_char(&c->s->text, *c->at++);
    return true;
}

/* ---- words, strings, patterns ------------------------------------------------------------- */

bool npi_cursor_word(npi_cursor *c, const char *what, npi_piece *out)
{
    if (npi_cursor_at_end(c))
        return npi_cursor_fault(c, c->at, "%s is missing here", what);
    out->at = c->at;
    while (c->at < c->end && !is_blank(*c->at))
        c->at++;
    out->len = (size_t)(c->at - out->at);
    return true;
}

bool npi_cursor_take(npi_cursor *c, const char *word)
{
    size_t len = strlen(word);
    skip_blanks(c);
    if ((size_t)(c->end - c->at) < len || memcmp(c->at, word, len) != 0)
        return false;
    if (c->at + len < c->end && !is_blank(c->at[len]))
        return false;
    c->at += len;
    return true;
}

/* Behind a backslash. */
static bool take_escape(npi_cursor *c)
{
    static const char letters[] = "rnt0\"\\", octets[] = "\r\n\t\0\"\\";
    const char *slash = c->at++;
    const char *which = c->at < c->end && *c->at ? strchr(letters, *c->at) : NULL;
    if (which) {
        npi_buf_char(&c->s->text, octets[which - letters]);
        c->at++;
        return true;
    }
    if (c->end - c->at >= 3 && *c->at == 'x' && npi_hex_digit(c->at[1]) >= 0 &&
        npi_hex_digit(c->at[2]) >= 0) {
        npi_buf_char(&c->s->text, (char)(npi_hex_digit(c->at[1]) << 4 | npi_hex_digit(c->at[2])));
        c->at += 3;
        return true;
    }
    return npi_cursor_fault(c, slash, "unknown escape: \\r \\n \\t \\0 \\\" \\\\ or \\xHH");
}

static bool take_string(npi_cursor *c, npi_template *out)
{
    const char *quote = c->at++;
    builder b = begin_text(c);
    while (c->at < c->end && *c->at != '"')
        if (*c->at == '\\' ? !take_escape(c) : !take_char(c, &b))
            return false;
    if (c->at == c->end)
        return npi_cursor_fault(c, quote, "this string has no closing '\"'");
    c->at++;
    return end_text(c, &b, out);
}

static bool take_bare(npi_cursor *c, npi_template *out)
{
    builder b = begin_text(c);
    while (c->at < c->end && !is_blank(*c->at))
        if (!take_char(c, &b))
            return false;
    return end_text(c, &b, out);
}

bool npi_cursor_text(npi_cursor *c, const char *what, npi_template *out)
{
    if (npi_cursor_at_end(c))
        return npi_cursor_fault(c, c->at, "%s is missing here", what);
    return *c->at == '"' ? take_string(c, out) : take_bare(c, out);
}

/* Names of groups become variables. */
static bool keep_pattern(npi_cursor *c, const char *at, npi_pattern *p, npi_value *out)
{
    npi_script *s = c->s;
    if (!npi_make_room(&s->mem, &s->patterns, s->pattern_count, &s->pattern_room,
                       sizeof *s->patterns)) {
        npi_pattern_free(p);
        s->status = NP_ERR_NOMEM;
        return false;
    }
    out->pattern = (uint32_t)s->pattern_count;
    s->patterns[s->pattern_count++] = p;
    if (!has_room(c, at, (size_t)npi_pattern_name_count(p)))
        return false;
    for (int i = 0; i < npi_pattern_name_count(p); i++) {
        const char *name = npi_pattern_name(p, i);
        int32_t v = npi_script_variable(s, name, strlen(name));
        if (v < 0)
            return false;
        s->variables[v].given = true;
    }
    return true;
}

static bool take_pattern(npi_cursor *c, npi_value *out)
{
    const char *slash = c->at++, *begin = c->at;
    char sentence[160];
    size_t offset;
    npi_buf why = npi_buf_in(sentence, sizeof sentence);
    while (c->at < c->end && *c->at != '/')
        c->at += *c->at == '\\' && c->end - c->at > 1 ? 2 : 1;
    if (c->at >= c->end)
        return npi_cursor_fault(c, slash, "this pattern has no closing '/'");
    size_t len = (size_t)(c->at++ - begin);
    bool ignore_case = c->at < c->end && *c->at == 'i';
    c->at += ignore_case;
    if (c->at < c->end && !is_blank(*c->at))
        return npi_cursor_fault(c, c->at, "only 'i' may follow the closing '/'");
    npi_pattern *p = npi_pattern_new(&c->s->mem, begin, len, ignore_case, &why, &offset);
    if (!p && !why.len) {
        c->s->status = NP_ERR_NOMEM;
        return false;
    }
    if (!p)
        return npi_cursor_fault(c, begin + offset, "%s", npi_buf_text(&why));
    out->kind = NPI_VALUE_PATTERN;
    return keep_pattern(c, slash, p, out);
}

bool npi_cursor_value(npi_cursor *c, const char *what, npi_value *out)
{
    *out = (npi_value){.kind = NPI_VALUE_WORD};
    if (npi_cursor_at_end(c))
        return npi_cursor_fault(c, c->at, "%s is missing here", what);
    if (*c->at == '/')
        return take_pattern(c, out);
    out->kind = *c->at == '"' ? NPI_VALUE_STRING : NPI_VALUE_WORD;
    return npi_cursor_text(c, what, &out->text);
}

/* ---- rests of lines, here-texts ----------------------------------------------------------- */

/* Whether exactly one string is left. */
static bool is_one_string(const npi_cursor *c)
{
    const char *p = c->at + 1;
    while (p < c->end && *p != '"')
        p += *p == '\\' && c->end - p > 1 ? 2 : 1;
    for (p++; p < c->end; p++)
        if (!is_blank(*p))
            return *p == '#' && is_blank(p[-1]);
    return p >= c->end;
}

bool npi_cursor_tail(npi_cursor *c, npi_template *out)
{
    skip_blanks(c);
    const char *end = c->end;
    if (c->at < c->end && *c->at == '"' && is_one_string(c))
        return take_string(c, out) && npi_cursor_done(c);
    while (c->end > c->at && is_blank(c->end[-1]))
        c->end--;
    builder b = begin_text(c);
    bool ok = true;
    while (ok && c->at < c->end) {
        if (*c->at == '#' && c->at > c->begin && is_blank(c->at[-1])) {
            c->end = end;
            return npi_cursor_fault(c, c->at,
                                    "'#' here would be sent to the server: put the comment "
                                    "on a line of its own, or quote the text");
        }
        ok = take_char(c, &b);
    }
    c->end = end;
    if (ok)
        c->at = end;
    return ok && end_text(c, &b, out);
}

bool npi_cursor_here(npi_cursor *c, npi_template *out)
{
    npi_piece mark;
    if (npi_cursor_at_end(c) || c->end - c->at < 3 || memcmp(c->at, "<<", 2) != 0)
        return npi_cursor_fault(c, c->at,
                                "a text is missing here: '<<END', its lines, and a line END");
    const char *opening = c->at;
    c->at += 2;
    if (!npi_cursor_word(c, "the word that ends the text", &mark) || !npi_cursor_done(c))
        return false;
    npi_cursor first = *c;
    builder b = begin_text(c);
    bool ok = true; /* what is wrong in it does not make steps of the lines that follow */
    while (npi_cursor_line(c)) {
        if ((size_t)(c->end - c->begin) == mark.len && memcmp(c->begin, mark.at, mark.len) == 0)
            return ok && end_text(c, &b, out);
        bool good = true;
        while (good && c->at < c->end)
            good = take_char(c, &b);
        npi_buf_char(&c->s->text, '\n');
        ok = ok && good;
    }
    return npi_cursor_fault(&first, opening, "the line that ends this text never comes");
}

/* ---- numbers ------------------------------------------------------------------------------ */

bool npi_cursor_duration(npi_cursor *c, int64_t *out)
{
    npi_piece word;
    char shown[64], text[LONGEST_DURATION] = "";
    if (!npi_cursor_word(c, "a time as 500ms, 10s or 2m", &word))
        return false;
    if (word.len < sizeof text)
        memcpy(text, word.at, word.len);
    bool unit = word.len > 1 && (word.at[word.len - 1] == 's' || word.at[word.len - 1] == 'm');
    bool exotic = word.len > 2 && (word.at[word.len - 2] == 'n' || word.at[word.len - 2] == 'u');
    if (!text[0] || text[0] == '-' || !unit || exotic ||
        npi_parse_duration(text, out) != NPI_PARSE_OK)
        return npi_cursor_fault(c, word.at, "'%s' is not a duration (write 500ms, 10s or 2m)",
                                npi_piece_shown(word, shown));
    return true;
}

bool npi_cursor_number(npi_cursor *c, const char *what, uint64_t *out)
{
    npi_piece word;
    char shown[64], text[LONGEST_DURATION] = "";
    if (!npi_cursor_word(c, what, &word))
        return false;
    if (word.len < sizeof text)
        memcpy(text, word.at, word.len);
    if (npi_parse_u64(text, out) != NPI_PARSE_OK)
        return npi_cursor_fault(c, word.at, "'%s' is not a number", npi_piece_shown(word, shown));
    return true;
}

static bool take_hex_word(npi_cursor *c, builder *b)
{
    npi_part p;
    if (at_variable(c)) {
        if (!end_literal(c, b) || !take_variable(c, &p))
            return false;
        if (p.filter != NPI_FILTER_HEX)
            return npi_cursor_fault(c, c->at, "octets of a variable are ${name|hex} here");
        p.filter = NPI_FILTER_OCTETS;
        b->t.count++;
        bool ok = npi_script_add_part(c->s, &p);
        b->literal = c->s->text.len;
        return ok;
    }
    if (c->end - c->at < 2 || npi_hex_digit(c->at[0]) < 0 || npi_hex_digit(c->at[1]) < 0)
        return npi_cursor_fault(c, c->at, "octets are two hexadecimal digits each, as '0d 0a'");
    npi_buf_char(&c->s->text, (char)(npi_hex_digit(c->at[0]) << 4 | npi_hex_digit(c->at[1])));
    c->at += 2;
    return true;
}

bool npi_cursor_hex(npi_cursor *c, npi_template *out)
{
    builder b = begin_text(c);
    if (npi_cursor_at_end(c))
        return npi_cursor_fault(c, c->at, "octets are missing here, as '0d 0a'");
    while (!npi_cursor_at_end(c))
        if (!take_hex_word(c, &b))
            return false;
    return end_text(c, &b, out);
}
