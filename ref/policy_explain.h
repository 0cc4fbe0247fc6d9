/* SPDX-License-Identifier: ISC */
/* policy_explain.h: what would become of a request, stage by stage, and which line of which file says
 * so:
 *
 *	GET https://api.test/v1/x
 *	name     api.test: allowed by *.test, policy.json:9:14 $.domains.allow[1]
 *	dns      the resolver 9.9.9.9:53 is asked, policy.json:7:18 $.dns.mode
 *	port     443 belongs to tls: names decide, addresses do not count
 *	tls      ends here, requests are looked at, policy.json:11:18 $.tls.mode
 *	request  GET /v1/x: allowed by rule read, organisation.json:4:5 $.http[0]
 *	ALLOWED
 *
 * The decisions are those of the functions that decide about the guest. What the world would say (an
 * address that the resolver knows, a certificate) is not asked.
 */
#ifndef REF_POLICY_EXPLAIN_H
#define REF_POLICY_EXPLAIN_H

#include "ref/policy_load.h"

#define POLICY_EXPLAIN_DENIED 1

/* EXITS_OK for a request that is allowed, POLICY_EXPLAIN_DENIED, or EXITS_USAGE with a message on
 * standard error when `url` is no http or https URL. The policy was loaded from the files. */
int policy_explain(const struct policy_files *files, const struct policy *policy,
                   const char *method, const char *url, FILE *out);

#endif
