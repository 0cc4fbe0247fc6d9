/* SPDX-License-Identifier: ISC */
/* fleet_churn.c: VMs and backends are started and ended many times, and leave nothing behind.
 *
 * As many at once as the fleet has. Each VM has to come up and be answered by the consumer, so that what is counted
 * behind it was really there; then one is powered off from inside, the next ended over QMP, the next by SIGKILL.
 */
#include "harness/fleet_part.h"

#include <stdio.h>

static void one_talk(const struct fleet_member *m, void *arg, char *out, size_t size)
{
	char mark[FLEET_MARK_MAX];

	(void)arg;
	snprintf(out, size, "udp 203.0.113.50 51900 %s",
	         fleet_mark(m->fleet->run, m->number, "talk-1", mark));
}

/* One life of `count` VMs; false with f->why. */
static bool life(struct fleet *f, unsigned count, enum fleet_way first)
{
	char why[FLEET_WHY_MAX] = "";
	bool ok = fleet_begin(f, count) && fleet_run_all(f, one_talk, NULL);

	if (!ok)
		snprintf(why, sizeof(why), "%s", f->why);
	if (!fleet_end(f, first) && ok) {
		snprintf(why, sizeof(why), "%s", f->why);
		ok = false;
	}
	if (ok)
		ok = fleet_judge_wire(&f->members[0]->session.tape, f->run, why);
	fleet_free(f);
	snprintf(f->why, sizeof(f->why), "%s", why);
	return ok && !session_interrupted;
}

bool fleet_churn(struct fleet *f)
{
	struct rest first, last;
	char tmp[PATH_MAX], why[FLEET_WHY_MAX] = "";
	unsigned lives = 0;
	bool ok = true;

	snprintf(tmp, sizeof(tmp), "%s/tmp", f->out);
	while (ok && f->churned < f->churn && !session_interrupted) {
		unsigned left = f->churn - f->churned, count = left < f->count ? left : f->count;

		ok = life(f, count, (enum fleet_way)(lives % FLEET_WAYS));
		f->churned += count;
		if (lives++ == 0)
			rest_count(&first);
	}
	if (session_interrupted)
		return false;
	if (!ok)
		snprintf(why, sizeof(why), "%s", f->why);
	fleet_check(f, ok, why, "%u VMs start, work and end", f->churned);
	if (!ok)
		return true;
	rest_count(&last);
	ok = rest_is_clean(&first, &last, lives - 1, why, sizeof(why));
	if (ok && rest_count_entries(tmp)) {
		snprintf(why, sizeof(why), "files are left in %.300s", tmp);
		ok = false;
	}
	fleet_check(f, ok, why, "and leave nothing behind");
	return true;
}
