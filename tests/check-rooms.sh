#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The walls: arrows between rooms run down one list only, tools and examples know public headers
# only, and nobody includes from a room that does not exist.
cd "${srcdir:-.}" || exit 1
failures=0

complain() {
    echo "$*"
    failures=$((failures + 1))
}

# Rooms that a room may include from, besides itself.
below() {
    case $1 in
    base) echo "" ;;
    wire) echo "base" ;;
    core) echo "base wire" ;;
    listen | probe | talk) echo "base wire core" ;;
    *) echo "none" ;;
    esac
}

# What a file includes, in either form and however it is spaced: "x.h" and <x.h>.
included_by() { sed -n 's/^[[:blank:]]*#[[:blank:]]*include[[:blank:]]*\([<"][^>"]*[>"]\).*/\1/p' "$1"; }

# A gate that finds nothing may be blind.
planted=$(mktemp) || exit 1
trap 'rm -f "$planted"' EXIT
printf '#include "a.h"\n # include <b/c.h> /* why */\n#\tinclude"d.h"\n/* #include "e.h" */\n' >"$planted"
[ "$(included_by "$planted" | tr -d '\n')" = '"a.h"<b/c.h>"d.h"' ] || {
    echo "this gate is blind: of three planted includes it sees"
    included_by "$planted"
    exit 1
}

for file in lib/*.[ch]; do
    [ ! -e "$file" ] || complain "$file lies in no room"
done

for file in lib/*/*.[ch]; do
    room=$(basename "$(dirname "$file")")
    allowed=" $room $(below "$room") "
    [ "$(below "$room")" != none ] || complain "$file: the room $room is not in the list"
    while read -r included; do
        name=${included:1:-1}
        case $included in
        \"config.h\" | \"netprobe.h\" | \"netprobe/*) continue ;;
        \"*/* | \<*../*) other=${name%%/*} ;;
        \<*/*) # a system's header, unless it names a room
            other=${name%%/*}
            [ -d "lib/$other" ] || continue ;;
        \<*) continue ;;
        *) other="(no room)" ;;
        esac
        [[ $allowed == *" $other "* ]] || complain "$file includes $included: $room lies below"
    done < <(included_by "$file")
done

for file in tools/*.[ch] tools/*/*.[ch] examples/*.c; do
    while read -r included; do
        name=${included:1:-1}
        case $included in
        \"../common/*.h\" | \"common/*.h\" | \"trace/*.h\" | \"listen/*.h\" | \"talk/*.h\") continue ;;
        \"*/*) ;;
        *) [[ $name == */* ]] && { [ -d "lib/${name%%/*}" ] || [[ $name == *../* ]]; } || continue ;;
        esac
        complain "$file includes $included: tools know public headers only"
    done < <(included_by "$file")
done

for file in include/*.h include/netprobe/*.h; do
    while read -r included; do
        case ${included:1:-1} in
        stddef.h | stdint.h | netprobe/*.h) ;;
        *) complain "$file includes $included: public headers need stddef and stdint only" ;;
        esac
    done < <(included_by "$file")
done

echo "$(ls lib/*/*.[ch] | wc -l) files in $(ls -d lib/*/ | wc -l) rooms, $failures arrows run up"
[ $failures = 0 ]
