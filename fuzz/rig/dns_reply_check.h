/* SPDX-License-Identifier: ISC */
/* dns_reply_check.h: what must be true of a reply, found by a second reader. */
#ifndef FUZZ_RIG_DNS_REPLY_CHECK_H
#define FUZZ_RIG_DNS_REPLY_CHECK_H

#include "ref/dns_reply.h"

struct dns_wish {
	struct dns_reply reply; /* its addresses are 192.0.X.Y: the number of each */
	size_t limit;
};

/* The reply p[0..n-1] to `query` is what was wished for, within its limit. */
void dns_reply_check(const uint8_t *p, size_t n, const struct dns_query *query,
                     const struct dns_wish *wish);

#endif
