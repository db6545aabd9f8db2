/* SPDX-License-Identifier: MIT */
/*
 * A conversation for people: what failed and what helps, waterfall, transcript, certificates.
 */
#ifndef TOOLS_TALK_REPORT_H
#define TOOLS_TALK_REPORT_H

#include "conversation.h"

void talk_report_print(const conversation *c, FILE *out);

/* What mostly helps against this; "" for nothing that is known. */
const char *talk_report_cure(const char *problem, const char *protocol, int code, const char *text);

/* The transcript as curl's -v has it: "* ", "> ", "< ". */
void talk_report_verbose(const conversation *c, FILE *out);

#endif
