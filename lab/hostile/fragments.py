#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""fragments.py: answers to a flow of the guest, in pieces: some that nobody can put together, some that everybody must.

It waits for the guest's first datagram to --peer and answers it in that name, first with sets of fragments whose bytes
say --torn: cut short, overlapping, too long, never ended. Then with two whole ones, in order and out of order, of 1200
bytes that begin with --whole, and with one of 3000 bytes that is larger than the guest's link can carry and begins with
--large.
"""
import wire


def datagram(flow, text, size):
    """The bytes behind the IP header, whole; filled up as a recipe's `size` does."""
    body = text.encode() + bytes(97 + i % 26 for i in range(len(text), size))
    packet = wire.IP(src=flow.dst, dst=wire.PROVIDER) / wire.UDP(sport=flow.dport, dport=flow.sport) / body
    return bytes(packet)[20:]


def piece(flow, ident, data, start, end, more):
    assert start % 8 == 0
    return (wire.ether() / wire.IP(src=flow.dst, dst=wire.PROVIDER, id=ident, proto=17, frag=start // 8, ttl=60,
                                   flags="MF" if more else 0) / data[start:end])


def torn_sets(flow, text):
    data = datagram(flow, text, 1200)
    other = datagram(flow, text.upper(), 1200)
    yield "never ended", [piece(flow, 1, data, 0, 600, True)]
    yield "never begun", [piece(flow, 2, data, 600, 1208, False)]
    yield "a hole", [piece(flow, 3, data, 0, 400, True), piece(flow, 3, data, 800, 1208, False)]
    yield "overlap", [piece(flow, 4, data, 0, 800, True), piece(flow, 4, other, 400, 1208, False)]
    yield "teardrop", [piece(flow, 5, data, 0, 800, True), piece(flow, 5, other, 400, 480, False)]
    yield "the first again with other bytes", [piece(flow, 6, data, 0, 800, True), piece(flow, 6, other, 0, 808, True),
                                              piece(flow, 6, data, 800, 1208, False)]
    yield "two ends", [piece(flow, 7, data, 600, 1208, False), piece(flow, 7, data, 1200, 1208, False),
                       piece(flow, 7, data, 0, 608, True)]
    yield "past the end", [piece(flow, 8, data, 0, 800, True),
                           wire.ether() / wire.IP(src=flow.dst, dst=wire.PROVIDER, id=8, proto=17, frag=8189, ttl=60)
                           / data[:400]]
    yield "tiny first that hides the ports", [piece(flow, 9, data, 0, 8, True), piece(flow, 9, other, 0, 24, True),
                                              piece(flow, 9, data, 24, 1208, False)]
    for n in range(64):
        yield "one of many", [piece(flow, 100 + n, data, 0, 800, True)]


def whole_sets(flow, options):
    data = datagram(flow, options.whole, 1200)
    parts = [piece(flow, 1000, data, 0, 400, True), piece(flow, 1000, data, 400, 800, True),
             piece(flow, 1000, data, 800, 1208, False)]
    yield "in order", parts
    data = datagram(flow, options.whole, 1200)
    parts = [piece(flow, 1001, data, 800, 1208, False), piece(flow, 1001, data, 0, 400, True),
             piece(flow, 1001, data, 400, 800, True)]
    yield "out of order", parts
    data = datagram(flow, options.large, 3000)
    yield "larger than the link", [piece(flow, 1002, data, 0, 1480, True), piece(flow, 1002, data, 1480, 2960, True),
                                   piece(flow, 1002, data, 2960, 3008, False)]


def main():
    options = wire.arguments(
        __doc__,
        ("--peer", dict(type=wire.endpoint, default=(wire.CONSUMER, wire.PORT), metavar="A:P",
                        help="whom the guest talks to (the consumer)")),
        ("--torn", dict(required=True, metavar="TEXT")),
        ("--whole", dict(required=True, metavar="TEXT")),
        ("--large", dict(required=True, metavar="TEXT")),
        ("--when", dict(metavar="TEXT", help="the flow is the one that carries this text")),
    )
    uplink = wire.Uplink()
    wire.say("ready")
    flow = uplink.wait(options.when, lambda s: s.src == wire.PROVIDER and options.when.encode() in s.payload) \
        if options.when else uplink.wait_for_flow(options.peer, 17)
    sent = 0
    for _, parts in [*torn_sets(flow, options.torn), *whole_sets(flow, options)]:
        for part in parts:
            uplink.send(part)
            sent += 1
    wire.say(f"sent {sent}")
    wire.hold()


if __name__ == "__main__":
    main()
