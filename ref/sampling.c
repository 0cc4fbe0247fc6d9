/* SPDX-License-Identifier: ISC */
/* sampling.c: SipHash-2-4 of a counter. */
#include "ref/sampling.h"

/* The state of SipHash, four words. */
struct sip {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static void rounds(struct sip *s, unsigned count)
{
	while (count--) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 = rotate(s->v2, 32);
	}
}

static void absorb(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	rounds(s, 2);
	s->v0 ^= word;
}

/* Of the eight bytes of `word`, the lowest first. */
static uint64_t siphash(uint64_t k0, uint64_t k1, uint64_t word)
{
	struct sip s = {
	        .v0 = k0 ^ UINT64_C(0x736f6d6570736575), /* "somepseudorandomlygeneratedbytes" */
	        .v1 = k1 ^ UINT64_C(0x646f72616e646f6d),
	        .v2 = k0 ^ UINT64_C(0x6c7967656e657261),
	        .v3 = k1 ^ UINT64_C(0x7465646279746573),
	};

	absorb(&s, word);
	absorb(&s, UINT64_C(8) << 56); /* the length, in the last word's highest byte */
	s.v2 ^= 0xff;
	rounds(&s, 4);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

static uint64_t little_endian(const uint8_t bytes[8])
{
	uint64_t word = 0;

	for (unsigned i = 0; i < 8; i++)
		word |= (uint64_t)bytes[i] << (8 * i);
	return word;
}

void sampling_init(struct sampling *sampling, const uint8_t key[SAMPLING_KEY_LEN])
{
	*sampling = (struct sampling){.k0 = little_endian(key), .k1 = little_endian(key + 8)};
}

uint32_t sampling_draw(struct sampling *sampling)
{
	return (uint32_t)siphash(sampling->k0, sampling->k1, sampling->count++);
}
