/* SPDX-License-Identifier: MIT */
/*
 * --version of every tool: which library runs, and what this host allows it to do.
 */
#ifndef TOOLS_COMMON_VERSION_H
#define TOOLS_COMMON_VERSION_H

#include <netprobe.h>
#include <stdio.h>

void version_put(np_context *ctx, const char *tool, FILE *out);

#endif
