/* SPDX-License-Identifier: ISC */
/* policy_explain.c: fuzz target: any bytes as a request that is to be explained (ref/policy_explain.h):
 * one that chooses policies, a method, a space, an URL. */
#include "ref/policy_explain.h"
#include "fuzz/fuzz.h"
#include "fuzz/rig/complaints.h"
#include "fuzz/rig/explained.h"
#include "ref/exits.h"

#define REQUEST_MAX 2048

/* Splits the request; false for what the sub-command never passes on, or says itself to be no URL. */
static bool split(struct rd r, char method[REQUEST_MAX], char url[REQUEST_MAX])
{
	const uint8_t *space = r.n ? memchr(r.p, ' ', r.n) : NULL;
	struct rd word;
	size_t head;

	if (!space || r.n >= REQUEST_MAX || memchr(r.p, 0, r.n) ||
	    !rd_sub(&r, (size_t)(space - r.p), &word) || !rd_skip(&r, 1))
		return false;
	memcpy(method, word.p, word.n);
	method[word.n] = '\0';
	memcpy(url, r.p, r.n);
	url[r.n] = '\0';
	head = strncasecmp(url, "https://", 8) == 0  ? 8
	       : strncasecmp(url, "http://", 7) == 0 ? 7
	                                             : 0;
	return head && url[head] && !strchr("/?#", url[head]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char method[REQUEST_MAX], url[REQUEST_MAX];
	struct rd r = rd_of(data, size);
	const struct explained *x;
	uint8_t which;
	int status;

	if (!rd_u8(&r, &which) || !split(r, method, url))
		return 0;
	x = explained_policies(which);
	status = policy_explain(&x->files, &x->policy, method, url, complaints_begin());
	HOLDS("a request is allowed or denied",
	      status == EXITS_OK || status == POLICY_EXPLAIN_DENIED);
	explained_hold(x, method, url, complaints_text(), status == EXITS_OK);
	return 0;
}
