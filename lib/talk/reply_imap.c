/* SPDX-License-Identifier: MIT */
/*
 * IMAP (RFC 9051 2.2, 7, 9): a reply is every untagged line up to the line with the command's tag;
 * the greeting and "+" are replies of their own. Decides where a literal is one, and where "{5}" is
 * text only. A literal's octets go to the body, and its line goes on behind them.
 */
#include <string.h>

#include "talk/reply_inside.h"

static const char *const words[] = {"OK", "NO", "BAD", "PREAUTH", "BYE"};
enum { WORD_COUNT = 5, TAGGED_COUNT = 3, WORD_OK = 0, WORD_PREAUTH = 3, WORD_BYE = 4 };

/* Which status a text begins with, -1 for none. */
static int status_of(const char *p, size_t len, const char **text, size_t *text_len)
{
    for (int i = 0; i < WORD_COUNT; i++)
        if (npi_reply_word(p, len, words[i], text, text_len))
            return i;
    return -1;
}

static void malformed(npi_replies *r, const char *sentence, const char *line, size_t len)
{
    npi_replies_fail(r, "reply.malformed", sentence, line, len);
}

/* {n} or ~{n} ends a line of data; `brace` is where its digits begin (RFC 9051 4.3). */
static void begin_literal(npi_replies *r, const char *line, size_t brace, size_t len)
{
    enum { DIGITS_MAX = 10 };
    size_t digits = len - 1 - brace;
    uint64_t n = 0;
    bool good = digits >= 1 && digits <= DIGITS_MAX;
    for (size_t i = brace; good && i < len - 1; i++) {
        good = line[i] >= '0' && line[i] <= '9';
        n = n * 10 + (uint64_t)(line[i] - '0');
    }
    if (!good) {
        malformed(r, "not the length of a literal:", line + brace - 1, len - brace + 1);
        return;
    }
    r->goes_on = true;
    npi_replies_count(r, n);
}

/* A part of a line of data: up to its end, or up to a literal. Quotes do not span either. */
static void data(npi_replies *r, const char *line, size_t len)
{
    bool quoted = false;
    size_t brace = 0; /* behind the last '{' outside quotes */
    for (size_t i = 0; i < len; i++) {
        if (line[i] == '"')
            quoted = !quoted;
        else if (quoted && line[i] == '\\')
            i++;
        else if (!quoted && line[i] == '{')
            brace = i + 1;
    }
    r->goes_on = false;
    if (quoted)
        malformed(r, "a line that ends within quotes:", line, len);
    else if (brace > 0 && line[len - 1] == '}')
        begin_literal(r, line, brace, len);
}

/* What comes before any command is the greeting (RFC 9051 7.1), and so is what answers "". */
static bool is_greeting(const npi_replies *r)
{
    const npi_reply_command *c = npi_replies_command_now(r);
    return r->lines == 0 && (c ? c->tag_len == 0 : r->answered == 0);
}

static void greeting(npi_replies *r, int status, const char *text, size_t len)
{
    npi_replies_word(r, words[status]);
    npi_replies_text(r, text, len);
    npi_replies_answered(r, 0);
    npi_replies_done(r);
}

static void untagged(npi_replies *r, const char *line, size_t len)
{
    const char *text = NULL;
    size_t text_len = 0;
    int status = status_of(line, len, &text, &text_len);
    bool greets = status == WORD_OK || status == WORD_PREAUTH || status == WORD_BYE;
    if (status == WORD_BYE)
        r->closes = r->bye = true;
    if (is_greeting(r) && greets) {
        greeting(r, status, text, text_len);
        return;
    }
    if (is_greeting(r)) {
        malformed(r, "not a greeting:", line, len);
        return;
    }
    npi_replies_text(r, line, len);
    if (status < 0)
        data(r, line, len);
}

static void continuation(npi_replies *r, const char *text, size_t len)
{
    if (r->command_count == 0) {
        malformed(r, "a request for more, and no command waits:", text, len);
        return;
    }
    npi_replies_word(r, "+");
    npi_replies_text(r, text, len);
    r->last = false;
    r->continuing = true;
    npi_replies_done(r);
}

static bool has_tag(const npi_reply_command *c, const char *tag, size_t len)
{
    return c->tag_len == len && memcmp(c->tag, tag, len < NPI_REPLY_TAG ? len : NPI_REPLY_TAG) == 0;
}

static void tagged(npi_replies *r, const char *line, size_t len)
{
    const char *blank = memchr(line, ' ', len);
    size_t tag_len = blank ? (size_t)(blank - line) : len, i = 0;
    const char *text = NULL;
    size_t text_len = 0;
    while (i < r->command_count && !has_tag(&r->command[i], line, tag_len))
        i++;
    if (tag_len == 0 || i == r->command_count) {
        malformed(r, "a tag that no command had:", line, len);
        return;
    }
    int status = blank ? status_of(blank + 1, len - tag_len - 1, &text, &text_len) : -1;
    if (status < 0 || status >= TAGGED_COUNT) {
        malformed(r, "neither OK nor NO nor BAD behind the tag:", line, len);
        return;
    }
    if (i > 0)
        npi_replies_add_note(r, "answers in another order than commands");
    npi_replies_word(r, words[status]);
    npi_replies_text(r, text, text_len);
    npi_replies_answered(r, i);
    r->continuing = false;
    npi_replies_done(r);
}

static void imap_line(npi_replies *r, const char *line, size_t len)
{
    if (r->goes_on) {
        npi_buf_bytes(&r->text, line, len);
        data(r, line, len);
    } else if (len > 2 && line[0] == '*' && line[1] == ' ') {
        untagged(r, line + 2, len - 2);
    } else if (len > 0 && line[0] == '+' && (len == 1 || line[1] == ' ')) {
        continuation(r, line + (len > 1 ? 2 : 1), len - (len > 1 ? 2 : 1));
    } else {
        tagged(r, line, len);
    }
}

/* The line goes on behind its literal, which lies in the body already. */
static void imap_counted(npi_replies *r)
{
    (void)r;
}

/* A server that says BYE and goes owes no tagged line (RFC 9051 7.1.5). */
static void imap_end(npi_replies *r)
{
    bool whole = r->raw.len == r->line_start && !r->goes_on;
    if (!r->bye || !whole) {
        npi_replies_fail_closed(r);
        return;
    }
    npi_replies_word(r, words[WORD_BYE]);
    npi_replies_done(r);
}

static bool imap_command(npi_replies *r, npi_reply_command *c, const char *line, size_t len)
{
    const char *blank = memchr(line, ' ', len);
    bool data_of_same = r->continuing;
    r->continuing = false;
    if (data_of_same)
        return false;
    c->tag_len = blank ? (size_t)(blank - line) : len;
    memcpy(c->tag, line, c->tag_len < NPI_REPLY_TAG ? c->tag_len : NPI_REPLY_TAG);
    return true;
}

const npi_reply_form npi_reply_imap = {.mode = NPI_REPLY_LINES,
                                       .line = imap_line,
                                       .counted = imap_counted,
                                       .end = imap_end,
                                       .command = imap_command};
