# SPDX-License-Identifier: MIT
# A server that plays: scripted.py PORT PLAY RECORD [CERTIFICATE KEY]
#
# Every connection gets the same play, one line a step:
#     S TEXT   send TEXT and CRLF          R TEXT   send TEXT as it is; both with \r \n \xHH
#     C        wait for a line             B        wait for an empty line
#     D        wait for a line "."         TLS      shake hands
#     REST     answer every line "250 ok", QUIT "221 bye"
# What came is appended to RECORD. "ready" on standard output: it listens.
import socket
import ssl
import sys
import threading

port, play, record = int(sys.argv[1]), sys.argv[2], sys.argv[3]
steps = [line.rstrip("\n") for line in open(play)]


class Peer:
    def __init__(self, sock):
        self.sock, self.waiting = sock, b""

    def line(self):
        while b"\n" not in self.waiting:
            more = self.sock.recv(65536)
            if not more:
                raise EOFError
            self.waiting += more
        line, self.waiting = self.waiting.split(b"\n", 1)
        with open(record, "ab") as f:
            f.write(line + b"\n")
        return line.rstrip(b"\r")

    def until(self, last):
        while self.line() != last:
            pass

    def rest(self):
        while True:
            line = self.line()
            quits = line.upper().startswith(b"QUIT")
            self.sock.sendall(b"221 bye\r\n" if quits else b"250 ok\r\n")
            if quits:
                return

    def secure(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[4], sys.argv[5])
        self.sock = context.wrap_socket(self.sock, server_side=True)

    def play(self):
        for step in steps:
            kind, _, text = step.partition(" ")
            octets = text.encode().decode("unicode_escape").encode("latin-1")
            if kind == "S":
                self.sock.sendall(octets + b"\r\n")
            elif kind == "R":
                self.sock.sendall(octets)
            elif kind == "C":
                self.line()
            elif kind == "B":
                self.until(b"")
            elif kind == "D":
                self.until(b".")
            elif kind == "TLS":
                self.secure()
            elif kind == "REST":
                self.rest()

    def serve(self):
        try:
            self.play()
        except (OSError, EOFError):
            pass
        self.sock.close()


listener = socket.create_server(("127.0.0.1", port), backlog=50)
print("ready", flush=True)
while True:
    accepted = listener.accept()[0]
    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=Peer(accepted).serve, daemon=True).start()
