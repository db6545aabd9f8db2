/* SPDX-License-Identifier: MIT */
/*
 * Several conversations, a bounded number at a time, with a line for each; and one as a monitoring
 * plugin.
 */
#ifndef TOOLS_TALK_MANY_H
#define TOOLS_TALK_MANY_H

#include <signal.h>

#include "conversation.h"

typedef bool many_open(np_context *ctx, const talk_options *o, const conversation_secrets *s,
                       const char *url, conversation *c, FILE *err);

/* URLs are the words, or the lines of --targets. Returns the exit status: the worst. */
int many_run(np_context *ctx, const talk_options *o, const conversation_secrets *s,
             many_open *open_url, const volatile sig_atomic_t *interrupted, FILE *out, FILE *err);

/* One line with figures; 0 1 2 3 as monitoring plugins exit. */
int many_check(const conversation *c, const talk_options *o, FILE *out);

#endif
