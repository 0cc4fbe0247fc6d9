/* SPDX-License-Identifier: ISC */
/* guest_config_options.c: the options of `gauntlet guest-config`, its help, and the names of rules. */
#include "harness/guest_config_part.h"

#include "harness/diag.h"
#include "harness/files.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_MAX     86400
#define WORDS_MAX       128
#define WORDS_FILES_MAX 4
#define WORDS_FILE_MAX  16384

static const struct {
	const char *name, *help;
} rules[] = {
        [GUEST_INPUT] = {"input", "what comes in is dropped, IPv4 and IPv6"},
        [GUEST_OUTPUT] = {"output", "what programs send is dropped, IPv4 and IPv6"},
        [GUEST_FORWARD] = {"forward", "nothing is forwarded"},
        [GUEST_EGRESS] = {"egress", "what leaves by the card is dropped, packet sockets included"},
        [GUEST_LOOPBACK] = {"loopback", "lo is open"},
        [GUEST_TUNNEL] = {"tunnel", "the tunnel is open"},
        [GUEST_ENDPOINT] = {"endpoint", "the tunnel's datagrams may pass the card"},
        [GUEST_ARP] = {"arp", "ARP with the gateway may pass the card"},
        [GUEST_ADDRESS] = {"match-address", "the tunnel's datagrams: the peer's address only"},
        [GUEST_PORT] = {"match-port", "the tunnel's datagrams: the peer's port only"},
        [GUEST_SOURCE] = {"match-source", "the tunnel's datagrams: the guest's address and port"},
        [GUEST_PROTOCOL] = {"match-protocol", "the tunnel's datagrams: UDP only"},
        [GUEST_ARP_GATEWAY] = {"match-gateway", "ARP: the gateway and the guest's address only"},
        [GUEST_LOG] = {"log", "what was stopped on its way out is logged"},
        [GUEST_IPV6_OFF] = {"ipv6-off", "no interface has IPv6"},
        [GUEST_ROUTES] = {"routes", "routes to the gateway and the peer, no default route"},
        [GUEST_HANDSHAKE] = {"handshake", "the marker waits for the tunnel's handshake"},
        [GUEST_VERIFY] = {"verify", "the marker waits until the rules are seen in force"},
        [GUEST_WATCH_RULES] = {"watch-rules", "the watchdog looks at the rules"},
        [GUEST_WATCH_PEER] = {"watch-peer", "the watchdog looks at the age of the handshake"},
};

static_assert(sizeof(rules) / sizeof(rules[0]) == GUEST_RULES, "a name for every rule");

const char *guest_rule_name(enum guest_rule rule)
{
	return (unsigned)rule < GUEST_RULES ? rules[rule].name : "?";
}

const char *guest_rule_help(enum guest_rule rule)
{
	return (unsigned)rule < GUEST_RULES ? rules[rule].help : "?";
}

static const char help[] =
        "usage: gauntlet guest-config --policy FILE --endpoint ID --private-key-file FILE\n"
        "                             --peer-key KEY --address A/N --out DIR [OPTION...]\n"
        "Makes what a guest needs to lock itself down behind one WireGuard tunnel: setup.sh, its\n"
        "firewall and watchdog, and the same as a seed for cloud-init (NoCloud).\n"
        "\n"
        "  --policy FILE            the filter's policy: the guest's address, gateway and MTU\n"
        "  --endpoint ID            the entry of its `allow` that is the tunnel's peer\n"
        "  --private-key-file FILE  the guest's key, as `wg genkey` prints it\n"
        "  --peer-key KEY           the peer's public key\n"
        "  --address A/N            the guest's address in the tunnel\n"
        "  --allowed-ips A/N        what is reached through the tunnel, up to 16 times (the net "
        "of\n"
        "                           --address)\n"
        "  --listen-port N          the tunnel's own port (51820)\n"
        "  --interface NAME         the network card (eth0)\n"
        "  --packages HOW           nft and wg are there (prebuilt), in the seed (offline), or\n"
        "                           fetched before anything protects the guest (online)\n"
        "  --package FILE|URL       with offline a .deb, .apk, .tar, .tar.gz or .tar.xz, with "
        "online\n"
        "                           http://ADDRESS[:PORT]/PATH#sha256=HEX; up to 8 times\n"
        "  --unverified             with online, a URL needs no #sha256=\n"
        "  --handshake S            powers off without one within S seconds, 0: does not wait "
        "(30)\n"
        "  --watchdog S             looks every S seconds, 0: none (5)\n"
        "  --silence S              the oldest handshake that the watchdog accepts (200)\n"
        "  --on-change WHAT         when the rules were changed: off, or repair (off)\n"
        "  --marker TEXT            printed when everything holds (GUEST-LOCKED-DOWN)\n"
        "  --workload COMMAND       a line for sh that runs from then on\n"
        "  --out DIR                where the files go\n"
        "  --iso                    also DIR/seed.iso, with xorriso\n"
        "  --without RULE           leaves one out, for tests of tests; as often as you like\n"
        "  --rules                  the names of these rules\n"
        "  @FILE                    more options, from a file\n"
        "  --help                   this text\n"
        "\n"
        "Exit: 0 written, 2 usage or bad input, 4 it could not be written.\n";

int guest_bad(char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, GUEST_WHY_MAX, fmt, ap);
	va_end(ap);
	return 2;
}

enum option_id {
	OPT_POLICY = 256,
	OPT_ENDPOINT,
	OPT_PRIVATE,
	OPT_PEER,
	OPT_ADDRESS,
	OPT_ALLOWED,
	OPT_LISTEN,
	OPT_INTERFACE,
	OPT_PACKAGES,
	OPT_PACKAGE,
	OPT_UNVERIFIED,
	OPT_HANDSHAKE,
	OPT_WATCHDOG,
	OPT_SILENCE,
	OPT_CHANGE,
	OPT_MARKER,
	OPT_WORKLOAD,
	OPT_OUT,
	OPT_ISO,
	OPT_WITHOUT,
	OPT_RULES,
	OPT_HELP,
};

static const struct option options[] = {
        {"policy", required_argument, NULL, OPT_POLICY},
        {"endpoint", required_argument, NULL, OPT_ENDPOINT},
        {"private-key-file", required_argument, NULL, OPT_PRIVATE},
        {"peer-key", required_argument, NULL, OPT_PEER},
        {"address", required_argument, NULL, OPT_ADDRESS},
        {"allowed-ips", required_argument, NULL, OPT_ALLOWED},
        {"listen-port", required_argument, NULL, OPT_LISTEN},
        {"interface", required_argument, NULL, OPT_INTERFACE},
        {"packages", required_argument, NULL, OPT_PACKAGES},
        {"package", required_argument, NULL, OPT_PACKAGE},
        {"unverified", no_argument, NULL, OPT_UNVERIFIED},
        {"handshake", required_argument, NULL, OPT_HANDSHAKE},
        {"watchdog", required_argument, NULL, OPT_WATCHDOG},
        {"silence", required_argument, NULL, OPT_SILENCE},
        {"on-change", required_argument, NULL, OPT_CHANGE},
        {"marker", required_argument, NULL, OPT_MARKER},
        {"workload", required_argument, NULL, OPT_WORKLOAD},
        {"out", required_argument, NULL, OPT_OUT},
        {"iso", no_argument, NULL, OPT_ISO},
        {"without", required_argument, NULL, OPT_WITHOUT},
        {"rules", no_argument, NULL, OPT_RULES},
        {"help", no_argument, NULL, OPT_HELP},
        {NULL, 0, NULL, 0},
};

static int number(const char *option, const char *text, unsigned least, unsigned most,
                  unsigned *out, char *why)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n < least || n > most)
		return guest_bad(why, "%s '%s': a number from %u to %u", option, text, least, most);
	*out = (unsigned)n;
	return 0;
}

/* One line of text that is put into files others read; YAML takes more than LF for the end of a line. */
static int line(const char *option, const char *text, char *out, size_t size, char *why)
{
	if (strlen(text) >= size)
		return guest_bad(why, "%s: at most %zu bytes; put longer things into a file",
		                 option, size - 1);
	for (const char *p = text; *p; p++)
		if (*p < ' ' || *p > '~')
			return guest_bad(why, "%s: one line of ASCII; put other things into a file",
			                 option);
	snprintf(out, size, "%s", text);
	return 0;
}

static int interface(const char *text, char out[16], char *why)
{
	static const char good[] =
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (!*text || strlen(text) > 15 || strspn(text, good) != strlen(text) || *text == '-' ||
	    *text == '.' || !strcmp(text, "lo") || !strcmp(text, "wg0"))
		return guest_bad(
		        why, "--interface '%s': the name of a network card, as in /sys/class/net",
		        text);
	snprintf(out, 16, "%s", text);
	return 0;
}

static int one_of(const char *option, const char *text, const char *const *words, unsigned *out,
                  char *why)
{
	char list[128] = "";

	for (unsigned i = 0; words[i]; i++) {
		if (!strcmp(text, words[i])) {
			*out = i;
			return 0;
		}
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "",
		         words[i]);
	}
	return guest_bad(why, "%s '%s': one of %s", option, text, list);
}

static int without(struct guest_config *g, const char *text, char *why)
{
	const char *names[GUEST_RULES + 1] = {NULL}, *near;

	for (unsigned i = 0; i < GUEST_RULES; i++) {
		names[i] = rules[i].name;
		if (!strcmp(text, names[i])) {
			g->without[i] = true;
			return 0;
		}
	}
	near = diag_nearest(text, names);
	return guest_bad(why, "--without '%s': there is no such rule%s%s%s; --rules lists them",
	                 text, near ? ", did you mean '" : "", near ? near : "", near ? "'" : "");
}

static int push(const char *option, const char *text, const char **list, size_t *count, size_t most,
                char *why)
{
	if (*count == most)
		return guest_bad(why, "%s: at most %zu times", option, most);
	list[(*count)++] = text;
	return 0;
}

/* Where an option goes that is only kept for guest_config_check(); NULL for the others. */
static const char **kept(struct guest_words *w, int c)
{
	switch (c) {
	case OPT_POLICY:
		return &w->policy;
	case OPT_ENDPOINT:
		return &w->endpoint;
	case OPT_PRIVATE:
		return &w->private_key_file;
	case OPT_PEER:
		return &w->peer_key;
	case OPT_ADDRESS:
		return &w->address;
	default:
		return NULL;
	}
}

static int tell(int c)
{
	if (c == OPT_HELP)
		fputs(help, stdout);
	else
		for (unsigned i = 0; i < GUEST_RULES; i++)
			printf("%-15s %s\n", rules[i].name, rules[i].help);
	return -1;
}

static int listen_port(struct guest_config *g, const char *arg, char *why)
{
	unsigned n = g->listen_port;
	int code = number("--listen-port", arg, 1, 65535, &n, why);

	g->listen_port = (uint16_t)n;
	return code;
}

static int packages(struct guest_config *g, const char *arg, char *why)
{
	static const char *const ways[] = {"prebuilt", "offline", "online", NULL};
	unsigned n = 0;
	int code = one_of("--packages", arg, ways, &n, why);

	g->packages = (enum guest_packages)n;
	return code;
}

static int on_change(struct guest_config *g, const char *arg, char *why)
{
	static const char *const changes[] = {"off", "repair", NULL};
	unsigned n = 0;
	int code = one_of("--on-change", arg, changes, &n, why);

	g->repair = n == 1;
	return code;
}

/* One option; 0, 2, or -1 after text was printed. */
static int take(struct guest_config *g, struct guest_words *w, int c, const char *arg, char *why)
{
	const char **word = kept(w, c);

	if (word) {
		*word = arg;
		return 0;
	}
	switch (c) {
	case OPT_ALLOWED:
		return push("--allowed-ips", arg, w->allowed, &w->allowed_count, GUEST_NETS_MAX,
		            why);
	case OPT_LISTEN:
		return listen_port(g, arg, why);
	case OPT_INTERFACE:
		return interface(arg, g->interface, why);
	case OPT_PACKAGES:
		return packages(g, arg, why);
	case OPT_PACKAGE:
		return push("--package", arg, w->package, &w->package_count, GUEST_PACKAGES_MAX,
		            why);
	case OPT_UNVERIFIED:
		g->unverified = true;
		return 0;
	case OPT_HANDSHAKE:
		return number("--handshake", arg, 0, SECONDS_MAX, &g->handshake_s, why);
	case OPT_WATCHDOG:
		return number("--watchdog", arg, 0, SECONDS_MAX, &g->watchdog_s, why);
	case OPT_SILENCE:
		return number("--silence", arg, 1, SECONDS_MAX, &g->silence_s, why);
	case OPT_CHANGE:
		return on_change(g, arg, why);
	case OPT_MARKER:
		return line("--marker", arg, g->marker, sizeof(g->marker), why);
	case OPT_WORKLOAD:
		return line("--workload", arg, g->workload, sizeof(g->workload), why);
	case OPT_OUT:
		return snprintf(g->out, sizeof(g->out), "%s", arg) < (int)sizeof(g->out)
		               ? 0
		               : guest_bad(why, "--out: the name is too long");
	case OPT_ISO:
		g->iso = true;
		return 0;
	case OPT_WITHOUT:
		return without(g, arg, why);
	default:
		return tell(c);
	}
}

/* The command line with each @FILE replaced by the words in that file. */
struct words {
	int argc;
	char *argv[WORDS_MAX + 1];
	char *text[WORDS_FILES_MAX]; /* what the words of files point into */
	size_t texts;
};

static int add_word(struct words *w, char *word, char *why)
{
	if (w->argc == WORDS_MAX)
		return guest_bad(why, "more than %d words", WORDS_MAX);
	w->argv[w->argc++] = word;
	w->argv[w->argc] = NULL;
	return 0;
}

/* Words are separated by blanks and line ends; a # at the start of a line begins a comment. */
static int add_file(struct words *w, const char *name, const char *base, char *why)
{
	char path[PATH_MAX], *text, *rest, *row, *word, *inner;
	size_t len;
	int code = 0;

	if (w->texts == WORDS_FILES_MAX)
		return guest_bad(why, "more than %d files of options", WORDS_FILES_MAX);
	text = guest_path(base, name, path) ? file_text(path, WORDS_FILE_MAX, &len) : NULL;
	if (!text)
		return guest_bad(why, "@%s: %s", name, strerror(errno));
	w->text[w->texts++] = text;
	for (row = strtok_r(text, "\n", &rest); row && !code; row = strtok_r(NULL, "\n", &rest))
		if (*row != '#')
			for (word = strtok_r(row, " \t\r", &inner); word && !code;
			     word = strtok_r(NULL, " \t\r", &inner))
				code = add_word(w, word, why);
	return code;
}

static int expand(struct words *w, int argc, char **argv, const char *base, char *why)
{
	int code = 0;

	for (int i = 0; i < argc && !code; i++)
		code = argv[i][0] == '@' ? add_file(w, argv[i] + 1, base, why)
		                         : add_word(w, argv[i], why);
	return code;
}

/* Scenarios are read while a sub-command is at its own options: getopt is left as it was found. */
static int take_all(struct guest_config *g, struct guest_words *w, int argc, char **argv, char *why)
{
	const int callers_optind = optind;
	int c, code = 0;

	optind = 0;
	opterr = 0;
	while (!code && (c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (c == '?')
			code = guest_bad(why, "unknown option '%s'", argv[optind - 1]);
		else if (c == ':')
			code = guest_bad(why, "%s needs a value", argv[optind - 1]);
		else
			code = take(g, w, c, optarg, why);
	}
	opterr = 1;
	if (!code && optind < argc)
		code = guest_bad(why, "unexpected '%s'", argv[optind]);
	optind = callers_optind;
	return code;
}

int guest_config_parse(struct guest_config *g, int argc, char **argv, const char *base,
                       char why[GUEST_WHY_MAX])
{
	struct guest_words w = {.base = base};
	struct words words = {0};
	int code;

	*g = (struct guest_config){.listen_port = 51820,
	                           .interface = "eth0",
	                           .handshake_s = 30,
	                           .watchdog_s = 5,
	                           .silence_s = 200,
	                           .marker = "GUEST-LOCKED-DOWN"};
	why[0] = '\0';
	code = expand(&words, argc, argv, base, why);
	if (!code)
		code = take_all(g, &w, words.argc, words.argv, why);
	if (!code)
		code = guest_config_check(g, &w, why);
	if (code)
		guest_config_wipe(g);
	for (size_t i = 0; i < words.texts; i++)
		free(words.text[i]);
	return code;
}

void guest_config_wipe(struct guest_config *g)
{
	explicit_bzero(g->private_key, sizeof(g->private_key));
}
