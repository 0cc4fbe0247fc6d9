/* SPDX-License-Identifier: ISC */
/* cksum.h: the internet checksum (RFC 1071).
 *
 * A sum is built in pieces and finished once:
 *
 *	uint32_t sum = cksum_add(0, header, 20);
 *	sum = cksum_add(sum, payload, n);
 *	field = cksum_finish(sum);
 *
 * Every piece but the last must have an even length. Sums and results are in host order and are
 * written with wr_u16(). Over bytes whose checksum field is right, cksum_finish() gives 0.
 */
#ifndef REF_CKSUM_H
#define REF_CKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Adds `n` bytes as big-endian 16-bit words; an odd last byte is padded with zero. The result is at
 * most 0xffff plus what the caller adds. `p` may be NULL when `n` is 0. */
uint32_t cksum_add(uint32_t sum, const uint8_t *p, size_t n);

/* Adds the pseudo-header of UDP and TCP over IPv4 (RFC 768): `len` is the whole datagram's. */
uint32_t cksum_add_pseudo(uint32_t sum, uint32_t src, uint32_t dst, uint8_t proto, uint16_t len);

/* Folds the sum and complements it. */
uint16_t cksum_finish(uint32_t sum);

#endif
