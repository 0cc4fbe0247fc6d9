/* SPDX-License-Identifier: ISC */
/* caps.c: see caps.h. */
#include "harness/caps.h"

#include <stddef.h>
#include <string.h>

const char *const caps_known[] = {
        "frames.stream", "arp",       "dhcp",      "icmp.gateway", "allow.udp4",
        "nat.udp4",      "drop.frag", "drop.ipv6", "audit.jsonl",  NULL,
};

bool caps_is_known(const char *tag)
{
	for (size_t i = 0; caps_known[i]; i++)
		if (!strcmp(caps_known[i], tag))
			return true;
	return false;
}
