/* SPDX-License-Identifier: ISC */
/* cksum.c: the internet checksum, eight bytes at a time.
 *
 * A carry out of 16 bits counts one at their lower end (RFC 1071 section 1), so 65536 counts as much as 1: words of
 * 32 bits may be added up, and the halves of what comes out. */
#include "ref/cksum.h"

/*@ assigns \nothing;
  @ ensures \result == ones(sum); */
static uint32_t fold(uint64_t sum)
{
	sum = sum % 0x100000000 + sum / 0x100000000;
	//@ assert halves: ones(sum) == ones(\at(sum, Pre)) && sum < 0x200000000;
	sum = sum % 0x100000000 + sum / 0x100000000;
	//@ assert word: ones(sum) == ones(\at(sum, Pre)) && sum < 0x100000000;
	sum = sum % 0x10000 + sum / 0x10000;
	//@ assert quarters: ones(sum) == ones(\at(sum, Pre)) && sum < 0x1ffff;
	sum = sum % 0x10000 + sum / 0x10000;
	return (uint32_t)sum;
}

/*@ requires \valid_read(p + (0 .. 1));
  @ assigns \nothing;
  @ ensures \result == be16(p); */
static uint16_t load16(const uint8_t *p)
{
	return (uint16_t)((p[0] << 8) + p[1]);
}

/* Compilers make one load of it. */
/*@ requires \valid_read(p + (0 .. 3));
  @ assigns \nothing;
  @ ensures \result == be16(p) * 65536 + be16(p + 2); */
static uint32_t load32(const uint8_t *p)
{
	return ((uint32_t)p[0] << 24) + ((uint32_t)p[1] << 16) + ((uint32_t)p[2] << 8) + p[3];
}

uint32_t cksum_add(uint32_t sum, const uint8_t *p, size_t n)
{
	uint64_t acc = sum; /* 32 bits of room: enough for 16 GB before a carry could be lost */
	size_t i = 0;

	/*@ loop invariant i <= n && i % 8 == 0 && acc <= 0x100000000 + i * 0x40000000;
	  @ loop invariant sum: adds_up(acc, sum + octets(p, i)) && 0 <= octets(p, i);
	  @ loop assigns i, acc;
	  @ loop variant n - i; */
	for (; n - i >= 8; i += 8) {
		//@ assert left: octets(p, i + 4) == octets(p, i) + be16(p + i) + be16(p + i + 2);
		//@ assert 0 <= be16(p + i) <= 65535 && 0 <= be16(p + i + 2) <= 65535;
		acc += load32(p + i);
		//@ assert four: adds_up(acc, sum + octets(p, i + 4)) && acc <= 0x200000000 + i * 0x40000000;
		//@ assert right: octets(p, i + 8) == octets(p, i + 4) + be16(p + i + 4) + be16(p + i + 6);
		//@ assert 0 <= be16(p + i + 4) <= 65535 && 0 <= be16(p + i + 6) <= 65535;
		acc += load32(p + i + 4);
		//@ assert eight: adds_up(acc, sum + octets(p, i + 8));
	}
	/*@ loop invariant i <= n && i % 2 == 0 && acc <= 0x100000000 + i * 0x40000000;
	  @ loop invariant sum: adds_up(acc, sum + octets(p, i)) && 0 <= octets(p, i);
	  @ loop assigns i, acc;
	  @ loop variant n - i; */
	for (; n - i >= 2; i += 2) {
		//@ assert octets(p, i + 2) == octets(p, i) + be16(p + i);
		//@ assert 0 <= be16(p + i) <= 65535;
		acc += load16(p + i);
		//@ assert two: adds_up(acc, sum + octets(p, i + 2));
	}
	if (i < n) {
		//@ assert last: octets(p, i + 1) == octets(p, i) + 256 * p[i];
		//@ assert odd: n == i + 1;
		acc += (uint64_t)p[i] << 8;
	}
	//@ assert all: adds_up(acc, sum + octets(p, n));
	return fold(acc);
}

uint32_t cksum_add_pseudo(uint32_t sum, uint32_t src, uint32_t dst, uint8_t proto, uint16_t len)
{
	uint64_t acc = sum;

	acc += src % 0x10000 + src / 0x10000;
	acc += dst % 0x10000 + dst / 0x10000;
	acc += proto;
	acc += len;
	return fold(acc);
}

uint16_t cksum_finish(uint32_t sum)
{
	return (uint16_t)(0xffff - fold(sum));
}
