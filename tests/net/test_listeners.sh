#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The listing beside real sockets in a private namespace: as root, as uid 65534 without any
# capability, and again where /proc hides other users' processes.
. "${srcdir:-.}/tests/net/tool.sh" || exit 1
for program in sockets owners; do
    [ -x tests/net/listeners_$program ] || skip "tests/net/listeners_$program was not built: no cmocka"
done
lab_enter
lab_dir
lab_open_ping
ip link set lo up
ip link add v0 type veth peer name v1
ip addr add 192.0.2.1/24 dev v0
ip -6 addr add fe80::1/64 dev v0 nodad
ip link set v0 up
ip link set v1 up
ip route add local 198.51.100.0/24 dev lo
ip link add vx0 type vxlan id 9 dstport 4789 2>/dev/null && ip link set vx0 up

passed() { # passed NAME LOG: no failure, and how many ran
    grep -E 'FAILED|ERROR|LINE|SKIPPED \]' "$2"
    grep -q '\[  PASSED  \]' "$2" && ! grep -q '\[  FAILED  \]' "$2" || fail "$1"
}

owners=$(lab_install tests/net/listeners_owners)
programs=("$owners")
# Without libmnl there is /proc/net, which does not tell most of what is compared here.
grep -q '^#define HAVE_LIBMNL' config.h && programs+=("$(lab_install tests/net/listeners_sockets)")
for program in "${programs[@]}"; do
    (cd "$LAB_DIR" && "$program") >"$LAB_DIR/log" 2>&1
    passed "$(basename "$program") as root" "$LAB_DIR/log"
done

mkfifo "$LAB_DIR/hold"
python3 -c 'import socket, sys
s = socket.create_server(("127.0.0.1", 2199))
print("ready", flush=True)
sys.stdin.read()' <"$LAB_DIR/hold" >"$LAB_DIR/told" &
exec 8>"$LAB_DIR/hold"
until grep -q ready "$LAB_DIR/told" 2>/dev/null; do kill -0 $! || break; done
mkdir -m 1777 "$LAB_DIR/any"
for program in "${programs[@]}"; do
    (cd "$LAB_DIR/any" && "${LAB_NOBODY[@]}" "$program") >"$LAB_DIR/log" 2>&1
    passed "$(basename "$program") as uid 65534" "$LAB_DIR/log"
done
if mount -t proc -o hidepid=2 proc /proc 2>/dev/null; then
    (cd "$LAB_DIR/any" && NP_HIDEPID=yes "${LAB_NOBODY[@]}" "$owners") >"$LAB_DIR/log" 2>&1
    passed "listeners_owners with hidepid" "$LAB_DIR/log"
    umount /proc
fi
exec 8>&-
wait
finish
