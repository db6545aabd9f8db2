# SPDX-License-Identifier: MIT
"""Answers UDP by data: udp.py ADDRESS PORT echo|fixed. Prints a line when it is ready."""
import socket
import sys

address, port, manner = sys.argv[1:4]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
server = socket.socket(family, socket.SOCK_DGRAM)
server.bind((address, int(port)))
print("ready", flush=True)
while True:
    data, peer = server.recvfrom(2048)
    server.sendto(data if manner == "echo" else b"an answer of my own", peer)
