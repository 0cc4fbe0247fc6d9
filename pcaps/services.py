#!/usr/bin/python3 -B
# SPDX-License-Identifier: ISC
"""services.py: what programs say over UDP, TCP and ICMP when nobody asked them to, and what scanners make of the headers.

frames.py says how it is called. Frame N goes to 192.0.2.N, to a group or a broadcast address, and has `services-N` in it
where there is room. The last group is odd and legal, and goes where it may.
"""
import struct
import sys

from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import ICMP, IP, IPOption, TCP, UDP
from scapy.layers.isakmp import ISAKMP
from scapy.layers.l2 import ARP
from scapy.layers.radius import Radius
from scapy.layers.snmp import SNMP, SNMPbulk, SNMPvarbind
from scapy.layers.tftp import TFTP, TFTP_RRQ, TFTP_WRQ
from scapy.asn1.asn1 import ASN1_OID
from scapy.packet import Raw
from scapy.utils import checksum

from frames import CONSUMER, PORT, VM, VM_MAC, ether, ip, main


def text(number):
    return Raw(b"services-%d" % number)


def to(number, dport, sport=None):
    return ether() / ip(f"192.0.2.{number}") / UDP(sport=sport or 40000 + number, dport=dport)


def group(dst, mac, port):
    return ether(dst=mac) / ip(dst, ttl=1) / UDP(sport=port, dport=port)


def names():
    yield "LLMNR: who is wpad?", group("224.0.0.252", "01:00:5e:00:00:fc", 5355) / DNS(id=1, rd=0, qd=DNSQR(qname="wpad"))
    yield "NetBIOS name service to the broadcast address", ether(dst="ff:ff:ff:ff:ff:ff") / ip("192.168.100.255") / UDP(
        sport=137, dport=137) / Raw(struct.pack("!6H", 2, 0x0110, 1, 0, 0, 0) + b"\x20" + b"CK" * 16 + b"\0" + struct.pack("!HH", 33, 1))
    yield "SSDP: is there a gateway that maps ports?", group("239.255.255.250", "01:00:5e:7f:ff:fa", 1900) / Raw(
        b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nST: upnp:rootdevice\r\n\r\n")
    yield "WS-Discovery probe", group("239.255.255.250", "01:00:5e:7f:ff:fa", 3702) / Raw(b"<?xml version='1.0'?><Probe>services-4</Probe>")
    yield "DNS with two questions", to(5, 53) / DNS(id=5, qdcount=2, qd=DNSQR(qname="a.test") / DNSQR(qname="services-5.test"))
    yield "DNS with a name that points at itself", to(6, 53) / Raw(struct.pack("!6H", 6, 0x0100, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1")
    yield "DNS with a label that is longer than the packet", to(7, 53) / Raw(struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + b"\x3fservices-7")
    yield "DNS of 12 bytes that counts 65535 of everything", to(8, 53) / Raw(struct.pack("!6H", 8, 0x0100, 65535, 65535, 65535, 65535))
    yield "DNS: an answer nobody asked for", to(9, 53, 53) / DNS(id=9, qr=1, aa=1, qd=DNSQR(qname="services-9.test"))
    yield "DNS: a dynamic update", to(10, 53) / DNS(id=10, opcode=5, qd=DNSQR(qname="services-10.test", qtype="SOA"))
    yield "DNS: all there is, of the root (an amplifier's question)", to(11, 53) / DNS(id=11, rd=1, qd=DNSQR(qname=".", qtype="ALL"))
    yield "multicast DNS, asked of one machine", to(12, 5353) / DNS(id=0, rd=0, qd=DNSQR(qname="services-12.local"))


def amplifiers():
    yield "NTP monlist: the longest answer to the shortest question", to(13, 123) / Raw(bytes.fromhex("1700032a") + bytes(4))
    yield "NTP, an ordinary client", to(14, 123, 123) / Raw(b"\x23" + bytes(47))
    yield "SNMP get-bulk", to(15, 161) / SNMP(community="public", PDU=SNMPbulk(
        id=15, max_repetitions=50, varbindlist=[SNMPvarbind(oid=ASN1_OID("1.3.6.1.2.1.1"))]))
    yield "memcached stats", to(16, 11211) / Raw(struct.pack("!4H", 16, 0, 1, 0) + b"stats\r\n")
    yield "chargen", to(17, 19) / text(17)
    yield "connectionless LDAP", to(18, 389) / Raw(bytes.fromhex(
        "302502010163200400" "0a01000a0100020100020100010100" "870b6f626a656374636c617373" "3000"))
    yield "portmapper dump", to(19, 111) / Raw(struct.pack("!10I", 19, 0, 2, 100000, 2, 4, 0, 0, 0, 0))
    yield "SIP options", to(20, 5060) / Raw(b"OPTIONS sip:services-20@192.0.2.20 SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.100.2\r\n\r\n")
    yield "CoAP: what is there?", to(21, 5683) / Raw(bytes.fromhex("40010015bb2e77656c6c2d6b6e6f776e04636f7265"))
    yield "game server's status (the Quake kind)", to(22, 27960) / Raw(b"\xff\xff\xff\xffgetstatus services-22\n")


def sessions():
    yield "QUIC version 1, first packet", to(23, 443) / Raw(
        (b"\xc3\0\0\0\1\x08" + b"services" + b"\0\0\x44\x9e").ljust(1200, b"\x23"))
    yield "QUIC of a version that does not exist: asks for negotiation", to(24, 443) / Raw(
        (b"\xc0\x1a\x2a\x3a\x4a\x08" + b"services" + b"\0").ljust(1200, b"\x24"))
    hello = b"\xfe\xfd" + b"services-25".ljust(32, b"\x25") + bytes.fromhex("0000" "0002c02b" "0100")
    hello = bytes.fromhex("01" "00002a" "0000" "000000" "00002a") + hello
    yield "DTLS client hello", to(25, 443) / Raw(struct.pack("!BHHIHH", 22, 0xfefd, 0, 0, 0, len(hello)) + hello)
    yield "STUN binding", to(26, 3478) / Raw(bytes.fromhex("000100002112a442") + b"services-26 ")
    yield "TURN allocate", to(27, 3478) / Raw(bytes.fromhex("000300082112a442") + b"services-27 " + bytes.fromhex("0019000411000000"))
    yield "STUN binding that asks for the answer elsewhere", to(28, 3478) / Raw(
        bytes.fromhex("000100082112a442") + b"services-28 " + bytes.fromhex("0003000400000006"))
    yield "TFTP read", to(29, 69) / TFTP() / TFTP_RRQ(filename="services-29", mode="octet")
    yield "TFTP write", to(30, 69) / TFTP() / TFTP_WRQ(filename="services-30", mode="octet")
    yield "syslog", to(31, 514) / Raw(b"<13>services-31: root logged in")
    yield "RADIUS", to(32, 1812) / Radius(code=1, id=32, authenticator=b"services-32 auth")
    yield "IKE, aggressive", to(33, 500) / ISAKMP(init_cookie=b"services", exch_type=4)
    yield "NAT-PMP: open a port for me", ether() / ip("192.168.100.1") / UDP(sport=40034, dport=5351) / Raw(
        bytes.fromhex("000100001f901f9000000e10"))
    yield "PCP: open a port for me", ether() / ip("192.168.100.1") / UDP(sport=40035, dport=5351) / Raw(
        bytes.fromhex("0201000000000e10") + bytes(10) + b"\xff\xff" + bytes([192, 168, 100, 2]) + b"services-35 " + bytes.fromhex(
            "060000001f901f90") + bytes(16))
    yield "BitTorrent's distributed table", to(36, 6881) / Raw(b"d1:ad2:id20:services-36 ........e1:q4:ping1:t2:361:y1:qe")


def addressing():
    yield "land: from the victim to the victim", ether() / IP(src=CONSUMER, dst=CONSUMER, id=37) / UDP(sport=PORT, dport=PORT) / text(37)
    yield "land, of the guest itself", ether() / ip(VM) / TCP(sport=40038, dport=40038, flags="S")
    yield "smurf: a ping to everybody in a victim's name", ether() / IP(src="192.0.2.39", dst="192.168.1.255", id=39) / ICMP(id=39) / text(39)
    yield "fraggle: echo to everybody", ether() / ip("192.168.1.255") / UDP(sport=7, dport=7) / text(40)
    yield "a ping to the guest's own broadcast address", ether() / ip("192.168.100.255") / ICMP(id=41) / text(41)
    yield "to the network's own address", ether() / ip("192.168.100.0") / UDP(sport=40042, dport=PORT) / text(42)
    yield "class E", ether() / ip("240.0.0.43") / UDP(sport=40043, dport=53) / text(43)
    yield "carrier-grade NAT's net", ether() / ip("100.64.0.44") / UDP(sport=40044, dport=53) / text(44)


def tcp_forms():
    def segment(number, **fields):
        return ether() / ip(f"192.0.2.{number}") / TCP(**{"sport": 40000 + number, "dport": 443, "seq": number, "flags": "S", **fields})

    yield "christmas tree", segment(45, flags="FPU")
    yield "no flags at all", segment(46, flags=0)
    yield "SYN and FIN", segment(47, flags="SF")
    yield "fast open: a cookie is asked for", segment(48, options=[(34, b"")])
    yield "fast open: data in the SYN", segment(49, options=[(34, b"services")]) / text(49)
    yield "MD5 signature", segment(50, options=[(19, b"services-50 md5."), ("EOL", None)])
    yield "authentication option (RFC 5925)", segment(51, options=[(29, b"\1\1services-51 ")])
    yield "multipath TCP", segment(52, options=[(30, b"\0\x81services")])
    yield "experimental option 254", segment(53, options=[(254, b"services-53")])
    yield "forty bytes of padding", segment(54, options=[("NOP", None)] * 40)
    yield "urgent data in a SYN", segment(55, flags="SU", urgptr=5) / text(55)
    yield "to the allowed endpoint, whose entry says UDP", ether() / ip(CONSUMER) / TCP(
        sport=40056, dport=PORT, flags="S", options=[("MSS", 1460), ("SAckOK", b""), ("Timestamp", (56, 0)), ("WScale", 7)])


def icmp_forms():
    for number, kind, name in ((57, 9, "router advertisement: I am the router"), (58, 15, "information request"),
                               (59, 30, "traceroute"), (60, 37, "domain name request"), (61, 42, "extended echo (RFC 8335)"),
                               (62, 255, "reserved type")):
        yield f"ICMP {name}", ether() / ip(f"192.0.2.{number}", proto=1) / Raw(
            checked(struct.pack("!BBHI", kind, 0, 0, number) + b"services-%d" % number))
    yield "ICMP redirect: the consumer is behind me", ether() / ip("192.168.100.1") / ICMP(type=5, code=1, gw=VM) / IP(
        src="192.168.100.1", dst=CONSUMER, id=63) / UDP(sport=40063, dport=PORT)
    yield "ICMP fragmentation needed, to the gateway, about a datagram it never sent", ether() / ip("192.168.100.1") / ICMP(
        type=3, code=4, nexthopmtu=68) / IP(src=CONSUMER, dst=VM, id=64) / UDP(sport=PORT, dport=40064)


def checked(body):
    """An ICMP message with its checksum; the IP header in front says protocol 1."""
    return body[:2] + struct.pack("!H", checksum(body)) + body[4:]


def bootp_forms():
    everybody = ether(dst="ff:ff:ff:ff:ff:ff") / IP(src="0.0.0.0", dst="255.255.255.255", id=65) / UDP(sport=68, dport=67)
    mac = bytes.fromhex(VM_MAC.replace(":", ""))

    yield "BOOTP without any DHCP option", everybody / BOOTP(chaddr=mac, xid=65)
    yield "a reply that comes from the guest", everybody / BOOTP(op=2, chaddr=mac, xid=66, yiaddr="192.168.100.2") / DHCP(
        options=[("message-type", "offer"), "end"])
    yield "DHCP for another hardware type", everybody / BOOTP(htype=32, hlen=16, chaddr=mac, xid=67) / DHCP(
        options=[("message-type", "discover"), "end"])
    yield "DHCP for another machine's MAC", everybody / BOOTP(chaddr=bytes.fromhex("525400000068"), xid=68) / DHCP(
        options=[("message-type", "discover"), "end"])
    yield "DHCP whose options overlap into sname and file", everybody / BOOTP(chaddr=mac, xid=69, sname=b"\x35\1\1\xff", file=b"\xff") / Raw(
        bytes.fromhex("63825363" "340103" "ff"))
    yield "DHCP with two message types", everybody / BOOTP(chaddr=mac, xid=70) / DHCP(
        options=[("message-type", "discover"), ("message-type", "request"), "end"])
    yield "a lease query", everybody / BOOTP(chaddr=mac, xid=71) / DHCP(options=[("message-type", 10), "end"])


def odd_and_legal():
    """To the allowed endpoint, or what the gateway answers."""
    def allowed(number, **fields):
        return ether() / ip(CONSUMER, **fields) / UDP(sport=40000 + number, dport=PORT) / text(number)

    yield "no UDP checksum", ether() / ip(CONSUMER) / UDP(sport=40072, dport=PORT, chksum=0) / text(72)
    yield "identification 0 and don't fragment", allowed(73, id=0, flags="DF")
    yield "TTL 1", allowed(74, ttl=1)
    yield "TTL 255, all bits of type of service", allowed(75, ttl=255, tos=0xff)
    yield "padding options: three NOPs and an end", allowed(76, options=[IPOption(b"\1\1\1\0")])
    yield "ten words of padding options", allowed(77, options=[IPOption(b"\1" * 40)])
    yield "a source port below 1024", ether() / ip(CONSUMER) / UDP(sport=53, dport=PORT) / text(78)
    yield "source and destination port are the same", ether() / ip(CONSUMER) / UDP(sport=PORT, dport=PORT) / text(79)
    yield "the highest source port", ether() / ip(CONSUMER) / UDP(sport=65535, dport=PORT) / text(80)
    yield "nothing but zeros", ether() / ip(CONSUMER) / UDP(sport=40081, dport=PORT) / Raw(bytes(64))
    yield "a payload whose checksum comes out as zero", zero_sum(82)
    yield "an empty datagram with Ethernet's padding", Raw(bytes(ether() / ip(CONSUMER) / UDP(sport=40083, dport=PORT)).ljust(60, b"\0"))
    yield "a question for the gateway with padding behind it", Raw(bytes(ether(dst="ff:ff:ff:ff:ff:ff") / ARP(
        op=1, hwsrc=VM_MAC, psrc=VM, pdst="192.168.100.1")).ljust(60, b"\0"))
    yield "a ping of the gateway with timestamp-like bytes", ether() / ip("192.168.100.1") / ICMP(id=85, seq=85) / Raw(
        b"\0\0\0\0\0\0\0\0services-85")


def zero_sum(number):
    """The sum is 0xffff, whose complement, 0, is sent as 0xffff: 0 would mean that there is none."""
    def packet(filler):
        return ip(CONSUMER) / UDP(sport=40000 + number, dport=PORT) / Raw(b"services-%d " % number + filler)

    filler = bytes(packet(b"\0\0"))[26:28]  # the complement of the sum without it
    assert bytes(packet(filler))[26:28] == b"\xff\xff"
    return ether() / packet(filler)


def frames():
    for kind in (names, amplifiers, sessions, addressing, tcp_forms, icmp_forms, bootp_forms, odd_and_legal):
        yield from kind()


if __name__ == "__main__":
    sys.exit(main(__file__, __doc__, frames()))
