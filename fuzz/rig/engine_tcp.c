/* SPDX-License-Identifier: ISC */
/* engine_tcp.c: the two sides of TCP connections, held against each other. */
#include "fuzz/rig/engine_tcp.h"

#include "fuzz/rig/engine_answer.h"
#include "fuzz/rig/engine_bytes.h"
#include "fuzz/rig/engine_model.h"
#include "fuzz/rig/engine_pattern.h"
#include "fuzz/rig/engine_story.h"

#include <string.h>

#define MS     UINT64_C(1000000)
#define S      (1000 * MS)
#define SLACK  (3 * MS) /* the loop's clock counts in milliseconds */
#define WINDOW 131072   /* refnat's largest */

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

struct tcp_conn tcp_conns[TCP_CONNS];

static bool may_restart;

void tcp_forget(void)
{
	for (int i = 0; i < TCP_CONNS; i++) {
		tcp_conns[i].live = false;
		tcp_conns[i].fd = -1;
	}
	may_restart = false;
}

/* Whether refnat's table has it: a peek, because only the timers of the code itself know when a
 * connection that is over is forgotten. That it may be is checked below. */
static bool is_in_table(const struct flow_key *key)
{
	const struct flow_table *table = &model.nat.table;

	for (uint32_t i = 0; i < table->capacity; i++) {
		const struct flow_key *k = &table->flows[i].key;

		if (table->flows[i].live && k->proto == 6 && k->guest_ip == key->guest_ip &&
		    k->peer_ip == key->peer_ip && k->guest_port == key->guest_port &&
		    k->peer_port == key->peer_port)
			return true;
	}
	return false;
}

/* Both halves are at their end, and both ends are acknowledged. */
static bool is_done(const struct tcp_conn *c)
{
	return c->fin_sent && c->front >= c->fin_at && c->fin_got && c->confirmed > c->got;
}

static void end(struct tcp_conn *c)
{
	HOLDS("a connection ends for a cause only",
	      model.closing || c->guest_reset || c->told || is_done(c));
	HOLDS("the socket of a connection ends with it", c->fd < 0);
	c->live = false;
}

static void notice_ends(void)
{
	for (int i = 0; i < TCP_CONNS; i++)
		if (tcp_conns[i].live && !is_in_table(&tcp_conns[i].key))
			end(&tcp_conns[i]);
}

static struct tcp_conn *find(const struct flow_key *key)
{
	for (int i = 0; i < TCP_CONNS; i++) {
		const struct flow_key *k = &tcp_conns[i].key;

		if (tcp_conns[i].live && k->guest_ip == key->guest_ip &&
		    k->peer_ip == key->peer_ip && k->guest_port == key->guest_port &&
		    k->peer_port == key->peer_port)
			return &tcp_conns[i];
	}
	return NULL;
}

static struct tcp_conn *find_fd(int fd)
{
	for (int i = 0; i < TCP_CONNS; i++)
		if (tcp_conns[i].live && tcp_conns[i].fd == fd)
			return &tcp_conns[i];
	HOLDS("a socket belongs to a connection", false);
}

unsigned tcp_list(struct flow_key keys[TCP_CONNS])
{
	unsigned n = 0;

	notice_ends();
	for (int i = 0; i < TCP_CONNS; i++)
		if (tcp_conns[i].live)
			keys[n++] = tcp_conns[i].key;
	return n;
}

bool tcp_restarts(void)
{
	return may_restart && !is_in_table(&model.judged.key);
}

/* --- the guest's SYN --- */

static void take_syn_options(struct tcp_conn *c, const struct tcp_seg *syn)
{
	uint16_t mss = syn->mss ? syn->mss : 536;

	mss = mss < 64 ? 64 : mss;
	c->mss = mss < model.policy->mtu - 40 ? mss : (uint16_t)(model.policy->mtu - 40);
	c->scaled = syn->window_scale >= 0;
	c->scale = c->scaled ? (uint8_t)syn->window_scale : 0;
	c->sack = syn->sack_permitted;
}

void tcp_on_dialled(int fd, const struct flow_key *key, const struct tcp_seg *syn)
{
	struct tcp_conn *c = tcp_conns;

	notice_ends();
	while (c < tcp_conns + TCP_CONNS && c->live)
		c++;
	HOLDS("there are not more connections than the limit says", c < tcp_conns + TCP_CONNS);
	*c = (struct tcp_conn){
	        .live = true,
	        .fd = fd,
	        .key = *key,
	        .opened_ns = model_now(),
	        .iss = syn->seq,
	        .asked_ns = UINT64_MAX,
	        .calm = true,
	};
	take_syn_options(c, syn);
}

/* --- segments of the guest --- */

static void add_span(struct tcp_conn *c, uint32_t start, uint32_t end_at)
{
	struct tcp_span *s = c->spans;
	unsigned n = 0;

	for (unsigned i = 0; i < c->span_count; i++) {
		if (s[i].end < start || s[i].start > end_at) {
			s[n++] = s[i];
			continue;
		}
		start = s[i].start < start ? s[i].start : start;
		end_at = s[i].end > end_at ? s[i].end : end_at;
	}
	if (start <= c->front) {
		c->front = end_at > c->front ? end_at : c->front;
	} else if (n < TCP_SPANS) {
		s[n++] = (struct tcp_span){start, end_at};
	} else {
		c->wild = true; /* more gaps than are kept here: nothing is known of what follows */
		c->front = UINT32_MAX / 2;
	}
	c->span_count = n;
}

/* The first end counts, unless it stands before bytes that came already: tcp_receive.c. */
static bool is_the_end(const struct tcp_conn *c, uint32_t at)
{
	if (c->fin_sent || at < c->front)
		return false;
	for (unsigned i = 0; i < c->span_count; i++)
		if (at < c->spans[i].end)
			return false;
	return true;
}

static void take_payload(struct tcp_conn *c, uint32_t seq, const uint8_t *p, size_t n, bool fin)
{
	const uint32_t at = seq - c->iss - 1, most = c->taken + WINDOW;
	uint32_t from = at, to = at + (uint32_t)n;

	c->wild |= !pattern_is(p, seq, n);
	if ((int32_t)(to - c->taken) < 0 || (int32_t)(from - most) > 0)
		return;
	if ((int32_t)(from - c->taken) < 0)
		from = c->taken;
	if (fin && is_the_end(c, to)) {
		c->fin_sent = true;
		c->fin_at = to;
	}
	to = to < most ? to : most;
	if (c->fin_sent && to > c->fin_at)
		to = c->fin_at; /* nothing follows it */
	if (to > from || from == c->front)
		add_span(c, from, to);
	if (from <= c->must && to <= c->promised && to > c->must && !c->wild && !c->fin_sent)
		c->must = to;
}

/* What refnat expects next: no gap before it, the FIN counted. */
static uint32_t expected(const struct tcp_conn *c)
{
	return c->front + (c->fin_sent && c->front >= c->fin_at);
}

/* A window counts when its segment is newer: it acknowledges more, or the same from further on. Of two with
 * the same numbers the one that opens it further counts: windows do not shrink. Else the last one stays. */
static void take_window(struct tcp_conn *c, uint32_t at, uint32_t ack, uint32_t window)
{
	const int32_t more = (int32_t)(ack - c->window_ack), on = (int32_t)(at - c->window_at);
	const bool further = (int32_t)(ack + window - c->edge_now) > 0;

	if (more < 0 || (!more && on < 0) || (!more && !on && !further))
		return;
	c->sure = true;
	c->window_at = at;
	c->window_ack = ack;
	c->edge_now = ack + window;
	c->blocked = !window;
}

/* What an acknowledgement in range says: RFC 5961 section 5. False: it counts for nothing. */
static bool take_ack(struct tcp_conn *c, const struct tcp_seg *seg, uint32_t at)
{
	const bool in_order = at == c->front || at == c->acked;
	const uint32_t ack = seg->ack - c->irs - 1;
	const uint32_t sent = c->got + c->fin_got, window = (uint32_t)seg->window << c->scale;

	if ((int32_t)(ack - sent) > 0 || (int32_t)(ack + c->window_max - c->confirmed) < 0)
		return false;
	if ((int32_t)(ack - c->confirmed) > 0) {
		c->confirmed = ack;
		c->active_ns = model_now();
	}
	if (ack == sent)
		c->calm = true;
	if ((int32_t)(ack + window - c->edge) > 0)
		c->edge = ack + window;
	if (window > c->window_max)
		c->window_max = window;
	take_window(c, at, ack, window);
	c->sure = c->sure && in_order && ack == sent;
	return true;
}

/* RFC 5961 section 3: exactly what is expected next. */
static void take_reset(struct tcp_conn *c, uint32_t at)
{
	c->guest_reset |= at == expected(c) || c->wild;
}

/* RFC 9293 section 3.10.7.4, first: whether any of it lies in the window. */
static bool is_in_window(const struct tcp_conn *c, uint32_t at, uint32_t len)
{
	const uint32_t next = expected(c), end_at = c->taken + WINDOW + 2;

	if ((int32_t)(at - next) >= 0 && (int32_t)(at - end_at) < 0)
		return true;
	return len && (int32_t)(at + len - 1 - next) >= 0 && (int32_t)(at + len - 1 - end_at) < 0;
}

/* RFC 9293 section 3.10.7.4, fifth: an acknowledgement of something else than the SYN-ACK gets a RST
 * of that very number. It may come after a right one that was sent close behind. */
static void note_ghost(struct tcp_conn *c, uint32_t ack)
{
	if (c->fd < 0 || !kernel_socket(c->fd)->connected)
		return;
	c->ghost = true;
	c->ghost_ack = ack;
}

void tcp_on_segment(const struct flow_key *key, const struct tcp_seg *seg)
{
	struct tcp_conn *c = find(key);
	const uint32_t at = seg->seq - c->iss - 1;
	const uint8_t flags = seg->flags;

	may_restart = (flags & (SYN | ACK)) == SYN && is_done(c);
	if (flags & RST) {
		take_reset(c, at);
		return;
	}
	if (flags & SYN || !(flags & ACK) ||
	    !is_in_window(c, at, (uint32_t)seg->payload.n + (flags & FIN)))
		return;
	if (!c->open && (!c->answered || seg->ack != c->irs + 1)) {
		note_ghost(c, seg->ack);
		return;
	}
	c->open = true;
	if (!take_ack(c, seg, at))
		return;
	c->heard_ns = model_now();
	c->asked_ns = UINT64_MAX;
	take_payload(c, seg->seq, seg->payload.p, seg->payload.n, flags & FIN);
}

/* --- the socket --- */

void tcp_on_taken(int fd, const uint8_t *p, size_t n)
{
	struct tcp_conn *c = find_fd(fd);

	HOLDS("nothing leaves after there was a reason to stop", !model.over && !model.closing);
	HOLDS("nothing leaves on a connection that was revoked", !c->revoked);
	HOLDS("nothing leaves before the guest has completed the handshake", c->open);
	HOLDS("the world gets what the guest sent, in order, and no more",
	      c->wild || n <= c->front - c->taken);
	HOLDS("every byte of the guest arrives as it was",
	      c->wild || pattern_is(p, c->iss + 1 + c->taken, n));
	HOLDS("nothing follows the guest's end",
	      c->wild || !c->fin_sent || c->taken + n <= c->fin_at);
	STORY("    world gets %zu bytes of a connection\n", n);
	c->taken += (uint32_t)n;
	c->active_ns = model_now();
	model_see(p, n);
}

void tcp_on_discarded(int fd, uint32_t n)
{
	const struct tcp_conn *c = find_fd(fd);

	model_see(&n, sizeof(n));
	HOLDS("bytes leave the queue when the guest has acknowledged them, not before",
	      c->wild || kernel_socket(fd)->read <= c->confirmed);
}

void tcp_on_shut(int fd)
{
	const struct tcp_conn *c = find_fd(fd);

	HOLDS("the guest's end is passed on behind its last byte",
	      c->wild || (c->fin_sent && c->taken == c->fin_at));
}

void tcp_on_close(int fd, bool reset)
{
	struct tcp_conn *c = find_fd(fd);
	const struct kernel_socket *s = kernel_socket(fd);

	HOLDS("what did not end in order is reset", reset || s->shut);
	HOLDS("what ended in order is not reset", !reset || !is_done(c) || !s->shut || c->revoked ||
	                                                  c->told || c->guest_reset || s->reset ||
	                                                  model.closing);
	STORY("    connection's socket closed%s\n", reset ? " by a RST" : "");
	c->world_reset |= s->reset || s->refused;
	c->fd = -1;
}

/* --- segments for the guest --- */

static void note_connected(struct tcp_conn *c)
{
	if (c->connected || c->fd < 0 || !kernel_socket(c->fd)->connected)
		return;
	c->connected = true;
	c->connected_ns = c->active_ns = model_now();
}

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

/* It has taken as long as it may. */
static bool is_overdue(const struct tcp_conn *c)
{
	const uint64_t now = model_now();

	return (!c->answered && !c->connected && now - c->opened_ns >= 30 * S) ||
	       (!c->open && c->connected && now - c->connected_ns >= 15 * S) ||
	       (c->asked_ns != UINT64_MAX && now - c->asked_ns >= 120 * S) ||
	       now - c->active_ns >= 7440 * S;
}

void tcp_on_time(void)
{
	for (int i = 0; i < TCP_CONNS; i++) {
		struct tcp_conn *c = &tcp_conns[i];

		if (!c->live)
			continue;
		c->overdue = is_overdue(c);
		if (c->got + c->fin_got != c->confirmed)
			c->calm = false;
	}
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
	cause |= c->overdue || is_overdue(c);
	HOLDS("a connection is reset for a cause only", cause);
	HOLDS("a RST is one that the guest believes",
	      !c->answered || be32(seg + 4) - c->irs - 1 == c->got + c->fin_got);
	c->told = true;
}

void tcp_on_guest_frame(const uint8_t *frame, size_t n)
{
	const uint8_t *ip = frame + 14, *seg = frame + 34;
	const struct flow_key key = {be32(ip + 16), be32(ip + 12), be16(seg + 2), be16(seg), 6};
	struct tcp_conn *c = find(&key);
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
	note_connected(c);
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

/* --- between two turns --- */

void tcp_on_policy(void)
{
	for (int i = 0; i < TCP_CONNS; i++)
		HOLDS("revocation is immediate",
		      !tcp_conns[i].live || !tcp_conns[i].revoked || tcp_conns[i].fd < 0);
}

/* What is due to the world at once. */
static void check_towards_world(const struct tcp_conn *c, const struct kernel_socket *s)
{
	const uint32_t bytes = c->acked - (c->fin_sent && c->acked > c->fin_at);

	if (c->wild || !s->connected || s->reset || !s->room)
		return;
	HOLDS("what was acknowledged arrives", c->taken >= bytes);
	HOLDS("what the guest sends in order arrives", c->taken >= c->must);
	HOLDS("the guest's end arrives", !c->fin_sent || c->acked <= c->fin_at || s->shut);
}

/* What is due to the guest at once, as long as nothing was lost. */
static void check_towards_guest(const struct tcp_conn *c, const struct kernel_socket *s)
{
	const uint32_t room = c->edge_now - c->got, waits = s->written - c->got;

	HOLDS("what the guest has acknowledged leaves the queue",
	      s->read == (c->confirmed < s->written ? c->confirmed : s->written) || s->reset);
	if (!c->calm || !c->sure || (int32_t)room <= 0 || s->reset || c->fin_got)
		return;
	HOLDS("what the world sends goes to a guest that has room",
	      !waits || (room < c->mss && room < waits));
}

/* A connection does not wait for ever. */
static void check_deadlines(const struct tcp_conn *c)
{
	const uint64_t now = model_now();
	const bool open_ended = c->got + c->fin_got != c->confirmed;

	HOLDS("a world that does not answer is given up",
	      c->connected || now - c->opened_ns <= 30 * S + SLACK);
	HOLDS("a guest that does not answer is given up",
	      c->open || !c->connected || now - c->connected_ns <= 15 * S + SLACK);
	HOLDS("a guest that gives no sign is given up",
	      !c->open || c->asked_ns == UINT64_MAX || is_done(c) ||
	              now - c->asked_ns <= 120 * S + SLACK);
	HOLDS("what is not acknowledged is sent again, and a closed window is probed",
	      !c->open || !(open_ended || (c->blocked && c->sure && !c->fin_got)) || is_done(c) ||
	              now - c->sent_ns <= 60 * S + SLACK || now - c->heard_ns <= 60 * S + SLACK);
}

void tcp_on_idle(void)
{
	notice_ends();
	for (int i = 0; i < TCP_CONNS; i++) {
		struct tcp_conn *c = &tcp_conns[i];
		const struct kernel_socket *s = c->live && c->fd >= 0 ? kernel_socket(c->fd) : NULL;

		if (!s || s->edge || !answer_fits())
			continue;
		note_connected(c);
		check_deadlines(c);
		HOLDS("a reset of the world's is passed on", !s->reset || c->told);
		if (!c->open || c->wild || is_done(c))
			continue;
		check_towards_world(c, s);
		check_towards_guest(c, s);
	}
}
