/* SPDX-License-Identifier: MIT */
/*
 * The life of a TLS client: settings, handshake, octets in both directions, ends of all kinds. Whom
 * to believe: test_tls_certs. What breaks it: test_tls_broken.
 */
#include "config.h"

#include "../check.h"
#include "talk/tls.h"

#ifdef HAVE_OPENSSL

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "tls_play.h"

#define CHAIN(...) ((const ident *const[]){__VA_ARGS__, NULL})

static void meet(play *p, const npi_tls_settings *s)
{
    play_begin(p, s);
    if (play_handshake(p) != NPI_TLS_DONE)
        fail_msg("%s: %s", npi_tls_problem(p->client), npi_tls_sentence(p->client));
}

/* ---- settings */

static void test_settings(void **state)
{
    (void)state;
    static char long_name[300], long_alpn[300];
    memset(long_name, 'a', sizeof long_name - 1);
    memset(long_alpn, 'p', 256);
    const cast *c = make_cast();
    const char *key_only = make_file(CHAIN(&c->leaf) + 1, c->leaf.key);
    const char *wrong_key = make_file(CHAIN(&c->middle), c->root.key);
    const char *wrong_type = make_file(CHAIN(&c->leaf), c->root.key);
    const char *empty = make_file(CHAIN(&c->leaf) + 1, NULL);
    const struct {
        npi_tls_settings s;
        const char *words;
    } rows[] = {
        {{.host = ""}, "no certificate can be for the name \"\""},
        {{.host = "."}, "no certificate can be for the name"},
        {{.host = ".lab.test"}, "no certificate can be for the name"},
        {{.host = long_name}, "no certificate can be for the name"},
        {{.sni = ""}, "no server can be asked for"},
        {{.sni = "192.0.2.1"}, "no server can be asked for by the name \"192.0.2.1\""},
        {{.min_version = "1.4"}, "TLS is 1.0, 1.1, 1.2 or 1.3, not \"1.4\""},
        {{.max_version = ""}, "TLS is 1.0"},
        {{.min_version = "1.3", .max_version = "1.2"}, "above the highest"},
        {{.ciphers = "NONSENSE"}, "no such cipher among \"NONSENSE\""},
        {{.ciphers = "TLS_NONSENSE"}, "no such cipher"},
        {{.ciphers = "TLS_AES_128_GCM_SHA256:TLS_NONSENSE"}, "no such cipher"},
        {{.ciphers = ""}, "no such cipher"},
        {{.alpn = ""}, "1 to 255 octets each"},
        {{.alpn = "h2,"}, "1 to 255 octets each"},
        {{.alpn = ",h2"}, "1 to 255 octets each"},
        {{.alpn = long_alpn}, "1 to 255 octets each"},
        {{.ca_file = "/nowhere/ca.pem"}, "there is no /nowhere/ca.pem"},
        {{.ca_file = empty}, "no certificates to trust can be read from"},
        {{.cert_file = "/nowhere/c.pem"}, "no certificate that can be used is in"},
        {{.cert_file = key_only}, "no certificate that can be used is in"},
        {{.cert_file = c->ca_file}, "no key without passphrase is in"},
        {{.cert_file = wrong_key}, "the certificate is for another key"},
        {{.cert_file = wrong_type}, "the certificate is for another key"},
        {{.key_file = key_only}, "a key without its certificate"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        play p = {.mem = npi_mem_libc()};
        if (play_client(&p, &rows[i].s) || p.status != NP_ERR_INVALID || p.client ||
            !strstr(p.why, rows[i].words))
            fail_msg("row %zu: status %d, %s", i, p.status, p.why);
        play_end(&p);
    }
    npi_mem mem = npi_mem_libc();
    npi_trust *trust = npi_trust_new(&mem);
    npi_tls *t;
    char array[256];
    npi_buf why = npi_buf_in(array, sizeof array);
    assert_int_equal(npi_tls_new(&mem, trust, &(npi_tls_settings){0}, &t, &why), NP_ERR_INVALID);
    assert_string_equal(array, "no name was given that the certificate must be for");
    npi_trust_free(trust);
}

/* An encrypted key must not make OpenSSL ask the terminal. */
static void test_passphrase(void **state)
{
    (void)state;
    const cast *c = make_cast();
    const char *path = make_file(CHAIN(&c->leaf), NULL);
    FILE *f = fopen(path, "a");
    assert_non_null(f);
    PEM_write_PrivateKey(f, c->leaf.key, EVP_aes_128_cbc(), (const unsigned char *)"secret", 6,
                         NULL, NULL);
    fclose(f);
    play p = {.mem = npi_mem_libc()};
    assert_false(play_client(&p, &(npi_tls_settings){.cert_file = path}));
    assert_non_null(strstr(p.why, "no key without passphrase is in"));
    play_end(&p);
}

/* One trust for many clients, freed before them; files and the system's store. */
static void test_trust(void **state)
{
    (void)state;
    failmem memory = {0};
    npi_mem mem = failmem_allocator(&memory);
    npi_trust *trust = npi_trust_new(&mem);
    npi_tls *t[4];
    char array[256];
    npi_buf why = npi_buf_in(array, sizeof array);
    const char *files[] = {make_cast()->ca_file, make_cast()->ca_file, NULL, "/tmp"};
    for (int i = 0; i < 4; i++) {
        npi_tls_settings s = {.host = GOOD, .ca_file = files[i]};
        assert_int_equal(npi_tls_new(&mem, trust, &s, &t[i], &why), NP_OK);
    }
    npi_trust_free(trust);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(npi_tls_handshake(t[i]), NPI_TLS_MORE);
        npi_tls_free(t[i]);
    }
    assert_int_equal(memory.live, 0);
    npi_tls_free(NULL);
    npi_trust_free(NULL);
}

/* ---- handshakes */

static void test_versions(void **state)
{
    (void)state;
    static const struct {
        const char *min, *max;
        int server; /* the only version it speaks, 0 all */
        const char *version;
    } rows[] = {
        {NULL, NULL, 0, "TLSv1.3"},        {NULL, "1.2", 0, "TLSv1.2"},
        {"1.3", NULL, 0, "TLSv1.3"},       {NULL, NULL, TLS1_2_VERSION, "TLSv1.2"},
        {NULL, NULL, TLS1_1_VERSION, NULL}, {"1.3", NULL, TLS1_2_VERSION, NULL},
        {NULL, "1.2", TLS1_3_VERSION, NULL}, {"1.0", NULL, TLS1_VERSION, "TLSv1"},
        {NULL, "1.1", 0, "TLSv1.1"},
    };
    const cast *c = make_cast();
    ident leaf = make_cert((order){.cn = "leaf", .by = &c->middle,
                                   .ext = {EXT_LEAF, EXT_SERVER, EXT_GOOD}});
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        play p;
        npi_tls_info info;
        play_server(&p, CHAIN(&leaf, &c->middle));
        if (rows[i].server) {
            SSL_CTX_set_min_proto_version(p.server_ctx, rows[i].server);
            SSL_CTX_set_max_proto_version(p.server_ctx, rows[i].server);
        }
        assert_true(play_client(&p, &(npi_tls_settings){.min_version = rows[i].min,
                                                        .max_version = rows[i].max}));
        npi_tls_step step = play_handshake(&p);
        npi_tls_get_info(p.client, &info);
        if (step != (rows[i].version ? NPI_TLS_DONE : NPI_TLS_BROKEN))
            fail_msg("row %zu: %s", i, npi_tls_sentence(p.client));
        assert_string_equal(info.version, rows[i].version ? rows[i].version : "");
        if (!rows[i].version)
            assert_true(strcmp(npi_tls_problem(p.client), "tls.alert") == 0 ||
                        strcmp(npi_tls_problem(p.client), "tls.protocol") == 0);
        play_end(&p);
    }
}

static void test_ciphers(void **state)
{
    (void)state;
    play p;
    npi_tls_info info;
    meet(&p, &(npi_tls_settings){.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256, "
                                            "TLS_CHACHA20_POLY1305_SHA256"});
    npi_tls_get_info(p.client, &info);
    assert_string_equal(info.cipher, "TLS_CHACHA20_POLY1305_SHA256");
    play_end(&p);
    meet(&p, &(npi_tls_settings){.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256",
                                 .max_version = "1.2"});
    npi_tls_get_info(p.client, &info);
    assert_string_equal(info.cipher, "ECDHE-ECDSA-AES128-GCM-SHA256");
    assert_string_equal(info.group, "x25519");
    play_end(&p);
}

/* A list that lowers OpenSSL's level lowers nothing that is asked of certificates. */
static void test_level(void **state)
{
    (void)state;
    const cast *c = make_cast();
    ident weak = make_cert((order){.cn = "leaf", .by = &c->middle, .key = "RSA1024",
                                   .ext = {EXT_LEAF, EXT_SERVER, EXT_GOOD}});
    for (int i = 0; i < 2; i++) {
        play p;
        play_server(&p, CHAIN(&weak, &c->middle));
        assert_true(play_client(&p, i ? &(npi_tls_settings){.ciphers = "ALL:@SECLEVEL=0"}
                                      : &(npi_tls_settings){.min_version = "1.0"}));
        assert_int_equal(play_handshake(&p), NPI_TLS_BROKEN);
        expect_broken(&p, "tls.weak-key", "RSA 1024");
        play_end(&p);
    }
}

static int choose_second(SSL *ssl, const unsigned char **out, unsigned char *len,
                         const unsigned char *in, unsigned in_len, void *user)
{
    (void)ssl;
    if (in_len < 2 || in[0] + 2u > in_len || user)
        return user ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_NOACK;
    *out = in + in[0] + 2;
    *len = in[in[0] + 1];
    return SSL_TLSEXT_ERR_OK;
}

static void test_alpn(void **state)
{
    (void)state;
    static const struct {
        const char *offered, *chosen;
    } rows[] = {{"h2,http/1.1", "http/1.1"}, {"h2", ""}, {NULL, ""}, {"a,\033[m", "\\x1b[m"}};
    play p;
    npi_tls_info info;
    for (int i = 0; i < 4; i++) {
        play_begin(&p, &(npi_tls_settings){.alpn = rows[i].offered});
        SSL_CTX_set_alpn_select_cb(p.server_ctx, choose_second, NULL);
        assert_int_equal(play_handshake(&p), NPI_TLS_DONE);
        npi_tls_get_info(p.client, &info);
        assert_string_equal(info.alpn, rows[i].chosen);
        play_end(&p);
    }
    play_begin(&p, &(npi_tls_settings){.alpn = "h2"});
    SSL_CTX_set_alpn_select_cb(p.server_ctx, choose_second, &p);
    play_handshake(&p);
    expect_broken(&p, "tls.alert", "alert 120 (no application protocol");
    play_end(&p);
}

static void test_sni(void **state)
{
    (void)state;
    static const struct {
        const char *host, *sni, *seen;
    } rows[] = {
        {"good.lab.test.", NULL, "good.lab.test"}, {"127.0.0.1", NULL, NULL},
        {"::1", NULL, NULL},                       {"127.0.0.1", "other.test.", "other.test"},
        {GOOD, "other.test", "other.test"},
    };
    for (int i = 0; i < 5; i++) {
        play p;
        meet(&p, &(npi_tls_settings){.host = rows[i].host, .sni = rows[i].sni});
        const char *seen = SSL_get_servername(p.server, TLSEXT_NAMETYPE_host_name);
        if (rows[i].seen)
            assert_string_equal(seen, rows[i].seen);
        else
            assert_null(seen);
        play_end(&p);
    }
}

/* With a certificate; and without: 1.3 tells only when something is read (RFC 8446 4.4.2.4). */
static void test_client_cert(void **state)
{
    (void)state;
    const cast *c = make_cast();
    ident me = make_cert((order){.cn = "me", .by = &c->middle,
                                 .ext = {EXT_LEAF, "extendedKeyUsage=clientAuth"}});
    const char *both = make_file(CHAIN(&me, &c->middle), me.key);
    const char *certs = make_file(CHAIN(&me, &c->middle), NULL);
    const char *key = make_file(CHAIN(&me) + 1, me.key);
    for (int i = 0; i < 6; i++) {
        play p;
        npi_tls_settings s = {.max_version = i % 2 ? "1.2" : "1.3"};
        s.cert_file = i < 2 ? both : i < 4 ? certs : NULL;
        s.key_file = i >= 2 && i < 4 ? key : NULL;
        play_begin(&p, &s);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(p.server_ctx), c->root.x);
        X509_VERIFY_PARAM_set_time(SSL_get0_param(p.server), NOW_NS / 1000000000);
        SSL_set_verify(p.server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        npi_tls_step step = play_handshake(&p);
        if (s.cert_file) {
            assert_int_equal(step, NPI_TLS_DONE);
            assert_int_equal(SSL_get_verify_result(p.server), X509_V_OK);
            assert_int_equal(X509_cmp(SSL_get0_peer_certificate(p.server), me.x), 0);
        } else {
            size_t len;
            char octet;
            play_carry(&p);
            assert_int_equal(npi_tls_read(p.client, &octet, 1, &len), NPI_TLS_BROKEN);
            expect_broken(&p, "tls.alert", i % 2 ? "alert 40" : "alert 116 (certificate required");
        }
        play_end(&p);
    }
}

static void test_keylog(void **state)
{
    (void)state;
    static const char *const labels[] = {
        "SERVER_HANDSHAKE_TRAFFIC_SECRET ", "CLIENT_HANDSHAKE_TRAFFIC_SECRET ",
        "SERVER_TRAFFIC_SECRET_0 ", "CLIENT_TRAFFIC_SECRET_0 ", "EXPORTER_SECRET "};
    play p;
    meet(&p, &(npi_tls_settings){.keylog = true});
    const char *log = npi_tls_keylog(p.client);
    int lines = 0;
    for (int i = 0; i < 5; i++)
        assert_non_null(strstr(log, labels[i]));
    for (const char *at = log; *at; at++)
        lines += *at == '\n';
    assert_int_equal(lines, 5);
    assert_int_equal(log[strlen(log) - 1], '\n');
    play_end(&p);
    meet(&p, &(npi_tls_settings){.keylog = true, .max_version = "1.2"});
    assert_int_equal(strncmp(npi_tls_keylog(p.client), "CLIENT_RANDOM ", 14), 0);
    play_end(&p);
    meet(&p, &(npi_tls_settings){0});
    assert_string_equal(npi_tls_keylog(p.client), "");
    play_end(&p);
}

/* The server's octets one at a time, and errors that somebody left in OpenSSL's queue. */
static void test_octet_by_octet(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        play p;
        char text[6];
        size_t len = 0, got = 0;
        play_begin(&p, &(npi_tls_settings){.max_version = i ? "1.2" : "1.3"});
        p.chunk = 1;
        ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
        assert_int_equal(play_handshake(&p), NPI_TLS_DONE);
        SSL_write(p.server, "hello", 5);
        for (int turn = 0; turn < 2000 && got < 5; turn++) {
            ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
            if (npi_tls_read(p.client, text + got, 5 - got, &len) == NPI_TLS_MORE)
                play_carry(&p);
            got += len;
            assert_int_equal(ERR_peek_error(), 0);
        }
        assert_int_equal(got, 5);
        assert_memory_equal(text, "hello", 5);
        play_end(&p);
    }
}

/* ---- octets */

enum { BIG = 1 << 20 };

static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 31 + (i >> 8));
}

static void test_big_read(void **state)
{
    (void)state;
    play p;
    uint8_t *sent = malloc(BIG), part[5000];
    size_t at = 0, got = 0, len, n;
    for (size_t i = 0; i < BIG; i++)
        sent[i] = pattern(i);
    meet(&p, &(npi_tls_settings){0});
    while (got < BIG) {
        while (at < BIG && SSL_write_ex(p.server, sent + at, BIG - at < 9999 ? BIG - at : 9999, &n))
            at += n;
        play_carry(&p);
        while (npi_tls_read(p.client, part, sizeof part, &len) == NPI_TLS_DONE) {
            assert_memory_equal(part, sent + got, len);
            got += len;
        }
        assert_string_equal(npi_tls_problem(p.client), "");
    }
    assert_int_equal(got, BIG);
    free(sent);
    play_end(&p);
}

static void test_big_write(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        play p;
        uint8_t *sent = malloc(BIG), part[20000];
        size_t got = 0, n, waits = 0;
        npi_tls_step step;
        for (size_t k = 0; k < BIG; k++)
            sent[k] = pattern(k);
        meet(&p, &(npi_tls_settings){.max_version = i ? "1.2" : "1.3"});
        do {
            const void *data;
            step = npi_tls_write(p.client, sent, BIG);
            waits += step == NPI_TLS_MORE;
            assert_in_range(npi_tls_take(p.client, &data), 1, 2 * 256 * 1024);
            play_carry(&p);
            while (SSL_read_ex(p.server, part, sizeof part, &n)) {
                assert_memory_equal(part, sent + got, n);
                got += n;
            }
        } while (step == NPI_TLS_MORE);
        assert_int_equal(step, NPI_TLS_DONE);
        assert_int_equal(got, BIG);
        assert_true(waits > 1);
        free(sent);
        play_end(&p);
    }
}

static void test_ends(void **state)
{
    (void)state;
    char text[16];
    size_t len;
    for (int i = 0; i < 4; i++) { /* 1.3 and 1.2, with goodbye and without */
        play p;
        meet(&p, &(npi_tls_settings){.max_version = i < 2 ? "1.3" : "1.2"});
        SSL_write(p.server, "bye", 3);
        if (i % 2)
            SSL_shutdown(p.server);
        play_carry(&p);
        npi_tls_end(p.client);
        assert_int_equal(npi_tls_read(p.client, text, sizeof text, &len), NPI_TLS_DONE);
        assert_int_equal(len, 3);
        assert_int_equal(npi_tls_read(p.client, text, 0, &len), NPI_TLS_MORE);
        npi_tls_step step = npi_tls_read(p.client, text, sizeof text, &len);
        assert_int_equal(len, 0);
        assert_int_equal(step, i % 2 ? NPI_TLS_CLOSED : NPI_TLS_BROKEN);
        if (i % 2) {
            assert_int_equal(npi_tls_read(p.client, text, sizeof text, &len), NPI_TLS_CLOSED);
            assert_string_equal(npi_tls_problem(p.client), "");
        } else {
            expect_broken(&p, "tls.truncated", "without the peer's goodbye");
        }
        play_end(&p);
    }
}

static void test_goodbye(void **state)
{
    (void)state;
    play p;
    char c;
    meet(&p, &(npi_tls_settings){0});
    npi_tls_close(p.client);
    play_carry(&p);
    int result = SSL_read(p.server, &c, 1);
    assert_int_equal(SSL_get_error(p.server, result), SSL_ERROR_ZERO_RETURN);
    assert_int_equal(npi_tls_write(p.client, "x", 1), NPI_TLS_BROKEN);
    play_end(&p);
    const void *data;
    play_begin(&p, &(npi_tls_settings){0});
    npi_tls_close(p.client); /* nothing was begun: nothing is sent */
    assert_int_equal(npi_tls_take(p.client, &data), 0);
    play_end(&p);
}

static int clean(void **state)
{
    (void)state;
    free_files();
    free_certs();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings), cmocka_unit_test(test_passphrase),
        cmocka_unit_test(test_trust), cmocka_unit_test(test_versions),
        cmocka_unit_test(test_ciphers), cmocka_unit_test(test_level),
        cmocka_unit_test(test_alpn), cmocka_unit_test(test_sni),
        cmocka_unit_test(test_client_cert), cmocka_unit_test(test_keylog),
        cmocka_unit_test(test_octet_by_octet), cmocka_unit_test(test_big_read),
        cmocka_unit_test(test_big_write), cmocka_unit_test(test_ends),
        cmocka_unit_test(test_goodbye),
    };
    return cmocka_run_group_tests(tests, NULL, clean) != 0;
}

#else

static void test_unsupported(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    npi_trust *trust = npi_trust_new(&mem);
    npi_tls *t;
    char array[64];
    npi_buf why = npi_buf_in(array, sizeof array);
    assert_int_equal(npi_tls_new(&mem, trust, &(npi_tls_settings){.host = "a"}, &t, &why),
                     NP_ERR_UNSUPPORTED);
    assert_string_equal(array, "this build has no OpenSSL");
    assert_null(t);
    npi_tls_free(t);
    npi_trust_free(trust);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_unsupported)};
    return RUN(tests);
}

#endif
