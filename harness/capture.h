/* SPDX-License-Identifier: ISC */
/* capture.h: sees every frame of a network namespace, with its direction.
 *
 * One AF_PACKET socket on all interfaces at once, opened before any backend starts and kept: a
 * libpcap handle per case was measured at 7-16 ms to open and 25 ms to close, more than the case
 * itself, and does not tell the direction. VLAN tags, which the kernel takes off on receipt, are
 * put back.
 */
#ifndef HARNESS_CAPTURE_H
#define HARNESS_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAPTURE_FRAME_MAX 65600

struct captured {
	uint8_t *frame; /* the caller's buffer */
	size_t len;
	unsigned ifindex;
	bool outgoing; /* sent by this namespace; otherwise received */
};

/* In the namespace the caller is in. `ifindex` limits it to one interface, 0 takes all.
 * Nonblocking. Returns a descriptor or -1 with a message on stderr. */
int capture_open(unsigned ifindex);
/* The next frame into `buf` (CAPTURE_FRAME_MAX bytes): 1, 0 when none is waiting, -1 with a
 * message. */
int capture_next(int fd, uint8_t *buf, struct captured *out);
/* Frames the kernel lost since the last call: anything but 0 makes the evidence worthless. */
unsigned capture_drops(int fd);

#endif
