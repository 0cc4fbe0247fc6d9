#!/usr/bin/python3 -B
# SPDX-License-Identifier: ISC
"""neighbours.py: what machines on one link say to each other: spanning trees, discovery, authentication, clocks, routers.

frames.py says how it is called. A guest that says any of it wants to be taken for a switch, a router or a cluster. What is
IP goes to a group, or to 192.0.2.N.
"""
import struct
import sys

from scapy.contrib.cdp import CDPMsgDeviceID, CDPv2_HDR
from scapy.contrib.eigrp import EIGRP
from scapy.contrib.igmp import IGMP
from scapy.contrib.lacp import LACP
from scapy.contrib.slowprot import SlowProtocol
from scapy.contrib.lldp import (LLDPDU, LLDPDUChassisID, LLDPDUEndOfLLDPDU, LLDPDUPortID, LLDPDUTimeToLive)
from scapy.contrib.macsec import MACsec
from scapy.contrib.ospf import OSPF_Hdr, OSPF_Hello
from scapy.contrib.pim import PIMv2Hdr
from scapy.layers.eap import EAPOL
from scapy.layers.hsrp import HSRP
from scapy.layers.inet import UDP
from scapy.layers.inet6 import (ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_RA, ICMPv6NDOptPrefixInfo, ICMPv6NIQueryName, IPv6,
                                IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN)
from scapy.layers.l2 import ARP, Dot3, LLC, SNAP, STP
from scapy.layers.rip import RIP, RIPEntry
from scapy.packet import Raw

from frames import CONSUMER, GATEWAY_MAC, PORT, VM_LINK_LOCAL, VM_MAC, ether, ip, main


def text(number):
    return Raw(b"neighbours-%d" % number)


def dot3(dst):
    return Dot3(src=VM_MAC, dst=dst)


def snap(dst, oui, code):
    return dot3(dst) / LLC(dsap=0xaa, ssap=0xaa, ctrl=3) / SNAP(OUI=oui, code=code)


def bridges():
    yield "spanning tree: I am the root", dot3("01:80:c2:00:00:00") / LLC(dsap=0x42, ssap=0x42, ctrl=3) / STP(
        rootid=0, rootmac=VM_MAC, bridgeid=0, bridgemac=VM_MAC)
    yield "Cisco's spanning tree for each VLAN", snap("01:00:0c:cc:cc:cd", 0x00000c, 0x010b) / STP(
        rootmac=VM_MAC, bridgemac=VM_MAC)
    yield "CDP", snap("01:00:0c:cc:cc:cc", 0x00000c, 0x2000) / CDPv2_HDR(msg=[CDPMsgDeviceID(val=b"neighbours-3")])
    yield "DTP: let us be a trunk", snap("01:00:0c:cc:cc:cc", 0x00000c, 0x2004) / Raw(bytes.fromhex(
        "0100010005000000000200058100030005a5000400" "0a525400123456"))
    yield "VTP: a summary that says there are no VLANs", snap("01:00:0c:cc:cc:cc", 0x00000c, 0x2003) / Raw(
        bytes.fromhex("0101000747617568746c6574") + bytes(60))
    yield "LLDP", ether(dst="01:80:c2:00:00:0e", type=0x88cc) / LLDPDU() / LLDPDUChassisID(
        subtype=4, id=bytes.fromhex("525400123456")) / LLDPDUPortID(subtype=7, id="neighbours-6") / LLDPDUTimeToLive(
            ttl=120) / LLDPDUEndOfLLDPDU()
    yield "LACP: let us be one link", ether(dst="01:80:c2:00:00:02", type=0x8809) / SlowProtocol() / LACP(
        actor_system=VM_MAC, actor_key=8)
    yield "a pause frame, which stops a link", ether(dst="01:80:c2:00:00:01", type=0x8808) / Raw(
        bytes.fromhex("0001ffff") + bytes(42))
    yield "GVRP: I want all VLANs", dot3("01:80:c2:00:00:21") / LLC(dsap=0x42, ssap=0x42, ctrl=3) / Raw(
        bytes.fromhex("0001010402006400" "00"))
    yield "EAPOL start", ether(dst="01:80:c2:00:00:03", type=0x888e) / EAPOL(version=2, type=1)
    yield "MACsec with an integrity check and IPv4 behind it", ether(type=0x88e5) / MACsec(
        an=0, SC=0, E=0, C=0, pn=11) / Raw(bytes(ip("192.0.2.11") / UDP(sport=40011, dport=53) / text(11)) + bytes(16))
    yield "PTP: I am the clock", ether(dst="01:1b:19:00:00:00", type=0x88f7) / Raw(
        bytes.fromhex("0b02004000000000") + bytes(56))
    yield "AVTP, the time-sensitive network's audio", ether(dst="91:e0:f0:00:0e:80", type=0x22f0) / Raw(bytes(60))
    yield "connectivity fault management", ether(dst="01:80:c2:00:00:30", type=0x8902) / Raw(bytes.fromhex("00010046") + bytes(70))


def frames_of_802_3():
    yield "802.3: IPv4's own SAP (0x06)", dot3(GATEWAY_MAC) / LLC(dsap=0x06, ssap=0x06, ctrl=3) / Raw(
        bytes(ip("192.0.2.15") / UDP(sport=40015, dport=53) / text(15)))
    yield "802.3: raw IPX", dot3("ff:ff:ff:ff:ff:ff") / Raw(b"\xff\xff\0\x28\0\x11" + bytes(34))
    yield "802.3: NetBIOS frames", dot3("03:00:00:00:00:01") / LLC(dsap=0xf0, ssap=0xf0, ctrl=3) / Raw(bytes(44))
    yield "SNAP: AppleTalk", snap("09:00:07:ff:ff:ff", 0x080007, 0x809b) / Raw(bytes(24))
    yield "SNAP: ARP for the gateway", snap("ff:ff:ff:ff:ff:ff", 0, 0x0806) / ARP(
        op=1, hwsrc=VM_MAC, psrc="192.168.100.2", pdst="192.168.100.1")
    yield "SNAP: IPv6", snap(GATEWAY_MAC, 0, 0x86dd) / IPv6(src="2001:db8::2", dst="2001:db8:53::20") / UDP(
        sport=40020, dport=53) / text(20)
    yield "802.3: a length that is longer than the frame", Raw(
        bytes.fromhex(GATEWAY_MAC.replace(":", "") + VM_MAC.replace(":", "") + "05dc" "aaaa030000000800")
        + bytes(ip(CONSUMER) / UDP(sport=40021, dport=PORT) / text(21)))


def other_types():
    for number, kind, name in ((22, 0x88a2, "ATA over Ethernet: a disk"), (23, 0x8906, "Fibre Channel over Ethernet"),
                               (24, 0x8914, "FCoE initialisation"), (25, 0x88a4, "EtherCAT"), (26, 0x8892, "PROFINET"),
                               (27, 0x0842, "wake on LAN"), (28, 0x8870, "jumbo frames' type"), (29, 0x9000, "loopback test"),
                               (30, 0x4305, "B.A.T.M.A.N. mesh"), (31, 0x22f3, "TRILL"), (32, 0x8915, "RoCE"),
                               (33, 0x88e1, "HomePlug"), (34, 0x8137, "IPX"), (35, 0x0bad, "Banyan VINES"),
                               (36, 0x6003, "DECnet"), (37, 0x88b5, "the experimenters' type")):
        yield name, ether(dst="ff:ff:ff:ff:ff:ff", type=kind) / text(number)


def arp():
    yield "InARP: who are you?", ether() / ARP(op=8, hwsrc=VM_MAC, psrc="192.168.100.2", hwdst=GATEWAY_MAC)
    yield "ARP over IEEE 802 hardware", ether(dst="ff:ff:ff:ff:ff:ff", type=0x0806) / Raw(
        bytes.fromhex("0006080006040001525400123456c0a86402000000000000c0a86401"))
    yield "ARP with hardware addresses of 20 bytes (InfiniBand)", ether(dst="ff:ff:ff:ff:ff:ff", type=0x0806) / Raw(
        bytes.fromhex("00200800140400010000000000000000000000000000000052540012" "c0a86402") + bytes(20) + bytes([192, 168, 100, 1]))
    yield "ARP for the gateway with the broadcast MAC as its sender", ether(dst="ff:ff:ff:ff:ff:ff") / ARP(
        op=1, hwsrc="ff:ff:ff:ff:ff:ff", psrc="192.168.100.2", pdst="192.168.100.1")


def routers():
    def group(dst, mac, proto, **fields):
        return ether(dst=mac) / ip(dst, ttl=1, proto=proto, **fields)

    yield "IGMPv2 query: I am the router", group("224.0.0.1", "01:00:5e:00:00:01", 2) / IGMP(type=0x11, mrcode=100)
    yield "IGMPv2 leave", group("224.0.0.2", "01:00:5e:00:00:02", 2) / IGMP(type=0x17, gaddr="239.1.2.3")
    yield "PIM hello", group("224.0.0.13", "01:00:5e:00:00:0d", 103) / PIMv2Hdr(type=0)
    yield "VRRP: I am the gateway", group("224.0.0.18", "01:00:5e:00:00:12", 112) / Raw(
        bytes.fromhex("2101ff0100010000c0a86401") + bytes(8))
    yield "HSRP: I am the gateway", group("224.0.0.2", "01:00:5e:00:00:02", 17) / UDP(sport=1985, dport=1985) / HSRP(
        priority=255, virtualIP="192.168.100.1")
    yield "OSPF hello", group("224.0.0.5", "01:00:5e:00:00:05", 89) / OSPF_Hdr(src="192.168.100.2") / OSPF_Hello()
    yield "EIGRP hello", group("224.0.0.10", "01:00:5e:00:00:0a", 88) / EIGRP(asn=48)
    yield "RIP: I know the way to everywhere", group("224.0.0.9", "01:00:5e:00:00:09", 17) / UDP(sport=520, dport=520) / RIP(
        cmd=2, version=2) / RIPEntry(addr="0.0.0.0", mask="0.0.0.0", metric=1)
    yield "BFD", ether() / ip("192.0.2.50") / UDP(sport=49152, dport=3784) / Raw(bytes.fromhex("20c00318" "00000032") + bytes(16))
    yield "GLBP", group("224.0.0.102", "01:00:5e:00:00:66", 17) / UDP(sport=3222, dport=3222) / Raw(bytes.fromhex("01000000") + bytes(40))
    yield "RSVP path", ether() / ip("192.0.2.52", proto=46) / Raw(bytes.fromhex("1001000040000008" "0008010100000000"))


def version6():
    every = ether(dst="33:33:00:00:00:01") / IPv6(src=VM_LINK_LOCAL, dst="ff02::1", hlim=255)
    yield "router advertisement: I am the router, here is a prefix", every / ICMPv6ND_RA(routerlifetime=1800) / ICMPv6NDOptPrefixInfo(
        prefix="2001:db8:53::", prefixlen=64)
    yield "router advertisement behind a destination option (RFC 7113)", every.copy() / IPv6ExtHdrDestOpt(
        options=[PadN(optdata=b"\0" * 4)]) / ICMPv6ND_RA(routerlifetime=1800)
    yield "neighbour advertisement that overrides the gateway", every / ICMPv6ND_NA(tgt="fe80::1", R=1, S=0, O=1)
    yield "node information query: what is your name?", every / ICMPv6NIQueryName(nonce=b"neighbou", data="neighbours")
    yield "hop-by-hop options with a jumbo payload", ether() / IPv6(src="2001:db8::2", dst="2001:db8:53::57", nh=0, plen=0) / Raw(
        struct.pack("!BBBBI", 17, 0, 0xc2, 4, 70000)) / UDP(sport=40057, dport=53, len=0, chksum=0) / text(57)
    yield "routing header of type 0", ether() / IPv6(src="2001:db8::2", dst="2001:db8:53::58") / IPv6ExtHdrRouting(
        addresses=["2001:db8:53::1", "2001:db8:53::2"]) / UDP(sport=40058, dport=53) / text(58)
    yield "segment routing header (type 4)", ether() / IPv6(src="2001:db8::2", dst="2001:db8:53::59", nh=43) / Raw(
        bytes.fromhex("1102040000000000" "20010db8005300000000000000000001")) / UDP(sport=40059, dport=53, chksum=0) / text(59)
    yield "hop-by-hop options that are not the first header", ether() / IPv6(
        src="2001:db8::2", dst="2001:db8:53::60") / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)]) / IPv6ExtHdrHopByHop(
            options=[PadN(optdata=b"\0" * 4)]) / UDP(sport=40060, dport=53) / text(60)
    yield "a shim6 header", ether() / IPv6(src="2001:db8::2", dst="2001:db8:53::61", nh=140) / Raw(bytes.fromhex("1100800000000000")) / UDP(
        sport=40061, dport=53, chksum=0) / text(61)
    yield "a mobility header", ether() / IPv6(src="2001:db8::2", dst="2001:db8:53::62", nh=135) / Raw(
        bytes.fromhex("3b01050000000000") + bytes(8)) / text(62)
    yield "no next header, and bytes behind it", ether() / IPv6(src="2001:db8::2", dst="2001:db8:53::63", nh=59) / text(63)
    yield "IPv4-mapped addresses on the wire", ether() / IPv6(src="::ffff:192.168.100.2", dst="::ffff:203.0.113.50") / UDP(
        sport=40064, dport=PORT) / text(64)
    yield "the NAT64 prefix, which leads to IPv4", ether() / IPv6(src="2001:db8::2", dst="64:ff9b::c633:6441") / UDP(
        sport=40065, dport=53) / text(65)
    yield "ping to all nodes in the name of a victim: smurf", ether(dst="33:33:00:00:00:01") / IPv6(
        src="2001:db8:53::66", dst="ff02::1") / ICMPv6EchoRequest(data=b"neighbours-66")


def frames():
    for group in (bridges, frames_of_802_3, other_types, arp, routers, version6):
        yield from group()


if __name__ == "__main__":
    sys.exit(main(__file__, __doc__, frames()))
