/* SPDX-License-Identifier: ISC */
/* nat_udp_rig.h: for tests only. A guest's datagrams, and its peer, over the NAT of nat_rig.h. */
#ifndef REF_NAT_UDP_RIG_H
#define REF_NAT_UDP_RIG_H

#include "ref/nat_rig.h"

/* A datagram from the guest's port `sport`. */
static inline struct verdict guest_sends_to(struct rig *r, uint16_t sport, uint32_t ip,
                                            uint16_t dport, struct rd payload)
{
	uint8_t frame[ETH_FRAME_MAX];
	struct wr w = wr_of(frame, sizeof(frame));

	rig_put_headers(r, &w, ip, IPV4_UDP, UDP_HDR_LEN + payload.n);
	assert_true(udp_put(&w, r->policy.vm_ip, sport, ip, dport, payload));
	assert_true(wr_bytes(&w, payload.p, payload.n));
	return rig_judge(r, rd_of(frame, w.len));
}

static inline enum verdict_kind guest_sends(struct rig *r, uint16_t sport, const char *text)
{
	return guest_sends_to(r, sport, PEER, PORT, rd_of(text, strlen(text))).kind;
}

static inline void open_peer(struct rig *r)
{
	uint16_t port = PORT;

	r->peer = world_open(SOCK_DGRAM, PEER, &port);
}

/* Takes a datagram at the peer; who sent it. */
static inline struct sockaddr_in peer_gets_bytes(struct rig *r, struct rd expected)
{
	static uint8_t bytes[65536];
	struct sockaddr_in from = {0};
	socklen_t len = sizeof(from);
	ssize_t n;

	assert_true(world_is_ready(r->peer, POLLIN, PATIENCE_MS));
	n = recvfrom(r->peer, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &len);
	assert_int_equal(n, expected.n);
	if (n)
		assert_memory_equal(bytes, expected.p, (size_t)n);
	return from;
}

static inline struct sockaddr_in peer_gets(struct rig *r, const char *text)
{
	return peer_gets_bytes(r, rd_of(text, strlen(text)));
}

static inline void send_to(int fd, const void *bytes, size_t n, const struct sockaddr_in *to)
{
	assert_int_equal(sendto(fd, bytes, n, 0, (const struct sockaddr *)to, sizeof(*to)),
	                 (ssize_t)n);
}

/* The next frame at the guest's side, which is a datagram of the peer's. */
static inline struct udp guest_gets(struct rig *r, uint8_t *frame)
{
	const size_t n = rig_take(r, frame);
	struct ipv4 ip;
	struct udp udp;
	bool readable;

	assert_int_not_equal(n, 0);
	ip = rig_open_frame(r, rd_of(frame, n));
	assert_int_equal(ip.src, PEER);
	assert_int_equal(ip.proto, IPV4_UDP);
	assert_int_equal(udp_parse(ip.payload, ip.src, ip.dst, &udp, &readable), REASON_NONE);
	assert_int_equal(udp.sport, PORT);
	return udp;
}

/* Opens a flow from the guest's port and returns where the world sees it. */
static inline struct sockaddr_in open_flow(struct rig *r, uint16_t sport)
{
	assert_int_equal(guest_sends(r, sport, "hello"), VERDICT_NEW_FLOW);
	assert_event(r, "\"ev\":\"allow\"");
	return peer_gets(r, "hello");
}

#endif
