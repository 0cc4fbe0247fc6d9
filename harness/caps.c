/* SPDX-License-Identifier: ISC */
/* caps.c: see caps.h. */
#include "harness/caps.h"

#include <stddef.h>
#include <string.h>

const char *const caps_known[] = {
        "frames.stream", "arp",        "dhcp",        "icmp.gateway",  "icmp.outside",
        "allow.udp4",    "allow.tcp4", "nat.udp4",    "nat.tcp4",      "drop.frag",
        "drop.ipv6",     "mtu",        "terminate",   "ctl.sync",      "ctl.policy",
        "ctl.stats",     "ctl.clock",  "audit.jsonl", "dns.synthetic", "dns.forward",
        "tls.splice",    "tls.mitm",   "http.rules",  "organisation",  NULL,
};

bool caps_is_known(const char *tag)
{
	for (size_t i = 0; caps_known[i]; i++)
		if (!strcmp(caps_known[i], tag))
			return true;
	return false;
}
