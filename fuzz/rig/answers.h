/* SPDX-License-Identifier: ISC */
/* answers.h: what refnat tells the guest, built for a verdict and read by the harness's eyes.
 *
 * answers_hold() takes a verdict as the caller of ref/answer.h would and looks at every frame that
 * may follow: the answer itself, or, for a packet that goes out, one that could come back with the
 * same bytes; and tries to write it where there is too little room, once, or with `every_room` in
 * every room that is too small. Ends the program when one of them is not what it should be (fuzz/fuzz.h).
 */
#ifndef FUZZ_RIG_ANSWERS_H
#define FUZZ_RIG_ANSWERS_H

#include "ref/verdict.h"

void answers_hold(const struct policy *policy, const struct verdict *verdict, bool every_room);

#endif
