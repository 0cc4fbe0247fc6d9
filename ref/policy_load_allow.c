/* SPDX-License-Identifier: ISC */
/* policy_load_allow.c: the list of endpoints. */
#include "ref/ipv4.h"
#include "ref/policy_load_parts.h"

#include <stdlib.h>

static void check_id(struct schema *s, json_t *value)
{
	struct loader *l = s->context;

	policy_load_get_id(s, value, l->draft->rule.id);
}

static void check_proto(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	static const char *const protocols[] = {"udp", "tcp"};
	int choice = schema_get_choice(s, value, protocols, POLICY_LOAD_COUNT(protocols));

	l->draft->rule.proto = choice == 1 ? IPV4_TCP : IPV4_UDP;
}

static void check_ip(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	uint32_t ip;

	if (!policy_load_get_ip(s, value, &ip))
		return;
	if (!policy_is_destination(l->policy, ip))
		schema_bad(s, "is the VM's, the gateway's or their net's own address");
	l->draft->rule.ip = ip;
}

static void check_port(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	json_int_t port;

	if (schema_get_integer(s, value, "port", 1, 65535, &port))
		l->draft->rule.port = (uint16_t)port;
}

static int compare_ids(const void *a, const void *b)
{
	const struct draft *one = a, *other = b;
	int order = strcmp(one->rule.id, other->rule.id);

	return order ? order : (one->index > other->index) - (one->index < other->index);
}

static int compare_endpoints(const void *a, const void *b)
{
	const struct draft *one = a, *other = b;
	int order = policy_compare(&one->rule, &other->rule);

	return order ? order : (one->index > other->index) - (one->index < other->index);
}

static void check_duplicates(struct schema *s)
{
	struct loader *l = s->context;
	struct draft *d = l->drafts;

	qsort(d, l->draft_count, sizeof(*d), compare_ids);
	for (size_t i = 1; i < l->draft_count; i++) {
		schema_push(s, NULL, d[i].index);
		if (*d[i].rule.id && strcmp(d[i].rule.id, d[i - 1].rule.id) == 0)
			schema_bad(s, "has the id of $.allow[%zu]", d[i - 1].index);
		schema_pop(s);
	}
	qsort(d, l->draft_count, sizeof(*d), compare_endpoints);
	for (size_t i = 1; i < l->draft_count; i++) {
		schema_push(s, NULL, d[i].index);
		if (d[i].rule.ip && d[i].rule.port &&
		    policy_compare(&d[i].rule, &d[i - 1].rule) == 0)
			schema_bad(s, "has the endpoint of $.allow[%zu]", d[i - 1].index);
		schema_pop(s);
	}
}

void policy_load_check_allow(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	static const struct schema_field fields[] = {
	        {"id", true, check_id},
	        {"proto", true, check_proto},
	        {"ip", true, check_ip},
	        {"port", true, check_port},
	};
	const size_t count = json_array_size(value);

	if (!json_is_array(value)) {
		schema_bad(s, "must be an array");
		return;
	}
	if (count > POLICY_RULES_MAX) {
		schema_bad(s, "has %zu rules, more than %d", count, POLICY_RULES_MAX);
		return;
	}
	l->drafts = policy_load_grow(s, NULL, 0, count, sizeof(*l->drafts));
	if (!l->drafts)
		return;
	for (size_t i = 0; i < count; i++) {
		l->draft = &l->drafts[i];
		l->draft->index = i;
		schema_push(s, NULL, i);
		schema_check_object(s, json_array_get(value, i), fields, POLICY_LOAD_COUNT(fields));
		schema_pop(s);
	}
	l->draft_count = count;
	check_duplicates(s);
}

bool policy_load_keep_allow(struct loader *l)
{
	if (!l->draft_count)
		return true;
	l->policy->rules = calloc(l->draft_count, sizeof(*l->policy->rules));
	if (!l->policy->rules)
		return false;
	for (size_t i = 0; i < l->draft_count; i++)
		l->policy->rules[i] = l->drafts[i].rule;
	l->policy->rule_count = l->draft_count;
	return true;
}
