/* SPDX-License-Identifier: ISC */
/* frame_test.c: the bytes behind the words. That they fit the words at all is match_test.c's work;
 * here are the places that are easy to get wrong, and what cannot be built. */
#include "harness/recipe_test.h"

#include "harness/decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void expect_eth_dst(const char *words, const char *mac)
{
	uint8_t frame[FRAME_MAX];
	char text[ADDR_TEXT];

	test_build(words, frame);
	assert_string_equal(addr_mac(frame, text), mac);
}

static void groups_have_the_ethernet_address_of_their_kind(void **state)
{
	(void)state;
	expect_eth_dst("udp $VM:1 > $T:2", "02:00:00:00:00:01");
	expect_eth_dst("udp $VM:1 > 255.255.255.255:2", "ff:ff:ff:ff:ff:ff");
	expect_eth_dst("udp $VM:1 > 192.168.100.255:2", "ff:ff:ff:ff:ff:ff");
	expect_eth_dst("udp $VM:1 > 239.255.1.2:2", "01:00:5e:7f:01:02");
	expect_eth_dst("icmp6 ::1 > ff02::1:ff12:3456 ns", "33:33:ff:12:34:56");
	expect_eth_dst("arp who-has $GW tell $VM", "ff:ff:ff:ff:ff:ff");
	expect_eth_dst("arp reply $GW tell $VM", "02:00:00:00:00:01");
	expect_eth_dst("dhcp discover", "ff:ff:ff:ff:ff:ff");
	expect_eth_dst("dhcp release", "02:00:00:00:00:01");
	expect_eth_dst("eth 0x88cc", "02:00:00:00:00:01");
	expect_eth_dst("eth 0x86dd", "02:00:00:00:00:01");
	expect_eth_dst("udp $VM:1 > 239.255.1.2:2 eth.dst=02:00:00:00:00:09", "02:00:00:00:00:09");
}

/* 0 and 0xffff are one number in ones' complement: inverting either leaves a right checksum. */
static void a_bad_checksum_is_bad_even_where_inverting_would_not_make_it_so(void **state)
{
	uint8_t frame[FRAME_MAX];
	unsigned zeros = 0;
	char words[96];
	struct seen s;

	(void)state;
	for (unsigned i = 0; i < 0x10000; i++) {
		snprintf(words, sizeof(words), "udp $VM:1 > $T:2 hex %04x", i);
		test_build(words, frame);
		if (frame[40] != 0xff || frame[41] != 0xff)
			continue;
		zeros++;
		decode(frame, test_build(words, frame), &s);
		assert_true(s.l4_cksum_ok);
		snprintf(words, sizeof(words), "udp $VM:1 > $T:2 hex %04x udp.cksum=bad", i);
		decode(frame, test_build(words, frame), &s);
		assert_false(s.l4_cksum_ok);
	}
	assert_int_equal(zeros, 1);
	for (unsigned i = 0; i < 0x10000; i++) {
		snprintf(words, sizeof(words),
		         "ip4 $VM > $T proto 255 size 0 ip.cksum=bad ip.id=%u", i);
		decode(frame, test_build(words, frame), &s);
		assert_false(s.ip_cksum_ok);
	}
}

static void defaults_are_what_the_manual_says(void **state)
{
	uint8_t frame[FRAME_MAX];
	struct seen s;

	(void)state;
	decode(frame, test_build("tcp $VM:1 > $T:2", frame), &s);
	assert_int_equal(s.ip_id, 1);
	assert_int_equal(s.ip_ttl, 64);
	assert_true(s.ip_df);
	assert_int_equal(s.tcp_seq, 1000);
	assert_int_equal(s.tcp_flags, 2);
	assert_int_equal(frame[48] << 8 | frame[49], 64240);
	assert_int_equal(s.payload.n, strlen("gauntlet-5f1c"));
	decode(frame, test_build("udp $VM:1 > $T:2 ip.mf", frame), &s);
	assert_false(s.ip_df);
	decode(frame, test_build("icmp $VM > $GW echo-request", frame), &s);
	assert_int_equal(s.icmp_id, 0x4754);
	assert_int_equal(s.icmp_seq, 1);
	decode(frame, test_build("dhcp request", frame), &s);
	assert_int_equal(s.dhcp_xid, 0x47544c54);
	assert_int_equal(s.dhcp_requested, LAB_VM_IP);
	assert_int_equal(s.dhcp_server, LAB_GW_IP);
	assert_int_equal(s.ip_src, 0);
	assert_int_equal(s.payload.n, 300);
	decode(frame, test_build("dhcp inform", frame), &s);
	assert_int_equal(s.ip_src, LAB_VM_IP);
	assert_int_equal(s.dhcp_server, 0);
}

static void a_body_is_filled_up_with_letters_that_tell_their_place(void **state)
{
	uint8_t frame[FRAME_MAX];
	size_t len = test_build("udp $VM:1 > $T:2 payload \"\" size 28", frame);

	(void)state;
	assert_int_equal(len, 42 + 28);
	assert_memory_equal(frame + 42, "abcdefghijklmnopqrstuvwxyzab", 28);
}

static void padding_stands_behind_the_packet_and_cutting_comes_last(void **state)
{
	uint8_t frame[FRAME_MAX];
	size_t len = test_build("udp $VM:1 > $T:2 payload \"\" eth.pad=4", frame);

	(void)state;
	assert_int_equal(len, 46);
	assert_memory_equal(frame + 42, "ZZZZ", 4);
	assert_int_equal(frame[16] << 8 | frame[17], 28);
	assert_int_equal(test_build("udp $VM:1 > $T:2 eth.pad=4 eth.cut=17", frame), 17);
}

static void snap_stands_behind_its_length(void **state)
{
	static const uint8_t expected[] = {0x81, 0x00, 0x00, 0x07, 0x00, 0x24, 0xaa, 0xaa,
	                                   0x03, 0x00, 0x00, 0x00, 0x08, 0x00, 0x45};
	uint8_t frame[FRAME_MAX];

	(void)state;
	test_build("udp $VM:1 > $T:2 payload \"\" llc vlan=7 eth.pad=9", frame);
	assert_memory_equal(frame + 12, expected, sizeof(expected));
}

static void gre_says_what_it_carries(void **state)
{
	uint8_t frame[FRAME_MAX];

	(void)state;
	test_build("ip4 $VM > $T proto 47 carrying udp6 [::1]:1 > [::2]:2", frame);
	assert_memory_equal(frame + 34, "\0\0\x86\xdd\x60", 5);
	test_build("ip4 $VM > $T proto 47 carrying udp $VM:1 > $T:2", frame);
	assert_memory_equal(frame + 34, "\0\0\x08\0\x45", 5);
}

static void expect_refusal(const char *words, const struct recipe_vars *vars, const char *phrase)
{
	static uint8_t frame[FRAME_MAX];
	struct recipe r = test_parse(words, false);
	char why[160] = "";

	if (frame_build(&r, vars, &test_link, frame, why) || !strstr(why, phrase))
		fail_msg("%s: '%s'", words, why);
	recipe_free(&r);
}

static void what_cannot_be_built_is_refused_with_a_reason(void **state)
{
	const struct recipe_vars bare = {.nonce = "x"};
	struct recipe r = test_parse("udp * > *", true);
	uint8_t frame[FRAME_MAX];
	char why[160];

	(void)state;
	assert_int_equal(frame_build(&r, &bare, &test_link, frame, why), 0);
	assert_non_null(strstr(why, "pattern"));
	expect_refusal("run \"true\" sends arp", &bare, "command");
	expect_refusal("udp $CONSUMER > $NAT", &bare, "$NAT is not known yet");
	expect_refusal("replay a.pcap#1", &bare, "no folder of captures");
	expect_refusal("replay no-such-file.pcap#1", &test_vars, "no-such-file.pcap");
	expect_refusal("udp $VM:1 > $T:2 eth.cut=100", &bare, "the frame has only");
	expect_refusal("udp $VM:1 > $T:2 size 65508", &bare, "IP can say 65535");
	expect_refusal("udp6 [::1]:1 > [::2]:2 size 65535", &bare, "longer than");
	expect_refusal("eth 0x88cc size 65535 eth.cut=3 vlan=1", &bare, "longer than");
	expect_refusal("ip4 $VM > $T carrying udp $VM:1 > $T:2 size 65500", &bare, "longer than");
	expect_refusal("raw hex \"\"", &bare, "without a byte");
	expect_refusal("raw hex \"00\" eth.cut=0", &bare, "without a byte");
	expect_refusal("udp $VM:1 > $T:2 dns A "
	               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-$NONCE.test",
	               &(const struct recipe_vars){.nonce = "0123456789012345678901"},
	               "a DNS label has 1 to 63 bytes");
}

/* A capture of two frames: one to the gateway of captures, one to somebody else. */
static void write_capture(const char *path)
{
	static const uint8_t file[] = {
	        0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4,  0, 0,    0, 0,    0,    0,    0,    0,
	        0,    0xff, 0xff, 0,    0, 1, 0,  0, 0,    0, 0,    0,    0,    0,    0,
	        0,    0,    14,   0,    0, 0, 14, 0, 0,    0, 0x52, 0x55, 0xc0, 0xa8, 0x64,
	        0x01, 2,    2,    2,    2, 2, 2,  8, 0x06, 0, 0,    0,    0,    0,    0,
	        0,    0,    3,    0,    0, 0, 3,  0, 0,    0, 0x52, 0x55, 0xc0};
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(file, 1, sizeof(file), f), sizeof(file));
	assert_int_equal(fclose(f), 0);
}

static void a_captured_frame_is_sent_as_it_is_but_to_the_gateway_in_play(void **state)
{
	char dir[] = "/tmp/gauntlet-frame-test-XXXXXX";
	struct recipe_vars vars = {.nonce = "x", .pcap_dir = dir};
	uint8_t frame[FRAME_MAX];
	char path[64], why[160];
	struct recipe r;
	struct seen s;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/two.pcap", dir);
	write_capture(path);
	r = test_parse("replay two.pcap#1", false);
	assert_int_equal(frame_build(&r, &vars, &test_link, frame, why), 14);
	assert_memory_equal(frame, "\x02\0\0\0\0\x01\x02\x02\x02\x02\x02\x02\x08\x06", 14);
	decode(frame, 14, &s);
	assert_true(match(&r, &vars, &s));
	r = test_parse("replay two.pcap#2", false);
	assert_int_equal(frame_build(&r, &vars, &test_link, frame, why), 3);
	assert_memory_equal(frame, "\x52\x55\xc0", 3);
	expect_refusal("replay two.pcap#3", &vars, "two.pcap has 2 frames, there is no frame 3");
	assert_int_equal(truncate(path, 20), 0);
	expect_refusal("replay two.pcap#1", &vars, "truncated");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(groups_have_the_ethernet_address_of_their_kind),
	        cmocka_unit_test(a_bad_checksum_is_bad_even_where_inverting_would_not_make_it_so),
	        cmocka_unit_test(defaults_are_what_the_manual_says),
	        cmocka_unit_test(a_body_is_filled_up_with_letters_that_tell_their_place),
	        cmocka_unit_test(padding_stands_behind_the_packet_and_cutting_comes_last),
	        cmocka_unit_test(snap_stands_behind_its_length),
	        cmocka_unit_test(gre_says_what_it_carries),
	        cmocka_unit_test(what_cannot_be_built_is_refused_with_a_reason),
	        cmocka_unit_test(a_captured_frame_is_sent_as_it_is_but_to_the_gateway_in_play),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
