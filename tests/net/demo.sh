#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Shows the main job at once, without a network: demo.sh NP-TRACE
# Environment: LAB_LIMITED and LAB_SILENT choose the routers that misbehave (3 and 2).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lab.sh" || exit 1
tool=$1

if ! lab_inside && ! lab_possible; then
    echo "This system allows no private network namespaces: here is a trace of the loopback."
    "$tool" -rc 10 -i 0.1 localhost
    echo
    echo "To trace a real host: $tool -rc 10 www.example.org"
    exit 0
fi

lab_enter "$@"
limited=${LAB_LIMITED:-3}
silent=${LAB_SILENT:-2}
lab_up
lab_silence "$silent"
lab_limit "$limited"
tool=$(lab_install "$tool")

echo "Five routers and a target in a private network; router $silent is silent, router $limited"
echo "rations its answers. np-trace runs as an ordinary user (uid $("${LAB_NOBODY[@]}" id -u), no capability)."
for target in "$LAB_TARGET4" "$LAB_TARGET6"; do
    echo
    echo "\$ np-trace -rc 10 -i 0.1 $target"
    "${LAB_NOBODY[@]}" "$tool" -rc 10 -i 0.1 "$target"
    sleep 3 # the router that rations its answers gets some back
    "${LAB_NOBODY[@]}" "$tool" --json -c 10 -i 0.1 "$target" >"$LAB_DIR/trace.json"
    jq -r -f "$here/explain.jq" "$LAB_DIR/trace.json" | sed 's/^/=> /'
done
echo
echo "(The sentences are computed from np-trace --json, of a second run.)"
echo "To trace a real host: np-trace -rc 10 www.example.org"
