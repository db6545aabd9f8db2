#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# TCP connection attempts as an ordinary user: open, closed and filtered ports, rejects and routers
# on the way; descriptors that run out; and servers that are left in peace.
. "${srcdir:-.}/tests/net/tool.sh" || exit 1
lab_enter
lab_up
tool_up
lab_silence 2
python=$(command -v python3) || skip "no python3 for a TCP server"
ip netns exec target "$python" - >"$LAB_DIR/server" <<'PY' &
import socket
servers = []
for family, address in ((socket.AF_INET, "198.51.100.22"), (socket.AF_INET6, "2001:db8:6::2")):
    s = socket.socket(family)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, 80))
    s.listen(64)
    servers.append(s)
print("ready", flush=True)
import time
time.sleep(600)
PY
server=$!
for _ in $(seq 50); do
    [ -s "$LAB_DIR/server" ] && break
    sleep 0.1
done

for as in root nobody; do
    for family in 4 6; do
        target=LAB_TARGET$family
        for port in 80 81; do
            name="$as IPv$family port $port"
            run $as --json -T -P $port -c 4 -i 0.1 "${!target}"
            same "$name: exit" "$status" 0
            same "$name: end" "$(json '.end, .end_ttl' | tr '\n' ' ')" "reached 6 "
            same "$name: state" "$(json .port_state)" "$([ $port = 80 ] && echo open || echo closed)"
            same "$name: method" "$(json '.method, .flow_varies' | tr '\n' ' ')" "tcp-connect true "
            for hop in 1 3 4 5; do
                same "$name: hop $hop" "$(json ".hops[$((hop - 1))].addr")" "$("lab_addr$family" $hop)"
                same "$name: hop $hop answers" "$(json ".hops[$((hop - 1))].stats.received")" 4
            done
            same "$name: silent hop" "$(json '.hops[1].addr')" null
            same "$name: target" "$(json '.hops[5].stats.received')" 4
            same "$name: foreign" "$(json .foreign)" 0
        done
    done
done
run nobody -T -c 2 -i 0.1 "$LAB_TARGET4"
has "report" "$out" "# TCP: reached $LAB_TARGET4 at hop 6, its port is open"
has "report: flow" "$out" "source port of its own"
# What connected was reset: nothing waits at the server, nothing lingers here.
same "nothing lingers here" "$(ss -Htan state time-wait state fin-wait-1 state fin-wait-2 | wc -l)" 0

# One flow: the first router sees one source port, however many probes.
lab_router 1 nft -f - <<'NFT'
table inet seen {
    set ports { type inet_service; size 1024; flags dynamic; }
    chain forward {
        type filter hook forward priority 0;
        tcp dport { 80, 81 } tcp flags syn / syn,ack update @ports { tcp sport }
    }
}
NFT
seen() { lab_router 1 nft -j list set inet seen ports | jq '[.nftables[].set.elem // empty] | flatten | length'; }
for family in 4 6; do
    target=LAB_TARGET$family
    for port in 80 81; do
        lab_router 1 nft flush set inet seen ports
        run nobody --json -T --serial -P $port -c 2 -i 0.1 -f 3 "${!target}"
        same "serial IPv$family port $port: exit" "$status" 0
        same "serial IPv$family port $port: state" "$(json '.port_state, .flow_varies' | tr '\n' ' ')" \
            "$([ $port = 80 ] && echo open || echo closed) false "
        same "serial IPv$family port $port: ports" "$(seen)" 1
        same "serial IPv$family port $port: no loss" "$(json '[.hops[].stats.loss] | add')" 0
        same "serial IPv$family port $port: foreign" "$(json .foreign)" 0
    done
done
lab_router 1 nft flush set inet seen ports
run nobody --json -T --serial -L 40404 -c 2 -i 0.1 -f 3 "$LAB_TARGET4"
has "a port of one's own" "$(lab_router 1 nft list set inet seen ports)" 40404
lab_router 1 nft flush set inet seen ports
run nobody --json -T -c 2 -i 0.1 -f 3 "$LAB_TARGET4"
[ "$(seen)" -gt 1 ] || fail "without --serial: one port only"
lab_router 1 nft delete table inet seen

# A port that drops, one that says no, and a router that says no.
ip netns exec target nft -f - <<'NFT'
table inet wall {
    chain in {
        type filter hook input priority 0;
        tcp dport 7001 drop
        tcp dport 7002 reject with icmpx admin-prohibited
    }
}
NFT
for family in 4 6; do
    target=LAB_TARGET$family
    run nobody --json -T -P 7001 -c 2 -i 0.1 "${!target}"
    same "filtered IPv$family: exit" "$status" 1
    same "filtered IPv$family: state" "$(json '.end, .port_state' | tr '\n' ' ')" "unknown null "
    same "filtered IPv$family: last row" "$(json '.hops[-1] | .ttl, .addr' | tr '\n' ' ')" "6 null "
    run nobody --json -T -P 7002 -c 2 -i 0.1 "${!target}"
    same "rejected IPv$family: exit" "$status" 1
    same "rejected IPv$family: end" "$(json '.end, .end_ttl' | tr '\n' ' ')" "unreachable 6 "
    same "rejected IPv$family: mark" "$(json '.hops[5].mark')" '!X'
done

# Fewer descriptors than probes: they wait for each other, and none is lost.
(
    ulimit -n 16
    run nobody --json -T -c 4 -i 0.01 -m 10 "$LAB_TARGET4"
    echo "$status $(json '[.hops[0, 2, 3, 4, 5].stats.received] | join(",")') $(json .failed)"
) >"$LAB_DIR/few"
same "few descriptors" "$(cat "$LAB_DIR/few")" "0 4,4,4,4,4 0"
kill $server
wait $server 2>/dev/null
finish
