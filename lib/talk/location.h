/* SPDX-License-Identifier: MIT */
/*
 * Where a URL points to: "imaps://joe@mail.example:993/INBOX" (RFC 3986).
 */
#ifndef NPI_TALK_LOCATION_H
#define NPI_TALK_LOCATION_H

#include "talk/script.h"

/* Pieces of the text that was taken apart; len 0 for what is not there. */
typedef struct npi_location_part {
    const char *at;
    size_t len;
} npi_location_part;

typedef struct npi_location {
    npi_speech speech;
    bool tls;                           /* from the first octet */
    uint16_t port;                      /* of the scheme where none is given; 0 for none */
    npi_location_part user, host, path; /* path with its query, without fragment */
} npi_location;

/* False with a sentence that says what is wrong. */
bool npi_location_parse(npi_location *l, const char *url, npi_buf *why);

/*
 * A redirect of HTTP: `reference` as seen from the page at `base`. The new URL goes to `out`. False
 * for what is no reference, or leads out of http and https.
 */
bool npi_location_resolve(npi_buf *out, const npi_location *base, const char *reference,
                          size_t len);

#endif
