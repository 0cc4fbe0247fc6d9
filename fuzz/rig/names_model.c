/* SPDX-License-Identifier: ISC */
/* names_model.c: what a policy says of names, decided once more. */
#include "fuzz/rig/names_model.h"

static const char *const table[] = {"test",     "x.test",      "a.x.test", "b.a.x.test",
                                    "ax.test",  "y.test",      "x",        "example.com",
                                    "www.test", "c.b.a.x.test"};
#define TABLE_LEN (sizeof(table) / sizeof(table[0]))

/* The order that ref/policy.h wants, found in another way than by its comparison. */
static bool is_before(const struct policy_name *a, const struct policy_name *b)
{
	const int order = strcmp(a->name, b->name);

	return order < 0 || (!order && a->below * 2 + a->block < b->below * 2 + b->block);
}

static void add_name(struct names_model *model, uint8_t which, uint8_t bits, unsigned index)
{
	struct policy_name entry = {.index = (uint16_t)index,
	                            .below = bits & 1,
	                            .block = bits & 2,
	                            .organisation = bits & 4,
	                            .splice = bits & 8};
	size_t at = model->web.name_count++;
	const char *name = table[(which - 1u) % TABLE_LEN];

	memcpy(entry.name, name, strlen(name) + 1);
	for (; at && is_before(&entry, &model->names[at - 1]); at--)
		model->names[at] = model->names[at - 1];
	model->names[at] = entry;
}

/* Some names have one address, one has more than are told. In the order of names. */
static void add_hosts(struct names_model *model, uint8_t mask)
{
	static const struct {
		char name[12];
		uint8_t count;
	} hosts[] = {
	        {"a.x.test", 1}, {"example.com", 2}, {"test", 1}, {"x.test", 20}, {"y.test", 3}};

	for (unsigned i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		for (unsigned k = 0; mask >> i & 1 && k < hosts[i].count; k++) {
			struct policy_host *host = &model->hosts[model->web.host_count++];

			memcpy(host->name, hosts[i].name, sizeof(hosts[i].name));
			host->ip = 0x0a000000 + i * 256 + k;
		}
}

void names_model_make(struct names_model *model, const uint8_t head[NAMES_MODEL_HEAD])
{
	static const enum policy_dns modes[] = {POLICY_DNS_FORWARD, POLICY_DNS_SYNTHETIC,
	                                        POLICY_DNS_FORWARD, POLICY_DNS_OFF};

	model->web = (struct policy_web){.dns = modes[head[0] & 3],
	                                 .default_allow = head[0] & 4,
	                                 .tls = head[0] & 8 ? POLICY_TLS_SPLICE : POLICY_TLS_MITM,
	                                 .ttl_max_s = head[0] * 10u,
	                                 .names = model->names,
	                                 .hosts = model->hosts};
	for (unsigned i = 0; i < NAMES_MODEL_ENTRIES; i++)
		if (head[2 + 2 * i])
			add_name(model, head[2 + 2 * i], head[3 + 2 * i], i);
	add_hosts(model, head[1]);
}

/* Whether an entry says something of the name. */
static bool covers(const struct policy_name *entry, const char *name)
{
	const size_t n = strlen(name), len = strlen(entry->name);
	const bool below = n > len && name[n - len - 1] == '.' &&
	                   !strcmp(name + n - len, entry->name);
	const bool itself = !strcmp(name, entry->name);

	return below ? entry->below || entry->block : itself && !entry->below;
}

static unsigned weight(const struct policy_name *entry)
{
	return (unsigned)strlen(entry->name) * 8 + entry->below * 4u + entry->block * 2u +
	       entry->organisation;
}

const struct policy_name *names_model_entry(const struct names_model *model, const char *name)
{
	const struct policy_name *best = NULL, *veto = NULL;

	for (size_t i = 0; i < model->web.name_count; i++) {
		const struct policy_name *entry = &model->names[i];

		if (!covers(entry, name))
			continue;
		if (!best || weight(entry) > weight(best))
			best = entry;
		if (entry->organisation && entry->block && (!veto || weight(entry) > weight(veto)))
			veto = entry;
	}
	return best && !best->block && !best->organisation && veto ? veto : best;
}

bool names_model_allows(const struct names_model *model, const struct dns_name *name)
{
	const struct policy_name *entry = names_model_entry(model, name->text);

	if (!name->host || !name->text[0])
		return false;
	return entry ? !entry->block : model->web.default_allow;
}

size_t names_model_hosts(const struct names_model *model, const char *name,
                         uint32_t out[NAMES_MODEL_HOSTS])
{
	size_t count = 0;

	for (size_t i = 0; i < model->web.host_count; i++)
		if (!strcmp(model->hosts[i].name, name))
			out[count++] = model->hosts[i].ip;
	return count;
}

static struct names_rule denied(enum reason reason, uint16_t rcode)
{
	return (struct names_rule){NAMES_ACT_REPLY, RECORD_DENY, reason, rcode, {0}};
}

static struct names_rule malformed(enum dns_fault fault)
{
	const uint16_t rcode = fault == DNS_NOT_QUERY      ? 4
	                       : fault == DNS_EDNS_VERSION ? 16
	                       : fault == DNS_NOT_IN       ? 5
	                                                   : 1;

	return denied(REASON_DNS_MALFORMED, rcode);
}

struct names_rule names_model_rule(const struct names_model *model, const struct dns_query *query,
                                   enum dns_fault fault)
{
	struct names_rule rule = {.act = NAMES_ACT_REPLY, .verdict = RECORD_EMPTY};
	uint32_t hosts[NAMES_MODEL_HOSTS];
	size_t count;

	if (!query->answerable)
		return (struct names_rule){
		        NAMES_ACT_DROP, RECORD_DENY, REASON_DNS_MALFORMED, 0, {0}};
	if (fault != DNS_OK && fault != DNS_NAME_CHARACTER)
		return malformed(fault);
	if (!names_model_allows(model, &query->name))
		return denied(REASON_NAME_DENIED, 3);
	if (query->type != 1)
		return rule;
	count = names_model_hosts(model, query->name.text, hosts);
	if (count) {
		rule.verdict = RECORD_ALLOW;
		rule.result.status = NAMES_READY;
		rule.result.hosts = true;
		rule.result.ttl_s = model->web.ttl_max_s;
		rule.result.address_count = (uint8_t)(count < 16 ? count : 16);
		memcpy(rule.result.addresses, hosts, rule.result.address_count * sizeof(hosts[0]));
	} else if (model->web.dns == POLICY_DNS_FORWARD) {
		rule.act = NAMES_ACT_ASK;
		rule.verdict = RECORD_ALLOW;
		rule.result.status = NAMES_WAIT;
	} else {
		rule.result.status = NAMES_FAILED;
		rule.result.reason = REASON_NAME_UNKNOWN;
		rule.result.exists = true;
	}
	return rule;
}
