#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""server.py: a TCP server that is within its rights and no pleasure. It listens on --port of all addresses, serves one
connection after the other, and needs no packet socket: start it with `serve`.

    urgent    three words, each behind an urgent byte
    reset     50000 bytes, and then a RST where others say FIN
    dribble   600 bytes, each in a segment of its own
    late      reads nothing for half a second with the smallest buffer there is, then everything; answers with its length
              and its MD5
    done      the first connection: it ends its own direction at once, and is late then. The next ones: what came of the
              first, and whether it ended as it should
"""
import argparse
import hashlib
import socket
import struct
import time

TIMEOUT_S = 20


def urgent(peer):
    for word in (b"one", b"two", b"three"):
        peer.send(b"!", socket.MSG_OOB)
        peer.send(word)


def reset(peer):
    peer.sendall(b"x" * 50000)
    time.sleep(0.2)  # or the RST overtakes what it ends
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def dribble(peer):
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for i in range(600):
        peer.send(b"%d" % (i % 10))


def read_all(peer):
    digest, length = hashlib.md5(), 0
    while data := peer.recv(65536):
        digest.update(data)
        length += len(data)
    return b"%d %s\n" % (length, digest.hexdigest().encode())


def late(peer):
    time.sleep(0.5)
    peer.sendall(read_all(peer))


came = []  # what `done` has to say about its first connection


def done(peer):
    if not came:
        peer.shutdown(socket.SHUT_WR)
        time.sleep(0.5)
        try:
            came.append(read_all(peer))
        except OSError as error:
            came.append(f"{error.strerror}\n".encode())
    else:
        peer.sendall(came[0])


WAYS = {"urgent": urgent, "reset": reset, "dribble": dribble, "late": late, "done": done}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("way", choices=WAYS)
    options = parser.parse_args()
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if options.way in ("late", "done"):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # as little as the kernel gives
    listener.bind(("", options.port))
    listener.listen()
    while True:
        peer, _ = listener.accept()
        peer.settimeout(TIMEOUT_S)
        with peer:
            try:
                WAYS[options.way](peer)
            except OSError as error:
                print(error, flush=True)


if __name__ == "__main__":
    main()
