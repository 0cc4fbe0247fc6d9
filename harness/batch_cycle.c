/* SPDX-License-Identifier: ISC */
/* batch_cycle.c: `cycle N`: the backend is started and stopped many times, and leaves nothing behind.
 *
 * Each time it has to get ready, carry the sentinel, end cleanly and send nothing else. What is left is counted behind
 * the first time and behind the last; see rest.h.
 */
#include "harness/batch_steps.h"

#include "harness/rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the case only what may cross in any case; the caller frees its steps. */
static struct scn_case only_may(const struct scn_case *c)
{
	struct scn_case may = {.name = "cycle",
	                       .steps = calloc(c->step_count + 1, sizeof(*c->steps))};

	for (size_t i = 0; may.steps && i < c->step_count; i++)
		if (c->steps[i].kind == STEP_MAY_WIRE)
			may.steps[may.step_count++] = c->steps[i];
	return may;
}

/* One process from its start to its end; false with a phrase when anything was wrong with it. */
static bool one_life(struct batch *b, const char *seed, const char *tmp, char *why)
{
	struct scn_case may = only_may(b->items[0].scn_case);
	struct judge_item item = {.scn_case = &may, .sent = JUDGE_NOT_SENT};
	struct session *s = &b->session;
	struct judge *j = &b->judge;
	const struct judge before = *j;
	enum session_status st = session_start(s, b->backend, b->world, b->suite->policy, -1, seed);
	bool early, up = st == SESSION_OK && session_learn_gateway(s, b->patience_ms);

	if (up && j->has_sentinel)
		j->pre_ok = batch_sentinel(b, "the sentinel", j->pre_nonce);
	early = s->exited;
	session_stop(s);
	j->tape = &s->tape;
	j->post_ok = j->pre_ok;
	j->items = &item;
	batch_note_process(b, early);
	if (st == SESSION_OK)
		judge(j);
	snprintf(why, 256, "%.250s",
	         st != SESSION_OK          ? s->never_ready
	         : !up                     ? "the gateway did not answer"
	         : item.result             ? item.detail
	         : s->left_path            ? "it left its socket behind"
	         : rest_count_entries(tmp) ? "it left a file in the folder for temporary files"
	                                   : "");
	/* Where nothing ever flows, that nothing is left proves nothing. */
	if (st == SESSION_OK && (!up || item.result == RESULT_VACUOUS))
		snprintf(b->items[0].vacuous, sizeof(b->items[0].vacuous), "%.250s", why);
	*j = before;
	free(may.steps);
	return !*why;
}

bool batch_is_cycled(const struct batch *b)
{
	const struct scn_case *c = b->items[0].row ? NULL : b->items[0].scn_case;

	return c && b->count == 1 && c->step_count && c->steps[0].kind == STEP_CYCLE;
}

bool batch_cycle(struct batch *b, const char *seed)
{
	struct judge_item *it = &b->items[0];
	const struct step *st = &it->scn_case->steps[0];
	const struct program_dirs *dirs = batch_dirs(b);
	char *tmp = getenv("TMPDIR") ? strdup(getenv("TMPDIR")) : NULL, why[256] = "";
	unsigned times = (unsigned)st->number, n = 0;
	struct rest first = {0}, last;
	bool ok = dirs != NULL;

	if (ok)
		setenv("TMPDIR", dirs->tmp, 1);
	while (ok && n < times && !session_interrupted) {
		if (n++)
			session_free(&b->session);
		ok = one_life(b, seed, dirs->tmp, why);
		if (n == 1)
			rest_count(&first);
	}
	if (tmp)
		setenv("TMPDIR", tmp, 1);
	else
		unsetenv("TMPDIR");
	free(tmp);
	if (ok) {
		rest_count(&last);
		ok = rest_is_clean(&first, &last, times - 1, why, sizeof(why));
	}
	if (!ok)
		snprintf(it->failure, sizeof(it->failure), "line %u: `%.60s`: time %u: %.250s",
		         st->line, st->text, n, why);
	else
		session_free(&b->session);
	return ok;
}
