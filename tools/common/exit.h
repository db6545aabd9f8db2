/* SPDX-License-Identifier: MIT */
/*
 * Exit statuses of the tools, in one place.
 */
#ifndef TOOLS_COMMON_EXIT_H
#define TOOLS_COMMON_EXIT_H

#include <netprobe.h>

enum {
    EXIT_GOOD = 0,       /* measured, and good */
    EXIT_BAD = 1,        /* measured, and bad */
    EXIT_UNMEASURED = 2, /* could not measure */
    EXIT_USAGE = 3
};

/* The exit status of a run that could not measure. */
int exit_of_status(np_status status);

#endif
