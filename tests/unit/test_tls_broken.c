/* SPDX-License-Identifier: MIT */
/*
 * What breaks a TLS client: a peer that does not speak TLS, refuses, stops in the middle, or is
 * tampered with; and memory that cannot be had, ours or OpenSSL's. Nobody is believed by mistake.
 */
#include "config.h"

#include "../check.h"

#ifdef HAVE_OPENSSL

#include <openssl/crypto.h>
#include <stdlib.h>

#include "tls_play.h"

#define CHAIN(...) ((const ident *const[]){__VA_ARGS__, NULL})

/* ---- peers that break it */

static void say(play *p, const void *data, size_t len, bool ends)
{
    play_begin(p, &(npi_tls_settings){0});
    assert_int_equal(npi_tls_handshake(p->client), NPI_TLS_MORE);
    assert_true(npi_tls_feed(p->client, data, len));
    if (ends)
        npi_tls_end(p->client);
    p->step = npi_tls_handshake(p->client);
}

static void test_plain(void **state)
{
    (void)state;
    static const char *const texts[] = {"220 mail.example ESMTP\r\n", "HTTP/1.1 400 Bad\r\n\r\n",
                                        "+OK\r\n", "* OK\r\n"};
    play p;
    for (int i = 0; i < 4; i++) {
        say(&p, texts[i], strlen(texts[i]), false);
        expect_broken(&p, "tls.not-tls", "the peer does not speak TLS: it sent \"");
        if (i == 0)
            expect_broken(&p, "tls.not-tls", "it sent \"220 mail.example ESMTP\\x0d\\x0a\"");
        play_end(&p);
    }
    say(&p, "2", 1, true);
    expect_broken(&p, "tls.not-tls", "\"2\"");
    play_end(&p);
    char text[200];
    memset(text, 'x', sizeof text);
    say(&p, text, sizeof text, false);
    expect_broken(&p, "tls.not-tls", "xxx\"...");
    play_end(&p);
    say(&p, "", 0, true);
    expect_broken(&p, "tls.truncated", "in the handshake, after 0 octets");
    play_end(&p);
}

static void test_alerts(void **state)
{
    (void)state;
    play p;
    for (int level = 1; level <= 2; level++)
        for (int n = 0; n < 256; n++) {
            uint8_t record[] = {21, 3, 3, 0, 2, (uint8_t)level, (uint8_t)n};
            say(&p, record, sizeof record, true);
            assert_int_equal(p.step, NPI_TLS_BROKEN);
            if (level == 2)
                assert_string_equal(npi_tls_problem(p.client), "tls.alert");
            if (level == 2 && n == 40)
                expect_broken(&p, "tls.alert",
                              "the peer refuses: alert 40 (handshake failure: no version");
            play_end(&p);
        }
    /* A close_notify is a goodbye only once there was a handshake. */
    say(&p, (const uint8_t[]){21, 3, 3, 0, 2, 1, 0}, 7, false);
    expect_broken(&p, "tls.alert", "alert 0 (close notify)");
    play_end(&p);
}

/* The stream ends after every number of the server's octets: never accepted before the last. */
static void test_cut(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        play p;
        npi_tls_settings s = {.max_version = i ? "1.2" : "1.3"};
        size_t whole = 0, tried = 0;
        play_begin(&p, &s);
        p.chunk = 1;
        while (npi_tls_handshake(p.client) == NPI_TLS_MORE)
            play_carry(&p);
        whole = p.delivered;
        play_end(&p);
        assert_in_range(whole, 500, 3000);
        for (size_t n = 0; n < whole; n++, tried++) {
            play_begin(&p, &s);
            p.allowed = n;
            assert_int_equal(play_handshake(&p), NPI_TLS_MORE);
            npi_tls_end(p.client);
            assert_int_equal(npi_tls_handshake(p.client), NPI_TLS_BROKEN);
            expect_broken(&p, "tls.truncated", "closed the connection in the handshake");
            play_end(&p);
        }
        assert_int_equal(tried, whole);
    }
}

/* One octet of the server's first flight is another: never accepted. */
static void test_changed(void **state)
{
    (void)state;
    play p;
    for (size_t n = 0; n < 1200; n += 3) {
        play_begin(&p, &(npi_tls_settings){.max_version = n % 2 ? "1.2" : "1.3"});
        npi_tls_handshake(p.client);
        p.allowed = 0;
        play_carry(&p);
        char *data;
        size_t len = (size_t)BIO_get_mem_data(SSL_get_wbio(p.server), &data);
        if (n < len)
            data[n] ^= 0x41;
        p.allowed = SIZE_MAX;
        npi_tls_step step = play_handshake(&p);
        if (n < len && step == NPI_TLS_DONE)
            fail_msg("accepted with octet %zu of %zu changed", n, len);
        play_end(&p);
    }
}

/* What nobody reads does not pile up. */
static void test_flood(void **state)
{
    (void)state;
    play p;
    static const uint8_t octets[65536] = {22, 3, 3};
    size_t fed = 0;
    play_begin(&p, &(npi_tls_settings){0});
    while (npi_tls_feed(p.client, octets, sizeof octets) && fed < (1 << 22))
        fed += sizeof octets;
    assert_int_equal(fed, 1 << 20);
    assert_int_equal(npi_tls_handshake(p.client), NPI_TLS_BROKEN);
    play_end(&p);
}

/* ---- out of memory */

/* A whole life; true where the peer was believed. */
static bool live(play *p, const ident *const chain[], failmem memory, bool *nomem)
{
    char text[8];
    size_t len;
    play_server(p, chain);
    p->memory = memory;
    p->mem = failmem_allocator(&p->memory);
    bool done = play_client(p, &(npi_tls_settings){.alpn = "x", .keylog = true,
                                                   .ciphers = "HIGH:TLS_AES_128_GCM_SHA256"});
    assert_true(done || p->status == NP_ERR_NOMEM || p->status == NP_ERR_INVALID);
    *nomem = p->status == NP_ERR_NOMEM;
    if (!done)
        return false;
    bool believed = play_handshake(p) == NPI_TLS_DONE;
    if (believed && npi_tls_write(p->client, "hello", 5) == NPI_TLS_DONE)
        npi_tls_read(p->client, text, sizeof text, &len);
    *nomem = strcmp(npi_tls_problem(p->client), "tls.nomem") == 0;
    return believed;
}

/* The n-th allocation of ours fails, or that and all later ones. */
static void test_own_memory(void **state)
{
    (void)state;
    const cast *c = make_cast();
    ident bad = make_cert((order){.cn = "leaf", .by = &c->stranger,
                                  .ext = {EXT_LEAF, EXT_SERVER, EXT_GOOD}});
    const ident *const *chains[] = {CHAIN(&c->leaf, &c->middle), CHAIN(&bad, &c->stranger)};
    for (int i = 0; i < 4; i++) {
        unsigned long n = 1, failed = 1;
        for (; failed > 0; n++) {
            play p;
            bool nomem;
            bool believed = live(&p, chains[i / 2],
                                 (failmem){.fail_at = n, .sticky = i % 2}, &nomem);
            failed = p.memory.failed;
            assert_true(i < 2 || !believed);
            if (failed == 0)
                assert_true(i < 2 ? believed : !nomem);
            else if (!believed && p.client && !nomem && p.step == NPI_TLS_BROKEN)
                assert_int_equal(i / 2, 1);
            play_end(&p);
            assert_int_equal(p.memory.live, 0);
        }
        assert_true(n > 10);
    }
}

/* OpenSSL's allocator, below it: fails while the client acts. */
static struct {
    bool acts, sticky;
    int turn, first_turn; /* 0: npi_tls_new */
    unsigned long requests, fail_at, failed;
} below;

static bool fails(void)
{
    if (!below.acts || below.fail_at == 0)
        return false;
    below.requests++;
    if (below.requests != below.fail_at && !(below.sticky && below.requests > below.fail_at))
        return false;
    below.failed++;
    return true;
}

static void *below_malloc(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : malloc(n);
}

static void *below_realloc(void *p, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : realloc(p, n);
}

static void below_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

static void client_acts(bool begins)
{
    below.acts = begins && below.turn >= below.first_turn;
    below.turn += begins;
}

/* What OpenSSL itself loses when memory fails while it is set up is not looked for. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

/* Nobody is believed whom one would not believe with memory enough. */
static unsigned long sweep(const ident *const chain[], unsigned long step)
{
    unsigned long positions = 0;
    below.failed = 1;
    for (unsigned long n = 1; below.failed > 0; n += step) {
        play p;
        bool nomem;
        below.requests = below.failed = 0;
        below.turn = 0;
        below.fail_at = n;
        if (live(&p, chain, (failmem){0}, &nomem))
            fail_msg("accepted when allocation %lu failed", n);
        positions += below.failed > 0;
        play_end(&p);
        assert_int_equal(p.memory.live, 0);
    }
    return positions;
}

static void test_openssl_memory(void **state)
{
    (void)state;
    const cast *c = make_cast();
    ident bad = make_cert((order){.cn = "leaf", .by = &c->stranger,
                                  .ext = {EXT_LEAF, EXT_SERVER, EXT_GOOD}});
    if (__lsan_disable)
        __lsan_disable();
    play_client_acts = client_acts;
    for (int i = 0; i < 4; i++) {
        below.sticky = i % 2;
        below.first_turn = i / 2; /* all of it in long steps, and the handshake in short ones */
        assert_in_range(sweep(CHAIN(&bad, &c->stranger), i < 2 ? 97 : 9), 100, 10000);
    }
    play_client_acts = NULL;
    below.fail_at = 0;
    if (__lsan_enable)
        __lsan_enable();
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
        cmocka_unit_test(test_plain), cmocka_unit_test(test_alerts),
        cmocka_unit_test(test_cut), cmocka_unit_test(test_changed),
        cmocka_unit_test(test_flood), cmocka_unit_test(test_own_memory),
        cmocka_unit_test(test_openssl_memory),
    };
    if (CRYPTO_set_mem_functions(below_malloc, below_realloc, below_free) != 1)
        return 1;
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
