#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The third column of HACKING's table "need, use, never": calls that a guest library must not make,
# or that only one file may make (check-banned.txt). Words in comments and texts do not count.
cd "${srcdir:-.}" || exit 1
export LC_ALL=C

banned=$(sed 's/#.*//' tests/check-banned.txt | awk 'NF { print $1 }')
# "call:file that may make it"
allowed=$(sed 's/#.*//' tests/check-banned.txt | awk '{ for (i = 2; i <= NF; i++) print $1 ":" $i }')
# Also as values, where no field or variable here has the name: "= malloc", "f(exit)".
never_named="malloc calloc realloc strdup exit abort getenv"

scan() { # scan FILE...: prints "file:line: call"
    awk -f tests/check-code.awk "$@" | awk -v banned="$(tr '\n' ' ' <<<"$banned")" \
        -v allowed="$(tr '\n' ' ' <<<"$allowed")" -v named="$never_named" '
        function list(text, set,    words, n) {
            n = split(text, words, " ")
            while (n) set[words[n--]] = 1
        }
        BEGIN { list(banned, is_banned); list(allowed, is_allowed); list(named, is_named) }
        {
            split($0, part, ":")
            rest = substr($0, length(part[1] part[2]) + 3)
            before = ""
            while (match(rest, /[A-Za-z_][A-Za-z_0-9]*/)) {
                word = substr(rest, RSTART, RLENGTH)
                before = before substr(rest, 1, RSTART - 1)
                rest = substr(rest, RSTART + RLENGTH)
                # A call, a call in the form (f)(x), but no field and no pointer that has the name.
                called = rest ~ /^ *\(/ || (rest ~ /^ *\) *\(/ && before !~ /\* *$/)
                if (word in is_banned && before !~ /(\.|->) *$/ && (called || word in is_named) &&
                    !((word ":" part[1]) in is_allowed))
                    print part[1] ":" part[2] ": " word
                before = word
            }
        }'
}

# A gate that finds nothing may be blind: a file with seven of them, and words that are none.
planted=$(mktemp) || exit 1
trap 'rm -f "$planted"' EXIT
cat >"$planted" <<'C'
/* malloc(1)
   exit(2) */ int a = abort(3); // free(4)
const char *text = "say \"malloc(5)\" /*"; char c = '"'; int b = socket (6);
x->free(7); y.socket(8); my_exit(9); struct { void (*free)(void *); int time; } s;
p = malloc; q = (free)(p); if (*p)exit(10); r = time(NULL) + getenv ("(");
C
[ "$(scan "$planted" | wc -l)" = 7 ] || {
    echo "this gate is blind: of seven planted calls it sees"
    scan "$planted"
    exit 1
}

found=$(scan lib/*/*.c lib/*/*.h)
[ -z "$found" ] || sed 's/$/: see HACKING.md for what to use/' <<<"$found"
echo "$(wc -w <<<"$banned") banned calls looked for in $(ls lib/*/*.[ch] | wc -l) files," \
    "$(grep -c . <<<"$found") found"
[ -z "$found" ]
