#!/usr/bin/python3 -B
# SPDX-License-Identifier: ISC
"""tunnels.py: forbidden packets wrapped in what carries packets, to the consumer and to others.

frames.py says how it is called. Inside frame N is a DNS query's address, 198.51.100.N:53, and the text `tunnels-N`. What
goes to the consumer's allowed endpoint is at the end: that is the consumer's own business, and must pass.
"""
import struct
import sys

from scapy.contrib.erspan import ERSPAN_II
from scapy.contrib.etherip import EtherIP
from scapy.contrib.geneve import GENEVE
from scapy.contrib.gtp import GTP_U_Header
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether, GRE
from scapy.layers.ppp import PPP, PPPoE
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

from frames import CONSUMER, GATEWAY_MAC, PORT, VM_MAC, ether, ip, main


def text(number):
    return Raw(b"tunnels-%d" % number)


def query(number):
    """What nobody may send, as a whole IPv4 packet."""
    return ip(f"198.51.100.{number}") / UDP(sport=40000 + number, dport=53) / text(number)


def query6(number):
    return (IPv6(src="2001:db8::2", dst=f"2001:db8:51::{number}") / UDP(sport=40000 + number, dport=53)
            / text(number))


def bridged(number):
    return Ether(src=VM_MAC, dst=GATEWAY_MAC) / query(number)


def over_udp(number, dport, dst=None):
    return ether() / ip(dst or f"198.51.100.{number}") / UDP(sport=40000 + number, dport=dport)


def in_ip(number, proto):
    return ether() / ip(CONSUMER, proto=proto)


def raw(packet):
    """Bytes, so that no layer guesses what comes before or behind it."""
    return Raw(bytes(packet))


def ip_protocols():
    yield "IP in IP, the inner one with another source", in_ip(1, 4) / raw(
        IP(src="203.0.113.50", dst="198.51.100.1", id=1) / UDP(sport=51900, dport=53) / text(1))
    yield "IPv6 in IPv4 (protocol 41), to the consumer", in_ip(2, 41) / raw(query6(2))
    yield "IPv4 in IPv6 (next header 4)", ether() / IPv6(src="2001:db8::2", dst="2001:db8:51::3", nh=4) / raw(query(3))
    yield "IPv6 in IPv6", ether() / IPv6(src="2001:db8::2", dst="2001:db8:51::4", nh=41) / raw(query6(4))
    yield "GRE with a checksum", in_ip(5, 47) / GRE(proto=0x0800, chksum_present=1) / raw(query(5))
    yield "GRE with source routing (RFC 1701)", in_ip(6, 47) / GRE(proto=0x0800, routing_present=1, chksum=0, offset=0) / raw(
        query(6))
    yield "GRE of version 1, as PPTP has it, with PPP", in_ip(7, 47) / Raw(
        struct.pack("!HHHHI", 0x3001, 0x880b, len(query(7)) + 4, 7, 0)) / raw(PPP(proto=0x0021)) / raw(query(7))
    yield "ERSPAN II, which mirrors a frame", in_ip(8, 47) / GRE(proto=0x88be, seqnum_present=1, seqence_number=8) / ERSPAN_II(
        ver=1, vlan=8, session_id=8) / raw(bridged(8))
    yield "NVGRE, Ethernet in GRE with a key", in_ip(9, 47) / GRE(proto=0x6558, key_present=1, key=0x900) / raw(bridged(9))
    yield "EtherIP", in_ip(10, 97) / EtherIP() / raw(bridged(10))
    yield "MPLS in IP (RFC 4023)", in_ip(11, 137) / MPLS(label=11, s=1, ttl=64) / raw(query(11))
    yield "minimal encapsulation (RFC 2004)", in_ip(12, 55) / Raw(
        struct.pack("!BBH4s", 17, 0, 0, bytes([198, 51, 100, 12]))) / raw(UDP(sport=40012, dport=53, chksum=0) / text(12))
    yield "IPComp in front of UDP", in_ip(13, 108) / Raw(struct.pack("!BBH", 17, 0, 2)) / raw(
        UDP(sport=40013, dport=53, chksum=0) / text(13))
    yield "UDP-Lite to the allowed port", in_ip(14, 136) / Raw(struct.pack("!HHHH", 40014, PORT, 0, 0)) / text(14)
    yield "L2TP version 3 right over IP", in_ip(15, 115) / Raw(struct.pack("!I", 15)) / raw(bridged(15))
    yield "network service header as IP protocol 145", in_ip(16, 145) / Raw(
        bytes.fromhex("00060201000000ff")) / raw(query(16))
    yield "DCCP request", in_ip(17, 33) / Raw(struct.pack("!HHBBHBBHI", 40017, PORT, 5, 0, 0, 0x01, 0, 0, 17)) / text(17)
    yield "host identity protocol", in_ip(18, 139) / Raw(bytes.fromhex("3b04011100000000") + bytes(32)) / text(18)
    yield "IPv4 behind the reserved protocol 255", in_ip(19, 255) / raw(query(19))
    yield "IP in IP, eight deep", in_ip(20, 4) / raw(nested(20, 8))


def nested(number, depth):
    packet = query(number)
    for _ in range(depth):
        packet = ip(CONSUMER, proto=4) / raw(packet)
    return packet


def udp_ports():
    yield "GTP-U", over_udp(21, 2152) / GTP_U_Header(teid=21, gtp_type=255) / raw(query(21))
    yield "VXLAN", over_udp(22, 4789) / VXLAN(vni=22, flags="Instance") / raw(bridged(22))
    yield "VXLAN at Linux's old port", over_udp(23, 8472) / VXLAN(vni=23, flags="Instance") / raw(bridged(23))
    yield "Geneve", over_udp(24, 6081) / GENEVE(vni=24, proto=0x6558) / raw(bridged(24))
    yield "L2TP version 2 with PPP", over_udp(25, 1701) / Raw(struct.pack("!HHHH", 0x4002, len(query(25)) + 12, 1, 1)) / raw(
        PPP(proto=0x0021)) / raw(query(25))
    yield "Teredo: IPv6 in UDP", over_udp(26, 3544) / raw(query6(26))
    yield "MPLS in UDP", over_udp(27, 6635) / MPLS(label=27, s=1, ttl=64) / raw(query(27))
    yield "GUE, generic UDP encapsulation", over_udp(28, 6080) / Raw(struct.pack("!BBH", 0, 4, 0)) / raw(query(28))
    yield "IPsec through NAT: ESP in UDP", over_udp(29, 4500) / Raw(struct.pack("!II", 29, 1)) / text(29) / Raw(bytes(32))
    yield "IKE's first packet", over_udp(30, 500) / Raw(b"\x47" * 8 + bytes(8) + bytes.fromhex("21202208000000000000001c")) / text(30)
    yield "WireGuard handshake to a stranger", over_udp(31, 51820) / Raw(b"\1\0\0\0" + text(31).load.ljust(144, b"\x31"))
    yield "OpenVPN's hard reset", over_udp(32, 1194) / Raw(b"\x38" + b"\x32" * 8 + bytes(5)) / text(32)
    yield "LISP data", over_udp(33, 4341) / Raw(bytes.fromhex("c000002100000001")) / raw(query(33))
    yield "CAPWAP data", over_udp(34, 5247) / Raw(bytes.fromhex("0010040000000000")) / raw(bridged(34))
    yield "TZSP, a sniffer's stream", over_udp(35, 37008) / Raw(bytes.fromhex("0100000101")) / raw(bridged(35))
    yield "IP in DNS: a TXT query of iodine's kind", over_udp(36, 53) / Raw(
        bytes.fromhex("472401000001000000000000") + b"\x3f" + (b"tunnels36" * 7) + b"\1t\0" + bytes.fromhex("00100001"))
    yield "VXLAN to the consumer, at its own port and not the allowed one", over_udp(37, 4789, CONSUMER) / VXLAN(
        vni=37, flags="Instance") / raw(bridged(37))


def link():
    yield "MPLS on the link", ether(type=0x8847) / MPLS(label=38, s=1, ttl=64) / raw(query(38))
    yield "MPLS, two labels and a multicast type", ether(type=0x8848) / MPLS(label=39, s=0) / MPLS(label=3, s=1) / raw(query(39))
    yield "PPPoE session", ether(type=0x8864) / PPPoE(sessionid=40) / PPP(proto=0x0021) / raw(query(40))
    yield "PPPoE discovery", ether(dst="ff:ff:ff:ff:ff:ff", type=0x8863) / Raw(bytes.fromhex("11090000000401010000"))
    yield "802.1ah: a whole frame behind an I-tag", ether(type=0x88e7) / Raw(struct.pack("!I", 42)) / raw(bridged(42))
    yield "802.1ad and 802.1Q in front of the allowed endpoint", ether(type=0x88a8) / Dot1AD(vlan=43, type=0x8100) / Dot1Q(
        vlan=1, type=0x0800) / raw(ip(CONSUMER) / UDP(sport=40043, dport=PORT) / text(43))
    yield "VLAN 0, which means no VLAN, in front of the allowed endpoint", ether(type=0x8100) / Dot1Q(
        vlan=0, type=0x0800) / raw(ip(CONSUMER) / UDP(sport=40044, dport=PORT) / text(44))
    yield "tag of the pre-standard type 0x9100", ether(type=0x9100) / Dot1Q(vlan=45, type=0x0800) / raw(query(45))
    yield "tag of the pre-standard type 0x9200", ether(type=0x9200) / Dot1Q(vlan=46, type=0x0800) / raw(query(46))
    yield "network service header on the link", ether(type=0x894f) / Raw(bytes.fromhex("00060201000000ff")) / raw(query(47))
    yield "transparent Ethernet bridging on the link", ether(type=0x6558) / raw(bridged(48))
    yield "type 0x884c, multi-protocol over ATM, with IPv4 behind it", ether(type=0x884c) / raw(query(49))


def what_the_consumer_may_have():
    """The allowed endpoint, whatever the bytes mean."""
    allowed = over_udp(50, PORT, CONSUMER)
    yield "VXLAN at the allowed endpoint", allowed / VXLAN(vni=50, flags="Instance") / raw(bridged(50))
    yield "GTP-U at the allowed endpoint", over_udp(51, PORT, CONSUMER) / GTP_U_Header(teid=51, gtp_type=255) / raw(query(51))
    yield "WireGuard at the allowed endpoint", over_udp(52, PORT, CONSUMER) / Raw(b"\1\0\0\0" + text(52).load.ljust(144, b"\x52"))
    yield "an IPv4 packet as payload at the allowed endpoint", over_udp(53, PORT, CONSUMER) / raw(query(53))
    yield "a whole TCP segment as payload at the allowed endpoint", over_udp(54, PORT, CONSUMER) / raw(
        ip("198.51.100.54") / TCP(sport=40054, dport=80, flags="S"))


def frames():
    for group in (ip_protocols, udp_ports, link, what_the_consumer_may_have):
        yield from group()


if __name__ == "__main__":
    sys.exit(main(__file__, __doc__, frames()))
