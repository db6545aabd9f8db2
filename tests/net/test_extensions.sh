#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What routers append to their errors, through the real kernel: MPLS labels, interfaces, an MTU.
. "${srcdir:-.}/tests/net/tool.sh" || exit 1
lab_enter
lab_dir
tool_up
lab_open_ping
[ -w /dev/net/tun ] || skip "no /dev/net/tun"
ip link set lo up
mkfifo "$LAB_DIR/told"
python3 "${srcdir:-.}/tests/net/responder.py" >"$LAB_DIR/told" &
read -r word <"$LAB_DIR/told"
same "the responder is there" "$word" ready
ip addr add 192.0.2.1/24 dev t0
ip link set t0 up
ip route add 198.51.100.0/24 dev t0
ip -6 addr add 2001:db8::1/64 dev t0 nodad
ip -6 route add 2001:db8:9::/64 dev t0

for way in "|198.51.100.9|10.9.0." "-u|198.51.100.9|10.9.0." "|2001:db8:9::9|fd00:9::" \
    "-u|2001:db8:9::9|fd00:9::"; do
    IFS="|" read -r kind target router <<<"$way"
    run nobody $kind -n -c 2 -i 0.1 --json $target
    same "$kind $target: exit" "$status" 0
    hop() { json ".hops[$1].responders[0] | $2"; }
    same "$kind $target: labels" "$(hop 0 '[.labels[] | [.label, .traffic_class, .bottom, .ttl]] | tostring')" \
        '[[16001,0,false,64],[16002,7,true,1]]'
    same "$kind $target: no labels where there are none" "$(hop 1 .labels)" null
    same "$kind $target: interface, at the place from before RFC 4884" \
        "$(hop 1 '.ingress | [.index, .name, .addr, .mtu] | tostring')" '[7,"ge-0/0/0","10.8.0.1",9000]'
    same "$kind $target: a wrong checksum is no extension" "$(hop 2 '.labels')" null
    # Linux keeps packet too big from UDP sockets of IPv6 that leave path MTU discovery alone.
    mtu=1280 lost=0
    [ "$kind$target" != -u2001:db8:9::9 ] || mtu=null lost=1
    same "$kind $target: an MTU" "$(hop 3 .mtu)" $mtu
    same "$kind $target: every hop answered" "$(json '[.hops[].stats.loss] | add')" $lost
    run nobody $kind -n -e -c 1 $target
    has "$kind $target: -e" "$out" "       [MPLS: Lbl 16001 TC 0 S 0 TTL 64]
       [MPLS: Lbl 16002 TC 7 S 1 TTL 1]"
    has "$kind $target: -e" "$out" "# hop 2: ${router}2 received it by ge-0/0/0 (10.8.0.1)"
    [ $mtu = null ] || has "$kind $target: -e" "$out" "# hop 4: ${router}4 asks for packets of at most 1280 octets"
    run nobody $kind -n -c 1 $target
    same "$kind $target: without -e" "$(grep -c MPLS "$LAB_DIR/out")" 0
done
kill $!
wait
finish
