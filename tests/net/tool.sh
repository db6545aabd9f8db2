# SPDX-License-Identifier: MIT
# What tests of the tools in the lab share; sources the lab. Failures are counted, not fatal.

. "${srcdir:-.}/tests/net/lab.sh" || exit 1
failures=0

fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}

same() { # same WHAT GOT WANTED
    [ "$2" = "$3" ] || fail "$1: got '$2', wanted '$3'"
}

has() { # has WHAT TEXT PART
    case $2 in
    *"$3"*) ;;
    *) fail "$1: '$3' is not in: $2" ;;
    esac
}

# tool_up [NAME]: the tool, np-trace if nothing is said, where everybody may run it: $tool.
tool_up() {
    command -v jq >/dev/null || skip "no jq to read JSON with"
    tool=$(lab_install "tests/net/${1:-np-trace}-static")
}

# A build without c-ares asks nobody for names.
without_names() { "$tool" --version | grep -q '^ *names *no '; }

# built_with OPENSSL|PCRE2: what the build has not left out.
built_with() { grep -q "^#define HAVE_$1 1" config.h; }

# run AS ARGUMENTS...: AS is root or nobody. Sets $out, $err, $status.
run() {
    local as=$1
    shift
    set -- "$tool" "$@"
    [ "$as" != nobody ] || set -- "${LAB_NOBODY[@]}" "$@"
    "$@" >"$LAB_DIR/out" 2>"$LAB_DIR/err"
    status=$?
    out=$(cat "$LAB_DIR/out")
    err=$(cat "$LAB_DIR/err")
}

json() { jq -r "$1" "$LAB_DIR/out"; }

finish() {
    [ "$failures" = 0 ] || {
        echo "$failures failures"
        exit 1
    }
    exit 0
}
