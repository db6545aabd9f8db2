/* SPDX-License-Identifier: MIT */
/*
 * TLS in a build without OpenSSL: there is no client, and whoever asks for one is told so.
 */
#include "talk/tls_inside.h"

#ifndef HAVE_OPENSSL

struct npi_trust {
    npi_mem mem;
};

npi_trust *npi_trust_new(const npi_mem *mem)
{
    npi_trust *t = npi_alloc(mem, 1, sizeof *t);
    if (t)
        t->mem = *mem;
    return t;
}

void npi_trust_free(npi_trust *t)
{
    if (!t)
        return;
    npi_mem mem = t->mem;
    npi_free(&mem, t);
}

np_status npi_tls_new(const npi_mem *mem, npi_trust *trust, const npi_tls_settings *s,
                      npi_tls **out, npi_buf *why)
{
    (void)mem;
    (void)trust;
    (void)s;
    *out = NULL;
    npi_buf_str(why, "this build has no OpenSSL");
    return NP_ERR_UNSUPPORTED;
}

/* Nobody has an npi_tls: the rest is there to be linked. */

void npi_tls_free(npi_tls *t)
{
    (void)t;
}

bool npi_tls_feed(npi_tls *t, const void *data, size_t len)
{
    (void)t;
    (void)data;
    (void)len;
    return false;
}

void npi_tls_end(npi_tls *t)
{
    (void)t;
}

size_t npi_tls_take(npi_tls *t, const void **data)
{
    (void)t;
    *data = NULL;
    return 0;
}

void npi_tls_taken(npi_tls *t, size_t len)
{
    (void)t;
    (void)len;
}

npi_tls_step npi_tls_handshake(npi_tls *t)
{
    (void)t;
    return NPI_TLS_BROKEN;
}

npi_tls_step npi_tls_read(npi_tls *t, void *out, size_t size, size_t *len)
{
    (void)t;
    (void)out;
    (void)size;
    *len = 0;
    return NPI_TLS_BROKEN;
}

npi_tls_step npi_tls_write(npi_tls *t, const void *data, size_t len)
{
    (void)t;
    (void)data;
    (void)len;
    return NPI_TLS_BROKEN;
}

void npi_tls_close(npi_tls *t)
{
    (void)t;
}

const char *npi_tls_problem(const npi_tls *t)
{
    (void)t;
    return "";
}

const char *npi_tls_sentence(const npi_tls *t)
{
    (void)t;
    return "";
}

int npi_tls_fault_count(const npi_tls *t)
{
    (void)t;
    return 0;
}

const char *npi_tls_fault(const npi_tls *t, int index)
{
    (void)t;
    (void)index;
    return "";
}

void npi_tls_get_info(const npi_tls *t, npi_tls_info *out)
{
    (void)t;
    *out = (npi_tls_info){.verified = false};
}

int npi_tls_cert_count(const npi_tls *t)
{
    (void)t;
    return 0;
}

bool npi_tls_get_cert(const npi_tls *t, int index, npi_tls_cert *out)
{
    (void)t;
    (void)index;
    (void)out;
    return false;
}

const char *npi_tls_keylog(const npi_tls *t)
{
    (void)t;
    return "";
}

#endif
