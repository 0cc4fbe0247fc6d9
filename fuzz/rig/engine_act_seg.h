/* SPDX-License-Identifier: ISC */
/* engine_act_seg.h: segments of a guest that follows its connections. */
#ifndef FUZZ_RIG_ENGINE_ACT_SEG_H
#define FUZZ_RIG_ENGINE_ACT_SEG_H

#include "fuzz/rig/engine_packet.h"

/* What a SYN offers; `which` has a bit for each option. */
void packet_put_syn_options(struct packet *p, uint8_t which);

/* A segment of the live connection number `conn`, of that kind, with a payload of `n` bytes. */
void packet_put_seg(struct packet *p, uint8_t conn, uint8_t kind, size_t n, uint8_t value);

#endif
