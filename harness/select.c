/* SPDX-License-Identifier: ISC */
/* select.c: names on the command line to suites in memory. */
#include "harness/select.h"

#include "harness/diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct suite *load(const char *dir, const char *name)
{
	static struct diag diag; /* tens of kilobytes of errors */
	char path[4096], *source = NULL;
	struct suite *s;

	if (scenario_find(dir, name, path, sizeof(path)))
		return NULL;
	s = scenario_load(path, &diag, &source);
	if (!s)
		diag_print(&diag, stderr);
	free(source);
	return s;
}

static void unknown(const char *what, const char *name, const struct suite *s,
                    const char *const *known)
{
	const char *near = diag_nearest(name, known);

	fprintf(stderr, "gauntlet: suite %s has no %s '%s'%s%s%s\n", s->name, what, name,
	        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	fprintf(stderr, "  `gauntlet list --rows %s` shows them all.\n", s->name);
}

static bool find_row(struct selection *sel, const char *name)
{
	const struct scn_case *c = sel->scn_case;
	const char **ids = calloc(c->row_count + 1, sizeof(*ids));

	for (size_t i = 0; ids && i < c->row_count && !sel->row; i++) {
		ids[i] = c->rows[i].id;
		if (!strcmp(ids[i], name))
			sel->row = &c->rows[i];
	}
	if (!sel->row && ids)
		unknown("row", name, sel->suite, ids);
	free(ids);
	return sel->row;
}

static bool find_case(struct selection *sel, const char *name)
{
	const struct suite *s = sel->suite;
	const char **names = calloc(s->case_count + 1, sizeof(*names));

	for (size_t i = 0; names && i < s->case_count && !sel->scn_case; i++) {
		names[i] = s->cases[i].name;
		if (!strcmp(names[i], name))
			sel->scn_case = &s->cases[i];
	}
	if (!sel->scn_case && names)
		unknown("case", name, s, names);
	free(names);
	return sel->scn_case;
}

/* Cuts NAME at its slashes; a path to a .scn file keeps those up to the file. */
static bool load_named(const char *dir, const char *name, struct selection *sel)
{
	char buf[4096], *scn, *case_name, *row_name = NULL;
	size_t len = (size_t)snprintf(buf, sizeof(buf), "%s", name);

	if (len >= sizeof(buf)) {
		fprintf(stderr, "gauntlet: a scenario name of %zu bytes is too long\n",
		        strlen(name));
		return false;
	}
	scn = strstr(buf, ".scn/");
	if (!scn && len >= 4 && !strcmp(buf + len - 4, ".scn"))
		scn = buf + len - 4;
	case_name = strchr(scn ? scn : buf, '/');
	if (case_name) {
		*case_name++ = '\0';
		row_name = strchr(case_name, '/');
		if (row_name)
			*row_name++ = '\0';
	}
	*sel = (struct selection){.suite = load(dir, buf), .named = true};
	return sel->suite && (!case_name || find_case(sel, case_name)) &&
	       (!row_name || find_row(sel, row_name));
}

struct selection *select_load(const char *dir, char *const *names, size_t count, size_t *out_count)
{
	char **all = NULL;
	struct selection *list;
	bool ok = true, every = count == 0;

	if (every) {
		all = scenario_names(dir);
		if (!all)
			return NULL;
		while (all[count])
			count++;
		names = all;
	}
	list = calloc(count + 1, sizeof(*list));
	for (size_t i = 0; list && i < count; i++) {
		ok = load_named(dir, names[i], &list[i]) && ok; /* all errors, not the first */
		list[i].named = !every;
	}
	if (all)
		scenario_names_free(all);
	if (!ok && list) {
		select_free(list, count);
		return NULL;
	}
	*out_count = count;
	return list;
}

void select_free(struct selection *s, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (s[i].suite)
			scenario_free(s[i].suite);
	free(s);
}

bool select_has_case(const struct selection *s, const struct scn_case *c)
{
	return !s->scn_case || s->scn_case == c;
}

bool select_has_row(const struct selection *s, const struct row *r)
{
	return !s->row || s->row == r;
}
