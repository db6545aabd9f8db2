/* SPDX-License-Identifier: MIT */
/*
 * What a certificate may be and what it may not: each row is a server with a chain made for it, a
 * name that we ask for, and the verdict.
 */
#include "config.h"

#include "../check.h"

#ifdef HAVE_OPENSSL

#include <stdio.h>
#include <stdlib.h>

#include "tls_play.h"

#define CHAIN(...) ((const ident *const[]){__VA_ARGS__, NULL})
#define OK ""

/* The first of a sentence's words must be in it. */
static void expect(const char *row, const char *host, const ident *const chain[],
                   const char *problem, const char *words)
{
    play p;
    play_server(&p, chain);
    assert_true(play_client(&p, &(npi_tls_settings){.host = host}));
    npi_tls_step step = play_handshake(&p);
    const char *sentence = npi_tls_sentence(p.client);
    if (strcmp(npi_tls_problem(p.client), problem) != 0 ||
        step != (problem[0] ? NPI_TLS_BROKEN : NPI_TLS_DONE) || !strstr(sentence, words))
        fail_msg("%s: step %d, \"%s\", %s", row, step, npi_tls_problem(p.client), sentence);
    npi_tls_info info;
    npi_tls_get_info(p.client, &info);
    assert_int_equal(info.verified, problem[0] == '\0');
    assert_int_equal(npi_tls_fault_count(p.client) == 0,
                     problem[0] == '\0' || strstr(words, "100 KiB") != NULL);
    play_end(&p);
}

/* A leaf by the cast's intermediate, and its chain. */
static void expect_leaf(const char *row, const char *host, order o, const char *problem,
                        const char *words)
{
    const cast *c = make_cast();
    o.cn = o.cn ? o.cn : "leaf";
    o.by = o.by ? o.by : &c->middle;
    ident leaf = make_cert(o);
    expect(row, host, CHAIN(&leaf, &c->middle), problem, words);
}

static void test_names(void **state)
{
    (void)state;
    const cast *c = make_cast();
    static const struct {
        const char *host, *problem, *words;
    } rows[] = {
        {GOOD, OK, ""},
        {"GOOD.Lab.TEST", OK, ""},
        {"good.lab.test.", OK, ""},
        {"127.0.0.1", OK, ""},
        {"::1", OK, ""},
        {"0:0:0:0:0:0:0:1", OK, ""},
        {"::1%lo", OK, ""},
        {"bad.lab.test", "tls.wrong-name",
         "certificate of bad.lab.test: is not for that name but for DNS:good.lab.test, "
         "IP:127.0.0.1, IP:::1 (certificate 1 of 3, \"CN=leaf\")"},
        {"leaf", "tls.wrong-name", "is not for that name"},
        {"lab.test", "tls.wrong-name", "is not for that name"},
        {"127.0.0.2", "tls.wrong-name",
         "certificate of 127.0.0.2: is not for that address but for"},
        {"::2", "tls.wrong-name", "is not for that address"},
        {"::ffff:127.0.0.1", "tls.wrong-name", "is not for that address"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect(rows[i].host, rows[i].host, CHAIN(&c->leaf, &c->middle), rows[i].problem,
               rows[i].words);
}

static void test_no_names(void **state)
{
    (void)state;
    expect_leaf("CN only", GOOD, (order){.cn = GOOD, .ext = {EXT_LEAF, EXT_SERVER}},
                "tls.wrong-name",
                "is not for that name, and for no other (a common name does not count)");
    expect_leaf("IP in CN", "127.0.0.1", (order){.cn = "127.0.0.1", .ext = {EXT_LEAF, EXT_SERVER}},
                "tls.wrong-name", "is not for that address");
    expect_leaf("IP as DNS", "127.0.0.1",
                (order){.ext = {EXT_LEAF, EXT_SERVER, "subjectAltName=DNS:127.0.0.1"}},
                "tls.wrong-name", "but for DNS:127.0.0.1");
    expect_leaf("NUL in dNSName", GOOD,
                (order){.ext = {EXT_LEAF, EXT_SERVER,
                                "subjectAltName=DER:3011820f676f6f642e6c61622e746573740078"}},
                "tls.wrong-name", "but for DNS:good.lab.test\\x00x");
    expect_leaf("comma in dNSName", GOOD,
                (order){.ext = {EXT_LEAF, EXT_SERVER,
                                "subjectAltName=DER:301282107a2c20444e533a676f6f642e6c61622e"}},
                "tls.wrong-name", "but for DNS:z\\x2c DNS:good.lab. (");
    expect_leaf("escape in CN", GOOD, (order){.cn = "\033[1m,\xC2\x9B", .ext = {EXT_LEAF}},
                "tls.wrong-name", "\"CN=\\1B[1m\\,\\xc2\\x9b\"");
    expect_leaf("malformed names", GOOD,
                (order){.ext = {EXT_LEAF, EXT_SERVER, "subjectAltName=DER:3003820967"}},
                "tls.bad-chain", "has an extension that is malformed (certificate 1 of 1");
}

static void test_wildcards(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *host;
        bool good;
    } rows[] = {
        {"*.lab.test", "a.lab.test", true},      {"*.lab.test", "xn--a.lab.test", true},
        {"*.lab.test", "a.b.lab.test", false},   {"*.lab.test", "lab.test", false},
        {"*.lab.test", "a_b.lab.test", false},   {"*.test", "lab.test", false},
        {"go*.lab.test", GOOD, false},           {"xn--*.lab.test", "xn--a.lab.test", false},
        {"good.*.test", GOOD, false},            {"*.0.0.1", "127.0.0.1", false},
        {"*", GOOD, false},                      {"*od.lab.test", GOOD, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char san[64];
        snprintf(san, sizeof san, "subjectAltName=DNS:%s", rows[i].pattern);
        expect_leaf(rows[i].pattern, rows[i].host, (order){.ext = {EXT_LEAF, EXT_SERVER, san}},
                    rows[i].good ? OK : "tls.wrong-name", "");
    }
}

static void test_many_names(void **state)
{
    (void)state;
    char *san = malloc(64 * 1001);
    assert_non_null(san);
    size_t n = (size_t)sprintf(san, "subjectAltName=");
    for (int i = 0; i < 999; i++)
        n += (size_t)sprintf(san + n, "DNS:host-%d.lab.test,", i);
    sprintf(san + n, "DNS:" GOOD);
    order o = {.ext = {EXT_LEAF, EXT_SERVER, san}};
    expect_leaf("1,000 names, the last", GOOD, o, OK, "");
    expect_leaf("1,000 names, none", "no.lab.test", o, "tls.wrong-name", "... (certificate 1 of 3");
    free(san);
}

static void test_dates(void **state)
{
    (void)state;
    const cast *c = make_cast();
    order o = {.ext = {EXT_LEAF, EXT_SERVER, EXT_GOOD}};
    o.to = "20300201000000Z";
    expect_leaf("expired", GOOD, o, "tls.expired",
                "certificate of good.lab.test: expired 2030-02-01 (certificate 1 of 3, "
                "\"CN=leaf\")");
    o.from = "20300701000000Z", o.to = NULL;
    expect_leaf("not yet", GOOD, o, "tls.not-yet", "not valid before 2030-07-01");
    ident old = make_cert((order){.cn = "old", .by = &c->root, .to = "20300201000000Z",
                                  .ext = {EXT_CA, EXT_SIGNS}});
    ident leaf = make_cert((order){.cn = "leaf", .by = &old,
                                   .ext = {EXT_LEAF, EXT_SERVER, EXT_GOOD}});
    expect("intermediate expired", GOOD, CHAIN(&leaf, &old), "tls.expired",
           "expired 2030-02-01 (certificate 2 of 3, \"CN=old\")");
}

static void test_issuers(void **state)
{
    (void)state;
    const cast *c = make_cast();
    const char *const server[] = {EXT_LEAF, EXT_SERVER, EXT_GOOD};
    ident self = make_cert((order){.cn = "self", .ext = {EXT_GOOD}});
    expect("self-signed", GOOD, CHAIN(&self), "tls.self-signed",
           "signed by itself, and not trusted here (certificate 1 of 1, \"CN=self\")");
    ident other = make_cert((order){.cn = "leaf", .by = &c->stranger,
                                    .ext = {server[0], server[1], server[2]}});
    expect("unknown CA", GOOD, CHAIN(&other), "tls.unknown-ca",
           "its issuer \"CN=stranger\" was not sent, and is not trusted here");
    expect("unknown CA, root sent", GOOD, CHAIN(&other, &c->stranger), "tls.unknown-ca",
           "is a root that is not trusted here (certificate 2 of 2, \"CN=stranger\")");
    expect("intermediate missing", GOOD, CHAIN(&c->leaf), "tls.unknown-ca",
           "its issuer \"CN=int\" was not sent");
    ident low = make_cert((order){.cn = "low", .by = &c->middle, .ext = {EXT_CA, EXT_SIGNS}});
    ident leaf = make_cert((order){.cn = "leaf", .by = &low,
                                   .ext = {server[0], server[1], server[2]}});
    expect("in order", GOOD, CHAIN(&leaf, &low, &c->middle), OK, "");
    expect("out of order, root sent", GOOD, CHAIN(&leaf, &c->root, &c->middle, &low), OK, "");
    /* The right issuer's name, but another's key. */
    ident fake = make_cert((order){.cn = "int", .by = &c->stranger, .ext = {EXT_CA, EXT_SIGNS}});
    ident forged = make_cert((order){.cn = "leaf", .by = &fake,
                                     .ext = {server[0], server[1], server[2]}});
    expect("forged", GOOD, CHAIN(&forged, &c->middle), "tls.bad-chain", "its signature is wrong");
}

static void test_long_chains(void **state)
{
    (void)state;
    enum { LONGEST = 120 };
    const cast *c = make_cast();
    ident row[LONGEST + 1];
    const ident *chain[LONGEST + 2];
    for (int i = 0; i <= LONGEST; i++) {
        char cn[16];
        snprintf(cn, sizeof cn, "ca %d", i);
        row[i] = make_cert((order){.cn = cn, .by = i ? &row[i - 1] : &c->root, .key = "ED25519",
                                   .ext = {EXT_CA, EXT_SIGNS}});
    }
    for (int length = 12; length <= LONGEST; length += LONGEST - 12) {
        ident leaf = make_cert((order){.cn = "leaf", .by = &row[length - 2],
                                       .ext = {EXT_LEAF, EXT_SERVER, EXT_GOOD}});
        chain[0] = &leaf;
        for (int i = 1; i < length; i++)
            chain[i] = &row[length - 1 - i];
        chain[length] = NULL;
        if (length == 12)
            expect("chain of 12", GOOD, chain, OK, "");
        else
            expect("chain of 120", GOOD, chain, "tls.too-big", "the chain is too long");
    }
}

static void test_authorities(void **state)
{
    (void)state;
    const cast *c = make_cast();
    order leaf = {.cn = "leaf", .ext = {EXT_LEAF, EXT_SERVER, EXT_GOOD}};
    ident no = make_cert((order){.cn = "no", .by = &c->root, .ext = {EXT_LEAF}});
    ident mute = make_cert((order){.cn = "mute", .by = &c->root});
    ident ends = make_cert((order){.cn = "ends", .by = &c->root,
                                   .ext = {"basicConstraints=critical,CA:TRUE,pathlen:0",
                                           EXT_SIGNS}});
    ident below = make_cert((order){.cn = "below", .by = &ends, .ext = {EXT_CA, EXT_SIGNS}});
    ident unsigned_use = make_cert((order){.cn = "nosign", .by = &c->root,
                                           .ext = {EXT_CA, "keyUsage=critical,cRLSign"}});
    leaf.by = &no;
    ident l = make_cert(leaf);
    expect("signer CA:FALSE", GOOD, CHAIN(&l, &no), "tls.bad-chain",
           "signs another certificate, but is no authority's (certificate 2 of 3, \"CN=no\")");
    leaf.by = &mute;
    l = make_cert(leaf);
    expect("signer without constraints", GOOD, CHAIN(&l, &mute), "tls.bad-chain",
           "(certificate 2 of 3, \"CN=mute\")");
    leaf.by = &below;
    l = make_cert(leaf);
    expect("path length", GOOD, CHAIN(&l, &below, &ends), "tls.constraint",
           "between itself and the server (certificate 3 of 4, \"CN=ends\")");
    leaf.by = &unsigned_use;
    l = make_cert(leaf);
    expect("signer may not sign", GOOD, CHAIN(&l, &unsigned_use), "tls.bad-chain", "");
}

static void test_constraints(void **state)
{
    (void)state;
    const cast *c = make_cast();
    static const struct {
        const char *ext, *words;
    } rows[] = {
        {"nameConstraints=critical,permitted;DNS:.example.test", "beyond those that its issuer"},
        {"nameConstraints=critical,excluded;DNS:.lab.test", "among those that its issuer"},
    };
    for (int i = 0; i < 2; i++) {
        ident ca = make_cert((order){.cn = "bounded", .by = &c->root,
                                     .ext = {EXT_CA, EXT_SIGNS, rows[i].ext}});
        ident leaf = make_cert((order){.cn = "leaf", .by = &ca,
                                       .ext = {EXT_LEAF, EXT_SERVER, EXT_GOOD}});
        expect(rows[i].ext, GOOD, CHAIN(&leaf, &ca), "tls.constraint", rows[i].words);
    }
}

static void test_strength(void **state)
{
    (void)state;
    const cast *c = make_cast();
    order o = {.ext = {EXT_LEAF, EXT_SERVER, EXT_GOOD}};
    o.key = "RSA1024";
    expect_leaf("RSA 1024", GOOD, o, "tls.weak-key", "its key is too weak: RSA 1024 (certificate");
    o.key = "RSA2048";
    expect_leaf("RSA 2048", GOOD, o, OK, "");
    o.key = NULL, o.md = "SHA1";
    expect_leaf("SHA-1", GOOD, o, "tls.weak-signature",
                "its signature is too weak: ecdsa-with-SHA1 (certificate 1 of 3");
    ident rsa = make_cert((order){.cn = "rsa", .by = &c->root, .key = "RSA2048",
                                  .ext = {EXT_CA, EXT_SIGNS}});
    o.md = "MD5", o.cn = "leaf", o.by = &rsa;
    ident leaf = make_cert(o);
    expect("MD5", GOOD, CHAIN(&leaf, &rsa), "tls.weak-signature", "md5WithRSAEncryption");
    ident weak = make_cert((order){.cn = "weak", .by = &c->root, .key = "RSA1024",
                                   .ext = {EXT_CA, EXT_SIGNS}});
    o.md = NULL, o.by = &weak;
    leaf = make_cert(o);
    expect("RSA 1024 authority", GOOD, CHAIN(&leaf, &weak), "tls.weak-key",
           "RSA 1024 (certificate 2 of 3, \"CN=weak\")");
}

static void test_purposes(void **state)
{
    (void)state;
    expect_leaf("EKU clientAuth", GOOD,
                (order){.ext = {EXT_LEAF, "extendedKeyUsage=clientAuth", EXT_GOOD}},
                "tls.purpose", "is not for servers (certificate 1 of 3");
    expect_leaf("keyUsage cRLSign", GOOD,
                (order){.ext = {EXT_LEAF, EXT_SERVER, EXT_GOOD, "keyUsage=critical,cRLSign"}},
                "tls.purpose", "is not for servers");
    expect_leaf("no EKU", GOOD, (order){.ext = {EXT_LEAF, EXT_GOOD}}, OK, "");
    expect_leaf("unknown critical extension", GOOD,
                (order){.ext = {EXT_LEAF, EXT_SERVER, EXT_GOOD, "1.2.3.4.5=critical,DER:0500"}},
                "tls.bad-chain", "has a critical extension that is not known here");
    expect_leaf("unknown extension", GOOD,
                (order){.ext = {EXT_LEAF, EXT_SERVER, EXT_GOOD, "1.2.3.4.5=DER:0500"}}, OK, "");
    expect_leaf("leaf is a CA", GOOD,
                (order){.ext = {EXT_CA, EXT_SERVER, EXT_GOOD,
                                "keyUsage=critical,digitalSignature,keyCertSign"}}, OK, "");
}

static void test_huge(void **state)
{
    (void)state;
    enum { OCTETS = 50000 };
    order o = {.ext = {EXT_LEAF, EXT_SERVER, EXT_GOOD}};
    char *text[4];
    for (int i = 0; i < 4; i++) {
        text[i] = malloc(OCTETS * 2 + 64);
        assert_non_null(text[i]);
        int n = sprintf(text[i], "1.2.3.4.%d=DER:0483%06x", 6 + i, OCTETS);
        memset(text[i] + n, '0', OCTETS * 2);
        text[i][n + OCTETS * 2] = '\0';
        o.ext[3 + i] = text[i];
    }
    expect_leaf("200 KiB", GOOD, o, "tls.too-big", "beyond 100 KiB");
    o.ext[4] = NULL;
    expect_leaf("50 KB", GOOD, o, OK, "");
    for (int i = 0; i < 4; i++)
        free(text[i]);
}

/* The faults of a chain in order: parts of the sentences. */
static void expect_faults(const ident *const chain[], const char *host, bool no_verify,
                          const char *const words[])
{
    play p;
    play_server(&p, chain);
    assert_true(play_client(&p, &(npi_tls_settings){.host = host, .no_verify = no_verify}));
    assert_int_equal(play_handshake(&p), no_verify ? NPI_TLS_DONE : NPI_TLS_BROKEN);
    int count = 0;
    for (; words[count]; count++)
        if (!strstr(npi_tls_fault(p.client, count), words[count]))
            fail_msg("fault %d: %s, not %s", count, npi_tls_fault(p.client, count), words[count]);
    assert_int_equal(npi_tls_fault_count(p.client), count);
    assert_string_equal(npi_tls_fault(p.client, count), "");
    assert_string_equal(npi_tls_fault(p.client, -1), "");
    npi_tls_info info;
    npi_tls_get_info(p.client, &info);
    assert_false(info.verified);
    if (no_verify)
        assert_string_equal(npi_tls_problem(p.client), "");
    else
        assert_string_equal(npi_tls_sentence(p.client), npi_tls_fault(p.client, 0));
    play_end(&p);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_all_faults(void **state)
{
    (void)state;
    const cast *c = make_cast();
    order o = {.cn = "leaf", .by = &c->middle, .to = "20300201000000Z",
               .ext = {EXT_LEAF, EXT_SERVER, EXT_GOOD}};
    ident old = make_cert(o);
    for (int no_verify = 0; no_verify < 2; no_verify++)
        expect_faults(CHAIN(&old, &c->middle), "other.lab.test", no_verify,
                      WORDS("is not for that name but for", "expired 2030-02-01"));
    o.by = &c->stranger, o.to = NULL;
    ident unknown = make_cert(o);
    for (int no_verify = 0; no_verify < 2; no_verify++)
        expect_faults(CHAIN(&unknown), "other.lab.test", no_verify,
                      WORDS("its issuer \"CN=stranger\"", "is not for that name"));
    o.by = &c->middle, o.md = "SHA1";
    ident weak = make_cert(o);
    expect_faults(CHAIN(&weak, &c->middle), "other.lab.test", false,
                  WORDS("signature is too weak", "is not for that name"));
    ident no = make_cert((order){.cn = "no", .by = &c->root, .ext = {EXT_LEAF}});
    o.md = NULL, o.by = &no;
    ident by_no = make_cert(o);
    expect_faults(CHAIN(&by_no, &no), GOOD, false,
                  WORDS("is no authority's (certificate 2", "may not certify servers"));
    expect_faults(CHAIN(&unknown), NULL, true, WORDS("certificate of the peer: its issuer"));
}

static void test_text(void **state)
{
    (void)state;
    const cast *c = make_cast();
    play p;
    npi_tls_cert cert;
    npi_tls_info info;
    play_server(&p, CHAIN(&c->leaf, &c->middle));
    assert_true(play_client(&p, &(npi_tls_settings){.host = GOOD}));
    assert_int_equal(npi_tls_cert_count(p.client), 0);
    assert_int_equal(play_handshake(&p), NPI_TLS_DONE);
    assert_int_equal(npi_tls_cert_count(p.client), 2);
    assert_false(npi_tls_get_cert(p.client, -1, &cert));
    assert_false(npi_tls_get_cert(p.client, 2, &cert));
    assert_true(npi_tls_get_cert(p.client, 1, &cert));
    assert_string_equal(cert.subject, "CN=int");
    assert_string_equal(cert.issuer, "CN=root");
    assert_string_equal(cert.names, "");
    assert_string_equal(cert.key, "EC 256 (P-256)");
    assert_string_equal(cert.signature, "ecdsa-with-SHA256");
    assert_true(npi_tls_get_cert(p.client, 0, &cert));
    assert_string_equal(cert.subject, "CN=leaf");
    assert_string_equal(cert.names, "DNS:good.lab.test, IP:127.0.0.1, IP:::1");
    assert_string_equal(cert.key, "ED25519 256");
    assert_int_equal(cert.not_before_ns, INT64_C(1893456000) * 1000000000);
    assert_int_equal(cert.not_after_ns, INT64_C(1924991999) * 1000000000);
    unsigned char *der = NULL, digest[32];
    int len = i2d_X509(c->leaf.x, &der);
    char hex[65];
    assert_int_equal(cert.der_len, len);
    assert_memory_equal(cert.der, der, (size_t)len);
    EVP_Digest(der, (size_t)len, digest, NULL, EVP_sha256(), NULL);
    for (int i = 0; i < 32; i++)
        sprintf(hex + 2 * i, "%02x", digest[i]);
    assert_string_equal(cert.sha256, hex);
    OPENSSL_free(der);
    npi_tls_get_info(p.client, &info);
    assert_string_equal(info.version, "TLSv1.3");
    assert_string_equal(info.cipher, "TLS_AES_256_GCM_SHA384");
    assert_true(info.group[0] != '\0');
    assert_true(info.verified && !info.resumed);
    play_end(&p);
}

/* Every kind of name, far dates, and what OpenSSL's clock says. */
static void test_odd_text(void **state)
{
    (void)state;
    play p;
    npi_tls_cert cert;
    ident odd = make_cert((order){
        .cn = "gr\xC3\xBC\xC3\x9F, \"x\"\xE2\x80\xAE", .from = "19000101000000Z",
        .to = "99991231235959Z", .key = "RSA2048",
        .ext = {EXT_SIGNS,
                "subjectAltName=email:a@b.test,URI:http://x/?a,RID:1.2.3,DNS:d,IP:192.0.2.7"}});
    play_server(&p, CHAIN(&odd));
    assert_true(play_client(&p, &(npi_tls_settings){.no_verify = true, .wall_ns = -1}));
    assert_int_equal(play_handshake(&p), NPI_TLS_DONE);
    assert_true(npi_tls_get_cert(p.client, 0, &cert));
    assert_string_equal(cert.subject, "CN=gr\xC3\xBC\xC3\x9F\\, \\\"x\\\"\\xe2\\x80\\xae");
    assert_string_equal(cert.key, "RSA 2048");
    assert_string_equal(cert.names,
                        "email:a@b.test, URI:http://x/?a, other, DNS:d, IP:192.0.2.7");
    assert_int_equal(cert.not_before_ns, INT64_C(-2208988800) * 1000000000);
    assert_int_equal(cert.not_after_ns, INT64_MAX);
    play_end(&p);
    const cast *c = make_cast();
    play_server(&p, CHAIN(&c->leaf, &c->middle));
    assert_true(play_client(&p, &(npi_tls_settings){.wall_ns = -1}));
    play_handshake(&p);
    npi_tls_step by_clock = time(NULL) < 1893456000 || time(NULL) > 1924991999 ? NPI_TLS_BROKEN
                                                                              : NPI_TLS_DONE;
    assert_int_equal(p.step, by_clock);
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
        cmocka_unit_test(test_names),       cmocka_unit_test(test_no_names),
        cmocka_unit_test(test_wildcards),   cmocka_unit_test(test_many_names),
        cmocka_unit_test(test_dates),       cmocka_unit_test(test_issuers),
        cmocka_unit_test(test_long_chains), cmocka_unit_test(test_authorities),
        cmocka_unit_test(test_constraints), cmocka_unit_test(test_strength),
        cmocka_unit_test(test_purposes),    cmocka_unit_test(test_huge),
        cmocka_unit_test(test_all_faults),  cmocka_unit_test(test_text),
        cmocka_unit_test(test_odd_text),
    };
    return cmocka_run_group_tests(tests, NULL, clean) != 0;
}

#else

#include <stdio.h>

int main(void)
{
    printf("SKIP: this build has no OpenSSL\n");
    return 77;
}

#endif
