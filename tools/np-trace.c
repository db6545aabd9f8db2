/* SPDX-License-Identifier: MIT */
/*
 * np-trace: the process around trace_tool. Ctrl-C wakes the context, and what is known so far
 * is printed.
 */
#include <locale.h>
#include <netprobe.h>
#include <signal.h>
#include <stdio.h>

#include "common/exit.h"
#include "trace/tool.h"

static np_context *context;
static volatile sig_atomic_t interrupted;

static void interrupt(int signo)
{
    (void)signo;
    interrupted = 1;
    np_context_wakeup(context); /* async-signal-safe */
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = interrupt};
    setlocale(LC_CTYPE, ""); /* for the width of names; figures stay as they are */
    context = np_context_new();
    if (!context) {
        fputs("np-trace: out of memory\n", stderr);
        return EXIT_UNMEASURED;
    }
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* a reader that is gone is an error of writing, with a message */
    int status = trace_tool(context, argc, argv, &interrupted, stdout, stderr);
    np_context_free(context);
    return status;
}
