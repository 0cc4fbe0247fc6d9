/* SPDX-License-Identifier: ISC */
/* names_cache_test.c: what is kept, for how long, and what goes when all is full. */
#include "ref/names_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define S UINT64_C(1000000000)

/* Too large for a stack; and what stands behind the table, which nobody may look at or change. */
static struct {
	struct names_cache cache;
	struct names_cache_entry behind;
} room;

static int empty(void **state)
{
	(void)state;
	memset(&room, 0, sizeof(room));
	return 0;
}

static struct dns_name name_of(const char *text)
{
	struct dns_name name;

	assert_int_equal(dns_name_of_text(text, &name), DNS_OK);
	return name;
}

static struct names_result address(uint32_t ip, uint32_t ttl_s)
{
	return (struct names_result){
	        .status = NAMES_READY, .ttl_s = ttl_s, .address_count = 1, .addresses = {ip}};
}

static void put(const char *text, struct names_result result, uint64_t now_ns)
{
	const struct dns_name name = name_of(text);

	names_cache_put(&room.cache, &name, &result, now_ns);
}

/* The first address that is known, 1 for a negative answer, 0 for nothing. */
static uint32_t find(const char *text, uint64_t now_ns)
{
	const struct dns_name name = name_of(text);
	struct names_result result = {.status = NAMES_WAIT};

	if (!names_cache_find(&room.cache, &name, now_ns, &result)) {
		assert_int_equal(result.status, NAMES_WAIT);
		return 0;
	}
	return result.status == NAMES_READY ? result.addresses[0] : 1;
}

static unsigned count(uint64_t now_ns)
{
	unsigned n = 0;

	for (unsigned i = 0; i < NAMES_CACHE_MAX; i++)
		n += room.cache.entries[i].until_ns > now_ns;
	return n;
}

static void an_answer_is_known_until_its_time_is_over(void **state)
{
	const struct dns_name name = name_of("a.test");
	struct names_result result;

	(void)state;
	assert_int_equal(find("a.test", 0), 0);
	put("a.test", address(7, 3), 10 * S);
	assert_int_equal(find("a.test", 10 * S), 7);
	assert_int_equal(find("a.test", 13 * S - 1), 7);
	assert_int_equal(find("a.test", 13 * S), 0);
	assert_int_equal(find("a.test", 14 * S), 0);
	assert_int_equal(find("b.test", 11 * S), 0);
	assert_true(names_cache_find(&room.cache, &name, 10 * S, &result));
	assert_int_equal(result.ttl_s, 3);
	assert_true(names_cache_find(&room.cache, &name, 11 * S + 1, &result));
	assert_int_equal(result.ttl_s, 1); /* what is left, and not more */
	assert_true(names_cache_find(&room.cache, &name, 13 * S - 1, &result));
	assert_int_equal(result.ttl_s, 0);
}

static void the_answer_comes_back_whole(void **state)
{
	const struct dns_name name = name_of("a.test");
	struct names_result in = address(7, 3), out;

	(void)state;
	in.address_count = 2;
	in.addresses[1] = 8;
	put("a.test", in, 0);
	assert_true(names_cache_find(&room.cache, &name, 0, &out));
	assert_int_equal(out.status, NAMES_READY);
	assert_int_equal(out.address_count, 2);
	assert_int_equal(out.addresses[0], 7);
	assert_int_equal(out.addresses[1], 8);
}

static void that_there_is_none_is_known_too(void **state)
{
	const struct dns_name name = name_of("none.test");
	struct names_result none = {
	        .status = NAMES_FAILED, .reason = REASON_NAME_UNKNOWN, .ttl_s = 2};
	struct names_result out;

	(void)state;
	put("none.test", none, 0);
	assert_true(names_cache_find(&room.cache, &name, 2 * S - 1, &out));
	assert_int_equal(out.status, NAMES_FAILED);
	assert_int_equal(out.reason, REASON_NAME_UNKNOWN);
	assert_false(out.exists);
	none.exists = true;
	put("none.test", none, S);
	assert_true(names_cache_find(&room.cache, &name, 3 * S - 1, &out));
	assert_true(out.exists);
	assert_int_equal(find("none.test", 3 * S), 0);
}

static void nothing_else_is_kept_and_what_was_known_is_forgotten(void **state)
{
	const struct names_result others[] = {
	        address(9, 0), /* a time to live of zero */
	        {.status = NAMES_FAILED, .reason = REASON_NAME_UNKNOWN},
	        {.status = NAMES_FAILED, .reason = REASON_NAME_PRIVATE, .ttl_s = 60},
	        {.status = NAMES_FAILED, .reason = REASON_RESOLVER_FAILED, .ttl_s = 60},
	        {.status = NAMES_WAIT, .reason = REASON_NAME_UNKNOWN, .ttl_s = 60},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		put("new.test", others[i], S);
		assert_int_equal(find("new.test", S), 0);
		assert_int_equal(count(0), 0);
		put("old.test", address(7, 60), S);
		put("old.test", others[i], 2 * S);
		assert_int_equal(find("old.test", 2 * S), 0);
		assert_int_equal(count(0), 0);
	}
}

static void a_name_stands_in_the_table_once(void **state)
{
	(void)state;
	put("a.test", address(1, 60), 0);
	put("b.test", address(2, 60), 0);
	put("a.test", address(3, 10), 0);
	assert_int_equal(count(0), 2);
	assert_int_equal(find("a.test", 0), 3);
	assert_int_equal(find("a.test", 10 * S), 0); /* the shorter time holds */
	assert_int_equal(find("b.test", 10 * S), 2);
	put("a.test", address(4, 10), 20 * S); /* in the place of the one that is over */
	assert_int_equal(find("a.test", 20 * S), 4);
	assert_int_equal(count(0), 2);
}

static void a_full_table_lets_go_what_would_have_gone_first(void **state)
{
	char text[32];

	(void)state;
	for (unsigned i = 0; i < NAMES_CACHE_MAX; i++) {
		snprintf(text, sizeof(text), "n%u.test", i);
		put(text, address(100 + i, i == 300 ? 50 : 100 + i % 7), 0);
	}
	assert_int_equal(count(0), NAMES_CACHE_MAX);
	put("new.test", address(7, 20), 0);
	assert_int_equal(find("new.test", 0), 7);
	assert_int_equal(find("n300.test", 0), 0);
	assert_int_equal(count(0), NAMES_CACHE_MAX);
	put("newer.test", address(8, 60), 0);
	assert_int_equal(find("new.test", 0), 0);
	assert_int_equal(find("newer.test", 0), 8);
	assert_int_equal(find("n0.test", 0), 100);
	assert_int_equal(find("n511.test", 0), 611);
}

static void what_is_over_makes_room_before_what_is_not(void **state)
{
	char text[32];

	(void)state;
	for (unsigned i = 0; i < NAMES_CACHE_MAX; i++) {
		snprintf(text, sizeof(text), "n%u.test", i);
		put(text, address(100 + i, i % 2 ? 1 : 1000), 0);
	}
	for (unsigned i = 0; i < NAMES_CACHE_MAX / 2; i++) {
		snprintf(text, sizeof(text), "m%u.test", i);
		put(text, address(100 + i, 10), 5 * S);
	}
	for (unsigned i = 0; i < NAMES_CACHE_MAX; i += 2) {
		snprintf(text, sizeof(text), "n%u.test", i);
		assert_int_equal(find(text, 5 * S), 100 + i);
	}
	assert_int_equal(count(5 * S), NAMES_CACHE_MAX);
}

static void a_long_life_does_not_overflow(void **state)
{
	(void)state;
	put("a.test", address(1, UINT32_MAX), S);
	assert_int_equal(find("a.test", UINT32_MAX * S), 1);
	assert_int_equal(find("a.test", (UINT32_MAX + UINT64_C(1)) * S), 0);
}

static void nothing_behind_the_table_is_looked_at_or_changed(void **state)
{
	(void)state;
	room.behind = (struct names_cache_entry){.until_ns = 100 * S};
	room.behind.name = name_of("behind.test");
	room.behind.result = address(7, 60);
	assert_int_equal(find("behind.test", 0), 0);
	put("behind.test", address(8, 60), 0);
	assert_int_equal(room.behind.result.addresses[0], 7);
	names_cache_clear(&room.cache);
	assert_int_equal(room.behind.until_ns, 100 * S);
}

static void a_cleared_cache_knows_nothing(void **state)
{
	char text[32];

	(void)state;
	for (unsigned i = 0; i < NAMES_CACHE_MAX; i++) {
		snprintf(text, sizeof(text), "n%u.test", i);
		put(text, address(100 + i, 10), 0);
	}
	names_cache_clear(&room.cache);
	assert_int_equal(count(0), 0);
	assert_int_equal(find("n0.test", 0), 0);
	assert_int_equal(find("n511.test", 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(an_answer_is_known_until_its_time_is_over, empty),
	        cmocka_unit_test_setup(the_answer_comes_back_whole, empty),
	        cmocka_unit_test_setup(that_there_is_none_is_known_too, empty),
	        cmocka_unit_test_setup(nothing_else_is_kept_and_what_was_known_is_forgotten, empty),
	        cmocka_unit_test_setup(a_name_stands_in_the_table_once, empty),
	        cmocka_unit_test_setup(a_full_table_lets_go_what_would_have_gone_first, empty),
	        cmocka_unit_test_setup(what_is_over_makes_room_before_what_is_not, empty),
	        cmocka_unit_test_setup(a_long_life_does_not_overflow, empty),
	        cmocka_unit_test_setup(nothing_behind_the_table_is_looked_at_or_changed, empty),
	        cmocka_unit_test_setup(a_cleared_cache_knows_nothing, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
