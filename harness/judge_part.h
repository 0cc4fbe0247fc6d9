/* SPDX-License-Identifier: ISC */
/* judge_part.h: how the files judge*.c share the work; nobody else includes this. */
#ifndef HARNESS_JUDGE_PART_H
#define HARNESS_JUDGE_PART_H

#include "harness/judge.h"

/* The sentinels' bytes, on their way out or back. */
bool judge_is_sentinel(const struct judge *j, const struct seen *s);
/* Behind a packet only the zeros stand that fill Ethernet's shortest frame. Anything else is cargo. */
bool judge_has_clean_tail(const struct seen *s);

bool judge_holds(struct rd bytes, const char *text);

/* Something is wrong that names nobody. The first doubt is told, one is enough; all add suspects, and with `all` every
 * item is one. */
void judge_doubt(struct judge *j, bool all, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

/* Looks at a frame to the guest, or of the guest's, in the order of the tape. */
void judge_guest(struct judge *j, size_t entry);
void judge_guest_asks(struct judge *j, size_t entry);

/* What the item's frame was; false when it has none, or it was not sent. */
bool judge_sent_frame(const struct judge *j, const struct judge_item *it, struct seen *out);

/* Looks at an event. To be called when all that left is traced to its items. */
void judge_event(struct judge *j, size_t entry);

/* Whether a statement of the case lets the frame cross the wire. */
bool judge_steps_let_cross(const struct judge_item *it, const struct seen *s);
/* Counts what its statements count, over the whole tape; the first that is wrong becomes the item's
 * failure, unless it has one. */
void judge_counts(struct judge *j, struct judge_item *it);

/* Rows of a talk (judge_talk.c). Whose frame this is, or NULL; whether it may cross, and counts as what must. */
struct judge_item *judge_talk_owner(struct judge *j, size_t entry, const struct seen *s);
bool judge_talk_lets_cross(const struct judge *j, const struct judge_item *it,
                           const struct seen *s);
bool judge_talk_is_crossing(const struct judge *j, const struct judge_item *it,
                            const struct seen *s);
/* The provider's kernel tells a resolver that nobody waits for its datagram any more: an ICMP error about a frame that the
 * world did send. It holds nothing of the guest's. */
bool judge_talk_is_kernel_error(const struct judge *j, size_t entry, const struct seen *s);
/* Gives each entry of the tape that nobody has claimed to the row that played then. */
void judge_talk_claim(struct judge *j);
/* What the events lack about a row that seems right: RESULT_PASS when nothing does, else a constant phrase in *why. */
enum result judge_talk_events(const struct judge *j, const struct judge_item *it, const char **why);

/* The case says that its backend was killed. */
bool judge_wants_kill(const struct judge_item *it);

/* judge_wants_end(): whether the backend ended like that; else what it did instead, in `why`. */
bool judge_end_fits(const struct judge *j, const struct judge_item *it, char *why, size_t size);

#endif
