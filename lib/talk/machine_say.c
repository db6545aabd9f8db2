/* SPDX-License-Identifier: MIT */
/*
 * Decides which octets are sent: lines and mail, with variables filled in. No value breaks out of
 * its line.
 */
#include <string.h>

#include "talk/machine.h"

enum { FILLED_MAX = (8 << 20) + 1 }; /* as much as np_talk_send_bytes takes, and a NUL */

/* ---- texts with variables ------------------------------------------------------------------ */

bool npi_machine_set(npi_machine *m, const char *name, size_t name_len, const void *value,
                     size_t len)
{
    if (npi_values_set(&m->values, name, name_len, value, len))
        return true;
    if (len <= NPI_VALUE_MAX)
        npi_machine_no_memory(m);
    else
        npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_INVALID, "script.variable",
                            "a value of %zu octets is too long for %.*s, which holds %d", len,
                            (int)name_len, name, NPI_VALUE_MAX);
    return false;
}

static bool put_variable(npi_machine *m, const npi_part *p, npi_buf *out)
{
    npi_script *s = npi_machine_script(m);
    npi_span span = s->variables[p->name].name;
    const char *name = npi_script_at(s, span);
    const npi_named_value *v = npi_values_get(&m->values, name, span.len);
    const char *value = v ? npi_buf_text(&v->value) : "";
    size_t len = v ? v->value.len : 0;
    bool encoded = p->filter == NPI_FILTER_BASE64 || p->filter == NPI_FILTER_HEX ||
                   p->filter == NPI_FILTER_URL || p->filter == NPI_FILTER_OCTETS;
    bool here =
        npi_machine_step(m)->verb == NPI_VERB_MESSAGE || npi_machine_step(m)->verb == NPI_VERB_POST;
    if (!v) {
        npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_INVALID, "script.variable",
                            "the variable %.*s has no value: give %.*s=...", (int)span.len, name,
                            (int)span.len, name);
        return false;
    }
    if (!encoded && !here && !npi_value_fits_line(value, len)) {
        npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_INVALID, "script.variable",
                            "the value of %.*s holds a line end, NUL or octet 255", (int)span.len,
                            name);
        return false;
    }
    if (npi_values_put_filtered(out, value, len, (npi_value_filter)p->filter))
        return true;
    npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_INVALID, "script.variable",
                        "the value of %.*s does not fit into a quoted string", (int)span.len, name);
    return false;
}

bool npi_machine_fill(npi_machine *m, npi_template t, npi_buf *out)
{
    npi_script *s = npi_machine_script(m);
    for (uint32_t i = 0; i < t.count; i++) {
        const npi_part *p = &s->parts[t.first + i];
        if (p->name < 0)
            npi_buf_bytes(out, npi_script_at(s, p->literal), p->literal.len);
        else if (!put_variable(m, p, out))
            return false;
    }
    if (!out->nomem && !out->cut)
        return true;
    npi_machine_no_memory(m);
    return false;
}

/* ---- octets out ---------------------------------------------------------------------------- */

npi_outcome npi_machine_send(npi_machine *m, const npi_sent *sent)
{
    npi_buf_bytes(&m->out, sent->octets, sent->len);
    npi_machine_say_sent(m, sent);
    return m->out.nomem || m->out.cut ? npi_machine_no_memory(m) : NPI_OUTCOME_SEND;
}

bool npi_machine_can_send(npi_machine *m, npi_outcome *o)
{
    if (m->connected && !m->ended)
        return true;
    *o = npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_CLOSED, "reply.closed",
                             m->connected ? "the server has closed" : "there is no connection yet");
    return false;
}

/* Replies are read as they come: whether lines follow must be known before. 1, 0, -1 by the table.
 */
static int lines_follow(const npi_machine *m)
{
    const npi_segment *s = npi_machine_segment(m);
    if (s->at + 1 >= s->end || s->script->steps[s->at].verb != NPI_VERB_SEND)
        return -1;
    const npi_script_step *next = &s->script->steps[s->at + 1];
    return next->verb != NPI_VERB_EXPECT      ? -1
           : next->option == NPI_EXPECT_LINES ? 1
           : next->option == NPI_EXPECT_LINE  ? 0
                                              : -1;
}

npi_outcome npi_machine_send_line(npi_machine *m, const char *line, size_t len, const char *shown)
{
    npi_buf *b = &m->last_command;
    npi_buf_clear(b);
    if (m->speech == NPI_SPEECH_IMAP)
        npi_buf_printf(b, "a%d ", ++m->tag);
    npi_buf_bytes(b, line, len);
    if (b->nomem || b->cut ||
        (m->replies && !npi_replies_command(m->replies, npi_buf_text(b), b->len, lines_follow(m))))
        return npi_machine_no_memory(m);
    size_t command = b->len;
    npi_buf_str(b, "\r\n");
    npi_outcome o = npi_machine_send(m, &(npi_sent){.octets = npi_buf_text(b),
                                                    .len = b->len,
                                                    .text = npi_buf_text(b),
                                                    .text_len = command,
                                                    .safe = shown});
    b->len = b->nomem ? b->len : command; /* what is remembered is the command alone */
    if (!b->nomem)
        b->data[command] = '\0';
    return o;
}

npi_outcome npi_machine_run_send(npi_machine *m, npi_mono now)
{
    const npi_script_step *step = npi_machine_step(m);
    npi_outcome o = NPI_OUTCOME_BROKEN;
    (void)now;
    if (m->asked)
        return NPI_OUTCOME_DONE;
    if (!npi_machine_can_send(m, &o))
        return o;
    m->asked = true;
    npi_buf text = npi_buf_grow(&m->mem, FILLED_MAX);
    if (npi_machine_fill(m, step->text, &text))
        o = step->option == NPI_SEND_LINE
                ? npi_machine_send_line(m, npi_buf_text(&text), text.len, NULL)
                : npi_machine_send(m, &(npi_sent){.octets = npi_buf_text(&text),
                                                  .len = text.len,
                                                  .text = npi_buf_text(&text),
                                                  .text_len = text.len});
    npi_buf_free(&text);
    return o;
}

/* Mail: CRLF, dots doubled at the begin of a line (RFC 5321 4.5.2), the final dot. */
static void put_message(npi_buf *out, const char *text, size_t len)
{
    bool begin = true;
    for (size_t i = 0; i < len; i++) {
        if (begin && text[i] == '.')
            npi_buf_char(out, '.');
        if (text[i] == '\n')
            npi_buf_char(out, '\r');
        npi_buf_char(out, text[i]);
        begin = text[i] == '\n';
    }
    npi_buf_str(out, begin ? ".\r\n" : "\r\n.\r\n");
}

npi_outcome npi_machine_run_message(npi_machine *m, npi_mono now)
{
    npi_outcome o = NPI_OUTCOME_BROKEN;
    (void)now;
    if (m->asked)
        return NPI_OUTCOME_DONE;
    if (!npi_machine_can_send(m, &o))
        return o;
    m->asked = true;
    npi_buf text = npi_buf_grow(&m->mem, FILLED_MAX), mail = npi_buf_grow(&m->mem, 2 * FILLED_MAX);
    if (npi_machine_fill(m, npi_machine_step(m)->text, &text)) {
        const char *body = npi_buf_text(&text);
        if (memchr(body, '\r', text.len)) /* would be a line end to some servers: smuggling */
            o = npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_INVALID, "script.variable",
                                    "a message must not hold a bare CR");
        else {
            put_message(&mail, body, text.len);
            o = mail.nomem || mail.cut ? npi_machine_no_memory(m)
                                       : npi_machine_send(m, &(npi_sent){.octets = mail.data,
                                                                         .len = mail.len,
                                                                         .text = body,
                                                                         .text_len = text.len,
                                                                         .is_data = true});
        }
    }
    npi_buf_free(&text);
    npi_buf_free(&mail);
    return o;
}
