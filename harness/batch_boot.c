/* SPDX-License-Identifier: ISC */
/* batch_boot.c: a case that boots a guest of its own, and the rows that this guest sends before anything else. */
#include "harness/batch_steps.h"

#include "bytes/wr.h"
#include "harness/frame.h"

#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTACK_MAX (8u << 20)

const struct scn_boot *batch_boot(const struct batch *b)
{
	return b->items[0].row ? NULL : case_boot(b->items[0].scn_case);
}

bool batch_power(struct batch *b, struct judge_item *it, const struct step *st, char *why)
{
	if (b->actor->power)
		return b->actor->power(b, it, st, why);
	snprintf(why, 256, "there is no guest to boot on this plane");
	return false;
}

uint8_t *batch_boot_attack(struct batch *b, size_t *len, char *why)
{
	static uint8_t frame[FRAME_MAX];
	uint8_t *bytes = malloc(ATTACK_MAX);
	struct wr w = wr_of(bytes, bytes ? ATTACK_MAX : 0);

	for (size_t i = 0; i < b->count; i++) {
		const struct judge_item *it = &b->items[i];
		size_t n;

		if (!it->row)
			continue;
		n = batch_build(b, &it->row->recipe, &it->vars, frame, why);
		if (n && wr_u32(&w, (uint32_t)n) && wr_bytes(&w, frame, n))
			continue;
		if (n)
			snprintf(why, 256, "the attack has more than %u bytes", ATTACK_MAX);
		free(bytes);
		return NULL;
	}
	*len = w.len;
	return bytes;
}

void batch_note_boot(struct batch *b)
{
	if (b->boots < BATCH_BOOTS_MAX)
		b->boot_from[b->boots++] = b->session.tape.count;
}

/* A card may fill up a short frame with zeros; nothing else makes it longer. */
static bool is_filled(const struct tape_entry *e, size_t len)
{
	for (size_t i = len; i < e->len; i++)
		if (e->data[i])
			return false;
	return e->len <= ETH_ZLEN;
}

/* The first entry of the tape in [from, to) that is this frame of the guest's, and nobody's yet; else one that was filled
 * up. `to` when there is none. */
static size_t find_frame(const struct tape *t, size_t from, size_t to, const uint8_t *frame,
                         size_t len)
{
	size_t longer = to;

	for (; from < to; from++) {
		const struct tape_entry *e = &t->entries[from];

		if (e->kind != TAPE_GUEST_OUT || e->row != TAPE_NO_ROW || e->len < len ||
		    memcmp(e->data, frame, len))
			continue;
		if (e->len == len)
			return from;
		if (longer == to && is_filled(e, len))
			longer = from;
	}
	return longer;
}

/* The row's frame once for each time that the guest booted. */
static unsigned claim(struct batch *b, struct judge_item *it, int number, const uint8_t *frame,
                      size_t len)
{
	struct tape *t = &b->session.tape;
	unsigned times = 0;

	for (unsigned i = 0; i < b->boots; i++) {
		size_t end = i + 1 < b->boots ? b->boot_from[i + 1] : t->count;
		size_t at = find_frame(t, b->boot_from[i], end, frame, len);

		if (at == end)
			continue;
		t->entries[at].row = number;
		if (!times++)
			it->sent = at;
	}
	return times;
}

bool batch_boot_row(struct batch *b, struct judge_item *it, int number, char *why)
{
	static uint8_t frame[FRAME_MAX];
	size_t len = batch_build(b, &it->row->recipe, &it->vars, frame, why), entry;

	if (!len)
		return false;
	it->times = claim(b, it, number, frame, len);
	if (it->times && it->times == b->boots)
		return true;
	snprintf(why, 256, "the guest booted %u time%s, and its frame was seen %u time%s", b->boots,
	         b->boots == 1 ? "" : "s", it->times, it->times == 1 ? "" : "s");
	if (it->times || !b->actor->send)
		return false;
	/* No kernel may send such a frame. Then this guest does not say that it does either. */
	if (b->actor->send(b, frame, len, number, &entry, why))
		snprintf(why, 256, "the guest did not send it when it booted, though it can");
	return false;
}
