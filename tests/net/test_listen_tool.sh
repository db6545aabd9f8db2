#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# np-listen: netstat's columns to the byte, the table for people, words, exit statuses, other
# namespaces, and names that would harm a terminal.
. "${srcdir:-.}/tests/net/tool.sh" || exit 1
LAB_PROCESSES=own # netstat's warning depends on whatever else runs as the same user
lab_enter
lab_dir
tool_up np-listen
command -v netstat >/dev/null || skip "no netstat (net-tools) to compare with"
export LC_ALL=C.UTF-8

ip link set lo up
ip link add v0 type veth peer name v1
ip addr add 192.0.2.1/24 dev v0
ip -6 addr add fe80::fc:ff:fe00:a36f/64 dev v0 nodad
ip link set v0 up
ip link set v1 up

mkfifo "$LAB_DIR/hold" "$LAB_DIR/told"
python3 "${srcdir:-.}/tests/net/host.py" "$LAB_DIR" <"$LAB_DIR/hold" >"$LAB_DIR/told" &
host=$!
exec 8>"$LAB_DIR/hold" 9<"$LAB_DIR/told"
declare -A pids
while read -r -u 9 name pid && [ "$name" != ready ]; do
    pids[$name]+="${pids[$name]:+ }$pid"
done
[ "$name" = ready ] || { fail "the host did not come up"; finish; }
nginx=(${pids[nginx]})

# ---- netstat's layout: equal but for order, and RefCnt, which only /proc/net/unix tells

compare() { # compare AS FLAGS...: rows and standard error
    local as=$1 command=(netstat)
    shift
    [ "$as" = root ] || command=("${LAB_NOBODY[@]}" netstat)
    "${command[@]}" "$@" >"$LAB_DIR/theirs" 2>"$LAB_DIR/theirs.err"
    run "$as" "$@"
    same "np-listen $* as $as: exit" "$status" 0
    head -n 2 "$LAB_DIR/theirs" >"$LAB_DIR/theirs.head"
    head -n 2 "$LAB_DIR/out" | diff "$LAB_DIR/theirs.head" - || fail "np-listen $*: headings"
    # A control octet of a program's name is '?' here.
    sed 's/^unix  [0-9] /unix  - /' "$LAB_DIR/theirs" | tr '\033\377' '??' | sort >"$LAB_DIR/a"
    sort "$LAB_DIR/out" | diff "$LAB_DIR/a" - || fail "np-listen $* as $as: rows differ"
    grep -v '^np-listen: not seen: ' "$LAB_DIR/err" | diff "$LAB_DIR/theirs.err" - ||
        fail "np-listen $* as $as: standard error"
}
for flags in -plunte -plute -plunteW -anpe -plwnU -xlp -xa -l "-l --inet" "-lp -6" -ptue -atunp -lx -an6 \
    "--all --numeric --programs" "-a -n -4 --udp" "-peW"; do
    compare root $flags
done
compare nobody -plunte
compare nobody -lutn
compare nobody -pxan

run root -plunte
same "the lowest process in column 9" "$(grep -c "127.0.0.1:25 .* $host/python3 *\$" "$LAB_DIR/out")" 1
same "a worker each" "$(grep -c '0.0.0.0:443 .*/python3' "$LAB_DIR/out")" 5

# ---- what /proc/net does not tell: a build without libmnl says so once, and goes no further

if ! "$tool" --version | grep -q '^ *listen .*sock_diag'; then
    run root
    same "without libmnl: said once" "$(grep -c '^# not seen: this build has no libmnl' "$LAB_DIR/out")" 1
    exec 8>&-
    wait
    finish
fi

same "no control octets" "$("$tool" -anpexW | LC_ALL=C tr -d '\n\040-\176' | wc -c)" 0

# ---- ss, where it is right: which places are listened at, and by whom

if command -v ss >/dev/null; then
    "$tool" --json tcp udp | jq -r '.listeners[] | select(.protocol != "mptcp") |
        "\(.protocol) \(.port) \(.inode) \(.owners | map(.pid) | sort | join(","))"' | sort >"$LAB_DIR/ours"
    # ss leaves servers and idle clients together: what we call clients is not compared.
    ss -Hltunpe | sed -n 's/^\([a-z]*\) .*:\([0-9]*\)  *[^ ]*:\*  *\(.*\)/\1 \2 \3/p' |
        while read -r protocol port rest; do
            inode=$(sed -n 's/.*ino:\([0-9]*\).*/\1/p' <<<"$rest")
            held=$(grep -o 'pid=[0-9]*' <<<"$rest" | sort -u -t= -k2n | sed 's/pid=//' | paste -sd,)
            echo "$protocol $port $inode $held"
        done | sort >"$LAB_DIR/theirs"
    left=$(comm -23 "$LAB_DIR/ours" "$LAB_DIR/theirs")
    same "every listener is one of ss's, with the same holders" "$left" ""
    more=$(comm -13 "$LAB_DIR/ours" "$LAB_DIR/theirs" | grep -c .)
    same "what ss has besides: an idle client, and the MPTCP socket as TCP" "$more" 2
fi

# ---- the table

run root
same "table: exit" "$status" 0
line() { grep -E -- "$1" "$LAB_DIR/out"; }
row() { # row NAME PATTERN PARTS...: one line that matches, with these words in it
    local name=$1 found
    found=$(line "$2")
    same "$name: lines" "$(grep -c . <<<"$found")" 1
    shift 2
    for part in "$@"; do has "$name" "$found" "$part"; done
}
row "workers on one line" ' 443 ' "all  " "0/2555" "nginx (${nginx[0]}, +4)"
row "one address" ' 53 ' address 192.0.2.1 "resolver (${pids[resolver]})"
row "dual stack" ' 8081 ' all "* (IPv4, IPv6)"
row "IPv6 only" ':: \(IPv6 only\)' 8082
row "mapped" ' 8083 ' address "192.0.2.1 (IPv4 only)"
row "dormant" ' 8084 ' nobody "198.51.100.77 (not of this host)"
row "device" ' 8085 ' "all on v0"
row "MPTCP" ' 9999 ' mptcp
row "loopback and queue" ' 5432 ' loopback 1/2 postgres
row "shared after fork" ' 25 ' "python3 ($host), master (${pids[master]})"
row "hostile name" ' 6666 ' '\x1b[2J) S 1 1 (\x0a\xff ('
row "clients are counted" '^# 1 idle UDP client is left out'
same "no control octets" "$(LC_ALL=C tr -d '\n\040-\176' <"$LAB_DIR/out" | wc -c)" 0
same "the widest reach first" "$(awk 'NR > 1 && !/^#/ { print $1 }' "$LAB_DIR/out" | uniq | tr '\n' ' ')" \
    "all address loopback nobody "
run root -x
row "UNIX socket" 's.PGSQL' local unix 0/5 postgres
row "abstract name" '@abstract' 0/128
row "datagrams" '@messages'

# ---- words and filters

ports() { json '[.listeners[].port] | unique | join(" ")'; }
run root --json :443
same "a port" "$(ports)" 443
run root --json :5432,8081-8083 tcp
same "ports and a range" "$(ports)" "5432 8081 8082 8083"
run root --json udp
same "a protocol" "$(json '[.listeners[].protocol] | unique | join(" ")')" udp
run root --json nginx postgres
same "names" "$(ports)" "443 5432"
same "every worker" "$(json '[.listeners[] | select(.port == 443) | .owners[].pid] | sort | map(tostring) | join(" ")')" \
    "$(printf '%s\n' "${nginx[@]}" | sort -n | tr '\n' ' ' | sed 's/ $//')"
run root --json nginx :5432
same "kinds narrow down" "$(json '.listeners | length')" 0
same "nothing matches: exit" "$status" 1
run root --json --pid "${pids[master]}"
same "a process" "$(ports)" 25
run root --json -4 tcp
same "reached over IPv4" "$(ports)" "25 443 5432 6666 8081 8082 8083 8084 8085 9999"
run root --json -6 tcp
same "reached over IPv6" "$(ports)" "8081 8082"
run root nosuch
same "no such name: exit" "$status" 1
has "no such name" "$err" "no socket matches"
run nobody nosuch
same "perhaps unseen: exit" "$status" 2
has "perhaps unseen" "$out" "run as root"
run nobody --json
same "all rows for everybody" "$(json '.listeners | length')" "$("$tool" --json | jq '.listeners | length')"
same "denied" "$(json '[.listeners[].owner_state] | unique | join(" ")')" denied

# ---- usage

usage() { # usage WORDS ARGUMENTS...
    local words=$1
    shift
    run root "$@"
    same "np-listen $*: exit" "$status" 3
    has "np-listen $*" "$err" "$words"
    same "np-listen $*: lines" "$(grep -c . <<<"$err")" 1
}
usage "ip route" -r
usage "ip -s link" -i
usage "nstat" -s
usage "ip maddress" -g
usage "ss -o" -o
usage "there is no option -q" -q
usage "did you mean --listening" --listenin-g
usage "no port" :70000
usage "there is no user nobody-here" --user nobody-here
usage "owners \"some\" is unknown" --owners some
usage "needs a value" --netns
run root --help
same "help: exit" "$status" 0
same "help fits a terminal" "$(awk 'length > 90' "$LAB_DIR/out" | wc -l)" 0
for letter in l a p e n W c t u U S w x 4 6; do
    has "help of -$letter" "$out" "    -$letter, --"
done

# ---- again and again, other namespaces, a full disk

"$tool" -c -lnt >"$LAB_DIR/again" &
again=$!
until [ "$(grep -c '^Active' "$LAB_DIR/again")" -ge 2 ]; do read -r -t 0.1 -u 9; done
kill -INT $again
wait $again
same "interrupted between two listings: exit" $? 0

if ip netns add other 2>/dev/null; then
    run root --netns other
    same "an empty namespace: exit" "$status" 1
    run root --netns "$$" tcp
    same "the namespace of a process: exit" "$status" 0
fi
run root --netns nosuch
same "no such namespace: exit" "$status" 2
has "no such namespace" "$err" "No such file"
run nobody --netns "$$"
same "a namespace without privilege: exit" "$status" 2
"$tool" >/dev/full 2>"$LAB_DIR/err"
same "a full disk: exit" $? 2
exec 8>&-
wait
finish
