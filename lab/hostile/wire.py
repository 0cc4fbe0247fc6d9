# SPDX-License-Identifier: ISC
"""wire.py: what the hostile peers share: the world's end of the uplink, and what can be learned from it.

A peer is started by the statement `peer` of a scenario (docs/scenarios.md), in the world's namespace. It prints
`ready` when it sees every frame, attacks when it has seen what it waits for, and says what it did. Exit codes: 0 all was
sent, 1 what it waited for did not come, 2 usage; what nobody has sent proves nothing, and the case says so.

Frames are made by Scapy; what is only looked at is read by hand, because that has to keep up.
"""
import argparse
import socket
import struct
import sys
import time

from scapy.config import conf

conf.ipv6_enabled = False  # saves a third of the time to start; who needs IPv6 imports it

from scapy.layers.inet import ICMP, IP, TCP, UDP  # noqa: E402
from scapy.layers.l2 import Ether  # noqa: E402

VM, GATEWAY = "192.168.100.2", "192.168.100.1"
PROVIDER, ROUTER, CONSUMER, PORT = "192.168.1.100", "192.168.1.1", "203.0.113.50", 51900
UPLINK_MAC, WORLD_MAC = "02:00:00:00:01:64", "02:00:00:00:01:01"
PATIENCE_S = 8  # a bound, never a wait; below what `peer sends` waits
ETH_LEN = 14
TCP_FIN, TCP_SYN, TCP_RST, TCP_PSH, TCP_ACK = 1, 2, 4, 8, 16


class Seen:
    """One IPv4 frame of the uplink, as far as a peer has to look."""

    def __init__(self, frame, from_world):
        ihl = (frame[ETH_LEN] & 15) * 4
        self.from_world = from_world
        self.proto = frame[ETH_LEN + 9]
        self.src, self.dst = socket.inet_ntoa(frame[26:30]), socket.inet_ntoa(frame[30:34])
        self.packet = frame[ETH_LEN:ETH_LEN + struct.unpack_from("!H", frame, ETH_LEN + 2)[0]]
        self.sport = self.dport = self.seq = self.ack = self.flags = self.window = 0
        self.payload = b""
        at = ETH_LEN + ihl
        if self.proto not in (6, 17) or len(frame) < at + 8:
            return
        self.sport, self.dport = struct.unpack_from("!HH", frame, at)
        if self.proto == 17:
            self.payload = self.packet[ihl + 8:]
        elif len(frame) >= at + 20:
            self.seq, self.ack, offset, self.flags, self.window = struct.unpack_from("!IIBBH", frame, at + 4)
            self.payload = self.packet[ihl + (offset >> 4) * 4:]

    def next_seq(self):
        """The number behind all it carried."""
        return (self.seq + len(self.payload) + (self.flags & TCP_SYN > 0) + (self.flags & TCP_FIN > 0)) & 0xffffffff


class Uplink:
    """A packet socket at the world's end. What it sends itself it does not see."""

    def __init__(self):
        self.raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        try:
            self.raw.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE, for root outside only
        except PermissionError:
            pass
        self.raw.bind(("w0", 3))

    def send(self, frame):
        self.raw.send(bytes(frame))

    def frames(self, within_s=PATIENCE_S):
        """Yields what is seen; ends when `within_s` have passed."""
        end = time.monotonic() + within_s
        while (left := end - time.monotonic()) > 0:
            self.raw.settimeout(left)
            try:
                frame, address = self.raw.recvfrom(65600)
            except TimeoutError:
                return
            if len(frame) >= ETH_LEN + 20 and address[1] == 0x0800:
                yield Seen(frame, address[2] == socket.PACKET_OUTGOING)

    def wait(self, what, wanted):
        """The first frame that `wanted` says yes to; without one the peer gives up."""
        for seen in self.frames():
            if wanted(seen):
                return seen
        print(f"gave up: no {what} was seen within {PATIENCE_S} s", flush=True)
        sys.exit(1)

    def wait_for_text(self, text):
        """Goes on when any datagram on the uplink carries the text: that is how a case gives its orders."""
        wanted = text.encode()
        return self.wait(f"'{text}'", lambda s: wanted in s.payload)

    def wait_for_flow(self, peer, proto):
        """The first packet from the provider to the endpoint."""
        return self.wait(f"packet to {peer[0]}:{peer[1]}",
                         lambda s: s.src == PROVIDER and s.proto == proto and (s.dst, s.dport) == peer)


def say(text):
    print(text, flush=True)


def endpoint(text):
    address, port = text.rsplit(":", 1)
    return address, int(port)


def ether(**fields):
    """The header of what comes from the world to the provider."""
    return Ether(**{"src": WORLD_MAC, "dst": UPLINK_MAC, **fields})


def arguments(doc, *options):
    """The command line; options as (flags, keywords)."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    for flag, keywords in options:
        parser.add_argument(flag, **keywords)
    return parser.parse_args()


def hold():
    """Waits to be ended: a peer that is there may still be asked."""
    while True:
        time.sleep(3600)
