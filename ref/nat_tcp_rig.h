/* SPDX-License-Identifier: ISC */
/* nat_tcp_rig.h: for tests: a guest that is connected to the world, with sockets that are full soon. */
#ifndef REF_NAT_TCP_RIG_H
#define REF_NAT_TCP_RIG_H

#include "ref/nat_guest.h"
#include "ref/nat_tcp_send.h"

/* Bytes in the receive queue of a connection's socket: what the guest has not acknowledged. */
static inline uint32_t queued(const struct rig *r)
{
	int n = -1;

	for (uint32_t i = 0; i < r->nat.table.capacity; i++)
		if (r->nat.table.flows[i].live && r->nat.slots[i].tcp)
			assert_int_equal(ioctl(r->nat.slots[i].tcp->fd, FIONREAD, &n), 0);
	assert_true(n >= 0);
	return (uint32_t)n;
}

/* As if TCP sockets could not peek from an offset (Linux before 6.9). */
static inline void use_fallback(struct rig *r)
{
	r->nat.tcp.skips = true;
}

/* The worker's sockets hold more than the link, and the world's so little that they are full soon. */
static inline int set_buffers(void **state)
{
	if (world_enter(state) < 0)
		return -1;
	world_set("/proc/sys/net/ipv4/tcp_wmem", "4096 65536 131072");
	world_set("/proc/sys/net/ipv4/tcp_rmem", "4096 6291456 8388608");
	return 0;
}

static inline struct guest connect_with(struct rig *r, bool fallback)
{
	struct guest g;

	if (r->peer < 0)
		world_listens(r, 8);
	rig_start(r);
	if (fallback)
		use_fallback(r);
	g = guest_of(r, 40000);
	guest_connects(&g, r->peer);
	return g;
}

#endif
