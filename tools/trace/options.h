/* SPDX-License-Identifier: MIT */
/*
 * The command line of np-trace: letters as mtr's, settings straight into the trace.
 */
#ifndef TOOLS_TRACE_OPTIONS_H
#define TOOLS_TRACE_OPTIONS_H

#include <netprobe.h>
#include <stdbool.h>
#include <stdio.h>

#include "report.h"

typedef enum options_result {
    OPTIONS_RUN,     /* go on */
    OPTIONS_HELP,    /* --help */
    OPTIONS_VERSION, /* --version */
    OPTIONS_WRONG    /* a line on err has said what is wrong */
} options_result;

typedef struct trace_options {
    report_style style;
    bool json;
} trace_options;

options_result options_parse(np_trace *t, int argc, char **argv, trace_options *o, FILE *err);

void options_help(FILE *out);

#endif
