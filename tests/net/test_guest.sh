#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A guest's manners, on a loopback of its own.
. "${srcdir:-.}/tests/net/tool.sh" || exit 1
lab_enter
lab_dir
lab_node_knobs
lab_open_ping
lab_resolver

check() { # check WHAT COMMAND...
    local what=$1
    shift
    "$@" || fail "$what: exit $?"
}

# begin WHAT PROGRAM COMMAND...: all examples at once, for each takes ten seconds
names=() pids=()
begin() {
    names+=("$1")
    shift
    "$@" >"$LAB_DIR/out.${#pids[@]}" 2>&1 &
    pids+=($!)
}

# libtool's wrapper is a shell script, which cannot do without its descriptors.
export LD_LIBRARY_PATH=$PWD/.libs
for example in trace poll-loop; do
    program=examples/.libs/$example
    begin "$example" "$program" 127.0.0.1
    begin "$example: descriptors 0 to 2 closed" bash -c 'exec "$0" 127.0.0.1 <&- >&- 2>&-' "$program"
    begin "$example: two thousand descriptors open" bash -c '
        ulimit -n 4096 || exit 77
        for ((fd = 3; fd < 2003; fd++)); do eval "exec $fd</dev/null"; done
        exec "$0" 127.0.0.1' "$program"
done

check "the house is as it was" ./tests/net/guest

for i in "${!pids[@]}"; do
    wait "${pids[i]}"
    status=$?
    case $status in
    0) ;;
    77) echo "NOTE: not run: ${names[i]} ($(cat "$LAB_DIR/out.$i"))" ;;
    *) fail "${names[i]}: exit $status: $(cat "$LAB_DIR/out.$i")" ;;
    esac
    case ${names[i]} in
    *closed) ;;
    *) [ $status = 77 ] || has "${names[i]}: output" "$(cat "$LAB_DIR/out.$i")" 127.0.0.1 ;;
    esac
done

# A context without descriptors is an object that tells why.
(
    ulimit -n 4
    exec examples/.libs/trace 127.0.0.1
) >/dev/null 2>"$LAB_DIR/err"
same "no descriptors: exit" $? 2
has "no descriptors: sentence" "$(cat "$LAB_DIR/err")" "no descriptors left"

# A name server that hangs up, with SIGPIPE at its default.
tool=${NP_TRACE:-tests/net/np-trace-static}
if without_names; then
    echo "NOTE: not run: a name server that hangs up (no c-ares in this build)"
elif ! python=$(command -v python3); then
    echo "NOTE: not run: a name server that hangs up (no python3)"
else
    "$python" "${srcdir:-.}/tests/net/dns.py" hangup >"$LAB_DIR/ready" &
    server=$!
    for _ in $(seq 50); do
        [ -s "$LAB_DIR/ready" ] && break
        sleep 0.1
    done
    check "a name server that hangs up" ./tests/net/guest hangup
    kill $server
    wait $server 2>/dev/null
fi

# A locale with a decimal comma, made for this test, and an odd time zone.
command -v localedef >/dev/null && [ -d /usr/share/i18n ] || skip "no locales to make a locale from"
localedef -i de_DE -f UTF-8 "$LAB_DIR/de_DE.UTF-8" || fail "localedef: $?"
check "under another locale and time zone" env LOCPATH="$LAB_DIR" LC_ALL=de_DE.UTF-8 \
    TZ=Asia/Kolkata ./tests/net/guest comma
finish
