#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""engine.py: the seeds of the targets engine, tcp and tcp_ring, from programs as text; and back.

    fuzz/generate/engine.py            writes fuzz/seeds/engine/NAME for each program below
    fuzz/generate/engine.py --text F   prints a program that a fuzzer made as text (see also ENGINE_STORY in fuzz/engine.c)

A program is one operation a line, as fuzz/rig/engine_ops.h lists them: its name and up to five arguments, numbers or names.
The first line is the header: `policy` with key=value. `+` in front of an operation: refnat does not get its turn before the
next one. RAW and BYTES are followed by their bytes in hexadecimal.
"""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
UNIT = 6

# Places that the guest sends to: the table in fuzz/rig/engine_act.c.
PLACES = ["consumer", "echo", "other", "next", "resolver", "wrong-port", "wrong-ip", "gateway-dns", "vm", "loopback", "group",
          "all", "zero", "broadcast", "neighbour", "private", "reserved", "metadata", "gateway", "net", "dhcp-port"]
MODES = {"filtered": 0, "conntrack": 1, "sampled": 2, "direct": 3}
FLAGS = {"terminate": 4, "no-echo": 8, "no-benign": 16, "reset-denied": 32}
MTUS = {"1500": 0, "576": 1, "9216": 2, "1501": 3}
CARRIERS = {"stream": 0, "dgram": 13, "seqpacket": 14, "tap": 15}
RULES = {"t-other": 1, "t": 2, "t-consumer": 4, "t-next": 8, "u-resolver": 16, "u-other": 32, "u": 64, "consumer": 128, "all": 255,
         "none": 0}
WORDS = {"ACK": 0, "DATA": 1, "FIN": 2, "RST": 3, "AHEAD": 4, "OLD": 5, "PARTIAL": 6, "CLOSED": 7, "SACK": 8, "SYN-AGAIN": 9,
         "SYN-NEW": 10, "BLIND-RST": 11, "BLIND-DATA": 12, "WINDOW": 13, "FIN-AHEAD": 14, "NO-ACK": 15,
         "sync": 0, "stats": 1, "clock": 2, "guest": 0, "dialer": 1, "reader": 2, "events": 3}


def names(macro):
    """The entries of one list in engine_ops.h, in their order."""
    with open(os.path.join(ROOT, "fuzz/rig/engine_ops.h"), encoding="utf-8") as file:
        return re.findall(r"^\t" + macro + r"\((\w+), \"", file.read(), re.M)


OPS, CHANGES = names("OP"), names("CHANGE")
RAW = ("RAW", "BYTES")


def number(word, is_change=False):
    if is_change and word in CHANGES:
        return CHANGES.index(word)
    if word in PLACES:
        return PLACES.index(word)
    if word in WORDS:
        return WORDS[word]
    if word in RULES:
        return RULES[word]
    return int(word, 0)


def header(words):
    keys = dict(word.split("=") for word in words)
    flags = sum(FLAGS[word] for word in keys.get("flags", "").split("+") if word)
    rules = 0
    for word in keys.get("rules", "all").split("+"):
        rules |= RULES[word]
    last = int(keys.get("twice", "7")) | CARRIERS[keys.get("carrier", "stream")] << 4
    return bytes([MODES[keys.get("mode", "filtered")] | flags,
                  MTUS[keys.get("mtu", "1500")] | int(keys.get("flows", "0")) << 2 | int(keys.get("tcps", "0")) << 4,
                  rules, int(keys.get("kernel", "1")), int(keys.get("rate", "1")), last])


def assemble(text):
    out = b""
    for line in text.strip().splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        if words[0] == "policy":
            out += header(words[1:])
            continue
        hold = 0x80 if words[0].startswith("+") else 0
        op = words[0].lstrip("+")
        if op in RAW:
            data = bytes.fromhex("".join(words[1:]))
            out += bytes([OPS.index(op) | hold, len(data) >> 8, len(data) & 255, 0, 0, 0])
            out += data + bytes(-len(data) % UNIT)
            continue
        args = [number(word, i == 2 and op in OPS[:6]) & 255 for i, word in enumerate(words[1:])]
        out += bytes([OPS.index(op) | hold] + args + [0] * (5 - len(args)))
    return out


def tell(data):
    print("policy", data[:UNIT].hex(" "))
    at = UNIT
    while at + UNIT <= len(data):
        unit = data[at:at + UNIT]
        at += UNIT
        op = OPS[(unit[0] & 0x7f) % len(OPS)]
        args = list(unit[1:])
        more = ""
        if op in RAW:
            n = (args[0] & 7) << 8 | args[1]
            more = data[at:at + n].hex()
            at += (n + UNIT - 1) // UNIT * UNIT
        if op in ("UDP", "PING", "SYN"):
            args[0] = PLACES[args[0] % len(PLACES)]
        if op in OPS[:6]:
            args[2] = CHANGES[args[2] % len(CHANGES)]
        print(("+" if unit[0] & 0x80 else "") + op, *args, more)


OPEN = """
SYN echo 0 NONE 0 7
ACCEPT 0
SEG 0 ACK
"""

PROGRAMS = {
    "udp-there-and-back": """
        policy
        UDP consumer 0 NONE 0 5
        REPLY 0 0 0 0 9
        REPLY 0 1 0 0 9          # another port of the same machine
        REPLY 0 2 0 0 9          # another machine
        STRANGER 0 0 0 0 4
        UDP consumer 0 NONE 0 0
        TIME 9 0
        UDP consumer 0 NONE 0 5
        TIME 10 0
        STRANGER 0 0 0 0 4""",
    "udp-two-askers": """
        policy
        UDP consumer 0 NONE 0 5
        UDP consumer 1 NONE 0 6
        UDP echo 1 NONE 0 7
        REPLY 2 0 0 0 7
        REPLY 1 0 0 0 8
        REPLY 0 0 0 0 9
        +REPLY 0 0 0 0 1
        +REPLY 0 0 0 0 2
        REPLY 0 0 0 0 3""",
    "udp-table-full": "policy flows=1\n" + "\n".join(f"UDP consumer {i} NONE 0 4" for i in range(5)) +
                      "\nTIME 9 0\nTIME 0 3\nUDP echo 7 NONE 0 4\nUDP consumer 0 NONE 0 4\nORDER clock 130\nUDP consumer 9 NONE 0 4",
    "udp-sizes": "policy\n" + "\n".join(f"UDP consumer 0 TO_MTU {v}\nREPLY 0 0 0 {69} {v}" for v in (0, 1, 255, 254, 188, 189)),
    "udp-send-fails": "policy\n" + "\n".join(f"UDP consumer {k} NONE 0 3\nFAIL {k}\nUDP consumer {k} NONE 0 4\nFAIL 0\n"
                                             f"ERROR 0 {k}\nUDP consumer {k} NONE 0 5\nERROR 0 {k}\nREPLY 0 0 0 0 3"
                                             for k in range(6)),
    "dial-fails": "policy\n" + "\n".join(f"DIAL {k}\nUDP consumer {k} NONE 0 3\nDIAL {k}\nSYN echo {k} NONE 0 7"
                                         for k in (0, 1, 2, 3, 5)) + "\nDIAL 4\n+UDP consumer 9 NONE 0 3\nUDP consumer 0 NONE 0 3",
    "batch-in-one-read": "policy\n" + "\n".join(f"+UDP consumer {i} NONE 0 {i}" for i in range(6)) + "\n+CUT 5\nPING gateway 1 NONE 0 40",
    "swap-revokes": """
        policy rules=consumer+t
        UDP consumer 0 NONE 0 5
        SYN echo 0 NONE 0 7
        ACCEPT 0
        SEG 0 ACK
        POLICY 64
        REPLY 0 0 0 0 5
        UDP consumer 0 NONE 0 5
        UDP echo 0 NONE 0 5
        SEG 0 DATA NONE 0 20
        POLICY 255
        UDP consumer 0 NONE 0 5
        POLICY 0
        UDP echo 0 NONE 0 5
        REPLY 0 0 0 0 4""",
    "swap-keeps-what-stays": """
        policy rules=consumer+u+t
        UDP consumer 0 NONE 0 5
        UDP echo 0 NONE 0 5
        SYN echo 0 NONE 0 7
        ACCEPT 0
        SEG 0 ACK
        POLICY 130 1
        REPLY 0 0 0 0 5
        UDP consumer 0 NONE 0 5
        WRITE 0 0 0 0 100
        SEG 0 DATA NONE 0 20""",
    "swap-of-denied-reset": """
        policy rules=none
        SYN echo 0 NONE 0 7
        POLICY 0 8
        SYN echo 0 NONE 0 7
        SYN gateway 0 NONE 0 7
        SYN loopback 0 NONE 0 7
        SYN wrong-port 0 FLAGS 18 7
        SYN wrong-port 0 NONE 0 7
        POLICY 0 24
        SYN wrong-port 0 NONE 0 7""",
    "terminate": """
        policy flags=terminate rules=consumer
        UDP consumer 0 NONE 0 5
        ARP 0 0 NONE
        ARP 8 0 NONE
        +UDP wrong-port 0 NONE 0 5
        UDP consumer 0 NONE 0 5""",
    "terminate-not-for-strangers": "policy flags=terminate\nUDP consumer 0 NONE 0 5\nSTRANGER 0 0 0 0 5\nREPLY 0 1 0 0 5\nREPLY 0 0 0 0 5",
    "reply-fills-the-mtu": "policy\nUDP consumer 0 NONE 0 5\nREPLY 0 0 0 69 192\nREPLY 0 0 0 69 193\nREPLY 0 0 0 69 191",
    "icmp-error-quotes": "policy\nUDP consumer 0 NONE 0 5\nUDP consumer 1 NONE 0 5\nPING consumer 3 ICMP_TYPE 3 90\nREPLY 0 0 0 0 5\nREPLY 1 0 0 0 5",
    "one-port-of-each": "policy rules=consumer\nUDP other 0 NONE 0 5\nUDP dhcp-port 0 NONE 0 5\nUDP resolver 0 NONE 0 5\nSYN next 0 NONE 0 5",
    "same-first-packet-twice": "policy\nUDP consumer 1 NONE 0 139\nUDP consumer 1 NONE 0 139\nUDP consumer 1 NONE 0 139",
    "raw-frames": "policy\nRAW 5255c0a864015254001234568100\nRAW 5255c0a8640152540012345681000005\nRAW 5255c0a86401525400123456002eaaaa030000000800"
                  "4500002100030000401119ecc0a86402cb007132\nRAW 00\nRAW 5255c0a86401525400123456\nRAW 5255c0a864015254001234560800",
    "terminate-not-for-noise": """
        policy flags=terminate
        ARP 9 0 NONE
        SEG 0 ACK
        UDP group 0 ETH_DST 1 5
        PING consumer 0 ICMP_TYPE 3 5
        DIAL 3
        UDP consumer 0 NONE 0 5
        UDP consumer 0 NONE 0 5
        SYN echo 0 L4_CHECKSUM 9 7""",
    "events-reader-gone": "policy\nUDP consumer 0 NONE 0 5\n+GONE reader\nUDP consumer 0 NONE 0 5",
    "events-broken-at-allow": "policy\nGONE events\n+UDP consumer 0 NONE 0 5\nUDP echo 0 NONE 0 5",
    "events-broken-at-drop": "policy\nGONE events\n+UDP loopback 0 NONE 0 5\nUDP echo 0 NONE 0 5",
    "events-broken-at-violation": "policy flags=terminate\nGONE events\n+UDP loopback 0 NONE 0 5\nUDP echo 0 NONE 0 5",
    "dialer-gone": "policy\nUDP consumer 0 NONE 0 5\n+UDP consumer 0 NONE 0 5\nGONE dialer",
    "guest-gone": "policy\nUDP consumer 0 NONE 0 5\nSYN echo 0 NONE 0 7\nACCEPT 0\nSEG 0 ACK\nSEG 0 FIN NONE 0 5\nGONE guest",
    "cut-frame": "policy\nBYTES 0000003c5255\nGONE guest",
    "bad-length": "policy\n+BYTES 00000000\nUDP consumer 0 NONE 0 5",
    "bad-length-above": "policy\nBYTES 0001000f5255c0a86401525400123456",
    "orders": "policy\nUDP consumer 0 NONE 0 5\n+UDP consumer 0 NONE 0 5\nORDER sync\nORDER stats\nORDER clock 119\n"
              "REPLY 0 0 0 0 4\nORDER clock 120\nREPLY 0 0 0 0 4\nORDER stats\nORDER clock 200",
    "guest-stalls": "policy mtu=9216\nUDP consumer 0 NONE 0 5\nLINK 1 0 0 0 0\nPING gateway 0 TO_MTU 0 0\nREPEAT 31\n"
                    "REPLY 0 0 0 69 0\nARP 0 0 NONE\nLINK 1 0 0 40 0\nLINK 1 0 0 0 1\nLINK 0",
    "swap-shortens-lives": "policy mode=sampled rate=2 rules=consumer twice=15\nUDP consumer 0 NONE 0 5\nTIME 4 12\nPOLICY 128 2\nREPLY 0 0 0 0 5",
}


for carrier in CARRIERS:
    if carrier == "stream":
        continue
    PROGRAMS[f"carrier-{carrier}"] = f"""
        policy carrier={carrier} mtu=9216
        DHCP 1 0 NONE 0 0
        +ARP 0 0 NONE
        +BYTES
        +BYTES 00
        UDP consumer 0 NONE 0 5
        SYN echo 0 NONE 0 7
        ACCEPT 0
        SEG 0 ACK
        WRITE 0 0 0 200 0
        SEG 0 DATA NONE 0 99
        TIME 3 1
        LINK 1 0 0 0 200
        REPLY 0 0 0 0 5
        REPLY 0 0 0 1 0
        PING gateway 0 NONE 0 250
        TIME 3 3
        LINK 1 0 0 50 0
        TIME 1 3
        LINK 0
        ORDER clock 119
        +UDP consumer 0 NONE 0 5
        ORDER sync
        POLICY 0 0
        TIME 3 0
        TIME 1 3
        +UDP other 0 NONE 0 5
        GONE guest
        TIME 3 1"""
PROGRAMS["carrier-dgram-terminates"] = "policy carrier=dgram flags=terminate\nTIME 1 14\n+TIME 1 5\nUDP loopback 0 NONE 0 5"
PROGRAMS["carrier-dgram-silence"] = "policy carrier=dgram\nARP 0 0 NONE\nTIME 0 9\nTIME 3 15\nARP 0 0 NONE\nTIME 1 15\nTIME 1 5\nGONE guest\nTIME 3 2"


def family(name, policy, ops):
    """The same operations in each mode."""
    for mode in MODES:
        for rate in range(4) if mode == "sampled" else (0,):
            PROGRAMS[f"{name}-{mode}{rate if mode == 'sampled' else ''}"] = f"policy mode={mode} rate={rate} {policy}\n{ops}"


def changes(name, policy, before, op):
    """One operation with each change of a field, in programs of some dozen."""
    lines = [op.format(change=change, value=value) for change in CHANGES for value in (0, 1, 2, 3, 9, 15, 64, 129, 136, 144, 250)]
    for i in range(0, len(lines), 126):
        PROGRAMS[f"{name}-{i // 126}"] = f"policy {policy}\n{before}\n" + "\n".join(lines[i:i + 126])


changes("change-udp", "rules=consumer+u", "UDP consumer 0 NONE 0 5", "UDP consumer 0 {change} {value} 30")
changes("change-udp-direct", "mode=direct flags=no-benign", "", "UDP consumer 0 {change} {value} 30")
changes("change-ping", "mode=direct", "", "PING gateway 3 {change} {value} 30")
changes("change-arp", "", "", "ARP 0 0 {change} {value}")
changes("change-dhcp", "flags=no-benign", "", "DHCP 1 65 {change} {value} 7")
changes("change-syn", "flags=reset-denied tcps=3 rules=t", "", "SYN echo 0 {change} {value} 7")
changes("change-seg", "", OPEN, "SEG 0 DATA {change} {value} 30")

family("places", "flows=0 flags=reset-denied",
       "\n".join(f"UDP {place} 0 NONE 0 5\nPING {place} 1 NONE 0 5\nSYN {place} 2 NONE 0 7" for place in PLACES))
for ttl, twice in (("", 7), ("-short", 15)):
    family(f"flow-lives{ttl}", f"rules=consumer twice={twice}",
           "UDP consumer 0 NONE 0 5\nREPLY 0 0 0 0 6\nTIME 5 4\nUDP consumer 0 NONE 0 7\nTIME 5 5\nREPLY 0 0 0 0 6\nPOLICY 0\n"
           "UDP consumer 0 NONE 0 8\nREPLY 0 0 0 0 6\nPING consumer 1 NONE 0 8\nREPLY 0 0 0 0 30\nREPLY 0 0 0 0 3\nREPLY 0 0 0 69 220\n"
           "UDP consumer 0 SRC_IP 5 8\nREPLY 0 0 0 0 5\nREPLY 1 0 0 0 5\nREPLY 2 0 0 0 5\nTIME 9 0\nREPLY 0 0 0 0 6")

PROGRAMS["dhcp-kinds"] = "policy\n" + "\n".join(
    f"DHCP {kind} {bits} NONE 0 {option}" for kind in range(0, 10) for bits in (0, 1, 2, 5, 8, 22, 36, 64, 130, 150)
    for option in (0,)) + "\n" + "\n".join(f"DHCP 3 {bits} NONE 0 {option}" for bits in (2, 3, 6, 7, 10) for option in (0, 1))
PROGRAMS["dhcp-options"] = "policy flags=no-benign\n" + "\n".join(f"DHCP 1 64 NONE 0 {option}" for option in range(201, 256))
PROGRAMS["arp-kinds"] = "policy\n" + "\n".join(f"ARP {kind} {sender} NONE" for kind in range(32) for sender in range(4))
PROGRAMS["arp-kinds-direct"] = "policy mode=direct flags=no-benign\n" + "\n".join(
    f"ARP {kind} {sender} NONE" for kind in range(32) for sender in range(4)) + "\nARP 0 0 NONE" + "\nREPEAT 31" * 20

TCP = {
    "whole": "SEG 0 DATA NONE 0 100\nWRITE 0 0 0 20 0\nSEG 0 ACK\nSEG 0 FIN NONE 0 3\nFINISH 0\nSEG 0 ACK\nTIME 5 0\nSYN echo 0 NONE 0 7",
    "world-ends-first": "WRITE 0 0 0 0 50\nFINISH 0\nSEG 0 ACK\nSEG 0 DATA NONE 0 30\nSEG 0 FIN\nTIME 5 1\nSEG 0 SYN-NEW",
    "end-crosses": "+SEG 0 FIN NONE 0 9\nFINISH 0\nSEG 0 ACK\nSEG 0 SYN-NEW\nACCEPT 0\nSEG 0 ACK\nSEG 0 DATA NONE 0 9",
    "gaps": "SEG 0 AHEAD NONE 0 30\nSEG 0 AHEAD NONE 2 30\nSEG 0 AHEAD NONE 4 30\nSEG 0 DATA NONE 0 30\nSEG 0 DATA NONE 0 60\n"
            "SEG 0 OLD NONE 40 90\nSEG 0 DATA NONE 0 200\nSEG 0 FIN-AHEAD NONE 10 5\nSEG 0 DATA NONE 0 11",
    "socket-full": "ROOM 0 0 0 0 20\nSEG 0 DATA NONE 0 100\nSEG 0 DATA NONE 0 100\nSEG 0 FIN NONE 0 5\nROOM 0 0 0 0 60\nROOM 0 0 0 4 0\n"
                   "TIME 4 0\nROOM 0 0 0 255 255",
    "window-fills": "ROOM 0 0 0 0 0\n" + "SEG 0 DATA TO_MTU 0\n" * 95 + "ROOM 0 0 0 16 0\nSEG 0 DATA NONE 0 9\nROOM 0 0 0 255 255\n"
                    "ROOM 0 0 0 255 255\nROOM 0 0 0 255 255",
    "not-acknowledged": "WRITE 0 0 0 30 0\nTIME 3 0\nTIME 4 0\nTIME 5 0\nSEG 0 PARTIAL NONE 3\nTIME 4 3\nSEG 0 ACK\nWRITE 0 0 0 0 9\n"
                        "TIME 8 1\nTIME 8 1",
    "never-answers": "WRITE 0 0 0 30 0\n" + "TIME 6 0\n" * 12,
    "sack": "WRITE 0 0 0 60 0\nSEG 0 SACK NONE 17\nSEG 0 SACK NONE 33\nSEG 0 SACK NONE 145\nSEG 0 SACK NONE 160\nSEG 0 PARTIAL NONE 4\n"
            "SEG 0 ACK\nWRITE 0 0 0 60 0\nTIME 4 0\nSEG 0 SACK NONE 1\nTIME 4 2\nSEG 0 ACK",
    "duplicates": "WRITE 0 0 0 60 0\n" + "SEG 0 PARTIAL NONE 0\n" * 5 + "SEG 0 PARTIAL NONE 5\nSEG 0 PARTIAL NONE 5\nSEG 0 ACK",
    "closed-window": "SEG 0 DATA WINDOW 0 9\nWRITE 0 0 0 30 0\nTIME 4 0\nTIME 4 3\nSEG 0 DATA WINDOW 0 9\nTIME 4 9\nTIME 6 9\nSEG 0 CLOSED\nSEG 0 WINDOW NONE 9\nSEG 0 ACK\nWRITE 0 0 0 3 0\n"
                     "SEG 0 CLOSED\nSEG 0 ACK\nFINISH 0\nSEG 0 ACK",
    "small-window": "SEG 0 DATA NONE 0 9\nSEG 0 DATA WINDOW 9 9\nWRITE 0 0 0 30 0\nSEG 0 DATA WINDOW 100 9\nSEG 0 DATA WINDOW 0 9\nSEG 0 DATA WINDOW 9 9",
    "closed-window-for-long": "SEG 0 DATA WINDOW 0 9\nWRITE 0 0 0 30 0\n" + "TIME 7 0\nSEG 0 CLOSED\n" * 6 + "SEG 0 ACK",
    "blind": "SEG 0 BLIND-RST NONE 1\nSEG 0 BLIND-RST NONE 200\nSEG 0 BLIND-DATA NONE 0 30\nSEG 0 BLIND-DATA NONE 200 30\n"
             "SEG 0 SYN-NEW\nSEG 0 SYN-AGAIN\nSEG 0 NO-ACK NONE 0 9\nSEG 0 NO-ACK NONE 1 9\nSEG 0 DATA NONE 0 30\nSEG 0 RST\n"
             "SEG 0 DATA NONE 0 30",
    "world-resets": "WRITE 0 0 0 0 90\nSEG 0 ACK\nABORT 0\nSEG 0 DATA NONE 0 30",
    "world-resets-while-room-lacks": "ROOM 0 0 0 0 0\nSEG 0 DATA NONE 0 50\nABORT 0\nSEG 0 ACK",
    "send-meets-reset": "+ABORT 0\nSEG 0 DATA NONE 0 50",
    "guest-stalls": "LINK 1 0 0 0 0\n" + "WRITE 0 0 0 255 0\nSEG 0 ACK\n" * 6 + "LINK 1 0 0 200 0\nWRITE 0 0 0 255 0\nLINK 0\nSEG 0 ACK\n"
                    "FINISH 0\nSEG 0 ACK",
    "guest-reads-again": "LINK 1 0 0 0 0\n" + "WRITE 0 0 0 255 0\nSEG 0 ACK\n" * 9 + "LINK 0\nSEG 0 ACK",
    "clock-is-set-while-bytes-are-under-way": "WRITE 0 0 0 60 0\nORDER clock 3\nWRITE 0 0 0 60 0\nSEG 0 ACK",
    "end-before-what-came": "SEG 0 AHEAD NONE 4 30\nSEG 0 FIN-AHEAD NONE 10 5\n" + "SEG 0 DATA NONE 0 30\n" * 6,
    "revoked-while-stalled": "LINK 1 0 0 0 0\n" + "WRITE 0 0 0 255 0\nSEG 0 ACK\n" * 6 + "POLICY 0\nSEG 0 DATA NONE 0 9\nLINK 0",
    "idle": "SEG 0 DATA NONE 0 9\nTIME 10 0\nSEG 0 ACK\nTIME 10 0\nTIME 10 0\nSEG 0 ACK\nTIME 11 0",
    "keepalive-answered": "".join("TIME 10 0\nTIME 10 0\nSEG 0 ACK\n" for _ in range(13)) + "TIME 10 0",
    "urgent": "SEG 0 DATA URGENT 4 30\nSEG 0 DATA PADDING 9 30\nWRITE 0 0 0 0 4\nSEG 0 ACK",
}
for name, text in TCP.items():
    PROGRAMS[f"tcp-{name}"] = f"policy {'kernel=0' if len(name) % 2 else ''}\n{OPEN}\n{text}"
PROGRAMS["tcp-refused"] = "policy\nSYN echo 0 NONE 0 7\nREFUSE 0\nSYN echo 0 NONE 0 7\nSEG 0 RST\nSYN echo 0 NONE 0 7\nTIME 7 0\nTIME 4 0"
PROGRAMS["tcp-half-open"] = ("policy\nSYN echo 0 NONE 0 7\nSEG 0 SYN-AGAIN\nACCEPT 0\nSEG 0 SYN-AGAIN\nSEG 0 BLIND-DATA NONE 0 9\n"
                             "SEG 0 DATA ACK 9 9\nTIME 4 0\nTIME 4 1\nTIME 6 0")
PROGRAMS["tcp-wrong-then-right"] = ("policy\nSYN echo 0 NONE 0 7\nACCEPT 0\n+SEG 0 BLIND-DATA NONE 1 9\n+SEG 0 DATA NONE 0 9\nSEG 0 ACK\n"
                                    "SEG 0 DATA NONE 0 9")
PROGRAMS["tcp-options"] = "policy tcps=3\n" + "\n".join(f"SYN echo {i % 8} NONE 0 {i * 5}\nACCEPT 0\nSEG 0 ACK\nWRITE 0 0 0 10 0\n"
                                                         f"SEG 0 ACK\nSEG 0 RST" for i in range(30))
PROGRAMS["tcp-mtu-576"] = f"policy mtu=576\n{OPEN}\nWRITE 0 0 0 20 0\nSEG 0 ACK\nSEG 0 DATA TO_MTU 0\nSEG 0 DATA TO_MTU 1"
PROGRAMS["tcp-mtu-9216"] = f"policy mtu=9216\nSYN echo 0 NONE 0 39\nACCEPT 0\nSEG 0 ACK\nWRITE 0 0 0 99 0\nSEG 0 ACK\nSEG 0 DATA TO_MTU 0"
PROGRAMS["tcp-table-full"] = "policy\n" + "\n".join(f"SYN echo {i} NONE 0 7\nACCEPT 0" for i in range(6)) + "\nUDP consumer 0 NONE 0 5"
PROGRAMS["tcp-many"] = ("policy tcps=3\n" + "\n".join(f"SYN echo {i} NONE 0 7\nACCEPT {i}\nSEG {i} ACK" for i in range(8)) + "\n" +
                        "\n".join(f"+WRITE {i} 0 0 9 9\n+SEG {i} DATA NONE 0 90" for i in range(8)) + "\nPOLICY 1\nSEG 0 ACK")
PROGRAMS["tcp-no-sack"] = ("policy\nSYN echo 0 NONE 0 3\nACCEPT 0\nSEG 0 ACK\nWRITE 0 0 0 60 0\n" + "SEG 0 PARTIAL NONE 1\n" * 6 +
                           "SEG 0 PARTIAL NONE 4\nSEG 0 PARTIAL NONE 4\nTIME 4 0\nSEG 0 ACK\nSEG 0 AHEAD NONE 1 9\nSEG 0 AHEAD NONE 3 9")
PROGRAMS["tcp-bare-syn"] = "policy\nSYN echo 17 NONE 0 0\nACCEPT 0\nSEG 0 ACK\nWRITE 0 0 0 9 0\nSEG 0 ACK\nSEG 0 DATA NONE 0 200"
PROGRAMS["tcp-strangers-segments"] = "policy\nSEG 0 ACK\nSEG 0 DATA NONE 0 9\nSEG 0 RST\nSEG 0 FIN\nSEG 0 NO-ACK\nSEG 0 NO-ACK NONE 1"


# For the target tcp_ring: (kind, distance, length, bytes); kind 1 advances, 2 is far, 4 long, the upper half scales.
RINGS = {
    "in-order": [(0, 0, 50, 1), (0, 50, 50, 9), (1, 60, 0, 0), (0, 40, 9, 3)],
    "overlaps": [(0, 10, 20, 1), (0, 5, 40, 77), (0, 0, 9, 120), (1, 7, 0, 0), (0, 0, 60, 200)],
    "too-many": [(0, 2 * i, 1, i) for i in range(1, 20)] + [(0, 0, 60, 9)],
    "past-the-end": [(2 | 0xf0, 255, 255, 3), (6 | 0xf0, 190, 255, 3)],
    "end-and-wrap": [(2 | 0xf0, 255, 255, 3), (6 | 0xf0, 255, 255, 3), (3 | 0xf0, 200, 0, 0), (4, 0, 255, 5), (4, 200, 255, 6),
                     (4 | 0xf0, 250, 255, 7), (0, 0, 100, 8), (1, 99, 0, 0), (4, 0, 255, 9)],
    "passes-a-gap": [(0, 20, 5, 1), (0, 40, 5, 2), (1, 22, 0, 0), (0, 0, 9, 9), (1, 30, 0, 0)],
}


# For the target tcp: what the SYN offers, then events of six bytes (fuzz/rig/tcp_events.c). 16 times 700 bytes are sent
# and lost in part: `HAS` names what came after the gap, `SAYS` is a bare acknowledgement of nothing new.
SENT = [(0, 0, 0, 0, 0, 255), (3, 175), (5, 1)]


def has(left, count, unacked=16):
    return [(0, 0xe0, left, unacked, count, 255), (5, 1)]


SAYS = [(0, 0x20, 0, 16, 0, 255)]
EVENTS = {
    "lost-and-named": [0x0f] + SENT + has(2, 2) + has(6, 4) + has(11, 3) + has(1, 12) + has(0, 0, 8) + has(3, 2, 8) + has(0, 0, 0),
    "lost-twice": [0x0f] + SENT + has(2, 8) + [(3, 175), (5, 1)] + has(17, 10, 32) + has(20, 12, 32) + has(0, 0, 9),
    "lost-and-counted": [0x0b] + SENT + SAYS * 4 + [(5, 1)] + SAYS + [(5, 1), (0, 0x20, 0, 9, 0, 255), (5, 1), (0, 0, 0, 0, 0, 255)],
    "named-in-any-order": [0x0f] + SENT + has(12, 1) + has(8, 1) + has(10, 1) + has(4, 1) + has(2, 9) + [(2, 3), (5, 1), (2, 9), (5, 1)],
}
EVENTS["end-meets-loss"] = [0x0b] + SENT + [(0, 0x21, 0, 16, 0, 255), (5, 1)]
EVENTS["no-ring-and-large-segments"] = [0x1f, (7, 7), (0, 0, 0, 0, 9, 255), (5, 1), (0, 0, 0, 0, 99, 254), (5, 1), (4, 9), (7, 7), (5, 1)]
EVENTS["too-many-names"] = [0x0f] + SENT + [(0, 0xa0, 2 * i + 1, 16, 1, 255) for i in range(40)] + [(5, 1)]


def write_events():
    folder = os.path.join(ROOT, "fuzz/seeds/tcp")
    os.makedirs(folder, exist_ok=True)
    for name, (first, *events) in EVENTS.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(bytes([first]) + b"".join(bytes(event) + bytes(6 - len(event)) for event in events))


def write_seeds():
    write_events()
    folder = os.path.join(ROOT, "fuzz/seeds/tcp_ring")
    os.makedirs(folder, exist_ok=True)
    for name, ops in RINGS.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(b"".join(bytes(op) + b"\0" for op in ops))
    folder = os.path.join(ROOT, "fuzz/seeds/engine")
    os.makedirs(folder, exist_ok=True)
    for name, text in PROGRAMS.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(assemble(text))


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--text":
        with open(sys.argv[2], "rb") as file:
            tell(file.read())
    elif len(sys.argv) == 1:
        write_seeds()
    else:
        sys.exit(__doc__)
