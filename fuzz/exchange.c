/* SPDX-License-Identifier: ISC */
/* exchange.c: fuzz target: a whole conversation over one guest connection, both directions
 * (ref/exchange.h). fuzz/rig/exchange_talk.h says what an input is and who decides.
 *
 * It is played whole; byte by byte (a long one in pieces of a few) to readers that are slow; and with lines
 * cut in two through queues that hold one head and little more. Each time what happens, in its order, and
 * what either side got is what a model says. And a second reader that splits what went upstream finds the
 * requests that were allowed, in their order, and no other; also when nobody reads before the end. */
#include "fuzz/fuzz.h"
#include "fuzz/rig/exchange_talk.h"

#define ROOM_MIN 320 /* of the longest refusal */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct talk_result model;
	const struct talk talk = talk_of(rd_of(data, size));
	const struct talk_way whole = {.piece = TALK_ROOM, .room = EXCHANGE_BUF_MIN};
	const size_t piece = 1 + size / 128;
	const struct talk_way slow = {.piece = piece, .slow = piece, .room = EXCHANGE_BUF_MIN};
	struct talk_way narrow = {.slow = piece};

	talk_model(&talk, &model);
	talk_play(&talk, whole, &model);
	talk_play(&talk, slow, &model);
	narrow.room = model.head_max > ROOM_MIN ? model.head_max : ROOM_MIN;
	talk_play(&talk, narrow, &model);
	narrow.stubborn = true;
	talk_play(&talk, narrow, NULL);
	return 0;
}
