/* SPDX-License-Identifier: MIT */
/*
 * A stream of replies as a text of what was read in it, the same however the stream is cut.
 *
 *     250 5.7.1 "a / b" body "c" | Name: value + Trailer: value, closes, goes on
 *     closed
 *     broken reply.malformed: sentence
 *     note bare LF
 */
#ifndef TESTS_UNIT_REPLIES_H
#define TESTS_UNIT_REPLIES_H

#include "../check.h"
#include "hex.h"
#include "talk/reply.h"

enum { STORY_MAX = 1 << 20 };

typedef struct stream {
    npi_framing framing;
    const char *commands; /* parted by '|', told before the first octet; NULL: none */
    const char *octets;
    size_t len; /* 0: strlen */
    npi_reply_limits limits; /* 0: the default */
} stream;

static inline npi_reply_limits limits_of(const stream *s)
{
    npi_reply_limits l = npi_reply_limits_default;
    l.line = s->limits.line ? s->limits.line : l.line;
    l.lines = s->limits.lines ? s->limits.lines : l.lines;
    l.reply = s->limits.reply ? s->limits.reply : l.reply;
    l.body = s->limits.body ? s->limits.body : l.body;
    l.head = s->limits.head ? s->limits.head : l.head;
    return l;
}

static inline bool tell_commands(npi_replies *r, const char *commands)
{
    while (commands) {
        size_t len = strcspn(commands, "|");
        if (!npi_replies_command(r, commands, len, -1))
            return false;
        commands = commands[len] ? commands + len + 1 : NULL;
    }
    return true;
}

static inline void put_quoted(npi_buf *b, const char *text, size_t len)
{
    npi_buf_char(b, '"');
    for (const char *lf = memchr(text, '\n', len); lf; lf = memchr(text, '\n', len)) {
        npi_buf_escaped(b, text, (size_t)(lf - text));
        npi_buf_str(b, " / ");
        len -= (size_t)(lf - text) + 1;
        text = lf + 1;
    }
    npi_buf_escaped(b, text, len);
    npi_buf_char(b, '"');
}

static inline void put_answer(npi_buf *b, npi_replies *r, const npi_answer *a)
{
    npi_header h;
    if (a->code)
        npi_buf_u64(b, (uint64_t)a->code);
    npi_buf_printf(b, "%s%s%s", a->word, a->enhanced[0] ? " " : "", a->enhanced);
    npi_buf_str(b, a->code || a->word[0] ? " " : "");
    put_quoted(b, a->text, a->text_len);
    if (a->body_len > 0) {
        npi_buf_str(b, " body \"");
        npi_buf_escaped(b, a->body, a->body_len);
        npi_buf_char(b, '"');
    }
    for (int i = 0; npi_replies_header(r, i, &h); i++) {
        npi_buf_str(b, h.trailer ? " + " : " | ");
        npi_buf_str(b, h.name);
        npi_buf_str(b, ": ");
        npi_buf_escaped(b, h.value, h.value_len);
    }
    npi_buf_str(b, a->closes ? ", closes" : "");
    npi_buf_str(b, a->last ? "" : ", goes on");
    npi_buf_char(b, '\n');
    assert_int_equal(a->text[a->text_len], 0);
}

/* What `next` has, up to something else than an answer. `raw`: with all octets and counts. */
static inline npi_reply_step put_answers(npi_buf *b, npi_replies *r, bool raw)
{
    npi_answer a;
    npi_reply_step step = npi_replies_next(r, &a);
    for (; step == NPI_REPLY_ANSWER; step = npi_replies_next(r, &a)) {
        put_answer(b, r, &a);
        if (!raw)
            continue;
        npi_buf_printf(b, "%zu lines, raw ", a.line_count);
        npi_buf_escaped(b, a.raw, a.raw_len);
        npi_buf_char(b, '\n');
    }
    if (step == NPI_REPLY_BROKEN && a.code) {
        npi_buf_str(b, "kept ");
        put_answer(b, r, &a);
    }
    return step;
}

static inline void feed_pieces(npi_buf *b, npi_replies *r, const stream *s, const size_t *cut,
                               size_t cuts, bool raw)
{
    size_t at = 0, len = s->len ? s->len : strlen(s->octets);
    for (size_t i = 0; i <= cuts; i++) {
        size_t end = i < cuts ? cut[i] : len;
        uint8_t *copy = exact_copy(s->octets + at, end - at);
        npi_replies_feed(r, copy, end - at);
        free(copy);
        if (put_answers(b, r, raw) == NPI_REPLY_BROKEN)
            return;
        at = end;
    }
    npi_replies_end(r);
    put_answers(b, r, raw);
}

/* The story of a stream that was cut at these places. */
static inline void tell_story(npi_buf *b, const stream *s, const size_t *cut, size_t cuts,
                              bool raw)
{
    npi_mem mem = npi_mem_libc();
    npi_reply_limits limits = limits_of(s);
    npi_replies *r = npi_replies_new(&mem, s->framing, &limits);
    npi_answer a;
    assert_non_null(r);
    assert_true(tell_commands(r, s->commands));
    npi_buf_clear(b);
    feed_pieces(b, r, s, cut, cuts, raw);
    npi_reply_step step = npi_replies_next(r, &a); /* it stays so */
    assert_true(step == NPI_REPLY_CLOSED || step == NPI_REPLY_BROKEN);
    if (step == NPI_REPLY_BROKEN)
        npi_buf_printf(b, "broken %s: %s\n", npi_replies_problem(r), npi_replies_sentence(r));
    else
        npi_buf_str(b, "closed\n");
    for (int i = 0; i < npi_replies_note_count(r); i++)
        npi_buf_printf(b, "note %s\n", npi_replies_note(r, i));
    npi_replies_free(r);
}

/* Whole, octet by octet, and in two parts at each place: the same story. */
static inline void check_cuts(const stream *s)
{
    npi_mem mem = npi_mem_libc();
    npi_buf whole = npi_buf_grow(&mem, STORY_MAX), cut = npi_buf_grow(&mem, STORY_MAX);
    size_t len = s->len ? s->len : strlen(s->octets);
    size_t *all = malloc((len + 1) * sizeof *all);
    assert_non_null(all);
    for (size_t i = 0; i < len; i++)
        all[i] = i;
    tell_story(&whole, s, NULL, 0, true);
    tell_story(&cut, s, all, len, true);
    assert_string_equal(npi_buf_text(&whole), npi_buf_text(&cut));
    for (size_t at = 0; at <= len; at++) {
        tell_story(&cut, s, &at, 1, true);
        assert_string_equal(npi_buf_text(&whole), npi_buf_text(&cut));
    }
    assert_false(whole.cut || whole.nomem);
    free(all);
    npi_buf_free(&whole);
    npi_buf_free(&cut);
}

/* The story of a stream, and every cut of it. */
static inline void check_story(const stream *s, const char *expected)
{
    npi_mem mem = npi_mem_libc();
    npi_buf b = npi_buf_grow(&mem, STORY_MAX);
    tell_story(&b, s, NULL, 0, false);
    assert_string_equal(npi_buf_text(&b), expected);
    npi_buf_free(&b);
    check_cuts(s);
}

/* A row of a table: what it is about, the commands, the stream, its story. */
typedef struct story {
    const char *about, *commands, *octets, *expected;
} story;

static inline void check_stories(npi_framing framing, const story *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        print_message("    %s\n", rows[i].about);
        check_story(&(stream){framing, rows[i].commands, rows[i].octets, 0, {0}},
                    rows[i].expected);
    }
}

#define CHECK(framing, rows) check_stories(framing, rows, sizeof rows / sizeof rows[0])

#endif
