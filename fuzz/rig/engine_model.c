/* SPDX-License-Identifier: ISC */
/* engine_model.c: what refnat owes: frames, verdicts, flows of UDP and ICMP. */
#include "fuzz/rig/engine_model.h"

#include "fuzz/rig/engine_answer.h"
#include "fuzz/rig/engine_bytes.h"
#include "fuzz/rig/engine_calls.h"
#include "fuzz/rig/engine_siphash.h"
#include "fuzz/rig/engine_story.h"
#include "fuzz/rig/engine_tcp.h"

#include <errno.h>
#include <string.h>

#define CLOCK_SLACK 2000000 /* the loop waits in whole milliseconds */

struct model model;

ENGINE_UNSEEN void model_see(const void *p, size_t n)
{
	const uint8_t *bytes = p;
	uint64_t h = model.hash ^ n, word;

	if (!model.remembers)
		return;
	for (; n >= 8; bytes += 8, n -= 8) {
		memcpy(&word, bytes, 8);
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	for (; n; n--)
		h = (h ^ *bytes++) * UINT64_C(0x100000001b3);
	model.hash = h;
}

uint64_t model_now(void)
{
	return kernel.now_ns + model.ahead_ns;
}

void model_on_call(void)
{
	model_scan();
	HOLDS("every denial is on record", !model.owes_drop);
}

/* --- flows --- */

static uint64_t idle_ns(void)
{
	return UINT64_C(1000000000) *
	       (model.policy->mode == POLICY_CONNTRACK ? model.policy->conntrack_ttl_s : 120);
}

static bool same_key(const struct flow_key *a, const struct flow_key *b)
{
	return a->guest_ip == b->guest_ip && a->peer_ip == b->peer_ip &&
	       a->guest_port == b->guest_port && a->peer_port == b->peer_port &&
	       a->proto == b->proto;
}

static struct model_flow *find_flow(const struct flow_key *key)
{
	for (int i = 0; i < MODEL_FLOWS; i++)
		if (model.flows[i].live && same_key(&model.flows[i].key, key))
			return &model.flows[i];
	return NULL;
}

static struct model_flow *flow_of(int fd)
{
	for (int i = 0; i < MODEL_FLOWS; i++)
		if (model.flows[i].live && model.flows[i].fd == fd)
			return &model.flows[i];
	return NULL;
}

static unsigned count_flows(void)
{
	unsigned n = 0;

	for (int i = 0; i < MODEL_FLOWS; i++)
		n += model.flows[i].live;
	return n;
}

static bool is_expired(const struct model_flow *flow)
{
	return model_now() - flow->used_ns >= idle_ns();
}

/* --- a frame of the guest --- */

static void owe_drop(enum reason reason)
{
	model.owes_drop = true;
	model.drop_reason = reason;
	model.drop_tuple = model.judged.tuple;
	model.stage = STAGE_DONE;
	model.drops++;
}

void model_end_frame(void)
{
	if (!model.in_frame)
		return;
	model_on_call();
	HOLDS("what is allowed passes, as far as it has to go", model.stage == STAGE_DONE);
	model.in_frame = false;
}

static void check_random(uint32_t random)
{
	if (model.policy->mode == POLICY_SAMPLED)
		HOLDS("each frame draws its own random bits, once",
		      random == (uint32_t)siphash24(model.sampling_key, model.draws));
}

/* What refnat answers itself. */
static void owe_answer(const struct verdict *v)
{
	struct model_frame *due;
	size_t n;

	if (!answer_fits()) {
		owe_drop(REASON_GUEST_STALLED);
		return;
	}
	if (v->kind == VERDICT_ANSWER_ARP) {
		answer_arp_frame(model_owe_frame(42), model.policy, &v->arp);
	} else if (v->kind == VERDICT_ANSWER_ECHO) {
		n = 14 + 20 + 4 + v->payload.n;
		answer_echo_frame(model_owe_frame(n), model.policy, &v->key, v->payload.p,
		                  v->payload.n);
	} else {
		model_owe_frame(0);
		due = &model.due[model.due_end - 1];
		due->lease = v->dhcp;
		if (v->dhcp.client_id.n)
			memcpy(due->client_id, v->dhcp.client_id.p, v->dhcp.client_id.n);
	}
	model.got++;
}

/* By the flows that there are here, which need not have the same numbers as refnat's. */
static void judge(uint32_t random, struct rd frame)
{
	static struct flow_key keys[MODEL_FLOWS + TCP_CONNS];
	static bool expired[MODEL_FLOWS + TCP_CONNS];
	struct model_flows list = {0, model.nat.table.capacity, keys, expired};

	memset(expired, 0, sizeof(expired));
	for (int i = 0; i < MODEL_FLOWS; i++)
		if (model.flows[i].live) {
			expired[list.count] = is_expired(&model.flows[i]);
			keys[list.count++] = model.flows[i].key;
		}
	list.count += tcp_list(keys + list.count);
	model_frame(model.policy, &list, random, frame, &model.judged);
}

void model_judge(uint32_t random, struct rd frame)
{
	static const uint8_t *last;
	const bool again = model.in_frame && last == frame.p && tcp_restarts();

	model_scan();
	if (!again) {
		model_end_frame();
		HOLDS("nothing is done after there was a reason to stop", !model.over);
		check_random(random);
		model.draws += model.policy->mode == POLICY_SAMPLED;
		model.judgements++;
	} else {
		HOLDS("a frame that is judged anew was not served", model.stage == STAGE_DONE);
		model.draws--;
		check_random(random);
		model.draws++;
		model.forwards--;
	}
	last = frame.p;
	model.in_frame = true;
	model.stage = STAGE_DONE;
	judge(random, frame);
}

static bool is_flow(const struct flow_table *table, uint32_t number, const struct flow_key *key)
{
	return number < table->capacity && table->flows[number].live &&
	       same_key(&table->flows[number].key, key);
}

/* A packet goes on. */
static void owe_packet(const struct verdict *v)
{
	const struct model_flow *flow = find_flow(&v->key);

	model.fd = flow ? flow->fd : -1;
	if (v->kind == VERDICT_NEW_FLOW) {
		model.stage = STAGE_DIAL;
	} else if (v->key.proto == 6) {
		model.forwards++;
		tcp_on_segment(&v->key, &v->tcp);
	} else {
		model.stage = STAGE_SEND;
	}
}

/* A drop may be told to the guest by a RST. */
static void owe_reset(const struct verdict *v)
{
	uint8_t *reset;

	if (v->reset && answer_fits() && (reset = model_owe_frame(54)))
		answer_reset_frame(reset, model.policy, v);
}

/* What the verdict says must be what the second judge says; what follows is owed from here on. */
void model_compare(const struct verdict *got)
{
	struct verdict *v = &model.judged;
	const char *differs;

	if (got->kind == VERDICT_FORWARD && v->kind == VERDICT_FORWARD) {
		HOLDS("a packet goes to the live flow of its five-tuple",
		      is_flow(&model.nat.table, got->flow, &v->key));
		v->flow = got->flow;
	}
	differs = model_differs(got, v);
	HOLDS(differs, !differs);
	model_see(&v->kind, sizeof(v->kind));
	if (v->kind == VERDICT_DROP && v->violation && model.policy->terminate) {
		model.stage = STAGE_TERMINATE;
		model.drops++;
	} else if (v->kind == VERDICT_DROP) {
		owe_drop(v->reason);
		owe_reset(v);
	} else if (v->kind == VERDICT_FORWARD || v->kind == VERDICT_NEW_FLOW) {
		owe_packet(v);
	} else {
		owe_answer(v);
	}
}

/* --- what refnat does about it --- */

void model_on_dial(uint8_t proto, uint32_t ip, uint16_t port, uint16_t guest_port)
{
	static const enum reason reasons[] = {
	        [DIALER_REFUSED] = REASON_DIALER_REFUSED,
	        [DIALER_THIS_HOST] = REASON_THIS_HOST,
	        [DIALER_NO_SOCKET] = REASON_NO_SOCKET,
	        [DIALER_GATE_FULL] = REASON_GATE_FULL,
	};
	const struct flow_key *key = &model.judged.key;

	model_on_call();
	HOLDS("only a packet that may pass and has no flow is dialled for",
	      model.in_frame && model.stage == STAGE_DIAL && !model.over);
	HOLDS("the endpoint that is dialled is the one that was judged",
	      proto == key->proto && ip == key->peer_ip && port == key->peer_port &&
	              guest_port == key->guest_port);
	model.stage = STAGE_ALLOW;
	if (model.dial == DIALER_GONE)
		model.over = true;
	else if (model.dial != DIALER_OK)
		owe_drop(reasons[model.dial]);
}

void model_on_dialled(int fd)
{
	if (model.judged.key.proto == 6) {
		tcp_on_dialled(fd, &model.judged.key, &model.judged.tcp);
		return;
	}
	model.fd = fd;
	for (int i = 0; i < MODEL_FLOWS; i++)
		if (!model.flows[i].live) {
			model.flows[i] = (struct model_flow){
			        .live = true, .key = model.judged.key, .fd = fd};
			return;
		}
	HOLDS("there are not more flows than the limit says", false);
}

/* The kernel did not take a datagram. */
static void on_send_failed(const struct kernel_socket *s)
{
	const bool full = errno == EAGAIN || errno == ENOBUFS;
	struct model_flow *flow = flow_of(model.fd);

	if (s->kind == SOCKET_UDP && !full && !model.attempted) {
		model.attempted = true; /* it may have been the echo of an earlier one */
		return;
	}
	model.attempted = false;
	owe_drop(REASON_SEND_FAILED);
	model.may_close = !full &&
	                  (s->kind == SOCKET_PING || (errno != ECONNREFUSED && errno != EMSGSIZE));
	HOLDS("who sends has a flow", flow);
}

void model_on_send(int fd, const uint8_t *p, size_t n, bool taken)
{
	static const uint8_t echo[6] = {8};
	const struct kernel_socket *s = kernel_socket(fd);
	const struct verdict *j = &model.judged;
	const size_t head = j->key.proto == 1 ? 6 : 0, skip = head ? 2 : 0;

	STORY("    datagram to %08x:%u, %zu bytes%s\n", s->ip, s->port, n, taken ? "" : ": fails");
	model_on_call();
	HOLDS("nothing leaves without a cause",
	      model.in_frame && model.stage == STAGE_SEND && !model.over);
	HOLDS("it leaves by its own flow's socket",
	      fd == model.fd && s->ip == j->key.peer_ip && s->port == j->key.peer_port);
	HOLDS("a request has no header of the guest's", n >= head && !memcmp(p, echo, head));
	HOLDS("the payload leaves as it was",
	      n - head == j->payload.n - skip &&
	              (n == head || !memcmp(p + head, j->payload.p + skip, n - head)));
	flow_of(fd)->used_ns = model_now();
	if (!taken) {
		on_send_failed(s);
		return;
	}
	model.attempted = false;
	model.stage = STAGE_DONE;
	model.forwards++;
	model.sent++;
	model_see(&s->ip, sizeof(s->ip));
	model_see(p, n);
}

static void owe_reply_drop(const struct flow_key *key, uint32_t ip, uint16_t port,
                           enum reason reason)
{
	model.owes_drop = true;
	model.drop_reason = reason;
	model.drop_tuple = (struct tuple){.has_ip = true,
	                                  .has_proto = true,
	                                  .has_ports = key->proto != 1,
	                                  .proto = key->proto,
	                                  .src = ip,
	                                  .dst = key->guest_ip,
	                                  .sport = port,
	                                  .dport = key->guest_port};
}

void model_on_received(int fd, const struct kernel_message *m)
{
	const struct kernel_socket *s = kernel_socket(fd);
	struct model_flow *flow = flow_of(s->kind == SOCKET_EAR ? s->ear : fd);
	const size_t hdr_len = s->kind == SOCKET_PING ? 20 : 28;
	uint8_t *frame;

	HOLDS("only live flows are received for", flow && !is_expired(flow));
	HOLDS("nothing is received after there was a reason to stop", !model.over);
	if (s->kind == SOCKET_EAR || (s->kind == SOCKET_UDP && (m->ip != flow->key.peer_ip ||
	                                                        m->port != flow->key.peer_port))) {
		owe_reply_drop(&flow->key, m->ip, m->port, REASON_UNSOLICITED);
		return;
	}
	if (hdr_len + m->len > model.policy->mtu) {
		owe_reply_drop(&flow->key, flow->key.peer_ip, flow->key.peer_port, REASON_TOO_BIG);
		return;
	}
	flow->used_ns = model_now();
	frame = model_owe_frame(14 + hdr_len + m->len);
	if (frame)
		answer_reply_frame(frame, model.policy, &flow->key, m);
}

void model_on_close(int fd)
{
	const struct kernel_socket *s = kernel_socket(fd);
	struct model_flow *flow = flow_of(fd);

	if (s->kind == SOCKET_EAR) {
		HOLDS("a flow goes with its ear", !flow_of(s->ear));
		return;
	}
	STORY("    flow's socket closed\n");
	HOLDS("a socket is closed once", flow);
	HOLDS("a flow ends for a cause only", model.closing || is_expired(flow) ||
	                                              (model.may_close && fd == model.fd) ||
	                                              (model.swapping && flow->revoked));
	model.may_close = false;
	flow->live = false;
}

/* --- policies --- */

static bool is_revoked(const struct policy *old, const struct flow_key *key)
{
	if (model_rule(model.policy, key->proto, key->peer_ip, key->peer_port))
		return false;
	if (model.policy->mode >= POLICY_CONNTRACK)
		return true;
	return model_rule(old, key->proto, key->peer_ip, key->peer_port) != NULL;
}

void model_swap(const struct policy *policy)
{
	const struct policy *old = model.policy;

	model_end_frame();
	model_scan();
	model.policy = policy;
	model.swapping = true;
	for (int i = 0; i < MODEL_FLOWS; i++)
		model.flows[i].revoked = model.flows[i].live &&
		                         is_revoked(old, &model.flows[i].key);
	for (int i = 0; i < TCP_CONNS; i++)
		if (tcp_conns[i].fd >= 0 && is_revoked(old, &tcp_conns[i].key))
			tcp_conns[i].revoked = true;
}

void model_on_policy(void)
{
	for (int i = 0; i < MODEL_FLOWS; i++)
		HOLDS("revocation is immediate", !model.flows[i].live || !model.flows[i].revoked);
	model.swapping = false;
}

/* --- between two turns --- */

static void compare_tables(void)
{
	const struct flow_table *table = &model.nat.table;

	HOLDS("there are not more flows than the limit says",
	      table->count <= model.policy->flows_max && table->tcp_count <= model.policy->tcp_max);
	HOLDS("the flows are those that were asked for and did not end",
	      table->count - table->tcp_count == count_flows());
}

static void check_idle_flows(void)
{
	for (int i = 0; i < MODEL_FLOWS; i++)
		HOLDS("a flow ends when it was idle for long",
		      !model.flows[i].live ||
		              model_now() - model.flows[i].used_ns < idle_ns() + CLOCK_SLACK);
}

void model_on_idle(bool rests)
{
	model_end_frame();
	model_on_call();
	HOLDS("nothing behind a length that nothing can have is waited for", !kernel.bad_length);
	HOLDS("every whole frame is judged", model.judgements == kernel.frames);
	compare_tables();
	if (kernel.guest_room && !link_has_output_now())
		HOLDS("every answer and every reply arrives", model.due_first == model.due_end);
	if (!rests)
		return;
	check_idle_flows();
	if (kernel.carrier == LINK_OVER_DGRAM)
		HOLDS("who may go without a trace is asked whether he is there",
		      model_now() - model.output_ns <=
		              LOOP_PROBE_MS * UINT64_C(1000000) + CLOCK_SLACK);
	tcp_on_idle();
}

void model_finish(enum reason stop)
{
	const struct audit_counts *c = &model.counts;

	model.in_frame = model.in_frame && !model.over;
	if (!model.over)
		model_end_frame();
	if (stop == REASON_PEER_CLOSED || stop == REASON_CUT_FRAME)
		HOLDS("an end in the middle of a frame is told from one between frames",
		      kernel.guest_gone && (stop == REASON_CUT_FRAME) ==
		                                   (kernel.prefix_len || kernel.frame_left));
	HOLDS("a length that nothing can have ends it, and nothing else is such an end",
	      kernel.bad_length == (stop == REASON_BAD_FRAME_LENGTH) || model.over ||
	              stop == REASON_SIGNAL || stop == REASON_AUDIT_FAILED ||
	              stop == REASON_DIALER_DIED);
	HOLDS("refnat ends for a reason that there is",
	      stop == REASON_SIGNAL || stop == REASON_PEER_CLOSED || stop == REASON_CUT_FRAME ||
	              stop == REASON_BAD_FRAME_LENGTH || stop == REASON_DIALER_DIED ||
	              stop == REASON_AUDIT_FAILED || stop == REASON_VIOLATION);
	HOLDS("every frame is counted", c->frames == model.judgements);
	if (stop == REASON_SIGNAL)
		HOLDS("every frame is forwarded, answered or dropped",
		      c->frames == c->forwarded + c->answered + c->dropped);
	if (stop == REASON_SIGNAL || stop == REASON_PEER_CLOSED)
		HOLDS("the counts are true", c->forwarded == model.forwards &&
		                                     c->dropped == model.drops &&
		                                     c->flows == model.allows);
	model_see(&stop, sizeof(stop));
	model_see(c, sizeof(*c));
}
