/* SPDX-License-Identifier: ISC */
/* events.c: fuzz target: any bytes as what a backend says (harness/events.h), in one piece and in many,
 * beside a second judge of its lines (fuzz/rig/event_rules.h). */
#include "harness/events.h"
#include "fuzz/fuzz.h"
#include "fuzz/rig/event_rules.h"

struct hearing {
	struct event_rules rules;
	struct rd rest; /* what no line was made of yet */
	unsigned lines;
};

/* The next line of what was fed, of which the beginning is what counts. */
static struct rd next_line(struct hearing *h)
{
	const uint8_t *end = memchr(h->rest.p, '\n', h->rest.n);
	struct rd line = {0};

	HOLDS("a line is heard of at its end", end != NULL);
	HOLDS("a line is heard of once",
	      rd_sub(&h->rest, (size_t)(end - h->rest.p), &line) && rd_skip(&h->rest, 1));
	if (line.n > EVENT_LINE_MAX) {
		h->rules.broken = true;
		line.n = EVENT_LINE_MAX;
	}
	return line;
}

static void hear(void *arg, const char *text, size_t len, const struct event *ev)
{
	struct hearing *h = arg;
	const struct rd line = next_line(h);

	HOLDS("a line is what was said", line.n == len && !memcmp(line.p, text, len) && !text[len]);
	event_rules_line(&h->rules, line, ev);
}

static void count(void *arg, const char *text, size_t len, const struct event *ev)
{
	struct hearing *h = arg;

	(void)text;
	(void)len;
	(void)ev;
	h->lines++;
}

static bool same(const struct events *a, const struct events *b)
{
	return a->len == b->len && !memcmp(a->line, b->line, a->len) &&
	       a->next_seq == b->next_seq && a->count == b->count && a->ready == b->ready &&
	       a->bye == b->bye && a->violated == b->violated && a->terminated == b->terminated &&
	       !strcmp(a->violation, b->violation) && !strcmp(a->fault, b->fault);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct events whole, pieces;
	struct hearing heard = {.rest = rd_of(data, size)}, again = {0};
	const char *text = (const char *)data;

	events_init(&whole);
	events_feed(&whole, text, size, hear, &heard);
	HOLDS("every line is heard of", !heard.rest.n || !memchr(heard.rest.p, '\n', heard.rest.n));
	HOLDS("a breach is told just where a line breaks the order or the form",
	      (*whole.fault != 0) == (heard.rules.broken || heard.rest.n > EVENT_LINE_MAX));
	HOLDS("what is said of a breach is fit for a terminal",
	      event_rules_is_plain(whole.fault) && event_rules_is_plain(whole.violation));
	events_init(&pieces);
	for (size_t at = 0, n; at < size; at += n) {
		n = 1 + (data[at] ^ at) % 23;
		n = n < size - at ? n : size - at;
		events_feed(&pieces, text + at, n, count, &again);
	}
	HOLDS("it makes no difference where a stream is cut", same(&whole, &pieces));
	HOLDS("in pieces the same lines are heard", again.lines == heard.rules.lines);
	return 0;
}
