/* SPDX-License-Identifier: MIT */
/*
 * The public calls that tell what a conversation has found.
 */
#include <errno.h>
#include <string.h>

#include "talk/talk.h"

static int64_t since_begin(const np_talk *k, npi_mono t)
{
    return t.ns == NPI_NEVER.ns ? -1 : npi_mono_sub(t, k->m.began);
}

/* ---- steps and transcript -------------------------------------------------------------------- */

int np_talk_step_count(const np_talk *k)
{
    return k ? (int)k->m.record_count : 0;
}

np_status np_talk_get_step(const np_talk *k, int index, np_step *out, size_t out_size)
{
    if (!out)
        return k ? NP_ERR_INVALID : NP_ERR_NOMEM;
    npi_export(out, out_size, &(np_step){0}, sizeof *out);
    if (!k)
        return NP_ERR_NOMEM;
    if (index < 0 || index >= np_talk_step_count(k))
        return NP_ERR_RANGE;
    const npi_record *r = &k->m.records[index];
    const npi_script_step *s = &r->script->steps[r->step];
    bool ended = r->end.ns != NPI_NEVER.ns;
    np_step step = {
        .line = (int32_t)s->line,
        .state = r->state,
        .code = r->code,
        .start_ns = since_begin(k, r->start),
        .duration_ns = ended ? npi_mono_sub(r->end, r->start) : -1,
        .first_octet_ns =
            r->first_octet.ns != NPI_NEVER.ns ? npi_mono_sub(r->first_octet, r->start) : -1,
        .verb = npi_verb_name(s->verb),
        .label = npi_machine_text(&k->m, r->label),
        .file = s->line ? npi_machine_text(&k->m, r->file) : "",
        .reply = npi_machine_text(&k->m, r->reply),
        .note = npi_machine_text(&k->m, r->note),
    };
    npi_export(out, out_size, &step, sizeof step);
    return NP_OK;
}

int np_talk_line_count(const np_talk *k)
{
    return k ? (int)k->m.saying_count : 0;
}

np_status np_talk_get_line(const np_talk *k, int index, np_line *out, size_t out_size)
{
    if (!out)
        return k ? NP_ERR_INVALID : NP_ERR_NOMEM;
    npi_export(out, out_size, &(np_line){0}, sizeof *out);
    if (!k)
        return NP_ERR_NOMEM;
    if (index < 0 || index >= np_talk_line_count(k))
        return NP_ERR_RANGE;
    const npi_saying *s = &k->m.sayings[index];
    np_line line = {
        .direction = s->direction,
        .step = (int32_t)s->record - 1,
        .time_ns = since_begin(k, s->at),
        .text = npi_machine_text(&k->m, s->text),
        .text_len = s->len,
        .octets = s->octets_len ? k->m.octets.data + s->octets : NULL,
        .octets_len = s->octets_len,
        .is_data = s->data,
    };
    npi_export(out, out_size, &line, sizeof line);
    return NP_OK;
}

/* ---- addresses ------------------------------------------------------------------------------- */

int np_talk_attempt_count(const np_talk *k)
{
    return k ? k->c.started : 0;
}

np_status np_talk_get_attempt(const np_talk *k, int index, np_attempt *out, size_t out_size)
{
    if (!out)
        return k ? NP_ERR_INVALID : NP_ERR_NOMEM;
    npi_export(out, out_size, &(np_attempt){0}, sizeof *out);
    if (!k)
        return NP_ERR_NOMEM;
    if (index < 0 || index >= np_talk_attempt_count(k))
        return NP_ERR_RANGE;
    const npi_try *t = &k->c.tries[index];
    np_attempt a = {
        .port = t->to.port,
        .status = t->err == -1 ? NP_OK : npi_connect_status(t->err),
        .start_ns = since_begin(k, t->begin),
        .duration_ns = t->end.ns == NPI_NEVER.ns ? -1 : npi_mono_sub(t->end, t->begin),
        .error = t->err > 0 ? npi_connect_trouble(t->err) : "",
    };
    npi_buf b = npi_buf_in(a.addr, sizeof a.addr);
    npi_buf_addr(&b, &t->to);
    npi_export(out, out_size, &a, sizeof a);
    return NP_OK;
}

/* ---- certificates ---------------------------------------------------------------------------- */

static const npi_tls *tls_of(const np_talk *k)
{
    return k && k->tls ? k->tls : k ? k->spent : NULL;
}

int np_talk_certificate_count(const np_talk *k)
{
    const npi_tls *t = tls_of(k);
    return t ? npi_tls_cert_count(t) : 0;
}

np_status np_talk_get_certificate(const np_talk *k, int index, np_certificate *out, size_t out_size)
{
    npi_tls_cert c;
    if (!out)
        return k ? NP_ERR_INVALID : NP_ERR_NOMEM;
    npi_export(out, out_size, &(np_certificate){0}, sizeof *out);
    if (!k)
        return NP_ERR_NOMEM;
    if (index < 0 || index >= np_talk_certificate_count(k) ||
        !npi_tls_get_cert(tls_of(k), index, &c))
        return NP_ERR_RANGE;
    np_certificate cert = {
        .not_before_ns = c.not_before_ns,
        .not_after_ns = c.not_after_ns,
        .days_left = npi_talk_days_left(c.not_after_ns, k->begin),
        .subject = c.subject,
        .issuer = c.issuer,
        .names = c.names,
        .serial = c.serial,
        .signature = c.signature,
        .key = c.key,
        .sha256 = c.sha256,
        .der = c.der,
        .der_len = c.der_len,
    };
    npi_export(out, out_size, &cert, sizeof cert);
    return NP_OK;
}

int np_talk_fault_count(const np_talk *k)
{
    const npi_tls *t = tls_of(k);
    return t ? npi_tls_fault_count(t) : 0;
}

const char *np_talk_fault(const np_talk *k, int index)
{
    const npi_tls *t = tls_of(k);
    return t && index >= 0 && index < npi_tls_fault_count(t) ? npi_tls_fault(t, index) : "";
}

const char *np_talk_keylog(const np_talk *k)
{
    const npi_tls *t = tls_of(k);
    return t ? npi_tls_keylog(t) : "";
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* When the last reply was complete, or the last step without one. */
static int64_t total_of(const np_talk *k)
{
    for (size_t i = k->m.record_count; i > 0; i--)
        if (k->m.records[i - 1].end.ns != NPI_NEVER.ns && !k->m.records[i - 1].goodbye)
            return since_begin(k, k->m.records[i - 1].end);
    return -1;
}

/* Of the last reply that was no answer to a goodbye; 0 for none. */
static int32_t code_of(const np_talk *k)
{
    for (size_t i = k->m.record_count; i > 0; i--)
        if (k->m.records[i - 1].code > 0 && !k->m.records[i - 1].goodbye)
            return k->m.records[i - 1].code;
    return 0;
}

np_status np_talk_get_info(const np_talk *k, np_talk_info *out, size_t out_size)
{
    if (!out)
        return k ? NP_ERR_INVALID : NP_ERR_NOMEM;
    npi_export(out, out_size, &(np_talk_info){0}, sizeof *out);
    if (!k)
        return NP_ERR_NOMEM;
    const npi_machine *m = &k->m;
    const npi_machine_facts *f = &m->facts;
    np_talk_info i = {
        .port = m->target.port,
        .secure = f->version[0] != '\0',
        .verified = f->trusted,
        .resumed = f->resumed,
        .warnings = m->warnings,
        .skipped = m->skipped,
        .redirects = m->redirects,
        .code = code_of(k),
        .start_ns = k->begin.ns,
        .resolve_ns = f->times[NPI_TIME_RESOLVE],
        .connect_ns = f->times[NPI_TIME_CONNECT],
        .tls_ns = f->times[NPI_TIME_TLS],
        .banner_ns = k->banner,
        .total_ns = total_of(k),
        .sent_octets = k->sent,
        .received_octets = k->received,
        .protocol = npi_speech_name(m->speech),
        .host = npi_machine_text(m, m->host_shown),
        .error_name = m->failed ? m->verdict.problem : "",
        .tls_version = f->version,
        .tls_cipher = f->cipher,
        .tls_group = f->group,
        .tls_alpn = f->alpn,
    };
    npi_buf addr = npi_buf_in(i.addr, sizeof i.addr);
    npi_buf source = npi_buf_in(i.source, sizeof i.source);
    npi_buf_addr(&addr, &f->peer);
    npi_buf_str(&source, k->source);
    npi_export(out, out_size, &i, sizeof i);
    return NP_OK;
}

/* ---- the last reply -------------------------------------------------------------------------- */

int np_talk_has_feature(const np_talk *k, const char *what)
{
    return k && what && npi_features_has(k->m.features, what);
}

const void *np_talk_reply(const np_talk *k, size_t *len)
{
    if (len)
        *len = k && k->m.has_reply ? k->m.text.len : 0;
    return k && k->m.has_reply ? npi_buf_text(&k->m.text) : "";
}

const void *np_talk_body(const np_talk *k, size_t *len)
{
    if (len)
        *len = k ? k->m.body.len : 0;
    return k ? npi_buf_text(&k->m.body) : "";
}

int np_talk_header_count(const np_talk *k)
{
    return k && k->m.replies ? npi_replies_header_count(k->m.replies) : 0;
}

const char *np_talk_header(np_talk *k, int index)
{
    npi_header h;
    if (!k || !k->m.replies || !npi_replies_header(k->m.replies, index, &h))
        return "";
    npi_buf_clear(&k->header);
    npi_buf_escaped(&k->header, h.name, strlen(h.name));
    npi_buf_str(&k->header, ": ");
    npi_values_put_masked(&k->m.values, &k->header, h.value, h.value_len);
    return npi_buf_text(&k->header);
}
