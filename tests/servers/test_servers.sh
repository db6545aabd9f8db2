#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# np-talk with the servers that people run: exim, dovecot, nginx, in clear, by STARTTLS and by TLS,
# with the right and the wrong password and certificate; and a mail that is sent and read back.
. "${srcdir:-.}/tests/net/tool.sh" || exit 1
here=${srcdir:-.}/tests/servers
LAB_PROCESSES=own # nothing outlives the test
. "$here/servers.sh"
for library in OPENSSL PCRE2; do
    built_with $library || skip "this build has no $library, which half of the conversations need"
done
servers_fetch
lab_enter
lab_dir
tool_up np-talk
ip link set lo up
export LC_ALL=C.UTF-8
servers_up
ca=$srv/ca/ca.pem
printf 'secret\n' >"$LAB_DIR/password"
printf 'wrong\n' >"$LAB_DIR/wrong"
chmod 644 "$LAB_DIR/password" "$LAB_DIR/wrong"
joe=(-u joe --password-file "$LAB_DIR/password")

good() { # good WHAT ARGUMENTS...
    local what=$1
    shift
    run nobody "$@"
    [ "$status" = 0 ] || fail "$what: exit $status: $out $err"
}

bad() { # bad WHAT NAME ARGUMENTS...: exit 1 and error=NAME
    local what=$1 name=$2
    shift 2
    run nobody "$@"
    same "$what: exit" "$status" 1
    has "$what" "$(tail -n 1 "$LAB_DIR/err")" "error=$name"
}

start_nginx
start_dovecot
start_exim

# ---- SMTP

mail=(--from probe@elsewhere.test --to joe@example.test)
good "in clear" smtp://127.0.0.1 "${mail[@]}"
good "over IPv6" 'smtp://[::1]' "${mail[@]}"
good "STARTTLS" smtp://localhost --starttls --cacert "$ca" "${mail[@]}"
has "STARTTLS: verified" "$out" ", verified"
has "STARTTLS: who it is" "$out" "CN=good.lab.test"
has "STARTTLS: days" "$out" " days left"
good "TLS" smtps://localhost --cacert "$ca" "${mail[@]}"
bad "no trust" tls.unknown-ca smtp://localhost --starttls "${mail[@]}"
bad "another name" tls.wrong-name smtp://localhost --starttls --cacert "$ca" --sni mx.example "${mail[@]}"
good "no trust, and told not to mind" smtp://localhost --starttls -k "${mail[@]}"
has "and it says so" "$out" "NOT verified"
bad "no such user" reply.unexpected smtp://127.0.0.1 --from a@x.test --to nobody-here@example.test
has "no such user: what came" "$out" '"550 no such user here"'
bad "no relay" reply.unexpected smtp://127.0.0.1 --from a@x.test --to b@elsewhere.test
has "no relay: what helps" "$out" "log in (-u)"
for how in plain login cram-md5; do
    good "login by $how" smtp://localhost --starttls --cacert "$ca" "${joe[@]}" --auth $how
    bad "wrong password by $how" auth.refused smtp://localhost --starttls --cacert "$ca" -u joe \
        --password-file "$LAB_DIR/wrong" --auth $how
    has "wrong password by $how: what helps" "$out" "user or password are wrong"
done
good "a relay for who has logged in" smtp://localhost --starttls --cacert "$ca" "${joe[@]}" \
    --from joe@example.test --to b@elsewhere.test

# ---- a mail, sent and read back

good "a mail" smtp://localhost --starttls --cacert "$ca" "${joe[@]}" --from joe@example.test \
    --to joe@example.test --send --subject "probe 4711" --body $'first\n.\n..dots\nlast'
has "a mail: its queue id" "$out" "queued as "
for ((n = 0; n < 100; n++)); do
    run nobody -s --json imaps://localhost --cacert "$ca" "${joe[@]}"
    [ "$(json '[.transcript[].text | select(startswith("1 messages"))] | length')" = 1 ] && break
    sleep 0.1
done
same "it has arrived" "$(json '[.transcript[].text | select(startswith("1 messages"))] | length')" 1
good "read back" pop3s://localhost --cacert "$ca" "${joe[@]}" --retr 1
has "read back: subject" "$out" "Subject: probe 4711"
has "read back: a line that is a dot" "$out" "S  ..dots"
has "read back: last line" "$out" "S  last"

# ---- LMTP

good "LMTP, two recipients" lmtp://127.0.0.1 --from a@x.test --to joe@example.test \
    --to jane@example.test --send
same "LMTP: a reply for each" "$(grep -c ' S  250 2.0.0' "$LAB_DIR/out")" 2

# ---- IMAP and POP3

for scheme in imap pop3; do
    good "$scheme in clear" $scheme://127.0.0.1 "${joe[@]}"
    good "$scheme, STARTTLS" $scheme://localhost --starttls --cacert "$ca" "${joe[@]}"
    has "$scheme, STARTTLS: verified" "$out" ", verified"
    good "$scheme, TLS" ${scheme}s://localhost --cacert "$ca" "${joe[@]}"
    has "$scheme: counts" "$out" " messages"
    for how in plain login cram-md5 user; do
        good "$scheme by $how" ${scheme}s://localhost --cacert "$ca" "${joe[@]}" --auth $how
        bad "$scheme by $how, wrong" auth.refused ${scheme}s://localhost --cacert "$ca" -u joe \
            --password-file "$LAB_DIR/wrong" --auth $how
    done
    same "$scheme: no password in the output" "$(cat "$LAB_DIR/out" "$LAB_DIR/err" | grep -c wrong$)" 0
done
bad "a port that speaks TLS at once" reply.timeout imap://127.0.0.1:993 --timeout 500ms
bad "a port that does not" tls.not-tls imaps://127.0.0.1:143 --cacert "$ca"

# ---- HTTP

good "-I" -I http://127.0.0.1/
has "-I" "$out" "HTTP/1.1 200 OK"
good "a body" -s -o - http://127.0.0.1/
same "a body" "$out" "hello"
good "a big one" -s -o - http://127.0.0.1/big
same "a big one: octets" "$(wc -c <"$LAB_DIR/out")" 200000
good "redirects" -s -o - -L http://127.0.0.1/r1
same "redirects" "$out" "hello"
good "-w counts them" -s -L -w '%{num_redirects}' http://127.0.0.1/r1
same "-w counts them" "$out" 2
good "a login" -s -o - "${joe[@]}" http://127.0.0.1/private/
same "a login" "$out" inside
good "404 is an answer" -I http://127.0.0.1/nosuch
bad "404 is not 200" reply.unexpected -I http://127.0.0.1/nosuch --expect 200
bad "401" reply.unexpected http://127.0.0.1/private/ --expect 200
has "401: what helps" "$out" "wants a login"
good "https" --json https://localhost/ --cacert "$ca"
same "https: version" "$(json .tls.version)" TLSv1.3
same "https: ALPN" "$(json .tls.alpn)" http/1.1
same "https: verified" "$(json .tls.verified)" true
same "https: certificates" "$(json '.tls.certificates | length')" 2
same "https: days" "$(json '.tls.certificates[0].days_left')" 29
good "TLS 1.2" --json https://localhost/ --cacert "$ca" --tls-max 1.2
same "TLS 1.2" "$(json .tls.version)" TLSv1.2
good "only the handshake" tls://localhost:443 --cacert "$ca" --cert-days 7
bad "too few days" check.unmet tls://localhost:443 --cacert "$ca" --cert-days 60
bad "wrong name" tls.wrong-name https://localhost:444/ --cacert "$ca"
bad "expired" tls.expired https://localhost:445/ --cacert "$ca"
has "expired: what helps" "$out" "renew the certificate"
bad "by itself" tls.self-signed https://localhost:446/ --cacert "$ca"
good "by itself, and trusted" https://localhost:446/ --cacert "$srv/ca/self.pem"
bad "in clear to a TLS port" reply.unexpected -I http://localhost:443/ --expect 200

# ---- by hand

printf 'QUIT\n' | "${LAB_NOBODY[@]}" "$tool" localhost 25 --starttls smtp --cacert "$ca" >"$LAB_DIR/out" 2>&1
same "s_client's way: exit" $? 0
has "s_client's way" "$(cat "$LAB_DIR/out")" "221 "
printf 'a logout\n' | "${LAB_NOBODY[@]}" "$tool" localhost 993 --tls --cacert "$ca" >"$LAB_DIR/out" 2>&1
has "TLS by hand" "$(cat "$LAB_DIR/out")" "* BYE"

# ---- side by side

for ((n = 0; n < 40; n++)); do
    printf 'smtps://localhost\nimaps://localhost\nhttps://localhost/\npop3://127.0.0.1\n'
done >"$LAB_DIR/targets"
good "side by side" --targets "$LAB_DIR/targets" --cacert "$ca" --parallel 20
has "side by side" "$out" "160 of 160 good"

stop_servers
same "nobody listens any more" "$(ss -Hltn | wc -l)" 0
same "nothing runs any more" "$(ps -e -o pid= -o comm= | grep -c 'nginx\|dovecot\|exim')" 0
finish
