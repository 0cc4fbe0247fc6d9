/* SPDX-License-Identifier: ISC */
/* detect_test.c: what may leave a provider, what its kernel says by itself, and every way around that we know of. */
#include "harness/recipe_test.h"

#include "bytes/guard.h"
#include "harness/detect.h"

#define MS UINT64_C(1000000)

static const struct frame_link out_link = {{2, 0, 0, 0, 1, 0x64}, {2, 0, 0, 0, 1, 1}};
static const struct frame_link in_link = {{2, 0, 0, 0, 1, 1}, {2, 0, 0, 0, 1, 0x64}};
static const struct detect_host host = {.ip = LAB_PROVIDER_IP,
                                        .mac = {2, 0, 0, 0, 1, 0x64},
                                        .router_ip = LAB_ROUTER_IP,
                                        .router_mac = {2, 0, 0, 0, 1, 1}};
static const struct oracle policy = {
        .mode = ORACLE_DIRECT, /* which is not looked at */
        .allow_count = 2,
        .allow = {{.id = "consumer", .proto = 17, .ip = LAB_CONSUMER_IP, .port = 51900},
                  {.id = "web", .proto = 6, .ip = LAB_CONSUMER_IP, .port = 7001}}};

struct bed {
	struct detect d;
	uint64_t t_ns;
	enum detect_way out, in;
	uint8_t frame[FRAME_MAX];
	size_t len;
};

static int set_up(void **state)
{
	struct bed *b = test_calloc(1, sizeof(*b));

	detect_init(&b->d, &policy, &host);
	b->in = DETECT_IN;
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	test_free(*state);
	return 0;
}

static void build(struct bed *b, const struct frame_link *link, const char *words)
{
	struct recipe r = test_parse(words, false);
	char why[160] = "";

	b->len = frame_build(&r, &test_vars, link, b->frame, why);
	if (!b->len)
		fail_msg("%s: %s", words, why);
	recipe_free(&r);
}

/* Shows b->frame, at an unreadable page, a millisecond later. */
static struct detect_finding show(struct bed *b, enum detect_way way)
{
	struct guard g = guard_copy(b->frame, b->len);
	struct detect_finding f = detect_frame(&b->d, way, b->t_ns += MS, g.p, g.n);

	guard_free(&g);
	return f;
}

static struct detect_finding leaves(struct bed *b, const char *words)
{
	build(b, &out_link, words);
	return show(b, b->out);
}

static void comes_in(struct bed *b, const char *words)
{
	build(b, &in_link, words);
	assert_int_equal(show(b, b->in).verdict, DETECT_CAME_IN);
}

static void expect_allowed(struct bed *b, const char *words, const char *rule)
{
	struct detect_finding f = leaves(b, words);

	if (f.verdict != DETECT_ALLOWED)
		fail_msg("%s: %s", words, detect_reason_name(f.reason));
	assert_string_equal(f.rule, rule);
	assert_int_equal(f.reason, DETECT_FINE);
}

static void expect_benign(struct bed *b, const char *words)
{
	struct detect_finding f = leaves(b, words);

	if (f.verdict != DETECT_BENIGN)
		fail_msg("%s: %s %s", words, detect_verdict_name(f.verdict),
		         detect_reason_name(f.reason));
	assert_null(f.rule);
}

static void expect_violation(struct bed *b, const char *words, enum detect_reason reason)
{
	struct detect_finding f = leaves(b, words);

	if (f.verdict != DETECT_VIOLATION || f.reason != reason)
		fail_msg("%s: %s %s, not %s", words, detect_verdict_name(f.verdict),
		         detect_reason_name(f.reason), detect_reason_name(reason));
}

static void what_the_policy_names_is_allowed(void **state)
{
	struct bed *b = *state;

	expect_allowed(b, "udp $PROVIDER:40000 > $CONSUMER", "consumer");
	expect_allowed(b, "udp $PROVIDER:1 > $CONSUMER payload \"\" eth.pad=0", "consumer");
	expect_allowed(b, "udp $PROVIDER:65535 > $CONSUMER udp.cksum=none size 1472", "consumer");
	expect_allowed(b, "tcp $PROVIDER:40000 > 203.0.113.50:7001", "web");
	expect_allowed(b, "tcp $PROVIDER:40000 > 203.0.113.50:7001 flags PA payload \"x\"", "web");
	expect_allowed(b, "tcp $PROVIDER:40000 > 203.0.113.50:7001 flags R", "web");
	assert_int_equal(b->d.frames, 6);
	assert_int_equal(b->d.count[DETECT_ALLOWED], 6);
}

/* Each is an allowed datagram in everything but one thing. */
static const struct {
	const char *words;
	enum detect_reason reason;
} evasions[] = {
        {"udp $PROVIDER:40000 > $T:51900", DETECT_TUPLE},
        {"udp $PROVIDER:40000 > 203.0.113.51:51900", DETECT_TUPLE},
        {"udp $PROVIDER:40000 > 203.0.113.50:51901", DETECT_TUPLE},
        {"udp $PROVIDER:40000 > 203.0.113.50:7001", DETECT_TUPLE},
        {"tcp $PROVIDER:40000 > $CONSUMER", DETECT_TUPLE},
        {"tcp $PROVIDER:40000 > $T:443", DETECT_TUPLE},
        {"udp $PROVIDER:40000 > $T:53 dns A leak.test", DETECT_TUPLE},
        {"udp $PROVIDER:67 > 203.0.113.50:68", DETECT_TUPLE},
        {"udp $PROVIDER:0 > $CONSUMER", DETECT_PORT},
        {"tcp $PROVIDER:0 > 203.0.113.50:7001", DETECT_PORT},
        {"udp $PROVIDER:40000 > $CONSUMER ip.mf", DETECT_FRAGMENT},
        {"udp $PROVIDER:40000 > $CONSUMER ip.frag=1", DETECT_FRAGMENT},
        {"udp $PROVIDER:40000 > $CONSUMER ip.opt=01010101", DETECT_OPTIONS},
        {"udp $PROVIDER:40000 > $CONSUMER ip.opt=94040000", DETECT_OPTIONS},
        {"udp $VM:40000 > $CONSUMER", DETECT_SOURCE},
        {"udp 192.168.1.101:40000 > $CONSUMER", DETECT_SOURCE},
        {"udp $CONSUMER > $CONSUMER", DETECT_SOURCE},
        {"udp $PROVIDER:40000 > $CONSUMER eth.src=52:54:00:12:34:56", DETECT_SOURCE_MAC},
        {"udp $PROVIDER:40000 > $CONSUMER eth.src=02:00:00:00:01:65", DETECT_SOURCE_MAC},
        {"udp $PROVIDER:40000 > $CONSUMER eth.src=02:00:00:00:01:01", DETECT_SOURCE_MAC},
        {"udp $PROVIDER:40000 > $CONSUMER eth.dst=02:00:00:00:01:02", DETECT_DESTINATION_MAC},
        {"udp $PROVIDER:40000 > $CONSUMER eth.dst=ff:ff:ff:ff:ff:ff", DETECT_DESTINATION_MAC},
        {"udp $PROVIDER:5353 > 224.0.0.251:5353", DETECT_DESTINATION_MAC},
        {"udp $PROVIDER:40000 > $CONSUMER vlan=7", DETECT_VLAN},
        {"udp $PROVIDER:40000 > $CONSUMER vlan=0", DETECT_VLAN},
        {"udp $PROVIDER:40000 > $CONSUMER qinq=1 vlan=2", DETECT_VLAN},
        {"udp $PROVIDER:40000 > $CONSUMER llc", DETECT_ETHERTYPE},
        {"udp $PROVIDER:40000 > $CONSUMER eth.type=0x88b5", DETECT_ETHERTYPE},
        {"udp $PROVIDER:40000 > $CONSUMER eth.type=0x86dd", DETECT_IPV6},
        {"udp6 [fd00:1::100]:40000 > [2001:db8::1]:51900", DETECT_IPV6},
        {"icmp6 fe80::1 > ff02::2 rs", DETECT_IPV6},
        {"udp $PROVIDER:40000 > $CONSUMER eth.pad=1", DETECT_TRAILER},
        {"udp $PROVIDER:40000 > $CONSUMER size 100 eth.pad=1", DETECT_TRAILER},
        {"udp $PROVIDER:40000 > $CONSUMER ip.cksum=bad", DETECT_MALFORMED},
        {"udp $PROVIDER:40000 > $CONSUMER udp.cksum=bad", DETECT_MALFORMED},
        {"udp $PROVIDER:40000 > $CONSUMER udp.len=9", DETECT_MALFORMED},
        {"udp $PROVIDER:40000 > $CONSUMER ip.len=2000", DETECT_MALFORMED},
        {"udp $PROVIDER:40000 > $CONSUMER ip.ihl=4", DETECT_MALFORMED},
        {"udp $PROVIDER:40000 > $CONSUMER ip.ver=6", DETECT_MALFORMED},
        {"udp $PROVIDER:40000 > $CONSUMER ip.rsv", DETECT_MALFORMED},
        {"udp $PROVIDER:40000 > $CONSUMER eth.cut=37", DETECT_MALFORMED},
        {"udp $PROVIDER:40000 > $CONSUMER eth.cut=13", DETECT_MALFORMED},
        {"udp $PROVIDER:40000 > $CONSUMER ip.proto=6", DETECT_MALFORMED},
        {"ip4 $PROVIDER > 203.0.113.50 proto 47", DETECT_PROTOCOL},
        {"ip4 $PROVIDER > 203.0.113.50 proto 132", DETECT_PROTOCOL},
        {"ip4 $PROVIDER > 203.0.113.50 proto 4", DETECT_PROTOCOL},
        {"icmp $PROVIDER > $T echo-request", DETECT_ICMP},
        {"icmp $PROVIDER > 203.0.113.50 echo-request", DETECT_ICMP},
        {"icmp $PROVIDER > 203.0.113.50 echo-reply", DETECT_ICMP},
        {"icmp $PROVIDER > 203.0.113.50 time-exceeded carrying udp $CONSUMER > $PROVIDER:4000",
         DETECT_ICMP},
        {"icmp $PROVIDER > 203.0.113.50 unreachable code 3 carrying udp $CONSUMER > "
         "$PROVIDER:4000",
         DETECT_ICMP},
        {"arp who-has 192.168.1.7 tell $PROVIDER", DETECT_ARP},
        {"arp who-has $ROUTER tell 192.168.1.7", DETECT_ARP},
        {"arp who-has $ROUTER tell $PROVIDER arp.sha=52:54:00:12:34:56", DETECT_ARP},
        {"arp who-has $ROUTER tell $PROVIDER arp.tha=72:6f:67:75:65:21", DETECT_ARP},
        {"arp who-has $ROUTER tell $PROVIDER eth.dst=02:00:00:00:01:02", DETECT_ARP},
        {"arp who-has $PROVIDER tell 192.168.1.7", DETECT_ARP},
        {"arp who-has $PROVIDER tell $PROVIDER eth.dst=02:00:00:00:01:01", DETECT_ARP},
        {"arp who-has $ROUTER tell $PROVIDER arp.op=3", DETECT_ARP},
        {"arp who-has $ROUTER tell $PROVIDER arp.ptype=0x86dd", DETECT_MALFORMED},
        {"arp who-has $ROUTER tell $PROVIDER eth.pad=18", DETECT_TRAILER},
        {"arp reply $PROVIDER is-at 02:00:00:00:01:64 tell $ROUTER", DETECT_ARP},
};

static void each_evasion_is_found_with_its_reason(void **state)
{
	struct bed *b = *state;

	for (size_t i = 0; i < sizeof(evasions) / sizeof(evasions[0]); i++)
		expect_violation(b, evasions[i].words, evasions[i].reason);
	assert_int_equal(b->d.count[DETECT_VIOLATION], sizeof(evasions) / sizeof(evasions[0]));
	assert_int_equal(b->d.count[DETECT_ALLOWED] + b->d.count[DETECT_BENIGN], 0);
}

static void each_evasion_is_found_by_the_macs_alone(void **state)
{
	struct bed *b = *state;

	b->out = b->in = DETECT_EITHER;
	for (size_t i = 0; i < sizeof(evasions) / sizeof(evasions[0]); i++)
		expect_violation(b, evasions[i].words, evasions[i].reason);
}

static void a_frame_from_the_routers_mac_came_in_only_if_it_is_for_the_provider_or_a_group(
        void **state)
{
	struct bed *b = *state;

	b->in = DETECT_EITHER;
	comes_in(b, "udp $T:1 > $PROVIDER:2");
	comes_in(b, "udp $T:1 > $PROVIDER:2 eth.dst=ff:ff:ff:ff:ff:ff");
	build(b, &in_link, "udp $PROVIDER:1 > $CONSUMER eth.dst=02:00:00:00:01:02");
	assert_int_equal(show(b, DETECT_EITHER).reason, DETECT_SOURCE_MAC);
	build(b, &in_link, "udp $T:1 > $PROVIDER:2 eth.src=02:00:00:00:01:02");
	assert_int_equal(show(b, DETECT_EITHER).reason, DETECT_SOURCE_MAC);
}

static void every_truncation_of_an_allowed_datagram_is_malformed(void **state)
{
	struct bed *b = *state;
	size_t whole;

	build(b, &out_link, "udp $PROVIDER:40000 > $CONSUMER");
	whole = b->len;
	for (b->len = 0; b->len < whole; b->len++) {
		struct detect_finding f = show(b, DETECT_OUT);

		assert_int_equal(f.verdict, DETECT_VIOLATION);
		assert_int_equal(f.reason, DETECT_MALFORMED);
	}
	assert_int_equal(show(b, DETECT_OUT).verdict, DETECT_ALLOWED);
}

static void ethernets_padding_is_no_trailer_and_what_hides_in_it_is(void **state)
{
	struct bed *b = *state;

	build(b, &out_link, "udp $PROVIDER:40000 > $CONSUMER payload \"x\"");
	memset(b->frame + b->len, 0, 60);
	b->len = 60;
	assert_int_equal(show(b, DETECT_OUT).verdict, DETECT_ALLOWED);
	b->frame[59] = 1;
	assert_int_equal(show(b, DETECT_OUT).reason, DETECT_TRAILER);
	b->frame[59] = 0;
	b->len = 61;
	assert_int_equal(show(b, DETECT_OUT).reason, DETECT_TRAILER);
}

static void an_empty_allow_list_allows_nothing(void **state)
{
	static const struct oracle nothing = {.mode = ORACLE_FILTERED};
	struct bed *b = *state;

	detect_init(&b->d, &nothing, &host);
	expect_violation(b, "udp $PROVIDER:40000 > $CONSUMER", DETECT_TUPLE);
	expect_violation(b, "udp $PROVIDER:40000 > 0.0.0.0:0", DETECT_TUPLE);
	expect_benign(b, "arp who-has $ROUTER tell $PROVIDER arp.tha=00:00:00:00:00:00");
}

/* ---- the kernel's own noise ---- */

static void arp_for_the_router_and_about_itself_is_benign(void **state)
{
	struct bed *b = *state;

	expect_benign(b, "arp who-has $ROUTER tell $PROVIDER");
	expect_benign(b, "arp who-has $ROUTER tell $PROVIDER eth.dst=02:00:00:00:01:01");
	expect_benign(b, "arp who-has $PROVIDER tell $PROVIDER");
	expect_benign(b, "arp who-has $PROVIDER tell 0.0.0.0");
}

static void an_arp_answer_needs_its_question_and_answers_it_once(void **state)
{
	static const char reply[] = "arp reply $PROVIDER is-at 02:00:00:00:01:64 tell $ROUTER "
	                            "arp.tha=02:00:00:00:01:01";
	struct bed *b = *state;

	expect_violation(b, reply, DETECT_ARP);
	comes_in(b, "arp who-has 192.168.1.7 tell $ROUTER eth.dst=ff:ff:ff:ff:ff:ff");
	expect_violation(b, reply, DETECT_ARP); /* another was asked for */
	comes_in(b, "arp who-has $PROVIDER tell $ROUTER");
	expect_violation(b,
	                 "arp reply $PROVIDER is-at 02:00:00:00:01:64 tell 192.168.1.7 "
	                 "arp.tha=02:00:00:00:01:01",
	                 DETECT_ARP);
	expect_violation(b,
	                 "arp reply $PROVIDER is-at 02:00:00:00:01:64 tell $ROUTER "
	                 "arp.tha=02:00:00:00:01:02",
	                 DETECT_ARP);
	expect_violation(b,
	                 "arp reply $PROVIDER is-at 02:00:00:00:01:64 tell $ROUTER "
	                 "arp.tha=02:00:00:00:01:01 eth.dst=02:00:00:00:01:02",
	                 DETECT_ARP);
	expect_violation(b,
	                 "arp reply 192.168.1.7 is-at 02:00:00:00:01:64 tell $ROUTER "
	                 "arp.tha=02:00:00:00:01:01",
	                 DETECT_ARP);
	expect_benign(b, reply);
	expect_violation(b, reply, DETECT_ARP);
}

static void an_echo_reply_is_the_request_again_once(void **state)
{
	static const char request[] = "icmp $T > $PROVIDER echo-request icmp.id=7 icmp.seq=1 "
	                              "payload \"are you there\"";
	static const char reply[] = "icmp $PROVIDER > $T echo-reply icmp.id=7 icmp.seq=1 "
	                            "payload \"are you there\"";
	struct bed *b = *state;

	comes_in(b, request);
	expect_violation(b, "icmp $PROVIDER > $T echo-reply icmp.id=7 icmp.seq=1 payload \"rogue\"",
	                 DETECT_ICMP);
	expect_violation(b,
	                 "icmp $PROVIDER > $T echo-reply icmp.id=7 icmp.seq=1 "
	                 "payload \"are you therE\"",
	                 DETECT_ICMP);
	expect_violation(b,
	                 "icmp $PROVIDER > $T echo-reply icmp.id=7 icmp.seq=2 "
	                 "payload \"are you there\"",
	                 DETECT_ICMP);
	expect_violation(b,
	                 "icmp $PROVIDER > 198.18.0.8 echo-reply icmp.id=7 icmp.seq=1 "
	                 "payload \"are you there\"",
	                 DETECT_ICMP);
	expect_violation(b,
	                 "icmp $PROVIDER > $T echo-reply code 1 icmp.id=7 icmp.seq=1 "
	                 "payload \"are you there\"",
	                 DETECT_ICMP);
	expect_benign(b, reply);
	expect_violation(b, reply, DETECT_ICMP);
	comes_in(b, "icmp $T > $PROVIDER echo-request code 1 icmp.id=7 icmp.seq=1 "
	            "payload \"are you there\"");
	comes_in(b, "icmp $T > $PROVIDER timestamp icmp.id=7 icmp.seq=1 payload \"are you there\"");
	comes_in(b, "icmp $T > 198.18.0.9 echo-request icmp.id=7 icmp.seq=1 "
	            "payload \"are you there\"");
	comes_in(b, "icmp $T > $PROVIDER echo-request icmp.id=7 icmp.seq=1 "
	            "payload \"are you there\" icmp.cksum=bad");
	comes_in(b, "icmp $T > $PROVIDER echo-request icmp.id=7 icmp.seq=1 "
	            "payload \"are you there\" ip.mf");
	expect_violation(b, reply, DETECT_ICMP);
}

/* The message of `len` bytes in b->frame was changed. */
static void mend_icmp(struct bed *b, size_t len)
{
	uint16_t sum;

	b->frame[36] = b->frame[37] = 0;
	sum = decode_cksum(b->frame + 34, len, 0);
	b->frame[36] = (uint8_t)(sum >> 8);
	b->frame[37] = (uint8_t)sum;
}

static void a_ping_is_remembered_up_to_what_is_kept_of_it(void **state)
{
	struct bed *b = *state;

	comes_in(b, "icmp $T > $PROVIDER echo-request icmp.id=7 icmp.seq=1 size 520");
	expect_benign(b, "icmp $PROVIDER > $T echo-reply icmp.id=7 icmp.seq=1 size 520");
	/* One more, which is 0 as what lies behind what is kept. */
	build(b, &in_link, "icmp $T > $PROVIDER echo-request icmp.id=7 icmp.seq=1 size 521");
	b->frame[b->len - 1] = 0;
	mend_icmp(b, 8 + 521);
	assert_int_equal(show(b, DETECT_IN).verdict, DETECT_CAME_IN);
	build(b, &out_link, "icmp $PROVIDER > $T echo-reply icmp.id=7 icmp.seq=1 size 521");
	b->frame[b->len - 1] = 0;
	mend_icmp(b, 8 + 521);
	assert_int_equal(show(b, DETECT_OUT).reason, DETECT_ICMP);
}

static void an_answer_that_is_late_is_none(void **state)
{
	static const char request[] = "icmp $T > $PROVIDER echo-request icmp.id=7 icmp.seq=1";
	static const char reply[] = "icmp $PROVIDER > $T echo-reply icmp.id=7 icmp.seq=1";
	struct bed *b = *state;

	comes_in(b, request);
	b->t_ns += DETECT_ANSWER_NS - MS;
	expect_benign(b, reply);
	comes_in(b, request);
	b->t_ns += DETECT_ANSWER_NS - MS + 1;
	expect_violation(b, reply, DETECT_ICMP);
	/* And none is one that came before its question, whatever the clock does. */
	comes_in(b, request);
	b->t_ns -= 2 * MS;
	expect_violation(b, reply, DETECT_ICMP);
}

static void an_unreachable_port_quotes_what_came_in(void **state)
{
	static const char error[] = "icmp $PROVIDER > $T unreachable code 3 "
	                            "carrying udp $T:9 > $PROVIDER:99 payload \"hello\"";
	struct bed *b = *state;

	comes_in(b, "udp $T:9 > $PROVIDER:99 payload \"hello\"");
	expect_violation(b,
	                 "icmp $PROVIDER > $T unreachable code 3 "
	                 "carrying udp $T:9 > $PROVIDER:99 payload \"rogue\"",
	                 DETECT_ICMP);
	expect_violation(b,
	                 "icmp $PROVIDER > $T unreachable code 3 "
	                 "carrying udp $T:9 > $PROVIDER:99 payload \"hell\" udp.len=13 ip.len=33",
	                 DETECT_ICMP);
	expect_violation(b,
	                 "icmp $PROVIDER > $T unreachable code 3 icmp.seq=1 "
	                 "carrying udp $T:9 > $PROVIDER:99 payload \"hello\"",
	                 DETECT_ICMP);
	expect_violation(b,
	                 "icmp $PROVIDER > $T unreachable code 1 "
	                 "carrying udp $T:9 > $PROVIDER:99 payload \"hello\"",
	                 DETECT_ICMP);
	expect_violation(b,
	                 "icmp $PROVIDER > $T time-exceeded code 3 "
	                 "carrying udp $T:9 > $PROVIDER:99 payload \"hello\"",
	                 DETECT_ICMP);
	expect_violation(b,
	                 "icmp $PROVIDER > 198.18.0.8 unreachable code 3 "
	                 "carrying udp $T:9 > $PROVIDER:99 payload \"hello\"",
	                 DETECT_ICMP);
	expect_benign(b, error);
	expect_violation(b, error, DETECT_ICMP);
	comes_in(b, "udp $T:9 > 198.18.0.9:99 payload \"hello\"");
	expect_violation(b,
	                 "icmp $PROVIDER > $T unreachable code 3 "
	                 "carrying udp $T:9 > 198.18.0.9:99 payload \"hello\"",
	                 DETECT_ICMP); /* it was another's */
	comes_in(b, "ip4 $T > $PROVIDER proto 132 payload \"hello\"");
	expect_benign(b, "icmp $PROVIDER > $T unreachable code 2 "
	                 "carrying ip4 $T > $PROVIDER proto 132 payload \"hello\"");
	comes_in(b, "icmp $T > $PROVIDER timestamp icmp.id=1");
	expect_violation(b,
	                 "icmp $PROVIDER > $T unreachable code 3 "
	                 "carrying icmp $T > $PROVIDER timestamp icmp.id=1",
	                 DETECT_ICMP); /* RFC 1122: never about ICMP, as far as we need it */
}

static void an_error_quotes_as_much_as_linux_does(void **state)
{
	struct bed *b = *state;
	uint8_t packet[1028];

	comes_in(b, "udp $T:9 > $PROVIDER:99 size 1000");
	memcpy(packet, b->frame + 14, sizeof(packet));
	for (size_t quoted = DETECT_QUOTE - 1; quoted <= DETECT_QUOTE + 1; quoted++) {
		char words[96];

		snprintf(words, sizeof(words), "icmp $PROVIDER > $T unreachable code 3 size %zu",
		         quoted);
		build(b, &out_link, words);
		memcpy(b->frame + 14 + 20 + 8, packet, quoted);
		mend_icmp(b, 8 + quoted);
		assert_int_equal(show(b, DETECT_OUT).verdict,
		                 quoted == DETECT_QUOTE ? DETECT_BENIGN : DETECT_VIOLATION);
	}
}

static void a_late_answer_of_the_consumer_gets_its_error_however_many_strangers_ask(void **state)
{
	struct bed *b = *state;

	comes_in(b, "udp $CONSUMER > $PROVIDER:40000 payload \"late\"");
	for (int i = 0; i < 2 * DETECT_ASKED_MAX; i++)
		comes_in(b, "udp $T:9 > $PROVIDER:99");
	expect_benign(b, "icmp $PROVIDER > 203.0.113.50 unreachable code 3 "
	                 "carrying udp $CONSUMER > $PROVIDER:40000 payload \"late\"");
	/* And the other way round. */
	comes_in(b, "udp $T:9 > $PROVIDER:99");
	for (int i = 0; i < 2 * DETECT_ASKED_MAX; i++)
		comes_in(b, "udp $CONSUMER > $PROVIDER:40000");
	expect_benign(b, "icmp $PROVIDER > $T unreachable code 3 carrying udp $T:9 > $PROVIDER:99");
}

static void the_oldest_of_too_many_questions_is_forgotten(void **state)
{
	struct bed *b = *state;
	char words[96];

	for (int i = 0; i <= DETECT_ASKED_MAX; i++) {
		snprintf(words, sizeof(words), "icmp $T > $PROVIDER echo-request icmp.id=%d", i);
		comes_in(b, words);
	}
	expect_violation(b, "icmp $PROVIDER > $T echo-reply icmp.id=0", DETECT_ICMP);
	for (int i = 1; i <= DETECT_ASKED_MAX; i++) {
		snprintf(words, sizeof(words), "icmp $PROVIDER > $T echo-reply icmp.id=%d", i);
		expect_benign(b, words);
	}
}

static void a_reset_answers_a_segment_as_tcp_says(void **state)
{
	struct bed *b = *state;

	comes_in(b, "tcp $T:9 > $PROVIDER:99 flags S tcp.seq=1000 payload \"\"");
	expect_violation(
	        b, "tcp $PROVIDER:99 > $T:9 flags RA tcp.win=0 tcp.seq=0 tcp.ack=1002 payload \"\"",
	        DETECT_TUPLE);
	expect_violation(
	        b, "tcp $PROVIDER:99 > $T:9 flags RA tcp.win=0 tcp.ack=1001 tcp.seq=1 payload \"\"",
	        DETECT_TUPLE);
	expect_violation(
	        b, "tcp $PROVIDER:99 > $T:9 flags R tcp.win=0 tcp.seq=0 tcp.ack=1001 payload \"\"",
	        DETECT_TUPLE);
	expect_violation(
	        b, "tcp $PROVIDER:98 > $T:9 flags RA tcp.win=0 tcp.seq=0 tcp.ack=1001 payload \"\"",
	        DETECT_TUPLE);
	expect_violation(
	        b, "tcp $PROVIDER:99 > $T:8 flags RA tcp.win=0 tcp.seq=0 tcp.ack=1001 payload \"\"",
	        DETECT_TUPLE);
	expect_violation(b,
	                 "tcp $PROVIDER:99 > 198.18.0.8:9 flags RA tcp.win=0 tcp.seq=0 "
	                 "tcp.ack=1001 payload \"\"",
	                 DETECT_TUPLE);
	expect_violation(
	        b, "tcp $PROVIDER:99 > $T:9 flags SA tcp.win=0 tcp.seq=0 tcp.ack=1001 payload \"\"",
	        DETECT_TUPLE);
	expect_violation(
	        b,
	        "tcp $PROVIDER:99 > $T:9 flags RA tcp.win=0 tcp.seq=0 tcp.ack=1001 payload \"x\"",
	        DETECT_TUPLE);
	expect_violation(b,
	                 "tcp $PROVIDER:99 > $T:9 flags RA tcp.win=0 tcp.ack=1001 tcp.opt=01010101 "
	                 "payload \"\"",
	                 DETECT_TUPLE);
	expect_violation(
	        b, "tcp $PROVIDER:99 > $T:9 flags RA tcp.seq=0 tcp.ack=1001 tcp.win=1 payload \"\"",
	        DETECT_TUPLE);
	expect_violation(
	        b,
	        "tcp $PROVIDER:99 > $T:9 flags RA tcp.seq=0 tcp.ack=1001 tcp.win=256 payload \"\"",
	        DETECT_TUPLE);
	expect_violation(b,
	                 "tcp $PROVIDER:99 > $T:9 flags RA tcp.seq=0 tcp.ack=1001 tcp.win=0 "
	                 "tcp.urg=1 payload \"\"",
	                 DETECT_TUPLE);
	build(b, &out_link,
	      "tcp $PROVIDER:99 > $T:9 flags RA tcp.win=0 tcp.seq=0 tcp.ack=1001 payload \"\"");
	b->frame[14 + 20 + 12] |= 1; /* a reserved bit; its checksum is one less then */
	b->frame[14 + 20 + 16] = (uint8_t)(b->frame[14 + 20 + 16] - 1);
	assert_int_equal(show(b, DETECT_OUT).reason, DETECT_TUPLE);
	expect_benign(
	        b,
	        "tcp $PROVIDER:99 > $T:9 flags RA tcp.win=0 tcp.seq=0 tcp.ack=1001 payload \"\"");
	expect_violation(
	        b, "tcp $PROVIDER:99 > $T:9 flags RA tcp.win=0 tcp.seq=0 tcp.ack=1001 payload \"\"",
	        DETECT_TUPLE);

	comes_in(b, "tcp $T:9 > $PROVIDER:99 flags PA tcp.seq=1000 tcp.ack=77 payload \"abc\"");
	expect_violation(b, "tcp $PROVIDER:99 > $T:9 flags R tcp.win=0 tcp.seq=78 payload \"\"",
	                 DETECT_TUPLE);
	expect_violation(b, "tcp $PROVIDER:99 > $T:9 flags RA tcp.win=0 tcp.seq=77 payload \"\"",
	                 DETECT_TUPLE);
	expect_benign(b, "tcp $PROVIDER:99 > $T:9 flags R tcp.win=0 tcp.seq=77 payload \"\"");

	comes_in(b, "tcp $T:9 > $PROVIDER:99 flags FP tcp.seq=1000 size 1200");
	expect_benign(
	        b,
	        "tcp $PROVIDER:99 > $T:9 flags RA tcp.win=0 tcp.seq=0 tcp.ack=2201 payload \"\"");
	comes_in(b, "tcp $T:9 > $PROVIDER:99 flags R tcp.seq=1000 payload \"\"");
	expect_violation(
	        b, "tcp $PROVIDER:99 > $T:9 flags RA tcp.win=0 tcp.seq=0 tcp.ack=1000 payload \"\"",
	        DETECT_TUPLE);
	comes_in(b, "udp $T:9 > $PROVIDER:99");
	expect_violation(b, "tcp $PROVIDER:99 > $T:9 flags RA tcp.win=0 tcp.ack=0 payload \"\"",
	                 DETECT_TUPLE);
}

static void what_is_known_byte_for_byte_is_benign(void **state)
{
	static const char report[] = "icmp6 fe80::1 > ff02::16 mld";
	struct bed *b = *state;
	uint8_t other[DETECT_KNOWN_SIZE + 1] = {0};

	expect_violation(b, report, DETECT_IPV6);
	assert_true(detect_know(&b->d, b->frame, b->len));
	expect_benign(b, report);
	b->frame[b->len - 1] ^= 1;
	assert_int_equal(show(b, DETECT_OUT).reason, DETECT_IPV6);
	b->len++; /* the same, and a byte */
	assert_int_equal(show(b, DETECT_OUT).reason, DETECT_IPV6);
	assert_false(detect_know(&b->d, other, 13));
	assert_false(detect_know(&b->d, other, sizeof(other)));
	assert_true(detect_know(&b->d, other, DETECT_KNOWN_SIZE));
	for (int i = 2; i < DETECT_KNOWN_MAX; i++) {
		other[0] = (uint8_t)i;
		assert_true(detect_know(&b->d, other, 14));
		assert_true(detect_know(&b->d, other, 14)); /* takes no place again */
	}
	other[0] = 1;
	assert_false(detect_know(&b->d, other, 14));
}

static void on_the_provider_itself_transport_checksums_are_not_looked_at(void **state)
{
	struct detect_host near = host;
	struct bed *b = *state;

	near.unfinished = true;
	detect_init(&b->d, &policy, &near);
	expect_allowed(b, "udp $PROVIDER:40000 > $CONSUMER udp.cksum=bad", "consumer");
	expect_allowed(b, "tcp $PROVIDER:40000 > 203.0.113.50:7001 tcp.cksum=bad", "web");
	expect_violation(b, "udp $PROVIDER:40000 > $CONSUMER ip.cksum=bad", DETECT_MALFORMED);
	expect_violation(b, "udp $PROVIDER:40000 > $CONSUMER udp.len=9 udp.cksum=bad",
	                 DETECT_MALFORMED);
	expect_violation(b, "udp $PROVIDER:40000 > $T:9 udp.cksum=bad", DETECT_TUPLE);
}

static void names_and_sentences_are_there_for_all(void **state)
{
	(void)state;
	for (int i = 0; i < DETECT_REASON_COUNT; i++) {
		assert_true(*detect_reason_name((enum detect_reason)i));
		assert_true(*detect_reason_text((enum detect_reason)i));
	}
	assert_string_equal(detect_reason_name(DETECT_REASON_COUNT), "?");
	assert_string_equal(detect_reason_text(DETECT_REASON_COUNT), "?");
	assert_string_equal(detect_verdict_name(DETECT_VIOLATION), "violation");
	assert_string_equal(detect_verdict_name(DETECT_VERDICT_COUNT), "?");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(what_the_policy_names_is_allowed),
	        CASE(each_evasion_is_found_with_its_reason),
	        CASE(each_evasion_is_found_by_the_macs_alone),
	        CASE(a_frame_from_the_routers_mac_came_in_only_if_it_is_for_the_provider_or_a_group),
	        CASE(every_truncation_of_an_allowed_datagram_is_malformed),
	        CASE(ethernets_padding_is_no_trailer_and_what_hides_in_it_is),
	        CASE(an_empty_allow_list_allows_nothing),
	        CASE(arp_for_the_router_and_about_itself_is_benign),
	        CASE(an_arp_answer_needs_its_question_and_answers_it_once),
	        CASE(an_echo_reply_is_the_request_again_once),
	        CASE(a_ping_is_remembered_up_to_what_is_kept_of_it),
	        CASE(an_answer_that_is_late_is_none),
	        CASE(an_unreachable_port_quotes_what_came_in),
	        CASE(an_error_quotes_as_much_as_linux_does),
	        CASE(a_late_answer_of_the_consumer_gets_its_error_however_many_strangers_ask),
	        CASE(the_oldest_of_too_many_questions_is_forgotten),
	        CASE(a_reset_answers_a_segment_as_tcp_says),
	        CASE(what_is_known_byte_for_byte_is_benign),
	        CASE(on_the_provider_itself_transport_checksums_are_not_looked_at),
	        CASE(names_and_sentences_are_there_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
