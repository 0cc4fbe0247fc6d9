#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""agent.py: writes the seeds of the targets that read what a guest's agent and the harness say to each other.

Run by hand from the root of the repository; it writes the files that it names and nothing else.
"""
import pathlib
import struct

SEEDS = pathlib.Path("fuzz/seeds")


def write(target, name, content):
    folder = SEEDS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


# --- what a guest answers: type, id, body ---


def message(kind, body=b"", ident=7):
    return struct.pack(">IBI", 5 + len(body), kind, ident) + body


def ready(ok, *steps, text=b""):
    return bytes([ok, len(steps)]) + b"".join(struct.pack(">BI", *step) for step in steps) + text


def frames(*those):
    return b"".join(struct.pack(">I", len(frame)) + frame for frame in those)


FRAMES = frames(b"one", b"x" * 60)
HELLO = message(0x81, b"\0\0\0\2", 0)
NUMBER = struct.pack(">I", 5)
ANSWERS = {
    "hello": HELLO,
    "boot": HELLO + message(0x82, ready(1, (0, 1), (1, 2), (3, 7)), 0),
    "not-ready": message(0x82, ready(0, (7, 9), text=b"no lease"), 0),
    "exit": message(0x83, b"\0" + NUMBER + b"\1out\0put"),
    "exit-late": message(0x83, b"\2" + NUMBER + b"\0"),
    "numbers": b"".join(message(kind, NUMBER) for kind in (0x84, 0x85, 0x86, 0x8A)),
    "error": message(0x87, b"no room"),
    "burst": message(0x88, NUMBER * 2),
    "sniffed": message(0x89, b"\1\0\2" + FRAMES),
    "data": message(0x8B, NUMBER * 2 + b"bytes"),
    "reported": message(0x8C, NUMBER * 3 + b"<6>log"),
    "cut": HELLO[:-1],
    "cut-length": HELLO + b"\0\0",
    "bad-version": message(0x81, b"\0\0\0\1", 0),
    "bad-hello-id": message(0x81, b"\0\0\0\2", 1),
    "bad-long-hello": message(0x81, b"\0\0\0\2\0", 0),
    "bad-type": message(0x8D, NUMBER),
    "bad-request": message(0x0B, NUMBER),
    "bad-pid": message(0x84, b"\0\0\0\0"),
    "bad-flag": message(0x82, ready(2)),
    "bad-step": message(0x82, ready(1, (8, 1))),
    "bad-step-twice": message(0x82, ready(1, (2, 1), (2, 2))),
    "bad-step-at-zero": message(0x82, ready(1, (2, 0))),
    "bad-how": message(0x83, b"\3" + NUMBER + b"\0"),
    "bad-text": message(0x87, b"x" * 401),
    "longest-text": message(0x87, b"x" * 400),
    "bad-frames": message(0x89, b"\0\0\2" + FRAMES + b"\0"),
    "bad-frame-count": message(0x89, b"\0\0\3" + FRAMES),
    "bad-frame-length": message(0x89, b"\0\0\1\0\0\0\0"),
    "too-short": b"\0\0\0\4\x87\0\0\0",
    "too-long": b"\0\1\0\x24",
    "longest": b"\0\1\0\x23\x83",
    "bad-behind-good": HELLO * 3 + message(0),
}


def answers():
    for name, content in ANSWERS.items():
        write("agent", name, content)
    # type - 1, id, number, small, medium, a text behind its length, the rest: see fuzz/rig/agent_asked.c
    for kind, text, number, small, medium, rest in (
            (0, b"true", 1, 0, 0, b""), (0, b"true", 600001, 0, 0, b""), (0, b"", 9, 0, 0, b""), (1, b"sleep 9", 0, 0,
                0, b""),
            (2, b"", 77, 0, 0, b""), (3, b"eth0", 0, 0, 0, b"frame"), (3, b"eth0", 0, 0, 0, b""), (3,
                b"a-name-too-long.", 0, 0, 0, b"f"),
            (4, b"", 0, 0, 0, b""), (5, b"eth0", 40, 0, 0, b"x" * 300), (5, b"eth0", 9, 0, 0, b"y" * 2000), (6,
                b"eth0", 5, 0, 1000, b""),
            (6, b"eth0", 5, 0, 1001, b""), (6, b"eth0", 0, 0, 1, b""), (7, b"/a", 0, 1, 0o7777, b"data"), (7, b"a", 0,
                1, 0, b""),
            (7, b"/a", 0, 1, 0o10000, b""), (7, b"/" * 250, 0, 1, 0, b""), (8, b"/a/b", 5, 0, 0, b""), (8, b"", 5, 0,
                0, b""),
            (9, b"", 0, 0, 0, b""), (10, b"", 9, 0, 9, b"r" * 16), (10, b"", 9, 0, 9, b"r" * 15), (10, b"", 9, 0, 9,
                b"r" * 257),
            (11, b"", 0, 3, 0, b""), (11, b"", 0, 4, 0, b""), (11, b"", 0, 0, 0, b"")):
        content = bytes([kind]) + struct.pack(">I", 1 + kind) + number.to_bytes(3, "big") + struct.pack(">BHB", small,
            medium, len(text)) + text
        write("agent", "asked-%d-%d-%d-%d-%d-%d" % (kind, len(text), number, small, medium, len(rest)), content + rest)


# --- what the harness asks: type, id, body ---

ETH0 = b"\4eth0"
SECOND = struct.pack(">I", 1000)
PUT = b"\0\1\244\0\2/a"
REQUESTS = {
    "run": message(1, SECOND + b"echo one"),
    "run-longest": message(1, struct.pack(">I", 600000) + b"true"),
    "spawn": message(2, b"sleep 9"),
    "kill": message(3, NUMBER),
    "frame": message(4, ETH0 + b"frame"),
    "frame-name-longest": message(4, b"\17fifteen-lettersframe"),
    "poweroff": message(5),
    "burst": message(6, ETH0 + FRAMES),
    "sniff": message(7, ETH0 + struct.pack(">HI", 1000, 600000)),
    "put": message(8, PUT + b"text"),
    "put-more": message(8, b"\1\17\377\0\4/a/b"),
    "get": message(9, NUMBER + b"/a"),
    "get-longest": message(9, NUMBER + b"/" * 255),
    "report": message(10),
    "restored": message(11, NUMBER + struct.pack(">I", 999999999) + b"r" * 16),
    "restored-longest": message(11, NUMBER * 2 + b"r" * 256),
    "network": message(12, b"\3"),
    "all-small": message(3, NUMBER) + message(10) + message(12, b"\1") + message(2, b"w") + message(5, ident=0),
    "cut": message(3, NUMBER)[:-1],
    "cut-length": message(10) + b"\0\0",
    "bad-run-without-time": message(1, b"\0\0\0\0true"),
    "bad-run-too-long": message(1, struct.pack(">I", 600001) + b"true"),
    "bad-run-of-nothing": message(1, SECOND),
    "bad-run-nul": message(1, SECOND + b"a\0b"),
    "bad-spawn-nothing": message(2),
    "bad-kill-long": message(3, NUMBER + b"\0"),
    "bad-frame-empty": message(4, ETH0),
    "bad-frame-name": message(4, b"\20a-name-too-long.f"),
    "bad-frame-no-name": message(4, b"\0frame"),
    "bad-frame-name-cut": message(4, b"\5eth0"),
    "bad-frame-name-nul": message(4, b"\2a\0f"),
    "bad-poweroff": message(5, b"\0"),
    "bad-burst-empty": message(6, ETH0),
    "bad-burst-cut": message(6, ETH0 + FRAMES[:-1]),
    "bad-burst-no-length": message(6, ETH0 + FRAMES + b"\0\0\0"),
    "bad-burst-frame-empty": message(6, ETH0 + frames(b"one", b"")),
    "bad-sniff-of-none": message(7, ETH0 + struct.pack(">HI", 0, 5)),
    "bad-sniff-of-many": message(7, ETH0 + struct.pack(">HI", 1001, 5)),
    "bad-sniff-without-time": message(7, ETH0 + struct.pack(">HI", 1, 0)),
    "bad-sniff-long": message(7, ETH0 + struct.pack(">HI", 1, 1) + b"\0"),
    "bad-put-flag": message(8, b"\2" + PUT[1:]),
    "bad-put-mode": message(8, b"\0\20\0\0\2/a"),
    "bad-put-relative": message(8, b"\0\0\0\0\2aa"),
    "bad-put-path-nul": message(8, b"\0\0\0\0\2/\0"),
    "bad-put-path-cut": message(8, PUT[:-1]),
    "bad-put-path-long": message(8, b"\0\0\0\1\0" + b"/" * 256),
    "bad-get-nothing": message(9, NUMBER),
    "bad-get-relative": message(9, NUMBER + b"a"),
    "bad-get-nul": message(9, NUMBER + b"/\0"),
    "bad-report": message(10, b"\0"),
    "bad-restored-time": message(11, NUMBER + struct.pack(">I", 10**9) + b"r" * 16),
    "bad-restored-short": message(11, NUMBER * 2 + b"r" * 15),
    "bad-restored-long": message(11, NUMBER * 2 + b"r" * 257),
    "bad-network-nothing": message(12, b"\0"),
    "bad-network-unknown": message(12, b"\4"),
    "bad-network-long": message(12, b"\1\0"),
    "bad-type": message(13),
    "bad-type-zero": message(0),
    "bad-answer": message(0x84, NUMBER),
    "bad-then-good": message(13, b"x") + message(3, NUMBER),
    "too-short": b"\0\0\0\4\1\0\0\0",
    "too-long": b"\0\1\0\x24",
    "longest": b"\0\1\0\x23\4",
}


def requests():
    for name, content in REQUESTS.items():
        write("agent_guest", name, content)


if __name__ == "__main__":
    answers()
    requests()
