/* SPDX-License-Identifier: ISC */
/* report_requirements.c: see report_requirements.h. */
#include "harness/report_requirements.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* A window into the text. */
struct span {
	const char *p;
	size_t n;
};

static void *need(void *p)
{
	if (p)
		return p;
	fputs("gauntlet: out of memory\n", stderr);
	exit(4);
}

static struct span trim(struct span s)
{
	for (; s.n && s.p[0] == ' '; s.p++)
		s.n--;
	while (s.n && s.p[s.n - 1] == ' ')
		s.n--;
	return s;
}

/* The next cell of a table's line, or one of length 0 when there is none. */
static struct span next_cell(struct span *line)
{
	struct span cell = {line->p, 0};

	while (cell.n < line->n && cell.p[cell.n] != '|')
		cell.n++;
	line->p += cell.n + (cell.n < line->n);
	line->n -= cell.n + (cell.n < line->n);
	return trim(cell);
}

static bool fits(struct span s, char *out, size_t size)
{
	if (!s.n || s.n >= size)
		return false;
	memcpy(out, s.p, s.n);
	out[s.n] = '\0';
	return true;
}

/* AREA-NNN */
static bool is_id(const char *s)
{
	size_t area = strspn(s, CAPITALS);

	return area && s[area] == '-' && strlen(s + area + 1) == 3 &&
	       strspn(s + area + 1, "0123456789") == 3;
}

/* "Link (LINK)" */
static void add_area(struct requirements *r, struct span title)
{
	struct requirement_area a = {0};
	struct span code;
	size_t open = title.n;

	while (open && title.p[open - 1] != '(')
		open--;
	if (!open || title.p[title.n - 1] != ')')
		return;
	code = (struct span){title.p + open, title.n - open - 1};
	if (!fits(code, a.code, sizeof(a.code)) || strspn(a.code, CAPITALS ", ") != code.n)
		return;
	title = trim((struct span){title.p, open - 1});
	a.title = need(strndup(title.p, title.n));
	r->areas = need(reallocarray(r->areas, r->area_count + 1, sizeof(a)));
	r->areas[r->area_count++] = a;
}

static void add_requirement(struct requirements *r, struct span line)
{
	struct requirement q = {.area = r->area_count - 1};
	struct span sentence;

	if (!r->area_count || !fits(next_cell(&line), q.id, sizeof(q.id)) || !is_id(q.id) ||
	    !fits(next_cell(&line), q.level, sizeof(q.level)))
		return;
	sentence = next_cell(&line);
	q.sentence = need(strndup(sentence.p, sentence.n));
	r->list = need(reallocarray(r->list, r->count + 1, sizeof(q)));
	r->list[r->count++] = q;
}

void requirements_parse(struct requirements *r, const char *text)
{
	*r = (struct requirements){0};
	while (*text) {
		struct span line = {text, strcspn(text, "\r\n")};

		text += line.n + (text[line.n] != '\0');
		if (line.n > 3 && !memcmp(line.p, "## ", 3))
			add_area(r, trim((struct span){line.p + 3, line.n - 3}));
		else if (line.n && line.p[0] == '|')
			add_requirement(r, (struct span){line.p + 1, line.n - 1});
	}
}

int requirements_load(struct requirements *r, const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	*r = (struct requirements){0};
	if (!f)
		return -1;
	if (getdelim(&text, &size, '\0', f) > 0)
		requirements_parse(r, text);
	free(text);
	fclose(f);
	return 0;
}

void requirements_free(struct requirements *r)
{
	for (size_t i = 0; i < r->area_count; i++)
		free(r->areas[i].title);
	for (size_t i = 0; i < r->count; i++)
		free(r->list[i].sentence);
	free(r->areas);
	free(r->list);
	*r = (struct requirements){0};
}

const struct requirement *requirements_find(const struct requirements *r, const char *id)
{
	for (size_t i = 0; i < r->count; i++)
		if (!strcmp(r->list[i].id, id))
			return &r->list[i];
	return NULL;
}
