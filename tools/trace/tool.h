/* SPDX-License-Identifier: MIT */
/*
 * np-trace as a function: it is given its context, so that tests run it over a scripted world.
 */
#ifndef TOOLS_TRACE_TOOL_H
#define TOOLS_TRACE_TOOL_H

#include "../common/process.h"

process_tool trace_tool;

#endif
