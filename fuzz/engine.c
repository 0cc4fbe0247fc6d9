/* SPDX-License-Identifier: ISC */
/* engine.c: fuzz target: a program of operations against refnat's real engine, beside a model.
 *
 * The input is a program (fuzz/rig/engine_ops.h): the guest sends packets with one field changed on
 * purpose, the world answers, strangers answer, time passes, the policy is exchanged. It is played
 * against verdict.c, flow.c, tcp*.c, answer.c, lease.c, nat*.c, loop.c and link.c as they are, on a
 * kernel and a world in memory (engine_kernel.h). What must hold is said where it is seen:
 *
 *	model.c          each frame is judged a second time, from the headers
 *	engine_model.c   what leaves, to whom, for which cause; flows, denials, policies
 *	engine_answer.c  frames for the guest, byte for byte
 *	engine_tcp.c     connections: nothing lost, nothing made up, nothing before its time
 *
 * ENGINE_STORY=1 build/replay engine FILE tells a program as a story. */
#include "fuzz/fuzz.h"
#include "fuzz/rig/engine_program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const bool twice = engine_wants_twice(data, size, FUZZ_ONE_OF(8));
	uint64_t seen = 0, again = 0;

	engine_play(data, size, 0xa5, twice ? &seen : NULL);
	if (twice) {
		engine_play(data, size, 0x5a, &again);
		HOLDS("the same program does the same, whatever memory held before", again == seen);
	}
	return 0;
}
