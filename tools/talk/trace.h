/* SPDX-License-Identifier: MIT */
/*
 * --trace, --trace-ascii: every octet of a conversation in curl's layout.
 */
#ifndef TOOLS_TALK_TRACE_H
#define TOOLS_TALK_TRACE_H

#include "conversation.h"

/* False when the file cannot be written, with a line on err. "-" is `out`. */
bool trace_write(const conversation *c, const talk_options *o, FILE *out, FILE *err);

#endif
