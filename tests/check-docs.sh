#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Manual pages are well-formed, every C program in README and pages compiles without warning, and
# every script in np-script(5) is one, but that which shows mistakes: it has just those.
top=${srcdir:-.}
failures=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
command -v mandoc >/dev/null || { echo "SKIP: no mandoc to check the pages with"; exit 77; }
for page in "$top/doc/np-listen.1" "$top/doc/np-talk.1" "$top/doc/np-trace.1" "$top/doc/np-script.5" \
    doc/netprobe.3 "$top/doc/netprobe.7"; do
    mandoc -T lint -W warning "$page" >"$dir/log" && continue
    cat "$dir/log"
    failures=$((failures + 1))
done

# ```c ... ``` in Markdown; .Bd -literal ... .Ed with an #include in pages.
awk -v dir="$dir" '/^```c$/ { n++; on = 1; next } /^```$/ { on = 0 } on { print > (dir "/md" n ".c") }' \
    "$top/README.md" "$top/HACKING.md"
awk -v dir="$dir" '/^\.Bd -literal/ { n++; on = 1; next } /^\.Ed/ { on = 0 }
    on { gsub(/\\e/, "\\"); print > (dir "/page" n ".txt") }' doc/netprobe.3 "$top/doc/netprobe.7"
for text in "$dir"/page*.txt; do
    grep -q '#include' "$text" 2>/dev/null && mv "$text" "${text%.txt}.c"
done
programs=0
for program in "$dir"/*.c; do
    [ -e "$program" ] || continue
    programs=$((programs + 1))
    ${CC:-cc} -std=c99 -Wall -Wextra -Werror -fsyntax-only -I"$top/include" "$program" && continue
    echo "this program in the documentation does not compile:"
    cat "$program"
    failures=$((failures + 1))
done
[ $programs -gt 0 ] || { echo "no program found in the documentation"; exit 1; }

# Scripts begin with a comment that names them.
awk -v dir="$dir" '/^\.Bd -literal/ { on = 1; name = ""; next } /^\.Ed/ { on = 0 }
    on { gsub(/\\e/, "\\"); gsub(/\\\(dq/, "\""); sub(/^\\&/, "") }
    on && !name { name = /^# [a-z]+\.talk/ ? substr($2, 1, index($2, "talk") + 3) : "mistakes" }
    on { print > (dir "/" name) }' "$top/doc/np-script.5"
scripts=0
np_talk=$PWD/np-talk
for script in "$dir"/*.talk; do
    name=$(basename "$script")
    (cd "$dir" && "$np_talk" --check-script "$name" >out 2>err)
    grep "^$name:" "$dir/err" >"$dir/told" || true
    case $name in
    errors.talk) cmp -s "$dir/mistakes" "$dir/told" ;;
    *) grep -qx "$name: no mistakes" "$dir/out" || grep -q 'no PCRE2' "$dir/told" ;;
    esac || {
        echo "np-script(5) is wrong about $name:"
        cat "$dir/err"
        failures=$((failures + 1))
    }
    scripts=$((scripts + 1))
done
[ $scripts -gt 5 ] || { echo "no scripts found in np-script(5)"; exit 1; }
echo "6 pages, $programs programs, $scripts scripts, $failures faulty"
[ $failures = 0 ]
