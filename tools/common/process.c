/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <locale.h>

#include "exit.h"
#include "version.h"

static np_context *context;
static volatile sig_atomic_t interrupted;

static void interrupt(int signo)
{
    (void)signo;
    interrupted = 1;
    np_context_wakeup(context); /* async-signal-safe */
}

bool process_answered(options_result asked, np_context *ctx, const char *name,
                      void (*help)(FILE *out), FILE *out, FILE *err, int *status)
{
    if (asked == OPTIONS_RUN)
        return false;
    *status = EXIT_USAGE;
    if (asked == OPTIONS_WRONG)
        return true;
    if (asked == OPTIONS_HELP)
        help(out);
    else
        version_put(ctx, name, out);
    *status = exit_written(out) ? EXIT_GOOD : exit_unwritten(err, name);
    return true;
}

int process_run(const char *name, process_tool *tool, int argc, char **argv)
{
    struct sigaction action = {.sa_handler = interrupt};
    setlocale(LC_CTYPE, ""); /* for the width of names; figures stay as they are */
    context = np_context_new();
    if (!context)
        return exit_failed(stderr, name, "out of memory", np_status_name(NP_ERR_NOMEM),
                           EXIT_UNMEASURED);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* a reader that is gone is an error of writing, with a message */
    int status = tool(context, argc, argv, &interrupted, stdout, stderr);
    np_context_free(context);
    return status;
}
