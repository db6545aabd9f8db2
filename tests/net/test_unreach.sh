#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Answers that end a path: prohibit, unreachable and blackhole routes, a small MTU, a target that
# answers UDP by data.
. "${srcdir:-.}/tests/net/tool.sh" || exit 1
lab_enter
lab_up
tool_up

# try_route TYPE MARK4 MARK6 ROUTERS: a router each for ICMP and for UDP. Linux rations what such
# IPv4 routes say (five at once, then one a second), so each run but the short report has a router
# that said nothing yet.
try_route() {
    local type=$1 routers=$4 family
    for family in 4 6; do
        try_route_at "$type" $family "${routers% *}" "" "$([ $family = 4 ] && echo "$2" || echo "$3")"
        try_route_at "$type" $family "${routers#* }" -u "$([ $family = 4 ] && echo "$2" || echo "$3")"
    done
}

try_route_at() { # try_route_at TYPE FAMILY ROUTER KIND MARK
    local type=$1 family=$2 n=$3 kind=$4 mark=$5 target=LAB_TARGET$2
    local name="$type IPv$family ${kind:-icmp}" prefix
    prefix=${!target}/$([ "$family" = 4 ] && echo 32 || echo 128)
    lab_router "$n" ip "-$family" route add "$type" "$prefix"
    run nobody --json -c 2 -i 0.1 -m $((n + 1)) $kind "${!target}"
    same "$name: exit" "$status" 1
    same "$name: reached" "$(json .reached)" false
    same "$name: rows" "$(json '.hops | length')" "$n"
    if [ -n "$mark" ]; then
        same "$name: end" "$(json '.end, .end_ttl' | tr '\n' ' ')" "unreachable $n "
        same "$name: mark" "$(json ".hops[$n - 1].mark")" "$mark"
        same "$name: who" "$(json ".hops[$n - 1].addr")" "$("lab_addr$family" "$n")"
        same "$name: error" "${err##*$'\n'}" "error=network.unreachable"
        run nobody -c 1 -m "$n" $kind "${!target}"
        has "$name: report" "$out" "# hop $n: $("lab_addr$family" "$n") answered $mark"
    else
        same "$name: end" "$(json .end)" unknown
        same "$name: error" "${err##*$'\n'}" "error=network.silent"
    fi
    lab_router "$n" ip "-$family" route del "$type" "$prefix"
}

try_route prohibit '!X' '!X' "2 3"
try_route unreachable '!H' '!N' "4 5"
# A blackhole route drops in silence; the row behind the last answer is the silent one.
try_route blackhole '' '' "3 4"

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
            # Probes carry no DF: what is too big goes on in fragments. IPv6 routers do not cut,
            # and what they say instead is kept from a socket that leaves the path MTU alone.
            if [ $size -le 1280 ] || [ $family = 4 ]; then
                same "mtu IPv$family ${kind:-icmp} $size: exit" "$status" 0
                same "mtu IPv$family ${kind:-icmp} $size: end" "$(json .end_ttl)" 6
            else
                same "mtu IPv$family ${kind:-icmp} $size: exit" "$status" 1
                same "mtu IPv$family ${kind:-icmp} $size: rows" \
                    "$(json '[.hops[].stats.received] | join(" ")')" "3 3 3 0"
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
