/* SPDX-License-Identifier: MIT */
/*
 * Decides which step comes next, when it has taken too long, and what its end means for the
 * conversation. What a step does is in machine_steps.c.
 */
#include "talk/machine.h"

#include <string.h>

enum { TEXTS_MAX = 64 << 20, OUT_MAX = 16 << 20, WORD_MAX = 8 << 10 };

static const int64_t step_time = 10 * NP_SECOND, greeting_time = 30 * NP_SECOND,
                     message_time = 60 * NP_SECOND, script_time = 90 * NP_SECOND;

/* ---- life --------------------------------------------------------------------------------- */

static npi_buf *const *bufs_of(npi_machine *m, npi_buf *list[24])
{
    size_t n = 0;
    npi_buf *all[] = {&m->target.host,
                      &m->tls.name,
                      &m->tls.ca,
                      &m->tls.cert,
                      &m->tls.key,
                      &m->tls.min,
                      &m->tls.max,
                      &m->tls.alpn,
                      &m->raw,
                      &m->out,
                      &m->last_command,
                      &m->request_path,
                      &m->headers,
                      &m->basic,
                      &m->text,
                      &m->body,
                      &m->texts,
                      &m->octets,
                      &m->facts.cert_subject,
                      &m->facts.cert_issuer,
                      &m->facts.cert_names,
                      &m->facts.cert_key};
    for (; n < sizeof all / sizeof *all; n++)
        list[n] = all[n];
    list[n] = NULL;
    return list;
}

static void forget_facts(npi_machine *m)
{
    for (int i = 0; i <= NPI_TIME_TOTAL; i++)
        m->facts.times[i] = -1;
    m->facts.cert_days = INT64_MIN;
    m->facts.secure = m->facts.loopback = m->facts.resumed = m->facts.trusted = false;
    m->facts.peer = (npi_addr){.family = 0};
    m->facts.chain_length = 0;
    m->facts.version[0] = m->facts.cipher[0] = m->facts.group[0] = m->facts.alpn[0] = '\0';
}

bool npi_machine_init(npi_machine *m, const npi_mem *mem)
{
    npi_buf *list[24];
    memset(m, 0, sizeof *m);
    m->mem = *mem;
    npi_values_init(&m->values, &m->mem);
    for (npi_buf *const *b = bufs_of(m, list); *b; b++)
        **b = npi_buf_grow(&m->mem, WORD_MAX);
    m->raw.max = m->text.max = m->body.max = SIZE_MAX / 2; /* max-reply and max-body limit them */
    m->out.max = m->headers.max = m->last_command.max = m->request_path.max = m->basic.max =
        OUT_MAX;
    m->texts.max = m->octets.max = TEXTS_MAX;
    m->limits = npi_reply_limits_default;
    m->run_time = script_time;
    m->until = m->over = NPI_NEVER;
    forget_facts(m);
    npi_buf_char(&m->texts, '\0'); /* text 0 is the empty one */
    m->features = npi_features_new(&m->mem);
    return m->features && !m->texts.nomem;
}

static void drop_segments(npi_machine *m)
{
    for (int i = 0; i < m->segment_count; i++)
        npi_script_drop(m->segments[i].script);
    m->segment = m->segment_count = 0;
}

void npi_machine_disconnect(npi_machine *m)
{
    npi_replies_free(m->replies);
    m->replies = NULL;
    npi_features_clear(m->features);
    npi_buf_clear(&m->raw);
    npi_buf_clear(&m->out);
    m->connected = m->ended = m->cut = m->closing = m->greeted = false;
    m->facts.secure = false;
    m->tag = 0;
}

void npi_machine_clear(npi_machine *m)
{
    npi_buf *list[24];
    drop_segments(m);
    npi_machine_disconnect(m);
    forget_facts(m);
    for (npi_buf *const *b = bufs_of(m, list); *b; b++) /* what scripts have set among them */
        npi_buf_clear(*b);
    m->body_read = 0;
    m->tls.verify_off = m->tls.plaintext_ok = false;
    npi_buf_char(&m->texts, '\0');
    for (size_t i = 0; i < m->record_count; i++)
        npi_script_drop(m->records[i].script);
    m->record_count = m->saying_count = 0;
    m->warnings = m->code = m->redirects = 0;
    m->host_shown = 0;
    m->speech = NPI_SPEECH_NONE;
    m->trouble = m->verdict = (npi_trouble){.status = NP_OK};
    m->word[0] = m->enhanced[0] = '\0';
    m->failed = m->skipped = m->in_always = m->begun = m->has_reply = m->held = false;
    m->lost = false;
    m->optional_count = 0;
    m->timeout = m->deadline = 0;
    m->until = m->over = NPI_NEVER;
}

void npi_machine_free(npi_machine *m)
{
    npi_buf *list[24];
    if (!m->mem.resize)
        return;
    npi_machine_clear(m);
    npi_features_free(m->features);
    npi_values_free(&m->values);
    npi_free(&m->mem, m->records);
    npi_free(&m->mem, m->sayings);
    for (int i = 0; i < NPI_DIALOG; i++)
        npi_buf_free(&m->dialog.lines[i]);
    for (npi_buf *const *b = bufs_of(m, list); *b; b++)
        npi_buf_free(*b);
    memset(m, 0, sizeof *m);
}

bool npi_machine_add(npi_machine *m, npi_script *s, uint32_t at, uint32_t end)
{
    npi_segment *last = m->segment_count ? &m->segments[m->segment_count - 1] : NULL;
    if (last && last->script == s && last->end == at && m->segment < m->segment_count) {
        last->end = end; /* steps of a program, one by one */
        npi_script_drop(s);
        return true;
    }
    if (m->segment == m->segment_count) /* all that was there has been run */
        drop_segments(m);
    if (m->segment_count == NPI_SEGMENTS)
        return false;
    m->segments[m->segment_count++] = (npi_segment){s, at, end, true};
    return true;
}

void npi_machine_begin(npi_machine *m, npi_mono now)
{
    m->began = m->record_count == 0 ? now : m->began;
    m->run_began = now;
    npi_machine_set_over(m);
    m->failed = m->skipped = m->in_always = false;
    m->trouble = m->verdict = (npi_trouble){.status = NP_OK};
}

/* ---- what the files of the machine share --------------------------------------------------- */

void npi_machine_set_over(npi_machine *m)
{
    m->over = npi_mono_add(m->run_began, m->deadline > 0 ? m->deadline : m->run_time);
}

npi_segment *npi_machine_segment(const npi_machine *m)
{
    return m->segment < m->segment_count ? (npi_segment *)&m->segments[m->segment] : NULL;
}

npi_script *npi_machine_script(const npi_machine *m)
{
    return npi_machine_segment(m)->script;
}

const npi_script_step *npi_machine_step(const npi_machine *m)
{
    const npi_segment *s = npi_machine_segment(m);
    return &s->script->steps[s->at];
}

size_t npi_machine_first_line(const npi_machine *m)
{
    const char *text = npi_buf_text(&m->text), *lf = memchr(text, '\n', m->text.len);
    return lf ? (size_t)(lf - text) : m->text.len;
}

const char *npi_machine_text(const npi_machine *m, uint32_t at)
{
    return at < m->texts.len ? m->texts.data + at : "";
}

npi_outcome npi_machine_no_memory(npi_machine *m)
{
    return npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_NOMEM, "memory", "out of memory");
}

npi_outcome npi_machine_problem(npi_machine *m, npi_outcome o, np_status st, const char *problem,
                                const char *format, ...)
{
    va_list args;
    npi_buf name = npi_buf_in(m->trouble.problem, sizeof m->trouble.problem);
    npi_buf sentence = npi_buf_in(m->trouble.sentence, sizeof m->trouble.sentence);
    npi_buf_str(&name, problem);
    va_start(args, format);
    npi_buf_vprintf(&sentence, format, args);
    va_end(args);
    m->trouble.status = st;
    return o;
}

static npi_record *record(npi_machine *m)
{
    return m->record_count ? &m->records[m->record_count - 1] : NULL;
}

/* ---- steps -------------------------------------------------------------------------------- */

static bool begin_record(npi_machine *m, npi_mono now)
{
    const npi_script_step *step = npi_machine_step(m);
    npi_script *s = npi_machine_script(m);
    if (!npi_make_room(&m->mem, &m->records, m->record_count, &m->record_room, sizeof *m->records))
        return false;
    npi_record *r = &m->records[m->record_count++];
    *r = (npi_record){.script = npi_script_use(s),
                      .step = npi_machine_segment(m)->at,
                      .state = NP_STEP_RUNNING,
                      .start = now,
                      .end = NPI_NEVER,
                      .first_octet = NPI_NEVER};
    r->goodbye = m->in_always;
    if (step->line > 0)
        r->file = npi_machine_keep_masked(m, npi_script_at(s, s->files[step->file]),
                                          s->files[step->file].len);
    r->label = npi_machine_keep_masked(m, npi_script_at(s, step->source), step->source.len);
    return !m->texts.nomem;
}

/* Steps that only arrange things leave no record: what was said and judged is what people read. */
static bool is_recorded(npi_verb v)
{
    switch (v) {
    case NPI_VERB_PROTOCOL:
    case NPI_VERB_NEED:
    case NPI_VERB_SECRET:
    case NPI_VERB_DEFAULT:
    case NPI_VERB_SET:
    case NPI_VERB_TLS:
    case NPI_VERB_TIMEOUT:
    case NPI_VERB_DEADLINE:
    case NPI_VERB_ELSE:
    case NPI_VERB_END:
    case NPI_VERB_OPTIONAL:
    case NPI_VERB_IF:
    case NPI_VERB_ALWAYS:
    case NPI_VERB_HEADER:
        return false;
    default:
        return true;
    }
}

static void end_record(npi_machine *m, npi_mono now, np_step_state state)
{
    npi_record *r = record(m);
    if (!r || r->state != NP_STEP_RUNNING)
        return;
    r->state = state;
    r->end = now;
    if (state != NP_STEP_OK)
        r->note = npi_machine_keep(m, m->trouble.sentence);
    r->first_octet = m->first_octet;
    if (!m->replied)
        return;
    r->code = m->code;
    if (m->has_reply)
        r->reply = npi_machine_keep_masked(m, npi_buf_text(&m->text), npi_machine_first_line(m));
}

/* ---- time --------------------------------------------------------------------------------- */

static int64_t time_of(const npi_machine *m)
{
    const npi_script_step *step = npi_machine_step(m);
    if (step->duration > 0 && step->verb != NPI_VERB_TIMEOUT && step->verb != NPI_VERB_DEADLINE)
        return step->duration;
    if (m->timeout > 0 || m->step_time > 0)
        return m->timeout > 0 ? m->timeout : m->step_time;
    if (!m->greeted && step->verb == NPI_VERB_EXPECT)
        return greeting_time;
    bool after_message = npi_machine_segment(m)->at > 0 && step->verb == NPI_VERB_EXPECT &&
                         step[-1].verb == NPI_VERB_MESSAGE;
    return after_message ? message_time : step_time;
}

static npi_outcome too_late(npi_machine *m, npi_mono now)
{
    char waited[32];
    npi_buf b = npi_buf_in(waited, sizeof waited);
    npi_buf_fixed(&b, (double)npi_mono_sub(now, m->step_began) / 1e9, 1);
    bool whole = !npi_mono_before(now, m->over);
    return npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_TIMEOUT, "reply.timeout",
                               whole ? "the script's deadline has come, %s s into this step"
                                     : "no answer for %s s",
                               waited);
}

/* ---- the end of a step --------------------------------------------------------------------- */

static void step_over(npi_machine *m)
{
    npi_segment *s = npi_machine_segment(m);
    m->begun = m->asked = false;
    m->until = NPI_NEVER;
    if (++s->at < s->end)
        return;
    m->segment = m->failed ? m->segment_count : m->segment + 1;
    m->optional_count = 0;
    if (m->in_always) /* which was this script's alone */
        npi_machine_set_over(m);
    m->in_always = false;
}

/* The stream is in step after a reply that was merely unwelcome: a goodbye is in order then. */
static bool goto_always(npi_machine *m)
{
    npi_segment *s = npi_machine_segment(m);
    if (m->in_always || s->script->always >= s->end || s->script->always < s->at || !m->connected ||
        m->ended || m->closing)
        return false;
    s->at = s->script->always;
    m->begun = m->asked = false;
    m->optional_count = 0;
    return true;
}

static npi_act finish(npi_machine *m)
{
    m->segment = m->segment_count;
    m->begun = m->asked = false;
    m->until = NPI_NEVER;
    return NPI_ACT_END;
}

/* "mail.talk:7: " and what was wrong; steps of a program have no place. */
static void keep_verdict(npi_machine *m)
{
    const npi_script_step *step = npi_machine_step(m);
    npi_script *s = npi_machine_script(m);
    npi_buf b = npi_buf_in(m->verdict.sentence, sizeof m->verdict.sentence);
    m->verdict.status = m->trouble.status;
    memcpy(m->verdict.problem, m->trouble.problem, sizeof m->verdict.problem);
    if (step->line > 0) {
        npi_buf_escaped(&b, npi_script_at(s, s->files[step->file]), s->files[step->file].len);
        npi_buf_printf(&b, ":%u: ", step->line);
    }
    npi_buf_str(&b, m->trouble.sentence);
}

static bool is_last_script(const npi_machine *m)
{
    return m->failed || m->segment + 1 == m->segment_count;
}

/* Remember what failed first: a goodbye that fails too is only a note. */
static npi_act give_up(npi_machine *m, npi_mono now, bool in_step)
{
    end_record(m, now, NP_STEP_FAILED);
    if (m->in_always && is_last_script(m)) {
        npi_machine_say_safe(m, now, NP_DIRECTION_NOTE, m->trouble.sentence);
        return finish(m);
    }
    if (m->in_always && m->trouble.status != NP_ERR_NOMEM) {
        npi_machine_say_safe(m, now, NP_DIRECTION_NOTE, m->trouble.sentence);
        npi_machine_segment(m)->at = npi_machine_segment(m)->end - 1;
        step_over(m);
        return NPI_ACT_REST;
    }
    m->failed = true;
    keep_verdict(m);
    if (in_step && goto_always(m))
        return NPI_ACT_REST;
    return finish(m);
}

static bool unmet_is_fine(npi_machine *m, npi_mono now)
{
    const npi_script_step *step = npi_machine_step(m);
    if (step->verb == NPI_VERB_WARN) {
        m->warnings++;
        end_record(m, now, NP_STEP_WARNED);
        step_over(m);
        return true;
    }
    /* A refused STARTTLS is not optional: going on in clear is what an attacker wants. */
    if (m->optional_count == 0 || m->trouble.status != NP_ERR_EXPECTATION)
        return false;
    end_record(m, now, NP_STEP_UNMET);
    uint32_t begin = m->optionals[--m->optional_count];
    npi_machine_segment(m)->at = npi_machine_script(m)->steps[begin].jump;
    m->begun = m->asked = false;
    return true;
}

static npi_outcome advance(npi_machine *m, npi_mono now)
{
    if (!m->begun) {
        m->begun = true;
        m->step_began = now;
        m->first_octet = NPI_NEVER;
        m->replied = false;
        m->until = npi_mono_min(npi_mono_add(now, time_of(m)), m->over);
        if (is_recorded(npi_machine_step(m)->verb) && !begin_record(m, now))
            return npi_machine_no_memory(m);
    }
    npi_outcome o = npi_machine_run_step(m, now);
    if (o == NPI_OUTCOME_WAIT && !npi_mono_before(now, npi_mono_min(m->until, m->over)))
        return too_late(m, now);
    return o;
}

/* What the driver is to do; NPI_ACT_REST: nothing, go on with the next step. */
static npi_act act_on(npi_machine *m, npi_outcome o, npi_mono now)
{
    switch (o) {
    case NPI_OUTCOME_DONE:
        end_record(m, now, NP_STEP_OK);
        if (m->lost || m->texts.nomem || m->octets.nomem) {
            npi_machine_no_memory(m); /* a transcript with holes is none */
            return give_up(m, now, false);
        }
        step_over(m);
        return NPI_ACT_REST;
    case NPI_OUTCOME_UNMET:
        return unmet_is_fine(m, now) ? NPI_ACT_REST : give_up(m, now, true);
    case NPI_OUTCOME_BROKEN:
        return give_up(m, now, false);
    case NPI_OUTCOME_SEND:
        return NPI_ACT_SEND;
    case NPI_OUTCOME_WAIT:
        return NPI_ACT_WAIT;
    case NPI_OUTCOME_CONNECT:
        return NPI_ACT_CONNECT;
    case NPI_OUTCOME_TLS:
        return NPI_ACT_TLS;
    case NPI_OUTCOME_CLOSE:
        return NPI_ACT_CLOSE;
    }
    return NPI_ACT_END;
}

npi_act npi_machine_next(npi_machine *m, npi_mono now)
{
    while (npi_machine_segment(m)) {
        npi_act act = act_on(m, advance(m, now), now);
        if (act != NPI_ACT_REST)
            return act;
    }
    return m->failed ? NPI_ACT_END : NPI_ACT_REST;
}

/* ---- what the driver tells ----------------------------------------------------------------- */

npi_framing npi_machine_framing(npi_speech s)
{
    switch (s) {
    case NPI_SPEECH_POP3:
        return NPI_FRAMING_POP3;
    case NPI_SPEECH_IMAP:
        return NPI_FRAMING_IMAP;
    case NPI_SPEECH_HTTP:
        return NPI_FRAMING_HTTP;
    case NPI_SPEECH_LINE:
        return NPI_FRAMING_LINE;
    default:
        return NPI_FRAMING_SMTP;
    }
}

static bool new_replies(npi_machine *m)
{
    npi_replies_free(m->replies);
    m->replies = NULL;
    if (m->speech == NPI_SPEECH_RAW)
        return true;
    m->replies = npi_replies_new(&m->mem, npi_machine_framing(m->speech), &m->limits);
    return m->replies != NULL;
}

void npi_machine_connected(npi_machine *m, npi_mono now)
{
    m->host_shown = npi_machine_keep_masked(m, npi_buf_text(&m->target.host), m->target.host.len);
    m->connected = true;
    m->ended = m->cut = m->has_reply = m->held = false;
    m->greeted = m->speech == NPI_SPEECH_HTTP || m->speech == NPI_SPEECH_RAW;
    if (!new_replies(m))
        npi_machine_fail(m, now, NP_ERR_NOMEM, "memory", "out of memory");
}

void npi_machine_secured(npi_machine *m, npi_mono now)
{
    m->facts.secure = true;
    npi_features_clear(m->features);
    npi_buf_clear(&m->raw);
    if (!new_replies(m))
        npi_machine_fail(m, now, NP_ERR_NOMEM, "memory", "out of memory");
}

void npi_machine_closed(npi_machine *m, npi_mono now)
{
    npi_machine_say(m, now, NP_DIRECTION_NOTE, "closed", strlen("closed"));
}

void npi_machine_sent(npi_machine *m, npi_mono now)
{
    npi_buf_clear(&m->out);
    m->reply_began = now;
}

bool npi_machine_feed(npi_machine *m, npi_mono now, const void *data, size_t len)
{
    if (m->first_octet.ns == NPI_NEVER.ns && len > 0)
        m->first_octet = now;
    if (m->replies)
        return npi_replies_feed(m->replies, data, len);
    if (m->raw.len > m->limits.body || len > m->limits.body - m->raw.len) {
        npi_machine_fail(m, now, NP_ERR_LIMIT, "limit.body",
                         "the server sent more than max-body octets that nothing has read");
        return true;
    }
    npi_buf_bytes(&m->raw, data, len);
    return !m->raw.nomem;
}

void npi_machine_ended(npi_machine *m, bool cut)
{
    m->ended = true;
    m->cut = cut;
    if (m->replies && !cut) /* else what goes on to the end of the stream is never whole */
        npi_replies_end(m->replies);
}

void npi_machine_fail(npi_machine *m, npi_mono now, np_status st, const char *problem,
                      const char *sentence)
{
    if (!npi_machine_segment(m))
        return;
    npi_machine_problem(m, NPI_OUTCOME_BROKEN, st, problem, "%.900s", sentence);
    if (!is_last_script(m)) /* no mere note: the others will not be run */
        m->in_always = false;
    give_up(m, now, false);
}
