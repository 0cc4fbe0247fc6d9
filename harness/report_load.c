/* SPDX-License-Identifier: ISC */
/* report_load.c: see report_load.h. */
#include "harness/report_load.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void *need(void *p)
{
	if (p)
		return p;
	fputs("gauntlet: out of memory: the runs cannot be read\n", stderr);
	exit(4);
}

static bool has_results(const char *dir)
{
	char path[PATH_MAX];
	struct stat st;

	return snprintf(path, sizeof(path), "%s/results.json", dir) < (int)sizeof(path) &&
	       !stat(path, &st);
}

/* results_read() has checked the file; what it does not keep is read here. */
static void read_rest(struct report_run *run, const char *dir)
{
	const char *transport, *shard;
	char path[PATH_MAX];
	json_t *root;

	snprintf(path, sizeof(path), "%s/results.json", dir);
	root = json_load_file(path, 0, NULL);
	transport = json_string_value(json_object_get(root, "transport"));
	snprintf(run->transport, sizeof(run->transport), "%s", transport ? transport : "");
	run->unfinished = json_is_true(json_object_get(root, "unfinished"));
	shard = json_string_value(json_object_get(root, "shard"));
	if (shard)
		snprintf(run->part, sizeof(run->part), "shard %.32s", shard);
	else if (json_object_get(root, "backend_version") &&
	         !json_is_true(json_object_get(root, "whole")))
		snprintf(run->part, sizeof(run->part), "a selection of the cases");
	json_decref(root);
}

static int add_run(struct loaded *l, const char *dir, const char *label, bool stories)
{
	struct loaded_run r = {0};

	if (results_read(&r.run.results, dir))
		return -1;
	read_rest(&r.run, dir);
	snprintf(r.dir, sizeof(r.dir), "%s", dir);
	snprintf(r.run.label, sizeof(r.run.label), "%s", *label ? label : r.run.results.backend);
	if (stories) {
		int status = stories_load(&r.stories, &l->pool, dir);

		if (status < 0) {
			results_free(&r.run.results);
			return -1;
		}
		r.has_stories = !status;
		if (windows_load(&r.windows, dir) < 0) {
			results_free(&r.run.results);
			stories_free(&r.stories);
			return -1;
		}
	}
	l->list = need(reallocarray(l->list, l->count + 1, sizeof(r)));
	l->list[l->count++] = r;
	return 0;
}

static void add_rogue(struct loaded *l, const char *dir)
{
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s/rogue.json", dir) >= (int)sizeof(path) ||
	    stat(path, &st))
		return;
	l->rogue = need(reallocarray(l->rogue, l->rogue_count + 1, sizeof(char *)));
	l->rogue[l->rogue_count++] = need(strdup(path));
}

static int is_folder(const struct dirent *e)
{
	return e->d_name[0] != '.' && strcmp(e->d_name, "failures") != 0;
}

/* Depth is bounded, so a loop of links ends. */
static int add_below(struct loaded *l, const char *dir, const char *label, bool stories,
                     unsigned depth)
{
	struct dirent **names;
	int n, status = 0;

	if (has_results(dir) && add_run(l, dir, label, stories))
		return -1;
	if (stories)
		add_rogue(l, dir);
	n = depth ? scandir(dir, &names, is_folder, alphasort) : -1;
	for (int i = 0; i < n; i++) {
		char *below = NULL;

		if (!status && asprintf(&below, "%s/%s", dir, names[i]->d_name) > 0 &&
		    strlen(below) < PATH_MAX)
			status = add_below(l, below, label, stories, depth - 1);
		free(below);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return status;
}

int load_runs(struct loaded *l, const char *what, bool stories)
{
	const char *equals = strchr(what, '='), *slash = strchr(what, '/');
	size_t before = l->count;
	char label[REPORT_LABEL_MAX] = "", dir[PATH_MAX];
	size_t len;

	if (equals && (!slash || equals < slash)) {
		snprintf(label, sizeof(label), "%.*s", (int)(equals - what), what);
		what = equals + 1;
	}
	snprintf(dir, sizeof(dir), "%s", what);
	len = strlen(dir);
	while (len > 1 && dir[len - 1] == '/')
		dir[--len] = '\0';
	if (add_below(l, dir, label, stories, REPORT_DEPTH))
		return -1;
	if (l->count > before)
		return 0;
	fprintf(stderr,
	        "gauntlet: %s: there is no results.json in it or below it; `gauntlet run --out %s` "
	        "makes one\n",
	        what, what);
	return -1;
}

/* ---- labels ---- */

static bool is_like(const struct loaded_run *a, const struct loaded_run *b)
{
	return !strcmp(a->run.label, b->run.label) &&
	       !strcmp(a->run.results.plane ? a->run.results.plane : "",
	               b->run.results.plane ? b->run.results.plane : "") &&
	       !strcmp(a->run.transport, b->run.transport);
}

/* The part of `path` behind what it has in common with `other`, from the last slash in it. */
static const char *different_part(const char *path, const char *other)
{
	size_t i = 0, at = 0;

	for (; path[i] && path[i] == other[i]; i++)
		if (path[i] == '/')
			at = i + 1;
	return path + at;
}

void load_name_runs(struct loaded *l)
{
	const char **part = need(calloc(l->count + 1, sizeof(*part)));

	for (size_t i = 0; i < l->count; i++)
		for (size_t k = 0; k < l->count; k++) {
			const char *p;

			if (i == k || !is_like(&l->list[i], &l->list[k]))
				continue;
			p = different_part(l->list[i].dir, l->list[k].dir);
			if (!part[i] || p < part[i])
				part[i] = p;
		}
	for (size_t i = 0; i < l->count; i++) {
		char label[REPORT_LABEL_MAX];

		if (!part[i])
			continue;
		snprintf(label, sizeof(label), "%.40s (%.50s)", l->list[i].run.label,
		         *part[i] ? part[i] : l->list[i].dir);
		memcpy(l->list[i].run.label, label, sizeof(label));
	}
	free(part);
}

const struct loaded_run *load_find_like(const struct loaded *past, const struct loaded_run *run,
                                        bool only)
{
	for (size_t i = 0; i < past->count; i++)
		if (is_like(&past->list[i], run))
			return &past->list[i];
	return only && past->count == 1 ? &past->list[0] : NULL;
}

void load_free(struct loaded *l)
{
	for (size_t i = 0; i < l->count; i++) {
		results_free(&l->list[i].run.results);
		stories_free(&l->list[i].stories);
		windows_free(&l->list[i].windows);
	}
	for (size_t i = 0; i < l->rogue_count; i++)
		free(l->rogue[i]);
	free(l->rogue);
	free(l->list);
	story_pool_free(&l->pool);
	*l = (struct loaded){0};
}
