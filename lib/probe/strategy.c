/* SPDX-License-Identifier: MIT */
/*
 * The plan
 *
 * Rounds. A round begins every interval, whatever of earlier rounds is still out, and probes
 * each TTL once, in order, without waiting for answers. A round that takes longer than the
 * interval (pace, window) delays the next one; missed rounds are not made up for.
 *
 * Where a round ends. At the end of the path once that is known: the lowest TTL at which the
 * target, or somebody who calls it unreachable, answered. Else max_unknown TTLs behind the
 * deepest hop that answered. The first round of a trace without a window goes to max_ttl at
 * once: echo replies are not rationed, and one round trip then shows the whole path.
 *
 * Window. Hosts ration the port unreachables that UDP probes ask for (Linux: six at once, then
 * one a second), so while the end is unknown at most WINDOW TTLs beyond the deepest hop are
 * probed. Each hop that answers moves the window; when it stalls it widens by one TTL after
 * stall_ns, so that silent hops are passed. What it widened to is kept for later rounds.
 *
 * One at a time. Answers that do not tell which probe they answer (UDP data of the target's own,
 * errors that quote too little) can be told apart only when a single probe is out: the rest of the
 * round is probed so. In later rounds the answer is known by who sends it.
 *
 * The path may change. A hop that answers at or behind the end, to a probe that is younger than
 * what told the end, proves that the path has grown: the end is unknown again.
 *
 * The end of a run. When all rounds are sent, open probes get grace_ns: three times the slowest
 * answer, at least GRACE_LEAST, GRACE_BLIND while nothing answered, never beyond the time-out.
 *
 * Left out on purpose: flows, path enumeration, and shared budgets of several traces.
 */
#include "probe/strategy.h"

#define MILLISECOND INT64_C(1000000)

enum { WINDOW = 6 };

#define STALL_LEAST (100 * MILLISECOND)
#define STALL_MOST (500 * MILLISECOND)
#define STALL_BLIND (250 * MILLISECOND) /* while nothing answered */
#define GRACE_LEAST (200 * MILLISECOND)
#define GRACE_BLIND (1000 * MILLISECOND)

static int64_t clamp(int64_t v, int64_t least, int64_t most)
{
    if (v < least)
        v = least;
    return v > most ? most : v;
}

void npi_strategy_init(npi_strategy *s, const npi_strategy_config *cfg, npi_mono now)
{
    *s = (npi_strategy){.cfg = *cfg,
                        .due = now,
                        .deepest = cfg->first_ttl - 1,
                        .width = WINDOW,
                        .progress = now,
                        .quiet = now,
                        .last_sent = now};
}

static int64_t grace_ns(const npi_strategy *s)
{
    int64_t grace = s->cfg.grace_ns;
    if (grace == 0)
        grace = s->slowest_ns ? clamp(3 * s->slowest_ns, GRACE_LEAST, INT64_MAX) : GRACE_BLIND;
    return grace < s->cfg.timeout_ns ? grace : s->cfg.timeout_ns;
}

static int64_t stall_ns(const npi_strategy *s)
{
    if (s->serial)
        return grace_ns(s);
    return s->slowest_ns ? clamp(3 * s->slowest_ns, STALL_LEAST, STALL_MOST) : STALL_BLIND;
}

static int round_end(const npi_strategy *s)
{
    if (s->end_ttl)
        return s->end_ttl;
    if (!s->cfg.window && s->round == 0)
        return s->cfg.max_ttl;
    int last = s->deepest + s->cfg.max_unknown;
    return last < s->cfg.max_ttl ? last : s->cfg.max_ttl;
}

static void begin_round(npi_strategy *s, npi_mono now)
{
    s->in_round = true;
    s->cursor = s->cfg.first_ttl;
    s->progress = now;
    if (s->serial)
        s->width = WINDOW;
    s->serial = false;
    s->due = npi_mono_add(s->due, s->cfg.interval_ns);
    if (npi_mono_before(s->due, now))
        s->due = now;
}

/* True when the window lets the cursor's TTL pass; else `at` says when it will widen. */
static bool window_open(npi_strategy *s, npi_mono now, npi_mono *at)
{
    bool feel = s->serial || (s->cfg.window && !s->end_ttl);
    if (!feel || s->cursor <= s->deepest + s->width)
        return true;
    *at = npi_mono_add(s->progress, stall_ns(s));
    if (npi_mono_before(now, *at))
        return false;
    s->width++;
    return true;
}

static npi_action between_rounds(npi_strategy *s, npi_mono now, uint64_t open, npi_mono *at)
{
    if (s->cfg.cycles && s->round >= s->cfg.cycles) {
        *at = npi_mono_add(s->last_sent, grace_ns(s));
        return open == 0 || !npi_mono_before(now, *at) ? NPI_ACTION_DONE : NPI_ACTION_WAIT;
    }
    *at = s->paused ? NPI_NEVER : s->due;
    return NPI_ACTION_WAIT;
}

npi_action npi_strategy_next(npi_strategy *s, npi_mono now, uint64_t open, int *ttl,
                             npi_mono *at)
{
    if (!s->in_round) {
        npi_action action = between_rounds(s, now, open, at);
        if (action == NPI_ACTION_DONE || npi_mono_before(now, *at))
            return action;
        begin_round(s, now);
    }
    if (s->cursor > round_end(s)) {
        s->in_round = false;
        s->round++;
        return NPI_ACTION_ROUND;
    }
    *at = s->quiet;
    if (npi_mono_before(now, s->quiet) || !window_open(s, now, at))
        return NPI_ACTION_WAIT;
    *ttl = s->cursor;
    return NPI_ACTION_SEND;
}

void npi_strategy_sent(npi_strategy *s, npi_mono now)
{
    s->cursor++;
    s->progress = now;
    s->last_sent = now;
}

static void hop_answered(npi_strategy *s, npi_mono now, int ttl, npi_mono sent)
{
    if (s->end_ttl && ttl >= s->end_ttl) {
        if (!npi_mono_before(s->end_sent, sent))
            return; /* the path ends before it by now */
        s->end_ttl = 0;
        s->end = NP_END_UNKNOWN;
    }
    if (ttl <= s->deepest)
        return;
    s->deepest = ttl;
    s->progress = now;
    s->width = s->serial ? 1 : WINDOW;
}

static void end_answered(npi_strategy *s, int ttl, np_trace_end end, npi_mono sent)
{
    if (s->end_ttl && ttl > s->end_ttl)
        return; /* a probe of the first round that went too far */
    bool nearer = !s->end_ttl || ttl < s->end_ttl;
    if (nearer || npi_mono_before(s->end_sent, sent))
        s->end_sent = sent;
    if (nearer || end == NP_END_REACHED)
        s->end = end;
    s->end_ttl = ttl;
    if (s->deepest >= ttl)
        s->deepest = ttl - 1;
}

void npi_strategy_answer(npi_strategy *s, npi_mono now, int ttl, npi_answer what, npi_mono sent,
                         int64_t rtt_ns)
{
    if (rtt_ns > s->slowest_ns)
        s->slowest_ns = rtt_ns;
    if (what == NPI_ANSWER_HOP)
        hop_answered(s, now, ttl, sent);
    else
        end_answered(s, ttl, what == NPI_ANSWER_TARGET ? NP_END_REACHED : NP_END_UNREACHABLE,
                     sent);
}

void npi_strategy_serial(npi_strategy *s, npi_mono now, int ttl)
{
    if (!s->in_round && s->round > 0) {
        s->in_round = true;
        s->round--;
    }
    s->serial = true;
    s->width = 1;
    s->cursor = ttl;
    s->deepest = ttl - 1;
    s->quiet = npi_mono_add(now, grace_ns(s));
    s->progress = s->quiet;
}

void npi_strategy_pause(npi_strategy *s, npi_mono now, bool on)
{
    s->paused = on;
    if (!on && npi_mono_before(s->due, now))
        s->due = now;
}

int npi_strategy_last_row(const npi_strategy *s)
{
    if (s->end_ttl)
        return s->end_ttl;
    return s->deepest < s->cfg.max_ttl ? s->deepest + 1 : s->cfg.max_ttl;
}
