/* SPDX-License-Identifier: ISC */
/* impair.c: see impair.h. */
#include "harness/impair.h"

#include <string.h>

/* splitmix64: every number gets its own, unrelated 64 bits. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

enum impair_action impair_decide(const struct impair_rates *r, enum impair_way way, uint64_t number,
                                 unsigned *later)
{
	uint64_t x = mix(mix((uint64_t)r->seed << 1 | (way == IMPAIR_TO_GUEST)) ^ number);
	uint32_t lot = (uint32_t)((x >> 32) * IMPAIR_WHOLE >> 32);

	*later = 0;
	if (lot < r->loss)
		return IMPAIR_LOSE;
	lot -= r->loss;
	if (lot < r->reorder) {
		*later = 1 + (uint32_t)x % IMPAIR_HOLD_MAX;
		return IMPAIR_HOLD;
	}
	lot -= r->reorder;
	return lot < r->duplicate ? IMPAIR_DUPLICATE : IMPAIR_PASS;
}

void impair_begin(struct impair *im, const struct impair_rates *r, enum impair_way way)
{
	memset(im, 0, sizeof(*im));
	im->rates = *r;
	im->way = way;
}

static bool hold(struct impair *im, const uint8_t *frame, size_t len, unsigned later)
{
	if (len > IMPAIR_FRAME_MAX || im->held_count == IMPAIR_HELD_MAX)
		return false;
	for (size_t i = 0; i < IMPAIR_HELD_MAX; i++) {
		struct impair_held *h = &im->held[i];

		if (h->later)
			continue;
		h->later = later;
		h->number = im->counts.frames;
		h->len = len;
		if (len)
			memcpy(h->frame, frame, len);
		break;
	}
	im->held_count++;
	return true;
}

/* The oldest frame whose time has come, or NULL. */
static struct impair_held *next_due(struct impair *im, unsigned later_at_most)
{
	struct impair_held *due = NULL;

	for (size_t i = 0; i < IMPAIR_HELD_MAX; i++) {
		struct impair_held *h = &im->held[i];

		if (h->later && h->later <= later_at_most && (!due || h->number < due->number))
			due = h;
	}
	return due;
}

static void let_go(struct impair *im, struct impair_held *h, impair_emit *emit, void *arg)
{
	h->later = 0;
	im->held_count--;
	emit(arg, h->frame, h->len);
}

/* A frame has left: it has overtaken all that are held back. */
static void overtake(struct impair *im, impair_emit *emit, void *arg)
{
	struct impair_held *h;

	if (!im->held_count)
		return;
	while ((h = next_due(im, 1)))
		let_go(im, h, emit, arg);
	for (size_t i = 0; i < IMPAIR_HELD_MAX; i++)
		if (im->held[i].later)
			im->held[i].later--;
}

void impair_take(struct impair *im, const uint8_t *frame, size_t len, impair_emit *emit, void *arg)
{
	unsigned later;
	enum impair_action a = impair_decide(&im->rates, im->way, im->counts.frames, &later);

	if (a == IMPAIR_HOLD && !hold(im, frame, len, later))
		a = IMPAIR_PASS;
	im->counts.frames++;
	im->counts.lost += a == IMPAIR_LOSE;
	im->counts.reordered += a == IMPAIR_HOLD;
	im->counts.duplicated += a == IMPAIR_DUPLICATE;
	if (a == IMPAIR_LOSE || a == IMPAIR_HOLD)
		return;
	emit(arg, frame, len);
	if (a == IMPAIR_DUPLICATE)
		emit(arg, frame, len);
	overtake(im, emit, arg);
}

void impair_release(struct impair *im, impair_emit *emit, void *arg)
{
	struct impair_held *h;

	while ((h = next_due(im, IMPAIR_HOLD_MAX)))
		let_go(im, h, emit, arg);
}
