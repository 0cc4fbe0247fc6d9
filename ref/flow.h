/* SPDX-License-Identifier: ISC */
/* flow.h: the table of live flows, a fixed number of them.
 *
 * A flow is a 5-tuple and the handle (a descriptor) that the shell keeps for it. The table never
 * allocates: the caller gives both arrays. It is a hash index (open addressing, linear probing, no
 * tombstones) over an array of flows that never move, so a flow's number stays valid until
 * flow_remove(). Flows are also chained by last use.
 *
 * The documented rule of NAT-003: a full table refuses new flows; a flow leaves only when nothing
 * went either way for the table's idle time (FLOW_IDLE_NS, as RFC 4787 REQ-5 asks, or what the
 * policy says), so nothing that a guest does can push out a flow that is in use. A TCP flow is not
 * in the chain by last use and never expires here: its connection has timers of its own (tcp.h).
 */
#ifndef REF_FLOW_H
#define REF_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOW_NONE    UINT32_MAX
#define FLOW_IDLE_NS (120 * UINT64_C(1000000000))

struct flow_key {
	uint32_t guest_ip, peer_ip;
	uint16_t guest_port, peer_port;
	uint8_t proto;
};

struct flow {
	struct flow_key key;
	bool live;
	bool timed;            /* in the chain by last use: expires */
	int handle;            /* the shell's; the table does not look at it */
	uint64_t used_ns;      /* last use, the caller's monotonic clock */
	uint32_t older, newer; /* neighbours by last use; `newer` chains the free ones too */
};

struct flow_table {
	struct flow *flows; /* `capacity` of them */
	uint32_t *index;    /* flow_index_len(capacity) flow numbers or FLOW_NONE */
	uint32_t capacity;  /* flows that fit */
	uint32_t count;     /* flows that live */
	uint32_t tcp_count; /* how many of them are TCP */
	uint32_t mask;      /* length of the index minus one */
	uint32_t oldest;    /* head of the chain by last use, or FLOW_NONE */
	uint32_t newest;    /* its tail */
	uint32_t free;      /* head of the free chain */
	uint64_t seed;      /* keys the hash, so that a guest cannot aim at one slot */
	uint64_t idle_ns;   /* FLOW_IDLE_NS until the caller changes it */
};

/* How many index entries a table of `capacity` flows (1..2^20) needs: a power of two, half empty.
 */
uint32_t flow_index_len(uint32_t capacity);

/* Makes an empty table of the caller's two arrays, which must outlive it. */
void flow_init(struct flow_table *table, struct flow *flows, uint32_t capacity, uint32_t *index,
               uint64_t seed);

/* The number of the live flow with that key, expired or not, or FLOW_NONE. */
uint32_t flow_find(const struct flow_table *table, const struct flow_key *key);

/* Adds a flow and returns its number; FLOW_NONE when the table is full. The key must not be there
 * yet. `timed`: it expires when it is idle; false for TCP. */
uint32_t flow_add(struct flow_table *table, const struct flow_key *key, bool timed, int handle,
                  uint64_t now_ns);

/* Notes that the flow was used now. `now_ns` must not go back. */
void flow_touch(struct flow_table *table, uint32_t number, uint64_t now_ns);

/* Forgets a live flow; its handle is the caller's to close, before. */
void flow_remove(struct flow_table *table, uint32_t number);

/* Whether a live flow was idle for the table's idle time; never for one that is not timed. */
bool flow_is_expired(const struct flow_table *table, uint32_t number, uint64_t now_ns);

/* The flow that was idle longest if it has expired, else FLOW_NONE. */
uint32_t flow_find_expired(const struct flow_table *table, uint64_t now_ns);

/* Whether one more flow would find room, now or after the expired ones are removed. */
bool flow_has_room(const struct flow_table *table, uint64_t now_ns);

#endif
