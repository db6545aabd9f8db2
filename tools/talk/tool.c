/* SPDX-License-Identifier: MIT */
/*
 * The course of np-talk: which script, whom to, how many at a time, and what is printed.
 */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/exit.h"
#include "compose.h"
#include "interactive.h"
#include "many.h"
#include "page.h"
#include "report.h"
#include "trace.h"
#include "writeout.h"

static const char tool[] = "np-talk";

static int usage(FILE *err, const char *sentence)
{
    return exit_failed(err, tool, sentence, "usage", EXIT_USAGE);
}

/* ---- scripts ----------------------------------------------------------------------------------
 */

static int check_script(const talk_options *o, FILE *out, FILE *err)
{
    np_script *s = np_script_load(o->check_script);
    int errors = np_script_error_count(s);
    for (int i = 0; i < errors; i++)
        fprintf(err, "%s\n%s", np_script_get_error(s, i), np_script_get_excerpt(s, i));
    bool good = np_script_status(s) == NP_OK;
    if (good)
        fprintf(out, "%s: no mistakes\n", o->check_script);
    np_script_free(s);
    return good ? EXIT_GOOD : exit_failed(err, tool, "", "script.syntax", EXIT_USAGE);
}

/* NAME=VALUE words are variables, others URLs: at most one. False when there is another. */
static bool take_words(conversation *c, const talk_options *o)
{
    for (int i = 0; i < o->word_count; i++) {
        char *word = o->words[i], *equals = strchr(word, '=');
        if (strstr(word, "://") && !(equals && equals < strstr(word, "://"))) {
            np_talk_set_url(c->k, word);
            c->name = word;
            continue;
        }
        if (!equals)
            return false;
        *equals = '\0';
        np_talk_set_variable(c->k, word, equals + 1);
        *equals = '=';
    }
    return true;
}

/* ---- one conversation --------------------------------------------------------------------------
 */

static bool write_keylog(const conversation *c, const char *file, FILE *err)
{
    int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    const char *lines = np_talk_keylog(c->k);
    bool good = fd >= 0 && write(fd, lines, strlen(lines)) == (ssize_t)strlen(lines);
    if (!good)
        fprintf(err, "np-talk: --keylog: %s\n", strerror(errno));
    if (fd >= 0)
        close(fd);
    return good;
}

/* The last line of a failure is for programs. */
static void put_error(const conversation *c, FILE *err)
{
    np_step s = {.line = 0};
    for (int n = 0; n < np_talk_step_count(c->k) && s.state != NP_STEP_FAILED; n++)
        np_talk_get_step(c->k, n, &s, sizeof s);
    fprintf(err, "error=%s", c->problem);
    if (s.state == NP_STEP_FAILED && s.line > 0)
        fprintf(err, " step=%d", s.line);
    fputc('\n', err);
}

static int finish(const conversation *c, const talk_options *o, FILE *out, FILE *err)
{
    bool web = o->head || o->include || o->output;
    bool misused = exit_of_status(c->status) == EXIT_USAGE; /* nothing to tell but the sentence */
    bool quiet = o->silent || web || o->format || o->json || misused;
    bool written = true;
    if (o->verbose)
        talk_report_verbose(c, err);
    if (web)
        written = page_print(c, o, out, err);
    if (o->json) {
        const char *json = np_talk_json(c->k);
        fputs(json ? json : "", out);
    }
    if (!quiet)
        talk_report_print(c, out);
    if (o->format)
        writeout_print(c, o, out, err);
    if (o->trace)
        written = trace_write(c, o, out, err) && written;
    if (o->keylog)
        written = write_keylog(c, o->keylog, err) && written;
    if (!exit_written(out))
        return exit_unwritten(err, tool);
    if (c->status >= 0)
        return written ? EXIT_GOOD : EXIT_UNMEASURED;
    if (quiet)
        fprintf(err, "np-talk: %s\n", c->sentence);
    put_error(c, err);
    return exit_of_status(c->status);
}

static int run_one(conversation *c, const talk_options *o, FILE *out, FILE *err)
{
    conversation_ended(c, np_talk_run(c->k));
    conversation_judge(c, o);
    return o->check ? many_check(c, o, out) : finish(c, o, out, err);
}

static int run_script(np_context *ctx, const talk_options *o, const conversation_secrets *s,
                      FILE *out, FILE *err)
{
    conversation c;
    int status = EXIT_USAGE;
    if (!conversation_open(ctx, o, s, NULL, &c))
        return exit_failed(err, tool, "out of memory", "resource.memory", EXIT_UNMEASURED);
    c.name = o->script;
    if (o->login)
        np_talk_set_variable(c.k, "user", o->user);
    if (!take_words(&c, o))
        status = usage(err, "--script takes one URL, and NAME=VALUE words");
    else if (!conversation_add(&c, np_script_load(o->script), err))
        status = exit_failed(err, tool, "", "script.syntax", EXIT_USAGE);
    else
        status = run_one(&c, o, out, err);
    conversation_close(&c);
    return status;
}

/* ---- URLs -------------------------------------------------------------------------------------
 */

/* What does not fit together is said before anything is sent. */
static const char *misfit(const talk_options *o, const compose_scheme *s)
{
    bool mail = strcmp(s->script, "smtp") == 0 || strcmp(s->script, "lmtp") == 0;
    bool from = talk_pairs_last(&o->values, "from"), to = talk_pairs_last(&o->values, "to");
    bool web =
        o->head || o->include || o->method || o->follow || talk_pairs_last(&o->values, "header");
    if ((from || to || o->send) && !mail)
        return "--from, --to and --send are for smtp and lmtp";
    if (to && !from)
        return "--to needs the sender: --from ADDRESS";
    if (o->send && !to)
        return "--send needs a recipient: --to ADDRESS";
    if (o->starttls && s->tls)
        return "this scheme has TLS from the first octet: leave --starttls away";
    if (web && strcmp(s->script, "http") != 0)
        return "-I, -i, -X, -L and -H are for http and https";
    if (talk_pairs_last(&o->values, "retr") && strcmp(s->script, "pop3") != 0)
        return "--retr is for pop3";
    return NULL;
}

static bool open_url(np_context *ctx, const talk_options *o, const conversation_secrets *s,
                     const char *url, conversation *c, FILE *err)
{
    char sentence[256], shown[COMMAND_WORD];
    const compose_scheme *scheme = compose_scheme_of(url);
    const char *wrong = scheme ? misfit(o, scheme) : NULL;
    if (wrong) {
        usage(err, wrong);
        return false;
    }
    if (!conversation_open(ctx, o, s, url, c) ||
        (scheme && !(c->script = compose_script(scheme, o)))) {
        exit_failed(err, tool, "out of memory", "resource.memory", EXIT_UNMEASURED);
        return false;
    }
    if (!scheme) { /* the library's sentence names those that it knows */
        snprintf(sentence, sizeof sentence, "%s", np_talk_error(c->k));
        if (!sentence[0])
            snprintf(sentence, sizeof sentence, "there is no script for %s: np-talk HOST PORT",
                     command_line_shown(url, shown, sizeof shown));
        usage(err, sentence);
        return false;
    }
    char name[16];
    snprintf(name, sizeof name, "%s.talk", scheme->script);
    return conversation_add(c, np_script_parse(c->script, strlen(c->script), name), err);
}

static int show_script(const talk_options *o, const char *url, FILE *out, FILE *err)
{
    const compose_scheme *scheme = compose_scheme_of(url);
    const char *wrong = scheme ? misfit(o, scheme) : "--show-script wants a URL, as smtp://HOST";
    if (wrong)
        return usage(err, wrong);
    char *text = compose_script(scheme, o);
    fputs(text ? text : "", out);
    free(text);
    return exit_written(out) ? EXIT_GOOD : exit_unwritten(err, tool);
}

static int run_url(np_context *ctx, const talk_options *o, const conversation_secrets *s,
                   const char *url, FILE *out, FILE *err)
{
    conversation c = {.k = NULL};
    int status = EXIT_USAGE;
    if (open_url(ctx, o, s, url, &c, err))
        status = run_one(&c, o, out, err);
    conversation_close(&c);
    return status;
}

/* ---- HOST PORT --------------------------------------------------------------------------------
 */

static const char *opening_speech(const talk_options *o)
{
    return o->starttls && o->word_count == 3 ? o->words[2] : NULL;
}

static int run_by_hand(np_context *ctx, const talk_options *o, const conversation_secrets *s,
                       const volatile sig_atomic_t *interrupted, FILE *out, FILE *err)
{
    conversation c;
    int status = EXIT_USAGE;
    const char *speech = opening_speech(o);
    char *opening = compose_opening(speech, o->tls);
    if (!opening)
        return usage(err, "--starttls takes smtp, lmtp, pop3 or imap behind HOST PORT");
    if (conversation_open(ctx, o, s, NULL, &c)) {
        c.name = o->words[0];
        c.script = opening;
        np_talk_set_variable(c.k, "host", o->words[0]);
        np_talk_set_variable(c.k, "port", o->words[1]);
        np_talk_set(c.k, "deadline", "24h");
        if (conversation_add(&c, np_script_parse(opening, strlen(opening), "opening"), err) &&
            conversation_add(
                &c, np_script_parse(compose_interactive, strlen(compose_interactive), "by hand"),
                err))
            status = interactive_run(ctx, &c, o, interrupted, out, err);
    }
    conversation_close(&c);
    return status;
}

static bool is_port(const char *word)
{
    return *word && strspn(word, "0123456789") == strlen(word) && strlen(word) <= 5 &&
           atoi(word) > 0 && atoi(word) <= 65535;
}

/* ---- the whole ---------------------------------------------------------------------------------
 */

static int choose(np_context *ctx, const talk_options *o, const conversation_secrets *s,
                  const volatile sig_atomic_t *interrupted, FILE *out, FILE *err)
{
    const char *first = o->word_count ? o->words[0] : NULL;
    if (o->script)
        return run_script(ctx, o, s, out, err);
    if (o->targets || (o->word_count > 1 && strstr(first, "://")))
        return many_run(ctx, o, s, open_url, interrupted, out, err);
    if (first && strstr(first, "://"))
        return run_url(ctx, o, s, first, out, err);
    if (o->word_count >= 2 && o->word_count <= 3 && is_port(o->words[1]) &&
        (o->word_count == 2 || o->starttls))
        return run_by_hand(ctx, o, s, interrupted, out, err);
    return usage(err, first ? "whom to? A URL as smtp://HOST, or HOST PORT with a number"
                            : "whom to? np-talk --help shows how to say it");
}

/* --server HOST, as swaks has it, is a URL of its own. */
static char *server_url(talk_options *o, char *words[1])
{
    const char *server = talk_pairs_last(&o->values, "server");
    char *url = NULL;
    if (!server || o->word_count > 0)
        return NULL;
    if (asprintf(&url, "smtp%s://%s", o->tls ? "s" : "", server) < 0)
        return NULL;
    words[0] = url;
    o->words = words;
    o->word_count = 1;
    return url;
}

int talk_tool(np_context *ctx, int argc, char **argv, const volatile sig_atomic_t *interrupted,
              FILE *out, FILE *err)
{
    static talk_options o; /* large, and one a process */
    static conversation_secrets secrets;
    char *words[1];
    int status = EXIT_USAGE;
    options_result asked = talk_options_parse(argc, argv, &o, err);
    if (process_answered(asked, ctx, tool, talk_options_help, out, err, &status))
        return asked == OPTIONS_WRONG ? exit_failed(err, tool, "", "usage", EXIT_USAGE) : status;
    char *url = server_url(&o, words);
    if (o.check_script)
        status = check_script(&o, out, err);
    else if (o.show_script)
        status = show_script(&o, o.word_count ? o.words[0] : "", out, err);
    else if (conversation_secrets_read(&o, &secrets, err))
        status = choose(ctx, &o, &secrets, interrupted, out, err);
    else
        fputs("error=usage\n", err);
    conversation_secrets_free(&secrets);
    free(url);
    return status;
}
