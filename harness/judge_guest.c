/* SPDX-License-Identifier: ISC */
/* judge_guest.c: what reached the guest: whose answer it is, and whether there may be one. */
#include "harness/judge_part.h"

#include "harness/match.h"

/* True when the frame would be an answer to the row, whether wanted or not. An answer carried by
 * UDP must show that it belongs to this row and not to another conversation of the same endpoints.
 */
static bool answers(const struct judge *j, const struct judge_item *it, const struct seen *s)
{
	struct recipe pattern;

	if (!it->row || it->row->talk || !recipe_answer(&it->row->recipe, &pattern) ||
	    !match(&pattern, &it->vars, s))
		return false;
	if (s->kind != SEEN_UDP)
		return true;
	for (size_t i = 0; i < j->count; i++)
		if (&j->items[i] != it && judge_holds(s->payload, j->items[i].vars.nonce))
			return false;
	return true;
}

/* A guest's kernel looks for its gateway when it likes, and its client for a lease; the answers are not to a row. */
static bool is_gateway_arp(const struct seen *s, unsigned op, uint32_t from, uint32_t to)
{
	return s->kind == SEEN_ARP && !s->fault && s->arp_op == op && s->arp_spa == from &&
	       s->arp_tpa == to;
}

void judge_guest_asks(struct judge *j, size_t entry)
{
	const struct tape_entry *e = &j->tape->entries[entry];
	struct seen s;

	for (size_t i = 0; i < j->count; i++)
		if (j->items[i].sent == entry)
			return;
	if (e->row != TAPE_NO_ROW)
		return;
	decode(e->data, e->len, &s);
	j->asked += is_gateway_arp(&s, 1, LAB_VM_IP, LAB_GW_IP);
	if (s.kind == SEEN_DHCP && !s.fault)
		j->own_xid[j->own_xids++ % JUDGE_XIDS] = s.dhcp_xid;
}

static bool answers_own_question(struct judge *j, const struct seen *s)
{
	if (j->asked && is_gateway_arp(s, 2, LAB_GW_IP, LAB_VM_IP)) {
		j->asked--;
		return true;
	}
	for (unsigned i = 0; s->kind == SEEN_DHCP && i < JUDGE_XIDS && i < j->own_xids; i++)
		if (j->own_xid[i] == s->dhcp_xid)
			return true;
	return false;
}

static bool may_be_answered(const struct row *row)
{
	return row->verdict == ROW_PASS || row->verdict == ROW_ANSWER;
}

void judge_guest(struct judge *j, size_t entry)
{
	struct tape_entry *e = &j->tape->entries[entry];
	struct judge_item *wrong = NULL;
	unsigned wrong_count = 0;
	struct seen s;

	decode(e->data, e->len, &s);
	if (s.fault) {
		tape_comment(j->tape, entry, true, "MALFORMED: %s", s.fault);
		judge_doubt(j, true, "the backend sent the guest a malformed frame (%s)", s.fault);
	}
	if (e->len > JUDGE_ETH_LEN + j->guest_mtu) {
		tape_comment(j->tape, entry, true, "LONGER than the guest's MTU");
		judge_doubt(j, true,
		            "the backend sent the guest a frame of %zu bytes; its MTU is %u",
		            e->len, j->guest_mtu);
	}
	if (judge_is_sentinel(j, &s)) {
		tape_comment(j->tape, entry, false, "sentinel's echo");
		return;
	}
	if (answers_own_question(j, &s))
		return;
	/* Credit goes to whoever was to be answered and was not yet; a surplus answer is an
	 * objection. */
	for (size_t i = 0; i < j->count; i++) {
		struct judge_item *it = &j->items[i];

		if (entry < it->from || !answers(j, it, &s))
			continue;
		if (may_be_answered(it->row) && it->answered < it->times) {
			it->answered++;
			e->row = (int)i;
			return;
		}
		if (may_be_answered(it->row))
			continue;
		if (wrong)
			wrong->suspect = it->suspect = true;
		wrong = it;
		wrong_count++;
	}
	if (wrong_count == 1) {
		e->row = (int)(wrong - j->items);
		wrong->answered_wrongly = true;
		tape_comment(j->tape, entry, true, "an ANSWER to %s", wrong->row->id);
	} else if (wrong_count > 1) {
		char line[DECODE_LINE];

		tape_comment(j->tape, entry, true, "an ANSWER to one of %u rows", wrong_count);
		judge_doubt(j, false, "the guest was answered: %s", decode_line(&s, line));
	}
}
