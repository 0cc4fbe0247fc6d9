/* SPDX-License-Identifier: ISC */
#include "fuzz/mutate/mutate_rig.h"

#include "fuzz/rig/engine_ops.h"

/* A header, three operations, one with bytes, and one that is cut off. */
static const uint8_t program[] = {0x00,
                                  0x00,
                                  0xff,
                                  0x01,
                                  0x01,
                                  0x07,
                                  OP_UDP,
                                  0x00,
                                  0x00,
                                  0x00,
                                  0x00,
                                  0x05,
                                  OP_RAW,
                                  0x00,
                                  0x08,
                                  0x00,
                                  0x00,
                                  0x00,
                                  0x01,
                                  0x02,
                                  0x03,
                                  0x04,
                                  0x05,
                                  0x06,
                                  0x07,
                                  0x08,
                                  0x00,
                                  0x00,
                                  0x00,
                                  0x00,
                                  OP_TIME | ENGINE_HOLD,
                                  0x04,
                                  0x01,
                                  0x00,
                                  0x00,
                                  0x00,
                                  OP_SEG,
                                  0x00,
                                  0x01};

static void any_program_comes_out_as_it_came_in(void **state)
{
	(void)state;
	rig_is_kept(&mutate_program, program, sizeof(program));
}

static void the_same_seed_does_the_same(void **state)
{
	(void)state;
	rig_is_deterministic(&mutate_program, program, sizeof(program));
}

/* Operations begin at multiples of six, but where the core cuts an input off. */
static void operations_stay_whole(void **state)
{
	uint8_t bytes[RIG_LEN];
	size_t whole = 0;

	(void)state;
	for (uint32_t seed = 0; seed < 1000; seed++) {
		memcpy(bytes, program, 36);
		whole += mutate(&mutate_program, &tree, bytes, 36, sizeof(bytes), seed, NULL,
		                NULL) %
		                 6 ==
		         0;
	}
	assert_in_range(whole, 950, 1000);
}

/* One that is longer stays as long as it may be. */
static void programs_do_not_grow_for_ever(void **state)
{
	static uint8_t bytes[RIG_LEN];

	(void)state;
	for (size_t n = 0; n <= 1200; n += 600)
		for (uint32_t seed = 0; seed < 300; seed++) {
			const size_t most = n > mutate_program.most ? n : mutate_program.most;

			memset(bytes, OP_UDP, sizeof(bytes));
			assert_in_range(mutate(&mutate_program, &tree, bytes, n, sizeof(bytes),
			                       seed, NULL, NULL),
			                0, most);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(any_program_comes_out_as_it_came_in),
	        cmocka_unit_test(the_same_seed_does_the_same),
	        cmocka_unit_test(operations_stay_whole),
	        cmocka_unit_test(programs_do_not_grow_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
