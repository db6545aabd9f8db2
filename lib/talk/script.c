/* SPDX-License-Identifier: MIT */
/*
 * What a script is made of. The language is read by script_parse.c; steps that a program adds are
 * made by the same functions.
 */
#include "talk/script.h"

#include <string.h>

enum { TEXT_MAX = 16 << 20, ERRORS_MAX = 1 << 20 };

static const char *const speeches[NPI_SPEECH_COUNT] = {
    "",    "smtp", "lmtp",  "pop3", "imap", "http",  "line",     "raw",
    "ftp", "ldap", "redis", "xmpp", "nntp", "sieve", "postgres", "mysql"};

const char *npi_speech_name(npi_speech s)
{
    return s < NPI_SPEECH_COUNT ? speeches[s] : "";
}

npi_speech npi_speech_of(const char *name, size_t len)
{
    for (int s = NPI_SPEECH_SMTP; s < NPI_SPEECH_COUNT; s++)
        if (strlen(speeches[s]) == len && memcmp(speeches[s], name, len) == 0)
            return (npi_speech)s;
    return NPI_SPEECH_NONE;
}

uint16_t npi_speech_port(npi_speech s, bool tls)
{
    static const uint16_t ports[NPI_SPEECH_COUNT][2] = {
        [NPI_SPEECH_SMTP] = {25, 465},    [NPI_SPEECH_LMTP] = {24, 0},
        [NPI_SPEECH_POP3] = {110, 995},   [NPI_SPEECH_IMAP] = {143, 993},
        [NPI_SPEECH_HTTP] = {80, 443},    [NPI_SPEECH_FTP] = {21, 990},
        [NPI_SPEECH_LDAP] = {389, 636},   [NPI_SPEECH_REDIS] = {6379, 6379},
        [NPI_SPEECH_XMPP] = {5222, 5223}, [NPI_SPEECH_NNTP] = {119, 563},
        [NPI_SPEECH_SIEVE] = {4190, 0},   [NPI_SPEECH_POSTGRES] = {5432, 5432},
        [NPI_SPEECH_MYSQL] = {3306, 3306}};
    return s < NPI_SPEECH_COUNT ? ports[s][tls] : 0;
}

const char *npi_verb_name(npi_verb v)
{
    static const char *const names[NPI_VERB_COUNT] = {
        "protocol", "need",    "secret",  "default",  "set",      "connect", "tls",  "starttls",
        "send",     "message", "expect",  "wait",     "read",     "check",   "warn", "save",
        "if",       "else",    "end",     "optional", "auth",     "get",     "head", "post",
        "header",   "data",    "ldap",    "timeout",  "deadline", "step",    "note", "close",
        "skip",     "fail",    "include", "always"};
    return v < NPI_VERB_COUNT ? names[v] : "";
}

/* Known to every run; host is what the caller names. */
static bool add_known(npi_script *s)
{
    static const char *const known[] = {"host", "port", "client", "url", "user", "path"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        int32_t v = npi_script_variable(s, known[i], strlen(known[i]));
        if (v < 0)
            return false;
        s->variables[v].given = true;
    }
    return true;
}

npi_script *npi_script_new(const npi_mem *mem)
{
    npi_script *s = npi_alloc(mem, 1, sizeof *s);
    if (!s)
        return NULL;
    s->mem = *mem;
    atomic_init(&s->users, 1);
    s->always = UINT32_MAX;
    s->text = npi_buf_grow(&s->mem, TEXT_MAX);
    s->errors = npi_buf_grow(&s->mem, ERRORS_MAX);
    if (add_known(s))
        return s;
    npi_script_drop(s);
    return NULL;
}

npi_script *npi_script_use(npi_script *s)
{
    if (s)
        atomic_fetch_add(&s->users, 1);
    return s;
}

void npi_script_drop(npi_script *s)
{
    if (!s || atomic_fetch_sub(&s->users, 1) > 1)
        return;
    npi_mem mem = s->mem;
    for (size_t i = 0; i < s->pattern_count; i++)
        npi_pattern_free(s->patterns[i]);
    npi_buf_free(&s->text);
    npi_buf_free(&s->errors);
    npi_free(&mem, s->steps);
    npi_free(&mem, s->parts);
    npi_free(&mem, s->values);
    npi_free(&mem, s->patterns);
    npi_free(&mem, s->variables);
    npi_free(&mem, s->files);
    npi_free(&mem, s->faults);
    npi_free(&mem, s);
}

const char *npi_script_at(const npi_script *s, npi_span span)
{
    return span.len ? s->text.data + span.at : "";
}

npi_span npi_script_keep(npi_script *s, const void *text, size_t len)
{
    npi_span span = {(uint32_t)s->text.len, (uint32_t)len};
    npi_buf_bytes(&s->text, text, len);
    if (s->text.nomem || s->text.cut)
        s->status = NP_ERR_NOMEM;
    return span;
}

int32_t npi_script_find_variable(const npi_script *s, const char *name, size_t len)
{
    for (size_t i = 0; i < s->variable_count; i++) {
        npi_span span = s->variables[i].name;
        if (span.len == len && memcmp(npi_script_at(s, span), name, len) == 0)
            return (int32_t)i;
    }
    return -1;
}

int32_t npi_script_variable(npi_script *s, const char *name, size_t len)
{
    int32_t found = npi_script_find_variable(s, name, len);
    if (found >= 0)
        return found;
    if (!npi_make_room(&s->mem, &s->variables, s->variable_count, &s->variable_room,
                       sizeof *s->variables)) {
        s->status = NP_ERR_NOMEM;
        return -1;
    }
    npi_span span = npi_script_keep(s, name, len);
    if (s->status == NP_ERR_NOMEM)
        return -1;
    s->variables[s->variable_count] = (npi_variable){.name = span};
    return (int32_t)s->variable_count++;
}

bool npi_script_add_part(npi_script *s, const npi_part *p)
{
    if (!npi_make_room(&s->mem, &s->parts, s->part_count, &s->part_room, sizeof *s->parts)) {
        s->status = NP_ERR_NOMEM;
        return false;
    }
    s->parts[s->part_count++] = *p;
    return true;
}

npi_template npi_script_literal(npi_script *s, const void *text, size_t len)
{
    npi_template t = {(uint32_t)s->part_count, 1};
    npi_part p = {.literal = npi_script_keep(s, text, len), .name = -1};
    return npi_script_add_part(s, &p) ? t : (npi_template){0, 0};
}

bool npi_script_add_value(npi_script *s, const npi_value *v)
{
    if (!npi_make_room(&s->mem, &s->values, s->value_count, &s->value_room, sizeof *s->values)) {
        s->status = NP_ERR_NOMEM;
        return false;
    }
    s->values[s->value_count++] = *v;
    return true;
}

npi_script_step *npi_script_add(npi_script *s, npi_verb verb)
{
    if (!npi_make_room(&s->mem, &s->steps, s->step_count, &s->step_room, sizeof *s->steps)) {
        s->status = NP_ERR_NOMEM;
        return NULL;
    }
    npi_script_step *step = &s->steps[s->step_count++];
    *step = (npi_script_step){.verb = verb, .name = -1, .first_value = (uint32_t)s->value_count};
    step->cond.name = -1;
    return step;
}
