/* SPDX-License-Identifier: ISC */
/* ipv6.c: fuzz target: any bytes as an IPv6 packet: is it noise of neighbours (ref/ipv6.h)? */
#include "ref/ipv6.h"

#include "fuzz/fuzz.h"
#include "fuzz/rig/plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rd packet = rd_of(data, size);
	uint8_t room[256];
	const bool noise = ipv6_is_neighbour_noise(packet);

	HOLDS("noise of neighbours is what ipv6.h lists",
	      noise == plain_is_neighbour_noise(packet));
	HOLDS("noise is whole", !noise || size >= 41);
	if (noise && size < sizeof(room)) {
		memset(room, 0xff, sizeof(room));
		memcpy(room, data, size);
		HOLDS("padding decides nothing",
		      ipv6_is_neighbour_noise(rd_of(room, sizeof(room))));
	}
	return 0;
}
