/* SPDX-License-Identifier: ISC */
/* run_options.c: see run_options.h. */
#include "harness/run_options.h"

#include "harness/diag.h"
#include "harness/guest_config.h"
#include "harness/jobs.h"
#include "harness/shard.h"
#include "harness/transport.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char run_only[] =
        "  --jobs N             processes that play at once, each with a laboratory of its own\n"
        "                       (default: for each processor 3 on the wire plane, 2 on the\n"
        "                       kernel plane, 1 on the vm plane)\n"
        "  --shard I/N          the I-th of N parts of the cases, for N machines; `gauntlet\n"
        "                       report --merge` puts the results together\n";

void run_options_help(FILE *to, bool story)
{
	if (story)
		fprintf(to, "usage: gauntlet scenario [OPTION...] SUITE[/CASE[/ROW]]\n"
		            "Runs what the name stands for and tells it as a story: what was sent, "
		            "what was\n"
		            "expected, what crossed the wire, the verdict.\n\n");
	else
		fprintf(to,
		        "usage: gauntlet run [OPTION...] [SUITE[/CASE[/ROW]]...]\n"
		        "Runs suites (all of the plane when none is named) against a backend.\n\n");
	fprintf(to,
	        "  --backend NAME|PATH  the program under test (default: refnat)\n"
	        "  --plane wire|kernel|vm\n"
	        "                       who plays the VM: the harness, a Linux stack, QEMU "
	        "(default: "
	        "wire)\n"
	        "  --transport KIND|all how frames reach the backend (default: fd), or all that it "
	        "describes, one\n"
	        "                       after the other, each with its results in DIR/KIND\n"
	        "  --out DIR            results and evidence of failures go here%s\n"
	        "  --scenarios DIR      where the .scn files are (default: scenarios)\n"
	        "  --expect FILE|none   known failures (default: "
	        "harness/backends/NAME/expect.txt)\n"
	        "  --profile NAME       plays the suites of a profile; what it asks and the "
	        "backend lacks "
	        "fails\n"
	        "  --image DIR          vm plane: the guest's image (default: build/vm)\n"
	        "  --accel auto|kvm|tcg vm plane: how the guest runs (default: auto)\n"
	        "  --cold               vm plane: guests boot for each suite, instead of being "
	        "restored\n"
	        "  --guest-without RULE vm plane: `boot setup` leaves a rule out, for tests of "
	        "tests\n"
	        "%s"
	        "  --help               this text\n\n"
	        "exit: 0 as expected, 1 something was not, 2 usage or scenario error,\n"
	        "      3 nothing ran or the backend breaks the contract, 4 the environment is at "
	        "fault\n",
	        story ? " (default: nowhere)" : " (default: build/results)", story ? "" : run_only);
}

static const struct option options[] = {
        {"backend", required_argument, NULL, 'b'},
        {"plane", required_argument, NULL, 'p'},
        {"out", required_argument, NULL, 'o'},
        {"scenarios", required_argument, NULL, 's'},
        {"image", required_argument, NULL, 'i'},
        {"accel", required_argument, NULL, 'a'},
        {"transport", required_argument, NULL, 't'},
        {"shard", required_argument, NULL, 'S'},
        {"jobs", required_argument, NULL, 'j'},
        {"expect", required_argument, NULL, 'e'},
        {"profile", required_argument, NULL, 'f'},
        {"cold", no_argument, NULL, 'C'},
        {"guest-without", required_argument, NULL, 'W'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
};

static bool parse_plane(const char *word, enum scn_plane *out)
{
	static const enum scn_plane all[] = {PLANE_WIRE, PLANE_KERNEL, PLANE_VM};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(word, plane_name(all[i]))) {
			*out = all[i];
			return true;
		}
	fprintf(stderr, "gauntlet: unknown plane '%s'; there are wire, kernel and vm\n", word);
	return false;
}

static bool check_transport(const char *word)
{
	enum transport_kind kind;

	if (!strcmp(word, "all") || transport_parse(word, &kind))
		return true;
	fprintf(stderr, "gauntlet: unknown transport '%s'; there are", word);
	for (size_t i = 0; transport_names[i]; i++)
		fprintf(stderr, " %s,", transport_names[i]);
	fprintf(stderr, " and all\n");
	return false;
}

static bool parse_shard(const char *word, struct run *r)
{
	if (r->story) {
		fprintf(stderr, "gauntlet: --shard is an option of `gauntlet run`\n");
		return false;
	}
	if (shard_parse(word, &r->shard))
		return true;
	fprintf(stderr,
	        "gauntlet: --shard takes I/N, the I-th of N parts, with I from 1 to N and N up to "
	        "%d; not '%s'\n",
	        SHARDS_MAX, word);
	return false;
}

static bool parse_jobs(const char *word, unsigned *jobs)
{
	char *end;
	unsigned long n = strtoul(word, &end, 10);

	if (*word >= '1' && *word <= '9' && !*end && n <= JOBS_MAX) {
		*jobs = (unsigned)n;
		return true;
	}
	fprintf(stderr, "gauntlet: --jobs takes a number from 1 to %d; not '%s'\n", JOBS_MAX, word);
	return false;
}

static bool check_rule(const char *word)
{
	const char *names[GUEST_RULES + 1] = {NULL}, *near;

	for (int i = 0; i < GUEST_RULES; i++) {
		names[i] = guest_rule_name((enum guest_rule)i);
		if (!strcmp(names[i], word))
			return true;
	}
	near = diag_nearest(word, names);
	fprintf(stderr, "gauntlet: --guest-without '%s': there is no such rule%s%s%s\n", word,
	        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	fprintf(stderr, "  `gauntlet guest-config --rules` lists them.\n");
	return false;
}

/* Whether options that were given go together. */
static bool agree(const struct run *r)
{
	if (r->jobs > 1 && r->story)
		fprintf(stderr, "gauntlet: --jobs is an option of `gauntlet run`\n");
	else if (r->plane != PLANE_VM && (r->cold || r->guest_without))
		fprintf(stderr, "gauntlet: %s is about guests of the vm plane: --plane vm\n",
		        r->cold ? "--cold" : "--guest-without");
	else
		return true;
	return false;
}

int run_options_parse(int argc, char **argv, struct run *r, int *code)
{
	int c;

	*code = EXIT_USAGE;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'b':
			r->backend_name = optarg;
			break;
		case 'p':
			if (!parse_plane(optarg, &r->plane))
				return 1;
			break;
		case 'o':
			r->out = optarg;
			break;
		case 's':
			r->scenarios = optarg;
			break;
		case 'i':
			r->image = optarg;
			r->image_given = true;
			break;
		case 'a':
			if (!vm_parse_accel(optarg, &r->accel))
				return 1;
			break;
		case 't':
			if (!check_transport(optarg))
				return 1;
			r->transport = optarg;
			break;
		case 'S':
			if (!parse_shard(optarg, r))
				return 1;
			break;
		case 'j':
			if (!parse_jobs(optarg, &r->jobs))
				return 1;
			break;
		case 'e':
			r->expect_option = optarg;
			break;
		case 'f':
			r->profile_name = optarg;
			break;
		case 'C':
			r->cold = true;
			break;
		case 'W':
			if (!check_rule(optarg))
				return 1;
			r->guest_without = optarg;
			break;
		case 'h':
			run_options_help(stdout, r->story);
			*code = 0;
			return 1;
		default:
			fprintf(stderr, "Try `gauntlet %s --help`.\n",
			        r->story ? "scenario" : "run");
			return 1;
		}
	}
	return agree(r) ? 0 : 1;
}
