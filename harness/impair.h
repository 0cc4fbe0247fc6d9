/* SPDX-License-Identifier: ISC */
/* impair.h: a bad cable: loses, reorders and duplicates frames, the same ones every time.
 *
 * Pure. What becomes of a frame depends on the seed, the direction and the frame's number alone, so
 * a run with the same frames can be repeated. A frame that is held back is overtaken by 1 to
 * IMPAIR_HOLD_MAX later ones of its direction; when there are none, the owner releases it.
 */
#ifndef HARNESS_IMPAIR_H
#define HARNESS_IMPAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMPAIR_WHOLE     1000000 /* rates are parts of a million; together at most this */
#define IMPAIR_HOLD_MAX  3       /* later frames that may overtake one */
#define IMPAIR_HELD_MAX  8       /* frames held back at one time; one more passes in its turn */
#define IMPAIR_FRAME_MAX 1536    /* longer frames are never held back */

struct impair_rates {
	uint32_t loss, reorder, duplicate;
	uint32_t seed;
};

enum impair_way { IMPAIR_FROM_GUEST, IMPAIR_TO_GUEST };
enum impair_action { IMPAIR_PASS, IMPAIR_LOSE, IMPAIR_HOLD, IMPAIR_DUPLICATE };

/* What becomes of frame `number` of its direction, counted from 0. With IMPAIR_HOLD, *later is how
 * many later frames overtake it, 1 to IMPAIR_HOLD_MAX; otherwise 0. */
enum impair_action impair_decide(const struct impair_rates *r, enum impair_way way, uint64_t number,
                                 unsigned *later);

struct impair_counts {
	uint64_t frames, lost, reordered, duplicated; /* frames: all that came */
};

/* One direction of the cable. Begin with impair_begin(). 13 KB. */
struct impair {
	struct impair_rates rates;
	enum impair_way way;
	struct impair_counts counts;
	struct impair_held {
		unsigned later; /* frames that still overtake it; 0: the place is free */
		uint64_t number;
		size_t len;
		uint8_t frame[IMPAIR_FRAME_MAX];
	} held[IMPAIR_HELD_MAX];
	size_t held_count;
};

typedef void impair_emit(void *arg, const uint8_t *frame, size_t len);

void impair_begin(struct impair *im, const struct impair_rates *r, enum impair_way way);
/* A frame comes: calls `emit` for each that leaves now, none to many times. */
void impair_take(struct impair *im, const uint8_t *frame, size_t len, impair_emit *emit, void *arg);
/* Nothing more comes for now: what is held back leaves, in its order. */
void impair_release(struct impair *im, impair_emit *emit, void *arg);

#endif
