/* SPDX-License-Identifier: ISC */
/* flood_test.c: a patched frame is the frame that would have been built. */
#include "harness/flood.h"
#include "harness/recipe_test.h"

#include "harness/decode.h"

#include <stdio.h>
#include <stdlib.h>

static uint8_t frame[FRAME_MAX], built[FRAME_MAX];

/* Frame `n` of a flood of `words` is the frame of `as`. */
static void expect_frame(const char *words, enum flood_vary vary, uint64_t n, const char *as)
{
	struct flood f;
	size_t len = test_build(words, frame);

	assert_true(flood_open(&f, vary, frame, len));
	flood_set(&f, n);
	if (test_build(as, built) != len || memcmp(frame, built, len) != 0)
		fail_msg("frame %u of %s is not %s", (unsigned)n, words, as);
}

static void a_patched_frame_is_the_frame_of_its_own_words(void **state)
{
	(void)state;
	expect_frame("udp $VM:4000 > $CONSUMER", VARY_SPORT, 0, "udp $VM:4000 > $CONSUMER");
	expect_frame("udp $VM:4000 > $CONSUMER", VARY_SPORT, 7, "udp $VM:4007 > $CONSUMER");
	expect_frame("udp $VM:4000 > $T:53", VARY_DPORT, 100, "udp $VM:4000 > $T:153");
	expect_frame("udp $VM:4000 > $T:53", VARY_DST, 256, "udp $VM:4000 > 198.18.1.7:53");
	expect_frame("udp $VM:1 > $T:53 udp.cksum=none", VARY_SPORT, 9,
	             "udp $VM:10 > $T:53 udp.cksum=none");
	expect_frame("tcp $VM:4000 > $T:22 flags S", VARY_SPORT, 1, "tcp $VM:4001 > $T:22 flags S");
	expect_frame("tcp $VM:4000 > $T:22 tcp.seq=0xfffffffe", VARY_SEQ, 5,
	             "tcp $VM:4000 > $T:22 tcp.seq=3");
	expect_frame("icmp $VM > 9.9.9.255 echo-request", VARY_DST, 1,
	             "icmp $VM > 9.9.10.0 echo-request");
	expect_frame("ip4 $VM > $T proto 47 hex \"00\"", VARY_DST, 2,
	             "ip4 $VM > 198.18.0.9 proto 47 hex \"00\"");
	expect_frame("udp $VM:4000 > $T:53 vlan=7", VARY_SPORT, 3, "udp $VM:4003 > $T:53 vlan=7");
	expect_frame("udp $VM:4000 > $T:53", VARY_NOTHING, 3, "udp $VM:4000 > $T:53");
}

static void ports_count_round_and_leave_out_0(void **state)
{
	(void)state;
	expect_frame("udp $VM:1 > $CONSUMER", VARY_SPORT, 65534, "udp $VM:65535 > $CONSUMER");
	expect_frame("udp $VM:1 > $CONSUMER", VARY_SPORT, 65535, "udp $VM:1 > $CONSUMER");
	expect_frame("udp $VM:65535 > $CONSUMER", VARY_SPORT, 1, "udp $VM:1 > $CONSUMER");
	expect_frame("udp $VM:0 > $CONSUMER", VARY_SPORT, 1, "udp $VM:1 > $CONSUMER");
}

static void destinations_stay_in_the_net_that_is_for_attacks(void **state)
{
	(void)state;
	expect_frame("udp $VM:1 > 198.19.255.255:53", VARY_DST, 1, "udp $VM:1 > 198.18.0.0:53");
	expect_frame("udp $VM:1 > 198.18.0.1:53", VARY_DST, 131072 + 4,
	             "udp $VM:1 > 198.18.0.5:53");
}

/* Every frame, set one after the other as a flood does it. */
static void every_checksum_on_the_way_is_right(void **state)
{
	struct flood f;
	struct seen s;

	(void)state;
	assert_true(flood_open(&f, VARY_SPORT, frame, test_build("udp $VM:1 > $CONSUMER", frame)));
	for (uint64_t n = 0; n < 70000; n++) {
		flood_set(&f, n);
		decode(frame, f.len, &s);
		if (s.fault || !(frame[40] | frame[41]))
			fail_msg("frame %u: %s", (unsigned)n, s.fault ? s.fault : "no checksum");
	}
}

static void a_wrong_checksum_stays_wrong(void **state)
{
	struct flood f;
	struct seen s;

	(void)state;
	assert_true(flood_open(&f, VARY_SPORT, frame,
	                       test_build("udp $VM:1 > $CONSUMER udp.cksum=bad", frame)));
	for (uint64_t n = 0; n < 70000; n++) {
		flood_set(&f, n);
		decode(frame, f.len, &s);
		if (s.faults != FAULT_L4_CKSUM)
			fail_msg("frame %u has a right checksum", (unsigned)n);
	}
}

static void a_field_that_is_not_there_cannot_vary(void **state)
{
	static const struct {
		const char *words;
		enum flood_vary vary;
	} cases[] = {
	        {"arp who-has $GW tell $VM", VARY_DST},
	        {"icmp $VM > $T echo-request", VARY_SPORT},
	        {"udp $VM:1 > $T:2 ip.mf", VARY_SPORT},
	        {"udp $VM:1 > $T:2 eth.cut=30", VARY_DST},
	        {"udp6 [fe80::2]:1 > [fe80::1]:2", VARY_SPORT},
	};
	struct flood f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (flood_open(&f, cases[i].vary, frame, test_build(cases[i].words, frame)))
			fail_msg("%s has the field", cases[i].words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_patched_frame_is_the_frame_of_its_own_words),
	        cmocka_unit_test(ports_count_round_and_leave_out_0),
	        cmocka_unit_test(destinations_stay_in_the_net_that_is_for_attacks),
	        cmocka_unit_test(every_checksum_on_the_way_is_right),
	        cmocka_unit_test(a_wrong_checksum_stays_wrong),
	        cmocka_unit_test(a_field_that_is_not_there_cannot_vary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
