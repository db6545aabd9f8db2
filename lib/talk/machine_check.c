/* SPDX-License-Identifier: MIT */
/*
 * Decides before anything is sent whether the steps that wait have what they need.
 */
#include <string.h>

#include "talk/machine.h"

static void put_place(const npi_script *s, uint16_t file, uint32_t line, npi_buf *b)
{
    if (line == 0)
        return;
    npi_buf_escaped(b, npi_script_at(s, s->files[file]), s->files[file].len);
    npi_buf_printf(b, ":%u: ", line);
}

static bool give_up(npi_machine *m, np_status st, const char *problem)
{
    npi_buf b = npi_buf_in(m->verdict.problem, sizeof m->verdict.problem);
    npi_buf_str(&b, problem);
    m->verdict.status = st;
    m->failed = true;
    m->segment = m->segment_count;
    return false;
}

static bool no_memory(npi_machine *m)
{
    npi_buf b = npi_buf_in(m->verdict.sentence, sizeof m->verdict.sentence);
    npi_buf_str(&b, "out of memory");
    return give_up(m, NP_ERR_NOMEM, "memory");
}

static bool refuse(npi_machine *m, const npi_script *s, npi_span name, uint16_t file, uint32_t line,
                   const char *what)
{
    char text[64];
    npi_buf shown = npi_buf_in(text, sizeof text);
    npi_buf b = npi_buf_in(m->verdict.sentence, sizeof m->verdict.sentence);
    npi_buf_escaped(&shown, npi_script_at(s, name), name.len);
    put_place(s, file, line, &b);
    npi_buf_str(&b, what);
    npi_buf_str(&b, text);
    return give_up(m, NP_ERR_INVALID, "script.variable");
}

/* Values that a program or a person has given. */
static bool check_variables(npi_machine *m, const npi_script *s)
{
    for (size_t i = 0; i < s->variable_count; i++) {
        const npi_variable *v = &s->variables[i];
        const char *name = npi_script_at(s, v->name);
        if (v->secret && !npi_values_hide(&m->values, name, v->name.len))
            return no_memory(m);
        if (v->needed && !npi_values_get(&m->values, name, v->name.len))
            return refuse(m, s, v->name, (uint16_t)v->file, v->line, "a value is needed for ");
    }
    return true;
}

static bool is_protected(uint8_t filter)
{
    return filter == NPI_FILTER_BASE64 || filter == NPI_FILTER_HEX || filter == NPI_FILTER_URL ||
           filter == NPI_FILTER_OCTETS;
}

/* A line end in a value would begin a command of its own. */
static bool check_template(npi_machine *m, const npi_script *s, const npi_script_step *step,
                           npi_template t)
{
    for (uint32_t i = 0; i < t.count; i++) {
        const npi_part *p = &s->parts[t.first + i];
        if (p->name < 0 || is_protected(p->filter))
            continue;
        npi_span name = s->variables[p->name].name;
        const npi_named_value *v = npi_values_get(&m->values, npi_script_at(s, name), name.len);
        if (v && !npi_value_fits_line(npi_buf_text(&v->value), v->value.len))
            return refuse(m, s, name, step->file, step->line,
                          "there is a line end, NUL or octet 255 in the value of ");
    }
    return true;
}

static bool check_step(npi_machine *m, const npi_script *s, const npi_script_step *step)
{
    bool here_text = step->verb == NPI_VERB_MESSAGE, here_more = step->verb == NPI_VERB_POST;
    return (here_text || check_template(m, s, step, step->text)) &&
           (here_more || check_template(m, s, step, step->more));
}

bool npi_machine_check(npi_machine *m)
{
    for (int i = m->segment; i < m->segment_count; i++) {
        const npi_segment *g = &m->segments[i];
        if (!check_variables(m, g->script))
            return false;
        for (uint32_t k = g->at; k < g->end; k++)
            if (!check_step(m, g->script, &g->script->steps[k]))
                return false;
    }
    return true;
}
