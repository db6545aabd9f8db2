#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs talk_hostile.c and talk_hostile_tls.c on a loopback of its own.
. "${srcdir:-.}/tests/net/lab.sh" || exit 1
[ -x tests/net/talk_hostile ] || skip "tests/net/talk_hostile was not built: no cmocka"
lab_enter
lab_dir
lab_node_knobs
./tests/net/talk_hostile && ./tests/net/talk_hostile_tls
