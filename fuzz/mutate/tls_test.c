/* SPDX-License-Identifier: ISC */
/* tls_test.c: the mutator's core, and its format of hellos. */
#include "fuzz/mutate/mutate_rig.h"

/* A record with a hello: name a.test, ALPN h2, TLS 1.3, one key. */
static const uint8_t hello[] = {
        0x16, 0x03, 0x01, 0x00, 0x6e, 0x01, 0x00, 0x00, 0x6a, 0x03, 0x03, 0x11, 0x11, 0x11, 0x11,
        0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
        0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x02, 0x07,
        0x07, 0x00, 0x02, 0x13, 0x01, 0x01, 0x00, 0x00, 0x3d, 0x00, 0x00, 0x00, 0x0b, 0x00, 0x09,
        0x00, 0x00, 0x06, 0x61, 0x2e, 0x74, 0x65, 0x73, 0x74, 0x00, 0x10, 0x00, 0x05, 0x00, 0x03,
        0x02, 0x68, 0x32, 0x00, 0x2b, 0x00, 0x03, 0x02, 0x03, 0x04, 0x00, 0x33, 0x00, 0x09, 0x00,
        0x07, 0x00, 0x1d, 0x00, 0x03, 0x09, 0x09, 0x09, 0x00, 0x29, 0x00, 0x0d, 0x00, 0x07, 0x00,
        0x01, 0x78, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x01, 0x79};

#define RECORD_LEN 5

/* Looks for a node of these bytes. */
static uint16_t find(const char *bytes, size_t n)
{
	for (uint16_t i = 1; i < tree.count; i++)
		if (tree.nodes[i].bytes.n == n && !memcmp(tree.nodes[i].bytes.p, bytes, n))
			return i;
	fail();
	return 0;
}

/* The hello in two records, the second of another version, and something behind it. */
static size_t in_two(uint8_t out[RIG_LEN])
{
	static const uint8_t second[] = {0x16, 3, 3, 0, sizeof(hello) - RECORD_LEN - 50};
	size_t n = RECORD_LEN + 50;

	memcpy(out, hello, n);
	out[4] = 50;
	memcpy(out + n, second, sizeof(second));
	n += sizeof(second);
	memcpy(out + n, hello + RECORD_LEN + 50, sizeof(hello) - RECORD_LEN - 50);
	n += sizeof(hello) - RECORD_LEN - 50;
	memcpy(out + n, "\x14\3\3\0\1\1", 6);
	return n + 6;
}

static void any_bytes_are_kept(void **state)
{
	uint8_t two[RIG_LEN];

	(void)state;
	rig_is_kept(&mutate_tls, hello, sizeof(hello));
	rig_is_kept(&mutate_tls, two, in_two(two));
}

static void a_longer_name_moves_all_lengths(void **state)
{
	uint8_t out[RIG_LEN];
	size_t n;

	(void)state;
	mutate_parse(&mutate_tls, &tree, rd_of(hello, sizeof(hello)), 1);
	tree.nodes[find("a.test", 6)].bytes = rd_of("example.org", 11);
	n = mutate_write(&mutate_tls, &tree, out, sizeof(out));
	assert_int_equal(n, sizeof(hello) + 5);
	assert_int_equal(out[4], hello[4] + 5); /* the record */
	assert_int_equal(out[8], hello[8] + 5); /* the message */
	assert_memory_equal(out + 54,
	                    "\0\0\0\x10\0\x0e\0\0\x0b"
	                    "example.org",
	                    20);
}

static void a_lie_is_kept_until_it_is_repaired(void **state)
{
	uint8_t bytes[sizeof(hello)], out[RIG_LEN];

	(void)state;
	memcpy(bytes, hello, sizeof(hello));
	bytes[62] = 7; /* of the name, whose bytes are six */
	mutate_parse(&mutate_tls, &tree, rd_of(bytes, sizeof(bytes)), 1);
	mutate_repair(&tree);
	assert_int_equal(mutate_write(&mutate_tls, &tree, out, sizeof(out)), sizeof(hello));
	assert_memory_equal(out, hello, sizeof(hello));
}

static void the_last_record_takes_what_is_new(void **state)
{
	uint8_t two[RIG_LEN], out[RIG_LEN];
	const size_t n = in_two(two);

	(void)state;
	mutate_parse(&mutate_tls, &tree, rd_of(two, n), 1);
	tree.nodes[find("a.test", 6)].bytes = rd_of("example.org", 11);
	assert_int_equal(mutate_write(&mutate_tls, &tree, out, sizeof(out)), n + 5);
	assert_int_equal(out[4], 50);
	assert_memory_equal(out + 55, "\x16\3\3\0", 4);
	assert_int_equal(out[59], two[59] + 5);
	assert_memory_equal(out + n + 5 - 6, "\x14\3\3\0\1\1", 6);
}

static void the_same_seed_does_the_same(void **state)
{
	(void)state;
	rig_is_deterministic(&mutate_tls, hello, sizeof(hello));
	rig_is_deterministic(&mutate_tls, hello, 0);
}

static void what_comes_of_it_is_sound(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 20; seed++)
		rig_stays_sound(&mutate_tls, hello, sizeof(hello), seed * 1000, 300);
}

static void more_fields_than_there_is_room_for_are_kept(void **state)
{
	static uint8_t long_one[40000], out[MUTATE_LEN_MAX];

	(void)state;
	memcpy(long_one, hello, RECORD_LEN + 38);
	long_one[3] = long_one[7] = 0x9c;
	long_one[4] = 0x3b;
	long_one[8] = 0x37;
	long_one[43] = 0;
	long_one[44] = 0x9c; /* suites to the end */
	mutate_parse(&mutate_tls, &tree, rd_of(long_one, sizeof(long_one)), 1);
	assert_int_equal(tree.count, MUTATE_NODES_MAX);
	assert_int_equal(mutate_write(&mutate_tls, &tree, out, sizeof(out)), sizeof(long_one));
	assert_memory_equal(out, long_one, sizeof(long_one));
	for (uint32_t seed = 0; seed < 200; seed++) {
		memcpy(out, long_one, sizeof(long_one));
		assert_true(mutate(&mutate_tls, &tree, out, sizeof(long_one), sizeof(out), seed,
		                   NULL, NULL) <= sizeof(out));
	}
}

/* All fields but one are taken, the last one begins with nothing, which is nowhere. */
static void parse_full(struct mutate_tree *t, struct rd input)
{
	while (t->count < MUTATE_NODES_MAX - 1)
		mutate_take(t, &input, 1);
	mutate_plain(t, 0, rd_of(NULL, 0));
	mutate_plain(t, 0, input);
}

static void a_rest_that_begins_with_nothing_is_kept(void **state)
{
	static const struct mutate_format format = {.name = "full", .parse = parse_full};
	static uint8_t bytes[MUTATE_NODES_MAX + 100], out[sizeof(bytes)];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	mutate_parse(&format, &tree, rd_of(bytes, sizeof(bytes)), 1);
	assert_true(tree.rest);
	assert_int_equal(mutate_write(&format, &tree, out, sizeof(out)), sizeof(bytes));
	assert_memory_equal(out, bytes, sizeof(bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(any_bytes_are_kept),
	        cmocka_unit_test(a_longer_name_moves_all_lengths),
	        cmocka_unit_test(a_lie_is_kept_until_it_is_repaired),
	        cmocka_unit_test(the_last_record_takes_what_is_new),
	        cmocka_unit_test(the_same_seed_does_the_same),
	        cmocka_unit_test(what_comes_of_it_is_sound),
	        cmocka_unit_test(more_fields_than_there_is_room_for_are_kept),
	        cmocka_unit_test(a_rest_that_begins_with_nothing_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
