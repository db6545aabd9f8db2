/* SPDX-License-Identifier: MIT */
/*
 * The verdict on the peer's certificates. OpenSSL's verification decides, with the name checked
 * once more by ourselves; then, for people, it is gone through again with every fault forgiven, so
 * that an expired certificate for another name shows both. That second verdict is thrown away.
 */
#include "talk/tls_inside.h"

#ifdef HAVE_OPENSSL

#include <string.h>

#define CODE(name) X509_V_ERR_##name

/* What a code is called, and how it reads after "certificate of HOST: ". */
static const struct {
    int code;
    const char *problem, *words;
} codes[] = {
    {CODE(CERT_HAS_EXPIRED), "tls.expired", NULL},
    {CODE(CERT_NOT_YET_VALID), "tls.not-yet", NULL},
    {CODE(ERROR_IN_CERT_NOT_BEFORE_FIELD), "tls.bad-chain", "the date it begins at is none"},
    {CODE(ERROR_IN_CERT_NOT_AFTER_FIELD), "tls.bad-chain", "the date it ends at is none"},
    {CODE(HOSTNAME_MISMATCH), "tls.wrong-name", NULL},
    {CODE(IP_ADDRESS_MISMATCH), "tls.wrong-name", NULL},
    {CODE(UNABLE_TO_GET_ISSUER_CERT_LOCALLY), "tls.unknown-ca", NULL},
    {CODE(UNABLE_TO_GET_ISSUER_CERT), "tls.unknown-ca", NULL},
    {CODE(SELF_SIGNED_CERT_IN_CHAIN), "tls.unknown-ca", "is a root that is not trusted here"},
    {CODE(UNABLE_TO_VERIFY_LEAF_SIGNATURE), "tls.unknown-ca",
     "its signature cannot be verified without its issuer"},
    {CODE(CERT_UNTRUSTED), "tls.unknown-ca", "is not trusted for servers here"},
    {CODE(CERT_REJECTED), "tls.unknown-ca", "is rejected for servers here"},
    {CODE(DEPTH_ZERO_SELF_SIGNED_CERT), "tls.self-signed",
     "signed by itself, and not trusted here"},
    {CODE(CERT_SIGNATURE_FAILURE), "tls.bad-chain", "its signature is wrong"},
    {CODE(UNABLE_TO_DECRYPT_CERT_SIGNATURE), "tls.bad-chain", "its signature cannot be read"},
    {CODE(UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY), "tls.bad-chain", "its issuer's key cannot be read"},
    {CODE(NO_ISSUER_PUBLIC_KEY), "tls.bad-chain", "its issuer has no key"},
    {CODE(INVALID_CA), "tls.bad-chain", "signs another certificate, but is no authority's"},
    {CODE(UNHANDLED_CRITICAL_EXTENSION), "tls.bad-chain",
     "has a critical extension that is not known here"},
    {CODE(INVALID_EXTENSION), "tls.bad-chain", "has an extension that is malformed"},
    {CODE(INVALID_POLICY_EXTENSION), "tls.bad-chain", "has a policy that is malformed"},
    {CODE(CERT_CHAIN_TOO_LONG), "tls.too-big", "the chain is too long"},
    {CODE(PATH_LENGTH_EXCEEDED), "tls.constraint",
     "allows fewer authorities between itself and the server"},
    {CODE(PERMITTED_VIOLATION), "tls.constraint",
     "has a name beyond those that its issuer may certify"},
    {CODE(EXCLUDED_VIOLATION), "tls.constraint",
     "has a name among those that its issuer must not certify"},
    {CODE(SUBTREE_MINMAX), "tls.constraint", "has name constraints with a range"},
    {CODE(UNSUPPORTED_CONSTRAINT_TYPE), "tls.constraint",
     "has name constraints of a kind that is not known here"},
    {CODE(UNSUPPORTED_CONSTRAINT_SYNTAX), "tls.constraint", "has name constraints that are none"},
    {CODE(UNSUPPORTED_NAME_SYNTAX), "tls.constraint",
     "has a name that its issuer's constraints cannot be applied to"},
    {CODE(INVALID_PURPOSE), "tls.purpose", NULL},
    {CODE(KEYUSAGE_NO_CERTSIGN), "tls.purpose", "its key is not for signing certificates"},
    {CODE(KEYUSAGE_NO_DIGITAL_SIGNATURE), "tls.purpose", "its key is not for signing"},
    {CODE(INVALID_NON_CA), "tls.purpose", "is no server's"},
    {CODE(EE_KEY_TOO_SMALL), "tls.weak-key", NULL},
    {CODE(CA_KEY_TOO_SMALL), "tls.weak-key", NULL},
    {CODE(CA_MD_TOO_WEAK), "tls.weak-signature", NULL},
    {CODE(CERT_REVOKED), "tls.revoked", "revoked by its issuer"},
    {CODE(OUT_OF_MEM), "tls.nomem", "out of memory"},
};

const char *npi_tls_problem_of(int code)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].code == code)
            return codes[i].problem;
    return "tls.bad-chain";
}

static void put_words(npi_buf *b, int code)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].code != code || !codes[i].words)
            continue;
        npi_buf_str(b, codes[i].words);
        return;
    }
    npi_buf_str(b, X509_verify_cert_error_string(code)); /* a static text for each */
}

/* What it is for instead, as far as a sentence has room. */
static void put_other_names(npi_buf *b, X509 *x, const char *kind)
{
    enum { SHOWN = 200 };
    char array[SHOWN + 1];
    npi_buf names = npi_buf_in(array, sizeof array);
    npi_tls_put_names(&names, x);
    npi_buf_printf(b, "is not for that %s", kind);
    if (names.len == 0)
        npi_buf_str(b, ", and for no other (a common name does not count)");
    else
        npi_buf_printf(b, " but for %s%s", array, names.cut ? "..." : "");
}

static void put_issuer(npi_buf *b, X509 *x)
{
    npi_buf_str(b, "its issuer \"");
    npi_tls_put_subject(b, X509_get_issuer_name(x));
    npi_buf_str(b, "\" was not sent, and is not trusted here");
}

static void put_fault(npi_buf *b, int code, int depth, X509 *x)
{
    switch (x ? code : X509_V_ERR_UNSPECIFIED) {
    case CODE(CERT_HAS_EXPIRED):
        npi_buf_str(b, "expired ");
        npi_tls_put_date(b, X509_get0_notAfter(x));
        return;
    case CODE(CERT_NOT_YET_VALID):
        npi_buf_str(b, "not valid before ");
        npi_tls_put_date(b, X509_get0_notBefore(x));
        return;
    case CODE(HOSTNAME_MISMATCH): put_other_names(b, x, "name"); return;
    case CODE(IP_ADDRESS_MISMATCH): put_other_names(b, x, "address"); return;
    case CODE(UNABLE_TO_GET_ISSUER_CERT):
    case CODE(UNABLE_TO_GET_ISSUER_CERT_LOCALLY): put_issuer(b, x); return;
    case CODE(INVALID_PURPOSE):
        npi_buf_str(b, depth == 0 ? "is not for servers" : "may not certify servers");
        return;
    case CODE(EE_KEY_TOO_SMALL):
    case CODE(CA_KEY_TOO_SMALL):
        npi_buf_str(b, "its key is too weak: ");
        npi_tls_put_key(b, x);
        return;
    case CODE(CA_MD_TOO_WEAK):
        npi_buf_str(b, "its signature is too weak: ");
        npi_tls_put_signature(b, x);
        return;
    default: put_words(b, code);
    }
}

static void put_host(npi_buf *b, const npi_tls *t)
{
    if (t->address.family != 0)
        npi_buf_addr(b, &t->address);
    else if (t->name)
        npi_buf_escaped(b, t->name, strlen(t->name));
    else
        npi_buf_str(b, "the peer");
}

/* `count` certificates are in the chain that was built, from the peer's own to a root. */
static char *sentence(const npi_tls *t, int code, int depth, int count, X509 *x)
{
    enum { SENTENCE_MAX = 1000 };
    npi_buf b = npi_buf_grow(&t->mem, SENTENCE_MAX);
    npi_buf_str(&b, "certificate of ");
    put_host(&b, t);
    npi_buf_str(&b, ": ");
    put_fault(&b, code, depth, x);
    npi_buf_printf(&b, " (certificate %d of %d", depth + 1, count > depth ? count : depth + 1);
    if (x) {
        npi_buf_str(&b, ", \"");
        npi_tls_put_subject(&b, X509_get_subject_name(x));
        npi_buf_char(&b, '"');
    }
    npi_buf_char(&b, ')');
    if (!b.nomem)
        return b.data;
    npi_buf_free(&b);
    return NULL;
}

/* A missing issuer is told once: that the signature cannot be verified only follows from it. */
static bool is_told(const npi_tls *t, int code, int depth)
{
    for (size_t i = 0; i < t->fault_count; i++) {
        const npi_tls_fault_row *f = &t->faults[i];
        if (f->code == code && f->depth == depth)
            return true;
        if (code == CODE(UNABLE_TO_VERIFY_LEAF_SIGNATURE) &&
            strcmp(npi_tls_problem_of(f->code), "tls.unknown-ca") == 0)
            return true;
    }
    return t->fault_count >= NPI_TLS_FAULTS_MAX;
}

/* OpenSSL looks for no issuer of a certificate that it cannot read whole, and then misses it. */
static int true_code(int code, X509 *x)
{
    if (code == X509_V_OK)
        return X509_V_ERR_UNSPECIFIED;
    if (x && (X509_get_extension_flags(x) & EXFLAG_INVALID) != 0 &&
        strcmp(npi_tls_problem_of(code), "tls.unknown-ca") == 0)
        return CODE(INVALID_EXTENSION);
    return code;
}

static void add_fault(npi_tls *t, X509_STORE_CTX *c)
{
    X509 *x = X509_STORE_CTX_get_current_cert(c);
    int code = true_code(X509_STORE_CTX_get_error(c), x);
    int depth = X509_STORE_CTX_get_error_depth(c);
    if (depth < 0)
        depth = 0;
    if (is_told(t, code, depth))
        return;
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(c);
    char *text = sentence(t, code, depth, chain ? sk_X509_num(chain) : 0, x);
    if (!text || !npi_make_room(&t->mem, &t->faults, t->fault_count, &t->fault_room,
                                sizeof *t->faults)) {
        npi_free(&t->mem, text);
        t->nomem = true;
        return;
    }
    t->faults[t->fault_count++] = (npi_tls_fault_row){code, depth, text};
}

static int forgive(int ok, X509_STORE_CTX *c)
{
    if (!ok)
        add_fault(X509_STORE_CTX_get_app_data(c), c);
    return 1;
}

/* The same chain against the same store, name and time. */
static void collect_faults(npi_tls *t, X509_STORE_CTX *first)
{
    X509_STORE_CTX *c = X509_STORE_CTX_new_ex(t->trust->lib, NULL);
    X509_STORE *store = X509_STORE_CTX_get0_store(first);
    STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(first);
    if (c && X509_STORE_CTX_init(c, store, X509_STORE_CTX_get0_cert(first), sent) == 1 &&
        X509_STORE_CTX_set_app_data(c, t) == 1 &&
        X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(c),
                               X509_STORE_CTX_get0_param(first)) == 1) {
        X509_STORE_CTX_set_verify_cb(c, forgive);
        X509_verify_cert(c);
    }
    X509_STORE_CTX_free(c);
}

/* What was received, before anything is said about it. */
static void keep_certs(npi_tls *t, STACK_OF(X509) *sent)
{
    int count = sent ? sk_X509_num(sent) : 0;
    if (count <= 0)
        return;
    t->certs = npi_alloc(&t->mem, (size_t)count, sizeof *t->certs);
    t->nomem |= t->certs == NULL;
    for (int i = 0; i < count && !t->nomem; i++) {
        if (npi_tls_cert_read(t, sk_X509_value(sent, i), &t->certs[t->cert_count]))
            t->cert_count++;
        else
            t->nomem = true;
    }
}

bool npi_tls_name_fits(const npi_tls *t, X509 *leaf)
{
    const unsigned flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                           X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
    if (t->address.family != 0)
        return X509_check_ip(leaf, t->address.octets, t->address.family == 4 ? 4 : 16, flags) == 1;
    return t->name && X509_check_host(leaf, t->name, 0, flags, NULL) == 1;
}

/* 1: go on. Where verification is off the answer does not matter, but what is kept does. */
int npi_tls_judge(X509_STORE_CTX *c, void *unused)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(c, SSL_get_ex_data_X509_STORE_CTX_idx());
    npi_tls *t = ssl ? SSL_get_app_data(ssl) : NULL;
    (void)unused;
    if (!t || t->judged) {
        X509_STORE_CTX_set_error(c, X509_V_ERR_UNSPECIFIED);
        return 0;
    }
    t->judged = true;
    ERR_set_mark(); /* what is read of a bad certificate leaves errors that are nobody's */
    keep_certs(t, X509_STORE_CTX_get0_untrusted(c));
    bool good = X509_verify_cert(c) == 1 && X509_STORE_CTX_get_error(c) == X509_V_OK;
    bool named = t->address.family != 0 || t->name;
    if (good && named && !npi_tls_name_fits(t, X509_STORE_CTX_get0_cert(c))) {
        good = false;
        X509_STORE_CTX_set_error(c, X509_V_ERR_HOSTNAME_MISMATCH);
    }
    if (!good) {
        if (X509_STORE_CTX_get_error(c) == X509_V_OK)
            X509_STORE_CTX_set_error(c, X509_V_ERR_UNSPECIFIED);
        add_fault(t, c);
        collect_faults(t, c);
    }
    ERR_pop_to_mark();
    t->trusted = good && named && !t->nomem;
    if (t->nomem)
        X509_STORE_CTX_set_error(c, X509_V_ERR_OUT_OF_MEM);
    return good && !t->nomem;
}

#endif
