/* SPDX-License-Identifier: ISC */
/* profile_run.c: the file of profiles, for runs, lint and list. */
#include "harness/profile.h"

#include "harness/files.h"
#include "harness/run.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void profile_policy_mode(const char *path, char out[BACKEND_WORD_MAX])
{
	json_t *root = json_load_file(path, 0, NULL);
	const char *mode = json_string_value(json_object_get(root, "mode"));

	snprintf(out, BACKEND_WORD_MAX, "%s", mode ? mode : "");
	json_decref(root);
}

/* Every suite of `dir` with the mode of its policy. */
struct known {
	struct selection *sel;
	size_t count;
	const char **modes;
	char (*text)[BACKEND_WORD_MAX];
};

static bool know_suites(const char *dir, struct known *k)
{
	*k = (struct known){.sel = NULL};
	k->sel = select_load(dir, NULL, 0, &k->count);
	if (!k->sel)
		return false;
	k->modes = calloc(k->count + 1, sizeof(*k->modes));
	k->text = calloc(k->count + 1, sizeof(*k->text));
	for (size_t i = 0; k->modes && k->text && i < k->count; i++) {
		profile_policy_mode(k->sel[i].suite->policy, k->text[i]);
		k->modes[i] = k->text[i];
	}
	return k->modes && k->text;
}

static void forget_suites(struct known *k)
{
	if (k->sel)
		select_free(k->sel, k->count);
	free(k->modes);
	free(k->text);
}

/* Reads, and with `check` compares with the suites; number of errors, which are printed. */
static size_t load(const char *dir, bool check, struct profiles *out)
{
	static struct diag diag;
	char path[PATH_MAX], *text;
	struct known k;
	size_t len;

	out->count = 0;
	snprintf(path, sizeof(path), "%s/" PROFILE_FILE, dir);
	text = file_text(path, PROFILE_FILE_MAX, &len);
	if (!text && errno == ENOENT)
		return 0;
	diag_init(&diag, path, NULL, 0);
	if (text)
		profile_parse(path, text, len, &diag, out);
	else
		diag_error(&diag, 0, 0, 0, "cannot be read: %s", strerror(errno));
	if (text && check) {
		if (know_suites(dir, &k))
			profile_check(out, k.sel, k.count, k.modes, &diag);
		else
			diag_error(&diag, 0, 0, 0, "cannot be checked, because a suite has errors");
		forget_suites(&k);
	}
	diag_print(&diag, stderr);
	free(text);
	return diag.count;
}

int profile_read(const char *dir, struct profiles *out)
{
	return load(dir, false, out) ? -1 : 0;
}

static const struct profile *find_or_say(const struct profiles *all, const char *name,
                                         const char *dir)
{
	const struct profile *p = profile_find(all, name);
	const char *names[PROFILES_MAX + 1] = {NULL}, *near;

	if (p)
		return p;
	for (size_t i = 0; i < all->count; i++)
		names[i] = all->list[i].name;
	near = diag_nearest(name, names);
	fprintf(stderr, "gauntlet: there is no profile '%s'%s%s%s\n", name,
	        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	fprintf(stderr, "  `gauntlet list --profiles` shows those of %s/" PROFILE_FILE ".\n", dir);
	return NULL;
}

struct selection *profile_select(struct run *r, const char *dir, size_t *count)
{
	static struct profiles all;
	char *names[PROFILE_SUITES_MAX] = {NULL};
	struct selection *sel;
	bool any = false;

	if (profile_read(dir, &all))
		return NULL;
	r->profile = find_or_say(&all, r->profile_name, dir);
	if (!r->profile)
		return NULL;
	for (unsigned i = 0; i < r->profile->suites.count; i++)
		names[i] = (char *)(uintptr_t)r->profile->suites.word[i];
	sel = select_load(dir, names, r->profile->suites.count, count);
	for (size_t i = 0; sel && i < *count; i++) {
		sel[i].named =
		        false; /* what other planes play is left out quietly, as when nothing is named */
		any |= (sel[i].suite->planes & r->plane) != 0;
	}
	if (any || !sel)
		return sel;
	fprintf(stderr, "gauntlet: profile %s has no suite for the %s plane\n", r->profile->name,
	        plane_name(r->plane));
	select_free(sel, *count);
	return NULL;
}

void profile_end(struct run *r)
{
	size_t from = r->results.count;

	if (!r->profile || r->shard.of)
		return;
	if (!profile_judge(r->profile, r->backend, r->plane, &r->results) || r->story)
		return;
	printf("profile %s\n", r->profile->name);
	for (size_t i = from; i < r->results.count; i++)
		printf("  FAIL  %-44s %s\n", r->results.outcomes[i].row,
		       r->results.outcomes[i].detail);
}

size_t profile_lint(const char *dir)
{
	static struct profiles all;

	return load(dir, true, &all);
}

static void print_words(const char *clause, const struct profile_words *list)
{
	printf("  %-7s", clause);
	for (unsigned i = 0; i < list->count; i++)
		printf(" %s", list->word[i]);
	putchar('\n');
}

size_t profile_list(const char *dir)
{
	static struct profiles all;
	size_t errors = load(dir, false, &all);

	for (size_t i = 0; i < all.count; i++) {
		printf("%s%s\n", i ? "\n" : "", all.list[i].name);
		print_words("suites", &all.list[i].suites);
		print_words("modes", &all.list[i].modes);
		print_words("needs", &all.list[i].needs);
	}
	return errors;
}
