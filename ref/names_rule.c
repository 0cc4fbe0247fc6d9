/* SPDX-License-Identifier: ISC */
/* names_rule.c: what a query of the guest gets, before anybody is asked. */
#include "ref/names_rule.h"

#include "ref/policy_name.h"

bool names_rule_allows(const struct policy_web *web, const struct dns_name *name)
{
	return name->host && policy_name_decide(web, name->text, NULL) == NAME_ALLOWED;
}

void names_rule_look_up(const struct policy_web *web, const struct dns_name *name,
                        struct names_result *out)
{
	size_t count;
	const struct policy_host *hosts = policy_name_hosts(web, name->text, &count);

	*out = (struct names_result){.status = NAMES_WAIT};
	if (count) {
		*out = (struct names_result){
		        .status = NAMES_READY, .hosts = true, .ttl_s = web->ttl_max_s};
		while (out->address_count < count &&
		       out->address_count < DNS_ANSWER_ADDRESSES_MAX) {
			out->addresses[out->address_count] = hosts[out->address_count].ip;
			out->address_count++;
		}
	} else if (web->dns != POLICY_DNS_FORWARD) {
		*out = (struct names_result){
		        .status = NAMES_FAILED, .reason = REASON_NAME_UNKNOWN, .exists = true};
	}
}

static struct names_rule deny(enum reason reason, uint16_t rcode)
{
	return (struct names_rule){
	        .act = NAMES_ACT_REPLY, .verdict = RECORD_DENY, .reason = reason, .rcode = rcode};
}

/* The code that says what is wrong with a query that can be answered at all. */
static uint16_t rcode_of(enum dns_fault fault)
{
	if (fault == DNS_NOT_QUERY)
		return DNS_NOTIMP;
	if (fault == DNS_EDNS_VERSION)
		return DNS_BADVERS;
	if (fault == DNS_NOT_IN)
		return DNS_REFUSED;
	return DNS_FORMERR;
}

struct names_rule names_rule_decide(const struct policy_web *web, const struct dns_query *query,
                                    enum dns_fault fault)
{
	struct names_rule rule;

	if (!query->answerable) {
		rule = deny(REASON_DNS_MALFORMED, 0);
		rule.act = NAMES_ACT_DROP;
		return rule;
	}
	if (fault && fault != DNS_NAME_CHARACTER)
		return deny(REASON_DNS_MALFORMED, rcode_of(fault));
	if (!names_rule_allows(web, &query->name))
		return deny(REASON_NAME_DENIED, DNS_NXDOMAIN);

	rule = (struct names_rule){.act = NAMES_ACT_REPLY, .verdict = RECORD_EMPTY};
	if (query->type != DNS_TYPE_A)
		return rule;
	names_rule_look_up(web, &query->name, &rule.result);
	if (rule.result.status != NAMES_FAILED)
		rule.verdict = RECORD_ALLOW;
	if (rule.result.status == NAMES_WAIT)
		rule.act = NAMES_ACT_ASK;
	return rule;
}
