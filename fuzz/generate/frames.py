#!/usr/bin/python3 -B
# SPDX-License-Identifier: ISC
"""frames.py: seeds of the targets that read frames, made with Scapy.

    fuzz/generate/frames.py           writes fuzz/seeds/TARGET/NAME for the targets below
    fuzz/generate/frames.py --list    number of seeds and target

The same bytes on every run. Seeds that a fuzzer found stand beside them and are not touched. frames_list.py has the
frames; the targets arp, ipv4, udp, tcp_seg, icmp and dhcp get what stands in them.
"""
import os
import struct
import sys

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw

import frames_list

HERE = os.path.dirname(os.path.abspath(__file__))
SEEDS = os.path.join(HERE, "..", "seeds")
MEND_ALL = 7  # fuzz/rig/mend.h
ADDRESSES = bytes([192, 168, 100, 2, 203, 0, 113, 50])


def arp_seeds():
    def arp(**fields):
        return bytes(ARP(hwsrc=frames_list.VM_MAC, psrc=frames_list.VM, pdst=frames_list.GATEWAY, **fields))
    yield "request", arp()
    yield "reply", arp(op=2)
    for room in (0, 4, 5, 6, 8, 14, 18, 24):
        yield f"room-{room}", arp(op=28 + room)
    yield "padded", arp() + bytes(18)
    yield "hardware", arp(hwtype=6)
    yield "protocol", arp(ptype=0x86dd)
    yield "lengths", arp(hwlen=8)
    yield "protocol-length", arp(plen=16)
    for n in (0, 1, 3, 4, 5, 7, 13, 17, 23, 27):
        yield f"cut-{n}", arp()[:n]


def ipv4_seeds():
    def packet(payload=b"payload", **fields):
        return bytes(IP(**{"src": frames_list.VM, "dst": "203.0.113.50", "proto": 17, **fields}) / Raw(payload))

    def options(text):
        return packet(options=[], ihl=5 + len(text) // 4, payload=text + b"payload", len=20 + len(text) + 7)
    plain = packet()
    yield "plain", b"\0" + plain
    for room in (0, 1, 2, 4, 6, 8, 9, 10, 12, 16):
        yield f"room-{room}", b"\0" + packet(proto=100 + room)
    yield "padded", b"\0" + plain + bytes(9)
    yield "empty", b"\0" + packet(b"")
    yield "nothing", b"\0"
    for n in (1, 2, 4, 6, 8, 9, 10, 12, 16, 19, 20, 23):
        yield f"cut-{n}", b"\0" + plain[:n]
    yield "version-6", b"\1" + bytes([0x65]) + plain[1:]
    yield "ihl-4", b"\1" + bytes([0x44]) + plain[1:]
    yield "ihl-past-the-frame", b"\1" + bytes([0x4f]) + plain[1:]
    yield "total-below-the-header", b"\1" + packet(len=19)
    yield "total-past-the-frame", b"\1" + packet(len=28)
    yield "checksum", b"\0" + packet(chksum=0x1234)
    yield "checksum-0", b"\0" + packet(chksum=0)
    yield "ttl-0", b"\0" + packet(ttl=0)
    yield "more-fragments", b"\0" + packet(flags="MF")
    yield "offset", b"\0" + packet(frag=1)
    yield "offset-4096", b"\0" + packet(frag=4096)
    yield "offset-256", b"\0" + packet(frag=256)
    yield "reserved-flag", b"\0" + packet(flags=4)
    yield "dont-fragment", b"\0" + packet(flags="DF")
    yield "options-nop", b"\1" + options(b"\1\1\1\0")
    yield "options-router-alert", b"\1" + options(b"\x94\4\0\0")
    yield "options-router-alert-value", b"\1" + options(b"\x94\4\0\1")
    yield "options-router-alert-length", b"\1" + options(b"\x94\3\0\0")
    yield "options-router-alert-high-value", b"\1" + options(b"\x94\4\1\0")
    yield "options-router-alert-and-padding", b"\1" + options(b"\x94\4\0\0\1\1\1\1")
    yield "options-late", b"\1" + options(b"\1\1\1\1\1\x83\3\4")
    yield "options-behind-the-end", b"\1" + options(b"\0\0\0\x07")
    yield "options-40", b"\1" + options(b"\1" * 40)
    yield "ihl-with-short-total", b"\1" + bytes([0x46]) + packet(b"\1\1\1\1", len=20)[1:]
    yield "mended", b"\7" + b"\x45" + bytes(8) + b"\x11" + bytes(10) + b"x" * 8


def udp_seeds():
    def datagram(payload=b"hello", mend=0, **fields):
        fields = {"sport": 40000, "dport": 51900, **fields}
        whole = bytes(IP(src=frames_list.VM, dst="203.0.113.50") / UDP(**fields) / Raw(payload))
        return bytes([mend]) + ADDRESSES + whole[20:]
    yield "plain", datagram()
    for room in (0, 2, 4, 6):
        yield f"room-{room}", datagram(sport=8 + room)
    yield "even", datagram(b"even")
    yield "empty", datagram(b"")
    yield "no-checksum", datagram(chksum=0)
    yield "checksum", datagram(chksum=0x1234)
    yield "checksum-of-a-zero", datagram(b"", mend=2, sport=40000, dport=0xffff - 0)
    yield "length-7", datagram(mend=2, len=7)
    yield "length-8", datagram(mend=2, len=8)
    yield "length-long", datagram(mend=2, len=14)
    yield "length-short", datagram(mend=2, len=12)
    yield "length-0", datagram(len=0)
    yield "mended", datagram(b"mend me", mend=6, chksum=1, len=1)
    for n in (0, 1, 2, 3, 4, 5, 6, 7):
        yield f"cut-{n}", datagram()[:9 + n]
    # The sum over these is 0xffff, so the checksum would be 0 and is written as 0xffff.
    src, dst, ports = 0xc0a86402, 0xcb007132, (40000, 51900)
    total = sum(ports) + (src >> 16) + (src & 0xffff) + (dst >> 16) + (dst & 0xffff) + 17 + 2 * 10
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    yield "sum-of-ones", datagram(struct.pack(">H", 0xffff - total), chksum=0xffff)
    yield "big", datagram(bytes(range(256)) * 5 + b"odd")


def tcp_seeds():
    def segment(options=b"", payload=b"", mend=0, **fields):
        fields = {"sport": 40000, "dport": 443, "seq": 7, "ack": 9, "flags": "S", **fields}
        tcp = TCP(**{"dataofs": 5 + len(options) // 4, **fields}) / Raw(options + payload)
        return bytes([mend]) + ADDRESSES + bytes(IP(src=frames_list.VM, dst="203.0.113.50") / tcp)[20:]
    linux = b"\2\4\5\xb4\4\2\x08\x0a\0\0\0\1\0\0\0\0\1\3\3\7"
    yield "syn", segment(linux)
    yield "data", segment(flags="PA", payload=b"hello")
    yield "sack-1", segment(b"\1\1\5\x0a" + bytes(range(8)), flags="A")
    yield "sack-4", segment(b"\1\1\5\x22" + bytes(range(32)) + b"\0\0\0\0", flags="A")
    for room in (20, 22, 23, 24, 28, 32):
        yield f"room-{room}-of-sack", segment(b"\1\1\5\x1a" + bytes(range(24)), flags="A", seq=room)
    yield "sack-4-and-more", segment(b"\4\2\3\3\7\5\x22" + bytes(range(32)) + b"\0", flags="SA")
    for room in (0, 2, 4, 8, 12, 13, 14, 16, 20, 21, 22, 24, 26, 27, 28, 29, 30, 31):
        yield f"room-{room}-of-syn", segment(linux, seq=room)
    yield "scale-14", segment(b"\3\3\x0e\1")
    yield "scale-15", segment(b"\3\3\x0f\1")
    yield "scale-255", segment(b"\3\3\xff\1")
    yield "options-not-of-a-syn", segment(linux, flags="A")
    for name, text in (("end", b"\0\2\4\5\xb4\1\1\1"), ("length-0", b"\2\4\5\xb4\x08\0\3\3"),
                       ("length-1", b"\2\4\5\xb4\x08\1\3\3"), ("past-the-header", b"\2\4\5\xb4\x08\x28\3\3"),
                       ("cut", b"\2\4\5\xb4\1\1\1\3"), ("mss-5", b"\2\5\5\xb4\1\3\3\7"),
                       ("mss-3", b"\2\3\5\1\3\3\7\1"), ("scale-2", b"\3\2\4\2\2\4\5\xb4"),
                       ("scale-4", b"\3\4\4\2\2\4\5\xb4"), ("sack-permitted-3", b"\4\3\1\3\3\7\0\0"),
                       ("sack-2", b"\5\2\3\3\7\0\0\0"),
                       ("sack-6", b"\5\6\1\1\1\1\3\3\7\0\0\0"), ("twice", b"\2\4\5\xb4\2\4\1\0"),
                       ("unknown", b"\x13\4\1\2\xfe\4\0\0")):
        yield f"option-{name}", segment(text)
    yield "option-sack-42", segment(b"\1\1\5\x26" + bytes(36), flags="A")
    for flags in range(64):
        if flags & 0x28 == 0 or flags in (0x12 | 8, 0x11 | 32):
            yield f"flags-{flags:02x}", segment(flags=flags)
    yield "offset-4", segment(dataofs=4, mend=2)
    yield "offset-past-the-packet", segment(dataofs=6, mend=2)
    yield "checksum", segment(chksum=0x1234)
    yield "mended", segment(payload=b"mend me", flags="PA", chksum=1, mend=2)
    for n in (0, 2, 3, 4, 7, 8, 11, 12, 13, 14, 16, 18, 19):
        yield f"cut-{n}", segment()[:9 + n]


def icmp_seeds():
    def message(**fields):
        return b"\0" + bytes(ICMP(**fields) / Raw(b"ping"))
    yield "echo", message()
    yield "echo-odd", message(id=5, seq=9) + b""
    yield "reply", message(type=0)
    for kind in (3, 4, 5, 8, 11, 12, 15):
        yield f"type-{kind}", message(type=kind, code=1)
    yield "checksum", message(chksum=0x1234)
    yield "odd", b"\2" + bytes([8, 0, 0, 0, 0, 5, 0, 9, 1])
    for n in (0, 1, 2, 4, 7, 8):
        yield f"cut-{n}", b"\2" + message()[1:1 + n]


def dhcp_seeds():
    discover = b"\x35\1\1\x3d\7\1RT\x00\x124V\x37\3\1\3\x1a\xff"

    def message(options, **fields):
        return frames_list.bootp(options, **fields)
    yield "discover", message(discover)
    for room in [0, 1, 2, 3, 4, 8, 10, 12, 16, 20, 24, 28, 34, 236, 240, 241, 242, 243, 244, 245, 249, 255, 261, 267,
                 273, 274, 275, 277, 278, 279, 281, 290]:
        # All options of a reply, some bytes of each; 28 zeros of padding behind them.
        yield f"room-{room}", message(b"\x35\1\3\x36\4\xc0\xa8\x64\1\x32\4\xc0\xa8\x64\2\x3d\x02cc\xff", giaddr=9, ciaddr=7,
                                      flags=0x8000, xid=300 * 1000 + room)
    yield "request", message(b"\x35\1\3\x36\4\xc0\xa8\x64\1\x32\4\xc0\xa8\x64\2\xff")
    yield "padding", message(b"\0\0\x35\1\1\0\xff\0\0\0")
    yield "behind-the-end", message(b"\x35\1\1\xff\x34\1\1")
    yield "rapid-commit", message(b"\x35\1\1\x50\0\xff")
    yield "rapid-commit-with-a-value", message(b"\x35\1\1\x50\1\0\xff")
    yield "empty-option", message(b"\x35\1\1\x0c\0\xff")
    yield "no-end", message(b"\x35\1\1")
    yield "no-options", message(b"")
    yield "no-type", message(b"\x32\4\1\2\3\4\xff")
    yield "type-0", message(b"\x35\1\0\xff")
    yield "type-255", message(b"\x35\1\xff\xff")
    yield "type-of-2", message(b"\x35\2\1\1\xff")
    yield "type-twice", message(b"\x35\1\1\x35\1\3\xff")
    yield "requested-3", message(b"\x35\1\1\x32\3\1\2\3\xff")
    yield "requested-5", message(b"\x35\1\1\x32\5\1\2\3\4\5\xff")
    yield "requested-twice", message(b"\x35\1\1\x32\4\1\2\3\4\x32\4\1\2\3\4\xff")
    yield "requested-twice-0", message(b"\x35\1\1\x32\4\0\0\0\0\x32\4\1\2\3\4\xff")
    yield "server-twice", message(b"\x35\1\1\x36\4\1\2\3\4\x36\4\1\2\3\4\xff")
    yield "server-5", message(b"\x35\1\1\x36\5\1\2\3\4\5\xff")
    yield "client-twice", message(b"\x35\1\1\x3d\1\1\x3d\1\1\xff")
    yield "client-255", message(b"\x35\1\1\x3d\xff" + bytes(range(255)) + b"\xff")
    yield "overload", message(b"\x35\1\1\x34\1\1\xff")
    yield "overrun", message(b"\x35\1\1\x0c\7abc\xff")
    yield "cut-in-a-length", message(b"\x35\1\1\x0c")
    yield "options-64", message(b"\x35\1\1" + b"\x0c\1a" * 63 + b"\xff")
    yield "options-65", message(b"\x35\1\1" + b"\x0c\1a" * 64 + b"\xff")
    yield "reply", message(discover, op=2)
    yield "hardware", message(discover, htype=6)
    yield "hardware-length", message(discover, hlen=16)
    yield "cookie", message(discover).replace(b"\x63\x82\x53\x63", b"\x63\x82\x53\x64")
    for n in (0, 1, 2, 3, 7, 9, 11, 15, 19, 23, 27, 33, 100, 239, 240):
        yield f"cut-{n}", message(discover)[:n]


def framing_seeds():
    def stream(*frames):
        return b"".join(struct.pack(">I", len(frame)) + frame for frame in frames)
    three = stream(b"a" * 14, b"b" * 60, b"c")
    yield "three-frames-at-once", b"\x7f\xff" + three
    yield "three-frames-byte-by-byte", b"\0\0" + three
    yield "three-frames-in-pieces", b"\1\3" + three
    yield "cut-in-a-frame", b"\1\3" + three[:-20]
    yield "cut-in-a-length", b"\1\3" + three + b"\0\0"
    yield "length-0", b"\1\3" + stream(b"x", b"", b"y")
    yield "length-0-may-be", b"\x81\3" + stream(b"x", b"", b"y")
    for name, length in (("longest-and-1", 65551), ("longest-never-comes", 65550), ("all-ones", 0xffffffff),
                         ("swapped", 0x3c000000), ("sign-bit", 0x80000001), ("65536", 0x10000)):
        yield f"length-{name}", b"\x7f\3" + stream(b"x") + struct.pack(">I", length) + b"y" * 20
    yield "nothing", b"\0\0"


def bytes_seeds():
    for kind in range(10):
        for length in (0, 2, 5) if kind in (4, 5, 6) else (0,):
            read = 10 * length + kind
            for there in (0, 1, 2, 3, 4, 9):
                if there in (0, 9) or there < kind % 7 + 1:
                    yield f"read-{kind}-{length}-of-{there}", bytes([2, read, read]) + bytes([0, 0, 1, 2, 3, 4, 5, 6, 7])[:there]
    yield "vec-8", bytes([2, 7, 7, 2, 1, 2, 9, 1])
    yield "vec-16", bytes([2, 8, 8, 0, 2, 1, 2, 0, 9, 1])
    yield "vec-24", bytes([2, 9, 9, 0, 0, 2, 1, 2, 0, 0, 9, 1])


def buf_seeds():
    yield "put-and-take", bytes([4, 20, 0, 7, 6, 30, 0, 43])
    yield "pour-nothing", bytes([2, 0, 3, 0])
    yield "full", bytes([4, 61, 4, 0, 4, 1, 6, 1, 0, 61])
    yield "pour", bytes([5, 61, 2, 0, 0, 50, 5, 30, 2, 0, 3, 0, 1, 255])
    yield "pour-with-little-room", bytes([4, 50, 5, 30, 2, 0, 0, 60, 2, 0])
    yield "move-to-the-front", bytes([4, 40, 0, 39, 4, 60, 6, 20])


def cksum_seeds():
    head = ADDRESSES + bytes([17])
    for n in (0, 1, 2, 7, 8, 9, 15, 16, 17, 64):
        yield f"bytes-{n}", head + bytes([n]) + bytes(range(200, 200 - n, -1))
    yield "ones", head + b"\0" + b"\xff" * 40
    yield "zeros", bytes(10) + bytes(9)
    yield "room-of-0", ADDRESSES + bytes([0, 0])
    yield "room-of-1", ADDRESSES + bytes([0, 1])
    yield "room-of-8", ADDRESSES + bytes([6, 8])
    yield "room-of-8-at-7", ADDRESSES + bytes([7, 8])
    yield "carries", bytes([255] * 9) + b"\3" + b"\xff\xfe\0\1" * 50 + b"\xff"


def addr_seeds():
    texts = ["192.0.2.1", "0.0.0.0", "255.255.255.255", "256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.04",
             "1..2.3", "1.2.3.", ".1.2.3", "+1.2.3.4", "1.2.3.4 ", "0x1.2.3.4", "", "1.2.3.4x", "1111.2.3.4", "127.0.0.1",
             "224.0.0.1", "223.1.1.1", "10.0.0.0/8", "10.0.0.0/0", "10.0.0.0/32", "10.0.0.0/33", "10.0.0.0/08",
             "10.0.0.0/", "10.0.0.0/1x", "10.0.0/8", "10.0.0.0/100", "52:54:00:12:34:56", "52:54:00:AB:cd:Ef",
             "52:54:00:12:34:5", "52:54:00:12:34:567", "5:54:00:12:34:56", "52-54-00-12-34-56", "g2:54:00:12:34:56",
             "2g:54:00:12:34:56", "52:54:00:12:34", "@a:54:00:12:34:56", "a`:54:00:12:34:56", "G0:0:0"]
    for number, text in enumerate(texts):
        yield f"text-{number:02}", text.encode()


def frame_seeds():
    """Some of the frames, each in a scene of its own."""
    for number, (name, frame) in enumerate(frames_list.frames()):
        if number % 20 == 0:
            yield name, bytes([number // 20 % 14, number // 20 % 6, number * 7 % 256, 0]) + frame


def diff_bpf_seeds():
    """What is about IPv4 between the VM and others, under the policies that filter."""
    for number, (name, frame) in enumerate(frames_list.frames()):
        if name.startswith(("ip-", "udp-", "tcp-", "syn", "to-", "mtu-", "source-", "type-")):
            yield name, bytes([number % 7, 0, 0, 0]) + frame
    for policy in range(7):
        yield f"allowed-by-{policy}", bytes([policy, 0, 0, 0]) + bytes(frames_list.udp())
        yield f"connected-by-{policy}", bytes([policy, 0, 0, 0]) + bytes(frames_list.tcp())
    tls = bytes(frames_list.tcp("9.9.9.9", 8443))
    dns = bytes(frames_list.udp(frames_list.GATEWAY, 53))
    yield "tls", b"\3\0\0\0" + tls
    yield "dns", b"\3\0\0\0" + dns
    yield "dns-empty", b"\3\0\0\0" + bytes(frames_list.udp(frames_list.GATEWAY, 53, payload=b""))
    yield "dns-named", b"\5\0\0\0" + dns


TARGETS = {"frame": frame_seeds, "frame_all": frames_list.frames, "arp": arp_seeds, "ipv4": ipv4_seeds, "udp": udp_seeds, "tcp_seg": tcp_seeds, "icmp": icmp_seeds,
           "dhcp": dhcp_seeds, "ipv6": frames_list.ipv6_packets,
           "diff_bpf": diff_bpf_seeds, "framing": framing_seeds, "bytes": bytes_seeds, "buf": buf_seeds, "cksum": cksum_seeds, "addr": addr_seeds}


def main():
    for target, seeds in TARGETS.items():
        folder = os.path.join(SEEDS, target)
        os.makedirs(folder, exist_ok=True)
        count = 0
        for name, data in seeds():
            count += 1
            if "--list" not in sys.argv:
                with open(os.path.join(folder, name), "wb") as f:
                    f.write(data)
        print(f"{count:4} {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
