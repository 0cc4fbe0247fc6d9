/* SPDX-License-Identifier: ISC */
/* dhcp.h: DHCP messages (RFC 2131, options RFC 2132, client identifier RFC 6842).
 *
 * Refused as malformed: fewer than 240 bytes, op other than BOOTREQUEST, hardware other than
 * Ethernet, a wrong magic cookie, an option that runs past the message, no end option, more than
 * DHCP_OPTIONS_MAX options, an option with the wrong length (zero is right for rapid commit only),
 * a second copy of an option that is read here, option overload (52), and no message type.
 * What stands behind the end option is padding.
 */
#ifndef REF_DHCP_H
#define REF_DHCP_H

#include "ref/eth.h"

#define DHCP_CLIENT_PORT 68
#define DHCP_SERVER_PORT 67
#define DHCP_OPTIONS_MAX 64
#define DHCP_REPLY_MAX   548 /* no reply that dhcp_put_reply() writes is longer */

#define DHCP_FLAG_BROADCAST 0x8000

/* Message types, RFC 2132 section 9.6. Numbers of a stranger: a struct dhcp may hold any value. */
#define DHCP_DISCOVER 1
#define DHCP_OFFER    2
#define DHCP_REQUEST  3
#define DHCP_DECLINE  4
#define DHCP_ACK      5
#define DHCP_NAK      6
#define DHCP_RELEASE  7
#define DHCP_INFORM   8

struct dhcp {
	uint8_t type;
	uint32_t xid;
	uint16_t flags;
	uint32_t ciaddr, giaddr;
	uint8_t chaddr[ADDR_MAC_LEN];
	uint32_t requested_ip; /* option 50; 0 when absent */
	uint32_t server_id;    /* option 54; 0 when absent */
	struct rd client_id;   /* option 61; into the message, empty when absent */
};

/* A reply. Everything that is zero or empty is left out. */
struct dhcp_reply {
	uint8_t type; /* OFFER, ACK or NAK */
	uint32_t xid;
	uint16_t flags;
	uint32_t ciaddr, yiaddr;
	uint8_t chaddr[ADDR_MAC_LEN];
	uint32_t server_id, mask, router, dns;
	uint32_t lease_s;
	uint16_t mtu;
	struct rd client_id;
	bool broadcast; /* where it goes: to all, or ... */
	uint32_t to_ip; /* ... to this address at chaddr */
};

/* REASON_DHCP_MALFORMED leaves *out untouched. `message` is the UDP payload. */
enum reason dhcp_parse(struct rd message, struct dhcp *out);

/* Appends the UDP payload of a reply, padded to the 300 bytes that old clients want and at most
 * DHCP_REPLY_MAX. False when it does not fit. */
WR_MUST_CHECK bool dhcp_put_reply(struct wr *w, const struct dhcp_reply *reply);

#endif
