/* SPDX-License-Identifier: MIT */
/*
 * Matches ("250 or 251") and conditions ("cert days > 14") of the script language.
 */
#ifndef NPI_TALK_SCRIPT_COND_H
#define NPI_TALK_SCRIPT_COND_H

#include "talk/script_lex.h"

/*
 * MATCH [lines|line] [within D], into the values, option and duration of the script's last step.
 * `words`: lines and line may follow.
 */
bool npi_cursor_match(npi_cursor *c, bool words);

/* A condition; or its subject alone, as in `save A = subject`. */
bool npi_cursor_cond(npi_cursor *c, npi_cond *out);
bool npi_cursor_subject(npi_cursor *c, npi_cond *out);

#endif
