/* SPDX-License-Identifier: ISC */
/* judge.h: what the functions of verdict.c share. It stands here for prove/verdict.h, which says of
 * each of them what it does; nobody else has use for it.
 */
#ifndef REF_JUDGE_H
#define REF_JUDGE_H

#include "ref/icmp.h"
#include "ref/ipv4.h"
#include "ref/udp.h"
#include "ref/verdict.h"

/* The questions and the answer. */
struct judge {
	const struct policy *policy;
	const struct flow_table *flows;
	uint64_t now_ns;
	struct eth eth;
	struct ipv4 ip;
	struct udp udp;   /* filled for UDP only */
	struct icmp icmp; /* filled for ICMP only */
	struct verdict *out;
};

#endif
