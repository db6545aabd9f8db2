#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The same hops as mtr and traceroute, and mtr's layout to the column.
. "${srcdir:-.}/tests/net/tool.sh" || exit 1
lab_enter
command -v mtr >/dev/null && command -v traceroute >/dev/null ||
    skip "no mtr and traceroute to compare with"
lab_up
tool_up
lab_silence 2

hops_of_report() { awk '/\|--/ { print $2 }' | tr '\n' ' '; }
hops_of_traceroute() { awk '$1 ~ /^[0-9]+$/ { print ($2 == "*" ? "???" : $2) }' | tr '\n' ' '; }

# Figures to nines, so that only the layout is left. What mtr cannot say stands behind '#'.
layout() { grep -v -e '^#' -e '^Start: ' | sed 's/[0-9]/9/g; s/ [ 9]9\./  9./g'; }

for family in 4 6; do
    target=LAB_TARGET$family
    run nobody -rnc 3 -i 0.2 "${!target}"
    ours=$(printf '%s\n' "$out" | hops_of_report)
    theirs=$(mtr -rnc 3 -i 0.2 -G 1 "${!target}" | hops_of_report)
    same "IPv$family: hops as mtr" "$ours" "$theirs"
    same "IPv$family: hops as traceroute" "$ours" \
        "$(traceroute -n -q 1 -w 1 "${!target}" | hops_of_traceroute)"
    run nobody -urnc 3 -i 0.2 "${!target}"
    same "IPv$family: UDP hops" "$(printf '%s\n' "$out" | hops_of_report)" "$theirs"
done

has "start line" "$(head -n 1 "$LAB_DIR/out")" "Start: $(date +%Y-%m-%dT)"
for style in "" "-w" "-b" "-wb" "-o LSD" "-o LDRSNBAWVGJMXI" "-oSL" "-o LS_NA"; do
    order=${style//_/ }
    set -- $style
    [ $# -lt 2 ] || set -- "$1" "${2//_/ }"
    run nobody -rnc 3 -i 0.2 "$@" "$LAB_TARGET4"
    same "layout $order" "$(printf '%s\n' "$out" | layout)" \
        "$(mtr -rnc 3 -i 0.2 -G 1 "$@" "$LAB_TARGET4" | layout)"
done
finish
