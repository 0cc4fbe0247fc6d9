/* SPDX-License-Identifier: ISC */
/* agent_guest.c: fuzz target: any bytes as what the harness asks of a guest's agent (vm-images/serve_request.h), beside
 * the table of forms (fuzz/rig/agent_rules.h); and what was read is asked again, by the harness. */
#include "fuzz/fuzz.h"
#include "fuzz/rig/agent_rules.h"

#include <string.h>

/* The harness writes what the guest has read. */
static bool ask_again(struct wr *w, const struct serve_request *q)
{
	static char text[AGENT_COMMAND_MAX + 1];

	serve_request_text(q, text);
	switch (q->type) {
	case AGENT_RUN:
		return agent_put_run(w, q->id, q->number, text);
	case AGENT_SPAWN:
		return agent_put_spawn(w, q->id, text);
	case AGENT_KILL:
		return agent_put_kill(w, q->id, q->number);
	case AGENT_FRAME:
		return agent_put_frame(w, q->id, text, q->data.p, q->data.n);
	case AGENT_POWEROFF:
		return agent_put_poweroff(w, q->id);
	case AGENT_BURST:
		return agent_put_burst(w, q->id, text, q->data);
	case AGENT_SNIFF:
		return agent_put_sniff(w, q->id, text, q->count, q->number);
	case AGENT_PUT:
		return agent_put_put(w, q->id, text, q->mode, q->append, q->data);
	case AGENT_GET:
		return agent_put_get(w, q->id, text, q->number);
	case AGENT_REPORT:
		return agent_put_report(w, q->id);
	case AGENT_RESTORED:
		return agent_put_restored(w, q->id, q->number, q->nanoseconds, q->data);
	default:
		return agent_put_network(w, q->id, (uint8_t)q->number);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t room[AGENT_WIRE_MAX];
	struct rd r = rd_of(data, size);
	struct serve_request q;
	enum serve_status status;

	do {
		struct wr w = wr_of(room, sizeof(room));
		const struct rd before = r;
		size_t len;

		status = serve_request_read(&r, &q);
		HOLDS("a request is taken just where it has its form",
		      status == agent_rules_asked(before, &len));
		if (status == SERVE_TAKEN || status == SERVE_REFUSED)
			HOLDS("a message is taken whole", r.p == before.p + len);
		else
			HOLDS("what is no message stays", r.p == before.p && r.n == before.n);
		HOLDS("whoever is refused is told why",
		      (status == SERVE_REFUSED || status == SERVE_LOST) == !!q.why);
		if (status == SERVE_TAKEN)
			HOLDS("what the guest reads is what the harness writes",
			      ask_again(&w, &q) && w.len == len && !memcmp(room, before.p, len));
		if (status == SERVE_REFUSED)
			HOLDS("a refusal goes to who asked",
			      !memcmp(before.p + 5,
			              (uint8_t[]){(uint8_t)(q.id >> 24), (uint8_t)(q.id >> 16),
			                          (uint8_t)(q.id >> 8), (uint8_t)q.id},
			              4));
	} while (status == SERVE_TAKEN || status == SERVE_REFUSED);
	return 0;
}
