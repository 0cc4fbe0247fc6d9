/* SPDX-License-Identifier: ISC */
/* addr.h: addresses as the policy writes them. Strict: one spelling for each address.
 *
 * Refused: leading zeros (010 is octal to some parsers and decimal to others), fewer than four
 * numbers, signs, spaces, hexadecimal, names, IPv6, anything after the address. Addresses are
 * host-order numbers; a MAC is six bytes in wire order.
 */
#ifndef REF_ADDR_H
#define REF_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#define ADDR_MAC_LEN 6

/* "192.0.2.1" */
bool addr_parse_ip4(const char *text, uint32_t *out);

/* "192.0.2.1/24": the address as written and the prefix length, 0..32 */
bool addr_parse_cidr(const char *text, uint32_t *ip, uint8_t *prefix);

/* "52:54:00:12:34:56": two hexadecimal digits each, either case, colons */
bool addr_parse_mac(const char *text, uint8_t out[ADDR_MAC_LEN]);

/* The netmask of a prefix length of 0..32. */
uint32_t addr_mask(uint8_t prefix);

/* False for what can never be the address of one other machine: 0/8, 127/8, 224/4 and 240/4. */
bool addr_is_unicast(uint32_t ip);

#endif
