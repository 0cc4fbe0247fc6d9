/* SPDX-License-Identifier: ISC */
/* judge.h: one frame in one scene: verdict_frame() beside the model, and what is answered. */
#ifndef FUZZ_RIG_JUDGE_H
#define FUZZ_RIG_JUDGE_H

#include "fuzz/rig/scene.h"

#include "bytes/rd.h"

/* Ends the program when something does not hold (fuzz/fuzz.h). `every_room`: see answers.h. Whether the flows in the table had a
 * say, as the model has it. */
bool judge_frame(enum scene_policy policy, enum scene_table table, uint32_t random, struct rd frame,
                 bool every_room);

#endif
