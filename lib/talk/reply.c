/* SPDX-License-Identifier: MIT */
/*
 * Decides in which order answers come, what waits, and how problems and notes are told. Where a
 * line ends and what fits is the affair of reply_take.c, what lines mean that of reply_mail.c,
 * reply_imap.c, reply_http.c and reply_line.c.
 *
 * Plan. Octets are read as they come, up to the end of a reply; what is behind it waits in `in`
 * until that reply was handed out. So a limit is met before octets beyond it are stored, and
 * nothing depends on how the stream was cut: every decision is taken at an octet, and looks at
 * octets before it only.
 */
#include "talk/reply.h"

#include <string.h>

#include "talk/reply_inside.h"

enum {
    KEPT_ROOM = 65536, /* larger buffers are given back between replies */
    QUOTED_MAX = 60    /* octets of a peer that a sentence shows */
};

const npi_reply_limits npi_reply_limits_default = {
    .line = 65536, .lines = 1000, .reply = 1048576, .body = 8388608, .head = 102400};

/* Order of npi_framing. */
static const npi_reply_form *const forms[] = {&npi_reply_smtp, &npi_reply_pop3, &npi_reply_imap,
                                              &npi_reply_http, &npi_reply_line, &npi_reply_raw};

static size_t sum(size_t a, size_t b)
{
    return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

/* Octets that may wait: as many as one reply may have. */
static size_t wait_max(const npi_replies *r)
{
    return sum(sum(r->limits.reply, r->limits.body), r->limits.head);
}

static size_t waiting(const npi_replies *r)
{
    return r->in.len - r->taken;
}

static void give_back(npi_buf *b)
{
    npi_buf_clear(b);
    if (b->size > KEPT_ROOM)
        npi_buf_free(b);
}

/* Forget the reply that was handed out, and be ready for another. */
static void begin(npi_replies *r)
{
    give_back(&r->raw);
    give_back(&r->text);
    give_back(&r->body);
    give_back(&r->fields);
    r->field_count = r->consumed = r->lines = r->line_start = 0;
    r->ready = r->handed = r->closes = r->strict = r->goes_on = r->bye = false;
    r->last = true;
    r->code = r->state = 0;
    r->word[0] = r->enhanced[0] = '\0';
    r->peek = 0;
    r->mode = r->form->mode;
    r->line_max = r->limits.line;
    r->lines_max = r->limits.lines;
    r->raw_max = r->raw_limit = r->limits.reply;
    r->raw_problem = "limit.reply";
    r->raw_what = "a reply";
    if (r->form->begin)
        r->form->begin(r);
}

npi_replies *npi_replies_new(const npi_mem *mem, npi_framing framing,
                             const npi_reply_limits *limits)
{
    npi_replies *r = npi_alloc(mem, 1, sizeof *r);
    if (!r)
        return NULL;
    r->mem = *mem;
    r->framing = framing;
    r->form = forms[framing];
    r->limits = limits ? *limits : npi_reply_limits_default;
    r->problem = "";
    size_t reply_max = sum(r->limits.reply, 1);
    r->in = npi_buf_grow(&r->mem, sum(sum(wait_max(r), wait_max(r)), 2));
    r->raw = npi_buf_grow(&r->mem, sum(reply_max, 2 * KEPT_ROOM));
    r->text = npi_buf_grow(&r->mem, reply_max);
    r->body = npi_buf_grow(&r->mem, sum(r->limits.body, 1));
    r->fields = npi_buf_grow(&r->mem, sum(sum(r->limits.head, r->limits.head), 2));
    begin(r);
    return r;
}

void npi_replies_free(npi_replies *r)
{
    if (!r)
        return;
    npi_buf *bufs[] = {&r->in, &r->raw, &r->text, &r->body, &r->fields};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        npi_buf_free(bufs[i]);
    npi_free(&r->mem, r->field);
    npi_free(&r->mem, r->command);
    npi_mem mem = r->mem;
    npi_free(&mem, r);
}

static void tell(npi_replies *r, const char *problem, const char *sentence, const char *quoted,
                 size_t len)
{
    npi_buf b = npi_buf_in(r->sentence, sizeof r->sentence);
    r->problem = problem;
    npi_buf_str(&b, sentence);
    if (!quoted)
        return;
    npi_buf_str(&b, " \"");
    npi_buf_escaped(&b, quoted, len < QUOTED_MAX ? len : QUOTED_MAX);
    npi_buf_str(&b, len > QUOTED_MAX ? "...\"" : "\"");
}

void npi_replies_fail(npi_replies *r, const char *problem, const char *sentence,
                      const char *quoted, size_t len)
{
    if (r->broken)
        return;
    r->broken = true;
    r->ready = false;
    tell(r, problem, sentence, quoted, len);
}

void npi_replies_fail_limit(npi_replies *r, const char *problem, const char *what, size_t limit,
                            const char *unit)
{
    char sentence[200];
    npi_buf b = npi_buf_in(sentence, sizeof sentence);
    npi_buf_str(&b, what);
    npi_buf_str(&b, " of more than ");
    npi_buf_u64(&b, limit);
    npi_buf_char(&b, ' ');
    npi_buf_str(&b, unit);
    npi_replies_fail(r, problem, sentence, NULL, 0);
}

static void fail_memory(npi_replies *r)
{
    r->broken = false; /* whatever else was found: it may come of a text that was cut */
    npi_replies_fail(r, "memory", "out of memory", NULL, 0);
    r->nomem = true;
    r->field_count = 0; /* the last may be half written */
}

/* What has been read stays good: the problem comes behind it. */
static void fail_late(npi_replies *r, const char *problem, const char *sentence)
{
    if (r->broken || r->late)
        return;
    r->late = true;
    tell(r, problem, sentence, NULL, 0);
}

void npi_replies_fail_closed(npi_replies *r)
{
    const char *line = npi_buf_text(&r->raw) + r->line_start;
    size_t len = r->raw.len - r->line_start;
    if (len > 0)
        npi_replies_fail(r, "reply.closed", "closed in the middle of a line that begins with",
                         line, len);
    else
        npi_replies_fail(r, "reply.closed", "closed in the middle of a reply", NULL, 0);
}

void npi_replies_add_note(npi_replies *r, const char *note)
{
    for (int i = 0; i < r->note_count; i++)
        if (strcmp(r->note[i], note) == 0)
            return;
    if (r->note_count < NPI_REPLY_NOTES)
        r->note[r->note_count++] = note;
}

void npi_replies_done(npi_replies *r)
{
    r->ready = true;
    r->answered++;
}

void npi_replies_word(npi_replies *r, const char *word)
{
    npi_buf b = npi_buf_in(r->word, sizeof r->word);
    npi_buf_str(&b, word);
}

void npi_replies_text(npi_replies *r, const char *text, size_t len)
{
    if (r->lines++ > 0)
        npi_buf_char(&r->text, '\n');
    npi_buf_bytes(&r->text, text, len);
}

const npi_reply_command *npi_replies_command_now(const npi_replies *r)
{
    return r->command_count > 0 ? &r->command[0] : NULL;
}

void npi_replies_answered(npi_replies *r, size_t index)
{
    if (index >= r->command_count)
        return;
    r->command_count--;
    memmove(r->command + index, r->command + index + 1,
            (r->command_count - index) * sizeof *r->command);
}

bool npi_reply_word(const char *line, size_t len, const char *word, const char **rest,
                    size_t *rest_len)
{
    size_t n = strlen(word);
    if (len < n || (len > n && line[n] != ' ' && line[n] != '\t'))
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = line[i] >= 'a' && line[i] <= 'z' ? (char)(line[i] - 'a' + 'A') : line[i];
        if (c != word[i])
            return false;
    }
    while (n < len && (line[n] == ' ' || line[n] == '\t'))
        n++;
    *rest = line + n;
    *rest_len = len - n;
    return true;
}

/* An alert or a handshake record (RFC 8446 5.1) where a protocol's first octets should be. */
static void look_for_tls(npi_replies *r, const uint8_t *p, size_t n)
{
    if (r->framing == NPI_FRAMING_RAW || r->total > 1 || (r->total == 0 && n < 2))
        return;
    uint8_t first = r->total == 0 ? p[0] : r->first;
    uint8_t second = r->total == 0 ? p[1] : p[0];
    if ((first == 0x15 || first == 0x16) && second == 3)
        npi_replies_fail(r, r->framing == NPI_FRAMING_HTTP ? "http.not-http" : "reply.malformed",
                         "this port speaks TLS", NULL, 0);
}

static bool out_of_memory(const npi_replies *r)
{
    return r->in.nomem || r->raw.nomem || r->text.nomem || r->body.nomem || r->fields.nomem;
}

/* HTTP: what follows an answer is another one only if there is another request. */
static bool nothing_asked(const npi_replies *r)
{
    return r->framing == NPI_FRAMING_HTTP && r->answered > 0 && r->command_count == 0;
}

static bool may_read(const npi_replies *r)
{
    return !r->ready && !r->broken && !r->stop && !(r->consumed == 0 && nothing_asked(r));
}

/* Read octets up to the end of a reply; how many were read. */
static size_t read_octets(npi_replies *r, const char *p, size_t n)
{
    size_t used = 0;
    while (used < n && may_read(r)) {
        look_for_tls(r, (const uint8_t *)p + used, n - used);
        if (r->broken)
            break;
        if (r->total == 0)
            r->first = (uint8_t)p[used];
        size_t taken = npi_replies_take(r, p + used, n - used);
        used += taken;
        r->total += taken;
        r->consumed += taken;
        if (out_of_memory(r))
            fail_memory(r);
    }
    return used;
}

static void note_extra(npi_replies *r)
{
    if (nothing_asked(r))
        npi_replies_add_note(r, "http.extra-octets");
}

/* Go on with what waits. */
static void read_waiting(npi_replies *r)
{
    if (r->handed)
        begin(r);
    if (waiting(r) == 0)
        return;
    r->taken += read_octets(r, r->in.data + r->taken, waiting(r));
    if (waiting(r) > 0) {
        note_extra(r);
        return;
    }
    give_back(&r->in);
    r->taken = 0;
}

static void store_waiting(npi_replies *r, const char *p, size_t n)
{
    note_extra(r);
    if (n > wait_max(r) - waiting(r)) {
        fail_late(r, "limit.reply", "more octets wait than a reply may have");
        return;
    }
    if (r->taken > 0 && r->taken >= r->in.len / 2) {
        memmove(r->in.data, r->in.data + r->taken, waiting(r));
        r->in.len -= r->taken;
        r->taken = 0;
    }
    npi_buf_bytes(&r->in, p, n);
}

bool npi_replies_feed(npi_replies *r, const void *data, size_t len)
{
    if (!r->broken)
        read_waiting(r);
    size_t used = 0;
    if (waiting(r) == 0 && !r->late)
        used = read_octets(r, data, len);
    if (used < len && !r->broken && !r->late)
        store_waiting(r, (const char *)data + used, len - used);
    if (r->in.nomem)
        r->nomem = true;
    if (r->nomem && !r->broken)
        fail_memory(r);
    return !r->nomem && !r->late;
}

void npi_replies_end(npi_replies *r)
{
    r->ended = true;
}

bool npi_replies_command(npi_replies *r, const char *line, size_t len, int multi)
{
    npi_reply_command c = {0};
    if (!r->form->command || !r->form->command(r, &c, line, len))
        return true;
    if (multi >= 0)
        c.multi = multi > 0;
    if (nothing_asked(r) && waiting(r) > 0) {
        fail_late(r, "http.extra-octets", "octets behind the answer, before the next request");
        r->stop = true;
    }
    if (!npi_make_room(&r->mem, &r->command, r->command_count, &r->command_room, sizeof c))
        return false;
    r->command[r->command_count++] = c;
    return true;
}

static void fill(const npi_replies *r, npi_answer *out)
{
    const npi_buf *text = r->framing == NPI_FRAMING_RAW ? &r->raw : &r->text;
    out->code = r->code;
    memcpy(out->word, r->word, sizeof out->word);
    memcpy(out->enhanced, r->enhanced, sizeof out->enhanced);
    out->text = npi_buf_text(text);
    out->text_len = text->len;
    out->raw = npi_buf_text(&r->raw);
    out->raw_len = r->raw.len;
    out->body = npi_buf_text(&r->body);
    out->body_len = r->body.len;
    out->line_count = r->lines;
    out->closes = r->closes;
    out->last = r->last;
}

npi_reply_step npi_replies_next(npi_replies *r, npi_answer *out)
{
    *out = (npi_answer){.text = "", .raw = "", .body = ""};
    if (!r->ready && !r->broken)
        read_waiting(r);
    if (r->mode == NPI_REPLY_OCTETS && r->raw.len > 0 && !r->ready && !r->broken)
        npi_replies_done(r);
    bool begun = r->consumed > 0 && !r->ready && !r->broken && !r->late;
    if (r->ended && begun) {
        r->form->end(r);
        if (out_of_memory(r))
            fail_memory(r);
    }
    if (r->ready) {
        r->ready = false;
        r->handed = true;
        fill(r, out);
        return NPI_REPLY_ANSWER;
    }
    r->broken = r->broken || r->late;
    if (!r->broken)
        return r->ended ? NPI_REPLY_CLOSED : NPI_REPLY_MORE;
    if (strcmp(r->problem, "http.truncated") == 0)
        fill(r, out);
    return NPI_REPLY_BROKEN;
}

const char *npi_replies_problem(const npi_replies *r)
{
    return r->problem;
}

const char *npi_replies_sentence(const npi_replies *r)
{
    return r->sentence;
}

int npi_replies_note_count(const npi_replies *r)
{
    return r->note_count;
}

const char *npi_replies_note(const npi_replies *r, int index)
{
    return index >= 0 && index < r->note_count ? r->note[index] : NULL;
}

int npi_replies_header_count(const npi_replies *r)
{
    return (int)r->field_count;
}

bool npi_replies_header(const npi_replies *r, int index, npi_header *out)
{
    if (index < 0 || (size_t)index >= r->field_count)
        return false;
    const npi_reply_field *f = &r->field[index];
    *out = (npi_header){r->fields.data + f->name, r->fields.data + f->value, f->value_len,
                        f->trailer};
    return true;
}

size_t npi_replies_waiting(const npi_replies *r)
{
    return waiting(r) + (r->handed ? 0 : r->consumed);
}
