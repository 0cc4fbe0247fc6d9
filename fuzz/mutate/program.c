/* SPDX-License-Identifier: ISC */
/* program.c: the mutator's format of the target engine: a header and operations of six bytes each
 * (fuzz/rig/engine_ops.h). Operations are the items: they are deleted, doubled, moved, taken from other
 * programs, and made anew from what makes sense: places that exist, fields that are changed, times
 * that matter. RAW and BYTES take the bytes behind them along. */
#include "fuzz/mutate/core.h"
#include "fuzz/rig/engine_ops.h"

enum kind { KIND_NONE, KIND_OPERATION, KIND_BYTES };

#define UNITS_MAX  300 /* operations that are looked at one by one; what follows stays as it is */
#define UNITS_MOST ((size_t)100) /* of a program that grows: else most become as long as they can */

static bool has_bytes(uint8_t op)
{
	op = (uint8_t)((op & ~ENGINE_HOLD) % OP_COUNT);
	return op == OP_RAW || op == OP_BYTES;
}

static void parse_unit(struct mutate_tree *tree, struct rd *in)
{
	const size_t len = (size_t)(in->p[1] & 7) << 8 | in->p[2];
	size_t n = has_bytes(in->p[0]) ? (len + ENGINE_UNIT - 1) / ENGINE_UNIT * ENGINE_UNIT : 0;
	struct rd unit = {0}, bytes = {0};

	n = n < in->n - ENGINE_UNIT ? n : in->n - ENGINE_UNIT;
	if (!n) {
		if (rd_sub(in, ENGINE_UNIT, &unit))
			mutate_fixed(tree, KIND_OPERATION, unit);
		return;
	}
	mutate_open(tree, KIND_BYTES, 0);
	if (rd_sub(in, ENGINE_UNIT, &unit) && rd_sub(in, n, &bytes)) {
		mutate_fixed(tree, 0, unit);
		mutate_fixed(tree, 0, bytes);
	}
	mutate_close(tree);
}

static void parse(struct mutate_tree *tree, struct rd input)
{
	mutate_take(tree, &input, ENGINE_UNIT);
	mutate_open(tree, KIND_NONE, KIND_OPERATION);
	for (int i = 0; i < UNITS_MAX && input.n >= ENGINE_UNIT; i++)
		parse_unit(tree, &input);
	mutate_close(tree);
	if (input.n)
		mutate_plain(tree, 0, input);
}

/* One of those, and now and then any other. */
static uint8_t choose(struct mutate_tree *tree, const uint8_t *from, size_t n)
{
	return mutate_below(tree, 16) ? from[mutate_below(tree, (uint32_t)n)]
	                              : (uint8_t)mutate_below(tree, 256);
}

/* A new operation. What opens flows and connections, and what follows on them, comes often. */
static size_t make(struct mutate_tree *tree, uint8_t kind, uint8_t *out, size_t size)
{
	static const uint8_t often[] = {OP_UDP,   OP_UDP,    OP_SYN,    OP_SEG,   OP_SEG,
	                                OP_SEG,   OP_SEG,    OP_ACCEPT, OP_WRITE, OP_TIME,
	                                OP_REPLY, OP_POLICY, OP_FINISH};
	static const uint8_t few[] = {0, 1, 2, 3}, values[] = {0, 1, 2, 9, 64, 128, 129, 250, 255};
	const uint8_t op = (uint8_t)(mutate_below(tree, 2)
	                                     ? often[mutate_below(tree, sizeof(often))]
	                                     : mutate_below(tree, OP_COUNT));

	if (kind != KIND_OPERATION || size < ENGINE_UNIT || has_bytes(op))
		return 0;
	out[0] = mutate_below(tree, 8) ? op : op | ENGINE_HOLD;
	out[1] = choose(tree, few, sizeof(few));
	out[2] = op == OP_SEG || op == OP_TIME ? (uint8_t)mutate_below(tree, 16)
	                                       : choose(tree, few, sizeof(few));
	out[3] = op <= OP_SEG && !mutate_below(tree, 3) ? (uint8_t)mutate_below(tree, CHANGE_COUNT)
	                                                : 0;
	out[4] = choose(tree, values, sizeof(values));
	out[5] = (uint8_t)mutate_below(tree, 256);
	if (op == OP_TIME)
		out[1] = (uint8_t)mutate_below(tree, 12);
	if (op == OP_SYN && mutate_below(tree, 4))
		out[1] = 1;
	return ENGINE_UNIT;
}

const struct mutate_format mutate_program = {
        .name = "program", .most = (size_t)UNITS_MOST * ENGINE_UNIT, .parse = parse, .make = make};
