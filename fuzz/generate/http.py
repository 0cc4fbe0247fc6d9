#!/usr/bin/python3 -B
# SPDX-License-Identifier: ISC
"""http.py: writes the named seeds of http_request, http_response, diff_llhttp, exchange and http_rules.

    fuzz/generate/http.py           writes them below fuzz/seeds
    fuzz/generate/http.py --check   exit 1 when a file there is not what the script writes

Requests are what rows of scenarios/http-*.scn say: the heads on which parsers disagree, and the bodies. Those of one
talk have names that begin with the talk's. Replies stand below. Other files in these folders are what a fuzzer found;
the script leaves them alone. The same bytes on every run.
"""
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

# Talks of scenarios, and what their seeds are called.
TALKS = [("http-heads", "heads", "head"), ("http-bodies", "chunks-that-lie", "chunks")]

# Of the heads those that one parser or another accepts.
DISPUTED = ["plain", "with-blanks", "obs-text", "http10", "options", "absolute-form", "bare-lf", "bare-lf-in-fields", "cl-te",
            "te-cl", "two-hosts", "two-lengths", "two-lengths-the-same", "length-list", "length-plus", "length-zero-first",
            "space-before-colon", "te-xchunked", "te-identity", "te-twice", "te-http10", "no-host", "obs-fold",
            "obs-fold-first", "absolute-other", "space-behind", "version-12", "empty-line-first", "http09"]

# Requests that no row has, because what is tried is a limit or a rule of a parser and nothing on the wire.
REQUESTS = {
    "body-counted": b"POST /%61?q HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabcGET",
    "body-chunks": b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n00\r\n"
                   b"X: y\r\n\r\nG",
    "body-trailer-long": b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " +
                         b"x" * 4096 + b"\r\n\r\n",
    "body-trailer-nul": b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: \0\r\n\r\n",
    "body-trailer-control": b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: \1\r\n\r\n",
    "body-trailer-bare-cr": b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: a\rb\r\n",
    "body-trailer-name": b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n:a\r\n\r\n",
    "body-trailer-space": b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX : a\r\n\r\n",
    "body-last-bare-cr": b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\r",
    "body-chunk-16-digits": b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0000000000000001\r\na",
    "body-chunk-15-digits": b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffF\r\na",
    "body-chunk-tab": b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n1\t\r\na",
    "body-trailer-tab": b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\tX: y\r\n\r\n",
    "body-trailer-delete": b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: \x7f\r\n\r\n",
    "body-trailer-tab-in-it": b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX:\ty\r\n\r\n",
    "host-ipv6-none": b"GET / HTTP/1.1\r\nHost: []\r\n\r\n",
    "host-tab": b"GET / HTTP/1.1\r\nHost: a\tb\r\n\r\n",
    "host-ipv6-no-digit": b"GET / HTTP/1.1\r\nHost: [g]\r\n\r\n",
    "host-ipv6-dots": b"GET / HTTP/1.1\r\nHost: [::ffff:192.0.2.1]\r\n\r\n",
    "host-port-minus": b"GET / HTTP/1.1\r\nHost: a.test:8-0\r\n\r\n",
    "host-port-6-digits": b"GET / HTTP/1.1\r\nHost: a.test:800000\r\n\r\n",
    "host-kind-other": b"GET http://[::1]/ HTTP/1.1\r\nHost: 1.1.1.1\r\n\r\n",
    "target-less": b"GET /< HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "target-greater": b"GET /> HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "method-digit": b"M-1 / HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "method-braces": b"A~ / HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "method-none": b" / HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "version-letter": b"GET / HTTP/x.1\r\nHost: a.test\r\n\r\n",
    "version-below": b"GET / HTTP/1./\r\nHost: a.test\r\n\r\n",
    "version-no-dot": b"GET / HTTP/1,1\r\nHost: a.test\r\n\r\n",
    "version-short": b"GET / HTTP/1\r\nHost: a.test\r\n\r\n",
    "length-letter": b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1a\r\n\r\na",
    "field-delete": b"GET / HTTP/1.1\r\nHost: a.test\r\nX: \x7f\r\n\r\n",
    "field-tab-first": b"GET / HTTP/1.1\r\nHost: a.test\r\n\tX: y\r\n\r\n",
    "host-ipv4": b"GET / HTTP/1.1\r\nHost: 192.0.2.1:8080\r\n\r\n",
    "host-ipv4-odd": b"GET / HTTP/1.1\r\nHost: 0x7f000001\r\n\r\n",
    "host-ipv4-octal": b"GET / HTTP/1.1\r\nHost: 010.0.0.1.\r\n\r\n",
    "host-ipv6": b"GET http://[2001:DB8::1]:81/ HTTP/1.1\r\nHost: [2001:db8::1]:81\r\n\r\n",
    "host-ipv6-open": b"GET / HTTP/1.1\r\nHost: [2001:db8::1\r\n\r\n",
    "host-ipv6-zone": b"GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n",
    "host-ipv6-long": b"GET / HTTP/1.1\r\nHost: [" + b"0" * 46 + b"]\r\n\r\n",
    "host-ipv6-behind": b"GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n",
    "host-port-65536": b"GET / HTTP/1.1\r\nHost: a.test:65536\r\n\r\n",
    "host-port-only": b"GET / HTTP/1.1\r\nHost: :80\r\n\r\n",
    "host-port-none": b"GET / HTTP/1.1\r\nHost: a.test:\r\n\r\n",
    "host-underscore": b"GET / HTTP/1.1\r\nHost: _x.a.test\r\n\r\n",
    "target-https": b"GET https://a.test:443?q HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "target-scheme-case": b"GET HTTPS://a.test/ HTTP/1.1\r\nHost: a.test:443\r\n\r\n",
    "target-host-bad": b"GET http:///x HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "connect": b"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "connect-no-port": b"CONNECT a.test HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "connect-body": b"CONNECT a.test:1 HTTP/1.1\r\nHost: a.test:1\r\nContent-Length: 0\r\n\r\n",
    "connect-other-port": b"CONNECT a.test:1 HTTP/1.1\r\nHost: a.test:2\r\n\r\n",
    "connection-list": b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: , close ,\t,UPGRADE\r\nUpgrade: websocket\r\n\r\n",
    "upgrade-h2c": b"GET / HTTP/1.1\r\nHost: a.test\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
    "upgrade-other": b"GET / HTTP/1.1\r\nHost: a.test\r\nUpgrade: TLS/1.0\r\n\r\n",
    "upgrade-twice": b"GET / HTTP/1.1\r\nHost: a.test\r\nUpgrade: a\r\nUpgrade: b\r\n\r\n",
    "upgrade-alone": b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\n\r\n",
    "expect": b"POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\na",
    "expect-http10": b"POST / HTTP/1.0\r\nHost: a.test\r\nExpect: x\r\n\r\n",
    "length-max": b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9223372036854775807\r\n\r\na",
    "length-max-and-1": b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9223372036854775808\r\n\r\na",
    "request-line-only": b"GET\r\n",
    "request-line-bare-cr": b"GET / HTTP/1.1\rX",
    "head-exact": b"GET / HTTP/1.1\r\nHost: a.test\r\nX: " + b"x" * (16384 - 37) + b"\r\n\r\n",
    "head-ends-with-its-room": b"GET / HTTP/1.1\r\nHost: a.test\r\nX: " + b"x" * (16384 - 35) + b"\r\n\r\n",
}

# Paths, each in a request of its own.
PATHS = {
    "escapes": b"/%41%7e%20%e4a%2B+b", "odd-bytes": b"/a|b^c`d{e}f[g]", "escape-cut": b"/a%4", "escape-no-hex": b"/%zz",
    "escape-alone": b"/a%", "escape-half-hex": b"/%4z", "digits": b"/0123",
    "twice": b"/%2541", "percent": b"/%25zz", "nul": b"/a%00b", "delete": b"/a%7Fb", "slash": b"/a%2fb",
    "backslash": b"/a\\b", "backslash-escaped": b"/a%5Cb", "parameter": b"/a;b", "parameter-escaped": b"/a%3bb",
    "dot": b"/a/./b", "dot-last": b"/a/.", "dots": b"/a/../b", "dots-escaped": b"/a/%2E%2e", "three-dots": b"/.../x",
    "empty-segment": b"/a//b", "empty-first": b"//a", "empty-last": b"/a/", "dots-in-a-name": b"/a..b/.c",
}

# What was asked, as http_response.c reads it, and the reply.
GET, HEAD, SOCKET = b"\0", b"\1", b"\2"
OK = b"HTTP/1.1 200 OK\r\n"
REPLIES = {
    "counted": GET + OK + b"Content-Length: 5\r\nX: y\r\n\r\nhelloHTTP",
    "chunked": GET + OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\nH",
    "until-close": GET + OK + b"Server: x\r\n\r\nhello",
    "empty": GET + OK + b"Content-Length: 0\r\n\r\n",
    "head-counted": HEAD + OK + b"Content-Length: 5\r\n\r\n",
    "head-chunked": HEAD + OK + b"Transfer-Encoding: chunked\r\n\r\nx",
    "no-words": GET + b"HTTP/1.1 404\r\n\r\n",
    "no-words-blank": GET + b"HTTP/1.1 404 \r\nConnection: close\r\n\r\n",
    "words-obs-text": GET + b"HTTP/1.1 200 \xc3\xa4\tb\r\n\r\n",
    "http10": GET + b"HTTP/1.0 200 OK\r\n\r\nhello",
    "204": GET + b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\nH",
    "204-body": GET + b"HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\nH",
    "204-chunked": GET + b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
    "304": GET + b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
    "100": GET + b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200",
    "103-body": GET + b"HTTP/1.1 103 x\r\nContent-Length: 1\r\n\r\n",
    "199-chunked": GET + b"HTTP/1.1 199 x\r\nTransfer-Encoding: chunked\r\n\r\n",
    "101": SOCKET + b"HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\nabc",
    "101-unasked": GET + b"HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nabc",
    "101-no-option": SOCKET + b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n",
    "101-other": SOCKET + b"HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "101-http10": SOCKET + b"HTTP/1.0 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "500": GET + b"HTTP/1.1 599 x\r\nHost: a\r\nHost: b\r\nExpect: c\r\nContent-Length: 0\r\n\r\n",
    "status-0": GET + b"HTTP/1.1 000 x\r\n\r\n",
    "status-600": GET + b"HTTP/1.1 600 x\r\n\r\n",
    "status-2-digits": GET + b"HTTP/1.1 20 x\r\n\r\n",
    "status-4-digits": GET + b"HTTP/1.1 2000\r\n\r\n",
    "status-colon": GET + b"HTTP/1.1 2:0 OK\r\n\r\n",
    "version-behind": GET + b"HTTP/1.1X200 OK\r\n\r\n",
    "status-sign": GET + b"HTTP/1.1 +20 OK\r\n\r\n",
    "status-tab": GET + b"HTTP/1.1 200\tOK\r\n\r\n",
    "version-lower": GET + b"http/1.1 200 OK\r\n\r\n",
    "version-2": GET + b"HTTP/2.0 200 OK\r\n\r\n",
    "version-12": GET + b"HTTP/1.2 200 OK\r\n\r\n",
    "version-no-dot": GET + b"HTTP/1,1 200 OK\r\n\r\n",
    "version-cut": GET + b"HTTP/1\r\n\r\n",
    "two-spaces": GET + b"HTTP/1.1  200 OK\r\n\r\n",
    "http09": GET + b"<html>\r\n",
    "bare-lf": GET + b"HTTP/1.1 200 OK\nX: y\n\n",
    "bare-cr": GET + b"HTTP/1.1 200\rX",
    "control": GET + b"HTTP/1.1 200 O\x01\r\n",
    "nul": GET + OK + b"X: \0\r\n\r\n",
    "obs-fold": GET + OK + b"X: a\r\n b\r\n\r\n",
    "no-colon": GET + OK + b"X\r\n\r\n",
    "space-before-colon": GET + OK + b"Content-Length : 5\r\n\r\nhello",
    "field-name": GET + OK + b"X(: y\r\n\r\n",
    "cl-te": GET + OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "te-cl": GET + OK + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    "cl-cl": GET + OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "cl-list": GET + OK + b"Content-Length: 5, 5\r\n\r\nhello",
    "cl-plus": GET + OK + b"Content-Length: +5\r\n\r\nhello",
    "cl-overflow": GET + OK + b"Content-Length: 18446744073709551621\r\n\r\nhello",
    "te-gzip": GET + OK + b"Transfer-Encoding: gzip\r\n\r\n",
    "te-twice": GET + OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    "te-http10": GET + b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "upgrade-twice": GET + OK + b"Upgrade: a\r\nUpgrade: b\r\n\r\n",
    "connection-no-token": GET + OK + b"Connection: (\r\n\r\n",
    "fields-101": GET + OK + b"X:\r\n" * 101 + b"\r\n",
    "head-long": GET + OK + b"X: " + b"x" * 16384 + b"\r\n\r\n",
}

# Conversations, as fuzz/rig/exchange_talk.h has them: flags, and who says what.
GUEST, UP, GUEST_END, UP_END, ALLOW, LATE = (bytes([0xf8 + i]) for i in range(6))
CLEAR, TLS, MAX5 = b"\0", b"\1", b"\2"
HOST = b" HTTP/1.1\r\nHost: ok.test\r\n"
GET_X, HELLO = b"GET /x" + HOST + b"\r\n", OK + b"Content-Length: 5\r\n\r\nhello"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
SWITCH = b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n"
SWITCHED = b"HTTP/1.1 101 x\r\n" + SWITCH
SOCKET_X = b"GET /ws" + HOST + SWITCH
POST_4 = b"POST /p" + HOST + b"Content-Length: 4\r\n\r\n"
POST_CHUNKS = b"POST /p" + HOST + CHUNKED
OTHER = b"GET /y HTTP/1.1\r\nHost: other.test\r\n\r\n"
TALKS_WHOLE = {
    "one": CLEAR + GET_X + UP + HELLO,
    "two": CLEAR + GET_X + UP + HELLO + GUEST + GET_X + UP + HELLO,
    "two-pipelined": CLEAR + GET_X + GET_X + UP + HELLO + UP + HELLO,
    "two-hosts": CLEAR + GET_X + UP + HELLO + GUEST + OTHER + UP + HELLO + GUEST + GET_X,
    "two-hosts-pipelined": CLEAR + GET_X + OTHER + UP + HELLO + UP + HELLO,
    "tls": TLS + GET_X + UP + HELLO + GUEST + b"GET https://ok.test:443/y HTTP/1.1\r\nHost: OK.test.\r\n\r\n",
    "tls-other-host": TLS + GET_X + UP + HELLO + GUEST + OTHER,
    "tls-plain-scheme": TLS + b"GET http://ok.test/" + HOST + b"\r\n",
    "plain-tls-scheme": CLEAR + b"GET https://ok.test/" + HOST + b"\r\n",
    "absolute": CLEAR + b"GET http://ok.test?q" + HOST + b"\r\n" + UP + HELLO,
    "absolute-bare": CLEAR + b"GET http://ok.test" + HOST + b"X-Long-Name: a\r\n\r\n" + UP + HELLO,
    "asterisk": CLEAR + b"OPTIONS *" + HOST + b"\r\n" + UP + HELLO,
    "asterisk-absolute": CLEAR + b"OPTIONS http://ok.test" + HOST + b"\r\n" + UP + HELLO,
    "port": CLEAR + b"GET / HTTP/1.1\r\nHost: ok.test:80\r\n\r\n" + UP + HELLO,
    "port-other": CLEAR + b"GET / HTTP/1.1\r\nHost: ok.test:443\r\n\r\n",
    "address": CLEAR + b"GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n",
    "address-number": CLEAR + b"GET / HTTP/1.1\r\nHost: 2130706433\r\n\r\n",
    "address-6": CLEAR + b"HEAD / HTTP/1.1\r\nHost: [::1]\r\n\r\n",
    "connect": CLEAR + b"CONNECT ok.test:80 HTTP/1.1\r\nHost: ok.test\r\n\r\n",
    "path-escaped": CLEAR + b"GET /%6eo" + HOST + b"\r\n",
    "path-dots": CLEAR + b"GET /a/../no" + HOST + b"\r\n",
    "path-long": CLEAR + b"GET /" + b"%ff" * 100 + HOST + b"\r\n" + UP + HELLO,
    "denied": CLEAR + b"GET /no" + HOST + b"\r\n",
    "denied-second": CLEAR + GET_X + UP + HELLO + GUEST + b"GET /no" + HOST + b"\r\n",
    "denied-pipelined": CLEAR + GET_X + b"HEAD /no" + HOST + b"\r\n" + UP + HELLO,
    "denied-body": CLEAR + b"POST /no" + HOST + b"Content-Length: 4\r\n\r\nGET ",
    "hop-by-hop": CLEAR + b"GET /" + HOST + b"Connection: x-hop, close\r\nX-Hop: a\r\nConnection: y\r\nY:b\r\nKeep-Alive: 1"
                  b"\r\nTE: a\r\nTrailer: b\r\nProxy-Connection: c\r\nHTTP2-Settings: d\r\nKept:  e \r\nProxy: f\r\n\r\n"
                  + UP + OK + b"Connection: x-up\r\nX-Up: a\r\nKeep-Alive: 1\r\nProxy-A: b\r\nHost: c\r\nContent-Length: 0\r\n\r\n",
    "counted": CLEAR + POST_4 + b"body" + UP + HELLO + GUEST + POST_4 + b"bo" + GUEST + b"dyGET /y" + HOST + b"\r\n" + UP + HELLO,
    "chunked": CLEAR + POST_CHUNKS + b"2\r\nbo\r\n02\r\ndy\r\n0\r\nX: y\r\n\r\n" + GET_X + UP + OK + CHUNKED
               + b"3\r\nhel\r\n" + UP + b"2\r\nlo\r\n0\r\nX: y\r\n\r\n" + UP + HELLO,
    "chunked-smuggled": CLEAR + POST_CHUNKS + b"0\r\n\r\nGET /no" + HOST + b"\r\n" + UP + HELLO,
    "chunk-malformed": CLEAR + POST_CHUNKS + b"2\r\nbo\r\n" + GUEST + b"3\r\nabc\r\n2;x\r\nab\r\n",
    "chunk-malformed-replied": CLEAR + POST_CHUNKS + b"2\r\nbo\r\n" + UP + OK + b"Content-Length: 9\r\n\r\nhel" + GUEST + b"xx",
    "body-large": MAX5 + b"POST /p" + HOST + b"Content-Length: 6\r\n\r\nbodies",
    "body-large-chunked": MAX5 + POST_CHUNKS + b"3\r\nabc\r\n3\r\nabc\r\n0\r\n\r\n",
    "body-large-and-malformed": MAX5 + POST_CHUNKS + b"6\r\nabcabc\r\nxyz\r\n",
    "body-full": MAX5 + POST_CHUNKS + b"5\r\nabcde\r\n0\r\n\r\n" + UP + HELLO,
    "body-large-replied": MAX5 + POST_CHUNKS + b"3\r\nabc\r\n" + UP + OK + b"Content-Length: 9\r\n\r\nhel" + GUEST + b"3\r\nabc\r\n",
    "body-cut": CLEAR + POST_4 + b"bo" + GUEST_END,
    "expect": CLEAR + b"POST /p" + HOST + b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n" + UP
              + b"HTTP/1.1 100 Continue\r\n\r\n" + GUEST + b"body" + UP + HELLO,
    "expect-chunked": CLEAR + b"POST /p" + HOST + b"Expect: 100-continue\r\n" + CHUNKED + UP + b"HTTP/1.1 100 \r\n\r\n",
    "expect-nothing": CLEAR + b"POST /p" + HOST + b"Expect: 100-continue\r\n\r\n" + UP + b"HTTP/1.1 100 x\r\n\r\n" + HELLO,
    "continue-unasked": CLEAR + GET_X + UP + b"HTTP/1.1 100 x\r\n\r\nHTTP/1.1 103 y\r\nL: a\r\n\r\n" + HELLO,
    "informational-many": CLEAR + GET_X + UP + b"HTTP/1.1 103 y\r\n\r\n" * 17 + HELLO,
    "informational-sixteen": CLEAR + GET_X + UP + b"HTTP/1.1 103 y\r\n\r\n" * 16 + HELLO,
    "early-reply": CLEAR + POST_4 + b"bo" + UP + HELLO + GUEST + b"dy",
    "early-reply-begun": CLEAR + POST_4 + b"bo" + UP + OK + b"Content-Length: 5\r\n\r\nhel" + GUEST + b"dy" + UP + b"lo",
    "head": CLEAR + b"HEAD /" + HOST + b"\r\n" + UP + OK + b"Content-Length: 5\r\n\r\n" + GUEST + GET_X + UP + HELLO,
    "head-chunked": CLEAR + b"HEAD /" + HOST + b"\r\n" + UP + OK + CHUNKED + GUEST + GET_X,
    "204": CLEAR + GET_X + UP + b"HTTP/1.1 204 x\r\nContent-Length: 0\r\n\r\n" + GUEST + GET_X,
    "304": CLEAR + GET_X + UP + b"HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n" + GUEST + GET_X,
    "until-close": CLEAR + GET_X + UP + OK + b"\r\nhel" + UP + b"lo" + UP_END + GUEST + GET_X + UP + HELLO,
    "until-close-http10": CLEAR + b"GET / HTTP/1.0\r\nHost: ok.test\r\n\r\n" + UP + OK + b"\r\nhello" + UP_END,
    "chunked-http10": CLEAR + b"GET / HTTP/1.0\r\nHost: ok.test\r\n\r\n" + UP + b"HTTP/1.1 103 x\r\n\r\n" + OK + CHUNKED
                      + b"5\r\nhello\r\n0\r\n\r\n",
    "upstream-http10": CLEAR + GET_X + UP + b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok" + GUEST + GET_X + UP + HELLO,
    "upstream-closes": CLEAR + GET_X + UP + OK + b"Connection: close\r\nContent-Length: 2\r\n\r\nok" + GUEST + GET_X + UP + HELLO,
    "guest-closes": CLEAR + b"GET /" + HOST + b"Connection: close\r\n\r\n" + UP + HELLO + GUEST + GET_X,
    "guest-ends": CLEAR + GET_X + GUEST_END + UP + HELLO,
    "guest-ends-in-a-head": CLEAR + b"GET / HT" + GUEST_END,
    "reply-malformed": CLEAR + GET_X + UP + b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "reply-chunk-malformed": CLEAR + GET_X + UP + OK + CHUNKED + b"3\r\nabc\r\nx",
    "reply-cut": CLEAR + GET_X + UP + b"HTTP/1.1 20" + UP_END,
    "reply-cut-empty": CLEAR + GET_X + UP_END,
    "reply-cut-counted": CLEAR + GET_X + UP + OK + b"Content-Length: 5\r\n\r\nhel" + UP_END,
    "reply-cut-chunked": CLEAR + GET_X + UP + OK + CHUNKED + b"5\r\nhel" + UP_END,
    "reply-cut-http10": CLEAR + b"GET / HTTP/1.0\r\nHost: ok.test\r\n\r\n" + UP + OK + CHUNKED + b"5\r\nhello\r\n" + UP_END,
    "reply-unasked": CLEAR + GET_X + UP + HELLO + UP + HELLO + GUEST + GET_X + UP + HELLO,
    "reply-twice": CLEAR + GET_X + UP + HELLO + HELLO + GUEST + GET_X + UP + HELLO,
    "reply-twice-pipelined": CLEAR + GET_X + GET_X + UP + HELLO + HELLO + UP + HELLO,
    "upstream-ends-idle": CLEAR + GET_X + UP + HELLO + UP_END + GUEST + GET_X + UP + HELLO,
    "switch-unasked": CLEAR + GET_X + UP + SWITCHED,
    "switch-not-allowed": CLEAR + b"GET /x" + HOST + SWITCH + UP + SWITCHED,
    "socket": CLEAR + SOCKET_X + b"early" + UP + SWITCHED + b"hello" + GUEST + b"GET /no" + HOST + b"\r\n" + UP_END + GUEST + b"x"
              + GUEST_END,
    "socket-guest-ends-first": TLS + SOCKET_X + UP + SWITCHED + GUEST_END + UP + b"x" + UP_END,
    "socket-much": CLEAR + SOCKET_X + UP + SWITCHED + b"x" * 600 + GUEST + b"y" * 700 + GUEST_END + UP_END,
    "slow-pipelined": CLEAR + POST_4 + b"body" + GET_X + POST_4 + b"body" + UP + OK + b"X: " + b"x" * 300
                      + b"\r\nContent-Length: 400\r\n\r\n" + b"z" * 400 + UP + b"HTTP/1.1 103 x\r\nL: " + b"l" * 300
                      + b"\r\n\r\n" + HELLO + UP + OK + b"\r\n" + b"c" * 500 + UP_END,
    "slow-next-head": CLEAR + b"POST /p" + HOST + b"Content-Length: 200\r\n\r\n" + b"b" * 200 + UP + HELLO + GUEST + b"GET /"
                      + b"x" * 100 + HOST + b"\r\n",
    "slow-informational": CLEAR + GET_X + UP + OK + b"Content-Length: 200\r\n\r\n" + b"y" * 200 + GUEST + GET_X + UP
                          + b"HTTP/1.1 103 x\r\nL: " + b"l" * 100 + b"\r\n\r\n" + HELLO,
    "slow-last-chunk": CLEAR + GET_X + UP + OK + b"X: " + b"x" * 400 + b"\r\n\r\n" + UP_END,
    "slow-body-cut": CLEAR + b"POST /p" + HOST + b"Content-Length: 1000\r\n\r\n" + b"x" * 900 + GUEST_END,
    "late-no-words": CLEAR + GET_X + LATE + b"x",
    "socket-late": CLEAR + SOCKET_X + UP + SWITCHED + LATE,
    "socket-no": CLEAR + SOCKET_X + UP + HELLO + GUEST + GET_X + UP + HELLO,
    "socket-other": CLEAR + SOCKET_X + UP + b"HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    "socket-by-post": CLEAR + b"POST /ws" + HOST + SWITCH,
    "socket-body": CLEAR + b"GET /ws" + HOST + b"Content-Length: 0\r\n" + SWITCH,
    "socket-chunked": CLEAR + b"GET /ws" + HOST + b"Connection: upgrade\r\nUpgrade: websocket\r\n" + CHUNKED,
    "socket-no-option": CLEAR + b"GET /ws" + HOST + b"Upgrade: websocket\r\n\r\n",
    "socket-http10": CLEAR + b"GET /ws HTTP/1.0\r\nHost: ok.test\r\n" + SWITCH,
    "socket-other-path": CLEAR + b"GET /x" + HOST + SWITCH + UP + HELLO + GUEST + GET_X + UP + HELLO,
    "h2c": CLEAR + b"GET /ws" + HOST + b"Connection: upgrade, http2-settings\r\nUpgrade: H2C\r\nHTTP2-Settings: a\r\n\r\n",
    "h2c-by-post": CLEAR + b"POST /x" + HOST + b"Upgrade: h2c\r\nContent-Length: 0\r\n\r\n",
    "upgrade-by-put": CLEAR + b"PUT /x" + HOST + b"Connection: Upgrade\r\nUpgrade: WebSocket\r\nContent-Length: 0\r\n\r\n",
    "wait": CLEAR + b"GET /wait" + HOST + b"\r\n" + ALLOW + UP + HELLO,
    "wait-socket": CLEAR + b"GET /wait" + HOST + SWITCH + ALLOW + UP + SWITCHED + b"x",
    "wait-upstream-speaks": CLEAR + b"GET /wait" + HOST + b"\r\n" + UP + HELLO + ALLOW,
    "wait-upstream-ends": CLEAR + b"GET /wait" + HOST + b"\r\n" + UP_END + ALLOW,
    "wait-old-upstream-speaks": CLEAR + GET_X + UP + HELLO + GUEST + b"GET /wait" + HOST + b"\r\n" + UP + HELLO + ALLOW + UP + HELLO,
    "wait-old-upstream-ends": CLEAR + GET_X + UP + HELLO + GUEST + b"GET /wait" + HOST + b"\r\n" + UP_END + ALLOW + UP + HELLO,
    "wait-late": CLEAR + b"HEAD /wait" + HOST + b"\r\n" + LATE,
    "late": CLEAR + LATE, "late-in-a-head": CLEAR + b"GET / HT" + LATE, "late-idle": CLEAR + GET_X + UP + HELLO + LATE,
    "late-busy": CLEAR + GET_X + UP + b"HTTP/1.1 103 x\r\n\r\nHTTP" + LATE,
    "late-begun": CLEAR + GET_X + UP + OK + b"Content-Length: 5\r\n\r\nhel" + LATE,
    "head-malformed": CLEAR + b"GET / HTTP/1.1\r\nHost : ok.test\r\n\r\n",
    "head-cl-te": CLEAR + b"POST /" + HOST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "head-bare-lf": CLEAR + b"GET / HTTP/1.1\nHost: ok.test\n\n",
    "head-two-hosts": CLEAR + b"GET /" + HOST + b"Host: ok.test\r\n\r\n",
    "head-no-host": TLS + b"GET / HTTP/1.1\r\n\r\n", "head-http2": CLEAR + b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "head-expect": CLEAR + b"GET /" + HOST + b"Expect: x\r\n\r\n",
    "head-coding": CLEAR + b"POST /" + HOST + b"Transfer-Encoding: gzip\r\n\r\n",
    "head-fields-many": CLEAR + b"GET /" + HOST + b"X:y\r\n" * 100 + b"\r\n",
    "head-target-long": CLEAR + b"GET /" + b"x" * 8192 + HOST + b"\r\n",
    "empty": CLEAR, "nobody": b"", "ends-at-once": CLEAR + GUEST_END,
    "body-of-many-chunks": CLEAR + POST_CHUNKS + b"1\r\na\r\n" * 50 + b"0\r\n\r\n" + UP + OK + CHUNKED + b"2\r\nab\r\n" * 99
                           + b"0\r\n\r\n",
    "body-of-a-kilobyte": CLEAR + b"POST /p" + HOST + b"Content-Length: 1000\r\n\r\n" + b"x" * 1000 + UP + OK
                          + b"Content-Length: 1500\r\n\r\n" + b"y" * 1500,
}

# Rules and requests, as fuzz/rig/http_rules.h has them.
ASKED = b"? x.test GET /a/b\n? x.test POST /a\n? a.x.test GET /a/b\n? a.x.test FETCH /c\n? b.a.x.test HEAD *\n? y.test GET /\n"
RULES = {
    "nothing": ASKED,
    "open": b"d\n" + ASKED,
    "listed": b"n x.test\nn *.x.test\nnb a.x.test\n" + ASKED,
    "closed": b"d\nr x.test GET /a/*\n" + ASKED,
    "exact": b"d\nr x.test - /a\nr x.test HEAD,POST,GET *\n" + ASKED,
    "wildcard": b"d\nr *.x.test GET /a*\n" + ASKED,
    "wildcard-and-apex": b"d\nr *.x.test GET /c\nr x.test GET /a/b\nr *.a.x.test HEAD *\n" + ASKED,
    "blocked": b"d\nrb x.test GET /a/*\n" + ASKED,
    "blocked-above": b"d\nrb x.test - /a*\nr x.test GET /a/*\n" + ASKED,
    "blocked-below": b"d\nr x.test GET /a/*\nrb x.test - /a*\n" + ASKED,
    "unknown-method": b"d\nr *.x.test GET,HEAD,POST,PUT *\nrb *.x.test DELETE *\n" + ASKED,
    "two-sets": b"d\nr x.test GET *\nro x.test GET /a/*\nro *.x.test - /c\n" + ASKED,
    "two-sets-narrow": b"d\nr x.test POST *\nro x.test GET *\n" + ASKED,
    "two-blocks": b"d\nrb *.a.x.test - *\nrbo *.x.test - *\nrb *.x.test GET /a/b\n" + ASKED,
    "upgrades": b"d\nrw x.test GET /a/*\nr x.test POST *\nrow *.x.test - *\nr *.x.test GET /a*\n" + ASKED,
    "upgrades-twice": b"d\nrw x.test GET /a*\nrw x.test GET *\n" + ASKED,
    "upgrades-of-one-set": b"d\nrow *.x.test GET *\nrow x.test GET *\n" + ASKED,
    "upgrades-in-both": b"d\nrw x.test GET *\nrow x.test GET *\nro x.test POST *\nrw x.test POST *\n" + ASKED,
    "same-domain-often": b"d\n" + b"".join(b"r%s x.test M%d /a%d\n" % (b"bo"[i % 2:1 + i % 2], i, i % 3) for i in range(24)) + ASKED,
    "methods-many": b"d\nr x.test A,B,C,D,E,F,G,GET,POST *\n" + ASKED,
    "path-long": b"d\nr x.test - /" + b"a" * 254 + b"*\n? x.test GET /" + b"a" * 256 + b"\n? x.test GET /" + b"a" * 253 + b"\n",
    "name-long": b"d\nr *.t - *\n? " + b"a." * 126 + b"t GET /\n? t GET /\n? .t GET /\n",
}

ESCAPES = {"r": "\r", "n": "\n", "t": "\t", '"': '"', "\\": "\\"}
WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(hex)|times (\d+)|(\S+)')


def text(quoted):
    """The bytes between two quotation marks."""
    plain = re.sub(r"\\(?:x([0-9a-f]{2})|(.))", lambda m: chr(int(m[1], 16)) if m[1] else ESCAPES[m[2]], quoted)
    return plain.replace("$NONCE", "n").encode("latin-1")


def said(words):
    """All that a row says, in one piece."""
    out, times, is_hex = b"", 1, False
    for quoted, hexword, count, _ in WORD.findall(words):
        if hexword:
            is_hex = True
        elif count:
            times = int(count)
        elif quoted:
            out += (bytes.fromhex(quoted) if is_hex else text(quoted)) * times
            times, is_hex = 1, False
    return out


def rows(suite, talk):
    """The rows of a talk: id and what it says."""
    inside = False
    with open(os.path.join(ROOT, "scenarios", suite + ".scn"), encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("talk "):
                inside = line.split()[1] == talk
            elif inside and line.startswith("| ") and not line.startswith("| id "):
                cells = re.split(r"\s+\|\s+", line.strip("| \n"))
                yield cells[0], said(cells[1])


def both():
    """Inputs of diff_llhttp: requests and replies, with what says which they are in front."""
    for suite, talk, name in TALKS:
        for row, request in rows(suite, talk):
            if talk != "heads" or row in DISPUTED:
                yield "diff_llhttp", "request-%s-%s" % (name, row), b"\0" + request
    for name, request in REQUESTS.items():
        yield "diff_llhttp", "request-" + name, b"\0" + request
    for name, reply in REPLIES.items():
        yield "diff_llhttp", "reply-" + name, bytes([reply[0] | 4]) + reply[1:]


def seeds():
    """Every file: folder, name, bytes."""
    for suite, talk, name in TALKS:
        for row, request in rows(suite, talk):
            yield "http_request", name + "-" + row, request
    for name, request in REQUESTS.items():
        yield "http_request", name, request
    for name, path in PATHS.items():
        yield "http_request", "path-" + name, b"GET " + path + b" HTTP/1.1\r\nHost: a.test\r\n\r\n"
    for name, reply in REPLIES.items():
        yield "http_response", name, reply
    yield from both()
    for name, talk in TALKS_WHOLE.items():
        yield "exchange", name, talk
    for name, rules in RULES.items():
        yield "http_rules", name, rules


def main(arguments):
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stdout if arguments == ["--help"] else sys.stderr)
        return 0 if arguments == ["--help"] else 2
    wrong = 0
    for folder, name, data in seeds():
        path = os.path.join(ROOT, "fuzz", "seeds", folder, name)
        if arguments:
            if not os.path.exists(path) or open(path, "rb").read() != data:
                print("http.py: %s is not what the script writes: run fuzz/generate/http.py" % os.path.relpath(path))
                wrong = 1
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(data)
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
