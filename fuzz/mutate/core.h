/* SPDX-License-Identifier: ISC */
/* core.h: a mutator that knows where lengths stand.
 *
 * Behind several nested lengths a fuzzer that changes bytes gets nowhere: what it makes longer no
 * longer fits into what is around it. Here a format takes an input apart into a tree of fields, the
 * core changes the tree, and every length, count, offset and checksum is written anew.
 *
 *	list	fields, one after the other
 *	plain	bytes of any length
 *	fixed	bytes of a length that never changes
 *	number	written by the core: it measures another field
 *
 * A field of kind 0 has its place, and only what is in it changes. Fields of other kinds are items:
 * they are deleted, doubled, moved, exchanged with one another, taken over from another input, where
 * there is one of the same kind, and made anew by the format.
 *
 * Any bytes at all can be taken apart: what a format does not understand it adds as a plain field. A
 * number that does not fit what it measures is a lie, and is kept as one (as long by so much, or too
 * short); some mutations make all of them true, some add a lie. So untouched an input comes out as
 * it came in, and after mutate_repair() nothing in it lies.
 *
 * The same seed and the same bytes give the same mutation. Nothing is allocated: a tree is one big
 * struct, which the caller has as a static variable.
 */
#ifndef FUZZ_MUTATE_CORE_H
#define FUZZ_MUTATE_CORE_H

#include "bytes/rd.h"

#define MUTATE_NODES_MAX 2048
#define MUTATE_DEPTH_MAX 16
#define MUTATE_LEN_MAX   66000 /* the longest input; what is longer is left alone */
#define MUTATE_NOTES     64

enum mutate_what {
	MUTATE_LIST,
	MUTATE_PLAIN,
	MUTATE_FIXED,

	/* Numbers: of the field they measure */
	MUTATE_BYTES, /* how many bytes it has */
	MUTATE_ITEMS, /* how many fields are in it */
	MUTATE_PLACE, /* how many bytes stand in front of it, from the start of the input */
	MUTATE_SUM,   /* the Internet checksum of it (RFC 1071), with the number itself as zero */
};

enum mutate_code {
	MUTATE_BIG,     /* big-endian, of 1 to 4 bytes */
	MUTATE_LITTLE,  /* the same, little-endian */
	MUTATE_HEX,     /* digits; as many as it takes */
	MUTATE_DECIMAL, /* the same */
};

struct mutate_node {
	enum mutate_what what;
	enum mutate_code code;
	uint8_t kind;
	uint8_t holds; /* lists: the kind of item that may be made anew in it, or 0 */
	uint16_t id;
	uint16_t span; /* nodes of its subtree, itself among them: its next sibling is so far on */
	uint16_t of;   /* numbers: the id of the field; its own when there is none */
	uint32_t add;  /* numbers: this is added to the measure, such as 0xc000 of a DNS pointer */
	uint32_t lie;  /* numbers: and this */
	struct rd bytes; /* leaves; of a number that changed only how many, they are in `digits` */
	bool changed;
	uint8_t digits[12];
	size_t at, len; /* where it is written */
};

struct mutate_tree {
	struct mutate_node nodes[MUTATE_NODES_MAX]; /* in the order of the input; 0 is the root */
	uint16_t count;
	uint16_t ids;                         /* given out */
	uint16_t where[2 * MUTATE_NODES_MAX]; /* id: its place in `nodes`; 0 when it is gone */
	uint16_t open[MUTATE_DEPTH_MAX];      /* while a format builds: the lists under way */
	unsigned depth, lost;                 /* how many, and those for which there is no room */
	uint16_t rest;                        /* the leaf of what there is no room for, or 0 */
	uint64_t random;
	uint32_t notes[MUTATE_NOTES]; /* the format's own, from parse() to finish() */
	size_t used;
	uint8_t fresh[4 * MUTATE_LEN_MAX]; /* bytes that were not in the input */
	uint8_t out[MUTATE_LEN_MAX];
};

struct mutate_format {
	const char *name;

	/* Inputs do not become longer than this, 0 for any length: they would be slow, or their ends
	 * would not be looked at. One that is longer may be as long as it is. */
	size_t most;

	/* Builds the tree of these bytes, within the root, by the functions below. */
	void (*parse)(struct mutate_tree *tree, struct rd input);

	/* May be NULL. Changes what was written for good, such as: cuts it into records. `bytes` are
	 * `size` and may become `max`; how many they are is returned. With tree->notes as parse()
	 * left them and nothing changed, the result is the input. */
	size_t (*finish)(struct mutate_tree *tree, uint8_t *bytes, size_t size, size_t max);

	/* May be NULL. Writes a new item of this kind, at most `size` bytes; how long it is, 0 when
	 * there is none. mutate_below() is its chance. */
	size_t (*make)(struct mutate_tree *tree, uint8_t kind, uint8_t *out, size_t size);

	/* May be NULL. An edit of its own, of the notes for instance. */
	void (*edit)(struct mutate_tree *tree);
};

/* The formats, each in a file of its name. targets.mk says which target has which. */
extern const struct mutate_format mutate_tls;        /* a ClientHello in records */
extern const struct mutate_format mutate_dns;        /* a DNS message */
extern const struct mutate_format mutate_dns_answer; /* the same behind a byte of choices */
extern const struct mutate_format mutate_names_rule; /* behind a policy */
extern const struct mutate_format mutate_dns_reply;  /* behind six */
extern const struct mutate_format mutate_program;    /* operations of fuzz/rig/engine_ops.h */
extern const struct mutate_format mutate_http;       /* messages of HTTP/1.1 */
extern const struct mutate_format mutate_http_talk;  /* the same behind a byte, said by several */

/* Changes data[0..size-1], of which there is room for `max`, as LLVMFuzzerMutate() does; how many they are
 * then, 1 or more. */
typedef size_t mutate_bytes(uint8_t *data, size_t size, size_t max);

/* ---- for who mutates ---- */

/* How long a mutation of `size` bytes may become where there is room for `max`. */
size_t mutate_most(const struct mutate_format *format, size_t size, size_t max);

/* Mutates data[0..size-1] in place; what it is long then, at most `max` and MUTATE_LEN_MAX. `other` is
 * the tree of another input, from which items may be taken, or NULL. `bytes` changes the bytes of single
 * fields; with NULL the core does so itself. */
size_t mutate(const struct mutate_format *format, struct mutate_tree *tree, uint8_t *data,
              size_t size, size_t max, uint32_t seed, const struct mutate_tree *other,
              mutate_bytes *bytes);

/* The same in its parts. mutate_parse() makes a tree of `input`, at most MUTATE_LEN_MAX bytes, which must
 * stay; mutate_repair() makes all numbers true; mutate_edit() changes one thing, where it finds something;
 * mutate_write() makes bytes of a tree: 0 when they are more than `max`. `other` may be NULL. */
void mutate_parse(const struct mutate_format *format, struct mutate_tree *tree, struct rd input,
                  uint32_t seed);
void mutate_repair(struct mutate_tree *tree);
void mutate_edit(const struct mutate_format *format, struct mutate_tree *tree,
                 const struct mutate_tree *other, mutate_bytes *bytes);
size_t mutate_write(const struct mutate_format *format, struct mutate_tree *tree, uint8_t *out,
                    size_t max);

/* ---- for formats ---- */

/* A number in 0..n-1; 0 when n is 0. */
uint32_t mutate_below(struct mutate_tree *tree, uint32_t n);

/* Begins a list in the one that is open, and ends it. The id of it; an item of kind `kind` that holds those
 * of kind `holds`. When the tree is full or too deep, what follows is added to the list around it. */
uint16_t mutate_open(struct mutate_tree *tree, uint8_t kind, uint8_t holds);
void mutate_close(struct mutate_tree *tree);

/* Add a leaf. The id of it. Leaves come in the order of the input, with nothing between them; those for
 * which there is no room any more become one. */
uint16_t mutate_plain(struct mutate_tree *tree, uint8_t kind, struct rd bytes);
uint16_t mutate_fixed(struct mutate_tree *tree, uint8_t kind, struct rd bytes);

/* A number, and (for it mostly stands in front) later of what. */
uint16_t mutate_number(struct mutate_tree *tree, enum mutate_what what, enum mutate_code code,
                       uint32_t add, struct rd bytes);
void mutate_of(struct mutate_tree *tree, uint16_t number, uint16_t of);

/* Takes a big-endian length of `width` bytes and what it says from *in, or all there is. Adds the
 * number, and opens a list of kind 0 for what is in `inside`; the caller closes it. False when the
 * length itself is cut off: nothing is added. */
bool mutate_vec(struct mutate_tree *tree, unsigned width, uint8_t holds, struct rd *in,
                struct rd *inside);

/* Such a length with plain bytes behind it; what there is, if the length is cut off. */
void mutate_vec_plain(struct mutate_tree *tree, unsigned width, struct rd *in);

/* Bytes that live as long as the tree; NULL when there is no room left. */
uint8_t *mutate_room(struct mutate_tree *tree, size_t n);

/* The next `n` bytes of *in as a fixed field of kind 0, or as many as there are. */
uint16_t mutate_take(struct mutate_tree *tree, struct rd *in, size_t n);

#endif
