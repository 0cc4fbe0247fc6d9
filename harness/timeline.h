/* SPDX-License-Identifier: ISC */
/* timeline.h: a tape, one entry a line, in columns for people:
 *
 *    0.4 ms            backend --> world  udp 192.168.1.100:51344 > 203.0.113.50:51900 12 bytes
 *    1.2 ms  guest --> backend            tcp 192.168.100.2:4000 > 198.18.0.7:443 flags S
 *    1.9 ms            backend:  drop tcp 192.168.100.2:4000 > 198.18.0.7:443 not-allowed
 *    2.0 ms  harness:  the last sentinel reached the consumer
 */
#ifndef HARNESS_TIMELINE_H
#define HARNESS_TIMELINE_H

#include "harness/tape.h"

#include <stdio.h>

#define TIMELINE_TEXT_COLUMN 40 /* where the words of a frame begin, counted from 0 */

struct timeline_style {
	/* Where lines should end, at least 80: longer texts are cut with "..", or wrapped when
	 * the judge objects to the entry or it belongs to an item; comments that do not fit get a
	 * line of their own. 0: one line an entry, however long. */
	unsigned columns;
	bool colour; /* ANSI escapes */
};

/* Writes entry `i` with its newline. Bytes of the backend reach a terminal as dots where they could
 * command it. */
void timeline_write(const struct tape *t, size_t i, const struct timeline_style *style, FILE *to);

/* Whether entry `i` is an event that only frames the run (ready, bye, log, sync, stats), so that a
 * story without it loses nothing. */
bool timeline_is_housekeeping(const struct tape_entry *e);

#define TIMELINE_TEXT_MAX 512
/* The words of one entry: decode_line() for a frame, an event in short, a note as it is. `out`
 * holds TIMELINE_TEXT_MAX bytes; returns it. */
char *timeline_text(const struct tape_entry *e, char *out);

#endif
