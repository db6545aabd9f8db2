#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Four paths of equal cost, chosen by addresses and ports: probes of one flow keep to one of them,
# TCP attempts with source ports of their own do not, and the document says which it was.
#
#     client ── r1 ═╤═ m1 ═╤═ r2 ── server
#                   ├─ m2 ─┤
#                   ├─ m3 ─┤
#                   └─ m4 ─┘
. "${srcdir:-.}/tests/net/tool.sh" || exit 1
lab_enter
lab_dir
lab_node_knobs
lab_open_ping
tool_up

node() { # node NAME
    ip netns add "$1"
    ip netns exec "$1" bash -c "$(declare -f lab_sysctl lab_node_knobs); lab_node_knobs"
}

# join LEFT RIGHT SUBNET: "" is the client; 10.0.SUBNET.1 and .2, 2001:db8:SUBNET::1 and ::2.
join() {
    local at=${1:+-n $1}
    ip link add "x$3" type veth peer name "y$3"
    [ -z "$1" ] || ip link set "x$3" netns "$1"
    ip link set "y$3" netns "$2"
    ip $at addr add "10.0.$3.1/24" dev "x$3"
    ip $at -6 addr add "2001:db8:$3::1/64" dev "x$3" nodad
    ip $at link set "x$3" up
    ip -n "$2" addr add "10.0.$3.2/24" dev "y$3"
    ip -n "$2" -6 addr add "2001:db8:$3::2/64" dev "y$3" nodad
    ip -n "$2" link set "y$3" up
}

for name in r1 r2 m1 m2 m3 m4 server; do node $name; done
join "" r1 1
join r2 server 2
ways4=() ways6=()
for n in 1 2 3 4; do
    join r1 m$n 1$n
    join m$n r2 2$n
    ip -n m$n route add 10.0.2.0/24 via 10.0.2$n.2
    ip -n m$n route add 10.0.1.0/24 via 10.0.1$n.1
    ip -n m$n -6 route add 2001:db8:2::/64 via 2001:db8:2$n::2
    ip -n m$n -6 route add 2001:db8:1::/64 via 2001:db8:1$n::1
    ways4+=(nexthop via 10.0.1$n.2)
    ways6+=(nexthop via 2001:db8:1$n::2)
done
ip route add default via 10.0.1.2
ip -6 route add default via 2001:db8:1::2
ip -n server route add default via 10.0.2.1
ip -n server -6 route add default via 2001:db8:2::1
ip -n r2 route add 10.0.1.0/24 via 10.0.21.1
ip -n r2 -6 route add 2001:db8:1::/64 via 2001:db8:21::1
balance() { # balance KNOB=VALUE, for both families
    lab_router 1 sysctl -qw "net.ipv4.$1" "net.ipv6.$1" 2>/dev/null || skip "this kernel has no ${1%=*}"
}
balance fib_multipath_hash_policy=1
ip -n r1 route add 10.0.2.0/24 "${ways4[@]}" || skip "this kernel has no multipath routes"
ip -n r1 -6 route add 2001:db8:2::/64 "${ways6[@]}" || skip "this kernel has no multipath routes"

# How many of the middle routers answered.
middle() { json '[.hops[1].responders[].addr] | unique | length'; }

target4=10.0.2.2
target6=2001:db8:2::2
for family in 4 6; do
    target=target$family
    # By policy 1 a router on a virtual link believes the hash that the sender's kernel gave to a
    # connection, which real links do not carry; by policy 3 it looks at the fields.
    for kind in "" -u "-T --serial" "--use-raw" "-u --use-raw"; do
        name="IPv$family ${kind:-icmp}"
        as=nobody
        case $kind in
        -T*) balance fib_multipath_hash_policy=3 && balance fib_multipath_hash_fields=0x37 ;;
        *) balance fib_multipath_hash_policy=1 ;;
        esac
        [[ $kind != *raw ]] || as=root
        run $as --json -n -c 4 -i 0.1 -m 8 $kind "${!target}"
        same "$name: exit" "$status" 0
        same "$name: end" "$(json '.end, .end_ttl' | tr '\n' ' ')" "reached 4 "
        same "$name: flow" "$(json .flow_varies)" false
        same "$name: one of the four" "$(middle)" 1
        same "$name: answers" "$(json '.hops[1].stats.received')" 4
    done
    balance fib_multipath_hash_policy=3
    # Twenty-four ports that all take one way of four are one chance in 4^23.
    run nobody --json -n -T -c 24 -i 0.05 -m 8 "${!target}"
    same "IPv$family -T: exit" "$status" 0
    same "IPv$family -T: flow" "$(json .flow_varies)" true
    [ "$(middle)" -gt 1 ] || fail "IPv$family -T: one of the four only"
done
finish
