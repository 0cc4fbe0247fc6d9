/* SPDX-License-Identifier: ISC */
/* names_rule.h: what a query of the guest gets, before anybody is asked.
 *
 *	what the query is				reply		record
 *	no query, or not answerable			none		deny, dns-malformed
 *	another opcode					NOTIMP		deny, dns-malformed
 *	EDNS of another version				BADVERS		deny, dns-malformed
 *	another class than IN				REFUSED		deny, dns-malformed
 *	malformed otherwise				FORMERR		deny, dns-malformed
 *	no host name, the root, a number as last label	NXDOMAIN	deny, name-denied
 *	a name that the policy does not allow		NXDOMAIN	deny, name-denied
 *	another type than A of an allowed name		NOERROR, empty	empty
 *	A of a name of dns.hosts			its addresses	allow
 *	A of another name, synthetic			NOERROR, empty	empty
 *	A of another name, forward			the resolver's	allow
 *
 * A name whose last label is a number is no host name (dns_name.h): it is an address in one of the spellings of
 * inet_aton(), and no list has to know them.
 */
#ifndef REF_NAMES_RULE_H
#define REF_NAMES_RULE_H

#include "ref/names_question.h"
#include "ref/record.h"

enum names_act {
	NAMES_ACT_DROP,  /* no reply */
	NAMES_ACT_REPLY, /* `rcode`, and the addresses of `result` when its status is READY */
	NAMES_ACT_ASK,   /* the cache, then the resolver */
};

struct names_rule {
	enum names_act act;
	enum record_verdict verdict; /* ALLOW, DENY or EMPTY */
	enum reason reason;          /* of DENY */
	uint16_t rcode;
	struct names_result result; /* READY: addresses of dns.hosts */
};

/* `query` and `fault` are what dns_query_parse() gave. */
struct names_rule names_rule_decide(const struct policy_web *web, const struct dns_query *query,
                                    enum dns_fault fault);

/* Whether the gate may look this name up at all: an allowed host name, and not the root. */
bool names_rule_allows(const struct policy_web *web, const struct dns_name *name);

/* What is known without the resolver: READY with addresses of dns.hosts, else FAILED (name-unknown) or, in mode
 * forward, WAIT. `name` is allowed. */
void names_rule_look_up(const struct policy_web *web, const struct dns_name *name,
                        struct names_result *out);

#endif
