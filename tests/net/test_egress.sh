#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# By which way probes leave: source address, interface, ports, type of service, mark; as the first
# router and this host's own firewall see them.
. "${srcdir:-.}/tests/net/tool.sh" || exit 1
lab_enter
lab_up
tool_up
ip addr add 198.51.100.129/32 dev x1
ip -6 addr add 2001:db8:77::1/128 dev x1 nodad
for n in 1 2 3 4 5 target; do
    at=r$n
    [ $n != target ] || at=target
    i=$n
    [ $n != target ] || i=6
    ip -n $at route add 198.51.100.129/32 via "198.51.100.$((4 * i - 3))"
    ip -n $at -6 route add 2001:db8:77::1/128 via "2001:db8:$i::1"
done

count_rules() { # RULE: count what comes to the first router from here
    lab_router 1 nft -f - <<NFT
table inet seen
delete table inet seen
table inet seen {
    chain in {
        type filter hook prerouting priority -300;
        iifname "y1" $1 counter
    }
}
NFT
}
seen() { lab_router 1 nft list table inet seen | sed -n 's/.*packets \([0-9]*\).*/\1/p'; }

# expect_seen WHAT RULE ARGUMENTS...: every probe of three rounds matches
expect_seen() {
    local what=$1
    count_rules "$2"
    shift 2
    run nobody --json -c 3 -i 0.1 "$@"
    same "$what: exit" "$status" 0
    same "$what: seen at the first router" "$(seen)" "$(json .sent)"
}

expect_seen "source" "ip saddr 198.51.100.129" -a 198.51.100.129 "$LAB_TARGET4"
same "source: in the document" "$(json .source)" 198.51.100.129
expect_seen "IPv6 source" "ip6 saddr 2001:db8:77::1 icmpv6 type echo-request" -a 2001:db8:77::1 \
    "$LAB_TARGET6"
expect_seen "interface" "ip protocol icmp" -I x1 "$LAB_TARGET4"
expect_seen "ports" "udp sport 4321 udp dport 5353" -u -L 4321 -P 5353 "$LAB_TARGET4"
expect_seen "type of service" "ip dscp ef" -Q 184 "$LAB_TARGET4"
expect_seen "traffic class" "ip6 dscp ef icmpv6 type echo-request" -Q 184 "$LAB_TARGET6"

run nobody -c 1 -a 192.0.2.99 "$LAB_TARGET4"
same "foreign source: exit" "$status" 2
has "foreign source: sentence" "$err" "ip addr"
run nobody -c 1 -I nowhere0 "$LAB_TARGET4"
same "unknown interface: exit" "$status" 2
has "unknown interface: sentence" "$err" "ip link"
run nobody -c 1 -a 198.51.100.129 -6 "$LAB_TARGET4"
same "source of the other family: exit" "$status" 3
run nobody -c 1 -M 7 "$LAB_TARGET4"
same "mark without privilege: exit" "$status" 2
has "mark without privilege: sentence" "$err" "CAP_NET_ADMIN"
same "mark without privilege: last line" "${err##*$'\n'}" "error=permission.denied"

nft -f - <<'NFT'
table inet marked {
    chain out {
        type filter hook output priority 0;
        meta mark 7 counter
    }
}
NFT
run root --json -c 3 -i 0.1 -M 7 "$LAB_TARGET4"
if [ "$status" = 0 ]; then
    same "mark: seen on this host" \
        "$(nft list table inet marked | sed -n 's/.*packets \([0-9]*\).*/\1/p')" "$(json .sent)"
else # root of an ordinary user's namespace may mark as well; nothing else is acceptable
    fail "mark: exit $status: $err"
fi
finish
