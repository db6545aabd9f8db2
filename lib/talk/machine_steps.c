/* SPDX-License-Identifier: MIT */
/*
 * Decides what each step does that neither sends nor expects: targets, settings, conditions,
 * blocks. The others are in machine_say.c, machine_dialog.c, machine_http.c and machine_judge.c.
 */
#include <string.h>

#include "talk/machine.h"

enum {
    TEXT_MAX = 16 << 20, /* octets of a filled text */
    TARGET_MAX = 8 << 10
};

static const int64_t always_time = 5 * NP_SECOND;

static npi_outcome run_assignment(npi_machine *m, bool only_default)
{
    const npi_script_step *step = npi_machine_step(m);
    npi_script *s = npi_machine_script(m);
    npi_span name = s->variables[step->name].name;
    npi_buf value = npi_buf_grow(&m->mem, TEXT_MAX);
    bool set = npi_values_get(&m->values, npi_script_at(s, name), name.len) != NULL;
    npi_outcome o = NPI_OUTCOME_DONE;
    if (!(only_default && set)) {
        if (!npi_machine_fill(m, step->text, &value) ||
            !npi_machine_set(m, npi_script_at(s, name), name.len, npi_buf_text(&value), value.len))
            o = NPI_OUTCOME_BROKEN;
    }
    npi_buf_free(&value);
    return o;
}

static npi_outcome run_protocol(npi_machine *m)
{
    npi_speech s = npi_machine_script(m)->speech;
    if (s >= NPI_SPEECH_FTP)
        return npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_UNSUPPORTED, "unsupported",
                                   "the protocol %s is not built", npi_speech_name(s));
    if (m->connected && s == NPI_SPEECH_RAW) {
        npi_replies_free(m->replies); /* what comes from here on is nobody's reply */
        m->replies = NULL;
    }
    m->speech = s;
    return NPI_OUTCOME_DONE;
}

/* "HOST", "HOST:PORT", "[v6]:PORT", "unix:PATH" into a target. */
static bool split_target(const npi_machine *m, const char *text, size_t len, npi_machine_target *t)
{
    const npi_script_step *step = npi_machine_step(m);
    const char *end = text + len, *host_end = end, *colon = NULL;
    t->unix_socket = step->option == NPI_CONNECT_UNIX;
    t->tls = step->option == NPI_CONNECT_TLS;
    t->port = npi_speech_port(m->speech, t->tls);
    if (t->unix_socket) {
        npi_buf_bytes(&t->host, text + 5, len - 5);
        return len > 5;
    }
    if (len > 0 && *text == '[') {
        const char *bracket = memchr(text, ']', len);
        if (!bracket)
            return false;
        text++;
        host_end = bracket;
        colon = bracket + 1 < end ? bracket + 1 : NULL;
    } else {
        const char *first = memchr(text, ':', len);
        bool only = first && !memchr(first + 1, ':', (size_t)(end - first - 1));
        colon = only ? first : NULL; /* more than one: an IPv6 address */
        host_end = colon ? colon : end;
    }
    npi_buf_bytes(&t->host, text, (size_t)(host_end - text));
    if (!colon || colon + 1 >= end)
        return !colon || (*colon == ':' && t->host.len > 0);
    uint32_t port = 0;
    for (const char *p = colon + 1; p < end; p++) {
        if (*p < '0' || *p > '9' || port > UINT16_MAX)
            return false;
        port = port * 10 + (uint32_t)(*p - '0');
    }
    t->port = (uint16_t)port;
    return *colon == ':' && port > 0 && port <= UINT16_MAX;
}

/* An IPv6 address in a variable is no host and port. */
static bool fill_target(npi_machine *m, npi_template t, npi_buf *out)
{
    const npi_script *s = npi_machine_script(m);
    for (uint32_t i = 0; i < t.count; i++) {
        size_t at = out->len, colons = 0;
        if (!npi_machine_fill(m, (npi_template){t.first + i, 1}, out))
            return false;
        for (size_t k = at; k < out->len; k++)
            colons += out->data[k] == ':';
        if (s->parts[t.first + i].name < 0 || colons < 2 || out->data[at] == '[')
            continue;
        npi_buf_str(out, "[]"); /* room, and then around the address */
        if (out->nomem || out->cut) {
            npi_machine_no_memory(m);
            return false;
        }
        memmove(out->data + at + 1, out->data + at, out->len - 2 - at);
        out->data[at] = '[';
        out->data[out->len - 1] = ']';
    }
    return true;
}

/* A password of HTTP is for the place that it was given for, and for no other. */
static void go_to(npi_machine *m, npi_machine_target *to)
{
    npi_machine_target *t = &m->target;
    bool same = t->host.len == to->host.len && t->port == to->port && t->tls == to->tls &&
                t->unix_socket == to->unix_socket &&
                memcmp(t->host.data, to->host.data, to->host.len) == 0;
    if (t->host.len > 0 && !same)
        npi_buf_clear(&m->basic);
    npi_buf_free(&t->host);
    *t = *to;
    npi_machine_disconnect(m);
}

static npi_outcome find_target(npi_machine *m, npi_machine_target *t)
{
    npi_buf where = npi_buf_grow(&m->mem, TARGET_MAX);
    bool filled = fill_target(m, npi_machine_step(m)->text, &where);
    bool good = filled && split_target(m, npi_buf_text(&where), where.len, t) && t->host.len > 0;
    npi_buf_free(&where);
    if (!filled)
        return NPI_OUTCOME_BROKEN;
    if (t->host.nomem)
        return npi_machine_no_memory(m);
    if (!good)
        return npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_INVALID, "script.variable",
                                   "where to connect: a host, and a port from 1 to 65535");
    if (t->port == 0 && !t->unix_socket)
        return npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_INVALID, "script.variable",
                                   "the port is missing: connect HOST:PORT");
    return NPI_OUTCOME_CONNECT;
}

static npi_outcome run_connect(npi_machine *m)
{
    if (m->asked) {
        m->asked = false;
        return NPI_OUTCOME_DONE;
    }
    npi_machine_target to = {.host = npi_buf_grow(&m->mem, TARGET_MAX)};
    npi_outcome o = find_target(m, &to);
    if (o != NPI_OUTCOME_CONNECT) {
        npi_buf_free(&to.host);
        return o;
    }
    go_to(m, &to);
    m->asked = true;
    return o;
}

static npi_outcome run_tls(npi_machine *m)
{
    const npi_script_step *step = npi_machine_step(m);
    npi_buf *const into[] = {NULL,        &m->tls.name, &m->tls.ca,   &m->tls.cert, &m->tls.key,
                             &m->tls.min, &m->tls.max,  &m->tls.alpn, NULL};
    if (step->option == NPI_TLS_KEY_VERIFY)
        m->tls.verify_off = step->number == 0;
    else if (step->option == NPI_TLS_KEY_PLAINTEXT)
        m->tls.plaintext_ok = true;
    else {
        npi_buf_clear(into[step->option]);
        return npi_machine_fill(m, step->text, into[step->option]) ? NPI_OUTCOME_DONE
                                                                   : NPI_OUTCOME_BROKEN;
    }
    return NPI_OUTCOME_DONE;
}

static npi_outcome run_check(npi_machine *m, npi_mono now)
{
    const npi_script_step *step = npi_machine_step(m);
    int holds = npi_machine_holds(m, now, &step->cond);
    if (holds < 0)
        return NPI_OUTCOME_BROKEN;
    if (holds)
        return NPI_OUTCOME_DONE;
    char shown[200];
    npi_buf source = npi_buf_in(shown, sizeof shown);
    npi_machine_put_source(m, "", &source);
    return npi_machine_problem(m, NPI_OUTCOME_UNMET, NP_ERR_EXPECTATION, "check.unmet",
                               "this does not hold: %s", shown);
}

static npi_outcome run_if(npi_machine *m, npi_mono now)
{
    const npi_script_step *step = npi_machine_step(m);
    int holds = npi_machine_holds(m, now, &step->cond);
    if (holds < 0)
        return NPI_OUTCOME_BROKEN;
    if (!holds)
        npi_machine_segment(m)->at =
            step->jump; /* to the else, whose own jump is not taken then, or to the end */
    return NPI_OUTCOME_DONE;
}

static npi_outcome run_note(npi_machine *m, npi_mono now)
{
    npi_buf text = npi_buf_grow(&m->mem, TEXT_MAX);
    bool ok = npi_machine_fill(m, npi_machine_step(m)->text, &text);
    if (ok)
        npi_machine_say(m, now, NP_DIRECTION_NOTE, npi_buf_text(&text), text.len);
    npi_buf_free(&text);
    return ok ? NPI_OUTCOME_DONE : NPI_OUTCOME_BROKEN;
}

static npi_outcome run_fail(npi_machine *m)
{
    npi_buf text = npi_buf_grow(&m->mem, TEXT_MAX), shown = npi_buf_grow(&m->mem, TEXT_MAX);
    npi_outcome o = NPI_OUTCOME_BROKEN;
    if (npi_machine_fill(m, npi_machine_step(m)->text, &text)) {
        npi_values_put_masked(&m->values, &shown, npi_buf_text(&text), text.len);
        o = shown.nomem ? npi_machine_no_memory(m)
                        : npi_machine_problem(m, NPI_OUTCOME_UNMET, NP_ERR_EXPECTATION,
                                              "check.unmet", "%.800s", npi_buf_text(&shown));
    }
    npi_buf_free(&text);
    npi_buf_free(&shown);
    return o;
}

static npi_outcome run_close(npi_machine *m)
{
    if (m->asked || !m->connected) {
        m->asked = false;
        npi_machine_disconnect(m);
        return NPI_OUTCOME_DONE;
    }
    m->asked = true;
    return NPI_OUTCOME_CLOSE;
}

static npi_outcome run_skip(npi_machine *m, npi_mono now)
{
    npi_segment *s = npi_machine_segment(m);
    npi_outcome o = run_note(m, now);
    bool goodbye = !m->in_always && s->script->always < s->end; /* and it may skip its own rest */
    if (o != NPI_OUTCOME_DONE)
        return o;
    m->skipped = true;
    m->optional_count = 0; /* blocks that are open are left */
    s->at = goodbye ? s->script->always - 1 : s->end - 1;
    return NPI_OUTCOME_DONE;
}

npi_outcome npi_machine_run_step(npi_machine *m, npi_mono now)
{
    const npi_script_step *step = npi_machine_step(m);
    switch (step->verb) {
    case NPI_VERB_PROTOCOL:
        return run_protocol(m);
    case NPI_VERB_DEFAULT:
    case NPI_VERB_SET:
        return run_assignment(m, step->verb == NPI_VERB_DEFAULT);
    case NPI_VERB_CONNECT:
        return run_connect(m);
    case NPI_VERB_TLS:
        return run_tls(m);
    case NPI_VERB_STARTTLS:
        return npi_machine_run_starttls(m, now);
    case NPI_VERB_SEND:
        return npi_machine_run_send(m, now);
    case NPI_VERB_MESSAGE:
        return npi_machine_run_message(m, now);
    case NPI_VERB_EXPECT:
        return npi_machine_run_expect(m, now);
    case NPI_VERB_WAIT:
        return npi_machine_run_wait(m, now);
    case NPI_VERB_READ:
        return npi_machine_run_read(m, now);
    case NPI_VERB_CHECK:
    case NPI_VERB_WARN:
        return run_check(m, now);
    case NPI_VERB_SAVE:
        return npi_machine_run_save(m, now);
    case NPI_VERB_IF:
        return run_if(m, now);
    case NPI_VERB_ELSE: /* reached from above: the other branch has run */
        npi_machine_segment(m)->at = step->jump;
        return NPI_OUTCOME_DONE;
    case NPI_VERB_OPTIONAL:
        m->optionals[m->optional_count++] = npi_machine_segment(m)->at;
        return NPI_OUTCOME_DONE;
    case NPI_VERB_END:
        if (m->optional_count > 0 &&
            npi_machine_script(m)->steps[m->optionals[m->optional_count - 1]].jump ==
                npi_machine_segment(m)->at)
            m->optional_count--;
        return NPI_OUTCOME_DONE;
    case NPI_VERB_AUTH:
        return npi_machine_run_auth(m, now);
    case NPI_VERB_GET:
    case NPI_VERB_HEAD:
    case NPI_VERB_POST:
    case NPI_VERB_HEADER:
        return npi_machine_run_http(m, now);
    case NPI_VERB_TIMEOUT:
        m->timeout = step->duration;
        return NPI_OUTCOME_DONE;
    case NPI_VERB_DEADLINE:
        m->deadline = step->duration;
        if (!m->in_always) /* which has a time of its own */
            npi_machine_set_over(m);
        return NPI_OUTCOME_DONE;
    case NPI_VERB_STEP:
    case NPI_VERB_NOTE:
        return run_note(m, now);
    case NPI_VERB_CLOSE:
        return run_close(m);
    case NPI_VERB_SKIP:
        return run_skip(m, now);
    case NPI_VERB_FAIL:
        return run_fail(m);
    case NPI_VERB_ALWAYS:
        m->in_always = true;
        m->over = npi_mono_add(now, always_time);
        return NPI_OUTCOME_DONE;
    case NPI_VERB_DATA:
    case NPI_VERB_LDAP:
        return npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_UNSUPPORTED, "unsupported",
                                   "the step '%s' is not built", npi_verb_name(step->verb));
    default: /* need and secret have been seen to before */
        return NPI_OUTCOME_DONE;
    }
}
