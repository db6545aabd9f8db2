#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# np-talk against servers that play what the test wrote: reports, exit statuses, the line for
# programs, every way to show a page, several targets, by hand, and the scripts that it shows.
. "${srcdir:-.}/tests/net/tool.sh" || exit 1
lab_enter
lab_dir
tool_up np-talk
ip link set lo up
here=${srcdir:-.}/tests/servers
export LC_ALL=C.UTF-8
server=

play() { # play PORT: the play is standard input
    [ -z "$server" ] || { kill "$server"; wait "$server" 2>/dev/null; }
    cat >"$LAB_DIR/play"
    : >"$LAB_DIR/record"
    mkfifo "$LAB_DIR/ready" 2>/dev/null
    python3 "$here/scripted.py" "$1" "$LAB_DIR/play" "$LAB_DIR/record" >"$LAB_DIR/ready" &
    server=$!
    read -r _ <"$LAB_DIR/ready"
}

said() { tr -d '\r' <"$LAB_DIR/record"; }

last_error() { tail -n 1 "$LAB_DIR/err"; }

# ---- mail

play 25 <<'PLAY'
S 220 mx.example ESMTP
C
S 250-mx.example
S 250 SIZE 1000
C
S 250 2.1.0 ok
C
S 250 2.1.5 ok
C
S 550 5.1.1 no such user \x1b[31m here
REST
PLAY
run nobody smtp://127.0.0.1 --from a@x.example --to b@y.example --to 'c d@y.example'
same "a refused recipient: exit" "$status" 1
same "a refused recipient: for programs" "$(last_error)" "error=reply.unexpected step=86"
has "a refused recipient" "$out" 'smtp.talk:86: expected 250 or 251, got "550 5.1.1 no such user \x1b[31m here" after'
has "what helps" "$out" "there is no such mailbox"
has "waterfall" "$out" "banner"
has "transcript" "$out" "C  EHLO [127.0.0.1]"
same "what was sent" "$(said)" "EHLO [127.0.0.1]
MAIL FROM:<a@x.example>
RCPT TO:<b@y.example>
RCPT TO:<c d@y.example>
QUIT"
same "no control octet" "$(grep -c $'\x1b' "$LAB_DIR/out")" 0

run nobody --json smtp://127.0.0.1 --from a@x.example --to b@y.example --to c@y.example
same "JSON: exit" "$status" 1
same "JSON: schema" "$(json .schema)" netprobe.talk/1
same "JSON: error" "$(json .error_name)" reply.unexpected
same "JSON: code" "$(json .code)" 550
same "JSON: steps that failed" "$(json '[.steps[] | select(.state == "failed")] | length')" 1
same "JSON: the goodbye is in it" "$(json '[.transcript[] | select(.text == "QUIT")] | length')" 1

run nobody smtp://127.0.0.1 --from a@x.example --to b@y --to c@y --expect 550
same "the code that was expected: exit" "$status" 0
run nobody smtp://127.0.0.1 --from a@x --to b@y --expect 250
same "stopped before the refusal: exit" "$status" 0
run nobody smtp://127.0.0.1 --quit-after helo
same "quit after EHLO: exit" "$status" 0
has "quit after EHLO" "$out" "skipped in"
run nobody smtp://127.0.0.1 --starttls --from a@x --to b@y
same "no STARTTLS: exit" "$status" 1
same "no STARTTLS: for programs" "$(last_error)" "error=starttls.not-offered step=33"
same "no STARTTLS: nothing behind it" "$(said | grep -c MAIL)" 4 # of the runs before

# The script that is shown says the same when it is run by itself.
arguments=(smtp://127.0.0.1 --from a@x.example --to 'b"\x@y' --to 'c${x}@y' --helo probe)
: >"$LAB_DIR/record"
run nobody "${arguments[@]}"
said >"$LAB_DIR/first"
"$tool" --show-script "${arguments[@]}" >"$LAB_DIR/shown.talk"
: >"$LAB_DIR/record"
run nobody --script "$LAB_DIR/shown.talk" smtp://127.0.0.1
same "the shown script: exit" "$status" 1
said | cmp -s - "$LAB_DIR/first" || fail "the shown script says something else: $(said)"
has "values are quoted" "$(cat "$LAB_DIR/first")" 'RCPT TO:<b"\x@y>'
has "and nothing is filled in" "$(cat "$LAB_DIR/first")" 'RCPT TO:<c${x}@y>'

# ---- a whole mail, with a login

play 25 <<'PLAY'
S 220 mx.example ESMTP
C
S 250-mx.example
S 250 AUTH PLAIN LOGIN
C
S 235 2.7.0 accepted
C
S 250 ok
C
S 250 ok
C
S 354 go ahead
D
S 250 2.0.0 ok: queued as 4XYZ
REST
PLAY
printf 'swordfish\nsecond line\n' >"$LAB_DIR/password"
chmod 644 "$LAB_DIR/password"
run nobody smtp://127.0.0.1 -u joe --password-file "$LAB_DIR/password" --from a@x --to b@y --send \
    --subject 'Grüße' --body $'one\n.two\nthree'
same "a test mail: exit" "$status" 0
! built_with PCRE2 || has "its queue id" "$out" " =  queued as 4XYZ"
has "the login is masked" "$out" "AUTH PLAIN <secret>"
same "the password is in no output" "$(cat "$LAB_DIR/out" "$LAB_DIR/err" | grep -c 'swordfish\|am9lAHN3')" 0
has "the login" "$(said)" "AUTH PLAIN $(printf '\0joe\0swordfish' | base64)"
has "dots are doubled" "$(said)" "..two"
has "the mail has a date" "$(said)" "Date: "
run nobody smtp://127.0.0.1 -u joe:swordfish --json
has "a password among the arguments" "$err" "everybody on this host can read"
same "and it is masked there, too" "$(grep -c swordfish "$LAB_DIR/out")" 0

# ---- usage: one sentence, exit 3, nothing sent

: >"$LAB_DIR/record"
usage() { # usage PART ARGUMENTS...
    local part=$1
    shift
    run nobody "$@"
    same "$*: exit" "$status" 3
    has "$*" "$err" "$part"
    [ "$(wc -l <"$LAB_DIR/err")" -le 4 ] || fail "$*: more than a sentence: $err"
}
usage "whom to?"
usage "whom to?" mx.example
usage "no scheme that is known" ftp://127.0.0.1
usage "port from 1 to 65535" smtp://127.0.0.1:99999
usage "needs the sender" smtp://127.0.0.1 --to b@y
usage "needs a recipient" smtp://127.0.0.1 --from a@x --send
usage "are for smtp and lmtp" imap://127.0.0.1 --from a@x
usage "leave --starttls away" smtps://127.0.0.1 --starttls
usage "seen by everybody" smtp://joe:secret@127.0.0.1
usage "did you mean --starttls" smtp://127.0.0.1 --startls
usage "-d is curl" smtp://127.0.0.1 --data x
usage "three digits" smtp://127.0.0.1 --expect two
usage "No such file" smtp://127.0.0.1 -u joe --password-file /nonexistent
usage "a password is needed" smtp://127.0.0.1 -u joe </dev/null
! built_with OPENSSL || usage "there is no /nonexistent" smtps://127.0.0.1:25 --cacert /nonexistent
usage "line end" smtp://127.0.0.1 --from $'a@x>\r\nRCPT TO:<evil@y' --to b@y
printf 'protocol smtp\nexpct 220\n' >"$LAB_DIR/bad.talk"
usage "did you mean 'expect'" --script "$LAB_DIR/bad.talk" host=127.0.0.1
usage "bad.talk:2:1" --check-script "$LAB_DIR/bad.talk"
printf 'protocol smtp\nneed who\nconnect ${host}\n' >"$LAB_DIR/need.talk"
usage "a value is needed for who" --script "$LAB_DIR/need.talk" host=127.0.0.1
usage "there is no such file" --script /nonexistent.talk
same "nothing was sent" "$(said)" ""
run nobody --check-script "$LAB_DIR/need.talk"
same "a script without mistakes: exit" "$status" 0

# ---- nobody there

run nobody smtp://127.0.0.1:9
same "refused: exit" "$status" 1
same "refused: for programs" "$(last_error)" "error=connect.refused step=21"
run nobody smtp://192.0.2.1
same "no route: exit" "$status" 2
same "no route: for programs" "$(last_error)" "error=route.none step=21"

# ---- pages

play 80 <<'PLAY'
B
R HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Odd: \x1b[31m\r\nContent-Length: 7\r\n\r\nhello\x07\n
PLAY
run nobody -I http://127.0.0.1/x
same "-I: exit" "$status" 0
same "-I" "$(tr -d '\r' <"$LAB_DIR/out" | head -n 2)" "HTTP/1.1 200 OK
Content-Type: text/plain"
same "-I escapes" "$(grep -c $'\x1b' "$LAB_DIR/out")" 0
same "what -I asks" "$(said)" "HEAD /x HTTP/1.1
Host: 127.0.0.1
User-Agent: libnetprobe/$("$tool" --version | sed -n 's/^np-talk (libnetprobe) //p')
Accept: */*
Connection: close"
run nobody -o "$LAB_DIR/nobody/page" http://127.0.0.1/
run root -s -o "$LAB_DIR/page" http://127.0.0.1/
same "-o: the octets" "$(od -An -c "$LAB_DIR/page" | tr -d ' \n')" 'hello\a\n'
run nobody -i http://127.0.0.1/ -H 'X-A: b' -H 'Accept: text/plain'
has "-i: head and body" "$out" $'\r\n\r\nhello'
has "-H" "$(said)" "X-A: b"
same "-H takes the place of ours" "$(said | grep -c 'Accept: text/plain')" 1
run nobody -s -w '%{response_code} %{method} %{size_download} %{content_type} %{nosuch}\n' http://127.0.0.1/
same "-w" "$out" "200 get 7 text/plain %{nosuch}"
has "-w: unknown" "$err" "there is no variable nosuch"
run nobody -s http://127.0.0.1/ --expect 404
same "--expect: exit" "$status" 1
same "--expect: for programs" "$(last_error)" "error=reply.unexpected"
run nobody -v -s http://127.0.0.1/
has "-v" "$err" "> GET / HTTP/1.1"

play 80 <<'PLAY'
B
R HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:81/there\r\nContent-Length: 0\r\n\r\n
PLAY
first=$server
server=
printf 'B\nR HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok\n' >"$LAB_DIR/play2"
: >"$LAB_DIR/record2"
mkfifo "$LAB_DIR/ready2"
python3 "$here/scripted.py" 81 "$LAB_DIR/play2" "$LAB_DIR/record2" >"$LAB_DIR/ready2" &
second=$!
read -r _ <"$LAB_DIR/ready2"
run nobody -I http://127.0.0.1/here
has "no redirect unasked" "$out" "302 Found"
run nobody -I -L http://127.0.0.1/here -u joe --password-file "$LAB_DIR/password" -H 'Cookie: x'
has "-L" "$out" "200 OK"
has "credentials for the first" "$(said)" "Authorization: Basic"
same "and not for the second" "$(grep -ci 'authorization\|cookie' "$LAB_DIR/record2")" 0
kill "$first" "$second"
wait "$first" "$second" 2>/dev/null

# ---- octets, beside curl's

command -v curl >/dev/null || skip "no curl to compare with"
play 80 <<'PLAY'
B
R HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Long: 0123456789012345678901234567890123456789012345678901234567890123456789\r\nContent-Length: 83\r\n\r\nhello\x07\x80\r\nworld\n\r\n\r\n0123456789012345678901234567890123456789012345678901234567890123
PLAY
received() { awk '/^(==|=>|<=)/ { on = /^<=/ } on'; }
for form in trace trace-ascii; do
    curl -s --$form - -o /dev/null http://127.0.0.1/ | received >"$LAB_DIR/theirs"
    run nobody -s --$form - http://127.0.0.1/
    same "--$form: exit" "$status" 0
    received <"$LAB_DIR/out" | cmp - "$LAB_DIR/theirs" || fail "--$form: other than curl's"
    [ -s "$LAB_DIR/theirs" ] || fail "--$form: curl has received nothing"
done
run nobody -s --trace - --trace-time http://127.0.0.1/
same "--trace-time: heads only" "$(grep -vc '^[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\.[0-9]\{6\} [=<]' "$LAB_DIR/out")" \
    "$(grep -c '^[0-9a-f]\{4\}: ' "$LAB_DIR/out")"
run nobody -s --trace-ascii - -u joe --password-file "$LAB_DIR/password" http://127.0.0.1/
has "secrets are stars" "$out" "Authorization: Basic $(printf joe:swordfish | base64 | tr -c '\n' '*')"

# ---- several, and monitoring

play 25 <<'PLAY'
S 220 mx.example ESMTP
REST
PLAY
run nobody smtp://127.0.0.1 smtp://127.0.0.1:9 smtp://127.0.0.1
same "several: exit is the worst" "$status" 1
has "several: summary" "$out" "2 of 3 good"
for i in 1 2 3 4 5 6 7 8; do echo "smtp://127.0.0.1"; done >"$LAB_DIR/targets"
printf '# comment\n\n' >>"$LAB_DIR/targets"
run nobody --targets "$LAB_DIR/targets" --parallel 3
has "from a file" "$out" "8 of 8 good"
run nobody --json --targets "$LAB_DIR/targets"
same "a document a line" "$(jq -s length "$LAB_DIR/out")" 8
run nobody --check smtp://127.0.0.1
same "--check: exit" "$status" 0
has "--check" "$out" "TALK OK - smtp://127.0.0.1 | total="
run nobody --check smtp://127.0.0.1:9
same "--check of nobody: exit" "$status" 2
run nobody --check smtp://192.0.2.1
same "--check without a route: exit" "$status" 3
run nobody --check --max-total 0 smtp://127.0.0.1
same "--max-total: exit" "$status" 2
run nobody -s --cert-days 1 smtp://127.0.0.1
same "--cert-days without a certificate: exit" "$status" 1

# ---- by hand

: >"$LAB_DIR/record"
printf 'HELO x\nQUIT\n' | "$tool" 127.0.0.1 25 >"$LAB_DIR/out" 2>"$LAB_DIR/err"
same "by hand: exit" $? 0
same "by hand: what came" "$(tr -d '\r' <"$LAB_DIR/out")" "220 mx.example ESMTP
250 ok
221 bye"
same "by hand: lines end with CRLF" "$(od -An -c "$LAB_DIR/record" | tr -d ' \n')" 'HELOx\r\nQUIT\r\n'
has "by hand: progress" "$(cat "$LAB_DIR/err")" "Connected to 127.0.0.1 port 25."
printf 'x\n' | "$tool" 127.0.0.1 9 >/dev/null 2>"$LAB_DIR/err"
same "by hand, nobody there: exit" $? 1
play 25 <<'PLAY'
C
PLAY
printf 'x' | "$tool" --linger 0.2 127.0.0.1 25 >/dev/null 2>"$LAB_DIR/err"
same "by hand, no answer: exit" $? 1
has "by hand, no answer" "$(last_error)" "error=reply.timeout"

run nobody --help
same "help: exit" "$status" 0
same "help fits a terminal" "$(awk 'length > 100' "$LAB_DIR/out" | wc -l)" 0
"$tool" --help >/dev/full 2>"$LAB_DIR/err"
same "a full disk: exit" $? 2
kill "$server"
wait
finish
