# SPDX-License-Identifier: MIT
# A small internet in private namespaces, to be sourced by bash scripts.
#
#     client ── r1 ── r2 ── r3 ── r4 ── r5 ── target          IPv4 and IPv6
#
# Link i joins node i-1 and node i (client is 0, target is 6): 198.51.100.(4i-3) and (4i-2),
# 2001:db8:i::1 and ::2. Hop n of a trace shows node n's address towards the client.
# The calling script runs in the client's namespace, which has ping sockets open unless LAB_PING
# is "closed". Everything is gone when the script ends: the namespaces have no other holder, and
# their names live in a private mount.

LAB_ROUTERS=5
LAB_TARGET4=198.51.100.22
LAB_TARGET6=2001:db8:6::2

lab_addr4() { echo "198.51.100.$((4 * $1 - 2))"; } # of hop $1
lab_addr6() { echo "2001:db8:$1::2"; }

skip() {
    echo "SKIP: $*"
    [ "${failures:-0}" = 0 ] || exit 1 # what failed before weighs more than what cannot run
    exit 77
}

# How this user gets namespaces of its own; with LAB_PROCESSES=own also one of processes.
lab_how() {
    local how="unshare --mount --net"
    [ "$(id -u)" = 0 ] || how+=" --map-root-user"
    [ "${LAB_PROCESSES:-}" != own ] || how+=" --pid --fork --kill-child --mount-proc"
    echo "$how"
}

lab_possible() { $(lab_how) true 2>/dev/null; }

# Whether this script is in namespaces of its own: it knows which one it left. A variable that
# merely exists is no proof, and mounts below would be seen by the whole system.
lab_inside() {
    [[ ${LAB_INSIDE:-} == mnt:* && $LAB_INSIDE != "$(readlink /proc/self/ns/mnt)" ]]
}

# End the servers that a script which is interrupted leaves behind: they would hold the namespaces.
lab_leave() {
    local pids
    pids=$(jobs -pr)
    [ -z "$pids" ] || kill $pids 2>/dev/null || true
}

# Run this script again inside namespaces of its own. Call first, with the script's arguments.
lab_enter() {
    if lab_inside; then
        trap lab_leave EXIT
        return
    fi
    lab_possible || skip "this system allows no private network namespaces ($(lab_how))"
    LAB_INSIDE=$(readlink /proc/self/ns/mnt) exec $(lab_how) bash "$0" "$@"
}

# A folder in memory that everybody may read and that vanishes with the namespace: $LAB_DIR.
lab_dir() {
    lab_inside || exit 1
    mount -t tmpfs -o mode=755 lab /run
    mkdir -p /run/netns /run/lab
    LAB_DIR=/run/lab
}

# Names are asked of 127.0.0.1, in this mount namespace only.
lab_resolver() {
    lab_inside && [ -d "${LAB_DIR:-}" ] || exit 1
    echo "nameserver 127.0.0.1" >"$LAB_DIR/resolv.conf"
    mount --bind "$LAB_DIR/resolv.conf" /etc/resolv.conf
}

lab_router() { # lab_router N COMMAND...
    local n=$1
    shift
    ip netns exec "r$n" "$@"
}

lab_sysctl() { # quietly; a knob that this kernel or namespace lacks is no error
    sysctl -qw "$@" 2>/dev/null || true
}

lab_node_knobs() { # inside a node's namespace
    ip link set lo up
    lab_sysctl net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    # Duplicate address detection would keep IPv6 links down for two seconds.
    lab_sysctl net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
    # Routers answer without limit unless lab_limit says otherwise. The mask, not the rate,
    # also lifts the limit over all destinations.
    lab_sysctl net.ipv4.icmp_ratemask=0 net.ipv6.icmp.ratelimit=0
}

lab_link() { # lab_link I LEFT RIGHT: names of namespaces, "" for the client's
    local i=$1 left=${2:+-n $2} right=$3
    ip link add "x$i" type veth peer name "y$i"
    [ -z "$2" ] || ip link set "x$i" netns "$2"
    ip link set "y$i" netns "$right"
    ip $left addr add "198.51.100.$((4 * i - 3))/30" dev "x$i"
    ip $left -6 addr add "2001:db8:$i::1/64" dev "x$i" nodad
    ip $left link set "x$i" up
    ip -n "$right" addr add "$(lab_addr4 "$i")/30" dev "y$i"
    ip -n "$right" -6 addr add "$(lab_addr6 "$i")/64" dev "y$i" nodad
    ip -n "$right" link set "y$i" up
}

lab_routes() { # lab_routes I NAME: what node I cannot see itself
    local i=$1 at=${2:+-n $2} j
    if [ "$i" -le "$LAB_ROUTERS" ]; then
        ip $at route add default via "$(lab_addr4 $((i + 1)))"
        ip $at -6 route add default via "$(lab_addr6 $((i + 1)))"
    fi
    for ((j = 1; j < i; j++)); do
        ip $at route add "198.51.100.$((4 * j - 4))/30" via "198.51.100.$((4 * i - 3))"
        ip $at -6 route add "2001:db8:$j::/64" via "2001:db8:$i::1"
    done
}

lab_up() {
    local n name left=
    lab_dir
    lab_node_knobs
    for ((n = 1; n <= LAB_ROUTERS + 1; n++)); do
        name=r$n
        [ "$n" -le "$LAB_ROUTERS" ] || name=target
        ip netns add "$name"
        ip netns exec "$name" bash -c "$(declare -f lab_sysctl lab_node_knobs); lab_node_knobs"
        lab_link "$n" "$left" "$name"
        left=$name
    done
    lab_routes 0 ""
    for ((n = 1; n <= LAB_ROUTERS; n++)); do lab_routes "$n" "r$n"; done
    lab_routes $((LAB_ROUTERS + 1)) target
    [ "${LAB_PING:-open}" = closed ] || lab_open_ping
}

# A new namespace allows ICMP datagram sockets to nobody.
lab_open_ping() {
    sysctl -qw net.ipv4.ping_group_range="0 2147483647" 2>/dev/null ||
        sysctl -qw net.ipv4.ping_group_range="0 0"
}

lab_silence() { # router N sends no ICMP errors at all; neighbour discovery goes on
    lab_router "$1" nft -f - <<'NFT'
table inet silent {
    chain output {
        type filter hook output priority 0;
        icmp type { time-exceeded, destination-unreachable } drop
        icmpv6 type { time-exceeded, destination-unreachable } drop
    }
}
NFT
}

# Router N answers each host with at most six errors at once, then one a second: what Linux does
# by default for IPv4. For IPv6 Linux divides by four towards a /64, and its default is a tenth.
lab_limit() {
    lab_router "$1" sysctl -qw net.ipv4.icmp_ratemask=6168 net.ipv4.icmp_ratelimit=1000
    lab_router "$1" sysctl -qw net.ipv6.icmp.ratelimit=4000
}

# How to run a command as an ordinary user: uid 65534 without any capability, now or later. Where
# this user's namespace has no other uid, dropping all capabilities stands in. An array, so that
# "${LAB_NOBODY[@]}" COMMAND & has the command's own pid.
LAB_NOBODY=(setpriv --reuid=65534 --regid=65534 --clear-groups)
"${LAB_NOBODY[@]}" true 2>/dev/null || LAB_NOBODY=(setpriv --securebits=+noroot,+noroot_locked)
LAB_NOBODY+=(--inh-caps=-all --bounding-set=-all --no-new-privs --)

# A copy of a program where everybody may run it: prints its path.
lab_install() {
    install -m 755 "$1" "$LAB_DIR/$(basename "$1")"
    echo "$LAB_DIR/$(basename "$1")"
}
