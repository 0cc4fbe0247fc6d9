/* SPDX-License-Identifier: ISC */
/* engine_answer.c: the frames that the guest must get. */
#include "fuzz/rig/engine_answer.h"

#include "fuzz/rig/engine_bytes.h"
#include "fuzz/rig/engine_model.h"
#include "fuzz/rig/engine_pattern.h"
#include "fuzz/rig/engine_story.h"
#include "fuzz/rig/engine_tcp.h"

#include <string.h>

bool answer_fits(void)
{
	const size_t queued = model.link.out_end - model.link.out_start;

	return ETH_FRAME_MAX + 4 <= LINK_BUFFER_SIZE - queued;
}

bool link_has_output_now(void)
{
	return model.link.out_end != model.link.out_start;
}

uint8_t *model_owe_frame(size_t n)
{
	static uint8_t nowhere[LINK_FRAME_MAX];
	struct model_frame *due;

	if (model.due_first == model.due_end)
		model.due_first = model.due_end = model.bytes_end = 0;
	due = &model.due[model.due_end];
	HOLDS("the engine has room for what is due",
	      model.due_end < MODEL_DUE && n <= MODEL_BYTES - model.bytes_end);
	*due = (struct model_frame){.at = model.bytes_end, .len = (uint32_t)n};
	model.due_end++;
	model.bytes_end += (uint32_t)n;
	return n ? model.bytes + due->at : nowhere;
}

static void put_eth(uint8_t *p, const struct policy *policy, uint16_t type)
{
	memcpy(p, policy->vm_mac, 6);
	memcpy(p + 6, policy->gateway_mac, 6);
	set16(p + 12, type);
}

/* Ethernet and IPv4 in front of `n` bytes. */
void answer_headers(uint8_t *p, const struct policy *policy, uint32_t src, uint32_t dst,
                    uint8_t proto, size_t n)
{
	uint8_t *ip = p + 14;

	put_eth(p, policy, 0x0800);
	memset(ip, 0, 20);
	ip[0] = 0x45;
	set16(ip + 2, (uint32_t)(20 + n));
	ip[6] = 0x40;
	ip[8] = 64;
	ip[9] = proto;
	set32(ip + 12, src);
	set32(ip + 16, dst);
	set16(ip + 10, sum16_end(sum16(0, ip, 20)));
}

void answer_arp_frame(uint8_t *to, const struct policy *policy, const struct arp *asked)
{
	put_eth(to, policy, 0x0806);
	memcpy(to + 14, "\0\1\10\0\6\4\0\2", 8);
	memcpy(to + 22, policy->gateway_mac, 6);
	set32(to + 28, policy->gateway_ip);
	memcpy(to + 32, policy->vm_mac, 6);
	set32(to + 38, asked->sender_ip);
}

void answer_echo_frame(uint8_t *to, const struct policy *policy, const struct flow_key *key,
                       const uint8_t *rest, size_t n)
{
	uint8_t *icmp = to + 34;

	answer_headers(to, policy, key->peer_ip, key->guest_ip, 1, 4 + n);
	memset(icmp, 0, 4);
	memcpy(icmp + 4, rest, n);
	set16(icmp + 4, key->guest_port);
	set16(icmp + 2, sum16_end(sum16(0, icmp, 4 + n)));
}

void answer_reply_frame(uint8_t *to, const struct policy *policy, const struct flow_key *key,
                        const struct kernel_message *m)
{
	uint8_t rest[KERNEL_MESSAGE];
	uint8_t *udp = to + 34;
	uint16_t sum;

	if (key->proto == 1) {
		pattern_put(rest, PATTERN_OF(m->salt, 4), m->len - 4u);
		answer_echo_frame(to, policy, key, rest, m->len - 4u);
		return;
	}
	answer_headers(to, policy, key->peer_ip, key->guest_ip, 17, 8u + m->len);
	set16(udp, key->peer_port);
	set16(udp + 2, key->guest_port);
	set16(udp + 4, 8u + m->len);
	set16(udp + 6, 0);
	pattern_put(udp + 8, PATTERN_OF(m->salt, 0), m->len);
	sum = sum16_pseudo(key->peer_ip, key->guest_ip, 17, udp, 8u + m->len);
	set16(udp + 6, sum ? sum : 0xffff);
}

void answer_reset_frame(uint8_t *to, const struct policy *policy, const struct verdict *denied)
{
	const struct tuple *t = &denied->tuple;
	const struct tcp_seg *seg = &denied->tcp;
	uint8_t *rst = to + 34;

	answer_headers(to, policy, t->dst, t->src, 6, 20);
	memset(rst, 0, 20);
	set16(rst, t->dport);
	set16(rst + 2, t->sport);
	rst[12] = 0x50;
	rst[13] = 4;
	if (seg->flags & 16) {
		set32(rst + 4, seg->ack);
	} else {
		rst[13] = 4 | 16;
		set32(rst + 8, seg->seq + (uint32_t)seg->payload.n + (seg->flags >> 1 & 1));
	}
	set16(rst + 16, sum16_pseudo(t->dst, t->src, 6, rst, 20));
}

/* --- DHCP --- */

static uint32_t number(const uint8_t *p, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n && i < 4; i++)
		v = v << 8 | p[i];
	return v;
}

/* Whether an option has the one value that it may have. *seen has a bit for each that must be there. */
static bool is_right_option(uint8_t code, const uint8_t *p, size_t n, const struct policy *policy,
                            const struct dhcp_reply *lease, unsigned *seen)
{
	const bool nak = lease->type == 6;

	switch (code) {
	case 53:
		*seen |= 1;
		return n == 1 && *p == lease->type;
	case 54:
		*seen |= 2;
		return n == 4 && number(p, n) == policy->gateway_ip;
	case 1:
		*seen |= 4;
		return !nak && n == 4 && number(p, n) == policy->netmask;
	case 3:
		*seen |= 8;
		return !nak && n == 4 && number(p, n) == policy->gateway_ip;
	case 26:
		*seen |= 16;
		return !nak && n == 2 && number(p, n) == policy->mtu;
	case 51:
		*seen |= 32;
		return lease->yiaddr && n == 4 && number(p, n) == 86400;
	case 61:
		*seen |= 64;
		return n == lease->client_id.n && !memcmp(p, lease->client_id.p, n);
	default:
		return false;
	}
}

static bool are_right_options(const uint8_t *p, size_t n, const struct policy *policy,
                              const struct dhcp_reply *lease)
{
	unsigned seen = 0, wanted = 3;
	size_t at = 0;

	wanted |= lease->type == 6 ? 0 : 4 | 8 | 16;
	wanted |= lease->yiaddr ? 32 : 0;
	wanted |= lease->client_id.n ? 64 : 0;
	while (at + 1 < n && p[at] != 255) {
		if (at + 2 + p[at + 1] > n ||
		    !is_right_option(p[at], p + at + 2, p[at + 1], policy, lease, &seen))
			return false;
		at += 2u + p[at + 1];
	}
	if (at >= n || p[at] != 255 || seen != wanted)
		return false;
	for (at++; at < n; at++)
		if (p[at]) /* the padding */
			return false;
	return true;
}

static bool is_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

bool answer_is_lease(const uint8_t *frame, size_t n, const struct policy *policy,
                     const struct dhcp_reply *lease)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const uint8_t *udp = frame + 34, *m = frame + 42;
	uint8_t headers[34];

	if (n < 14 + 20 + 8 + 300 || n > 14u + policy->mtu)
		return false;
	answer_headers(headers, policy, policy->gateway_ip, lease->to_ip, 17, n - 34);
	memcpy(headers, lease->broadcast ? all : lease->chaddr, 6);
	if (memcmp(frame, headers, 34) != 0 || be16(udp) != 67 || be16(udp + 2) != 68 ||
	    be16(udp + 4) != n - 34 || !be16(udp + 6) ||
	    sum16_pseudo(policy->gateway_ip, lease->to_ip, 17, udp, n - 34))
		return false;
	if (memcmp(m, "\2\1\6\0", 4) != 0 || be32(m + 4) != lease->xid || be16(m + 8) ||
	    be32(m + 12) != lease->ciaddr || be32(m + 16) != lease->yiaddr || be32(m + 24) ||
	    memcmp(m + 28, lease->chaddr, 6) != 0 || !is_zero(m + 34, 202) ||
	    memcmp(m + 236, "\x63\x82\x53\x63", 4) != 0)
		return false;
	return are_right_options(m + 240, n - 42 - 240, policy, lease);
}

/* --- what comes --- */

/* refnat's own question, for the VM's address: link.h and answer.h. */
static bool is_probe(const uint8_t *frame, size_t n)
{
	static const uint8_t nobody[6];
	uint8_t probe[42];

	put_eth(probe, model.policy, 0x0806);
	memcpy(probe + 14, "\0\1\10\0\6\4\0\1", 8);
	memcpy(probe + 22, model.policy->gateway_mac, 6);
	set32(probe + 28, model.policy->gateway_ip);
	memcpy(probe + 32, nobody, 6);
	set32(probe + 38, model.policy->vm_ip);
	return n == sizeof(probe) && !memcmp(frame, probe, n);
}

static void check_probe(void)
{
	HOLDS("only who may go without a trace is asked whether he is there",
	      kernel.carrier == LINK_OVER_DGRAM);
	HOLDS("he is asked after silence, and once",
	      model_now() - model.output_ns >= LOOP_PROBE_MS * UINT64_C(1000000) &&
	              model.asked_ns != model_now());
	model.asked_ns = model_now();
}

static void check_frame(const uint8_t *frame, size_t n)
{
	struct model_frame *due = &model.due[model.due_first];

	STORY("    guest gets a frame of %zu bytes\n", n);
	HOLDS("no frame for the guest is above the MTU", n <= 14u + model.policy->mtu);
	model_see(frame, n);
	if (is_probe(frame, n)) {
		check_probe();
		return;
	}
	HOLDS("the guest gets nothing after there was a reason to stop", !model.over);
	if (model.due_first != model.due_end) {
		due->lease.client_id.p = due->client_id;
		if (due->lease.type ? answer_is_lease(frame, n, model.policy, &due->lease)
		                    : n == due->len && !memcmp(frame, model.bytes + due->at, n)) {
			model.due_first++;
			return;
		}
	}
	HOLDS("the guest gets what is due to it, byte for byte, and nothing else",
	      n >= 54 && be16(frame + 12) == 0x0800 && frame[23] == 6);
	tcp_on_guest_frame(frame, n);
}

/* Frames are looked at when they are queued: what they mean is what was true then. */
void model_scan(void)
{
	const uint8_t *queue = model.link.out + model.link.out_start;
	const size_t n = model.link.out_end - model.link.out_start;

	if (model.scanning) /* looking at a frame asks the kernel, which comes here */
		return;
	model.scanning = true;
	while (model.scanned < n) {
		const uint32_t len = be32(queue + model.scanned);

		HOLDS("a frame has a length that the channel takes", len && len <= LINK_FRAME_MAX);
		HOLDS("only whole frames are queued", len + 4 <= n - model.scanned);
		model.scanned += 4 + len;
		check_frame(queue + model.scanned - len, len);
	}
	model.scanning = false;
}

void model_on_output(void)
{
	model_scan();
	model.output_ns = model_now();
}

void model_on_guest_takes(size_t n)
{
	HOLDS("the guest gets what was queued for it", n <= model.scanned);
	model.scanned -= n;
}
