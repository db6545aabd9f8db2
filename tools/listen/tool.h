/* SPDX-License-Identifier: MIT */
/*
 * np-listen as a function.
 */
#ifndef TOOLS_LISTEN_TOOL_H
#define TOOLS_LISTEN_TOOL_H

#include "../common/process.h"

process_tool listen_tool;

#endif
