/* SPDX-License-Identifier: MIT */
/*
 * What curl prints of a page: its head (-I), both (-i), its body (-o).
 */
#ifndef TOOLS_TALK_PAGE_H
#define TOOLS_TALK_PAGE_H

#include "conversation.h"

/* False when something could not be written, with a line on err. */
bool page_print(const conversation *c, const talk_options *o, FILE *out, FILE *err);

#endif
