#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs talk_connect.c in a namespace with a way into nowhere, and routes that refuse.
. "${srcdir:-.}/tests/net/lab.sh" || exit 1
[ -x tests/net/talk_connect ] || skip "tests/net/talk_connect was not built: no cmocka"
lab_enter
lab_dir
lab_node_knobs
ip link add hole type veth peer name pit || skip "this kernel makes no pairs of interfaces"
ip link set hole up
ip link set pit up
ip addr add 192.0.2.1/24 dev hole
ip -6 addr add 2001:db8:9::1/64 dev hole nodad
for host in 192.0.2.9 2001:db8:9::9; do # the hardware address of nobody: what is sent there is gone
    ip neigh add "$host" lladdr 02:00:00:00:00:09 dev hole nud permanent
done
for n in 1 2 3; do
    ip -6 addr add "2001:db8:1::$n/128" dev lo nodad
done
ip route add unreachable 198.51.100.0/24
ip -6 route add unreachable 2001:db8:f::/64
ip route add blackhole 203.0.113.0/26
ip route add prohibit 203.0.113.64/26
exec ./tests/net/talk_connect "$LAB_DIR"
