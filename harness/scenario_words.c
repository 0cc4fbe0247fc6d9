/* SPDX-License-Identifier: ISC */
/* scenario_words.c: names, numbers and lists in scenario files, and the memory they are kept in. */
#include "harness/scenario_parse.h"

#include <ctype.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

static const char *const plane_words[] = {"wire", "vm", NULL};

struct scn_case *scn_open_case(struct parse *p)
{
	return &p->suite->cases[p->suite->case_count - 1];
}

struct scn_place scn_here(const struct parse *p)
{
	return (struct scn_place){p->lx.line, p->lx.column, p->lx.width};
}

/* Counts through 198.18.0.1 .. .254, 198.18.1.1 and so on: .0 and .255 look like network and
 * broadcast addresses to some filters, and a row must say so itself if it wants that. */
uint32_t scn_next_target(struct parse *p)
{
	unsigned n = p->totals->targets;
	uint32_t offset = n / 254 * 256 + n % 254 + 1;

	if (offset >= LAB_TARGET_MAX) {
		lex_error(&p->lx, "there are no more addresses for $T");
		return 0;
	}
	p->totals->targets++;
	return LAB_TARGET_NET + offset;
}

static bool is_name(const char *s)
{
	if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s))
		return false;
	for (; *s; s++)
		if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s) && *s != '.' &&
		    *s != '-')
			return false;
	return true;
}

bool scn_name(struct parse *p, const char *what, char out[SCN_NAME_MAX])
{
	struct lex *lx = &p->lx;

	out[0] = '\0';
	if (!lex_next(lx)) {
		lex_error(lx, "the %s is missing", what);
		return false;
	}
	if (lx->string || !is_name(lx->word)) {
		lex_error(lx, "a %s is made of a-z, 0-9, '.' and '-', and starts with a-z or 0-9",
		          what);
		return false;
	}
	if (lx->len >= SCN_NAME_MAX) {
		lex_error(lx, "a %s has at most %d letters", what, SCN_NAME_MAX - 1);
		return false;
	}
	memcpy(out, lx->word, lx->len + 1);
	return true;
}

/* The decimal number at the start of the current word; *rest is what stands behind it. */
static bool leading_number(const struct lex *lx, unsigned long *out, const char **rest)
{
	const char *s = lx->word;
	unsigned long n = 0;

	if (lx->string || !isdigit((unsigned char)*s))
		return false;
	for (; isdigit((unsigned char)*s); s++) {
		if (n > 100000000)
			return false;
		n = n * 10 + (unsigned long)(*s - '0');
	}
	*out = n;
	*rest = s;
	return true;
}

bool scn_number(struct parse *p, const char *what, unsigned least, unsigned most, unsigned *out)
{
	unsigned long n;
	const char *rest;

	if (!lex_next(&p->lx) || !leading_number(&p->lx, &n, &rest) || *rest || n < least ||
	    n > most) {
		lex_error(&p->lx, "%s needs a number from %u to %u", what, least, most);
		return false;
	}
	*out = (unsigned)n;
	return true;
}

bool scn_duration(struct parse *p, const char *what, unsigned most_ms, unsigned *out_ms)
{
	unsigned long n;
	const char *rest;

	if (!lex_next(&p->lx) || !leading_number(&p->lx, &n, &rest) ||
	    (strcmp(rest, "ms") != 0 && strcmp(rest, "s") != 0)) {
		lex_error(&p->lx, "%s needs a time such as 500ms or 2s", what);
		return false;
	}
	if (*rest == 's')
		n *= 1000;
	if (n < 1 || n > most_ms) {
		lex_error(&p->lx,
		          "%s is from 1ms to %us: it bounds a failure, a case that passes never "
		          "waits for it",
		          what, most_ms / 1000);
		return false;
	}
	*out_ms = (unsigned)n;
	return true;
}

/* AREA-NNN */
static bool is_req(const char *s)
{
	size_t area = 0;

	while (isupper((unsigned char)s[area]) || (area && isdigit((unsigned char)s[area])))
		area++;
	if (area < 2 || area > 10 || s[area] != '-')
		return false;
	s += area + 1;
	return isdigit((unsigned char)s[0]) && isdigit((unsigned char)s[1]) &&
	       isdigit((unsigned char)s[2]) && !s[3];
}

void scn_add_req(struct parse *p, struct req_list *list)
{
	struct lex *lx = &p->lx;

	if (lx->string || !is_req(lx->word)) {
		lex_error(lx, "'%.64s' is not a requirement such as UDP-001", lx->word);
		return;
	}
	for (unsigned i = 0; i < list->count; i++)
		if (!strcmp(list->id[i], lx->word)) {
			lex_error(lx, "%s is cited twice", lx->word);
			return;
		}
	if (list->count == SCN_REQ_MAX) {
		lex_error(lx, "at most %d requirements can be cited", SCN_REQ_MAX);
		return;
	}
	memcpy(list->id[list->count++], lx->word, lx->len + 1);
}

void scn_add_plane(struct parse *p, unsigned *planes)
{
	struct lex *lx = &p->lx;
	unsigned plane = 0;

	if (lex_is(lx, "wire"))
		plane = PLANE_WIRE;
	else if (lex_is(lx, "vm"))
		plane = PLANE_VM;
	else
		lex_unknown(lx, "plane", plane_words);
	if (*planes & plane)
		lex_error(lx, "plane %s stands here twice", lx->word);
	*planes |= plane;
}

bool scn_end(struct parse *p)
{
	if (!lex_next(&p->lx))
		return true;
	lex_error(&p->lx, "'%.64s' is one word too many", p->lx.word);
	return false;
}

struct named_line {
	unsigned line;
	char name[SCN_NAME_MAX];
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct named_line *)a)->name, ((const struct named_line *)b)->name);
}

unsigned scn_set_add(void **set, const char *name, unsigned line)
{
	struct named_line *entry = scn_alloc(sizeof(*entry));
	struct named_line **found;
	unsigned before = 0;

	entry->line = line;
	memcpy(entry->name, name, strlen(name) + 1);
	found = tsearch(entry, set, compare_names);
	if (!found)
		abort(); /* out of memory, as in scn_alloc() */
	if (*found != entry) {
		before = (*found)->line;
		free(entry);
	}
	return before;
}

void scn_set_free(void **set)
{
	tdestroy(*set, free);
	*set = NULL;
}

static void *must_have(void *p)
{
	if (p)
		return p;
	fputs("gauntlet: out of memory: the scenario cannot be read\n", stderr);
	exit(4);
}

void *scn_alloc(size_t size)
{
	return must_have(calloc(1, size));
}

char *scn_copy(const char *p, size_t len)
{
	char *copy = scn_alloc(len + 1);

	if (len)
		memcpy(copy, p, len);
	return copy;
}

void *scn_grow(void *items, size_t count, size_t size)
{
	/* Room doubles whenever the count is a power of two. */
	if (!(count & (count - 1)))
		items = must_have(reallocarray(items, count ? 2 * count : 1, size));
	memset((char *)items + count * size, 0, size);
	return items;
}
