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
    probe) echo "base wire core" ;;
    *) echo "none" ;;
    esac
}

for file in lib/*/*.[ch]; do
    room=$(basename "$(dirname "$file")")
    allowed=" $room $(below "$room") "
    [ "$(below "$room")" != none ] || complain "$file: the room $room is not in the list"
    while read -r included; do
        case $included in
        config.h | netprobe.h | netprobe/*) continue ;;
        */*) other=${included%%/*} ;;
        *) other="(no room)" ;;
        esac
        [[ $allowed == *" $other "* ]] || complain "$file includes $included: $room lies below"
    done < <(sed -n 's/^#include "\(.*\)".*/\1/p' "$file")
done

for file in tools/*.[ch] tools/*/*.[ch] examples/*.c; do
    while read -r included; do
        case $included in
        ../common/*.h | common/*.h | trace/*.h) ;;
        */*) complain "$file includes $included: tools know public headers only" ;;
        esac
    done < <(sed -n 's/^#include "\(.*\)".*/\1/p' "$file")
done

for file in include/*.h include/netprobe/*.h; do
    while read -r included; do
        case $included in
        stddef.h | stdint.h | netprobe/*.h) ;;
        *) complain "$file includes $included: public headers need stddef and stdint only" ;;
        esac
    done < <(sed -n 's/^#include [<"]\(.*\)[>"].*/\1/p' "$file")
done

echo "$(ls lib/*/*.[ch] | wc -l) files in $(ls -d lib/*/ | wc -l) rooms, $failures arrows run up"
[ $failures = 0 ]
