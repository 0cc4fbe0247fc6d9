/* SPDX-License-Identifier: ISC */
/* dns.c: the mutator's formats with a DNS message in them: labels, pointers, records and the counts of them. What
 * stands in front of the message is what some targets have there: choices.
 *
 * A pointer measures the place of the label it points at, so it still points there when that has moved.
 */
#include "fuzz/mutate/core.h"

#define HDR_LEN 12

enum kind { KIND_NONE, KIND_QUESTION, KIND_RECORD, KIND_NAME, KIND_LABEL, KIND_OPTION };

enum type { TYPE_A = 1, TYPE_NS = 2, TYPE_CNAME = 5, TYPE_SOA = 6, TYPE_OPT = 41 };

/* While a message is taken apart. */
struct message {
	struct mutate_tree *tree;
	const uint8_t *start;
	size_t head; /* bytes in front of it */
};

/* The label that begins at this byte of the message, or 0. */
static uint16_t label_at[MUTATE_LEN_MAX];

/* The length of a label is its first byte: it stands in the item. */
static void parse_label(const struct message *m, struct rd *in)
{
	struct rd inside;

	label_at[in->p - m->start] = mutate_open(m->tree, KIND_LABEL, 0);
	if (mutate_vec(m->tree, 1, 0, in, &inside)) {
		mutate_plain(m->tree, 0, inside);
		mutate_close(m->tree);
	}
	mutate_close(m->tree);
}

static void parse_pointer(const struct message *m, struct rd *in)
{
	const size_t to = (size_t)(in->p[0] & 0x3f) << 8 | in->p[1];
	const bool is_label = to < (size_t)(in->p - m->start);
	struct rd bytes = {0};
	uint16_t number;

	if (!rd_sub(in, 2, &bytes))
		return;
	number = mutate_number(m->tree, MUTATE_PLACE, MUTATE_BIG, 0xc000 - (uint32_t)m->head,
	                       bytes);
	mutate_of(m->tree, number, is_label ? label_at[to] : 0);
}

static void parse_name(const struct message *m, struct rd *in)
{
	mutate_open(m->tree, KIND_NAME, KIND_LABEL);
	while (in->n && in->p[0] && in->p[0] < 64)
		parse_label(m, in);
	if (in->n >= 2 && in->p[0] >= 0xc0)
		parse_pointer(m, in);
	else
		mutate_take(m->tree, in, 1);
	mutate_close(m->tree);
}

static void parse_options(const struct message *m, struct rd in)
{
	while (in.n >= 4) {
		mutate_open(m->tree, KIND_OPTION, 0);
		mutate_take(m->tree, &in, 2);
		mutate_vec_plain(m->tree, 2, &in);
		mutate_close(m->tree);
	}
	mutate_plain(m->tree, 0, in);
}

static void parse_data(const struct message *m, unsigned type, struct rd in)
{
	if (type == TYPE_OPT) {
		parse_options(m, in);
		return;
	}
	if (type == TYPE_CNAME || type == TYPE_NS || type == TYPE_SOA)
		parse_name(m, &in);
	if (type == TYPE_SOA) {
		parse_name(m, &in);
		for (int i = 0; i < 5; i++)
			mutate_take(m->tree, &in, 4);
	}
	mutate_plain(m->tree, 0, in);
}

static void parse_record(const struct message *m, struct rd *in)
{
	struct rd data;
	unsigned type;

	mutate_open(m->tree, KIND_RECORD, 0);
	parse_name(m, in);
	type = in->n >= 2 ? (unsigned)(in->p[0] << 8 | in->p[1]) : 0;
	mutate_take(m->tree, in, 2);
	mutate_take(m->tree, in, 2);
	mutate_take(m->tree, in, 4);
	if (mutate_vec(m->tree, 2, type == TYPE_OPT ? KIND_OPTION : 0, in, &data)) {
		parse_data(m, type, data);
		mutate_close(m->tree);
	}
	mutate_close(m->tree);
}

static void parse_question(const struct message *m, struct rd *in)
{
	mutate_open(m->tree, KIND_QUESTION, 0);
	parse_name(m, in);
	mutate_take(m->tree, in, 2);
	mutate_take(m->tree, in, 2);
	mutate_close(m->tree);
}

static void parse_message(struct mutate_tree *tree, struct rd in, size_t head)
{
	const struct message m = {tree, in.p, head};
	uint16_t counts[4];
	unsigned stated[4];

	if (in.n < HDR_LEN) {
		mutate_plain(tree, 0, in);
		return;
	}
	memset(label_at, 0, in.n * sizeof(label_at[0]));
	mutate_take(tree, &in, 2);
	mutate_take(tree, &in, 2);
	for (unsigned i = 0; i < 4; i++) {
		struct rd bytes = {0};

		stated[i] = (unsigned)(in.p[0] << 8 | in.p[1]);
		if (rd_sub(&in, 2, &bytes))
			counts[i] = mutate_number(tree, MUTATE_ITEMS, MUTATE_BIG, 0, bytes);
	}
	for (unsigned i = 0; i < 4; i++) {
		mutate_of(tree, counts[i], mutate_open(tree, 0, i ? KIND_RECORD : KIND_QUESTION));
		for (; stated[i] && in.n; stated[i]--)
			(i ? parse_record : parse_question)(&m, &in);
		mutate_close(tree);
	}
	mutate_plain(tree, 0, in);
}

static void parse_bare(struct mutate_tree *tree, struct rd input)
{
	parse_message(tree, input, 0);
}

static void parse_behind_choices(struct mutate_tree *tree, struct rd input)
{
	mutate_take(tree, &input, 1);
	parse_message(tree, input, 1);
}

static void parse_behind_wish(struct mutate_tree *tree, struct rd input)
{
	for (int i = 0; i < 3; i++)
		mutate_take(tree, &input, 2);
	parse_message(tree, input, 6);
}

/* A policy: settings, and entries of two bytes (fuzz/rig/names_model.h). */
static void parse_behind_policy(struct mutate_tree *tree, struct rd input)
{
	mutate_take(tree, &input, 1);
	mutate_take(tree, &input, 1);
	for (int i = 0; i < 8; i++)
		mutate_take(tree, &input, 2);
	parse_message(tree, input, 18);
}

static size_t make(struct mutate_tree *tree, uint8_t kind, uint8_t *out, size_t size)
{
#define TEXT(literal)                                                                              \
	{                                                                                          \
		sizeof(literal) - 1, literal                                                       \
	}
	static const struct {
		uint8_t len;
		char bytes[55];
	} records[] =
	        {
	                TEXT("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x5d\xb8\xd8\x22"),
	                TEXT("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\0\0\1"),
	                TEXT("\xc0\x0c\0\5\0\1\0\0\0\x3c\0\x0c\5alias\4test"),
	                TEXT("\5alias\4test\0\0\1\0\1\0\0\0\x3c\0\4\1\1\1\1"),
	                TEXT("\xc0\x0c\0\x1c\0\1\0\0\0\x3c\0\0"),
	                TEXT("\xc0\x0c\0\6\0\1\0\0\0\x3c\0\x16\0\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4"
	                     "\0\0\0\5"),
	                TEXT("\0\0\x29\4\xd0\0\0\0\0\0\0"),
	                TEXT("\0\0\x29\2\0\1\0\x80\0\0\4\0\x0a\0\0"),
	        },
	  labels[] = {TEXT("\3www"), TEXT("\1_"), TEXT("\2-a"), TEXT("\3a.b"),
	              TEXT("\4"
	                   "0xff")};
#undef TEXT
	const uint32_t record = mutate_below(tree, sizeof(records) / sizeof(records[0]));
	const uint32_t label = mutate_below(tree, sizeof(labels) / sizeof(labels[0]));

	if (kind == KIND_RECORD && records[record].len <= size) {
		memcpy(out, records[record].bytes, records[record].len);
		return records[record].len;
	}
	if (kind == KIND_LABEL && labels[label].len <= size) {
		memcpy(out, labels[label].bytes, labels[label].len);
		return labels[label].len;
	}
	return 0;
}

const struct mutate_format mutate_dns = {.name = "dns", .parse = parse_bare, .make = make};
const struct mutate_format mutate_dns_answer = {
        .name = "dns_answer", .parse = parse_behind_choices, .make = make};
const struct mutate_format mutate_dns_reply = {
        .name = "dns_reply", .parse = parse_behind_wish, .make = make};
const struct mutate_format mutate_names_rule = {
        .name = "names_rule", .parse = parse_behind_policy, .make = make};
