/* SPDX-License-Identifier: ISC */
/* names_cache.c: what the resolver said, for as long as it said. */
#include "ref/names_cache.h"

#define NS_PER_S UINT64_C(1000000000)

void names_cache_clear(struct names_cache *cache)
{
	for (unsigned i = 0; i < NAMES_CACHE_MAX; i++)
		cache->entries[i].until_ns = 0;
}

/* Whether there is an entry that is, or was, of that name; *at is its place then. */
static bool find(const struct names_cache *cache, const struct dns_name *name, unsigned *at)
{
	for (unsigned i = 0; i < NAMES_CACHE_MAX; i++)
		if (dns_name_equal(&cache->entries[i].name, name)) {
			*at = i;
			return true;
		}
	return false;
}

bool names_cache_find(const struct names_cache *cache, const struct dns_name *name, uint64_t now_ns,
                      struct names_result *out)
{
	unsigned at;

	if (!find(cache, name, &at) || cache->entries[at].until_ns <= now_ns)
		return false;
	*out = cache->entries[at].result;
	out->ttl_s = (uint32_t)((cache->entries[at].until_ns - now_ns) / NS_PER_S);
	return true;
}

/* A free one or, where there is none, the one that ends first: also one that is over. */
static unsigned find_place(const struct names_cache *cache)
{
	unsigned first = 0;

	for (unsigned i = 1; i < NAMES_CACHE_MAX; i++)
		if (cache->entries[i].until_ns < cache->entries[first].until_ns)
			first = i;
	return first;
}

static bool may_be_kept(const struct names_result *result)
{
	return result->ttl_s &&
	       (result->status == NAMES_READY ||
	        (result->status == NAMES_FAILED && result->reason == REASON_NAME_UNKNOWN));
}

void names_cache_put(struct names_cache *cache, const struct dns_name *name,
                     const struct names_result *result, uint64_t now_ns)
{
	unsigned at;

	if (!find(cache, name, &at)) {
		if (!may_be_kept(result))
			return;
		at = find_place(cache);
	} else if (!may_be_kept(result)) {
		cache->entries[at].until_ns = 0;
		return;
	}
	cache->entries[at] = (struct names_cache_entry){
	        .name = *name,
	        .until_ns = now_ns + result->ttl_s * NS_PER_S,
	        .result = *result,
	};
}
