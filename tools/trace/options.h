/* SPDX-License-Identifier: MIT */
/*
 * The command line of np-trace: letters as mtr's, settings straight into the trace.
 */
#ifndef TOOLS_TRACE_OPTIONS_H
#define TOOLS_TRACE_OPTIONS_H

#include <netprobe.h>
#include <stdbool.h>
#include <stdio.h>

#include "../common/command_line.h"
#include "report.h"

typedef struct trace_options {
    report_style style;
    bool json;
} trace_options;

options_result options_parse(np_trace *t, int argc, char **argv, trace_options *o, FILE *err);

void options_help(FILE *out);

#endif
