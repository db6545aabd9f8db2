/* SPDX-License-Identifier: MIT */
/*
 * The processes of a peer, what it can do to a connection, and its certificate.
 */
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAITING = 64, DESCRIPTORS = 1024, BIG_CHAIN = 500 };

/* ---- processes ------------------------------------------------------------------------------ */

static socklen_t address_of(const char *addr, int port, struct sockaddr_storage *ss)
{
    struct sockaddr_in *in = (void *)ss;
    struct sockaddr_in6 *in6 = (void *)ss;
    struct sockaddr_un *un = (void *)ss;
    memset(ss, 0, sizeof *ss);
    if (*addr == '/') {
        un->sun_family = AF_UNIX;
        snprintf(un->sun_path, sizeof un->sun_path, "%s", addr);
        return sizeof *un;
    }
    if (inet_pton(AF_INET6, addr, &in6->sin6_addr) == 1) {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((uint16_t)port);
        return sizeof *in6;
    }
    assert_int_equal(inet_pton(AF_INET, addr, &in->sin_addr), 1);
    in->sin_family = AF_INET;
    in->sin_port = htons((uint16_t)port);
    return sizeof *in;
}

static int listen_at(const char *addr, int *port)
{
    struct sockaddr_storage ss;
    int on = 1;
    socklen_t len = address_of(addr, *port, &ss);
    int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (void *)&ss, len) < 0 || listen(fd, WAITING) < 0)
        fail_msg("%s port %d: %s", addr, *port, strerror(errno));
    getsockname(fd, (void *)&ss, &len);
    if (*addr != '/')
        *port = ntohs(((struct sockaddr_in *)(void *)&ss)->sin_port);
    return fd;
}

/* A process that ends with the one that made it, and holds no descriptor of its but `keep`. */
static pid_t child(int keep)
{
    fflush(NULL);
    pid_t parent = getpid(), pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    for (int fd = 3; fd < DESCRIPTORS; fd++)
        if (fd != keep)
            close(fd);
    return 0;
}

static void serve(int listener, peer_play *play, long with)
{
    int on = 1;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN); /* nobody waits for those below */
    for (;;) {
        wire w = {.fd = accept(listener, NULL, NULL), .with = with};
        if (w.fd < 0)
            continue;
        setsockopt(w.fd, IPPROTO_TCP, TCP_NODELAY, &on,
                   sizeof on); /* of a unix socket: no matter */
        if (child(w.fd) == 0) {
            play(&w);
            _exit(0);
        }
        close(w.fd);
    }
}

peer peer_start(const char *addr, int port, peer_play *play, long with)
{
    peer p = {.port = port};
    int listener = listen_at(addr, &p.port);
    p.pid = child(listener);
    assert_true(p.pid >= 0);
    if (p.pid == 0)
        serve(listener, play, with);
    close(listener);
    return p;
}

void peer_stop(peer *p)
{
    kill(p->pid, SIGKILL);
    assert_int_equal(waitpid(p->pid, NULL, 0), p->pid);
    p->pid = 0;
}

/* ---- TLS ------------------------------------------------------------------------------------- */

#ifdef HAVE_OPENSSL
#include "../unit/tls_play.h"

static SSL_CTX *server, *big_server;
static const char *ca;

bool peer_has_tls(void)
{
    return true;
}

const char *peer_ca(void)
{
    return ca;
}

static SSL_CTX *server_with(const ident *leaf)
{
    SSL_CTX *c = SSL_CTX_new(TLS_server_method());
    assert_non_null(c);
    assert_int_equal(SSL_CTX_use_certificate(c, leaf->x), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(c, leaf->key), 1);
    return c;
}

void peer_tls_up(void)
{
    static const char from[] = "20200101000000Z", to[] = "20991231235959Z";
    ident root =
        make_cert((order){.cn = "lab CA", .from = from, .to = to, .ext = {EXT_CA, EXT_SIGNS}});
    ident leaf = make_cert(
        (order){.cn = "peer",
                .by = &root,
                .from = from,
                .to = to,
                .ext = {EXT_LEAF, EXT_SERVER, "subjectAltName=DNS:peer.test,IP:127.0.0.1,IP:::1"}});
    ca = make_file((const ident *const[]){&root, NULL}, NULL);
    server = server_with(&leaf);
    big_server = server_with(&leaf);
    for (int i = 0; i < BIG_CHAIN; i++)
        assert_int_equal(SSL_CTX_add1_chain_cert(big_server, root.x), 1);
}

void peer_tls_down(void)
{
    SSL_CTX_free(server);
    SSL_CTX_free(big_server);
    free_certs();
    free_files();
}

static bool handshake(wire *w, SSL_CTX *how)
{
    SSL *ssl = SSL_new(how);
    w->ssl = ssl;
    return ssl && SSL_set_fd(ssl, w->fd) == 1 && SSL_accept(ssl) == 1;
}

bool peer_handshake(wire *w)
{
    return handshake(w, server);
}

bool peer_handshake_big(wire *w)
{
    return handshake(w, big_server);
}

void peer_trouble(wire *w, int what)
{
    enum { OFTEN = 500 };
    if (what == PEER_ANEW) {
        SSL_renegotiate(w->ssl);
        SSL_do_handshake(w->ssl);
        return;
    }
    for (int i = 0; i < OFTEN; i++) {
        if (what == PEER_NEW_KEYS)
            SSL_key_update(w->ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
        else
            SSL_new_session_ticket(w->ssl);
        SSL_do_handshake(w->ssl);
    }
}

bool peer_goodbye(wire *w)
{
    return SSL_shutdown(w->ssl) >= 0;
}

const char *peer_sni(wire *w)
{
    const char *name = SSL_get_servername(w->ssl, TLSEXT_NAMETYPE_host_name);
    return name ? name : "none";
}

static bool tls_write(wire *w, const void *data, size_t len)
{
    return len == 0 || SSL_write(w->ssl, data, (int)len) == (int)len;
}

static int tls_read(wire *w, void *data, size_t size)
{
    return SSL_read(w->ssl, data, (int)size);
}
#else
bool peer_has_tls(void)
{
    return false;
}

const char *peer_ca(void)
{
    return NULL;
}

void peer_tls_up(void)
{
}

void peer_tls_down(void)
{
}

bool peer_handshake(wire *w)
{
    (void)w;
    return false;
}

bool peer_goodbye(wire *w)
{
    (void)w;
    return false;
}

bool peer_handshake_big(wire *w)
{
    (void)w;
    return false;
}

void peer_trouble(wire *w, int what)
{
    (void)w, (void)what;
}

const char *peer_sni(wire *w)
{
    (void)w;
    return "none";
}

static bool tls_write(wire *w, const void *data, size_t len)
{
    (void)w, (void)data, (void)len;
    return false;
}

static int tls_read(wire *w, void *data, size_t size)
{
    (void)w, (void)data, (void)size;
    return 0;
}
#endif

bool peer_send(wire *w, const void *data, size_t len)
{
    if (w->ssl)
        return tls_write(w, data, len);
    for (size_t sent = 0; sent < len;) {
        ssize_t n = send(w->fd, (const char *)data + sent, len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        sent += (size_t)n;
    }
    return true;
}

size_t peer_read(wire *w, void *data, size_t size)
{
    int n = w->ssl ? tls_read(w, data, size) : (int)read(w->fd, data, size);
    return n > 0 ? (size_t)n : 0;
}

/* ---- what a peer does ----------------------------------------------------------------------- */

void peer_pause(int ms)
{
    usleep((useconds_t)ms * 1000);
}

void peer_still(void)
{
    for (;;)
        pause();
}

void peer_half(wire *w)
{
    shutdown(w->fd, SHUT_WR);
}

void peer_reset(wire *w)
{
    struct linger now = {.l_onoff = 1};
    setsockopt(w->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(w->fd);
    w->fd = -1;
}

bool peer_say(wire *w, const char *text)
{
    return peer_send(w, text, strlen(text));
}

bool peer_hear(wire *w, char *line, size_t size)
{
    size_t n = 0;
    char c = 0;
    while (c != '\n') {
        if (peer_read(w, &c, 1) == 0)
            return false;
        if (c != '\n' && c != '\r' && n + 1 < size)
            line[n++] = c;
    }
    line[n] = '\0';
    return true;
}

bool peer_answer(wire *w, const char *text)
{
    char line[1024];
    return peer_hear(w, line, sizeof line) && peer_say(w, text);
}

void peer_rest(wire *w)
{
    char data[65536];
    while (w->fd >= 0 && peer_read(w, data, sizeof data) > 0)
        ;
}

/* ---- peers that are good for much ------------------------------------------------------------ */

static void say(wire *w, const char *text)
{
    if (w->with == WHOLE) {
        peer_say(w, text);
        return;
    }
    for (; *text; text++)
        peer_send(w, text, 1);
}

void peer_mail(wire *w)
{
    char line[256];
    say(w, "220 mail.test ready\r\n");
    while (peer_hear(w, line, sizeof line)) {
        if (strncmp(line, "EHLO", 4) == 0) {
            say(w, "250-mail.test\r\n");
            say(w, peer_has_tls() && !w->ssl ? "250-STARTTLS\r\n" : "");
            say(w, "250 SIZE 1000\r\n");
        } else if (strcmp(line, "STARTTLS") == 0) {
            say(w, "220 go\r\n");
            if (!peer_handshake(w))
                return;
        } else if (strcmp(line, "QUIT") == 0) {
            say(w, "221 bye\r\n");
            return;
        } else {
            say(w, "502 5.5.1 what?\r\n");
        }
    }
}

void peer_silent(wire *w)
{
    peer_rest(w);
}

void peer_echo(wire *w)
{
    char data[16384];
    size_t n;
    if (w->with && !peer_handshake(w))
        return;
    while ((n = peer_read(w, data, sizeof data)) > 0)
        peer_send(w, data, n);
}

/* ---- the other side -------------------------------------------------------------------------- */

static np_talk *prepared(np_context *ctx)
{
    np_talk *k = np_talk_new(ctx);
    np_talk_set(k, "timeout", "20s"); /* whatever hangs is to be seen, and not to be waited for */
    np_talk_set(k, "deadline", "30s");
    if (peer_ca())
        np_talk_set(k, "ca-file", peer_ca());
    return k;
}

np_talk *talk_with(np_context *ctx, const char *scheme, const peer *p)
{
    char url[64];
    np_talk *k = prepared(ctx);
    snprintf(url, sizeof url, "%s://127.0.0.1:%d", scheme, p->port);
    np_talk_set_url(k, url);
    return k;
}

np_talk *talk_by(np_context *ctx, const peer *p, const char *script)
{
    char port[16];
    np_talk *k = prepared(ctx);
    np_script *s = np_script_parse(script, strlen(script), "test.talk");
    snprintf(port, sizeof port, "%d", p->port);
    np_talk_set_variable(k, "host", "127.0.0.1");
    np_talk_set_variable(k, "port", port);
    np_talk_add_script(k, s);
    np_script_free(s);
    return k;
}

const char greeting_script[] = "protocol smtp\n"
                               "connect ${host}:${port}\n"
                               "expect 220\n"
                               "send EHLO me.test\n"
                               "expect 250\n";
const char mail_script[] = "protocol smtp\n"
                           "connect ${host}:${port}\n"
                           "expect 220\n"
                           "send EHLO me.test\n"
                           "expect 250\n"
                           "if has STARTTLS\n"
                           "starttls\n"
                           "send EHLO me.test\n"
                           "expect 250\n"
                           "end\n"
                           "send FROB\n"
                           "expect 502\n"
                           "always\n"
                           "send QUIT\n"
                           "expect 221\n";

bool talk_turn(np_context *in, np_event *ev)
{
    struct pollfd p = {np_context_fd(in), POLLIN, 0};
    assert_int_equal(poll(&p, 1, 20000), 1);
    return np_next_event(in, ev, sizeof *ev, 0) == 1;
}

np_status talk_until_done(np_context *in, const np_talk *k)
{
    np_event ev = {.type = NP_EV_NONE};
    while (!talk_turn(in, &ev) || ev.type != NP_EV_DONE || ev.object != k)
        ;
    return (np_status)ev.status;
}

np_talk_info info_of(const np_talk *k)
{
    np_talk_info i;
    assert_int_equal(np_talk_get_info(k, &i, sizeof i), NP_OK);
    return i;
}

void expect_end(const np_talk *k, np_status got, np_status wanted, const char *name,
                const char *part)
{
    np_talk_info i = info_of(k);
    if (got != wanted || strcmp(i.error_name, name) != 0 || !strstr(np_talk_error(k), part))
        fail_msg("got %s, %s: %s\n%s", np_status_name(got), i.error_name, np_talk_error(k),
                 transcript_of(k));
}

const char *transcript_of(const np_talk *k)
{
    static char text[1 << 20];
    size_t n = 0;
    text[0] = '\0';
    for (int i = 0; i < np_talk_line_count(k) && n < sizeof text; i++) {
        np_line l;
        np_talk_get_line(k, i, &l, sizeof l);
        n += (size_t)snprintf(text + n, sizeof text - n, "%c %s\n", "=><"[l.direction], l.text);
    }
    return text;
}
