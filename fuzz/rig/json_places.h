/* SPDX-License-Identifier: ISC */
/* json_places.h: a second reader of JSON texts (RFC 8259), which notes where each value begins. Not
 * fast and not economical: values are read by recursion, to a depth of JSON_PLACES_DEPTH.
 */
#ifndef FUZZ_RIG_JSON_PLACES_H
#define FUZZ_RIG_JSON_PLACES_H

#include "bytes/rd.h"
#include "ref/json_pos.h"

#define JSON_PLACES_MAX   48
#define JSON_PLACES_DEPTH 6
#define JSON_PLACES_KEYS  1024 /* bytes of all keys, decoded */

struct json_place {
	struct json_step path[JSON_PLACES_DEPTH];
	size_t depth;
	size_t at, key_at; /* of the value, and of its key, or of the value again */
};

struct json_places {
	struct json_place places[JSON_PLACES_MAX];
	size_t count;
	char keys[JSON_PLACES_KEYS];
	size_t keys_len;
};

/* False for what is no JSON text, has a key twice, has a key that is not of ASCII or has a NUL, or does
 * not fit in. */
bool json_places_read(struct rd text, struct json_places *out);

/* Line and column of a byte, counted from 1. */
struct json_pos json_places_pos(struct rd text, size_t at);

#endif
