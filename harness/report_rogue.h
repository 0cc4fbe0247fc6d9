/* SPDX-License-Identifier: ISC */
/* report_rogue.h: the section "Breaking out" of a report: how long from a guest's breaking out until its VM was gone.
 *
 * Read from the rogue.json that `gauntlet rogue` leaves; drawn as one histogram for each way of noticing it and ending it.
 */
#ifndef HARNESS_REPORT_ROGUE_H
#define HARNESS_REPORT_ROGUE_H

#include "harness/report_html.h"
#include "harness/rogue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define REPORT_ROGUE_WORD 64

/* One kind of one file. */
struct rogue_chart {
	char text[REPORT_ROGUE_WORD]; /* "seen by the detector, ended by QMP quit" */
	unsigned count, failed, controls;
	double p50, p99, max; /* ms, below 0: none */
	unsigned bars[ROGUE_BARS];
};

struct rogue_file {
	char backend[REPORT_ROGUE_WORD], accelerator[REPORT_ROGUE_WORD];
	bool restored;
	struct rogue_chart charts[ROGUE_KINDS];
	size_t count;
};

/* Takes a rogue.json. NULL, or a phrase that says what is wrong with it. */
const char *rogue_file_parse(struct rogue_file *out, const char *text, size_t len);

/* The drawing, an <svg> with `id` as the beginning of its ids (a word that needs no escaping). */
void report_write_rogue_svg(const struct rogue_chart *c, const char *id, FILE *to);

/* A whole <section>, or nothing when there is no file. One that cannot be read is named in it. */
void report_write_rogue(const struct report_page *p, FILE *to);

#endif
