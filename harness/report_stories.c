/* SPDX-License-Identifier: ISC */
/* report_stories.c: see report_stories.h. */
#include "harness/report_stories.h"

#include "harness/escape.h"

#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* As story_json.h lists them; a line keeps the index. */
static const char *const sides[] = {"guest>backend", "backend>guest", "backend>wire",
                                    "wire>backend",  "backend",       "harness",
                                    "host"};

static void *need(void *p)
{
	if (p)
		return p;
	fputs("gauntlet: out of memory: the stories cannot be kept\n", stderr);
	exit(4);
}

void report_json(FILE *to, const char *text)
{
	char *json = NULL;
	size_t size = 0;
	FILE *f = need(open_memstream(&json, &size));

	escape_json(f, text);
	fclose(f);
	for (const char *p = need(json); *p; p++) {
		if (*p == '<' || *p == '>' || *p == '&')
			fprintf(to, "\\u%04x", (unsigned)*p);
		else
			putc(*p, to);
	}
	free(json);
}

static int side_of(const char *word)
{
	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++)
		if (!strcmp(sides[i], word))
			return (int)i;
	return -1;
}

/* [ms,side,text,mark,how], without what is null or 0 at its end. */
static bool put_line(struct story_pool *pool, json_t *node, size_t *number)
{
	int how = (json_is_true(json_object_get(node, "bad")) ? 1 : 0) |
	          (json_is_true(json_object_get(node, "own")) ? 2 : 0);
	const char *mark = json_string_value(json_object_get(node, "mark")), *side, *text;
	char *line = NULL;
	size_t size = 0;
	double ms;
	FILE *to;

	if (json_unpack(node, "{s:F, s:s, s:s}", "ms", &ms, "side", &side, "text", &text) ||
	    side_of(side) < 0)
		return false;
	to = need(open_memstream(&line, &size));
	fprintf(to, "[%.1f,%d,", ms, side_of(side));
	report_json(to, text);
	if (mark || how) {
		putc(',', to);
		report_json(to, mark);
	}
	if (how)
		fprintf(to, ",%d", how);
	putc(']', to);
	fclose(to);
	*number = strtab_put(&pool->lines, need(line), NULL);
	free(line);
	return true;
}

static size_t put_text(struct story_pool *pool, const char *text)
{
	return text ? strtab_put(&pool->texts, text, NULL) : STRTAB_NONE;
}

static size_t put_member(struct story_pool *pool, const json_t *node, const char *key)
{
	return put_text(pool, json_string_value(json_object_get(node, key)));
}

/* "EXFIL LINK" */
static size_t put_flags(struct story_pool *pool, const json_t *flags)
{
	char all[256] = "";
	size_t used = 0, i;
	json_t *flag;

	json_array_foreach((json_t *)(uintptr_t)flags, i, flag)
	{
		const char *word = json_string_value(flag);

		if (!word || used + strlen(word) + 2 > sizeof(all))
			continue;
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", used ? " " : "",
		                         word);
	}
	return put_text(pool, used ? all : NULL);
}

static const char *read_story(struct story_list *l, struct story_pool *pool, json_t *node)
{
	struct story_text s = {0};
	json_t *flags, *lines, *line;
	const char *name;
	size_t at, i;
	bool fresh;

	if (json_unpack(node, "{s:s, s:o, s:o}", "name", &name, "flags", &flags, "lines", &lines) ||
	    !json_is_array(flags) || !json_is_array(lines))
		return "it lacks name, flags or lines, or has one of the wrong type";
	s.lines = need(calloc(json_array_size(lines) + 1, sizeof(*s.lines)));
	json_array_foreach(lines, i, line)
	{
		if (!put_line(pool, line, &s.lines[s.line_count++])) {
			free(s.lines);
			return "one of its lines lacks ms, side or text, or has an unknown side";
		}
	}
	s.sends = put_member(pool, node, "sends");
	s.expects = put_member(pool, node, "expects");
	s.why = put_member(pool, node, "why");
	s.repro = put_member(pool, node, "repro");
	s.flags = put_flags(pool, flags);
	at = strtab_put(&l->names, name, &fresh);
	if (fresh)
		l->list = need(reallocarray(l->list, at + 1, sizeof(*l->list)));
	else
		free(l->list[at].lines);
	l->list[at] = s;
	return NULL;
}

const char *stories_parse(struct story_list *l, struct story_pool *pool, const char *line,
                          size_t len)
{
	json_t *node = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	const char *wrong = node ? read_story(l, pool, node) : "it is not JSON";

	json_decref(node);
	return wrong;
}

int stories_load(struct story_list *l, struct story_pool *pool, const char *dir)
{
	char path[PATH_MAX], *line = NULL;
	const char *wrong = NULL;
	size_t size = 0, at = 0;
	ssize_t len;
	FILE *f;

	*l = (struct story_list){0};
	snprintf(path, sizeof(path), "%s/stories.jsonl", dir);
	f = fopen(path, "r");
	if (!f)
		return 1;
	while (!wrong && (len = getline(&line, &size, f)) > 0) {
		at++;
		wrong = stories_parse(l, pool, line, (size_t)len);
	}
	free(line);
	fclose(f);
	if (!wrong)
		return 0;
	fprintf(stderr,
	        "gauntlet: %s:%zu: %s; remove the file to get a report without its stories\n", path,
	        at, wrong);
	stories_free(l);
	return -1;
}

void stories_free(struct story_list *l)
{
	for (size_t i = 0; i < l->names.count; i++)
		free(l->list[i].lines);
	free(l->list);
	strtab_free(&l->names);
	*l = (struct story_list){0};
}

void story_pool_free(struct story_pool *pool)
{
	strtab_free(&pool->texts);
	strtab_free(&pool->lines);
}

const struct story_text *stories_find(const struct story_list *l, const char *name)
{
	size_t at = strtab_find(&l->names, name);

	return at == STRTAB_NONE ? NULL : &l->list[at];
}

const char *story_words(const struct story_pool *pool, size_t number)
{
	return number == STRTAB_NONE ? NULL : pool->texts.text[number];
}
