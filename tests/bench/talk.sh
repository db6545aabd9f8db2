#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# make bench: conversations beside curl and a bare loop of epoll and OpenSSL, against one nginx on
# loopback, in one run. Ratios count, not times. Takes root, as the tests with real servers do.
. "${srcdir:-.}/tests/net/tool.sh" || exit 1
here=${srcdir:-.}/tests/servers
bin=$PWD/tests/bench
runs=${RUNS:-7}
np_talk=$PWD/.libs/np-talk # the program, and not libtool's script around it
[ -x "$np_talk" ] || np_talk=$PWD/np-talk
LAB_PROCESSES=own
. "$here/servers.sh"
servers_fetch
lab_enter
lab_dir
ip link set lo up
command -v curl >/dev/null || skip "no curl to compare with"
servers_up
start_nginx
start_exim
ca=$srv/ca/ca.pem
url=https://127.0.0.1:443/
for ((n = 0; n < 2000; n++)); do
    printf 'url = %s\noutput = /dev/null\n' $url
done >"$LAB_DIR/urls"

ratio() { # ratio WHAT COLUMN A B AIM: of the table that measure has printed; 1 wall, 2 CPU
    awk -v what="$1" -v column="$2" -v a="$3" -v b="$4" -v aim="$5" '
        { name = substr($0, 1, 34); sub(/ +$/, "", name); split(substr($0, 35), part)
          v[name] = part[column] }
        END { printf "%-44s %8.2f   (aim: %s)\n", what, v[a] / v[b], aim }' "$LAB_DIR/table"
}

echo "== one head"
"$bin/measure" "$runs" "curl -I" curl -sI http://127.0.0.1/ \
    -- "np-talk -I" "$np_talk" -I http://127.0.0.1/ \
    -- "curl -I, TLS" curl -sI --cacert "$ca" $url \
    -- "np-talk -I, TLS" "$np_talk" -I --cacert "$ca" $url | tee "$LAB_DIR/table"
ratio "np-talk / curl, wall" 1 "np-talk -I" "curl -I" "at most 0.5"
ratio "np-talk / curl, CPU" 2 "np-talk -I" "curl -I" "at most 0.5"
ratio "np-talk / curl, TLS, wall" 1 "np-talk -I, TLS" "curl -I, TLS" "at most 0.5"
ratio "np-talk / curl, TLS, CPU" 2 "np-talk -I, TLS" "curl -I, TLS" "at most 0.5"
echo
echo "== 2,000 heads, each with a TLS connection of its own, 50 at once"
"$bin/measure" "$runs" "curl -Z" curl -sIZ --parallel-max 50 -H "Connection: close" --cacert "$ca" \
    -K "$LAB_DIR/urls" \
    -- "np_talk" "$bin/talk" library $url 2000 50 "$ca" \
    -- "epoll and OpenSSL" "$bin/talk" bare $url 2000 50 "$ca" | tee "$LAB_DIR/table"
ratio "curl -Z / np_talk, wall" 1 "curl -Z" "np_talk" "at least 1.3"
ratio "epoll and OpenSSL / np_talk, wall" 1 "epoll and OpenSSL" "np_talk" "at least 0.9"
ratio "curl -Z / np_talk, CPU" 2 "curl -Z" "np_talk" "at least 1.3"
ratio "epoll and OpenSSL / np_talk, CPU" 2 "epoll and OpenSSL" "np_talk" "at least 0.9"
echo
echo "== at rest"
"$bin/talk" idle smtp://127.0.0.1 15
stop_servers
