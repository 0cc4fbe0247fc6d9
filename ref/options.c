/* SPDX-License-Identifier: ISC */
/* options.c: the command line. */
#include "ref/options.h"

#include "ref/exits.h"

#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>

enum flag {
	FLAG_CONTRACT,
	FLAG_POLICY,
	FLAG_ORGANISATION,
	FLAG_FRAMES,
	FLAG_EVENTS,
	FLAG_UPLINK,
	FLAG_CTL,
	FLAG_SEED,
	FLAG_SANDBOX,
	FLAG_HELP,
	FLAG_COUNT
};
#define BIT(flag) (1U << (flag))

static const struct option flag_table[] = {
        [FLAG_CONTRACT] = {"contract", required_argument, NULL, FLAG_CONTRACT},
        [FLAG_POLICY] = {"policy", required_argument, NULL, FLAG_POLICY},
        [FLAG_ORGANISATION] = {"organisation", required_argument, NULL, FLAG_ORGANISATION},
        [FLAG_FRAMES] = {"frames", required_argument, NULL, FLAG_FRAMES},
        [FLAG_EVENTS] = {"events", required_argument, NULL, FLAG_EVENTS},
        [FLAG_UPLINK] = {"uplink", required_argument, NULL, FLAG_UPLINK},
        [FLAG_CTL] = {"ctl", required_argument, NULL, FLAG_CTL},
        [FLAG_SEED] = {"seed", required_argument, NULL, FLAG_SEED},
        [FLAG_SANDBOX] = {"sandbox", required_argument, NULL, FLAG_SANDBOX},
        [FLAG_HELP] = {"help", no_argument, NULL, FLAG_HELP},
        [FLAG_COUNT] = {0},
};

/* The sub-commands: the flags each knows and needs, and its line of help. */
static const struct command {
	const char *name;
	enum options_command command;
	unsigned known, required;
	const char *synopsis, *help;
} commands[] = {
        {"describe", OPTIONS_DESCRIBE, BIT(FLAG_CONTRACT) | BIT(FLAG_HELP), BIT(FLAG_CONTRACT),
         "--contract 1", "print what this backend can do, as one JSON object"},
        {"run", OPTIONS_RUN,
         BIT(FLAG_CONTRACT) | BIT(FLAG_POLICY) | BIT(FLAG_FRAMES) | BIT(FLAG_EVENTS) |
                 BIT(FLAG_UPLINK) | BIT(FLAG_CTL) | BIT(FLAG_SEED) | BIT(FLAG_SANDBOX) |
                 BIT(FLAG_ORGANISATION) | BIT(FLAG_HELP),
         BIT(FLAG_CONTRACT) | BIT(FLAG_POLICY) | BIT(FLAG_FRAMES) | BIT(FLAG_EVENTS) |
                 BIT(FLAG_UPLINK),
         "--contract 1 --policy FILE.json --frames SPEC --events fd:N --uplink IFNAME\n"
         "             [--organisation FILE.json] [--ctl fd:M] [--seed N]\n"
         "             [--sandbox auto|require|off]",
         "filter one VM until it goes away"},
        {"sandbox", OPTIONS_SANDBOX, BIT(FLAG_HELP), 0, "",
         "prove what the sandbox of each process forbids on this kernel"},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

void options_print_help(void)
{
	printf("usage:\n");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  refnat %s%s%s\n        %s\n", commands[i].name,
		       *commands[i].synopsis ? " " : "", commands[i].synopsis, commands[i].help);
	printf("  refnat ca init --cert FILE --key FILE [--name TEXT] [--days N]\n"
	       "  refnat ca show FILE\n"
	       "        make a CA for tls.ca_cert and tls.ca_key, look at one\n"
	       "  refnat policy explain METHOD URL --policy FILE.json [--organisation FILE.json]\n"
	       "        say stage by stage whether the request is allowed (0) or denied (1), and "
	       "why\n"
	       "  refnat policy check --policy FILE.json [--organisation FILE.json]\n"
	       "        say whether it is a policy\n"
	       "  refnat --help | --version\n"
	       "\n"
	       "SPEC is the frame channel: fd:N, stream-listen:unix:PATH, "
	       "stream-connect:unix:PATH,\n"
	       "dgram:unix:LOCAL,REMOTE, seqpacket:unix:PATH or tap:IFNAME.\n"
	       "Exit codes: 0 fine, 64 usage, 69 environment missing, 89 unimplemented,\n"
	       "90 ended by policy, 91 policy refused.\n");
}

static bool parse_u64(const char *text, uint64_t *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return !errno && !*end;
}

static int bad_value(enum flag flag, const char *value, const char *wanted)
{
	fprintf(stderr, "refnat: --%s %s: must be %s\n", flag_table[flag].name, value, wanted);
	return EXITS_USAGE;
}

static int take_contract(const char *value)
{
	uint64_t version;

	if (!parse_u64(value, &version))
		return bad_value(FLAG_CONTRACT, value, "a number");
	if (version == 1)
		return EXITS_OK;
	fprintf(stderr, "refnat: contract version %s is not implemented, only 1 is\n", value);
	return EXITS_UNIMPLEMENTED;
}

/* An interface name goes into an event, so it may only hold what needs no escaping there. */
static bool is_interface_name(const char *name)
{
	static const char legal[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                            "0123456789._-";
	const size_t len = strlen(name);

	return len && len < IF_NAMESIZE && strspn(name, legal) == len;
}

static int take_sandbox(const char *value, enum sandbox_want *want)
{
	static const char *const names[] = {
	        [SANDBOX_AUTO] = "auto",
	        [SANDBOX_REQUIRE] = "require",
	        [SANDBOX_OFF] = "off",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(value, names[i]) == 0) {
			*want = (enum sandbox_want)i;
			return EXITS_OK;
		}
	return bad_value(FLAG_SANDBOX, value, "auto, require or off");
}

static int take_flag(struct options *out, enum flag flag, const char *value)
{
	switch (flag) {
	case FLAG_CONTRACT:
		return take_contract(value);
	case FLAG_POLICY:
		out->policy = value;
		return EXITS_OK;
	case FLAG_ORGANISATION:
		out->organisation = value;
		return EXITS_OK;
	case FLAG_FRAMES:
		return link_parse_spec(value, &out->frames);
	case FLAG_EVENTS:
		if (!link_parse_fd(value, &out->events))
			return bad_value(flag, value, "fd:N");
		return EXITS_OK;
	case FLAG_CTL:
		if (!link_parse_fd(value, &out->ctl))
			return bad_value(flag, value, "fd:N");
		return EXITS_OK;
	case FLAG_UPLINK:
		out->uplink = value;
		if (!is_interface_name(value))
			return bad_value(flag, value, "an interface name");
		return EXITS_OK;
	case FLAG_SEED:
		out->has_seed = true;
		if (!parse_u64(value, &out->seed))
			return bad_value(flag, value, "a number below 2^64");
		return EXITS_OK;
	case FLAG_SANDBOX:
		return take_sandbox(value, &out->sandbox);
	case FLAG_HELP:
		out->command = OPTIONS_HELP;
		return EXITS_OK;
	case FLAG_COUNT:
	default:
		return EXITS_USAGE;
	}
}

/* getopt_long() takes --pol for --policy; the contract wants unknown flags to be unknown. */
static bool is_full_name(const char *argument, enum flag flag)
{
	const char *name = flag_table[flag].name;
	const size_t len = strlen(name);

	return strncmp(argument, "--", 2) == 0 && strncmp(argument + 2, name, len) == 0 &&
	       (argument[2 + len] == '\0' || argument[2 + len] == '=');
}

static int parse_flags(int argc, char *argv[], const struct command *command, struct options *out)
{
	unsigned seen = 0;

	out->command = command->command;
	optind = 1;
	while (optind < argc) {
		const char *argument = argv[optind];
		int flag = getopt_long(argc, argv, "+:", flag_table, NULL);
		int status;

		if (flag == -1) {
			fprintf(stderr, "refnat: %s: argument %s is one too many\n", command->name,
			        argument);
			return EXITS_USAGE;
		}
		if (flag == ':' && is_full_name(argument, (enum flag)optopt)) {
			fprintf(stderr, "refnat: %s needs a value\n", argument);
			return EXITS_USAGE;
		}
		if (flag == ':' || flag == '?' || !is_full_name(argument, (enum flag)flag) ||
		    !(command->known & BIT(flag))) {
			fprintf(stderr, "refnat: %s: unknown flag %s\n", command->name, argument);
			return EXITS_UNIMPLEMENTED;
		}
		status = take_flag(out, (enum flag)flag, optarg);
		if (status || out->command == OPTIONS_HELP)
			return status;
		seen |= BIT(flag);
	}
	for (int flag = 0; flag < FLAG_COUNT; flag++)
		if (command->required & ~seen & BIT(flag)) {
			fprintf(stderr, "refnat: %s: --%s is missing\n", command->name,
			        flag_table[flag].name);
			return EXITS_USAGE;
		}
	return EXITS_OK;
}

int options_parse(int argc, char *argv[], struct options *out)
{
	*out = (struct options){.events = -1, .ctl = -1};
	if (argc < 2) {
		fprintf(stderr, "refnat: a sub-command is missing, see refnat --help\n");
		return EXITS_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "--version") == 0) {
		out->command = argv[1][2] == 'h' ? OPTIONS_HELP : OPTIONS_VERSION;
		return EXITS_OK;
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return parse_flags(argc - 1, argv + 1, &commands[i], out);
	fprintf(stderr, "refnat: unknown sub-command or flag %s, see refnat --help\n", argv[1]);
	return EXITS_UNIMPLEMENTED;
}
