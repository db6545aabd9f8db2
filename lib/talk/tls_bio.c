/* SPDX-License-Identifier: MIT */
/*
 * Ciphertext between OpenSSL and two buffers. Decides when OpenSSL has to wait: for octets of the
 * peer, or until enough of what it wrote was sent. There is no socket here.
 */
#include "talk/tls_inside.h"

#ifdef HAVE_OPENSSL

#include <string.h>

enum { COMPACT_FROM = 4096 }; /* octets worth moving the rest for */

size_t npi_tls_queue_waiting(const npi_tls_queue *q)
{
    return q->b.len - q->taken;
}

const void *npi_tls_queue_front(const npi_tls_queue *q)
{
    return q->b.data + q->taken;
}

void npi_tls_queue_drop(npi_tls_queue *q, size_t len)
{
    size_t waiting = npi_tls_queue_waiting(q);
    q->taken += len < waiting ? len : waiting;
    if (q->taken == q->b.len) {
        npi_buf_clear(&q->b);
        q->taken = 0;
    }
}

/* Whole or not at all. */
bool npi_tls_queue_put(npi_tls_queue *q, const void *data, size_t len)
{
    npi_buf *b = &q->b;
    if (q->taken >= COMPACT_FROM && q->taken >= b->len / 2) {
        b->len -= q->taken;
        memmove(b->data, b->data + q->taken, b->len);
        q->taken = 0;
    }
    size_t before = b->len;
    npi_buf_bytes(b, data, len);
    if (!b->cut && !b->nomem)
        return true;
    b->len = before;
    b->cut = b->nomem = false;
    return false;
}

static int pipe_write(BIO *bio, const char *data, int len)
{
    npi_tls *t = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!data || len <= 0)
        return 0;
    if (npi_tls_queue_waiting(&t->out) >= NPI_TLS_OUT_MAX) {
        BIO_set_retry_write(bio);
        return -1;
    }
    if (npi_tls_queue_put(&t->out, data, (size_t)len))
        return len;
    t->nomem = true;
    return -1;
}

static int pipe_read(BIO *bio, char *out, int size)
{
    npi_tls *t = BIO_get_data(bio);
    size_t waiting = npi_tls_queue_waiting(&t->in);
    BIO_clear_retry_flags(bio);
    if (!out || size <= 0)
        return 0;
    if (waiting == 0 && t->ended)
        return 0;
    if (waiting == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t n = waiting < (size_t)size ? waiting : (size_t)size;
    memcpy(out, npi_tls_queue_front(&t->in), n);
    npi_tls_queue_drop(&t->in, n);
    return (int)n;
}

/* Without an answer to EOF, OpenSSL takes the end of the stream for a failed system call. */
static long pipe_ctrl(BIO *bio, int command, long number, void *pointer)
{
    npi_tls *t = BIO_get_data(bio);
    (void)number;
    (void)pointer;
    switch (command) {
    case BIO_CTRL_EOF: return t->ended && npi_tls_queue_waiting(&t->in) == 0;
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_PENDING: return (long)npi_tls_queue_waiting(&t->in);
    case BIO_CTRL_WPENDING: return (long)npi_tls_queue_waiting(&t->out);
    default: return 0;
    }
}

/* No type of its own: their numbers are few, and shared by the whole process. */
BIO_METHOD *npi_tls_pipe(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "libnetprobe");
    if (m && BIO_meth_set_write(m, pipe_write) && BIO_meth_set_read(m, pipe_read) &&
        BIO_meth_set_ctrl(m, pipe_ctrl))
        return m;
    BIO_meth_free(m);
    return NULL;
}

#endif
