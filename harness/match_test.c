/* SPDX-License-Identifier: ISC */
/* match_test.c: words to frame and back to words, and everything that must not match. */
#include "harness/recipe_test.h"

#include <stdio.h>

/* Each is built, decoded and matched against itself read as a pattern. */
static const char *const examples[] = {
        "udp $VM:40000 > $CONSUMER",
        "udp $VM:40000 > $CONSUMER payload \"ping-$NONCE\"",
        "udp $VM:40000 > $CONSUMER payload \"\"",
        "udp $VM:40000 > $CONSUMER payload \"odd\"",
        "udp $VM:40000 > $CONSUMER payload \"a \\\"quoted\\\" \\x01 \\xff\"",
        "udp $VM:40000 > $CONSUMER size 0",
        "udp $VM:40000 > $CONSUMER size 1472",
        "udp $VM:40000 > $CONSUMER size 65507",
        "udp $VM:40000 > $CONSUMER payload \"cut me\" size 3",
        "udp $VM:40000 > $CONSUMER payload \"fill me\" size 33",
        "udp $VM:40000 > $CONSUMER hex \"00ff 0a0b\"",
        "udp $VM:0 > $T:0",
        "udp $VM:4000 > $T:53 dns A leak-$NONCE.test",
        "udp $VM:4000 > $T:53 dns 65280 a.b.test.",
        "udp $VM:4000 > $T:53 dns NS .",
        "tcp $VM:4000 > $T:53 flags PA dns TXT leak.test",
        "udp $VM:4000 > $CONSUMER:53",
        "udp 172.16.9.9:40000 > $CONSUMER",
        "udp $CONSUMER > $NAT payload \"reply\"",
        "udp $VM:40000 > $CONSUMER eth.src=02:00:00:00:00:99",
        "udp $VM:40000 > $CONSUMER eth.dst=ff:ff:ff:ff:ff:ff",
        "udp $VM:40000 > $CONSUMER eth.type=0x86dd",
        "udp $VM:40000 > $CONSUMER eth.type=0x0806",
        "udp $VM:40000 > $CONSUMER eth.type=0x0101",
        "udp $VM:40000 > $CONSUMER eth.type=0x88cc vlan=5",
        "udp $VM:40000 > $CONSUMER eth.pad=4 payload \"1234\"",
        "udp $VM:40000 > $CONSUMER eth.pad=1400",
        "udp $VM:40000 > $CONSUMER eth.cut=1",
        "udp $VM:40000 > $CONSUMER eth.cut=13",
        "udp $VM:40000 > $CONSUMER eth.cut=14",
        "udp $VM:40000 > $CONSUMER eth.cut=33",
        "udp $VM:40000 > $CONSUMER eth.cut=34",
        "udp $VM:40000 > $CONSUMER eth.cut=38",
        "udp $VM:40000 > $CONSUMER eth.cut=42 ip.ttl=9",
        "udp $VM:40000 > $CONSUMER vlan=100",
        "udp $VM:40000 > $CONSUMER vlan=0 vlan=4095 vlan=2 vlan=3",
        "udp $VM:40000 > $CONSUMER qinq=7 vlan=100",
        "udp $VM:40000 > $CONSUMER llc",
        "udp $VM:40000 > $CONSUMER llc vlan=9 eth.pad=3",
        "udp $VM:40000 > $CONSUMER ip.ver=5",
        "udp $VM:40000 > $CONSUMER ip.ihl=4",
        "udp $VM:40000 > $CONSUMER ip.ihl=6",
        "udp $VM:40000 > $CONSUMER ip.ihl=15",
        "udp $VM:40000 > $CONSUMER ip.tos=0xb8",
        "udp $VM:40000 > $CONSUMER ip.len=0",
        "udp $VM:40000 > $CONSUMER ip.len=19",
        "udp $VM:40000 > $CONSUMER ip.len=24",
        "udp $VM:40000 > $CONSUMER ip.len=30 payload \"ten bytes!\"",
        "udp $VM:40000 > $CONSUMER ip.len=65535 payload \"ten bytes!\"",
        "tcp $VM:40000 > $CONSUMER ip.len=42 payload \"ten bytes!\"",
        "tcp $VM:40000 > $CONSUMER ip.len=1500 payload \"ten bytes!\"",
        "udp $VM:40000 > $CONSUMER ip.len=30 eth.pad=5 payload \"ten bytes!\"",
        "udp $VM:40000 > $CONSUMER ip.id=0xffff ip.df=0",
        "udp $VM:40000 > $CONSUMER ip.df",
        "udp $VM:40000 > $CONSUMER ip.rsv",
        "udp $VM:40000 > $CONSUMER ip.mf payload \"first\"",
        "udp $VM:40000 > $CONSUMER ip.mf size 0",
        "udp $VM:40000 > $CONSUMER ip.frag=185 payload \"later\"",
        "udp $VM:40000 > $CONSUMER ip.frag=8191 ip.mf",
        "tcp $VM:40000 > $CONSUMER ip.frag=1 flags S payload \"later\"",
        "icmp $VM > $GW echo-request ip.mf",
        "udp $VM:40000 > $CONSUMER ip.ttl=0",
        "udp $VM:40000 > $CONSUMER ip.proto=132",
        "udp $VM:40000 > $CONSUMER ip.cksum=bad",
        "udp $VM:40000 > $CONSUMER ip.cksum=0",
        "udp $VM:40000 > $CONSUMER ip.cksum=bad udp.cksum=bad",
        "udp $VM:40000 > $CONSUMER ip.opt=0101",
        "udp $VM:40000 > $CONSUMER ip.opt=830704c612000700",
        "tcp $VM:40000 > $T:443 ip.opt=01010101 tcp.opt=020405b4 flags S",
        "udp $VM:40000 > $CONSUMER udp.len=0",
        "udp $VM:40000 > $CONSUMER udp.len=7",
        "udp $VM:40000 > $CONSUMER udp.len=8 payload \"none of it\"",
        "udp $VM:40000 > $CONSUMER udp.len=12 payload \"some of it\"",
        "udp $VM:40000 > $CONSUMER udp.len=2000 payload \"more than it\"",
        "udp $VM:40000 > $CONSUMER udp.cksum=bad",
        "udp $VM:40000 > $CONSUMER udp.cksum=none",
        "udp $VM:40000 > $CONSUMER udp.cksum=0x1234",
        "udp $VM:137 > 192.168.100.255:137",
        "udp $VM:5353 > 224.0.0.251:5353 ip.ttl=255",
        "tcp $VM:4000 > $T:443",
        "tcp $VM:4000 > $T:443 flags S",
        "tcp $VM:4000 > $T:443 flags none",
        "tcp $VM:4000 > $T:443 flags FSRPAUEC",
        "tcp $VM:4000 > $T:443 flags A tcp.seq=4294967295 tcp.ack=7 tcp.win=0 tcp.urg=3",
        "tcp $VM:4000 > $T:443 tcp.off=4 payload \"x\"",
        "tcp $VM:4000 > $T:443 tcp.off=15 payload \"x\"",
        "tcp $VM:4000 > $T:443 tcp.off=6 payload \"four more\"",
        "tcp $VM:4000 > $T:443 tcp.cksum=bad",
        "tcp $VM:4000 > $T:443 tcp.opt=020405b40402080a",
        "tcp $VM:4000 > $T:443 tcp.opt=0101050a,$ACK+100,$ACK+200",
        "icmp $VM > $GW echo-request",
        "icmp $VM > $GW echo-request payload \"\" icmp.id=7 icmp.seq=65535",
        "icmp $VM > $GW echo-reply icmp.cksum=bad",
        "icmp $VM > $T unreachable code 3 carrying udp $T:53 > $VM:4000",
        "icmp $VM > $T unreachable code 4 carrying udp $T:53 > $VM:4000 payload \"\"",
        "icmp $VM > $GW redirect icmp.gw=$T carrying udp $T:53 > $VM:4000",
        "icmp $VM > $T time-exceeded size 28 carrying tcp $T:53 > $VM:4000",
        "icmp $VM > $T timestamp",
        "icmp $VM > $T address-mask",
        "icmp $VM > 224.0.0.2 router-solicit",
        "icmp $VM > $T type 200 code 9 hex \"00\"",
        "arp who-has $GW tell $VM",
        "arp who-has $GW tell 0.0.0.0",
        "arp reply $GW is-at 02:00:00:00:00:01 tell $VM",
        "arp who-has $GW tell $VM arp.htype=6 arp.hlen=8 arp.plen=16 arp.ptype=0x86dd",
        "arp who-has $GW tell $VM arp.op=3 arp.sha=02:00:00:00:00:77 arp.tha=ff:ff:ff:ff:ff:ff",
        "arp who-has $GW tell $VM vlan=3 eth.pad=18",
        "arp who-has $GW tell $VM eth.cut=40",
        "dhcp discover",
        "dhcp discover dhcp.xid=7 dhcp.broadcast dhcp.chaddr=02:00:00:00:00:42",
        "dhcp request",
        "dhcp request $VM:68 > $GW:67 dhcp.ciaddr=$VM",
        "dhcp request dhcp.requested=192.168.100.77 dhcp.server=$CONSUMER",
        "dhcp request $VM:68 > $T:67",
        "dhcp offer dhcp.yiaddr=$VM dhcp.mask=255.255.0.0 dhcp.router=$T dhcp.lease=60",
        "dhcp offer dhcp.yiaddr=$VM dhcp.router=$T dhcp.dns=$GW",
        "dhcp ack",
        "dhcp nak",
        "dhcp decline",
        "dhcp release",
        "dhcp inform",
        "dhcp type 13",
        "dhcp discover dhcp.noend",
        "dhcp discover dhcp.cookie=0",
        "dhcp discover dhcp.opt=0c0561",
        "dhcp discover dhcp.opt=0cff61",
        "dhcp discover udp.cksum=bad ip.ttl=1",
        "dhcp discover ip.mf",
        "ip4 $VM > $T proto 47 hex \"00000800\"",
        "ip4 $VM > $T proto 255 payload \"raw\"",
        "ip4 $VM > $T proto 17 hex \"0001\"",
        "ip4 $VM > $T proto 6 payload \"not a segment at all, though it is long\"",
        "ip4 $VM > $T carrying udp $VM:1 > $CONSUMER",
        "ip4 $VM > $T carrying udp6 [fe80::2]:1 > [2001:db8::1]:53",
        "ip4 $VM > $T proto 47 carrying tcp $VM:1 > $T:80 flags S",
        "ip4 $VM > $T proto 47 carrying icmp6 fe80::2 > 2001:db8::1 echo-request",
        "ip4 $VM > $T carrying udp $VM:1 > $CONSUMER udp.cksum=bad ip.ttl=0",
        "udp $VM:4789 > $T:4789 carrying udp $VM:1 > $CONSUMER",
        "igmp $VM > 224.0.0.22 hex \"2200f9fd000000010400000000000000\" ip.ttl=1 ip.opt=94040000",
        "udp6 [fe80::2]:546 > [ff02::1:2]:547",
        "udp6 [fe80::2]:546 > [ff02::1:2]:547 udp.cksum=none",
        "udp6 [fe80::2]:546 > [ff02::1:2]:547 udp.cksum=bad ip6.hop=1",
        "udp6 [fe80::2]:1 > [2001:db8::1]:53 dns AAAA leak.test",
        "tcp $VM:1 > $T:2 flags A tcp.seq=$SEQ tcp.ack=$ACK+5 size 0",
        "udp6 [fe80::2]:1 > [2001:db8::1]:53 ip6.ext=1100010400000000",
        "udp6 [fe80::2]:1 > [2001:db8::1]:53 ip6.ext=1100000112345678 ip6.next=44",
        "udp6 [fe80::2]:1 > [2001:db8::1]:53 ip6.ext=1100000012345678 ip6.next=44",
        "udp6 [fe80::2]:1 > [2001:db8::1]:53 ip6.ext=11ff",
        "udp6 [fe80::2]:1 > [2001:db8::1]:53 ip6.next=59",
        "udp6 [fe80::2]:1 > [2001:db8::1]:53 ip6.next=0",
        "udp6 [fe80::2]:1 > [2001:db8::1]:53 ip6.len=0",
        "udp6 [fe80::2]:1 > [2001:db8::1]:53 ip6.len=10",
        "udp6 [fe80::2]:1 > [2001:db8::1]:53 ip6.len=65535 payload \"a\"",
        "udp6 [fe80::2]:1 > [2001:db8::1]:53 ip6.ver=4",
        "tcp6 [fe80::2]:1 > [::ffff:203.0.113.50]:80 flags S",
        "tcp6 [fe80::2]:1 > [2001:db8::1]:80 flags S tcp.cksum=bad tcp.opt=01",
        "icmp6 fe80::2 > ff02::2 rs",
        "icmp6 :: > ff02::2 rs",
        "icmp6 fe80::2 > ff02::1 ra",
        "icmp6 fe80::2 > ff02::1:ff00:1 ns",
        "icmp6 :: > ff02::1:ff12:3456 ns",
        "icmp6 fe80::2 > fe80::1 ns nd.target=2001:db8::9",
        "icmp6 fe80::2 > ff02::1 na",
        "icmp6 fe80::2 > ff02::16 mld",
        "icmp6 fe80::2 > ff02::16 mld nd.target=ff02::fb",
        "icmp6 fe80::2 > fe80::1 redirect",
        "icmp6 [fe80::2] > [2001:db8::1] echo-request size 1000",
        "icmp6 fe80::2 > fe80::1 type 200 code 1 icmp.cksum=bad",
        "icmp6 fe80::2 > fe80::1 unreachable carrying udp6 [fe80::1]:1 > [fe80::2]:2",
        "ip6 fe80::2 > fe80::1 proto 89 hex \"0201\"",
        "ip6 fe80::2 > fe80::1 carrying udp $VM:1 > $CONSUMER",
        "ip6 fe80::2 > fe80::1 proto 17 hex \"00\"",
        "eth 0x88cc hex \"0207\"",
        "eth 0x888e payload \"eapol\" vlan=4",
        "eth 0x0800 hex \"45\"",
        "eth 0x0806 hex \"0001\"",
        "eth 0x86dd payload \"\"",
        "eth 0x0002 hex \"4242\"",
        "eth 0x88b5 llc payload \"x\"",
        "eth 0x88cc eth.cut=13 payload \"x\"",
        "raw hex \"ffffffffffff525400123456080045\"",
        "raw hex \"ff\"",
        "raw hex \"ffffffffffff525400123456080045\" eth.cut=3",
};

#define EXAMPLES (sizeof(examples) / sizeof(examples[0]))

static void words_match_the_frame_they_describe(void **state)
{
	uint8_t frame[FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < EXAMPLES; i++) {
		size_t len = test_build(examples[i], frame);

		if (!test_match(examples[i], frame, len)) {
			struct seen s;
			char line[DECODE_LINE];

			decode(frame, len, &s);
			fail_msg("%s\n does not match itself: %s", examples[i],
			         decode_line(&s, line));
		}
	}
}

struct pair {
	const char *frame, *pattern;
};

static void open_fields_match_anything(void **state)
{
	static const struct pair pairs[] = {
	        {"udp $VM:40000 > $CONSUMER", "udp * > *"},
	        {"udp $VM:40000 > $CONSUMER", "udp *:40000 > *"},
	        {"udp $VM:40000 > $CONSUMER", "udp $VM:* > $CONSUMER"},
	        {"udp $VM:40000 > $CONSUMER", "ip4 * > $CONSUMER"},
	        {"udp $VM:40000 > $CONSUMER", "ip4 $VM > * proto 17"},
	        {"udp $VM:40000 > $CONSUMER", "eth 0x0800"},
	        {"udp $VM:40000 > $CONSUMER", "udp * > * size 13"},
	        {"udp $VM:40000 > $CONSUMER", "udp * > * payload \"gauntlet-5f1c\""},
	        {"udp $PROVIDER:43211 > $CONSUMER", "udp $NAT > $CONSUMER"},
	        {"tcp $VM:1 > $T:2 flags SA", "tcp $VM:1 > $T:2"},
	        {"icmp $VM > $GW echo-request", "icmp $VM > $GW"},
	        {"icmp $VM > $GW unreachable code 3", "icmp * > $GW unreachable"},
	        {"arp who-has $GW tell $VM", "arp"},
	        {"arp who-has $GW tell $VM", "arp who-has *"},
	        {"arp reply $GW is-at 02:00:00:00:00:01 tell $VM", "arp reply $GW is-at * tell *"},
	        {"dhcp offer", "dhcp"},
	        {"dhcp offer", "dhcp offer * > *:68"},
	        {"dhcp offer", "udp *:67 > *:68"},
	        {"udp6 [fe80::2]:1 > [fe80::1]:2", "udp6 * > *:2"},
	        {"icmp6 fe80::2 > ff02::2 rs", "ip6 fe80::2 > * proto 58"},
	        {"icmp6 fe80::2 > ff02::2 rs", "run \"true\" sends icmp6 * > *"},
	};
	uint8_t frame[FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		size_t len = test_build(pairs[i].frame, frame);
		bool run = strncmp(pairs[i].pattern, "run", 3) == 0;
		struct recipe r = test_parse(pairs[i].pattern, !run);
		struct seen s;

		decode(frame, len, &s);
		if (!match(&r, &test_vars, &s))
			fail_msg("%s does not match %s", pairs[i].pattern, pairs[i].frame);
		recipe_free(&r);
	}
}

static void one_difference_is_enough_not_to_match(void **state)
{
	static const struct pair pairs[] = {
	        {"udp $VM:40000 > $CONSUMER", "udp $VM:40001 > $CONSUMER"},
	        {"udp $VM:40000 > $CONSUMER", "udp $VM:40000 > $CONSUMER:51901"},
	        {"udp $VM:40000 > $CONSUMER", "udp $GW:40000 > $CONSUMER"},
	        {"udp $VM:40000 > $CONSUMER", "tcp $VM:40000 > $CONSUMER"},
	        {"udp $VM:40000 > $CONSUMER", "udp $NAT > $CONSUMER"},
	        {"udp $VM:40000 > $CONSUMER payload \"a\"", "udp * > * payload \"b\""},
	        {"udp $VM:40000 > $CONSUMER payload \"ab\"", "udp * > * payload \"a\""},
	        {"udp $VM:40000 > $CONSUMER payload \"a\"", "udp * > * payload \"ab\""},
	        {"udp $VM:40000 > $CONSUMER payload \"a\"", "udp * > * size 2"},
	        {"udp $VM:40000 > $CONSUMER payload \"a\"", "udp * > * payload \"b\" ip.ihl=5"},
	        {"udp $VM:40000 > $CONSUMER udp.cksum=bad", "udp * > * ip.ihl=5"},
	        {"udp $VM:40000 > $CONSUMER ip.opt=01010100 payload \"a\"",
	         "udp * > * payload \"b\" ip.opt=01010100 ip.ihl=6"},
	        {"udp $VM:40000 > $CONSUMER vlan=1", "udp * > *"},
	        {"udp $VM:40000 > $CONSUMER", "udp * > * vlan=1"},
	        {"udp $VM:40000 > $CONSUMER vlan=1 vlan=2", "udp * > * vlan=2 vlan=1"},
	        {"udp $VM:40000 > $CONSUMER vlan=1", "udp * > * qinq=1"},
	        {"udp $VM:40000 > $CONSUMER llc", "udp * > *"},
	        {"udp $VM:40000 > $CONSUMER", "udp * > * llc"},
	        {"udp $VM:40000 > $CONSUMER udp.cksum=bad", "udp * > *"},
	        {"udp $VM:40000 > $CONSUMER udp.cksum=bad", "udp * > * ip.cksum=bad"},
	        {"udp $VM:40000 > $CONSUMER ip.cksum=bad", "udp * > * udp.cksum=bad"},
	        {"udp $VM:40000 > $CONSUMER", "udp * > * udp.cksum=bad"},
	        {"udp $VM:40000 > $CONSUMER udp.cksum=bad", "ip4 * > *"},
	        {"udp $VM:40000 > $CONSUMER udp.cksum=bad", "eth 0x0800"},
	        {"udp $VM:40000 > $CONSUMER ip.mf", "udp * > *"},
	        {"udp $VM:40000 > $CONSUMER ip.mf", "udp * > * udp.len=0"},
	        {"udp $VM:40000 > $CONSUMER ip.mf", "udp * > * ip.len=24"},
	        {"udp $VM:40000 > $CONSUMER size 1472", "tcp $VM:40000 > * ip.len=1500"},
	        {"udp $VM:40000 > $CONSUMER ip.mf", "udp $VM:40001 > * ip.mf"},
	        {"udp $VM:40000 > $CONSUMER ip.mf", "tcp * > * ip.mf"},
	        {"udp $VM:40000 > $CONSUMER ip.len=0", "udp * > *"},
	        {"udp $VM:40000 > $CONSUMER ip.ttl=3", "udp * > * ip.ttl=4"},
	        {"udp $VM:40000 > $CONSUMER ip.df=0", "udp * > * ip.df"},
	        {"udp $VM:40000 > $CONSUMER eth.type=0x86dd", "udp * > *"},
	        {"udp $VM:40000 > $CONSUMER eth.type=0x86dd", "udp $GW:* > * eth.type=0x86dd"},
	        {"udp $VM:40000 > $CONSUMER eth.pad=4", "udp * > * eth.pad=3"},
	        {"udp $VM:40000 > $CONSUMER", "udp * > * eth.src=02:00:00:00:00:01"},
	        {"tcp $VM:1 > $T:2 flags S", "tcp $VM:1 > $T:2 flags SA"},
	        {"tcp $VM:1 > $T:2 tcp.seq=9", "tcp $VM:1 > $T:2 tcp.seq=8"},
	        {"tcp $VM:1 > $T:2 tcp.opt=0101", "tcp $VM:1 > $T:2 tcp.opt=0102"},
	        {"tcp $VM:1 > $T:2 tcp.opt=0000138901", "tcp $VM:1 > $T:2 tcp.opt=$SEQ,01"},
	        {"tcp $VM:1 > $T:2 tcp.seq=5001", "tcp $VM:1 > $T:2 tcp.seq=$SEQ"},
	        {"icmp $VM > $GW echo-request", "icmp $VM > $GW echo-reply"},
	        {"icmp $VM > $GW unreachable code 3", "icmp $VM > $GW unreachable code 1"},
	        {"arp who-has $GW tell $VM", "arp reply $GW"},
	        {"arp who-has $GW tell $VM", "arp who-has $VM"},
	        {"arp reply $GW is-at 02:00:00:00:00:02 tell $VM",
	         "arp reply $GW is-at 02:00:00:00:00:01 tell *"},
	        {"dhcp offer", "dhcp ack"},
	        {"dhcp discover", "dhcp discover dhcp.noend"},
	        {"dhcp offer dhcp.lease=60", "dhcp offer dhcp.lease=61"},
	        {"dhcp discover dhcp.xid=1", "dhcp discover dhcp.xid=2"},
	        {"udp $VM:68 > 255.255.255.255:67", "dhcp"},
	        {"ip4 $VM > $T carrying udp $VM:1 > $CONSUMER",
	         "ip4 $VM > $T carrying udp $VM:2 > $CONSUMER"},
	        {"ip4 $VM > $T proto 47 hex \"00\"", "ip4 * > * proto 50"},
	        {"udp6 [fe80::2]:1 > [fe80::1]:2", "udp6 [fe80::3]:1 > *"},
	        {"udp6 [fe80::2]:1 > [fe80::1]:2", "udp * > *"},
	        {"icmp6 fe80::2 > ff02::2 rs", "icmp6 * > * ra"},
	        {"eth 0x88cc hex \"0207\"", "eth 0x88cd"},
	        {"eth 0x88cc hex \"0207\"", "eth 0x88cc hex \"0208\""},
	        {"raw hex \"0102\"", "raw hex \"0103\""},
	};
	uint8_t frame[FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		size_t len = test_build(pairs[i].frame, frame);

		if (test_match(pairs[i].pattern, frame, len))
			fail_msg("%s matches %s", pairs[i].pattern, pairs[i].frame);
	}
}

/* Would the frame of `words` count as an answer to `question`? */
static bool answers(const char *question, const char *words)
{
	struct recipe r = test_parse(question, false);
	uint8_t frame[FRAME_MAX];
	struct recipe pattern;
	struct seen s;
	bool result;

	decode(frame, test_build(words, frame), &s);
	assert_true(recipe_answer(&r, &pattern));
	result = match(&pattern, &test_vars, &s);
	recipe_free(&r);
	return result;
}

static void an_answer_is_recognised(void **state)
{
	(void)state;
	assert_true(answers("arp who-has $GW tell $VM",
	                    "arp reply $GW is-at 02:00:00:00:00:01 tell $VM"));
	assert_true(
	        answers("icmp $VM > $GW echo-request", "icmp $GW > $VM echo-reply payload \"x\""));
	assert_true(answers("udp $VM:1 > $T:2", "udp $T:2 > $VM:1"));
	assert_true(answers("udp $VM:1 > $T:2 vlan=5", "udp $T:2 > $VM:1"));
	assert_true(answers("udp $VM:1 > $T:2 vlan=5", "udp $T:2 > $VM:1 vlan=5"));
	assert_true(answers("tcp $VM:1 > $T:2 flags S", "tcp $T:2 > $VM:1 flags SA"));
	assert_true(answers("dhcp discover", "dhcp offer"));
	assert_true(answers("dhcp discover dhcp.xid=9", "dhcp offer dhcp.xid=9"));
	assert_true(answers("icmp6 fe80::2 > ff02::1:ff00:1 ns", "icmp6 fe80::1 > fe80::2 na"));
	assert_true(answers("run \"ping -c1 8.8.8.8\" sends icmp $VM > 8.8.8.8",
	                    "icmp 8.8.8.8 > $VM echo-reply"));
}

static void what_is_no_answer_is_not_taken_for_one(void **state)
{
	(void)state;
	assert_false(answers("arp who-has $GW tell $VM", "arp reply $T tell $VM"));
	assert_false(answers("icmp $VM > $GW echo-request", "icmp $T > $VM echo-reply"));
	assert_false(answers("udp $VM:1 > $T:2", "udp $T:3 > $VM:1"));
	assert_false(answers("tcp $VM:1 > $T:2 flags S", "tcp $T:2 > $VM:1 flags RA"));
	assert_false(answers("dhcp discover", "dhcp request"));
	assert_false(answers("dhcp discover dhcp.xid=9", "dhcp offer dhcp.xid=8"));
}

static void nothing_answers_what_asks_for_nothing(void **state)
{
	static const char *const words[] = {
	        "arp reply $GW tell $VM",
	        "icmp $VM > $GW redirect",
	        "eth 0x88cc",
	        "raw hex \"00\"",
	        "dhcp offer",
	        "ip4 $VM > $T proto 47",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct recipe r = test_parse(words[i], false);
		struct recipe pattern;

		assert_false(recipe_answer(&r, &pattern));
		recipe_free(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(words_match_the_frame_they_describe),
	        cmocka_unit_test(open_fields_match_anything),
	        cmocka_unit_test(one_difference_is_enough_not_to_match),
	        cmocka_unit_test(an_answer_is_recognised),
	        cmocka_unit_test(what_is_no_answer_is_not_taken_for_one),
	        cmocka_unit_test(nothing_answers_what_asks_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
