/* SPDX-License-Identifier: MIT */
/*
 * The reader of scripts from inside, for script_parse.c (files, blocks, the whole) and
 * script_verbs.c (what follows each verb).
 */
#ifndef NPI_TALK_SCRIPT_INSIDE_H
#define NPI_TALK_SCRIPT_INSIDE_H

#include "talk/script_cond.h"
#include "talk/script_lex.h"

enum { NPI_NEST_MAX = 8 }; /* of blocks, and of includes */

/* A block that is open. */
typedef struct npi_block {
    uint32_t step, line, column;
    npi_verb verb; /* if, else, optional */
} npi_block;

typedef struct npi_parser {
    npi_cursor c;
    const char *folder;       /* of this file; NULL: none */
    struct npi_parser *outer; /* that includes this one */
    int depth;
    npi_block blocks[NPI_NEST_MAX];
    int open;
    int around;               /* blocks of the outer files that are open here */
    int too_deep;             /* blocks that were refused, and have ends, too */
    const char *line_begin; /* of the verb, for messages about the whole line */
} npi_parser;

/* The step that is being parsed: adding values may move it. */
npi_script_step *npi_parser_last(npi_parser *p);

/* A condition behind its verb. */
bool npi_parser_cond(npi_parser *p);

/* What follows a verb that opens no block and reads no file. */
bool npi_parser_verb(npi_parser *p, npi_verb v);

#endif
