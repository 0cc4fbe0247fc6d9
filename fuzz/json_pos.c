/* SPDX-License-Identifier: ISC */
/* json_pos.c: fuzz target: any bytes as the JSON text in which a value is to be found
 * (ref/json_pos.h), beside a second reader of JSON (fuzz/rig/json_places.h). */
#include "ref/json_pos.h"
#include "fuzz/fuzz.h"
#include "fuzz/rig/json_places.h"

static bool is_at(struct rd text, struct json_pos pos, size_t at)
{
	const struct json_pos expected = json_places_pos(text, at);

	return pos.line == expected.line && pos.column == expected.column;
}

/* The same path and one step more, which leads nowhere. */
static struct json_pos find_beyond(struct rd text, const struct json_place *place, bool key)
{
	struct json_step path[JSON_PLACES_DEPTH + 1];
	const struct json_step nowhere = {.key = key ? "no such key" : NULL, .index = 4096};

	memcpy(path, place->path, sizeof(place->path));
	path[place->depth] = nowhere;
	return json_pos_find(text, path, place->depth + 1, false);
}

/* One question a value, another one for the next: texts are short, corpora are large. */
static void hold_places(struct rd text, const struct json_places *places)
{
	for (size_t i = 0; i < places->count; i++) {
		const struct json_place *place = &places->places[i];

		switch ((i + text.n) % 4) {
		case 0:
			HOLDS("a value is found where it begins",
			      is_at(text, json_pos_find(text, place->path, place->depth, false),
			            place->at));
			break;
		case 1:
			HOLDS("a key is found where it begins",
			      is_at(text, json_pos_find(text, place->path, place->depth, true),
			            place->key_at));
			break;
		default:
			HOLDS("a path that leads nowhere ends at the innermost value",
			      is_at(text, find_beyond(text, place, i % 2), place->at));
		}
	}
}

/* Any text has some place for any path. */
static void hold_inside(struct rd text)
{
	static const struct json_step path[] = {{.key = "a"}, {.index = 1}, {.key = "\n\"b"}};

	for (size_t depth = 0; depth <= 3; depth++) {
		const struct json_pos pos = json_pos_find(text, path, depth, depth % 2);
		size_t at = 0;

		for (unsigned line = 1; line < pos.line && at < text.n; at++)
			line += text.p[at] == '\n';
		at += pos.column - 1;
		HOLDS("a place is inside of the text",
		      pos.line && pos.column && at <= text.n && is_at(text, pos, at));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct json_places places;
	const struct rd text = rd_of(data, size);

	hold_inside(text);
	if (json_places_read(text, &places))
		hold_places(text, &places);
	return 0;
}
