/* SPDX-License-Identifier: ISC */
/* boot_setup.h: the options of a `boot setup "OPTIONS"` statement, as `gauntlet guest-config` takes them.
 *
 * In OPTIONS $T, $NONCE, $LAB and $TMP are replaced by what they stand for; then it is cut at blanks. 'Single quotes'
 * hold blanks together, and nothing else is special. The policy of the suite is added. Files that are not absolute are
 * named from the folder of the scenario.
 */
#ifndef HARNESS_BOOT_SETUP_H
#define HARNESS_BOOT_SETUP_H

#include "harness/guest_config.h"

#include <stdbool.h>

struct boot_setup {
	const char *options, *policy;
	const char *dir;     /* of the scenario */
	const char *without; /* a rule that is left out besides, or NULL */
	/* The variables; NULL: any, to look whether the rest is right. */
	const char *target, *nonce, *lab, *tmp;
};

/* `g`, 80 KB, is whole and checked on true, and guest_config_wipe() is the caller's; else `why` says what is wrong. */
bool boot_setup_parse(struct guest_config *g, const struct boot_setup *s, char why[GUEST_WHY_MAX]);

#endif
