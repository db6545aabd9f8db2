#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Names from a live resolver, a silent one, one that nobody listens as, and hostile ones.
. "${srcdir:-.}/tests/net/tool.sh" || exit 1
lab_enter
lab_up
tool_up
if without_names; then
    run nobody -c 1 host.lab
    same "without c-ares: exit" "$status" 2
    has "without c-ares: sentence" "$err" "no c-ares"
    same "without c-ares: last line" "${err##*$'\n'}" "error=unsupported"
    run nobody --json -c 2 -i 0.1 "$LAB_TARGET4"
    same "without c-ares: addresses do" "$status" 0
    finish
fi
python=$(command -v python3) || skip "no python3 for a name server"
lab_resolver

server_up() { # MANNER
    : >"$LAB_DIR/ready"
    "$python" "${srcdir:-.}/tests/net/dns.py" "$1" >"$LAB_DIR/ready" &
    server=$!
    for _ in $(seq 50); do
        [ -s "$LAB_DIR/ready" ] && return
        sleep 0.1
    done
    fail "the name server did not start"
}

server_down() {
    kill $server
    wait $server 2>/dev/null
}

server_up live
run nobody --json -c 3 -i 0.1 host.lab
same "live: exit" "$status" 0
same "live: RFC 6724 prefers IPv6" "$(json .addr)" "$LAB_TARGET6"
run nobody --json -4 -c 3 -i 0.1 host.lab
same "live: -4" "$(json .addr)" "$LAB_TARGET4"
same "live: names" "$(json '[.hops[0, 5].name] | join(" ")')" "r1.lab host.lab"
same "live: no name" "$(json '.hops[1].name')" null
# c-ares refuses names with such octets, or hands them over: neither may show them raw.
run nobody -c 3 -i 0.1 -b "$LAB_TARGET4"
same "live: no control octets" "$(printf '%s' "$out" | tr -d '\n' | grep -c '[[:cntrl:]]')" 0
has "live: report" "$out" "  1.|-- r1.lab (198.51.100.2)"
run nobody -c 1 four.lab
same "live: IPv4 only" "$status" 0
run nobody -6 -c 1 four.lab
same "no address of that family: exit" "$status" 2
has "no address of that family" "$err" "no address of the family"
run nobody -c 1 nowhere.lab
same "unknown host: exit" "$status" 2
has "unknown host: sentence" "$err" "nowhere.lab: no such name"
has "unknown host: what was not asked" "$err" "mDNS"
same "unknown host: last line" "${err##*$'\n'}" "error=network.name"
run nobody -n --json -c 3 -i 0.1 -4 host.lab
same "-n: no names" "$(json '[.hops[].name] | unique | join(" ")')" ""
# Without routes for IPv6 the address that can be reached is taken.
ip -6 route flush default
run nobody --json -c 1 host.lab
same "no IPv6 route" "$(json .addr)" "$LAB_TARGET4"
ip -6 route add default via 2001:db8:1::2
server_down

# A resolver that does not answer changes nothing in what is measured.
measured() { json '.rounds, .reached, [.hops[].addr], [.hops[].name]' | tr '\n' ' '; }
run nobody -n --json -c 5 -i 0.1 "$LAB_TARGET4"
without=$(measured)
run nobody --json -c 5 -i 0.1 "$LAB_TARGET4" # nobody listens
same "dead resolver" "$(measured)" "$without"
for manner in silent empty garbage; do
    server_up $manner
    started=$(date +%s%N)
    run nobody --json -c 5 -i 0.1 "$LAB_TARGET4"
    echo "$manner resolver: $((($(date +%s%N) - started) / 1000000)) ms for five rounds of 100 ms"
    same "$manner resolver" "$(measured)" "$without"
    run nobody -c 1 host.lab
    same "$manner resolver: exit" "$status" 2
    same "$manner resolver: last line" "${err##*$'\n'}" "error=network.resolver"
    server_down
done
finish
