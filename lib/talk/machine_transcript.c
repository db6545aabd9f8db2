/* SPDX-License-Identifier: MIT */
/*
 * Decides what is kept of what was said: lines that may be shown, and, when asked for, the octets
 * themselves with stars in the place of secrets.
 */
#include <string.h>

#include "talk/machine.h"

uint32_t npi_machine_keep_masked(npi_machine *m, const void *text, size_t len)
{
    size_t at = m->texts.len;
    npi_values_put_masked(&m->values, &m->texts, text, len);
    npi_buf_char(&m->texts, '\0');
    return (uint32_t)at;
}

uint32_t npi_machine_keep(npi_machine *m, const char *text)
{
    size_t at = m->texts.len;
    npi_buf_str(&m->texts, text);
    npi_buf_char(&m->texts, '\0');
    return (uint32_t)at;
}

/* A line without its text; NULL when out of memory, which ends the conversation at its next step.
 */
static npi_saying *add_saying(npi_machine *m, npi_mono now, np_direction d)
{
    if (!npi_make_room(&m->mem, &m->sayings, m->saying_count, &m->saying_room,
                       sizeof *m->sayings)) {
        m->lost = true;
        return NULL;
    }
    npi_saying *s = &m->sayings[m->saying_count++];
    *s = (npi_saying){.at = now, .direction = (uint8_t)d, .record = (uint32_t)m->record_count};
    return s;
}

/* Where the room for texts has ended a text may be short, or none, and has no NUL of its own. */
static void put_text(npi_machine *m, npi_saying *s, uint32_t at)
{
    bool whole = !m->texts.cut && !m->texts.nomem;
    s->text = at;
    s->len = (uint32_t)(m->texts.len - at - whole);
}

/* ---- octets ---------------------------------------------------------------------------------- */

/* Behind what both begin with a shown text hides something: stars, up to the line's end. */
static void hide_rest(char *octets, size_t len, const char *shown)
{
    size_t same = 0;
    while (same < len && shown[same] && octets[same] == shown[same])
        same++;
    for (size_t i = same; i < len; i++)
        if (octets[i] != '\r' && octets[i] != '\n')
            octets[i] = '*';
}

static void put_octets(npi_machine *m, npi_saying *s, const char *data, size_t len,
                       const char *shown)
{
    if (!m->keep_octets || !s)
        return;
    s->octets = m->octets.len;
    npi_values_put_starred(&m->values, &m->octets, data, len);
    if (m->octets.nomem || m->octets.cut)
        return;
    s->octets_len = m->octets.len - s->octets;
    if (shown)
        hide_rest(m->octets.data + s->octets, s->octets_len, shown);
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* One line, whose end is not shown but belongs to its octets. */
static void say_line(npi_machine *m, npi_mono now, np_direction d, const char *text, size_t len,
                     size_t whole)
{
    npi_saying *s = add_saying(m, now, d);
    if (!s)
        return;
    put_text(m, s, npi_machine_keep_masked(m, text, len));
    if (d == NP_DIRECTION_RECEIVED)
        put_octets(m, s, text, whole, NULL);
}

void npi_machine_say(npi_machine *m, npi_mono now, np_direction d, const char *text, size_t len)
{
    const char *end = text + len;
    do {
        const char *lf = memchr(text, '\n', (size_t)(end - text));
        const char *stop = lf ? lf : end, *next = lf ? lf + 1 : end;
        bool cr = lf && stop > text && stop[-1] == '\r';
        say_line(m, now, d, text, (size_t)(stop - text) - cr, (size_t)(next - text));
        text = next;
    } while (text < end);
}

void npi_machine_say_safe(npi_machine *m, npi_mono now, np_direction d, const char *text)
{
    npi_saying *s = add_saying(m, now, d);
    if (s)
        put_text(m, s, npi_machine_keep(m, text));
}

/* The octets of what is sent belong to the first line that tells of them. */
void npi_machine_say_sent(npi_machine *m, const npi_sent *sent)
{
    size_t first = m->saying_count;
    if (sent->safe)
        npi_machine_say_safe(m, m->step_began, NP_DIRECTION_SENT, sent->safe);
    else
        npi_machine_say(m, m->step_began, NP_DIRECTION_SENT, sent->text, sent->text_len);
    if (m->saying_count == first)
        return;
    m->sayings[first].data = sent->is_data;
    put_octets(m, &m->sayings[first], sent->octets, sent->len, sent->safe);
}

void npi_machine_say_body(npi_machine *m, npi_mono now, const void *data, size_t len)
{
    npi_saying *s = m->keep_octets && len > 0 ? add_saying(m, now, NP_DIRECTION_RECEIVED) : NULL;
    put_octets(m, s, data, len, NULL);
    if (s)
        s->data = true;
}
