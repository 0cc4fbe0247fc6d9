#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""uplink.py: a provider's network full of liars: ARP, DHCP, router advertisements, discovery, tunnels, broadcasts.

Waits for nothing and sends it all once, in an order that is always the same. Where a frame has room it carries --text. None
of it is the guest's business.
"""
import wire

from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet6 import (ICMPv6ND_NA, ICMPv6ND_RA, ICMPv6ND_Redirect, ICMPv6NDOptDstLLAddr,
                                ICMPv6NDOptPrefixInfo, ICMPv6NDOptSrcLLAddr, IPv6)
from scapy.layers.l2 import ARP, Dot1Q, GRE
from scapy.packet import Raw

EVERYBODY, LIAR = "ff:ff:ff:ff:ff:ff", "02:00:00:00:66:66"
PROVIDER6, ROUTER6, LIAR6 = "fd00:1::100", "fd00:1::1", "fe80::66"


def arp():
    def question(what, who=wire.ROUTER):
        return wire.ether(dst=EVERYBODY, src=LIAR) / ARP(op=1, hwsrc=LIAR, psrc=who, pdst=what)

    def claim(what, dst=EVERYBODY):
        return (wire.ether(dst=dst, src=LIAR)
                / ARP(op=2, hwsrc=LIAR, psrc=what, hwdst=wire.UPLINK_MAC, pdst=wire.PROVIDER))

    for address in (wire.VM, wire.GATEWAY, wire.CONSUMER, "0.0.0.0", "192.168.1.200"):
        yield question(address, "192.168.1.200")
    for address in (wire.ROUTER, wire.CONSUMER, wire.VM, wire.GATEWAY, wire.PROVIDER):
        yield claim(address)
        yield claim(address, wire.UPLINK_MAC)
        yield question(address, address)  # gratuitous


def dhcp(text):
    for kind in ("offer", "ack", "nak", "force_renew"):
        for mac, address in ((EVERYBODY, "255.255.255.255"), (wire.UPLINK_MAC, wire.PROVIDER)):
            yield (wire.ether(dst=mac) / wire.IP(src=wire.ROUTER, dst=address) / wire.UDP(sport=67, dport=68)
                   / BOOTP(op=2, yiaddr="192.168.66.2", siaddr=wire.ROUTER, chaddr=bytes.fromhex("525400123456"),
                           sname=text.encode())
                   / DHCP(options=[("message-type", kind), ("server_id", wire.ROUTER), ("router", "192.168.66.1"),
                                   ("name_server", "192.168.66.1"), ("lease_time", 60), "end"]))


def ipv6(text):
    group = wire.ether(dst="33:33:00:00:00:01") / IPv6(src=LIAR6, dst="ff02::1", hlim=255)
    unicast = wire.ether() / IPv6(src=LIAR6, dst=PROVIDER6, hlim=255)
    for to in (group, unicast):
        yield (to / ICMPv6ND_RA(routerlifetime=1800) / ICMPv6NDOptSrcLLAddr(lladdr=LIAR)
               / ICMPv6NDOptPrefixInfo(prefix="2001:db8:66::", prefixlen=64, L=1, A=1))
        yield to / ICMPv6ND_NA(tgt=ROUTER6, R=1, S=0, O=1) / ICMPv6NDOptDstLLAddr(lladdr=LIAR)
    yield unicast / ICMPv6ND_Redirect(tgt=LIAR6, dst="2001:db8::1") / ICMPv6NDOptDstLLAddr(lladdr=LIAR)
    yield wire.ether() / IPv6(src="2001:db8::66", dst="fd00:100::2") / wire.UDP(sport=53, dport=4130) / text.encode()


def groups(text):
    for mac, address, port in (("01:00:5e:00:00:fb", "224.0.0.251", 5353), ("01:00:5e:00:00:fc", "224.0.0.252", 5355),
                               ("01:00:5e:7f:ff:fa", "239.255.255.250", 1900), (EVERYBODY, "192.168.1.255", 137),
                               (EVERYBODY, "255.255.255.255", 4130), (EVERYBODY, "192.168.100.255", 4130)):
        yield (wire.ether(dst=mac) / wire.IP(src="192.168.1.200", dst=address, ttl=1)
               / wire.UDP(sport=port, dport=port) / text.encode())
    yield (wire.ether(dst="01:00:5e:00:00:01") / wire.IP(src=wire.ROUTER, dst="224.0.0.1", ttl=1, proto=2)
           / bytes.fromhex("1164ee9b00000000"))


def past_the_provider(text):
    """Straight to the guest, as if the provider were a router, or a tunnel's end."""
    inner = (wire.IP(src=wire.CONSUMER, dst=wire.VM) / wire.UDP(sport=wire.PORT, dport=40000) / text.encode())
    outer = wire.ether() / wire.IP(src=wire.CONSUMER, dst=wire.PROVIDER)
    yield wire.ether() / inner
    yield wire.ether(dst="52:54:00:12:34:56") / inner
    yield wire.ether(dst=EVERYBODY) / inner
    yield wire.ether() / Dot1Q(vlan=100) / inner
    yield outer / inner
    yield outer / GRE() / inner
    yield (wire.ether() / wire.IP(src=wire.CONSUMER, dst=wire.VM) / wire.TCP(sport=443, dport=22, flags="S"))
    yield (wire.ether() / wire.IP(src=wire.CONSUMER, dst=wire.VM) / wire.ICMP(type=8) / text.encode())
    yield wire.ether(dst="01:80:c2:00:00:0e", type=0x88cc) / Raw(bytes.fromhex("0207040200000066660403") + text.encode())
    yield wire.ether(type=0x888e) / Raw(bytes.fromhex("01010000"))


def main():
    options = wire.arguments(__doc__, ("--text", dict(required=True, help="a mark")))
    uplink = wire.Uplink()
    frames = [bytes(f) for f in (*arp(), *dhcp(options.text), *ipv6(options.text), *groups(options.text),
                                 *past_the_provider(options.text))]
    wire.say("ready")
    for frame in frames:
        uplink.send(frame)
    wire.say(f"sent {len(frames)}")
    wire.hold()


if __name__ == "__main__":
    main()
