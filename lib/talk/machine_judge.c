/* SPDX-License-Identifier: MIT */
/*
 * Decides whether what came is what was expected. The next complete reply is judged, at once:
 * a refusal is not slow. Only `wait` passes replies over.
 */
#include <string.h>

#include "base/text.h"
#include "talk/machine.h"

enum { FIRST_LINE = 300, NUMBER_OCTETS = 32 };

/* ---- replies ------------------------------------------------------------------------------ */

static bool keep(npi_buf *b, const void *data, size_t len)
{
    npi_buf_clear(b);
    npi_buf_bytes(b, data, len);
    return !b->nomem;
}

static npi_outcome take_answer(npi_machine *m, npi_mono now, const npi_answer *a)
{
    m->code = a->code;
    memcpy(m->word, a->word, sizeof m->word);
    memcpy(m->enhanced, a->enhanced, sizeof m->enhanced);
    m->line_count = a->line_count;
    m->has_reply = m->replied = true;
    m->greeted = true;
    m->facts.times[NPI_TIME_REPLY] = npi_mono_sub(now, m->reply_began);
    npi_machine_say(m, now, NP_DIRECTION_RECEIVED, a->raw, a->raw_len);
    if (a->body_len > 0 && m->speech != NPI_SPEECH_HTTP) /* a mail, which is lines */
        npi_machine_say(m, now, NP_DIRECTION_RECEIVED, a->body, a->body_len);
    else
        npi_machine_say_body(m, now, a->body, a->body_len);
    m->body_read = 0;
    bool ok = keep(&m->text, a->text, a->text_len) && keep(&m->body, a->body, a->body_len) &&
              npi_features_learn(m->features, npi_machine_framing(m->speech),
                                 npi_buf_text(&m->last_command), a);
    m->closing = a->closes && m->speech != NPI_SPEECH_HTTP;
    return ok ? NPI_OUTCOME_DONE : npi_machine_no_memory(m);
}

static np_status status_of_problem(const char *problem)
{
    return strcmp(problem, "memory") == 0         ? NP_ERR_NOMEM
           : strncmp(problem, "limit.", 6) == 0   ? NP_ERR_LIMIT
           : strcmp(problem, "reply.closed") == 0 ? NP_ERR_CLOSED
                                                  : NP_ERR_PROTOCOL;
}

/* The stream has ended too early, or so that nobody can tell whether it has. */
static npi_outcome ended_early(npi_machine *m, const char *closed)
{
    if (!m->cut)
        return npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_CLOSED, "reply.closed", "%s",
                                   closed);
    return npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_TLS, "tls.truncated",
                               "the connection ended without TLS's goodbye: anybody may have cut "
                               "it");
}

npi_outcome npi_machine_reply(npi_machine *m, npi_mono now)
{
    npi_answer a;
    if (!m->replies)
        return npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_CLOSED, "reply.closed",
                                   "there is no connection");
    switch (npi_replies_next(m->replies, &a)) {
    case NPI_REPLY_ANSWER:
        return take_answer(m, now, &a);
    case NPI_REPLY_MORE:
        return m->ended ? ended_early(m, "the server closed in the middle of its reply")
                        : NPI_OUTCOME_WAIT;
    case NPI_REPLY_CLOSED:
        return npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_CLOSED, "reply.closed",
                                   "the server closed instead of replying");
    case NPI_REPLY_BROKEN:
        break;
    }
    if (a.code && take_answer(m, now, &a) != NPI_OUTCOME_DONE) /* what came of it is kept */
        return NPI_OUTCOME_BROKEN;
    const char *problem = npi_replies_problem(m->replies);
    char sentence[sizeof m->trouble.sentence];
    npi_buf b = npi_buf_in(sentence, sizeof sentence);
    npi_values_mask_escaped(&m->values, &b, npi_replies_sentence(m->replies));
    return npi_machine_problem(m, NPI_OUTCOME_BROKEN, status_of_problem(problem), problem, "%s",
                               sentence);
}

void npi_machine_put_source(const npi_machine *m, const char *verb, npi_buf *b)
{
    npi_span source = npi_machine_step(m)->source;
    const char *text = npi_script_at(npi_machine_script(m), source);
    size_t head = strlen(verb);
    size_t skip = source.len > head && memcmp(text, verb, head) == 0 ? head : 0;
    while (skip < source.len && text[skip] == ' ')
        skip++;
    npi_values_put_masked(&m->values, b, text + skip, source.len - skip);
}

void npi_machine_put_reply(const npi_machine *m, npi_buf *b)
{
    char shown[FIRST_LINE + 1];
    npi_buf line = npi_buf_in(shown, sizeof shown);
    npi_values_put_masked(&m->values, &line, npi_buf_text(&m->text), npi_machine_first_line(m));
    npi_buf_char(b, '"');
    if (m->code)
        npi_buf_printf(b, "%d ", m->code);
    else if (m->word[0])
        npi_buf_printf(b, "%s ", m->word);
    if (m->enhanced[0])
        npi_buf_printf(b, "%s ", m->enhanced);
    npi_buf_str(b, shown);
    npi_buf_char(b, '"');
}

/* ---- matches ------------------------------------------------------------------------------ */

/* "250", "4xx", "+OK", "OK": the code or word of the reply; anything else: contained. */
static bool is_code(const char *word)
{
    if (strlen(word) != 3 || *word < '1' || *word > '9')
        return false;
    for (int i = 1; i < 3; i++)
        if ((word[i] < '0' || word[i] > '9') && word[i] != 'x')
            return false;
    return true;
}

static bool code_matches(int code, const char *word)
{
    int divisor = 100;
    for (int i = 0; i < 3; i++, divisor /= 10)
        if (word[i] != 'x' && code / divisor % 10 != word[i] - '0')
            return false;
    return code > 0;
}

bool npi_machine_contains(const npi_buf *text, const char *part, size_t len)
{
    for (size_t i = 0; i + len <= text->len; i++)
        if (memcmp(text->data + i, part, len) == 0)
            return true;
    return len == 0;
}

static bool word_matches(const npi_machine *m, const npi_buf *word)
{
    if (m->code && is_code(npi_buf_text(word)))
        return code_matches(m->code, npi_buf_text(word));
    if (m->word[0])
        return npi_text_same(m->word, npi_buf_text(word));
    return npi_machine_contains(&m->text, npi_buf_text(word), word->len);
}

/* Named groups become variables. False with a problem. */
static bool keep_groups(npi_machine *m, const npi_pattern *p, const char *text,
                        const npi_group *groups)
{
    for (int i = 0; i < npi_pattern_name_count(p); i++) {
        const char *name = npi_pattern_name(p, i);
        int number = npi_pattern_group(p, i);
        if (number >= NPI_GROUPS || groups[number].at < 0)
            continue;
        if (!npi_machine_set(m, name, strlen(name), text + groups[number].at, groups[number].len))
            return false;
    }
    return true;
}

int npi_machine_matches(npi_machine *m, uint32_t index, const npi_buf *text,
                        npi_group groups[NPI_GROUPS])
{
    const npi_pattern *p = npi_machine_script(m)->patterns[index];
    switch (npi_pattern_match(p, npi_buf_text(text), text->len, groups)) {
    case NPI_MATCHED_YES:
        return keep_groups(m, p, npi_buf_text(text), groups) ? 1 : -1;
    case NPI_MATCHED_NO:
        return 0;
    case NPI_MATCHED_LIMIT:
        npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_INVALID, "script.pattern-limit",
                            "the pattern takes too long on what came");
        return -1;
    case NPI_MATCHED_NOMEM:
        break;
    }
    npi_machine_no_memory(m);
    return -1;
}

static int value_matches(npi_machine *m, const npi_value *v)
{
    npi_group groups[NPI_GROUPS];
    if (v->kind == NPI_VALUE_PATTERN)
        return npi_machine_matches(m, v->pattern, &m->text, groups);
    npi_buf text = npi_buf_grow(&m->mem, SIZE_MAX / 2);
    int matches = -1;
    if (npi_machine_fill(m, v->text, &text))
        matches = v->kind == NPI_VALUE_WORD
                      ? word_matches(m, &text)
                      : npi_machine_contains(&m->text, npi_buf_text(&text), text.len);
    npi_buf_free(&text);
    return matches;
}

/* Side by side is and, "or" parts alternatives. */
static int reply_matches(npi_machine *m)
{
    const npi_script_step *step = npi_machine_step(m);
    int all = 1;
    for (uint32_t i = 0; i < step->value_count; i++) {
        const npi_value *v = &npi_machine_script(m)->values[step->first_value + i];
        if (v->alternative && all)
            return 1;
        if (v->alternative)
            all = 1;
        int one = all ? value_matches(m, v) : 0;
        if (one < 0)
            return -1;
        all = all && one;
    }
    return all;
}

/* As people read it: "0.4 ms", "41 ms", "12.3 s". */
static void put_waited(npi_buf *b, int64_t ns)
{
    double ms = (double)ns / 1e6;
    npi_buf_fixed(b, ms < 1000 ? ms : ms / 1000, ms < 1 ? 2 : ms < 10 || ms >= 1000);
    npi_buf_str(b, ms < 1000 ? " ms" : " s");
}

static npi_outcome unexpected(npi_machine *m, npi_mono now)
{
    char wanted[FIRST_LINE], got[2 * FIRST_LINE], waited[NUMBER_OCTETS];
    npi_buf b = npi_buf_in(got, sizeof got), w = npi_buf_in(waited, sizeof waited);
    npi_buf source = npi_buf_in(wanted, sizeof wanted);
    npi_machine_put_source(m, "expect", &source);
    npi_machine_put_reply(m, &b);
    put_waited(&w, npi_mono_sub(now, m->step_began));
    return npi_machine_problem(m, NPI_OUTCOME_UNMET, NP_ERR_EXPECTATION, "reply.unexpected",
                               "expected %s, got %s after %s", wanted, got, waited);
}

/* ---- raw ----------------------------------------------------------------------------------- */

static void drop_raw(npi_machine *m, size_t len)
{
    m->raw.len -= len;
    if (m->raw.len > 0)
        memmove(m->raw.data, m->raw.data + len, m->raw.len);
}

/* Whatever has come may go on: only time, or the end, makes it a refusal. */
static npi_outcome judge_raw(npi_machine *m, npi_mono now)
{
    if (!keep(&m->text, npi_buf_text(&m->raw), m->raw.len))
        return npi_machine_no_memory(m);
    int matches = m->raw.len > 0 ? reply_matches(m) : 0;
    m->has_reply = m->replied = m->raw.len > 0;
    bool over = m->ended || !npi_mono_before(now, m->until);
    if (matches < 0)
        return NPI_OUTCOME_BROKEN;
    if (!matches && (m->cut || (m->ended && m->raw.len == 0)))
        return ended_early(m, "the server closed instead of replying");
    if (!matches && !(over && m->raw.len > 0))
        return NPI_OUTCOME_WAIT;
    npi_machine_say(m, now, NP_DIRECTION_RECEIVED, npi_buf_text(&m->raw), m->raw.len);
    drop_raw(m, m->raw.len);
    m->greeted = true;
    return matches ? NPI_OUTCOME_DONE : unexpected(m, now);
}

static npi_outcome closed_after(npi_machine *m, uint64_t have, uint64_t wanted)
{
    char text[80];
    npi_buf b = npi_buf_in(text, sizeof text);
    npi_buf_printf(&b, "the server closed after %llu of %llu octets", (unsigned long long)have,
                   (unsigned long long)wanted);
    return ended_early(m, text);
}

static npi_outcome expect_octets(npi_machine *m, npi_mono now)
{
    const npi_script_step *step = npi_machine_step(m);
    const char *want = npi_script_at(npi_machine_script(m), step->octets);
    const char *mask = npi_script_at(npi_machine_script(m), step->mask);
    size_t len = step->octets.len, have = m->raw.len < len ? m->raw.len : len;
    for (size_t i = 0; i < have; i++)
        if ((m->raw.data[i] ^ want[i]) & mask[i])
            return keep(&m->text, m->raw.data, m->raw.len) ? unexpected(m, now)
                                                           : npi_machine_no_memory(m);
    if (have < len)
        return m->ended ? closed_after(m, have, len) : NPI_OUTCOME_WAIT;
    npi_machine_say(m, now, NP_DIRECTION_RECEIVED, m->raw.data, len);
    drop_raw(m, len);
    m->greeted = true;
    return NPI_OUTCOME_DONE;
}

/* The end of a stream is an end only when the server has said so. */
static npi_outcome expect_close(npi_machine *m)
{
    npi_answer a;
    bool waiting = m->raw.len > 0 || (m->replies && npi_replies_waiting(m->replies) > 0);
    if (!m->ended && !waiting)
        return NPI_OUTCOME_WAIT;
    if (!waiting && m->cut)
        return ended_early(m, "");
    if (!waiting && (!m->replies || npi_replies_next(m->replies, &a) == NPI_REPLY_CLOSED))
        return NPI_OUTCOME_DONE;
    return npi_machine_problem(m, NPI_OUTCOME_UNMET, NP_ERR_EXPECTATION, "reply.unexpected",
                               "expected the end, and the server went on");
}

/* ---- steps --------------------------------------------------------------------------------- */

npi_outcome npi_machine_run_expect(npi_machine *m, npi_mono now)
{
    const npi_script_step *step = npi_machine_step(m);
    if (step->option == NPI_EXPECT_CLOSE)
        return expect_close(m);
    if (m->speech == NPI_SPEECH_RAW)
        return step->option == NPI_EXPECT_HEX ? expect_octets(m, now) : judge_raw(m, now);
    if (step->option == NPI_EXPECT_HEX)
        return npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_INVALID, "script.syntax",
                                   "'expect hex' is for protocol raw");
    npi_outcome o = m->held ? NPI_OUTCOME_DONE : npi_machine_reply(m, now);
    if (o != NPI_OUTCOME_DONE)
        return o;
    m->held = false;
    m->replied = true;
    int matches = reply_matches(m);
    return matches < 0 ? NPI_OUTCOME_BROKEN : matches ? NPI_OUTCOME_DONE : unexpected(m, now);
}

/* The only step that passes replies over. */
npi_outcome npi_machine_run_wait(npi_machine *m, npi_mono now)
{
    if (m->speech == NPI_SPEECH_RAW)
        return judge_raw(m, now);
    for (;;) {
        npi_outcome o = npi_machine_reply(m, now);
        if (o != NPI_OUTCOME_DONE)
            return o;
        int matches = reply_matches(m);
        if (matches)
            return matches < 0 ? NPI_OUTCOME_BROKEN : NPI_OUTCOME_DONE;
    }
}

npi_outcome npi_machine_run_read(npi_machine *m, npi_mono now)
{
    const npi_script_step *step = npi_machine_step(m);
    bool to_end = step->option == NPI_READ_END;
    if (m->speech != NPI_SPEECH_RAW)
        return npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_INVALID, "script.syntax",
                                   "'read' is for protocol raw");
    if (to_end ? !m->ended : m->raw.len < step->number && !m->ended)
        return NPI_OUTCOME_WAIT;
    if (!to_end && m->raw.len < step->number)
        return closed_after(m, m->raw.len, step->number);
    if (to_end && m->cut)
        return ended_early(m, "");
    size_t len = to_end ? m->raw.len : (size_t)step->number;
    m->body_read = 0;
    if (!keep(&m->body, npi_buf_text(&m->raw), len))
        return npi_machine_no_memory(m);
    npi_machine_say(m, now, NP_DIRECTION_RECEIVED, npi_buf_text(&m->raw), len);
    drop_raw(m, len);
    return NPI_OUTCOME_DONE;
}
