/* SPDX-License-Identifier: ISC */
/* expect_run.c: see expect_run.h. */
#include "harness/expect_run.h"

#include "harness/expect.h"
#include "harness/session.h"

#include <stdio.h>

static struct expect_place place_of(const struct run *r)
{
	return (struct expect_place){
	        .plane = r->plane, .transport = r->results.transport, .today = expect_today()};
}

int expect_run_begin(struct run *r, const struct selection *sel, size_t count, bool all)
{
	if (expect_open(r->expect_option, r->backend_name, sel, count, all, &r->expect))
		return EXIT_USAGE;
	if (r->expect)
		snprintf(r->results.baseline, sizeof(r->results.baseline), "%s", r->expect->path);
	return 0;
}

void expect_run_settle(struct run *r, const struct judge_item *it, struct outcome *o)
{
	struct expect_place at = place_of(r);

	if (r->expect)
		expect_judge(r->expect, &at, expect_is_negative(it->scn_case, it->row), o);
}

int expect_run_end(const struct run *r)
{
	bool ended = !r->broken && !r->env && !session_interrupted;
	struct expect_place at = place_of(r);

	if (!r->expect)
		return 0;
	expect_recount(r->expect, &at, &r->results);
	fflush(stdout);
	return expect_complain(r->expect, &at, r->results.whole && ended, stderr) ? EXIT_UNEXPECTED
	                                                                          : 0;
}

void expect_run_close(struct run *r)
{
	expect_close(r->expect);
	r->expect = NULL;
}
