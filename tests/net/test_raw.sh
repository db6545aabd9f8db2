#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Raw ICMP sockets: where the sysctl closes the others, where they are asked for, and where they are
# not allowed; what routers quote, also of a type of service that is re-marked on the way.
. "${srcdir:-.}/tests/net/tool.sh" || exit 1
LAB_PING=closed
lab_enter
lab_up
tool_up

# way AS ARGUMENTS... prints what was sent by, and whether it arrived
way() {
    run "$@"
    echo "$(json '.kind, .method, .end, .end_ttl' | tr '\n' ' ')$status"
}

for family in 4 6; do
    target=LAB_TARGET$family
    same "closed, IPv$family, root" "$(way root --json -c 2 -i 0.1 "${!target}")" \
        "icmp icmp-raw reached 6 0"
    same "closed, IPv$family, root: no note" "$(json .note)" ""
    same "closed, IPv$family, nobody" "$(way nobody --json -c 2 -i 0.1 "${!target}")" \
        "udp udp-recverr reached 6 0"
    for kind in "" -u; do
        name="--use-raw $kind IPv$family"
        same "$name" "$(way root --json --use-raw $kind -c 3 -i 0.1 -Q 184 "${!target}")" \
            "$([ -n "$kind" ] && echo udp udp-raw || echo icmp icmp-raw) reached 6 0"
        for hop in 1 2 3 4 5; do
            same "$name: hop $hop" "$(json ".hops[$((hop - 1))].addr")" "$("lab_addr$family" $hop)"
            same "$name: hop $hop: answers" "$(json ".hops[$((hop - 1))].stats.received")" 3
            same "$name: hop $hop: stamps" "$(json ".hops[$((hop - 1))].stats.kernel_stamps")" 3
            same "$name: hop $hop: quoted" "$(json ".hops[$((hop - 1))].responders[0].quoted | tostring")" \
                '{"ttl":1,"tos":184}'
        done
        same "$name: the target answers" "$(json '.hops[5].stats.received')" 3
        same "$name: foreign" "$(json .foreign)" 0
        run nobody --use-raw $kind -c 1 "${!target}"
        same "$name, nobody: exit" "$status" 2
        has "$name, nobody: remedy" "$err" "cap_net_raw"
        same "$name, nobody: last line" "${err##*$'\n'}" "error=permission.denied"
    done
done
run root --use-raw -T -c 1 "$LAB_TARGET4"
same "--use-raw -T: exit" "$status" 2
has "--use-raw -T: sentence" "$err" "ICMP and UDP"

# Router 3 takes the mark off; whoever comes behind it tells.
lab_router 3 nft -f - <<'NFT'
table inet remark {
    chain forward {
        type filter hook forward priority 0;
        ip dscp set 0
        ip6 dscp set 0
    }
}
NFT
for family in 4 6; do
    target=LAB_TARGET$family
    run root --json --use-raw -u -c 1 -Q 184 "${!target}"
    same "re-marked, IPv$family" "$(json '[.hops[].responders[0].quoted.tos] | join(" ")')" \
        "184 184 184 0 0 0"
    run root --use-raw -u -c 1 -Q 184 "${!target}"
    same "re-marked, IPv$family: in the report" "$(grep "type of service" "$LAB_DIR/out")" \
        "# hop 4: to $("lab_addr$family" 4) the type of service was 0, no longer 184"
    same "re-marked, IPv$family: nothing else" "$(grep -c "TTL was still" "$LAB_DIR/out")" 0
done

# Answers that are longer than what is kept of them, and packets for others in a flood.
run root --json --use-raw -c 2 -i 0.1 -s 1400 "$LAB_TARGET4"
same "large: answers" "$(json '[.hops[].stats.received] | join(",")')" 2,2,2,2,2,2
for size in 1024 1032 1040 1050 1060; do
    run root --json --use-raw -c 1 -s $size "$LAB_TARGET4"
    same "$size octets: answers" "$(json '[.hops[].stats.received] | join(",")')" 1,1,1,1,1,1
done
"$tool" --use-raw -n -c 40 -i 0.01 -m 6 "$LAB_TARGET4" >/dev/null &
other=$!
run root --json --use-raw -c 20 -i 0.02 "$LAB_TARGET4"
wait $other
same "beside another: answers" "$(json '[.hops[].stats.received] | join(",")')" 20,20,20,20,20,20
same "beside another: foreign" "$(json .foreign)" 0

run root --version
has "version: raw" "$out" "raw"
finish
