# SPDX-License-Identifier: MIT
"""Routers that no Linux kernel is: behind the TUN device t0, errors with extensions of RFC 4884.

    TTL 1  10.9.0.1, or fd00:9::1, tells the length of its quote, and two MPLS labels
    TTL 2  10.9.0.2 tells no length (from before RFC 4884), and the interface it came in by
    TTL 3  10.9.0.3 tells an extension whose checksum is wrong
    TTL 4  10.9.0.4 asks for packets of at most 1280 octets
    TTL 5  the target answers
"""
import fcntl
import os
import socket
import struct

IFF_TUN, IFF_NO_PI, TUNSETIFF = 1, 0x1000, 0x400454CA
QUOTE = 128  # octets of a quote that an extension follows


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packet(source, target, payload):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, 64, 1, 0,
                       socket.inet_aton(source), target)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def icmp(kind, code, rest, body):
    message = struct.pack("!BBH4s", kind, code, 0, rest) + body
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


def extension(objects, wrong=False):
    data = struct.pack("!HH", 0x2000, 0) + objects
    return data[:2] + struct.pack("!H", checksum(data) ^ wrong) + data[4:]


LABELS = struct.pack("!HBBII", 12, 1, 1, 16001 << 12 | 64, 16002 << 12 | 7 << 9 | 1 << 8 | 1)
NAME = b"\x0cge-0/0/0\0\0\0"
INTERFACE = struct.pack("!HBBIHH4s12sI", 36 - 4, 2, 0x0F, 7, 1, 0, bytes([10, 8, 0, 1]), NAME, 9000)


def answer(data):
    ttl, protocol, source, target = data[8], data[9], data[12:16], data[16:20]
    quote = data[:QUOTE].ljust(QUOTE, b"\0")
    told = bytes([0, QUOTE // 4, 0, 0])
    if ttl == 1:
        return packet("10.9.0.1", source, icmp(11, 0, told, quote + extension(LABELS)))
    if ttl == 2:
        return packet("10.9.0.2", source, icmp(11, 0, bytes(4), quote + extension(INTERFACE)))
    if ttl == 3:
        return packet("10.9.0.3", source, icmp(11, 0, told, quote + extension(LABELS, True)))
    if ttl == 4:
        return packet("10.9.0.4", source, icmp(3, 4, struct.pack("!HH", 0, 1280), data[:28 + 64]))
    if protocol == 1:
        return packet(socket.inet_ntoa(target), source, icmp(0, 0, data[24:28], data[28:]))
    return packet(socket.inet_ntoa(target), source, icmp(3, 3, bytes(4), data[:28 + 64]))


def packet6(source, target, kind, code, rest, body):
    source = socket.inet_pton(socket.AF_INET6, source)
    message = struct.pack("!BBH4s", kind, code, 0, rest) + body
    pseudo = source + target + struct.pack("!II", len(message), 58)
    message = message[:2] + struct.pack("!H", checksum(pseudo + message)) + message[4:]
    return struct.pack("!IHBB16s16s", 6 << 28, len(message), 58, 64, source, target) + message


def answer6(data):
    limit, protocol, source, target = data[7], data[6], data[8:24], data[24:40]
    quote = data[:QUOTE].ljust(QUOTE, b"\0")
    told = bytes([QUOTE // 8, 0, 0, 0])
    if limit == 1:
        return packet6("fd00:9::1", source, 3, 0, told, quote + extension(LABELS))
    if limit == 2:
        return packet6("fd00:9::2", source, 3, 0, bytes(4), quote + extension(INTERFACE))
    if limit == 3:
        return packet6("fd00:9::3", source, 3, 0, told, quote + extension(LABELS, True))
    if limit == 4:
        return packet6("fd00:9::4", source, 2, 0, struct.pack("!I", 1280), data[:128])
    end = socket.inet_ntop(socket.AF_INET6, target)
    if protocol == 58:
        return packet6(end, source, 129, 0, data[44:48], data[48:])
    return packet6(end, source, 1, 4, bytes(4), data[:128])


tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", b"t0", IFF_TUN | IFF_NO_PI))
print("ready", flush=True)
while True:
    received = os.read(tun, 65536)
    if received[0] == 0x45 and received[9] in (1, 17):
        os.write(tun, answer(received))
    elif received[0] >> 4 == 6 and received[6] in (17, 58) and received[24] != 0xFF:
        os.write(tun, answer6(received))
