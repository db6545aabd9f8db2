/* SPDX-License-Identifier: MIT */
/*
 * A stage for the machine of conversations: no socket, no TLS, no clock. What a server does is a
 * play, a line each:
 *
 *     CONNECT mx:25          the client connects there; "mx:465 tls": with TLS from the first octet
 *     S 220 mx               the server says a line
 *     R 220-mx\r\n220 m      the server says octets; \r \n \t \\ and \xHH in both
 *     FIN                    it says no more, right behind what it has just said
 *     EOF                    it says no more, a while later
 *     CUT                    the same inside TLS, and without TLS's goodbye
 *     C EHLO me              the client has said this line by now
 *     O GET / HTTP/1.1\r\n   the client has said these octets by now
 *     TLS                    the client asks for TLS, and has it; "TLS fails": the handshake fails
 *     CLOSE                  the client closes
 *     TIME 10s               time passes
 *
 * What stands side by side comes at once, or in pieces. The story of a play is what the machine
 * shows of it: transcript, steps and how it ended. A script "@smtp" is the one of np-talk; where in
 * it something went wrong is told as "t:*: ".
 */
#ifndef TESTS_UNIT_STAGE_H
#define TESTS_UNIT_STAGE_H

#include "base/text.h"
#include "hex.h"
#include "talk/machine.h"

enum { STAGE_TEXT_MAX = 32 << 20, STAGE_TURNS = 100000 };

typedef struct play {
    const char *about;
    const char *script; /* is called "t" in messages */
    const char *lines;
    const char *end;    /* "ok", or the status, the problem and the sentence */
    const char *values; /* "host=mx user=me !pass=secret": with '!' a secret */
    const char *before; /* another script that is run before in the same run */
    int plaintext;      /* np_choice */
    bool loopback;
    bool apart; /* the server speaks before it is asked: pieces are another play */
    int64_t step_time, run_time;
    npi_reply_limits limits; /* 0: the default */
} play;

/* How a play goes: pieces of the server's octets, memory. */
typedef struct staging {
    unsigned pieces; /* 0 as they stand side by side, 1 octet by octet, else a seed */
    const npi_mem *mem;
} staging;

typedef struct stage {
    npi_machine m;
    npi_mem libc;
    npi_mono now;
    const play *p;
    const char *at; /* of the play */
    unsigned seed;
    npi_buf said;  /* by the client, and not asked for by the play yet */
    npi_buf told;  /* all that the client did */
    npi_buf story; /* what the machine shows */
    npi_buf end;   /* how it ended */
    npi_buf fault; /* how the play went wrong; "" it did not */
    np_status status;
} stage;

/* ---- lines of the play ----------------------------------------------------------------------- */

static inline size_t stage_line_len(const stage *s)
{
    return strcspn(s->at, "\n");
}

static inline bool stage_line_is(const stage *s, const char *word)
{
    size_t len = strlen(word);
    return strncmp(s->at, word, len) == 0 && strchr(" \n", s->at[len]) != NULL;
}

static inline void stage_line_over(stage *s)
{
    s->at += stage_line_len(s);
    s->at += *s->at == '\n';
}

/* Octets of a line behind its word. */
static inline void stage_octets(const stage *s, npi_buf *out)
{
    const char *end = s->at + stage_line_len(s), *p = s->at + (s->at + 1 < end ? 2 : 1);
    while (p < end) {
        if (*p != '\\') {
            npi_buf_char(out, *p++);
        } else if (p[1] == 'x') {
            npi_buf_u8(out, (uint8_t)(hex_digit(p[2]) << 4 | hex_digit(p[3])));
            p += 4;
        } else {
            npi_buf_char(out, p[1] == 'r' ? '\r' : p[1] == 'n' ? '\n' : p[1] == 't' ? '\t' : p[1]);
            p += 2;
        }
    }
}

static inline void stage_fault(stage *s, const char *what)
{
    if (s->fault.len > 0)
        return;
    npi_buf_str(&s->fault, what);
    npi_buf_str(&s->fault, " at: ");
    npi_buf_bytes(&s->fault, s->at, stage_line_len(s));
    npi_buf_str(&s->fault, "; the client has said: ");
    npi_buf_escaped(&s->fault, npi_buf_text(&s->said), s->said.len);
}

/* ---- the client ------------------------------------------------------------------------------ */

/* Lines "C" and "O" that have been fulfilled. */
static inline void stage_take_said(stage *s)
{
    while (s->fault.len == 0 && (stage_line_is(s, "C") || stage_line_is(s, "O"))) {
        npi_buf want = npi_buf_grow(&s->libc, STAGE_TEXT_MAX);
        stage_octets(s, &want);
        npi_buf_str(&want, *s->at == 'C' ? "\r\n" : "");
        bool enough = want.len <= s->said.len;
        if (s->said.len > 0 && enough && memcmp(s->said.data, want.data, want.len) != 0)
            stage_fault(s, "the client said something else");
        if (enough && want.len > 0) {
            s->said.len -= want.len;
            memmove(s->said.data, s->said.data + want.len, s->said.len);
            if (s->fault.len == 0)
                stage_line_over(s);
        }
        npi_buf_free(&want);
        if (!enough)
            return;
    }
}

/* The client does something that the play must have: "CONNECT mx:25". */
static inline bool stage_does(stage *s, const char *what)
{
    size_t len = stage_line_len(s), want = strlen(what);
    npi_buf_str(&s->told, what);
    npi_buf_char(&s->told, '\n');
    stage_take_said(s);
    len = stage_line_len(s);
    bool fails = len == want + 6 && strncmp(s->at + want, " fails", 6) == 0;
    if ((len != want && !fails) || strncmp(s->at, what, want) != 0 || s->said.len > 0) {
        npi_buf why = npi_buf_grow(&s->libc, STAGE_TEXT_MAX);
        npi_buf_printf(&why, "the client did '%s'", what);
        stage_fault(s, npi_buf_text(&why));
        npi_buf_free(&why);
    }
    stage_line_over(s);
    return !fails;
}

static inline void stage_connect(stage *s)
{
    const npi_machine_target *t = &s->m.target;
    npi_buf what = npi_buf_grow(&s->libc, STAGE_TEXT_MAX);
    npi_buf_str(&what, "CONNECT ");
    npi_buf_str(&what, t->unix_socket ? "unix:" : "");
    npi_buf_str(&what, npi_buf_text(&t->host));
    if (!t->unix_socket)
        npi_buf_printf(&what, ":%u", t->port);
    npi_buf_str(&what, t->tls ? " tls" : "");
    bool good = stage_does(s, npi_buf_text(&what));
    npi_buf_free(&what);
    if (!good) {
        npi_machine_fail(&s->m, s->now, NP_ERR_REFUSED, "connect.refused", "nobody is there");
        return;
    }
    s->m.facts.loopback = s->p->loopback;
    npi_machine_connected(&s->m, s->now);
    if (t->tls && npi_machine_segment(&s->m))
        npi_machine_secured(&s->m, s->now);
}

/* One turn of the machine. False when it waits, or is at its end. */
static inline bool stage_turn(stage *s, npi_act *act)
{
    *act = npi_machine_next(&s->m, s->now);
    switch (*act) {
    case NPI_ACT_CONNECT:
        stage_connect(s);
        return true;
    case NPI_ACT_SEND:
        npi_buf_bytes(&s->said, npi_buf_text(&s->m.out), s->m.out.len);
        npi_buf_bytes(&s->told, npi_buf_text(&s->m.out), s->m.out.len);
        npi_machine_sent(&s->m, s->now);
        stage_take_said(s);
        return true;
    case NPI_ACT_TLS:
        if (stage_does(s, "TLS"))
            npi_machine_secured(&s->m, s->now);
        else
            npi_machine_fail(&s->m, s->now, NP_ERR_TLS, "tls.not-tls", "the server speaks no TLS");
        return true;
    case NPI_ACT_CLOSE:
        stage_does(s, "CLOSE");
        npi_machine_closed(&s->m, s->now);
        return true;
    case NPI_ACT_WAIT:
    case NPI_ACT_REST:
    case NPI_ACT_END:
        break;
    }
    return false;
}

/* Up to where it waits, or is at its end. */
static inline npi_act stage_turns(stage *s)
{
    npi_act act = NPI_ACT_WAIT;
    for (int i = 0; stage_turn(s, &act); i++)
        if (i == STAGE_TURNS || s->fault.len > 0) {
            stage_fault(s, "the machine goes round");
            break;
        }
    return act;
}

/* ---- the server ------------------------------------------------------------------------------ */

static inline void stage_feed(stage *s, const char *data, size_t len)
{
    uint8_t *copy = exact_copy(data, len);
    if (!npi_machine_feed(&s->m, s->now, copy, len) &&
        !(s->m.replies && npi_replies_problem(s->m.replies)[0]))
        npi_machine_fail(&s->m, s->now, NP_ERR_NOMEM, "memory", "out of memory");
    free(copy);
}

static inline size_t stage_piece(stage *s, size_t left)
{
    if (s->seed < 2)
        return s->seed ? 1 : left;
    s->seed = s->seed * 1103515245u + 12345u;
    size_t n = 1 + (s->seed >> 16) % 12;
    s->seed |= 2;
    return n < left ? n : left;
}

/* Lines of the server that stand side by side. */
static inline void stage_serve(stage *s)
{
    npi_buf octets = npi_buf_grow(&s->libc, STAGE_TEXT_MAX);
    while (stage_line_is(s, "S") || stage_line_is(s, "R")) {
        bool line = *s->at == 'S';
        stage_octets(s, &octets);
        npi_buf_str(&octets, line ? "\r\n" : "");
        stage_line_over(s);
    }
    bool fin = stage_line_is(s, "FIN");
    if (fin)
        stage_line_over(s);
    npi_act act = NPI_ACT_WAIT;
    for (size_t at = 0, n; at < octets.len; at += n) {
        n = stage_piece(s, octets.len - at);
        stage_feed(s, octets.data + at, n);
        if (at + n < octets.len && act == NPI_ACT_WAIT)
            act = stage_turns(s);
    }
    if (fin)
        npi_machine_ended(&s->m, false);
    npi_buf_free(&octets);
}

/* Time passes, with a turn of the machine whenever it has asked for one. */
static inline void stage_wait(stage *s)
{
    char text[32] = "";
    int64_t ns = 0;
    size_t len = stage_line_len(s) - strlen("TIME ");
    memcpy(text, s->at + strlen("TIME "), len < sizeof text ? len : sizeof text - 1);
    if (npi_parse_duration(text, &ns) != NPI_PARSE_OK)
        stage_fault(s, "no time");
    stage_line_over(s);
    npi_mono end = npi_mono_add(s->now, ns);
    for (;;) {
        npi_mono due = npi_mono_min(s->m.until, s->m.over);
        s->now = npi_mono_min(due, end);
        if (stage_turns(s) != NPI_ACT_WAIT || !npi_mono_before(s->now, end))
            break;
    }
    s->now = end;
}

static inline void stage_play_line(stage *s)
{
    if (stage_line_is(s, "S") || stage_line_is(s, "R") || stage_line_is(s, "FIN"))
        stage_serve(s);
    else if (stage_line_is(s, "TIME"))
        stage_wait(s);
    else if (stage_line_is(s, "EOF") || stage_line_is(s, "CUT")) {
        npi_machine_ended(&s->m, *s->at == 'C');
        stage_line_over(s);
    } else {
        stage_fault(s, *s->at ? "the machine waits" : "the machine waits, and the play is over");
    }
}

/* ---- the story ------------------------------------------------------------------------------- */

static inline void stage_tell(stage *s)
{
    static const char marks[] = "->< ";
    const npi_machine *m = &s->m;
    for (size_t i = 0; i < m->saying_count; i++) {
        const npi_saying *l = &m->sayings[i];
        npi_buf_printf(&s->story, "%c %lld %u ", marks[l->direction & 3], (long long)l->at.ns,
                       l->record);
        npi_buf_bytes(&s->story, npi_machine_text(m, l->text), l->len);
        npi_buf_char(&s->story, '\n');
    }
    for (size_t i = 0; i < m->record_count; i++) {
        const npi_record *r = &m->records[i];
        npi_buf_printf(&s->story, "%u state %d code %d from %lld to %lld%s\n    ", r->step,
                       r->state, r->code, (long long)r->start.ns, (long long)r->end.ns,
                       r->goodbye ? " goodbye" : "");
        const uint32_t texts[] = {r->file, r->label, r->reply, r->note};
        for (int k = 0; k < 4; k++) {
            npi_buf_str(&s->story, npi_machine_text(m, texts[k]));
            npi_buf_str(&s->story, k < 3 ? " | " : "\n");
        }
    }
}

/* "t:12: " becomes "t:*: " */
static inline void stage_forget_line(stage *s)
{
    char *at = s->end.len > 0 ? strstr(s->end.data, " t:") : NULL;
    size_t digits = at ? strspn(at + 3, "0123456789") : 0;
    if (digits == 0)
        return;
    memmove(at + 4, at + 3 + digits, strlen(at + 3 + digits) + 1);
    at[3] = '*';
    s->end.len -= digits - 1;
}

static inline void stage_tell_end(stage *s)
{
    const npi_trouble *v = &s->m.verdict;
    s->status = s->m.failed ? v->status : NP_OK;
    if (s->m.failed)
        npi_buf_printf(&s->end, "%s %s ", np_status_name(v->status), v->problem);
    npi_buf_str(&s->end, s->m.failed ? v->sentence : s->m.skipped ? "skipped" : "ok");
    if (*s->p->script == '@') /* lines of scripts that are not the play's are of no interest */
        stage_forget_line(s);
    if (s->m.warnings)
        npi_buf_printf(&s->end, ", %d warnings", s->m.warnings);
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* "host=mx !pass=secret" */
static inline bool stage_values(stage *s)
{
    const char *p = s->p->values ? s->p->values : "";
    while (*p) {
        bool secret = *p == '!', ok;
        p += secret;
        size_t name = strcspn(p, "="), len = strcspn(p + name + 1, " ");
        ok = !secret || npi_values_hide(&s->m.values, p, name);
        if (!ok || !npi_values_set(&s->m.values, p, name, p + name + 1, len))
            return false;
        p += name + 1 + len;
        p += *p == ' ';
    }
    return true;
}

/* "@smtp": the script of that name that np-talk has. To be freed. */
static inline char *stage_text(const char *script)
{
    npi_mem libc = npi_mem_libc();
    npi_buf path = npi_buf_grow(&libc, STAGE_TEXT_MAX);
    const char *top = getenv("srcdir");
    size_t len;
    int err;
    if (*script != '@') {
        npi_buf_str(&path, script);
        return path.data;
    }
    npi_buf_printf(&path, "%s/tools/talk/scripts/%s.talk", top ? top : ".", script + 1);
    char *text = npi_script_read_file(&libc, npi_buf_text(&path), &len, &err);
    npi_buf_free(&path);
    return text;
}

/* False: out of memory, or an error in the script, which is told. */
static inline bool stage_add(stage *s, const char *name)
{
    npi_script *script = npi_script_new(&s->m.mem);
    char *text = stage_text(name);
    bool good = text && script && npi_script_parse(script, text, strlen(text), "t", NULL);
    npi_free(&s->libc, text);
    if (good)
        return npi_machine_add(&s->m, script, 0, (uint32_t)script->step_count);
    if (script && script->status != NP_ERR_NOMEM) {
        s->status = script->status;
        npi_buf_str(&s->end,
                    script->fault_count ? npi_buf_text(&script->errors) : "parsing failed");
    }
    npi_script_drop(script);
    return false;
}

static inline void stage_settings(stage *s)
{
    const npi_reply_limits *l = &s->p->limits;
    npi_machine *m = &s->m;
    m->limits.line = l->line ? l->line : m->limits.line;
    m->limits.lines = l->lines ? l->lines : m->limits.lines;
    m->limits.reply = l->reply ? l->reply : m->limits.reply;
    m->limits.body = l->body ? l->body : m->limits.body;
    m->limits.head = l->head ? l->head : m->limits.head;
    m->plaintext = s->p->plaintext;
    m->keep_octets = true;
    m->step_time = s->p->step_time;
    m->run_time = s->p->run_time ? s->p->run_time : m->run_time;
}

static inline bool stage_set(stage *s)
{
    npi_mem mem = s->m.mem; /* init forgets it */
    if (!npi_machine_init(&s->m, &mem) || !stage_values(s))
        return false;
    stage_settings(s);
    return (!s->p->before || stage_add(s, s->p->before)) && stage_add(s, s->p->script);
}

static inline void stage_perform(stage *s)
{
    npi_machine_begin(&s->m, s->now);
    npi_machine_check(&s->m);
    npi_act act = NPI_ACT_WAIT;
    while (s->fault.len == 0) {
        act = stage_turns(s);
        if (act != NPI_ACT_WAIT)
            break;
        stage_take_said(s);
        if (s->said.len > 0)
            stage_fault(s, "the client said more");
        if (s->fault.len == 0)
            stage_play_line(s);
    }
    stage_take_said(s);
    if (s->fault.len == 0 && (s->said.len > 0 || *s->at))
        stage_fault(s, s->said.len > 0 ? "the client said more" : "the play goes on");
    if (s->m.failed != (act == NPI_ACT_END) && s->fault.len == 0 && !s->m.in_always)
        stage_fault(s, "the end is no end");
    stage_tell(s);
    stage_tell_end(s);
}

static inline void stage_begin(stage *s, const play *p, const staging *how)
{
    npi_mem libc = npi_mem_libc();
    *s = (stage){.libc = libc, .p = p, .at = p->lines, .seed = how->pieces, .now = {1}};
    npi_buf *const bufs[] = {&s->said, &s->told, &s->story, &s->end, &s->fault};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        *bufs[i] = npi_buf_grow(&s->libc, STAGE_TEXT_MAX);
    s->m.mem = how->mem ? *how->mem : libc;
}

static inline void stage_run(stage *s, const play *p, const staging *how)
{
    stage_begin(s, p, how);
    if (stage_set(s))
        stage_perform(s);
    else if (s->status == NP_OK)
        s->status = NP_ERR_NOMEM;
}

static inline void stage_free(stage *s)
{
    npi_machine_free(&s->m);
    npi_buf *const bufs[] = {&s->said, &s->told, &s->story, &s->end, &s->fault};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        npi_buf_free(bufs[i]);
}

#endif
