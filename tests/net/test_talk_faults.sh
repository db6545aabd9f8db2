#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs talk_faults.c on a loopback of its own.
. "${srcdir:-.}/tests/net/lab.sh" || exit 1
[ -x tests/net/talk_faults ] || skip "tests/net/talk_faults was not built: no cmocka"
lab_enter
lab_dir
lab_node_knobs
exec ./tests/net/talk_faults
