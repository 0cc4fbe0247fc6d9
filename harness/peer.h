/* SPDX-License-Identifier: ISC */
/* peer.h: the statement `peer`: programs in the world that attack while a case runs.
 *
 *     peer "exec $LAB/hostile/spoof.py ..."    starts it, and waits for its line `ready`
 *     peer says "sprayed"                      waits until it has printed this
 *     peer sends udp $CONSUMER > $NAT          waits until the capture shows this frame
 *
 * A `serve` answers; a peer does what no honest host does, with packet sockets of its own. What it says
 * tells the case when to go on and proves nothing. What it did is read off the wire (TAPE_WIRE_IN), as
 * everything is. An attack that was not carried out proves nothing about the backend: whatever goes
 * wrong with a peer makes the case VACUOUS, not failed.
 */
#ifndef HARNESS_PEER_H
#define HARNESS_PEER_H

#include "harness/program.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PEER_MAX      4     /* of one case */
#define PEER_READY_MS 10000 /* Scapy takes half a second to start, much more on a busy machine */

struct batch;
struct judge_item;
struct step;

struct peers {
	struct peer {
		struct program program;
		const char *text; /* the command as written */
	} list[PEER_MAX];
	size_t count;
};

/* Starts the statement's command in the world and waits, PEER_READY_MS at most, until it has printed a
 * line `ready`. False with a phrase in `why` (256 bytes). */
bool peer_start(struct batch *b, const struct step *st, const struct recipe_vars *vars,
                uint32_t target, char *why);
/* Waits until one of the case's peers has printed the statement's text. As peer_start(). */
bool peer_wait_says(struct batch *b, const struct step *st, const struct recipe_vars *vars,
                    char *why);
/* Puts what the peers have said last behind the phrase in `why` (256 bytes). */
void peer_explain(const struct batch *b, char *why);
/* Ends them all; what they said goes to the batch's log. One that has ended before with anything but exit code
 * 0 makes the item prove nothing. */
void peer_stop(struct batch *b, struct judge_item *it);

/* Whether one of the text's lines, each ended by a newline, is `line`. */
bool peer_has_line(const char *text, const char *line);

#endif
