#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Seeds for the fuzz targets of names: TLS hellos and DNS messages, as real clients and servers send them, and with the
one thing in them that a reader has to notice.

  fuzz/generate/names.py FOLDER      writes FOLDER/TARGET/NAME, always the same bytes

Run by hand; what is then kept below fuzz/seeds was widened by libFuzzer and minimised (docs/fuzzing.md). Hellos are those of
Python's ssl, which is OpenSSL, with everything random in them overwritten; DNS is made by Scapy.
"""
import os
import ssl
import struct
import sys

try:
    from scapy.layers.dns import DNS, DNSQR, DNSRR, DNSRRSOA
except ImportError:
    sys.exit("names.py: Scapy is missing: apt-get install python3-scapy")


# ---- TLS ----

def vec(width, data):
    return len(data).to_bytes(width, "big") + data


def extension(number, data):
    return struct.pack(">H", number) + vec(2, data)


def server_name(*names, kind=0):
    return extension(0, vec(2, b"".join(bytes([kind]) + vec(2, n) for n in names)))


def alpn(*protocols):
    return extension(16, vec(2, b"".join(vec(1, p) for p in protocols)))


def versions(*numbers):
    return extension(43, vec(1, b"".join(struct.pack(">H", n) for n in numbers)))


def keys(identity=b"ticket", binder=b"b" * 32):
    return extension(41, vec(2, vec(2, identity) + bytes(4)) + vec(2, vec(1, binder)))


def message(extensions, version=0x0303, session=b"", suites=b"\x13\x01", compression=b"\0"):
    body = struct.pack(">H", version) + b"r" * 32 + vec(1, session) + vec(2, suites) + vec(1, compression)
    if extensions is not None:
        body += vec(2, extensions)
    return b"\1" + vec(3, body)


def records(data, *cuts, version=0x0301):
    parts, at = [], 0
    for cut in cuts + (len(data),):
        parts.append(data[at:cut])
        at = cut
    return b"".join(b"\x16" + struct.pack(">H", version) + vec(2, p) for p in parts)


def client(name, protocols=(), least=ssl.TLSVersion.TLSv1_2, most=ssl.TLSVersion.TLSv1_3):
    """The hello that OpenSSL sends, without what is random."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version, context.maximum_version = least, most
    if protocols:
        context.set_alpn_protocols(list(protocols))
    out = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name).do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = bytearray(out.read())
    hello[11:43] = b"r" * 32
    hello[44:44 + hello[43]] = b"s" * hello[43]
    at = bytes(hello).find(b"\x00\x33\x00\x26\x00\x24\x00\x1d\x00\x20")
    if at >= 0:
        hello[at + 10:at + 42] = b"k" * 32
    return bytes(hello)


TEXTS = ("a b.test", "a/b", "a%2eb.test", "a_b.test", "a\0.test", "caf\u00e9.test", "a:1", "[::1]", "192.0.2.1", "0xC0000201",
         "1.2.3.4.", "0x", "0xg", "a..b", ".a", ".", "-a.test", "a-.test", "a!b", "localhost", "09.1x", "Example.COM.", "", "a" * 63,
         "a" * 64, "1" + ".1" * 126, "a" + ".a" * 126, "a" + ".a" * 126 + ".", "ab" + ".a" * 126, "]", "test.0x1f", "a.b-", "~", "a.0xAbG", "a.", "a" * 64 + ".")


def hellos():
    name = server_name(b"example.com")
    long_name = b".".join([b"a" * 63] * 3 + [b"b" * 61])
    made = {
        "plain": name,
        "upper-and-dot": server_name(b"Api.Example.COM."),
        "no-name": alpn(b"h2"),
        "two-names": server_name(b"a.test", b"b.test"),
        "two-extensions": name + name,
        "name-type": server_name(b"a.test", kind=1),
        "name-empty": extension(0, b""),
        "name-list-empty": extension(0, b"\0\0"),
        "name-of-nothing": server_name(b""),
        "name-lies": extension(0, vec(2, b"\0\0\x09short")),
        "name-behind": extension(0, vec(2, b"\0" + vec(2, b"a.test")) + b"x"),
        "name-longest": server_name(long_name),
        "name-too-long": server_name(long_name + b"b"),
        "label-63": server_name(b"a" * 63 + b".test"),
        "label-64": server_name(b"a" * 64 + b".test"),
        "alpn": name + alpn(b"h2", b"http/1.1"),
        "alpn-empty": name + alpn(),
        "alpn-empty-name": name + alpn(b"h2", b""),
        "versions": name + versions(0x0A0A, 0x0304, 0x0303, 0x0302, 0x0301),
        "versions-old": name + versions(0x0302, 0x0301),
        "versions-unknown": name + versions(0x0300, 0x0305),
        "versions-odd": name + extension(43, b"\3\3\4\3"),
        "versions-none": name + extension(43, b"\0"),
        "early": name + versions(0x0304) + extension(42, b"") + keys(),
        "early-filled": name + extension(42, b"x"),
        "keys-not-last": keys() + name,
        "keys-no-binders": name + extension(41, vec(2, b"\0\1x\0\0\0\0") + b"\0\0"),
        "keys-no-identities": name + extension(41, b"\0\0" + vec(2, b"\1b")),
        "keys-cut": name + extension(41, b"\0\7\0\1x\0\0\0\0"),
        "keys-behind": name + extension(41, vec(2, b"\0\1x\0\0\0\0") + vec(2, b"\1b") + b"x"),
        "ech": name + extension(0xFE0D, b"\0\0\1\0\1\0" + vec(2, b"e" * 32)),
        "grease": extension(0x0A0A, b"") + name + extension(0xFAFA, b"\0"),
        "twice": extension(23, b"") + name + extension(23, b""),
        "extensions-64": b"".join(extension(1000 + i, b"") for i in range(63)) + name,
        "extensions-65": b"".join(extension(1000 + i, b"") for i in range(64)) + name,
        "extension-cut": name + b"\0\x17\0",
        "extension-lies": name + b"\0\x17\0\5ab",
    }
    made |= {f"name-{i:02}": server_name(text.encode("latin-1")) for i, text in enumerate(TEXTS)}
    files = {k: records(message(v)) for k, v in made.items()}
    plain = message(name)
    files |= {
        "openssl": client("api.example.com", ("h2", "http/1.1")),
        "openssl-12": client("example.com", most=ssl.TLSVersion.TLSv1_2),
        "openssl-no-name": client(None),
        "version-10": records(message(name, 0x0302)),
        "version-14": records(message(name, 0x0304)),
        "session": records(message(name, session=b"s" * 32)),
        "session-33": records(message(name, session=b"s" * 33)),
        "suites-none": records(message(name, suites=b"")),
        "suites-odd": records(message(name, suites=b"\x13\1\x13")),
        "compression-none": records(message(name, compression=b"")),
        "no-extensions": records(message(None)),
        "extensions-empty": records(message(b"")),
        "behind-extensions": records(b"\1" + vec(3, plain[4:] + b"x")),
        "behind-message": records(plain + b"x"),
        "behind-in-next-record": records(plain, 40) + records(b"\1"),
        "early-data-behind": records(plain) + b"\x17\3\3\0\1x",
        "three-records": records(plain, 1, 60, version=0x0303),
        "header-in-two": records(plain, 2),
        "a-byte-each": records(plain, *range(1, len(plain))),
        "next-record-too-long": records(plain[:60]) + b"\x16\3\1\1\0",
        "next-record-alert": records(plain[:60]) + b"\x15\3\1\0\2",
        "next-record-version": records(plain[:60]) + b"\x16\3\4\0\2",
        "cut": records(plain)[:60],
        "record-empty": b"\x16\3\1\0\0",
        "record-longest": b"\x16\3\1\x40\0\1\0",
        "record-too-long": b"\x16\3\1\x40\1\1\0",
        "record-ssl3": b"\x16\3\0\0\1\1",
        "ssl2": b"\x80\x2e\1\3\1",
        "http": b"GET / HTTP/1.1\r\n",
        "server-hello": b"\x16\3\3\0\4\2\0\0\0",
        "message-empty": b"\x16\3\3\0\4\1\0\0\0",
        "message-cut": records(b"\1" + vec(3, plain[4:30])),
        "message-one": records(b"\1" + vec(3, b"\3")),
        "too-big": b"\x16\3\1\x40\0\1\0\x40\0",
        "longest": records(message(extension(1000, b"x" * 5000) + name), 5000),
        "never-ends": records(message(extension(1000, b"x" * 16300) + name), 9000, 9001),
    }
    return files


# ---- DNS ----

def query(name="example.com", qtype="A", qclass="IN", **header):
    return bytes(DNS(id=0x1234, rd=1, qd=DNSQR(qname=name, qtype=qtype, qclass=qclass), **header))


def opt(size=1232, version=0, flags=0, options=b""):
    return b"\0\0\x29" + struct.pack(">HBBHH", size, 0, version, flags, len(options)) + options


def set_count(dns, section, count):
    return dns[:4 + 2 * section] + struct.pack(">H", count) + dns[6 + 2 * section:]


def with_opt(dns, *args, **kwargs):
    return set_count(dns, 3, 1) + opt(*args, **kwargs)


def raw(name, qtype=1, qclass=1):
    """A query with a name that is made of bytes."""
    return bytes.fromhex("123401000001000000000000") + name + struct.pack(">HH", qtype, qclass)


def queries():
    plain = query("Www.Example.com")
    label = b"\x3f" + b"a" * 63
    files = {
        "a": plain, "every-room": b"\0\0" + plain[2:], "every-room-bare": b"\0\0\0" + plain[3:], "aaaa": query(qtype="AAAA"), "any": query(qtype="ALL"), "chaos": query(qclass="CH"),
        "class-any": query(qclass=255), "root": query("."), "single": query("localhost"),
        "underscore": query("_dmarc.example.com"), "number": query("192.0.2.1"), "hex": query("a.0xff"),
        "edns": with_opt(plain), "edns-do": with_opt(plain, 4096, 0, 0x8000), "edns-small": with_opt(plain, 100),
        "edns-1": with_opt(plain, version=1), "edns-option": with_opt(plain, options=b"\0\x0a\0\x08" + b"c" * 8),
        "edns-cut": with_opt(plain, options=b"\0\x0a\0\x09" + b"c" * 8),
        "edns-half": with_opt(plain, options=b"\0\x0a\0"),
        "edns-named": set_count(plain, 3, 1) + b"\1a" + opt(),
        "additional-a": set_count(plain, 3, 1) + b"\0\0\1\0\1\0\0\0\0\0\0",
        "additional-2": set_count(plain, 3, 2) + opt() + opt(), "additional-cut": set_count(plain, 3, 1) + opt()[:7],
        "behind": plain + b"x", "behind-edns": with_opt(plain) + b"x",
        "questions-0": set_count(plain, 0, 0), "questions-2": set_count(plain, 0, 2) + plain[12:],
        "answers-1": set_count(plain, 1, 1), "authorities-1": set_count(plain, 2, 1),
        "reply": query(qr=1), "truncated": query(tc=1), "authoritative": query(aa=1), "available": query(ra=1),
        "zero-bit": query(z=1), "data-and-checking": query(ad=1, cd=1), "code": query(rcode=3),
        "notify": query(opcode=4), "header-cut": plain[:11], "name-cut": plain[:16], "question-cut": plain[:-1],
        "pointer": raw(b"\xc0\x0c"), "label-64": raw(b"\x40" + b"a" * 64 + b"\0"), "label-63": raw(label + b"\0"),
        "longest": raw(label * 3 + b"\x3d" + b"b" * 61 + b"\0"),
        "too-long": raw(label * 3 + b"\x3e" + b"b" * 62 + b"\0"),
        "dot-in-label": raw(b"\4a.bc\4test\0"), "nul-in-label": raw(b"\3a\0b\0"), "byte-in-label": raw(b"\2\xc3\xa9\0"),
        "hyphen-first": raw(b"\2-a\4test\0"), "hyphen-last": raw(b"\2a-\4test\0"), "hyphen-inside": raw(b"\3a-b\0"),
    }
    return files


def answer(*records, authorities=(), additionals=(), name="example.com", **header):
    """Uncompressed, as Scapy writes what it is given."""
    dns = bytes(DNS(id=0x1234, qr=1, rd=1, ra=1, qd=DNSQR(qname=name), **header))
    for i, section in enumerate((records, authorities, additionals)):
        dns = set_count(dns, 1 + i, len(section)) + b"".join(r if isinstance(r, bytes) else bytes(r) for r in section)
    return dns


def a(address="93.184.216.34", name="example.com", ttl=300):
    return DNSRR(rrname=name, type="A", ttl=ttl, rdata=address)


def cname(name, target, ttl=60):
    return DNSRR(rrname=name, type="CNAME", ttl=ttl, rdata=target)


def record(number, data, name=b"\xc0\x0c", rclass=1, ttl=60):
    return name + struct.pack(">HHI", number, rclass, ttl) + vec(2, data)


def answers():
    soa = DNSRRSOA(rrname="com", mname="a.test", rname="b.test", serial=1, refresh=2, retry=3, expire=4, minimum=30, ttl=90)
    soa_data = b"\0\0" + struct.pack(">5I", 1, 2, 3, 4, 20)
    chain = [cname("example.com", "a0.test")] + [cname(f"a{i}.test", f"a{i + 1}.test") for i in range(8)]
    pointers = b"\x3fp" + b"p" * 62
    hop = b"".join(record(99, b"\xc0" + bytes([at])) for at in (12, 41))
    files = {
        "a": answer(a()), "a-pointer": answer(record(1, b"\1\1\1\1")), "several": answer(a(), a("1.1.1.1", ttl=5), a("8.8.8.8")),
        "alias": answer(cname("example.com", "x.test"), a(name="x.test")), "other-name": answer(a(name="other.test")),
        "alias-of-other": answer(cname("other.test", "x.test")), "alias-upper": answer(cname("EXAMPLE.com", "X.test"), a(name="x.TEST")),
        "off-chain": answer(cname("example.com", "x.test"), a()), "alias-behind": answer(a(), cname("example.com", "x.test")),
        "loop": answer(cname("example.com", "x.test"), cname("x.test", "example.com")),
        "chain-8": answer(*chain[:8], a(name="a7.test")), "chain-9": answer(*chain),
        "alias-number": answer(cname("example.com", "1.2.3.4")), "alias-cut": answer(record(5, b"\5ab")),
        "alias-behind-name": answer(record(5, b"\1a\0x")), "a-5": answer(record(1, b"\1\1\1\1\1")), "a-3": answer(record(1, b"\1\1\1")),
        "aaaa": answer(record(28, bytes(16)), a()), "unknown": answer(record(999, b"data"), a()), "class": answer(record(1, b"\1\1\1\1", rclass=3)),
        "ttl-high": answer(a(ttl=0x80000001)), "ttl-zero": answer(a(ttl=0)), "16": answer(*[a(f"1.1.1.{i}") for i in range(16)]),
        "18": answer(*[a(f"1.1.1.{i}") for i in range(18)], a("10.0.0.1")), "nothing": answer(), "unknown-name": answer(authorities=[soa], rcode=3),
        "no-data": answer(authorities=[soa]), "soa-twice": answer(authorities=[record(6, soa_data, b"\0"), soa]),
        "soa-elsewhere": answer(authorities=[DNSRRSOA(rrname="ample.com", minimum=3)], rcode=3),
        "soa-below": answer(authorities=[DNSRRSOA(rrname="www.example.com", minimum=3)], rcode=3),
        "soa-at": answer(authorities=[record(6, soa_data)], rcode=3), "soa-ttl": answer(authorities=[record(6, soa_data, ttl=5)]),
        "soa-cut": answer(authorities=[record(6, soa_data[:-1])]), "soa-long": answer(authorities=[record(6, soa_data + b"x")]),
        "soa-name-cut": answer(authorities=[record(6, b"\0\3a")]), "soa-as-answer": answer(soa), "alias-soa": answer(chain[0], authorities=[record(6, soa_data, b"\4test\0")]),
        "ns": answer(a(), authorities=[DNSRR(rrname="com", type="NS", rdata="ns.test")]), "servfail": answer(rcode=2), "servfail-soa": answer(authorities=[soa], rcode=2),
        "servfail-with-a": answer(a(), rcode=2), "edns": answer(a(), additionals=[opt()]), "edns-twice": answer(a(), additionals=[opt(), opt()]),
        "edns-in-answer": answer(opt()), "edns-code": answer(additionals=[b"\0\0\x29\4\xd0\1\0\0\0\0\0"]), "edns-1": answer(additionals=[opt(version=1)]),
        "glue": answer(a(), additionals=[a("10.0.0.1", "ns.test")]), "behind": answer(a()) + b"x", "cut": answer(a())[:-1],
        "owner-cut": answer(a())[:32], "truncated": answer(a(), tc=1), "zero-bit": answer(a(), z=1), "is-query": query(), "notify": answer(opcode=4),
        "questions-2": set_count(answer(), 0, 2), "records-256": set_count(answer(), 1, 256), "records-257": set_count(answer(), 1, 257),
        "pointer-header": answer(record(1, b"\1\1\1\1", b"\xc0\x0b")), "pointer-self": answer(record(1, b"\1\1\1\1", b"\xc0\x1d")),
        "pointer-ahead": answer(record(1, b"\1\1\1\1", b"\xc0\x30")), "pointer-cut": answer(b"\xc0"), "pointer-into-name": answer(cname("example.com", "com"), record(1, b"\1\1\1\1", b"\xc0\x14")),
        "pointer-to-pointer": answer(hop, record(1, b"\1\1\1\1", b"\xc0\x1d")), "label-kind": answer(record(1, b"\1\1\1\1", b"\x80\x0c")),
        "hops": hops(16), "hops-17": hops(17), "long-by-pointer": answer(record(99, (pointers * 3 + b"\x3b" + b"q" * 59 + b"\0")), record(99, b"", b"\3abc\xc0\x29")),
    }
    for ip in ("0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.1.1", "100.63.0.1", "100.128.0.1", "127.0.0.1", "169.254.169.254", "169.253.1.1",
               "172.16.0.1", "172.31.0.1", "172.32.0.1", "192.0.0.1", "192.0.1.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.9.9",
               "198.20.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "223.255.255.255"):
        files["address-" + ip] = answer(a("1.1.1.1"), a(ip))
    return files


def hops(count):
    """An owner that is a pointer to a pointer, and so on."""
    dns, at = answer(), 29
    parts, target = [], 12
    for _ in range(count - 1):
        parts.append(record(99, struct.pack(">H", 0xC000 | target)))
        target = at + 12
        at += 14
    parts.append(record(1, b"\1\1\1\1", struct.pack(">H", 0xC000 | target)))
    return set_count(dns, 1, len(parts)) + b"".join(parts)


def policy(settings, hosts, *entries):
    """fuzz/rig/names_model.h: entries are (which name, bits)."""
    return bytes([settings, hosts]) + b"".join(bytes(e) for e in entries) + bytes(2 * (8 - len(entries)))


BELOW, BLOCK, ORGANISATION, SPLICE = 1, 2, 4, 8
TEST, X, A_X, B_A_X, AX, Y = 1, 2, 3, 4, 5, 6


def rules():
    policies = {
        "empty": policy(0, 0), "default": policy(4, 0), "synthetic": policy(5, 0), "off": policy(7, 0), "hosts": policy(4, 31),
        "hosts-denied": policy(0, 31), "exact": policy(0, 0, (X, 0)), "below": policy(0, 0, (X, BELOW)), "both": policy(0, 0, (X, 0), (X, BLOCK)),
        "block": policy(4, 0, (X, BLOCK)), "block-below": policy(4, 0, (X, BLOCK | BELOW)), "hole": policy(4, 0, (X, BLOCK), (A_X, 0)),
        "hole-in-hole": policy(0, 0, (X, BELOW), (A_X, BLOCK), (B_A_X, 0)), "below-both": policy(0, 0, (X, BELOW), (X, BELOW | BLOCK)),
        "block-then-below": policy(0, 0, (X, BLOCK), (X, BELOW)), "organisation-block": policy(4, 0, (X, BLOCK | ORGANISATION), (A_X, 0)),
        "organisation-block-below": policy(4, 0, (TEST, BLOCK | BELOW | ORGANISATION), (A_X, BELOW)),
        "organisation-allow": policy(0, 0, (X, BLOCK | ORGANISATION), (A_X, ORGANISATION)), "twice": policy(0, 0, (X, 0), (X, ORGANISATION)),
        "suffix": policy(0, 0, (AX, 0)), "splice": policy(8, 0, (X, SPLICE)), "later-index": policy(0, 0, (A_X, 0), (X, BLOCK)),
        "index": policy(0, 0, (X, BLOCK), (A_X, 0), (TEST, BLOCK | BELOW)),
    }
    names = ("x.test", "a.x.test", "b.a.x.test", "c.b.a.x.test", "ax.test", "y.test", "test", "X.Test")
    files = {f"{p}-{n.replace('.', '-').lower()}": head + query(n) for p, head in policies.items() for n in names[:-1]
             if n in ("x.test", "a.x.test", "ax.test") or p in ("hole-in-hole", "hosts", "organisation-block", "index")}
    for k, v in queries().items():
        if k in ("aaaa", "chaos", "edns-1", "notify", "reply", "root", "number", "behind", "underscore", "questions-2", "truncated"):
            files["query-" + k] = policies["default"] + v
    return files


def cache():
    put, short, find, wait, wait_long, fill, clear = (bytes([n]) for n in range(7))
    kinds = {f"kind-{k}": put + bytes([1, k, 9]) + find + bytes([1, 0, 0]) for k in range(7)}
    return kinds | {
        "ttl-over": short + b"\1\0\2" + wait + b"\1\x07\xcf" + find + b"\1\0\0" + wait + b"\1\0\1" + find + b"\1\0\0",
        "ttl-0": put + b"\1\1\1" + short + b"\1\0\0", "forgotten": put + b"\1\1\1" + put + b"\1\4\1",
        "kept-long": put + b"\1\1\0" + wait_long + b"\1\0\xff" + find + b"\1\0\0" + wait_long + b"\1\0\1",
        "full": fill + bytes(3) + put + bytes([250, 1, 1]) + b"\x18\xff\1\1", "full-then-old": fill + bytes(3) + wait_long + b"\1\0\2" + b"\x18\xff\1\1",
        "full-twice": fill + bytes(3) + b"\x18\xff\1\1" + b"\x18\xfe\1\1" + b"\x18\xfd\1\1", "full-renewed": fill + bytes(3) + put + b"\5\1\1",
        "full-not-kept": fill + bytes(3) + b"\x18\xff\4\1", "cleared": put + b"\1\1\1" + clear + b"\1\0\0", "none": b"",
    }


def words():
    addresses = [f[8:] for f in answers() if f.startswith("address-")]
    files = {"address-" + a: bytes(int(n) for n in a.split(".")) for a in addresses}
    return files | {f"word-{i:02}": bytes([i, i // 2, 0, 0]) for i in range(40)}


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__.strip(), file=sys.stdout if sys.argv[1:] == ["--help"] else sys.stderr)
        return 0 if sys.argv[1:] == ["--help"] else 2
    hello, ask, reply = hellos(), queries(), answers()
    choices = {"": 2, "other-id-": 3, "case-": 6, "other-name-": 10, "no-edns-": 0, "type-": 18}
    targets = {
        "hello": hello, "diff_hello": hello, "dns_query": ask,
        "dns_answer": {p + k: bytes([c]) + v for p, c in choices.items() for k, v in reply.items()
                       if not p or k in ("a", "alias", "edns", "no-data")},
        "diff_dns": {"answer-" + k: bytes([2]) + v for k, v in reply.items()} | {"query-" + k: bytes([0]) + v for k, v in ask.items()},
        "names_question": {p + k: bytes([c]) + v for p, c in (("", 0x60), ("no-ttl-", 0), ("case-", 0x64), ("ttl-1-", 0x20)) for k, v in reply.items()
                           if not p or k in ("a", "no-data", "truncated", "edns-code")},
        "dns_reply": {f"{n}-{k}": wish + v for n, wish in (("plain", b"\0\0\0\2\0\0"), ("many", b"\0\0\0\x17\1\2"), ("code", b"\0\x10\0\0\0\0"))
                      for k, v in ask.items() if n == "plain" or k in ("a", "edns", "edns-do", "root", "edns-1")},
        "names_rule": rules(), "names_cache": cache(), "names_words": words(),
        "host_name": {f"{i:02}": name.encode("latin-1") for i, name in enumerate(TEXTS)},
    }
    for target, files in targets.items():
        folder = os.path.join(sys.argv[1], target)
        os.makedirs(folder, exist_ok=True)
        for name, data in files.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
