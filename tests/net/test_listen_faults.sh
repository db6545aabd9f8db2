#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs listen_faults.c and listen_life.c on a loopback of their own.
. "${srcdir:-.}/tests/net/lab.sh" || exit 1
for program in faults life; do
    [ -x tests/net/listen_$program ] || skip "tests/net/listen_$program was not built: no cmocka"
done
lab_enter
lab_dir
lab_node_knobs
lab_open_ping
./tests/net/listen_faults && ./tests/net/listen_life "$LAB_DIR"
