/* SPDX-License-Identifier: ISC */
/* recipe_parse.h: what the two halves of the recipe parser share, and its single words for those
 * who need one of them.
 *
 * recipe_parse.c knows the grammar, recipe_value.c the single words: endpoints, numbers, keys. Each
 * function works on the current word of `lx`, reports what is wrong with it and clears `ok`.
 */
#ifndef HARNESS_RECIPE_PARSE_H
#define HARNESS_RECIPE_PARSE_H

#include "harness/recipe.h"

struct recipe_parser {
	struct lex *lx;
	struct diag *diag;
	const char *const *stop; /* words that end the recipe, or NULL */
	uint32_t target;         /* $T, or 0 */
	struct recipe *r;        /* being filled: the recipe, then the one inside it */
	bool is_inner;           /* r is inside another one, behind `carrying` or `sends` */
	bool in_tunnel;          /* behind `carrying`: it has no Ethernet header */
	unsigned clauses;        /* those that r has, to refuse a second one of a kind */
	bool ok;
};

/* Reports at the current word, from its byte `from` (0 = its first) for `width` bytes (0 = to its
 * end). */
void recipe_complain(struct recipe_parser *p, unsigned from, unsigned width, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));

/* Decimal, or hexadecimal with 0x in front, and nothing behind it. */
bool recipe_number(const char *s, uint64_t max, uint64_t *out);
/* Hexadecimal digits in pairs, spaces between pairs allowed, at most `max` bytes. */
bool recipe_hex(const char *s, uint8_t *out, size_t max, size_t *len);

/* The current word as an endpoint; ports are refused, or demanded, as `ports` says. */
bool recipe_endpoint(struct recipe_parser *p, bool ports, struct endpoint *out);
bool recipe_endpoint6(struct recipe_parser *p, bool ports, struct endpoint6 *out);

/* The current word as KEY or KEY=VALUE, appended to the recipe's overrides. false, and nothing
 * reported, when the word does not look like one: neither an `=` nor a known key. */
bool recipe_key_word(struct recipe_parser *p);

/* The known key nearest to the word, for suggestions; or NULL. */
const char *recipe_key_nearest(const char *word);

#endif
