/* SPDX-License-Identifier: MIT */
/*
 * The peer's ciphertext: the first octet says how we ask, how the rest is cut into pieces, and
 * whether our session id is put where a ServerHello has it (RFC 8446 4.1.3), without which 1.3 goes
 * no further. No input is accepted: whoever knows neither our random octets nor a trusted key
 * cannot finish.
 */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "talk/tls.h"

#ifdef HAVE_OPENSSL

static void must_be_harmless(const char *text)
{
    for (; *text; text++)
        must((uint8_t)*text >= 0x20 && *text != 0x7F);
}

static void look(const npi_tls *t)
{
    npi_tls_cert c;
    must_be_harmless(npi_tls_sentence(t));
    for (int i = 0; i < npi_tls_fault_count(t); i++)
        must_be_harmless(npi_tls_fault(t, i));
    for (int i = 0; npi_tls_get_cert(t, i, &c); i++) {
        const char *texts[] = {c.subject,   c.issuer, c.names, c.serial,
                               c.signature, c.key,    c.sha256};
        for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
            must_be_harmless(texts[k]);
        must(c.der && c.der_len > 0);
    }
}

/* True when it broke. */
static bool feed(npi_tls *t, const uint8_t *data, size_t size, size_t piece)
{
    while (size > 0) {
        size_t n = piece < size ? piece : size;
        uint8_t *copy = malloc(n); /* of exactly its size */
        if (!copy)
            return true;
        memcpy(copy, data, n);
        must(npi_tls_feed(t, copy, n));
        free(copy);
        data += n;
        size -= n;
        npi_tls_step step = npi_tls_handshake(t);
        must(step == NPI_TLS_MORE || step == NPI_TLS_BROKEN);
        if (step == NPI_TLS_BROKEN)
            return true;
    }
    return false;
}

/* Behind the heads of record and message, the version and the random octets in both hellos. */
enum { SESSION_ID_AT = 44, SESSION_ID = 32, INPUT_MAX = 65536 };

static void echo_session_id(npi_tls *t, uint8_t *input, size_t size)
{
    const void *hello;
    size_t len = npi_tls_take(t, &hello);
    if (len >= SESSION_ID_AT + SESSION_ID && size >= SESSION_ID_AT + SESSION_ID)
        memcpy(input + SESSION_ID_AT, (const uint8_t *)hello + SESSION_ID_AT, SESSION_ID);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static npi_mem mem;
    static npi_trust *trust; /* one for all, as a context has */
    static uint8_t input[INPUT_MAX];
    static const size_t pieces[] = {SIZE_MAX, 1, 7, 300};
    char array[256], octet;
    npi_buf why = npi_buf_in(array, sizeof array);
    npi_tls *t;
    size_t len;
    if (size < 1 || size > sizeof input)
        return 0;
    memcpy(input, data + 1, size - 1);
    if (!trust) {
        mem = npi_mem_libc();
        trust = npi_trust_new(&mem);
    }
    /* The folder / holds no certificates. */
    npi_tls_settings s = {.host = "good.lab.test", .ca_file = "/", .alpn = "a,b",
                          .wall_ns = INT64_C(1907755200) * 1000000000,
                          .max_version = data[0] & 1 ? "1.2" : "1.3",
                          .no_verify = data[0] & 2};
    must(npi_tls_new(&mem, trust, &s, &t, &why) == NP_OK);
    must(npi_tls_handshake(t) == NPI_TLS_MORE);
    if (data[0] & 16)
        echo_session_id(t, input, size - 1);
    if (!feed(t, input, size - 1, pieces[data[0] >> 2 & 3])) {
        npi_tls_end(t);
        must(npi_tls_handshake(t) == NPI_TLS_BROKEN);
    }
    must(npi_tls_problem(t)[0] != '\0' && npi_tls_sentence(t)[0] != '\0');
    must(npi_tls_read(t, &octet, 1, &len) == NPI_TLS_BROKEN && len == 0);
    must(npi_tls_write(t, "x", 1) == NPI_TLS_BROKEN);
    npi_tls_close(t);
    look(t);
    npi_tls_free(t);
    return 0;
}

#else

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)data;
    (void)size;
    return 0;
}

#endif
