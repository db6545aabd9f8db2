/* SPDX-License-Identifier: MIT */
/*
 * Decides what a script means: one verb a line, blocks that nest, variables that somebody gives.
 * Everything that is wrong is told at once, each with its line and column.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "talk/script_inside.h"

enum {
    STEPS_MAX = 10000,
    PATH_OCTETS = 4096,
    FAR = 2 /* letters by which a misspelt name may differ */
};

static bool parse_file(npi_parser *p);

static npi_script_step *add_step(npi_parser *p, npi_verb verb)
{
    npi_script *s = p->c.s;
    npi_script_step *step;
    if (s->step_count == STEPS_MAX) {
        npi_cursor_fault(&p->c, p->c.begin, "more than %d steps", STEPS_MAX);
        return NULL;
    }
    step = npi_script_add(s, verb);
    if (!step)
        return NULL;
    step->file = p->c.file;
    step->line = p->c.line;
    step->column = npi_cursor_column(&p->c, p->line_begin);
    step->source = npi_script_keep(s, p->line_begin, (size_t)(p->c.end - p->line_begin));
    return s->status == NP_ERR_NOMEM ? NULL : step;
}

npi_script_step *npi_parser_last(npi_parser *p)
{
    return &p->c.s->steps[p->c.s->step_count - 1];
}

/* ---- blocks ------------------------------------------------------------------------------- */

static bool open_block(npi_parser *p, npi_verb verb)
{
    if (p->around + p->open == NPI_NEST_MAX) {
        p->too_deep++;
        return npi_cursor_fault(&p->c, p->line_begin, "blocks lie in each other more than %d deep",
                                NPI_NEST_MAX);
    }
    p->blocks[p->open++] = (npi_block){(uint32_t)p->c.s->step_count - 1, p->c.line,
                                       npi_cursor_column(&p->c, p->line_begin), verb};
    return true;
}

static bool parse_if(npi_parser *p)
{
    return open_block(p, NPI_VERB_IF) && npi_parser_cond(p);
}

static bool parse_optional(npi_parser *p)
{
    return open_block(p, NPI_VERB_OPTIONAL) && npi_cursor_done(&p->c);
}

static bool parse_else(npi_parser *p)
{
    npi_block *b = p->open ? &p->blocks[p->open - 1] : NULL;
    if (p->too_deep > 0)
        return npi_cursor_done(&p->c);
    if (!b || b->verb != NPI_VERB_IF)
        return npi_cursor_fault(&p->c, p->line_begin, "this 'else' has no 'if'");
    p->c.s->steps[b->step].jump = (uint32_t)p->c.s->step_count - 1;
    b->step = (uint32_t)p->c.s->step_count - 1;
    b->verb = NPI_VERB_ELSE;
    return npi_cursor_done(&p->c);
}

static bool parse_end(npi_parser *p)
{
    if (p->too_deep > 0) {
        p->too_deep--;
        return npi_cursor_done(&p->c);
    }
    if (p->open == 0)
        return npi_cursor_fault(&p->c, p->line_begin, "this 'end' has no 'if' or 'optional'");
    p->c.s->steps[p->blocks[--p->open].step].jump = (uint32_t)p->c.s->step_count - 1;
    return npi_cursor_done(&p->c);
}

static bool parse_always(npi_parser *p)
{
    if (p->depth > 0)
        return npi_cursor_fault(&p->c, p->line_begin, "'always' has no place in an included file");
    if (p->open > 0)
        return npi_cursor_fault(&p->c, p->line_begin, "'always' stands outside of all blocks");
    if (p->c.s->always != UINT32_MAX)
        return npi_cursor_fault(&p->c, p->line_begin, "'always' is the last section, and only one");
    p->c.s->always = (uint32_t)p->c.s->step_count - 1;
    return npi_cursor_done(&p->c);
}

/* ---- files -------------------------------------------------------------------------------- */

/* "folder/name", and the folder of that. */
static bool join_path(const char *folder, npi_piece name, char *path, char *its_folder)
{
    npi_buf b = npi_buf_in(path, PATH_OCTETS);
    if (name.len > 0 && name.at[0] != '/')
        npi_buf_printf(&b, "%s/", folder);
    npi_buf_bytes(&b, name.at, name.len);
    if (b.cut || memchr(name.at, '\0', name.len))
        return false;
    const char *slash = strrchr(path, '/');
    npi_buf f = npi_buf_in(its_folder, PATH_OCTETS);
    npi_buf_bytes(&f, path, slash ? (size_t)(slash - path) : 0);
    if (!slash)
        npi_buf_str(&f, ".");
    return true;
}

static bool add_file(npi_script *s, const char *name, size_t len, uint16_t *index)
{
    if (!npi_make_room(&s->mem, &s->files, s->file_count, &s->file_room, sizeof *s->files)) {
        s->status = NP_ERR_NOMEM;
        return false;
    }
    *index = (uint16_t)s->file_count;
    s->files[s->file_count++] = npi_script_keep(s, name, len);
    return s->status != NP_ERR_NOMEM;
}

static bool is_included_already(const npi_parser *p, const char *path)
{
    for (; p; p = p->outer) {
        npi_span f = p->c.s->files[p->c.file];
        if (strlen(path) == f.len && memcmp(npi_script_at(p->c.s, f), path, f.len) == 0)
            return true;
    }
    return false;
}

static bool include(npi_parser *p, const char *path, const char *folder, const char *at)
{
    npi_script *s = p->c.s;
    npi_parser inner = {.folder = folder,
                        .outer = p,
                        .depth = p->depth + 1,
                        .around = p->around + p->open};
    size_t len;
    int err;
    if (p->depth == NPI_NEST_MAX)
        return npi_cursor_fault(&p->c, at, "files include each other more than %d deep",
                                NPI_NEST_MAX);
    if (s->file_count == NPI_SCRIPT_FILES)
        return npi_cursor_fault(&p->c, at, "more than %d files", NPI_SCRIPT_FILES);
    if (is_included_already(p, path))
        return npi_cursor_fault(&p->c, at, "this file is being included already");
    char *text = npi_script_read_file(&s->mem, path, &len, &err);
    if (!text && err == ENOMEM)
        s->status = NP_ERR_NOMEM;
    if (!text)
        return npi_cursor_fault(&p->c, at, "cannot be read: %s", npi_script_file_trouble(err));
    inner.c = (npi_cursor){.s = s, .next = text, .text_end = text + len};
    bool ok = add_file(s, path, strlen(path), &inner.c.file) && parse_file(&inner);
    npi_free(&s->mem, text);
    return ok;
}

static bool parse_include(npi_parser *p)
{
    npi_piece word;
    char path[PATH_OCTETS], folder[PATH_OCTETS];
    p->c.s->step_count--; /* its steps stand here instead */
    if (!npi_cursor_word(&p->c, "a file", &word) || !npi_cursor_done(&p->c))
        return false;
    if (!p->folder)
        return npi_cursor_fault(&p->c, word.at,
                                "a script that is no file has no folder to include from");
    if (!join_path(p->folder, word, path, folder))
        return npi_cursor_fault(&p->c, word.at, "that path is too long");
    return include(p, path, folder, word.at);
}

/* ---- lines -------------------------------------------------------------------------------- */

/* What opens or closes a block, or reads a file, is ours; the rest is in script_verbs.c. */
static bool parse_verb(npi_parser *p, npi_verb v)
{
    switch (v) {
    case NPI_VERB_IF:
        return parse_if(p);
    case NPI_VERB_OPTIONAL:
        return parse_optional(p);
    case NPI_VERB_ELSE:
        return parse_else(p);
    case NPI_VERB_END:
        return parse_end(p);
    case NPI_VERB_ALWAYS:
        return parse_always(p);
    case NPI_VERB_INCLUDE:
        return parse_include(p);
    default:
        return npi_parser_verb(p, v);
    }
}

static npi_verb verb_of(npi_piece word)
{
    npi_verb v = NPI_VERB_PROTOCOL;
    while (v < NPI_VERB_COUNT && !npi_piece_is(word, npi_verb_name(v)))
        v++;
    return v;
}

static bool unknown_verb(npi_parser *p, npi_piece word)
{
    char shown[64];
    const char *near = NULL;
    unsigned best = FAR + 1;
    npi_piece_shown(word, shown);
    for (npi_verb v = NPI_VERB_PROTOCOL; v < NPI_VERB_COUNT; v++) {
        unsigned d = npi_text_distance(shown, npi_verb_name(v), FAR);
        if (d < best) {
            best = d;
            near = npi_verb_name(v);
        }
    }
    return near ? npi_cursor_fault(&p->c, word.at, "'%s' is not a verb; did you mean '%s'?", shown,
                                   near)
                : npi_cursor_fault(&p->c, word.at, "'%s' is not a verb: see np-script(5)", shown);
}

static bool parse_line(npi_parser *p)
{
    npi_script *s = p->c.s;
    npi_piece word;
    p->line_begin = p->c.at;
    npi_cursor_word(&p->c, "a verb", &word);
    npi_verb v = verb_of(word);
    if (v == NPI_VERB_COUNT)
        return unknown_verb(p, word);
    if (!s->speech && v != NPI_VERB_PROTOCOL && p->depth == 0 && s->fault_count == 0)
        return npi_cursor_fault(&p->c, word.at, "the first step is 'protocol', as 'protocol smtp'");
    return add_step(p, v) && parse_verb(p, v);
}

static void fault_at(npi_script *s, const npi_place *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void fault_at(npi_script *s, const npi_place *where, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    npi_script_fault(s, where, format, args);
    va_end(args);
}

static void tell_open_blocks(npi_parser *p)
{
    for (; p->open > 0; p->open--) {
        const npi_block *b = &p->blocks[p->open - 1];
        npi_place where = {.file = p->c.file, .line = b->line, .column = b->column};
        npi_verb opened = b->verb == NPI_VERB_ELSE ? NPI_VERB_IF : b->verb; /* that line */
        fault_at(p->c.s, &where, "this '%s' has no 'end'", npi_verb_name(opened));
    }
}

/* True unless memory ran out: faults are collected. */
static bool parse_file(npi_parser *p)
{
    npi_script *s = p->c.s;
    while (npi_cursor_line(&p->c)) {
        if (!npi_cursor_at_end(&p->c))
            parse_line(p);
        if (s->text.nomem || s->text.cut) /* a literal lacks octets */
            s->status = NP_ERR_NOMEM;
        if (s->status == NP_ERR_NOMEM)
            return false;
    }
    tell_open_blocks(p);
    return s->status != NP_ERR_NOMEM;
}

/* ---- the whole ---------------------------------------------------------------------------- */

/* The given variable with nearly this name, as text; "" for none. */
static const char *nearest_variable(const npi_script *s, const char *name, char out[64])
{
    unsigned best = FAR + 1;
    out[0] = '\0';
    for (size_t i = 0; i < s->variable_count; i++) {
        const npi_variable *v = &s->variables[i];
        char other[64];
        if (!v->given)
            continue;
        npi_piece_shown((npi_piece){npi_script_at(s, v->name), v->name.len}, other);
        unsigned d = npi_text_distance(name, other, FAR);
        if (d < best) {
            best = d;
            memcpy(out, other, sizeof other);
        }
    }
    return out;
}

/* A variable that nothing can give is a mistake in the script. */
static void check_variables(npi_script *s)
{
    for (size_t i = 0; i < s->variable_count; i++) {
        const npi_variable *v = &s->variables[i];
        char shown[64], near[64];
        if (v->given || v->line == 0)
            continue;
        npi_place where = {.file = (uint16_t)v->file, .line = v->line, .column = v->column};
        npi_piece_shown((npi_piece){npi_script_at(s, v->name), v->name.len}, shown);
        if (*nearest_variable(s, shown, near))
            fault_at(s, &where, "variable '%s' is never given a value; did you mean '%s'?", shown,
                     near);
        else
            fault_at(s, &where, "variable '%s' is never given a value: add 'need %s'", shown,
                     shown);
    }
}

/* What was found last, about the whole, goes to where it belongs. There are few. */
static void sort_faults(npi_script *s)
{
    for (size_t i = 1; i < s->fault_count; i++)
        for (size_t k = i; k > 0; k--) {
            npi_script_error *a = &s->faults[k - 1], *b = &s->faults[k], swap = *a;
            if (a->file < b->file || (a->file == b->file && a->line <= b->line))
                break;
            *a = *b;
            *b = swap;
        }
}

bool npi_script_parse(npi_script *s, const char *text, size_t len, const char *name,
                      const char *folder)
{
    npi_parser p = {.folder = folder};
    if (!add_file(s, name, strlen(name), &p.c.file))
        return false;
    p.c.s = s;
    p.c.next = text;
    p.c.text_end = text + len;
    if (len > NPI_SCRIPT_MAX) {
        p.c.begin = p.c.at = p.c.end = text;
        npi_cursor_fault(&p.c, text, "longer than 1 MiB");
        return false;
    }
    if (!parse_file(&p))
        return false;
    check_variables(s);
    sort_faults(s);
    if (s->always == UINT32_MAX)
        s->always = (uint32_t)s->step_count;
    return s->status == NP_OK;
}
