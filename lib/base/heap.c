/* SPDX-License-Identifier: MIT */
/*
 * Decides which timer is first. A pairing heap: melding is the only primitive, removal of any
 * node melds its children in pairs.
 */
#include "base/heap.h"

#include <stddef.h>

static bool earlier(const npi_timer *a, const npi_timer *b)
{
    if (a->at.ns != b->at.ns)
        return a->at.ns < b->at.ns;
    return a->order < b->order;
}

/* Two roots become one: the later is the first child of the earlier. */
static npi_timer *meld(npi_timer *a, npi_timer *b)
{
    if (!a)
        return b;
    if (!b)
        return a;
    if (earlier(b, a)) {
        npi_timer *swap = a;
        a = b;
        b = swap;
    }
    b->prev = a;
    b->next = a->child;
    if (a->child)
        a->child->prev = b;
    a->child = b;
    a->next = a->prev = NULL;
    return a;
}

/*
 * Meld a list of siblings into one root: in pairs from left to right, then the pairs from right
 * to left. Loops instead of recursion: a list may be as long as there are timers.
 */
static npi_timer *meld_siblings(npi_timer *first)
{
    npi_timer *pairs = NULL; /* linked by next, last pair first */
    while (first) {
        npi_timer *a = first, *b = a->next;
        first = b ? b->next : NULL;
        a->next = a->prev = NULL;
        if (b)
            b->next = b->prev = NULL;
        npi_timer *pair = meld(a, b);
        pair->next = pairs;
        pairs = pair;
    }
    npi_timer *root = NULL;
    while (pairs) {
        npi_timer *next = pairs->next;
        pairs->next = NULL;
        root = meld(root, pairs);
        pairs = next;
    }
    return root;
}

void npi_heap_disarm(npi_heap *h, npi_timer *t)
{
    if (!t->armed)
        return;
    npi_timer *children = meld_siblings(t->child);
    if (t == h->root) {
        h->root = children;
    } else {
        if (t->prev->child == t)
            t->prev->child = t->next;
        else
            t->prev->next = t->next;
        if (t->next)
            t->next->prev = t->prev;
        h->root = meld(h->root, children);
    }
    t->child = t->next = t->prev = NULL;
    t->armed = false;
}

void npi_heap_arm(npi_heap *h, npi_timer *t, npi_mono at)
{
    npi_heap_disarm(h, t);
    if (at.ns == NPI_NEVER.ns)
        return;
    t->at = at;
    t->order = h->armed_ever++;
    t->armed = true;
    h->root = meld(h->root, t);
}

npi_timer *npi_heap_first(const npi_heap *h)
{
    return h->root;
}
