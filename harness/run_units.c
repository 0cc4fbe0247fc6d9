/* SPDX-License-Identifier: ISC */
/* run_units.c: the units of a plan, one after the other or in several processes at once.
 *
 * Whatever is finished first, the results are those of playing one after the other. A unit by which the contract
 * turns out to be broken is the last of a run: what others have played behind it meanwhile is forgotten, and what
 * stands before it is still played. When the environment is at fault, or the user wants to stop, nothing more is
 * begun.
 */
#include "harness/run.h"

#include "harness/backend.h"
#include "harness/evidence.h"
#include "harness/files.h"
#include "harness/jobs.h"
#include "harness/lab.h"
#include "harness/plan.h"
#include "harness/progress.h"
#include "harness/session.h"
#include "harness/world.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define JOBS_A_CPU_WIRE   3 /* measured, as the next: most of it is waiting */
#define JOBS_A_CPU_KERNEL 2
#define JOBS_TWO_CPUS_VM                                                                           \
	3 /* a guest that boots keeps a CPU busy, others wait: 76 s with 2, 54 with 3 */

struct units {
	struct run *r;
	const struct plan *plan;
	struct played *played;
	size_t last; /* no unit behind this one counts */
};

/* What a worker sends of a unit; the outcomes and the texts follow. */
struct answer {
	bool broken, env;
	size_t count, len[PLAYED_TEXTS];
};

static void *need(void *p)
{
	if (p)
		return p;
	fputs("gauntlet: out of memory: the results cannot be kept\n", stderr);
	exit(EXIT_ENV);
}

/* ---- one unit, in whichever process ---- */

/* What r->play() leaves, taken out of *r. */
static struct played play_one(struct run *r, const struct plan *plan, size_t unit)
{
	size_t size[PLAYED_TEXTS];
	FILE **to[PLAYED_TEXTS] = {[PLAYED_NOTES] = &r->notes,
	                           [PLAYED_STORIES] = &r->stories,
	                           [PLAYED_WINDOWS] = &r->windows,
	                           [PLAYED_BOOTS] = &r->boots};
	struct played d = {.done = true};

	r->results.outcomes = NULL;
	r->results.count = r->results.size = 0;
	for (size_t i = 0; i < PLAYED_TEXTS; i++)
		*to[i] = i == PLAYED_NOTES || r->out ? need(open_memstream(&d.text[i], &size[i]))
		                                     : NULL;
	r->play(r, plan, unit);
	for (size_t i = 0; i < PLAYED_TEXTS; i++) {
		if (*to[i])
			fclose(*to[i]);
		*to[i] = NULL;
	}
	d.list = r->results.outcomes;
	d.count = r->results.count;
	r->results.outcomes = NULL;
	r->results.count = r->results.size = 0;
	return d;
}

static void free_played(struct played *d)
{
	free(d->list);
	for (size_t i = 0; i < PLAYED_TEXTS; i++)
		free(d->text[i]);
}

/* The unit is over; `broken` and `env` are of this one. */
static void settle_unit(struct units *u, size_t unit, bool broken, bool env)
{
	if (broken && unit < u->last)
		u->last = unit;
	u->r->broken |= broken;
	u->r->env |= env;
	if (unit <= u->last)
		progress_done(u->r->progress, unit);
}

static bool is_wanted(const struct units *u, size_t unit)
{
	return unit <= u->last && !u->r->env && !session_interrupted;
}

/* ---- one after the other ---- */

static void play_in_turn(struct units *u)
{
	for (size_t i = 0; i < u->plan->unit_count && is_wanted(u, i); i++) {
		progress_at(u->r->progress, i, 0);
		u->played[i] = play_one(u->r, u->plan, i);
		settle_unit(u, i, u->r->broken, u->r->env);
	}
}

/* ---- side by side: in a worker ---- */

/* A laboratory of its own. Its world is not the one that this process was made in, and nonces are not those of others. */
static int begin_worker(void *arg, unsigned worker)
{
	static struct world world;
	struct units *u = arg;

	u->r->world = &world;
	u->r->run_id += (worker + 1) * 0x01000193u;
	u->r->progress = NULL;
	return lab_enter() || world_open(&world) ? -1 : 0;
}

static void work(void *arg, uint32_t number, FILE *to)
{
	struct units *u = arg;
	struct played d = play_one(u->r, u->plan, number);
	struct answer a = {.broken = u->r->broken, .env = u->r->env, .count = d.count};

	for (size_t i = 0; i < PLAYED_TEXTS; i++)
		a.len[i] = d.text[i] ? strlen(d.text[i]) : 0;
	/* The next unit is judged by itself. */
	u->r->broken = u->r->env = false;
	fwrite(&a, sizeof(a), 1, to);
	if (d.count)
		fwrite(d.list, sizeof(*d.list), d.count, to);
	for (size_t i = 0; i < PLAYED_TEXTS; i++)
		if (a.len[i])
			fwrite(d.text[i], 1, a.len[i], to);
	free_played(&d);
}

/* ---- side by side: here ---- */

static bool wanted(void *arg, uint32_t number)
{
	return is_wanted(arg, number);
}

static void given(void *arg, uint32_t number)
{
	progress_at(((struct units *)arg)->r->progress, number, 0);
}

static char *copy_text(const char *from, size_t len)
{
	char *text = need(malloc(len + 1));

	memcpy(text, from, len);
	text[len] = '\0';
	return text;
}

static void answered(void *arg, uint32_t number, const void *data, size_t len)
{
	struct units *u = arg;
	struct played *d = &u->played[number];
	const char *p = data;
	struct answer a;
	size_t bytes, all;

	/* It comes from a fork of this very program. */
	memcpy(&a, p, sizeof(a));
	bytes = a.count * sizeof(*d->list);
	all = sizeof(a) + bytes;
	for (size_t i = 0; i < PLAYED_TEXTS; i++)
		all += a.len[i];
	if (len != all)
		abort();
	p += sizeof(a);
	d->done = true;
	d->count = a.count;
	d->list = need(malloc(bytes + 1));
	memcpy(d->list, p, bytes);
	p += bytes;
	for (size_t i = 0; i < PLAYED_TEXTS; p += a.len[i], i++)
		d->text[i] = copy_text(p, a.len[i]);
	settle_unit(u, number, a.broken, a.env);
}

static void add_lost(struct results *list, const struct plan_case *c, const struct row *row,
                     const char *how)
{
	struct outcome *o = results_add(list);

	snprintf(o->id, sizeof(o->id), "%s/%s", c->sel->suite->name, c->scn_case->name);
	snprintf(o->row, sizeof(o->row), "%s", row ? row->id : "");
	snprintf(o->detail, sizeof(o->detail), "the process of gauntlet that played it %.100s",
	         how);
	o->at = c->at;
	o->number = plan_number(c->scn_case, row);
	o->req = c->scn_case->req;
	o->result = RESULT_ENV;
}

static void add_lost_case(struct units *u, const struct unit *unit, const struct plan_case *c,
                          struct results *list, const char *how)
{
	if (!c->scn_case->attack)
		add_lost(list, c, NULL, how);
	for (size_t i = 0; i < c->scn_case->row_count; i++)
		if (plan_unit_has_row(unit, c, i, u->r->plane))
			add_lost(list, c, &c->scn_case->rows[i], how);
}

/* Nothing is known of what a dead process played, and nothing is claimed. */
static void lost(void *arg, uint32_t number, const char *how)
{
	struct units *u = arg;
	const struct unit *unit = &u->plan->units[number];
	const struct plan_case *c = &u->plan->cases[unit->first];
	struct results list = {0};

	if (!is_wanted(u, number))
		return; /* told to stop */
	progress_make_room(u->r->progress);
	fprintf(stderr, "gauntlet: a process that played %s/%s %s\n", c->sel->suite->name,
	        c->scn_case->name, how);
	for (size_t i = unit->first; i < unit->first + unit->count; i++)
		if (plan_unit_has_case(u->plan, unit, i))
			add_lost_case(u, unit, &u->plan->cases[i], &list, how);
	u->played[number] = (struct played){
	        .done = true, .list = list.outcomes, .count = list.count};
	settle_unit(u, number, false, true);
}

static void said(void *arg, const char *line)
{
	const struct units *u = arg;

	progress_make_room(u->r->progress);
	fprintf(stderr, "%s\n", line);
}

static void tick(void *arg)
{
	progress_tick(((struct units *)arg)->r->progress);
}

static void play_side_by_side(struct units *u, unsigned workers)
{
	uint32_t *order = need(calloc(u->plan->unit_count + 1, sizeof(*order)));
	const struct jobs j = {.workers = workers,
	                       .order = order,
	                       .count = u->plan->unit_count,
	                       .stop = &session_interrupted,
	                       .arg = u,
	                       .begin = begin_worker,
	                       .work = work,
	                       .wanted = wanted,
	                       .given = given,
	                       .answered = answered,
	                       .lost = lost,
	                       .said = said,
	                       .tick = tick};

	plan_longest_first(u->plan, order);
	if (jobs_run(&j))
		u->r->env = true;
	free(order);
}

/* ---- the whole ---- */

unsigned run_units_jobs(const struct run *r)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	long n = r->plane == PLANE_WIRE     ? cpus * JOBS_A_CPU_WIRE
	         : r->plane == PLANE_KERNEL ? cpus * JOBS_A_CPU_KERNEL
	                                    : (cpus * JOBS_TWO_CPUS_VM + 1) / 2;

	if (r->story || n < 1)
		return 1;
	return n > JOBS_MAX ? JOBS_MAX : (unsigned)n;
}

static const char *text_of(const struct played *d, enum played_text which)
{
	return d->text[which] ? d->text[which] : "";
}

/* The text of each unit that counts, in order; no file when there is none. */
static int write_texts(const struct units *u, const char *dir, const char *name,
                       enum played_text which)
{
	struct new_file n;
	bool any = false;

	for (size_t i = 0; i < u->plan->unit_count && i <= u->last; i++)
		any |= *text_of(&u->played[i], which) != '\0';
	if (!any)
		return 0;
	if (file_begin(&n, dir, name, 0666))
		return -1;
	for (size_t i = 0; i < u->plan->unit_count && i <= u->last; i++)
		fputs(text_of(&u->played[i], which), n.f);
	return file_finish(&n);
}

/* All that counts, into r->results. */
static void collect(struct units *u)
{
	struct run *r = u->r;

	for (size_t i = 0; i < u->plan->unit_count; i++) {
		struct played *d = &u->played[i];

		for (size_t k = 0; k < d->count; k++) {
			if (i <= u->last)
				*results_add(&r->results) = d->list[k];
			else if (r->out && evidence_forget(&d->list[k], r->out))
				r->env = true;
		}
		r->results.unfinished |= !d->done || i > u->last;
	}
	r->results.unfinished |= session_interrupted != 0;
	results_sort(&r->results);
	if (r->out && (write_texts(u, r->out, "stories.jsonl", PLAYED_STORIES) ||
	               write_texts(u, r->out, "windows.jsonl", PLAYED_WINDOWS) ||
	               write_texts(u, r->out, "boots.jsonl", PLAYED_BOOTS)))
		r->env = true;
}

static struct run_found *share_findings(void)
{
	struct run_found *f = mmap(NULL, sizeof(*f), PROT_READ | PROT_WRITE,
	                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return need(f == MAP_FAILED ? NULL : f);
}

void run_units(struct run *r, const struct plan *plan)
{
	struct units u = {.r = r, .plan = plan, .last = SIZE_MAX};
	unsigned workers = r->jobs ? r->jobs : run_units_jobs(r);
	struct progress progress;

	u.played = need(calloc(plan->unit_count + 1, sizeof(*u.played)));
	r->found = share_findings();
	r->progress = &progress;
	progress_begin(&progress, plan, u.played, stdout, r->live, r->story);
	if (workers > plan->unit_count)
		workers = (unsigned)plan->unit_count;
	if (workers > 1)
		play_side_by_side(&u, workers);
	else
		play_in_turn(&u);
	progress_end(&progress);
	collect(&u);
	for (size_t i = 0; i < plan->unit_count; i++)
		free_played(&u.played[i]);
	free(u.played);
	r->boot_ms = r->found->boot_ms;
	r->restore_ms = r->found->restore_ms;
	munmap(r->found, sizeof(*r->found));
	r->found = NULL;
	r->progress = NULL;
}
