#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A private root with real servers from Debian: root.sh FOLDER. Nothing of this machine changes: the
# packages, with everything that they depend on, are downloaded and unpacked there, and run in it
# with chroot. Made once; several tests may ask for it at a time. Exit 77, with a reason, when the
# packages cannot be had.
set -u
root=$1
packages="exim4-daemon-light dovecot-imapd dovecot-pop3d dovecot-lmtpd nginx"

cannot() {
    echo "SKIP: $*"
    exit 77
}

command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
    cannot "no apt to download servers with"
mkdir -p "$root" || exit 1
root=$(cd "$root" && pwd)
exec 9>"$root.lock"
flock 9
[ ! -e "$root/.complete" ] || exit 0

# With an empty status of its own apt takes nothing for installed; its lists are the machine's, or
# fresh ones where there are none.
cache=$root.packages
mkdir -p "$cache/archives/partial" "$cache/lists/partial"
options=(-qq -o Dir::State::status=/dev/null -o "Dir::Cache::archives=$cache/archives"
    -o APT::Sandbox::User=root -o Debug::NoLocking=1)
download() {
    apt-get "${options[@]}" "$@" --download-only -y --no-install-recommends install $packages
}
download >"$cache/log" 2>&1 || {
    own=(-o "Dir::State::lists=$cache/lists")
    apt-get "${options[@]}" "${own[@]}" update >>"$cache/log" 2>&1
    download "${own[@]}" >>"$cache/log" 2>&1
} || cannot "the packages of the servers cannot be downloaded: $(tail -n 1 "$cache/log")"

# Debian's root has four folders that are links.
for name in bin sbin lib lib64; do
    mkdir -p "$root/usr/$name"
    ln -sfn "usr/$name" "$root/$name"
done
for package in "$cache"/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" |
        tar -x -C "$root" --keep-directory-symlink --no-same-owner || exit 1
done
mkdir -p "$root"/{dev,proc,tmp,run,srv}

# The users that the servers want to be.
cat >"$root/etc/passwd" <<'END'
root:x:0:0:root:/root:/bin/sh
mail:x:8:8:mail:/var/mail:/usr/sbin/nologin
Debian-exim:x:100:100::/var/spool/exim4:/usr/sbin/nologin
dovecot:x:101:101::/usr/lib/dovecot:/usr/sbin/nologin
dovenull:x:102:102::/nonexistent:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
END
cat >"$root/etc/group" <<'END'
root:x:0:
mail:x:8:
Debian-exim:x:100:
dovecot:x:101:
dovenull:x:102:
nogroup:x:65534:
END
printf '127.0.0.1 localhost good.lab.test\n::1 localhost\n' >"$root/etc/hosts"
# Named on its command line exim would take its configuration for somebody else's.
mkdir -p "$root/etc/exim4"
ln -sfn /srv/exim/conf "$root/etc/exim4/exim4.conf"
rm -rf "$cache"
touch "$root/.complete"
