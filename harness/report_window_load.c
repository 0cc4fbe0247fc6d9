/* SPDX-License-Identifier: ISC */
/* report_window_load.c: windows.jsonl, read back. See report_window.h. */
#include "harness/report_window.h"

#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static void *need(void *p)
{
	if (p)
		return p;
	fputs("gauntlet: out of memory: the boot windows cannot be read\n", stderr);
	exit(4);
}

static bool copy_word(const json_t *node, const char *key, char *out, size_t size)
{
	const char *word = json_string_value(json_object_get(node, key));

	return word && *word && (size_t)snprintf(out, size, "%s", word) < size;
}

static bool as_ms(const json_t *number, double *out)
{
	*out = json_number_value(number);
	return json_is_number(number) && *out > -WINDOW_MS_MAX && *out < WINDOW_MS_MAX;
}

static bool copy_ms(const json_t *node, const char *key, double *out)
{
	return as_ms(json_object_get(node, key), out);
}

/* A time that may be null. */
static bool copy_maybe(const json_t *node, const char *key, double *out)
{
	if (!json_is_null(json_object_get(node, key)))
		return copy_ms(node, key, out) && *out >= 0;
	*out = WINDOW_NEVER;
	return true;
}

static bool read_class(const json_t *node, enum window_class *out)
{
	const char *word = json_string_value(json_object_get(node, "class"));

	for (int i = WINDOW_ALLOWED; word && i <= WINDOW_FORBIDDEN; i++)
		if (!strcmp(word, window_class_name((enum window_class)i))) {
			*out = (enum window_class)i;
			return true;
		}
	return false;
}

static bool read_flow(const json_t *node, struct window_flow *f)
{
	const json_t *at = json_object_get(node, "at");
	json_int_t count = json_integer_value(json_object_get(node, "count"));

	if (!copy_word(node, "to", f->to, sizeof(f->to)) ||
	    !copy_word(node, "words", f->words, sizeof(f->words)) || !read_class(node, &f->class) ||
	    count < 1 || count > INT_MAX || !copy_ms(node, "first", &f->first_ms) ||
	    !copy_ms(node, "last", &f->last_ms) || !json_is_array(at) || !json_array_size(at) ||
	    json_array_size(at) > WINDOW_DOTS)
		return false;
	f->count = (unsigned)count;
	f->dots = (unsigned)json_array_size(at);
	for (unsigned i = 0; i < f->dots; i++)
		if (!as_ms(json_array_get(at, i), &f->at_ms[i]))
			return false;
	return true;
}

static bool read_lane(const json_t *node, const char *key, struct window *w, enum window_lane lane)
{
	const json_t *list = json_object_get(node, key);

	if (!json_is_array(list) || json_array_size(list) > WINDOW_FLOWS)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct window_flow *f = &w->flow[lane][i];

		if (!read_flow(json_array_get(list, i), f))
			return false;
		w->flows[lane]++;
		w->count[lane] += f->count;
		w->forbidden[lane] += f->class == WINDOW_FORBIDDEN ? f->count : 0;
	}
	return true;
}

static bool read_marks(const json_t *node, struct window_case *c)
{
	const json_t *list = json_object_get(node, "marks");

	if (!json_is_array(list) || json_array_size(list) > WINDOW_MARKS)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *mark = json_array_get(list, i);

		if (!copy_word(mark, "name", c->mark_names[i], sizeof(c->mark_names[i])) ||
		    !copy_ms(mark, "ms", &c->marks[i].ms))
			return false;
		c->marks[i].name = c->mark_names[i];
		c->marks[i].claim = json_is_true(json_object_get(mark, "claim"));
		c->mark_count++;
	}
	return true;
}

static bool read_exposed(const json_t *node, struct window *w)
{
	const json_t *pair = json_object_get(node, "exposed_ms");

	w->exposed_from = w->exposed_to = WINDOW_NEVER;
	return json_is_null(pair) ||
	       (json_array_size(pair) == 2 && as_ms(json_array_get(pair, 0), &w->exposed_from) &&
	        as_ms(json_array_get(pair, 1), &w->exposed_to) && w->exposed_to >= w->exposed_from);
}

static const char *read_case(const json_t *node, struct window_case *c)
{
	if (!copy_word(node, "name", c->name, sizeof(c->name)) ||
	    !copy_word(node, "mode", c->mode, sizeof(c->mode)) ||
	    !copy_word(node, "packages", c->packages, sizeof(c->packages)) ||
	    !copy_word(node, "boot", c->boot, sizeof(c->boot)))
		return "it lacks name, mode, packages or boot, or one of them is too long";
	if (!copy_maybe(node, "locked_ms", &c->locked_ms) ||
	    !copy_maybe(node, "off_ms", &c->off_ms) || !read_exposed(node, &c->w))
		return "locked_ms, off_ms or exposed_ms is not as it should be";
	if (!read_marks(node, c))
		return "its marks are not as they should be";
	if (!read_lane(node, "sent", &c->w, WINDOW_SENT) ||
	    !read_lane(node, "crossed", &c->w, WINDOW_CROSSED))
		return "what was sent or crossed is not as it should be";
	return NULL;
}

const char *windows_parse(struct window_list *l, const char *line, size_t len)
{
	struct window_case *c = need(calloc(1, sizeof(*c)));
	json_t *node = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	const char *wrong = node ? read_case(node, c) : "it is not JSON";

	json_decref(node);
	if (wrong) {
		free(c);
		return wrong;
	}
	l->list = need(reallocarray(l->list, l->count + 1, sizeof(struct window_case *)));
	l->list[l->count++] = c;
	return NULL;
}

int windows_load(struct window_list *l, const char *dir)
{
	char path[PATH_MAX], *line = NULL;
	const char *wrong = NULL;
	size_t size = 0, at = 0;
	ssize_t len;
	FILE *f;

	*l = (struct window_list){0};
	snprintf(path, sizeof(path), "%s/windows.jsonl", dir);
	f = fopen(path, "r");
	if (!f)
		return 1;
	while (!wrong && (len = getline(&line, &size, f)) > 0) {
		at++;
		wrong = windows_parse(l, line, (size_t)len);
	}
	free(line);
	fclose(f);
	if (!wrong)
		return 0;
	fprintf(stderr,
	        "gauntlet: %s:%zu: %s; remove the file to get a report without boot windows\n",
	        path, at, wrong);
	windows_free(l);
	return -1;
}

void windows_free(struct window_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->list[i]);
	free(l->list);
	*l = (struct window_list){0};
}
