/* SPDX-License-Identifier: ISC */
/* names_rule.c: fuzz target: what any query gets of any small policy (ref/names_rule.h, ref/policy_name.h), against a
 * model. The input is the policy (fuzz/rig/names_model.h) and the query. */
#include "fuzz/fuzz.h"
#include "fuzz/rig/names_check.h"
#include "ref/policy_name.h"

static bool is_same_result(const struct names_result *a, const struct names_result *b)
{
	return a->status == b->status && a->reason == b->reason && a->fault == b->fault &&
	       a->exists == b->exists && a->hosts == b->hosts && a->ttl_s == b->ttl_s &&
	       a->address_count == b->address_count &&
	       !memcmp(a->addresses, b->addresses, sizeof(a->addresses));
}

static void check_rule(const struct names_model *model, const struct dns_query *query,
                       enum dns_fault fault)
{
	const struct names_rule rule = names_rule_decide(&model->web, query, fault);
	const struct names_rule wanted = names_model_rule(model, query, fault);

	HOLDS("a query gets what the table says",
	      rule.act == wanted.act && rule.verdict == wanted.verdict &&
	              rule.reason == wanted.reason && rule.rcode == wanted.rcode);
	HOLDS("a query gets the addresses of dns.hosts",
	      is_same_result(&rule.result, &wanted.result));
	HOLDS("nobody is asked for what is not allowed",
	      rule.act != NAMES_ACT_ASK || names_model_allows(model, &query->name));
	HOLDS("the gate may look up what is allowed",
	      names_rule_allows(&model->web, &query->name) ==
	              names_model_allows(model, &query->name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct names_model model;
	static char too_long[POLICY_NAME_MAX + 2];
	struct dns_query query;
	enum dns_fault fault;

	if (size < NAMES_MODEL_HEAD)
		return 0;
	names_model_make(&model, data);
	memset(too_long, 'a', sizeof(too_long) - 1);
	names_check_order(&model);
	fault = dns_query_parse(rd_of(data + NAMES_MODEL_HEAD, size - NAMES_MODEL_HEAD), &query);
	check_rule(&model, &query, fault);
	if (query.name.host && query.name.len)
		names_check_name(&model, query.name.text);
	HOLDS("the root is denied", policy_name_decide(&model.web, "", NULL) == NAME_DENIED);
	HOLDS("a name too long is denied",
	      policy_name_decide(&model.web, too_long, NULL) == NAME_DENIED);
	return 0;
}
