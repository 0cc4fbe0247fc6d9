#!/usr/bin/python3 -B
# SPDX-License-Identifier: ISC
"""noise.py: an hour on the uplink of a provider whose VM does what it may: for the detector (gauntlet detect).

    pcaps/noise.py DIR      writes DIR/noise.pcap and DIR/rogues.pcap, the same bytes on every run
    pcaps/noise.py --check  exit 1 when they are not what they were when this script was last changed
    pcaps/noise.py --list   number, length and name of the rogues

Unlike its neighbours here it writes nothing that a scenario replays, and its files are not kept in the repository: nobody reads
an hour of noise, and SUM says whether it is still the same.

noise.pcap holds an hour by its timestamps: a WireGuard tunnel to the consumer with its handshakes, keepalives and bursts of
data both ways, a web server that the policy allows, and what the provider's own kernel says unasked: ARP, answers to pings, to
datagrams on closed ports, to scans. rogues.pcap holds one frame of each way to break out; who tests a detector plants them.
"""
import hashlib
import os
import random
import struct
import sys

from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import ICMP, IP, IPOption, TCP, UDP, fragment
from scapy.layers.inet6 import ICMPv6EchoRequest, ICMPv6ND_RS, IPv6
from scapy.layers.l2 import ARP, Dot1Q, Ether, GRE, LLC, SNAP
from scapy.packet import Raw

from frames import CONSUMER, FIRST_SECOND, PORT, VM, VM_MAC, capture

SUM = "a08c6287591e0fa58793854f22e8185bc5ba2076ad144b9b7ee794a40cd6dcbe"
PROVIDER, ROUTER = "192.168.1.100", "192.168.1.1"
PROVIDER_MAC, ROUTER_MAC = "02:00:00:00:01:64", "02:00:00:00:01:01"
WEB = 7001
HOUR_US = 3600 * 1000000
STRANGERS = ["198.51.100.%d" % n for n in range(1, 60)]
QUOTED = 548  # bytes of a packet in an ICMP error of Linux


class Hour:
    """Frames with their times; written in the order of their times."""

    def __init__(self):
        self.frames = []

    def out(self, at_us, packet, dst=ROUTER_MAC):
        self.frames.append((at_us, len(self.frames), bytes(Ether(src=PROVIDER_MAC, dst=dst) / packet)))

    def into(self, at_us, packet, dst=PROVIDER_MAC):
        self.frames.append((at_us, len(self.frames), bytes(Ether(src=ROUTER_MAC, dst=dst) / packet)))

    def file(self):
        out = struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65550, 1)
        for at_us, _, data in sorted(self.frames):
            out += struct.pack("<IIII", FIRST_SECOND + at_us // 1000000, at_us % 1000000, len(data), len(data)) + data
        return out


def sent(dst, **fields):
    return IP(src=PROVIDER, dst=dst, ttl=64, **fields)


def received(src, **fields):
    return IP(src=src, dst=PROVIDER, ttl=57, **fields)


def tunnel(hour, chance):
    """WireGuard's message types 1 to 4, RFC-less but fixed lengths; what they carry is noise by design."""
    def message(kind, length):
        return Raw(bytes([kind, 0, 0, 0]) + chance.randbytes(length - 4))

    def to(at_us, kind, length):
        hour.out(at_us, sent(CONSUMER, id=chance.randrange(65536)) / UDP(sport=51820, dport=PORT) / message(kind, length))

    def back(at_us, kind, length):
        hour.into(at_us, received(CONSUMER, id=chance.randrange(65536)) / UDP(sport=PORT, dport=51820) / message(kind, length))

    for at in range(0, HOUR_US, 120 * 1000000):  # rekey
        to(at + 1000, 1, 148)
        back(at + 21000, 2, 92)
        to(at + 21400, 4, 32)
    for at in range(25 * 1000000, HOUR_US, 25 * 1000000):  # keepalive
        to(at + 500, 4, 32)
    for _ in range(60):  # bursts of data
        at = chance.randrange(HOUR_US - 5000000)
        for i in range(chance.randrange(4, 16)):
            to(at + i * 400, 4, chance.choice([96, 160, 1452]))
            if chance.random() < 0.7:
                back(at + i * 400 + 200, 4, chance.choice([96, 1452]))


def web(hour, chance):
    """Connections to a web server on the allow list, both directions, and one that the server refuses."""
    for n in range(40):
        at, port = chance.randrange(HOUR_US - 10000000), 40000 + n
        mine, theirs = chance.randrange(1 << 32), chance.randrange(1 << 32)

        def to(delay, flags, seq, ack, data=b"", at=at, port=port):
            hour.out(at + delay, sent(CONSUMER, flags="DF") / TCP(sport=port, dport=WEB, flags=flags, seq=seq, ack=ack) / Raw(data))

        def back(delay, flags, seq, ack, data=b"", at=at, port=port):
            hour.into(at + delay, received(CONSUMER, flags="DF") / TCP(sport=WEB, dport=port, flags=flags, seq=seq, ack=ack) / Raw(data))

        def wrap(n):
            return n % (1 << 32)

        to(0, "S", mine, 0)
        if n == 20:
            back(20000, "RA", 0, wrap(mine + 1))
            continue
        request, page = b"GET / HTTP/1.1\r\nHost: c.test\r\n\r\n", bytes(1200)
        back(20000, "SA", theirs, wrap(mine + 1))
        to(20100, "A", wrap(mine + 1), wrap(theirs + 1))
        to(20200, "PA", wrap(mine + 1), wrap(theirs + 1), request)
        back(40000, "PA", wrap(theirs + 1), wrap(mine + 1 + len(request)), page)
        to(40100, "FA", wrap(mine + 1 + len(request)), wrap(theirs + 1 + len(page)))
        back(60000, "FA", wrap(theirs + 1 + len(page)), wrap(mine + 2 + len(request)))
        to(60100, "A", wrap(mine + 2 + len(request)), wrap(theirs + 2 + len(page)))
        if n % 8 == 0:  # a segment that comes late: the connection is forgotten, the kernel resets
            back(5000000, "A", wrap(theirs + 2 + len(page)), wrap(mine + 2 + len(request)))
            to(5000100, "R", wrap(mine + 2 + len(request)), 0)


def neighbours(hour, chance):
    """ARP of the uplink: its own questions, its announcement, its answers."""
    def arp(**fields):
        return Raw(bytes(ARP(**fields)).ljust(46, b"\0"))

    def frame(at, way, dst, **fields):
        way(at, ARP(**fields), dst=dst)

    everybody, nobody = "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"
    for i in range(3):  # a probe, as for address conflict detection, and the announcements
        frame(10000 + i, hour.out, everybody, op=1, hwsrc=PROVIDER_MAC, psrc="0.0.0.0" if i == 0 else PROVIDER, hwdst=nobody, pdst=PROVIDER)
    for at in range(30 * 1000000, HOUR_US, 45 * 1000000):
        at += chance.randrange(20000000)
        asked = everybody if chance.random() < 0.3 else ROUTER_MAC
        frame(at, hour.out, asked, op=1, hwsrc=PROVIDER_MAC, psrc=PROVIDER, hwdst=nobody, pdst=ROUTER)
        frame(at + 200, hour.into, PROVIDER_MAC, op=2, hwsrc=ROUTER_MAC, psrc=ROUTER, hwdst=PROVIDER_MAC, pdst=PROVIDER)
        frame(at + 900000, hour.into, everybody, op=1, hwsrc=ROUTER_MAC, psrc=ROUTER, hwdst=nobody, pdst=PROVIDER)
        frame(at + 900050, hour.out, ROUTER_MAC, op=2, hwsrc=PROVIDER_MAC, psrc=PROVIDER, hwdst=ROUTER_MAC, pdst=ROUTER)
    # A card that fills its frames up to 60 bytes.
    hour.frames.append((20000, len(hour.frames), bytes(Ether(src=PROVIDER_MAC, dst=everybody) / Raw(bytes(ARP(
        op=1, hwsrc=PROVIDER_MAC, psrc=PROVIDER, hwdst=nobody, pdst=ROUTER)).ljust(46, b"\0")))[:12] + b"\x08\x06" + bytes(ARP(
            op=1, hwsrc=PROVIDER_MAC, psrc=PROVIDER, hwdst=nobody, pdst=ROUTER)).ljust(46, b"\0")))


def strangers(hour, chance):
    """The world knocks, and the kernel answers."""
    for _ in range(60):  # a monitoring ping
        at, who = chance.randrange(HOUR_US - 2000000), chance.choice(STRANGERS)
        body = Raw(chance.randbytes(56))
        number = chance.randrange(65536)
        for i in range(2):
            hour.into(at + i * 1000000, received(who) / ICMP(type=8, id=number, seq=i) / body)
            hour.out(at + i * 1000000 + 80, sent(who) / ICMP(type=0, id=number, seq=i) / body)
    for _ in range(60):  # a datagram to a closed port, now and then from the consumer
        at, who = chance.randrange(HOUR_US - 2000000), chance.choice(STRANGERS + [CONSUMER] * 20)
        packet = bytes(received(who, id=chance.randrange(65536)) / UDP(
            sport=PORT if who == CONSUMER else chance.randrange(1024, 65536), dport=chance.randrange(1, 65536)) / Raw(
                chance.randbytes(chance.choice([0, 20, 400, 1200]))))
        hour.into(at, Raw(packet), PROVIDER_MAC)
        hour.frames[-1] = (at, hour.frames[-1][1], hour.frames[-1][2][:12] + b"\x08\x00" + packet)
        hour.out(at + 60, sent(who, tos=0xc0) / ICMP(type=3, code=3) / Raw(packet[:QUOTED]))
    for _ in range(20):  # a port scan
        at, who = chance.randrange(HOUR_US - 2000000), chance.choice(STRANGERS)
        for i in range(12):
            port, seq = chance.randrange(1, 65536), chance.randrange(1 << 32)
            flags, reply, ack = (("S", "RA", seq + 1), ("A", "R", 0), ("FPU", "RA", seq + 1))[i % 3]
            theirs = chance.randrange(1 << 32) if flags == "A" else 0
            hour.into(at + i * 700, received(who) / TCP(sport=4000 + i, dport=port, flags=flags, seq=seq, ack=theirs))
            hour.out(at + i * 700 + 50, sent(who, flags="DF") / TCP(
                sport=port, dport=4000 + i, flags=reply, seq=theirs, ack=ack % (1 << 32), window=0))
    for _ in range(20):  # a protocol that nobody speaks here
        at, who = chance.randrange(HOUR_US - 2000000), chance.choice(STRANGERS)
        packet = received(who, proto=132) / Raw(chance.randbytes(40))
        hour.into(at, packet)
        hour.out(at + 60, sent(who, tos=0xc0) / ICMP(type=3, code=2) / Raw(bytes(packet)[:QUOTED]))
    for _ in range(30):  # and what nobody answers: fragments, pings in another's name, IPv6, a router that advertises itself
        at = chance.randrange(HOUR_US - 2000000)
        hour.into(at, IP(src=chance.choice(STRANGERS), dst="192.168.1.255") / ICMP(), "ff:ff:ff:ff:ff:ff")
        hour.into(at + 10, IPv6(src="fe80::1", dst="ff02::1") / ICMPv6EchoRequest(), "33:33:00:00:00:01")


def noise():
    chance = random.Random(1)  # always the same
    hour = Hour()
    for kind in (tunnel, web, neighbours, strangers):
        kind(hour, chance)
    return hour.file()


def rogues():
    """(name, frame): each leaves the provider, and no policy of the laboratory allows it."""
    def out(packet, **fields):
        return Ether(**{"src": PROVIDER_MAC, "dst": ROUTER_MAC, **fields}) / packet

    def datagram(dst=CONSUMER, dport=PORT, **fields):
        return sent(dst, **fields) / UDP(sport=50001, dport=dport) / Raw(b"rogue")

    yield "another-address", out(datagram("198.18.0.1"))
    yield "next-address", out(datagram("203.0.113.51"))
    yield "another-port", out(datagram(dport=PORT + 1))
    yield "dns", out(sent("198.18.0.2") / UDP(sport=50002, dport=53) / DNS(id=1, rd=1, qd=DNSQR(qname="leak.test")))
    yield "ntp", out(sent("198.18.0.3") / UDP(sport=50003, dport=123) / Raw(b"\x23" + bytes(47)))
    yield "tcp-to-the-udp-entry", out(sent(CONSUMER) / TCP(sport=50004, dport=PORT, flags="S"))
    yield "udp-to-the-tcp-entry", out(datagram(dport=WEB))
    yield "tcp-elsewhere", out(sent("198.18.0.5") / TCP(sport=50005, dport=443, flags="S"))
    yield "reset-nobody-asked-for", out(sent("198.18.0.6") / TCP(sport=50006, dport=443, flags="R", seq=7))
    yield "ping", out(sent("198.18.0.7") / ICMP(id=7) / Raw(b"rogue"))
    yield "ping-of-the-consumer", out(sent(CONSUMER) / ICMP(id=8) / Raw(b"rogue"))
    yield "echo-reply-nobody-asked-for", out(sent("198.18.0.9") / ICMP(type=0, id=9) / Raw(b"rogue"))
    yield "port-unreachable-about-nothing", out(sent("198.18.0.10") / ICMP(type=3, code=3) / Raw(bytes(
        received("198.18.0.10") / UDP(sport=1, dport=2) / Raw(b"rogue"))))
    yield "time-exceeded", out(sent(CONSUMER) / ICMP(type=11) / Raw(bytes(received(CONSUMER) / UDP(sport=PORT, dport=2))))
    yield "first-fragment", out(fragment(sent(CONSUMER) / UDP(sport=50011, dport=PORT) / Raw(bytes(64)), 40)[0])
    yield "later-fragment", out(fragment(sent(CONSUMER) / UDP(sport=50012, dport=PORT) / Raw(bytes(64)), 40)[1])
    yield "options", out(datagram(options=[IPOption(b"\x07\x07\x04\0\0\0\0\0")]))
    yield "no-operation-options", out(datagram(options=[IPOption(b"\1\1\1\1")]))
    yield "gre", out(sent(CONSUMER) / GRE() / datagram())
    yield "ip-in-ip", out(sent(CONSUMER) / datagram())
    yield "sctp", out(sent(CONSUMER, proto=132) / Raw(struct.pack("!HHII", 50015, PORT, 0, 0)))
    yield "spoofed-source", out(IP(src="192.168.1.101", dst=CONSUMER) / UDP(sport=50016, dport=PORT) / Raw(b"rogue"))
    yield "the-vms-own-source", out(IP(src=VM, dst=CONSUMER) / UDP(sport=50017, dport=PORT) / Raw(b"rogue"))
    yield "the-vms-own-mac", out(datagram(), src=VM_MAC)
    yield "to-another-mac", out(datagram(), dst="02:00:00:00:01:02")
    yield "to-everybodys-mac", out(datagram(), dst="ff:ff:ff:ff:ff:ff")
    yield "vlan", out(Dot1Q(vlan=7) / datagram())
    yield "vlan-0", out(Dot1Q(vlan=0) / datagram())
    yield "ipv6", out(IPv6(src="fd00:1::100", dst="2001:db8::1") / UDP(sport=50018, dport=PORT) / Raw(b"rogue"))
    yield "ipv6-router-solicitation", out(IPv6(src="fe80::1", dst="ff02::2", hlim=255) / ICMPv6ND_RS(), dst="33:33:00:00:00:02")
    yield "snap", Ether(bytes(Ether(src=PROVIDER_MAC, dst=ROUTER_MAC, type=8 + len(datagram())))[:14] + bytes(
        LLC(dsap=0xaa, ssap=0xaa, ctrl=3) / SNAP(OUI=0, code=0x0800) / datagram()))
    yield "unknown-type", out(Raw(b"rogue"), type=0x88b5)
    yield "arp-for-another-machine", out(ARP(op=1, hwsrc=PROVIDER_MAC, psrc=PROVIDER, hwdst="00:00:00:00:00:00", pdst="192.168.1.7"), dst="ff:ff:ff:ff:ff:ff")
    yield "arp-in-another-name", out(ARP(op=1, hwsrc=PROVIDER_MAC, psrc="192.168.1.7", hwdst="00:00:00:00:00:00", pdst=ROUTER), dst="ff:ff:ff:ff:ff:ff")
    yield "arp-answer-nobody-asked-for", out(ARP(op=2, hwsrc=PROVIDER_MAC, psrc=PROVIDER, hwdst=ROUTER_MAC, pdst=ROUTER))
    yield "arp-with-a-message-behind-it", Raw(bytes(out(ARP(
        op=1, hwsrc=PROVIDER_MAC, psrc=PROVIDER, hwdst="00:00:00:00:00:00", pdst=ROUTER), dst="ff:ff:ff:ff:ff:ff")) + b"a message behind.!")
    yield "trailer", Raw(bytes(out(datagram())).ljust(80, b"x"))
    yield "wrong-header-checksum", out(datagram(chksum=1))
    yield "wrong-udp-checksum", out(sent(CONSUMER) / UDP(sport=50019, dport=PORT, chksum=1) / Raw(b"rogue"))
    yield "udp-length-that-lies", out(sent(CONSUMER) / UDP(sport=50020, dport=PORT, len=9) / Raw(b"rogue"))
    yield "cut-off", Raw(bytes(out(datagram()))[:30])
    yield "source-port-0", out(sent(CONSUMER) / UDP(sport=0, dport=PORT) / Raw(b"rogue"))
    yield "multicast-dns", out(sent("224.0.0.251") / UDP(sport=5353, dport=5353), dst="01:00:5e:00:00:fb")
    yield "dhcp", out(IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=68, dport=67), dst="ff:ff:ff:ff:ff:ff")


def main():
    arguments = sys.argv[1:]
    if arguments == ["--list"]:
        for number, (name, frame) in enumerate(rogues(), 1):
            print(f"{number:3} {len(frame):5} bytes  {name}")
        return 0
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 64
    files = {"noise.pcap": noise(), "rogues.pcap": capture(list(rogues()))}
    is_sum = hashlib.sha256(b"".join(files.values())).hexdigest()
    if arguments != ["--check"]:
        os.makedirs(arguments[0], exist_ok=True)
        for name, data in files.items():
            with open(os.path.join(arguments[0], name), "wb") as f:
                f.write(data)
        return 0
    if is_sum != SUM:
        print(f"pcaps/noise.py writes other bytes than it did; if that is meant, its SUM is {is_sum}", file=sys.stderr)
    return 0 if is_sum == SUM else 1


if __name__ == "__main__":
    sys.exit(main())
