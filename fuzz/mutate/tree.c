/* SPDX-License-Identifier: ISC */
/* tree.c: bytes into a tree of fields, and back with all numbers written anew. */
#include "fuzz/mutate/core.h"

#include <stdio.h>

/* ---- building ---- */

static bool is_number(const struct mutate_node *node)
{
	return node->what >= MUTATE_BYTES;
}

/* Room for one more is kept: bytes must go somewhere. */
static bool is_full(const struct mutate_tree *tree)
{
	return tree->count + 1 >= MUTATE_NODES_MAX;
}

static uint16_t add(struct mutate_tree *tree, enum mutate_what what, uint8_t kind, struct rd bytes)
{
	struct mutate_node *node = &tree->nodes[tree->count];
	const uint16_t id = tree->ids++;

	node->what = what;
	node->code = MUTATE_BIG;
	node->kind = kind;
	node->holds = 0;
	node->id = node->of = id;
	node->span = 1;
	node->add = node->lie = 0;
	node->bytes = bytes;
	node->changed = false;
	tree->where[id] = tree->count++;
	for (unsigned i = 0; i < tree->depth; i++)
		tree->nodes[tree->open[i]].span++;
	return id;
}

static uint16_t add_leaf(struct mutate_tree *tree, enum mutate_what what, uint8_t kind,
                         struct rd bytes)
{
	if (tree->rest) {
		struct rd *rest = &tree->nodes[tree->where[tree->rest]].bytes;

		rest->p = rest->n ? rest->p : bytes.p; /* what begins it may be nowhere */
		rest->n += bytes.n;
		return tree->rest;
	}
	if (!is_full(tree))
		return add(tree, what, kind, bytes);
	tree->rest = add(tree, MUTATE_PLAIN, 0, bytes);
	return tree->rest;
}

uint16_t mutate_open(struct mutate_tree *tree, uint8_t kind, uint8_t holds)
{
	const uint16_t at = tree->count;
	uint16_t id;

	if (is_full(tree) || tree->depth == MUTATE_DEPTH_MAX) {
		tree->lost++;
		return 0;
	}
	id = add(tree, MUTATE_LIST, kind, rd_of(NULL, 0));
	tree->nodes[at].holds = holds;
	tree->open[tree->depth++] = at;
	return id;
}

/* Where there was no room once there is none later: what was lost is innermost. */
void mutate_close(struct mutate_tree *tree)
{
	if (tree->lost)
		tree->lost--;
	else
		tree->depth--;
}

uint16_t mutate_plain(struct mutate_tree *tree, uint8_t kind, struct rd bytes)
{
	return add_leaf(tree, MUTATE_PLAIN, kind, bytes);
}

uint16_t mutate_fixed(struct mutate_tree *tree, uint8_t kind, struct rd bytes)
{
	return add_leaf(tree, MUTATE_FIXED, kind, bytes);
}

uint16_t mutate_number(struct mutate_tree *tree, enum mutate_what what, enum mutate_code code,
                       uint32_t bias, struct rd bytes)
{
	const uint16_t id = add_leaf(tree, what, 0, bytes);
	struct mutate_node *node = &tree->nodes[tree->where[id]];

	if (is_number(node)) {
		node->code = code;
		node->add = bias;
	}
	return id;
}

void mutate_of(struct mutate_tree *tree, uint16_t number, uint16_t of)
{
	struct mutate_node *node = &tree->nodes[tree->where[number]];

	if (is_number(node) && of)
		node->of = of;
}

uint16_t mutate_take(struct mutate_tree *tree, struct rd *in, size_t n)
{
	struct rd bytes = {0};

	if (!rd_sub(in, n < in->n ? n : in->n, &bytes))
		return 0;
	return mutate_fixed(tree, 0, bytes);
}

bool mutate_vec(struct mutate_tree *tree, unsigned width, uint8_t holds, struct rd *in,
                struct rd *inside)
{
	struct rd prefix = {0};
	uint32_t len = 0;
	uint16_t number;

	if (!rd_sub(in, width, &prefix))
		return false;
	for (size_t i = 0; i < width; i++)
		len = len << 8 | prefix.p[i];
	number = mutate_number(tree, MUTATE_BYTES, MUTATE_BIG, 0, prefix);
	mutate_of(tree, number, mutate_open(tree, 0, holds));
	return rd_sub(in, len < in->n ? len : in->n, inside);
}

void mutate_vec_plain(struct mutate_tree *tree, unsigned width, struct rd *in)
{
	struct rd inside;

	if (mutate_vec(tree, width, 0, in, &inside)) {
		mutate_plain(tree, 0, inside);
		mutate_close(tree);
	} else {
		mutate_plain(tree, 0, *in);
		*in = rd_of(NULL, 0);
	}
}

/* ---- numbers ---- */

static const uint8_t *bytes_of(const struct mutate_node *node)
{
	return node->changed ? node->digits : node->bytes.p;
}

/* As it stands in the bytes. */
static uint32_t number_read(const struct mutate_node *node)
{
	uint32_t value = 0;

	for (size_t i = 0; i < node->bytes.n; i++) {
		const uint8_t c = bytes_of(node)[i];

		if (node->code == MUTATE_BIG)
			value = value << 8 | c;
		else if (node->code == MUTATE_LITTLE)
			value |= (uint32_t)c << 8 * (i & 3);
		else if (node->code == MUTATE_DECIMAL)
			value = value * 10 + (uint32_t)(c - '0');
		else
			value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return value;
}

static uint32_t number_mask(const struct mutate_node *node)
{
	const bool short_one = node->code <= MUTATE_LITTLE && node->bytes.n < 4;

	return short_one ? (UINT32_C(1) << 8 * node->bytes.n) - 1 : UINT32_MAX;
}

/* Makes `bytes` say this; whether they are longer or shorter than before. */
static bool number_set(struct mutate_node *node, uint32_t value)
{
	const size_t before = node->bytes.n;
	char text[sizeof(node->digits)];
	size_t n = before;

	value &= number_mask(node);
	if (value == number_read(node))
		return false; /* as it was spelt */
	if (node->code > MUTATE_LITTLE)
		n = (size_t)snprintf(text, sizeof(text), node->code == MUTATE_HEX ? "%x" : "%u",
		                     value);
	for (size_t i = 0; i < n && i < sizeof(node->digits); i++)
		if (node->code > MUTATE_LITTLE)
			node->digits[i] = (uint8_t)text[i];
		else
			node->digits[i] = (uint8_t)(value >>
			                            8 * (node->code == MUTATE_BIG ? n - 1 - i : i));
	node->bytes.n = n;
	node->changed = true;
	return n != before;
}

static uint32_t items_of(const struct mutate_tree *tree, uint16_t list)
{
	const uint16_t end = (uint16_t)(list + tree->nodes[list].span);
	uint32_t count = 0;

	for (uint16_t i = (uint16_t)(list + 1); i < end; i = (uint16_t)(i + tree->nodes[i].span))
		count++;
	return count;
}

/* Of all leaves of a field, but the number itself counts as zero. */
static uint32_t sum_of(const struct mutate_tree *tree, uint16_t field, uint16_t number)
{
	const uint16_t end = (uint16_t)(field + tree->nodes[field].span);
	uint32_t sum = 0;
	size_t odd = 0;

	for (uint16_t i = field; i < end; i++) {
		const uint8_t *bytes = bytes_of(&tree->nodes[i]);

		for (size_t k = 0; k < tree->nodes[i].bytes.n; k++, odd ^= 1)
			if (i != number)
				sum += odd ? bytes[k] : (uint32_t)bytes[k] << 8;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* What a number has to say, but for its lie; what it says now, when it measures nothing. */
static uint32_t measure(const struct mutate_tree *tree, uint16_t number)
{
	const struct mutate_node *node = &tree->nodes[number];
	const uint16_t of = tree->where[node->of];

	if (node->of == node->id || !of)
		return number_read(node) - node->lie;
	if (node->what == MUTATE_BYTES)
		return (uint32_t)tree->nodes[of].len + node->add;
	if (node->what == MUTATE_ITEMS)
		return items_of(tree, of) + node->add;
	if (node->what == MUTATE_PLACE)
		return (uint32_t)tree->nodes[of].at + node->add;
	return sum_of(tree, of, number) + node->add;
}

/* ---- writing ---- */

/* Where everything stands, and how long it is. */
static void lay_out(struct mutate_tree *tree)
{
	for (uint16_t i = tree->count; i-- > 0;) {
		struct mutate_node *node = &tree->nodes[i];
		const uint16_t end = (uint16_t)(i + node->span);

		tree->where[node->id] = i;
		node->len = node->bytes.n;
		for (uint16_t k = (uint16_t)(i + 1); k < end;
		     k = (uint16_t)(k + tree->nodes[k].span))
			node->len += tree->nodes[k].len;
	}
	for (size_t i = 0, at = 0; i < tree->count; at += tree->nodes[i].bytes.n, i++)
		tree->nodes[i].at = at;
}

/* Sums last: they are of numbers too. False when one became longer or shorter. */
static bool write_numbers(struct mutate_tree *tree)
{
	bool moved = false;

	for (int sums = 0; sums <= 1; sums++)
		for (uint16_t i = 0; i < tree->count; i++) {
			struct mutate_node *node = &tree->nodes[i];

			if (is_number(node) && (node->what == MUTATE_SUM) == sums &&
			    number_set(node, measure(tree, i) + node->lie))
				moved = true;
		}
	return !moved;
}

size_t mutate_write(const struct mutate_format *format, struct mutate_tree *tree, uint8_t *out,
                    size_t max)
{
	size_t n = 0;

	/* Digits that become more may make a number around them longer, and that is all. */
	for (int i = 0; i < MUTATE_DEPTH_MAX; i++) {
		lay_out(tree);
		if (write_numbers(tree))
			break;
	}
	for (uint16_t i = 0; i < tree->count; i++) {
		const struct mutate_node *node = &tree->nodes[i];

		if (node->bytes.n > max - n)
			return 0;
		if (node->bytes.n)
			memcpy(out + n, bytes_of(node), node->bytes.n);
		n += node->bytes.n;
	}
	return format->finish ? format->finish(tree, out, n, max) : n;
}

void mutate_parse(const struct mutate_format *format, struct mutate_tree *tree, struct rd input,
                  uint32_t seed)
{
	tree->count = tree->ids = tree->rest = 0;
	tree->depth = tree->lost = 0;
	tree->used = 0;
	tree->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	memset(tree->notes, 0, sizeof(tree->notes));
	mutate_open(tree, 0, 0);
	format->parse(tree, input);
	lay_out(tree);
	for (uint16_t i = 0; i < tree->count; i++) {
		struct mutate_node *node = &tree->nodes[i];

		if (is_number(node))
			node->lie = (number_read(node) - measure(tree, i)) & number_mask(node);
	}
}

void mutate_repair(struct mutate_tree *tree)
{
	for (uint16_t i = 0; i < tree->count; i++)
		if (is_number(&tree->nodes[i]))
			tree->nodes[i].lie = 0;
}
