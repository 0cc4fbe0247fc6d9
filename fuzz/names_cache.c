/* SPDX-License-Identifier: ISC */
/* names_cache.c: fuzz target: a cache of names (ref/names_cache.h) that is asked and told in any order, beside a model.
 * Each four bytes are an operation: what, which name, and a number. Time is the program's own. */
#include "fuzz/fuzz.h"
#include "fuzz/rig/cache_model.h"

#define OPERATION_LEN  4
#define OPERATIONS_MAX 10
#define NS_PER_MS      UINT64_C(1000000)

enum operation { PUT, PUT_SHORT, FIND, WAIT, WAIT_LONG, FILL, CLEAR, PUT_AGAIN, OPERATIONS };

static struct names_cache cache;
static size_t used; /* entries of it that the input before may have filled; those behind are zero */
static struct cache_model model;

static unsigned number_of(const uint8_t op[OPERATION_LEN])
{
	return (op[0] / OPERATIONS * 256u + op[1]) % CACHE_MODEL_NAMES;
}

static void operate(const uint8_t op[OPERATION_LEN])
{
	const unsigned number = number_of(op);
	const uint32_t value = op[2] * 256u + op[3];
	const struct names_result result = cache_model_result(op[2], value),
	                          brief = cache_model_result(op[2], op[3] % 4);

	switch ((enum operation)(op[0] % OPERATIONS)) {
	case PUT:
		cache_model_put(&model, &cache, number, &result);
		return;
	case PUT_SHORT:
	case PUT_AGAIN:
		cache_model_put(&model, &cache, number, &brief);
		return;
	case WAIT:
		model.now_ns += value * NS_PER_MS;
		break;
	case WAIT_LONG:
		model.now_ns += (uint64_t)value * 1000 * NS_PER_MS;
		break;
	case FILL:
		names_cache_clear(&cache);
		memset(model.until_ns, 0, sizeof(model.until_ns));
		cache_model_fill(&model, &cache, number);
		used = NAMES_CACHE_MAX;
		break;
	case CLEAR:
		names_cache_clear(&cache);
		memset(model.until_ns, 0, sizeof(model.until_ns));
		break;
	case FIND:
	case OPERATIONS:
	default:
		break;
	}
	cache_model_find(&model, &cache, number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t longest = (size_t)OPERATION_LEN * OPERATIONS_MAX;
	const size_t end = size < longest ? size : longest;

	memset(&cache, 0, used * sizeof(cache.entries[0]));
	used = OPERATIONS_MAX;
	memset(model.until_ns, 0, sizeof(model.until_ns));
	model.now_ns = NS_PER_MS;
	for (size_t at = 0; at + OPERATION_LEN <= end; at += OPERATION_LEN)
		operate(data + at);
	/* The first name, once more at the end. */
	if (end >= OPERATION_LEN)
		cache_model_find(&model, &cache, number_of(data));
	return 0;
}
