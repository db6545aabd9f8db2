#!/bin/sh
# SPDX-License-Identifier: MIT
# Computes the vectors with Python and runs test_stats over them.
python3 -c '' 2>/dev/null || { echo "SKIP: no python3 to compute the exact values with"; exit 77; }
VECTORS=$(mktemp) || exit 1
trap 'rm -f "$VECTORS"' EXIT
python3 "${srcdir:-.}/tests/unit/stats_vectors.py" >"$VECTORS" || exit 1
export VECTORS
./tests/unit/test_stats
