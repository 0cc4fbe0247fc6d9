/* SPDX-License-Identifier: ISC */
/* bpf.h: an allow list as an expression of libpcap, compiled to a BPF program. */
#ifndef FUZZ_RIG_BPF_H
#define FUZZ_RIG_BPF_H

#include "fuzz/rig/scene.h"

#include "bytes/rd.h"

/* The expression that the policy, which must be one of the first SCENE_FILTERED, comes to: from the
 * VM to the gateway, an unfragmented packet from the VM's address to an allowed endpoint or to one
 * that the gate serves. Static storage, until the next call. */
const char *bpf_expression(enum scene_policy which);

/* Whether the compiled program of that expression matches the frame. */
bool bpf_matches(enum scene_policy which, struct rd frame);

#endif
