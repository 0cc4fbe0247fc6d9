/* SPDX-License-Identifier: ISC */
/* expect_load.c: where a baseline is, and the files and the clock that the rest of it does not touch. */
#include "harness/expect.h"

#include "harness/files.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BASELINE "expect.txt"

unsigned expect_today(void)
{
	time_t now = time(NULL);
	struct tm t;

	gmtime_r(&now, &t);
	return (unsigned)(t.tm_year + 1900) * 10000 + (unsigned)(t.tm_mon + 1) * 100 +
	       (unsigned)t.tm_mday;
}

void expect_path(const char *option, const char *backend, char *out)
{
	static const char adapter[] = "/backend";
	size_t len = strlen(backend);
	int n;

	out[0] = '\0';
	if (option) {
		snprintf(out, PATH_MAX, "%s", strcmp(option, "none") ? option : "");
		return;
	}
	if (!strchr(backend, '/'))
		n = snprintf(out, PATH_MAX, "harness/backends/%s/" BASELINE, backend);
	else if (len > strlen(adapter) && !strcmp(backend + len - strlen(adapter), adapter))
		n = snprintf(out, PATH_MAX, "%.*s/" BASELINE, (int)(len - strlen(adapter)),
		             backend);
	else
		return;
	if (n >= PATH_MAX || access(out, F_OK))
		out[0] = '\0';
}

/* The text of the file; NULL with an error in `diag`. The caller frees it. */
static char *read_text(const char *path, size_t *len, struct diag *diag)
{
	char *text = file_text(path, EXPECT_FILE_MAX, len);

	diag_init(diag, path, NULL, 0);
	if (!text)
		diag_error(diag, 0, 0, 0, "cannot be read: %s", strerror(errno));
	return text;
}

/* Reads and checks a file; its errors are printed, and their number is returned. */
static size_t load(const char *path, const struct selection *sel, size_t count, bool all, bool days,
                   struct expect *out)
{
	static struct diag diag; /* tens of kilobytes of errors */
	size_t len;
	char *text = read_text(path, &len, &diag);

	*out = (struct expect){.lines = NULL};
	if (text) {
		expect_parse(path, text, len, &diag, out);
		expect_learn(out, sel, count);
		expect_check_names(out, sel, count, all, &diag);
		if (days)
			expect_check_days(out, expect_today(), &diag);
	}
	diag_print(&diag, stderr);
	free(text);
	return diag.count;
}

int expect_open(const char *option, const char *backend, const struct selection *sel, size_t count,
                bool all, struct expect **out)
{
	char path[PATH_MAX];
	struct expect *e;

	*out = NULL;
	expect_path(option, backend, path);
	if (!*path)
		return 0;
	e = calloc(1, sizeof(*e));
	if (!e) {
		fputs("gauntlet: out of memory: the baseline cannot be read\n", stderr);
		return -1;
	}
	/* Names and days that are wrong are told behind the run, by what they would have excused. */
	if (load(path, sel, count, false, false, e)) {
		expect_close(e);
		return -1;
	}
	for (size_t i = 0; i < e->count; i++)
		e->lines[i].learned = all;
	*out = e;
	return 0;
}

void expect_close(struct expect *e)
{
	if (e)
		expect_free(e);
	free(e);
}

/* ---- lint ---- */

static size_t lint_one(const char *path, const struct selection *sel, size_t count, size_t *files)
{
	struct expect e;
	size_t errors = load(path, sel, count, true, true, &e);

	++*files;
	expect_free(&e);
	return errors;
}

size_t expect_lint(const char *path, const char *dir, size_t *files)
{
	size_t count, errors;
	struct selection *sel = select_load(dir, NULL, 0, &count);

	if (!sel)
		return 1;
	errors = lint_one(path, sel, count, files);
	select_free(sel, count);
	return errors;
}

size_t expect_lint_all(const char *dir, size_t *files)
{
	size_t count, errors = 0;
	struct selection *sel;
	glob_t found;

	if (glob("harness/backends/*/" BASELINE, 0, NULL, &found))
		return 0;
	sel = select_load(dir, NULL, 0, &count);
	for (size_t i = 0; sel && i < found.gl_pathc; i++)
		errors += lint_one(found.gl_pathv[i], sel, count, files);
	if (sel)
		select_free(sel, count);
	globfree(&found);
	return sel ? errors : 1;
}

/* ---- merged results ---- */

static enum scn_plane plane_of(const char *name)
{
	return !strcmp(name, "vm") ? PLANE_VM : !strcmp(name, "kernel") ? PLANE_KERNEL : PLANE_WIRE;
}

int expect_check_results(const struct results *r, const char *path, const char *dir, FILE *to)
{
	struct expect_place at = {.plane = plane_of(r->plane ? r->plane : ""),
	                          .transport = r->transport,
	                          .today = expect_today()};
	struct selection *sel;
	struct expect e;
	size_t count, errors;
	int complaints = -1;

	if (!*path)
		return 0;
	sel = select_load(dir, NULL, 0, &count);
	if (!sel)
		return -1;
	errors = load(path, sel, count, false, false, &e);
	if (!errors) {
		expect_recount(&e, &at, r);
		complaints = (int)expect_complain(&e, &at, true, to);
	}
	expect_free(&e);
	select_free(sel, count);
	return complaints;
}
