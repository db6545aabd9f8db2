/* SPDX-License-Identifier: MIT */
/*
 * CRAM-MD5 (RFC 2195), whose HMAC is OpenSSL's.
 */
#ifndef NPI_TALK_DIGEST_H
#define NPI_TALK_DIGEST_H

#include <stdbool.h>

#include "base/buf.h"
#include "netprobe/context.h"

/* Remember user and password in `line` until the challenge comes. False when out of memory. */
bool npi_cram_prepare(npi_buf *line, const npi_buf *user, const npi_buf *pass);

/*
 * Turn such a line into the answer to a challenge. NP_ERR_PROTOCOL: the challenge is no base64,
 * NP_ERR_UNSUPPORTED: there is no HMAC-MD5, NP_ERR_NOMEM.
 */
np_status npi_cram_answer(npi_buf *line, const npi_buf *challenge);

#endif
