/* SPDX-License-Identifier: ISC */
/* http_rules.c: fuzz target: rules for requests, and requests (ref/policy_http.h). fuzz/rig/http_rules.h
 * has the text that an input is, and an evaluator that goes through all rules: both must decide alike, and
 * name the same rule. */
#include "fuzz/rig/http_rules.h"
#include "fuzz/fuzz.h"
#include "ref/policy_http.h"
#include "ref/policy_name.h"

/* As policy_http_compare() declares it. */
static void check_order(const struct policy_http *a, const struct policy_http *b)
{
	const int order = strcmp(a->domain, b->domain);
	const int back = policy_http_compare(b, a);

	HOLDS("rules are in their order", policy_http_compare(a, b) < 0 && back > 0);
	HOLDS("rules go by domain first", order <= 0);
	HOLDS("wildcards stand behind plain names", order || a->below <= b->below);
	HOLDS("then the organisation's come first",
	      order || a->below != b->below || a->organisation >= b->organisation);
	HOLDS("then they go as the file has them", order || a->below != b->below ||
	                                                   a->organisation != b->organisation ||
	                                                   a->index < b->index);
	HOLDS("a rule is where it is", !policy_http_compare(a, a));
}

static void check_request(const struct rules *rules, const struct rules_request *request)
{
	const struct policy_web *web = &rules->web;
	const bool name = policy_name_decide(web, request->host, NULL) == NAME_ALLOWED;
	const struct rules_verdict verdict = rules_decide(rules, request, name);
	const struct policy_http *rule = &rules->rules[0];

	HOLDS("a request is allowed when the rules, one by one, allow it",
	      policy_http_decide(web, request->host, request->method, request->path, &rule) ==
	              verdict.allowed);
	HOLDS("the rule that decided is named", rule == verdict.rule);
	HOLDS("nobody has to ask which rule it was",
	      policy_http_decide(web, request->host, request->method, request->path, NULL) ==
	              verdict.allowed);
	HOLDS("an upgrade is allowed by each set that closes the domain",
	      policy_http_allows_websocket(web, request->host, request->method, request->path) ==
	              verdict.websocket);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rules rules;
	struct rules_request request;
	struct rd text = rd_of(data, size);

	rules_read(text, &rules);
	for (size_t i = 1; i < rules.web.rule_count; i++)
		check_order(&rules.rules[i - 1], &rules.rules[i]);
	while (rules_next(&text, &request))
		check_request(&rules, &request);
	return 0;
}
