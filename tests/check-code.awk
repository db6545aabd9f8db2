# SPDX-License-Identifier: MIT
# C for gates: without comments, texts emptied, each line as "file:line:code". It asks no compiler,
# so that a gate reads the same whichever compiler is tried.
FNR == 1 { inside = 0 }
{
    rest = $0
    code = ""
    while (rest != "") {
        if (inside) {
            end = index(rest, "*/")
            if (!end) break
            inside = 0
            rest = substr(rest, end + 2)
            code = code " "
        } else if (!match(rest, /\/\*|\/\/|["']/)) {
            code = code rest
            break
        } else {
            code = code substr(rest, 1, RSTART - 1)
            mark = substr(rest, RSTART, RLENGTH)
            rest = substr(rest, RSTART + RLENGTH)
            if (mark == "//") break
            if (mark == "/*") inside = 1
            else if (match(rest, mark == "\"" ? "^([^\"\\\\]|\\\\.)*\"" : "^([^'\\\\]|\\\\.)*'")) {
                rest = substr(rest, RLENGTH + 1)
                code = code mark mark
            }
        }
    }
    print FILENAME ":" FNR ":" code
}
