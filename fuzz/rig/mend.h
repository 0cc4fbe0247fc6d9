/* SPDX-License-Identifier: ISC */
/* mend.h: puts lengths and checksums right that a fuzzer cannot guess.
 *
 * A byte of the input says what is to be mended, so that both are tried: packets that lie, and what
 * lies deeper in packets that do not.
 */
#ifndef FUZZ_RIG_MEND_H
#define FUZZ_RIG_MEND_H

#include "bytes/rd.h"

#define MEND_IP_CHECKSUM 1 /* the IPv4 header's */
#define MEND_CHECKSUM    2 /* that of UDP (when it is given), TCP or ICMP */
#define MEND_LENGTHS     4 /* IPv4 total length and UDP length: all there is */
#define MEND_ALL         7

/* A copy of `bytes` that ends where nothing more may be read, good until the next call. All of them
 * return `bytes` itself when there is nothing to mend, or more than MEND_MAX of them. */
#define MEND_MAX 70000
struct rd mend_frame(struct rd bytes, unsigned what);  /* Ethernet */
struct rd mend_packet(struct rd bytes, unsigned what); /* IPv4 */
struct rd mend_transport(struct rd bytes, unsigned what, uint32_t src, uint32_t dst, uint8_t proto);

/* Inputs that are about UDP or TCP: what to mend, two IPv4 addresses, and what is sent from one to the
 * other, which is returned mended. False when there are not even these. */
struct mend_between {
	uint32_t src, dst;
	struct rd bytes;
};
bool mend_between(struct rd input, uint8_t proto, struct mend_between *out);

#endif
