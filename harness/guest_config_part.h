/* SPDX-License-Identifier: ISC */
/* guest_config_part.h: what the files of guest_config.h share and nobody else needs.
 *
 *     options -> check -> files -> (rules, seed) -> write
 */
#ifndef HARNESS_GUEST_CONFIG_PART_H
#define HARNESS_GUEST_CONFIG_PART_H

#include "harness/guest_config.h"

#define GUEST_HOME "/var/lib/gauntlet-guest" /* where user-data puts the files */

/* Fills `why`; always false, 2, as the caller wants to return it. */
__attribute__((format(printf, 2, 3))) int guest_bad(char *why, const char *fmt, ...);

/* Text options that need others or the policy: what they say, as they were given. NULL: not given. */
struct guest_words {
	const char *policy, *endpoint, *private_key_file, *peer_key, *address;
	const char *allowed[GUEST_NETS_MAX], *package[GUEST_PACKAGES_MAX];
	size_t allowed_count, package_count;
	const char *base;
};

/* `name`, from the folder `base` unless that is NULL or the name absolute. */
bool guest_path(const char *base, const char *name, char out[PATH_MAX]);

/* guest_config_check.c: reads what `w` names and puts it into *g. 0, or 2 with `why`. */
int guest_config_check(struct guest_config *g, const struct guest_words *w, char *why);

/* guest_config_rules.c: writes rules.nft. */
void guest_write_rules(const struct guest_config *g, FILE *to);
/* How many chains with the policy drop it has. */
unsigned guest_count_chains(const struct guest_config *g);

/* guest_config_seed.c: adds user-data, meta-data and network-config, made of the files that are there. */
bool guest_add_seed(struct guest_files *files);

/* guest_config_files.c: a file whose text is written to a stream; false when the memory is out or the table
 * is full.
 *     FILE *to = guest_file_begin(files, "rules.nft", 0600);
 *     ...
 *     ok = guest_file_end(files, to) */
FILE *guest_file_begin(struct guest_files *files, const char *name, unsigned mode);
bool guest_file_end(struct guest_files *files, FILE *to);

#endif
