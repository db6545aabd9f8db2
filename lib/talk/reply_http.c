/* SPDX-License-Identifier: MIT */
/*
 * HTTP/1.1 (RFC 9112). Decides how long an answer is, and refuses whatever two readers could
 * understand differently: two lengths, odd lengths, odd transfer codings, odd headers.
 *
 * Plan of the parts of an answer:
 *     STATUS    the status line; its first octets are judged before its end, for peers that speak
 *               something else and wait
 *     HEADERS   up to an empty line; a 1xx answer ends here, and STATUS comes again
 *     BODY      none for HEAD, 2xx to CONNECT, 204, 304; else chunked, else Content-Length, else
 *               until the stream ends (RFC 9112 6.3)
 *     CHUNKS    size lines, data, CR LF
 *     TRAILERS  behind the last chunk, up to an empty line
 */
#include <string.h>

#include "base/text.h"
#include "talk/reply_inside.h"

enum part { PART_STATUS, PART_HEADERS, PART_BODY, PART_CHUNKS, PART_TRAILERS };

enum {
    PEEK = 32,              /* octets of a first line that tell enough */
    INTERIM_MAX = 8,        /* 1xx answers before the final one */
    NAME_MAX_OCTETS = 8192, /* of a header's name */
    LENGTH_DIGITS = 18,     /* no overflow of 64 bits */
    CHUNK_DIGITS = 15,
    CHUNK_LINE = 4096,      /* octets of a chunk's size line, its extension among them */
    EXTENSIONS_MAX = 65536  /* octets of extensions in a body */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Without blanks at both ends. */
static const char *trim(const char *p, size_t *len)
{
    while (*len > 0 && is_blank(p[*len - 1]))
        --*len;
    while (*len > 0 && is_blank(*p)) {
        p++;
        --*len;
    }
    return p;
}

static bool is_clean(const char *p, size_t len)
{
    return !memchr(p, '\r', len) && !memchr(p, '\0', len);
}

static bool same(const char *p, size_t len, const char *word)
{
    const char *rest;
    size_t rest_len;
    return strlen(word) == len && npi_reply_word(p, len, word, &rest, &rest_len);
}

/* The next member of a list parted by commas; false when there is none. */
static bool next_member(const char **at, size_t *left, const char **member, size_t *len)
{
    if (!*at)
        return false;
    const char *comma = memchr(*at, ',', *left);
    *len = comma ? (size_t)(comma - *at) : *left;
    *member = *at;
    *left -= comma ? *len + 1 : *len;
    *at = comma ? comma + 1 : NULL;
    *member = trim(*member, len);
    return true;
}

/* What is left of the head's allowance, for one more head, or for the trailers. */
static void allow_head(npi_replies *r)
{
    size_t room = r->limits.reply > r->head_start ? r->limits.reply - r->head_start : 0;
    bool by_head = r->limits.head <= room;
    r->raw_max = by_head ? r->head_start + r->limits.head : r->limits.reply;
    r->raw_limit = by_head ? r->limits.head : r->limits.reply;
    r->raw_problem = by_head ? "limit.headers" : "limit.reply";
    r->raw_what = by_head ? "headers" : "a reply";
    r->line_max = SIZE_MAX;
    r->strict = false;
}

static void begin_head(npi_replies *r)
{
    r->part = PART_STATUS;
    r->head_start = r->raw.len;
    r->peek = PEEK;
    r->lines = r->field_count = r->extensions = 0;
    r->has_length = false;
    r->length = 0;
    npi_buf_clear(&r->fields);
    allow_head(r);
}

static void http_begin(npi_replies *r)
{
    r->interim = 0;
    /* The status line and the empty one are none of the header lines that are counted. */
    r->lines_max = r->limits.lines > SIZE_MAX - 2 ? SIZE_MAX : r->limits.lines + 2;
    begin_head(r);
}

static bool begins_like_http(const char *line, size_t len)
{
    return memcmp(line, "HTTP/", len < 5 ? len : 5) == 0;
}

static void fail_not_http(npi_replies *r, const char *line, size_t len)
{
    npi_replies_fail(r, "http.not-http", "not an answer of HTTP:", line, len < PEEK ? len : PEEK);
}

static void http_peeked(npi_replies *r)
{
    const char *line = r->raw.data + r->line_start;
    if (r->part == PART_STATUS && !begins_like_http(line, PEEK))
        fail_not_http(r, line, PEEK);
}

/* HTTP/1.x SP ddd [SP reason] */
static void status_line(npi_replies *r, const char *line, size_t len)
{
    enum { CODE = 9, REASON = 13 };
    if (len < 5 || !begins_like_http(line, len)) {
        fail_not_http(r, line, len);
        return;
    }
    bool good = len >= CODE + 3 && line[5] == '1' && line[6] == '.' && is_digit(line[7]) &&
                line[8] == ' ' && line[CODE] >= '1' && line[CODE] <= '5' &&
                is_digit(line[CODE + 1]) && is_digit(line[CODE + 2]) &&
                (len == CODE + 3 || line[CODE + 3] == ' ') && is_clean(line, len);
    if (!good) {
        npi_replies_fail(r, "http.bad-status", "not a status line of HTTP/1:", line, len);
        return;
    }
    if (len == CODE + 3)
        npi_replies_add_note(r, "status line without reason phrase");
    r->minor = line[7] - '0';
    r->code = (line[CODE] - '0') * 100 + (line[CODE + 1] - '0') * 10 + line[CODE + 2] - '0';
    npi_buf_clear(&r->text);
    npi_replies_text(r, line + (len < REASON ? len : REASON), len < REASON ? 0 : len - REASON);
    r->part = PART_HEADERS;
    r->peek = 0;
}

static bool is_token(const char *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = p[i];
        bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alpha && !is_digit(c) && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return len > 0;
}

static void bad_header(npi_replies *r, const char *line, size_t len)
{
    npi_replies_fail(r, "http.bad-header", "not a header line:", line, len);
}

/* A line that goes on (RFC 9112 5.2): joined by one blank. The value is the last text in fields. */
static void fold(npi_replies *r, const char *line, size_t len)
{
    npi_reply_field *f = r->field_count > 0 ? &r->field[r->field_count - 1] : NULL;
    if (!f || f->trailer != (r->part == PART_TRAILERS) || !is_clean(line, len)) {
        bad_header(r, line, len);
        return;
    }
    npi_replies_add_note(r, "folded header");
    r->lines++;
    const char *more = trim(line, &len);
    if (len == 0)
        return;
    r->fields.len--; /* the NUL behind the value */
    if (f->value_len > 0)
        npi_buf_char(&r->fields, ' ');
    npi_buf_bytes(&r->fields, more, len);
    f->value_len = r->fields.len - f->value;
    npi_buf_char(&r->fields, '\0');
}

static void header_line(npi_replies *r, const char *line, size_t len)
{
    if (is_blank(*line)) {
        fold(r, line, len);
        return;
    }
    const char *colon = memchr(line, ':', len);
    size_t name_len = colon ? (size_t)(colon - line) : len;
    if (name_len > NAME_MAX_OCTETS) {
        npi_replies_fail_limit(r, "limit.headers", "a header's name", NAME_MAX_OCTETS, "octets");
        return;
    }
    if (!colon || !is_token(line, name_len) || !is_clean(colon, len - name_len)) {
        bad_header(r, line, len);
        return;
    }
    if (!npi_make_room(&r->mem, &r->field, r->field_count, &r->field_room, sizeof *r->field)) {
        r->fields.nomem = true;
        return;
    }
    size_t value_len = len - name_len - 1;
    const char *value = trim(colon + 1, &value_len);
    npi_reply_field *f = &r->field[r->field_count++];
    *f = (npi_reply_field){r->fields.len, r->fields.len + name_len + 1, value_len,
                           r->part == PART_TRAILERS};
    npi_buf_bytes(&r->fields, line, name_len);
    npi_buf_char(&r->fields, '\0');
    npi_buf_bytes(&r->fields, value, value_len);
    npi_buf_char(&r->fields, '\0');
    r->lines++;
}

/* The next header of this name, from index *at on. */
static bool next_header(const npi_replies *r, const char *name, size_t *at, const char **value,
                        size_t *len)
{
    for (; *at < r->field_count; ++*at) {
        const npi_reply_field *f = &r->field[*at];
        const char *other = r->fields.data + f->name;
        if (!same(other, strlen(other), name))
            continue;
        *value = r->fields.data + f->value;
        *len = f->value_len;
        ++*at;
        return true;
    }
    return false;
}

static bool has_token(const npi_replies *r, const char *name, const char *token)
{
    const char *value, *member;
    size_t at = 0, left, len;
    while (next_header(r, name, &at, &value, &left))
        while (next_member(&value, &left, &member, &len))
            if (same(member, len, token))
                return true;
    return false;
}

static bool length_member(npi_replies *r, const char *member, size_t len)
{
    uint64_t n = 0;
    bool good = len >= 1 && len <= LENGTH_DIGITS;
    for (size_t i = 0; good && i < len; i++) {
        good = is_digit(member[i]);
        n = n * 10 + (uint64_t)(member[i] - '0');
    }
    if (!good) {
        npi_replies_fail(r, "http.bad-length", "not a Content-Length:", member, len);
        return false;
    }
    if (r->has_length && n != r->length) {
        npi_replies_fail(r, "http.ambiguous-length", "two different Content-Lengths", NULL, 0);
        return false;
    }
    if (r->has_length)
        npi_replies_add_note(r, "repeated Content-Length");
    r->has_length = true;
    r->length = n;
    return true;
}

static bool read_length(npi_replies *r)
{
    const char *value, *member;
    size_t at = 0, left, len;
    while (next_header(r, "CONTENT-LENGTH", &at, &value, &left))
        while (next_member(&value, &left, &member, &len))
            if (!length_member(r, member, len))
                return false;
    return true;
}

/* "chunked", only, once (RFC 9112 6.1 leaves no other), in 1.1, beside no length. */
static bool read_coding(npi_replies *r, bool *chunked)
{
    const char *value, *member;
    size_t at = 0, left, len;
    *chunked = false;
    while (next_header(r, "TRANSFER-ENCODING", &at, &value, &left))
        while (next_member(&value, &left, &member, &len)) {
            if (*chunked || r->minor == 0 || !same(member, len, "CHUNKED")) {
                npi_replies_fail(r, "http.bad-coding", "a Transfer-Encoding other than chunked:",
                                 member, len);
                return false;
            }
            *chunked = true;
        }
    if (*chunked && r->has_length) {
        npi_replies_fail(r, "http.ambiguous-length", "Content-Length and Transfer-Encoding", NULL,
                         0);
        return false;
    }
    return true;
}

static void finish(npi_replies *r)
{
    npi_replies_answered(r, 0);
    npi_replies_done(r);
}

static void begin_chunks(npi_replies *r)
{
    r->part = PART_CHUNKS;
    r->strict = true;
    r->line_max = CHUNK_LINE;
    r->raw_max = r->raw.len + CHUNK_LINE + 2;
}

static void begin_body(npi_replies *r, bool chunked)
{
    const npi_reply_command *c = npi_replies_command_now(r);
    bool none = r->code == 204 || r->code == 304 || (c && c->head) ||
                (c && c->connect && r->code / 100 == 2);
    bool until_end = !none && !chunked && !r->has_length;
    r->part = PART_BODY;
    r->closes = until_end || has_token(r, "CONNECTION", "CLOSE") ||
                (r->minor == 0 && !has_token(r, "CONNECTION", "KEEP-ALIVE"));
    if (r->code == 204 && (chunked || r->has_length))
        npi_replies_add_note(r, "a length in an answer without body");
    if (none)
        finish(r);
    else if (chunked)
        begin_chunks(r);
    else if (r->has_length)
        npi_replies_count(r, r->length);
    else
        r->mode = NPI_REPLY_CLOSE;
}

static void interim(npi_replies *r)
{
    if (r->code == 101)
        npi_replies_fail(r, "http.bad-upgrade", "another protocol, which nobody asked for", NULL,
                         0);
    else if (++r->interim > INTERIM_MAX)
        npi_replies_fail_limit(r, "limit.reply", "a series", INTERIM_MAX, "interim answers");
    else
        begin_head(r);
}

static void end_of_headers(npi_replies *r)
{
    bool chunked;
    if (r->code < 200)
        interim(r);
    else if (read_length(r) && read_coding(r, &chunked))
        begin_body(r, chunked);
}

/* A chunk's line is not kept: a body may have many. */
static void drop_line(npi_replies *r, const char *line)
{
    r->raw.len = r->line_start = (size_t)(line - r->raw.data);
    r->raw.data[r->raw.len] = '\0';
}

/* chunk-size [BWS ";" extension] CRLF (RFC 9112 7.1) */
static bool read_chunk(npi_replies *r, const char *line, size_t len, uint64_t *size)
{
    size_t digits = 0;
    *size = 0;
    while (digits < len && digits <= CHUNK_DIGITS && npi_hex_digit(line[digits]) >= 0)
        *size = *size * 16 + (uint64_t)npi_hex_digit(line[digits++]);
    size_t rest_len = len - digits;
    const char *rest = trim(line + digits, &rest_len);
    bool good = digits >= 1 && digits <= CHUNK_DIGITS && (rest_len == 0 || *rest == ';');
    if (!good || r->bare || !is_clean(line, len)) {
        npi_replies_fail(r, "http.bad-chunk",
                         good && r->bare ? "a chunk's size with LF alone:" : "not a chunk's size:",
                         line, len);
        return false;
    }
    if (rest_len == 0 && digits < len)
        npi_replies_add_note(r, "blanks behind a chunk's size");
    r->extensions += len - digits;
    if (r->extensions <= EXTENSIONS_MAX)
        return true;
    npi_replies_fail_limit(r, "limit.reply", "chunk extensions", EXTENSIONS_MAX, "octets");
    return false;
}

static void chunk_line(npi_replies *r, const char *line, size_t len)
{
    uint64_t size;
    if (!read_chunk(r, line, len, &size))
        return;
    drop_line(r, line);
    if (size > 0) {
        npi_replies_count(r, size);
        return;
    }
    r->part = PART_TRAILERS;
    allow_head(r);
}

static void http_line(npi_replies *r, const char *line, size_t len)
{
    if (r->part == PART_STATUS)
        status_line(r, line, len);
    else if (r->part == PART_CHUNKS)
        chunk_line(r, line, len);
    else if (len > 0)
        header_line(r, line, len);
    else if (r->part == PART_TRAILERS)
        finish(r);
    else
        end_of_headers(r);
}

static void http_counted(npi_replies *r)
{
    if (r->part != PART_CHUNKS)
        finish(r);
    else
        r->mode = NPI_REPLY_CRLF;
}

static void fail_truncated(npi_replies *r)
{
    char sentence[160];
    npi_buf b = npi_buf_in(sentence, sizeof sentence);
    npi_buf_str(&b, "the body ends after ");
    npi_buf_u64(&b, r->body.len);
    if (r->part == PART_BODY) {
        npi_buf_str(&b, " of ");
        npi_buf_u64(&b, r->length);
        npi_buf_str(&b, " octets");
    } else {
        npi_buf_str(&b, " octets without the end of its chunks");
    }
    npi_replies_fail(r, "http.truncated", sentence, NULL, 0);
}

static void http_end(npi_replies *r)
{
    const char *line = npi_buf_text(&r->raw) + r->line_start;
    size_t len = r->raw.len - r->line_start;
    if (r->mode == NPI_REPLY_CLOSE)
        finish(r);
    else if (r->part == PART_STATUS && !begins_like_http(line, len))
        fail_not_http(r, line, len);
    else if (r->part <= PART_HEADERS)
        npi_replies_fail_closed(r);
    else
        fail_truncated(r);
}

static bool http_command(npi_replies *r, npi_reply_command *c, const char *line, size_t len)
{
    (void)r;
    c->head = len >= 5 && memcmp(line, "HEAD ", 5) == 0; /* methods have case, RFC 9110 9.1 */
    c->connect = len >= 8 && memcmp(line, "CONNECT ", 8) == 0;
    return true;
}

const npi_reply_form npi_reply_http = {.mode = NPI_REPLY_LINES,
                                       .begin = http_begin,
                                       .line = http_line,
                                       .peeked = http_peeked,
                                       .counted = http_counted,
                                       .end = http_end,
                                       .command = http_command};
