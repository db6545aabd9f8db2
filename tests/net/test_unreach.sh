#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Answers that end a path: prohibit, unreachable and blackhole routes, a small MTU, a target that
# answers UDP by data.
. "${srcdir:-.}/tests/net/tool.sh" || exit 1
lab_enter
lab_up
tool_up

# route at router 3, mark for IPv4, for IPv6
try_route() {
    local type=$1 family mark target
    for family in 4 6; do
        mark=$([ $family = 4 ] && echo "$2" || echo "$3")
        target=LAB_TARGET$family
        local prefix=${!target}/$([ $family = 4 ] && echo 32 || echo 128)
        lab_router 3 ip -$family route add "$type" "$prefix"
        for kind in "" "-u"; do
            local name="$type IPv$family ${kind:-icmp}"
            # Linux also rations what such IPv4 routes say: five at once, then one a second.
            [ $family = 6 ] || sleep 4
            run nobody --json -c 2 -i 0.1 -m 4 $kind "${!target}"
            same "$name: exit" "$status" 1
            same "$name: reached" "$(json .reached)" false
            if [ -n "$mark" ]; then
                same "$name: end" "$(json '.end, .end_ttl' | tr '\n' ' ')" "unreachable 3 "
                same "$name: mark" "$(json '.hops[2].mark')" "$mark"
                same "$name: who" "$(json '.hops[2].addr')" "$("lab_addr$family" 3)"
                same "$name: rows" "$(json '.hops | length')" 3
                same "$name: error" "${err##*$'\n'}" "error=network.unreachable"
            else
                same "$name: end" "$(json .end)" unknown
                same "$name: rows" "$(json '.hops | length')" 3
                same "$name: error" "${err##*$'\n'}" "error=network.silent"
            fi
        done
        if [ -n "$mark" ]; then
            [ $family = 6 ] || sleep 4
            run nobody -c 1 -m 4 "${!target}"
            has "$type IPv$family: report" "$out" "# hop 3: $("lab_addr$family" 3) answered $mark"
        fi
        lab_router 3 ip -$family route del "$type" "$prefix"
    done
}

try_route prohibit '!X' '!X'
try_route unreachable '!H' '!N'
# A blackhole route drops in silence; the row behind the last answer is the silent one.
try_route blackhole '' ''

# A link that takes only 1280 octets, in the middle. Neither probes of every size nor what the
# router says about them may change what this host believes of the path.
lab_router 3 ip link set x4 mtu 1280
lab_router 4 ip link set y4 mtu 1280
mtu_of() { ip route get "$1" | tr ' ' '\n' | grep -A1 '^mtu$' | tail -n 1; }
for family in 4 6; do
    target=LAB_TARGET$family
    for kind in "" "-u"; do
        for size in 64 1280 1400; do
            run nobody --json -c 3 -i 0.1 -s $size $kind "${!target}"
            same "mtu IPv$family ${kind:-icmp} $size: first hop" \
                "$(json '.hops[0].stats.received')" 3
            same "mtu IPv$family ${kind:-icmp} $size: route" "$(mtu_of "${!target}")" ""
            if [ $size -le 1280 ]; then
                same "mtu IPv$family ${kind:-icmp} $size: exit" "$status" 0
            fi
        done
    done
done
run nobody --json -c 1 -s 1281 "$LAB_TARGET6"
same "big ICMPv6: kind" "$(json .kind)" udp
has "big ICMPv6: note" "$(json .note)" "path MTU"

# UDP that is answered by data: the target is reached, at the right hop.
python=$(command -v python3) || skip "no python3 for a UDP server"
for family in 4 6; do
    target=LAB_TARGET$family
    for manner in echo fixed; do
        ip netns exec target "$python" "${srcdir:-.}/tests/net/udp.py" "${!target}" 33434 $manner \
            >"$LAB_DIR/ready" &
        pid=$!
        for _ in $(seq 50); do
            [ -s "$LAB_DIR/ready" ] && break
            sleep 0.1
        done
        run nobody --json -u -c 5 -i 0.1 "${!target}"
        same "data IPv$family $manner: exit" "$status" 0
        same "data IPv$family $manner: end" "$(json '.end, .end_ttl' | tr '\n' ' ')" "reached 6 "
        same "data IPv$family $manner: received" "$(json '.hops[5].stats.received')" 5
        same "data IPv$family $manner: type" "$(json '.hops[5].icmp_type')" null
        kill $pid
        wait $pid 2>/dev/null
        : >"$LAB_DIR/ready"
    done
done
finish
