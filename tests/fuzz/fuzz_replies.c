/* SPDX-License-Identifier: MIT */
/*
 * A peer's octets, read whole, octet by octet and in pieces of the input's choice: the same
 * answers, notes and problems each time, within the limits, and no octet read past its piece.
 * Input: framing, commands, limits, seed of the cuts, then the stream.
 */
#include <string.h>

#include "../unit/hex.h"
#include "fuzz.h"
#include "talk/features.h"

enum { STORY_MAX = 1 << 20 };

typedef struct head {
    npi_framing framing;
    unsigned commands, limits, seed;
} head;

static const char *const commands[][3] = {
    {"", "", ""}, /* NPI_FRAMING_SMTP */
    {"CAPA", "LIST 1", "RETR 1"},
    {"a1 X", "a2 Y", "a3 Z"},
    {"GET / HTTP/1.1", "HEAD / HTTP/1.1", "CONNECT a HTTP/1.1"},
    {"", "", ""},
};

static npi_reply_limits limits_of(unsigned choice)
{
    static const npi_reply_limits small = {.line = 40, .lines = 4, .reply = 120, .body = 30,
                                           .head = 90};
    npi_reply_limits l = choice & 1 ? small : npi_reply_limits_default;
    if (choice & 2)
        l.line = 10 + choice;
    if (choice & 4)
        l.reply = 20 + choice;
    if (choice & 8)
        l.head = 30 + choice;
    return l;
}

/* What an answer may have at most. */
static void check_answer(const npi_answer *a, const npi_reply_limits *l)
{
    must(a->text[a->text_len] == '\0' && strlen(a->word) < sizeof a->word);
    must(a->raw_len <= l->reply && a->text_len <= l->reply && a->body_len <= l->body);
    must(a->code == 0 || (a->code >= 100 && a->code <= 599));
}

static void tell(npi_buf *b, npi_replies *r, const npi_answer *a)
{
    npi_header h;
    npi_buf_printf(b, "%d %s %s %zu %d %d ", a->code, a->word, a->enhanced, a->line_count,
                   a->closes, a->last);
    npi_buf_bytes(b, a->text, a->text_len);
    npi_buf_char(b, '|');
    npi_buf_bytes(b, a->raw, a->raw_len);
    npi_buf_char(b, '|');
    npi_buf_bytes(b, a->body, a->body_len);
    for (int i = 0; npi_replies_header(r, i, &h); i++) {
        must(strlen(h.value) == h.value_len && !strpbrk(h.value, "\r\n"));
        npi_buf_printf(b, "|%s:%d:", h.name, h.trailer);
        npi_buf_str(b, h.value);
    }
    npi_buf_char(b, '\n');
}

static npi_reply_step tell_all(npi_buf *b, npi_replies *r, const head *in, npi_features *f)
{
    npi_reply_limits l = limits_of(in->limits);
    npi_answer a;
    npi_reply_step step;
    while ((step = npi_replies_next(r, &a)) == NPI_REPLY_ANSWER) {
        check_answer(&a, &l);
        tell(b, r, &a);
        must(npi_features_learn(f, in->framing, in->commands & 1 ? "EHLO x" : "CAPA", &a));
    }
    return step;
}

static size_t piece(unsigned kind, unsigned *seed, size_t left)
{
    *seed = *seed * 1103515245u + 12345u;
    size_t n = kind == 0 ? left : kind == 1 ? 1 : 1 + (*seed >> 16) % 40;
    return n < left ? n : left;
}

static void end_story(npi_buf *b, npi_replies *r, const head *in, npi_features *f)
{
    npi_replies_end(r);
    npi_reply_step step = tell_all(b, r, in, f);
    must(step == NPI_REPLY_CLOSED || step == NPI_REPLY_BROKEN);
    must((step == NPI_REPLY_BROKEN) == (npi_replies_problem(r)[0] != '\0'));
    npi_buf_printf(b, "%d %s %s\n", step, npi_replies_problem(r), npi_replies_sentence(r));
    for (int i = 0; i < npi_replies_note_count(r); i++)
        npi_buf_str(b, npi_replies_note(r, i));
    for (int i = 0; i < npi_features_count(f); i++)
        npi_buf_str(b, npi_features_get(f, i));
}

static void tell_story(npi_buf *b, const head *in, const uint8_t *data, size_t size, unsigned kind)
{
    npi_mem mem = npi_mem_libc();
    npi_reply_limits l = limits_of(in->limits);
    npi_replies *r = npi_replies_new(&mem, in->framing, &l);
    npi_features *f = npi_features_new(&mem);
    unsigned seed = in->seed;
    must(r && f);
    for (unsigned i = 0; i < in->commands % 8; i++) {
        const char *line = commands[in->framing][(in->commands >> 3 >> i) % 3];
        must(npi_replies_command(r, line, strlen(line), -1));
    }
    bool broken = false;
    while (size > 0 && !broken) {
        size_t n = piece(kind, &seed, size);
        uint8_t *copy = exact_copy(data, n);
        /* Too much waits only where nothing reads: behind the last answer of HTTP. */
        must(npi_replies_feed(r, copy, n) || kind == 0 || in->framing == NPI_FRAMING_HTTP);
        free(copy);
        data += n;
        size -= n;
        broken = tell_all(b, r, in, f) == NPI_REPLY_BROKEN;
    }
    end_story(b, r, in, f);
    npi_features_free(f);
    npi_replies_free(r);
}

/* More than may wait: in one piece that is too much, which is no matter of the stream. */
static bool too_much_at_once(const head *in, size_t size)
{
    npi_reply_limits l = limits_of(in->limits);
    return size > l.reply;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    npi_reader reader = npi_reader_over(data, size);
    head in = {(npi_framing)(npi_reader_u8(&reader) % 5), npi_reader_u8(&reader),
               npi_reader_u8(&reader), npi_reader_u8(&reader)};
    if (reader.failed)
        return 0;
    npi_mem mem = npi_mem_libc();
    npi_buf story[3];
    for (unsigned kind = 0; kind < 3; kind++) {
        story[kind] = npi_buf_grow(&mem, STORY_MAX);
        if (kind == 0 && too_much_at_once(&in, npi_reader_left(&reader)))
            continue;
        tell_story(&story[kind], &in, reader.at, npi_reader_left(&reader), kind);
    }
    const npi_buf *first = story[0].len > 0 ? &story[0] : &story[1];
    for (unsigned kind = 1; kind < 3; kind++) {
        must(story[kind].len == first->len);
        must(memcmp(story[kind].data, first->data, first->len) == 0);
    }
    for (unsigned kind = 0; kind < 3; kind++)
        npi_buf_free(&story[kind]);
    return 0;
}
