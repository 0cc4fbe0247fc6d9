/* SPDX-License-Identifier: ISC */
/* merge_files.c: merge_folders(): the files of all shards into one folder. */
#include "harness/merge.h"

#include "harness/evidence.h"
#include "harness/expect.h"
#include "harness/files.h"
#include "harness/run.h"
#include "harness/summary.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* DIR/NAME; false, with a message, when it is too long. */
static bool join(char out[PATH_MAX], const char *dir, const char *name)
{
	if (snprintf(out, PATH_MAX, "%s/%s", dir, name) < PATH_MAX)
		return true;
	fprintf(stderr, "gauntlet: %s: the name is too long\n", dir);
	return false;
}

/* Calls `each` for every entry of `dir`; a folder that is not there has none. */
static int visit(const char *dir, int (*each)(const char *dir, const char *name, const char *to),
                 const char *to)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	int status = 0;

	if (!d && errno == ENOENT)
		return 0;
	if (!d) {
		fprintf(stderr, "gauntlet: %s: %s\n", dir, strerror(errno));
		return -1;
	}
	while (!status && (e = readdir(d)))
		if (e->d_name[0] != '.')
			status = each(dir, e->d_name, to);
	closedir(d);
	return status;
}

/* With its permissions: repro.sh can be started. */
static int copy_one(const char *dir, const char *name, const char *to)
{
	char from[PATH_MAX], copy[PATH_MAX];
	struct stat st;

	if (!join(from, dir, name) || !join(copy, to, name) || file_copy(from, to, name))
		return -1;
	if (!stat(from, &st) && !chmod(copy, st.st_mode & 0777))
		return 0;
	fprintf(stderr, "gauntlet: %s: %s\n", copy, strerror(errno));
	return -1;
}

static int copy_folder(const char *dir, const char *name, const char *to)
{
	char from[PATH_MAX], copy[PATH_MAX];

	if (!join(from, dir, name) || !join(copy, to, name) || file_make_folder(copy))
		return -1;
	return visit(from, copy_one, copy);
}

static int copy_evidence(char *const *dirs, size_t count, const char *out)
{
	char from[PATH_MAX], to[PATH_MAX];

	if (evidence_clear(out) || !join(to, out, "failures"))
		return -1;
	for (size_t i = 0; i < count; i++)
		if (!join(from, dirs[i], "failures") || visit(from, copy_folder, to))
			return -1;
	return 0;
}

static void append(FILE *from, FILE *to)
{
	char chunk[16384];
	size_t n;

	while ((n = fread(chunk, 1, sizeof(chunk), from)) > 0)
		fwrite(chunk, 1, n, to);
}

/* DIR/NAME of all, one after the other. Where none has it, an earlier merge's must not stay. */
static int join_lines(char *const *dirs, size_t count, const char *out, const char *name)
{
	char path[PATH_MAX];
	struct new_file n;
	bool any = false;

	if (file_begin(&n, out, name, 0666))
		return -1;
	for (size_t i = 0; i < count; i++) {
		FILE *f = join(path, dirs[i], name) ? fopen(path, "re") : NULL;

		any |= f != NULL;
		if (f) {
			append(f, n.f);
			fclose(f);
		}
	}
	if (file_finish(&n))
		return -1;
	return any || !remove(n.path) ? 0 : -1;
}

/* Clearing `out` must not clear what is to be merged. */
static bool is_one_of(const char *out, char *const *dirs, size_t count)
{
	char there[PATH_MAX], here[PATH_MAX];

	if (!realpath(out, there))
		return false;
	for (size_t i = 0; i < count; i++)
		if (realpath(dirs[i], here) && !strcmp(here, there)) {
			fprintf(stderr, "gauntlet: %s is merged and cannot be --out as well\n",
			        dirs[i]);
			return true;
		}
	return false;
}

/* Only the whole can tell which lines of a baseline are dead. */
static int exit_code(const struct results *r)
{
	int code = results_exit_code(r), wrong = 0;

	if (r->whole)
		wrong = expect_check_results(r, r->baseline, scenario_dir(NULL), stderr);
	return wrong < 0 ? EXIT_USAGE : wrong && !code ? EXIT_UNEXPECTED : code;
}

static int write_all(const struct results *r, char *const *dirs, size_t count, const char *out)
{
	struct count c = summary_count(r, 0);
	unsigned failed = c.run - c.passed - c.expected;

	if (file_make_folder(out) || copy_evidence(dirs, count, out) ||
	    join_lines(dirs, count, out, "stories.jsonl") ||
	    join_lines(dirs, count, out, "windows.jsonl") || results_write(r, out))
		return EXIT_ENV;
	printf("%u run, %u passed, %u failed, %u skipped", c.run, c.passed, failed, c.skipped);
	if (c.expected)
		printf(", %u failed as expected", c.expected);
	printf(" in %zu shards\nresults: %s/results.json\n", count, out);
	fflush(stdout);
	return exit_code(r);
}

int merge_folders(char *const *dirs, size_t count, const char *out)
{
	struct results *parts = calloc(count + 1, sizeof(*parts)), whole;
	char why[MERGE_WHY_MAX];
	int code = EXIT_USAGE;
	size_t read = 0;

	if (!parts) {
		fputs("gauntlet: out of memory: the shards cannot be read\n", stderr);
		return EXIT_ENV;
	}
	if (!is_one_of(out, dirs, count)) {
		while (read < count && !results_read(&parts[read], dirs[read]))
			read++;
		if (read == count && !merge_results(parts, dirs, count, &whole, why)) {
			fprintf(stderr, "gauntlet report: %s\n", why);
		} else if (read == count) {
			code = write_all(&whole, dirs, count, out);
			results_free(&whole);
		}
	}
	while (read)
		results_free(&parts[--read]);
	free(parts);
	return code;
}
