/* SPDX-License-Identifier: ISC */
/* cksum.c: the internet checksum, eight bytes at a time.
 *
 * The sum of 16-bit words does not care about byte order as long as it is the same for all of them
 * (RFC 1071 section 2 B), so the bytes are added as the machine loads them and swapped once. */
#include "ref/cksum.h"

#include <string.h>

static uint32_t fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)sum;
}

uint32_t cksum_add(uint32_t sum, const void *p, size_t n)
{
	const uint8_t *byte = p;
	uint64_t acc = 0; /* 32 bits of room: enough for 32 GB before a carry could be lost */
	uint32_t folded;

	for (; n >= 8; n -= 8, byte += 8) {
		uint32_t word[2];

		memcpy(word, byte, sizeof(word));
		acc += word[0];
		acc += word[1];
	}
	for (; n >= 2; n -= 2, byte += 2) {
		uint16_t half;

		memcpy(&half, byte, sizeof(half));
		acc += half;
	}
	if (n) {
		const uint8_t last[2] = {*byte, 0};
		uint16_t half;

		memcpy(&half, last, sizeof(half));
		acc += half;
	}
	folded = fold(acc);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	folded = (folded & 0xff) << 8 | folded >> 8;
#endif
	return fold((uint64_t)sum + folded);
}

uint32_t cksum_add_pseudo(uint32_t sum, uint32_t src, uint32_t dst, uint8_t proto, uint16_t len)
{
	uint64_t acc = sum;

	acc += (src >> 16) + (src & 0xffff);
	acc += (dst >> 16) + (dst & 0xffff);
	acc += proto;
	acc += len;
	return fold(acc);
}

uint16_t cksum_finish(uint32_t sum)
{
	return (uint16_t)~fold(sum);
}
