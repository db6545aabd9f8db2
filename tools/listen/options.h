/* SPDX-License-Identifier: MIT */
/*
 * The command line of np-listen: letters as netstat's; filters straight into the listing.
 */
#ifndef TOOLS_LISTEN_OPTIONS_H
#define TOOLS_LISTEN_OPTIONS_H

#include <netprobe.h>
#include <stdbool.h>
#include <stdio.h>

#include "../common/command_line.h"

typedef struct listen_options {
    bool netstat;    /* its layout: one of -l -a -p -e was given */
    bool listening;  /* -l */
    bool all;        /* -a */
    bool programs;   /* -p */
    bool extend;     /* -e */
    bool numeric;    /* -n */
    bool wide;       /* -W */
    bool continuous; /* -c */
    bool json;
    int family;      /* -4, -6; 0 both */
    unsigned protocols; /* a bit for each np_protocol; 0: the library's choice */
    bool named;         /* protocols were named */
    bool by_owner;      /* words or a process were named */
    const char *netns;
} listen_options;

options_result listen_options_parse(np_listeners *l, int argc, char **argv, listen_options *o,
                                    FILE *err);

void listen_options_help(FILE *out);

#endif
