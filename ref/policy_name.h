/* SPDX-License-Identifier: ISC */
/* policy_name.h: which names a policy allows, and what dns.hosts says of them.
 *
 * Names are in the one spelling that host_name.h gives them: lower case, no dot at the end. An entry
 * is a name, or a wildcard *.x.test, which means what lies below x.test, never x.test itself.
 *
 *	allow x.test	x.test alone
 *	allow *.x.test	what lies below it
 *	block x.test	x.test and what lies below it
 *	block *.x.test	what lies below it
 *
 * Of all entries that cover a name the most specific decides: the one with the longer name, of
 * *.x.test and x.test the wildcard; where the same stands in both lists, block. So a block holds for
 * all below it but for what an entry of `allow` names more closely, and the order of a list, and of
 * the lists, decides nothing. Against a block of the organisation's nothing helps but an allow of
 * its own. A name that no entry covers goes by domains.default.
 */
#ifndef REF_POLICY_NAME_H
#define REF_POLICY_NAME_H

#include "ref/policy.h"

enum name_verdict {
	NAME_DENIED,
	NAME_ALLOWED,
};

/* The verdict, and in *entry the entry that decided; NULL when that was the default. `name` ends with
 * NUL and is normalised; anything else (the root, a name too long) is denied. A binary search for
 * each label of the name. `entry` may be NULL. */
enum name_verdict policy_name_decide(const struct policy_web *web, const char *name,
                                     const struct policy_name **entry);

/* Whether the bytes of an allowed name are passed on as they are, on a port of TLS; `entry` as
 * policy_name_decide() gave it, or NULL. */
bool policy_name_splices(const struct policy_web *web, const struct policy_name *entry);

/* The addresses that dns.hosts has for the name, *count of them in a row; NULL and 0 when it has
 * none. Whether the name is allowed is another question. */
const struct policy_host *policy_name_hosts(const struct policy_web *web, const char *name,
                                            size_t *count);

/* Whether dns.hosts has the address, for any name: the administrator's word that it may be private. */
bool policy_name_is_host(const struct policy_web *web, uint32_t ip);

/* Where in a table the entries for a name begin, or would: `count` of them, ascending by name, each
 * `size` bytes, with the name at its very beginning. */
size_t policy_name_search(const void *entries, size_t count, size_t size, const char *name);

/* Orders entries by name, then wildcards behind plain names, then block behind allow. */
int policy_name_compare(const struct policy_name *a, const struct policy_name *b);

/* Orders hosts by name, then address. */
int policy_host_compare(const struct policy_host *a, const struct policy_host *b);

#endif
