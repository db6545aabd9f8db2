/* SPDX-License-Identifier: MIT */
/*
 * What the files of TLS share. Nothing outside of them includes this, and nothing but them knows
 * OpenSSL: a conversation sees tls.h.
 *
 *     tls.c         the steps of a client
 *     tls_setup.c   settings become a client
 *     tls_trust.c   what is trusted, and what clients share
 *     tls_bio.c     ciphertext between OpenSSL and two buffers
 *     tls_verify.c  the verdict on the peer's certificates, and all their faults
 *     tls_cert.c    certificates as text
 *     tls_fail.c    what broke, in words
 *     tls_none.c    all of it in a build without OpenSSL
 */
#ifndef NPI_TALK_TLS_INSIDE_H
#define NPI_TALK_TLS_INSIDE_H

#include "config.h"

#include "talk/tls.h"

#ifdef HAVE_OPENSSL

/* Of 3.0 to 4.0 only what all of them have. */
#define OPENSSL_API_COMPAT 30000
#define OPENSSL_NO_DEPRECATED

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/addr.h"

enum {
    NPI_TLS_AUTH_LEVEL = 2,    /* of keys and signatures: 112 bits, no SHA-1 */
    NPI_TLS_IN_MAX = 1 << 20,  /* octets of ciphertext that wait to be read */
    NPI_TLS_OUT_MAX = 1 << 18, /* octets that wait to be sent before a write is told to wait */
    NPI_TLS_FIRST_MAX = 48,    /* octets kept of what a peer said first */
    NPI_TLS_KEYLOG_MAX = 1 << 16,
    NPI_TLS_FAULTS_MAX = 100
};

/* Stores of files asked for, by path. */
typedef struct npi_trust_file {
    struct npi_trust_file *next;
    X509_STORE *store;
    char path[]; /* NUL-terminated */
} npi_trust_file;

/* Lives as long as anybody holds it: its owner, or a client. */
struct npi_trust {
    npi_mem mem;
    unsigned holders;
    OSSL_LIB_CTX *lib; /* our own: the host's providers and settings are not touched */
    SSL_CTX *ctx;
    BIO_METHOD *pipe;
    EVP_MD *sha256;
    X509_STORE *system; /* NULL: not loaded yet */
    npi_trust_file *files;
};

/* Octets in at the back, out at the front. */
typedef struct npi_tls_queue {
    npi_buf b;
    size_t taken; /* octets of b that are out already */
} npi_tls_queue;

typedef struct npi_tls_fault_row {
    int code, depth; /* X509_V_ERR_..., 0 is the peer's own certificate */
    char *text;
} npi_tls_fault_row;

typedef struct npi_tls_cert_row {
    npi_tls_cert c;
    char *text; /* that c's texts point into */
    void *der;
} npi_tls_cert_row;

struct npi_tls {
    npi_mem mem;
    npi_trust *trust;
    SSL *ssl;
    npi_tls_queue in, out;
    uint8_t first[NPI_TLS_FIRST_MAX];
    uint64_t octets_in; /* of ciphertext, in all */
    size_t written;     /* octets that OpenSSL has taken of a write that waits */
    bool ended;         /* no more ciphertext will come */
    bool nomem;         /* an allocation of ours failed below OpenSSL */
    bool done;          /* the handshake, the chain and the name are all right */
    bool no_verify, judged, trusted; /* the chain was looked at; it and the name are good */
    npi_addr address;   /* that the certificate must be for; family 0: `name` */
    char *name;         /* without trailing dot; NULL without verification and without host */
    npi_tls_info info;
    npi_tls_fault_row *faults;
    size_t fault_count, fault_room;
    npi_tls_cert_row *certs;
    size_t cert_count;
    npi_buf keylog;
    const char *problem; /* "" while nothing broke */
    char sentence[1024];
};

/* ---- tls_bio.c */
BIO_METHOD *npi_tls_pipe(void); /* its data is an npi_tls; NULL when out of memory */
bool npi_tls_queue_put(npi_tls_queue *q, const void *data, size_t len); /* false: no room */
size_t npi_tls_queue_waiting(const npi_tls_queue *q);
const void *npi_tls_queue_front(const npi_tls_queue *q);
void npi_tls_queue_drop(npi_tls_queue *q, size_t len);

/* ---- tls_trust.c */
npi_trust *npi_trust_hold(npi_trust *t);
/* What clients share is made when first needed. False when out of memory, or OpenSSL will not. */
bool npi_trust_ready(npi_trust *t);
/* The store of a file or folder, NULL for the system's. NULL: *status and why say what is wrong. */
X509_STORE *npi_trust_store(npi_trust *t, const char *path, np_status *status, npi_buf *why);

/* ---- tls_verify.c: what OpenSSL calls in place of its own verification */
int npi_tls_judge(X509_STORE_CTX *c, void *unused);
bool npi_tls_name_fits(const npi_tls *t, X509 *leaf);

/* ---- tls_cert.c */
bool npi_tls_cert_read(const npi_tls *t, X509 *x, npi_tls_cert_row *row); /* false: no memory */
void npi_tls_cert_drop(const npi_tls *t, npi_tls_cert_row *row);
/* RFC 2253, UTF-8, without what would change how a terminal shows it. */
void npi_tls_put_subject(npi_buf *b, const X509_NAME *name);
/* "DNS:a, IP:192.0.2.1"; commas in a name become \x2c. Nothing for none. */
void npi_tls_put_names(npi_buf *b, X509 *x);
void npi_tls_put_key(npi_buf *b, X509 *x);
void npi_tls_put_signature(npi_buf *b, X509 *x);
void npi_tls_put_date(npi_buf *b, const ASN1_TIME *time);

/* ---- tls_fail.c */
/* A step failed: remembers why, from OpenSSL's error and queue, which is empty afterwards. */
npi_tls_step npi_tls_break(npi_tls *t, int ssl_error);
/* The words for a code of X509_V_ERR_..., as "tls.expired". */
const char *npi_tls_problem_of(int code);

#endif
#endif
