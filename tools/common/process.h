/* SPDX-License-Identifier: MIT */
/*
 * The process around a tool's function: locale, signals, context.
 */
#ifndef TOOLS_COMMON_PROCESS_H
#define TOOLS_COMMON_PROCESS_H

#include <netprobe.h>
#include <signal.h>
#include <stdio.h>

/*
 * A tool, so that tests can call it: *interrupted, set by whoever also calls np_context_wakeup,
 * ends it early, with what is known so far. Returns the exit status.
 */
typedef int process_tool(np_context *ctx, int argc, char **argv,
                         const volatile sig_atomic_t *interrupted, FILE *out, FILE *err);

/* Run a tool in this process. Ctrl-C interrupts it. Returns the exit status. */
int process_run(const char *name, process_tool *tool, int argc, char **argv);

#endif
