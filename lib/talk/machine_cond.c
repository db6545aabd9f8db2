/* SPDX-License-Identifier: MIT */
/*
 * What conditions ask for, as text, and whether they hold; the same subjects are what `save` keeps.
 */
#include <string.h>

#include "base/text.h"
#include "talk/machine.h"

static void put_text(npi_buf *b, const char *text)
{
    npi_buf_str(b, text);
}

static void put_tls(const npi_machine *m, uint8_t which, npi_buf *b)
{
    const npi_machine_facts *f = &m->facts;
    const char *const texts[] = {f->version, f->cipher, f->group, f->alpn,
                                 f->resumed ? "yes" : "no"};
    put_text(b, texts[which]);
}

static void put_cert(const npi_machine *m, uint8_t which, npi_buf *b)
{
    const npi_machine_facts *f = &m->facts;
    const npi_buf *const texts[] = {NULL, &f->cert_subject, &f->cert_issuer, &f->cert_names,
                                    &f->cert_key};
    if (which == NPI_CERT_DAYS && f->cert_days == INT64_MIN)
        return; /* neither few nor many: there is no certificate */
    if (which == NPI_CERT_DAYS)
        npi_buf_i64(b, f->cert_days);
    else if (which == NPI_CERT_CHAIN)
        npi_buf_i64(b, f->chain_length);
    else if (which == NPI_CERT_TRUSTED)
        put_text(b, f->trusted ? "yes" : "no");
    else
        put_text(b, npi_buf_text(texts[which]));
}

static void put_header(const npi_machine *m, const char *name, npi_buf *b)
{
    npi_header h;
    for (int i = 0; m->replies && npi_replies_header(m->replies, i, &h); i++)
        if (npi_text_same(h.name, name)) {
            npi_buf_bytes(b, h.value, h.value_len);
            return;
        }
}

static bool put_time(npi_machine *m, npi_mono now, uint8_t which, npi_buf *b)
{
    if (which == NPI_TIME_ACK) {
        npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_UNSUPPORTED, "unsupported",
                            "'time ack' is not built");
        return false;
    }
    npi_buf_i64(b, which == NPI_TIME_TOTAL  ? npi_mono_sub(now, m->began)
                   : which == NPI_TIME_STEP ? npi_mono_sub(now, m->reply_began)
                                            : m->facts.times[which]);
    return true;
}

static void put_variable(const npi_machine *m, int32_t name, npi_buf *b)
{
    const npi_script *s = npi_machine_script(m);
    npi_span span = s->variables[name].name;
    const npi_named_value *v = npi_values_get(&m->values, npi_script_at(s, span), span.len);
    if (v)
        npi_buf_bytes(b, npi_buf_text(&v->value), v->value.len);
}

static void put_peer(const npi_machine *m, uint8_t which, npi_buf *b)
{
    if (which == NPI_PEER_ADDRESS)
        npi_buf_addr(b, &m->facts.peer);
    else
        npi_buf_i64(b, m->facts.peer.port);
}

/* What is asked of the last reply. */
static void put_of_reply(const npi_machine *m, npi_subject subject, npi_buf *b)
{
    switch (subject) {
    case NPI_SUBJECT_TEXT:
        npi_buf_bytes(b, npi_buf_text(&m->text), m->text.len);
        break;
    case NPI_SUBJECT_BODY:
        npi_buf_bytes(b, npi_buf_text(&m->body), m->body.len);
        break;
    case NPI_SUBJECT_SIZE:
        npi_buf_u64(b, m->body.len);
        break;
    case NPI_SUBJECT_LINES:
        npi_buf_u64(b, m->line_count);
        break;
    case NPI_SUBJECT_ENHANCED:
        put_text(b, m->enhanced);
        break;
    default:
        if (m->code)
            npi_buf_i64(b, m->code);
        else
            put_text(b, m->word);
    }
}

/* What is asked by a name: has, header. */
static bool put_named(npi_machine *m, const npi_cond *c, npi_buf *b)
{
    npi_buf name = npi_buf_grow(&m->mem, SIZE_MAX / 2);
    bool ok = npi_machine_fill(m, c->argument, &name);
    if (ok && c->subject == NPI_SUBJECT_HAS)
        put_text(b, npi_features_has(m->features, npi_buf_text(&name)) ? "yes" : "");
    else if (ok && c->subject == NPI_SUBJECT_HEADER)
        put_header(m, npi_buf_text(&name), b);
    npi_buf_free(&name);
    return ok; /* attr is of LDAP, which is not built */
}

/* What a subject is now, as text. False with a problem. */
static bool put_subject(npi_machine *m, npi_mono now, const npi_cond *c, npi_buf *b)
{
    bool ok = true;
    switch (c->subject) {
    case NPI_SUBJECT_HAS:
    case NPI_SUBJECT_HEADER:
    case NPI_SUBJECT_ATTR:
        ok = put_named(m, c, b);
        break;
    case NPI_SUBJECT_VARIABLE:
        put_variable(m, c->name, b);
        break;
    case NPI_SUBJECT_TIME:
        ok = put_time(m, now, c->which, b);
        break;
    case NPI_SUBJECT_TLS:
        put_tls(m, c->which, b);
        break;
    case NPI_SUBJECT_CERT:
        put_cert(m, c->which, b);
        break;
    case NPI_SUBJECT_PEER:
        put_peer(m, c->which, b);
        break;
    default:
        put_of_reply(m, c->subject, b);
    }
    if (ok && b->nomem)
        npi_machine_no_memory(m);
    return ok && !b->nomem;
}

static int compare_number(const npi_cond *c, const npi_buf *value)
{
    int64_t v;
    if (npi_parse_i64(npi_buf_text(value), &v) != NPI_PARSE_OK)
        return 0;
    if ((c->subject == NPI_SUBJECT_TIME && v < 0) || v == INT64_MIN) /* it did not happen */
        return 0;
    switch (c->op) {
    case NPI_OP_LESS:
        return v < c->number;
    case NPI_OP_GREATER:
        return v > c->number;
    case NPI_OP_AT_MOST:
        return v <= c->number;
    default:
        return v >= c->number;
    }
}

static int compare_text(npi_machine *m, const npi_cond *c, const npi_buf *value)
{
    npi_group groups[NPI_GROUPS];
    if (c->op == NPI_OP_MATCHES)
        return npi_machine_matches(m, c->value.pattern, value, groups);
    npi_buf other = npi_buf_grow(&m->mem, SIZE_MAX / 2);
    int result = -1;
    if (npi_machine_fill(m, c->value.text, &other)) {
        bool same = other.len == value->len &&
                    memcmp(npi_buf_text(&other), npi_buf_text(value), other.len) == 0;
        bool starts = other.len <= value->len &&
                      memcmp(npi_buf_text(&other), npi_buf_text(value), other.len) == 0;
        result = c->op == NPI_OP_IS       ? same
                 : c->op == NPI_OP_IS_NOT ? !same
                 : c->op == NPI_OP_STARTS
                     ? starts
                     : npi_machine_contains(value, npi_buf_text(&other), other.len);
    }
    npi_buf_free(&other);
    return result;
}

static bool is_true(const npi_buf *value)
{
    const char *t = npi_buf_text(value);
    return value->len > 0 && strcmp(t, "no") != 0 && strcmp(t, "0") != 0 && strcmp(t, "-1") != 0;
}

int npi_machine_holds(npi_machine *m, npi_mono now, const npi_cond *c)
{
    npi_buf value = npi_buf_grow(&m->mem, SIZE_MAX / 2);
    int holds = -1;
    if (put_subject(m, now, c, &value))
        holds = c->op == NPI_OP_TRUE                               ? is_true(&value)
                : c->op >= NPI_OP_LESS && c->op <= NPI_OP_AT_LEAST ? compare_number(c, &value)
                                                                   : compare_text(m, c, &value);
    npi_buf_free(&value);
    return holds < 0 ? holds : holds != c->negated;
}

npi_outcome npi_machine_run_save(npi_machine *m, npi_mono now)
{
    const npi_script_step *step = npi_machine_step(m);
    npi_script *s = npi_machine_script(m);
    npi_span name = s->variables[step->name].name;
    npi_group groups[NPI_GROUPS];
    npi_buf value = npi_buf_grow(&m->mem, SIZE_MAX / 2);
    int found = 1;
    if (step->option == NPI_SAVE_SUBJECT) {
        found = put_subject(m, now, &step->cond, &value) ? 1 : -1;
    } else {
        found = npi_machine_matches(m, s->values[step->first_value].pattern, &m->text, groups);
        const npi_group *g = found > 0 && groups[1].at >= 0 ? &groups[1] : &groups[0];
        if (found > 0)
            npi_buf_bytes(&value, npi_buf_text(&m->text) + g->at, g->len);
    }
    if (value.nomem)
        npi_machine_no_memory(m);
    if (value.nomem || (found > 0 && !npi_machine_set(m, npi_script_at(s, name), name.len,
                                                      npi_buf_text(&value), value.len)))
        found = -1;
    npi_buf_free(&value);
    if (found == 0)
        return npi_machine_problem(m, NPI_OUTCOME_UNMET, NP_ERR_EXPECTATION, "check.unmet",
                                   "nothing in the reply matches");
    return found < 0 ? NPI_OUTCOME_BROKEN : NPI_OUTCOME_DONE;
}
