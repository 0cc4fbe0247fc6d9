/* SPDX-License-Identifier: ISC */
/* shard.c: see shard.h. */
#include "harness/shard.h"

#include <stdio.h>

/* A number from 1 to SHARDS_MAX at *p, which moves behind it; 0 when there is none. */
static unsigned take_number(const char **p)
{
	unsigned n = 0;

	if (**p == '0')
		return 0;
	for (; **p >= '0' && **p <= '9'; (*p)++) {
		n = n * 10 + (unsigned)(**p - '0');
		if (n > SHARDS_MAX)
			return 0;
	}
	return n;
}

bool shard_parse(const char *text, struct shard *out)
{
	struct shard s;

	s.number = take_number(&text);
	if (!s.number || *text++ != '/')
		return false;
	s.of = take_number(&text);
	if (!s.of || *text || s.number > s.of)
		return false;
	*out = s;
	return true;
}

char *shard_text(const struct shard *s, char *out)
{
	snprintf(out, SHARD_TEXT_MAX, "%u/%u", s->number % 10000, s->of % 10000);
	return out;
}

bool shard_has(const struct shard *s, unsigned at)
{
	return !s->of || at % s->of == s->number - 1;
}

unsigned shard_size(const struct shard *s, unsigned cases)
{
	if (!s->of)
		return cases;
	return cases / s->of + (cases % s->of >= s->number);
}
