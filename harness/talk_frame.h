/* SPDX-License-Identifier: ISC */
/* talk_frame.h: the frames of the guest's end of a conversation. */
#ifndef HARNESS_TALK_FRAME_H
#define HARNESS_TALK_FRAME_H

#include "harness/talk_tcp.h"

#include <stddef.h>
#include <stdint.h>

#define TALK_FRAME_MAX 2048

/* From $VM to whom it talks. */
struct talk_ends {
	uint8_t gateway_mac[6];
	uint32_t ip;
	uint16_t port;
	uint16_t own_port;
};

/* Each writes a frame to `out` (TALK_FRAME_MAX bytes) and returns its length; 0 when it is too long. */
size_t talk_frame_tcp(const struct talk_ends *e, const struct talk_segment *s, uint8_t *out);
size_t talk_frame_udp(const struct talk_ends *e, const uint8_t *p, size_t n, uint8_t *out);

#endif
