/* SPDX-License-Identifier: MIT */
/*
 * The steps of a TLS client: octets in, octets out, and when it may be believed. That is decided
 * in one place (believe), after OpenSSL has decided it for itself.
 */
#include "talk/tls_inside.h"

#ifdef HAVE_OPENSSL

#include <limits.h>
#include <string.h>

bool npi_tls_feed(npi_tls *t, const void *data, size_t len)
{
    if (npi_tls_queue_waiting(&t->in) + len > NPI_TLS_IN_MAX)
        return false;
    if (len > 0 && !npi_tls_queue_put(&t->in, data, len))
        return false;
    if (t->octets_in < sizeof t->first && len > 0) {
        size_t room = sizeof t->first - (size_t)t->octets_in;
        memcpy(t->first + t->octets_in, data, len < room ? len : room);
    }
    t->octets_in += len;
    return true;
}

void npi_tls_end(npi_tls *t)
{
    t->ended = true;
}

size_t npi_tls_take(npi_tls *t, const void **data)
{
    size_t waiting = npi_tls_queue_waiting(&t->out);
    *data = waiting > 0 ? npi_tls_queue_front(&t->out) : NULL;
    return waiting;
}

void npi_tls_taken(npi_tls *t, size_t len)
{
    npi_tls_queue_drop(&t->out, len);
}

/* Only wants to go on, or breaks. `result` is that of the call before. */
static npi_tls_step unfinished(npi_tls *t, int result)
{
    int error = SSL_get_error(t->ssl, result);
    if ((error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) && !t->nomem) {
        ERR_clear_error();
        return NPI_TLS_MORE;
    }
    return npi_tls_break(t, error);
}

static void put_text(char *array, size_t size, const void *text, size_t len)
{
    npi_buf b = npi_buf_in(array, size);
    npi_buf_escaped(&b, text, len);
}

static void note_group(npi_tls *t)
{
    npi_buf b = npi_buf_in(t->info.group, sizeof t->info.group);
    int id = (int)SSL_get_negotiated_group(t->ssl);
    if ((id & 0xFFFF) == 0)
        return;
    const char *name = SSL_group_to_name(t->ssl, id);
    if (name)
        npi_buf_escaped(&b, name, strlen(name));
    else
        npi_buf_printf(&b, "0x%04x", (unsigned)id & 0xFFFF);
}

static void note_info(npi_tls *t)
{
    const unsigned char *alpn = NULL;
    unsigned alpn_len = 0;
    const char *version = SSL_get_version(t->ssl);
    const char *cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(t->ssl));
    put_text(t->info.version, sizeof t->info.version, version, strlen(version));
    put_text(t->info.cipher, sizeof t->info.cipher, cipher, strlen(cipher));
    SSL_get0_alpn_selected(t->ssl, &alpn, &alpn_len);
    put_text(t->info.alpn, sizeof t->info.alpn, alpn, alpn_len);
    note_group(t);
    t->info.resumed = SSL_session_reused(t->ssl) == 1;
    t->info.verified = t->trusted;
}

/*
 * OpenSSL says that the handshake is done. That alone is not enough: the verdict must have been
 * asked for, its result must be good, and the certificate must be for the name.
 */
static npi_tls_step believe(npi_tls *t)
{
    X509 *leaf = SSL_get0_peer_certificate(t->ssl);
    bool good = t->judged && t->trusted && leaf && t->fault_count == 0 &&
                SSL_get_verify_result(t->ssl) == X509_V_OK && npi_tls_name_fits(t, leaf);
    if (t->nomem || (!good && !t->no_verify))
        return npi_tls_break(t, SSL_ERROR_SSL);
    t->trusted = good;
    note_info(t);
    t->done = true;
    ERR_clear_error();
    return NPI_TLS_DONE;
}

npi_tls_step npi_tls_handshake(npi_tls *t)
{
    if (t->problem[0])
        return NPI_TLS_BROKEN;
    if (t->done)
        return NPI_TLS_DONE;
    ERR_clear_error();
    int result = SSL_do_handshake(t->ssl);
    return result == 1 ? believe(t) : unfinished(t, result);
}

npi_tls_step npi_tls_read(npi_tls *t, void *out, size_t size, size_t *len)
{
    *len = 0;
    npi_tls_step step = npi_tls_handshake(t);
    if (step != NPI_TLS_DONE)
        return step;
    if (size == 0)
        return NPI_TLS_MORE;
    ERR_clear_error();
    int result = SSL_read_ex(t->ssl, out, size, len);
    if (t->nomem)
        *len = 0;
    if (result == 1 && !t->nomem)
        return NPI_TLS_DONE;
    if (SSL_get_error(t->ssl, result) == SSL_ERROR_ZERO_RETURN && !t->nomem) {
        ERR_clear_error();
        return NPI_TLS_CLOSED;
    }
    return unfinished(t, result);
}

npi_tls_step npi_tls_write(npi_tls *t, const void *data, size_t len)
{
    npi_tls_step step = npi_tls_handshake(t);
    if (step != NPI_TLS_DONE)
        return step;
    while (t->written < len) {
        size_t n = 0;
        ERR_clear_error();
        int result = SSL_write_ex(t->ssl, (const char *)data + t->written, len - t->written, &n);
        if (result != 1 || t->nomem)
            return unfinished(t, result);
        t->written += n;
    }
    t->written = 0;
    return NPI_TLS_DONE;
}

void npi_tls_close(npi_tls *t)
{
    if (t->problem[0] || !t->done)
        return;
    ERR_clear_error();
    SSL_shutdown(t->ssl);
    ERR_clear_error();
}

void npi_tls_free(npi_tls *t)
{
    if (!t)
        return;
    npi_mem mem = t->mem;
    SSL_free(t->ssl);
    ERR_clear_error();
    for (size_t i = 0; i < t->fault_count; i++)
        npi_free(&mem, t->faults[i].text);
    for (size_t i = 0; i < t->cert_count; i++)
        npi_tls_cert_drop(t, &t->certs[i]);
    npi_free(&mem, t->faults);
    npi_free(&mem, t->certs);
    npi_free(&mem, t->name);
    npi_buf_free(&t->in.b);
    npi_buf_free(&t->out.b);
    if (t->keylog.data)
        OPENSSL_cleanse(t->keylog.data, t->keylog.size);
    npi_buf_free(&t->keylog);
    npi_trust_free(t->trust);
    npi_free(&mem, t);
}

const char *npi_tls_problem(const npi_tls *t)
{
    return t->problem;
}

const char *npi_tls_sentence(const npi_tls *t)
{
    return t->sentence;
}

int npi_tls_fault_count(const npi_tls *t)
{
    return (int)t->fault_count;
}

const char *npi_tls_fault(const npi_tls *t, int index)
{
    return index >= 0 && (size_t)index < t->fault_count ? t->faults[index].text : "";
}

void npi_tls_get_info(const npi_tls *t, npi_tls_info *out)
{
    *out = t->info;
}

int npi_tls_cert_count(const npi_tls *t)
{
    return (int)t->cert_count;
}

bool npi_tls_get_cert(const npi_tls *t, int index, npi_tls_cert *out)
{
    if (index < 0 || (size_t)index >= t->cert_count)
        return false;
    *out = t->certs[index].c;
    return true;
}

const char *npi_tls_keylog(const npi_tls *t)
{
    return npi_buf_text(&t->keylog);
}

#endif
