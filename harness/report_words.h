/* SPDX-License-Identifier: ISC */
/* report_words.h: how results are called, marked and ranked in a report. */
#ifndef HARNESS_REPORT_WORDS_H
#define HARNESS_REPORT_WORDS_H

#include "harness/results.h"

#include <stdbool.h>
#include <stdio.h>

/* One or two letters: P F X XP S N V L G C H E. Never the only sign: each has a shape and a colour, too
 * (harness/report/report.css). */
const char *report_letter(enum result r);
/* The class in the style sheet: "pass", "fail", "xfail", ... */
const char *report_class(enum result r);
/* What the word means, in a few words. */
const char *report_meaning(enum result r);

/* 0 is the worst: a result that is a lie comes before one that failed, ..., SKIP and NA last. */
unsigned report_rank(enum result r);
extern const enum result report_by_rank[RESULT_COUNT]; /* worst first */
enum result report_worse(enum result a, enum result b);
/* Shows a hole or a fault, known or not: XFAIL does. */
bool report_is_red(enum result r);

enum report_state {
	STATE_OPEN,     /* at least one result that nobody expected */
	STATE_UNJUDGED, /* none of those, and the environment was at fault */
	STATE_KNOWN,    /* nothing but known leaks */
	STATE_NOTHING,  /* nothing ran */
	STATE_HOLDS,
};
enum report_state report_state_of(const unsigned tally[RESULT_COUNT]);
const char *report_state_class(enum report_state s);

/* "does not hold: 45 of 349 went wrong (2 LIE, 43 FAIL)"; plain text without a full stop. */
void report_sentence(const unsigned tally[RESULT_COUNT], FILE *to);

#endif
