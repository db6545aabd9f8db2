/* SPDX-License-Identifier: MIT */
/*
 * --write-out: a line of one's own, with curl's names and some of ours.
 */
#ifndef TOOLS_TALK_WRITEOUT_H
#define TOOLS_TALK_WRITEOUT_H

#include "conversation.h"

/* Names that are not known stay as they are, with a warning on err. */
void writeout_print(const conversation *c, const talk_options *o, FILE *out, FILE *err);

#endif
