/* SPDX-License-Identifier: ISC */
/* dns_addr.h: which IPv4 addresses no public name has a reason to point at.
 *
 * The list is the special-purpose registry of RFC 6890 as IANA keeps it, with multicast. The networks of it
 * that the whole world reaches (AS112: 192.31.196.0/24 and 192.175.48.0/24, AMT: 192.52.193.0/24) are global.
 * IPv6, and with it v4-mapped addresses, never comes this far: dns_answer.h takes A records only.
 */
#ifndef REF_DNS_ADDR_H
#define REF_DNS_ADDR_H

#include <stdbool.h>
#include <stdint.h>

enum dns_addr_class {
	DNS_ADDR_GLOBAL,      /* global: none of those below */
	DNS_ADDR_UNSPECIFIED, /* unspecified: 0.0.0.0/8, which many systems take for themselves */
	DNS_ADDR_PRIVATE,     /* private: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 (RFC 1918) */
	DNS_ADDR_CGNAT,       /* cgnat: 100.64.0.0/10, between provider and customer (RFC 6598) */
	DNS_ADDR_LOOPBACK,    /* loopback: 127.0.0.0/8 */
	DNS_ADDR_LINK_LOCAL, /* link-local: 169.254.0.0/16, instance metadata among it (RFC 3927) */
	DNS_ADDR_PROTOCOL,   /* protocol: 192.0.0.0/24, assigned to protocols of the IETF */
	DNS_ADDR_DOCUMENTATION, /* documentation: 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 */
	DNS_ADDR_6TO4_RELAY,    /* 6to4-relay: 192.88.99.0/24, given up (RFC 7526) */
	DNS_ADDR_BENCHMARK,     /* benchmark: 198.18.0.0/15 (RFC 2544) */
	DNS_ADDR_MULTICAST,     /* multicast: 224.0.0.0/4 */
	DNS_ADDR_RESERVED,      /* reserved: 240.0.0.0/4 */
	DNS_ADDR_BROADCAST,     /* broadcast: 255.255.255.255 */
	DNS_ADDR_CLASS_COUNT
};

/* `ip` in host order. */
enum dns_addr_class dns_addr_class(uint32_t ip);

/* The word in front of the colon above; "invalid" for a value outside the enum. Static storage. */
const char *dns_addr_class_name(enum dns_addr_class class);

#endif
