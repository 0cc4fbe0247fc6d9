/* SPDX-License-Identifier: ISC */
/* impair_test.c: what becomes of each frame is what the rates say, and nothing else happens to it. */
#include "harness/impair.h"

#include "bytes/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define FRAMES 100000

/* What came out: the number each frame carries. */
struct outcome {
	uint32_t number[2 * FRAMES];
	size_t count;
};

static void collect(void *arg, const uint8_t *frame, size_t len)
{
	struct outcome *o = arg;

	assert_int_equal(len, sizeof(uint32_t));
	assert_true(o->count < 2 * FRAMES);
	memcpy(&o->number[o->count++], frame, len);
}

static void send(struct impair *im, uint32_t number, struct outcome *o)
{
	uint8_t frame[sizeof(number)];

	memcpy(frame, &number, sizeof(number));
	impair_take(im, frame, sizeof(frame), collect, o);
}

static struct impair *begin(struct impair_rates r)
{
	static struct impair im;

	impair_begin(&im, &r, IMPAIR_FROM_GUEST);
	return &im;
}

static struct outcome *play(struct impair *im, uint32_t frames)
{
	static struct outcome o;

	o.count = 0;
	for (uint32_t i = 0; i < frames; i++)
		send(im, i, &o);
	impair_release(im, collect, &o);
	return &o;
}

static void a_good_cable_changes_nothing(void **state)
{
	struct impair *im = begin((struct impair_rates){.seed = 7});
	struct outcome *o = play(im, 1000);

	(void)state;
	assert_int_equal(o->count, 1000);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(o->number[i], i);
	assert_int_equal(im->counts.frames, 1000);
	assert_int_equal(im->counts.lost + im->counts.reordered + im->counts.duplicated, 0);
}

/* Five standard deviations and more of a binomial with these numbers. */
static void assert_near(uint64_t count, uint64_t expected)
{
	assert_in_range(count, expected - expected / 5, expected + expected / 5);
}

static void each_rate_is_what_was_asked_for(void **state)
{
	struct impair *im = begin(
	        (struct impair_rates){.loss = 10000, .reorder = 20000, .duplicate = 40000});

	(void)state;
	play(im, FRAMES);
	assert_near(im->counts.lost, FRAMES / 100);
	assert_near(im->counts.reordered, FRAMES / 50);
	assert_near(im->counts.duplicated, FRAMES / 25);
}

static void every_frame_is_lost_at_a_rate_of_one(void **state)
{
	struct impair *im = begin((struct impair_rates){.loss = IMPAIR_WHOLE});

	(void)state;
	assert_int_equal(play(im, 1000)->count, 0);
	assert_int_equal(im->counts.lost, 1000);
}

static void every_frame_comes_twice_at_a_rate_of_one(void **state)
{
	struct impair *im = begin((struct impair_rates){.duplicate = IMPAIR_WHOLE});
	struct outcome *o = play(im, 1000);

	(void)state;
	assert_int_equal(o->count, 2000);
	for (uint32_t i = 0; i < 2000; i++)
		assert_int_equal(o->number[i], i / 2);
}

static void nothing_but_the_lost_is_missing_and_nothing_but_the_doubled_is_double(void **state)
{
	static uint8_t seen[FRAMES];
	struct impair *im = begin(
	        (struct impair_rates){.loss = 50000, .reorder = 200000, .duplicate = 50000});
	struct outcome *o = play(im, FRAMES);
	uint64_t missing = 0, doubled = 0;

	(void)state;
	memset(seen, 0, sizeof(seen));
	for (size_t i = 0; i < o->count; i++)
		seen[o->number[i]]++;
	for (size_t i = 0; i < FRAMES; i++) {
		assert_in_range(seen[i], 0, 2);
		missing += seen[i] == 0;
		doubled += seen[i] == 2;
	}
	assert_int_equal(missing, im->counts.lost);
	assert_int_equal(doubled, im->counts.duplicated);
	assert_int_equal(im->held_count, 0);
}

/* A frame that came `number`th leaves behind at most IMPAIR_HOLD_MAX that came later and passed at once. */
static void a_frame_is_overtaken_by_three_at_most(void **state)
{
	struct impair *im = begin((struct impair_rates){.reorder = 30000});
	struct outcome *o = play(im, FRAMES);
	unsigned most = 0, least = IMPAIR_HOLD_MAX + 1, moved = 0;

	(void)state;
	assert_int_equal(o->count, FRAMES);
	for (size_t i = 0; i < o->count; i++) {
		unsigned passed = 0, later;

		if (impair_decide(&im->rates, IMPAIR_FROM_GUEST, o->number[i], &later) !=
		    IMPAIR_HOLD)
			continue;
		for (size_t k = i < 16 ? 0 : i - 16; k < i; k++) {
			unsigned unused;

			passed += o->number[k] > o->number[i] &&
			          impair_decide(&im->rates, IMPAIR_FROM_GUEST, o->number[k],
			                        &unused) == IMPAIR_PASS;
		}
		moved++;
		assert_true(passed <= later);
		most = passed > most ? passed : most;
		least = passed < least ? passed : least;
	}
	assert_int_equal(moved, im->counts.reordered);
	assert_int_equal(most, IMPAIR_HOLD_MAX);
	assert_int_equal(least, 1);
}

static void what_is_held_back_leaves_on_release_in_its_order(void **state)
{
	static struct outcome o;
	struct impair *im = begin((struct impair_rates){.reorder = IMPAIR_WHOLE});

	(void)state;
	o.count = 0;
	for (uint32_t i = 0; i < 5; i++)
		send(im, i, &o);
	assert_int_equal(o.count, 0);
	impair_release(im, collect, &o);
	assert_int_equal(o.count, 5);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(o.number[i], i);
	impair_release(im, collect, &o);
	assert_int_equal(o.count, 5);
}

static void no_more_is_held_back_than_there_is_room_for(void **state)
{
	struct impair *im = begin((struct impair_rates){.reorder = IMPAIR_WHOLE});

	(void)state;
	assert_int_equal(play(im, 1000)->count, 1000);
	assert_true(im->counts.reordered < 1000);
	assert_true(im->counts.reordered >= IMPAIR_HELD_MAX);
}

static void add_length(void *arg, const uint8_t *frame, size_t len)
{
	size_t *sum = arg;

	assert_int_equal(frame[len - 1], 0x5a); /* and may be read to its end */
	*sum += len;
}

static void a_frame_longer_than_its_place_passes_in_its_turn(void **state)
{
	static uint8_t big[IMPAIR_FRAME_MAX + 1];
	struct impair *im = begin((struct impair_rates){.reorder = IMPAIR_WHOLE});
	struct guard fits, longer;
	size_t sum = 0;

	(void)state;
	memset(big, 0x5a, sizeof(big));
	fits = guard_copy(big, IMPAIR_FRAME_MAX);
	longer = guard_copy(big, IMPAIR_FRAME_MAX + 1);
	impair_take(im, fits.p, fits.n, add_length, &sum);
	assert_int_equal(sum, 0);
	impair_take(im, longer.p, longer.n, add_length, &sum);
	assert_true(sum >= longer.n);
	impair_release(im, add_length, &sum);
	assert_int_equal(sum, fits.n + longer.n);
	guard_free(&fits);
	guard_free(&longer);
}

static void the_same_seed_does_the_same_and_another_does_not(void **state)
{
	const struct impair_rates a = {.loss = 100000, .reorder = 100000, .seed = 1};
	const struct impair_rates b = {.loss = 100000, .reorder = 100000, .seed = 2};
	unsigned same_seed = 0, other_seed = 0, other_way = 0;

	(void)state;
	for (uint64_t i = 0; i < 10000; i++) {
		unsigned l1, l2, l3, l4;
		enum impair_action first = impair_decide(&a, IMPAIR_FROM_GUEST, i, &l1);

		same_seed += first != impair_decide(&a, IMPAIR_FROM_GUEST, i, &l2) || l1 != l2;
		other_seed += first != impair_decide(&b, IMPAIR_FROM_GUEST, i, &l3);
		other_way += first != impair_decide(&a, IMPAIR_TO_GUEST, i, &l4);
	}
	assert_int_equal(same_seed, 0);
	assert_true(other_seed > 1000);
	assert_true(other_way > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_good_cable_changes_nothing),
	        cmocka_unit_test(each_rate_is_what_was_asked_for),
	        cmocka_unit_test(every_frame_is_lost_at_a_rate_of_one),
	        cmocka_unit_test(every_frame_comes_twice_at_a_rate_of_one),
	        cmocka_unit_test(
	                nothing_but_the_lost_is_missing_and_nothing_but_the_doubled_is_double),
	        cmocka_unit_test(a_frame_is_overtaken_by_three_at_most),
	        cmocka_unit_test(what_is_held_back_leaves_on_release_in_its_order),
	        cmocka_unit_test(no_more_is_held_back_than_there_is_room_for),
	        cmocka_unit_test(a_frame_longer_than_its_place_passes_in_its_turn),
	        cmocka_unit_test(the_same_seed_does_the_same_and_another_does_not),
	};

	return cmocka_run_group_tests_name("impair", tests, NULL, NULL);
}
