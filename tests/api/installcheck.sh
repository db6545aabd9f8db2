#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The installed library as a stranger meets it: examples built through pkg-config against the
# installation, linked both ways, and run on the loopback; the tool, linked to the shared library.
set -e
top=${srcdir:-.}
root=${DESTDIR:-}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export PKG_CONFIG_PATH=$root$libdir/pkgconfig
[ -z "$root" ] || export PKG_CONFIG_SYSROOT_DIR=$root
export LD_LIBRARY_PATH=$root$libdir
pc=${PKG_CONFIG:-pkg-config}
sanitize=
[ "${SANITIZERS:-no}" = no ] || sanitize="-fsanitize=$SANITIZERS"

"$pc" --exact-version="$(sed -n 's/^AC_INIT(\[libnetprobe\], \[\([0-9.]*\)\].*/\1/p' "$top/configure.ac")" libnetprobe
cflags=$("$pc" --cflags libnetprobe)
libs=$("$pc" --libs libnetprobe)
# Only what is ours is linked statically: the archive, then what it needs.
static="$root$libdir/libnetprobe.a $("$pc" --static --libs libnetprobe | sed "s|-L[^ ]*||; s|-lnetprobe||")"

for example in trace poll-loop; do
    $CC -std=c99 -D_GNU_SOURCE -Wall -Wextra -Werror $sanitize $cflags "$top/examples/$example.c" \
        -o "$dir/$example" $libs
    $CC -std=c99 -D_GNU_SOURCE $sanitize $cflags "$top/examples/$example.c" -o "$dir/$example-static" $static
    for program in "$dir/$example" "$dir/$example-static"; do
        "$program" 127.0.0.1 >"$dir/out"
        grep -q '127\.0\.0\.1' "$dir/out"
    done
    readelf -d "$dir/$example" | grep -q 'NEEDED.*libnetprobe\.so\.0'
done
readelf -d "$root$bindir/np-trace" | grep -q 'NEEDED.*libnetprobe\.so\.0'
"$root$bindir/np-trace" --version | grep -q '^np-trace (libnetprobe)'
readelf -d "$root$bindir/np-listen" | grep -q 'NEEDED.*libnetprobe\.so\.0'
"$root$bindir/np-listen" --version | grep -q '^np-listen (libnetprobe)'
"$root$bindir/np-trace" -rc 2 -i 0.05 127.0.0.1 | grep -q '1.|-- '

# Whatever listens here: nothing at all is an answer, too.
$CC -std=c99 -Wall -Wextra -Werror $sanitize $cflags "$top/examples/listeners.c" -o "$dir/listeners" $libs
"$dir/listeners" >/dev/null

# The twin for the build tree.
PKG_CONFIG_PATH=$PWD/pkgconfig
unset PKG_CONFIG_SYSROOT_DIR
$CC -std=c99 $sanitize $("$pc" --cflags libnetprobe) "$top/examples/trace.c" -o "$dir/uninstalled" \
    $("$pc" --libs libnetprobe)
LD_LIBRARY_PATH=$PWD/.libs "$dir/uninstalled" 127.0.0.1 | grep -q '127\.0\.0\.1'
echo "installcheck: examples and tool work from ${root:-/}"
