/* SPDX-License-Identifier: ISC */
/* engine_siphash.h: SipHash-2-4 of one number of eight bytes, written from the paper (Aumasson and
 * Bernstein, 2012), with the state as an array; it predicts what refnat draws in mode sampled. */
#ifndef FUZZ_RIG_ENGINE_SIPHASH_H
#define FUZZ_RIG_ENGINE_SIPHASH_H

#include <stdint.h>

static inline uint64_t sip_turn(uint64_t x, int by)
{
	return (x << by) | (x >> (64 - by));
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = sip_turn(v[1], 13) ^ v[0];
	v[0] = sip_turn(v[0], 32);
	v[2] += v[3];
	v[3] = sip_turn(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = sip_turn(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = sip_turn(v[1], 17) ^ v[2];
	v[2] = sip_turn(v[2], 32);
}

static inline uint64_t siphash24(const uint8_t key[16], uint64_t number)
{
	static const char constant[] = "somepseudorandomlygeneratedbytes";
	const uint64_t words[2] = {number, UINT64_C(0x0800000000000000)};
	uint64_t v[4], k[2] = {0};

	for (int i = 0; i < 16; i++)
		k[i / 8] += (uint64_t)key[i] << (i % 8 * 8);
	for (int i = 0; i < 4; i++) {
		v[i] = 0;
		for (int b = 0; b < 8; b++)
			v[i] = v[i] << 8 | (uint8_t)constant[i * 8 + b];
		v[i] ^= k[i % 2];
	}
	for (int i = 0; i < 2; i++) {
		v[3] ^= words[i];
		sip_round(v);
		sip_round(v);
		v[0] ^= words[i];
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif
