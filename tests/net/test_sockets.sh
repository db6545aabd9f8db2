#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs sockets.c on a loopback of its own.
. "${srcdir:-.}/tests/net/lab.sh" || exit 1
[ -x tests/net/sockets ] || skip "tests/net/sockets was not built: no cmocka"
lab_enter
lab_dir
lab_node_knobs
lab_open_ping
exec ./tests/net/sockets
