/* SPDX-License-Identifier: ISC */
/* guest_config.h: `gauntlet guest-config`: what a guest needs to lock itself down, made from the policy of the filter outside.
 *
 * The guest's own defences are the second line: a filter that fails must still meet a guest whose
 * kernel sends nothing but its tunnel. What is made is a set of files:
 *
 *     setup.sh      locks the guest down, or powers it off; plain POSIX sh, the same for everyone
 *     watchdog.sh   runs from then on
 *     guest.conf    what they are to do, as shell variables
 *     rules.nft     the firewall, one transaction of nft(8)
 *     wg0.conf      the tunnel, with its private key: mode 0600, as is user-data
 *     unit, openrc  run setup.sh at each boot before any network, for systemd and OpenRC
 *     user-data, meta-data, network-config
 *                   the same files as a seed for cloud-init's NoCloud
 *     packages/     with --packages offline
 *
 *   struct guest_config *g = malloc(sizeof(*g));          80 KB
 *   code = guest_config_parse(g, argc, argv, base, why);  options to struct, policy read and checked
 *   ok = guest_config_make(g, &files, why);               struct to files in memory
 *   ok = guest_config_write(&files, dir, why);            into a folder; _write_iso() as a seed
 *   guest_files_free(&files);
 *
 * Everything made is a pure function of the options, the policy and the key: the same bytes each
 * time. A private key stands in wg0.conf and user-data and nowhere else, is never an argument of a
 * program, and is wiped from memory by guest_files_free() and guest_config_wipe().
 */
#ifndef HARNESS_GUEST_CONFIG_H
#define HARNESS_GUEST_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define GUEST_WHY_MAX      512
#define GUEST_KEY_TEXT     45   /* 32 bytes in base64, with the end */
#define GUEST_TEXT_MAX     1024 /* a workload */
#define GUEST_NETS_MAX     16   /* --allowed-ips */
#define GUEST_PACKAGES_MAX 8
#define GUEST_FILES_MAX    (16 + GUEST_PACKAGES_MAX)
#define GUEST_PACKAGE_MAX  (64u << 20) /* bytes of one */

/* What can be left out or widened with --without, so that a test can see its absence. Each has a
 * word, guest_rule_name(), and a line of help, guest_rule_help(). */
enum guest_rule {
	GUEST_INPUT,    /* inet: what comes in is dropped */
	GUEST_OUTPUT,   /* inet: what goes out is dropped */
	GUEST_FORWARD,  /* inet: nothing is forwarded */
	GUEST_EGRESS,   /* netdev: what leaves by the card, packet sockets included, is dropped */
	GUEST_LOOPBACK, /* accepted: lo */
	GUEST_TUNNEL,   /* accepted: wg0 */
	GUEST_ENDPOINT, /* accepted: the tunnel's datagrams on the card */
	GUEST_ARP,      /* accepted: ARP with the gateway */
	GUEST_ADDRESS,  /* a match of the tunnel's datagrams: the peer's address */
	GUEST_PORT,     /* the same: the peer's port */
	GUEST_SOURCE,   /* the same: the guest's address and port */
	GUEST_PROTOCOL, /* the same: UDP */
	GUEST_ARP_GATEWAY, /* the match of ARP: the gateway */
	GUEST_LOG,         /* ROGUE-ATTEMPT lines for what is dropped on its way out */
	GUEST_IPV6_OFF,    /* no IPv6 on the card */
	GUEST_ROUTES,      /* routes to the gateway and the peer only, no default route */
	GUEST_HANDSHAKE,   /* the marker waits for the tunnel's handshake */
	GUEST_VERIFY,      /* the marker waits until the rules are seen in force */
	GUEST_WATCH_RULES, /* the watchdog looks at the rules */
	GUEST_WATCH_PEER,  /* the watchdog looks at the age of the handshake */
	GUEST_RULES,
};

enum guest_packages { GUEST_PREBUILT, GUEST_OFFLINE, GUEST_ONLINE };

struct guest_package {
	char from[PATH_MAX]; /* file, or URL */
	char name[64];       /* of the file in packages/ */
	char sha256[65];     /* online; "" when it is not checked */
};

struct guest_config {
	/* from the policy */
	uint32_t vm_ip, gateway, endpoint_ip;
	uint16_t endpoint_port;
	unsigned mtu; /* of the tunnel */
	/* from options */
	char interface[16], private_key[GUEST_KEY_TEXT], peer_key[GUEST_KEY_TEXT];
	uint16_t listen_port;
	uint32_t address;
	unsigned address_bits;
	struct {
		uint32_t ip;
		unsigned bits;
	} allowed[GUEST_NETS_MAX];
	size_t allowed_count;
	enum guest_packages packages;
	struct guest_package package[GUEST_PACKAGES_MAX];
	size_t package_count;
	bool unverified;                            /* online packages need no hash */
	unsigned watchdog_s;                        /* 0: none */
	unsigned handshake_s;                       /* to wait for the first one; 0: not at all */
	unsigned silence_s;                         /* oldest handshake that the watchdog accepts */
	bool repair;                                /* the watchdog puts changed rules back */
	char marker[128], workload[GUEST_TEXT_MAX]; /* workload "": none */
	bool without[GUEST_RULES];
	/* for the sub-command */
	char out[PATH_MAX];
	bool iso;
};

struct guest_file {
	char name[80]; /* below the folder; packages/NAME is the one case of a slash */
	unsigned mode;
	char *data; /* with a NUL behind it that len does not count */
	size_t len;
};

struct guest_files {
	size_t count;
	struct guest_file file[GUEST_FILES_MAX];
};

/* The sub-command; argv[0] is its name. Exit codes: 0 written, 2 usage or bad input, 4 the files
 * could not be written. */
int guest_config_main(int argc, char **argv);

/* Options as of the command line, argv[0] is skipped; @FILE stands for the options in a file. File names that are not absolute count from
 * the folder `base`, NULL for the current one. --out and --iso may be missing: they are for the sub-command.
 * 0: *g is whole and checked. 2: `why` says what is wrong and what to do, in one line. -1: --help
 * or --rules was given, which have printed their text. */
int guest_config_parse(struct guest_config *g, int argc, char **argv, const char *base,
                       char why[GUEST_WHY_MAX]);
void guest_config_wipe(struct guest_config *g);

/* The files; on false nothing has to be freed, and `why` says which package cannot be read. */
bool guest_config_make(const struct guest_config *g, struct guest_files *files,
                       char why[GUEST_WHY_MAX]);
void guest_files_free(struct guest_files *files);
/* NULL when there is none of that name. */
const struct guest_file *guest_files_find(const struct guest_files *files, const char *name);

/* Writes them all into `dir`, which is made (mode 0700) when it is missing; files of the same names
 * are replaced. */
bool guest_config_write(const struct guest_files *files, const char *dir, char why[GUEST_WHY_MAX]);
/* DIR/seed.iso from the files in `dir`: ISO 9660, label cidata, mode 0600, the same bytes each
 * time. Needs xorriso. */
bool guest_config_write_iso(const struct guest_files *files, const char *dir,
                            char why[GUEST_WHY_MAX]);

const char *guest_rule_name(enum guest_rule rule);
const char *guest_rule_help(enum guest_rule rule);

#endif
