/* SPDX-License-Identifier: ISC */
/* http_rules.h: rules for requests out of a text, and a second evaluator of them, for the fuzz target
 * http_rules.
 *
 * A text is lines of words with one space between them; what makes no sense is skipped:
 *
 *	n[bo] NAME                     an entry of domains; b: of block, o: the organisation's
 *	d                              domains.default is allow
 *	r[bow] NAME METHODS PATH       a rule; b: blocks, o: the organisation's, w: upgrades; methods with
 *	                               commas between them, - for any
 *	? NAME METHOD PATH             a request
 *
 * NAME is x.test or *.x.test; PATH may end with an asterisk.
 */
#ifndef FUZZ_RIG_HTTP_RULES_H
#define FUZZ_RIG_HTTP_RULES_H

#include "bytes/rd.h"
#include "ref/policy.h"

#define RULES_MAX 24

struct rules {
	struct policy_web web;
	struct policy_name names[RULES_MAX];
	struct policy_http rules[RULES_MAX];
};

struct rules_request {
	char host[POLICY_NAME_MAX + 1];
	struct rd method, path;
};

/* Of all lines, ordered as the header of policy_http.c wants them. */
void rules_read(struct rd text, struct rules *out);

/* The next request of the text; false behind the last. */
bool rules_next(struct rd *text, struct rules_request *out);

/* What must be decided, by going through all rules: whether it is allowed, and by which rule; whether it may
 * be upgraded. `name_allowed`: the lists of domains allow its host. */
struct rules_verdict {
	bool allowed, websocket;
	const struct policy_http *rule;
};

struct rules_verdict rules_decide(const struct rules *rules, const struct rules_request *request,
                                  bool name_allowed);

#endif
