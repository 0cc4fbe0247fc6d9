/* SPDX-License-Identifier: ISC */
/* answers.c: what refnat tells the guest, built for a verdict and read by the harness's eyes. */
#include "fuzz/rig/answers.h"

#include "fuzz/fuzz.h"
#include "fuzz/rig/plain.h"
#include "harness/decode.h"
#include "ref/answer.h"

/* A frame under construction, and the rooms too small for it that are tried: one, which the frame
 * chooses, or all. */
struct answer {
	const struct policy *policy;
	bool every_room;
	uint8_t bytes[ETH_FRAME_MAX + 1]; /* one more than the writer may use */
	struct wr w;
	struct seen seen;
};

/* Rooms that are too small for `len` bytes: for (size = first_room(); size < len; next_room()). */
static size_t first_room(const struct answer *a, size_t len, uint32_t choice)
{
	return a->every_room ? 0 : choice % len;
}

static size_t next_room(const struct answer *a, size_t len, size_t size)
{
	return a->every_room ? size + 1 : len;
}

static void start(struct answer *a, const struct policy *policy)
{
	a->policy = policy;
	a->w = wr_of(a->bytes, ETH_FRAME_MAX);
	a->bytes[ETH_FRAME_MAX] = 0x5a;
}

/* What is in the writer is a whole frame from the gateway. */
static void look(struct answer *a, enum seen_kind kind)
{
	static const uint8_t anybody[6] = {255, 255, 255, 255, 255, 255};

	HOLDS("a frame to the guest keeps to the MTU", a->w.len <= 14u + a->policy->mtu);
	HOLDS("nothing is written behind the room", a->bytes[ETH_FRAME_MAX] == 0x5a);
	decode(a->bytes, a->w.len, &a->seen);
	if (kind == SEEN_UDP &&
	    a->seen.kind == SEEN_DHCP) /* what a guest's payload says is its own */
		a->seen.faults &= ~(unsigned)FAULT_DHCP;
	else
		HOLDS("a frame to the guest is what it should be", a->seen.kind == kind);
	HOLDS("a frame to the guest has no fault", !a->seen.faults);
	HOLDS("nothing trails it", !a->seen.trailing);
	HOLDS("it comes from the gateway's MAC",
	      !memcmp(a->seen.eth_src, a->policy->gateway_mac, 6));
	HOLDS("it goes to the VM's MAC, or to all",
	      !memcmp(a->seen.eth_dst, a->policy->vm_mac, 6) ||
	              (kind == SEEN_DHCP && !memcmp(a->seen.eth_dst, anybody, 6)));
}

static void arp_holds(struct answer *a, const struct arp *asked)
{
	const struct policy *policy = a->policy;
	const struct seen *seen = &a->seen;

	HOLDS("an ARP request is answered", answer_arp(&a->w, policy, asked));
	look(a, SEEN_ARP);
	HOLDS("an ARP answer says where the gateway is, and nothing of anybody else",
	      seen->arp_op == 2 && seen->arp_spa == policy->gateway_ip &&
	              !memcmp(seen->arp_sha, policy->gateway_mac, 6));
	HOLDS("an ARP answer is for who asked",
	      seen->arp_tpa == asked->sender_ip && !memcmp(seen->arp_tha, policy->vm_mac, 6));
	for (size_t size = first_room(a, 42, asked->target_mac[5]); size < 42;
	     size = next_room(a, 42, size)) {
		a->w = wr_of(a->bytes, size);
		HOLDS("an ARP answer that does not fit is not written",
		      !answer_arp(&a->w, policy, asked) && !a->w.len);
		HOLDS("nor is a question", !answer_arp_probe(&a->w, policy) && !a->w.len);
	}
	start(a, policy);
	HOLDS("an ARP question can be asked", answer_arp_probe(&a->w, policy));
	look(a, SEEN_ARP);
	HOLDS("it asks in the gateway's name for the VM",
	      seen->arp_op == 1 && seen->arp_spa == policy->gateway_ip &&
	              seen->arp_tpa == policy->vm_ip &&
	              !memcmp(seen->arp_sha, policy->gateway_mac, 6));
}

static void echo_holds(struct answer *a, const struct verdict *v)
{
	const size_t len = 14 + 20 + 4 + v->payload.n;

	HOLDS("an echo has an id",
	      !answer_echo(&a->w, a->policy, &v->key, rd_of(v->payload.p, 1)) && !a->w.len);
	HOLDS("an echo request is answered", answer_echo(&a->w, a->policy, &v->key, v->payload));
	HOLDS("an echo answer is as long as its request", a->w.len == len);
	look(a, SEEN_ICMP);
	HOLDS("it is an echo reply", !a->seen.icmp_type && !a->seen.icmp_code);
	HOLDS("it changes sides",
	      a->seen.ip_src == v->key.peer_ip && a->seen.ip_dst == v->key.guest_ip);
	HOLDS("it has the guest's id", a->seen.icmp_id == v->key.guest_port);
	HOLDS("it has the bytes of the request",
	      !memcmp(a->bytes + 40, v->payload.p + 2, v->payload.n - 2));
	for (size_t size = first_room(a, len, v->key.guest_port); size < len;
	     size = next_room(a, len, size)) {
		a->w = wr_of(a->bytes, size);
		HOLDS("an echo answer that does not fit is not written",
		      !answer_echo(&a->w, a->policy, &v->key, v->payload) && !a->w.len);
	}
}

/* The value of a DHCP option of four bytes or fewer, or 0. */
static uint32_t option(struct rd message, uint8_t code)
{
	uint32_t value = 0;

	for (size_t at = 240; at + 1 < message.n && message.p[at] != 255;) {
		const size_t len = message.p[at + 1];

		for (size_t i = 0; message.p[at] == code && i < len && at + 2 + i < message.n; i++)
			value = value << 8 | message.p[at + 2 + i];
		at += 2 + len;
	}
	return value;
}

static void dhcp_holds(struct answer *a, const struct dhcp_reply *reply)
{
	const struct seen *seen = &a->seen;
	struct dhcp_reply long_id = *reply;
	struct rd message;

	long_id.client_id = rd_of(a->bytes, 256);
	HOLDS("an option has 255 bytes at most",
	      !answer_dhcp(&a->w, a->policy, &long_id) && !a->w.len);
	HOLDS("a DHCP message is answered", answer_dhcp(&a->w, a->policy, reply));
	look(a, SEEN_DHCP);
	message = seen->payload;
	HOLDS("a DHCP answer is one", message.p[0] == 2 && seen->sport == 67 && seen->dport == 68);
	HOLDS("it goes where the client can hear it",
	      seen->ip_src == a->policy->gateway_ip && seen->ip_dst == reply->to_ip &&
	              (seen->eth_dst[0] == 255) == reply->broadcast);
	HOLDS("it is for who asked", seen->dhcp_xid == reply->xid &&
	                                     !memcmp(seen->dhcp_chaddr, reply->chaddr, 6) &&
	                                     plain_u16(message.p + 10) == reply->flags);
	HOLDS("it has the type and the addresses of the answer",
	      seen->dhcp_type == reply->type && seen->dhcp_yiaddr == reply->yiaddr &&
	              plain_u32(message.p + 12) == reply->ciaddr &&
	              seen->dhcp_server == reply->server_id);
	HOLDS("it names net, router, resolver, lease and MTU",
	      seen->dhcp_mask == reply->mask && seen->dhcp_router == reply->router &&
	              seen->dhcp_dns == reply->dns && seen->dhcp_lease_s == reply->lease_s &&
	              option(message, 26) == reply->mtu);
	for (size_t size = first_room(a, 42 + message.n, reply->xid); size < 42 + message.n;
	     size = next_room(a, 42 + message.n, size)) {
		a->w = wr_of(a->bytes, size);
		HOLDS("a DHCP answer that does not fit is not written",
		      !answer_dhcp(&a->w, a->policy, reply) && !a->w.len);
	}
}

/* Puts the payload behind the headers. */
static void put_payload(struct answer *a, struct rd payload)
{
	HOLDS("a reply's payload has room", wr_bytes(&a->w, payload.p, payload.n));
}

static void sides_hold(const struct answer *a, const struct flow_key *key, struct rd payload)
{
	HOLDS("a reply comes from the peer to the very guest that asked",
	      a->seen.ip_src == key->peer_ip && a->seen.ip_dst == key->guest_ip &&
	              a->seen.sport == key->peer_port && a->seen.dport == key->guest_port);
	HOLDS("a reply has the payload",
	      a->seen.payload.n == payload.n &&
	              (!payload.n || !memcmp(a->seen.payload.p, payload.p, payload.n)));
}

static void udp_holds(struct answer *a, const struct flow_key *key, struct rd payload)
{
	static const uint8_t most[ETH_FRAME_MAX];
	const size_t max = answer_udp_payload_max(a->policy);

	HOLDS("what fits the MTU one way fits the other",
	      answer_udp_headers(&a->w, a->policy, key, payload));
	HOLDS("headers of UDP have 42 bytes", a->w.len == ANSWER_UDP_HDR_LEN);
	put_payload(a, payload);
	look(a, SEEN_UDP);
	sides_hold(a, key, payload);
	for (size_t size = first_room(a, ANSWER_UDP_HDR_LEN, key->guest_port);
	     size < ANSWER_UDP_HDR_LEN; size = next_room(a, ANSWER_UDP_HDR_LEN, size)) {
		a->w = wr_of(a->bytes, size);
		HOLDS("headers that do not fit are not written",
		      !answer_udp_headers(&a->w, a->policy, key, payload) && !a->w.len);
	}
	a->w = wr_of(a->bytes, ETH_FRAME_MAX);
	HOLDS("the largest payload is what the MTU leaves", max == a->policy->mtu - 28u);
	if (key->guest_port == 0xaaaa) { /* a sum over thousands of bytes */
		HOLDS("a payload of the MTU and one byte is not sent",
		      !answer_udp_headers(&a->w, a->policy, key, rd_of(most, max + 1)));
		HOLDS("one of the MTU is",
		      answer_udp_headers(&a->w, a->policy, key, rd_of(most, max)));
	}
}

static void tcp_holds(struct answer *a, const struct flow_key *key, const struct tcp_seg *from)
{
	struct tcp_seg seg = *from;
	const size_t len = 34 + tcp_seg_hdr_len(&seg);

	HOLDS("the length of headers is known", answer_tcp_hdr_len(&seg) == len);
	if (len + seg.payload.n > 14u + a->policy->mtu || len > 34 + TCP_SEG_HDR_MAX) {
		HOLDS("a segment beyond the MTU is not sent",
		      !answer_tcp_headers(&a->w, a->policy, key, &seg) && !a->w.len);
		return;
	}
	HOLDS("a segment within the MTU is sent", answer_tcp_headers(&a->w, a->policy, key, &seg));
	HOLDS("headers of TCP are as long as they say", a->w.len == len);
	put_payload(a, seg.payload);
	look(a, SEEN_TCP);
	sides_hold(a, key, seg.payload);
	HOLDS("a segment has the numbers and flags", a->seen.tcp_seq == seg.seq &&
	                                                     a->seen.tcp_ack == seg.ack &&
	                                                     a->seen.tcp_flags == seg.flags);
	for (size_t size = first_room(a, len, seg.seq); size < len;
	     size = next_room(a, len, size)) {
		a->w = wr_of(a->bytes, size);
		HOLDS("headers that do not fit are not written",
		      !answer_tcp_headers(&a->w, a->policy, key, &seg) && !a->w.len);
	}
}

static void reset_holds(struct answer *a, const struct verdict *v)
{
	const struct tcp_seg reset = {
	        .seq = v->tcp.ack,
	        .ack = v->tcp.seq,
	        .flags = TCP_SEG_RST | TCP_SEG_ACK,
	        .window_scale = -1,
	};
	const struct tuple *t = &v->tuple;

	HOLDS("a RST is made of a TCP segment to where somebody can be",
	      t->has_ports && t->proto == 6 && t->src && !(v->tcp.flags & TCP_SEG_RST));
	HOLDS("a RST can be sent", answer_reset(&a->w, a->policy, t, &reset));
	look(a, SEEN_TCP);
	HOLDS("a RST has 54 bytes", a->w.len == 54);
	HOLDS("a RST changes sides", a->seen.ip_src == t->dst && a->seen.ip_dst == t->src &&
	                                     a->seen.sport == t->dport &&
	                                     a->seen.dport == t->sport);
	HOLDS("a RST is one", a->seen.tcp_flags == (TCP_SEG_RST | TCP_SEG_ACK) &&
	                              a->seen.tcp_seq == reset.seq && a->seen.tcp_ack == reset.ack);
}

void answers_hold(const struct policy *policy, const struct verdict *verdict, bool every_room)
{
	static struct answer a;

	a.every_room = every_room;
	start(&a, policy);
	switch (verdict->kind) {
	case VERDICT_ANSWER_ARP:
		arp_holds(&a, &verdict->arp);
		return;
	case VERDICT_ANSWER_ECHO:
		echo_holds(&a, verdict);
		return;
	case VERDICT_ANSWER_DHCP:
		dhcp_holds(&a, &verdict->dhcp);
		return;
	case VERDICT_FORWARD:
	case VERDICT_NEW_FLOW:
		if (verdict->key.proto == 17)
			udp_holds(&a, &verdict->key, verdict->payload);
		else if (verdict->key.proto == 6)
			tcp_holds(&a, &verdict->key, &verdict->tcp);
		else
			echo_holds(&a, verdict);
		return;
	case VERDICT_DROP:
	default:
		if (verdict->reset)
			reset_holds(&a, verdict);
		return;
	}
}
