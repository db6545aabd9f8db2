/* SPDX-License-Identifier: MIT */
/*
 * What is trusted: the system's store, loaded once and when first needed, and a store for each
 * file or folder asked for. Also what clients share beside it: OpenSSL's tables in a library
 * context of our own, so that the host's providers, settings and random numbers stay as they are.
 */
#include "talk/tls_inside.h"

#ifdef HAVE_OPENSSL

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

npi_trust *npi_trust_new(const npi_mem *mem)
{
    npi_trust *t = npi_alloc(mem, 1, sizeof *t);
    if (!t)
        return NULL;
    t->mem = *mem;
    t->holders = 1;
    return t;
}

npi_trust *npi_trust_hold(npi_trust *t)
{
    t->holders++;
    return t;
}

void npi_trust_free(npi_trust *t)
{
    if (!t || --t->holders > 0)
        return;
    for (npi_trust_file *f = t->files, *next; f; f = next) {
        next = f->next;
        X509_STORE_free(f->store);
        npi_free(&t->mem, f);
    }
    X509_STORE_free(t->system);
    SSL_CTX_free(t->ctx);
    EVP_MD_free(t->sha256);
    BIO_meth_free(t->pipe);
    OSSL_LIB_CTX_free(t->lib);
    npi_mem mem = t->mem;
    npi_free(&mem, t);
}

/* OpenSSL's own would ask the terminal. */
static int no_passphrase(char *out, int size, int writing, void *unused)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)unused;
    return -1;
}

static void keep_keys(const SSL *ssl, const char *line)
{
    npi_tls *t = SSL_get_app_data(ssl);
    if (!t || t->keylog.max == 0)
        return;
    npi_buf_str(&t->keylog, line);
    npi_buf_char(&t->keylog, '\n');
    t->nomem |= t->keylog.nomem;
}

/* Whatever the system's configuration of OpenSSL says about these. */
static void configure(SSL_CTX *ctx)
{
    SSL_CTX_clear_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_LEGACY_SERVER_CONNECT |
                                   SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
#ifdef SSL_OP_NO_RX_CERTIFICATE_COMPRESSION
    SSL_CTX_set_options(ctx, SSL_OP_NO_RX_CERTIFICATE_COMPRESSION);
#endif
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
    SSL_CTX_set_keylog_callback(ctx, keep_keys);
    SSL_CTX_set_cert_verify_callback(ctx, npi_tls_judge, NULL);
}

bool npi_trust_ready(npi_trust *t)
{
    if (!t->lib)
        t->lib = OSSL_LIB_CTX_new();
    if (t->lib && !t->pipe)
        t->pipe = npi_tls_pipe();
    if (t->lib && !t->sha256)
        t->sha256 = EVP_MD_fetch(t->lib, "SHA256", NULL);
    if (t->pipe && t->sha256 && !t->ctx) {
        t->ctx = SSL_CTX_new_ex(t->lib, NULL, TLS_client_method());
        if (t->ctx)
            configure(t->ctx);
    }
    return t->ctx != NULL;
}

static X509_STORE *system_store(npi_trust *t, np_status *status)
{
    *status = NP_ERR_NOMEM;
    if (t->system)
        return t->system;
    X509_STORE *store = X509_STORE_new();
    if (store && X509_STORE_set_default_paths_ex(store, t->lib, NULL) == 1)
        return t->system = store;
    X509_STORE_free(store);
    return NULL;
}

/* False: it cannot be opened. */
static bool look(const char *path, bool *folder, npi_buf *why)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        npi_buf_str(why, errno == ENOENT   ? "there is no "
                         : errno == EACCES ? "not allowed to read "
                                           : "cannot open ");
        npi_buf_escaped(why, path, strlen(path));
        return false;
    }
    *folder = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
    close(fd);
    return true;
}

static X509_STORE *load(npi_trust *t, const char *path, np_status *status, npi_buf *why)
{
    bool folder;
    *status = NP_ERR_INVALID;
    if (!look(path, &folder, why))
        return NULL;
    X509_STORE *store = X509_STORE_new();
    if (!store) {
        *status = NP_ERR_NOMEM;
        return NULL;
    }
    if (folder ? X509_STORE_load_path(store, path)
               : X509_STORE_load_file_ex(store, path, t->lib, NULL))
        return store;
    npi_buf_str(why, "no certificates to trust can be read from ");
    npi_buf_escaped(why, path, strlen(path));
    X509_STORE_free(store);
    return NULL;
}

X509_STORE *npi_trust_store(npi_trust *t, const char *path, np_status *status, npi_buf *why)
{
    if (!path)
        return system_store(t, status);
    for (npi_trust_file *f = t->files; f; f = f->next)
        if (strcmp(f->path, path) == 0)
            return f->store;
    X509_STORE *store = load(t, path, status, why);
    if (!store)
        return NULL;
    npi_trust_file *f = npi_alloc(&t->mem, 1, sizeof *f + strlen(path) + 1);
    if (!f) {
        X509_STORE_free(store);
        *status = NP_ERR_NOMEM;
        return NULL;
    }
    memcpy(f->path, path, strlen(path) + 1);
    f->store = store;
    f->next = t->files;
    t->files = f;
    return store;
}

#endif
