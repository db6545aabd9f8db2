/* SPDX-License-Identifier: MIT */
#include "common/process.h"
#include "listen/tool.h"

int main(int argc, char **argv)
{
    return process_run("np-listen", listen_tool, argc, argv);
}
