#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""config.py: writes the seeds of the targets that read files and streams: policies, records, scenarios, captures.

Run by hand from the root of the repository; it writes the files that it names and nothing else. What a fuzzer found
beside them has the hash of its content for a name, and is none of this script's business.
"""
import json
import pathlib
import random
import struct

SEEDS = pathlib.Path("fuzz/seeds")


def write(target, name, content):
    folder = SEEDS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


# --- policies ---

VM = {"mac": "52:54:00:12:34:56", "ip": "192.168.100.2/24", "gateway": "192.168.100.1"}
MITM = {"mode": "mitm", "ca_cert": "c", "ca_key": "k"}


def allow(ident, proto="udp", ip="198.51.100.7", port=53):
    return {"id": ident, "proto": proto, "ip": ip, "port": port}


def rule(ident, domain="a.test", action="allow", **more):
    return {"id": ident, "domain": domain, "action": action, **more}


def policy(mode="filtered", **more):
    return {"version": 1, "mode": mode, "vm": VM, **more}


def names(allowed=(), block=(), **more):
    domains = {"allow": list(allowed), "block": list(block), **more}
    return policy(domains=domains, tls={"mode": "splice"})


GOOD = {
    "filtered": policy(allow=[allow("a"), allow("b", "tcp"), allow("c", ip="198.51.100.6")]),
    "all-keys": policy(
        conntrack_ttl_s=1, on_violation="terminate", tcp_denied="reset", mtu=1400, icmp_echo="off",
        benign=["arp", "nd"], limits={"flows": 7, "tcp": 65536}, sampling_rate=0.25),
    "direct": policy("direct", on_violation="drop", benign=[]),
    "sampled": policy("sampled", sampling_rate=1e-12),
    "sampled-all": policy("sampled", sampling_rate=1, benign=["dhcp", "igmp", "mdns"]),
    "conntrack": policy("conntrack", conntrack_ttl_s=86400, on_violation="drop", mtu=9216),
    "smallest-net": policy(vm={"mac": "02:00:00:00:00:0A", "ip": "10.0.0.1/30", "gateway": "10.0.0.2"}),
    "largest-net": policy(vm={"mac": "0a:bc:de:f0:00:01", "ip": "129.0.0.1/1", "gateway": "128.0.0.1"}),
    "dns-synthetic": policy(
        dns={"mode": "synthetic", "ttl_max_s": 5, "hosts": {"B.test.": ["10.1.2.3", "10.1.2.2"],
            "a.test": ["10.1.2.3"]}}),
    "dns-forward": policy("conntrack", dns={"mode": "forward", "upstream": "9.9.9.9:53"}, domains={"default": "allow"}),
    "dns-off": policy(dns={"mode": "off", "upstream": "9.9.9.9:65535"}),
    "domains": names(["a.test", "*.b.test", {"name": "*.a.test"}, "x-1.y_z.Test."], ["*.a.test", "bad.a.test"]),
    "splices": policy(domains={"allow": [{"name": "a.test", "tls": "splice"}]}, tls=MITM),
    "tls-files": policy(tls={**MITM, "ca_cert": "/etc/c", "upstream_ca": "f/u", "ports": [8443, 443]}),
    "http-array": policy(http=[rule("r", upgrade="websocket")], tls=MITM),
    "http-object": policy(
        http={"ports": [8080, 80], "head_timeout_s": 1, "idle_timeout_s": 86400, "body_max": 2**53, "rules": [
            rule("two", "b.test", "block", path="/a/%62*"), rule("three", "*.b.test", path="*"),
            rule("one", "b.test", methods=["GET", "X-1_"], path="/")]}),
    "http-no-ports": policy(http={"ports": []}),
    "rule-below-a-block": policy(
        http={"rules": [rule("r", "*.a.test")]},
        domains={"block": ["a.test"], "allow": ["b.a.test"]}),
    "port-of-another-protocol": policy(allow=[allow("u", port=443), allow("t", "tcp", port=53)],
        tls={"mode": "splice"}),
    "tls-off-ports": policy(allow=[allow("t", "tcp", port=443)], tls={"mode": "off", "ports": []}),
}

BAD = {
    "empty": {},
    "version-2": {**policy(), "version": 2},
    "unknown-keys": policy(alow=[], **{"a\u00e9\n" + "x" * 50: 1}),
    "types": {"version": "1", "mode": 4, "vm": [], "allow": {}, "benign": 1, "dns": 0, "domains": "", "http": 2,
              "tls": None, "limits": True, "mtu": 1.5, "sampling_rate": "x"},
    "types-inside": policy(
        allow=[1, {"id": 1, "proto": 2, "ip": 3, "port": "4"}], benign=[1], dns={"mode": 1, "upstream": 2, "hosts": 3},
        domains={"allow": [1], "block": [{}]}, http={"ports": 1, "rules": [2, {"methods": 3, "path": 4}]},
        tls={"mode": 1, "ports": [2], "ca_cert": 3}),
    "ranges": policy(
        sampling_rate=1.5, conntrack_ttl_s=86401, mtu=575, limits={"flows": 65537, "tcp": 0},
        allow=[allow("p", port=65536)], dns={"mode": "off", "ttl_max_s": 0}, http={"body_max": 2**53 + 1}),
    "rate-above-one": policy("sampled", sampling_rate=1.0001),
    "rate-negative": policy("sampled", sampling_rate=-1e-9),
    "rate-missing": policy("sampled"),
    "direct-terminates": policy("direct", on_violation="terminate"),
    "words": policy("open", on_violation="x", tcp_denied="y", icmp_echo="z", benign=["w"]),
    "mac-group": policy(vm={**VM, "mac": "53:54:00:12:34:56"}),
    "mac-zero": policy(vm={**VM, "mac": "00:00:00:00:00:00"}),
    "mac-of-the-gateway": policy(vm={**VM, "mac": "52:55:c0:a8:64:01"}),
    "mac-short": policy(vm={**VM, "mac": "52:54:0:12:34:56"}),
    "net-31": policy(vm={**VM, "ip": "192.168.100.2/31"}),
    "net-0": policy(vm={**VM, "ip": "192.168.100.2/0"}),
    "net-missing": policy(vm={**VM, "ip": "192.168.100.2"}),
    "vm-is-the-network": policy(vm={**VM, "ip": "192.168.100.0/24"}),
    "vm-is-multicast": policy(vm={**VM, "ip": "224.0.0.1/24"}),
    "gateway-outside": policy(vm={**VM, "gateway": "192.168.101.1"}),
    "gateway-is-broadcast": policy(vm={**VM, "gateway": "192.168.100.255"}),
    "gateway-is-the-vm": policy(vm={**VM, "gateway": "192.168.100.2"}),
    "gateway-octal": policy(vm={**VM, "gateway": "192.168.100.01"}),
    "allow-own-link": policy(allow=[allow(str(i), ip="192.168.100." + str(i)) for i in (0, 1, 2, 255)]),
    "allow-twice": policy(allow=[allow("a"), allow("a", port=54), allow("c")]),
    "allow-loopback": policy(allow=[allow("a", ip="127.0.0.1")]),
    "allow-id": policy(allow=[allow(""), allow("x" * 33), allow("a b")]),
    "allow-on-tls": policy(allow=[allow("t", "tcp", port=443)], tls={"mode": "splice"}),
    "allow-on-http": policy(allow=[allow("t", "tcp", port=80)], http={}),
    "names-nobody-reads": policy(domains={"allow": ["a.test"]}),
    "rules-nobody-reads": policy(http=[rule("r")]),
    "lax-dns": policy("direct", dns={"mode": "synthetic"}),
    "lax-tls": policy("sampled", sampling_rate=0, tls={"mode": "splice"}),
    "lax-http": policy("direct", http={}),
    "no-upstream": policy(dns={"mode": "forward"}),
    "no-ca": policy(tls={"mode": "mitm", "ca_key": "k"}),
    "no-tls-port": policy(tls={"mode": "splice", "ports": []}),
    "port-of-both": policy(tls={"mode": "splice"}, http={"ports": [443, 443]}),
    "port-of-tls-and-http": policy(tls={"mode": "splice", "ports": [80]}),
    "port-of-tls-and-http-said": policy(tls={"mode": "splice"}, http={"ports": [8443, 443]}),
    "rules-no-array": policy(http={"rules": {}}),
    "lists-no-array": policy(domains={"allow": {}, "block": 1}),
    "too-many-requests": policy(http=[0] * 1025),
    "too-many-names": policy(domains={"allow": [0] * 4097}),
    "too-many-rules": policy(allow=[0] * 16385),
    "too-many-hosts": policy(dns={"mode": "synthetic", "hosts": {"a": [0] * 1025}}),
    "nine-ports": policy(http={"ports": list(range(1, 10))}),
    "upstream-own-link": policy(dns={"mode": "forward", "upstream": "192.168.100.1:53"}),
    "upstream-port": policy(dns={"mode": "forward", "upstream": "9.9.9.9:053"}),
    "names-twice": names(["a.test", "A.test."], ["*.b.test", "*.B.test"]),
    "names-bad": names(["", ".", "a..b", "-a.b", "a.*", "1.2", "a.0x", "*", "x" * 64, "a" + ".a" * 127], ["a b"]),
    "hosts-bad": policy(
        dns={"mode": "synthetic", "hosts": {"a.test": [], "A.test": ["10.0.0.1", "10.0.0.1"], "a.test.": ["1.1.1.1"],
                                            "*.b": ["1.1.1.1"], "c": ["192.168.100.2"]}}),
    "rules-bad": policy(
        http={"rules": [rule("r"), rule("r", methods=[]), rule("s", methods=["GET", "GET", "get"]),
                        rule("t", path="a"), rule("u", path="/a?b"), rule("v", path="/%2e%2e"), rule("w",
                            path="/" + "a" * 256),
                        rule("x", action="block", upgrade="websocket"), rule("y", "*")]}),
    "rule-of-a-blocked-name": policy(http={"rules": [rule("r", "*.a.test"), rule("s")]}, domains={"block": ["a.test"]}),
    "file-name": policy(tls={"mode": "off", "ca_cert": "", "ca_key": "x" * 1024}),
}

TEXTS = {
    "good-but-a-key-twice": json.dumps(policy())[:-1] + ',"mode":"direct"}',
    "good-but-a-key-twice-inside": json.dumps(policy()).replace('"mac"', '"mac":"52:54:00:12:34:57","mac"'),
    "organisation-key-twice": json.dumps(policy()) + '\0{"version":1,"mtu":1400,"mtu":1500}',
    "key-twice": '{"version":1,"mode":"direct","mode":"filtered"}',
    "bytes-behind": json.dumps(policy()) + "\n}",
    "cut": json.dumps(policy())[:-1],
    "no-object": "[1]",
    "nothing": "",
    "no-utf8": b'{"version":1,"\xff":2}',
    "lines": json.dumps(policy(mtu=9999), indent=1),
    "many-complaints": json.dumps(policy(allow=[0] * 30)),
}

# A user's, and the organisation's over it.
BOTH = {
    "nothing-more": (policy(), {"version": 1}),
    "no-version": (policy(), {}),
    "replaces": (policy(mtu=1400, allow=[allow("a")], icmp_echo="off"),
                 {"version": 1, "mode": "conntrack", "allow": [allow("b")], "vm": {"mac": "52:54:00:12:34:57"},
                  "limits": {"tcp": 9}}),
    "closes-default": (names(["b.test"], ["c.test"], default="allow"),
                       {"version": 1, "domains": {"allow": ["a.test"], "block": ["c.test", "d.test"]}}),
    "opens-default": (names([], ["c.test"]), {"version": 1, "domains": {"default": "allow", "allow": []}}),
    "blocks": (names(["x.a.test", "b.test"], ["b.a.test"]), {"version": 1, "domains": {"block": ["a.test"]}}),
    "rules-of-both": (policy(http=[rule("r"), rule("s", "b.test")], tls=MITM),
                      {"version": 1, "http": [rule("r", "a.test", "block", path="/x*")]}),
    "rules-in-two-shapes": (policy(http=[rule("r")]), {"version": 1, "http": {"ports": [8080], "rules": [rule("o",
        "*.a.test")]}}),
    "rules-in-the-other-shapes": (policy(http={"ports": [81], "rules": [rule("r")]}), {"version": 1,
        "http": [rule("o")]}),
    "http-members": (policy(http={"ports": [81], "rules": [rule("r")]}), {"version": 1, "http": {"body_max": 5}}),
    "tls-ends": (policy(domains={"allow": [{"name": "a.test", "tls": "splice"}]}, tls={"mode": "splice",
        "ca_key": "k"}),
                 {"version": 1, "tls": {"mode": "mitm", "ca_cert": "c"}}),
    "tls-ends-but-for": (policy(tls=MITM), {"version": 1, "tls": {"mode": "mitm", "ca_cert": "/c"},
                                            "domains": {"allow": [{"name": "a.test", "tls": "splice"}]}}),
    "hosts": (policy(dns={"mode": "synthetic", "hosts": {"a.test": ["10.1.1.1"]}}),
              {"version": 1, "dns": {"hosts": {"b.test": ["10.1.1.2"]}}}),
    "bad-organisation": (policy(), {"version": 1, "mtu": 1, "domains": {"block": ["a", "a"]}}),
    "bad-user": (policy(alow=1), {"version": 1, "mtu": 1300}),
    "bad-together": (names(["a.test"]), {"version": 1, "mode": "direct", "tls": {"ports": [443]}}),
    "rule-of-a-user-block": (policy(http=[rule("r")], domains={"block": ["a.test"]}, tls=MITM),
                             {"version": 1, "http": [rule("r")]}),
    "blocked-rules": (policy(http=[rule("r"), rule("s", "b.test")], tls=MITM, domains={"block": ["b.test"]}),
                      {"version": 1, "http": {"rules": [rule("t")]}, "domains": {"block": ["a.test"]}}),
    "is-no-object": (policy(), [1]),
}


def policies():
    for name, value in {**GOOD, **BAD}.items():
        write("policy_json", name, json.dumps(value, separators=(",", ":")))
    for name, text in TEXTS.items():
        write("policy_json", name, text)
    for name, (user, organisation) in BOTH.items():
        texts = [json.dumps(value, separators=(",", ":")) for value in (user, organisation)]
        write("policy_json", "both-" + name, "\0".join(texts))
    write("policy_json", "both-cut", json.dumps(policy()) + "\0{")


# --- places in JSON ---

PLACES = {
    "nothing": "",
    "spaces": " \t\r\n{\n\t\"a\" : [ 1 ,\r\n 22.5e-3 , true ] }\n",
    "nested": '{"a":[0,{"\\n\\"b":1}],"b":{"c":{"d":[[],{}]}}}',
    "escapes": '{"\\u0061":[1,{"\\u000A\\"b":2}],"\\\\\\/\\b\\f\\n\\r\\t":"\\u00e9\\ud83d\\ude00]}","x":"}"}',
    "prefixes": '{"ab":1,"":2,"a":{"b":3},"abc":[4]}',
    "words": "[null,false,-0.5E+7,\"\\\"\",[],{}]",
    "bare": "12 ",
    "cut-string": '{"a',
    "cut-escape": '{"a\\',
    "cut-code": '{"\\u00',
    "bad-code": '{"\\u00g0":1}',
    "cut-behind-the-colon": '{"b":1,"a": ',
    "cut-value": '{"a":[1,{"b',
    "closed-too-far": '{"a":]}',
    "closed-too-far-before": '{"b":],"a":1}',
    "no-colon": '{"a" 1}',
    "no-comma": '{"b":1 "a":2}',
    "word-for-array": '{"a":true,"b":[1}',
    "behind-a-string": '{"b":"\\u12',
}


def places():
    for name, text in PLACES.items():
        write("json_pos", name, text)


# --- programs: what a policy is made of and asked, denials and the time between them ---


def programs():
    dice = random.Random(5)
    for number in range(12):
        write("policy", "program-%d" % number, dice.randbytes(40 + 30 * number))
    write("policy", "users-allow-below-users-block", bytes([3, 0, 0, 0, 0, 0, 2, 0, 0, 2, 0, 2, 3, 1, 2, 0, 0, 0]))
    # no lists; then swaps, each of one or two changes: see policy_maker_change()
    for mode in range(4):
        for web in range(12):
            steps = [(what, value) for what in range(32) for value in (0, 1, 2, 3, 200)]
            dice.shuffle(steps)
            swaps = b"".join(bytes([0, *step]) for step in steps[:40]) + b"".join(
                bytes([1, *dice.choice(steps), *dice.choice(steps)]) for _ in range(23))
            if web % 4 == mode:
                write("policy", "swaps-%d-%d" % (mode, web), bytes([mode | 0x58, 0, web, 1, 4, 1, 2, 0, 0, 0, 0, 0,
                    63]) + swaps)
    for name, changes in {
            "longer": ([18, 50], [18, 200]), "shorter": ([18, 200], [18, 50]), "rarer": ([17, 200], [17, 1]),
            "oftener": ([17, 1], [17, 200]), "laxer": ([16, 4], [16, 1]), "stricter": ([16, 1], [16, 4])}.items():
        # of two changes the first is made to the policy before
        swaps = bytes([1, *changes[0], *changes[1]])
        write("policy", "swap-" + name, b"".join(
            [bytes([2 if name in ("longer", "shorter") else 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]), swaps]))
    # lines before, then (what, number): see fuzz/audit_limit.c; 4 is a burst, 16 a line that tells
    for name, before, steps in (
            ("fresh", 0, [0x0400000F, 0x0C00000F, 0x1C00000F]),
            ("used-up", 2047, [0, 0, 0x010F423E, 0x01000001, 0x190F4240, 0x9C000003, 0x03FFFFFF, 0x0400000F]),
            ("nearly", 2045, [0x0400000F, 0x130F4240, 0x9C00000F, 0x0000000F]),
            ("clock-goes-back", 2040, [0x0200FFFF, 0x05000020, 0x02FFFFFF, 0x0C00000F, 0x03FFFFFF, 0x1C00000F])):
        write("audit_limit", name, struct.pack(">H%dI" % len(steps), before, *steps))
    write("reason", "all", struct.pack(">300H", *range(300)))
    write("reason", "odd-byte", b"\xff\xfe\x01")


# --- records of the gate ---


def record(kind, verdict, *texts, reason=0, proto=6, flow=(40000, 443), numbers=(0, 0)):
    head = struct.pack(">4BIHIHHH", kind, verdict, reason, proto, 0xC0A86402, flow[0], 0xC6336407, flow[1], *numbers)
    texts = [text.encode() for text in texts] + [b""] * (5 - len(texts))
    return head + b"".join(struct.pack(">H", len(text)) + text for text in texts)


RECORDS = {
    "dns-allow": record(0, 0, "a.test", proto=17, numbers=(1, 0)),
    "dns-empty": record(0, 2, "a_b-c.test", numbers=(28, 0)),
    "dns-deny": record(0, 1, "x.test", "", "", "", "not-listed", reason=53, proto=17, numbers=(65, 0)),
    "conn-splice": record(1, 3, "a.test"),
    "conn-mitm": record(1, 4, "a.test"),
    "conn-failed": record(1, 5, "", "", "", "", "timeout", reason=64),
    "http-allow": record(2, 0, "a.test", "GET", "/a/b?~", "Rule.1_-", "detail-1", numbers=(0, 200)),
    "http-deny": record(2, 1, "a.test", "M!#$%&'*+-.^_`|~", "/", reason=61, numbers=(0, 403)),
    "longest": record(2, 5, "n" * 253, "M" * 32, "/" * 256, "r" * 32, "d" * 31, reason=66, numbers=(0, 999)),
    "three": record(0, 0, "a") + record(1, 3, "b") + record(2, 0, "c"),
    "every-denial": b"".join(record(0, 1, "a.test", reason=reason) for reason in range(1, 79)),
    "every-failure": b"".join(record(1, 5, "a.test", reason=reason) for reason in range(1, 79)),
    "cut": record(2, 0, "a.test", "GET", "/")[:-1],
    "bad-kind": record(3, 0),
    "bad-verdict": record(0, 6, proto=17),
    "no-verdict": record(1, 200),
    "bad-pairs": record(1, 0),
    "bad-empty": record(1, 2),
    "bad-splice": record(2, 3),
    "bad-reason": record(0, 1, reason=255),
    "reason-missing": record(0, 1),
    "reason-too-much": record(0, 0, reason=1),
    "bad-proto": record(0, 0, proto=1),
    "udp-http": record(2, 0, proto=17),
    "no-sport": record(1, 3, flow=(0, 1)),
    "no-dport": record(1, 3, flow=(1, 0)),
    "type-of-conn": record(1, 3, numbers=(1, 0)),
    "status-of-dns": record(0, 0, numbers=(1, 1)),
    "status-1000": record(2, 0, numbers=(0, 1000)),
    "method-of-conn": record(1, 3, "", "GET"),
    "path-of-conn": record(1, 3, "", "", "/"),
    "rule-of-dns": record(0, 0, "", "", "", "r"),
    "name-too-long": record(0, 0, "n" * 254),
    "method-too-long": record(2, 0, "", "M" * 33),
    "path-too-long": record(2, 0, "", "", "/" * 257),
    "rule-too-long": record(2, 0, "", "", "", "r" * 33),
    "detail-too-long": record(2, 0, "", "", "", "", "d" * 32),
    "name-in-capitals": record(0, 0, "A.test"),
    "method-with-a-space": record(2, 0, "", "G T"),
    "path-with-a-quotation-mark": record(2, 0, "", "", '/"'),
    "path-with-a-backslash": record(2, 0, "", "", "/\\"),
    "path-with-a-space": record(2, 0, "", "", "/ "),
    "path-with-delete": record(2, 0, "", "", "/\x7f"),
    "rule-with-a-slash": record(2, 0, "", "", "", "a/b"),
    "detail-with-a-dot": record(2, 0, "", "", "", "", "a.b"),
    "text-name": "Name-1._x",
    "text-method": "OPTIONS!",
    "text-path": "/a?b=[c]",
    "text-detail": "a-1",
    "text-path-long": "/" + "a" * 300,
    "text-name-253": "A" * 253,
    "text-name-254": "a" * 254,
    "text-33": "r" * 33,
    "text-32": "r" * 32,
    "text-nothing": "",
}


def records():
    for name, content in RECORDS.items():
        write("record", name, content)


# --- what a backend says ---


def said(*events, start=0):
    lines = [{"v": 1, "ev": kind, "seq": start + at, **more} for at, (kind, more) in enumerate(events)]
    return "".join(json.dumps(line) + "\n" for line in lines)


FLOW = {"proto": "udp", "src": "192.168.100.2", "sport": 4000, "dst": "198.51.100.7", "dport": 53}
READY, BYE = ("ready", {}), ("bye", {"reason": "peer-closed"})
SAID = {
    "all-kinds": said(READY, ("allow", {**FLOW, "rule": "a"}), ("drop", {**FLOW, "reason": "not-allowed",
        "suppressed": 7}),
                      ("conn", {"name": "a.test", "verdict": "splice"}),
                      ("dns", {"name": "b.test", "type": "A", "verdict": "deny", "detail": "x"}),
                      ("http", {"host": "a.test", "method": "GET", "path": "/", "status": 403, "verdict": "deny"}),
                          ("log", {}), BYE),
    "ended-by-policy": said(READY, ("violation", {**FLOW, "reason": "fragment"}), ("drop", FLOW), ("terminate", {}),
        BYE, start=5),
    "terminate-alone": said(READY, ("terminate", {})),
    "terminate-twice": said(READY, ("violation", {}), ("terminate", {}), ("terminate", {})),
    "violation-behind-terminate": said(READY, ("violation", {}), ("terminate", {}), ("violation", {})),
    "allow-behind-violation": said(READY, ("violation", {}), ("allow", {})),
    "bye-behind-violation": said(READY, ("violation", {}), BYE),
    "behind-bye": said(READY, BYE, ("log", {})),
    "not-ready": said(("log", {}), READY),
    "ready-twice": said(READY, READY),
    "gap": said(READY) + said(("log", {}), start=2),
    "no-numbers": '{"v":1,"ev":"ready"}\n{"v":1,"ev":"log"}\n',
    "number-comes-late": '{"v":1,"ev":"ready"}\n{"v":1,"ev":"log","seq":3}\n{"v":1,"ev":"log"}\n',
    "bad-version": '{"v":2,"ev":"ready"}\n',
    "bad-kind": '{"v":1,"ev":"raedy"}\n',
    "bad-seq": '{"v":1,"ev":"ready","seq":9007199254740993}\n',
    "bad-port": '{"v":1,"ev":"ready","sport":65536}\n',
    "bad-address": '{"v":1,"ev":"ready","src":1}\n',
    "addresses-of-others": '{"v":1,"ev":"ready","src":"::1","dst":"1.2.3.04"}\n',
    "bad-proto": '{"v":1,"ev":"ready","proto":6}\n',
    "no-object": "[]\n",
    "no-json": '{"v":\x1b[31m\n',
    "key-twice": '{"v":1,"v":1,"ev":"ready"}\n',
    "empty-line": "\n",
    "cut": '{"v":1,"ev":"ready"}',
    "control-characters": said(READY, ("violation", {"reason": "\x1b[2J\x7f\u0085\u00e9" + "\u00e9" * 30})),
    "just-so-long": '{"v":1,"ev":"ready"' + " " * (4096 - 20) + "}\n",
    "too-long": '{"v":1,"ev":"ready"}' + " " * 4100 + "\n" + said(READY),
}


def events():
    for name, text in SAID.items():
        write("events", name, text)


# --- scenarios: what there is, the beginning of each table ---

BAD_SCENARIOS = {
    "bad-words": "siute x\ncase\n  injekt udp\n  count\nattack A req\n| id | recipe |\n| a |\n",
    "bad-bytes": b"suite x\n\xff\nneeds \x01\ncase \xc3\xa9 \"\\q\n" + b"#" * 4097 + b"\n",
    "bad-mark": b"\xef\xbb\xbfsuite x\n",
    "bad-numbers": "suite x\npolicy policies/deny-all.json\ncase a req A-001 B-1 planes vm x\n"
                   "  wire udp $VM:70000 > 1.2.3.256:0 "
                   "count 3..1 within 99s\n  none\n  flood 0 udp $VM:1 > $T:1\n  limit files -1\n",
    "bad-twice": "suite x\nsuite x\npolicy policies/none.json\n"
                 "policy /dev/null\ncase a req A-001\n  sync\ncase a req A-001\n",
    "bad-rows": "suite x\npolicy policies/one-udp-endpoint.json\nattack a req A-001\n"
                "| id | recipe | verdict | why | flags |\n| r | udp $VM:1 > $T:1 | pass | x | NONE |\n"
                "| r | udp $VM:1 > | drop | | EXFIL |\n| s | $T | | | | |\n",
    "empty": "",
}


def shorten(text):
    lines, rows = [], 0
    for line in text.split("\n"):
        row = line.strip().startswith("|")
        rows = rows + 1 if row else 0
        if line.strip() and not line.strip().startswith("#") and rows <= 4:
            lines.append(line)
    return "\n".join(lines) + "\n"


def scenarios():
    for name, text in BAD_SCENARIOS.items():
        write("scenario", name, text)
    for path in sorted(pathlib.Path("scenarios").glob("*.scn")):
        text = shorten(path.read_text())
        if len(text) < 2400 and "import" not in text:
            write("scenario", path.stem, text)


# --- captures ---


def captured(*frames, order="<", magic=0xA1B2C3D4, version=(2, 4), snapshot=65535, link=1):
    head = struct.pack(order + "IHHiIII", magic, *version, 0, 0, snapshot, link)
    return head + b"".join(struct.pack(order + "IIII", 7, 5 + at, len(frame), len(frame)) + frame for at,
        frame in enumerate(frames))


def block(kind, body, order="<"):
    total = 12 + len(body)
    return struct.pack(order + "II", kind, total) + body + struct.pack(order + "I", total)


SECTION = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
INTERFACE = block(1, struct.pack("<HHI", 1, 0, 0))
PACKET = block(6, struct.pack("<5I", 0, 1, 2, 4, 4) + b"four")
CAPTURES = {
    "classic": captured(b"one" * 10, b"", b"three"),
    "large-endian": captured(b"one" * 10, b"two", order=">"),
    "nanoseconds": captured(b"one", magic=0xA1B23C4D),
    "nanoseconds-large-endian": captured(b"one", magic=0xA1B23C4D, order=">"),
    "no-frames": captured(),
    "cut-head": captured(b"one") + b"\0" * 7,
    "cut-frame": captured(b"one" * 5)[:-1],
    "cut-file-head": captured()[:20],
    "longer-than-the-snapshot": captured(b"x" * 50, snapshot=49),
    "as-long-as-the-snapshot": captured(b"x" * 50, snapshot=50),
    "raw-ip": captured(b"one", link=101),
    "old-version": captured(b"one", version=(2, 2)),
    "no-capture": b"GIF89a" + b"\0" * 40,
    "cut-by-the-capture": captured() + struct.pack("<IIII", 1, 2, 3, 1500) + b"abc",
    "modified": captured(magic=0xA1B2CD34) + struct.pack("<IIIIIHBB", 1, 2, 3, 3, 1, 0x0800, 0, 0) + b"abc",
    "pcapng": SECTION + INTERFACE + PACKET + PACKET,
    "pcapng-large-endian": block(0x0A0D0D0A, struct.pack(">IHHq", 0x1A2B3C4D, 1, 0, -1), ">")
    + block(1, struct.pack(">HHI", 1, 0, 0), ">") + block(6, struct.pack(">5I", 0, 1, 2, 4, 4) + b"four", ">"),
    "pcapng-simple": SECTION + INTERFACE + block(3, struct.pack("<I", 4) + b"four"),
    "pcapng-nanoseconds": SECTION + block(1, struct.pack("<HHIHHBxxxI", 1, 0, 0, 9, 1, 9, 0)) + PACKET,
    "pcapng-offset": SECTION + block(1, struct.pack("<HHIHHqI", 1, 0, 0, 14, 8, 5, 0)) + PACKET,
    "pcapng-two-cards": SECTION + INTERFACE + INTERFACE + block(6, struct.pack("<5I", 1, 1, 2, 4, 4) + b"four"),
    "pcapng-no-card": SECTION + PACKET,
    "pcapng-cut": (SECTION + INTERFACE + PACKET)[:-3],
    "pcapng-comment": SECTION + INTERFACE + block(6, struct.pack("<5I", 0, 1, 2, 4,
        4) + b"four" + struct.pack("<HH4sI", 1, 4, b"why?", 0)),
}


def captures():
    for name, content in CAPTURES.items():
        write("pcap", name, content)
    for path in sorted(pathlib.Path("pcaps").glob("*.pcap")):
        write("pcap", path.stem, path.read_bytes()[:600])


# --- requests that are explained: which policies, method, URL ---

REQUESTS = (
    "GET https://a.test/v1/x", "GET https://a.test/v2", "POST http://a.test/", "GET https://x.b.test/x?q#f",
        "GET https://bad.b.test/",
    "GET HTTPS://S.test", "GET http://c.test:22/", "GET http://9.0.0.9:22/", "GET http://9.0.0.9/",
        "GET http://9.0.0.8:22", "GET http://d.test:22/",
    "GET http://a.test:443/", "GET https://a.test:80/", "GET https://a_b.b.test/", "GET http://a.test:8080/%2e%2e/",
        "GET http://a..test/",
    "CONNECT http://a.test/", "OPTIONS http://a.test/*", "G\x01T http://a.test/", "GET http://a.test:99999/",
        "GET http://[::1]/", "GET http://no.b.test/o",
    "GET http://q.b.test/o1", "GET ftp://a.test/", "GET http:///", "GET", "GET http://x.test:53/")


def requests():
    for which in range(4):
        for number, request in enumerate(REQUESTS):
            if (number + which) % 2:
                write("policy_explain", "request-%d-%d" % (which, number), bytes([which]) + request.encode())


if __name__ == "__main__":
    requests()
    captures()
    scenarios()
    events()
    policies()
    places()
    programs()
    records()
