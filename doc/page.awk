# SPDX-License-Identifier: MIT
# Makes netprobe(3) out of its frame and of what stands in the source already, so that nothing is
# said twice: the options of the nouns (X-macro rows), and the public headers with their comments.
#
#     awk -f page.awk OPTIONS... HEADER... FRAME
#
# In the frame, @name_options.h@ is replaced by a table of those options, and @name.h@ by that
# header's types and functions.

# Prose: each sentence on lines of its own, of at most 80 columns, as mdoc wants it.
function prose(text,    n, sentence, i, out) {
    gsub(/\. +/, ".\n", text)
    n = split(text, sentence, "\n")
    for (i = 1; i <= n; i++) out = out (i > 1 ? "\n" : "") wrapped(sentence[i])
    return out
}

function wrapped(text,    out, at) {
    while (length(text) > 80) {
        for (at = 80; at > 1 && substr(text, at, 1) != " "; at--) ;
        if (at == 1) break
        out = out escape(substr(text, 1, at - 1)) "\n"
        text = substr(text, at + 1)
    }
    return out escape(text)
}

function escape(text) {
    gsub(/\\/, "\\e", text)
    if (text ~ /^[.']/) text = "\\&" text
    return text
}

function duration(ns) {
    if (ns == 0) return "0"
    if (ns % 3600000000000 == 0) return ns / 3600000000000 "h"
    if (ns % 1000000000 == 0) return ns / 1000000000 "s"
    return ns / 1000000 "ms"
}

function shown(type, value) { return type == "DURATION" ? duration(value) : value }

# "auto=0 icmp=1": the name of a value, or all names when value is "".
function names(values, value,    i, n, word, pair, text) {
    n = split(values, word, " ")
    for (i = 1; i <= n; i++) {
        split(word[i], pair, "=")
        if (value != "" && pair[2] == value) return pair[1]
        text = text (i > 1 ? ", " : "") pair[1]
    }
    return text
}

function option(row,    part, f, range, start) {
    part = row
    gsub(/^    X\(|\).*$/, "", part)
    split(part, f, /, */)
    gsub(/"/, "", f[2]); gsub(/"/, "", f[7])
    if (f[3] == "TEXT") {
        range = f[4] " to " f[5] " octets"; start = "none"
    } else if (f[3] == "ENUM") {
        range = names(f[7], ""); start = names(f[7], f[6])
    } else {
        range = shown(f[3], f[4]) " to " shown(f[3], f[5]); start = shown(f[3], f[6])
    }
    match(row, /"[^"]*"\)/)
    part = substr(row, RSTART + 1, RLENGTH - 3)
    body[current] = body[current] ".It Cm " f[2] "\n" toupper(substr(part, 1, 1)) substr(part, 2) ".\n" \
        "Range: " range ".\nDefault: " start ".\n"
}

function add(text) { body[current] = body[current] text "\n" }

# A new paragraph, where there is something to part from.
function paragraph() { if (body[current] != "") add(".Pp") }

# A comment: paragraphs, and lists of "word  what it is" with indented continuations.
function put_comment(    i, line, listing, blank) {
    blank = 0
    for (i = 1; i <= lines; i++) {
        line = comment[i]
        if (line == "") { blank = 1; continue }
        if (line ~ /^[a-z_][a-z_A-Z0-9-]*  +[^ ]/) {
            if (!listing) add(".Bl -tag -width event_size -compact")
            listing = 1
            match(line, /  +/)
            add(".It Va " substr(line, 1, RSTART - 1))
            add(prose(substr(line, RSTART + RLENGTH)))
        } else if (listing && line ~ /^  /) {
            sub(/^ +/, "", line)
            add(prose(line))
        } else {
            if (listing) { add(".El"); blank = 1 }
            listing = 0
            if (blank) add(".Pp")
            sub(/^ +/, "", line)
            add(prose(line))
        }
        blank = 0
    }
    if (listing) add(".El")
    lines = 0
}

function put_function(text,    type, name, args, n, arg, i) {
    gsub(/ +/, " ", text)
    sub(/^NP_API /, "", text)
    args = text
    sub(/^[^(]*\(/, "", args)
    sub(/\);$/, "", args)
    sub(/\(.*/, "", text)
    name = text
    sub(/.*[ *]/, "", name)
    type = substr(text, 1, length(text) - length(name))
    sub(/ $/, "", type)
    paragraph()
    add(".Ft " (type ~ / / ? "\"" type "\"" : type) "\n.Fo " name)
    n = split(args, arg, /, /)
    for (i = 1; i <= n; i++) add(".Fa \"" arg[i] "\"")
    add(".Fc")
    add(".Pp")
    put_comment()
}

FILENAME ~ /_options\.h$/ {
    if (FNR == 1) { current = FILENAME; sub(/.*\//, "", current) }
    if ($0 ~ /^    X\(/) option($0)
    next
}

FILENAME ~ /\.h$/ {
    if (FNR == 1) { current = FILENAME; sub(/.*\//, "", current); seen_guard = 0; lines = 0 }
    if ($0 ~ /^#endif/ || $0 ~ /^#ifdef/ || $0 ~ /^#if / || $0 ~ /^#elif/) next
    if ($0 ~ /^#define NP_[A-Z]+ INT64_C/ ) {
        paragraph()
        add(".Dv " $2 " = " $3)
        next
    }
    if ($0 ~ /^#/) next
    if ($0 ~ /^\/\*\*/) {
        lines = 0
        text = $0
        sub(/^\/\*\* ?/, "", text)
        if (text ~ /\*\/$/) { sub(/ *\*\/$/, "", text); comment[++lines] = text; next }
        if (text != "") comment[++lines] = text
        in_comment = 1
        next
    }
    if (in_comment) {
        text = $0
        if (text ~ /\*\/$/) { in_comment = 0; sub(/ *\*\/$/, "", text) }
        sub(/^ \* ?/, "", text)
        if (in_comment || text !~ /^ *$/) comment[++lines] = text
        # The chapter at the head of a file belongs to the frame and to netprobe(7).
        if (!in_comment && !seen_guard) { lines = 0; seen_guard = 1 }
        next
    }
    if ($0 ~ /^NP_API/) { proto = ""; in_proto = 1 }
    if (in_proto) {
        proto = proto " " $0
        if ($0 ~ /;$/) { in_proto = 0; sub(/^ /, "", proto); put_function(proto) }
        next
    }
    if ($0 ~ /^(typedef|enum).*\{$/) {
        if (lines > 0) paragraph()
        put_comment()
        add(".Bd -literal -offset indent"); in_type = 1
    }
    if (in_type) {
        add(escape($0))
        if ($0 ~ /^\}/) { add(".Ed"); in_type = 0 }
        next
    }
    next
}

/^@.*_options\.h@$/ {
    name = substr($0, 2, length($0) - 2)
    printf ".Bl -tag -width max-unknown\n%s.El\n", body[name]
    next
}
/^@.*\.h@$/ { name = substr($0, 2, length($0) - 2); printf "%s", body[name]; next }
{ print }
