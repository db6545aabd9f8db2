/* SPDX-License-Identifier: MIT */
/*
 * TLS by OpenSSL without a socket: ciphertext goes in and comes out as octets, and so does plain
 * text. Verification is on unless it is switched off, and success means: handshake done, chain
 * verified, name checked. A build without OpenSSL has npi_tls_new answer NP_ERR_UNSUPPORTED.
 */
#ifndef NPI_TALK_TLS_H
#define NPI_TALK_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * What all conversations of a context share: the system's trust store and those of files asked for,
 * loaded when first needed and once. Clients hold it: it may be freed before them.
 */
typedef struct npi_trust npi_trust;

npi_trust *npi_trust_new(const npi_mem *mem); /* NULL when out of memory; loads nothing */
void npi_trust_free(npi_trust *t);

/* NULL, 0 and false are defaults. Nothing is kept of the texts. */
typedef struct npi_tls_settings {
    const char *host;      /* name or numeric address that the certificate must be for; NULL only
                              with no_verify. A trailing dot and a zone do not count. */
    const char *sni;       /* another name to ask for; NULL: host, unless it is an address */
    const char *ca_file;   /* instead of the system's store: a file, or a hashed folder */
    const char *cert_file; /* client certificate with its chain, PEM; key_file NULL: in there too */
    const char *key_file;
    const char *min_version, *max_version; /* "1.2" or "1.3" ("1.0", "1.1" where OpenSSL can) */
    const char *ciphers;   /* OpenSSL's cipher list (1.2) or suites (1.3, names with TLS_) */
    const char *alpn;      /* "http/1.1" or a list parted by commas */
    int64_t wall_ns;       /* CLOCK_REALTIME that dates are judged by; 0: OpenSSL looks itself */
    bool no_verify;
    bool keylog;
} npi_tls_settings;

typedef struct npi_tls npi_tls;

/*
 * Prepare a client. NP_OK; NP_ERR_NOMEM; NP_ERR_INVALID with a sentence for an unreadable or
 * unfitting file, name, version, cipher or list; NP_ERR_UNSUPPORTED. *out is NULL but for NP_OK.
 * Certificates are held to security level 2 (112 bits, no SHA-1) whatever the versions and ciphers.
 *
 * Like all that calls OpenSSL, it leaves OpenSSL's error queue of this thread empty.
 */
np_status npi_tls_new(const npi_mem *mem, npi_trust *trust, const npi_tls_settings *s,
                      npi_tls **out, npi_buf *why);
void npi_tls_free(npi_tls *t);

typedef enum npi_tls_step {
    NPI_TLS_MORE,   /* needs ciphertext of the peer (send first what npi_tls_take gives); write:
                       not all was taken, call again with the same octets */
    NPI_TLS_DONE,   /* handshake: done; read: octets were read; write: all was taken */
    NPI_TLS_CLOSED, /* read: the peer has said goodbye (close_notify) */
    NPI_TLS_BROKEN  /* problem and sentence say what; it stays broken */
} npi_tls_step;

/* Ciphertext that came. False when out of memory, or when more than 1 MiB would wait. */
bool npi_tls_feed(npi_tls *t, const void *data, size_t len);
/* The peer's stream has ended: without close_notify that is tls.truncated. */
void npi_tls_end(npi_tls *t);

/* Ciphertext to be sent, 0 for none; *data lives until the next call. Then say how much was. */
size_t npi_tls_take(npi_tls *t, const void **data);
void npi_tls_taken(npi_tls *t, size_t len);

/*
 * Reading and writing before the handshake is done do the handshake first. Read until MORE: what
 * waits inside does not show at a socket. More than 256 KiB to be sent make a write wait with MORE.
 */
npi_tls_step npi_tls_handshake(npi_tls *t);
npi_tls_step npi_tls_read(npi_tls *t, void *out, size_t size, size_t *len);
npi_tls_step npi_tls_write(npi_tls *t, const void *data, size_t len);
/* Say goodbye: close_notify is among what npi_tls_take gives. Nothing before the handshake. */
void npi_tls_close(npi_tls *t);

/*
 * What broke: "tls.expired" "tls.not-yet" "tls.wrong-name" "tls.unknown-ca" "tls.self-signed"
 * "tls.bad-chain" "tls.purpose" "tls.constraint" "tls.weak-key" "tls.weak-signature" "tls.revoked"
 * "tls.too-big" "tls.alert" "tls.not-tls" "tls.truncated"; "tls.protocol" for octets that break TLS
 * or a peer that agrees to nothing allowed here, "tls.nomem" for memory that could not be had; ""
 * for nothing. And a sentence without final dot, as
 * "certificate of good.example: expired 2020-02-01 (certificate 2 of 3, \"CN=int\")".
 */
const char *npi_tls_problem(const npi_tls *t);
const char *npi_tls_sentence(const npi_tls *t);

/*
 * All faults of the chain, each a sentence; the first is what a refusal is for. With no_verify they
 * are listed all the same. "" beyond the count.
 */
int npi_tls_fault_count(const npi_tls *t);
const char *npi_tls_fault(const npi_tls *t, int index);

/* Of the handshake; "" before it is done, or for none. */
typedef struct npi_tls_info {
    char version[16]; /* "TLSv1.3" */
    char cipher[64];
    char group[32];
    char alpn[32];
    bool resumed;
    bool verified; /* chain and name were found good, also where nothing depended on it */
} npi_tls_info;
void npi_tls_get_info(const npi_tls *t, npi_tls_info *out);

/* One certificate as it was received, the server's own first. Texts are escaped, never NULL. */
typedef struct npi_tls_cert {
    const char *subject, *issuer; /* RFC 2253 */
    const char *names;            /* "DNS:a, IP:192.0.2.1"; "" for none */
    const char *serial;           /* hexadecimal */
    const char *signature;        /* algorithm */
    const char *key;              /* "EC 256 (P-256)", "RSA 2048" */
    const char *sha256;           /* of its DER, hexadecimal */
    const void *der;
    size_t der_len;
    int64_t not_before_ns, not_after_ns; /* CLOCK_REALTIME */
} npi_tls_cert;
int npi_tls_cert_count(const npi_tls *t);
bool npi_tls_get_cert(const npi_tls *t, int index, npi_tls_cert *out);

/* Key log lines (NSS format), each with a newline, when asked for. */
const char *npi_tls_keylog(const npi_tls *t);

#endif
