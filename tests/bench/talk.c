/* SPDX-License-Identifier: MIT */
/*
 * HEADs, each with a TLS connection of its own:
 *
 *     talk library URL COUNT AT-ONCE CA    by np_talk
 *     talk bare    URL COUNT AT-ONCE CA    by nothing but epoll and OpenSSL, which verifies, too
 *     talk idle    URL COUNT               conversations that rest, connected: octets of ours each
 *
 * URL is https://127.0.0.1:PORT/ (idle: smtp://127.0.0.1:PORT). Exit 1 when one went wrong.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netprobe.h>
#include <openssl/ssl.h>

/* ---- by the library -------------------------------------------------------------------------- */

static const char script[] = "protocol http\nconnect ${host}:${port} tls\nhead /\nexpect 200\n";

static bool begin(np_context *ctx, np_script *s, const char *url, const char *ca)
{
    np_talk *k = np_talk_new(ctx);
    np_talk_set_url(k, url);
    np_talk_set(k, "ca-file", ca);
    np_talk_add_script(k, s);
    return np_talk_start(k) == NP_OK;
}

static int by_library(const char *url, int count, int at_once, const char *ca)
{
    np_context *ctx = np_context_new();
    np_script *s = np_script_parse(script, strlen(script), "head");
    np_event ev;
    int begun = 0, good = 0;
    while (begun < at_once && begun < count)
        begun += begin(ctx, s, url, ca);
    for (int ended = 0; ended < count;) {
        if (np_next_event(ctx, &ev, sizeof ev, NP_FOREVER) < 0)
            break;
        if (ev.type != NP_EV_DONE)
            continue;
        good += ev.status == NP_OK;
        np_talk_free(ev.object);
        ended++;
        begun += begun < count && begin(ctx, s, url, ca);
    }
    np_script_free(s);
    np_context_free(ctx);
    return good == count ? 0 : 1;
}

/* ---- bare ------------------------------------------------------------------------------------ */

typedef struct bare {
    int fd, epoll;
    SSL *ssl;
    bool asked;
} bare;

static const char request[] = "HEAD / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";

static void open_bare(bare *b, SSL_CTX *ctx, const struct sockaddr_in *to)
{
    int on = 1;
    struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = b};
    b->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(b->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)!connect(b->fd, (const struct sockaddr *)to, sizeof *to);
    b->ssl = SSL_new(ctx);
    b->asked = false;
    SSL_set_fd(b->ssl, b->fd);
    SSL_set_connect_state(b->ssl);
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(b->ssl), "127.0.0.1");
    epoll_ctl(b->epoll, EPOLL_CTL_ADD, b->fd, &ev);
}

/* 1 good, 0 not yet, -1 wrong */
static int step_bare(bare *b)
{
    char data[16384];
    if (!b->asked) {
        int n = SSL_do_handshake(b->ssl);
        if (n != 1)
            return SSL_get_error(b->ssl, n) == SSL_ERROR_SSL ? -1 : 0;
        b->asked = SSL_write(b->ssl, request, sizeof request - 1) > 0;
    }
    int n = SSL_read(b->ssl, data, sizeof data);
    return n <= 0 ? 0 : n > 12 && memcmp(data + 9, "200", 3) == 0 ? 1 : -1;
}

static int by_hand(const char *url, int count, int at_once, const char *ca)
{
    const char *port = strrchr(url + 8, ':');
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)atoi(port ? port + 1 : "443")),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event events[64];
    bare *all = calloc((size_t)at_once, sizeof *all);
    int epoll = epoll_create1(EPOLL_CLOEXEC), begun = 0, ended = 0, good = 0;
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_load_verify_locations(ctx, ca, NULL);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    for (; begun < at_once && begun < count; begun++) {
        all[begun].epoll = epoll;
        open_bare(&all[begun], ctx, &to);
    }
    while (ended < count) {
        int n = epoll_wait(epoll, events, 64, -1);
        for (int i = 0; i < n; i++) {
            bare *b = events[i].data.ptr;
            int result = step_bare(b);
            if (result == 0)
                continue;
            good += result > 0;
            SSL_free(b->ssl);
            close(b->fd);
            ended++;
            if (begun < count) {
                open_bare(b, ctx, &to);
                begun++;
            }
        }
    }
    SSL_CTX_free(ctx);
    free(all);
    return good == count ? 0 : 1;
}

/* ---- at rest --------------------------------------------------------------------------------- */

static size_t in_use;

static void *counted(void *user, void *memory, size_t size)
{
    size_t *old = memory ? (size_t *)memory - 2 : NULL, before = old ? *old : 0;
    (void)user;
    size_t *now = size ? realloc(old, size + 2 * sizeof *now) : NULL;
    if (size && !now)
        return NULL;
    if (!size)
        free(old);
    in_use += size - before;
    if (now)
        *now = size;
    return now ? now + 2 : NULL;
}

static int at_rest(const char *url, int count)
{
    np_allocator a = {counted, NULL};
    np_context *ctx = np_context_new_with(&a, sizeof a);
    np_talk **all = calloc((size_t)count, sizeof *all);
    size_t before = in_use;
    int good = 0;
    for (int i = 0; i < count; i++) {
        all[i] = np_talk_new(ctx);
        np_talk_set_url(all[i], url);
        np_talk_expect_code(all[i], "220");
        np_talk_send_line(all[i], "EHLO bench");
        np_talk_expect_code(all[i], "250");
        good += np_talk_run(all[i]) == NP_OK;
    }
    printf("%zu octets of ours each\n", (in_use - before) / (size_t)count);
    for (int i = 0; i < count; i++)
        np_talk_free(all[i]);
    np_context_free(ctx);
    free(all);
    return good == count ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "idle") == 0)
        return at_rest(argv[2], atoi(argv[3]));
    if (argc == 6 && strcmp(argv[1], "library") == 0)
        return by_library(argv[2], atoi(argv[3]), atoi(argv[4]), argv[5]);
    if (argc == 6 && strcmp(argv[1], "bare") == 0)
        return by_hand(argv[2], atoi(argv[3]), atoi(argv[4]), argv[5]);
    fputs("usage: talk library|bare URL COUNT AT-ONCE CA; talk idle URL COUNT\n", stderr);
    return 3;
}
