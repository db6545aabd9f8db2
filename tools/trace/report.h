/* SPDX-License-Identifier: MIT */
/*
 * The report of np-trace: mtr 0.95's layout, to the column, so that what reads mtr's reports
 * reads these; what mtr cannot say follows in lines that begin with "# ".
 */
#ifndef TOOLS_TRACE_REPORT_H
#define TOOLS_TRACE_REPORT_H

#include <netprobe.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct report_style {
    const char *order; /* letters of columns, as mtr -o; "LS NABWV" */
    bool wide;         /* names are not cut */
    bool show_ips;     /* "name (address)" */
    bool mpls;         /* a line for each label, below its hop */
    bool interrupted;
} report_style;

/* The first letter of `order` that is no column, 0 when all are. */
char report_bad_column(const char *order);

/* Every column's letter and meaning, a line each, for the help. */
void report_list_columns(FILE *out);

/* `host`: the name of this host. start_ns: when the trace began. */
void report_print(const np_trace *t, const report_style *style, const char *host, FILE *out);

#endif
