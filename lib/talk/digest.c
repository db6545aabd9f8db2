/* SPDX-License-Identifier: MIT */
#include "talk/digest.h"

#include "config.h"

#include <string.h>

bool npi_cram_prepare(npi_buf *line, const npi_buf *user, const npi_buf *pass)
{
    npi_buf_bytes(line, npi_buf_text(user), user->len);
    npi_buf_char(line, '\0');
    npi_buf_bytes(line, npi_buf_text(pass), pass->len);
    return !line->nomem;
}

#ifdef HAVE_OPENSSL

#include <openssl/err.h>
#include <openssl/evp.h>

#include "talk/values.h"

enum { CHALLENGE_MAX = 1024, DIGEST = 16 };

/* Base64 to octets; -1 for what is none. */
static int decode(const npi_buf *text, unsigned char out[CHALLENGE_MAX])
{
    size_t len = text->len;
    if (len == 0 || len % 4 != 0 || len / 4 * 3 > CHALLENGE_MAX)
        return -1;
    int n = EVP_DecodeBlock(out, (const unsigned char *)text->data, (int)len);
    for (size_t i = len; i > len - 2 && text->data[i - 1] == '='; i--)
        n--; /* it counts the padding as octets */
    return n;
}

static bool digest(const char *key, size_t key_len, const unsigned char *data, size_t len,
                   unsigned char out[DIGEST])
{
    size_t n = 0;
    OSSL_LIB_CTX *lib = OSSL_LIB_CTX_new(); /* not the host's */
    bool ok = lib && EVP_Q_mac(lib, "HMAC", NULL, "MD5", NULL, key, key_len, data, len, out, DIGEST,
                               &n) != NULL;
    OSSL_LIB_CTX_free(lib);
    ERR_clear_error();
    return ok && n == DIGEST;
}

np_status npi_cram_answer(npi_buf *line, const npi_buf *challenge)
{
    unsigned char octets[CHALLENGE_MAX], mac[DIGEST];
    const char *user = npi_buf_text(line), *pass = user + strlen(user) + 1;
    int n = decode(challenge, octets);
    if (n < 0)
        return NP_ERR_PROTOCOL;
    if (!digest(pass, line->len - (size_t)(pass - user), octets, (size_t)n, mac))
        return NP_ERR_UNSUPPORTED;
    npi_buf plain = npi_buf_grow(line->mem, line->max);
    npi_buf_str(&plain, user);
    npi_buf_char(&plain, ' ');
    for (int i = 0; i < DIGEST; i++)
        npi_buf_printf(&plain, "%02x", mac[i]);
    npi_buf_clear(line);
    npi_put_base64(line, npi_buf_text(&plain), plain.len);
    bool ok = !line->nomem && !plain.nomem;
    npi_buf_free(&plain);
    return ok ? NP_OK : NP_ERR_NOMEM;
}

#else

np_status npi_cram_answer(npi_buf *line, const npi_buf *challenge)
{
    (void)line, (void)challenge;
    return NP_ERR_UNSUPPORTED;
}

#endif
