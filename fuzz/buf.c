/* SPDX-License-Identifier: ISC */
/* buf.c: fuzz target: a program of operations on two queues of bytes (ref/buf.h), beside two lists.
 *
 * Each two bytes of the input are an operation and how many bytes it is about.
 */
#include "ref/buf.h"

#include "fuzz/fuzz.h"

#define SIZE 61

/* A queue, and all that was ever put, and how much of it was taken. */
struct pair {
	uint8_t memory[SIZE];
	struct buf buf;
	uint8_t list[1 << 16];
	size_t put, taken;
};

static void check(const struct pair *p)
{
	const struct rd bytes = buf_bytes(&p->buf);

	HOLDS("what is there is what was put and not taken", buf_len(&p->buf) == p->put - p->taken);
	HOLDS("the rest is free", buf_free(&p->buf) == SIZE - buf_len(&p->buf));
	HOLDS("it stands in one piece", bytes.n == buf_len(&p->buf));
	HOLDS("and in the memory", (size_t)(bytes.p - p->memory) <= SIZE - bytes.n);
	HOLDS("it is in order", !memcmp(bytes.p, p->list + p->taken, bytes.n));
}

static void put(struct pair *p, size_t n, bool in_place, uint8_t seed)
{
	uint8_t *bytes = p->list + p->put;
	const bool fits = n <= SIZE - (p->put - p->taken);

	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(seed + 7 * i);
	if (in_place && fits)
		buf_wrote(&p->buf, memcpy(buf_room(&p->buf), bytes, n) ? n : 0);
	else
		HOLDS("a put is all or nothing", buf_put(&p->buf, rd_of(bytes, n)) == fits);
	p->put += fits ? n : 0;
}

static void pour(struct pair *to, struct pair *from)
{
	const size_t there = from->put - from->taken, room = SIZE - (to->put - to->taken);
	const size_t n = there < room ? there : room;

	memcpy(to->list + to->put, from->list + from->taken, n);
	HOLDS("as much is poured as there is room for", buf_pour(&to->buf, &from->buf) == n);
	to->put += n;
	from->taken += n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pair pairs[2];

	for (int i = 0; i < 2; i++) {
		pairs[i].buf = buf_of(pairs[i].memory, SIZE);
		pairs[i].put = pairs[i].taken = 0;
	}
	for (size_t at = 0; at + 1 < size && at < 1000; at += 2) {
		struct pair *p = &pairs[data[at] & 1], *other = &pairs[~data[at] & 1];
		const size_t n = data[at + 1] % (p->put - p->taken + 1);

		if (data[at] / 2 % 4 == 0) {
			buf_take(&p->buf, n);
			p->taken += n;
		} else if (data[at] / 2 % 4 == 1) {
			pour(p, other);
		} else {
			put(p, data[at + 1] % 80, data[at] & 2, data[at]);
		}
		check(p);
		check(other);
	}
	return 0;
}
