/* SPDX-License-Identifier: MIT */
#include "common/process.h"
#include "talk/tool.h"

int main(int argc, char **argv)
{
    return process_run("np-talk", talk_tool, argc, argv);
}
