/* SPDX-License-Identifier: ISC */
/* policy_maker.h: policies made of bytes, in the shape that the loader gives them: lists in order, no
 * two entries alike, users' entries of domains.allow only where the organisation has none. Few
 * different values, near each other, so that lists and questions meet.
 */
#ifndef FUZZ_RIG_POLICY_MAKER_H
#define FUZZ_RIG_POLICY_MAKER_H

#include "bytes/rd.h"
#include "ref/policy.h"

#define POLICY_MAKER_MAX 24 /* of each list */

/* A policy and its lists. */
struct made_policy {
	struct policy policy;
	struct policy_rule rules[POLICY_MAKER_MAX];
	struct policy_name names[POLICY_MAKER_MAX];
	struct policy_host hosts[POLICY_MAKER_MAX];
	struct policy_http http[POLICY_MAKER_MAX];
};

/* Bytes that are missing are zero. */
void policy_maker_make(struct rd *r, struct made_policy *out);

/* One number out of few: next to each other, mirrored, and such as filters make exceptions of. */
uint8_t policy_maker_byte(struct rd *r);
uint32_t policy_maker_ip(struct rd *r);
uint16_t policy_maker_port(struct rd *r);
uint8_t policy_maker_proto(struct rd *r);

/* A name of one to four short labels, or, rarely, one that is none. */
void policy_maker_name(struct rd *r, char out[POLICY_NAME_MAX + 1]);

/* Changes one setting of a policy: what it is about is byte `what`'s business. */
void policy_maker_change(struct rd *r, struct policy *policy);

#endif
