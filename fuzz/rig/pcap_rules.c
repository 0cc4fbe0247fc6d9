/* SPDX-License-Identifier: ISC */
/* pcap_rules.c: classic capture files read a second time, by hand. */
#include "fuzz/rig/pcap_rules.h"

#define HEAD        24
#define RECORD_HEAD 16
#define FRAME_MAX   262144

static uint32_t u32(const struct pcap_rules *rules, const uint8_t *p)
{
	const uint32_t large = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
	                       p[3];

	return rules->large ? large : __builtin_bswap32(large);
}

struct pcap_rules pcap_rules_of(struct rd file)
{
	struct pcap_rules rules = {.rest = file};
	const uint8_t *p = file.p;
	uint32_t magic, version;

	if (!rd_skip(&rules.rest, HEAD))
		return rules;
	rules.large = p[0] == 0xa1;
	magic = u32(&rules, p);
	rules.nanoseconds = magic == UINT32_C(0xa1b23c4d);
	version = rules.large ? u32(&rules, p + 4)
	                      : (u32(&rules, p + 4) << 16 | u32(&rules, p + 4) >> 16);
	rules.snapshot = u32(&rules, p + 16);
	rules.known = (magic == UINT32_C(0xa1b2c3d4) || rules.nanoseconds) &&
	              version == UINT32_C(0x00020004) && rules.snapshot &&
	              rules.snapshot <= FRAME_MAX && u32(&rules, p + 20) == 1;
	return rules;
}

bool pcap_rules_next(struct pcap_rules *rules, struct replay_frame *out)
{
	const uint32_t unit = rules->nanoseconds ? 1 : 1000;
	struct rd rest = rules->rest, frame;
	const uint8_t *p = rest.p;
	uint32_t fraction;

	if (!rd_skip(&rest, RECORD_HEAD))
		return false;
	fraction = u32(rules, p + 4);
	out->t_unix_ns = u32(rules, p) * UINT64_C(1000000000) + (uint64_t)fraction * unit;
	out->len = u32(rules, p + 8);
	out->wire_len = u32(rules, p + 12);
	/* libpcap takes seconds for signed: behind 2038 is before 1970. */
	if (u32(rules, p) > INT32_MAX || out->len > rules->snapshot ||
	    fraction > 1000000000 / unit || out->wire_len < out->len || out->wire_len > INT32_MAX)
		rules->known = false;
	if (!rules->known || !rd_sub(&rest, out->len, &frame))
		return false;
	out->data = frame.p;
	rules->rest = rest;
	return true;
}
