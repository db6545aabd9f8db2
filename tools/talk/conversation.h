/* SPDX-License-Identifier: MIT */
/*
 * One conversation of the tool: what the command line says about it, and how it ended.
 */
#ifndef TOOLS_TALK_CONVERSATION_H
#define TOOLS_TALK_CONVERSATION_H

#include "options.h"

typedef struct conversation {
    np_talk *k;
    const char *name; /* as the user wrote it: a URL, a file, HOST PORT */
    char *script;     /* its text; NULL when it is in a file */
    bool started, done;
    np_status status;
    char problem[48]; /* for `error=`, "" for none */
    char sentence[1100];
} conversation;

/* Secrets are read once for all conversations. */
typedef struct conversation_secrets {
    char *values[TALK_PAIRS];
    char *pass; /* NULL: no login */
} conversation_secrets;

/* False with a line on err: a file that cannot be read, a password that was not given. */
bool conversation_secrets_read(const talk_options *o, conversation_secrets *s, FILE *err);
void conversation_secrets_free(conversation_secrets *s);

/* Make it for a URL, NULL none, with all settings but no steps. False: out of memory. */
bool conversation_open(np_context *ctx, const talk_options *o, const conversation_secrets *s,
                       const char *url, conversation *c);

/* Add a script; false when it has errors, which are told on err. */
bool conversation_add(conversation *c, np_script *script, FILE *err);

/* Keep how it ended. */
void conversation_ended(conversation *c, np_status status);

/* What the user has asked for beyond the script: --expect, --cert-days, --max-total. */
void conversation_judge(conversation *c, const talk_options *o);

void conversation_close(conversation *c);

#endif
