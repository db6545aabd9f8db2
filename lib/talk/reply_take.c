/* SPDX-License-Identifier: MIT */
/*
 * Decides where a line and a body end, and whether octets fit. Several octets are taken at once
 * where that is possible, but the limits are weighed as if they had come one by one.
 */
#include <string.h>

#include "talk/reply_inside.h"

static bool store_body(npi_replies *r, const void *data, size_t len)
{
    if (len > r->limits.body - r->body.len) {
        npi_replies_fail_limit(r, "limit.body", "a body", r->limits.body, "octets");
        return false;
    }
    npi_buf_bytes(&r->body, data, len);
    return !r->body.nomem;
}

void npi_replies_count(npi_replies *r, uint64_t n)
{
    if (n > r->limits.body - r->body.len) {
        npi_replies_fail_limit(r, "limit.body", "a body", r->limits.body, "octets");
        return;
    }
    r->mode = NPI_REPLY_COUNT;
    r->left = n;
    if (n > 0)
        return;
    r->mode = NPI_REPLY_LINES;
    r->form->counted(r);
}

/* Whether these octets, the last of which may be LF, fit: as if they came one by one. */
static bool line_fits(npi_replies *r, size_t octets, bool ends)
{
    size_t line_len = r->raw.len - r->line_start;
    size_t line_room = r->line_max > line_len ? r->line_max - line_len : 0;
    size_t raw_room = r->raw_max > r->raw.len ? r->raw_max - r->raw.len : 0;
    if (line_len == 0 && r->lines >= r->lines_max && !r->goes_on) {
        npi_replies_fail_limit(r, r->raw_problem, r->raw_what, r->limits.lines, "lines");
        return false;
    }
    if (octets - ends > line_room && line_room <= raw_room) {
        npi_replies_fail_limit(r, "limit.line", "a line", r->line_max, "octets");
        return false;
    }
    if (octets > raw_room) {
        npi_replies_fail_limit(r, r->raw_problem, r->raw_what, r->raw_limit, "octets");
        return false;
    }
    return true;
}

static void whole_line(npi_replies *r)
{
    const char *line = r->raw.data + r->line_start;
    size_t len = r->raw.len - r->line_start - 1;
    r->bare = len == 0 || line[len - 1] != '\r';
    if (r->bare && !r->strict)
        npi_replies_add_note(r, "bare LF");
    r->line_start = r->raw.len;
    r->form->line(r, line, r->bare ? len : len - 1);
}

static size_t take_line(npi_replies *r, const char *p, size_t n)
{
    size_t line_len = r->raw.len - r->line_start;
    if (line_len < r->peek && n > r->peek - line_len)
        n = r->peek - line_len;
    const char *lf = memchr(p, '\n', n);
    if (lf)
        n = (size_t)(lf - p) + 1;
    if (!line_fits(r, n, lf != NULL))
        return n;
    npi_buf_bytes(&r->raw, p, n);
    if (r->raw.nomem)
        return n;
    if (lf)
        whole_line(r);
    else if (r->peek > 0 && line_len + n == r->peek)
        r->form->peeked(r);
    return n;
}

/* Where in a line of a dotted body the next octet is. */
enum { DOTTED_BEGIN, DOTTED_DOT, DOTTED_DOT_CR, DOTTED_WITHIN };

static void dotted_end(npi_replies *r, bool bare)
{
    if (bare)
        npi_replies_add_note(r, "bare LF");
    npi_replies_done(r);
}

static size_t dotted_within(npi_replies *r, const char *p, size_t n)
{
    const char *lf = memchr(p, '\n', n);
    size_t len = lf ? (size_t)(lf - p) : n;
    if (!store_body(r, p, len) || !lf)
        return len;
    if (r->body.len == 0 || r->body.data[r->body.len - 1] != '\r')
        npi_replies_add_note(r, "bare LF");
    store_body(r, lf, 1);
    r->lines++;
    r->state = DOTTED_BEGIN;
    return len + 1;
}

/* RFC 1939 3: one dot before a line that begins with one is taken away. */
static size_t take_dotted(npi_replies *r, const char *p, size_t n)
{
    bool ends = *p == '\n';
    switch (r->state) {
    case DOTTED_BEGIN:
        r->state = *p == '.' ? DOTTED_DOT : DOTTED_WITHIN;
        return *p == '.';
    case DOTTED_DOT:
        if (ends)
            dotted_end(r, true);
        r->state = *p == '\r' ? DOTTED_DOT_CR : DOTTED_WITHIN;
        return ends || *p == '\r';
    case DOTTED_DOT_CR:
        if (ends)
            dotted_end(r, false);
        else
            store_body(r, "\r", 1);
        r->state = DOTTED_WITHIN;
        return ends;
    default:
        return dotted_within(r, p, n);
    }
}

static size_t take_count(npi_replies *r, const char *p, size_t n)
{
    if (n > r->left)
        n = (size_t)r->left;
    store_body(r, p, n);
    r->left -= n;
    if (r->left == 0) {
        r->mode = NPI_REPLY_LINES;
        r->form->counted(r);
    }
    return n;
}

static size_t take_crlf(npi_replies *r, const char *p)
{
    if (*p != "\r\n"[r->state]) {
        npi_replies_fail(r, "http.bad-chunk", "no CR LF behind the data of a chunk", NULL, 0);
        return 1;
    }
    r->state = !r->state;
    if (r->state == 0)
        r->mode = NPI_REPLY_LINES;
    return 1;
}

static size_t take_octets(npi_replies *r, const char *p, size_t n)
{
    size_t room = r->limits.reply - r->raw.len;
    size_t taken = n < room ? n : room;
    npi_buf_bytes(&r->raw, p, taken);
    if (taken == room)
        npi_replies_done(r);
    return taken;
}

size_t npi_replies_take(npi_replies *r, const char *p, size_t n)
{
    switch (r->mode) {
    case NPI_REPLY_DOTTED:
        return take_dotted(r, p, n);
    case NPI_REPLY_COUNT:
        return take_count(r, p, n);
    case NPI_REPLY_CLOSE:
        store_body(r, p, n);
        return n;
    case NPI_REPLY_CRLF:
        return take_crlf(r, p);
    case NPI_REPLY_OCTETS:
        return take_octets(r, p, n);
    case NPI_REPLY_LINES:
        break;
    }
    return take_line(r, p, n);
}
