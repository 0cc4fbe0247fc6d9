/* SPDX-License-Identifier: ISC */
/* icmp.c: ICMP echo, and which messages are errors. */
#include "ref/icmp.h"

#include "ref/cksum.h"

enum reason icmp_parse(struct rd message, struct icmp *out)
{
	const struct rd whole = message;
	struct icmp icmp;
	uint16_t checksum;

	if (message.n < ICMP_HDR_LEN || cksum_finish(cksum_add(0, whole.p, whole.n)))
		return REASON_ICMP_MALFORMED;
	if (!rd_u8(&message, &icmp.type) || !rd_u8(&message, &icmp.code) ||
	    !rd_u16(&message, &checksum))
		return REASON_ICMP_MALFORMED;
	icmp.rest = message;
	*out = icmp;
	return REASON_NONE;
}

bool icmp_is_error(uint8_t type)
{
	return type == ICMP_UNREACHABLE || type == ICMP_TIME_EXCEEDED ||
	       type == ICMP_PARAMETER_PROBLEM;
}

bool icmp_put_echo_reply(struct wr *w, uint16_t id, struct rd rest)
{
	struct wr t = *w;

	/* Type, code and an empty checksum are all zero, so only what follows adds to the sum. */
	if (!wr_u16(&t, ICMP_ECHO_REPLY << 8) ||
	    !wr_u16(&t, cksum_finish(cksum_add(id, rest.p, rest.n))) || !wr_u16(&t, id) ||
	    !wr_bytes(&t, rest.p, rest.n))
		return false;
	*w = t;
	return true;
}
