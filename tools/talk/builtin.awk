# SPDX-License-Identifier: MIT
# Makes builtin.h out of the scripts: awk -f builtin.awk FILE...
BEGIN {
    print "/* Made by builtin.awk out of tools/talk/scripts. */"
    print "static const struct {\n    const char *name, *text;\n} builtin_scripts[] = {"
}
FNR == 1 {
    if (NR > 1) print "    },"
    name = FILENAME
    sub(/.*\//, "", name); sub(/\.talk$/, "", name)
    print "    {\n        \"" name "\","
}
{
    gsub(/\\/, "&&"); gsub(/"/, "\\\\&")
    print "        \"" $0 "\\n\""
}
END { print "    },\n};" }
