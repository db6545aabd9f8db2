/* SPDX-License-Identifier: MIT */
/*
 * What a status means to whoever called the tool.
 */
#include "exit.h"

int exit_of_status(np_status status)
{
    switch (np_status_kind(status)) {
    case NP_KIND_OK:
        return EXIT_GOOD;
    case NP_KIND_USAGE:
        return EXIT_USAGE;
    case NP_KIND_PEER:
    case NP_KIND_EXPECTATION:
        return EXIT_BAD;
    default:
        return EXIT_UNMEASURED;
    }
}

int exit_failed(FILE *err, const char *tool, const char *sentence, const char *name, int status)
{
    if (sentence[0])
        fprintf(err, "%s: %s\n", tool, sentence);
    fprintf(err, "error=%s\n", name);
    return status;
}

bool exit_written(FILE *out)
{
    return fflush(out) == 0 && !ferror(out);
}

int exit_unwritten(FILE *err, const char *tool)
{
    return exit_failed(err, tool, "the result could not be written", "output", EXIT_UNMEASURED);
}
