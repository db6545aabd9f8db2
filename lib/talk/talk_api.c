/* SPDX-License-Identifier: MIT */
/*
 * The public calls that tell a conversation what to do: settings, variables, steps, life.
 */
#include <string.h>

#include "base/text.h"
#include "talk/location.h"
#include "talk/talk.h"

#define ROW(field, name, type, min, max, initial, names, help)                                     \
    {name, NPI_OPTION_##type, offsetof(npi_talk_settings, field), min, max, initial, names},
const npi_option npi_talk_options[] = {NPI_TALK_OPTIONS(ROW)};
const size_t npi_talk_option_count = sizeof npi_talk_options / sizeof npi_talk_options[0];

static const char no_object[] = "no object: out of memory, or never made";

static npi_object *object_of(np_talk *k)
{
    return k ? &k->o : NULL;
}

static np_status out_of_memory(np_talk *k)
{
    return npi_object_latch(&k->o, NP_ERR_NOMEM, "out of memory");
}

/* ---- settings -------------------------------------------------------------------------------- */

np_status np_talk_set(np_talk *k, const char *name, const char *text)
{
    np_status st = npi_object_settable(object_of(k));
    if (st < 0)
        return st;
    char sentence[256];
    npi_buf why = npi_buf_in(sentence, sizeof sentence);
    st = npi_option_set(npi_talk_options, npi_talk_option_count, &k->o.mem, &k->settings, name,
                        text, &why);
    return st < 0 ? npi_object_latch(&k->o, st, npi_buf_text(&why)) : NP_OK;
}

static bool set_value(np_talk *k, const char *name, const char *value, size_t len)
{
    return npi_values_set(&k->m.values, name, strlen(name), value, len);
}

static bool take_location(np_talk *k, const npi_location *l, const char *url)
{
    char port[8];
    npi_buf b = npi_buf_in(port, sizeof port);
    npi_buf_u64(&b, l->port);
    bool v6 = memchr(l->host.at, ':', l->host.len) != NULL;
    npi_buf_clear(&k->target);
    npi_buf_str(&k->target, v6 ? "[" : "");
    npi_buf_bytes(&k->target, l->host.at, l->host.len);
    npi_buf_str(&k->target, v6 ? "]" : "");
    npi_buf_printf(&k->target, ":%s", port);
    npi_buf_clear(&k->url);
    npi_buf_str(&k->url, url);
    k->speech = l->speech;
    k->url_tls = l->tls;
    bool slash = l->path.len == 0 || *l->path.at != '/';
    npi_buf path = npi_buf_grow(&k->o.mem, k->url.len + 2);
    npi_buf_str(&path, slash ? "/" : "");
    npi_buf_bytes(&path, l->path.at, l->path.len);
    bool ok = !k->target.nomem && !k->url.nomem && !path.nomem &&
              set_value(k, "host", l->host.at, l->host.len) &&
              (l->port == 0 || set_value(k, "port", port, b.len)) &&
              set_value(k, "path", path.data, path.len) && set_value(k, "url", url, strlen(url)) &&
              (l->user.len == 0 || set_value(k, "user", l->user.at, l->user.len));
    npi_buf_free(&path);
    return ok;
}

np_status np_talk_set_url(np_talk *k, const char *url)
{
    np_status st = npi_object_settable(object_of(k));
    if (st < 0)
        return st;
    char sentence[512];
    npi_buf why = npi_buf_in(sentence, sizeof sentence);
    npi_location l;
    if (!npi_location_parse(&l, url ? url : "", &why))
        return npi_object_latch(&k->o, NP_ERR_INVALID, sentence);
    return take_location(k, &l, url) ? NP_OK : out_of_memory(k);
}

static bool is_name(const char *name)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_",
                      rest[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return name && strspn(name, first) > 0 && strspn(name, rest) == strlen(name);
}

static np_status set_variable(np_talk *k, const char *name, const char *value, bool secret)
{
    np_status st = npi_object_settable(object_of(k));
    if (st < 0)
        return st;
    if (!is_name(name) || !value)
        return npi_object_latch(&k->o, NP_ERR_INVALID,
                                "a variable has a name of letters, digits and _, and a value");
    if (strlen(value) > NPI_VALUE_MAX)
        return npi_object_latch(&k->o, NP_ERR_RANGE, "a value has at most 65535 octets");
    if (secret && !npi_values_hide(&k->m.values, name, strlen(name)))
        return out_of_memory(k);
    return set_value(k, name, value, strlen(value)) ? NP_OK : out_of_memory(k);
}

np_status np_talk_set_variable(np_talk *k, const char *name, const char *value)
{
    return set_variable(k, name, value, false);
}

np_status np_talk_set_secret(np_talk *k, const char *name, const char *value)
{
    return set_variable(k, name, value, true);
}

np_status np_talk_set_user(np_talk *k, void *user)
{
    return npi_object_set_user(object_of(k), user);
}

np_status np_talk_set_events(np_talk *k, int64_t count)
{
    enum { MOST = 65536 };
    np_status st = npi_object_settable(object_of(k));
    if (st < 0)
        return st;
    if (count < 0 || count > MOST)
        return npi_object_latch(&k->o, NP_ERR_RANGE, "events: from 0 to 65536");
    return npi_ring_make(&k->o.ring, &k->o.mem, &k->o, (size_t)count) ? NP_OK : out_of_memory(k);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static np_status queue(np_talk *k, npi_script *s, size_t at)
{
    if (npi_machine_add(&k->m, npi_script_use(s), (uint32_t)at, (uint32_t)s->step_count))
        return NP_OK;
    npi_script_drop(s);
    return npi_object_latch(&k->o, NP_ERR_RANGE, "too many scripts for one run");
}

np_status np_talk_add_script(np_talk *k, np_script *s)
{
    np_status st = npi_object_settable(object_of(k));
    if (st < 0)
        return st;
    if (!s || s->status < 0)
        return npi_object_latch(&k->o, np_script_status(s), np_script_error(s));
    return s->step_count > 0 ? queue(k, s, 0) : NP_OK;
}

/* A step with its text, as a person would have written it. False when out of memory. */
static npi_script_step *add_step(npi_script *s, npi_verb verb, uint8_t option, const void *text,
                                 size_t len)
{
    npi_template t = npi_script_literal(s, text, len);
    npi_script_step *step = npi_script_add(s, verb);
    if (!step)
        return NULL;
    npi_buf label = npi_buf_grow(&s->mem, len + 64);
    npi_buf_str(&label, npi_verb_name(verb));
    npi_buf_str(&label, len ? " " : "");
    if (verb == NPI_VERB_SEND && option == NPI_SEND_RAW)
        npi_buf_printf(&label, "raw (%zu octets)", len);
    else
        npi_buf_bytes(&label, text, len);
    step->option = option;
    step->text = t;
    step->source = npi_script_keep(s, npi_buf_text(&label), label.len);
    npi_buf_free(&label);
    return s->status == NP_ERR_NOMEM ? NULL : step;
}

/* The first step of a conversation connects, unless a script has seen to that. */
static bool connect_first(np_talk *k, npi_script *s)
{
    bool first = k->m.segment_count == 0 && k->m.record_count == 0 && k->fd < 0;
    if (!first || k->target.len == 0)
        return true;
    return add_step(s, NPI_VERB_CONNECT, k->url_tls ? NPI_CONNECT_TLS : NPI_CONNECT_PLAIN,
                    k->target.data, k->target.len) != NULL;
}

static np_status add_own(np_talk *k, npi_verb verb, uint8_t option, const void *text, size_t len)
{
    np_status st = npi_object_settable(object_of(k));
    if (st < 0)
        return st;
    npi_script *s = npi_talk_own_script(k);
    size_t at = s ? s->step_count : 0;
    if (!s || !connect_first(k, s) || !add_step(s, verb, option, text, len))
        return out_of_memory(k);
    return queue(k, s, at);
}

np_status np_talk_send_line(np_talk *k, const char *line)
{
    np_status st = npi_object_settable(object_of(k));
    if (st < 0)
        return st;
    if (!line || !npi_value_fits_line(line, strlen(line)))
        return npi_object_latch(&k->o, NP_ERR_INVALID,
                                "a line to be sent holds no line end, NUL or octet 255");
    return add_own(k, NPI_VERB_SEND, NPI_SEND_LINE, line, strlen(line));
}

np_status np_talk_send_bytes(np_talk *k, const void *data, size_t len)
{
    enum { MOST = 8 << 20 };
    np_status st = npi_object_settable(object_of(k));
    if (st < 0)
        return st;
    if ((!data && len > 0) || len > MOST)
        return npi_object_latch(&k->o, NP_ERR_RANGE, "at most 8 MiB of octets in one step");
    return add_own(k, NPI_VERB_SEND, NPI_SEND_RAW, data ? data : "", len);
}

/* An expectation has one value, which was added behind the step. */
static np_status expect(np_talk *k, const char *text, npi_value_kind kind, npi_pattern *pattern)
{
    np_status st = add_own(k, NPI_VERB_EXPECT, NPI_EXPECT_REPLY, text, strlen(text));
    npi_script *s = k->own;
    npi_value v = {.kind = kind};
    if (st == NP_OK && pattern) {
        v.pattern = (uint32_t)s->pattern_count;
        if (npi_make_room(&s->mem, &s->patterns, s->pattern_count, &s->pattern_room,
                          sizeof *s->patterns)) {
            s->patterns[s->pattern_count++] = pattern;
            pattern = NULL;
        }
    }
    bool kept = st == NP_OK && !pattern;
    npi_pattern_free(pattern);
    if (!kept)
        return st < 0 ? st : out_of_memory(k);
    npi_script_step *step = &s->steps[s->step_count - 1];
    v.text = step->text;
    step->text.count = 0;
    step->first_value = (uint32_t)s->value_count;
    step->value_count = 1;
    return npi_script_add_value(s, &v) ? NP_OK : out_of_memory(k);
}

np_status np_talk_expect_code(np_talk *k, const char *code)
{
    np_status st = npi_object_settable(object_of(k));
    if (st < 0)
        return st;
    if (!code || !*code || strchr(code, ' '))
        return npi_object_latch(&k->o, NP_ERR_INVALID,
                                "a code is one word, as 250, 4xx, +OK or OK");
    return expect(k, code, NPI_VALUE_WORD, NULL);
}

np_status np_talk_expect_match(np_talk *k, const char *pattern)
{
    np_status st = npi_object_settable(object_of(k));
    if (st < 0)
        return st;
    char sentence[256];
    npi_buf why = npi_buf_in(sentence, sizeof sentence);
    size_t offset;
    npi_script *s = npi_talk_own_script(k);
    if (!s)
        return out_of_memory(k);
    npi_buf_str(&why, "pattern: ");
    npi_pattern *p = npi_pattern_new(&s->mem, pattern ? pattern : "", pattern ? strlen(pattern) : 0,
                                     false, &why, &offset);
    if (!p && why.len > strlen("pattern: "))
        return npi_object_latch(&k->o, NP_ERR_INVALID, sentence);
    return p ? expect(k, pattern ? pattern : "", NPI_VALUE_PATTERN, p) : out_of_memory(k);
}

np_status np_talk_start_tls(np_talk *k)
{
    bool plain = k && (k->speech == NPI_SPEECH_RAW || k->speech == NPI_SPEECH_NONE);
    return add_own(k, NPI_VERB_STARTTLS, plain ? NPI_STARTTLS_NOW : NPI_STARTTLS_OFFERED, "", 0);
}

np_status np_talk_close(np_talk *k)
{
    return add_own(k, NPI_VERB_CLOSE, 0, "", 0);
}

/* ---- octets beside the steps ------------------------------------------------------------------
 */

np_status np_talk_write(np_talk *k, const void *data, size_t len)
{
    enum { MOST = 8 << 20 };
    if (!k)
        return NP_ERR_NOMEM;
    np_status st = k->o.ctx ? npi_context_check(k->o.ctx) : NP_ERR_STATE;
    if (st < 0)
        return st;
    if (!npi_object_live(&k->o))
        return NP_ERR_STATE;
    if ((!data && len > 0) || len > MOST - k->written.len)
        return NP_ERR_RANGE;
    npi_buf_bytes(&k->written, data ? data : "", len);
    if (k->written.nomem)
        return NP_ERR_NOMEM;
    npi_reactor_post(&k->o.ctx->reactor, &k->task);
    npi_context_settle(k->o.ctx);
    return NP_OK;
}

np_status np_talk_read(np_talk *k, void *out, size_t size, size_t *len)
{
    if (len)
        *len = 0;
    if (!k)
        return NP_ERR_NOMEM;
    if (!out || !len)
        return NP_ERR_INVALID;
    bool raw = k->m.speech == NPI_SPEECH_RAW && k->m.raw.len > 0;
    npi_buf *from = raw ? &k->m.raw : &k->m.body;
    size_t done = raw ? 0 : k->m.body_read;
    size_t n = from->len - done < size ? from->len - done : size;
    if (n > 0)
        memcpy(out, from->data + done, n);
    *len = n;
    k->readable = false;
    if (!raw) {
        k->m.body_read += n;
        return NP_OK;
    }
    memmove(from->data, from->data + n, from->len - n);
    from->len -= n;
    return NP_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

void np_talk_free(np_talk *k)
{
    npi_object_free(object_of(k));
}

np_status np_talk_start(np_talk *k)
{
    return npi_object_start(object_of(k));
}

np_status np_talk_run(np_talk *k)
{
    return npi_object_run(object_of(k));
}

np_status np_talk_pause(np_talk *k)
{
    return npi_object_pause(object_of(k));
}

np_status np_talk_resume(np_talk *k)
{
    return npi_object_resume(object_of(k));
}

np_status np_talk_cancel(np_talk *k)
{
    return npi_object_cancel(object_of(k));
}

np_status np_talk_clear(np_talk *k)
{
    np_status st = npi_object_settable(object_of(k));
    return st < 0 ? st : npi_object_clear(&k->o);
}

np_status np_talk_reset(np_talk *k)
{
    return npi_object_reset(object_of(k));
}

const char *np_talk_error(const np_talk *k)
{
    return k ? k->o.error : no_object;
}
