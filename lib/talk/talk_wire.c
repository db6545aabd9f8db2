/* SPDX-License-Identifier: MIT */
/*
 * Decides how octets travel between the machine and the socket, with TLS between them or not. Each
 * call reads and writes a bounded number of octets.
 */
#include "talk/talk.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

enum { CHUNK = 16384 };

void npi_talk_watch(np_talk *k, npi_mono now, bool write)
{
    npi_reactor *r = &k->o.ctx->reactor;
    int err = 0;
    if (!k->m.ended)
        err = npi_reactor_watch(r, &k->watch, k->fd, &k->task, write);
    else if (write)
        err = npi_reactor_watch_room(r, &k->watch, k->fd, &k->task);
    else
        npi_reactor_unwatch(r, &k->watch);
    if (err)
        npi_machine_fail(&k->m, now, NP_ERR_SYSTEM, "memory",
                         "the kernel refused to watch the connection");
}

void npi_talk_close(np_talk *k)
{
    if (k->o.ctx)
        npi_reactor_unwatch(&k->o.ctx->reactor, &k->watch);
    if (k->fd >= 0) {
        close(k->fd);
        npi_buf_clear(&k->written); /* what waits for a connection that was never there is kept */
    }
    k->fd = -1;
    k->blocked = false;
    if (k->tls) {
        npi_tls_free(k->spent);
        k->spent = k->tls;
    }
    k->tls = NULL;
}

bool npi_talk_gave_up(const np_talk *k)
{
    return !npi_machine_segment(&k->m);
}

/* ---- out ------------------------------------------------------------------------------------ */

/* Send octets of the wire; how many went, -1 with errno. */
static ssize_t push(np_talk *k, const void *data, size_t len)
{
    ssize_t n = send(k->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : n;
}

static void broken(np_talk *k, npi_mono now, int err)
{
    bool reset = err == EPIPE || err == ECONNRESET;
    npi_machine_fail(&k->m, now, NP_ERR_CLOSED, reset ? "connect.reset" : "reply.closed",
                     reset ? "the server has reset the connection" : "the connection broke");
}

static void tls_broken(np_talk *k, npi_mono now)
{
    const char *problem = npi_tls_problem(k->tls);
    bool nomem = strcmp(problem, "tls.nomem") == 0;
    npi_machine_fail(&k->m, now, nomem ? NP_ERR_NOMEM : NP_ERR_TLS, nomem ? "memory" : problem,
                     npi_tls_sentence(k->tls));
}

/* Ciphertext that TLS has made, as much as goes; -1 with errno. */
static ssize_t push_tls(np_talk *k)
{
    const void *data;
    size_t len;
    ssize_t n = 1;
    while (n > 0 && (len = npi_tls_take(k->tls, &data)) > 0) {
        n = push(k, data, len);
        npi_tls_taken(k->tls, n > 0 ? (size_t)n : 0);
    }
    return n;
}

/* True when all has gone. */
static bool flush_tls(np_talk *k, npi_mono now)
{
    ssize_t n = push_tls(k);
    if (n < 0)
        broken(k, now, errno);
    return n > 0;
}

static bool send_by_tls(np_talk *k, npi_mono now, const npi_buf *out, size_t *sent)
{
    while (*sent < out->len) {
        npi_tls_step s = npi_tls_write(k->tls, out->data + *sent, out->len - *sent);
        if (s == NPI_TLS_BROKEN) {
            tls_broken(k, now);
            return false;
        }
        if (s == NPI_TLS_DONE)
            *sent = out->len;
        if (!flush_tls(k, now))
            return false;
    }
    return flush_tls(k, now);
}

bool npi_talk_send(np_talk *k, npi_mono now, const npi_buf *out, size_t *sent)
{
    if (k->tls)
        return send_by_tls(k, now, out, sent);
    while (*sent < out->len) {
        ssize_t n = push(k, out->data + *sent, out->len - *sent);
        if (n < 0)
            broken(k, now, errno);
        if (n <= 0)
            return false;
        *sent += (size_t)n;
    }
    return true;
}

void npi_talk_disconnect(np_talk *k)
{
    if (k->tls && k->fd >= 0) {
        npi_tls_close(k->tls);
        push_tls(k); /* a courtesy: nothing is lost where nobody hears it */
    }
    npi_talk_close(k);
}

/* ---- in ------------------------------------------------------------------------------------- */

static void feed(np_talk *k, npi_mono now, const void *data, size_t len)
{
    if (k->received == 0 && k->banner < 0)
        k->banner = npi_mono_sub(now, k->tls ? k->tls_end : k->c.connected);
    k->received += len;
    /* What broke the reader of replies is told by the step that waits for one. */
    if (!npi_machine_feed(&k->m, now, data, len) &&
        !(k->m.replies && npi_replies_problem(k->m.replies)[0]))
        npi_machine_fail(&k->m, now, NP_ERR_NOMEM, "memory", "out of memory");
}

static void read_plain_of_tls(np_talk *k, npi_mono now)
{
    char plain[CHUNK];
    size_t len;
    while (!k->m.ended) {
        switch (npi_tls_read(k->tls, plain, sizeof plain, &len)) {
        case NPI_TLS_DONE:
            feed(k, now, plain, len);
            break;
        case NPI_TLS_MORE:
            return;
        case NPI_TLS_CLOSED:
            npi_machine_ended(&k->m, false);
            return;
        case NPI_TLS_BROKEN:
            if (strcmp(npi_tls_problem(k->tls), "tls.truncated") == 0)
                npi_machine_ended(&k->m, true);
            else
                tls_broken(k, now);
            return;
        }
    }
}

static void take_in(np_talk *k, npi_mono now, const void *data, size_t len)
{
    if (!k->tls)
        feed(k, now, data, len);
    else if (!npi_tls_feed(k->tls, data, len))
        npi_machine_fail(&k->m, now, NP_ERR_NOMEM, "memory", "out of memory");
    else if (k->phase != NPI_TALK_HANDSHAKE)
        read_plain_of_tls(k, now);
}

static void peer_ended(np_talk *k, npi_mono now)
{
    npi_reactor_unwatch(&k->o.ctx->reactor, &k->watch);
    if (!k->tls) {
        npi_machine_ended(&k->m, false);
        return;
    }
    npi_tls_end(k->tls);
    if (k->phase != NPI_TALK_HANDSHAKE)
        read_plain_of_tls(k, now);
}

void npi_talk_receive(np_talk *k, npi_now *now, int *budget)
{
    char data[CHUNK];
    while (*budget > 0 && k->fd >= 0 && k->watch.fd >= 0 && !k->m.ended) {
        ssize_t n = recv(k->fd, data, sizeof data, MSG_DONTWAIT);
        npi_context_now(k->o.ctx, now);
        --*budget;
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n < 0 && errno != ECONNRESET) {
            broken(k, now->mono, errno);
            return;
        }
        if (n <= 0) {
            peer_ended(k, now->mono);
            return;
        }
        take_in(k, now->mono, data, (size_t)n);
    }
}

/* ---- connecting ------------------------------------------------------------------------------ */

static bool is_loopback(const npi_addr *a)
{
    static const uint8_t one[16] = {[15] = 1};
    return a->family == 4 ? a->octets[0] == 127
                          : a->family == 6 && memcmp(a->octets, one, sizeof one) == 0;
}

/* The next part of "a:b:[v6]:d", brackets taken off; *p moves behind its colon. */
static void take_part(const char **p, const char *end, npi_buf *out)
{
    const char *at = *p, *stop = at;
    npi_buf_clear(out);
    if (at < end && *at == '[') {
        stop = memchr(at, ']', (size_t)(end - at));
        stop = stop ? stop : end;
        npi_buf_bytes(out, at + 1, (size_t)(stop - at - 1));
        stop += stop < end;
    } else {
        const char *colon = memchr(at, ':', (size_t)(end - at));
        stop = colon ? colon : end;
        npi_buf_bytes(out, at, (size_t)(stop - at));
    }
    *p = stop < end ? stop + 1 : end;
}

static bool port_of(const npi_buf *text, uint16_t *out)
{
    uint64_t v;
    if (text->len == 0)
        return false;
    if (npi_parse_u64(npi_buf_text(text), &v) != NPI_PARSE_OK || v == 0 || v > UINT16_MAX)
        return false;
    *out = (uint16_t)v;
    return true;
}

/* The first row of connect-to that is about this place says where to connect instead. */
static void map_target(const np_talk *k, npi_buf *host, uint16_t *port)
{
    char parts[4][256];
    const char *row = k->settings.connect_to;
    while (row && *row) {
        const char *end = row + strcspn(row, ",");
        npi_buf b[4];
        uint16_t from = 0;
        for (int i = 0; i < 4; i++) {
            b[i] = npi_buf_in(parts[i], sizeof parts[i]);
            take_part(&row, end, &b[i]);
        }
        bool same_host = b[0].len == 0 || npi_text_same(parts[0], npi_buf_text(host));
        bool same_port = b[1].len == 0 || (port_of(&b[1], &from) && from == *port);
        if (same_host && same_port) {
            if (b[2].len > 0) {
                npi_buf_clear(host);
                npi_buf_str(host, parts[2]);
            }
            port_of(&b[3], port);
            return;
        }
        row = *end ? end + 1 : end;
    }
}

static bool set_egress(np_talk *k, const npi_now *now)
{
    npi_egress *e = &k->c.egress;
    *e = (npi_egress){0};
    npi_buf name = npi_buf_in(e->interface, sizeof e->interface);
    npi_buf_str(&name, k->settings.interface);
    if (!k->settings.source || npi_addr_parse(k->settings.source, &e->source))
        return true;
    npi_machine_fail(&k->m, now->mono, NP_ERR_INVALID, "script.variable",
                     "the source is not an address of digits");
    return false;
}

void npi_talk_connect(np_talk *k, const npi_now *now)
{
    npi_machine_target *t = &k->m.target;
    uint16_t port = t->port;
    npi_buf host = npi_buf_grow(&k->o.mem, t->host.max);
    npi_talk_disconnect(k);
    if (!set_egress(k, now))
        return;
    npi_buf_bytes(&host, t->host.data, t->host.len);
    if (!t->unix_socket)
        map_target(k, &host, &port);
    k->c.family = (int)k->settings.family;
    k->received = 0;
    if (host.nomem) {
        npi_buf_free(&host);
        npi_machine_fail(&k->m, now->mono, NP_ERR_NOMEM, "memory", "out of memory");
        return;
    }
    npi_connect_begin(&k->c, now->mono, npi_buf_text(&host), port, t->unix_socket);
    npi_buf_free(&host);
    k->phase = NPI_TALK_CONNECTING;
    k->phase_end = npi_mono_min(npi_mono_add(now->mono, k->settings.connect_timeout), k->m.over);
    npi_reactor_post(&k->o.ctx->reactor, &k->task);
}

/* Our own address is how a client without a name says hello (RFC 5321 4.1.3). */
static bool name_client(np_talk *k, const npi_addr *own)
{
    char text[80];
    npi_buf b = npi_buf_in(text, sizeof text);
    npi_addr plain = *own;
    plain.scope = 0;
    npi_buf_str(&b, own->family == 6 ? "[IPv6:" : own->family == 4 ? "[" : "localhost");
    npi_buf_addr(&b, &plain);
    npi_buf_str(&b, own->family ? "]" : "");
    return npi_values_get(&k->m.values, "client", strlen("client")) ||
           npi_values_set(&k->m.values, "client", strlen("client"), text, b.len);
}

static bool take_connection(np_talk *k, const npi_now *now)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    npi_addr own = {.family = 0};
    npi_buf source = npi_buf_in(k->source, sizeof k->source);
    k->fd = npi_connect_take(&k->c);
    if (getsockname(k->fd, (struct sockaddr *)&ss, &len) == 0)
        own = npi_addr_from_sockaddr((struct sockaddr *)&ss, len);
    npi_buf_addr(&source, &own);
    if (!name_client(k, &own))
        npi_machine_fail(&k->m, now->mono, NP_ERR_NOMEM, "memory", "out of memory");
    else
        npi_talk_watch(k, now->mono, false);
    return !npi_talk_gave_up(k);
}

static void connected(np_talk *k, const npi_now *now)
{
    npi_machine_facts *f = &k->m.facts;
    char text[128];
    npi_buf b = npi_buf_in(text, sizeof text);
    const npi_try *t = &k->c.tries[k->c.winner];
    f->times[NPI_TIME_RESOLVE] = npi_mono_sub(k->c.resolved, k->c.begin);
    f->times[NPI_TIME_CONNECT] = npi_mono_sub(k->c.connected, t->begin);
    f->peer = t->to;
    f->loopback = k->m.target.unix_socket || is_loopback(&t->to);
    npi_buf_str(&b, "connected to ");
    npi_buf_addr(&b, &t->to);
    if (k->m.target.unix_socket)
        npi_buf_str(&b, "the unix socket");
    else
        npi_buf_printf(&b, " port %u", t->to.port);
    npi_machine_say(&k->m, now->mono, NP_DIRECTION_NOTE, text, b.len);
    k->phase = NPI_TALK_STEPS;
    k->banner = -1;
    npi_machine_connected(&k->m, now->mono);
    if (take_connection(k, now) && k->m.target.tls)
        npi_talk_begin_tls(k, now);
}

void npi_talk_step_connecting(np_talk *k, const npi_now *now)
{
    npi_connect_step(&k->c, now->mono);
    if (k->c.state == NPI_CONNECT_DONE) {
        connected(k, now);
        return;
    }
    if (k->c.state != NPI_CONNECT_FAILED && npi_mono_before(now->mono, k->phase_end))
        return;
    if (k->c.state != NPI_CONNECT_FAILED)
        npi_connect_give_up(&k->c, now->mono);
    k->phase = NPI_TALK_STEPS;
    npi_machine_fail(&k->m, now->mono, k->c.status, k->c.problem, k->c.sentence);
}

/* ---- TLS ------------------------------------------------------------------------------------ */

static const char *or_null(const npi_buf *b)
{
    return b->len > 0 ? npi_buf_text(b) : NULL;
}

static const char *first_of(const npi_buf *script, const char *setting)
{
    return script->len > 0 ? npi_buf_text(script) : setting;
}

static void free_trust(void *trust)
{
    npi_trust_free(trust);
}

/* Loaded once a context: the system's store takes longer than a handshake. */
static npi_trust *trust_of(np_talk *k)
{
    np_context *ctx = k->o.ctx;
    if (!ctx->trust)
        ctx->trust = npi_trust_new(&ctx->mem);
    ctx->free_trust = free_trust;
    return ctx->trust;
}

static bool no_verify(const np_talk *k)
{
    return k->settings.verify == NP_CHOICE_NO ||
           (k->settings.verify == NP_CHOICE_AUTO && k->m.tls.verify_off);
}

void npi_talk_begin_tls(np_talk *k, const npi_now *now)
{
    char sentence[256];
    npi_buf why = npi_buf_in(sentence, sizeof sentence);
    const npi_machine_tls *s = &k->m.tls;
    npi_tls_settings settings = {
        .host = k->m.target.unix_socket && !or_null(&s->name) && !k->settings.sni
                    ? NULL
                    : first_of(&s->name,
                               k->settings.sni ? k->settings.sni : npi_buf_text(&k->m.target.host)),
        .ca_file = first_of(&s->ca, k->settings.ca_file),
        .cert_file = first_of(&s->cert, k->settings.cert_file),
        .key_file = first_of(&s->key, k->settings.key_file),
        .min_version = first_of(&s->min, k->settings.tls_min),
        .max_version = first_of(&s->max, k->settings.tls_max),
        .ciphers = k->settings.ciphers,
        .alpn = first_of(&s->alpn, k->settings.alpn                 ? k->settings.alpn
                                   : k->m.speech == NPI_SPEECH_HTTP ? "http/1.1"
                                                                    : NULL),
        .no_verify = no_verify(k),
        .keylog = k->settings.keylog,
        .wall_ns = now->wall.ns,
    };
    npi_trust *trust = trust_of(k);
    np_status st = trust ? npi_tls_new(&k->o.mem, trust, &settings, &k->tls, &why) : NP_ERR_NOMEM;
    k->phase = NPI_TALK_STEPS;
    if (st < 0) {
        npi_machine_fail(&k->m, now->mono, st,
                         st == NP_ERR_NOMEM         ? "memory"
                         : st == NP_ERR_UNSUPPORTED ? "unsupported"
                                                    : "script.variable",
                         st == NP_ERR_NOMEM ? "out of memory" : npi_buf_text(&why));
        return;
    }
    if (k->m.ended) /* right behind the word that let us begin: there is nobody to wait for */
        npi_tls_end(k->tls);
    int64_t limit = k->m.timeout > 0          ? k->m.timeout
                    : k->settings.timeout > 0 ? k->settings.timeout
                                              : 10 * NP_SECOND;
    k->tls_begin = now->mono;
    k->phase = NPI_TALK_HANDSHAKE;
    k->phase_end = npi_mono_min(npi_mono_add(now->mono, limit), k->m.over);
}

int64_t npi_talk_days_left(int64_t not_after_ns, npi_wall now)
{
    const int64_t day = 86400 * NP_SECOND;
    int64_t left = not_after_ns - now.ns;
    return left / day - (left % day < 0); /* a day that has begun to be past counts */
}

static void keep_certificate(np_talk *k, const npi_now *now)
{
    npi_machine_facts *f = &k->m.facts;
    npi_tls_cert c;
    f->chain_length = npi_tls_cert_count(k->tls);
    if (!npi_tls_get_cert(k->tls, 0, &c))
        return;
    f->cert_days = npi_talk_days_left(c.not_after_ns, now->wall);
    npi_buf *const into[] = {&f->cert_subject, &f->cert_issuer, &f->cert_names, &f->cert_key};
    const char *const from[] = {c.subject, c.issuer, c.names, c.key};
    for (int i = 0; i < 4; i++) {
        npi_buf_clear(into[i]);
        npi_buf_str(into[i], from[i]);
    }
}

static void secured(np_talk *k, const npi_now *now)
{
    npi_tls_info i;
    char text[256];
    npi_buf b = npi_buf_in(text, sizeof text);
    npi_machine_facts *f = &k->m.facts;
    npi_tls_get_info(k->tls, &i);
    memcpy(f->version, i.version, sizeof f->version);
    memcpy(f->cipher, i.cipher, sizeof f->cipher);
    memcpy(f->group, i.group, sizeof f->group);
    memcpy(f->alpn, i.alpn, sizeof f->alpn);
    f->trusted = i.verified;
    f->resumed = i.resumed;
    f->times[NPI_TIME_TLS] = npi_mono_sub(now->mono, k->tls_begin);
    k->tls_end = now->mono;
    npi_buf_printf(&b, "%s, %s, %s%s%s%s", i.version, i.cipher, i.group, i.alpn[0] ? ", ALPN " : "",
                   i.alpn, i.verified ? ", verified" : ", not verified");
    npi_machine_say(&k->m, now->mono, NP_DIRECTION_NOTE, text, b.len);
    npi_machine_secured(&k->m, now->mono);
    read_plain_of_tls(k, now->mono);
}

void npi_talk_step_handshake(np_talk *k, const npi_now *now)
{
    npi_tls_step s = npi_tls_handshake(k->tls);
    if (s == NPI_TLS_BROKEN) {
        keep_certificate(k, now);
        tls_broken(k, now->mono);
        push_tls(k); /* the alert: whether it can be sent changes nothing */
        return;
    }
    bool sent = flush_tls(k, now->mono);
    if (npi_talk_gave_up(k) && s == NPI_TLS_MORE)
        return;
    if (s == NPI_TLS_MORE && npi_mono_before(now->mono, k->phase_end)) {
        npi_talk_watch(k, now->mono, !sent);
        return;
    }
    keep_certificate(k, now);
    k->phase = NPI_TALK_STEPS;
    if (s == NPI_TLS_MORE)
        npi_machine_fail(&k->m, now->mono, NP_ERR_TIMEOUT, "tls.timeout",
                         "the TLS handshake is not answered");
    else
        secured(k, now);
}
