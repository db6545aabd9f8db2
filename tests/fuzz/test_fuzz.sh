#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Replays the corpora, and inputs made from them by a fixed sequence.
for target in errqueue extension machine netlink procfs raw replies reply script text tls trace; do
    echo "fuzz_$target:"
    ./tests/fuzz/fuzz_$target "${srcdir:-.}/tests/fuzz/corpus/$target"/*.hex || exit 1
done
