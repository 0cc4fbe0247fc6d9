/* SPDX-License-Identifier: ISC */
/* dns_test.c: the mutator's formats with DNS messages. */
#include "fuzz/mutate/mutate_rig.h"

/* An answer for a.test: an alias, an address of it by pointer, EDNS. */
static const uint8_t answer[] = "\x12\x34\x81\x80\0\1\0\2\0\0\0\1"
                                "\1a\4test\0\0\1\0\1"
                                "\xc0\x0c\0\5\0\1\0\0\0\x3c\0\4\1b\xc0\x0e"
                                "\xc0\x24\0\1\0\1\0\0\0\x3c\0\4\x5d\xb8\xd8\x22"
                                "\0\0\x29\4\xd0\0\0\0\0\0\0";
#define LEN (sizeof(answer) - 1)

static void any_bytes_are_kept(void **state)
{
	(void)state;
	rig_is_kept(&mutate_dns, answer, LEN);
	rig_is_kept(&mutate_dns_answer, answer, LEN);
	rig_is_kept(&mutate_dns_reply, answer, LEN);
}

static void pointers_follow_what_they_point_at(void **state)
{
	uint8_t out[RIG_LEN];
	size_t n;

	(void)state;
	mutate_parse(&mutate_dns, &tree, rd_of(answer, LEN), 1);
	for (uint16_t i = 0; i < tree.count; i++)
		if (tree.nodes[i].bytes.n == 1 && *tree.nodes[i].bytes.p == 'a')
			tree.nodes[i].bytes = rd_of("longer", 6);
	n = mutate_write(&mutate_dns, &tree, out, sizeof(out));
	assert_int_equal(n, LEN + 5);
	assert_memory_equal(out + 12, "\6longer\4test", 13);
	assert_memory_equal(out + 29, "\xc0\x0c\0\5", 4); /* the name itself has not moved */
	assert_memory_equal(out + 41, "\1b\xc0\x13\xc0\x29", 6);
}

static void counts_are_of_what_is_there(void **state)
{
	uint8_t out[RIG_LEN];

	(void)state;
	memcpy(out, answer, LEN);
	out[7] = 9; /* answers, of which there are two, and EDNS */
	mutate_parse(&mutate_dns, &tree, rd_of(out, LEN), 1);
	mutate_repair(&tree);
	assert_int_equal(mutate_write(&mutate_dns, &tree, out, sizeof(out)), LEN);
	assert_memory_equal(out + 4, "\0\1\0\3\0\0\0\0", 8);
}

static void the_same_seed_does_the_same(void **state)
{
	(void)state;
	rig_is_deterministic(&mutate_dns, answer, LEN);
	rig_is_deterministic(&mutate_dns_answer, answer, LEN);
}

static void what_comes_of_it_is_sound(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 20; seed++)
		rig_stays_sound(&mutate_dns, answer, LEN, seed * 1000, 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(any_bytes_are_kept),
	        cmocka_unit_test(pointers_follow_what_they_point_at),
	        cmocka_unit_test(counts_are_of_what_is_there),
	        cmocka_unit_test(the_same_seed_does_the_same),
	        cmocka_unit_test(what_comes_of_it_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
