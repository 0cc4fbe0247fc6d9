#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""spoof.py: datagrams towards the provider in whatever name, as answers to a flow of the guest or to none.

By default it waits for the guest's first datagram to --peer, and sends one datagram from every --from to the port that
came from. The text of each is --text.
"""
import struct
import time

import wire


def template(source, text):
    """A whole frame without a UDP checksum, so that its port can be written over."""
    address, sport = source
    packet = (wire.ether() / wire.IP(src=address, dst=wire.PROVIDER, ttl=60)
              / wire.UDP(sport=sport, dport=9, chksum=0) / text.encode())
    return bytearray(bytes(packet))


def ports_of(options, flow):
    if not options.ports:
        return [flow.sport + options.shift]
    first, last = (int(n) for n in options.ports.split("-"))
    spared = flow.sport if flow and options.spare else None
    return [port for port in range(first, last + 1) if port != spared]


def send_all(uplink, options, flow):
    """Every source to every port, and again; the number of frames sent."""
    frames = [template(source, options.text) for source in options.sources]
    ports = ports_of(options, flow)
    sent = 0
    for _ in range(options.times):
        for frame in frames:
            for port in ports:
                struct.pack_into("!H", frame, wire.ETH_LEN + 22, port)
                uplink.raw.send(frame)
                sent += 1
                if not sent % options.pace:
                    time.sleep(0.002)  # captures and sockets have bounds of their own
    return sent


def main():
    options = wire.arguments(
        __doc__,
        ("--peer", dict(type=wire.endpoint, default=(wire.CONSUMER, wire.PORT), metavar="A:P",
                        help="whom the guest talks to (the consumer)")),
        ("--from", dict(dest="sources", type=wire.endpoint, action="append", required=True, metavar="A:P",
                        help="in whose name; may be repeated")),
        ("--text", dict(required=True, help="the payload")),
        ("--ports", dict(metavar="FIRST-LAST", help="to these ports of the provider instead of the flow's own")),
        ("--spare", dict(action="store_true", help="with --ports: not to the flow's own")),
        ("--shift", dict(type=int, default=0, metavar="N", help="to the flow's port and N")),
        ("--blind", dict(action="store_true", help="wait for no flow")),
        ("--when", dict(metavar="TEXT", help="only when a datagram with this text was seen on the uplink")),
        ("--times", dict(type=int, default=1, metavar="N", help="so often")),
        ("--pace", dict(type=int, default=128, metavar="N", help="a moment's pause behind N frames")),
    )
    uplink = wire.Uplink()
    wire.say("ready")
    flow = None if options.blind else uplink.wait_for_flow(options.peer, 17)
    if options.when:
        uplink.wait_for_text(options.when)
    wire.say(f"sent {send_all(uplink, options, flow)}")
    wire.hold()


if __name__ == "__main__":
    main()
