/* SPDX-License-Identifier: ISC */
/* exchange_rig.h: for tests only. A guest, an upstream and somebody who decides, around an exchange:
 * conversations are played whole, byte by byte and cut at every place, through queues of any size, and
 * what each side gets is the same each time. The test includes cmocka first.
 *
 * The one who decides refuses paths that begin with /no, allows upgrades of those that begin with
 * /ws, says nothing about those that begin with /wait, and allows the rest.
 */
#ifndef REF_EXCHANGE_RIG_H
#define REF_EXCHANGE_RIG_H

#include "bytes/quick.h"
#include "ref/exchange.h"

#include <stdio.h>
#include <stdlib.h>

#define RIG_ROOM 65536

/* Who says something. END: no more of it. */
enum rig_who { RIG_NOBODY, RIG_GUEST, RIG_UP, RIG_GUEST_END, RIG_UP_END };

struct rig_line {
	enum rig_who who;
	const char *text;
};

struct rig {
	struct exchange ex;
	struct buf guest_in, guest_out, up_in, up_out;
	uint8_t memory[4][RIG_ROOM];
	struct exchange_io io;
	bool lazy;    /* queues are read by a byte at a time, and only when nothing else goes on */
	bool gone;    /* DROP was said while upstream was speaking: it is not heard out */
	size_t asked; /* requests, where a test counts them */
	bool over;    /* CLOSE or ABORT was said */
	char log[4096];
	char to_guest[RIG_ROOM], to_up[RIG_ROOM];
	size_t to_guest_len, to_up_len;
};

static inline void rig_log(struct rig *r, const char *word, const char *more)
{
	const size_t n = strlen(r->log);

	snprintf(r->log + n, sizeof(r->log) - n, "%s%s%s;", n ? " " : "", word, more);
}

/* `name`: of TLS, or NULL; `size`: of each queue. */
static inline void rig_open(struct rig *r, const char *name, uint64_t body_max, size_t size)
{
	memset(r, 0, sizeof(*r));
	assert_true(size <= RIG_ROOM);
	r->guest_in = buf_of(r->memory[0], size);
	r->guest_out = buf_of(r->memory[1], size);
	r->up_in = buf_of(r->memory[2], size);
	r->up_out = buf_of(r->memory[3], size);
	r->io = (struct exchange_io){.guest_in = &r->guest_in,
	                             .guest_out = &r->guest_out,
	                             .up_in = &r->up_in,
	                             .up_out = &r->up_out};
	exchange_start(&r->ex, name, name ? 443 : 80, body_max);
}

static inline void rig_decide(struct rig *r)
{
	const struct exchange_request *q = &r->ex.request;
	char text[1024];

	snprintf(text, sizeof(text), "%s %s %s%s%s", q->method, q->host, q->path,
	         q->websocket ? " websocket" : "", q->new_upstream ? " new" : "");
	rig_log(r, text, "");
	if (!strncmp(q->path, "/no", 3))
		exchange_refuse(&r->ex, 403, "request-denied");
	else if (strncmp(q->path, "/wait", 5) != 0)
		exchange_allow(&r->ex, !strncmp(q->path, "/ws", 3));
}

/* Reads up to `n` bytes of each side's queue. */
static inline bool rig_read(struct rig *r, size_t n)
{
	const size_t guest = buf_len(&r->guest_out) < n ? buf_len(&r->guest_out) : n;
	const size_t up = buf_len(&r->up_out) < n ? buf_len(&r->up_out) : n;

	assert_true(r->to_guest_len + guest < RIG_ROOM && r->to_up_len + up < RIG_ROOM);
	memcpy(r->to_guest + r->to_guest_len, buf_bytes(&r->guest_out).p, guest);
	memcpy(r->to_up + r->to_up_len, buf_bytes(&r->up_out).p, up);
	r->to_guest_len += guest;
	r->to_up_len += up;
	buf_take(&r->guest_out, guest);
	buf_take(&r->up_out, up);
	return guest || up;
}

/* EXCHANGE_MORE means it: to ask again changes nothing. */
static inline void rig_asks_nothing_twice(struct rig *r)
{
	const struct buf *const queues[] = {&r->guest_in, &r->guest_out, &r->up_in, &r->up_out};
	const enum exchange_phase phase = r->ex.phase;
	size_t before[4];

	for (size_t i = 0; i < 4; i++)
		before[i] = buf_len(queues[i]);
	assert_int_equal(exchange_step(&r->ex, &r->io), EXCHANGE_MORE);
	assert_int_equal(r->ex.phase, phase);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(buf_len(queues[i]), before[i]);
}

static inline void rig_run(struct rig *r)
{
	static const char *const faults[] = {"none",    "malformed", "host",  "address",
	                                     "upgrade", "large",     "reply", "cut"};

	while (!r->over) {
		switch (exchange_step(&r->ex, &r->io)) {
		case EXCHANGE_MORE:
			rig_asks_nothing_twice(r);
			if (!rig_read(r, r->lazy ? 1 : RIG_ROOM))
				return;
			break;
		case EXCHANGE_REQUEST:
			rig_decide(r);
			break;
		case EXCHANGE_FAULT:
			rig_log(r, faults[r->ex.fault],
			        r->ex.detail ? http1_reason_word(r->ex.detail) : "");
			break;
		case EXCHANGE_DROP:
			rig_log(r, "drop", "");
			assert_int_equal(buf_len(&r->up_in) + buf_len(&r->up_out), 0);
			r->io.up_eof = false;
			r->gone = true;
			break;
		case EXCHANGE_CLOSE:
			rig_log(r, "close", "");
			r->over = true;
			break;
		case EXCHANGE_ABORT:
			rig_log(r, "abort", "");
			r->over = true;
			break;
		}
	}
	rig_read(r, RIG_ROOM);
}

/* One side says `n` bytes, as far as there is somebody to hear them. */
static inline void rig_say(struct rig *r, enum rig_who who, const char *bytes, size_t n)
{
	struct buf *to = who == RIG_GUEST ? &r->guest_in : &r->up_in;

	while (n && !r->over) {
		const size_t piece = n < buf_free(to) ? n : buf_free(to);

		assert_true(piece > 0); /* else both wait for each other */
		assert_true(buf_put(to, rd_of(bytes, piece)));
		bytes += piece;
		n -= piece;
		rig_run(r);
	}
}

static inline void rig_end(struct rig *r, enum rig_who who)
{
	if (who == RIG_GUEST_END)
		r->io.guest_eof = true;
	else
		r->io.up_eof = true;
	rig_run(r);
}

/* Plays the lines in pieces of `piece` bytes, but line `line` in two, cut at `cut`. */
static inline void rig_play(struct rig *r, const struct rig_line *lines, size_t piece, size_t line,
                            size_t cut)
{
	rig_run(r);
	for (size_t i = 0; lines[i].who; i++) {
		const char *text = lines[i].text;
		const size_t n = text ? strlen(text) : 0;
		size_t at = 0;

		if (lines[i].who > RIG_UP) {
			rig_end(r, lines[i].who);
			continue;
		}
		r->gone = false;
		while (at < n && !(r->gone && lines[i].who == RIG_UP)) {
			const size_t first = i == line && at < cut ? cut : piece;
			const size_t some = n - at < first ? n - at : first;

			rig_say(r, lines[i].who, text + at, some);
			at += some;
		}
	}
}

/* What a side got, with bodies in chunks joined and in brackets: how they are cut is nobody's
 * business. A body that does not end has no closing bracket. */
static inline void rig_flatten(const char *bytes, size_t n, char *out)
{
	size_t at = 0, head = 0;

	while (at < n) {
		const char *coding = "Transfer-Encoding: chunked\r\n";

		*out++ = bytes[at++];
		if (at - head < 4 || memcmp(bytes + at - 4, "\r\n\r\n", 4) != 0)
			continue;
		if (!memmem(bytes + head, at - head, coding, strlen(coding))) {
			head = at;
			continue;
		}
		*out++ = '[';
		while (at < n) {
			char *end;
			const size_t size = strtoul(bytes + at, &end, 16);

			at = (size_t)(end - bytes) + 2;
			if (at + size + 2 > n)
				break;
			memcpy(out, bytes + at, size);
			out += size;
			at += size + 2;
			if (!size) {
				*out++ = ']';
				break;
			}
		}
		head = at;
	}
	*out = '\0';
}

/* A conversation, and what comes of it. */
struct rig_talk {
	const char *what;
	const char *name; /* of TLS */
	uint64_t body_max;
	struct rig_line lines[10];
	const char *log, *to_up, *to_guest; /* to_up: NULL where it depends on how things are cut */
};

struct rig_result {
	char log[4096], to_guest[RIG_ROOM], to_up[RIG_ROOM];
};

static inline void rig_results(struct rig *r, struct rig_result *out)
{
	rig_run(r);
	memset(out, 0, sizeof(*out));
	memcpy(out->log, r->log, sizeof(out->log));
	rig_flatten(r->to_guest, r->to_guest_len, out->to_guest);
	rig_flatten(r->to_up, r->to_up_len, out->to_up);
}

static inline void rig_assert_same(const struct rig_talk *talk, const struct rig_result *a,
                                   const struct rig_result *b)
{
	assert_string_equal(a->log, b->log);
	assert_string_equal(a->to_guest, b->to_guest);
	if (talk->to_up)
		assert_string_equal(a->to_up, b->to_up);
}

static inline void rig_play_fresh(struct rig *r, const struct rig_talk *talk, size_t piece,
                                  size_t line, size_t cut, struct rig_result *out)
{
	const bool lazy = r->lazy;

	rig_open(r, talk->name, talk->body_max, EXCHANGE_BUF_MIN);
	r->lazy = lazy;
	rig_play(r, talk->lines, piece, line, cut);
	rig_results(r, out);
}

/* Plays it in all ways. */
static inline void rig_check(const struct rig_talk *talk)
{
	static struct rig r;
	static struct rig_result whole, other;

	r.lazy = false;
	rig_play_fresh(&r, talk, RIG_ROOM, 0, 0, &whole);
	if (strcmp(whole.log, talk->log) != 0)
		fail_msg("%s: %s, not %s", talk->what, whole.log, talk->log);
	if (talk->to_up && strcmp(whole.to_up, talk->to_up) != 0)
		fail_msg("%s: upstream got %s, not %s", talk->what, whole.to_up, talk->to_up);
	if (strcmp(whole.to_guest, talk->to_guest) != 0)
		fail_msg("%s: the guest got %s, not %s", talk->what, whole.to_guest,
		         talk->to_guest);
	rig_play_fresh(&r, talk, 1, 0, 0, &other);
	rig_assert_same(talk, &other, &whole);
	for (size_t i = 0; talk->lines[i].who; i++) {
		const size_t n = talk->lines[i].text ? strlen(talk->lines[i].text) : 0;
		const unsigned cuts = quick_share((unsigned)n);

		for (unsigned k = 0; k < cuts; k++) {
			const size_t cut = 1 + k * (n - 1) / cuts; /* all, when they are n */

			r.lazy = cut % 2;
			rig_play_fresh(&r, talk, RIG_ROOM, i, cut, &other);
			rig_assert_same(talk, &other, &whole);
		}
	}
}

#endif
