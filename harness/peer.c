/* SPDX-License-Identifier: ISC */
/* peer.c: see peer.h. */
#include "harness/peer.h"

#include "harness/batch.h"

#include <stdio.h>
#include <string.h>

#define LOOK_AGAIN_MS 5 /* output goes to memory: no descriptor tells when there is more */
#define WHY_MAX       256

bool peer_has_line(const char *text, const char *line)
{
	size_t len = strlen(line);

	for (;;) {
		if (!strncmp(text, line, len) && text[len] == '\n')
			return true;
		text = strchr(text, '\n');
		if (!text)
			return false;
		text++;
	}
}

static const char *output_of(const struct peer *it)
{
	static char said[PROGRAM_OUTPUT_MAX];

	program_read(&it->program, said, sizeof(said));
	return said;
}

/* Its last line, without a newline. */
static void last_line(const struct peer *it, char *out, size_t size)
{
	const char *said = output_of(it), *from;
	size_t len = strlen(said);

	while (len && said[len - 1] == '\n')
		len--;
	for (from = said + len; from > said && from[-1] != '\n';)
		from--;
	snprintf(out, size, "%.*s", (int)(said + len - from), from);
}

struct wait {
	struct batch *b;
	size_t first;     /* of the list, where the wait begins */
	const char *text; /* what must be said */
	bool whole_line;
	bool said, gone; /* out; gone: nobody is left who could */
};

static bool is_decided(struct session *s, void *arg)
{
	struct wait *w = arg;

	(void)s;
	w->gone = true;
	for (size_t i = w->first; i < w->b->peers.count; i++) {
		struct peer *it = &w->b->peers.list[i];

		/* Asked first: what it says before its end is there when the end is seen. */
		w->gone &= program_check(&it->program);
		w->said |= w->whole_line ? peer_has_line(output_of(it), w->text)
		                         : strstr(output_of(it), w->text) != NULL;
	}
	return w->said || w->gone;
}

static void wait_for(struct wait *w, unsigned within_ms)
{
	struct session *s = &w->b->session;

	for (unsigned waited = 0; waited < within_ms && !s->exited && !session_interrupted;
	     waited += LOOK_AGAIN_MS)
		if (session_wait(s, LOOK_AGAIN_MS, is_decided, w))
			return;
	is_decided(s, w);
}

bool peer_start(struct batch *b, const struct step *st, const struct recipe_vars *vars,
                uint32_t target, char *why)
{
	char command[PROGRAM_COMMAND_MAX], end[64];
	struct peer *it = &b->peers.list[b->peers.count];
	struct wait w = {.b = b, .first = b->peers.count, .text = "ready", .whole_line = true};

	if (b->peers.count == PEER_MAX || !batch_dirs(b) ||
	    !program_command(st->command, vars, target, batch_dirs(b), command, sizeof(command))) {
		snprintf(why, WHY_MAX, "a case has at most %d peers, and a command is shorter",
		         PEER_MAX);
		return false;
	}
	if (program_start(&it->program, command, -1)) {
		snprintf(why, WHY_MAX, "the peer could not be started; see the message above");
		return false;
	}
	it->text = st->command;
	b->peers.count++;
	tape_note(&b->session.tape, "hostile, in the world: %s", st->command);
	wait_for(&w, PEER_READY_MS);
	if (w.said)
		return true;
	b->refused = program_lacks_something(&it->program);
	if (b->refused)
		snprintf(why, WHY_MAX, "the peer cannot run on this machine");
	else if (w.gone)
		snprintf(why, WHY_MAX, "the peer %s before it said `ready`",
		         proc_end_text(&it->program.end, end));
	else
		snprintf(why, WHY_MAX, "the peer did not say `ready` within %d ms", PEER_READY_MS);
	peer_explain(b, why);
	return false;
}

bool peer_wait_says(struct batch *b, const struct step *st, const struct recipe_vars *vars,
                    char *why)
{
	char wanted[RECIPE_TEXT_MAX];
	struct wait w = {.b = b, .text = wanted};

	if (!recipe_expand(st->output, vars, wanted, sizeof(wanted))) {
		snprintf(why, WHY_MAX, "the text is too long");
		return false;
	}
	wait_for(&w, st->within_ms);
	if (w.said)
		return true;
	if (w.gone)
		snprintf(why, WHY_MAX, "the peer has ended and had not said it");
	else
		snprintf(why, WHY_MAX, "the peer did not say it within %u ms", st->within_ms);
	peer_explain(b, why);
	return false;
}

void peer_explain(const struct batch *b, char *why)
{
	for (size_t i = 0; i < b->peers.count; i++) {
		size_t len = strlen(why);
		char said[120];

		last_line(&b->peers.list[i], said, sizeof(said));
		if (*said)
			snprintf(why + len, WHY_MAX - len, "; its last words: %s", said);
	}
}

void peer_stop(struct batch *b, struct judge_item *it)
{
	for (size_t i = 0; i < b->peers.count; i++) {
		struct peer *p = &b->peers.list[i];
		char end[64], said[120];

		if (program_check(&p->program) &&
		    (p->program.end.signalled || p->program.end.code) && !*it->vacuous) {
			last_line(p, said, sizeof(said));
			snprintf(it->vacuous, sizeof(it->vacuous),
			         "the attack was not carried out: the peer %s: %s",
			         proc_end_text(&p->program.end, end), said);
		}
		program_log_add(&b->programs, "hostile, in the world", p->text, &p->program);
		program_close(&p->program);
	}
	b->peers.count = 0;
}
