#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""tcp.py: forged segments in the server's name into a live connection of the provider.

It follows the connection to --server until the server has said --after and nobody says more, then sends every segment of
--acts, --times times, and makes the file --done. Where a number is said to be next, far or old, it is the server's
sequence number as it stands then; the provider's receive window begins there.

    reset-far  reset-old  reset-near   RST, 1 GB ahead; 1 byte behind; inside the window but not next (RFC 5961, 3)
    syn-far  syn-near  syn-next        SYN where the connection is open (RFC 5961, 4)
    fin-far                            FIN outside the window
    data-far  data-old                 bytes 1 GB ahead; 1 GB behind
    data-acks-future  data-acks-past   bytes at the right place that acknowledge what was never sent, or what was
                                       acknowledged a GB ago (RFC 5961, 5)
    reset-next  data-next  fin-behind  what only somebody who has seen the numbers can send: these work; the FIN stands
                                       behind data-next

With --storm N it waits for nobody to pause, and sends N segments that can be right at no moment beside the connection's own.
"""
import random

import wire

FAR = 0x40000000
BLIND = ("reset-far", "reset-old", "reset-near", "syn-far", "syn-near", "syn-next", "fin-far", "data-far", "data-old",
         "data-acks-future", "data-acks-past")
ALWAYS_WRONG = ("reset-far", "reset-old", "syn-far", "syn-near", "data-far", "data-acks-future")
FLAGS = {"reset": "R", "syn": "S", "fin": "FA", "data": "PA"}
PLACES = {"far": FAR, "old": -1, "near": 64, "next": 0, "behind": 0, "acks": 0}


class Connection:
    """What the uplink has shown of it."""

    def __init__(self, server):
        self.server, self.provider_port, self.next_seq, self.next_ack = server, 0, 0, 0

    def follow(self, seen):
        """True when the frame is the connection's."""
        if seen.proto != 6:
            return False
        if seen.src == wire.PROVIDER and (seen.dst, seen.dport) == self.server:
            if seen.flags & wire.TCP_SYN:
                self.provider_port = seen.sport
            if seen.sport == self.provider_port:
                self.next_ack = seen.next_seq()
        elif (seen.src, seen.sport) == self.server and seen.dport == self.provider_port:
            self.next_seq = seen.next_seq()
        else:
            return False
        return True

    def forged(self, act, text):
        what, place = act.split("-", 1)
        seq, ack = self.next_seq + PLACES[place.split("-")[0]], self.next_ack
        if place == "behind":
            seq += len(text)
        if act == "data-old":
            seq = self.next_seq - FAR
        if place == "acks-future":
            ack += FAR
        if place == "acks-past":
            ack -= FAR
        segment = wire.TCP(sport=self.server[1], dport=self.provider_port, flags=FLAGS[what], seq=seq % 2**32,
                           ack=ack % 2**32 if "A" in FLAGS[what] else 0, window=8192)
        frame = wire.ether() / wire.IP(src=self.server[0], dst=wire.PROVIDER, ttl=60) / segment
        return bytes(frame / text.encode() if what == "data" else frame)


def wait_for_pause(uplink, connection, after):
    """Follows until the server has said it and 100 ms have passed without a segment."""
    wanted = after.encode()

    def has_said(seen):
        return connection.follow(seen) and not seen.src == wire.PROVIDER and wanted in seen.payload

    uplink.wait(f"'{after}' of the server", has_said)
    while any(connection.follow(seen) for seen in uplink.frames(0.1)):
        pass


def storm(uplink, connection, options):
    """Between any two of its own, whatever the connection has said is looked at."""
    chance, sent = random.Random(1), 0
    uplink.wait("connection", lambda seen: connection.follow(seen) and connection.next_seq)
    while sent < options.storm:
        for seen in uplink.frames(0.001):
            connection.follow(seen)
            if chance.random() < 0.1:
                break
        uplink.send(connection.forged(chance.choice(ALWAYS_WRONG), options.text))
        sent += 1
    return sent


def main():
    options = wire.arguments(
        __doc__,
        ("--server", dict(type=wire.endpoint, required=True, metavar="A:P")),
        ("--after", dict(metavar="TEXT", help="what the server says last before the attack")),
        ("--acts", dict(nargs="+", default=list(BLIND), metavar="ACT", help="those above; all blind ones")),
        ("--times", dict(type=int, default=1, metavar="N")),
        ("--text", dict(default="forged", help="the payload of forged bytes")),
        ("--done", dict(metavar="FILE", help="is made when all was sent")),
        ("--storm", dict(type=int, default=0, metavar="N")),
    )
    uplink, connection = wire.Uplink(), Connection(options.server)
    wire.say("ready")
    if options.storm:
        sent = storm(uplink, connection, options)
    else:
        wait_for_pause(uplink, connection, options.after)
        frames = [connection.forged(act, options.text) for act in options.acts] * options.times
        for frame in frames:
            uplink.send(frame)
        sent = len(frames)
    wire.say(f"sent {sent}")
    if options.done:
        open(options.done, "w").close()
    wire.hold()


if __name__ == "__main__":
    main()
