#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A throw-away certification authority: ca.sh FOLDER. Makes ca.pem, and for each of good, wrong (another
# name), expired, self (by itself): NAME.pem with its chain, NAME.key.
set -eu
cd "$1"
exec 2>ca.log

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"; }

by_ca() { # by_ca NAME DAYS EXTENSIONS: signed by the intermediate, if it is not that itself
    local signer=int
    [ "$1" != int ] || signer=ca
    key "$1"
    openssl req -new -key "$1.key" -subj "/CN=$1.lab.test" -out "$1.csr"
    printf '%s\n' "$3" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA $signer.crt -CAkey $signer.key -CAcreateserial -days "$2" \
        -extfile "$1.ext" -out "$1.crt"
    cat "$1.crt" int.crt >"$1.pem"
}

leaf="basicConstraints=critical,CA:FALSE
extendedKeyUsage=serverAuth
subjectAltName"
ours="DNS:good.lab.test,DNS:localhost,IP:127.0.0.1,IP:::1"
signs="basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign"

key ca
openssl req -x509 -new -key ca.key -subj "/CN=lab CA" -days 3650 -out ca.crt \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
cp ca.crt ca.pem
by_ca int 3650 "$signs"
by_ca good 30 "$leaf=$ours"
by_ca wrong 30 "$leaf=DNS:other.lab.test"
by_ca expired -1 "$leaf=$ours"
key self
openssl req -x509 -new -key self.key -subj "/CN=self.lab.test" -days 30 -out self.pem \
    -addext "subjectAltName=$ours"
chmod 644 ./*.key # the servers read them as users of their own; they are worth nothing
