/* SPDX-License-Identifier: ISC */
/* batch_early.c: what happens before the backend of a case is started: frames that are in the channel already. */
#include "harness/batch_steps.h"

#include <stdio.h>
#include <string.h>

bool batch_is_early(const struct batch *b)
{
	const struct scn_case *c = b->items[0].row ? NULL : b->items[0].scn_case;

	return c && b->count == 1 && c->step_count && c->steps[0].kind == STEP_EARLY;
}

enum session_status batch_learn_gateway(struct batch *b, const char *seed)
{
	struct session *s = &b->session;
	enum session_status st = session_start(s, b->backend, b->world, b->suite->policy, -1, seed);

	if (st != SESSION_OK)
		return st;
	if (session_learn_gateway(s, b->patience_ms))
		memcpy(b->early_mac, s->gateway_mac, sizeof(b->early_mac));
	session_stop(s);
	session_free(s);
	return SESSION_OK;
}

static void not_applicable(struct judge_item *it, const char *why)
{
	it->not_applicable = true;
	snprintf(it->vacuous, sizeof(it->vacuous), "%s", why);
}

void batch_play_early(struct session *s, void *arg)
{
	struct batch *b = arg;
	struct judge_item *it = &b->items[0];
	char why[256] = "";
	size_t entry;

	if (!s->joined || s->chan.kind == CHANNEL_TAP) {
		not_applicable(it, "with this transport there is no channel before the backend is");
		return;
	}
	memcpy(s->gateway_mac, b->early_mac, sizeof(s->gateway_mac));
	for (size_t i = 0; i < it->scn_case->step_count; i++) {
		const struct step *st = &it->scn_case->steps[i];

		if (st->kind != STEP_EARLY)
			break;
		if (!batch_send(b, &st->recipe, &it->vars, 0, &entry, why))
			snprintf(it->failure, sizeof(it->failure), "line %u: `%.120s`: %.200s",
			         st->line, st->text, why);
	}
	tape_note(&s->tape, "the backend is started, with the frames above in its channel");
}
