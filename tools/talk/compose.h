/* SPDX-License-Identifier: MIT */
/*
 * The script that a command line means: one of the built-in ones, with the values of the options
 * written into it.
 */
#ifndef TOOLS_TALK_COMPOSE_H
#define TOOLS_TALK_COMPOSE_H

#include "options.h"

typedef struct compose_scheme {
    const char *scheme; /* of URLs */
    const char *script; /* built-in */
    bool tls;
} compose_scheme;

/* What a URL asks for; NULL for a scheme that has no script. */
const compose_scheme *compose_scheme_of(const char *url);

/* The text of it, to be freed; NULL when out of memory. */
char *compose_script(const compose_scheme *s, const talk_options *o);

/*
 * For HOST PORT: up to where a person takes over, and then octets both ways. `speech`: whose
 * STARTTLS is asked for, NULL none. To be freed; NULL when out of memory.
 */
char *compose_opening(const char *speech, bool tls);
extern const char compose_interactive[];

#endif
