#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Test vectors for hop statistics, computed exactly: fractions and high-precision decimals,
never floats. Each vector is printed as

    vector NAME
    sample SEQ RTT_NS            (or: generate COUNT SEED LOW SPAN, the recurrence below)
    want FIELD VALUE
    end
"""
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 50


def generate(count, seed, low, span):
    """The linear congruential recurrence that test_stats.c repeats in integers."""
    for seq in range(count):
        seed = (seed * 6364136223846793005 + 1442695040888963407) % 2**64
        yield seq, low + (seed >> 33) % span


def decimal_of(fraction):
    return Decimal(fraction.numerator) / Decimal(fraction.denominator)


def jitters(samples):
    """|difference| for each pair of consecutive probes, when the later answer of both comes."""
    rtts = {}
    for seq, rtt in samples:
        for other in (seq - 1, seq + 1):
            if other in rtts:
                yield abs(rtt - rtts[other])
        rtts[seq] = rtt


def rfc3550(samples):
    j = Decimal(0)
    for d in jitters(samples):
        j += (Decimal(d) - j) / 16
    return j


def wanted(samples):
    rtts = [rtt for _, rtt in samples]
    n = len(rtts)
    total, squares = sum(rtts), sum(r * r for r in rtts)
    yield "samples", n
    yield "last", rtts[-1]
    yield "best", min(rtts)
    yield "worst", max(rtts)
    yield "mean", decimal_of(Fraction(total, n))
    if n > 1:
        variance = Fraction(squares * n - total * total, n * (n - 1))
        yield "stdev", decimal_of(variance).sqrt()
    else:
        yield "stdev", 0
    logs = {}
    for r in rtts:
        logs[r] = logs.get(r, 0) + 1
    yield "gmean", (sum(Decimal(max(r, 1)).ln() * c for r, c in logs.items()) / n).exp()
    jitter = list(jitters(samples))
    yield "jitters", len(jitter)
    if jitter:
        yield "jitter_last", jitter[-1]
        yield "jitter_worst", max(jitter)
        yield "jitter_mean", decimal_of(Fraction(sum(jitter), len(jitter)))
        yield "jitter_rfc3550", rfc3550(samples)


def show(name, samples, recipe=None):
    print("vector", name)
    if recipe:
        print("generate", *recipe)
    else:
        for seq, rtt in samples:
            print("sample", seq, rtt)
    for field, value in wanted(samples):
        print("want", field, value)
    print("end")


MS = 1000000
show("one", [(0, 20 * MS)])
show("two", [(0, 20 * MS), (1, 21 * MS)])
show("ten", [(i, r * MS) for i, r in enumerate([20, 22, 19, 30, 21, 20, 20, 45, 19, 20])])
show("constant", [(i, 20 * MS) for i in range(1000)])
show("trippy", [(0, 777 * MS), (1, 788 * MS), (2, 780 * MS)])
show("lost", [(0, 10 * MS), (1, 12 * MS), (3, 20 * MS), (4, 19 * MS), (7, 5 * MS)])
show("overtaken", [(1, 12 * MS), (0, 30 * MS), (3, 11 * MS), (2, 40 * MS), (4, 12 * MS)])
show("gap closed late", [(0, 10 * MS), (2, 14 * MS), (1, 90 * MS)])
show("zero", [(0, 0), (1, 0), (2, 1), (3, 0)])
show("wide", [(0, 1), (1, 3600 * 1000 * MS), (2, 1)])
show("two humps", [(i, (10 if i % 7 else 250) * MS + i) for i in range(500)])
show("uniform", list(generate(1000, 1, 1 * MS, 500000)), (1000, 1, 1 * MS, 500000))
# The series over which mtr's mean sinks to its best: 20 to 30 ms, many samples.
show("long", list(generate(40000, 3, 20 * MS, 10 * MS)), (40000, 3, 20 * MS, 10 * MS))


def million(count, seed, low, span):
    """Without the per-sample decimals, which would take minutes."""
    total = squares = n = 0
    best, worst, previous, jitter_sum, jitter_worst = None, 0, None, 0, 0
    for _, rtt in generate(count, seed, low, span):
        n, total, squares = n + 1, total + rtt, squares + rtt * rtt
        best = rtt if best is None else min(best, rtt)
        worst = max(worst, rtt)
        if previous is not None:
            jitter_sum += abs(rtt - previous)
            jitter_worst = max(jitter_worst, abs(rtt - previous))
        previous = rtt
    print("vector million")
    print("generate", count, seed, low, span)
    print("want samples", n)
    print("want best", best)
    print("want worst", worst)
    print("want mean", decimal_of(Fraction(total, n)))
    print("want stdev", decimal_of(Fraction(squares * n - total * total, n * (n - 1))).sqrt())
    print("want jitter_worst", jitter_worst)
    print("want jitter_mean", decimal_of(Fraction(jitter_sum, n - 1)))
    print("end")


million(1000000, 9, 20 * MS, 10 * MS)
