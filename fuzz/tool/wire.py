# SPDX-License-Identifier: ISC
"""wire.py: what an input of a target looks like where a guest could send it. Pure.

Each target's source says what its input is made of. A target that is not here has no form on the wire (a sequence of
operations, a table, a file of the harness): build/replay alone plays what was found with it.
"""

import struct

VM_MAC, GATEWAY_MAC = bytes.fromhex("525400123456"), bytes.fromhex("5255c0a86401")  # pcaps/frames.py
VM, CONSUMER = bytes([192, 168, 100, 2]), bytes([203, 0, 113, 50])
ICMP, TCP, UDP = 1, 6, 17
MEND_IP_CHECKSUM, MEND_CHECKSUM, MEND_LENGTHS = 1, 2, 4  # fuzz/rig/mend.h
TALK_MAX = 1500  # bytes that fit a line of a scenario


def ones_sum(data):
    """RFC 1071, not inverted."""
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def transport_sum(data, src, dst, proto):
    pseudo = b"" if proto == ICMP else src + dst + struct.pack("!HH", proto, len(data) & 0xffff)
    return ones_sum(pseudo + data)


def mend_transport(data, what, src, dst, proto):
    """As fuzz/rig/mend.c does it."""
    out = bytearray(data)
    at = {UDP: 6, TCP: 16, ICMP: 2}.get(proto)
    if proto == UDP and len(out) >= 8 and what & MEND_LENGTHS:
        struct.pack_into("!H", out, 4, len(out) & 0xffff)
    if at is None or len(out) < at + 2 or not what & MEND_CHECKSUM or (proto == UDP and not any(out[at:at + 2])):
        return bytes(out)
    struct.pack_into("!H", out, at, 0)
    total = transport_sum(bytes(out), src, dst, proto)
    struct.pack_into("!H", out, at, 0xffff if proto == UDP and total == 0xffff else 0xffff - total)
    return bytes(out)


def mend_ipv4(data, what):
    out = bytearray(data)
    if len(out) < 20 or not what & 7:
        return bytes(out)
    if what & MEND_LENGTHS:
        struct.pack_into("!H", out, 2, len(out) & 0xffff)
    header, total = out[0] % 16 * 4, struct.unpack_from("!H", out, 2)[0]
    if not 20 <= header <= len(out):
        return bytes(out)
    if header <= total <= len(out):
        out[header:total] = mend_transport(bytes(out[header:total]), what, bytes(out[12:16]), bytes(out[16:20]), out[9])
    if what & MEND_IP_CHECKSUM:
        struct.pack_into("!H", out, 10, 0)
        struct.pack_into("!H", out, 10, 0xffff - ones_sum(bytes(out[:header])))
    return bytes(out)


def ether(kind, payload, dst=GATEWAY_MAC):
    return dst + VM_MAC + struct.pack("!H", kind) + payload


def packet(proto, payload, src=VM, dst=CONSUMER):
    header = struct.pack("!BBHHHBBH", 0x45, 0, (20 + len(payload)) & 0xffff, 1, 0x4000, 64, proto, 0) + src + dst
    return mend_ipv4(header + payload, MEND_IP_CHECKSUM)


def transport(proto):
    """A byte of what to mend, two addresses, the rest: from the VM to the consumer, its checksum as right as it was."""
    def make(data):
        if len(data) < 9:
            return None
        src, dst, rest = data[1:5], data[5:9], data[9:]
        rest = mend_transport(rest, data[0], src, dst, proto)
        if transport_sum(rest, src, dst, proto) == 0xffff:
            rest = mend_transport(rest, MEND_CHECKSUM, VM, CONSUMER, proto)
        return "frame", ether(0x0800, packet(proto, rest))
    return make


def dhcp(data):
    none, all_ones = bytes(4), b"\xff" * 4
    datagram = mend_transport(struct.pack("!HHHH", 68, 67, 8 + len(data), 1) + data, MEND_CHECKSUM, none, all_ones, UDP)
    return "frame", ether(0x0800, packet(UDP, datagram, none, all_ones), b"\xff" * 6)


def frame(data):
    """Four bytes about the rig, the last of which says what is mended, then a frame."""
    if len(data) < 5:
        return None
    whole = data[4:]
    if len(whole) >= 14 and whole[12:14] == b"\x08\x00" and data[3] & 7:
        whole = whole[:14] + mend_ipv4(whole[14:], data[3])
    return "frame", whole


def tells(to, skip=0):
    """What is said to a server, behind some bytes about the rig."""
    def make(data):
        return (to, data[skip:]) if 0 < len(data) - skip <= TALK_MAX else None
    return make


def llhttp(data):
    """A byte says what it is; a reply (4) no guest sends."""
    return None if data[:1] and data[0] & 4 else tells("http", 1)(data)


FORMS = {
    "arp": lambda data: ("frame", ether(0x0806, data)),
    "ipv4": lambda data: ("frame", ether(0x0800, mend_ipv4(data[1:], data[0]))) if data else None,
    "icmp": lambda data: ("frame", ether(0x0800, packet(ICMP, mend_transport(data[1:], data[0], VM, VM, ICMP))))
    if data else None,
    "udp": transport(UDP), "tcp_seg": transport(TCP), "dhcp": dhcp, "frame": frame, "diff_bpf": frame,
    "frame_all": lambda data: ("frame", data) if data else None,
    "ipv6": lambda data: ("frame", ether(0x86dd, data)),
    "http_request": tells("http"), "diff_llhttp": llhttp,
    "hello": tells("tls"), "diff_hello": tells("tls"),
    "dns_query": tells("dns"), "dns_reply": tells("dns", 6),
    "policy_json": lambda data: ("policy", data),
}


def form(target, data):
    """("frame"|"http"|"tls"|"dns"|"policy", bytes), or None."""
    make = FORMS.get(target)
    return make(data) if make else None


def words(data):
    """Bytes as words of a scenario's `says`: what can be read as text, the rest in hex."""
    out, at = [], 0
    while at < len(data):
        end = at
        readable = 32 <= data[at] < 127 or data[at] in b"\r\n\t"
        while end < len(data) and end - at < 900 and (32 <= data[end] < 127 or data[end] in b"\r\n\t") == readable:
            end += 1
        piece = data[at:end]
        if readable:
            text = piece.decode("ascii")
            for raw, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\r", "\\r"), ("\n", "\\n"), ("\t", "\\t"),
                                 ("|", "\\|"), ("$", "\\x24")):
                text = text.replace(raw, escaped)
            out.append(f'"{text}"')
        else:
            out.append(f'hex "{piece.hex()}"')
        at = end
    return " ".join(out)
