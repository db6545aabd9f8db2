/* SPDX-License-Identifier: MIT */
/*
 * What broke, in words: a fault of the certificates, an alert of the peer, no TLS at all, a stream
 * that ends too early. OpenSSL's own words only where there are none of ours.
 */
#include "talk/tls_inside.h"

#ifdef HAVE_OPENSSL

/* RFC 8446 6.2, RFC 5246 7.2.2. */
static const struct {
    int number;
    const char *text;
} alerts[] = {
    {SSL3_AD_CLOSE_NOTIFY, "close notify"},
    {SSL3_AD_UNEXPECTED_MESSAGE, "unexpected message"},
    {SSL3_AD_BAD_RECORD_MAC, "bad record mac"},
    {TLS1_AD_RECORD_OVERFLOW, "record overflow"},
    {SSL3_AD_DECOMPRESSION_FAILURE, "decompression failure"},
    {SSL3_AD_HANDSHAKE_FAILURE, "handshake failure: no version, cipher or group in common"},
    {SSL3_AD_NO_CERTIFICATE, "no certificate"},
    {SSL3_AD_BAD_CERTIFICATE, "bad certificate"},
    {SSL3_AD_UNSUPPORTED_CERTIFICATE, "unsupported certificate"},
    {SSL3_AD_CERTIFICATE_REVOKED, "certificate revoked"},
    {SSL3_AD_CERTIFICATE_EXPIRED, "certificate expired"},
    {SSL3_AD_CERTIFICATE_UNKNOWN, "certificate unknown"},
    {SSL3_AD_ILLEGAL_PARAMETER, "illegal parameter"},
    {TLS1_AD_UNKNOWN_CA, "unknown authority"},
    {TLS1_AD_ACCESS_DENIED, "access denied"},
    {TLS1_AD_DECODE_ERROR, "decode error"},
    {TLS1_AD_DECRYPT_ERROR, "decrypt error"},
    {TLS1_AD_PROTOCOL_VERSION, "protocol version: it speaks none of those offered"},
    {TLS1_AD_INSUFFICIENT_SECURITY, "insufficient security"},
    {TLS1_AD_INTERNAL_ERROR, "internal error"},
    {TLS1_AD_INAPPROPRIATE_FALLBACK, "inappropriate fallback"},
    {TLS1_AD_USER_CANCELLED, "user cancelled"},
    {TLS1_AD_NO_RENEGOTIATION, "no renegotiation"},
    {109, "missing extension"},
    {TLS1_AD_UNSUPPORTED_EXTENSION, "unsupported extension"},
    {TLS1_AD_UNRECOGNIZED_NAME, "unrecognized name"},
    {TLS1_AD_BAD_CERTIFICATE_STATUS_RESPONSE, "bad certificate status response"},
    {TLS1_AD_UNKNOWN_PSK_IDENTITY, "unknown psk identity"},
    {116, "certificate required: it wants one of ours"},
    {TLS1_AD_NO_APPLICATION_PROTOCOL, "no application protocol: it speaks none of those offered"},
};

static npi_tls_step broken(npi_tls *t, const char *problem)
{
    t->problem = problem;
    return NPI_TLS_BROKEN;
}

static npi_tls_step alert(npi_tls *t, npi_buf *b, int number)
{
    npi_buf_printf(b, "the peer refuses: alert %d", number);
    for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++)
        if (alerts[i].number == number)
            npi_buf_printf(b, " (%s)", alerts[i].text);
    return broken(t, "tls.alert");
}

/* A record begins with its type and a major version of 3 (RFC 8446 5.1, appendix D). */
static bool is_plain(const npi_tls *t)
{
    if (t->done || t->octets_in == 0)
        return false;
    return t->first[0] < SSL3_RT_CHANGE_CIPHER_SPEC || t->first[0] > 24 /* heartbeat */ ||
           (t->octets_in > 1 && t->first[1] != SSL3_VERSION_MAJOR);
}

static npi_tls_step not_tls(npi_tls *t, npi_buf *b)
{
    size_t n = t->octets_in < sizeof t->first ? (size_t)t->octets_in : sizeof t->first;
    npi_buf_str(b, "the peer does not speak TLS: it sent \"");
    npi_buf_escaped(b, t->first, n);
    npi_buf_str(b, t->octets_in > n ? "\"..." : "\"");
    return broken(t, "tls.not-tls");
}

static npi_tls_step truncated(npi_tls *t, npi_buf *b)
{
    if (t->done) {
        npi_buf_str(b, "the stream ended without the peer's goodbye (close_notify): what came may "
                       "be cut short");
    } else {
        npi_buf_str(b, "the peer closed the connection in the handshake, after ");
        npi_buf_u64(b, t->octets_in);
        npi_buf_str(b, t->octets_in == 1 ? " octet" : " octets");
    }
    return broken(t, "tls.truncated");
}

static npi_tls_step nomem(npi_tls *t, npi_buf *b)
{
    npi_buf_str(b, "out of memory");
    return broken(t, "tls.nomem");
}

/* By OpenSSL's reason. */
static npi_tls_step by_reason(npi_tls *t, npi_buf *b, unsigned long error)
{
    int reason = ERR_GET_REASON(error);
    switch (reason) {
    case SSL_R_EXCESSIVE_MESSAGE_SIZE:
        npi_buf_str(b, "the peer sent a message (as its certificates) beyond 100 KiB");
        return broken(t, "tls.too-big");
    case SSL_R_DH_KEY_TOO_SMALL:
        npi_buf_str(b, "the peer's Diffie-Hellman key is too short");
        return broken(t, "tls.weak-key");
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_VERSION_TOO_HIGH:
        npi_buf_str(b, "the peer speaks no version of TLS that is allowed here");
        return broken(t, "tls.protocol");
    default: break;
    }
    const char *text = ERR_reason_error_string(error);
    npi_buf_str(b, "TLS failed: ");
    npi_buf_str(b, text ? text : "OpenSSL does not say why");
    return broken(t, "tls.protocol");
}

/* The first error of OpenSSL's TLS, or the first of all. Empties the queue. */
static unsigned long first_error(bool *no_memory)
{
    unsigned long first = 0, error;
    for (error = ERR_get_error(); error != 0; error = ERR_get_error()) {
        if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
            *no_memory = true;
        if (first == 0 || (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_LIB(first) != ERR_LIB_SSL))
            first = error;
    }
    return first;
}

npi_tls_step npi_tls_break(npi_tls *t, int ssl_error)
{
    bool no_memory = t->nomem;
    unsigned long error = first_error(&no_memory);
    int reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
    npi_buf b = npi_buf_in(t->sentence, sizeof t->sentence);
    if (t->problem[0])
        return NPI_TLS_BROKEN;
    if (no_memory)
        return nomem(t, &b);
    if (t->judged && !t->trusted && !t->no_verify && t->fault_count > 0) {
        npi_buf_str(&b, t->faults[0].text);
        return broken(t, npi_tls_problem_of(t->faults[0].code));
    }
    if (is_plain(t))
        return not_tls(t, &b);
    if (reason >= SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256)
        return alert(t, &b, reason - SSL_AD_REASON_OFFSET);
    if (ssl_error == SSL_ERROR_ZERO_RETURN)
        return alert(t, &b, SSL3_AD_CLOSE_NOTIFY);
    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING ||
        (ssl_error == SSL_ERROR_SYSCALL && t->ended))
        return truncated(t, &b);
    return by_reason(t, &b, error);
}

#endif
