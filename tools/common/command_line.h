/* SPDX-License-Identifier: MIT */
/*
 * Command lines: one table of options a tool, from which getopt's arrays, the help and the
 * messages about what is wrong are made. What people bring along from elsewhere gets a hint.
 */
#ifndef TOOLS_COMMON_COMMAND_LINE_H
#define TOOLS_COMMON_COMMAND_LINE_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef enum options_result {
    OPTIONS_RUN,     /* go on */
    OPTIONS_HELP,    /* --help */
    OPTIONS_VERSION, /* --version */
    OPTIONS_WRONG    /* a line on err has said what is wrong */
} options_result;

typedef struct command_choice {
    int letter;         /* beyond 255: a long option only */
    const char *name;   /* long option */
    const char *value;  /* what it takes, NULL: nothing */
    const char *option; /* name of the library's option, NULL: the tool's own */
    const char *set;    /* value to set it to, NULL: the one that was given */
    bool seconds;       /* a bare number means seconds, as mtr takes it */
    const char *group, *help;
} command_choice;

/* A second name of an option. */
typedef struct command_alias {
    const char *name;
    int letter;
} command_alias;

/* An option of another tool: its letter, its long name, and what to do here. */
typedef struct command_stranger {
    int letter; /* 0: the long name only */
    const char *name, *hint;
} command_stranger;

typedef struct command_line {
    const char *tool;
    const command_choice *choices;
    size_t choice_count;
    const command_alias *aliases;
    size_t alias_count;
    const command_stranger *strangers;
    size_t stranger_count;
} command_line;

enum { COMMAND_CHOICES = 128, COMMAND_WORD = 64 };

/* What getopt_long wants. */
typedef struct command_getopt {
    char letters[2 * COMMAND_CHOICES + 2];
    struct option longs[2 * COMMAND_CHOICES];
} command_getopt;

void command_line_getopt(const command_line *c, command_getopt *out);

/* What a letter chooses; NULL for one that is none. */
const command_choice *command_line_find(const command_line *c, int letter);

/* getopt's '?' and ':': say what is wrong. `word` is the one that it has just looked at. */
options_result command_line_wrong(const command_line *c, int letter, const char *word, FILE *err);
options_result command_line_missing(const command_line *c, int letter, FILE *err);

/* The options of one group, a line each. */
void command_line_help(const command_line *c, const char *group, FILE *out);

/* A word of the command line inside a message: what is not printable ASCII becomes '?'. */
const char *command_line_shown(const char *word, char *out, size_t size);

#endif
