/* SPDX-License-Identifier: MIT */
/*
 * np-talk as a function.
 */
#ifndef TOOLS_TALK_TOOL_H
#define TOOLS_TALK_TOOL_H

#include "../common/process.h"

process_tool talk_tool;

#endif
