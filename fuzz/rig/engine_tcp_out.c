/* SPDX-License-Identifier: ISC */
/* engine_tcp_out.c: segments for the guest: whether each is one that may come. */
#include "fuzz/rig/engine_tcp.h"

#include "fuzz/rig/engine_answer.h"
#include "fuzz/rig/engine_bytes.h"
#include "fuzz/rig/engine_model.h"
#include "fuzz/rig/engine_pattern.h"
#include "fuzz/rig/engine_story.h"

#include <string.h>

#define WINDOW 131072 /* refnat's largest */

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

static void check_syn_ack(struct tcp_conn *c, const uint8_t *seg, size_t hdr_len)
{
	bool scaled = false, sack = false;
	uint16_t mss = 0;

	HOLDS("a guest is answered when the world has accepted, not before", c->connected);
	HOLDS("a SYN-ACK has nothing else", (seg[13] & (SYN | ACK | FIN | RST)) == (SYN | ACK));
	HOLDS("a SYN-ACK acknowledges the SYN", be32(seg + 8) == c->iss + 1);
	HOLDS("a SYN-ACK is the same each time", !c->answered || be32(seg + 4) == c->irs);
	HOLDS("a SYN-ACK comes before the connection is open", !c->open);
	for (size_t at = 20; at < hdr_len && seg[at]; at += seg[at] == 1 ? 1 : seg[at + 1]) {
		mss = seg[at] == 2 ? be16(seg + at + 2) : mss;
		scaled |= seg[at] == 3;
		sack |= seg[at] == 4;
	}
	HOLDS("the SYN-ACK says how large a segment may be", mss == model.policy->mtu - 40);
	HOLDS("what the guest did not offer is not agreed on",
	      (c->scaled || !scaled) && (c->sack || !sack));
	c->irs = be32(seg + 4);
	if (!c->answered)
		c->promised = be16(seg + 14);
	c->answered = true;
}

static void check_ack(struct tcp_conn *c, const uint8_t *seg)
{
	const uint32_t ack = be32(seg + 8) - c->iss - 1;
	const uint32_t edge = ack + ((uint32_t)be16(seg + 14) << (c->scaled ? 2 : 0));
	const bool fin = c->fin_sent && c->front >= c->fin_at;

	HOLDS("what was not sent is not acknowledged", c->wild || ack <= c->front + fin);
	HOLDS("acknowledgements do not go back", (int32_t)(ack - c->acked) >= 0);
	HOLDS("a window does not shrink", (int32_t)(edge + 4 + c->fin_sent - c->promised) >= 0);
	HOLDS("a window is what can be kept", edge - c->taken <= WINDOW + 1);
	if (ack != c->acked)
		c->active_ns = model_now();
	c->acked = ack;
	c->promised = (int32_t)(edge - c->promised) > 0 ? edge : c->promised;
}

static void check_sack(const struct tcp_conn *c, const uint8_t *seg, size_t hdr_len)
{
	for (size_t at = 20; at < hdr_len && seg[at]; at += seg[at] == 1 ? 1 : seg[at + 1]) {
		HOLDS("an option ends inside the header", seg[at] == 1 || seg[at + 1] >= 2);
		if (seg[at] != 5)
			continue;
		HOLDS("SACK is for who asked for it", c->sack);
		for (size_t k = at + 2; k + 8 <= at + seg[at + 1]; k += 8) {
			const uint32_t left = be32(seg + k) - c->iss - 1;
			const uint32_t right = be32(seg + k + 4) - c->iss - 1;
			bool sent = c->wild || right <= c->front;

			for (unsigned i = 0; i < c->span_count; i++)
				sent |= c->spans[i].start <= left && right <= c->spans[i].end;
			HOLDS("a SACK range is of what was sent and not acknowledged",
			      sent && left > c->acked && left < right);
		}
	}
}

static void note_sent(struct tcp_conn *c)
{
	c->sent_ns = model_now();
	if (c->asked_ns == UINT64_MAX)
		c->asked_ns = model_now();
}

static void check_run(struct tcp_conn *c, const uint8_t *seg, const uint8_t *p, size_t n)
{
	const uint32_t at = be32(seg + 4) - c->irs - 1;
	const bool fin = seg[13] & FIN;
	const struct kernel_socket *s;

	if (!n && !fin) {
		HOLDS("a bare segment stands at the end of what was sent, or probes",
		      c->wild || at == c->got + c->fin_got || at + 1 == c->confirmed);
		if (at != c->got + c->fin_got)
			note_sent(c);
		return;
	}
	HOLDS("bytes come from a socket", c->fd >= 0);
	s = kernel_socket(c->fd);
	HOLDS("bytes come in order, or once more",
	      (int32_t)(at - c->got) <= 0 && (c->wild || (int32_t)(at - c->confirmed) >= 0));
	HOLDS("the guest gets no more than the world wrote", at + n <= s->written);
	HOLDS("a segment is not larger than the guest takes", n <= c->mss);
	HOLDS("the guest's window is respected", (int32_t)(at + (uint32_t)n + fin - c->edge) <= 0);
	HOLDS("the guest's window is respected when it shrinks",
	      c->wild || !c->sure || at != c->got ||
	              (int32_t)(at + (uint32_t)n - c->edge_now) <= 0);
	HOLDS("every byte of the world arrives as it was",
	      pattern_is(p, PATTERN_OF(s->salt, at), n));
	if (fin)
		HOLDS("the world's end is passed on behind its last byte",
		      s->finished && at + n == s->written);
	if (at + (uint32_t)n > c->got) {
		c->got = at + (uint32_t)n;
		c->active_ns = model_now();
	}
	c->fin_got |= fin;
	note_sent(c);
}

static void check_reset(struct tcp_conn *c, const uint8_t *seg)
{
	const struct kernel_socket *s = c->fd >= 0 ? kernel_socket(c->fd) : NULL;
	bool cause;

	if (!(seg[13] & ACK)) {
		HOLDS("a RST for one segment answers a wrong one",
		      c->ghost && be32(seg + 4) == c->ghost_ack);
		c->ghost = false;
		return;
	}
	cause = c->revoked || c->world_reset || (s && (s->reset || s->refused || s->error));
	cause |= c->overdue || tcp_is_overdue(c);
	HOLDS("a connection is reset for a cause only", cause);
	HOLDS("a RST is one that the guest believes",
	      !c->answered || be32(seg + 4) - c->irs - 1 == c->got + c->fin_got);
	c->told = true;
}

void tcp_on_guest_frame(const uint8_t *frame, size_t n)
{
	const uint8_t *ip = frame + 14, *seg = frame + 34;
	const struct flow_key key = {be32(ip + 16), be32(ip + 12), be16(seg + 2), be16(seg), 6};
	struct tcp_conn *c = tcp_find(&key);
	const size_t hdr_len = (size_t)(seg[12] >> 4) * 4;
	uint8_t headers[34];

	HOLDS("a segment belongs to a live connection of exactly the one who asked", c);
	STORY("    guest gets a segment, flags %02x, seq %d, ack %d, window %u, %zu bytes\n",
	      seg[13], (int)(be32(seg + 4) - c->irs - 1), (int)(be32(seg + 8) - c->iss - 1),
	      be16(seg + 14), n - 34 - hdr_len);
	HOLDS("nothing follows a RST", !c->told);
	answer_headers(headers, model.policy, key.peer_ip, key.guest_ip, 6, n - 34);
	HOLDS("frames for the guest are canonical", !memcmp(frame, headers, 34));
	HOLDS("a segment's checksum is right",
	      hdr_len >= 20 && hdr_len <= n - 34 &&
	              !sum16_pseudo(key.peer_ip, key.guest_ip, 6, seg, n - 34));
	HOLDS("a segment has nothing that was not asked for",
	      !(seg[12] & 15) && !(seg[13] & 0xe0) && !be16(seg + 18));
	tcp_note_connected(c);
	if (seg[13] & RST) {
		check_reset(c, seg);
	} else if (seg[13] & SYN) {
		check_syn_ack(c, seg, hdr_len);
		note_sent(c);
	} else {
		HOLDS("a segment acknowledges", seg[13] & ACK && c->answered);
		check_ack(c, seg);
		check_sack(c, seg, hdr_len);
		check_run(c, seg, seg + hdr_len, n - 34 - hdr_len);
	}
}
