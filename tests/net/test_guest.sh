#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A guest's manners, on a loopback of its own.
. "${srcdir:-.}/tests/net/tool.sh"
lab_enter
lab_dir
lab_node_knobs
lab_open_ping
echo "nameserver 127.0.0.1" >"$LAB_DIR/resolv.conf"
mount --bind "$LAB_DIR/resolv.conf" /etc/resolv.conf

check() { # check WHAT COMMAND...
    local what=$1
    shift
    "$@" || fail "$what: exit $?"
}

check "the house is as it was" ./tests/net/guest
# A locale with a decimal comma, made for this test, and an odd time zone.
command -v localedef >/dev/null && [ -d /usr/share/i18n ] || skip "no locales to make a locale from"
localedef -i de_DE -f UTF-8 "$LAB_DIR/de_DE.UTF-8" || fail "localedef: $?"
check "under another locale and time zone" env LOCPATH="$LAB_DIR" LC_ALL=de_DE.UTF-8 \
    TZ=Asia/Kolkata ./tests/net/guest comma
for example in trace poll-loop; do
    # libtool's wrapper is a shell script, which cannot do without its descriptors.
    program=examples/.libs/$example
    [ -x "$program" ] || program=examples/$example
    export LD_LIBRARY_PATH=$PWD/.libs
    check "$example" "$program" 127.0.0.1 >"$LAB_DIR/out"
    has "$example: output" "$(cat "$LAB_DIR/out")" 127.0.0.1
    check "$example: descriptors 0 to 2 closed" bash -c '"$0" 127.0.0.1 <&- >&- 2>&-' "$program"
    check "$example: two thousand descriptors open" bash -c '
        ulimit -n 4096 || exit 0
        for ((fd = 3; fd < 2003; fd++)); do eval "exec $fd</dev/null"; done
        exec "$0" 127.0.0.1 >/dev/null' "$program"
    bash -c 'ulimit -n 4; exec "$0" 127.0.0.1' "$program" 2>"$LAB_DIR/err" >/dev/null &&
        fail "$example: without descriptors it cannot work"
done
has "no descriptors" "$(cat "$LAB_DIR/err")" ""
finish
