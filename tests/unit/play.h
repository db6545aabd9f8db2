/* SPDX-License-Identifier: MIT */
/*
 * Plays for the machine of conversations (stage.h), and what must be so of each: it ends as it
 * says, however the server's octets are cut, no secret is shown, and no lack of memory does harm.
 */
#ifndef TESTS_UNIT_PLAY_H
#define TESTS_UNIT_PLAY_H

#include "../check.h"
#include "../failmem.h"
#include "config.h"
#include "stage.h"

#ifdef HAVE_PCRE2
#define WITH_PATTERNS true
#else
#define WITH_PATTERNS false
#endif
#ifdef HAVE_OPENSSL
#define WITH_DIGESTS true
#else
#define WITH_DIGESTS false
#endif

/* The goodbye of SMTP in a script, and in its play. */
#define BYE  "always\nsend QUIT\nexpect 221\n"
#define QUIT "C QUIT\nS 221 bye\n"

/* A play in a table; what is set behind the end is named, as ".values = ...". */
#define ROW(about_, script_, lines_, end_, ...)                                                    \
    {                                                                                              \
        .about = about_, .script = script_, .lines = lines_, .end = end_, __VA_ARGS__              \
    }

/* ---- secrets --------------------------------------------------------------------------------- */

static inline bool play_holds(const char *text, size_t len, const npi_buf *part)
{
    for (size_t i = 0; part->len > 0 && i + part->len <= len; i++)
        if (memcmp(text + i, part->data, part->len) == 0)
            return true;
    return false;
}

/* Neither a secret nor a form of it stands in what is shown. */
static inline void play_check_secrets(const stage *s)
{
    const npi_values *v = &s->m.values;
    for (size_t i = 0; i < v->form_count; i++) {
        const npi_buf *form = &v->forms[i].octets;
        assert_false(play_holds(npi_buf_text(&s->m.texts), s->m.texts.len, form));
        assert_false(play_holds(npi_buf_text(&s->m.octets), s->m.octets.len, form));
        assert_false(play_holds(npi_buf_text(&s->story), s->story.len, form));
        assert_false(play_holds(npi_buf_text(&s->end), s->end.len, form));
    }
}

/* ---- one play -------------------------------------------------------------------------------- */

static inline void play_check_cut(const play *p, const stage *whole, unsigned pieces)
{
    stage s;
    stage_run(&s, p, &(staging){.pieces = pieces});
    assert_string_equal(npi_buf_text(&s.fault), "");
    assert_string_equal(npi_buf_text(&s.end), npi_buf_text(&whole->end));
    assert_string_equal(npi_buf_text(&s.story), npi_buf_text(&whole->story));
    play_check_secrets(&s);
    stage_free(&s);
}

/* What the client does when memory fails is what it does without, up to where it gives up. */
static inline void play_check_memory(const play *p, const stage *whole)
{
    unsigned long at = 1;
    for (bool failed = true; failed; at++) {
        failmem f = {.fail_at = at};
        npi_mem mem = failmem_allocator(&f);
        stage s;
        stage_run(&s, p, &(staging){.mem = &mem});
        failed = f.failed > 0;
        assert_true(s.told.len <= whole->told.len);
        assert_memory_equal(npi_buf_text(&s.told), npi_buf_text(&whole->told), s.told.len);
        if (s.m.in_always && s.status != NP_ERR_NOMEM) { /* where trouble is but a note */
            assert_int_equal(s.status, whole->status);
        } else if (s.status != NP_ERR_NOMEM) {
            assert_string_equal(npi_buf_text(&s.fault), "");
            assert_string_equal(npi_buf_text(&s.end), npi_buf_text(&whole->end));
        }
        play_check_secrets(&s);
        stage_free(&s);
        assert_int_equal(f.live, 0);
    }
    assert_true(at > 2); /* something was made to fail */
}

static inline void play_check(const play *p)
{
    stage s;
    print_message("    %s\n", p->about);
    stage_run(&s, p, &(staging){0});
    assert_string_equal(npi_buf_text(&s.fault), "");
    assert_string_equal(npi_buf_text(&s.end), p->end);
    play_check_secrets(&s);
    for (unsigned pieces = 1; pieces < 5 && !p->apart; pieces++)
        play_check_cut(p, &s, pieces);
    play_check_memory(p, &s);
    stage_free(&s);
}

static inline void play_check_all(const play *plays, size_t count)
{
    for (size_t i = 0; i < count; i++)
        play_check(&plays[i]);
}

#define PLAY(plays) play_check_all(plays, sizeof plays / sizeof plays[0])

/* Plays whose scripts have patterns. */
#define PLAY_PATTERNS(plays)                                                                       \
    do {                                                                                           \
        if (!WITH_PATTERNS) {                                                                      \
            print_message("    skipped: patterns need PCRE2\n");                                   \
            skip();                                                                                \
        }                                                                                          \
        PLAY(plays);                                                                               \
    } while (0)

/* The transcript of a play, as lines "> sent", "< received", "- note". */
static inline void play_transcript(const play *p, const char *expected)
{
    static const char marks[] = "-><";
    npi_mem mem = npi_mem_libc();
    npi_buf b = npi_buf_grow(&mem, STAGE_TEXT_MAX);
    stage s;
    play_check(p);
    stage_run(&s, p, &(staging){0});
    for (size_t i = 0; i < s.m.saying_count; i++) {
        const npi_saying *l = &s.m.sayings[i];
        if (l->direction == NP_DIRECTION_RECEIVED && l->data)
            continue;
        npi_buf_printf(&b, "%c ", marks[l->direction]);
        npi_buf_bytes(&b, npi_machine_text(&s.m, l->text), l->len);
        npi_buf_char(&b, '\n');
    }
    assert_string_equal(npi_buf_text(&b), expected);
    npi_buf_free(&b);
    stage_free(&s);
}

#endif
