/* SPDX-License-Identifier: ISC */
/* dns_rig.h: for tests only. DNS messages put together from string literals, without the code under test. */
#ifndef REF_DNS_RIG_H
#define REF_DNS_RIG_H

#include "ref/dns.h"

#include "bytes/guard.h"

/* Types and classes as they stand in messages. */
#define RIG_A     "\0\1\0\1"
#define RIG_CNAME "\0\5\0\1"
#define RIG_SOA   "\0\6\0\1"
#define RIG_AAAA  "\0\x1c\0\1"

/* An OPT record without options, for 1232 bytes. */
#define RIG_OPT "\0\0\x29\4\xd0\0\0\0\0\0\0"

/* A literal, without the NUL behind it. */
#define RIG(literal) rd_of(literal, sizeof(literal) - 1)

struct dns_rig {
	uint8_t bytes[66000];
	size_t n;
};

static inline void rig_add(struct dns_rig *rig, struct rd bytes)
{
	if (bytes.n > sizeof(rig->bytes) - rig->n)
		abort();
	memcpy(rig->bytes + rig->n, bytes.p, bytes.n);
	rig->n += bytes.n;
}

/* A new message: the header, twelve bytes as they stand in it, and what follows. */
static inline void rig_message(struct dns_rig *rig, struct rd header, struct rd body)
{
	rig->n = 0;
	if (header.n != DNS_HDR_LEN)
		abort();
	rig_add(rig, header);
	rig_add(rig, body);
}

#endif
