# SPDX-License-Identifier: ISC
"""frames_list.py: for frames.py: who is who, and the parts that more than one target needs."""
import struct

from scapy.layers.inet import ICMP, IP, IPOption, IPOption_LSRR, IPOption_Router_Alert, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Dot1Q, Dot3, Ether, LLC, SNAP
from scapy.packet import Raw

VM, GATEWAY, CONSUMER, PORT = "192.168.100.2", "192.168.100.1", "203.0.113.50", 51900
VM_MAC, GATEWAY_MAC = "52:54:00:12:34:56", "52:55:c0:a8:64:01"


def mac(text):
    return bytes(int(byte, 16) for byte in text.split(":"))


def bootp(options, op=1, htype=1, hlen=6, xid=0x01020304, flags=0, ciaddr=0, giaddr=0, chaddr=mac(VM_MAC)):
    """A DHCP message, RFC 2131 section 2; addresses are numbers."""
    return (struct.pack(">BBBBIHHIIII", op, htype, hlen, 0, xid, 0, flags, ciaddr, 0, 0, giaddr)
            + chaddr.ljust(16, b"\0") + bytes(64 + 128) + b"\x63\x82\x53\x63" + options)


# Below: the frames, name by name. Each is one that the VM sends unless its name says otherwise.
ANYBODY_MAC = "ff:ff:ff:ff:ff:ff"
SERVER, NEIGHBOUR = "198.51.100.7", "192.168.100.9"


def ether(**fields):
    return Ether(**{"src": VM_MAC, "dst": GATEWAY_MAC, **fields})


def ip(dst=CONSUMER, **fields):
    return IP(**{"src": VM, "dst": dst, **fields})


def udp(dst=CONSUMER, dport=PORT, payload=b"hello", sport=40000, eth=None, **fields):
    return ether(**(eth or {})) / ip(dst, **fields) / UDP(sport=sport, dport=dport) / Raw(payload)


def tcp(dst=SERVER, dport=9443, flags="S", payload=b"", sport=40000, eth=None, options=(), **fields):
    return (ether(**(eth or {})) / ip(dst, **fields)
            / TCP(sport=sport, dport=dport, flags=flags, seq=7, ack=9, options=list(options)) / Raw(payload))


def ping(dst=GATEWAY, kind=8, code=0, number=5, eth=None, **fields):
    return ether(**(eth or {})) / ip(dst, **fields) / ICMP(type=kind, code=code, id=number, seq=9) / Raw(b"ping")


def arp(eth=None, **fields):
    return (ether(**{"dst": ANYBODY_MAC, **(eth or {})})
            / ARP(**{"hwsrc": VM_MAC, "psrc": VM, "hwdst": "00:00:00:00:00:07", "pdst": GATEWAY, **fields}))


def dhcp(options, src="0.0.0.0", dst="255.255.255.255", mac_dst=ANYBODY_MAC, sport=68, dport=67, **fields):
    return ether(dst=mac_dst) / IP(src=src, dst=dst) / UDP(sport=sport, dport=dport) / Raw(bootp(options, **fields))


def number(address):
    return struct.unpack(">I", bytes(map(int, address.split("."))))[0]


def link_frames():
    whole = bytes(udp())
    yield "empty", b""
    for n in (1, 6, 13, 14):
        yield f"cut-{n}", whole[:n]
    for name, kind in (("vlan", 0x8100), ("qinq", 0x88a8), ("old-qinq", 0x9100), ("none-of-them", 0x9200),
                       ("mpls", 0x8847), ("zero", 0), ("length", 0x002e), ("lowest", 0x0600), ("below", 0x05ff),
                       ("ipv6-with-ipv4", 0x86dd), ("swapped", 0x0008)):
        yield f"type-{name}", whole[:12] + struct.pack(">H", kind) + whole[14:]
    yield "vlan-0", bytes(ether() / Dot1Q(vlan=0) / ip() / UDP(sport=40000, dport=PORT) / Raw(b"x"))
    yield "vlan-7", bytes(ether() / Dot1Q(vlan=7) / ip() / UDP(sport=40000, dport=PORT) / Raw(b"x"))
    yield "vlan-twice", bytes(ether(type=0x88a8) / Dot1Q(vlan=7, type=0x8100) / Dot1Q(vlan=0) / ip()
                              / UDP(sport=40000, dport=PORT) / Raw(b"x"))
    yield "vlan-9200", whole[:12] + b"\x92\0\0\7\x08\0" + whole[14:]
    yield "vlan-9100", whole[:12] + b"\x91\0\0\7\x08\0" + whole[14:]
    yield "vlan-cut", whole[:12] + b"\x81\0\0"
    yield "snap", bytes(Dot3(src=VM_MAC, dst=GATEWAY_MAC) / LLC(dsap=0xaa, ssap=0xaa, ctrl=3) / SNAP(code=0x800)
                        / ip() / UDP(sport=40000, dport=PORT) / Raw(b"x"))
    yield "snap-arp", bytes(Dot3(src=VM_MAC, dst=GATEWAY_MAC) / LLC(dsap=0xaa, ssap=0xaa, ctrl=3) / SNAP(code=0x806)
                            / ARP(hwsrc=VM_MAC, psrc=VM, pdst=GATEWAY))
    for name, mac_src in (("last-byte", "52:54:00:12:34:57"), ("first-byte", "50:54:00:12:34:56"),
                          ("gateway", GATEWAY_MAC), ("group", "53:54:00:12:34:56"), ("zero", "00:00:00:00:00:00")):
        yield f"source-mac-{name}", bytes(udp(eth={"src": mac_src}))
    for name, mac_dst in (("other", "52:54:00:00:00:09"), ("last-byte", "52:55:c0:a8:64:00"), ("anybody", ANYBODY_MAC),
                          ("group", "01:00:5e:00:00:fb"), ("vm", VM_MAC), ("almost-anybody", "ff:ff:ff:ff:ff:fe")):
        yield f"destination-mac-{name}", bytes(udp(eth={"dst": mac_dst}))
    yield "destination-mac-anybody-tcp", bytes(tcp(eth={"dst": ANYBODY_MAC}))
    yield "destination-mac-anybody-tcp-checksum", bytes(tcp(eth={"dst": ANYBODY_MAC}, payload=b"x"))[:-1] + b"!"
    for size in (576, 577, 1500, 1501):
        yield f"mtu-{size}", bytes(udp(payload=b"m" * (size - 28)))
    for size in (9216, 9217):
        yield f"mtu-{size}", bytes(udp(payload=bytes(size - 28)))
    yield "mtu-padding", bytes(udp()) + bytes(1472)


def arp_frames():
    yield "arp-request", bytes(arp())
    yield "arp-request-every-room", bytes(arp(hwdst="00:00:00:00:00:00"))
    yield "arp-request-unicast", bytes(arp(eth={"dst": GATEWAY_MAC}))
    yield "arp-request-to-other-mac", bytes(arp(eth={"dst": "52:54:00:00:00:09"}))
    yield "arp-request-to-group", bytes(arp(eth={"dst": "01:00:5e:00:00:01"}))
    yield "arp-probe", bytes(arp(psrc="0.0.0.0"))
    yield "arp-probe-of-itself", bytes(arp(psrc="0.0.0.0", pdst=VM))
    yield "arp-announcement", bytes(arp(pdst=VM))
    yield "arp-neighbour", bytes(arp(pdst=NEIGHBOUR))
    yield "arp-foreign-sender", bytes(arp(psrc=NEIGHBOUR))
    yield "arp-in-gateways-name", bytes(arp(psrc=GATEWAY))
    yield "arp-foreign-mac", bytes(arp(hwsrc="52:54:00:00:00:09"))
    yield "arp-in-gateways-mac", bytes(arp(hwsrc=GATEWAY_MAC))
    yield "arp-group-mac", bytes(arp(hwsrc="53:54:00:12:34:56"))
    yield "arp-source-mac", bytes(arp(eth={"src": "52:54:00:00:00:09"}))
    yield "arp-reply", bytes(arp(op=2, eth={"dst": GATEWAY_MAC}))
    yield "arp-reply-from-nobody", bytes(arp(op=2, psrc="0.0.0.0", eth={"dst": GATEWAY_MAC}))
    yield "arp-reply-to-all", bytes(arp(op=2))
    yield "arp-reply-to-other", bytes(arp(op=2, pdst=NEIGHBOUR, eth={"dst": GATEWAY_MAC}))
    for op in (3, 257):
        yield f"arp-operation-{op}", bytes(arp(op=op))
    yield "arp-hardware", bytes(arp(hwtype=6))


def ip_frames():
    def bad(**fields):
        return bytes(udp(**fields))
    yield "ip-cut", bytes(udp())[:33]
    yield "ip-version-5-elsewhere", bad(version=5, eth={"dst": "52:54:00:00:00:09"})
    yield "ip-length-long", bad(len=34)
    yield "ip-length-short", bad(len=32)
    yield "ip-last-fragment", bad(frag=1)
    yield "ip-dont-fragment", bad(flags="DF")
    yield "ip-nops", bad(options=[IPOption(b"\1\1\1\0")])
    yield "ip-source-route", bad(options=[IPOption_LSRR(routers=[CONSUMER])])
    yield "ip-option-behind-nop", bad(options=[IPOption(b"\1\x07\3\4")])
    yield "ip-router-alert", bad(options=[IPOption_Router_Alert()])
    yield "ip-router-alert-ping", bytes(ping(options=[IPOption_Router_Alert()]))
    for name, src in (("neighbour", NEIGHBOUR), ("gateway", GATEWAY), ("0", "0.0.0.0"), ("loopback", "127.0.0.1"),
                      ("group", "224.0.0.9"), ("network", "192.168.100.0"), ("all", "192.168.100.255"),
                      ("elsewhere", "10.9.9.9"), ("last-bit", "192.168.100.3"), ("anybody", "255.255.255.255")):
        yield f"source-{name}", bad(src=src)
    yield "source-neighbour-tcp", bytes(tcp(src=NEIGHBOUR))
    yield "source-neighbour-ping", bytes(ping(src=NEIGHBOUR))
    yield "source-0-tcp", bytes(tcp(src="0.0.0.0"))
    for name, dst in (("loopback", "127.0.0.1"), ("0", "0.0.0.1"), ("group", "224.0.0.9"), ("reserved", "240.0.0.1"),
                      ("all", "255.255.255.255"), ("gateway", GATEWAY), ("itself", VM), ("network", "192.168.100.0"),
                      ("net-all", "192.168.100.255"), ("lan", NEIGHBOUR), ("small-net-all", "192.168.100.3"),
                      ("highest", "223.255.255.255"), ("lowest", "1.0.0.1"), ("metadata", "169.254.169.254"),
                      ("126", "126.255.255.255"), ("128", "128.0.0.1")):
        yield f"to-{name}", bytes(tcp(dst))
    yield "to-metadata-udp", bytes(udp("169.254.169.254"))
    yield "to-lan-udp", bytes(udp(NEIGHBOUR, 53))
    for proto in (0, 2, 4, 47):
        yield f"protocol-{proto}", bytes(ether() / ip(proto=proto) / Raw(bytes(udp())[14:]))
    yield "protocol-47-gre", bytes(ether() / ip(proto=47) / Raw(b"\0\0\x08\0" + bytes(udp())[14:]))
    yield "protocol-136-udp-lite", bytes(udp(proto=136))
    yield "protocol-0-to-gateway", bytes(ether() / ip(GATEWAY, proto=0) / Raw(b"\0\1\0\x35"))


def udp_frames():
    yield "udp-allowed", bytes(udp()) + bytes(13)
    yield "udp-every-room", bytes(udp(sport=40960))
    yield "udp-mtu-both-ways", bytes(udp(sport=0xaaaa))
    for name, fields in {
            "port-next": {"dport": 51901}, "port-next-but-one": {"dport": 51902}, "port-no-high-bit": {"dport": 19132},
            "port-other-high-byte": {"dport": 51900 ^ 0x100}, "port-swapped": {"dport": 48330}, "port-1": {"dport": 1},
            "host-next": {"dst": "203.0.113.51"}, "host-next-but-one": {"dst": "203.0.113.52", "dport": 1},
            "host-other-net": {"dst": "203.0.112.50"}, "host-swapped": {"dst": "50.113.0.203"},
            "rules-mixed": {"dst": SERVER, "dport": 51900}, "by-udp": {"dst": SERVER, "dport": 9443},
            "resolver": {"dst": SERVER, "dport": 53}, "dns": {"dst": "9.9.9.9", "dport": 53},
            "quic": {"dst": "9.9.9.9", "dport": 443}, "inside": {"dst": "10.0.0.5", "dport": 22},
            "ntp": {"dst": "9.9.9.9", "dport": 123}, "dhcp-to-world": {"dst": "9.9.9.9", "dport": 67, "sport": 68},
            "live": {"sport": 40000}, "expired": {"sport": 40002}, "long-expired": {"sport": 40001},
            "not-live": {"sport": 40003}, "live-and-not-allowed": {"dst": "203.0.113.51"},
            "from-port-0": {"sport": 0}, "to-port-0": {"dport": 0}, "other-guest": {"src": "10.9.9.9"},
            "empty": {"payload": b""}, "gateway-dns": {"dst": GATEWAY, "dport": 53},
            "gateway-dns-live": {"dst": GATEWAY, "dport": 53, "payload": b"question"},
            "gateway-dns-empty": {"dst": GATEWAY, "dport": 53, "payload": b"", "sport": 40008},
            "gateway-54": {"dst": GATEWAY, "dport": 54}, "mdns-to-gateway-mac": {"dst": "224.0.0.251", "dport": 5353},
    }.items():
        yield f"udp-{name}", bytes(udp(**fields))
    group = {"dst": "01:00:5e:00:00:fb"}
    yield "mdns", bytes(udp("224.0.0.251", 5353, sport=5353, eth=group))
    yield "mdns-other-port", bytes(udp("224.0.0.251", 5354, eth=group))
    yield "mdns-other-group", bytes(udp("224.0.0.252", 5353, eth=group))
    yield "mdns-by-tcp", bytes(tcp("224.0.0.251", 5353, eth=group))
    yield "mdns-from-0", bytes(udp("224.0.0.251", 5353, src="0.0.0.0", eth=group))
    yield "mdns-checksum", bytes(udp("224.0.0.251", 5353, eth=group))[:-1] + b"!"
    whole = bytes(udp())
    yield "udp-checksum", whole[:40] + b"\1\2" + whole[42:]
    yield "udp-no-checksum", whole[:40] + b"\0\0" + whole[42:]
    yield "udp-length-0", whole[:38] + b"\0\0" + whole[40:]
    yield "udp-length-7", whole[:38] + b"\0\7\0\0" + whole[42:]
    yield "udp-length-long", whole[:38] + b"\0\x0e\0\0" + whole[42:] + b"pad"
    yield "udp-length-short", whole[:38] + b"\0\x0c\0\0" + whole[42:]
    for size in (3, 4):
        yield f"udp-cut-{size}", bytes(ether() / ip(proto=17) / Raw(whole[34:34 + size]))


def tcp_frames():
    yield "syn", bytes(tcp())
    yield "syn-every-room", bytes(ether() / ip(SERVER) / TCP(sport=40010, dport=9443, seq=0, options=[("MSS", 1460)]))
    yield "syn-options", bytes(tcp(options=[("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1, 0)), ("NOP", None),
                                            ("WScale", 7)], sport=40011))
    for name, fields in {
            "live": {"flags": "PA", "payload": b"hello"}, "not-live": {"flags": "PA", "sport": 40012},
            "not-live-rst": {"flags": "R", "sport": 40012}, "not-live-rst-ack": {"flags": "RA", "sport": 40012},
            "not-live-syn-ack": {"flags": "SA", "sport": 40012}, "not-live-fin": {"flags": "FA", "sport": 40012},
            "not-live-psh-syn": {"flags": "SP", "sport": 40012}, "live-rst": {"flags": "R"}, "syn-fin": {"flags": "SF"},
            "syn-rst": {"flags": "SR"}, "null": {"flags": ""}, "fin": {"flags": "F"}, "xmas": {"flags": "FPU"},
            "denied": {"dport": 9442}, "denied-ack": {"dport": 9442, "flags": "A"}, "port-low": {"dport": 81},
            "by-tcp": {"dst": CONSUMER, "dport": 51900}, "rules-mixed": {"dst": "10.0.0.5", "dport": 9443},
            "host-below": {"dst": "198.51.100.6"}, "inside": {"dst": "10.0.0.5", "dport": 22},
            "lowest": {"dst": "1.0.0.1", "dport": 1}, "highest": {"dst": "223.255.255.255", "dport": 65535},
            "tls": {"dport": 443, "sport": 40013}, "tls-live": {"dport": 443, "flags": "A"},
            "tls-8443": {"dst": "9.9.9.9", "dport": 8443}, "http": {"dst": "9.9.9.9", "dport": 80},
            "tls-loopback": {"dst": "127.0.0.1", "dport": 443}, "gateway": {"dst": GATEWAY, "dport": 443},
            "gateway-http": {"dst": GATEWAY, "dport": 80}, "gateway-dns": {"dst": GATEWAY, "dport": 53, "sport": 40014},
            "gateway-dns-live": {"dst": GATEWAY, "dport": 53, "flags": "A"}, "from-port-0": {"sport": 0},
            "to-port-0": {"dport": 0}, "to-itself": {"dst": VM, "dport": 443}, "other-guest": {"src": "10.9.9.9"},
    }.items():
        yield f"tcp-{name}", bytes(tcp(**fields))
    whole = bytes(tcp())
    yield "tcp-checksum", whole[:50] + b"\1\2" + whole[52:]
    yield "tcp-offset-4", whole[:46] + b"\x40" + whole[47:]
    for size in (3, 4, 19):
        yield f"tcp-cut-{size}", bytes(ether() / ip(SERVER, proto=6) / Raw(whole[34:34 + size]))


def icmp_frames():
    yield "ping-gateway", bytes(ping())
    yield "ping-every-room", bytes(ping(number=0))
    yield "ping-world", bytes(ping(CONSUMER, number=7))
    yield "ping-world-new", bytes(ping(CONSUMER, number=8))
    yield "ping-itself", bytes(ping(VM))
    yield "ping-code-1", bytes(ping(code=1))
    yield "ping-group-mac", bytes(ping(eth={"dst": "01:00:5e:00:00:01"}))
    yield "ping-checksum", bytes(ping())[:-1] + b"!"
    yield "ping-group-mac-checksum", bytes(ping(eth={"dst": ANYBODY_MAC}))[:-1] + b"!"
    yield "ping-cut", bytes(ether() / ip(GATEWAY, proto=1) / Raw(b"\x08\0\xf7\xff\0\0\0"))
    yield "ping-reply", bytes(ping(kind=0))
    yield "ping-reply-world", bytes(ping(CONSUMER, kind=0))
    for kind in (3, 5, 11, 12):
        about = bytes(IP(src=CONSUMER, dst=VM) / UDP(sport=PORT, dport=40000) / Raw(b"late"))
        yield f"icmp-{kind}", bytes(ether() / ip() / ICMP(type=kind, code=3) / Raw(about))
    yield "icmp-3-to-gateway", bytes(ping(kind=3, code=3))


def dhcp_frames():
    mine, other = b"\x32\4\xc0\xa8\x64\2", b"\x32\4\xc0\xa8\x64\3"
    server = b"\x36\4\xc0\xa8\x64\1"
    vm = number(VM)
    unicast = {"src": VM, "dst": GATEWAY, "mac_dst": GATEWAY_MAC}
    yield "dhcp-discover", bytes(dhcp(b"\x35\1\1\x3d\7\1RT\0\x124V\xff"))
    yield "dhcp-discover-every-room", bytes(dhcp(b"\x35\1\1\x3d\2ab\xff", xid=0))
    yield "dhcp-discover-broadcast", bytes(dhcp(b"\x35\1\1\xff", flags=0x8000))
    yield "dhcp-discover-other-flags", bytes(dhcp(b"\x35\1\1\xff", flags=0x7fff, ciaddr=9))
    yield "dhcp-request-selecting", bytes(dhcp(b"\x35\1\3" + server + mine + b"\xff"))
    yield "dhcp-request-rebooting", bytes(dhcp(b"\x35\1\3" + mine + b"\xff"))
    yield "dhcp-request-renewing", bytes(dhcp(b"\x35\1\3\xff", ciaddr=vm, **unicast))
    yield "dhcp-request-renewing-broadcast", bytes(dhcp(b"\x35\1\3\xff", ciaddr=vm, flags=0x8000, **unicast))
    yield "dhcp-request-both", bytes(dhcp(b"\x35\1\3" + mine + b"\xff", ciaddr=vm))
    yield "dhcp-request-both-one-wrong", bytes(dhcp(b"\x35\1\3" + other + b"\xff", ciaddr=vm))
    yield "dhcp-request-both-other-wrong", bytes(dhcp(b"\x35\1\3" + mine + b"\xff", ciaddr=vm ^ 1))
    yield "dhcp-request-other", bytes(dhcp(b"\x35\1\3" + other + b"\xff"))
    yield "dhcp-request-nothing", bytes(dhcp(b"\x35\1\3\xff"))
    yield "dhcp-request-other-server", bytes(dhcp(b"\x35\1\3\x36\4\xc0\xa8\x64\x09" + mine + b"\xff"))
    yield "dhcp-inform", bytes(dhcp(b"\x35\1\x08\xff", ciaddr=vm, **unicast))
    yield "dhcp-inform-other", bytes(dhcp(b"\x35\1\x08\xff", ciaddr=vm ^ 1, **unicast))
    for kind in (2, 4, 7, 9):
        yield f"dhcp-type-{kind}", bytes(dhcp(bytes([0x35, 1, kind, 255])))
    yield "dhcp-other-client", bytes(dhcp(b"\x35\1\1\xff", chaddr=mac("52:54:00:12:34:57")))
    yield "dhcp-relayed", bytes(dhcp(b"\x35\1\1\xff", giaddr=1))
    yield "dhcp-answer", bytes(dhcp(b"\x35\1\1\xff", op=2))
    yield "dhcp-to-group-mac", bytes(dhcp(b"\x35\1\1\xff", mac_dst="01:00:5e:00:00:01"))
    yield "dhcp-to-other-mac", bytes(dhcp(b"\x35\1\1\xff", mac_dst="52:54:00:00:00:09"))
    yield "dhcp-all-by-gateway-mac", bytes(dhcp(b"\x35\1\1\xff", mac_dst=GATEWAY_MAC))
    yield "dhcp-to-gateway-by-all", bytes(dhcp(b"\x35\1\1\xff", dst=GATEWAY))
    yield "dhcp-to-neighbour", bytes(dhcp(b"\x35\1\1\xff", dst=NEIGHBOUR, src=VM, mac_dst=GATEWAY_MAC))
    yield "dhcp-from-neighbour", bytes(dhcp(b"\x35\1\1\xff", src=NEIGHBOUR))
    yield "dhcp-from-67", bytes(dhcp(b"\x35\1\1\xff", sport=67))
    yield "dhcp-to-68", bytes(dhcp(b"\x35\1\1\xff", dport=68))
    yield "dhcp-checksum", bytes(dhcp(b"\x35\1\1\xff"))[:-1] + b"\xfe"
    yield "bootp-in-a-flow", bytes(udp(sport=68, dport=67, payload=bootp(b"\x35\1\1")))


def other_frames():
    igmp = bytes.fromhex("2200f9020000000104000000e00000fb")
    alert = [IPOption_Router_Alert()]
    for name, dst, mac_dst, options in (
            ("report", "224.0.0.22", "01:00:5e:00:00:16", alert), ("plain", "239.255.255.250", "01:00:5e:7f:ff:fa", []),
            ("unicast-mac", "224.0.0.22", GATEWAY_MAC, alert), ("no-group", CONSUMER, "01:00:5e:00:00:16", alert),
            ("to-gateway", GATEWAY, GATEWAY_MAC, []), ("reserved", "240.0.0.22", "01:00:5e:00:00:16", [])):
        yield f"igmp-{name}", bytes(ether(dst=mac_dst) / ip(dst, proto=2, ttl=1, options=options) / Raw(igmp))
    yield "igmp-from-0", bytes(ether(dst="01:00:5e:00:00:16") / ip("224.0.0.22", src="0.0.0.0", proto=2) / Raw(igmp))

    def six(body, dst_mac="33:33:00:00:00:02", **fields):
        return bytes(ether(dst=dst_mac, type=0x86dd)) + ipv6(body, **fields)
    yield "nd-133", six(b"\x85" + bytes(7))
    yield "nd-to-gateway-mac", six(b"\x85" + bytes(7), dst_mac=GATEWAY_MAC)
    yield "mld-143", six(HOP + b"\x8f" + bytes(7), nh=0, hlim=1, src="::", dst="ff02::16")
    yield "ipv6-udp", six(bytes(UDP(sport=1, dport=2)), nh=17)


HOP = b"\x3a\0\5\2\0\0\1\0"


def ipv6(body, cut=None, **fields):
    return bytes(IPv6(**{"src": "fe80::1", "dst": "ff02::2", "hlim": 255, "nh": 58, **fields}) / Raw(body))[:cut]


def ipv6_packets():
    for kind in (128, 132, 133, 134, 135, 136, 137):
        yield f"nd-{kind}", ipv6(bytes([kind]) + bytes(7))
    for kind in (129, 130, 131, 132, 133, 143, 144):
        yield f"mld-{kind}", ipv6(HOP + bytes([kind]) + bytes(7), nh=0, hlim=1, src="::", dst="ff02::16")
    message = b"\x87" + bytes(7)
    yield "nd-hop-limit", ipv6(message, hlim=254)
    yield "nd-global-source", ipv6(message, src="2001:db8::1")
    yield "nd-multicast-source", ipv6(message, src="ff02::1")
    yield "nd-global-destination", ipv6(message, dst="2001:db8::1")
    yield "nd-local-destination", ipv6(message, dst="febf::1", src="fe80::1")
    yield "nd-site-local", ipv6(message, src="fec0::1")
    yield "nd-not-quite-unspecified", ipv6(message, src="::1")
    yield "nd-empty", ipv6(b"")
    yield "nd-payload-long", ipv6(message, plen=9)
    yield "nd-payload-short", ipv6(message, plen=0)
    yield "nd-version", ipv6(message, version=4)
    yield "udp", ipv6(bytes(UDP(sport=1, dport=2)), nh=17)
    for n in (0, 3, 4, 5, 6, 7, 23, 39):
        yield f"cut-{n}", ipv6(message, cut=n)
    for name, body in (("cut", HOP[:1]), ("cut-8", HOP), ("units", b"\x3a\1" + bytes(14) + b"\x8f"),
                       ("next", b"\x11\0\5\2\0\0\1\0\x8f"), ("cut-2", HOP[:5]), ("cut-0", b"")):
        yield f"mld-{name}", ipv6(body, nh=0, src="::", dst="ff02::16")


# What these show the target, others do: fuzz/seeds/frame is kept below 200 files.
LEFT_OUT = frozenset("""
arp-operation-3 mtu-576 vlan-9200 arp-in-gateways-mac arp-probe-of-itself arp-request-to-other-mac arp-request-unicast destination-mac-almost-anybody
destination-mac-anybody destination-mac-anybody-tcp destination-mac-last-byte destination-mac-other destination-mac-vm
dhcp-discover-other-flags dhcp-from-67 dhcp-request-other
dhcp-request-renewing-broadcast dhcp-to-other-mac dhcp-type-9 icmp-3 mdns-by-tcp mdns-from-0
mdns-other-group mtu-9216 mtu-padding nd-to-gateway-mac ping-reply protocol-0 protocol-2 protocol-47-gre source-0-tcp
source-anybody source-mac-first-byte source-mac-zero tcp-by-tcp tcp-denied tcp-fin tcp-gateway tcp-host-below
tcp-inside tcp-not-live tcp-not-live-rst-ack tcp-port-low tcp-rules-mixed tcp-xmas to-gateway to-group to-highest
to-lan to-loopback to-lowest to-reserved type-length type-mpls type-none-of-them type-vlan type-zero udp-checksum
udp-dns udp-host-other-net udp-length-7 udp-length-long udp-live udp-ntp udp-port-next vlan-7 vlan-9100 vlan-twice
""".split())


def frames():
    for part in (link_frames, arp_frames, ip_frames, udp_frames, tcp_frames, icmp_frames, dhcp_frames, other_frames):
        for name, frame in part():
            if name not in LEFT_OUT:
                yield name, frame
