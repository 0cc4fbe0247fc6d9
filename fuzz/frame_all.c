/* SPDX-License-Identifier: ISC */
/* frame_all.c: fuzz target: any bytes as a frame of the guest, judged as in the target `frame`, but
 * under every policy, with every flow table that matters to it. Slower, and no policy is forgotten;
 * under the first of them answers are tried in every room that is too small. */
#include "fuzz/rig/judge.h"

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rd frame = rd_of(data, size);

	for (unsigned policy = 0; policy < SCENE_POLICIES; policy++) {
		if (!judge_frame(policy, SCENE_SOME_FLOWS, 0x80808080, frame, !policy))
			continue;
		judge_frame(policy, SCENE_SOME_FLOWS, 0x7f7f7f7f, frame, false);
		for (unsigned table = 0; table < SCENE_TABLES; table++)
			if (table != SCENE_SOME_FLOWS)
				judge_frame(policy, table, 0xffffffff, frame, false);
	}
	return 0;
}
