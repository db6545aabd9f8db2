/* SPDX-License-Identifier: MIT */
/*
 * Certificates as text. All of it was written by the peer: every text is escaped, and none is
 * longer than it may be.
 */
#include "talk/tls_inside.h"

#ifdef HAVE_OPENSSL

#include <string.h>
#include <time.h>

#include <openssl/ec.h>

enum {
    TEXT_MAX = 1 << 18, /* octets of all texts of a certificate */
    TEXTS = 7
};

/* Backslashes are RFC 2253's own and stay. */
void npi_tls_put_subject(npi_buf *b, const X509_NAME *name)
{
    const unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    if (bio && X509_NAME_print_ex(bio, name, 0, flags) >= 0) {
        long left = BIO_get_mem_data(bio, &text);
        while (left > 0) {
            const char *stroke = memchr(text, '\\', (size_t)left);
            size_t n = stroke ? (size_t)(stroke - text) : (size_t)left;
            npi_buf_escaped(b, text, n);
            if (stroke) {
                npi_buf_char(b, '\\');
                n++;
            }
            text += n;
            left -= (long)n;
        }
    }
    BIO_free(bio);
}

static void put_listed(npi_buf *b, const char *kind, const ASN1_STRING *s)
{
    const char *p = (const char *)ASN1_STRING_get0_data(s);
    int len = ASN1_STRING_length(s);
    npi_buf_str(b, kind);
    for (int i = 0, n; p && i < len; i += n + 1) {
        const char *comma = memchr(p + i, ',', (size_t)(len - i));
        n = comma ? (int)(comma - p) - i : len - i;
        npi_buf_escaped(b, p + i, (size_t)n);
        if (comma)
            npi_buf_str(b, "\\x2c");
    }
}

static void put_address(npi_buf *b, const ASN1_STRING *s)
{
    int len = ASN1_STRING_length(s);
    npi_addr a = {.family = len == 4 ? 4 : 6};
    npi_buf_str(b, "IP:");
    if (len != 4 && len != 16) {
        npi_buf_printf(b, "(%d octets)", len);
        return;
    }
    memcpy(a.octets, ASN1_STRING_get0_data(s), (size_t)len);
    npi_buf_addr(b, &a);
}

static void put_name(npi_buf *b, const GENERAL_NAME *name)
{
    int type;
    void *value = GENERAL_NAME_get0_value(name, &type);
    switch (value ? type : -1) {
    case GEN_DNS: put_listed(b, "DNS:", value); return;
    case GEN_EMAIL: put_listed(b, "email:", value); return;
    case GEN_URI: put_listed(b, "URI:", value); return;
    case GEN_IPADD: put_address(b, value); return;
    case GEN_DIRNAME:
        npi_buf_str(b, "dirname:");
        npi_tls_put_subject(b, value);
        return;
    default: npi_buf_str(b, "other");
    }
}

void npi_tls_put_names(npi_buf *b, X509 *x)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    int count = names ? sk_GENERAL_NAME_num(names) : 0;
    for (int i = 0; i < count && !b->cut; i++) {
        if (i > 0)
            npi_buf_str(b, ", ");
        put_name(b, sk_GENERAL_NAME_value(names, i));
    }
    GENERAL_NAMES_free(names);
}

/* A type's name and bits, and the curve by NIST's name where it has one. */
void npi_tls_put_key(npi_buf *b, X509 *x)
{
    EVP_PKEY *key = X509_get0_pubkey(x);
    char group[64];
    size_t len = 0;
    if (!key) {
        npi_buf_str(b, "unknown");
        return;
    }
    const char *type = EVP_PKEY_get0_type_name(key);
    npi_buf_printf(b, "%s %d", type ? type : "unknown", EVP_PKEY_get_bits(key));
    if (EVP_PKEY_get_group_name(key, group, sizeof group, &len) != 1)
        return;
    const char *nist = EC_curve_nid2nist(OBJ_txt2nid(group));
    npi_buf_str(b, " (");
    npi_buf_escaped(b, nist ? nist : group, strlen(nist ? nist : group));
    npi_buf_char(b, ')');
}

void npi_tls_put_signature(npi_buf *b, X509 *x)
{
    const X509_ALGOR *algorithm = NULL;
    const ASN1_OBJECT *object = NULL;
    char text[128];
    X509_get0_signature(NULL, &algorithm, x);
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    int len = OBJ_obj2txt(text, sizeof text, object, 0);
    if (len > 0)
        npi_buf_escaped(b, text, strlen(text));
}

static void put_hex(npi_buf *b, const unsigned char *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        npi_buf_printf(b, "%02x", p[i]);
}

static void put_serial(npi_buf *b, const ASN1_INTEGER *serial)
{
    if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
        npi_buf_char(b, '-');
    put_hex(b, ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial));
}

static void put_digest(npi_buf *b, const EVP_MD *md, const void *der, size_t len)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (EVP_Digest(der, len, digest, &n, md, NULL) == 1)
        put_hex(b, digest, n);
}

void npi_tls_put_date(npi_buf *b, const ASN1_TIME *time)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(time, &tm) == 1)
        npi_buf_printf(b, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    else
        npi_buf_str(b, "(no date)");
}

/* Days since 1970-01-01, Gregorian; years are counted from March, so that leap days come last. */
static int64_t days(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* What nanoseconds cannot count (from 2262 on, and before 1678) is as far as they can. */
static int64_t nanoseconds(const ASN1_TIME *time)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(time, &tm) != 1)
        return 0;
    int64_t s = days(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) * 86400 + tm.tm_hour * 3600 +
                tm.tm_min * 60 + tm.tm_sec;
    const int64_t most = INT64_MAX / 1000000000;
    return s > most ? INT64_MAX : s < -most ? INT64_MIN : s * 1000000000;
}

static bool read_der(const npi_tls *t, X509 *x, npi_tls_cert_row *row)
{
    int len = i2d_X509(x, NULL);
    row->der = npi_alloc(&t->mem, len > 0 ? (size_t)len : 1, 1);
    unsigned char *p = row->der;
    if (!p)
        return false;
    row->c.der = row->der;
    row->c.der_len = len > 0 && i2d_X509(x, &p) == len ? (size_t)len : 0;
    return true;
}

/* One after the other, each with its NUL, in the order of the fields. */
static void put_text(npi_buf *b, int field, const npi_tls *t, X509 *x, const npi_tls_cert *c)
{
    switch (field) {
    case 0: npi_tls_put_subject(b, X509_get_subject_name(x)); break;
    case 1: npi_tls_put_subject(b, X509_get_issuer_name(x)); break;
    case 2: put_serial(b, X509_get0_serialNumber(x)); break;
    case 3: npi_tls_put_signature(b, x); break;
    case 4: npi_tls_put_key(b, x); break;
    case 5: put_digest(b, t->trust->sha256, c->der, c->der_len); break;
    default: npi_tls_put_names(b, x); /* the longest is last: it may be cut */
    }
}

bool npi_tls_cert_read(const npi_tls *t, X509 *x, npi_tls_cert_row *row)
{
    npi_tls_cert *c = &row->c;
    const char **field[TEXTS] = {&c->subject, &c->issuer, &c->serial, &c->signature,
                                 &c->key,     &c->sha256, &c->names};
    size_t start[TEXTS];
    npi_buf b = npi_buf_grow(&t->mem, TEXT_MAX);
    *row = (npi_tls_cert_row){.text = NULL};
    if (!read_der(t, x, row))
        return false;
    for (int i = 0; i < TEXTS; i++) {
        start[i] = b.len;
        put_text(&b, i, t, x, c);
        if (i + 1 < TEXTS)
            npi_buf_char(&b, '\0');
    }
    if (b.nomem || !b.data) {
        npi_buf_free(&b);
        npi_tls_cert_drop(t, row);
        return false;
    }
    row->text = b.data;
    for (int i = 0; i < TEXTS; i++)
        *field[i] = b.data + (start[i] < b.len ? start[i] : b.len);
    c->not_before_ns = nanoseconds(X509_get0_notBefore(x));
    c->not_after_ns = nanoseconds(X509_get0_notAfter(x));
    return true;
}

void npi_tls_cert_drop(const npi_tls *t, npi_tls_cert_row *row)
{
    npi_free(&t->mem, row->text);
    npi_free(&t->mem, row->der);
    *row = (npi_tls_cert_row){.text = NULL};
}

#endif
