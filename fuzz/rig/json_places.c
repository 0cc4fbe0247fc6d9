/* SPDX-License-Identifier: ISC */
/* json_places.c: a second reader of JSON texts, which notes where each value begins. */
#include "fuzz/rig/json_places.h"

#include <ctype.h>
#include <stdlib.h>

struct reader {
	const char *begin, *p, *end;
	struct json_places *out;
	struct json_step path[JSON_PLACES_DEPTH];
	size_t depth;
};

static bool read_value(struct reader *r, size_t key_at);

static void skip_spaces(struct reader *r)
{
	while (r->p < r->end && (*r->p == 32 || *r->p == 9 || *r->p == 10 || *r->p == 13))
		r->p++;
}

static bool eat(struct reader *r, const char *word)
{
	const size_t len = strlen(word);

	if ((size_t)(r->end - r->p) < len || memcmp(r->p, word, len) != 0)
		return false;
	r->p += len;
	return true;
}

/* The character behind a backslash; 0 for none of ASCII. */
static char read_escape(struct reader *r)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found = r->p < r->end && *r->p ? strchr(from, *r->p) : NULL;
	char digits[5] = "";
	long code;

	if (found) {
		r->p++;
		return to[found - from];
	}
	if (!eat(r, "u") || r->end - r->p < 4)
		return 0;
	for (int i = 0; i < 4; i++) {
		if (!isxdigit((unsigned char)*r->p))
			return 0;
		digits[i] = *r->p++;
	}
	code = strtol(digits, NULL, 16);
	return (char)(code < 128 ? code : 0);
}

/* A string of ASCII, which goes to *key (may be NULL), with its end. */
static bool read_string(struct reader *r, const char **key)
{
	char *out = r->out->keys + r->out->keys_len;
	size_t len = 0;

	if (!eat(r, "\""))
		return false;
	while (r->p < r->end && *r->p != '"') {
		char c = *r->p++;

		if ((unsigned char)c < 32 || (unsigned char)c > 126)
			return false;
		if (c == '\\' && !(c = read_escape(r)))
			return false;
		if (key && r->out->keys_len + len + 2 > JSON_PLACES_KEYS)
			return false;
		if (key)
			out[len] = c;
		len++;
	}
	if (key) {
		if (r->out->keys_len + len + 2 > JSON_PLACES_KEYS)
			return false;
		out[len] = '\0';
		*key = out;
		r->out->keys_len += len + 1;
	}
	return eat(r, "\"");
}

static size_t read_digits(struct reader *r)
{
	size_t count = 0;

	for (; r->p < r->end && isdigit((unsigned char)*r->p); r->p++)
		count++;
	return count;
}

static bool read_number(struct reader *r)
{
	(void)eat(r, "-");
	if (!eat(r, "0") && !read_digits(r))
		return false;
	if (eat(r, ".") && !read_digits(r))
		return false;
	if (!eat(r, "e") && !eat(r, "E"))
		return true;
	return (eat(r, "+") || eat(r, "-") || true) && read_digits(r);
}

/* Whether the key was there already: under the same path, in this object. */
static bool is_new(const struct reader *r, size_t first, const char *key)
{
	for (size_t i = first; i < r->out->count; i++)
		if (r->out->places[i].depth == r->depth + 1 &&
		    strcmp(r->out->places[i].path[r->depth].key, key) == 0)
			return false;
	return true;
}

static bool read_member(struct reader *r, bool object, size_t index, size_t first)
{
	struct json_step step = {.index = index};
	size_t key_at;

	skip_spaces(r);
	key_at = (size_t)(r->p - r->begin);
	if (object && (!read_string(r, &step.key) || !is_new(r, first, step.key)))
		return false;
	skip_spaces(r);
	if (object && !eat(r, ":"))
		return false;
	if (r->depth == JSON_PLACES_DEPTH)
		return false;
	r->path[r->depth++] = step;
	if (!read_value(r, key_at))
		return false;
	r->depth--;
	skip_spaces(r);
	return true;
}

static bool read_container(struct reader *r, bool object)
{
	const char *end = object ? "}" : "]";
	const size_t first = r->out->count;

	r->p++;
	skip_spaces(r);
	if (eat(r, end))
		return true;
	for (size_t i = 0;; i++) {
		if (!read_member(r, object, i, first))
			return false;
		if (eat(r, end))
			return true;
		if (!eat(r, ","))
			return false;
	}
}

static bool read_value(struct reader *r, size_t key_at)
{
	struct json_place *place = &r->out->places[r->out->count];

	skip_spaces(r);
	if (r->p == r->end || r->out->count++ == JSON_PLACES_MAX)
		return false;
	memcpy(place->path, r->path, r->depth * sizeof(*r->path));
	place->depth = r->depth;
	place->at = (size_t)(r->p - r->begin);
	place->key_at = r->depth && r->path[r->depth - 1].key ? key_at : place->at;
	if (*r->p == '{' || *r->p == '[')
		return read_container(r, *r->p == '{');
	if (*r->p == '"')
		return read_string(r, NULL);
	return eat(r, "true") || eat(r, "false") || eat(r, "null") || read_number(r);
}

bool json_places_read(struct rd text, struct json_places *out)
{
	const char *begin = (const char *)text.p;
	struct reader r = {.begin = begin, .p = begin, .end = begin, .out = out};

	out->count = out->keys_len = 0;
	if (!text.n)
		return false;
	r.end += text.n;
	if (!read_value(&r, 0))
		return false;
	skip_spaces(&r);
	return r.p == r.end;
}

struct json_pos json_places_pos(struct rd text, size_t at)
{
	struct json_pos pos = {.line = 1, .column = (unsigned)at + 1};

	for (size_t i = 0; i < at; i++)
		if (text.p[i] == '\n') {
			pos.line++;
			pos.column = (unsigned)(at - i);
		}
	return pos;
}
