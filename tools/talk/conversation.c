/* SPDX-License-Identifier: MIT */
#include "conversation.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"

/* ---- secrets --------------------------------------------------------------------------------- */

static bool read_pass(const talk_options *o, conversation_secrets *s, FILE *err)
{
    char text[SECRET_MAX];
    bool good = true;
    if (!o->login)
        return true;
    if (o->password)
        s->pass = strdup(o->password);
    else if (o->password_file)
        good = secret_from_file(o->password_file, text, err);
    else
        good = secret_asked(o->user, text, err);
    if (good && !s->pass)
        s->pass = strdup(text);
    explicit_bzero(text, sizeof text);
    return good && s->pass;
}

bool conversation_secrets_read(const talk_options *o, conversation_secrets *s, FILE *err)
{
    char text[SECRET_MAX];
    *s = (conversation_secrets){.pass = NULL};
    for (int i = 0; i < o->secrets.count; i++) {
        if (!secret_from_file(o->secrets.pairs[i].value, text, err))
            return false;
        s->values[i] = strdup(text);
    }
    explicit_bzero(text, sizeof text);
    return read_pass(o, s, err);
}

static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void conversation_secrets_free(conversation_secrets *s)
{
    wipe(s->pass);
    for (int i = 0; i < TALK_PAIRS; i++)
        wipe(s->values[i]);
}

/* ---- making ---------------------------------------------------------------------------------- */

/* connect-to may have been given more than once: its rows are one list. */
static void set_rows(np_talk *k, const talk_options *o)
{
    char rows[4096] = "";
    size_t len = 0;
    for (int i = 0; i < o->settings.count; i++) {
        const talk_pair *p = &o->settings.pairs[i];
        if (strcmp(p->name, "connect-to") == 0 && len < sizeof rows)
            len +=
                (size_t)snprintf(rows + len, sizeof rows - len, "%s%s", len ? "," : "", p->value);
    }
    if (len > 0)
        np_talk_set(k, "connect-to", rows); /* refused when it is too long */
}

bool conversation_open(np_context *ctx, const talk_options *o, const conversation_secrets *s,
                       const char *url, conversation *c)
{
    *c = (conversation){.k = np_talk_new(ctx), .name = url};
    for (int i = 0; i < o->settings.count; i++)
        if (strcmp(o->settings.pairs[i].name, "connect-to") != 0)
            np_talk_set(c->k, o->settings.pairs[i].name, o->settings.pairs[i].value);
    set_rows(c->k, o);
    np_talk_set_events(c->k, 4);
    if (url)
        np_talk_set_url(c->k, url);
    for (int i = 0; i < o->secrets.count; i++)
        np_talk_set_secret(c->k, o->secrets.pairs[i].name, s->values[i]);
    if (s->pass)
        np_talk_set_secret(c->k, "pass", s->pass);
    return c->k != NULL;
}

bool conversation_add(conversation *c, np_script *script, FILE *err)
{
    int errors = np_script_error_count(script);
    for (int i = 0; i < errors; i++)
        fprintf(err, "%s\n%s", np_script_get_error(script, i), np_script_get_excerpt(script, i));
    if (errors == 0)
        np_talk_add_script(c->k, script);
    np_script_free(script);
    return errors == 0;
}

void conversation_close(conversation *c)
{
    np_talk_free(c->k);
    free(c->script);
    c->k = NULL;
    c->script = NULL;
}

/* ---- the end --------------------------------------------------------------------------------- */

void conversation_ended(conversation *c, np_status status)
{
    np_talk_info i;
    np_talk_get_info(c->k, &i, sizeof i);
    c->done = true;
    c->status = status;
    if (status == NP_OK)
        return;
    snprintf(c->problem, sizeof c->problem, "%s",
             i.error_name && i.error_name[0] ? i.error_name : np_status_name(status));
    snprintf(c->sentence, sizeof c->sentence, "%s", np_talk_error(c->k));
}

static void fault(conversation *c, const char *problem, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void fault(conversation *c, const char *problem, const char *format, ...)
{
    va_list args;
    if (c->status < 0)
        return; /* what came first is what is told */
    c->status = NP_ERR_EXPECTATION;
    snprintf(c->problem, sizeof c->problem, "%s", problem);
    va_start(args, format);
    vsnprintf(c->sentence, sizeof c->sentence, format, args);
    va_end(args);
}

static bool code_matches(int code, const char *wanted)
{
    char text[8];
    snprintf(text, sizeof text, "%03d", code);
    for (int i = 0; i < 3; i++)
        if (wanted[i] != 'x' && wanted[i] != text[i])
            return false;
    return true;
}

static void judge_code(conversation *c, const char *wanted)
{
    np_talk_info i;
    np_talk_get_info(c->k, &i, sizeof i);
    bool unexpected = strcmp(c->problem, "reply.unexpected") == 0;
    if (code_matches(i.code, wanted) && unexpected) { /* the answer that was asked for */
        c->status = NP_OK;
        c->problem[0] = c->sentence[0] = '\0';
    } else if (!code_matches(i.code, wanted)) {
        fault(c, "reply.unexpected", "expected the code %s, got %d", wanted, i.code);
    }
}

void conversation_judge(conversation *c, const talk_options *o)
{
    np_talk_info i;
    np_certificate cert;
    if (o->expect)
        judge_code(c, o->expect);
    np_talk_get_info(c->k, &i, sizeof i);
    if (o->cert_days >= 0) {
        if (np_talk_get_certificate(c->k, 0, &cert, sizeof cert) < 0)
            fault(c, "check.unmet", "there is no certificate");
        else if (cert.days_left < o->cert_days)
            fault(c, "check.unmet",
                  "the certificate is good for %lld more days, and %lld are wanted",
                  (long long)cert.days_left, (long long)o->cert_days);
    }
    if (o->max_total >= 0 && i.total_ns > o->max_total)
        fault(c, "check.unmet", "it took %.1f ms, and at most %.1f are wanted",
              (double)i.total_ns / 1e6, (double)o->max_total / 1e6);
}
