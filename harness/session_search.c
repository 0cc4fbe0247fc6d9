/* SPDX-License-Identifier: ISC */
/* session_search.c: waits until a frame is on the tape that fits a pattern, or that tells the gateway's address. */
#include "harness/session.h"

#include "harness/decode.h"
#include "harness/frame.h"

#include <string.h>

struct search {
	enum tape_kind kind;
	const struct recipe *pattern;
	const struct recipe_vars *vars;
	size_t *from, *hit;
};

static bool search_tape(struct session *s, void *arg)
{
	struct search *q = arg;

	for (; *q->from < s->tape.count; ++*q->from) {
		const struct tape_entry *e = &s->tape.entries[*q->from];
		struct seen seen;

		if (e->kind != q->kind)
			continue;
		decode(e->data, e->len, &seen);
		if (match(q->pattern, q->vars, &seen)) {
			*q->hit = (*q->from)++;
			return true;
		}
	}
	return false;
}

bool session_wait_match(struct session *s, enum tape_kind kind, const struct recipe *pattern,
                        const struct recipe_vars *vars, int timeout_ms, size_t *from, size_t *hit)
{
	struct search q = {
	        .kind = kind, .pattern = pattern, .vars = vars, .from = from, .hit = hit};

	return session_wait(s, timeout_ms, search_tape, &q);
}

static bool gateway_answered(struct session *s, void *arg)
{
	size_t *from = arg;

	for (; *from < s->tape.count; ++*from) {
		const struct tape_entry *e = &s->tape.entries[*from];
		struct seen seen;

		if (e->kind != TAPE_GUEST_IN)
			continue;
		decode(e->data, e->len, &seen);
		if (seen.kind != SEEN_ARP || seen.arp_op != 2 || seen.arp_spa != LAB_GW_IP)
			continue;
		memcpy(s->gateway_mac, seen.arp_sha, 6);
		s->has_gateway_mac = true;
		return true;
	}
	return false;
}

bool session_learn_gateway(struct session *s, int timeout_ms)
{
	static const struct frame_link link = {.src = LAB_VM_MAC,
	                                       .dst = "\xff\xff\xff\xff\xff\xff"};
	struct recipe who_has = {
	        .kind = RECIPE_ARP, .type = 1, .src = {.ip = LAB_VM_IP}, .dst = {.ip = LAB_GW_IP}};
	struct recipe_vars vars = {.nonce = "arp"};
	uint8_t frame[128];
	char why[160];
	size_t from = 0, len;

	if (s->has_gateway_mac || gateway_answered(s, &from))
		return true;
	if (s->guest.fd < 0) {
		static uint8_t big[FRAME_MAX];

		len = frame_build(&who_has, &vars, &link, big, why);
		if (len == 0 || len > sizeof(frame))
			return false;
		memcpy(frame, big, len);
		session_inject(s, frame, len, TAPE_NO_ROW);
	}
	return session_wait(s, timeout_ms, gateway_answered, &from);
}
