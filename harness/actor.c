/* SPDX-License-Identifier: ISC */
/* actor.c: see actor.h. */
#include "harness/actor.h"

#include <stdio.h>
#include <string.h>

#define WHY_MAX 256

struct frame_search {
	const uint8_t *frame;
	size_t len, from;
};

static bool find_frame(struct session *s, void *arg)
{
	struct frame_search *q = arg;

	for (; q->from < s->tape.count; q->from++) {
		const struct tape_entry *e = &s->tape.entries[q->from];

		if (e->kind == TAPE_GUEST_OUT && e->len >= q->len &&
		    !memcmp(e->data, q->frame, q->len))
			return true;
	}
	return false;
}

bool actor_wait_frame(struct batch *b, const uint8_t *frame, size_t len, size_t from, int row,
                      size_t *entry, char *why)
{
	struct frame_search q = {.frame = frame, .len = len, .from = from};

	if (!session_wait(&b->session, ACTOR_FRAME_MS, find_frame, &q)) {
		snprintf(why, WHY_MAX, "the frame was not seen on the frame channel");
		return false;
	}
	*entry = q.from;
	b->session.tape.entries[q.from].row = row;
	return true;
}

bool actor_wait_program(struct batch *b, const struct row *row, const struct recipe_vars *vars,
                        size_t from, size_t *entry, char *why)
{
	if (session_wait_match(&b->session, TAPE_GUEST_OUT, row->recipe.inner, vars,
	                       ACTOR_PROGRAM_MS, &from, entry))
		return true;
	snprintf(why, WHY_MAX, "the program's packet was not seen on the frame channel");
	return false;
}

/* A result that nobody waits for, such as a speed, is found in the story of the case. */
static void note_last_line(struct batch *b, const char *text)
{
	size_t len = strlen(text), from;

	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	for (from = len; from && text[from - 1] != '\n';)
		from--;
	if (len)
		tape_note(&b->session.tape, "it printed: %.*s", (int)(len - from), text + from);
}

bool actor_check_command(struct batch *b, const struct step *st, const struct recipe_vars *vars,
                         const struct actor_end *end, char *why)
{
	char wanted[RECIPE_TEXT_MAX] = "";

	note_last_line(b, end->text);
	if (st->output && !recipe_expand(st->output, vars, wanted, sizeof(wanted)))
		snprintf(why, WHY_MAX, "the output that is wanted is too long");
	else if (end->how == ACTOR_TIMED_OUT)
		snprintf(why, WHY_MAX, "it did not end within %u ms: %.180s", st->within_ms,
		         end->text);
	else if (end->how == ACTOR_KILLED)
		snprintf(why, WHY_MAX, "it was killed by a signal: %.180s", end->text);
	else if (end->code != (unsigned)st->exit_code)
		snprintf(why, WHY_MAX, "it exited with %u: %.180s", end->code, end->text);
	else if (*wanted && !strstr(end->text, wanted))
		snprintf(why, WHY_MAX, "its output lacks \"%.60s\": %.120s", wanted, end->text);
	else
		return true;
	return false;
}
