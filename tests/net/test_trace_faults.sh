#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs trace_faults.c on a loopback of its own.
. "${srcdir:-.}/tests/net/lab.sh" || exit 1
[ -x tests/net/trace_faults ] || skip "tests/net/trace_faults was not built: no cmocka"
lab_enter
lab_dir
lab_node_knobs
lab_open_ping
exec ./tests/net/trace_faults
