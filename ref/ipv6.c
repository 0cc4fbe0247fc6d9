/* SPDX-License-Identifier: ISC */
/* ipv6.c: recognises neighbour discovery and multicast listener noise. */
#include "ref/ipv6.h"

#define NEXT_HOP_BY_HOP 0
#define NEXT_ICMPV6     58

static bool is_multicast(struct rd address)
{
	return address.p[0] == 0xff;
}

static bool is_local(struct rd address)
{
	static const uint8_t unspecified[16] = {0};

	return is_multicast(address) || (address.p[0] == 0xfe && (address.p[1] & 0xc0) == 0x80) ||
	       memcmp(address.p, unspecified, sizeof(unspecified)) == 0;
}

bool ipv6_is_neighbour_noise(struct rd packet)
{
	uint32_t version_class_flow;
	uint16_t payload_len;
	uint8_t next, hop_limit, type;
	struct rd src, dst, payload;

	if (!rd_u32(&packet, &version_class_flow) || version_class_flow >> 28 != 6 ||
	    !rd_u16(&packet, &payload_len) || !rd_u8(&packet, &next) ||
	    !rd_u8(&packet, &hop_limit) || !rd_sub(&packet, 16, &src) ||
	    !rd_sub(&packet, 16, &dst) || !rd_sub(&packet, payload_len, &payload))
		return false;
	if (!is_local(src) || is_multicast(src) || !is_local(dst))
		return false;
	if (next == NEXT_HOP_BY_HOP) {
		uint8_t units;

		/* One unit of eight bytes, which is what router alert and padding fill. */
		if (!rd_u8(&payload, &next) || !rd_u8(&payload, &units) || units ||
		    !rd_skip(&payload, 6) || next != NEXT_ICMPV6 || !rd_u8(&payload, &type))
			return false;
		return (type >= 130 && type <= 132) || type == 143;
	}
	return next == NEXT_ICMPV6 && hop_limit == 255 && rd_u8(&payload, &type) && type >= 133 &&
	       type <= 136;
}
