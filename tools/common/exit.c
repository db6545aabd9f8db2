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
