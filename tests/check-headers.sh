#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each public header alone, as C99, C11, C++98 and C++20, and without types that do not travel.
top=${srcdir:-.}
failures=0
compiled=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
strict="-Wall -Wextra -Wpedantic -Wconversion -Werror -fsyntax-only"
try() { # try COMPILER STANDARD LANGUAGE HEADER
    command -v "$1" >/dev/null || return
    compiled=$((compiled + 1))
    echo "#include <$4>" >"$dir/alone.c"
    # Named as a source of its own, so that pragmas for system headers do not hide anything.
    "$1" -x "$3" -std="$2" $strict -I"$top/include" "$dir/alone.c" 2>"$dir/log" && return
    echo "$4 does not compile alone with $1 -std=$2:"
    cat "$dir/log"
    failures=$((failures + 1))
}
for header in $(cd "$top/include" && ls *.h */*.h); do
    for compiler in gcc clang; do
        try $compiler c99 c $header
        try $compiler c11 c $header
    done
    for compiler in g++ clang++; do
        try $compiler c++98 c++ $header
        try $compiler c++20 c++ $header
    done
done
# Types that mean something else elsewhere, or that a binding cannot take.
cd "$top" || exit 1
for header in include/*.h include/*/*.h; do
    code=$(awk -f tests/check-code.awk "$header" | sed 's/^[^:]*:[0-9]*://')
    grep -qw include <<<"$code" || {
        echo "no code seen in $header: this gate is blind"
        failures=$((failures + 1))
    }
    for word in long short unsigned time_t ssize_t bool _Bool float va_list union sockaddr inline static; do
        grep -qw "$word" <<<"$code" || continue
        echo "$header says $word, which no interface here may"
        failures=$((failures + 1))
    done
done
[ $compiled -gt 0 ] || { echo "SKIP: no gcc, clang, g++ or clang++"; exit 77; }
echo "$compiled compilations, $failures failed"
[ $failures = 0 ]
