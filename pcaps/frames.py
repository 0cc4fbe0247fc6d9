# SPDX-License-Identifier: ISC
"""frames.py: what the scripts of captures share: who is who, and how a capture is written, checked and listed.

    pcaps/NAME.py            writes pcaps/NAME.pcap, the same bytes on every run
    pcaps/NAME.py --check    exit 1 when that file is not what the script writes
    pcaps/NAME.py --list     number, length, what it is

A row of a scenario names a frame by its number: `replay NAME.pcap#12`. Numbers are for ever: new frames go to the end.
What leaks names the row it came from: frame N goes, itself or with the packet inside it, to an address that ends in N, or
carries the text NAME-N. The Ethernet destination 52:55:c0:a8:64:01 stands for the gateway; the harness replaces it by the
MAC of the backend it plays against.
"""
import os
import struct
import sys

from scapy.layers.inet import IP
from scapy.layers.l2 import Ether

VM, GATEWAY, CONSUMER, PORT = "192.168.100.2", "192.168.100.1", "203.0.113.50", 51900
VM_MAC, GATEWAY_MAC = "52:54:00:12:34:56", "52:55:c0:a8:64:01"
VM_LINK_LOCAL = "fe80::5054:ff:fe12:3456"
FIRST_SECOND = 1577836800  # 2020-01-01; frame N was "captured" N seconds later


def ether(dst=GATEWAY_MAC, **fields):
    return Ether(src=VM_MAC, dst=dst, **fields)


def ip(dst, **fields):
    return IP(src=VM, dst=dst, **{"id": 0x4700, "ttl": 64, **fields})


def capture(frames):
    """The bytes of the file: classic pcap, little-endian, microseconds, Ethernet."""
    out = struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65550, 1)
    for number, (_, frame) in enumerate(frames, 1):
        data = bytes(frame)
        out += struct.pack("<IIII", FIRST_SECOND + number, 0, len(data), len(data)) + data
    return out


def main(script, doc, frames):
    """`frames` yields (what it is, frame). Returns the exit code."""
    path = os.path.splitext(os.path.abspath(script))[0] + ".pcap"
    arguments = sys.argv[1:]
    if arguments == ["--list"]:
        for number, (comment, frame) in enumerate(frames, 1):
            print(f"{number:3} {len(frame):5} bytes  {comment}")
        return 0
    if arguments == ["--check"]:
        try:
            with open(path, "rb") as f:
                same = f.read() == capture(frames)
        except FileNotFoundError:
            same = False
        if not same:
            print(f"{path} is not what {os.path.basename(script)} writes; run pcaps/{os.path.basename(script)}",
                  file=sys.stderr)
        return 0 if same else 1
    if arguments:
        print(doc, file=sys.stderr)
        return 64
    data = capture(frames)
    with open(path, "wb") as f:
        f.write(data)
    return 0
