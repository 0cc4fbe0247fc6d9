/* SPDX-License-Identifier: ISC */
/* flow_test.c: the flow table against a list too simple to be wrong. */
#include "ref/flow.h"

#include "bytes/quick.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CAPACITY 48
#define SECOND   UINT64_C(1000000000)

static struct flow flows[CAPACITY];
static uint32_t slots[256];

static struct flow_table make_table(uint32_t capacity, uint64_t seed)
{
	struct flow_table table;

	assert_true(flow_index_len(capacity) <= 256);
	flow_init(&table, flows, capacity, slots, seed);
	return table;
}

static struct flow_key key_of(unsigned number)
{
	return (struct flow_key){
	        .guest_ip = 0xc0a86402,
	        .peer_ip = 0xcb007132,
	        .guest_port = (uint16_t)number,
	        .peer_port = 51900,
	        .proto = 17,
	};
}

static void every_part_of_the_key_counts(void **state)
{
	struct flow_table table = make_table(8, 1);
	const struct flow_key key = key_of(40000);
	struct flow_key other;

	(void)state;
	assert_int_not_equal(flow_add(&table, &key, true, 5, 0), FLOW_NONE);
	assert_int_equal(table.flows[flow_find(&table, &key)].handle, 5);
	other = key;
	other.guest_ip++;
	assert_int_equal(flow_find(&table, &other), FLOW_NONE);
	other = key;
	other.peer_ip++;
	assert_int_equal(flow_find(&table, &other), FLOW_NONE);
	other = key;
	other.guest_port++;
	assert_int_equal(flow_find(&table, &other), FLOW_NONE);
	other = key;
	other.peer_port++;
	assert_int_equal(flow_find(&table, &other), FLOW_NONE);
	other = key;
	other.proto = 6;
	assert_int_equal(flow_find(&table, &other), FLOW_NONE);
}

static void a_full_table_refuses_and_keeps_what_it_has(void **state)
{
	(void)state;
	for (uint32_t capacity = 1; capacity <= CAPACITY; capacity++) {
		struct flow_table table = make_table(capacity, capacity);
		struct flow_key key;

		for (uint32_t i = 0; i < capacity; i++) {
			key = key_of(i);
			assert_true(flow_has_room(&table, 0));
			assert_int_not_equal(flow_add(&table, &key, true, (int)i, 0), FLOW_NONE);
		}
		assert_false(flow_has_room(&table, FLOW_IDLE_NS - 1));
		key = key_of(60000);
		assert_int_equal(flow_add(&table, &key, true, 1, 0), FLOW_NONE);
		assert_int_equal(flow_find(&table, &key), FLOW_NONE);
		for (uint32_t i = 0; i < capacity; i++) {
			key = key_of(i);
			assert_int_equal(table.flows[flow_find(&table, &key)].handle, i);
		}
	}
}

static void flows_expire_in_the_order_of_their_last_use(void **state)
{
	struct flow_table table = make_table(3, 1);
	struct flow_key key = key_of(1);
	uint32_t first = flow_add(&table, &key, true, 1, 0), second, third;

	(void)state;
	key = key_of(2);
	second = flow_add(&table, &key, true, 2, SECOND);
	key = key_of(3);
	third = flow_add(&table, &key, true, 3, 2 * SECOND);
	flow_touch(&table, first, 3 * SECOND);
	assert_int_equal(flow_find_expired(&table, FLOW_IDLE_NS), FLOW_NONE);
	assert_int_equal(flow_find_expired(&table, FLOW_IDLE_NS + SECOND), second);
	assert_true(flow_has_room(&table, FLOW_IDLE_NS + SECOND));
	flow_remove(&table, second);
	assert_int_equal(flow_find_expired(&table, FLOW_IDLE_NS + SECOND), FLOW_NONE);
	assert_int_equal(flow_find_expired(&table, FLOW_IDLE_NS + 2 * SECOND), third);
	flow_remove(&table, third);
	assert_int_equal(flow_find_expired(&table, FLOW_IDLE_NS + 3 * SECOND), first);
	flow_remove(&table, first);
	assert_int_equal(flow_find_expired(&table, UINT64_MAX), FLOW_NONE);
	assert_int_equal(table.count, 0);
}

static void a_flow_in_use_is_never_expired(void **state)
{
	struct flow_table table = make_table(1, 1);
	struct flow_key key = key_of(1);
	uint32_t number = flow_add(&table, &key, true, 1, 0);

	(void)state;
	for (uint64_t now = 0; now < 100 * FLOW_IDLE_NS; now += FLOW_IDLE_NS - 1) {
		assert_false(flow_is_expired(&table, number, now));
		flow_touch(&table, number, now);
	}
}

static void the_idle_time_is_the_tables_own(void **state)
{
	struct flow_table table = make_table(2, 1);
	struct flow_key key = key_of(1);
	uint32_t number = flow_add(&table, &key, true, 1, SECOND);

	(void)state;
	assert_int_equal(table.idle_ns, FLOW_IDLE_NS);
	table.idle_ns = 5 * SECOND;
	assert_false(flow_is_expired(&table, number, 6 * SECOND - 1));
	assert_int_equal(flow_find_expired(&table, 6 * SECOND - 1), FLOW_NONE);
	assert_true(flow_is_expired(&table, number, 6 * SECOND));
	assert_int_equal(flow_find_expired(&table, 6 * SECOND), number);
}

static void a_flow_that_is_not_timed_never_expires_nor_makes_room(void **state)
{
	struct flow_table table = make_table(2, 1);
	struct flow_key key = key_of(1);
	uint32_t lasting = flow_add(&table, &key, false, 1, 0), timed;

	(void)state;
	assert_int_equal(table.oldest, FLOW_NONE);
	flow_touch(&table, lasting, SECOND);
	assert_int_equal(table.oldest, FLOW_NONE);
	assert_int_equal(table.flows[lasting].used_ns, SECOND);
	assert_false(flow_is_expired(&table, lasting, UINT64_MAX));
	key = key_of(2);
	timed = flow_add(&table, &key, true, 2, 0);
	assert_int_equal(flow_find_expired(&table, UINT64_MAX), timed);
	flow_remove(&table, timed);
	key = key_of(3);
	assert_int_not_equal(flow_add(&table, &key, false, 3, 0), FLOW_NONE);
	assert_int_equal(flow_find_expired(&table, UINT64_MAX), FLOW_NONE);
	assert_false(flow_has_room(&table, UINT64_MAX));
	flow_remove(&table, lasting);
	assert_true(flow_has_room(&table, 0));
}

/* Every third is TCP, and not timed. */
static bool is_tcp(unsigned number)
{
	return number % 3 == 0;
}

/* The list: which keys are there, by number. */
struct model {
	bool there[128];
	uint64_t used_ns[128];
	unsigned count, tcp_count;
};

static struct flow_key walk_key_of(unsigned number)
{
	struct flow_key key = key_of(number);

	key.proto = is_tcp(number) ? 6 : 17;
	return key;
}

static void compare(const struct flow_table *table, const struct model *model)
{
	uint64_t last = 0;
	unsigned chained = 0;

	assert_int_equal(table->count, model->count);
	assert_int_equal(table->tcp_count, model->tcp_count);
	for (unsigned i = 0; i < 128; i++) {
		struct flow_key key = walk_key_of(i);
		uint32_t number = flow_find(table, &key);

		assert_int_equal(number != FLOW_NONE, model->there[i]);
		if (number != FLOW_NONE) {
			assert_true(table->flows[number].live);
			assert_int_equal(table->flows[number].handle, i);
			assert_int_equal(table->flows[number].used_ns, model->used_ns[i]);
		}
	}
	for (uint32_t n = table->oldest; n != FLOW_NONE; n = table->flows[n].newer) {
		assert_true(table->flows[n].timed);
		assert_true(table->flows[n].used_ns >= last);
		last = table->flows[n].used_ns;
		chained++;
	}
	assert_int_equal(chained, model->count - model->tcp_count);
}

static void walk(struct flow_table *table, struct model *model, uint64_t dice, uint64_t now)
{
	const unsigned number = (unsigned)(dice >> 33) % 128;
	const struct flow_key key = walk_key_of(number);
	const uint32_t found = flow_find(table, &key);
	const bool tcp = is_tcp(number);

	if (found == FLOW_NONE) {
		bool added = flow_add(table, &key, !tcp, (int)number, now) != FLOW_NONE;

		assert_int_equal(added, model->count < CAPACITY);
		model->there[number] = added;
		model->count += added;
		model->tcp_count += added && tcp;
	} else if (dice >> 62) {
		flow_remove(table, found);
		model->there[number] = false;
		model->count--;
		model->tcp_count -= tcp;
	} else {
		flow_touch(table, found, now);
	}
	model->used_ns[number] = now;
	compare(table, model);
}

static void the_table_agrees_with_a_list_over_random_walks(void **state)
{
	uint64_t dice = 1;

	(void)state;
	for (uint64_t seed = 1; seed <= quick_share(20); seed++) {
		struct flow_table table = make_table(CAPACITY, seed);
		struct model model = {.count = 0};

		for (uint64_t now = 1; now <= 2000; now++) {
			dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
			walk(&table, &model, dice, now);
		}
	}
}

/* With two slots in the index every second key falls on the one that is there. */
static void keys_that_collide_are_told_apart_by_every_part(void **state)
{
	const struct flow_key key = {.guest_ip = 0xc0a86402,
	                             .peer_ip = 0xcb007132,
	                             .guest_port = 40000,
	                             .peer_port = 51900,
	                             .proto = 17};

	(void)state;
	for (uint64_t seed = 1; seed <= 32; seed++)
		for (int by = -1; by <= 1; by += 2) {
			struct flow_table table = make_table(1, seed);
			struct flow_key others[5] = {key, key, key, key, key};

			assert_int_not_equal(flow_add(&table, &key, true, 5, 0), FLOW_NONE);
			others[0].guest_ip += (uint32_t)by;
			others[1].peer_ip += (uint32_t)by;
			others[2].guest_port = (uint16_t)(key.guest_port + by);
			others[3].peer_port = (uint16_t)(key.peer_port + by);
			others[4].proto = (uint8_t)(key.proto + by);
			for (size_t i = 0; i < 5; i++)
				assert_int_equal(flow_find(&table, &others[i]), FLOW_NONE);
			assert_int_not_equal(flow_find(&table, &key), FLOW_NONE);
		}
}

static void the_index_begins_empty_and_ends_where_it_should(void **state)
{
	struct flow_table table;

	(void)state;
	memset(slots, 0, sizeof(slots));
	flow_init(&table, flows, 8, slots, 1);
	for (size_t i = 0; i < 16; i++)
		assert_int_equal(slots[i], FLOW_NONE);
	assert_int_equal(slots[16], 0);
}

static void only_flows_of_tcp_count_as_such(void **state)
{
	static const uint8_t protos[] = {1, 6, 17};
	struct flow_table table = make_table(8, 1);

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct flow_key key = key_of(1);
		uint32_t number;

		key.proto = protos[i];
		number = flow_add(&table, &key, true, 1, 0);
		assert_int_equal(table.tcp_count, protos[i] == 6);
		flow_remove(&table, number);
		assert_int_equal(table.tcp_count, 0);
	}
}

/* The slot of a key in an index of 128, when nothing else is there. */
static uint32_t slot_of(const struct flow_key *key, uint64_t seed)
{
	struct flow_table table = make_table(CAPACITY, seed);
	uint32_t slot = 0;

	assert_int_not_equal(flow_add(&table, key, true, 1, 0), FLOW_NONE);
	while (slots[slot] == FLOW_NONE)
		slot++;
	return slot;
}

static void keys_and_seeds_that_differ_in_one_part_spread_over_the_index(void **state)
{
	(void)state;
	for (unsigned part = 0; part < 6; part++) {
		bool used[128] = {false};
		unsigned distinct = 0;

		for (uint8_t i = 0; i < 64; i++) {
			struct flow_key key = key_of(40000);
			uint32_t slot;

			key.guest_ip += part == 0 ? i : 0;
			key.peer_ip += part == 1 ? i : 0;
			key.guest_port = (uint16_t)(key.guest_port + (part == 2 ? i : 0));
			key.peer_port = (uint16_t)(key.peer_port + (part == 3 ? i : 0));
			key.proto = part == 4 ? i : 17;
			slot = slot_of(&key, part == 5 ? i : 1);
			distinct += !used[slot];
			used[slot] = true;
		}
		assert_true(distinct > 40); /* 50 of 64 are to be expected */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_part_of_the_key_counts),
	        cmocka_unit_test(a_full_table_refuses_and_keeps_what_it_has),
	        cmocka_unit_test(flows_expire_in_the_order_of_their_last_use),
	        cmocka_unit_test(a_flow_in_use_is_never_expired),
	        cmocka_unit_test(the_idle_time_is_the_tables_own),
	        cmocka_unit_test(a_flow_that_is_not_timed_never_expires_nor_makes_room),
	        cmocka_unit_test(the_table_agrees_with_a_list_over_random_walks),
	        cmocka_unit_test(keys_that_collide_are_told_apart_by_every_part),
	        cmocka_unit_test(the_index_begins_empty_and_ends_where_it_should),
	        cmocka_unit_test(only_flows_of_tcp_count_as_such),
	        cmocka_unit_test(keys_and_seeds_that_differ_in_one_part_spread_over_the_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
