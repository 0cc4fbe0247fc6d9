/* SPDX-License-Identifier: ISC */
/* policy_main.c: the command line of `refnat policy`. */
#include "ref/policy_main.h"

#include "ref/exits.h"
#include "ref/policy_explain.h"

struct wish {
	const char *policy, *organisation;
	const char *words[3]; /* what stands without a flag: the sub-command first */
	int word_count;
};

static int usage(const char *why, const char *what)
{
	fprintf(stderr,
	        "refnat: policy: %s%s\n"
	        "usage: refnat policy explain METHOD URL --policy FILE [--organisation FILE]\n"
	        "       refnat policy check --policy FILE [--organisation FILE]\n",
	        why, what);
	return EXITS_USAGE;
}

/* --name VALUE or --name=VALUE at argv[*i]: 1 and the value, 0 when it is another, -1 without one. */
static int take_flag(int argc, char *argv[], int *i, const char *name, const char **value)
{
	const size_t len = strlen(name);
	const char *argument = argv[*i];

	if (strncmp(argument, name, len) != 0 || (argument[len] && argument[len] != '='))
		return 0;
	if (argument[len] == '=')
		*value = argument + len + 1;
	else if (*i + 1 < argc)
		*value = argv[++*i];
	else
		return -1;
	return 1;
}

static int parse(int argc, char *argv[], struct wish *wish)
{
	for (int i = 1; i < argc; i++) {
		int taken = take_flag(argc, argv, &i, "--policy", &wish->policy);

		if (!taken)
			taken = take_flag(argc, argv, &i, "--organisation", &wish->organisation);
		if (taken < 0)
			return usage("a value is missing for ", argv[i]);
		if (taken)
			continue;
		if (*argv[i] == '-') {
			usage("unknown flag ", argv[i]);
			return EXITS_UNIMPLEMENTED;
		}
		if (wish->word_count == 3)
			return usage("one too many: ", argv[i]);
		wish->words[wish->word_count++] = argv[i];
	}
	return EXITS_OK;
}

int policy_main(int argc, char *argv[])
{
	struct wish wish = {0};
	struct policy_files files;
	struct policy policy;
	bool explain;
	int status = parse(argc, argv, &wish);

	if (status)
		return status;
	if (!wish.word_count)
		return usage("explain or check is missing", "");
	explain = strcmp(wish.words[0], "explain") == 0;
	if (!explain && strcmp(wish.words[0], "check") != 0)
		return usage("unknown word ", wish.words[0]);
	if (wish.word_count != (explain ? 3 : 1))
		return usage(explain ? "explain takes METHOD and URL" : "check takes no words", "");
	if (!wish.policy)
		return usage("--policy is missing", "");
	status = policy_files_load(wish.policy, wish.organisation, stderr, &files, &policy);
	if (status)
		return status;
	if (explain)
		status = policy_explain(&files, &policy, wish.words[1], wish.words[2], stdout);
	policy_free(&policy);
	policy_files_free(&files);
	return status;
}
