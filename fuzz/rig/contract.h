/* SPDX-License-Identifier: ISC */
/* contract.h: policies read and evaluated a second time, the way docs/backends.md says and not the
 * way ref/ does it: one value after the other out of jansson's trees, lists searched from front to
 * back. Of ref/ it has the structs of ref/policy.h, and how paths are normalised (http1_path.h,
 * which has a target of its own).
 */
#ifndef FUZZ_RIG_CONTRACT_H
#define FUZZ_RIG_CONTRACT_H

#include "ref/policy.h"

#include <jansson.h>

/* A text and, if there is one, the organisation's laid over it. */
struct contract_files {
	const json_t *user, *organisation;             /* the second may be NULL */
	const char *user_folder, *organisation_folder; /* NULL: none */
};

/* Whether the contract takes the files; then *out has what they say, its lists in the order in which
 * ref/policy.h wants them. In any case it goes to contract_free(). */
bool contract_read(const struct contract_files *files, struct policy *out);
void contract_free(struct policy *policy);

/* Whether two policies say the same, list by list and member by member. */
bool contract_same(const struct policy *a, const struct policy *b);

/* The entry that decides about a name, by the rules in ref/policy_name.h; NULL: the default. The list
 * may stand in any order. */
const struct policy_name *contract_name(const struct policy_web *web, const char *name);

/* Whether an address can be a destination of the guest's; what is not known yet is 0. */
bool contract_destination(const struct policy *policy, uint32_t ip);

/* --- spellings: false, or 0, for what is none --- */

bool contract_ip4(const char *text, uint32_t *out);
bool contract_cidr(const char *text, uint32_t *ip, unsigned *bits);
bool contract_mac(const char *text, uint8_t out[6]);
bool contract_word(const char *text, size_t max, const char *marks, bool small);
bool contract_host_name(const char *text, char out[POLICY_NAME_MAX + 1]);

/* --- between the files of this --- */

struct contract_reader {
	const struct contract_files *files;
	struct policy *policy;
	bool partial; /* a file by itself: what is missing may stand in the other */
};

/* $.first, or $.first.second when that is not NULL: the organisation's, else the user's. Of `http`
 * `rules` may also be the array itself. */
const json_t *contract_get(const struct contract_files *files, const char *first,
                           const char *second, bool *organisation);
/* The place of a string among words that end with NULL; -1 */
int contract_choice(const json_t *value, const char *const *words);
/* Whether all keys of an object are among the words; false for what is no object. */
bool contract_has_only(const json_t *object, const char *const *words);
/* True when there is nothing, else whether it is an integer in the range, which goes to *out. */
bool contract_integer(const json_t *value, json_int_t min, json_int_t max, json_int_t *out);

bool contract_read_web(struct contract_reader *r);
bool contract_read_names(struct contract_reader *r);
bool contract_read_rules(struct contract_reader *r);

#endif
