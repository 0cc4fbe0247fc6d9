/* SPDX-License-Identifier: ISC */
/* report_words.c: see report_words.h. */
#include "harness/report_words.h"

#include <assert.h>

static const struct {
	const char *letter, *class, *meaning;
} words[] = {
        [RESULT_PASS] = {"P", "pass", "as required"},
        [RESULT_FAIL] = {"F", "fail", "something crossed that must not, or did not that must"},
        [RESULT_XFAIL] = {"X", "xfail",
                          "a known leak: it fails as its baseline says, and is a leak"},
        [RESULT_XPASS] = {"XP", "xpass", "passed although the baseline says it fails"},
        [RESULT_SKIP] = {"S", "skip", "not tried: a capability, mode or plane is missing"},
        [RESULT_NA] = {"N", "na", "cannot be sent on this plane"},
        [RESULT_VACUOUS] = {"V", "vacuous", "proves nothing: allowed traffic did not flow either"},
        [RESULT_LIE] = {"L", "lie", "leaked, and the backend says it was dropped"},
        [RESULT_AUDIT_GAP] = {"G", "gap", "dropped, and the backend does not say so"},
        [RESULT_CRASH] = {"C", "crash", "the backend died"},
        [RESULT_HANG] = {"H", "hang", "the backend did not begin or end in time"},
        [RESULT_ENV] = {"E", "env", "the environment is at fault"},
};
static_assert(sizeof(words) / sizeof(words[0]) == RESULT_COUNT, "every result has words");

const enum result report_by_rank[RESULT_COUNT] = {
        RESULT_LIE,     RESULT_FAIL, RESULT_CRASH, RESULT_HANG, RESULT_AUDIT_GAP, RESULT_XPASS,
        RESULT_VACUOUS, RESULT_ENV,  RESULT_XFAIL, RESULT_PASS, RESULT_SKIP,      RESULT_NA};

const char *report_letter(enum result r)
{
	return r < RESULT_COUNT ? words[r].letter : "?";
}

const char *report_class(enum result r)
{
	return r < RESULT_COUNT ? words[r].class : "none";
}

const char *report_meaning(enum result r)
{
	return r < RESULT_COUNT ? words[r].meaning : "";
}

unsigned report_rank(enum result r)
{
	unsigned i = 0;

	while (i < RESULT_COUNT && report_by_rank[i] != r)
		i++;
	return i;
}

enum result report_worse(enum result a, enum result b)
{
	return report_rank(a) <= report_rank(b) ? a : b;
}

bool report_is_red(enum result r)
{
	return r != RESULT_PASS && r != RESULT_SKIP && r != RESULT_NA && r != RESULT_ENV;
}

static unsigned count_all(const unsigned tally[RESULT_COUNT])
{
	unsigned all = 0;

	for (unsigned i = 0; i < RESULT_COUNT; i++)
		all += tally[i];
	return all;
}

static unsigned count_unexpected(const unsigned tally[RESULT_COUNT])
{
	unsigned n = 0;

	for (unsigned i = 0; i < RESULT_COUNT; i++)
		if (i != RESULT_ENV && !result_is_expected((enum result)i))
			n += tally[i];
	return n;
}

static unsigned count_run(const unsigned tally[RESULT_COUNT])
{
	return count_all(tally) - tally[RESULT_SKIP] - tally[RESULT_NA];
}

enum report_state report_state_of(const unsigned tally[RESULT_COUNT])
{
	if (count_unexpected(tally))
		return STATE_OPEN;
	if (tally[RESULT_ENV])
		return STATE_UNJUDGED;
	if (!count_run(tally))
		return STATE_NOTHING;
	return tally[RESULT_XFAIL] ? STATE_KNOWN : STATE_HOLDS;
}

const char *report_state_class(enum report_state s)
{
	static const char *const classes[] = {[STATE_OPEN] = "open",
	                                      [STATE_UNJUDGED] = "unjudged",
	                                      [STATE_KNOWN] = "known",
	                                      [STATE_NOTHING] = "nothing",
	                                      [STATE_HOLDS] = "holds"};

	return classes[s];
}

/* " (2 LIE, 43 FAIL)" */
static void write_counts(const unsigned tally[RESULT_COUNT], FILE *to)
{
	const char *before = " (";

	for (unsigned i = 0; i < RESULT_COUNT; i++) {
		enum result r = report_by_rank[i];

		if (!tally[r] || !report_is_red(r))
			continue;
		fprintf(to, "%s%u %s", before, tally[r], result_name(r));
		before = ", ";
	}
	putc(')', to);
}

void report_sentence(const unsigned tally[RESULT_COUNT], FILE *to)
{
	unsigned run = count_run(tally), wrong = count_unexpected(tally),
	         left = count_all(tally) - run;

	switch (report_state_of(tally)) {
	case STATE_OPEN:
		if (wrong == tally[RESULT_VACUOUS])
			fprintf(to, "proves nothing: allowed traffic did not flow in %u of %u",
			        wrong, run);
		else
			fprintf(to, "does not hold: %u of %u went wrong", wrong, run);
		write_counts(tally, to);
		break;
	case STATE_UNJUDGED:
		fprintf(to, "could not be judged: the environment was at fault in %u of %u",
		        tally[RESULT_ENV], run);
		break;
	case STATE_KNOWN:
		fprintf(to,
		        "leaks where it is known to, and nowhere else: %u of %u are known leaks "
		        "(XFAIL)",
		        tally[RESULT_XFAIL], run);
		break;
	case STATE_NOTHING:
		fputs("was not judged: nothing ran", to);
		break;
	case STATE_HOLDS:
		fprintf(to, "holds: all %u that ran passed", run);
		break;
	}
	if (left)
		fprintf(to, "; %u not tried", left);
}
