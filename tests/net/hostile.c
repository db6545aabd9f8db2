/* SPDX-License-Identifier: MIT */
#include "hostile.h"

#include <malloc.h>

enum {
    /* What is sent is held as step, text, octets and transcript, what comes as octets and text, in
       buffers that grow twofold: the limit of each is 8 MiB. */
    MOST_MEMORY = 96 << 20,
    MOST_TURNS = 4000 /* who spins makes as many in a moment */
};

/* ---- memory, by octets ----------------------------------------------------------------------- */

typedef struct larder {
    size_t held, most;
} larder;

static void *from_larder(void *user, void *memory, size_t size)
{
    larder *l = user;
    l->held -= memory ? malloc_usable_size(memory) : 0;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    void *p = realloc(memory, size);
    assert_non_null(p);
    l->held += malloc_usable_size(p);
    l->most = l->held > l->most ? l->held : l->most;
    return p;
}

/* ---- looking at what has become of it -------------------------------------------------------- */

static bool is_utf8(const unsigned char *t)
{
    while (*t) {
        int more = *t < 0x80   ? 0
                   : *t < 0xc2 ? -1
                   : *t < 0xe0 ? 1
                   : *t < 0xf0 ? 2
                   : *t < 0xf5 ? 3
                               : -1;
        if (more < 0)
            return false;
        for (t++; more > 0; more--, t++)
            if ((*t & 0xc0) != 0x80)
                return false;
    }
    return true;
}

static void harmless(const char *text, const char *allowed)
{
    for (const char *t = text; *t; t++)
        if (((unsigned char)*t < ' ' && !strchr(allowed, *t)) || *t == 0x7f)
            fail_msg("octet %d in: %.300s", *t, text);
    assert_true(is_utf8((const unsigned char *)text));
    assert_null(strstr(text, "\302\233"));     /* CSI, as C1 */
    assert_null(strstr(text, "\342\200\256")); /* U+202E */
}

void harmless_results(np_talk *k)
{
    harmless(np_talk_error(k), "");
    harmless(np_talk_json(k), "\n");
    for (int i = 0; i < np_talk_line_count(k); i++) {
        np_line l;
        assert_int_equal(np_talk_get_line(k, i, &l, sizeof l), NP_OK);
        assert_int_equal(l.text_len, strlen(l.text));
        harmless(l.text, "");
    }
    for (int i = 0; i < np_talk_step_count(k); i++) {
        np_step s;
        assert_int_equal(np_talk_get_step(k, i, &s, sizeof s), NP_OK);
        assert_true(s.state != NP_STEP_RUNNING);
        harmless(s.reply, "");
        harmless(s.note, "");
    }
    for (int i = 0; i < np_talk_header_count(k); i++)
        harmless(np_talk_header(k, i), "");
}

outcome outcome_of(const peer *p, const char *script, const char *timeout,
                   void (*prepare)(np_talk *))
{
    larder l = {0};
    np_allocator a = {from_larder, &l};
    outcome o = {.status = NP_OK};
    int before = open_descriptors(), turns = 0;
    np_context *ctx = np_context_new_with(&a, sizeof a);
    np_talk *k = talk_by(ctx, p, script);
    np_event ev = {.type = NP_EV_NONE};
    np_talk_set(k, "timeout", timeout);
    if (prepare)
        prepare(k);
    assert_int_equal(np_talk_start(k), NP_OK);
    while (ev.type != NP_EV_DONE)
        if (!talk_turn(ctx, &ev) && ++turns > MOST_TURNS)
            fail_msg("it spins: %s%s", script, transcript_of(k));
    o.status = (np_status)ev.status;
    snprintf(o.name, sizeof o.name, "%s", info_of(k).error_name);
    snprintf(o.sentence, sizeof o.sentence, "%s", np_talk_error(k));
    harmless_results(k);
    np_talk_free(k);
    np_context_free(ctx);
    assert_int_equal(l.held, 0);
    if (l.most > MOST_MEMORY)
        fail_msg("%zu octets were held: %s%s", l.most, script, o.sentence);
    assert_int_equal(open_descriptors(), before);
    return o;
}

void expect_outcome(const outcome *o, np_status status, const char *name, const char *what)
{
    if (o->status != status || strcmp(o->name, name) != 0)
        fail_msg("%s: %s, %s: %s", what, np_status_name(o->status), o->name, o->sentence);
}

/* ---- plays ----------------------------------------------------------------------------------- */

void hostile_still(wire *w)
{
    (void)w;
    peer_still();
}

void hostile_reset(wire *w)
{
    char data[1000];
    peer_read(w, data, sizeof data);
    peer_reset(w);
}
