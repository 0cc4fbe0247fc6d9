/* SPDX-License-Identifier: ISC */
/* policy_load_names.c: the lists of domains, and the hosts that DNS knows by itself. */
#include "ref/host_name.h"
#include "ref/policy_load_parts.h"
#include "ref/policy_name.h"

#include <stdlib.h>

bool policy_load_get_name(struct schema *s, const char *text, char out[POLICY_NAME_MAX + 1],
                          bool *below)
{
	enum host_name_fault fault;

	if (below) {
		*below = strncmp(text, "*.", 2) == 0;
		text += *below ? 2 : 0;
	}
	fault = host_name_normalise(rd_of(text, strlen(text)), HOST_NAME_UNDERSCORES, out, NULL);
	if (!fault)
		return true;
	if (strchr(text, '*'))
		schema_bad(s,
		           below ? "an asterisk may only stand in front, as *. of a name below it"
		                 : "must be one name, without an asterisk");
	else
		schema_bad(s, "%s", host_name_fault_text(fault));
	return false;
}

/* --- $.domains --- */

static void check_default(struct schema *s, json_t *value)
{
	static const char *const choices[] = {"deny", "allow"};
	struct loader *l = s->context;

	l->policy->web.default_allow = schema_get_choice(s, value, choices,
	                                                 POLICY_LOAD_COUNT(choices)) == 1;
}

static void check_entry_name(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	const char *text = schema_get_string(s, value);

	if (text)
		policy_load_get_name(s, text, l->name->name, &l->name->below);
}

static void check_entry_tls(struct schema *s, json_t *value)
{
	static const char *const choices[] = {"splice"};
	struct loader *l = s->context;

	l->name->splice = schema_get_choice(s, value, choices, POLICY_LOAD_COUNT(choices)) == 0;
}

static void check_entry(struct schema *s, json_t *value)
{
	static const struct schema_field fields[] = {
	        {"name", true, check_entry_name},
	        {"tls", false, check_entry_tls},
	};
	struct loader *l = s->context;

	if (json_is_object(value) && !l->name->block)
		schema_check_object(s, value, fields, POLICY_LOAD_COUNT(fields));
	else if (json_is_string(value))
		check_entry_name(s, value);
	else
		schema_bad(s,
		           l->name->block ? "must be a string" : "must be a string or an object");
}

static int compare_places(const void *a, const void *b)
{
	const struct policy_name *one = a, *other = b;
	int order = policy_name_compare(one, other);

	if (order)
		return order;
	if (one->organisation != other->organisation)
		return one->organisation ? -1 : 1;
	return (one->index > other->index) - (one->index < other->index);
}

/* Of one list; a name may stand in both, and in both files. */
static void check_twice(struct schema *s, struct policy_name *list, size_t count)
{
	qsort(list, count, sizeof(*list), compare_places);
	for (size_t i = 1; i < count; i++) {
		if (!*list[i].name || list[i].organisation != list[i - 1].organisation ||
		    policy_name_compare(&list[i], &list[i - 1]) != 0)
			continue;
		schema_push(s, NULL, list[i].index);
		schema_bad(s, "%s%s is in the list already", list[i].below ? "*." : "",
		           list[i].name);
		schema_pop(s);
	}
}

static void check_list(struct schema *s, json_t *value, bool block)
{
	struct loader *l = s->context;
	struct policy_web *web = &l->policy->web;
	const size_t count = json_array_size(value), before = web->name_count;
	struct policy_name *names;

	if (!json_is_array(value)) {
		schema_bad(s, "must be an array");
		return;
	}
	if (before + count > POLICY_NAMES_MAX) {
		schema_bad(s, "there are more than %d names in both lists", POLICY_NAMES_MAX);
		return;
	}
	names = policy_load_grow(s, web->names, before, count, sizeof(*names));
	if (!names)
		return;
	web->names = names;
	web->name_count += count;
	for (size_t i = 0; i < count; i++) {
		schema_push(s, NULL, i);
		l->name = &names[before + i];
		l->name->block = block;
		l->name->index = (uint16_t)i;
		l->name->organisation = policy_load_is_organisation(s);
		check_entry(s, json_array_get(value, i));
		schema_pop(s);
	}
	check_twice(s, names + before, count);
}

static void check_allow(struct schema *s, json_t *value)
{
	check_list(s, value, false);
}

static void check_block(struct schema *s, json_t *value)
{
	check_list(s, value, true);
}

void policy_load_check_domains(struct schema *s, json_t *value)
{
	static const struct schema_field fields[] = {
	        {"default", false, check_default},
	        {"allow", false, check_allow},
	        {"block", false, check_block},
	};

	schema_check_object(s, value, fields, POLICY_LOAD_COUNT(fields));
}

void policy_load_sort_names(struct loader *l)
{
	struct policy_web *web = &l->policy->web;

	for (size_t i = 0; i < web->name_count; i++)
		if (web->names[i].block && !web->names[i].organisation)
			web->names[i].index -= (uint16_t)l->merge->blocks;
	if (web->name_count)
		qsort(web->names, web->name_count, sizeof(*web->names), compare_places);
}

/* --- $.dns.hosts --- */

static int compare_hosts(const void *a, const void *b)
{
	return policy_host_compare(a, b);
}

static void check_address(struct schema *s, const json_t *value, struct policy_host *host)
{
	struct loader *l = s->context;

	if (!policy_load_get_ip(s, value, &host->ip))
		return;
	if (!policy_is_destination(l->policy, host->ip))
		schema_bad(s, "is the VM's, the gateway's or their net's own address");
	for (const struct policy_host *other = l->policy->web.hosts; other < host; other++)
		if (other->ip == host->ip && strcmp(other->name, host->name) == 0)
			schema_bad(s, "the name has this address already");
}

static void check_host(struct schema *s, const char *key, json_t *value)
{
	struct loader *l = s->context;
	struct policy_web *web = &l->policy->web;
	const size_t count = json_array_size(value);
	char name[POLICY_NAME_MAX + 1];
	struct policy_host *hosts;

	if (!policy_load_get_name(s, key, name, NULL))
		return;
	for (size_t i = 0; i < web->host_count; i++)
		if (strcmp(web->hosts[i].name, name) == 0) {
			schema_bad(s, "%s is among the hosts already", name);
			return;
		}
	if (!count || web->host_count + count > POLICY_HOSTS_MAX) {
		schema_bad(s,
		           count ? "there are more than %d addresses of hosts"
		                 : "must be an array of 1..%d addresses",
		           POLICY_HOSTS_MAX);
		return;
	}
	hosts = policy_load_grow(s, web->hosts, web->host_count, count, sizeof(*hosts));
	if (!hosts)
		return;
	web->hosts = hosts;
	for (size_t i = 0; i < count; i++) {
		struct policy_host *host = &hosts[web->host_count++];

		memcpy(host->name, name, sizeof(name));
		schema_push(s, NULL, i);
		check_address(s, json_array_get(value, i), host);
		schema_pop(s);
	}
}

void policy_load_check_hosts(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	struct policy_web *web = &l->policy->web;
	const char *key;
	json_t *addresses;

	if (!json_is_object(value)) {
		schema_bad(s, "must be an object of names, each with an array of addresses");
		return;
	}
	json_object_foreach(value, key, addresses)
	{
		schema_push(s, key, 0);
		check_host(s, key, addresses);
		schema_pop(s);
	}
	if (web->host_count)
		qsort(web->hosts, web->host_count, sizeof(*web->hosts), compare_hosts);
}
