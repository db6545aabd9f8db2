/* SPDX-License-Identifier: MIT */
/*
 * Passwords: the first line of a file, or what a person types.
 */
#ifndef TOOLS_TALK_SECRET_H
#define TOOLS_TALK_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { SECRET_MAX = 4096 };

/* False with a line on err. */
bool secret_from_file(const char *file, char out[SECRET_MAX], FILE *err);

/* Asked for on the terminal of this process, without echo. */
bool secret_asked(const char *user, char out[SECRET_MAX], FILE *err);

#endif
