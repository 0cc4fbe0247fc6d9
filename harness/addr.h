/* SPDX-License-Identifier: ISC */
/* addr.h: the addresses of the laboratory, the same in every scenario, and how addresses are
 * written.
 *
 * IPv4 addresses and ports are host order everywhere in the harness; only frame.c and decode.c know
 * network order. MACs and IPv6 addresses are byte arrays as on the wire.
 */
#ifndef HARNESS_ADDR_H
#define HARNESS_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IP4(a, b, c, d)                                                                            \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

#define LAB_VM_IP         IP4(192, 168, 100, 2) /* $VM */
#define LAB_GW_IP         IP4(192, 168, 100, 1) /* $GW: the gateway the backend plays towards the VM */
#define LAB_PROVIDER_IP   IP4(192, 168, 1, 100) /* $PROVIDER: up0, where the backend runs */
#define LAB_ROUTER_IP     IP4(192, 168, 1, 1)   /* $ROUTER: w0, the first hop of the world */
#define LAB_CONSUMER_IP   IP4(203, 0, 113, 50)  /* $CONSUMER is this address with this port */
#define LAB_CONSUMER_PORT 51900
#define LAB_TARGET_NET    IP4(198, 18, 0, 0) /* $T: one address of this /15 per row */
#define LAB_TARGET_MAX    131072u            /* addresses in it */

#define LAB_VM_MAC "\x52\x54\x00\x12\x34\x56"

/* "1.2.3.4", four decimal numbers without leading zeros; false and *out untouched otherwise. */
bool addr_parse_ip4(const char *s, uint32_t *out);
/* "52:54:00:12:34:56" */
bool addr_parse_mac(const char *s, uint8_t out[6]);
/* RFC 4291 text form, without brackets */
bool addr_parse_ip6(const char *s, uint8_t out[16]);

/* The value of a hexadecimal digit, or -1. */
int addr_hex_digit(char c);

#define ADDR_TEXT 64 /* room for any address this file writes, port included */
/* Each writes a terminated string to `out`, which holds ADDR_TEXT bytes, and returns it. */
char *addr_ip4(uint32_t ip, char *out);
char *addr_ip4_port(uint32_t ip, uint16_t port, char *out);
char *addr_mac(const uint8_t mac[6], char *out);
char *addr_ip6(const uint8_t ip[16], char *out);

#endif
