#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""icmp.py: ICMP errors that quote a flow of the guest, or one like it, as any host on the path could send them.

It waits for the provider's first packet to --peer and sends every error of each --kind towards the provider, --times
times, with the quoted packet changed as each --quote says:

    live       as it was seen
    port       from another port of the provider: no flow's
    stranger   to another destination, from the flow's own port
    cut        20 bytes of it only: the ports are missing
    sequence   of TCP: with a sequence number that was never sent
"""
import struct

from scapy.utils import checksum

import wire

HARD = [(3, code) for code in range(16) if code != 4] + [(11, 0), (11, 1), (12, 0), (4, 0)]


def errors(kind):
    """(type, code, the four bytes behind the checksum)"""
    if kind == "hard":
        return [(t, c, 0) for t, c in HARD]
    if kind == "mtu":
        return [(3, 4, mtu) for mtu in (0, 1, 68, 576, 1400, 65535)]
    return [(5, code, 0xc0a80142) for code in range(4)]  # redirect to 192.168.1.66


def quoted(flow, how):
    """The packet inside: its header and 20 bytes more. Of TCP it has the number that the next segment will have, since
    an error about what was acknowledged is an old one."""
    inner = bytearray(flow.packet[:20 + 20])
    if flow.proto == 6:
        struct.pack_into("!I", inner, 24, flow.next_seq())
    if how == "port":
        struct.pack_into("!H", inner, 20, struct.unpack_from("!H", inner, 20)[0] ^ 1)
    elif how == "stranger":
        inner[19] ^= 1
    elif how == "cut":
        del inner[20:]
    elif how == "sequence":
        struct.pack_into("!I", inner, 24, (struct.unpack_from("!I", inner, 24)[0] + 0x40000000) & 0xffffffff)
    if how in ("port", "stranger"):
        struct.pack_into("!H", inner, 10, 0)  # whoever looks at the inner checksum at all takes it for none
    return bytes(inner)


def main():
    options = wire.arguments(
        __doc__,
        ("--peer", dict(type=wire.endpoint, default=(wire.CONSUMER, wire.PORT), metavar="A:P",
                        help="whom the guest talks to (the consumer)")),
        ("--tcp", dict(action="store_true", help="the flow is TCP's")),
        ("--kind", dict(nargs="+", choices=("hard", "mtu", "redirect"), default=["hard"], help="which errors")),
        ("--quote", dict(nargs="+", choices=("live", "port", "stranger", "cut", "sequence"), default=["live"])),
        ("--from", dict(dest="source", default=wire.ROUTER, metavar="A", help="who complains (the router)")),
        ("--when", dict(metavar="TEXT", help="only when a datagram or segment with this text was seen")),
        ("--times", dict(type=int, default=1, metavar="N")),
        ("--done", dict(metavar="FILE", help="is made when all was sent")),
    )
    uplink = wire.Uplink()
    wire.say("ready")
    if options.when:
        flow = uplink.wait(options.when, lambda s: s.src == wire.PROVIDER and options.when.encode() in s.payload)
    else:
        flow = uplink.wait_for_flow(options.peer, 6 if options.tcp else 17)
    sent = 0
    for quote in options.quote * options.times:
        for kind, code, rest in [error for kind in options.kind for error in errors(kind)]:
            body = bytearray(struct.pack("!BBHI", kind, code, 0, rest) + quoted(flow, quote))
            struct.pack_into("!H", body, 2, checksum(bytes(body)))
            uplink.send(wire.ether() / wire.IP(src=options.source, dst=wire.PROVIDER, proto=1, ttl=60) / bytes(body))
            sent += 1
    wire.say(f"sent {sent}")
    if options.done:
        open(options.done, "w").close()
    wire.hold()


if __name__ == "__main__":
    main()
