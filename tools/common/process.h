/* SPDX-License-Identifier: MIT */
/*
 * The process around a tool's function: locale, signals, context.
 */
#ifndef TOOLS_COMMON_PROCESS_H
#define TOOLS_COMMON_PROCESS_H

#include <netprobe.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

#include "command_line.h"

/*
 * A tool, so that tests can call it: *interrupted, set by whoever also calls np_context_wakeup,
 * ends it early, with what is known so far. Returns the exit status.
 */
typedef int process_tool(np_context *ctx, int argc, char **argv,
                         const volatile sig_atomic_t *interrupted, FILE *out, FILE *err);

/*
 * What a command line asks for before anything is done: its help, the versions. True when that was
 * it, or when it was wrong: *status is the exit status then.
 */
bool process_answered(options_result asked, np_context *ctx, const char *name,
                      void (*help)(FILE *out), FILE *out, FILE *err, int *status);

/* Run a tool in this process. Ctrl-C interrupts it. Returns the exit status. */
int process_run(const char *name, process_tool *tool, int argc, char **argv);

#endif
