/* SPDX-License-Identifier: ISC */
/* agent.c: fuzz target: any bytes as what a hostile guest answers, in one piece and in many, beside a
 * table of forms (fuzz/rig/agent_rules.h); and as what requests are made of (harness/agent.h). */
#include "harness/agent.h"
#include "fuzz/fuzz.h"
#include "fuzz/rig/agent_rules.h"

#include <string.h>

/* How many messages there are in front of what is cut off, or none, and what comes then. */
static unsigned decode(struct rd r, enum agent_status *end)
{
	unsigned count = 0;

	for (;; count++) {
		const struct rd before = r;
		struct agent_message message;
		size_t len = 0;
		const enum agent_status status = agent_decode(&r, &message);

		HOLDS("a message is taken just where it has its form",
		      agent_rules_read(before, &len) == status);
		*end = status;
		if (status != AGENT_OK) {
			HOLDS("what is no message stays", r.p == before.p && r.n == before.n);
			return count;
		}
		HOLDS("a message is taken whole", before.n - r.n == len);
		agent_rules_hold(rd_of(before.p, len), &message);
	}
}

static void feed(struct rd r, unsigned count, enum agent_status end)
{
	static struct agent_reader reader;
	enum agent_status status = AGENT_MORE;
	struct agent_message message;

	reader.start = reader.end = 0;
	reader.bad = false;
	while (r.n && status != AGENT_BAD) {
		struct rd piece;
		const size_t n = 1 + (r.p[0] ^ r.n) % 61;

		HOLDS("a piece is of bytes that are there", rd_sub(&r, n < r.n ? n : r.n, &piece));
		HOLDS("a reader that was emptied takes a piece whole",
		      agent_feed(&reader, piece.p, piece.n) == piece.n);
		while ((status = agent_next(&reader, &message)) == AGENT_OK)
			count--;
	}
	HOLDS("it makes no difference where a stream is cut", !count && status == end);
	HOLDS("behind a bad message nothing is taken", agent_next(&reader, &message) == end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum agent_status end;
	const unsigned count = decode(rd_of(data, size), &end);

	feed(rd_of(data, size), count, end);
	agent_rules_ask(rd_of(data, size));
	return 0;
}
