/* SPDX-License-Identifier: MIT */
/*
 * What a server says that it can do: keywords with their arguments, learned from answers. A new
 * list takes the place of the old one. Who starts TLS or logs in clears what was learned before.
 */
#ifndef NPI_TALK_FEATURES_H
#define NPI_TALK_FEATURES_H

#include "talk/reply.h"

typedef struct npi_features npi_features;

npi_features *npi_features_new(const npi_mem *mem); /* NULL when out of memory */
void npi_features_free(npi_features *f);

/*
 * Learn from the answer to a command, if it has a list: 250 to EHLO or LHLO (RFC 5321 4.1.1.1; a
 * good answer to HELO is an empty one), +OK to CAPA (RFC 2449 5), and in IMAP, whatever the command
 * was, "* CAPABILITY ..." or "[CAPABILITY ...]" in a greeting or OK (RFC 9051 7.1, 7.2.2). A list
 * ends at 1,000 keywords. False when out of memory: nothing is known then.
 */
bool npi_features_learn(npi_features *f, npi_framing framing, const char *command,
                        const npi_answer *answer);

void npi_features_clear(npi_features *f);

/*
 * Whether a keyword is known, as "STARTTLS", or a keyword with an argument, as "AUTH PLAIN", which
 * is also known where the server wrote "AUTH=PLAIN". Without case.
 */
bool npi_features_has(const npi_features *f, const char *text);

/* Keywords with their arguments as the server wrote them, escaped, in its order, each once. */
int npi_features_count(const npi_features *f);
const char *npi_features_get(const npi_features *f, int index); /* NULL outside */

#endif
