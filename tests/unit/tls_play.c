/* SPDX-License-Identifier: MIT */
/*
 * Certificates made to order, a server over memory, and a carrier of octets.
 */
#include "tls_play.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CERTS = 512, FILES = 32 };

static ident made[CERTS];
static int made_count;
static char files[FILES][32];
static int file_count;
static long serial;

void (*play_client_acts)(bool begins);

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "the play cannot go on: %s\n", what);
    ERR_print_errors_fp(stderr);
    abort();
}

static EVP_PKEY *make_key(const char *type)
{
    if (!type)
        return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    if (strncmp(type, "RSA", 3) == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)atoi(type + 3));
    return EVP_PKEY_Q_keygen(NULL, NULL, type);
}

static void add_ext(X509 *x, X509 *issuer, const char *text)
{
    X509V3_CTX ctx;
    char name[64];
    const char *value = strchr(text, '=');
    snprintf(name, sizeof name, "%.*s", (int)(value - text), text);
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_nconf(NULL, &ctx, name, value + 1);
    must(e && X509_add_ext(x, e, -1), text);
    X509_EXTENSION_free(e);
}

ident make_cert(order o)
{
    ident i = {X509_new(), make_key(o.key)};
    const ident *by = o.by ? o.by : &i;
    must(i.x && i.key && made_count < CERTS, "a key");
    X509_set_version(i.x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(i.x), ++serial);
    ASN1_TIME_set_string(X509_getm_notBefore(i.x), o.from ? o.from : "20300101000000Z");
    ASN1_TIME_set_string(X509_getm_notAfter(i.x), o.to ? o.to : "20301231235959Z");
    X509_set_pubkey(i.x, i.key);
    X509_NAME *name = X509_NAME_new();
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)o.cn, -1, -1, 0);
    X509_set_subject_name(i.x, name);
    X509_NAME_free(name);
    X509_set_issuer_name(i.x, X509_get_subject_name(by->x));
    for (int e = 0; e < 9 && o.ext[e]; e++)
        add_ext(i.x, by->x, o.ext[e]);
    const EVP_MD *md = EVP_get_digestbyname(o.md ? o.md : "SHA256");
    if (EVP_PKEY_is_a(by->key, "ED25519"))
        md = NULL;
    must(X509_sign(i.x, by->key, md) > 0, o.cn);
    made[made_count++] = i;
    return i;
}

void free_certs(void)
{
    while (made_count > 0) {
        made_count--;
        X509_free(made[made_count].x);
        EVP_PKEY_free(made[made_count].key);
    }
}

const char *make_file(const ident *const certs[], EVP_PKEY *key)
{
    char *path = files[file_count++];
    strcpy(path, "/tmp/np-test-tls-XXXXXX");
    int fd = mkstemp(path);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    must(f && file_count < FILES, "a file");
    for (int i = 0; certs[i]; i++)
        PEM_write_X509(f, certs[i]->x);
    if (key)
        PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
    return path;
}

void free_files(void)
{
    while (file_count > 0)
        unlink(files[--file_count]);
}

const cast *make_cast(void)
{
    static cast c;
    static bool ready;
    if (ready)
        return &c;
    c.root = make_cert((order){.cn = "root", .ext = {EXT_CA, EXT_SIGNS}});
    c.stranger = make_cert((order){.cn = "stranger", .ext = {EXT_CA, EXT_SIGNS}});
    c.middle = make_cert((order){.cn = "int", .by = &c.root, .ext = {EXT_CA, EXT_SIGNS}});
    c.leaf = make_cert((order){.cn = "leaf", .by = &c.middle, .key = "ED25519",
                               .ext = {EXT_LEAF, EXT_SERVER, EXT_GOOD}});
    c.ca_file = make_file((const ident *const[]){&c.root, NULL}, NULL);
    ready = true;
    return &c;
}

void play_server(play *p, const ident *const chain[])
{
    *p = (play){.allowed = SIZE_MAX};
    p->mem = npi_mem_libc();
    p->server_ctx = SSL_CTX_new(TLS_server_method());
    must(p->server_ctx != NULL, "a server");
    SSL_CTX_set_security_level(p->server_ctx, 0);
    SSL_CTX_set_min_proto_version(p->server_ctx, 0);
    must(SSL_CTX_use_certificate(p->server_ctx, chain[0]->x) == 1, "the server's certificate");
    must(SSL_CTX_use_PrivateKey(p->server_ctx, chain[0]->key) == 1, "the server's key");
    for (int i = 1; chain[i]; i++)
        must(SSL_CTX_add1_chain_cert(p->server_ctx, chain[i]->x) == 1, "the server's chain");
    SSL_CTX_set_mode(p->server_ctx, SSL_MODE_NO_AUTO_CHAIN);
}

static void start_server(play *p)
{
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    p->server = SSL_new(p->server_ctx);
    must(p->server && in && out, "a server");
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(p->server, in, out);
    SSL_set_accept_state(p->server);
}

static void acts(bool begins)
{
    if (play_client_acts)
        play_client_acts(begins);
}

bool play_client(play *p, const npi_tls_settings *s)
{
    npi_tls_settings copy = *s;
    npi_buf why = npi_buf_in(p->why, sizeof p->why);
    if (!copy.host && !copy.no_verify)
        copy.host = GOOD;
    if (!copy.ca_file)
        copy.ca_file = make_cast()->ca_file;
    if (copy.wall_ns == 0)
        copy.wall_ns = NOW_NS;
    if (copy.wall_ns < 0)
        copy.wall_ns = 0;
    acts(true);
    p->trust = npi_trust_new(&p->mem);
    p->status = npi_tls_new(&p->mem, p->trust, &copy, &p->client, &why);
    acts(false);
    if (p->status == NP_OK && p->server_ctx)
        start_server(p);
    return p->status == NP_OK;
}

/* Whether any moved. */
static bool to_server(play *p)
{
    const void *data;
    size_t len = npi_tls_take(p->client, &data);
    if (len == 0)
        return false;
    BIO_write(SSL_get_rbio(p->server), data, (int)len);
    npi_tls_taken(p->client, len);
    return true;
}

static bool to_client(play *p)
{
    char *data;
    size_t waiting = (size_t)BIO_get_mem_data(SSL_get_wbio(p->server), &data);
    size_t left = p->allowed - p->delivered;
    size_t n = waiting < left ? waiting : left;
    if (p->chunk && n > p->chunk)
        n = p->chunk;
    if (n > 256 * 1024)
        n = 256 * 1024;
    if (n == 0)
        return false;
    char *exact = malloc(n);
    must(exact && BIO_read(SSL_get_wbio(p->server), exact, (int)n) == (int)n, "octets");
    acts(true);
    bool fed = npi_tls_feed(p->client, exact, n);
    acts(false);
    free(exact);
    p->delivered += n;
    return fed;
}

void play_carry(play *p)
{
    to_server(p);
    if (!SSL_is_init_finished(p->server)) {
        SSL_do_handshake(p->server);
        ERR_clear_error();
    }
    to_client(p);
}

npi_tls_step play_handshake(play *p)
{
    for (int still = 0; still < 3; still++) {
        size_t before = p->delivered;
        acts(true);
        p->step = npi_tls_handshake(p->client);
        acts(false);
        if (p->step != NPI_TLS_MORE)
            break;
        play_carry(p);
        if (p->delivered > before)
            still = 0;
    }
    to_server(p);
    if (p->step == NPI_TLS_DONE)
        SSL_do_handshake(p->server);
    ERR_clear_error();
    return p->step;
}

void play_end(play *p)
{
    acts(true);
    npi_tls_free(p->client);
    npi_trust_free(p->trust);
    acts(false);
    SSL_free(p->server);
    SSL_CTX_free(p->server_ctx);
    p->client = NULL;
    p->trust = NULL;
    p->server = NULL;
    p->server_ctx = NULL;
}

void play_begin(play *p, const npi_tls_settings *s)
{
    const cast *c = make_cast();
    play_server(p, (const ident *const[]){&c->leaf, &c->middle, NULL});
    must(play_client(p, s), p->why);
}

bool play_broken(npi_tls *t, const char *problem, const char *words)
{
    char octet;
    size_t len;
    return npi_tls_handshake(t) == NPI_TLS_BROKEN &&
           npi_tls_read(t, &octet, 1, &len) == NPI_TLS_BROKEN && len == 0 &&
           npi_tls_write(t, "x", 1) == NPI_TLS_BROKEN &&
           strcmp(npi_tls_problem(t), problem) == 0 && strstr(npi_tls_sentence(t), words);
}
