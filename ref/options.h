/* SPDX-License-Identifier: ISC */
/* options.h: the command line of the backend contract. */
#ifndef REF_OPTIONS_H
#define REF_OPTIONS_H

#include "ref/link.h"
#include "ref/sandbox.h"

enum options_command {
	OPTIONS_DESCRIBE,
	OPTIONS_RUN,
	OPTIONS_SANDBOX,
	OPTIONS_HELP,
	OPTIONS_VERSION
};

struct options {
	enum options_command command;
	const char *policy;
	const char *organisation; /* the file that is laid over it, or NULL */
	struct link_spec frames;
	int events; /* descriptor number */
	int ctl;    /* the same, or -1 */
	const char *uplink;
	bool has_seed;
	uint64_t seed;
	enum sandbox_want sandbox;
};

/* 0 and *out, or the exit code with the reason printed: EXITS_UNIMPLEMENTED for an unknown flag or
 * sub-command or another contract version; EXITS_USAGE for a known flag with a bad value, a flag
 * that is missing, or an argument too many. Flags are known by their full name only. */
int options_parse(int argc, char *argv[], struct options *out);

/* The usage text, to standard output. */
void options_print_help(void);

#endif
