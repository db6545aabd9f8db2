/* SPDX-License-Identifier: MIT */
#include "common/process.h"
#include "trace/tool.h"

int main(int argc, char **argv)
{
    return process_run("np-trace", trace_tool, argc, argv);
}
