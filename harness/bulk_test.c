/* SPDX-License-Identifier: ISC */
/* bulk_test.c: what of a long transfer is kept, and what is counted. */
#include "harness/bulk.h"

#include "harness/recipe_test.h"

#include <stdlib.h>

#define DATA "tcp $VM:40000 > $T:7000 flags A payload \"0123456789\""

/* How many of `n` such frames are kept. */
static unsigned kept(struct bulk *b, enum tape_kind kind, const char *words, unsigned n)
{
	uint8_t frame[FRAME_MAX];
	size_t len = test_build(words, frame);
	unsigned count = 0;

	for (unsigned i = 0; i < n; i++)
		count += !bulk_take(b, kind, frame, len);
	return count;
}

static void the_first_of_a_conversation_are_kept_and_the_rest_is_counted(void **state)
{
	struct bulk *b = *state;

	assert_int_equal(kept(b, TAPE_WIRE_OUT, DATA, BULK_KEPT + 100), BULK_KEPT);
	assert_int_equal(bulk_frames(b), 100);
	assert_int_equal(b->table[0].bytes, 100 * 64);
	assert_int_equal(kept(b, TAPE_WIRE_OUT, DATA, 5), 0);
}

static void each_direction_place_and_endpoint_is_kept_for_itself(void **state)
{
	struct bulk *b = *state;

	kept(b, TAPE_WIRE_OUT, DATA, BULK_KEPT);
	assert_int_equal(kept(b, TAPE_WIRE_IN, DATA, 3), 3);
	assert_int_equal(kept(b, TAPE_GUEST_OUT, DATA, 3), 3);
	assert_int_equal(kept(b, TAPE_WIRE_OUT, "tcp $VM:40001 > $T:7000 flags A", 3), 3);
	assert_int_equal(kept(b, TAPE_WIRE_OUT, "tcp $VM:40000 > $T:7001 flags A", 3), 3);
	assert_int_equal(kept(b, TAPE_WIRE_OUT, "tcp $VM:40000 > 198.18.0.9:7000 flags A", 3), 3);
	assert_int_equal(kept(b, TAPE_WIRE_OUT, DATA, 3), 0);
}

static void what_says_more_than_bytes_is_always_kept(void **state)
{
	static const char *const others[] = {
	        "tcp $VM:40000 > $T:7000 flags S",
	        "tcp $VM:40000 > $T:7000 flags FA",
	        "tcp $VM:40000 > $T:7000 flags RA",
	        "tcp $VM:40000 > $T:7000 flags A tcp.cksum=bad",
	        "tcp $VM:40000 > $T:7000 flags A ip.cksum=bad",
	        "tcp $VM:40000 > $T:7000 flags A vlan=5",
	        "tcp $VM:40000 > $T:7000 flags A eth.pad=9",
	        "udp $VM:40000 > $T:7000",
	        "icmp $VM > $T echo-request",
	};
	struct bulk *b = *state;

	kept(b, TAPE_WIRE_OUT, DATA, BULK_KEPT + 1);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (kept(b, TAPE_WIRE_OUT, others[i], BULK_KEPT + 1) != BULK_KEPT + 1)
			fail_msg("counted: %s", others[i]);
	assert_false(bulk_take(b, TAPE_EVENT, "{}", 2));
	assert_int_equal(bulk_frames(b), 1);
}

static void a_full_table_keeps_everything_new(void **state)
{
	struct bulk *b = *state;
	char words[64];

	for (unsigned i = 0; i < BULK_CONVERSATIONS; i++) {
		snprintf(words, sizeof(words), "tcp $VM:%u > $T:7000 flags A", 1000 + i);
		kept(b, TAPE_WIRE_OUT, words, 1);
	}
	assert_int_equal(kept(b, TAPE_WIRE_OUT, DATA, BULK_KEPT + 9), BULK_KEPT + 9);
	assert_int_equal(kept(b, TAPE_WIRE_OUT, words, BULK_KEPT + 9), BULK_KEPT - 1);
}

static int set_up(void **state)
{
	*state = calloc(1, sizeof(struct bulk));
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(the_first_of_a_conversation_are_kept_and_the_rest_is_counted),
	        TEST(each_direction_place_and_endpoint_is_kept_for_itself),
	        TEST(what_says_more_than_bytes_is_always_kept),
	        TEST(a_full_table_keeps_everything_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
