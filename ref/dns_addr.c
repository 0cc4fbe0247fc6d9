/* SPDX-License-Identifier: ISC */
/* dns_addr.c: addresses that no public name has a reason to point at. */
#include "ref/dns_addr.h"

#include "ref/addr.h"

#include <assert.h>
#include <stddef.h>

#define CLASS_NAME_SIZE 16

static const char names[][CLASS_NAME_SIZE] = {
        [DNS_ADDR_GLOBAL] = "global",         [DNS_ADDR_UNSPECIFIED] = "unspecified",
        [DNS_ADDR_PRIVATE] = "private",       [DNS_ADDR_CGNAT] = "cgnat",
        [DNS_ADDR_LOOPBACK] = "loopback",     [DNS_ADDR_LINK_LOCAL] = "link-local",
        [DNS_ADDR_PROTOCOL] = "protocol",     [DNS_ADDR_DOCUMENTATION] = "documentation",
        [DNS_ADDR_6TO4_RELAY] = "6to4-relay", [DNS_ADDR_BENCHMARK] = "benchmark",
        [DNS_ADDR_MULTICAST] = "multicast",   [DNS_ADDR_RESERVED] = "reserved",
        [DNS_ADDR_BROADCAST] = "broadcast",
};

static_assert(sizeof(names) / sizeof(names[0]) == DNS_ADDR_CLASS_COUNT, "every class has a name");

/* The first network that an address is in decides; in the last is every one. */
static const struct {
	uint8_t net[4];
	uint8_t prefix;
	enum dns_addr_class class;
} networks[] = {
        {{0, 0, 0, 0}, 8, DNS_ADDR_UNSPECIFIED},
        {{10, 0, 0, 0}, 8, DNS_ADDR_PRIVATE},
        {{100, 64, 0, 0}, 10, DNS_ADDR_CGNAT},
        {{127, 0, 0, 0}, 8, DNS_ADDR_LOOPBACK},
        {{169, 254, 0, 0}, 16, DNS_ADDR_LINK_LOCAL},
        {{172, 16, 0, 0}, 12, DNS_ADDR_PRIVATE},
        {{192, 0, 0, 0}, 24, DNS_ADDR_PROTOCOL},
        {{192, 0, 2, 0}, 24, DNS_ADDR_DOCUMENTATION},
        {{192, 88, 99, 0}, 24, DNS_ADDR_6TO4_RELAY},
        {{192, 168, 0, 0}, 16, DNS_ADDR_PRIVATE},
        {{198, 18, 0, 0}, 15, DNS_ADDR_BENCHMARK},
        {{198, 51, 100, 0}, 24, DNS_ADDR_DOCUMENTATION},
        {{203, 0, 113, 0}, 24, DNS_ADDR_DOCUMENTATION},
        {{224, 0, 0, 0}, 4, DNS_ADDR_MULTICAST},
        {{255, 255, 255, 255}, 32, DNS_ADDR_BROADCAST},
        {{240, 0, 0, 0}, 4, DNS_ADDR_RESERVED},
        {{0, 0, 0, 0}, 0, DNS_ADDR_GLOBAL},
};

static uint32_t number(const uint8_t quad[4])
{
	return (uint32_t)quad[0] << 24 | (uint32_t)quad[1] << 16 | (uint32_t)quad[2] << 8 | quad[3];
}

enum dns_addr_class dns_addr_class(uint32_t ip)
{
	size_t i = 0;

	while ((ip & addr_mask(networks[i].prefix)) != number(networks[i].net))
		i++;
	return networks[i].class;
}

const char *dns_addr_class_name(enum dns_addr_class class)
{
	return (unsigned)class < DNS_ADDR_CLASS_COUNT ? names[class] : "invalid";
}
