/* SPDX-License-Identifier: ISC */
/* recipe_test.c: what recipes mean, and what is said about those that mean nothing. */
#include "harness/recipe_test.h"

#define SEQ4 "$SEQ,$SEQ,$SEQ,$SEQ,"
#define HEX8 "0102030405060708"

struct mistake {
	const char *words;
	unsigned column, width;
	const char *text; /* its beginning */
};

static void check_mistakes(const struct mistake *list, size_t count, bool pattern)
{
	for (size_t i = 0; i < count; i++) {
		const struct mistake *m = &list[i];
		struct diag diag;
		struct recipe r;

		if (test_parse_into(m->words, pattern, &diag, &r)) {
			recipe_free(&r);
			fail_msg("accepted: %s", m->words);
		}
		if (!diag.count || diag.errors[0].column != m->column ||
		    diag.errors[0].width != m->width ||
		    strncmp(diag.errors[0].text, m->text, strlen(m->text)) != 0)
			fail_msg("%s\n%u+%u: %s", m->words, diag.errors[0].column,
			         diag.errors[0].width, diag.errors[0].text);
	}
}

#define CHECK_MISTAKES(list, pattern)                                                              \
	check_mistakes((list), sizeof(list) / sizeof((list)[0]), (pattern))

static void a_mistake_is_shown_where_it_stands(void **state)
{
	static const struct mistake mistakes[] = {
	        {"", 1, 1, "a packet, such as udp or arp, is missing"},
	        {"udo $VM:1 > $T:2", 1, 3, "unknown kind of packet 'udo'; did you mean 'udp'?"},
	        {"xyzzy", 1, 5, "unknown kind of packet 'xyzzy'"},
	        {"\"udp\" $VM:1 > $T:2", 1, 5, "unknown kind of packet"},
	        {"udp $VN:1 > $T:2", 5, 3, "unknown variable '$VN'; did you mean '$VM'?"},
	        {"udp $VM > $T:2", 5, 3, "a port is missing: $VM:PORT"},
	        {"udp $VM:x > $T:2", 9, 1, "a port is a number from 0 to 65535"},
	        {"udp $VM:65536 > $T:2", 9, 5, "a port is a number from 0 to 65535"},
	        {"udp 1.2.3:4 > $T:2", 5, 5, "'1.2.3' is not an IPv4 address"},
	        {"udp $VM:1 $T:2", 11, 4, "'>' must stand between source and destination"},
	        {"udp $VM:1", 10, 1, "'>' and the destination is missing"},
	        {"udp $VM:1 >", 12, 1, "the destination is missing"},
	        {"udp * > $T:2", 5, 1, "'*' is for patterns"},
	        {"udp $VM:* > $T:2", 9, 1, "'*' is for patterns"},
	        {"udp $NAT:1 > $T:2", 9, 2, "$NAT is an address with its port already"},
	        {"icmp $VM:1 > $T echo-request", 9, 2, "no port can stand here"},
	        {"udp $VM:1 > $T:2 playload \"x\"", 18, 8,
	         "unknown word 'playload'; did you mean 'payload'?"},
	        {"udp $VM:1 > $T:2 flags S", 18, 5, "'flags' cannot stand here"},
	        {"udp $VM:1 > $T:2 payload \"x\" hex \"00\"", 30, 3, "'hex' is a second body"},
	        {"udp $VM:1 > $T:2 size 1 size 2", 25, 4, "'size' was given before"},
	        {"udp $VM:1 > $T:2 size many", 23, 4, "the size is a number from 0 to 65535"},
	        {"udp $VM:1 > $T:2 hex \"0\"", 22, 3, "not pairs of hexadecimal digits"},
	        {"udp $VM:1 > $T:2 hex \"0g\"", 22, 4, "not pairs of hexadecimal digits"},
	        {"udp $VM:1 > $T:2 payload", 25, 1, "the payload is missing"},
	        {"udp $VM:1 > $T:2 dns TXY a.test", 22, 3,
	         "unknown query type 'TXY'; did you mean 'TXT'?"},
	        {"udp $VM:1 > $T:2 dns A a..test", 24, 7, "a name has labels of 1 to 63 bytes"},
	        {"tcp $VM:1 > $T:2 flags SX", 25, 1, "TCP flags are the letters"},
	        {"icmp $VM > $GW", 15, 1, "the ICMP type: missing"},
	        {"icmp $VM > $GW echo-requst", 16, 11,
	         "unknown word 'echo-requst'; did you mean 'echo-request'?"},
	        {"icmp $VM > $GW type 8 echo-request", 23, 12, "a second type"},
	        {"icmp $VM > $GW type 256", 21, 3, "the type is a number from 0 to 255"},
	        {"arp whohas $GW tell $VM", 5, 6,
	         "unknown ARP operation 'whohas'; did you mean 'who-has'?"},
	        {"arp who-has $GW", 16, 1, "`tell` and an address: missing"},
	        {"arp reply $GW is-at 1:2 tell $VM", 21, 3, "a MAC is written"},
	        {"dhcp discovr", 6, 7, "unknown DHCP message 'discovr'; did you mean 'discover'?"},
	        {"dhcp", 5, 1, "the DHCP message: missing"},
	        {"ip4 $VM > $T", 13, 1, "`proto` and the protocol's number: missing"},
	        {"udp6 fe80::2:1 > [::1]:2", 6, 9, "a port is missing"},
	        {"udp6 [fe80::x]:1 > [::1]:2", 6, 11, "'[fe80::x]:1' is not an IPv6 address"},
	        {"udp6 [fe80::2] > [::1]:2", 6, 9, "a port is missing: [fe80::2]:PORT"},
	        {"icmp6 [fe80::2]:1 > [::1] rs", 16, 2, "no port can stand here"},
	        {"eth 0x10000", 5, 7, "the EtherType is a number from 0 to 65535"},
	        {"raw", 4, 1, "hex and the bytes of the frame: missing"},
	        {"replay bypass.pcap", 8, 11, "a frame is written FILE#N"},
	        {"replay bypass.pcap#0", 8, 13, "a frame is written FILE#N"},
	        {"replay ../x.pcap#1", 8, 9, "a capture is a file in pcaps/"},
	        {"replay a/x.pcap#1", 8, 8, "a capture is a file in pcaps/"},
	        {"run \"true\"", 11, 1, "`sends` and what the command puts"},
	        {"run \"true\" sends run \"true\" sends arp", 18, 3, "'run' cannot stand here"},
	        {"ip4 $VM > $T carrying arp who-has $GW tell $VM", 23, 3,
	         "'arp' cannot stand here"},
	        {"ip4 $VM > $T carrying ip4 $VM > $T carrying udp $VM:1 > $T:2", 36, 8,
	         "a recipe inside a recipe can hold no third one"},
	        {"ip4 $VM > $T carrying udp $VM:1 > $T:2 vlan=1", 40, 4,
	         "vlan belongs in front of `carrying`"},
	};

	(void)state;
	CHECK_MISTAKES(mistakes, false);
}

static void a_key_that_is_wrong_is_shown_where_it_stands(void **state)
{
	static const struct mistake mistakes[] = {
	        {"udp $VM:1 > $T:2 ip.tll=0", 18, 6,
	         "unknown key 'ip.tll'; did you mean 'ip.ttl'?"},
	        {"udp $VM:1 > $T:2 zzzzzzzz=0", 18, 8, "unknown key 'zzzzzzzz'"},
	        {"udp $VM:1 > $T:2 ip.fm", 18, 5, "unknown word 'ip.fm'; did you mean 'ip.mf'?"},
	        {"udp $VM:1 > $T:2 ip.ttl", 18, 6, "ip.ttl needs a value"},
	        {"udp $VM:1 > $T:2 ip.ttl=", 25, 1, "ip.ttl takes a number from 0 to 255"},
	        {"udp $VM:1 > $T:2 ip.ttl=256", 25, 3, "ip.ttl takes a number from 0 to 255"},
	        {"udp $VM:1 > $T:2 ip.ttl=0x", 25, 2, "ip.ttl takes a number from 0 to 255"},
	        {"udp $VM:1 > $T:2 ip.ttl=-1", 25, 2, "ip.ttl takes a number from 0 to 255"},
	        {"udp $VM:1 > $T:2 ip.mf=2", 24, 1, "ip.mf is a flag"},
	        {"udp $VM:1 > $T:2 ip.cksum=none", 27, 4, "ip.cksum takes `bad` or a number"},
	        {"udp $VM:1 > $T:2 udp.cksum=x", 28, 1,
	         "udp.cksum takes `bad`, `none` or a number"},
	        {"udp $VM:1 > $T:2 tcp.win=1", 18, 7, "tcp.win does not apply to udp"},
	        {"arp who-has $GW tell $VM ip.ttl=1", 26, 6, "ip.ttl does not apply to arp"},
	        {"udp $VM:1 > $T:2 ip.ttl=1 ip.ttl=2", 27, 6, "ip.ttl was given before"},
	        {"udp $VM:1 > $T:2 vlan=1 vlan=2 qinq=3 vlan=4 vlan=5", 46, 4,
	         "more than four VLAN tags"},
	        {"udp $VM:1 > $T:2 vlan=4096", 23, 4, "vlan takes a number from 0 to 4095"},
	        {"udp $VM:1 > $T:2 eth.src=1", 26, 1, "eth.src takes a MAC"},
	        {"udp $VM:1 > $T:2 ip.opt=0", 25, 1, "ip.opt takes 1 to 40 bytes"},
	        {"udp $VM:1 > $T:2 ip.opt=", 25, 1, "ip.opt takes 1 to 40 bytes"},
	        {"dhcp discover dhcp.server=$NAT", 27, 4, "$NAT cannot stand here"},
	        {"tcp $VM:1 > $T:2 tcp.seq=$SQE", 26, 4, "tcp.seq takes a number, $SEQ or $ACK"},
	        {"tcp $VM:1 > $T:2 tcp.seq=$SEQ*2", 30, 2, "behind $SEQ stands nothing, +N or -N"},
	        {"tcp $VM:1 > $T:2 tcp.ack=$ACK+", 30, 1, "behind $ACK stands nothing, +N or -N"},
	        {"tcp $VM:1 > $T:2 tcp.ack=$ACK-4294967296", 30, 11, "behind $ACK stands nothing"},
	        {"tcp $VM:1 > $T:2 tcp.win=$SEQ", 26, 4, "tcp.win takes a number"},
	        {"tcp $VM:1 > $T:2 tcp.opt=01,$SQE", 29, 4, "tcp.opt takes a number, $SEQ or $ACK"},
	        {"tcp $VM:1 > $T:2 tcp.opt=01,$SEQ*2,01", 33, 5, "behind $SEQ stands nothing"},
	        {"tcp $VM:1 > $T:2 tcp.opt=01,", 26, 3, "tcp.opt takes 1 to 40 bytes"},
	        {"tcp $VM:1 > $T:2 tcp.opt=,01", 26, 3, "tcp.opt takes 1 to 40 bytes"},
	        {"tcp $VM:1 > $T:2 tcp.opt=01,$SEQ,1", 26, 9, "tcp.opt takes 1 to 40 bytes"},
	        {"tcp $VM:1 > $T:2 tcp.opt=" SEQ4 SEQ4 "$SEQ", 26, 44,
	         "tcp.opt takes 1 to 40 bytes"},
	        {"tcp $VM:1 > $T:2 tcp.opt=" HEX8 HEX8 HEX8 HEX8 "0102030405,$SEQ", 26, 79,
	         "tcp.opt takes 1 to 40 bytes"},
	        {"udp $VM:1 > $T:2 ip.opt=01,$SEQ", 25, 7, "ip.opt takes 1 to 40 bytes"},
	        {"icmp6 ::1 > ::2 ns nd.target=1.2.3.4", 30, 7, "nd.target takes an IPv6 address"},
	        {"udp $VM:1 > $T:2 ip.tos=1 ip.len=1 ip.id=1 ip.df ip.mf ip.rsv ip.frag=1 ip.ttl=1 "
	         "ip.proto=1 udp.len=1 eth.pad=1 eth.cut=1 ip.ver=1",
	         123, 6, "more than 12 keys in one recipe"},
	};

	(void)state;
	CHECK_MISTAKES(mistakes, false);
}

static void some_mistakes_exist_only_in_patterns(void **state)
{
	static const struct mistake mistakes[] = {
	        {"udp $VM > *", 5, 3, "a port is missing: $VM:PORT, or :* for any"},
	        {"run \"true\" sends arp", 1, 3, "'run' cannot stand here"},
	        {"udp *:x > *", 7, 1, "a port is a number"},
	};

	(void)state;
	CHECK_MISTAKES(mistakes, true);
}

static void all_mistakes_of_a_line_are_reported(void **state)
{
	struct diag diag;
	struct recipe r;

	(void)state;
	assert_false(test_parse_into("tcp $VM:1 > $T:2 flags X size z ip.tll=3 ip.ttl=999 what",
	                             false, &diag, &r));
	assert_int_equal(diag.count, 5);
}

static void a_recipe_ends_at_a_stop_word(void **state)
{
	static const char *const stop[] = {"count", "within", NULL};
	const char *words = "udp $VM:1 > $T:2 payload \"count\" count 1";
	struct diag diag;
	struct lex lx;
	struct recipe r;

	(void)state;
	diag_init(&diag, "test.scn", words, strlen(words));
	lex_init(&lx, words, strlen(words), 1, &diag);
	assert_true(recipe_parse(&lx, true, TEST_TARGET, stop, &diag, &r));
	assert_string_equal(r.text, "count");
	assert_true(lex_next(&lx));
	assert_true(lex_is(&lx, "count"));
	recipe_free(&r);
}

static void a_wrong_recipe_is_skipped_up_to_the_stop_word(void **state)
{
	static const char *const stop[] = {"count", NULL};
	const char *words = "upd $VM:1 > $T:2 count 1";
	struct diag diag;
	struct lex lx;
	struct recipe r;

	(void)state;
	diag_init(&diag, "test.scn", words, strlen(words));
	lex_init(&lx, words, strlen(words), 1, &diag);
	assert_false(recipe_parse(&lx, true, TEST_TARGET, stop, &diag, &r));
	assert_true(lex_next(&lx));
	assert_true(lex_is(&lx, "count"));
}

static void a_target_is_refused_where_there_is_none(void **state)
{
	const char *words = "udp $VM:1 > $T:2";
	struct diag diag;
	struct lex lx;
	struct recipe r;

	(void)state;
	diag_init(&diag, "test.scn", words, strlen(words));
	lex_init(&lx, words, strlen(words), 1, &diag);
	assert_false(recipe_parse(&lx, false, 0, NULL, &diag, &r));
	assert_int_equal(diag.errors[0].column, 13);
	assert_int_equal(diag.errors[0].width, 2);
}

static void variables_stand_for_the_addresses_of_the_laboratory(void **state)
{
	struct recipe r = test_parse("udp $PROVIDER:1 > $CONSUMER", false);

	(void)state;
	assert_int_equal(r.src.ip, LAB_PROVIDER_IP);
	assert_int_equal(r.dst.ip, LAB_CONSUMER_IP);
	assert_int_equal(r.dst.port, LAB_CONSUMER_PORT);
	r = test_parse("udp $ROUTER:1 > $CONSUMER:53", false);
	assert_int_equal(r.src.ip, LAB_ROUTER_IP);
	assert_int_equal(r.dst.port, 53);
	r = test_parse("icmp $CONSUMER > $T echo-reply", false);
	assert_int_equal(r.src.ip, LAB_CONSUMER_IP);
	assert_int_equal(r.dst.ip, TEST_TARGET);
	r = test_parse("udp $CONSUMER > $NAT", false);
	assert_true(r.dst.nat);
}

static void sequence_numbers_are_counted_from_where_the_conversation_stands(void **state)
{
	static const struct {
		const char *words;
		uint64_t number;
	} cases[] = {
	        {"tcp $VM:1 > $T:2 tcp.seq=$SEQ", 5000},
	        {"tcp $VM:1 > $T:2 tcp.seq=$SEQ+24", 5024},
	        {"tcp $VM:1 > $T:2 tcp.seq=$SEQ-1", 4999},
	        {"tcp $VM:1 > $T:2 tcp.seq=$SEQ-5001", 0xffffffff},
	        {"tcp $VM:1 > $T:2 tcp.seq=$SEQ+4294967295", 4999},
	        {"tcp $VM:1 > $T:2 tcp.ack=$ACK", 0xfffffffe},
	        {"tcp $VM:1 > $T:2 tcp.ack=$ACK+3", 1},
	        {"tcp $VM:1 > $T:2 tcp.ack=$SEQ+1", 5001},
	        {"tcp $VM:1 > $T:2 tcp.ack=7", 7},
	};
	uint64_t number;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct recipe r = test_parse(cases[i].words, false);

		assert_true(recipe_number_of(&r.overrides[0], &test_vars, &number));
		assert_int_equal(number, cases[i].number);
	}
}

static void options_may_hold_sequence_numbers(void **state)
{
	static const struct {
		const char *words;
		const char *bytes;
		size_t n;
	} cases[] = {
	        {"tcp $VM:1 > $T:2 tcp.opt=050a,$SEQ,$ACK+3", "\5\12\0\0\x13\x88\0\0\0\1", 10},
	        {"tcp $VM:1 > $T:2 tcp.opt=$SEQ-1,ff", "\0\0\x13\x87\xff", 5},
	        {"tcp $VM:1 > $T:2 tcp.opt=01,02", "\1\2", 2},
	        {"tcp $VM:1 > $T:2 tcp.opt=" HEX8 HEX8 HEX8 HEX8 "01020304,$SEQ",
	         "\1\2\3\4\5\6\7\10\1\2\3\4\5\6\7\10\1\2\3\4\5\6\7\10\1\2\3\4\5\6\7\10"
	         "\1\2\3\4\0\0\x13\x88",
	         40},
	};
	uint8_t bytes[RECIPE_BYTES_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct recipe r = test_parse(cases[i].words, false);

		assert_true(recipe_bytes_of(&r.overrides[0], &test_vars, bytes));
		assert_int_equal(r.overrides[0].bytes_len, cases[i].n);
		assert_memory_equal(bytes, cases[i].bytes, cases[i].n);
	}
}

static void a_sequence_number_is_not_known_before_the_guest_heard_one(void **state)
{
	static const struct recipe_vars nothing = {.nonce = "x"};
	struct recipe r = test_parse("tcp $VM:1 > $T:2 tcp.ack=$ACK", false);
	uint8_t frame[FRAME_MAX];
	char why[160];
	uint64_t number;

	(void)state;
	assert_true(recipe_uses_sequence(&r));
	assert_false(recipe_number_of(&r.overrides[0], &nothing, &number));
	assert_int_equal(frame_build(&r, &nothing, &test_link, frame, why), 0);
	assert_non_null(strstr(why, "no `guest tcp` statement matched before"));
	r = test_parse("tcp $VM:1 > $T:2 tcp.opt=050a,$ACK,$ACK+1", false);
	assert_true(recipe_uses_sequence(&r));
	assert_int_equal(frame_build(&r, &nothing, &test_link, frame, why), 0);
	assert_non_null(strstr(why, "no `guest tcp` statement matched before"));
	r = test_parse("tcp $VM:1 > $T:2 tcp.ack=7", false);
	assert_false(recipe_uses_sequence(&r));
	assert_false(recipe_uses_nat(&r));
}

static void variables_of_an_inner_packet_are_seen_too(void **state)
{
	struct recipe r = test_parse(
	        "icmp $VM > $T unreachable carrying tcp $VM:1 > $NAT tcp.seq=$SEQ", false);

	(void)state;
	assert_true(recipe_uses_sequence(&r));
	assert_true(recipe_uses_nat(&r));
	recipe_free(&r);
}

static void a_tunnel_knows_its_protocol_by_what_it_carries(void **state)
{
	struct recipe r = test_parse("ip4 $VM > $T carrying udp6 [::1]:1 > [::2]:2", false);

	(void)state;
	assert_int_equal(r.proto, 41);
	recipe_free(&r);
	r = test_parse("ip4 $VM > $T proto 94 carrying udp $VM:1 > $T:2", false);
	assert_int_equal(r.proto, 94);
	recipe_free(&r);
}

static void the_nonce_is_put_in_wherever_it_is_named(void **state)
{
	const struct recipe_vars vars = {.nonce = "abc"};
	char out[16];

	(void)state;
	assert_true(recipe_expand("x-$NONCE.$NONCE$", &vars, out, sizeof(out)));
	assert_string_equal(out, "x-abc.abc$");
	assert_true(recipe_expand("", &vars, out, 1));
	assert_string_equal(out, "");
	assert_true(recipe_expand("$NONCE", &vars, out, 4));
	assert_false(recipe_expand("$NONCE", &vars, out, 3));
	assert_false(recipe_expand("1234", &vars, out, 4));
}

static void every_key_has_a_name_and_a_help_phrase(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct recipe_key_info *k = &recipe_keys[i];

		assert_non_null(k->name);
		assert_non_null(k->help);
		assert_int_not_equal(k->kinds, 0);
		if (k->value == KEY_HEX)
			assert_in_range(k->max, 1, RECIPE_BYTES_MAX);
		if (k->layer != LAYER_NONE && k->value != KEY_MAC)
			assert_true((uint64_t)k->max << k->shift < UINT64_C(1) << 8 * k->width);
	}
}

/* Words put together by chance, to see that nothing but an error comes of it. */
static void nonsense_is_refused_without_harm(void **state)
{
	static const char *const words[] = {
	        "udp",   "tcp",   "icmp", "arp",     "dhcp",     "ip4",   "eth",    "raw",
	        "$VM:1", "$T",    ">",    "*",       "carrying", "sends", "run",    "hex",
	        "size",  "dns",   "A",    "payload", "\"x\"",    "vlan=", "ip.mf",  "=",
	        "1",     "flags", "tell", "who-has", "is-at",    "[::1]", "[::1]:", "type",
	};
	uint32_t random = 1;
	char line[512];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t len = 0;
		struct diag diag;
		struct recipe r;

		for (int i = 0; i < 12; i++) {
			const char *word;

			random = random * 1664525 + 1013904223;
			word = words[random >> 16 & 31];
			memcpy(line + len, word, strlen(word));
			len += strlen(word);
			line[len++] = ' ';
		}
		line[len] = '\0';
		if (test_parse_into(line, random & 1, &diag, &r))
			recipe_free(&r);
		else
			assert_int_not_equal(diag.count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_mistake_is_shown_where_it_stands),
	        cmocka_unit_test(a_key_that_is_wrong_is_shown_where_it_stands),
	        cmocka_unit_test(some_mistakes_exist_only_in_patterns),
	        cmocka_unit_test(all_mistakes_of_a_line_are_reported),
	        cmocka_unit_test(a_recipe_ends_at_a_stop_word),
	        cmocka_unit_test(a_wrong_recipe_is_skipped_up_to_the_stop_word),
	        cmocka_unit_test(a_target_is_refused_where_there_is_none),
	        cmocka_unit_test(variables_stand_for_the_addresses_of_the_laboratory),
	        cmocka_unit_test(sequence_numbers_are_counted_from_where_the_conversation_stands),
	        cmocka_unit_test(options_may_hold_sequence_numbers),
	        cmocka_unit_test(a_sequence_number_is_not_known_before_the_guest_heard_one),
	        cmocka_unit_test(variables_of_an_inner_packet_are_seen_too),
	        cmocka_unit_test(a_tunnel_knows_its_protocol_by_what_it_carries),
	        cmocka_unit_test(the_nonce_is_put_in_wherever_it_is_named),
	        cmocka_unit_test(every_key_has_a_name_and_a_help_phrase),
	        cmocka_unit_test(nonsense_is_refused_without_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
