/* SPDX-License-Identifier: ISC */
/* names_check.c: what a policy says of names. */
#include "fuzz/rig/names_check.h"

#include "fuzz/fuzz.h"
#include "ref/policy_name.h"

void names_check_name(const struct names_model *model, const char *name)
{
	const struct policy_name *entry, *wanted = names_model_entry(model, name);
	const enum name_verdict verdict = policy_name_decide(&model->web, name, &entry);
	uint32_t hosts[NAMES_MODEL_HOSTS];
	size_t count, many = names_model_hosts(model, name, hosts);
	const struct policy_host *host = policy_name_hosts(&model->web, name, &count);

	HOLDS("the most specific entry decides", !entry == !wanted);
	HOLDS("the verdict is that of the entry, or the default",
	      verdict == (wanted ? !wanted->block : model->web.default_allow));
	HOLDS("the entry is told",
	      !entry || (!strcmp(entry->name, wanted->name) && entry->below == wanted->below &&
	                 entry->organisation == wanted->organisation));
	HOLDS("bytes are passed on where the policy says so",
	      policy_name_splices(&model->web, entry) ==
	              (model->web.tls == POLICY_TLS_SPLICE ||
	               (entry && entry->splice && !entry->block)));
	HOLDS("a name has its hosts", count == many && !host == !many);
	for (size_t i = 0; i < count; i++)
		HOLDS("a host has its address",
		      host[i].ip == hosts[i] && policy_name_is_host(&model->web, hosts[i]));
	HOLDS("other addresses are no hosts", !policy_name_is_host(&model->web, 0x0a00ffff));
}

void names_check_order(const struct names_model *model)
{
	for (size_t i = 0; i + 1 < model->web.name_count; i++) {
		const struct policy_name *a = &model->names[i], *b = a + 1;

		HOLDS("entries have an order",
		      policy_name_compare(a, b) <= 0 && policy_name_compare(b, a) >= 0);
	}
	for (size_t i = 0; i + 1 < model->web.host_count; i++)
		HOLDS("hosts have an order",
		      policy_host_compare(&model->hosts[i], &model->hosts[i + 1]) < 0 &&
		              policy_host_compare(&model->hosts[i + 1], &model->hosts[i]) > 0);
}
