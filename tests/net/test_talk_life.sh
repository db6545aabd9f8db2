#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs talk_life.c and talk_calls.c on a loopback of their own, and reads the documents with jq.
. "${srcdir:-.}/tests/net/tool.sh" || exit 1
for program in life calls; do
    [ -x tests/net/talk_$program ] || skip "tests/net/talk_$program was not built: no cmocka"
done
lab_enter
lab_dir
lab_node_knobs
lab_resolver
./tests/net/talk_life && ./tests/net/talk_calls "$LAB_DIR" || exit 1
command -v jq >/dev/null || skip "no jq to read JSON with"

document() { # document NAME FILTER: holds for it
    jq -e "$2" "$LAB_DIR/$1.json" >/dev/null || fail "$1: not $2: $(cat "$LAB_DIR/$1.json")"
}

for name in idle running cancelled unmet http; do
    document $name '.schema == "netprobe.talk/1"'
done
document idle '.status == "ok" and .steps == [] and .transcript == [] and .tls == null'
document running '.steps[1] | .state == "running" and .duration_ns == null'
document cancelled '.status == "cancelled" and .error == "cancelled"'
document unmet '.status == "expectation.unmet" and .error_name == "reply.unexpected" and .warnings == 1'
document unmet '[.steps[].state] == ["ok", "ok", "warned", "ok", "failed"] and .code == 502'
document unmet '.steps[4] | .line == 6 and .file == "test.talk" and .reply == "what?"'
document unmet '.attempts | length == 1 and .[0].status == "ok" and .[0].error == null'
document http '[.transcript[] | select(.text | startswith("X-Odd"))][0].text == "X-Odd: \"\\\\\\x1b[31mä\\xff"'
document http '[.transcript[].text | select(contains("X-Token"))] == ["X-Token: <token>"]'
if [ -e "$LAB_DIR/tls.json" ]; then
    document tls '.tls.verified and .tls.faults == [] and .tls.certificates[0].issuer == "CN=lab CA"'
fi
finish
