/* SPDX-License-Identifier: ISC */
/* cache_model.h: a cache of names that has no table: for each name that there can be, until when it is known. */
#ifndef FUZZ_RIG_CACHE_MODEL_H
#define FUZZ_RIG_CACHE_MODEL_H

#include "ref/names_cache.h"

#define CACHE_MODEL_NAMES 1024

struct cache_model {
	uint64_t now_ns;
	uint64_t until_ns[CACHE_MODEL_NAMES]; /* 0: nothing is known */
	struct names_result results[CACHE_MODEL_NAMES];
};

/* The name of that number. */
const struct dns_name *cache_model_name(unsigned number);

/* What is kept of kind `kind` of result, for so long. */
struct names_result cache_model_result(uint8_t kind, uint32_t ttl_s);

/* The cache as it is when 512 names, from `first` on, were put into it. */
void cache_model_fill(struct cache_model *model, struct names_cache *cache, unsigned first);

/* names_cache_put() and names_cache_find(), in both, with what must hold. */
void cache_model_put(struct cache_model *model, struct names_cache *cache, unsigned number,
                     const struct names_result *result);
void cache_model_find(const struct cache_model *model, const struct names_cache *cache,
                      unsigned number);

#endif
