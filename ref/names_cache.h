/* SPDX-License-Identifier: ISC */
/* names_cache.h: what the resolver said, for as long as it said.
 *
 * A fixed table. Kept are addresses, and that there is no such name or no address (RFC 2308), each until its time
 * to live is over; what has none is not kept, and neither is any other failure. Where all is full the one goes that
 * would have gone next by itself: a guest that asks for many names costs its own hits and nothing else.
 */
#ifndef REF_NAMES_CACHE_H
#define REF_NAMES_CACHE_H

#include "ref/names_question.h"

#define NAMES_CACHE_MAX 512

struct names_cache_entry {
	struct dns_name name;
	uint64_t until_ns; /* 0: free */
	struct names_result result;
};

struct names_cache {
	struct names_cache_entry entries[NAMES_CACHE_MAX];
};

void names_cache_clear(struct names_cache *cache);

/* What is known of `name`: out->ttl_s is what is left, whole seconds. False when nothing is. */
bool names_cache_find(const struct names_cache *cache, const struct dns_name *name, uint64_t now_ns,
                      struct names_result *out);

/* Keeps `result` for result->ttl_s seconds in place of what was known, or, of the kinds that are not kept,
 * forgets what was known. */
void names_cache_put(struct names_cache *cache, const struct dns_name *name,
                     const struct names_result *result, uint64_t now_ns);

#endif
