/* SPDX-License-Identifier: ISC */
/* arp.c: fuzz target: any bytes as the payload of an ARP frame (ref/arp.h). */
#include "fuzz/rig/plain.h"

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct arp untouched = {.operation = 0x5aa5, .sender_ip = 1, .target_ip = 2};
	struct arp arp = untouched, plain;
	uint8_t again[ARP_LEN];
	struct wr w = wr_of(again, sizeof(again));
	const enum reason reason = arp_parse(rd_of(data, size), &arp);
	const char *differs;

	HOLDS("ARP is refused when it is cut or not of Ethernet and IPv4, and only then",
	      reason == plain_arp(rd_of(data, size), &plain));
	if (reason) {
		HOLDS("a refusal leaves the result alone", !plain_arp_differs(&arp, &untouched));
		return 0;
	}
	differs = plain_arp_differs(&arp, &plain);
	HOLDS(differs, !differs);
	HOLDS("what was read can be written", arp_put(&w, &arp));
	HOLDS("written again it is the same", memcmp(again, data, ARP_LEN) == 0);
	w = wr_of(again, arp.operation % ARP_LEN);
	HOLDS("what does not fit is not written", !arp_put(&w, &arp) && !w.len);
	return 0;
}
