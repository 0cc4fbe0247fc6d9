/* SPDX-License-Identifier: ISC */
/* mutate_rig.h: for tests only. What must be true of every format, tried on one input and on all that comes of
 * it. */
#ifndef FUZZ_MUTATE_RIG_H
#define FUZZ_MUTATE_RIG_H

#include "fuzz/mutate/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define RIG_LEN 4096

static struct mutate_tree tree, other_tree, again_tree;

/* Taken apart and put together it is the same, also cut off anywhere and with any byte changed. */
static inline void rig_is_kept(const struct mutate_format *format, const uint8_t *p, size_t n)
{
	uint8_t bytes[RIG_LEN], out[RIG_LEN];

	for (size_t i = 0; i <= n; i++) {
		memcpy(bytes, p, n);
		mutate_parse(format, &tree, rd_of(bytes, i), 1);
		assert_int_equal(mutate_write(format, &tree, out, sizeof(out)), i);
		assert_memory_equal(out, bytes, i);
		if (i < n)
			bytes[i] ^= 0x81;
		mutate_parse(format, &tree, rd_of(bytes, n), 1);
		assert_int_equal(mutate_write(format, &tree, out, sizeof(out)), n);
		assert_memory_equal(out, bytes, n);
	}
}

/* The same seed does the same, and another one another; nothing becomes longer than it may. */
static inline void rig_is_deterministic(const struct mutate_format *format, const uint8_t *p,
                                        size_t n)
{
	unsigned alike = 0;

	mutate_parse(format, &other_tree, rd_of(p, n), 1);
	for (uint32_t seed = 0; seed < 500; seed++) {
		const size_t max = seed % 3 ? RIG_LEN : n + seed % 5;
		uint8_t a[RIG_LEN], b[RIG_LEN];
		size_t a_len, b_len;

		memcpy(a, p, n);
		memcpy(b, p, n);
		a_len = mutate(format, &tree, a, n, max, seed, &other_tree, NULL);
		b_len = mutate(format, &again_tree, b, n, max, seed, &other_tree, NULL);
		assert_true(a_len <= max);
		assert_int_equal(a_len, b_len);
		assert_memory_equal(a, b, a_len);
		alike += a_len == n && !memcmp(a, p, n);
	}
	assert_true(!n || alike < 250);
}

/* A long chain of mutations, each from the one before: every tree is sound, and repaired nothing lies. */
static inline void rig_stays_sound(const struct mutate_format *format, const uint8_t *p, size_t n,
                                   uint32_t seed, unsigned times)
{
	uint8_t bytes[RIG_LEN], out[RIG_LEN], same[RIG_LEN];
	size_t len = n;

	memcpy(bytes, p, n);
	mutate_parse(format, &other_tree, rd_of(p, n), 1);
	for (unsigned i = 0; i < times; i++) {
		size_t made;

		len = mutate(format, &tree, bytes, len, sizeof(bytes), seed + i,
		             i % 2 ? &other_tree : NULL, NULL);
		assert_true(len <= sizeof(bytes));
		mutate_parse(format, &tree, rd_of(bytes, len), 1);
		assert_int_equal(mutate_write(format, &tree, same, sizeof(same)), len);
		assert_memory_equal(same, bytes, len);
		mutate_repair(&tree);
		made = mutate_write(format, &tree, out, sizeof(out));
		if (!made)
			continue;
		mutate_parse(format, &again_tree, rd_of(out, made), 1);
		if (again_tree.count != tree.count)
			continue; /* what was true before reads differently now */
		for (uint16_t k = 0; k < again_tree.count; k++)
			if (again_tree.nodes[k].what >= MUTATE_BYTES)
				assert_int_equal(again_tree.nodes[k].lie, 0);
	}
}

#endif
