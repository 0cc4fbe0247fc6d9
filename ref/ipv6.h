/* SPDX-License-Identifier: ISC */
/* ipv6.h: tells the noise that every IPv6 stack makes at boot from other IPv6.
 *
 * No IPv6 passes refnat. This only chooses between the reasons `benign` and `ipv6`.
 */
#ifndef REF_IPV6_H
#define REF_IPV6_H

#include "bytes/rd.h"

/* Router and neighbour discovery (RFC 4861: types 133..136, hop limit 255) from or to link-local,
 * unspecified or multicast addresses, and multicast listener messages (RFC 2710, RFC 3810: types
 * 130, 131, 132, 143) behind a hop-by-hop header. Checksums are not looked at. */
bool ipv6_is_neighbour_noise(struct rd packet);

#endif
