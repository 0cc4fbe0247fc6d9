/* SPDX-License-Identifier: ISC */
/* cache_model.c: a cache of names that has no table. */
#include "fuzz/rig/cache_model.h"

#include "fuzz/fuzz.h"

#define NS_PER_S UINT64_C(1000000000)

const struct dns_name *cache_model_name(unsigned number)
{
	static struct dns_name names[CACHE_MODEL_NAMES]; /* made once, and then the same */
	struct dns_name *name = &names[number];

	if (!name->len) {
		name->host = true;
		name->len = (uint8_t)snprintf(name->text, sizeof(name->text), "%u.test", number);
	}
	return name;
}

struct names_result cache_model_result(uint8_t kind, uint32_t ttl_s)
{
	static const struct names_result results[] = {
	        {.status = NAMES_READY, .address_count = 2, .addresses = {0x01010101, 0x08080808}},
	        {.status = NAMES_READY, .address_count = 1, .addresses = {0x5db8d822}},
	        {.status = NAMES_FAILED, .reason = REASON_NAME_UNKNOWN, .exists = true},
	        {.status = NAMES_FAILED, .reason = REASON_NAME_UNKNOWN},
	        {.status = NAMES_FAILED, .reason = REASON_NAME_PRIVATE},
	        {.status = NAMES_FAILED, .reason = REASON_RESOLVER_FAILED, .fault = DNS_CHAIN},
	        {.status = NAMES_WAIT},
	};
	struct names_result result = results[kind % (sizeof(results) / sizeof(results[0]))];

	result.ttl_s = ttl_s;
	return result;
}

static bool is_known(const struct cache_model *model, unsigned number)
{
	return model->until_ns[number] > model->now_ns;
}

static bool is_found(const struct cache_model *model, const struct names_cache *cache,
                     unsigned number)
{
	const struct dns_name *name = cache_model_name(number);
	struct names_result result;

	return names_cache_find(cache, name, model->now_ns, &result);
}

void cache_model_fill(struct cache_model *model, struct names_cache *cache, unsigned first)
{
	for (unsigned i = 0; i < NAMES_CACHE_MAX; i++) {
		const unsigned number = (first + i) % CACHE_MODEL_NAMES;

		/* Each but the last of a pair ends at a time of its own. */
		model->until_ns[number] = model->now_ns + (1 + i * 37 % 500) * NS_PER_S;
		model->results[number] = cache_model_result((uint8_t)(i % 4), 1 + i * 37 % 500);
		cache->entries[i] = (struct names_cache_entry){.name = *cache_model_name(number),
		                                               .until_ns = model->until_ns[number],
		                                               .result = model->results[number]};
	}
}

/* Full: one of those that end first has gone, and nothing else. */
static void forget_first(struct cache_model *model, const struct names_cache *cache)
{
	uint64_t first = UINT64_MAX;
	unsigned count = 0, gone = 0;

	for (unsigned i = 0; i < CACHE_MODEL_NAMES; i++)
		if (is_known(model, i)) {
			count++;
			if (model->until_ns[i] < first)
				first = model->until_ns[i];
		}
	if (count < NAMES_CACHE_MAX)
		return;
	for (unsigned i = 0; i < CACHE_MODEL_NAMES; i++)
		if (model->until_ns[i] == first && !is_found(model, cache, i)) {
			model->until_ns[i] = 0;
			gone++;
		}
	HOLDS("of a full cache the one goes that would have gone next", gone == 1);
}

void cache_model_put(struct cache_model *model, struct names_cache *cache, unsigned number,
                     const struct names_result *result)
{
	const bool kept = result->ttl_s &&
	                  (result->status == NAMES_READY || result->reason == REASON_NAME_UNKNOWN);
	const struct dns_name *name = cache_model_name(number);

	names_cache_put(cache, name, result, model->now_ns);
	if (kept && !is_known(model, number))
		forget_first(model, cache);
	model->until_ns[number] = kept ? model->now_ns + result->ttl_s * NS_PER_S : 0;
	model->results[number] = *result;
	cache_model_find(model, cache, number);
}

void cache_model_find(const struct cache_model *model, const struct names_cache *cache,
                      unsigned number)
{
	const struct dns_name *name = cache_model_name(number);
	const struct names_result *wanted = &model->results[number];
	struct names_result result = {0};
	const bool found = names_cache_find(cache, name, model->now_ns, &result);

	HOLDS("what is known is found, for as long as it lives, and nothing else",
	      found == is_known(model, number));
	if (!found)
		return;
	HOLDS("what is found is what was put there",
	      result.status == wanted->status && result.reason == wanted->reason &&
	              result.exists == wanted->exists &&
	              result.address_count == wanted->address_count &&
	              !memcmp(result.addresses, wanted->addresses, sizeof(result.addresses)));
	HOLDS("what is found lives as long as is left of it",
	      result.ttl_s == (model->until_ns[number] - model->now_ns) / NS_PER_S);
}
