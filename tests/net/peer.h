/* SPDX-License-Identifier: MIT */
/*
 * A peer that plays what a test has written: a server in a process of its own, with another one for
 * each connection, so that it may block, dawdle and die. All of them end with the test.
 */
#ifndef TESTS_NET_PEER_H
#define TESTS_NET_PEER_H

#include "config.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include <netprobe.h>

#include "../check.h"
#include "../descriptors.h"
#include "../failmem.h"

/* One connection, seen by the peer. */
typedef struct wire {
    int fd;
    void *ssl; /* NULL in clear */
    long with; /* as given to peer_start */
} wire;

typedef void peer_play(wire *w);

typedef struct peer {
    pid_t pid;
    int port;
} peer;

/* Listen at an address of digits, or at a path, port 0 for any, and play for each connection. */
peer peer_start(const char *addr, int port, peer_play *play, long with);
void peer_stop(peer *p);

/* False when the client is gone. */
bool peer_send(wire *w, const void *data, size_t len);
bool peer_say(wire *w, const char *text);
bool peer_hear(wire *w, char *line, size_t size); /* a line without its end */
size_t peer_read(wire *w, void *data, size_t size); /* some octets; 0 at the end */

/* Hear a line, and say this. */
bool peer_answer(wire *w, const char *text);

void peer_rest(wire *w);  /* read to the end */
void peer_still(void);    /* do nothing, for ever: whoever plays is ended from outside */
void peer_half(wire *w);  /* no more octets from here */
void peer_reset(wire *w); /* away, with an RST */
void peer_pause(int ms);

/* Peers that are good for much; some look at what they were started with. */
enum { WHOLE, BY_OCTET }; /* replies in one piece, or not */
peer_play peer_mail, peer_silent, peer_echo; /* echo with 1: inside TLS */

/* TLS, with a certificate for 127.0.0.1, ::1 and peer.test of the authority in peer_ca. */
bool peer_has_tls(void);
#define SKIP_WITHOUT_TLS()                                                                        \
    do {                                                                                          \
        if (!peer_has_tls()) {                                                                    \
            printf("SKIP: this build has no OpenSSL\n");                                          \
            skip();                                                                               \
        }                                                                                         \
    } while (0)
void peer_tls_up(void);   /* once, before peers are started */
void peer_tls_down(void);
const char *peer_ca(void);
bool peer_handshake(wire *w);
bool peer_goodbye(wire *w); /* close_notify */
bool peer_handshake_big(wire *w); /* with 200 KiB of certificates */
enum { PEER_NEW_KEYS, PEER_TICKETS, PEER_ANEW };
void peer_trouble(wire *w, int what); /* many new keys, many tickets, or a new handshake */
const char *peer_sni(wire *w); /* the name that was asked for, or "none" */

/* ---- the other side ------------------------------------------------------------------------ */

/* A conversation with a peer on 127.0.0.1, which trusts its certificate; short time limits. */
np_talk *talk_with(np_context *ctx, const char *scheme, const peer *p);

/* The same, and it is given a script, which begins with its protocol and connects. */
np_talk *talk_by(np_context *ctx, const peer *p, const char *script);

/* Against peer_mail: a greeting, and a conversation that leaves nothing out. */
extern const char greeting_script[], mail_script[];

/* One turn, as a host's loop makes it: wait for the descriptor, take what there is. */
bool talk_turn(np_context *in, np_event *ev);
np_status talk_until_done(np_context *in, const np_talk *k);

np_talk_info info_of(const np_talk *k);

/* It ended so: status, stable name, and part of the sentence. */
void expect_end(const np_talk *k, np_status got, np_status wanted, const char *name,
                const char *part);

/* The transcript as "> sent", "< received", "= note", a line each. Lives until the next call. */
const char *transcript_of(const np_talk *k);

#endif
