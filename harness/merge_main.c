/* SPDX-License-Identifier: ISC */
/* merge_main.c: the command line of `gauntlet report --merge`. */
#include "harness/merge.h"
#include "harness/run.h"

#include <getopt.h>

void merge_help(FILE *to)
{
	fputs("usage: gauntlet report --merge --out DIR SHARD...\n"
	      "Puts the results of all shards of a run (`gauntlet run --shard I/N --out SHARD`) "
	      "together as\n"
	      "those of one run. Only times differ from a run without shards.\n\n"
	      "  --out DIR            where results, failures and stories of the whole go\n"
	      "  --help               this text\n\n"
	      "exit: as the whole run would have, 2 when the shards do not fit together\n",
	      to);
}

int merge_main(int argc, char **argv)
{
	static const struct option options[] = {{"merge", no_argument, NULL, 'm'},
	                                        {"out", required_argument, NULL, 'o'},
	                                        {"help", no_argument, NULL, 'h'},
	                                        {NULL, 0, NULL, 0}};
	const char *out = NULL;
	int c;

	optind = 0; /* from the beginning, whoever has looked before */
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'm':
			break;
		case 'o':
			out = optarg;
			break;
		case 'h':
			merge_help(stdout);
			return 0;
		default:
			fputs("Try `gauntlet report --merge --help`.\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (out && optind < argc)
		return merge_folders(argv + optind, (size_t)(argc - optind), out);
	merge_help(stderr);
	return EXIT_USAGE;
}
