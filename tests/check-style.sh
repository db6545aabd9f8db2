#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Form: licence lines, line lengths, sizes of files and functions. Prints the longest functions.
cd "${srcdir:-.}" || exit 1
failures=0
complain() {
    echo "$*"
    failures=$((failures + 1))
}
sources=$(ls include/*.h include/netprobe/*.h lib/*/*.[ch] tools/*.c tools/*/*.[ch] examples/*.c \
    tests/*.h tests/*/*.[ch])
for file in $sources; do
    head -n 1 "$file" | grep -qF 'SPDX-License-Identifier: MIT' || complain "$file: no SPDX line"
    grep -nP '\t' "$file" | head -n 1 | grep -q . && complain "$file: tabs"
    grep -nP ' +$' "$file" | head -n 1 | grep -q . && complain "$file: blanks at the end of a line"
    awk -v f="$file" 'length($0) > 100 && $0 !~ /^    X\(/ { print f ":" NR ": longer than 100 columns"; bad = 1 }
        END { exit bad }' "$file" || failures=$((failures + 1))
done
for file in lib/*/*.[ch] tools/*.c tools/*/*.[ch]; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 600 ] || complain "$file: $lines lines; one noun each?"
done
version=$(sed -n 's/^AC_INIT(\[libnetprobe\], \[\([0-9.]*\)\].*/\1/p' configure.ac)
grep -q "^## $version" NEWS || complain "NEWS has no entry for $version"

# A function runs from its opening brace in the first column to the closing one.
lengths=$(for file in lib/*/*.c tools/*.c tools/*/*.c; do
    awk -v f="$file" '/^[a-z].*\(/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
        /^\{/ { start = NR }
        /^\}/ && start { print NR - start - 1, f, name; start = 0 }' "$file"
done | sort -rn)
echo "the ten longest functions:"
head -n 10 <<<"$lengths"
while read -r lines file name; do
    [ "$lines" -le 100 ] || complain "$file: $name has $lines lines"
done <<<"$lengths"
echo "$failures faults of form"
[ $failures = 0 ]
