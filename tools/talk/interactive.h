/* SPDX-License-Identifier: MIT */
/*
 * A person, or a pipe, and a server: lines one way, octets the other.
 */
#ifndef TOOLS_TALK_INTERACTIVE_H
#define TOOLS_TALK_INTERACTIVE_H

#include <signal.h>

#include "conversation.h"

/* Returns the exit status. The conversation is started here, and ended. */
int interactive_run(np_context *ctx, conversation *c, const talk_options *o,
                    const volatile sig_atomic_t *interrupted, FILE *out, FILE *err);

#endif
