#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The five routers: both families, ICMP and UDP, as root and as an ordinary user; a silent hop
# and one that rations its answers.
. "${srcdir:-.}/tests/net/tool.sh" || exit 1
lab_enter
LAB_PING=closed
lab_up
tool_up
lab_silence 2

# Where ping sockets are closed UDP takes over, and says so.
run nobody --json -c 3 -i 0.05 "$LAB_TARGET4"
same "closed range: exit" "$status" 0
same "closed range: kind" "$(json .kind)" udp
has "closed range: note" "$(json .note)" "net.ipv4.ping_group_range"
has "closed range: stderr" "$err" "UDP instead of ICMP"
run nobody -c 1 "$LAB_TARGET4"
has "closed range: report" "$out" "# UDP instead of ICMP"
lab_open_ping

addresses() { # of the hops of family $1, the silent one as null
    local n
    for n in 1 2 3 4 5 6; do
        [ "$n" = 2 ] && echo null || "lab_addr$1" "$n"
    done | tr '\n' ' '
}

wanted_kind() { [ "$1" = "-u" ] && echo udp || echo icmp; }

for as in root nobody; do
    for family in 4 6; do
        target=LAB_TARGET$family
        for kind in "" "-u"; do
            name="$as IPv$family ${kind:-icmp}"
            run $as --json -c 5 -i 0.05 $kind "${!target}"
            same "$name: exit" "$status" 0
            same "$name: kind" "$(json .kind)" "$(wanted_kind "$kind")"
            same "$name: hops" "$(json '.hops[].addr' | tr '\n' ' ')" "$(addresses $family)"
            same "$name: reached" "$(json '.reached, .end_ttl' | tr '\n' ' ')" "true 6 "
            same "$name: sent" "$(json '[.hops[].stats.sent] | unique | join(" ")')" 5
            same "$name: silent" "$(json '.hops[1].stats | .lost == 5 and .best_ns == null')" true
            same "$name: loss" "$(json '[.hops[] | select(.addr) | .stats.loss] | add')" 0
            same "$name: stamps" \
                "$(json '[.hops[].stats | .samples == .kernel_stamps] | all')" true
            same "$name: foreign" "$(json .foreign)" 0
        done
    done
done

# The tool itself holds no capability, and can get none.
"${LAB_NOBODY[@]}" "$tool" -c 0 -i 0.2 "$LAB_TARGET4" >/dev/null 2>&1 &
pid=$!
for _ in $(seq 50); do
    [ "$(cat /proc/$pid/comm 2>/dev/null)" = "np-trace-static" ] && break
    sleep 0.1
done
status_of() { awk -v key="$1:" '$1 == key { print $2 }' /proc/$pid/status; }
same CapEff "$(status_of CapEff)" 0000000000000000
same CapBnd "$(status_of CapBnd)" 0000000000000000
same NoNewPrivs "$(status_of NoNewPrivs)" 1
kill $pid
wait $pid

# Progress is for people: on a terminal only.
has "progress" "$(script -qec "$tool -rc 3 -i 0.1 $LAB_TARGET4 >/dev/null" /dev/null)" "round 3, "
run nobody -c 3 -i 0.1 "$LAB_TARGET4"
same "no progress into a file" "$err" ""

# The document is whole also when the run is cut short.
"${LAB_NOBODY[@]}" "$tool" --json -c 0 -i 0.05 "$LAB_TARGET4" >"$LAB_DIR/out" 2>/dev/null &
pid=$!
sleep 1
kill -INT $pid
wait $pid
same "interrupted: exit" $? 0
same "interrupted: status" "$(json .status)" cancelled
same "interrupted: reached" "$(json .reached)" true

# A link-local address, with its zone or through an interface; loopback and this host's own.
router=$(lab_router 1 ip -6 -o addr show y1 scope link | awk '{ sub("/.*", "", $4); print $4 }')
for kind in "" -u -T; do
    run nobody --json $kind -c 2 -i 0.1 "$router%x1"
    same "link-local ${kind:-icmp}" "$(json '.reached, .end_ttl' | tr '\n' ' ')" "true 1 "
    run nobody --json $kind -c 2 -i 0.1 198.51.100.1
    same "this host ${kind:-icmp}" "$(json '.reached, .end_ttl' | tr '\n' ' ')" "true 1 "
done
run nobody --json -I x1 -c 2 -i 0.1 "$router"
same "link-local through an interface" "$(json .reached)" true

# A router that rations its answers seems to lose, while what lies behind it does not.
lab_limit 4
for family in 4 6; do
    target=LAB_TARGET$family
    run nobody --json -c 20 -i 0.05 "${!target}"
    same "limited IPv$family: row 4 loses" "$(json '.hops[3].stats.loss > 0.3')" true
    same "limited IPv$family: the target does not" "$(json '.hops[5].stats.loss')" 0
done
# Rising ports: the first router sees as many as there are probes; without it, one.
lab_router 1 nft -f - <<'NFT'
table inet seen {
    set ports { type inet_service; size 1024; flags dynamic; }
    chain forward {
        type filter hook forward priority 0;
        meta l4proto udp update @ports { udp dport }
    }
}
NFT
seen() { lab_router 1 nft -j list set inet seen ports | jq '[.nftables[].set.elem // empty] | flatten | length'; }
for family in 4 6; do
    target=LAB_TARGET$family
    lab_router 1 nft flush set inet seen ports
    run nobody --json -n -u --classic -c 3 -i 0.1 -f 3 -m 6 "${!target}"
    same "rising IPv$family: exit" "$status" 0
    same "rising IPv$family: ports" "$(seen)" "$(json .sent)"
    same "rising IPv$family: the target" "$(json '.hops[-1].stats.received')" 3
    same "rising IPv$family: flow" "$(json '.flow_varies, .foreign' | tr '\n' ' ')" "true 0 "
    lab_router 1 nft flush set inet seen ports
    run nobody --json -n -u -c 3 -i 0.1 -f 3 "${!target}"
    same "fixed IPv$family: ports" "$(seen)" 1
    same "fixed IPv$family: flow" "$(json .flow_varies)" false
done
finish
