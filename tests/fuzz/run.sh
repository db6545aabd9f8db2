#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# With clang's fuzzer: run.sh SECONDS, in a configured build folder. Each target starts from its corpus;
# what it finds is to be added there. Leaves nothing behind.
set -eu
top=${srcdir:-..}
seconds=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
flags="-g -O1 -std=c11 -D_GNU_SOURCE -fsanitize=address,undefined -fno-sanitize-recover=all
    -I$top/include -I$top/lib -I."

# The library once more, with the fuzzer's counters in it.
mkdir "$dir/objects"
for source in "$top"/lib/*/*.c "$top/tests/sim/world.c"; do
    clang $flags -fsanitize=fuzzer-no-link -c "$source" -o "$dir/objects/$(basename "$source" .c).o"
done
ar rc "$dir/inside.a" "$dir"/objects/*.o

for target in errqueue extension machine netlink procfs raw replies reply script text tls trace; do
    mkdir "$dir/$target"
    for file in "$top/tests/fuzz/corpus/$target"/*.hex; do
        sed 's/#.*//' "$file" | tr -d ' \n' | xxd -r -p >"$dir/$target/$(basename "$file" .hex)"
    done
    clang $flags -fsanitize=fuzzer "$top/tests/fuzz/fuzz_$target.c" "$dir/inside.a" \
        $(pkg-config --libs libcares libmnl openssl libpcre2-8) -lm -o "$dir/fuzz_$target"
    (cd "$dir" && "./fuzz_$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 \
        -artifact_prefix="$dir/found-" "$dir/$target" >"$dir/log" 2>&1) || {
        tail -n 40 "$dir/log"
        for found in "$dir"/found-*; do xxd "$found"; done
        exit 1
    }
    echo "fuzz_$target: $(grep -o 'Done [0-9]* runs.*' "$dir/log"), $(grep -o 'cov: [0-9]*' "$dir/log" | tail -n 1)"
done
