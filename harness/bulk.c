/* SPDX-License-Identifier: ISC */
/* bulk.c: counts the frames of long transfers. */
#include "harness/bulk.h"

#include "harness/decode.h"

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

static bool is_plain_segment(const struct seen *s)
{
	return s->kind == SEEN_TCP && !s->faults && !s->vlan_count && !s->llc && !s->trailing &&
	       s->tcp_flags & TCP_ACK && !(s->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST));
}

/* Linear: a scenario has a handful of conversations. NULL when the table is full. */
static struct bulk_conversation *find(struct bulk *b, enum tape_kind kind, const struct seen *s)
{
	for (size_t i = 0; i < b->count; i++) {
		struct bulk_conversation *c = &b->table[i];

		if (c->kind == kind && c->src == s->ip_src && c->dst == s->ip_dst &&
		    c->sport == s->sport && c->dport == s->dport)
			return c;
	}
	if (b->count == BULK_CONVERSATIONS)
		return NULL;
	b->table[b->count] = (struct bulk_conversation){
	        .kind = kind,
	        .src = s->ip_src,
	        .dst = s->ip_dst,
	        .sport = s->sport,
	        .dport = s->dport,
	};
	return &b->table[b->count++];
}

bool bulk_take(struct bulk *b, enum tape_kind kind, const void *frame, size_t len)
{
	struct bulk_conversation *c;
	struct seen seen;

	if (kind == TAPE_EVENT || kind == TAPE_NOTE || kind == TAPE_HOST)
		return false;
	decode(frame, len, &seen);
	if (!is_plain_segment(&seen))
		return false;
	c = find(b, kind, &seen);
	if (!c)
		return false;
	if (c->kept < BULK_KEPT) {
		c->kept++;
		return false;
	}
	c->frames++;
	c->bytes += len;
	return true;
}

uint64_t bulk_frames(const struct bulk *b)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < b->count; i++)
		sum += b->table[i].frames;
	return sum;
}
