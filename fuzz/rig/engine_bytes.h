/* SPDX-License-Identifier: ISC */
/* engine_bytes.h: numbers in packets and the Internet checksum, for the engine's model. On purpose not
 * those of ref/: what both sides share, neither can find wrong. */
#ifndef FUZZ_RIG_ENGINE_BYTES_H
#define FUZZ_RIG_ENGINE_BYTES_H

#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* For loops over bytes: that libFuzzer looks at each comparison in them costs more than all else. */
#ifdef __clang__
#define ENGINE_UNSEEN __attribute__((no_sanitize("coverage")))
#else
#define ENGINE_UNSEEN
#endif

static inline uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

static inline void set16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void set32(uint8_t *p, uint32_t v)
{
	set16(p, v >> 16);
	set16(p + 2, v);
}

/* RFC 1071: the sum of big-endian 16-bit words, the last one filled up with zero; most of them as the
 * machine has them, which makes the same sum with its bytes exchanged. */
ENGINE_UNSEEN static inline uint64_t sum16(uint64_t sum, const uint8_t *p, size_t n)
{
	uint64_t own = 0, word;

	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&word, p, 8);
		own += (word & 0xffffffff) + (word >> 32);
	}
	while (own >> 16)
		own = (own & 0xffff) + (own >> 16);
	sum += ntohs((uint16_t)own);
	for (; n > 1; p += 2, n -= 2)
		sum += be16(p);
	return n ? sum + ((uint64_t)*p << 8) : sum;
}

/* What to write into the field; 0 over bytes that hold a right checksum already. */
ENGINE_UNSEEN static inline uint16_t sum16_end(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Of UDP and TCP, with the pseudo-header. */
static inline uint16_t sum16_pseudo(uint32_t src, uint32_t dst, uint8_t proto, const uint8_t *p,
                                    size_t n)
{
	return sum16_end(sum16((src >> 16) + (src & 0xffff) + (dst >> 16) + (dst & 0xffff) + proto +
	                               (n & 0xffff),
	                       p, n));
}

#endif
