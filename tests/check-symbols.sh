#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the built library holds: names that cannot clash, no writable data, and no call that a guest
# must not make.
top=${srcdir:-.}
nm=${NM:-nm}
nm=${nm%% *}
failures=0
complain() {
    echo "$*"
    failures=$((failures + 1))
}

archive=.libs/libnetprobe.a
shared=.libs/libnetprobe.so.0
[ -e "$archive" ] && [ -e "$shared" ] || {
    echo "SKIP: no static and shared library were built (see --enable-shared, --enable-static)"
    exit 77
}

while read -r name; do
    [[ $name =~ ^npi?_ ]] || complain "global name $name does not begin with np_ or npi_"
done < <("$nm" -g --defined-only "$archive" | awk 'NF == 3 && $2 ~ /[A-Z]/ { print $3 }' |
    grep -v -e '^__odr_asan' -e '^_*asan' | sort -u)

if [ "${SANITIZERS:-no}" = no ]; then
    # Tables of pointers are relocated once and then read-only (.data.rel.ro).
    while read -r name; do
        complain "writable data: $name"
    done < <(objdump -t "$archive" |
        awk '/ O (\.data|\.bss|\*COM\*)/ && !/\.data\.rel\.ro/ { print $NF }')
    # Whatever the source looks like, an object can only call what it imports. The fortified and
    # dated names of the C library count as the plain ones.
    imports=$("$nm" -A --undefined-only "$archive" | sed 's/.*la-\([^:]*\)\.o: *[Uw] /\1 /')
    grep -q '^mem realloc$' <<<"$imports" || complain "no imports seen: this gate is blind"
    while read -r object call; do
        plain=$(sed 's/@.*//; s/^__isoc[0-9]*_//; s/^__\(.*\)_chk$/\1/; s/^__assert/assert/' <<<"$call")
        line=$(grep -E "^$plain( |\$)" "$top/tests/check-banned.txt") || continue
        [[ "$line " == *"/$object.c "* ]] || complain "$object.c imports $call, which it may not"
    done <<<"$imports"
fi

soname=$(objdump -p "$shared" 2>/dev/null | awk '$1 == "SONAME" { print $2 }')
[ -z "$soname" ] || [ "$soname" = libnetprobe.so.0 ] || complain "SONAME is $soname"
echo "$failures faults in the symbols"
[ $failures = 0 ]
