/* SPDX-License-Identifier: ISC */
/* fleet_judge.h: what the cables and the wire say about who reached whom. Pure: tapes in, the first objection out.
 *
 * Who sends writes its number into what it sends, by fleet_mark(). A frame on a VM's cable, to the VM, has to be
 * explained by what that VM asked for: ARP and DHCP of its own gateway, answers of the consumer that carry its own mark.
 * A frame on the wire has to be what some VM may say to the consumer.
 */
#ifndef HARNESS_FLEET_JUDGE_H
#define HARNESS_FLEET_JUDGE_H

#include "harness/tape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLEET_MARK_MAX 64
#define FLEET_WHY_MAX  400

/* What the judge knows of one VM. */
struct fleet_cable {
	unsigned number; /* from 1 */
	uint8_t mac[6];
	uint32_t ip;
	const struct tape *tape; /* of its session */
};

/* "fleet-RUN-vm1-talk-2": `word` says what for. Of the VM `number` only. Returns `out`. */
char *fleet_mark(uint32_t run, unsigned number, const char *word, char out[FLEET_MARK_MAX]);

/* How many tries of VM `from` on VM `to` (texts of fleet_mark(run, from, "try-TO-...")) have come to this cable. */
unsigned fleet_judge_reached(const struct tape *cable, uint32_t run, unsigned from, unsigned to);

/* Whether everything that came to this VM is explained; else the first frame that is not, in words. */
bool fleet_judge_arrivals(const struct fleet_cable *c, uint32_t run, char why[FLEET_WHY_MAX]);

/* Whether each of its `talks` got its answer exactly once: the text of fleet_mark(run, number, "talk-K"), K from 1. */
bool fleet_judge_answers(const struct fleet_cable *c, uint32_t run, unsigned talks,
                         char why[FLEET_WHY_MAX]);

/* Whether the wire (the tape that holds it) carried nothing but talks to the consumer and its answers, and the
 * provider's loopback nothing at all. */
bool fleet_judge_wire(const struct tape *wire, uint32_t run, char why[FLEET_WHY_MAX]);

/* The provider's port from which the wire has seen this talk first; 0: it has not. */
uint16_t fleet_judge_port(const struct tape *wire, const char *mark);

/* Whether `frame` stands on the cable as sent by the VM, at or behind entry `from`. */
bool fleet_judge_sent(const struct tape *cable, size_t from, const void *frame, size_t len);

/* The largest of `n` counts through the smallest; infinity when one of several is 0, 1 when all are. */
double fleet_judge_factor(const double *counts, size_t n);

#endif
