/* SPDX-License-Identifier: MIT */
#include "talk/script_cond.h"

#include <string.h>

static npi_script_step *last_step(npi_cursor *c)
{
    return &c->s->steps[c->s->step_count - 1];
}

/* ---- matches ------------------------------------------------------------------------------ */

static bool add_value(npi_cursor *c, bool alternative)
{
    npi_value v;
    if (!npi_cursor_value(c, "what is expected", &v))
        return false;
    v.alternative = alternative;
    if (!npi_script_add_value(c->s, &v))
        return false;
    last_step(c)->value_count++;
    return true;
}

static bool take_within(npi_cursor *c)
{
    const char *at = c->at;
    if (npi_cursor_at_end(c))
        return npi_cursor_fault(c, at - strlen("within"),
                                "'within' after the pattern: join alternatives with 'or', give a "
                                "time as 'within 5s'");
    return npi_cursor_duration(c, &last_step(c)->duration);
}

bool npi_cursor_match(npi_cursor *c, bool words)
{
    bool alternative = false, wanted = true, ended = false;
    while (!npi_cursor_at_end(c)) {
        const char *at = c->at;
        if (npi_cursor_take(c, "within"))
            return wanted ? npi_cursor_fault(c, at, "what is expected is missing before 'within'")
                          : take_within(c) && npi_cursor_done(c);
        if (ended)
            return npi_cursor_done(c);
        if (words && npi_cursor_take(c, "lines")) {
            last_step(c)->option = NPI_EXPECT_LINES;
            ended = true;
        } else if (words && npi_cursor_take(c, "line")) {
            last_step(c)->option = NPI_EXPECT_LINE;
            ended = true;
        } else if (npi_cursor_take(c, "or")) {
            if (wanted)
                return npi_cursor_fault(c, at, "'or' stands between two things that may come");
            alternative = wanted = true;
        } else {
            if (!add_value(c, alternative))
                return false;
            alternative = wanted = false;
        }
    }
    return !wanted || npi_cursor_fault(c, c->at, "what is expected is missing here");
}

/* ---- conditions --------------------------------------------------------------------------- */

typedef struct subject_row {
    const char *word;
    npi_subject subject;
    const char *kinds; /* words of which one follows; NULL none */
} subject_row;

static const subject_row subjects[] = {
    {"code", NPI_SUBJECT_CODE, NULL},
    {"text", NPI_SUBJECT_TEXT, NULL},
    {"body", NPI_SUBJECT_BODY, NULL},
    {"size", NPI_SUBJECT_SIZE, NULL},
    {"lines", NPI_SUBJECT_LINES, NULL},
    {"enhanced", NPI_SUBJECT_ENHANCED, NULL},
    {"has", NPI_SUBJECT_HAS, NULL},
    {"header", NPI_SUBJECT_HEADER, NULL},
    {"attr", NPI_SUBJECT_ATTR, NULL},
    {"time", NPI_SUBJECT_TIME, "resolve connect tls ack reply step total"},
    {"tls", NPI_SUBJECT_TLS, "version cipher group alpn resumed"},
    {"cert", NPI_SUBJECT_CERT, "days subject issuer names key chain trusted"},
    {"peer", NPI_SUBJECT_PEER, "address port"},
};

static bool take_kind(npi_cursor *c, const subject_row *row, uint8_t *out)
{
    npi_piece word;
    char shown[64];
    *out = 0;
    if (!npi_cursor_word(c, row->kinds, &word))
        return false;
    for (const char *k = row->kinds; *k; ++*out) {
        size_t len = strcspn(k, " ");
        if (len == word.len && memcmp(k, word.at, len) == 0)
            return true;
        k += len + (k[len] == ' ');
    }
    return npi_cursor_fault(c, word.at, "'%s' is not one of: %s", npi_piece_shown(word, shown),
                            row->kinds);
}

/* "has AUTH PLAIN": the words up to the end, with single blanks. */
static bool take_features(npi_cursor *c, npi_template *out)
{
    npi_piece word;
    size_t begin = c->s->text.len;
    if (!npi_cursor_word(c, "a keyword, as STARTTLS", &word))
        return false;
    do {
        if (c->s->text.len > begin)
            npi_buf_char(&c->s->text, ' ');
        npi_buf_bytes(&c->s->text, word.at, word.len);
    } while (!npi_cursor_at_end(c) && npi_cursor_word(c, "", &word));
    npi_part p = {.literal = {(uint32_t)begin, (uint32_t)(c->s->text.len - begin)}, .name = -1};
    *out = (npi_template){(uint32_t)c->s->part_count, 1};
    return npi_script_add_part(c->s, &p);
}

static bool take_variable_subject(npi_cursor *c, npi_cond *out)
{
    npi_piece word;
    if (!npi_cursor_word(c, "", &word))
        return false;
    if (word.len < 4 || word.at[word.len - 1] != '}')
        return npi_cursor_fault(c, word.at, "a variable is ${name} here");
    out->subject = NPI_SUBJECT_VARIABLE;
    out->name = npi_cursor_variable(c, (npi_piece){word.at + 2, word.len - 3}, false);
    return out->name >= 0;
}

bool npi_cursor_subject(npi_cursor *c, npi_cond *out)
{
    npi_piece word;
    char shown[64];
    if (npi_cursor_at_end(c))
        return npi_cursor_fault(c, c->at, "a condition is missing here, as 'code is 250'");
    if (c->end - c->at > 2 && memcmp(c->at, "${", 2) == 0)
        return take_variable_subject(c, out);
    npi_cursor_word(c, "", &word);
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        const subject_row *row = &subjects[i];
        if (!npi_piece_is(word, row->word))
            continue;
        out->subject = row->subject;
        if (row->kinds)
            return take_kind(c, row, &out->which);
        if (row->subject == NPI_SUBJECT_HAS)
            return take_features(c, &out->argument);
        if (row->subject == NPI_SUBJECT_HEADER || row->subject == NPI_SUBJECT_ATTR)
            return npi_cursor_text(c, "a name", &out->argument);
        return true;
    }
    return npi_cursor_fault(c, word.at,
                            "'%s' is nothing to ask for: code, text, body, size, lines, enhanced, "
                            "has, header, attr, time, tls, cert, peer or ${name}",
                            npi_piece_shown(word, shown));
}

static bool take_operator(npi_cursor *c, npi_operator *out)
{
    static const struct {
        const char *word;
        npi_operator op;
    } ops[] = {{"<=", NPI_OP_AT_MOST},     {">=", NPI_OP_AT_LEAST},       {"<", NPI_OP_LESS},
               {">", NPI_OP_GREATER},      {"contains", NPI_OP_CONTAINS}, {"starts", NPI_OP_STARTS},
               {"matches", NPI_OP_MATCHES}};
    npi_piece word;
    char shown[64];
    if (npi_cursor_take(c, "is")) {
        *out = npi_cursor_take(c, "not") ? NPI_OP_IS_NOT : NPI_OP_IS;
        return true;
    }
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (npi_cursor_take(c, ops[i].word)) {
            *out = ops[i].op;
            return true;
        }
    npi_cursor_word(c, "", &word);
    return npi_cursor_fault(c, word.at,
                            "'%s' is no comparison: is, is not, <, >, <=, >=, contains, starts or "
                            "matches",
                            npi_piece_shown(word, shown));
}

/* What numbers are compared with: a duration for times, else a number. */
static bool take_bound(npi_cursor *c, npi_cond *out)
{
    uint64_t n;
    if (out->subject == NPI_SUBJECT_TIME)
        return npi_cursor_duration(c, &out->number);
    if (!npi_cursor_number(c, "a number", &n))
        return false;
    if (n > INT64_MAX)
        return npi_cursor_fault(c, c->at, "that number is too large");
    out->number = (int64_t)n;
    return true;
}

static bool take_comparison(npi_cursor *c, npi_cond *out)
{
    if (!take_operator(c, &out->op))
        return false;
    if (out->op >= NPI_OP_LESS && out->op <= NPI_OP_AT_LEAST)
        return take_bound(c, out);
    npi_cursor_at_end(c);
    const char *at = c->at;
    if (!npi_cursor_value(c, "what it is compared with", &out->value))
        return false;
    if (out->op == NPI_OP_MATCHES && out->value.kind != NPI_VALUE_PATTERN)
        return npi_cursor_fault(c, at, "'matches' takes a pattern: /.../");
    if (out->op != NPI_OP_MATCHES && out->value.kind == NPI_VALUE_PATTERN)
        return npi_cursor_fault(c, at, "a pattern is asked for with 'matches'");
    return true;
}

bool npi_cursor_cond(npi_cursor *c, npi_cond *out)
{
    out->negated = npi_cursor_take(c, "not");
    if (!npi_cursor_subject(c, out))
        return false;
    bool alone = out->subject == NPI_SUBJECT_HAS || npi_cursor_at_end(c);
    return (alone || take_comparison(c, out)) && npi_cursor_done(c);
}
