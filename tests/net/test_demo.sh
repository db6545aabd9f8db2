#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The demonstration explains the row that misleads, whichever router that is.
. "${srcdir:-.}/tests/net/lab.sh" || exit 1
lab_possible || skip "this system allows no private network namespaces ($(lab_how))"
command -v jq >/dev/null || skip "no jq to read JSON with"
out=$(LAB_LIMITED=5 LAB_SILENT=1 bash "${srcdir:-.}/tests/net/demo.sh" tests/net/np-trace-static)
status=$?
printf '%s\n' "$out"
[ $status = 0 ] || exit 1
for family in 4 6; do
    addr=$("lab_addr$family" 5)
    printf '%s\n' "$out" | grep -qF "=> hop 5 ($addr) left" || exit 1
done
[ "$(printf '%s\n' "$out" | grep -c '^=> hop 1 never answers')" = 2 ] || exit 1
[ "$(printf '%s\n' "$out" | grep -c '^=> ')" = 4 ] || exit 1

# Where namespaces are forbidden it traces the loopback, and says so.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
printf '#!/bin/sh\nexit 1\n' >"$dir/unshare"
chmod +x "$dir/unshare"
out=$(PATH=$dir:$PATH bash "${srcdir:-.}/tests/net/demo.sh" tests/net/np-trace-static 2>/dev/null) || exit 1
printf '%s\n' "$out"
printf '%s\n' "$out" | grep -q 'no private network namespaces' || exit 1
printf '%s\n' "$out" | grep -q '^  1.|-- ' || exit 1
