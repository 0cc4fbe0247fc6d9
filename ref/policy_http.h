/* SPDX-License-Identifier: ISC */
/* policy_http.h: which requests a policy allows.
 *
 * A rule covers a request when its domain does (x.test: that name; *.x.test: what lies below it), its
 * methods do (none: any; compared as written, so case counts) and its path does (as http1_path.h
 * normalises it: the same, or, with an asterisk at the end, the same beginning). Case counts in
 * paths. Then, in whatever order the rules stand:
 *
 *	1. a name that the lists of domains do not allow is denied
 *	2. a rule with `block` that covers the request denies it
 *	3. a rule with `allow` that covers it allows it
 *	4. a domain with any rule that allows is closed for all else: denied
 *	5. a domain without one is open: allowed
 *
 * A method that nobody has heard of is a method like others. Rules of the organisation's and of the
 * user's are two sets: 3 to 5 must allow the request in both, so neither widens the other.
 */
#ifndef REF_POLICY_HTTP_H
#define REF_POLICY_HTTP_H

#include "bytes/rd.h"
#include "ref/policy.h"

/* Whether the request is allowed. `host` is normalised, ends with NUL, has no port; `normal_path` is
 * without query ("*" for OPTIONS *). *rule is the rule that decided: the one that allows or blocks (of
 * several the organisation's, then the one with the longest domain, then the first of the file), or
 * NULL when none did (1, 4 and 5). `rule` may be NULL. A binary search for each label of the host, and a look at each rule found. */
bool policy_http_decide(const struct policy_web *web, const char *host, struct rd method,
                        struct rd normal_path, const struct policy_http **rule);

/* Whether a request that was allowed may be upgraded to a websocket: a rule that allows it says so
 * (`upgrade`), in each set that closes the domain. */
bool policy_http_allows_websocket(const struct policy_web *web, const char *host, struct rd method,
                                  struct rd normal_path);

/* Orders rules by domain, wildcards behind plain names, then as the file has them, the
 * organisation's first. */
int policy_http_compare(const struct policy_http *a, const struct policy_http *b);

#endif
