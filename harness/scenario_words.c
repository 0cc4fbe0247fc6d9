/* SPDX-License-Identifier: ISC */
/* scenario_words.c: names, numbers and lists in scenario files, and the memory they are kept in. */
#include "harness/scenario_parse.h"

#include <ctype.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const plane_words[] = {"wire", "kernel", "vm", NULL};

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

/* The number that ends at `end`, or is not there: then *out stays as it is. */
static bool range_end(const char *s, const char *end, uint64_t most, uint64_t *out)
{
	char text[24];
	uint64_t n;

	if (s == end)
		return true;
	if ((size_t)(end - s) >= sizeof(text))
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)(end - s), s);
	if (strspn(text, "0123456789") != strlen(text))
		return false;
	n = strtoull(text, NULL, 10);
	*out = n;
	return n <= most;
}

bool scn_range(struct parse *p, const char *what, uint64_t most, struct scn_range *out)
{
	const char *word = p->lx.word, *end, *dots;
	bool ok;

	*out = (struct scn_range){.most = UINT64_MAX};
	ok = lex_next(&p->lx) && !p->lx.string && strcmp(word, "..") != 0;
	end = word + p->lx.len;
	dots = ok ? strstr(word, "..") : NULL;
	ok = ok && range_end(word, dots ? dots : end, most, &out->least) &&
	     (!dots || range_end(dots + 2, end, most, &out->most));
	if (!dots)
		out->most = out->least;
	if (ok && out->least <= out->most)
		return true;
	lex_error(&p->lx, "%s takes a number up to %llu, or a range: 3..5, 3.. or ..5", what,
	          (unsigned long long)most);
	return false;
}

bool scn_time(struct parse *p, const char *what, uint64_t *out_ms)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
	const uint64_t year_ms = UINT64_C(365) * 24 * 3600000;
	unsigned long n;
	const char *rest;

	if (lex_next(&p->lx) && leading_number(&p->lx, &n, &rest))
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (!strcmp(rest, units[i].unit) && n && n <= year_ms / units[i].ms) {
				*out_ms = n * units[i].ms;
				return true;
			}
	lex_error(&p->lx, "%s needs a time such as 500ms, 2s, 5m or 3h, a year at most", what);
	return false;
}

/* Empty when a regular file stands there that can be read. */
static const char *why_unreadable(const char *path)
{
	struct stat st;

	if (stat(path, &st) || access(path, R_OK))
		return strerror(errno);
	return S_ISREG(st.st_mode) ? "" : "it is not a file";
}

char *scn_file(struct parse *p, const char *what)
{
	size_t size = strlen(p->dir) + p->lx.len + 2;
	char *path = scn_alloc(size);
	const char *why;

	if (p->lx.word[0] == '/')
		snprintf(path, size, "%s", p->lx.word);
	else
		snprintf(path, size, "%s/%s", p->dir, p->lx.word);
	why = why_unreadable(path);
	if (*why)
		lex_error(&p->lx, "the %s %.160s cannot be read: %s", what, path, why);
	return path;
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
	else if (lex_is(lx, "kernel"))
		plane = PLANE_KERNEL;
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
