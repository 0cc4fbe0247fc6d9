#!/usr/bin/python3 -B
# SPDX-License-Identifier: ISC
"""pieces.py: sets of fragments that different systems put together differently, over IPv4 and IPv6.

frames.py says how it is called. A set's frames follow each other and share an identification; in the text behind `pieces-N`
N is the set's first frame. What the pieces hide goes to port 53; what they show is the allowed endpoint.
"""
import struct
import sys

from scapy.layers.inet import TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment
from scapy.packet import Raw

from frames import CONSUMER, PORT, ether, ip, main


def datagram(number, dport, size=64):
    """The bytes behind the IP header of a datagram to the consumer."""
    body = (b"pieces-%d" % number).ljust(size, b".")
    return bytes(ip(CONSUMER) / UDP(sport=40000 + number, dport=dport) / Raw(body))[20:]


def piece(ident, data, at, more, dst=CONSUMER, proto=17):
    """`data` at byte `at`; the number is the first frame's and makes the identification."""
    assert at % 8 == 0
    return ether() / ip(dst, id=0x4700 + ident, proto=proto, frag=at // 8, flags="MF" if more else 0) / Raw(data)


def teardrop():
    shown = datagram(1, PORT)
    yield "teardrop: the first fragment", piece(1, shown[:40], 0, True)
    yield "teardrop: the second lies inside the first and ends before it", piece(1, shown[24:28], 24, False)


def rewritten_ports():
    shown, meant = datagram(3, PORT), datagram(3, 53)
    yield "the first fragment shows the allowed port", piece(3, shown[:24], 0, True)
    yield "another first fragment of the same datagram shows port 53", piece(3, meant[:24], 0, True)
    yield "the end, which completes either", piece(3, shown[24:], 24, False)
    yield "a fragment of 8 bytes with the allowed port", piece(6, shown[:8], 0, True)
    yield "16 bytes over it with port 53", piece(6, meant[:16], 0, True)
    yield "the end of it", piece(6, meant[16:], 16, False)


def backwards():
    meant = datagram(9, 53)
    yield "the last fragment comes first", piece(9, meant[48:], 48, False)
    yield "then the middle", piece(9, meant[24:48], 24, True)
    yield "then the ports", piece(9, meant[:24], 0, True)


def tcp_flags():
    segment = bytes(ip(CONSUMER) / TCP(sport=40012, dport=443, flags="S", seq=12, window=64240) / Raw(b"pieces-12"))[20:]
    quiet = bytearray(segment)
    quiet[13] = 0x10
    yield "a TCP header whose flags say ACK", piece(12, bytes(quiet[:24]), 0, True, proto=6)
    yield "8 bytes over its flags that say SYN (RFC 3128)", piece(12, segment[8:16], 8, True, proto=6)
    yield "the end of the segment", piece(12, segment[24:].ljust(8, b"."), 24, False, proto=6)


def sizes():
    yield "a fragment without a byte", piece(15, b"", 8, True)
    yield "a middle fragment of 7 bytes", piece(16, b"pieces-", 8, True)
    yield "a ping of death: 8 bytes at 65528", piece(17, b"pieces17", 65528, False, proto=1)
    yield "one that says it is the last and lies at 0", piece(18, datagram(18, PORT)[:16], 0, False)
    yield "don't fragment and more fragments at once", ether() / ip(CONSUMER, id=0x4713, proto=17, flags="DF+MF") / Raw(
        datagram(19, PORT))
    yield "the reserved bit and more fragments", ether() / ip(CONSUMER, id=0x4714, proto=17, flags="evil+MF") / Raw(
        datagram(20, PORT))


def rose():
    """Two far ends of one datagram, again and again: each costs whoever keeps them room (the Rose attack)."""
    for number in range(21, 25):
        yield "one end of a datagram that is never whole", piece(number, datagram(number, PORT)[:32], 0, True)


def version6():
    whole = bytes(UDP(sport=40025, dport=53, chksum=0) / Raw(b"pieces-25".ljust(64, b".")))

    def part(ident, data, at, more):
        return (ether() / IPv6(src="2001:db8::2", dst="2001:db8:52::25", nh=44)
                / IPv6ExtHdrFragment(id=ident, offset=at // 8, m=int(more), nh=17) / Raw(data))

    yield "IPv6: the first fragment", part(25, whole[:24], 0, True)
    yield "IPv6: one that overlaps it (RFC 5722)", part(25, whole[16:], 16, False)
    yield "IPv6: an atomic fragment (RFC 6946)", part(27, whole, 0, False)
    yield "IPv6: a header chain that ends in the second fragment (RFC 7112)", (
        ether() / IPv6(src="2001:db8::2", dst="2001:db8:52::28", nh=44)
        / IPv6ExtHdrFragment(id=28, offset=0, m=1, nh=60) / Raw(struct.pack("!BBBBI", 60, 3, 1, 28, 0) + bytes(8)))


def frames():
    for group in (teardrop, rewritten_ports, backwards, tcp_flags, sizes, rose, version6):
        yield from group()


if __name__ == "__main__":
    sys.exit(main(__file__, __doc__, frames()))
