/* SPDX-License-Identifier: ISC */
/* engine_pattern.c: one table, repeated. */
#include "fuzz/rig/engine_pattern.h"

#include "fuzz/rig/engine_bytes.h"

#include <string.h>

/* A prime: what is off by a power of two, as rings and windows are, is not the same again. */
#define PERIOD 65521

static uint8_t table[PERIOD];
static bool filled;

ENGINE_UNSEEN static void fill(void)
{
	for (uint32_t i = 0; i < PERIOD; i++) {
		uint32_t x = (i + 1) * UINT32_C(0x9e3779b1);

		x = (x ^ x >> 15) * UINT32_C(0x85ebca6b);
		table[i] = (uint8_t)((x ^ x >> 13) >> 16);
	}
	filled = true;
}

/* A run of the table that begins with that place; at most *n bytes, which becomes how many. */
ENGINE_UNSEEN static const uint8_t *run(uint32_t at, size_t *n)
{
	const uint32_t start = at % PERIOD;
	const size_t most = PERIOD - start;
	const uint64_t turn = (UINT64_C(1) << 32) - at; /* where places begin again */

	if (!filled)
		fill();
	*n = *n < most ? *n : most;
	*n = *n < turn ? *n : (size_t)turn;
	return table + start;
}

ENGINE_UNSEEN void pattern_put(uint8_t *to, uint32_t at, size_t n)
{
	while (n) {
		size_t take = n;
		const uint8_t *from = run(at, &take);

		memcpy(to, from, take);
		to += take;
		at += (uint32_t)take;
		n -= take;
	}
}

ENGINE_UNSEEN bool pattern_is(const uint8_t *p, uint32_t at, size_t n)
{
	while (n) {
		size_t take = n;
		const uint8_t *expected = run(at, &take);

		if (memcmp(p, expected, take) != 0)
			return false;
		p += take;
		at += (uint32_t)take;
		n -= take;
	}
	return true;
}
