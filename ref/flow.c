/* SPDX-License-Identifier: ISC */
/* flow.c: the flow table.
 *
 * Theory of operation. `flows` holds the flows, each in the free chain, or live; the timed ones of
 * the live are in the chain by last use. `index` maps the hash of a key to a flow number; a lookup probes from the key's home slot
 * to the first empty one. Removing leaves no tombstone: entries behind the hole that may move into
 * it do, so probe sequences stay as short as the load makes them, and a table that was flooded
 * once is as fast afterwards as before. */
#include "ref/flow.h"

#include "ref/ipv4.h"

uint32_t flow_index_len(uint32_t capacity)
{
	uint32_t len = 2;

	while (len < capacity * 2)
		len *= 2;
	return len;
}

void flow_init(struct flow_table *table, struct flow *flows, uint32_t capacity, uint32_t *index,
               uint64_t seed)
{
	*table = (struct flow_table){
	        .flows = flows,
	        .index = index,
	        .capacity = capacity,
	        .mask = flow_index_len(capacity) - 1,
	        .oldest = FLOW_NONE,
	        .newest = FLOW_NONE,
	        .seed = seed,
	        .idle_ns = FLOW_IDLE_NS,
	};
	for (uint32_t i = 0; i <= table->mask; i++)
		index[i] = FLOW_NONE;
	for (uint32_t i = 0; i < capacity; i++)
		flows[i] = (struct flow){.newer = i + 1 < capacity ? i + 1 : FLOW_NONE};
}

/* Two rounds of the splitmix64 finalizer. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static uint32_t home_slot(const struct flow_table *table, const struct flow_key *key)
{
	uint64_t addresses = (uint64_t)key->guest_ip << 32 | key->peer_ip;
	uint64_t ports = (uint64_t)key->guest_port << 32 | (uint64_t)key->peer_port << 16 |
	                 key->proto;

	return (uint32_t)mix(mix(table->seed ^ addresses) ^ ports) & table->mask;
}

static bool same_key(const struct flow_key *a, const struct flow_key *b)
{
	return a->guest_ip == b->guest_ip && a->peer_ip == b->peer_ip &&
	       a->guest_port == b->guest_port && a->peer_port == b->peer_port &&
	       a->proto == b->proto;
}

/* The slot that holds the key, or the empty one where it would go. */
static uint32_t probe(const struct flow_table *table, const struct flow_key *key)
{
	uint32_t slot = home_slot(table, key);

	while (table->index[slot] != FLOW_NONE &&
	       !same_key(&table->flows[table->index[slot]].key, key))
		slot = (slot + 1) & table->mask;
	return slot;
}

uint32_t flow_find(const struct flow_table *table, const struct flow_key *key)
{
	return table->index[probe(table, key)];
}

static void chain_append(struct flow_table *table, uint32_t number)
{
	struct flow *flow = &table->flows[number];

	flow->newer = FLOW_NONE;
	flow->older = table->newest;
	if (table->newest == FLOW_NONE)
		table->oldest = number;
	else
		table->flows[table->newest].newer = number;
	table->newest = number;
}

static void chain_unlink(struct flow_table *table, uint32_t number)
{
	const struct flow *flow = &table->flows[number];

	if (flow->older == FLOW_NONE)
		table->oldest = flow->newer;
	else
		table->flows[flow->older].newer = flow->newer;
	if (flow->newer == FLOW_NONE)
		table->newest = flow->older;
	else
		table->flows[flow->newer].older = flow->older;
}

uint32_t flow_add(struct flow_table *table, const struct flow_key *key, bool timed, int handle,
                  uint64_t now_ns)
{
	uint32_t number = table->free;

	if (table->count == table->capacity)
		return FLOW_NONE;
	table->free = table->flows[number].newer;
	table->flows[number] = (struct flow){
	        .key = *key,
	        .live = true,
	        .timed = timed,
	        .handle = handle,
	        .used_ns = now_ns,
	};
	if (timed)
		chain_append(table, number);
	table->index[probe(table, key)] = number;
	table->count++;
	table->tcp_count += key->proto == IPV4_TCP;
	return number;
}

void flow_touch(struct flow_table *table, uint32_t number, uint64_t now_ns)
{
	table->flows[number].used_ns = now_ns;
	if (table->flows[number].timed && table->newest != number) {
		chain_unlink(table, number);
		chain_append(table, number);
	}
}

/* Closes the hole at `hole` in a probe sequence: an entry behind it moves in unless its home slot
 * lies cyclically in (hole, slot], where a lookup would still find it. */
static void index_close_hole(struct flow_table *table, uint32_t hole)
{
	uint32_t slot = hole;

	for (;;) {
		uint32_t home;

		table->index[hole] = FLOW_NONE;
		do {
			slot = (slot + 1) & table->mask;
			if (table->index[slot] == FLOW_NONE)
				return;
			home = home_slot(table, &table->flows[table->index[slot]].key);
		} while (((slot - home) & table->mask) < ((slot - hole) & table->mask));
		table->index[hole] = table->index[slot];
		hole = slot;
	}
}

void flow_remove(struct flow_table *table, uint32_t number)
{
	struct flow *flow = &table->flows[number];

	index_close_hole(table, probe(table, &flow->key));
	if (flow->timed)
		chain_unlink(table, number);
	table->tcp_count -= flow->key.proto == IPV4_TCP;
	*flow = (struct flow){.newer = table->free};
	table->free = number;
	table->count--;
}

bool flow_is_expired(const struct flow_table *table, uint32_t number, uint64_t now_ns)
{
	const struct flow *flow = &table->flows[number];

	return flow->timed && now_ns - flow->used_ns >= table->idle_ns;
}

uint32_t flow_find_expired(const struct flow_table *table, uint64_t now_ns)
{
	if (table->oldest == FLOW_NONE || !flow_is_expired(table, table->oldest, now_ns))
		return FLOW_NONE;
	return table->oldest;
}

bool flow_has_room(const struct flow_table *table, uint64_t now_ns)
{
	return table->count < table->capacity || flow_find_expired(table, now_ns) != FLOW_NONE;
}
