#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A link in the middle of the path that is smaller than the packets: with --dont-fragment its router
# tells the MTU, without it the probes go through in pieces. And what fills the probes.
. "${srcdir:-.}/tests/net/tool.sh" || exit 1
lab_enter
lab_up
tool_up
# Link 4 joins routers 3 and 4.
lab_router 3 ip link set x4 mtu 1300
lab_router 4 ip link set y4 mtu 1300

for way in "|$LAB_TARGET4" "-u|$LAB_TARGET4"; do
    IFS="|" read -r kind target <<<"$way"
    run nobody $kind -n -c 2 -i 0.1 -s 1400 --json $target
    same "$kind $target: exit" "$status" 0
    same "$kind $target: in pieces" "$(json '.reached, .end_ttl' | tr '\n' ' ')" "true 6 "
    run nobody $kind -n -c 2 -i 0.1 -s 1400 --dont-fragment --json $target
    same "$kind $target: exit" "$status" 1
    same "$kind $target: who, and which MTU" \
        "$(json '[.hops[].responders[] | select(.mtu) | [.addr, .mtu, .mark]] | unique | tostring')" \
        "[[\"$(lab_addr4 3)\",1300,\"!F\"]]"
    ip route flush cache
done
run nobody -n -c 1 -s 1200 --dont-fragment "$LAB_TARGET4"
same "what fits goes through: exit" "$status" 0

# The pattern, as the first router sees it come in.
lab_router 1 nft -f - <<'NFT'
table inet seen {
    counter pattern { }
    chain forward {
        type filter hook forward priority 0;
        @th,160,32 0x5a5a5a5a counter name pattern
    }
}
NFT
run nobody -n -u -c 1 -B 90 -s 100 "$LAB_TARGET4"
lab_router 1 nft list counter inet seen pattern | grep -q 'packets [1-9]' ||
    fail "-B 90: no such octets in $(lab_router 1 nft list ruleset)"
run nobody -n -c 1 -B 256 "$LAB_TARGET4"
same "-B 256: exit" "$status" 3
has "-B 256" "$err" "0 to 255"
finish
