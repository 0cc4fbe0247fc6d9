/* SPDX-License-Identifier: ISC */
/* policy_merge.h: an organisation's policy over a user's, field by field, as JSON.
 *
 * The members of the top and of the objects below it are taken one by one: what the organisation's
 * file says holds, what it leaves open is the user's. Arrays, and dns.hosts, are one field each. So
 *
 *	user            {"mtu": 1400, "domains": {"default": "allow", "allow": ["a.test"]}}
 *	organisation    {"domains": {"allow": ["b.test"], "block": ["c.test"]}}
 *	together        {"mtu": 1400, "domains": {"allow": ["b.test"], "block": ["c.test"]}}
 *
 * with these exceptions, which all narrow:
 *
 *	domains.block	the organisation's entries, then the user's
 *	http rules	the organisation's, then the user's; see policy_http.h for what that means
 *	domains.default	is not the user's when domains.allow is the organisation's
 */
#ifndef REF_POLICY_MERGE_H
#define REF_POLICY_MERGE_H

#include "ref/schema.h"

/* One of the two files. */
struct policy_source {
	const char *name;   /* for complaints */
	const char *folder; /* of the files that it names; NULL: where refnat was started */
	struct rd text;
};

struct policy_merge {
	const struct policy_source *user, *organisation; /* the second may be NULL */
	json_t *user_root, *organisation_root; /* the second is NULL where there is none */
	json_t *root;                          /* both together */
	size_t blocks,
	        rules; /* how many of domains.block and of the rules are the organisation's */
};

/* Makes merge->root of the two other roots, which must be objects, and the counts; false without
 * memory. */
bool policy_merge(struct policy_merge *merge);

/* Turns a path in merge->root into the file that says what stands there, and the path in that file.
 * What stands nowhere, and an object with members of both, is the user's. True when it is the organisation's. */
bool policy_merge_locate(const struct policy_merge *merge, struct schema_place *place);

#endif
