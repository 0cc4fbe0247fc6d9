/* SPDX-License-Identifier: ISC */
/* edit.c: how a tree of fields is changed. */
#include "fuzz/mutate/core.h"

#define EDITS_MAX  5  /* of one mutation */
#define COPIES_MAX 64 /* of one item */
#define TRIES      4  /* of one mutation */

uint32_t mutate_below(struct mutate_tree *tree, uint32_t n)
{
	/* xorshift64*, of which the upper half is good */
	tree->random ^= tree->random >> 12;
	tree->random ^= tree->random << 25;
	tree->random ^= tree->random >> 27;
	return n ? (uint32_t)((tree->random * UINT64_C(0x2545f4914f6cdd1d)) >> 32) % n : 0;
}

/* ---- which field ---- */

enum sort { SORT_ITEM, SORT_HOLDER, SORT_LEAF, SORT_NUMBER };

static bool is_of(const struct mutate_node *node, enum sort sort)
{
	if (sort == SORT_ITEM)
		return node->kind != 0;
	if (sort == SORT_HOLDER)
		return node->holds != 0;
	if (sort == SORT_LEAF)
		return node->what == MUTATE_PLAIN || node->what == MUTATE_FIXED;
	return node->what >= MUTATE_BYTES;
}

/* A field of that sort, and of that kind unless it is 0; 0, which is the root, when there is none. Most
 * trees have many fields, most of which fit: so it is looked for from a place onwards. */
static uint16_t pick(struct mutate_tree *chance, const struct mutate_tree *tree, enum sort sort,
                     uint8_t kind)
{
	const uint16_t start = (uint16_t)mutate_below(chance, tree->count);

	for (uint16_t i = 0; i < tree->count; i++) {
		const uint16_t at = (uint16_t)((start + i) % tree->count);

		if (at && is_of(&tree->nodes[at], sort) && (!kind || tree->nodes[at].kind == kind))
			return at;
	}
	return 0;
}

uint8_t *mutate_room(struct mutate_tree *tree, size_t n)
{
	uint8_t *p = tree->fresh + tree->used;

	if (n > sizeof(tree->fresh) - tree->used)
		return NULL;
	tree->used += n;
	return p;
}

/* ---- fields come and go ---- */

/* A gap of `by` nodes at `at`, or (below 0) so many fewer there. Not memmove(): the sanitizers' moves a byte at a
 * time. */
static void shift(struct mutate_tree *tree, uint16_t at, int by)
{
	struct mutate_node *nodes = tree->nodes;

	if (by > 0)
		for (int i = tree->count; i-- > at;)
			nodes[i + by] = nodes[i];
	else
		for (int i = at - by; i < tree->count; i++)
			nodes[i + by] = nodes[i];
	tree->count = (uint16_t)(tree->count + by);
}

static bool is_within(const struct mutate_tree *tree, uint16_t at, uint16_t field)
{
	return at > field && at < field + tree->nodes[field].span;
}

static void grow(struct mutate_tree *tree, uint16_t list, int by)
{
	for (uint16_t i = 0; i <= list; i++)
		if (i == list || is_within(tree, list, i))
			tree->nodes[i].span = (uint16_t)(tree->nodes[i].span + by);
}

static uint16_t list_of(const struct mutate_tree *tree, uint16_t field)
{
	uint16_t i = (uint16_t)(field - 1);

	while (!is_within(tree, field, i))
		i--;
	return i;
}

static void cut_out(struct mutate_tree *tree, uint16_t field)
{
	const uint16_t span = tree->nodes[field].span;

	for (uint16_t i = field; i < field + span; i++)
		tree->where[tree->nodes[i].id] = 0;
	grow(tree, list_of(tree, field), -(int)span);
	shift(tree, field, -(int)span);
}

/* Gives the nodes of a copy ids of their own. What was measured within the field is measured within the
 * copy; what elsewhere, is if it is the same tree. */
static void rename_copy(struct mutate_tree *tree, uint16_t copy, bool same_tree)
{
	const uint16_t end = (uint16_t)(copy + tree->nodes[copy].span);

	for (uint16_t i = copy; i < end; i++) {
		struct mutate_node *node = &tree->nodes[i];
		uint16_t k = copy;

		while (k < end && tree->nodes[k].id != node->of)
			k++;
		if (k < end)
			node->of = (uint16_t)(tree->ids + k - copy);
		else if (!same_tree)
			node->of = (uint16_t)(tree->ids + i - copy);
	}
	for (uint16_t i = copy; i < end; i++)
		tree->nodes[i].id = tree->ids++;
}

/* Puts a copy of a field of `from` into a list, in front of what stands at `at`. */
static bool put_in(struct mutate_tree *tree, uint16_t list, uint16_t at,
                   const struct mutate_tree *from, uint16_t field, bool keep_ids)
{
	const uint16_t span = from->nodes[field].span;

	if (tree->count + span >= MUTATE_NODES_MAX ||
	    (!keep_ids && tree->ids + span >= 2 * MUTATE_NODES_MAX) ||
	    (from == tree && is_within(tree, at, field)))
		return false;
	shift(tree, at, span);
	if (from == tree && field >= at)
		field = (uint16_t)(field + span);
	for (uint16_t i = 0; i < span; i++)
		tree->nodes[at + i] = from->nodes[field + i];
	grow(tree, list, span);
	if (!keep_ids)
		rename_copy(tree, at, from == tree);
	return true;
}

/* ---- edits of fields ---- */

static void edit_delete(struct mutate_tree *tree)
{
	const uint16_t item = pick(tree, tree, SORT_ITEM, 0);

	if (item)
		cut_out(tree, item);
}

static void edit_double(struct mutate_tree *tree)
{
	const uint16_t item = pick(tree, tree, SORT_ITEM, 0);
	uint32_t copies = mutate_below(tree, 16) ? 1 : 1 + mutate_below(tree, COPIES_MAX);

	while (item && copies-- && put_in(tree, list_of(tree, item), item, tree, item, false))
		;
}

/* An item to another place that its kind has, perhaps in another list. */
static void edit_move(struct mutate_tree *tree)
{
	const uint16_t item = pick(tree, tree, SORT_ITEM, 0);
	uint16_t to, list;

	if (!item)
		return;
	to = pick(tree, tree, SORT_ITEM, tree->nodes[item].kind);
	if (to == item || is_within(tree, item, to) || is_within(tree, to, item))
		return;
	list = list_of(tree, to);
	if (to > item)
		to = (uint16_t)(to + tree->nodes[to].span); /* behind it */
	if (put_in(tree, list, to, tree, item, true))
		cut_out(tree, to > item ? item : (uint16_t)(item + tree->nodes[to].span));
}

/* An item of another input, beside one of its kind or instead of it. */
static void edit_take_over(struct mutate_tree *tree, const struct mutate_tree *other)
{
	const uint16_t item = pick(tree, tree, SORT_ITEM, 0);
	const uint16_t taken = item ? pick(tree, other, SORT_ITEM, tree->nodes[item].kind) : 0;

	if (!taken)
		return;
	if (put_in(tree, list_of(tree, item), item, other, taken, false) && mutate_below(tree, 2))
		cut_out(tree, (uint16_t)(item + tree->nodes[item].span));
}

static void edit_make(const struct mutate_format *format, struct mutate_tree *tree)
{
	static const size_t made_max = 1024;
	const uint16_t list = pick(tree, tree, SORT_HOLDER, 0);
	uint8_t *bytes = list ? mutate_room(tree, made_max) : NULL;
	struct mutate_tree *t = tree;
	uint16_t at = (uint16_t)(list + 1);
	size_t n;

	if (!bytes || t->count + 1 >= MUTATE_NODES_MAX || t->ids + 1 >= 2 * MUTATE_NODES_MAX)
		return;
	n = format->make(tree, tree->nodes[list].holds, bytes, made_max);
	if (!n)
		return;
	for (uint32_t k = mutate_below(tree, 8); k && is_within(tree, at, list); k--)
		at = (uint16_t)(at + t->nodes[at].span);
	shift(tree, at, 1);
	t->nodes[at] = (struct mutate_node){.what = MUTATE_PLAIN,
	                                    .id = t->ids,
	                                    .of = t->ids,
	                                    .span = 1,
	                                    .bytes = rd_of(bytes, n)};
	t->ids++;
	grow(tree, list, 1);
}

/* ---- edits of what is in a field ---- */

/* The usual changes of bytes, for who has no better ones. */
static size_t change_bytes(struct mutate_tree *tree, uint8_t *data, size_t size, size_t max)
{
	static const uint8_t telling[] = {0, 1, 0x1f, 0x20, '.', '-', 0x7f, 0x80, 0xc0, 0xff};
	const size_t at = mutate_below(tree, (uint32_t)size);

	if (!size || (size < max && !mutate_below(tree, 4))) {
		memmove(data + at + 1, data + at, size - at);
		data[at] = (uint8_t)mutate_below(tree, 256);
		return size + 1;
	}
	switch (mutate_below(tree, 4)) {
	case 0:
		data[at] ^= (uint8_t)(1 << mutate_below(tree, 8));
		return size;
	case 1:
		data[at] = telling[mutate_below(tree, sizeof(telling))];
		return size;
	case 2:
		data[at] = (uint8_t)(data[at] + mutate_below(tree, 33) - 16);
		return size;
	default:
		memmove(data + at, data + at + 1, size - at - 1);
		return size - 1;
	}
}

/* Bytes of a leaf become these: all where it may, else as many as it has. */
static void set_leaf(struct mutate_node *leaf, uint8_t *bytes, size_t n)
{
	if (leaf->what == MUTATE_FIXED && n < leaf->bytes.n)
		memcpy(bytes + n, leaf->bytes.p + n, leaf->bytes.n - n);
	leaf->bytes.p = bytes;
	if (leaf->what != MUTATE_FIXED)
		leaf->bytes.n = n;
}

static void edit_bytes(struct mutate_tree *tree, mutate_bytes *bytes)
{
	struct mutate_node *leaf = &tree->nodes[pick(tree, tree, SORT_LEAF, 0)];
	const size_t n = leaf->bytes.n;
	const size_t max = leaf->what == MUTATE_FIXED ? n : n + 1 + mutate_below(tree, 64);
	uint8_t *copy = max && leaf != tree->nodes ? mutate_room(tree, max) : NULL;

	if (!copy)
		return;
	if (n)
		memcpy(copy, leaf->bytes.p, n);
	set_leaf(leaf, copy, bytes ? bytes(copy, n, max) : change_bytes(tree, copy, n, max));
}

/* To a length at which formats and parsers have their edges. */
static void edit_resize(struct mutate_tree *tree)
{
	static const uint16_t edges[] = {0,   1,    2,    3,    4,     12,   32,  63,
	                                 64,  127,  128,  252,  253,   254,  255, 256,
	                                 511, 1024, 1232, 4096, 16384, 16385};
	struct mutate_node *leaf = &tree->nodes[pick(tree, tree, SORT_LEAF, 0)];
	const size_t n = edges[mutate_below(tree, sizeof(edges) / sizeof(edges[0]))];
	const struct rd was = leaf->bytes;
	uint8_t *bytes;

	if (leaf->what != MUTATE_PLAIN || !(bytes = mutate_room(tree, n)))
		return;
	for (size_t i = 0; i < n; i++)
		bytes[i] = was.n ? was.p[i % was.n] : 'a';
	set_leaf(leaf, bytes, n);
}

/* What is in one leaf stands in another too: names that are equal are what much depends on. */
static void edit_copy_bytes(struct mutate_tree *tree, const struct mutate_tree *other)
{
	struct mutate_node *leaf = &tree->nodes[pick(tree, tree, SORT_LEAF, 0)];
	const struct mutate_tree *from = other && mutate_below(tree, 2) ? other : tree;
	const struct rd source = from->nodes[pick(tree, from, SORT_LEAF, 0)].bytes;
	const size_t n = leaf->what == MUTATE_FIXED && source.n > leaf->bytes.n ? leaf->bytes.n
	                                                                        : source.n;
	uint8_t *bytes = mutate_room(tree, n > leaf->bytes.n ? n : leaf->bytes.n);

	if (leaf == tree->nodes || !bytes)
		return;
	if (n)
		memcpy(bytes, source.p, n);
	set_leaf(leaf, bytes, n);
}

static void edit_lie(struct mutate_tree *tree)
{
	static const uint32_t lies[] = {1, UINT32_MAX, 2, UINT32_MAX - 1, 4, 256, 0x8000, 0xff00};
	struct mutate_node *number = &tree->nodes[pick(tree, tree, SORT_NUMBER, 0)];

	if (number != tree->nodes)
		number->lie += mutate_below(tree, 4)
		                       ? lies[mutate_below(tree, sizeof(lies) / sizeof(lies[0]))]
		                       : mutate_below(tree, UINT32_MAX);
}

/* ---- a mutation ---- */

void mutate_edit(const struct mutate_format *format, struct mutate_tree *tree,
                 const struct mutate_tree *other, mutate_bytes *bytes)
{
	switch (mutate_below(tree, 16)) {
	case 0:
		edit_delete(tree);
		return;
	case 1:
	case 2:
		edit_double(tree);
		return;
	case 3:
		edit_move(tree);
		return;
	case 4:
		edit_resize(tree);
		return;
	case 5:
		edit_copy_bytes(tree, other);
		return;
	case 6:
		edit_lie(tree);
		return;
	case 7:
	case 8:
		if (format->make) {
			edit_make(format, tree);
			return;
		}
		break;
	case 9:
		if (format->edit) {
			format->edit(tree);
			return;
		}
		break;
	case 10:
	case 11:
		if (other) {
			edit_take_over(tree, other);
			return;
		}
		break;
	default:
		break;
	}
	edit_bytes(tree, bytes);
}

size_t mutate_most(const struct mutate_format *format, size_t size, size_t max)
{
	const size_t most = format->most > size ? format->most : size;

	return format->most && most < max ? most : max;
}

size_t mutate(const struct mutate_format *format, struct mutate_tree *tree, uint8_t *data,
              size_t size, size_t max, uint32_t seed, const struct mutate_tree *other,
              mutate_bytes *bytes)
{
	size_t most = mutate_most(format, size, max);

	most = most < MUTATE_LEN_MAX ? most : MUTATE_LEN_MAX;
	if (size > MUTATE_LEN_MAX)
		return size < max ? size : max;
	/* What becomes too long is tried again: with as many attempts one is left that does not. */
	for (uint32_t i = 0; i < TRIES; i++) {
		uint32_t edits;
		size_t n;

		mutate_parse(format, tree, rd_of(data, size), seed + (i << 24));
		if (mutate_below(tree, 2))
			mutate_repair(tree);
		edits = 1 + mutate_below(tree, EDITS_MAX);
		while (edits--)
			mutate_edit(format, tree, other, bytes);
		n = mutate_write(format, tree, tree->out, most);
		if (!n)
			continue;
		memcpy(data, tree->out, n);
		return n;
	}
	return size < max ? size : max;
}
