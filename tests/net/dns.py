# SPDX-License-Identifier: MIT
"""A small name server for tests: dns.py MANNER, on 127.0.0.1 port 53.

MANNER: live answers from the table below, silent never answers, empty sends datagrams of no
octets, garbage sends noise, hangup asks for TCP and closes each connection at once. Prints a line when it is ready.
"""
import socket
import struct
import sys
import threading

HOSTS = {
    "host.lab": ("198.51.100.22", "2001:db8:6::2"),
    "four.lab": ("198.51.100.22", None),
}
POINTERS = {
    "2.100.51.198.in-addr.arpa": b"\x02r1\x03lab\x00",
    "22.100.51.198.in-addr.arpa": b"\x04host\x03lab\x00",
    # Octets that a name should not have: ESC, a dot inside a label, invalid UTF-8.
    "10.100.51.198.in-addr.arpa": b"\x09e\x1b[31m.\xff\xfe\x03lab\x00",
}


def question(data):
    labels, at = [], 12
    while data[at]:
        labels.append(data[at + 1:at + 1 + data[at]].decode("latin-1"))
        at += data[at] + 1
    kind, = struct.unpack("!H", data[at + 1:at + 3])
    return ".".join(labels).lower(), kind, data[12:at + 5]


def answer(data):
    name, kind, asked = question(data)
    record = None
    if kind == 12 and name in POINTERS:
        record = POINTERS[name]
    elif name in HOSTS and kind == 1:
        record = socket.inet_pton(socket.AF_INET, HOSTS[name][0])
    elif name in HOSTS and kind == 28 and HOSTS[name][1]:
        record = socket.inet_pton(socket.AF_INET6, HOSTS[name][1])
    known = record is not None or name in HOSTS
    head = data[:2] + struct.pack("!HHHHH", 0x8580 if known else 0x8583, 1, int(record is not None), 0, 0)
    if record is None:
        return head + asked
    return head + asked + b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(record)) + record


def hang_up():
    server = socket.socket()
    server.bind(("127.0.0.1", 53))
    server.listen(64)
    while True:
        peer = server.accept()[0]
        peer.shutdown(socket.SHUT_WR)  # first FIN, then a reset: the next write meets EPIPE
        peer.close()


def main():
    manner = sys.argv[1]
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    if manner == "hangup":
        threading.Thread(target=hang_up, daemon=True).start()
    print("ready", flush=True)
    while True:
        data, peer = server.recvfrom(4096)
        if manner == "live":
            server.sendto(answer(data), peer)
        elif manner == "empty":
            server.sendto(b"", peer)
        elif manner == "hangup":  # truncated: ask again by TCP
            head = data[:2] + b"\x83\x80" + struct.pack("!HHHH", 1, 0, 0, 0)
            server.sendto(head + question(data)[2], peer)
        elif manner == "garbage":
            server.sendto(data[:2] + b"\x81\x80" + bytes(range(256)), peer)


main()
