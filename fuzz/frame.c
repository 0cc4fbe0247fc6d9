/* SPDX-License-Identifier: ISC */
/* frame.c: fuzz target: one frame of the guest, judged (ref/verdict.h) beside an independent model
 * (fuzz/rig/model.h), and what is answered (ref/answer.h) read by the harness's decoder.
 *
 * Input: the number of a policy and of a flow table (fuzz/rig/scene.h), a byte that makes the random
 * number of the mode sampled, a byte that says what to mend (fuzz/rig/mend.h), and the frame.
 */
#include "fuzz/rig/judge.h"
#include "fuzz/rig/mend.h"

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size >= 4)
		judge_frame(data[0] % SCENE_POLICIES, data[1] % SCENE_TABLES, data[2] * 0x01010101u,
		            mend_frame(rd_of(data + 4, size - 4), data[3]), false);
	return 0;
}
