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

check "the house is as it was" ./tests/net/guest
# A locale with a decimal comma, made for this test, and an odd time zone.
command -v localedef >/dev/null && [ -d /usr/share/i18n ] || skip "no locales to make a locale from"
localedef -i de_DE -f UTF-8 "$LAB_DIR/de_DE.UTF-8" || fail "localedef: $?"
check "under another locale and time zone" env LOCPATH="$LAB_DIR" LC_ALL=de_DE.UTF-8 \
    TZ=Asia/Kolkata ./tests/net/guest comma
for example in trace poll-loop; do
    # libtool's wrapper is a shell script, which cannot do without its descriptors.
    program=examples/.libs/$example
    export LD_LIBRARY_PATH=$PWD/.libs
    check "$example" "$program" 127.0.0.1 >"$LAB_DIR/out"
    has "$example: output" "$(cat "$LAB_DIR/out")" 127.0.0.1
    check "$example: descriptors 0 to 2 closed" bash -c '"$0" 127.0.0.1 <&- >&- 2>&-' "$program"
    check "$example: two thousand descriptors open" bash -c '
        ulimit -n 4096 || exit 0
        for ((fd = 3; fd < 2003; fd++)); do eval "exec $fd</dev/null"; done
        exec "$0" 127.0.0.1 >/dev/null' "$program"
done

# A context without descriptors is an object that tells why.
(
    ulimit -n 4
    exec examples/.libs/trace 127.0.0.1
) >/dev/null 2>"$LAB_DIR/err"
same "no descriptors: exit" $? 2
has "no descriptors: sentence" "$(cat "$LAB_DIR/err")" "no descriptors left"
finish
