/* SPDX-License-Identifier: ISC */
/* exchange_random_test.c: random conversations through queues of random sizes, in random pieces, read
 * at random; and what each side gets is what a model says. */
#include "ref/exchange.h"

#include "bytes/quick.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/exchange_rig.h"

#define REQUESTS_MAX 8
#define BODY_MAX     3000
#define TEXT_ROOM    RIG_ROOM

static uint32_t luck;

static uint32_t random_below(uint32_t n)
{
	luck ^= luck << 13;
	luck ^= luck >> 17;
	luck ^= luck << 5;
	return luck % n;
}

/* What is said and what is to come of it. */
struct script {
	char text[TEXT_ROOM];
	size_t n;
};

static void add(struct script *s, const char *text)
{
	const size_t n = strlen(text);

	assert_true(s->n + n < TEXT_ROOM);
	memcpy(s->text + s->n, text, n + 1);
	s->n += n;
}

static void add_length(struct script *s, size_t length)
{
	char text[64];

	snprintf(text, sizeof(text), "Content-Length: %zu\r\n\r\n", length);
	add(s, text);
}

static void add_chunk_size(struct script *s, size_t size)
{
	char text[64];

	snprintf(text, sizeof(text), random_below(2) ? "%zx\r\n" : "000%zX\r\n", size);
	add(s, text);
}

static void make_payload(char *payload, size_t n)
{
	for (size_t i = 0; i < n; i++)
		payload[i] = "abcdefghijklmnopqrstuvwxyz0123456789 \r\n:"[random_below(40)];
	payload[n] = '\0';
}

enum kind { NONE, COUNTED, CHUNKED, UNTIL_CLOSE };

/* A body as it is said, and as rig_flatten() shows what becomes of it. */
static void add_body(struct script *said, struct script *meant, enum kind kind)
{
	char payload[BODY_MAX + 1];
	size_t n = random_below(3) ? random_below(40) : random_below(BODY_MAX);
	size_t at = 0;

	make_payload(payload, n);
	if (kind == COUNTED) {
		add_length(said, n);
		add_length(meant, n);
		add(said, payload);
		add(meant, payload);
		return;
	}
	add(said, kind == CHUNKED ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
	add(meant, kind == NONE ? "\r\n" : "Transfer-Encoding: chunked\r\n\r\n[");
	if (kind == NONE)
		return;
	add(meant, payload);
	add(meant, "]");
	if (kind == UNTIL_CLOSE)
		add(said, payload);
	while (kind == CHUNKED && at < n) {
		const size_t some = 1 + random_below((uint32_t)(n - at));
		char piece[BODY_MAX + 1];

		memcpy(piece, payload + at, some);
		piece[some] = '\0';
		add_chunk_size(said, some);
		add(said, piece);
		add(said, "\r\n");
		at += some;
	}
	if (kind == CHUNKED)
		add(said, random_below(3) ? "0\r\n\r\n" : "000\r\nX-Trailer: a\r\nY:\r\n\r\n");
}

struct conversation {
	size_t requests;
	struct script guest, to_up, to_guest;
	struct script replies[REQUESTS_MAX];
	bool closes[REQUESTS_MAX]; /* upstream ends behind this reply */
};

static void make_request(struct conversation *c, bool head)
{
	static const char *const hosts[] = {"ok.test", "other.test"};
	static const enum kind kinds[] = {NONE, COUNTED, CHUNKED};
	struct script *s = &c->guest, *m = &c->to_up;
	const char *host = hosts[random_below(8) == 0];
	const char *start = head ? "HEAD /x HTTP/1.1\r\n" : "POST /x?y HTTP/1.1\r\n";

	add(s, start);
	add(m, start);
	if (random_below(2))
		add(s, "Connection: x-hop\r\nX-Hop: secret\r\n");
	add(s, "Host: ");
	add(s, host);
	add(s, "\r\nA:b\r\n");
	add(m, "Host: ");
	add(m, host);
	add(m, "\r\nA: b\r\n");
	add_body(s, m, head ? NONE : kinds[random_below(3)]);
}

static void make_reply(struct conversation *c, size_t i, bool head)
{
	static const enum kind kinds[] = {COUNTED, CHUNKED, UNTIL_CLOSE};
	struct script *s = &c->replies[i], *m = &c->to_guest;
	const enum kind kind = kinds[random_below(3)];
	const bool says_close = !random_below(4);

	if (!random_below(4)) {
		add(s, "HTTP/1.1 103 Hints\r\nL: a\r\n\r\n");
		add(m, "HTTP/1.1 103 Hints\r\nL: a\r\n\r\n");
	}
	add(s, "HTTP/1.1 200 OK\r\nX:y\r\n");
	add(m, "HTTP/1.1 200 OK\r\nX: y\r\n");
	if (says_close)
		add(s, "Connection: close\r\n");
	c->closes[i] = says_close;
	if (head) {
		add(s, "\r\n");
		add(m, "\r\n");
		return;
	}
	add_body(s, m, kind);
	c->closes[i] = says_close || kind == UNTIL_CLOSE;
}

static void make(struct conversation *c)
{
	memset(c, 0, sizeof(*c));
	c->requests = 1 + random_below(REQUESTS_MAX);
	for (size_t i = 0; i < c->requests; i++) {
		const bool head = !random_below(5);

		make_request(c, head);
		make_reply(c, i, head);
	}
}

/* Puts some of the text into a queue, as far as it fits. */
static void put_some(struct buf *to, const struct script *s, size_t *at)
{
	size_t n = 1 + random_below(random_below(2) ? 5 : 2000);

	if (n > s->n - *at)
		n = s->n - *at;
	if (n > buf_free(to))
		n = buf_free(to);
	assert_true(buf_put(to, rd_of(s->text + *at, n)));
	*at += n;
}

/* Steps until nothing goes on. */
static void step_all(struct rig *r)
{
	for (;;) {
		switch (exchange_step(&r->ex, &r->io)) {
		case EXCHANGE_MORE:
			return;
		case EXCHANGE_REQUEST:
			r->asked++;
			rig_decide(r);
			break;
		case EXCHANGE_DROP:
			r->io.up_eof = false;
			break;
		case EXCHANGE_CLOSE:
			r->over = true;
			return;
		case EXCHANGE_FAULT:
		case EXCHANGE_ABORT:
			fail_msg("fault %u, detail %s", r->ex.fault,
			         http1_reason_word(r->ex.detail));
		}
	}
}

static void converse(struct rig *r, const struct conversation *c)
{
	size_t guest = 0, up = 0, reply = 0;
	unsigned quiet = 0;

	while (!r->over) {
		assert_true(++quiet < 1000000);
		if (guest < c->guest.n)
			put_some(&r->guest_in, &c->guest, &guest);
		else
			r->io.guest_eof = true;
		if (reply < c->requests && r->ex.phase == EXCHANGE_BUSY && r->ex.own.all_sent &&
		    !buf_len(&r->up_out)) {
			if (up < c->replies[reply].n)
				put_some(&r->up_in, &c->replies[reply], &up);
			else if (c->closes[reply])
				r->io.up_eof = true;
		}
		step_all(r);
		if (reply < c->requests && up == c->replies[reply].n && !buf_len(&r->up_in) &&
		    (r->asked > reply + 1 || r->ex.phase != EXCHANGE_BUSY)) {
			reply++;
			up = 0;
		}
		rig_read(r, random_below(2) ? 1 + random_below(20) : RIG_ROOM);
	}
	rig_read(r, RIG_ROOM);
	assert_int_equal(guest, c->guest.n);
}

static void random_conversations_are_what_the_model_says(void **state)
{
	static struct conversation c;
	static struct rig r;
	static char text[RIG_ROOM * 2];

	(void)state;
	for (uint32_t round = 1; round <= quick_share(4000); round++) {
		luck = round * 2654435761U;
		make(&c);
		rig_open(&r, NULL, 0, 200 + random_below(2000));
		converse(&r, &c);
		rig_flatten(r.to_up, r.to_up_len, text);
		assert_string_equal(text, c.to_up.text);
		rig_flatten(r.to_guest, r.to_guest_len, text);
		assert_string_equal(text, c.to_guest.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(random_conversations_are_what_the_model_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
