/* SPDX-License-Identifier: ISC */
/* match.h: does a frame that was seen fit a pattern? */
#ifndef HARNESS_MATCH_H
#define HARNESS_MATCH_H

#include "harness/decode.h"
#include "harness/recipe.h"

/* True when every field that the pattern names agrees. A body, when the pattern has one, must equal
 * the payload byte for byte (with `size`, padded the same way as frame_build() pads; `size` alone
 * is the length of any payload). Frames with a fault, a bad checksum included, match only a pattern
 * that asks for that fault by a key, or that spells out as a body the bytes the fault is in. A
 * field whose key is absent is open; the Ethernet addresses are open unless eth.src/eth.dst are
 * given; VLAN tags must agree in number and kind, LLC must agree. A `udp` pattern matches DHCP too,
 * `ip4` and `ip6` match every transport, `eth` every packet with that type.
 *
 * Where keys of the pattern break the packet so that fields behind them cannot be found (ip.ihl,
 * eth.cut, lengths that end before a header), those fields are not compared. `carrying` matches the
 * inner packet as a frame of its own; with `size` only its length is looked at. A `run` recipe
 * matches what it must be seen to send. */
bool match(const struct recipe *pattern, const struct recipe_vars *vars, const struct seen *s);

#endif
