# SPDX-License-Identifier: MIT
"""A host with services, for tests of np-listen: sockets of every kind that netstat knows, workers
that share a place, a child that inherits, and a process with a name that harms terminals. Prints
the name of each process with its pid, then "ready"; ends with its standard input."""
import os
import socket
import struct
import sys

INET, INET6, UNIX = socket.AF_INET, socket.AF_INET6, socket.AF_UNIX
STREAM, DGRAM, RAW = socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW
REUSEPORT = (socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
V6ONLY = (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
FREEBIND = (socket.SOL_IP, 15, 1)
UDPLITE, MPTCP = 136, 262
kept = []


def listen(family, address, kind=STREAM, protocol=0, options=(), backlog=5):
    s = socket.socket(family, kind, protocol)
    for option in options:
        s.setsockopt(*option)
    s.bind(address)
    if kind != DGRAM:
        s.listen(backlog)
    kept.append(s)
    return s


def process(name, work):
    """A child of that name that does its work, says so, and waits for the end of the test."""
    done, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        with open("/proc/self/comm", "wb") as f:
            f.write(name)
        work()
        os.write(told, b"x")
        sys.stdin.buffer.read()
        os._exit(0)
    os.close(told)
    os.read(done, 1)
    os.close(done)
    print(name.decode("latin-1").encode("unicode_escape").decode(), pid)
    return pid


def web():
    for _ in range(1):
        listen(INET, ("0.0.0.0", 443), options=[REUSEPORT], backlog=511)


def database():
    s = listen(INET, ("127.0.0.1", 5432), backlog=2)
    listen(UNIX, sys.argv[1] + "/.s.PGSQL.5432")
    first = socket.create_connection(("127.0.0.1", 5432))
    accepted, _ = s.accept()
    accepted.send(b"unread")
    kept.extend([first, accepted, socket.create_connection(("127.0.0.1", 5432))])


def odd():
    listen(INET6, ("::", 8081))
    listen(INET6, ("::", 8082), options=[V6ONLY])
    listen(INET, ("0.0.0.0", 8082))
    listen(INET6, ("::ffff:192.0.2.1", 8083))
    listen(INET, ("198.51.100.77", 8084), options=[FREEBIND])
    listen(INET, ("0.0.0.0", 8085), options=[(socket.SOL_SOCKET, 25, b"v0\0")])
    listen(INET6, ("fe80::fc:ff:fe00:a36f", 2034, 0, socket.if_nametoindex("v0")), kind=DGRAM)
    listen(INET, ("127.0.0.1", 2022), kind=DGRAM, protocol=UDPLITE)
    listen(INET, ("0.0.0.0", 9999), protocol=MPTCP)
    kept.append(socket.socket(INET, RAW, 1))
    kept.append(socket.socket(INET6, RAW, 58))


def clients():
    server = listen(INET, ("192.0.2.1", 53), kind=DGRAM)
    connected = socket.socket(INET, DGRAM)
    connected.connect(("127.0.0.1", 80))
    idle = socket.socket(INET, DGRAM)
    idle.bind(("0.0.0.0", 0))
    kept.extend([server, connected, idle])


def named():
    listen(UNIX, "\0abstract", kind=socket.SOCK_SEQPACKET)
    kept[-1].listen()
    listen(UNIX, "\0messages", kind=DGRAM)
    kept.extend(socket.socketpair())


def inherited():
    listen(INET, ("127.0.0.1", 25))


def hostile():
    listen(INET, ("127.0.0.1", 6666))


for _ in range(5):
    process(b"nginx", web)
process(b"postgres", database)
process(b"odd", odd)
process(b"resolver", clients)
process(b"messages", named)
process(b"\x1b[2J) S 1 1 (\n\xff", hostile)
inherited()
process(b"master", lambda: None)
print("ready", flush=True)
sys.stdin.buffer.read()
