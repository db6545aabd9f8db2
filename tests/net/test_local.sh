#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Trouble on this host, and bad input: one sentence with the cure, a last line for programs, the
# right exit status, and nothing lost that was measured.
. "${srcdir:-.}/tests/net/tool.sh" || exit 1
lab_enter
lab_up
tool_up

# expect NAME STATUS ERROR WORDS ARGUMENTS...: one sentence, then error=ERROR (none for usage)
expect() {
    local name=$1 want=$2 error=$3 words=$4
    shift 4
    run nobody "$@"
    same "$name: exit" "$status" "$want"
    has "$name: sentence" "$err" "$words"
    if [ -n "$error" ]; then
        same "$name: last line" "${err##*$'\n'}" "error=$error"
        same "$name: lines" "$(printf '%s\n' "$err" | wc -l)" 2
    else
        same "$name: lines" "$(printf '%s\n' "$err" | wc -l)" 1
    fi
    same "$name: stdout" "$out" ""
}

lab_resolver # where nobody listens
without_names || expect "no name server" 2 network.resolver "resolv.conf" -c 1 www.example.org
expect "an address of the other family" 2 network.name "no IPv6 address" -6 -c 1 192.0.2.1
expect "any host" 2 network.name "any host" -c 1 0.0.0.0
expect "unknown zone" 2 network.name "interface" -c 1 fe80::1%nowhere0
expect "link-local without zone" 2 network.name "needs its zone" -c 1 fe80::1
expect "no host" 3 "" "which host"
expect "two hosts" 3 "" "one host at a time" 192.0.2.1 192.0.2.2
expect "a number behind the host" 3 "" "-s 60" 192.0.2.1 60
expect "bad count" 3 "" "not a whole number" -c many 192.0.2.1
expect "bad interval" 3 "" "10ms to 1h" -i 0.001 192.0.2.1
expect "negative interval" 3 "" "interval" -i -1 192.0.2.1
expect "huge TTL" 3 "" "1 to 255" -m 256 192.0.2.1
expect "bad column" 3 "" "no column Q" -o LQ 192.0.2.1
expect "traceroute's letter" 3 "" "traceroute" -q 3 192.0.2.1
expect "unknown letter" 3 "" "--help" -k 192.0.2.1
expect "nearly a name" 3 "" "--report-cycles" --report-cycle5 192.0.2.1
expect "missing value" 3 "" "needs a value" -c
expect "first behind last" 3 usage.range "max-ttl" -f 9 -m 8 192.0.2.1

expect "broadcast" 2 permission.denied "firewall rule or prohibit" -u -c 3 -i 0.1 255.255.255.255
ip route add prohibit 203.0.113.0/24
expect "prohibit route" 2 permission.denied "prohibit" -c 3 -i 0.1 203.0.113.1
ip route add blackhole 203.0.113.1
expect "blackhole route" 2 network.route "no route" -c 3 -i 0.1 203.0.113.1
ip route add unreachable 203.0.113.2
expect "unreachable route" 2 network.route "no route" -c 3 -i 0.1 203.0.113.2
nft -f - <<'NFT'
table ip wall {
    chain output {
        type filter hook output priority 0;
        ip daddr 203.0.113.9 drop
    }
}
NFT
ip route add 203.0.113.9 via 198.51.100.2
expect "firewall drop" 2 permission.denied "nft list ruleset" -c 3 -i 0.1 203.0.113.9

# The link goes down in the middle, and comes back: what was measured stays, the rest follows.
"${LAB_NOBODY[@]}" "$tool" --json -c 12 -i 0.25 "$LAB_TARGET4" >"$LAB_DIR/out" 2>/dev/null &
pid=$!
sleep 0.9
ip link set x1 down
sleep 0.8
ip link set x1 up
ip route add default via 198.51.100.2 2>/dev/null
wait $pid
same "link down and up: exit" $? 0
same "link down and up: before and after" "$(json '.hops[0].stats.received >= 6')" true
same "link down and up: rounds" "$(json '.hops[0].stats | .sent + .failed')" 12
same "link down and up: failed" "$(json '.hops[0].stats.failed >= 1')" true

ip link set x1 down
ip -6 route flush default 2>/dev/null
expect "interface down" 2 network.route "no route" -c 3 -i 0.1 "$LAB_TARGET4"
expect "interface down, IPv6" 2 network.route "no route" -c 3 -i 0.1 "$LAB_TARGET6"
run nobody --json -c 3 -i 0.1 "$LAB_TARGET4"
same "JSON of a failure" "$(json '.send_status, .sent' | tr '\n' ' ')" "network.route 0 "

# An output that cannot be written is an error too.
"${LAB_NOBODY[@]}" "$tool" -c 1 127.0.0.1 >/dev/full 2>"$LAB_DIR/err"
same "full disk: exit" $? 2
has "full disk: sentence" "$(cat "$LAB_DIR/err")" "could not be written"
finish
