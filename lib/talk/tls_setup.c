/* SPDX-License-Identifier: MIT */
/*
 * Settings become a client. Decides what is asked of the peer: name, versions, ciphers, protocols;
 * and refuses, with a sentence, what cannot be asked for.
 */
#include "talk/tls_inside.h"

#ifdef HAVE_OPENSSL

#include <string.h>

enum { NAME_MAX_OCTETS = 253, ALPN_MAX = 65535 };

static np_status refuse(npi_buf *why, const char *what, const char *value)
{
    npi_buf_str(why, what);
    npi_buf_str(why, " \"");
    npi_buf_escaped(why, value, strlen(value));
    npi_buf_char(why, '"');
    return NP_ERR_INVALID;
}

/* A copy up to the first of `ends`, and without one trailing dot. */
static char *copy_until(const npi_mem *mem, const char *text, const char *ends)
{
    size_t len = strcspn(text, ends);
    char *copy = npi_alloc(mem, len + 1, 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, len);
    if (len > 0 && copy[len - 1] == '.')
        copy[len - 1] = '\0';
    return copy;
}

/* A leading dot would have OpenSSL take any name below it. */
static bool is_name(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && len <= NAME_MAX_OCTETS && text[0] != '.';
}

static np_status set_host(npi_tls *t, const npi_tls_settings *s, npi_buf *why)
{
    if (!s->host && s->no_verify)
        return NP_OK;
    if (!s->host) {
        npi_buf_str(why, "no name was given that the certificate must be for");
        return NP_ERR_INVALID;
    }
    char *numeric = copy_until(&t->mem, s->host, "%"); /* without zone */
    t->name = copy_until(&t->mem, s->host, "");
    if (!numeric || !t->name) {
        npi_free(&t->mem, numeric);
        return NP_ERR_NOMEM;
    }
    if (!npi_addr_parse(numeric, &t->address))
        t->address.family = 0;
    npi_free(&t->mem, numeric);
    return t->address.family != 0 || is_name(t->name)
               ? NP_OK
               : refuse(why, "no certificate can be for the name", s->host);
}

static np_status set_verification(npi_tls *t, const npi_tls_settings *s, npi_buf *why)
{
    np_status status = NP_ERR_NOMEM;
    X509_STORE *store = npi_trust_store(t->trust, s->ca_file, &status, why);
    if (!store)
        return status;
    X509_VERIFY_PARAM *p = SSL_get0_param(t->ssl);
    X509_VERIFY_PARAM_set_auth_level(p, NPI_TLS_AUTH_LEVEL);
    X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                           X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (s->wall_ns > 0)
        X509_VERIFY_PARAM_set_time(p, (time_t)(s->wall_ns / 1000000000));
    SSL_set_verify(t->ssl, s->no_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    bool named = true;
    if (t->address.family != 0)
        named = X509_VERIFY_PARAM_set1_ip(p, t->address.octets, t->address.family == 4 ? 4 : 16);
    else if (t->name)
        named = X509_VERIFY_PARAM_set1_host(p, t->name, 0);
    return named && SSL_set1_verify_cert_store(t->ssl, store) == 1 ? NP_OK : NP_ERR_NOMEM;
}

static np_status set_sni(npi_tls *t, const npi_tls_settings *s, npi_buf *why)
{
    npi_addr ignored;
    const char *wanted = s->sni ? s->sni : t->address.family != 0 ? NULL : t->name;
    if (!wanted)
        return NP_OK;
    char *name = copy_until(&t->mem, wanted, "");
    if (!name)
        return NP_ERR_NOMEM;
    bool fits = is_name(name) && !npi_addr_parse(name, &ignored);
    bool set = fits && SSL_set_tlsext_host_name(t->ssl, name) == 1;
    npi_free(&t->mem, name);
    if (!fits)
        return refuse(why, "no server can be asked for by the name", wanted);
    return set ? NP_OK : NP_ERR_NOMEM;
}

/* 0: none of them. */
static int version_of(const char *text)
{
    static const struct {
        const char *text;
        int version;
    } versions[] = {{"1.0", TLS1_VERSION},
                    {"1.1", TLS1_1_VERSION},
                    {"1.2", TLS1_2_VERSION},
                    {"1.3", TLS1_3_VERSION}};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        if (strcmp(text, versions[i].text) == 0)
            return versions[i].version;
    return 0;
}

/*
 * Before 1.2 the handshake itself is signed with SHA-1 and MD5, which level 2 does not allow. What
 * is asked of certificates stays.
 */
static np_status set_versions(npi_tls *t, const npi_tls_settings *s, npi_buf *why)
{
    int max = s->max_version ? version_of(s->max_version) : 0;
    if (s->max_version && max == 0)
        return refuse(why, "TLS is 1.0, 1.1, 1.2 or 1.3, not", s->max_version);
    int lowest = max != 0 && max < TLS1_2_VERSION ? max : TLS1_2_VERSION;
    int min = s->min_version ? version_of(s->min_version) : lowest;
    if (min == 0)
        return refuse(why, "TLS is 1.0, 1.1, 1.2 or 1.3, not", s->min_version);
    if (max != 0 && min > max)
        return refuse(why, "the lowest version of TLS is above the highest,", s->max_version);
    SSL_set_security_level(t->ssl, min < TLS1_2_VERSION ? 0 : NPI_TLS_AUTH_LEVEL);
    if (SSL_set_min_proto_version(t->ssl, min) != 1)
        return refuse(why, "this OpenSSL does not speak TLS", s->min_version ? s->min_version : "");
    if (SSL_set_max_proto_version(t->ssl, max) != 1)
        return refuse(why, "this OpenSSL does not speak TLS", s->max_version ? s->max_version : "");
    return NP_OK;
}

/* OpenSSL ignores suites that it does not know: each is tried alone first. */
static bool suites_are_known(SSL *ssl, char *suites)
{
    for (char *at = suites, *colon; at && *at; at = colon) {
        colon = strchr(at, ':');
        if (colon)
            *colon = '\0';
        bool known = SSL_set_ciphersuites(ssl, at) == 1;
        if (colon)
            *colon++ = ':';
        if (!known)
            return false;
    }
    return true;
}

/* Names with TLS_ are suites of 1.3; the rest is a list for 1.2, in OpenSSL's language. */
static np_status set_ciphers(npi_tls *t, const npi_tls_settings *s, npi_buf *why)
{
    if (!s->ciphers)
        return NP_OK;
    size_t size = strlen(s->ciphers) + 1;
    npi_buf list = npi_buf_grow(&t->mem, size + 1), suites = npi_buf_grow(&t->mem, size + 1);
    for (const char *at = s->ciphers; *at; at += strspn(at, ":, ")) {
        size_t n = strcspn(at, ":, ");
        npi_buf *b = strncmp(at, "TLS_", 4) == 0 ? &suites : &list;
        npi_buf_str(b, b->len > 0 && n > 0 ? ":" : "");
        npi_buf_bytes(b, at, n);
        at += n;
    }
    bool nomem = list.nomem || suites.nomem;
    bool good = !nomem && list.len + suites.len > 0;
    if (good && list.len > 0)
        good = SSL_set_cipher_list(t->ssl, list.data) == 1;
    if (good && suites.len > 0)
        good = suites_are_known(t->ssl, suites.data) &&
               SSL_set_ciphersuites(t->ssl, suites.data) == 1;
    npi_buf_free(&list);
    npi_buf_free(&suites);
    if (nomem)
        return NP_ERR_NOMEM;
    return good ? NP_OK : refuse(why, "OpenSSL knows no such cipher among", s->ciphers);
}

/* RFC 7301 3.1: each name has its length before it, 1 to 255. */
static np_status set_alpn(npi_tls *t, const npi_tls_settings *s, npi_buf *why)
{
    if (!s->alpn)
        return NP_OK;
    npi_buf b = npi_buf_grow(&t->mem, ALPN_MAX + 1);
    bool good = true;
    for (const char *at = s->alpn; good; at++) {
        size_t n = strcspn(at, ",");
        good = n >= 1 && n <= 255;
        npi_buf_u8(&b, (uint8_t)n);
        npi_buf_bytes(&b, at, n);
        at += n;
        if (!*at)
            break;
    }
    np_status status = NP_OK;
    if (b.nomem)
        status = NP_ERR_NOMEM;
    else if (!good || b.cut)
        status = refuse(why, "names of protocols have 1 to 255 octets each, parted by commas; not",
                        s->alpn);
    else if (SSL_set_alpn_protos(t->ssl, (const unsigned char *)b.data, (unsigned)b.len) != 0)
        status = NP_ERR_NOMEM;
    npi_buf_free(&b);
    return status;
}

static np_status set_client_cert(npi_tls *t, const npi_tls_settings *s, npi_buf *why)
{
    if (!s->cert_file)
        return s->key_file ? refuse(why, "a key without its certificate:", s->key_file) : NP_OK;
    const char *key = s->key_file ? s->key_file : s->cert_file;
    if (SSL_use_certificate_chain_file(t->ssl, s->cert_file) != 1)
        return refuse(why, "no certificate that can be used is in", s->cert_file);
    bool read = SSL_use_PrivateKey_file(t->ssl, key, SSL_FILETYPE_PEM) == 1;
    if (read && SSL_check_private_key(t->ssl) == 1)
        return NP_OK;
    unsigned long error = ERR_peek_last_error();
    if (read || (ERR_GET_LIB(error) == ERR_LIB_X509 &&
                 ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH))
        return refuse(why, "the certificate is for another key than that in", key);
    return refuse(why, "no key without passphrase is in", key);
}

static np_status make_ssl(npi_tls *t)
{
    t->ssl = SSL_new(t->trust->ctx);
    BIO *bio = BIO_new(t->trust->pipe);
    if (!t->ssl || !bio || SSL_set_app_data(t->ssl, t) != 1) {
        BIO_free(bio);
        return NP_ERR_NOMEM;
    }
    BIO_set_data(bio, t);
    BIO_set_init(bio, 1);
    SSL_set_bio(t->ssl, bio, bio);
    SSL_set_connect_state(t->ssl);
    return NP_OK;
}

static np_status set_all(npi_tls *t, const npi_tls_settings *s, npi_buf *why)
{
    static np_status (*const steps[])(npi_tls *, const npi_tls_settings *, npi_buf *) = {
        set_host, set_versions,     set_verification, set_sni,
        set_alpn, set_client_cert, set_ciphers};
    if (!npi_trust_ready(t->trust)) {
        npi_buf_str(why, "OpenSSL cannot be set up, or is out of memory");
        return NP_ERR_NOMEM;
    }
    np_status status = make_ssl(t);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == NP_OK; i++)
        status = steps[i](t, s, why);
    return status;
}

np_status npi_tls_new(const npi_mem *mem, npi_trust *trust, const npi_tls_settings *s,
                      npi_tls **out, npi_buf *why)
{
    *out = NULL;
    npi_tls *t = npi_alloc(mem, 1, sizeof *t);
    if (!t || !trust) {
        npi_free(mem, t);
        return NP_ERR_NOMEM;
    }
    t->mem = *mem;
    t->trust = npi_trust_hold(trust);
    t->no_verify = s->no_verify;
    t->problem = "";
    t->in.b = npi_buf_grow(&t->mem, 2 * NPI_TLS_IN_MAX);
    t->out.b = npi_buf_grow(&t->mem, 4 * NPI_TLS_OUT_MAX);
    t->keylog = npi_buf_grow(&t->mem, s->keylog ? NPI_TLS_KEYLOG_MAX : 0);
    ERR_clear_error();
    np_status status = set_all(t, s, why);
    ERR_clear_error();
    if (status != NP_OK) {
        npi_tls_free(t);
        return status;
    }
    *out = t;
    return NP_OK;
}

#endif
