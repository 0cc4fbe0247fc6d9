#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""boot.py: seeds out of what real guests said: boot.txt, which holds frames of captures in hexadecimal.

    fuzz/generate/boot.py                          writes fuzz/seeds/TARGET/boot-NAME
    fuzz/generate/boot.py --take FILE.pcapng...    prints what boot.txt is chosen from, of captures of gauntlet: one frame of
                                                   each kind that the guest sent, and answers of the world's resolver

The same bytes on every run, but for --take: a guest chooses its numbers and times anew. Run from the root of the
repository. What the captures are of stands at the head of boot.txt.
"""
import pathlib
import struct
import sys

SEEDS = pathlib.Path("fuzz/seeds")
LIST = pathlib.Path(__file__).with_name("boot.txt")
# What adds something to the corpus, by libFuzzer's merge; the other frames of the captures did not.
KEPT = {
    "frame": "arp-1 dhcp-1 icmp-1 icmp6-1 tcp-1 udp-1",
    "icmp": "icmp-1 icmp-2",
    "udp": "udp-1 udp-4",
    "dhcp": "dhcp-1 dhcp-2",
    "dns_query": "dns-4 dns-5",
    "dns_answer": "answer-1",
    "hello": "hello-2 hello-4",
    "diff_hello": "hello-2 hello-4",
    "http_request": "http-1 http-5 http-6 http-7",
}
IPV4, ARP, IPV6 = 0x0800, 0x0806, 0x86DD
ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58


class Frame:
    """What of a frame is looked at here; the frames are good."""

    def __init__(self, data):
        self.data = data
        self.type = int.from_bytes(data[12:14], "big")
        self.proto = self.sport = self.dport = self.seq = self.flags = 0
        self.packet = data[14:]
        self.segment = self.payload = b""
        if self.type == IPV4:
            self.packet = self.packet[:int.from_bytes(self.packet[2:4], "big")]
            self.proto = self.packet[9]
            self.segment = self.packet[(self.packet[0] & 15) * 4:]
        elif self.type == IPV6:
            behind = 40 + (8 if self.packet[6] == 0 else 0)  # hop-by-hop: the router alert of MLD
            self.proto = self.packet[40] if self.packet[6] == 0 else self.packet[6]
            self.segment = self.packet[behind:]
        if self.proto in (TCP, UDP):
            self.sport, self.dport = struct.unpack(">HH", self.segment[:4])
        if self.proto == UDP:
            self.payload = self.segment[8:]
        elif self.proto == TCP:
            self.seq, self.flags = int.from_bytes(self.segment[4:8], "big"), self.segment[13]
            self.payload = self.segment[(self.segment[12] >> 4) * 4:]

    def kind(self):
        """What it is, and what makes it another than those before; None: nothing that is kept."""
        if self.type == ARP:
            return "arp", self.packet[7]
        if self.proto in (ICMP, ICMP6):
            return "icmp" if self.proto == ICMP else "icmp6", (self.segment[0], len(self.segment))
        if self.proto == UDP and self.dport == 67:
            return "dhcp", self.payload[242]
        if self.proto == UDP and 53 in (self.sport, self.dport):
            return "dns" if self.dport == 53 else "answer", self.payload[2:].lower()
        if self.proto == UDP:
            return "udp", len(self.payload)
        if self.proto == TCP and not self.payload:
            return "tcp", (self.flags, len(self.segment))
        if self.dport == 80:
            return "http", self.payload[:120]
        if self.dport == 443 and self.payload[0] == 0x16 and self.payload[5] == 1:
            return "hello", len(self.payload)
        return None


# --- from captures to the list ---

def options(body):
    """Number and value of each option of a block."""
    while len(body) >= 4:
        number, length = struct.unpack("<HH", body[:4])
        yield number, body[4:4 + length]
        body = body[4 + (length + 3) // 4 * 4:]


def captured(data):
    """Interface, direction (1 in, 2 out) and bytes of each packet of a pcapng, as gauntlet writes it."""
    names = []
    while data:
        kind, length = struct.unpack("<II", data[:8])
        body, data = data[8:length - 4], data[length:]
        if kind == 1:
            names.append(dict(options(body[8:])).get(2, b"").decode())
        elif kind == 6:
            size = int.from_bytes(body[12:16], "little")
            flags = dict(options(body[20 + (size + 3) // 4 * 4:])).get(2, bytes(4))
            yield names[int.from_bytes(body[:4], "little")], flags[0] & 3, body[20:20 + size]


def take(paths):
    seen, count = set(), {}
    for path in paths:
        for name, direction, data in captured(pathlib.Path(path).read_bytes()):
            frame = Frame(data)
            kind = frame.kind()
            of_guest = name == "guest" and direction == 2 and kind and kind[0] != "answer"
            of_resolver = name == "wire" and direction == 1 and kind and kind[0] == "answer"
            sentinel = frame.proto == UDP and frame.sport == 40000
            foreign = kind and kind[0] == "dns" and b"\4test\0" not in kind[1]  # names of the machine's own
            if not (of_guest or of_resolver) or sentinel or foreign or kind in seen:
                continue
            seen.add(kind)
            count[kind[0]] = count.get(kind[0], 0) + 1
            print(f"{kind[0]}-{count[kind[0]]} {data.hex()}")


# --- from the list to seeds ---

def frames():
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, data = line.split()
            yield name, Frame(bytes.fromhex(data))


def first_record(stream):
    return stream[:5 + int.from_bytes(stream[3:5], "big")]


def seed(target, frame):
    """The bytes of the target; how it wants them stands at its head."""
    if target == "frame":
        return bytes(4) + frame.data
    if target == "icmp":
        return b"\0" + frame.segment
    if target == "udp":
        return b"\0" + frame.packet[12:20] + frame.segment
    if target == "dns_answer":
        return b"\2" + frame.payload  # refnat asks with EDNS
    return first_record(frame.payload) if target.endswith("hello") else frame.payload


def main():
    if sys.argv[1:2] == ["--take"]:
        take(sys.argv[2:])
        return
    of_name = dict(frames())
    for target, names in KEPT.items():
        for name in names.split():
            (SEEDS / target / f"boot-{name}").write_bytes(seed(target, of_name[name]))


if __name__ == "__main__":
    main()
