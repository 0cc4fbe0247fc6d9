/* SPDX-License-Identifier: ISC */
/* frame.h: recipe in, bytes out. */
#ifndef HARNESS_FRAME_H
#define HARNESS_FRAME_H

#include "harness/recipe.h"

#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX 65550 /* largest frame the frame channel carries, Ethernet header included */

/* The destination MAC that stands for the gateway in captures under pcaps/. */
#define FRAME_CAPTURED_GATEWAY "\x52\x55\xc0\xa8\x64\x01"

/* Who sends: the Ethernet addresses a recipe has unless it sets eth.src and eth.dst itself. */
struct frame_link {
	uint8_t src[6], dst[6];
};

/* Builds the frame that `r` (not a pattern) describes into `out` (FRAME_MAX bytes). Broadcast and
 * multicast destinations get the right Ethernet address by themselves (DHCP client messages, ARP
 * requests, 224/4, ff00::/8). A replayed frame is sent as captured, save that one to
 * FRAME_CAPTURED_GATEWAY goes to link->dst. Returns its length, or 0 with a phrase in `why` (at least 160 bytes):
 * $NAT is not known yet, the capture file or frame does not exist, the frame would be too long. A
 * `run` recipe has no frame of its own and is refused. */
size_t frame_build(const struct recipe *r, const struct recipe_vars *vars,
                   const struct frame_link *link, uint8_t *out, char *why);

#endif
