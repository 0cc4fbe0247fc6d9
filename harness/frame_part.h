/* SPDX-License-Identifier: ISC */
/* frame_part.h: how frame.c, frame_packet.c and frame_body.c share the building of a frame; match.c
 * uses frame_body(), nobody else includes this.
 */
#ifndef HARNESS_FRAME_PART_H
#define HARNESS_FRAME_PART_H

#include "harness/frame.h"

#include "bytes/rd.h"
#include "bytes/wr.h"

#define FRAME_WHY 160

struct frame_job {
	const struct recipe *r;
	const struct recipe_vars *vars;
	const struct frame_link *link;
	struct rd inner; /* the packet it carries, finished; empty when it carries none */
	struct wr w;     /* the frame so far */
	char *why;       /* FRAME_WHY bytes; a function that returns false has written it */
};

bool frame_fail(char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* frame_fail() for a writer that is full. */
bool frame_too_long(char *why);

/* Appends the network packet, all its fields and checksums as the recipe wants them. */
bool frame_packet(struct frame_job *j);

/* Sets the field of `o` within `p`, where its layer begins. */
void frame_put_field(uint8_t *p, const struct recipe_override *o);

/* The address an endpoint stands for; false when it is $NAT and that is not known yet. */
bool frame_ip(const struct endpoint *e, const struct recipe_vars *vars, char *why, uint32_t *ip,
              uint16_t *port);

/* Appends the body that the recipe names, or its default body unless it is a pattern. */
bool frame_body(const struct recipe *r, const struct recipe_vars *vars, struct rd inner,
                struct wr *w, char *why);
/* Appends a BOOTP message with options; RFC 2131, RFC 2132. */
bool frame_dhcp_body(struct frame_job *j);
/* Appends what follows the first 8 bytes of a neighbour discovery or MLD message; RFC 4861, RFC
 * 3810. Nothing for other types. */
bool frame_nd_body(struct frame_job *j);
bool frame_is_nd(const struct recipe *r);

/* Writes the override's bytes, if any, filled up with zeros to a multiple of `unit`. */
bool frame_options(struct wr *w, const struct recipe_override *o, size_t unit);

#endif
