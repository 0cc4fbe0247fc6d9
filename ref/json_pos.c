/* SPDX-License-Identifier: ISC */
/* json_pos.c: walks a JSON text along a path. */
#include "ref/json_pos.h"

static bool peek(struct rd *r, char *c)
{
	while (r->n && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
		if (!rd_skip(r, 1))
			return false;
	if (!r->n)
		return false;
	*c = (char)*r->p;
	return true;
}

static bool take(struct rd *r, char wanted)
{
	char c;

	return peek(r, &c) && c == wanted && rd_skip(r, 1);
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One character of a string, escapes decoded; anything above ASCII in \u comes out as 0xff, which
 * no key of ours contains. */
static bool string_char(struct rd *r, uint8_t *out)
{
	static const char escapes[] = "b\bf\fn\nr\rt\t";
	unsigned code = 0;
	uint8_t c;

	if (!rd_u8(r, out))
		return false;
	if (*out != '\\')
		return true;
	if (!rd_u8(r, out))
		return false;
	for (size_t i = 0; escapes[i]; i += 2)
		if (*out == (uint8_t)escapes[i]) {
			*out = (uint8_t)escapes[i + 1];
			return true;
		}
	if (*out != 'u')
		return true;
	for (int i = 0; i < 4; i++) {
		if (!rd_u8(r, &c) || hex_digit(c) < 0)
			return false;
		code = code << 4 | (unsigned)hex_digit(c);
	}
	*out = code < 0x80 ? (uint8_t)code : 0xff;
	return true;
}

/* Moves behind a string; *equal tells whether it is `key` (which may be NULL). */
static bool skip_string(struct rd *r, const char *key, bool *equal)
{
	*equal = key != NULL;
	if (!take(r, '"'))
		return false;
	while (r->n && *r->p != '"') {
		uint8_t c;

		if (!string_char(r, &c))
			return false;
		if (*equal && c && (uint8_t)*key == c)
			key++;
		else
			*equal = false;
	}
	*equal = *equal && !*key;
	return take(r, '"');
}

/* Moves behind one value of any kind. Depth is counted, not recursed into. */
static bool skip_value(struct rd *r)
{
	size_t depth = 0;
	bool unused;
	char c;

	do {
		if (!peek(r, &c))
			return false;
		if (c == '"') {
			if (!skip_string(r, NULL, &unused))
				return false;
		} else if (!rd_skip(r, 1)) {
			return false;
		} else if (c == '{' || c == '[') {
			depth++;
		} else if (c == '}' || c == ']') {
			if (!depth)
				return false;
			depth--;
		} else if (!depth) { /* a bare number or word: up to its delimiter */
			while (r->n && !memchr(",]} \t\r\n", *r->p, 8))
				if (!rd_skip(r, 1))
					return false;
		}
	} while (depth);
	return true;
}

/* Moves from the start of a container to the value that `step` names; *key is where its key stands
 * (for an element, the same place). */
static bool enter(struct rd *r, const struct json_step *step, struct rd *key)
{
	bool found;
	char c;

	if (!take(r, step->key ? '{' : '['))
		return false;
	for (size_t i = 0;; i++) {
		if (!peek(r, &c) || c == '}' || c == ']')
			return false;
		*key = *r;
		if (step->key) {
			if (!skip_string(r, step->key, &found) || !take(r, ':') || !peek(r, &c))
				return false;
		} else {
			found = i == step->index;
		}
		if (found)
			return true;
		if (!skip_value(r) || !take(r, ','))
			return false;
	}
}

static struct json_pos position(struct rd text, const uint8_t *place)
{
	struct json_pos pos = {.line = 1, .column = 1};

	for (const uint8_t *p = text.p; p != place; p++) {
		pos.column++;
		if (*p == '\n') {
			pos.line++;
			pos.column = 1;
		}
	}
	return pos;
}

struct json_pos json_pos_find(struct rd text, const struct json_step *steps, size_t count,
                              bool at_key)
{
	struct rd here = text, key, next;
	char c;

	if (!peek(&here, &c))
		return position(text, text.p);
	for (size_t i = 0; i < count; i++) {
		next = here;
		if (!enter(&next, &steps[i], &key))
			break;
		here = at_key && i + 1 == count ? key : next;
	}
	return position(text, here.p);
}
