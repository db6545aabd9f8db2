#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One contract: functions in the headers = version map = exports = manual page, and the page's
# prototypes are the header's.
top=${srcdir:-.}
nm=${NM:-nm}
nm=${nm%% *}
failures=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# Prototypes, one a line, blanks folded: "np_status np_trace_set(np_trace *t, ...)".
prototypes() {
    cat "$top"/include/netprobe/*.h | tr '\n' ' ' | sed 's|/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/| |g' |
        grep -o 'NP_API [^;]*;' |
        grep -v '__attribute__' | sed 's/NP_API *//; s/;$//; s/  */ /g'
}
prototypes | sort >"$dir/header.prototypes"
sed 's/(.*//; s/.*[ *]//' "$dir/header.prototypes" | sort >"$dir/headers"
sed -n 's/^ *\(np_[a-z0-9_]*\);.*/\1/p' "$top/lib/netprobe.map" | sort >"$dir/map"
"$nm" -D --defined-only .libs/libnetprobe.so.0 2>/dev/null |
    awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort >"$dir/exports"

# .Ft type / .Fo name / .Fa "argument" ... / .Fc
awk '/^\.Ft / { type = substr($0, 5); gsub(/"/, "", type) }
    /^\.Fo / { name = $2; args = "" }
    /^\.Fa / { a = substr($0, 5); gsub(/"/, "", a); args = args (args == "" ? "" : ", ") a }
    /^\.Fc/ { sep = type ~ /\*$/ ? "" : " "; print type sep name "(" args ")" }' \
    doc/netprobe.3 | sort >"$dir/page.prototypes"
sed 's/(.*//; s/.*[ *]//' "$dir/page.prototypes" | sort >"$dir/page"

compare() { # compare WHAT A B
    diff "$dir/$2" "$dir/$3" >"$dir/diff" && return
    echo "$1 differ ($2 <, $3 >):"
    cat "$dir/diff"
    failures=$((failures + 1))
}
[ -s "$dir/headers" ] || { echo "no functions found in the headers"; exit 1; }
compare "headers and version map" headers map
compare "headers and exports" headers exports
compare "headers and netprobe(3)" headers page
compare "prototypes of header and page" header.prototypes page.prototypes
echo "$(wc -l <"$dir/headers") functions, $failures lists differ"
[ $failures = 0 ]
