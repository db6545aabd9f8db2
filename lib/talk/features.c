/* SPDX-License-Identifier: MIT */
/*
 * Decides where a list of capabilities stands in an answer, and when a keyword counts as known.
 */
#include "talk/features.h"

#include <string.h>

#include "base/text.h"

enum {
    COUNT_MAX = 1000,       /* keywords of a list */
    TEXT_MAX = 1024 * 1024, /* octets of all of them, escaped */
    WORD_MAX = 64           /* octets of a command's or a list's first word */
};

struct npi_features {
    npi_mem mem;
    npi_buf text;  /* one behind the other, each with its NUL */
    size_t *start; /* where each begins in text */
    size_t count, room;
};

/* A piece of text. */
typedef struct span {
    const char *at;
    size_t len;
} span;

npi_features *npi_features_new(const npi_mem *mem)
{
    npi_features *f = npi_alloc(mem, 1, sizeof *f);
    if (!f)
        return NULL;
    f->mem = *mem;
    f->text = npi_buf_grow(&f->mem, TEXT_MAX);
    return f;
}

void npi_features_free(npi_features *f)
{
    if (!f)
        return;
    npi_buf_free(&f->text);
    npi_free(&f->mem, f->start);
    npi_mem mem = f->mem;
    npi_free(&mem, f);
}

void npi_features_clear(npi_features *f)
{
    if (!f) /* of a conversation that could not be made */
        return;
    npi_buf_clear(&f->text);
    f->count = 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Cut a piece off the front: up to `until`, which is dropped. False when nothing is left. */
static bool cut(span *s, char until, span *piece)
{
    if (!s->at)
        return false;
    const char *end = s->len > 0 ? memchr(s->at, until, s->len) : NULL;
    piece->at = s->at;
    piece->len = end ? (size_t)(end - s->at) : s->len;
    s->len -= end ? piece->len + 1 : piece->len;
    s->at = end ? end + 1 : NULL;
    return true;
}

static bool next_word(span *s, span *word)
{
    while (cut(s, ' ', word))
        if (word->len > 0)
            return true;
    return false;
}

/* The same text without case; `len` octets of a text against all of the other. */
static bool same(const char *a, size_t len, const char *b)
{
    char word[WORD_MAX];
    if (len >= sizeof word || memchr(a, '\0', len))
        return false;
    memcpy(word, a, len);
    word[len] = '\0';
    return npi_text_same(word, b);
}

static bool is_known(const npi_features *f, const char *text)
{
    for (size_t i = 0; i < f->count; i++)
        if (npi_text_same(f->text.data + f->start[i], text))
            return true;
    return false;
}

/* False when out of memory. What is beyond the limits is left out. */
static bool add(npi_features *f, span s)
{
    while (s.len > 0 && (is_blank(s.at[s.len - 1]) || s.at[s.len - 1] == '\r'))
        s.len--;
    if (s.len == 0 || f->count == COUNT_MAX)
        return true;
    if (!npi_make_room(&f->mem, &f->start, f->count, &f->room, sizeof *f->start))
        return false;
    size_t start = f->text.len;
    npi_buf_escaped(&f->text, s.at, s.len);
    npi_buf_char(&f->text, '\0');
    if (f->text.nomem)
        return false;
    bool unwanted = f->text.cut || is_known(f, f->text.data + start);
    f->start[f->count] = start;
    f->count += !unwanted;
    if (unwanted) {
        f->text.len = start;
        f->text.cut = false;
    }
    return true;
}

static bool add_pieces(npi_features *f, span list, char parted_by)
{
    span piece;
    npi_features_clear(f);
    while (cut(&list, parted_by, &piece))
        if (!add(f, piece)) {
            npi_features_clear(f);
            return false;
        }
    return true;
}

/* The first line is the server's name (RFC 5321 4.1.1.1). */
static bool learn_smtp(npi_features *f, span command, const npi_answer *a)
{
    span text = {a->text, a->text_len}, name, word;
    if (a->code != 250 || !next_word(&command, &word))
        return true;
    if (same(word.at, word.len, "HELO"))
        npi_features_clear(f);
    if (!same(word.at, word.len, "EHLO") && !same(word.at, word.len, "LHLO"))
        return true;
    cut(&text, '\n', &name);
    return add_pieces(f, text, '\n');
}

static bool learn_pop3(npi_features *f, span command, const npi_answer *a)
{
    span word;
    if (strcmp(a->word, "+OK") != 0 || !next_word(&command, &word) ||
        !same(word.at, word.len, "CAPA"))
        return true;
    return add_pieces(f, (span){a->body, a->body_len}, '\n');
}

/*
 * The list in a line, if there is one: "CAPABILITY ..." in an untagged line, and "[CAPABILITY ...]"
 * where a status begins, whose OK was taken off already when it is the answer's own.
 */
static bool find_list(span line, bool status, bool good, span *list)
{
    span word, rest = line;
    bool bracket = status && good;
    if (!next_word(&rest, &word))
        return false;
    if (!status && same(word.at, word.len, "OK")) {
        bracket = true;
        if (!next_word(&rest, &word))
            return false;
    }
    if (!same(word.at, word.len, bracket ? "[CAPABILITY" : "CAPABILITY") || (status && !bracket))
        return false;
    *list = rest;
    return bracket ? cut(&rest, ']', list) : true;
}

static bool learn_imap(npi_features *f, const npi_answer *a)
{
    span text = {a->text, a->text_len}, line, list;
    bool good = strcmp(a->word, "OK") == 0 || strcmp(a->word, "PREAUTH") == 0;
    while (cut(&text, '\n', &line)) {
        bool status = !text.at; /* the last line is the answer's own */
        if (find_list(line, status, good, &list) && !add_pieces(f, list, ' '))
            return false;
    }
    return true;
}

bool npi_features_learn(npi_features *f, npi_framing framing, const char *command,
                        const npi_answer *answer)
{
    span said = {command ? command : "", command ? strlen(command) : 0};
    if (framing == NPI_FRAMING_SMTP)
        return learn_smtp(f, said, answer);
    if (framing == NPI_FRAMING_POP3)
        return learn_pop3(f, said, answer);
    if (framing == NPI_FRAMING_IMAP)
        return learn_imap(f, answer);
    return true;
}

/* Whether a keyword with its arguments has this one; "AUTH=PLAIN" has PLAIN, too. */
static bool matches(span feature, const char *keyword, size_t keyword_len, const char *argument)
{
    span word, rest = feature;
    char key[WORD_MAX];
    if (!next_word(&rest, &word) || keyword_len >= sizeof key)
        return false;
    memcpy(key, keyword, keyword_len);
    key[keyword_len] = '\0';
    bool whole = same(word.at, word.len, key);
    span name = {NULL, 0}, given = word;
    bool parted = memchr(word.at, '=', word.len) && cut(&given, '=', &name) &&
                  same(name.at, name.len, key);
    if (!*argument)
        return whole || parted;
    if (parted && same(given.at, given.len, argument))
        return true;
    while ((whole || parted) && next_word(&rest, &word))
        if (same(word.at, word.len, argument))
            return true;
    return false;
}

bool npi_features_has(const npi_features *f, const char *text)
{
    size_t keyword_len = strcspn(text, " ");
    const char *argument = text + keyword_len + strspn(text + keyword_len, " ");
    if (keyword_len == 0)
        return false;
    for (size_t i = 0; i < f->count; i++) {
        const char *feature = f->text.data + f->start[i];
        if (matches((span){feature, strlen(feature)}, text, keyword_len, argument))
            return true;
    }
    return false;
}

int npi_features_count(const npi_features *f)
{
    return (int)f->count;
}

const char *npi_features_get(const npi_features *f, int index)
{
    if (index < 0 || (size_t)index >= f->count)
        return NULL;
    return f->text.data + f->start[index];
}
