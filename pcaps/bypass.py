#!/usr/bin/python3 -B
# SPDX-License-Identifier: ISC
"""bypass.py: frames that are hard to say in words, as a guest would send them to get past a filter.

frames.py says how it is called. Frame N goes to 198.19.0.N or 2001:db8::N, either itself or with the packet inside it.
Frames that only work towards the one allowed endpoint go to the consumer and carry the text `bypass-N`.
"""
import sys

from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import IP, IPOption_Router_Alert, TCP, UDP
from scapy.layers.inet6 import (ICMPv6MLDMultAddrRec, ICMPv6MLReport2, ICMPv6ND_NS, ICMPv6ND_RS,
                                ICMPv6NDOptSrcLLAddr, ICMPv6NDOptUnknown, IPv6, IPv6ExtHdrDestOpt,
                                IPv6ExtHdrHopByHop, PadN, RouterAlert)
from scapy.layers.ipsec import AH, ESP
from scapy.layers.l2 import Dot1Q, Dot3, Ether, GRE, LLC, SNAP
from scapy.layers.sctp import SCTP, SCTPChunkInit
from scapy.contrib.igmpv3 import IGMPv3, IGMPv3gr, IGMPv3mr
from scapy.packet import Raw

from frames import CONSUMER, GATEWAY_MAC, PORT, VM_LINK_LOCAL, VM_MAC, ether, ip, main


def text(number):
    return Raw(b"bypass-%d" % number)


def udp(number, dst, dport=53):
    """A whole UDP packet from the VM, for the inside of things."""
    return ip(dst) / UDP(sport=40000 + number, dport=dport) / text(number)


def fragment(whole, start, end, dst, ident, proto=17):
    """Bytes start..end of the IP payload `whole`, placed where they belong."""
    assert start % 8 == 0
    return (ether() / ip(dst, id=ident, proto=proto, frag=start // 8, flags="MF" if end < len(whole) else 0)
            / Raw(whole[start:end]))


def transport(packet):
    """The bytes behind the IP header, checksum computed."""
    return bytes(packet)[20:]


def overlapping():
    shown = ip(CONSUMER) / UDP(sport=40001, dport=PORT) / Raw(b"bypass-1 shows the allowed port; the end is common")
    meant = ip(CONSUMER) / UDP(sport=40001, dport=53) / Raw(b"bypass-2 says it is for port 53; the end is common")
    yield ("first fragment that shows the allowed port",
           fragment(transport(shown), 0, 40, CONSUMER, 0x4701))
    yield ("first fragment over frame 1, with port 53",
           fragment(transport(meant), 0, 40, CONSUMER, 0x4701))
    yield ("last fragment of frames 1 and 2, overlapping both by 8 bytes",
           fragment(transport(meant), 32, len(transport(meant)), CONSUMER, 0x4701))


def tiny():
    syn = transport(ip("198.19.0.4") / TCP(sport=40004, dport=443, flags="S", seq=1000, window=64240) / text(4))
    yield ("first fragment of 8 bytes: ports, but no TCP flags (RFC 1858)",
           fragment(syn, 0, 8, "198.19.0.4", 0x4704, proto=6))
    yield ("the rest of frame 4, which says it is a SYN; to 198.19.0.4 as well",
           fragment(syn, 8, len(syn), "198.19.0.4", 0x4704, proto=6))


def later():
    def fake(number):
        return transport(ip(CONSUMER) / UDP(sport=40000 + number, dport=PORT) / text(number))
    yield ("later fragment to a stranger whose first bytes imitate the allowed port",
           ether() / ip("198.19.0.6", id=0x4706, proto=17, frag=3) / Raw(fake(6)))
    yield ("later fragment to the consumer whose first bytes imitate the allowed port; nothing precedes it",
           ether() / ip(CONSUMER, id=0x4707, proto=17, frag=3) / Raw(fake(7)))
    yield ("last fragment that ends behind byte 65535",
           ether() / ip("198.19.0.8", id=0x4708, proto=1, frag=8189) / Raw(b"bypass-8" + bytes(range(56))))


def tunnels():
    outer = ether() / ip(CONSUMER)
    yield ("GRE with key and sequence number to the consumer, inside UDP to 198.19.0.9:53",
           outer / GRE(proto=0x0800, key_present=1, key=7, seqnum_present=1, seqence_number=1) / udp(9, "198.19.0.9"))
    yield ("GRE that bridges Ethernet to the consumer, inside UDP to 198.19.0.10:53",
           outer / GRE(proto=0x6558) / ether() / udp(10, "198.19.0.10"))
    yield ("IP in IP to the consumer, inside UDP to 198.19.0.11:53", outer / udp(11, "198.19.0.11"))
    yield ("IPv6 in IPv4, inside UDP to [2001:db8::12]:53",
           ether() / ip("198.19.0.12") / IPv6(src="2001:db8::2", dst="2001:db8::12")
           / UDP(sport=40012, dport=53) / text(12))
    yield ("IP in IP in IP to the consumer, innermost UDP to 198.19.0.13:53",
           outer / ip(CONSUMER) / udp(13, "198.19.0.13"))


def protocols():
    yield ("SCTP INIT to port 443",
           ether() / ip("198.19.0.14") / SCTP(sport=40014, dport=443, tag=0)
           / SCTPChunkInit(init_tag=0x4714, a_rwnd=65535, n_out_streams=1, n_in_streams=1, init_tsn=1))
    yield ("ESP", ether() / ip("198.19.0.15") / ESP(spi=0x4715, seq=1, data=b"bypass-15, as if it were encrypted"))
    yield ("AH in front of UDP to port 53",
           ether() / ip("198.19.0.16") / AH(nh=17, payloadlen=4, spi=0x4716, seq=1, icv=b"\x47" * 12)
           / UDP(sport=40016, dport=53, chksum=0) / text(16))


def framings():
    snap = Dot3(src=VM_MAC, dst=GATEWAY_MAC) / LLC(dsap=0xaa, ssap=0xaa, ctrl=3)
    yield ("IPv4 in LLC/SNAP", snap / SNAP(OUI=0, code=0x0800) / udp(17, "198.19.0.17"))
    yield ("IPv4 in LLC/SNAP with the OUI of bridge tunnels",
           snap / SNAP(OUI=0x0000f8, code=0x0800) / udp(18, "198.19.0.18"))


def guest_noise():
    """What a Linux guest says by itself while it boots. It may be dropped, but must not be punished."""
    alert = ip("224.0.0.22", id=0, tos=0xc0, ttl=1, flags="DF", options=[IPOption_Router_Alert()])
    yield ("IGMPv3 report: joins 224.0.0.251",
           ether("01:00:5e:00:00:16") / alert / IGMPv3(type=0x22)
           / IGMPv3mr(records=[IGMPv3gr(rtype=4, maddr="224.0.0.251")]))
    question = DNS(id=0, rd=0, qd=DNSQR(qname="_services._dns-sd._udp.local", qtype="PTR"))
    yield ("mDNS question",
           ether("01:00:5e:00:00:fb") / ip("224.0.0.251", ttl=255, flags="DF") / UDP(sport=5353, dport=5353) / question)
    yield ("mDNS question over IPv6",
           ether("33:33:00:00:00:fb") / IPv6(src=VM_LINK_LOCAL, dst="ff02::fb", hlim=255)
           / UDP(sport=5353, dport=5353) / question)
    yield ("router solicitation",
           ether("33:33:00:00:00:02") / IPv6(src=VM_LINK_LOCAL, dst="ff02::2", hlim=255)
           / ICMPv6ND_RS() / ICMPv6NDOptSrcLLAddr(lladdr=VM_MAC))
    yield ("neighbour solicitation: duplicate address detection with a nonce (RFC 7527)",
           ether("33:33:ff:12:34:56") / IPv6(src="::", dst="ff02::1:ff12:3456", hlim=255)
           / ICMPv6ND_NS(tgt=VM_LINK_LOCAL) / ICMPv6NDOptUnknown(type=14, len=1, data=b"nonce!"))
    yield ("MLDv2 report of two groups, before the guest has an address",
           ether("33:33:00:00:00:16") / IPv6(src="::", dst="ff02::16", hlim=1)
           / IPv6ExtHdrHopByHop(options=[RouterAlert(value=0), PadN(optdata=b"")])
           / ICMPv6MLReport2(records_number=2, records=[
               ICMPv6MLDMultAddrRec(rtype=4, dst="ff02::1:ff12:3456"), ICMPv6MLDMultAddrRec(rtype=4, dst="ff02::fb")]))


def depths():
    frame = ether()
    for tag in range(1, 6):
        frame /= Dot1Q(vlan=tag)
    yield "UDP behind five VLAN tags", frame / udp(25, "198.19.0.25")
    packet = ether() / IPv6(src="2001:db8::2", dst="2001:db8::26")
    for _ in range(20):
        packet /= IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)])
    yield "UDP over IPv6 behind twenty extension headers", packet / UDP(sport=40026, dport=53) / text(26)
    options = [("message-type", "discover")] + [("hostname", b"")] * 600 + ["end"]
    yield ("DHCP discover with 600 empty options",
           Ether(src=VM_MAC, dst="ff:ff:ff:ff:ff:ff") / IP(src="0.0.0.0", dst="255.255.255.255", id=1)
           / UDP(sport=68, dport=67) / BOOTP(chaddr=bytes.fromhex(VM_MAC.replace(":", "")), xid=0x4727)
           / DHCP(options=options))


def frames():
    for group in (overlapping, tiny, later, tunnels, protocols, framings, guest_noise, depths):
        yield from group()


if __name__ == "__main__":
    sys.exit(main(__file__, __doc__, frames()))
