# SPDX-License-Identifier: ISC
"""What adapters for plain NATs share: the contract's command line, the check of the policy, events.

An adapter is a file NAME/backend that makes one `Adapter` and calls `main()`. Nothing here looks at a frame.

Besides the program as it is, an adapter can have variants, each a folder of its own that calls the same file with
the variant's name in front. The variant `as-filter` claims the filtering modes and enforces nothing: it is the
product that takes a policy and lets everything out, and every filtering suite must fail it (docs/backends.md).
"""
import ctypes
import ipaddress
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

LACKS, UNKNOWN, MALFORMED, USAGE = 69, 89, 91, 64
PATIENCE_S = 4
RESOLVER = "192.168.1.1"  # docs/architecture.md: the first hop of the world
CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 0x1000, 0x4000, 0x40000
AS_FILTER = "as-filter"
MODES = ("direct", "sampled", "conntrack", "filtered")
# What as-filter says it enforces.
CLAIMED = ["allow.udp4", "allow.tcp4", "drop.frag", "drop.ipv6"]


class Refused(Exception):
    """A policy or a command line, with the exit code it deserves."""

    def __init__(self, code, why):
        super().__init__(why)
        self.code = code


def need(good, why):
    if not good:
        raise Refused(MALFORMED, why)


def offer(good, why):
    if not good:
        raise Refused(UNKNOWN, f"it cannot: {why}")


# ---- policy ----


def is_int(value, least, most):
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def is_number(value, least, most):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= most


def keys(value, place, allowed, required=()):
    need(isinstance(value, dict), f"{place}: not an object")
    for key in value:
        need(key in allowed, f"{place}.{key}: unknown key")
    for key in required:
        need(key in value, f"{place}.{key}: missing")


def address(text, place):
    try:
        return ipaddress.IPv4Address(text)
    except ValueError:
        raise Refused(MALFORMED, f"{place}: not an IPv4 address") from None


class Guest:
    """The policy's `vm` and `mtu`: all that a plain NAT can be told."""

    def __init__(self, vm, mtu):
        keys(vm, "$.vm", ("mac", "ip", "gateway"), ("mac", "ip", "gateway"))
        need(isinstance(vm["mac"], str) and re.fullmatch(r"[0-9a-fA-F][02468aceACE](:[0-9a-fA-F]{2}){5}", vm["mac"]),
             "$.vm.mac: not the MAC of one machine")
        need(isinstance(vm["ip"], str) and re.fullmatch(r"[0-9.]+/([1-9]|[12][0-9]|30)", vm["ip"]),
             "$.vm.ip: not ADDRESS/1..30")
        need(isinstance(vm["gateway"], str), "$.vm.gateway: not an address")
        self.ip, self.length = vm["ip"].split("/")
        self.gateway = vm["gateway"]
        self.net = ipaddress.IPv4Network((int(address(self.ip, "$.vm.ip")), int(self.length)), strict=False)
        need(address(self.gateway, "$.vm.gateway") in self.net, "$.vm.gateway: not inside the VM's net")
        need(is_int(mtu, 576, 9216), "$.mtu: not 576..9216")
        self.mtu = mtu


def check_allow(allow):
    need(isinstance(allow, list) and len(allow) <= 16384, "$.allow: not an array")
    for rule in allow:
        keys(rule, "$.allow[]", ("id", "proto", "ip", "port"), ("id", "proto", "ip", "port"))
        need(isinstance(rule["id"], str) and re.fullmatch(r"[A-Za-z0-9._-]{1,32}", rule["id"]), "$.allow[].id")
        need(rule["proto"] in ("udp", "tcp"), "$.allow[].proto")
        need(is_int(rule["port"], 1, 65535), "$.allow[].port: not 1..65535")
        address(rule["ip"], "$.allow[].ip")


def is_limits(value):
    return isinstance(value, dict) and all(k in ("flows", "tcp") and is_int(v, 1, 65536) for k, v in value.items())


# Keys that mean nothing in the mode direct, or nothing to a plain NAT; only their form is checked.
FREE = {
    "sampling_rate": lambda v: is_number(v, 0, 1),
    "conntrack_ttl_s": lambda v: is_int(v, 1, 86400),
    "on_violation": lambda v: v in ("drop", "terminate"),
    "tcp_denied": lambda v: v in ("drop", "reset"),
    "icmp_echo": lambda v: v in ("gateway", "off"),
    "benign": lambda v: isinstance(v, list) and all(w in ("arp", "dhcp", "igmp", "mdns", "nd") for w in v),
    "limits": is_limits,
}


def check_names(policy):
    offer(policy.get("http", []) == [], "HTTP rules")
    for key in ("dns", "tls"):
        keys(policy.get(key, {}), f"$.{key}", ("mode", "hosts", "upstream", "limits", "ca_cert", "ca_key", "upstream_ca"))
        offer(policy.get(key, {}).get("mode", "off") == "off", key)
    domains = policy.get("domains", {})
    keys(domains, "$.domains", ("default", "allow", "block"))
    offer(domains.get("default", "deny") == "deny" and not domains.get("allow") and not domains.get("block"), "domains")


def unique(pairs):
    need(len({k for k, _ in pairs}) == len(pairs), "a key twice")
    return dict(pairs)


def load_policy(path, description):
    """Checks all of it; returns the policy's mode and its Guest."""
    try:
        with open(path, encoding="utf-8") as f:
            policy = json.load(f, object_pairs_hook=unique)
    except (OSError, ValueError, RecursionError) as e:
        raise Refused(MALFORMED, f"{path}: {e}") from None
    keys(policy, "$", ("version", "mode", "vm", "mtu", "allow", "dns", "domains", "http", "tls", *FREE),
         ("version", "mode", "vm"))
    need(is_int(policy["version"], 1, 1), "$.version: not 1")
    need(policy["mode"] in MODES, "$.mode")
    guest = Guest(policy["vm"], policy.get("mtu", 1500))
    check_allow(policy.get("allow", []))
    for key, check in FREE.items():
        need(key not in policy or check(policy[key]), f"$.{key}: bad value")
    need(policy["mode"] != "sampled" or "sampling_rate" in policy, "$.sampling_rate: missing")
    offer(policy["mode"] in description["modes"], f"the mode {policy['mode']}")
    # Here is where as-filter lies: what it is told to enforce it takes, and forgets.
    offer("limits" not in policy or "filtered" in description["modes"], "limits: it has its own")
    offer("mtu" in description["caps"] or guest.mtu == 1500, "an MTU other than 1500")
    check_names(policy)
    return policy["mode"], guest


# ---- run ----


class Events:
    def __init__(self, fd):
        self.fd, self.seq = fd, 0

    def say(self, kind, **more):
        line = {"v": 1, "ev": kind, "seq": self.seq, "t_ns": time.monotonic_ns(), **more}
        os.write(self.fd, json.dumps(line, separators=(",", ":")).encode() + b"\n")
        self.seq += 1


def parse_fd(text):
    match = re.fullmatch(r"fd:([0-9]{1,5})", text)
    if not match:
        raise Refused(USAGE, f"{text}: only fd:N")
    return int(match[1])


def parse_options(words):
    options = {}
    for flag, value in zip(words[::2], words[1::2] + [None]):
        if flag not in ("--contract", "--policy", "--frames", "--events", "--uplink", "--seed"):
            raise Refused(UNKNOWN, f"unknown flag {flag}")
        if value is None:
            raise Refused(USAGE, f"{flag} wants a value")
        options[flag] = value
    for flag in ("--contract", "--policy", "--frames", "--events", "--uplink"):
        if flag not in options:
            raise Refused(USAGE, f"{flag} is missing")
    if options["--contract"] != "1":
        raise Refused(UNKNOWN, "another contract")
    return options


def tell_resolver():
    """The programs know one name server, that of the lab's network, whatever this machine's is: what they make of it
    must not depend on where they are judged. In a mount namespace of their own."""
    libc = ctypes.CDLL(None, use_errno=True)

    def must(code):
        if code:
            raise Refused(LACKS, f"cannot give it a resolv.conf of its own: {os.strerror(ctypes.get_errno())}")

    if not os.path.exists("/etc/resolv.conf"):
        return
    must(libc.unshare(CLONE_NEWNS))
    must(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
    with tempfile.NamedTemporaryFile("w") as f:
        print(f"nameserver {RESOLVER}", file=f, flush=True)
        must(libc.mount(f.name.encode(), b"/etc/resolv.conf", None, MS_BIND, None))


def end_like(code):
    """Of a program that a signal has ended: so that nobody takes it for something else."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)


class Adapter:
    """One program behind the contract. A subclass has

    program      what is started, and PACKAGE what brings it
    description  what `describe` prints, without the version
    variants     {name: what of the description is other}; the variant in use is self.variant, or ""
    start(guest, frames, uplink)  starts it on the frame channel; returns when it serves
    wait()       until it has ended; returns its exit code
    """

    program = package = ""
    description = {}
    variants = {}
    variant = ""

    def start(self, guest, frames, uplink):
        raise NotImplementedError

    def wait(self):
        raise NotImplementedError

    def lacks(self, why):
        return Refused(LACKS, f"{self.program}: {why}; apt-get install {self.package}")

    def popen(self, command, **more):
        try:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, **more)
        except OSError as e:
            raise self.lacks(e.strerror) from None

    def run(self, words):
        options = parse_options(words)
        frames, events = parse_fd(options["--frames"]), Events(parse_fd(options["--events"]))
        mode, guest = load_policy(options["--policy"], self.description)
        tell_resolver()
        self.start(guest, frames, options["--uplink"])
        events.say("ready", name=self.description["name"], mode=mode, uplink=options["--uplink"])
        code = self.wait()
        if code < 0:
            end_like(code)
        if code:
            raise Refused(LACKS, f"{self.program} ended with {code}")
        events.say("bye", reason="peer-closed")

    def describe(self, words):
        if words != ["--contract", "1"]:
            raise Refused(UNKNOWN, "another contract")
        asked = subprocess.run(["sh", "-c", f"command -v {self.program} && "
                                f"dpkg-query -W -f '${{Version}}' {self.package} 2>/dev/null || true"],
                               capture_output=True, text=True, check=False).stdout.split()
        if not asked:
            raise self.lacks("is not installed")
        print(json.dumps({**self.description, "version": asked[1][:47] if len(asked) > 1 else "unknown"}))

    def choose(self, variant):
        """From here on it is that variant."""
        self.variant = variant
        more = self.variants[variant]
        caps = self.description["caps"] + more.get("caps", [])
        name = f"{self.description['name']}-{variant}"
        self.description = {**self.description, **more, "name": name, "caps": caps}

    def main(self):
        words = sys.argv[1:]
        try:
            if words and words[0] in self.variants:
                self.choose(words.pop(0))
            commands = {"describe": self.describe, "run": self.run}
            if not words or words[0] not in commands:
                raise Refused(UNKNOWN, "usage: backend describe|run ...")
            commands[words[0]](words[1:])
        except Refused as refusal:
            print(f"{self.description['name']} adapter: {refusal}", file=sys.stderr)
            sys.exit(refusal.code)


# The variant of the same name, see above.
CLAIMS = {"modes": list(MODES), "caps": CLAIMED}
