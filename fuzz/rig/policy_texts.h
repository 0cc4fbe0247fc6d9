/* SPDX-License-Identifier: ISC */
/* policy_texts.h: an input as the texts of policies. What stands in front of the first zero byte, which
 * no JSON has, is the user's; what is behind it the organisation's. Without one there is none.
 */
#ifndef FUZZ_RIG_POLICY_TEXTS_H
#define FUZZ_RIG_POLICY_TEXTS_H

#include "fuzz/rig/contract.h"
#include "ref/policy_load.h"

struct policy_texts {
	struct policy_source user, organisation; /* called user.json and org.json */
	bool both;
};

struct policy_texts policy_texts_of(const uint8_t *data, size_t size);

/* Through the real loader; complaints are in complaints_text(). */
bool policy_texts_load(const struct policy_texts *texts, struct policy *policy);

/* Through jansson alone and the contract; false also where one is no JSON. What they were parsed to
 * is in *files, for policy_texts_release(). */
bool policy_texts_read(const struct policy_texts *texts, struct contract_files *files,
                       struct policy *policy);
void policy_texts_release(struct contract_files *files);

/* The same written in another way, with other spaces, escapes and order of keys, through the loader. */
bool policy_texts_load_rewritten(const struct policy_texts *texts,
                                 const struct contract_files *files, struct policy *policy);

/* Whether what was complained about is in the texts; see complaints.h. */
bool policy_texts_are_blamed(const struct policy_texts *texts);

#endif
