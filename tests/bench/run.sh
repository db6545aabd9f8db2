#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# make bench: listings beside ss, netstat and lsof, in one run on one machine. Ratios count, not
# times. Takes root: the hosts live in namespaces of their own, and in cgroups that are removed.
here=$(cd "$(dirname "$0")" && pwd)
bin=$PWD/tests/bench
if [ "${1:-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "SKIP: make bench takes root"; exit 77; }
    unified=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
    folder=
    if [ -n "$unified" ] && mkdir "$unified/np-bench-$$" 2>/dev/null; then folder=$unified/np-bench-$$; fi
    unshare --net --pid --fork --mount-proc bash "$0" inside "$folder"
    status=$?
    # Removed once their processes are gone.
    for ((i = 0; i < 100; i++)); do
        [ -z "$folder" ] || rmdir "$folder"/service* "$folder" 2>/dev/null
        [ -d "$folder" ] || break
        sleep 0.1
    done
    exit $status
fi
folder=$2
ip link set lo up
sysctl -qw net.ipv4.ip_local_port_range="1024 65535" kernel.pid_max=4194304 2>/dev/null
runs=${RUNS:-5}

population() { # population ARGUMENTS...: until end_population
    exec 8> >(exec "$bin/host" "$@" >"$fifo")
    read -r word <"$fifo"
    [ "$word" = ready ] || { echo "the host did not come up"; exit 1; }
}
end_population() { # its processes end with it, and their sockets a little later
    exec 8>&-
    while [ "$(ss -Hltn | wc -l)" -gt 0 ]; do sleep 0.1; done
}
fifo=$(mktemp -u)
mkfifo "$fifo"
trap 'rm -f "$fifo"' EXIT

compare() {
    "$bin/measure" "$runs" "two bare dumps" "$bin/listeners" bare \
        -- "np_listeners, no owners" "$bin/listeners" none \
        -- "np_listeners, first owner" "$bin/listeners" first \
        -- "np_listeners, auto" "$bin/listeners" auto \
        -- "np_listeners, all owners" "$bin/listeners" all \
        -- "ss -Hltunpe" ss -Hltunpe \
        -- "netstat -plunte" netstat -plunte \
        -- "lsof -nP -iTCP -sTCP:LISTEN" lsof -nP -iTCP -sTCP:LISTEN | tee "$fifo.table"
    # The name takes 34 columns; wall and CPU time follow.
    awk -v aim="$1" '{ name = substr($0, 1, 34); sub(/ +$/, "", name); split(substr($0, 35), part)
            cpu[name] = part[2] }
        function ratio(what, a, b, wanted) {
            printf "%-28s %8.2f   (aim: %s)\n", what, cpu[a] / cpu[b], wanted
        }
        END {
            ratio("no owners / two bare dumps", "np_listeners, no owners", "two bare dumps", "at most 1.3")
            ratio("ss -p / first owner", "ss -Hltunpe", "np_listeners, first owner", "at least " aim)
            ratio("ss -p / all owners", "ss -Hltunpe", "np_listeners, all owners", "at least 1.9")
        }' "$fifo.table"
    for mode in none first all; do
        printf 'owners=%-6s %s\n' "$mode" "$("$bin/listeners" $mode)"
    done
    rm -f "$fifo.table"
}

echo "== 20,000 listeners of 2,000 processes, 50,000 ends of connections"
population 2000 10 0 0 25000
compare 3
end_population
echo
echo "== 60 listeners in 30 cgroups, 2,000 other processes with 50 descriptors, 50,000 ends"
if [ -n "$folder" ]; then
    population 30 2 2000 50 25000 30 "$folder"
else
    echo "(no cgroup2 here that can be written to: without cgroups)"
    population 30 2 2000 50 25000
fi
compare 50
end_population
