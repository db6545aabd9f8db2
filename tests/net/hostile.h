/* SPDX-License-Identifier: MIT */
/*
 * Peers that mean no good: whatever they do, a conversation ends by a status with a name, holds no
 * more than it may, makes no more turns than there is work, leaves nothing behind, and shows no
 * octet that a terminal would obey.
 */
#ifndef TESTS_NET_HOSTILE_H
#define TESTS_NET_HOSTILE_H

#include "peer.h"

typedef struct outcome {
    np_status status;
    char name[40], sentence[600];
} outcome;

/*
 * Run a script in a context of its own, and check all that must be so whoever the peer is.
 * `prepare`: more to be said before it starts; may be NULL.
 */
outcome outcome_of(const peer *p, const char *script, const char *timeout,
                   void (*prepare)(np_talk *));

void expect_outcome(const outcome *o, np_status status, const char *name, const char *what);

/* No text of a conversation has an octet that a terminal would obey. */
void harmless_results(np_talk *k);

peer_play hostile_still; /* neither reads nor says anything */
peer_play hostile_reset; /* hears something, and is gone */

#endif
