/* SPDX-License-Identifier: ISC */
/* names_model.h: policies of names out of a few bytes, and what they allow, decided once more: all entries are looked
 * at, and the most specific is kept. */
#ifndef FUZZ_RIG_NAMES_MODEL_H
#define FUZZ_RIG_NAMES_MODEL_H

#include "ref/names_rule.h"
#include "ref/policy.h"

#define NAMES_MODEL_ENTRIES 8
#define NAMES_MODEL_HOSTS   32
#define NAMES_MODEL_HEAD    (2 + 2 * NAMES_MODEL_ENTRIES) /* bytes that a policy is made of */

struct names_model {
	struct policy_web web;
	struct policy_name names[NAMES_MODEL_ENTRIES];
	struct policy_host hosts[NAMES_MODEL_HOSTS];
};

/* head[0]: bits of the mode, of domains.default, of ttl_max_s; head[1]: which names have hosts; then for each
 * entry a byte that picks its name (0: no entry) and one with its bits. */
void names_model_make(struct names_model *model, const uint8_t head[NAMES_MODEL_HEAD]);

/* The entry that decides about a name that is one, or NULL. */
const struct policy_name *names_model_entry(const struct names_model *model, const char *name);
bool names_model_allows(const struct names_model *model, const struct dns_name *name);

/* The addresses of the name in dns.hosts; how many. */
size_t names_model_hosts(const struct names_model *model, const char *name,
                         uint32_t out[NAMES_MODEL_HOSTS]);

/* What names_rule_decide() has to say, by the table in ref/names_rule.h. */
struct names_rule names_model_rule(const struct names_model *model, const struct dns_query *query,
                                   enum dns_fault fault);

#endif
