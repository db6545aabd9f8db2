/* SPDX-License-Identifier: MIT */
/*
 * A play of TLS in one process: certificates made to order, a server of OpenSSL's over memory, and
 * our client, with the octets between them carried by hand.
 */
#ifndef TESTS_UNIT_TLS_PLAY_H
#define TESTS_UNIT_TLS_PLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "../failmem.h"
#include "talk/tls.h"

#define NOW_NS (INT64_C(1907755200) * 1000000000) /* 2030-06-15 12:00 UTC */

typedef struct ident {
    X509 *x;
    EVP_PKEY *key;
} ident;

typedef struct order {
    const char *cn;
    const ident *by;      /* NULL: itself */
    const char *from, *to; /* NULL: all of 2030 */
    const char *md;        /* NULL: SHA256 */
    const char *key;       /* NULL: P-256; "ED25519", "RSA1024", "RSA2048" */
    const char *ext[9];    /* "name=value" */
} order;

#define EXT_CA "basicConstraints=critical,CA:TRUE"
#define EXT_SIGNS "keyUsage=critical,keyCertSign,cRLSign"
#define EXT_LEAF "basicConstraints=critical,CA:FALSE"
#define EXT_SERVER "extendedKeyUsage=serverAuth"
#define EXT_GOOD "subjectAltName=DNS:good.lab.test,IP:127.0.0.1,IP:::1"
#define GOOD "good.lab.test"

ident make_cert(order o); /* lives until free_certs */
void free_certs(void);

/* A file with certificates and a key (or none), gone after free_files. */
const char *make_file(const ident *const certs[], EVP_PKEY *key);
void free_files(void);

/* Roles that most plays need. */
typedef struct cast {
    ident root, middle, leaf, stranger; /* stranger: a root that nobody trusts */
    const char *ca_file;                /* of root */
} cast;
const cast *make_cast(void);

typedef struct play {
    failmem memory;
    npi_mem mem;
    npi_trust *trust;
    npi_tls *client;
    SSL_CTX *server_ctx;
    SSL *server;
    size_t chunk;     /* octets carried to the client at once; 0: all there are */
    size_t allowed;   /* octets of the server that reach the client at all */
    size_t delivered;
    npi_tls_step step;
    np_status status; /* of npi_tls_new */
    char why[512];
} play;

/* Server with its chain (ends with NULL, own first). */
void play_server(play *p, const ident *const chain[]);
/* Client; host NULL in s means GOOD, ca_file NULL the cast's root. False: see status and why. */
bool play_client(play *p, const npi_tls_settings *s);
/* Carry octets in both directions until nothing moves; the server's handshake goes along. */
void play_carry(play *p);
/* Until the client's handshake is done, broken, or stuck. */
npi_tls_step play_handshake(play *p);
void play_end(play *p);
/* The cast's leaf and a client, before the first octet. */
void play_begin(play *p, const npi_tls_settings *s);
/* It is broken, by that problem and words of the sentence, and stays so. Needs check.h. */
#define expect_broken(p, problem, words)                                                          \
    do {                                                                                          \
        if (!play_broken((p)->client, problem, words))                                            \
            fail_msg("%s: %s", npi_tls_problem((p)->client), npi_tls_sentence((p)->client));      \
    } while (0)
bool play_broken(npi_tls *t, const char *problem, const char *words);

/* Called around whatever the client does. */
extern void (*play_client_acts)(bool begins);

#endif
