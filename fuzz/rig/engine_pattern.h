/* SPDX-License-Identifier: ISC */
/* engine_pattern.h: bytes that tell their place, for streams and datagrams that nobody has to store. They
 * look like chance, so that whoever takes some for others, or of elsewhere, is seen to; and runs of them
 * are copied and compared as a whole. */
#ifndef FUZZ_RIG_ENGINE_PATTERN_H
#define FUZZ_RIG_ENGINE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Places count modulo 2^32, as sequence numbers do. Streams of several sources begin far apart. */
#define PATTERN_OF(source, at) (((uint32_t)(source) << 24) + (uint32_t)(at))

void pattern_put(uint8_t *to, uint32_t at, size_t n);
bool pattern_is(const uint8_t *p, uint32_t at, size_t n);

#endif
