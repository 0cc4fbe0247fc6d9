/* SPDX-License-Identifier: ISC */
/* progress.c: see progress.h. */
#include "harness/progress.h"

#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define COLUMNS_USUAL 80
#define COLUMNS_LEAST 40
#define LINE_ROOM     512
#define MOVE_MS       50 /* between two looks of the line that moves */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static unsigned terminal_columns(FILE *to)
{
	struct winsize ws = {0};

	if (ioctl(fileno(to), TIOCGWINSZ, &ws) || ws.ws_col < COLUMNS_LEAST)
		return COLUMNS_USUAL;
	return ws.ws_col;
}

void progress_begin(struct progress *p, const struct plan *plan, const struct played *played,
                    FILE *to, bool live, bool quiet)
{
	*p = (struct progress){.plan = plan,
	                       .played = played,
	                       .to = to,
	                       .live = live && !quiet,
	                       .quiet = quiet,
	                       .start_ms = now_ms()};
	if (p->live)
		p->columns = terminal_columns(to);
}

/* ---- the line that moves ---- */

void progress_make_room(struct progress *p)
{
	if (p->moved)
		fputs("\r\033[K", p->to);
	p->moved = false;
	p->shown_ms = 0;
}

static void move(struct progress *p)
{
	const struct unit *u = &p->plan->units[p->unit];
	char line[LINE_ROOM], failed[48] = "";
	int64_t now = now_ms();

	if (!p->live || now - p->shown_ms < MOVE_MS || p->unit >= p->plan->unit_count)
		return;
	if (p->failed)
		snprintf(failed, sizeof(failed), "  %zu failed", p->failed);
	snprintf(line, sizeof(line), "  %zu/%zu%s  %.1f s  %s/%s", p->done + p->rows, p->plan->rows,
	         failed, (double)(now - p->start_ms) / 1e3,
	         p->plan->cases[u->first].sel->suite->name,
	         p->plan->cases[u->first].scn_case->name);
	fprintf(p->to, "\r\033[K%.*s", (int)p->columns - 1, line);
	fflush(p->to);
	p->moved = true;
	p->shown_ms = now;
}

void progress_at(struct progress *p, size_t unit, size_t rows)
{
	p->unit = unit;
	p->rows = rows;
	move(p);
}

void progress_tick(struct progress *p)
{
	move(p);
}

/* ---- cases ---- */

struct tally {
	unsigned all, good, fine, skipped;
	double ms;
	const char *why; /* of a skip */
};

static void count(struct tally *t, const struct outcome *o)
{
	t->all++;
	t->good += o->result == RESULT_PASS;
	t->fine += result_is_expected(o->result);
	t->ms += o->ms;
	if (o->result == RESULT_SKIP) {
		t->skipped++;
		t->why = o->detail;
	}
}

static const char *name_in_case(const struct outcome *o)
{
	return *o->row ? o->row : strchr(o->id, '/') + 1;
}

/* The units of a case stand together, but on the vm plane, where a unit has several cases. */
static void visit_case(const struct progress *p, size_t index, struct tally *t, bool tell)
{
	for (size_t i = 0; i < p->plan->unit_count; i++) {
		const struct unit *u = &p->plan->units[i];

		if (!plan_unit_has_case(p->plan, u, index))
			continue;
		for (size_t k = 0; k < p->played[i].count; k++) {
			const struct outcome *o = &p->played[i].list[k];

			if (o->at != p->plan->cases[index].at)
				continue;
			count(t, o);
			if (tell && o->result != RESULT_PASS && o->result != RESULT_SKIP)
				fprintf(p->to, "    %-9s %s: %s\n", result_name(o->result),
				        name_in_case(o), o->detail);
		}
	}
}

static bool is_first_of_suite(const struct progress *p, size_t index)
{
	return index == 0 || p->plan->cases[index].sel != p->plan->cases[index - 1].sel;
}

static void show_line(const struct progress *p, const char *name, const struct tally *t)
{
	if (t->skipped && t->skipped == t->all)
		fprintf(p->to, "  skip  %-44s %s\n", name, t->why);
	else if (t->all)
		fprintf(p->to, "  %s  %-44s %3u of %u passed  %7.1f ms\n",
		        t->fine == t->all ? "ok  " : "FAIL", name, t->good, t->all - t->skipped,
		        t->ms);
}

/* A terminal sees a line for each suite, when its last case is there. */
static void show_suite(struct progress *p, size_t last)
{
	struct tally t = {0};

	for (size_t i = p->suite_from; i <= last; i++)
		visit_case(p, i, &t, false);
	progress_make_room(p);
	show_line(p, p->plan->cases[last].sel->suite->name, &t);
	p->suite_from = last + 1;
}

static void show_case(struct progress *p, size_t index)
{
	const struct plan_case *c = &p->plan->cases[index];
	struct tally t = {0};

	if (p->live) {
		if (index + 1 == p->plan->case_count || is_first_of_suite(p, index + 1))
			show_suite(p, index);
		return;
	}
	if (p->named != c->sel)
		fprintf(p->to, "%s\n", c->sel->suite->name);
	p->named = c->sel;
	visit_case(p, index, &t, true);
	show_line(p, c->scn_case->name, &t);
}

static bool is_complete(const struct progress *p, size_t index)
{
	for (size_t i = 0; i < p->plan->unit_count; i++) {
		const struct unit *u = &p->plan->units[i];

		if (plan_unit_has_case(p->plan, u, index) && !p->played[i].done)
			return false;
	}
	return true;
}

void progress_done(struct progress *p, size_t unit)
{
	const struct played *d = &p->played[unit];

	for (size_t i = 0; i < d->count; i++)
		p->failed += !result_is_expected(d->list[i].result);
	p->done += d->count;
	if (unit == p->unit)
		p->rows = 0;
	if (p->quiet)
		return;
	if (p->live && d->text[PLAYED_NOTES] && *d->text[PLAYED_NOTES] &&
	    p->told < PROGRESS_TOLD_MAX) {
		progress_make_room(p);
		fputs(d->text[PLAYED_NOTES], p->to);
		if (++p->told == PROGRESS_TOLD_MAX)
			fputs("  ... further failures are counted here and kept in failures/\n",
			      p->to);
	}
	for (; p->next < p->plan->case_count && is_complete(p, p->next); p->next++)
		show_case(p, p->next);
	fflush(p->to);
	move(p);
}

void progress_end(struct progress *p)
{
	for (; !p->quiet && p->next < p->plan->case_count; p->next++) {
		struct tally t = {0};

		visit_case(p, p->next, &t, false);
		if (t.all || p->live)
			show_case(p, p->next);
	}
	progress_make_room(p);
	fflush(p->to);
}
