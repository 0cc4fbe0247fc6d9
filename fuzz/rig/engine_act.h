/* SPDX-License-Identifier: ISC */
/* engine_act.h: what an operation of a program does. */
#ifndef FUZZ_RIG_ENGINE_ACT_H
#define FUZZ_RIG_ENGINE_ACT_H

#include "bytes/rd.h"
#include "fuzz/rig/engine_ops.h"

/* `args` are the five of the operation. */
void act(enum engine_op op, const uint8_t args[5]);

/* The policy that the program's header asks for is in force. */
void act_first_policy(const uint8_t header[6]);

/* engine_program.c: so much time is to pass; the next bytes of the program. */
void program_pass(uint64_t ns);
struct rd program_bytes(size_t n);

#endif
