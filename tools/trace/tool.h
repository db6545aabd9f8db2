/* SPDX-License-Identifier: MIT */
/*
 * np-trace as a function: it is given its context, so that tests run it over a scripted world.
 */
#ifndef TOOLS_TRACE_TOOL_H
#define TOOLS_TRACE_TOOL_H

#include <netprobe.h>
#include <signal.h>
#include <stdio.h>

/*
 * Run the tool. *interrupted, set by whoever also calls np_context_wakeup, ends the run early.
 * Returns the exit status.
 */
int trace_tool(np_context *ctx, int argc, char **argv, const volatile sig_atomic_t *interrupted,
               FILE *out, FILE *err);

#endif
