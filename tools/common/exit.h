/* SPDX-License-Identifier: MIT */
/*
 * Exit statuses of the tools, in one place.
 */
#ifndef TOOLS_COMMON_EXIT_H
#define TOOLS_COMMON_EXIT_H

#include <netprobe.h>
#include <stdbool.h>
#include <stdio.h>

enum {
    EXIT_GOOD = 0,       /* measured, and good */
    EXIT_BAD = 1,        /* measured, and bad */
    EXIT_UNMEASURED = 2, /* could not measure */
    EXIT_USAGE = 3
};

/* The exit status of a run that could not measure. */
int exit_of_status(np_status status);

/* Say why, "" for nothing, and the last line of a failure, for programs. Returns status. */
int exit_failed(FILE *err, const char *tool, const char *sentence, const char *name, int status);

/* Whether all that was printed has left: a full disk may show at any write, or at the last. */
bool exit_written(FILE *out);

/* What was printed has not left. Returns the exit status. */
int exit_unwritten(FILE *err, const char *tool);

#endif
