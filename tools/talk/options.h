/* SPDX-License-Identifier: MIT */
/*
 * The command line of np-talk: letters as curl's, long names for mail as swaks has them.
 */
#ifndef TOOLS_TALK_OPTIONS_H
#define TOOLS_TALK_OPTIONS_H

#include <netprobe.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../common/command_line.h"

/* A setting of the library, or a variable of a script. Names may come more than once. */
typedef struct talk_pair {
    const char *name, *value;
} talk_pair;

enum { TALK_PAIRS = 256 };

typedef struct talk_pairs {
    talk_pair pairs[TALK_PAIRS];
    int count;
} talk_pairs;

typedef struct talk_options {
    talk_pairs settings; /* for np_talk_set */
    talk_pairs values;   /* for the script */
    talk_pairs secrets;  /* variable and the file that holds it */
    bool starttls, tls, login, send;
    const char *method; /* "head", "get", "post"; NULL not said */
    int follow;         /* redirects; 0 none */
    const char *script, *check_script;
    bool show_script;

    const char *user, *password, *password_file, *mechanism;

    bool head, include, silent, verbose, json, check;
    const char *output, *format, *trace, *keylog, *targets;
    bool trace_ascii, trace_time;

    const char *expect; /* code that the answer must have */
    int64_t cert_days;  /* that must be left; -1 not asked */
    int64_t max_total;  /* nanoseconds; -1 not asked */
    int64_t linger;     /* nanoseconds */
    int parallel;

    char **words; /* URLs, HOST PORT, or NAME=VALUE */
    int word_count;
} talk_options;

options_result talk_options_parse(int argc, char **argv, talk_options *o, FILE *err);

void talk_options_help(FILE *out);

/* The last value given for a name; NULL for none. */
const char *talk_pairs_last(const talk_pairs *p, const char *name);

#endif
