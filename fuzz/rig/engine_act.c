/* SPDX-License-Identifier: ISC */
/* engine_act.c: what the guest, the world, the clock and the control channel do. */
#include "fuzz/rig/engine_act.h"

#include "fuzz/rig/engine_act_seg.h"
#include "fuzz/rig/engine_channel.h"
#include "fuzz/rig/engine_model.h"
#include "fuzz/rig/engine_packet.h"
#include "fuzz/rig/engine_story.h"
#include "fuzz/rig/engine_tcp.h"

#include <errno.h>
#include <string.h>

#define NS_PER_MS UINT64_C(1000000)
#define RULES     8

enum { ICMP = 1, TCP = 6, UDP = 17 };

/* Ascending, as a policy has them. Two differ in their protocol only, two in their port, ... */
static const struct policy_rule menu[RULES] = {
        {.ip = 0xc6336407, .port = 443, .proto = TCP, .id = "t-other"},
        {.ip = 0xcb007132, .port = 7001, .proto = TCP, .id = "t"},
        {.ip = 0xcb007132, .port = 51900, .proto = TCP, .id = "t-consumer"},
        {.ip = 0xcb007133, .port = 80, .proto = TCP, .id = "t-next"},
        {.ip = 0x09090909, .port = 53, .proto = UDP, .id = "u-resolver"},
        {.ip = 0xc6336407, .port = 443, .proto = UDP, .id = "u-other"},
        {.ip = 0xcb007132, .port = 7001, .proto = UDP, .id = "u"},
        {.ip = 0xcb007132, .port = 51900, .proto = UDP, .id = "consumer"},
};

/* Where the guest sends to: the endpoints of the menu, their neighbours, and what nobody can have. */
static const struct {
	uint32_t ip;
	uint16_t port;
} places[] = {
        {0xcb007132, 51900}, {0xcb007132, 7001},  {0xc6336407, 443},   {0xcb007133, 80},
        {0x09090909, 53},    {0xcb007132, 51901}, {0xcb007133, 51900}, {0xc0a86401, 53},
        {0xc0a86402, 7001},  {0x7f000001, 7001},  {0xe00000fb, 5353},  {0xffffffff, 67},
        {0x00000000, 7001},  {0xc0a864ff, 7001},  {0xc0a86448, 7001},  {0x0a000001, 80},
        {0xf0000001, 80},    {0xa9fea9fe, 80},    {0xc0a86401, 7001},  {0xc0a86400, 80},
        {0xcb007132, 67},
};

#define PLACES (sizeof(places) / sizeof(places[0]))

static const char *const op_names[] = {
#define NAME(name, args, what) #name,
        ENGINE_OPS(NAME)
#undef NAME
};

static const char *const change_names[] = {
#define NAME(name, what) #name,
        ENGINE_CHANGES(NAME)
#undef NAME
};

static uint8_t last_frame[PACKET_FRAME_MAX + 640];
static size_t last_len;

/* --- policies --- */

static void allow(struct policy *policy, struct policy_rule *rules, uint8_t bits)
{
	policy->rules = rules;
	policy->rule_count = 0;
	for (unsigned i = 0; i < RULES; i++)
		if (bits >> i & 1)
			rules[policy->rule_count++] = menu[i];
}

void act_first_policy(const uint8_t h[6])
{
	static const enum policy_mode modes[] = {POLICY_FILTERED, POLICY_CONNTRACK, POLICY_SAMPLED,
	                                         POLICY_DIRECT};
	static const uint16_t mtus[] = {1500, 576, 9216, 1501};
	static const uint32_t flows[] = {8, 2, 3, 5}, tcps[] = {4, 1, 2, 8};
	static const uint64_t rates[] = {0, UINT64_C(1) << 31, UINT64_C(1) << 32, 1};

	model.slots[0] = (struct policy){
	        .mode = modes[h[0] & 3],
	        .terminate = h[0] >> 2 & 1,
	        .echo = !(h[0] >> 3 & 1),
	        .benign = h[0] >> 4 & 1 ? 0 : 31,
	        .reset_denied_tcp = h[0] >> 5 & 1,
	        .sampled_below = rates[h[4] & 3],
	        .conntrack_ttl_s = h[5] & 8 ? 5 : 300,
	        .vm_mac = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56},
	        .gateway_mac = {0x52, 0x55, 0xc0, 0xa8, 0x64, 0x01},
	        .vm_ip = 0xc0a86402,
	        .netmask = 0xffffff00,
	        .gateway_ip = 0xc0a86401,
	        .mtu = mtus[h[1] & 3],
	        .flows_max = flows[h[1] >> 2 & 3],
	        .tcp_max = tcps[h[1] >> 4 & 3],
	};
	last_len = 0;
	allow(&model.slots[0], model.rules[0], h[2]);
	model.policy = &model.slots[0];
	memcpy(model.sampling_key, h, 6);
}

/* The control channel lets nothing but the list become weaker (policy_refuses_swap()). */
static bool change_policy(uint8_t rules, uint8_t flags)
{
	const unsigned slot = model.policy == &model.slots[0];
	struct policy *next = &model.slots[slot];

	if (kernel.order)
		return false;
	*next = *model.policy;
	allow(next, model.rules[slot], rules);
	if (flags & 1)
		next->mode = POLICY_FILTERED;
	if (flags & 2 && next->mode < POLICY_CONNTRACK)
		next->mode = POLICY_CONNTRACK;
	if (flags & 4)
		next->echo = false;
	if (flags & 8)
		next->reset_denied_tcp = !next->reset_denied_tcp;
	if (flags & 16)
		next->terminate = true;
	model.order = (struct order){ORDER_POLICY, slot};
	kernel.order = true;
	return true;
}

static void order(uint8_t kind, uint8_t count)
{
	static const enum order_kind kinds[] = {ORDER_SYNC, ORDER_STATS, ORDER_CLOCK};

	if (kernel.order)
		return;
	model.order = (struct order){kinds[kind % 3], count * UINT64_C(1000) * NS_PER_MS};
	kernel.order = true;
}

static void pass(uint8_t unit, uint8_t count)
{
	static const uint64_t units[] = {1,     10,    60,    250,    1000,   2000,
	                                 15000, 30000, 60000, 120000, 300000, 7440000};
	uint64_t ms = units[unit % 12];

	ms = ms * (1u + (ms < 300000 ? count % 16u : 0u)) + count / 128u;
	/* Somebody is asked five times a second: there the clock is set, not waited for. */
	if (kernel.carrier == LINK_OVER_DGRAM && ms > 1000)
		ms = 1000;
	program_pass(ms * NS_PER_MS);
}

/* --- the guest --- */

static void guest_sends(const uint8_t *frame, size_t n)
{
	if (frame != last_frame)
		memcpy(last_frame, frame, n);
	last_len = n;
	if (n && kernel.guest_end + n + 4 <= KERNEL_GUEST_MAX / 2)
		channel_put_frame(frame, n);
}

static size_t length(uint8_t e)
{
	return e < 128 ? e : (size_t)(e - 127) * 12 + 4;
}

static void send_packet(struct packet *p, const uint8_t args[5])
{
	const enum engine_change change = (enum engine_change)(args[2] % CHANGE_COUNT);

	STORY("  change %s %u\n", change_names[change], args[3]);
	packet_change(p, model.policy, change, args[3]);
	last_len = packet_write(p, last_frame);
	guest_sends(last_frame, last_len);
}

static struct packet packet;

static void send_udp(const uint8_t a[5])
{
	packet_begin(&packet, model.policy, UDP, places[a[0] % PLACES].ip);
	packet.dport = places[a[0] % PLACES].port;
	packet.sport = (uint16_t)(40000 + (a[1] & 15));
	packet_fill(&packet, length(a[4]), false, a[1]);
	send_packet(&packet, a);
}

static void send_ping(const uint8_t a[5])
{
	packet_begin(&packet, model.policy, ICMP, places[a[0] % PLACES].ip);
	packet.sport = a[1] & 15;
	if (a[0] & 128)
		packet.dst = model.policy->gateway_ip;
	packet_fill(&packet, length(a[4]), false, a[1]);
	send_packet(&packet, a);
}

static void send_syn(const uint8_t a[5])
{
	packet_begin(&packet, model.policy, TCP, places[a[0] % PLACES].ip);
	packet.dport = places[a[0] % PLACES].port;
	packet.sport = (uint16_t)(40000 + (a[1] & 15));
	packet.seq = a[1] & 16 ? 0xfffffff0 : 0x1000u * a[1];
	packet.flags = 2;
	packet_put_syn_options(&packet, a[4]);
	send_packet(&packet, a);
}

static void send_seg(const uint8_t a[5])
{
	packet_begin(&packet, model.policy, TCP, places[1].ip);
	packet_put_seg(&packet, a[0], a[1], length(a[4]), a[3]);
	send_packet(&packet, a);
}

static void send_message(enum engine_op op, const uint8_t a[5])
{
	packet_begin(&packet, model.policy, UDP, model.policy->gateway_ip);
	if (op == OP_ARP)
		packet_put_arp(&packet, model.policy, a[0], a[1]);
	else
		packet_put_dhcp(&packet, model.policy, a[0], a[1], a[4]);
	send_packet(&packet, a);
}

static void send_raw(const uint8_t a[5])
{
	const struct rd bytes = program_bytes((size_t)(a[0] & 7) << 8 | a[1]);

	if (bytes.n)
		guest_sends(bytes.p, bytes.n);
}

static void send_bytes(const uint8_t a[5])
{
	const struct rd bytes = program_bytes((size_t)(a[0] & 7) << 8 | a[1]);

	channel_put_bytes(bytes.p, bytes.n);
}

/* --- the world --- */

/* The `number`th open socket of that kind, or NULL. */
static struct kernel_socket *pick(uint8_t number, enum kernel_kind kind, enum kernel_kind or_kind)
{
	unsigned count = 0;

	for (unsigned i = 0; i < kernel.high; i++)
		count += kernel.sockets[i].kind == kind || kernel.sockets[i].kind == or_kind;
	for (unsigned i = 0, n = 0; count && i < kernel.high; i++)
		if ((kernel.sockets[i].kind == kind || kernel.sockets[i].kind == or_kind) &&
		    n++ == number % count)
			return &kernel.sockets[i];
	return NULL;
}

static void reply(const uint8_t a[5], bool stranger)
{
	struct kernel_socket *s = stranger ? pick(a[0], SOCKET_EAR, SOCKET_EAR)
	                                   : pick(a[0], SOCKET_UDP, SOCKET_PING);
	const size_t n = (size_t)(a[3] & 63) << 8 | (a[3] & 64 ? a[4] : length(a[4]));
	struct kernel_message m;

	if (!s)
		return;
	m = (struct kernel_message){s->ip, s->port, (uint16_t)n, (uint8_t)(a[1] + a[4])};
	m.len = m.len > KERNEL_MESSAGE ? KERNEL_MESSAGE : m.len;
	if (s->kind == SOCKET_PING && m.len < 8)
		m.len = 8;
	if (stranger)
		m.ip = 0x0a0a0a0a;
	if (s->kind != SOCKET_PING && (a[1] & 7) == 1)
		m.port ^= 1;
	if (s->kind != SOCKET_PING && (a[1] & 7) == 2)
		m.ip ^= 1;
	kernel_deliver(s, &m);
}

static void fail_socket(const uint8_t a[5])
{
	static const int errors[] = {ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EMSGSIZE};
	struct kernel_socket *s = pick(a[0], SOCKET_UDP, SOCKET_PING);

	if (s)
		s->error = errors[a[1] & 3];
}

static void fail_sending(uint8_t kind)
{
	static const int errors[] = {0, EAGAIN, ENOBUFS, ENETUNREACH, EPERM, EMSGSIZE};

	model.send_error = errors[kind % 6];
}

static void dial(uint8_t status)
{
	static const enum dialer_status all[] = {DIALER_OK,        DIALER_REFUSED,
	                                         DIALER_THIS_HOST, DIALER_NO_SOCKET,
	                                         DIALER_GONE,      DIALER_GATE_FULL};

	model.dial = all[status % 6];
}

static void set_link(uint8_t kind, uint32_t n)
{
	kernel.guest_room = kind & 1 ? n : UINT32_MAX;
}

static void go(uint8_t who)
{
	if (who % 4 == 0)
		kernel.guest_gone = true;
	else if (who % 4 == 1)
		kernel.dialer_gone = true;
	else if (who % 4 == 2)
		kernel.audit_gone = true;
	else
		model.audit_broken = true;
}

static void act_world(enum engine_op op, const uint8_t a[5])
{
	struct kernel_socket *s = pick(a[0], SOCKET_TCP, SOCKET_TCP);
	const uint32_t n = (uint32_t)a[3] << 8 | a[4];

	if (!s)
		return;
	if (op == OP_ACCEPT || op == OP_REFUSE)
		kernel_answer_connect(s, op == OP_ACCEPT);
	else if (op == OP_WRITE)
		kernel_write(s, n);
	else if (op == OP_FINISH)
		kernel_finish(s);
	else if (op == OP_ABORT)
		kernel_abort(s);
	else
		kernel_make_room(s, n);
}

static void act_around(enum engine_op op, const uint8_t a[5])
{
	switch ((int)op) {
	case OP_REPEAT:
		for (int i = 0; i <= (a[0] & 31); i++)
			guest_sends(last_frame, last_len);
		break;
	case OP_FAIL:
		fail_sending(a[0]);
		break;
	case OP_DIAL:
		dial(a[0]);
		break;
	case OP_LINK:
		set_link(a[0], (uint32_t)a[3] << 8 | a[4]);
		break;
	case OP_CUT:
		kernel.guest_cut = a[0] * 8u;
		break;
	case OP_TIME:
		pass(a[0], a[1]);
		break;
	case OP_POLICY:
		change_policy(a[0], a[1]);
		break;
	case OP_ORDER:
		order(a[0], a[1]);
		break;
	case OP_GONE:
		go(a[0]);
		break;
	default:
		break;
	}
}

void act(enum engine_op op, const uint8_t a[5])
{
	STORY("%10.3f s  %s %u %u %u %u %u\n",
	      (double)(kernel.now_ns - UINT64_C(1000000000000)) / 1e9, op_names[op], a[0], a[1],
	      a[2], a[3], a[4]);
	switch ((int)op) {
	case OP_UDP:
		send_udp(a);
		break;
	case OP_PING:
		send_ping(a);
		break;
	case OP_ARP:
	case OP_DHCP:
		send_message(op, a);
		break;
	case OP_SYN:
		send_syn(a);
		break;
	case OP_SEG:
		send_seg(a);
		break;
	case OP_RAW:
		send_raw(a);
		break;
	case OP_BYTES:
		send_bytes(a);
		break;
	case OP_REPLY:
	case OP_STRANGER:
		reply(a, op == OP_STRANGER);
		break;
	case OP_ERROR:
		fail_socket(a);
		break;
	case OP_ACCEPT:
	case OP_REFUSE:
	case OP_WRITE:
	case OP_FINISH:
	case OP_ABORT:
	case OP_ROOM:
		act_world(op, a);
		break;
	default:
		act_around(op, a);
		break;
	}
}
