/* SPDX-License-Identifier: ISC */
/* engine_tcp.c: the two sides of TCP connections, held against each other. */
#include "fuzz/rig/engine_tcp.h"

#include "fuzz/rig/engine_answer.h"
#include "fuzz/rig/engine_bytes.h"
#include "fuzz/rig/engine_model.h"
#include "fuzz/rig/engine_pattern.h"
#include "fuzz/rig/engine_story.h"

#include <string.h>

#define MS    UINT64_C(1000000)
#define S     (1000 * MS)
#define SLACK (3 * MS) /* the loop's clock counts in milliseconds */

struct tcp_conn tcp_conns[TCP_CONNS];

bool tcp_may_restart;

void tcp_forget(void)
{
	for (int i = 0; i < TCP_CONNS; i++) {
		tcp_conns[i].live = false;
		tcp_conns[i].fd = -1;
	}
	tcp_may_restart = false;
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
bool tcp_is_done(const struct tcp_conn *c)
{
	return c->fin_sent && c->front >= c->fin_at && c->fin_got && c->confirmed > c->got;
}

static void end(struct tcp_conn *c)
{
	HOLDS("a connection ends for a cause only",
	      model.closing || c->guest_reset || c->told || tcp_is_done(c));
	HOLDS("the socket of a connection ends with it", c->fd < 0);
	c->live = false;
}

static void notice_ends(void)
{
	for (int i = 0; i < TCP_CONNS; i++)
		if (tcp_conns[i].live && !is_in_table(&tcp_conns[i].key))
			end(&tcp_conns[i]);
}

struct tcp_conn *tcp_find(const struct flow_key *key)
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
	return tcp_may_restart && !is_in_table(&model.judged.key);
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
	HOLDS("what ended in order is not reset", !reset || !tcp_is_done(c) || !s->shut ||
	                                                  c->revoked || c->told || c->guest_reset ||
	                                                  s->reset || model.closing);
	STORY("    connection's socket closed%s\n", reset ? " by a RST" : "");
	c->world_reset |= s->reset || s->refused;
	c->fd = -1;
}

/* --- time, and between two turns --- */

void tcp_note_connected(struct tcp_conn *c)
{
	if (c->connected || c->fd < 0 || !kernel_socket(c->fd)->connected)
		return;
	c->connected = true;
	c->connected_ns = c->active_ns = model_now();
}

/* It has taken as long as it may. */
bool tcp_is_overdue(const struct tcp_conn *c)
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
		c->overdue = tcp_is_overdue(c);
		if (c->got + c->fin_got != c->confirmed)
			c->calm = false;
	}
}

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
	      !c->open || c->asked_ns == UINT64_MAX || tcp_is_done(c) ||
	              now - c->asked_ns <= 120 * S + SLACK);
	HOLDS("what is not acknowledged is sent again, and a closed window is probed",
	      !c->open || !(open_ended || (c->blocked && c->sure && !c->fin_got)) ||
	              tcp_is_done(c) || now - c->sent_ns <= 60 * S + SLACK ||
	              now - c->heard_ns <= 60 * S + SLACK);
}

void tcp_on_idle(void)
{
	notice_ends();
	for (int i = 0; i < TCP_CONNS; i++) {
		struct tcp_conn *c = &tcp_conns[i];
		const struct kernel_socket *s = c->live && c->fd >= 0 ? kernel_socket(c->fd) : NULL;

		if (!s || s->edge || !answer_fits())
			continue;
		tcp_note_connected(c);
		check_deadlines(c);
		HOLDS("a reset of the world's is passed on", !s->reset || c->told);
		if (!c->open || c->wild || tcp_is_done(c))
			continue;
		check_towards_world(c, s);
		check_towards_guest(c, s);
	}
}
