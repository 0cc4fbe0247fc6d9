/* SPDX-License-Identifier: ISC */
/* scenario_find.c: where scenarios are, and which there are. */
#include "harness/scenario.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENDING ".scn"

const char *scenario_dir(const char *option)
{
	const char *variable = getenv("GAUNTLET_SCENARIOS");

	if (option)
		return option;
	return variable && *variable ? variable : "scenarios";
}

/* Does `name` end in .scn, with something before it? */
static bool is_scenario(const char *name)
{
	size_t len = strlen(name);
	size_t ending = sizeof(ENDING) - 1;

	return len > ending && name[0] != '.' && !strcmp(name + len - ending, ENDING);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The name without its ending, appended to `names`, which stays terminated. False when memory is
 * out. */
static bool add_name(char ***names, size_t count, const char *file)
{
	char **larger = reallocarray(*names, count + 2, sizeof(*larger));

	if (!larger)
		return false;
	*names = larger;
	larger[count] = strndup(file, strlen(file) - (sizeof(ENDING) - 1));
	larger[count + 1] = NULL;
	return larger[count] != NULL;
}

char **scenario_names(const char *dir)
{
	DIR *d = opendir(dir);
	char **names = calloc(1, sizeof(*names));
	const struct dirent *entry;
	size_t count = 0;

	if (!d || !names) {
		fprintf(stderr, "gauntlet: the scenarios in %s cannot be read: %s\n", dir,
		        strerror(errno));
		free(names);
		if (d)
			closedir(d);
		return NULL;
	}
	while ((entry = readdir(d))) {
		if (!is_scenario(entry->d_name))
			continue;
		if (!add_name(&names, count++, entry->d_name)) {
			fputs("gauntlet: out of memory: the scenarios cannot be listed\n", stderr);
			exit(4);
		}
	}
	closedir(d);
	qsort(names, count, sizeof(*names), compare);
	return names;
}

void scenario_names_free(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

/* Says that there is no such suite, and what there is. */
static void suggest(const char *dir, const char *name)
{
	char **names = scenario_names(dir);
	const char *nearest;

	if (!names)
		return;
	nearest = diag_nearest(name, (const char *const *)names);
	fprintf(stderr, "gauntlet: there is no suite '%s' in %s", name, dir);
	if (nearest)
		fprintf(stderr, "; did you mean '%s'?\n", nearest);
	else
		fputs(names[0] ? "; there are:\n" : ", which has none at all\n", stderr);
	for (size_t i = 0; !nearest && names[i]; i++)
		fprintf(stderr, "  %s\n", names[i]);
	scenario_names_free(names);
}

int scenario_find(const char *dir, const char *name, char *out, size_t size)
{
	bool is_path = strchr(name, '/') || is_scenario(name);
	int len = is_path ? snprintf(out, size, "%s", name)
	                  : snprintf(out, size, "%s/%s" ENDING, dir, name);

	if (len < 0 || (size_t)len >= size) {
		fprintf(stderr, "gauntlet: the path of suite '%s' is too long\n", name);
		return -1;
	}
	if (!access(out, R_OK))
		return 0;
	if (is_path || errno != ENOENT)
		fprintf(stderr, "gauntlet: %s: %s\n", out, strerror(errno));
	else
		suggest(dir, name);
	return -1;
}
