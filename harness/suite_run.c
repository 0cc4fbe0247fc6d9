/* SPDX-License-Identifier: ISC */
/* suite_run.c: one unit of the plan against one backend: its batch, re-runs, outcomes.
 *
 * On the wire and kernel planes each attack table is one batch and each case of statements another. When a
 * batch leaves a doubt that names no row, every row of it is run again alone to find the culprit;
 * that can only convict: when all are clean alone, all that passed in the batch fail. On the vm
 * plane a suite is one batch in one guest. A row that ends the VM has a unit of its own.
 */
#include "harness/backend.h"
#include "harness/batch.h"
#include "harness/evidence.h"
#include "harness/expect_run.h"
#include "harness/kernelplane.h"
#include "harness/plan.h"
#include "harness/profile.h"
#include "harness/progress.h"
#include "harness/run.h"
#include "harness/story_json.h"
#include "harness/vmplane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HANGS_ENOUGH 2 /* rows that hang alone, until the rest of the batch is believed to */

/* ---- outcomes ---- */

/* The case of the unit that is being played. */
static const struct plan_case *find_case(const struct run *r, const struct scn_case *c)
{
	size_t i = r->unit->first;

	while (r->plan->cases[i].scn_case != c)
		i++;
	return &r->plan->cases[i];
}

static struct outcome *add_outcome(struct run *r, const struct suite *s, const struct scn_case *c,
                                   const struct row *row, enum result res, const char *detail)
{
	struct outcome *o = results_add(&r->results);

	snprintf(o->id, sizeof(o->id), "%s/%s", s->name, c->name);
	snprintf(o->row, sizeof(o->row), "%s", row ? row->id : "");
	o->at = find_case(r, c)->at;
	o->number = plan_number(c, row);
	o->result = res;
	o->req = c->req;
	for (unsigned i = 0; row && i < row->req.count && o->req.count < SCN_REQ_MAX; i++)
		memcpy(o->req.id[o->req.count++], row->req.id[i], sizeof(row->req.id[i]));
	snprintf(o->detail, sizeof(o->detail), "%s", detail);
	return o;
}

static void keep_evidence(struct run *r, const struct batch *b, const struct judge_item *it,
                          const struct outcome *o)
{
	struct evidence e = {.outcome = o,
	                     .suite = b->suite,
	                     .scn_case = it->scn_case,
	                     .row = it->row,
	                     .item = (int)(it - b->items),
	                     .tape = &b->session.tape,
	                     .backend = r->backend_name,
	                     .plane = plane_name(r->plane),
	                     .transport = r->backend->transport == TRANSPORT_FD ? NULL
	                                                                        : r->transport,
	                     .scenarios = r->scenarios,
	                     .image = r->image_given ? r->image : NULL,
	                     .boot_log = *r->boot_log ? r->boot_log : NULL,
	                     .backend_stderr = b->session.stderr_text,
	                     .programs = b->programs.text};

	if (r->story)
		evidence_tell(&e, stdout, r->live);
	else if (r->notes && !result_is_expected(o->result))
		evidence_brief(&e, r->notes, r->live);
	if (r->stories)
		story_json_write(&e, r->stories);
	if (r->out && (!result_is_expected(o->result) || o->result == RESULT_XFAIL) &&
	    evidence_write(&e, r->out))
		r->env = true;
}

/* One item's outcome; the batch that decided it is the evidence. */
static void settle(struct run *r, const struct batch *b, const struct judge_item *it)
{
	struct outcome *o = add_outcome(r, b->suite, it->scn_case, it->row, it->result, it->detail);

	o->ms = b->ms / (double)b->count;
	o->proved = it->result == RESULT_PASS && it->row &&
	            (it->row->verdict == ROW_DROP || it->row->verdict == ROW_TERMINATE ||
	             it->row->verdict == ROW_ASK);
	expect_run_settle(r, it, o);
	keep_evidence(r, b, it, o);
}

/* What later batches need not find out with full patience again. */
static void note_end(struct run *r, const struct batch *b, enum batch_end end)
{
	if (b->judge.has_sentinel && !b->judge.pre_ok)
		r->found->closed = 1;
	if (b->session.hung)
		r->found->hung = 1;
	r->broken |= end == BATCH_BROKEN;
	r->env |= end == BATCH_ENV;
}

/* ---- batches ---- */

static struct judge_item *alloc_items(size_t count)
{
	struct judge_item *items = calloc(count, sizeof(*items));

	if (items)
		return items;
	fprintf(stderr, "gauntlet: out of memory\n");
	exit(EXIT_ENV);
}

static void show_progress(struct batch *b, size_t done)
{
	const struct run *r = b->progress_arg;

	if (b->count > 1) /* not what is run again alone */
		progress_at(r->progress, (size_t)(r->unit - r->plan->units), done);
}

static struct batch new_batch(struct run *r, const struct suite *s, struct judge_item *items,
                              size_t count)
{
	return (struct batch){.backend = r->backend,
	                      .world = r->world,
	                      .suite = s,
	                      .plane = r->plane,
	                      .pcap_dir = s->pcap_dir,
	                      .run_id = r->run_id,
	                      .hurry = r->found->hung,
	                      .patience_ms = r->found->closed ? BATCH_IMPATIENCE_MS
	                                                      : BATCH_PATIENCE_MS,
	                      .items = items,
	                      .count = count,
	                      .guest_fd = -1,
	                      .on_progress = r->progress ? show_progress : NULL,
	                      .progress_arg = r};
}

/* The batch with the plane's guest, if it has one. */
static enum batch_end play_batch(struct run *r, struct batch *b)
{
	enum batch_end end = BATCH_ENV;

	switch (r->plane) {
	case PLANE_WIRE:
		return batch_run(b);
	case PLANE_KERNEL:
		if (kernelplane_attach(b))
			break;
		end = batch_run(b);
		kernelplane_detach(b);
		return end;
	case PLANE_VM:
		if (vmplane_attach(b, r))
			break;
		end = batch_run(b);
		vmplane_detach(b);
		return end;
	}
	for (size_t i = 0; i < b->count; i++) {
		b->items[i].result = RESULT_ENV;
		snprintf(b->items[i].detail, sizeof(b->items[i].detail),
		         "the guest could not be made; see the message above");
	}
	return BATCH_ENV;
}

/* The suspects that seemed clean fail with the batch's doubt. */
static void convict_suspects(struct batch *b, const char *how)
{
	for (size_t i = 0; i < b->count; i++) {
		struct judge_item *it = &b->items[i];

		if (it->result != RESULT_PASS || !it->suspect)
			continue;
		it->result = RESULT_FAIL;
		snprintf(it->detail, sizeof(it->detail), "%s: %.440s", how, b->judge.doubt_text);
	}
}

/* Runs each suspect that seemed clean again, alone. Its own verdict then holds, unless no item of the batch is found
 * guilty, alone or as a suspect that had already failed. */
static void run_alone(struct run *r, struct batch *b)
{
	size_t culprits = 0, hung = 0;

	for (size_t i = 0; i < b->count; i++)
		culprits += b->items[i].suspect && b->items[i].result != RESULT_PASS;
	for (size_t i = 0; i < b->count && !session_interrupted; i++) {
		struct judge_item alone = b->items[i];
		struct batch one = new_batch(r, b->suite, &alone, 1);
		enum batch_end end;

		if (b->items[i].result != RESULT_PASS || !b->items[i].suspect)
			continue;
		if (hung >= HANGS_ENOUGH) {
			b->items[i].result = RESULT_HANG;
			snprintf(b->items[i].detail, sizeof(b->items[i].detail),
			         "%s; not run alone, the rows above it were", b->judge.doubt_text);
			continue;
		}
		end = play_batch(r, &one);
		hung += alone.result == RESULT_HANG;
		if (end != BATCH_INTERRUPTED && alone.result != RESULT_PASS) {
			culprits++;
			settle(r, &one, &alone);
			b->items[i].result = RESULT_COUNT; /* settled */
		}
		note_end(r, &one, end);
		batch_free(&one);
	}
	if (!culprits)
		convict_suspects(b, "in a batch, though not alone");
}

static void run_batch(struct run *r, const struct suite *s, struct judge_item *items, size_t count)
{
	struct batch b = new_batch(r, s, items, count);
	enum batch_end end;

	end = play_batch(r, &b);
	note_end(r, &b, end);
	if (end != BATCH_INTERRUPTED) {
		if (end == BATCH_DONE && b.judge.doubt) {
			if (r->plane == PLANE_VM)
				convict_suspects(&b, "it may have been this one");
			else
				run_alone(r, &b);
		}
		for (size_t i = 0; i < count && !session_interrupted; i++)
			if (items[i].result != RESULT_COUNT)
				settle(r, &b, &items[i]);
	}
	batch_free(&b);
}

/* ---- a unit ---- */

/* An image that `boot image NAME` wants and nobody has built. */
static bool lacks_image(const struct run *r, const struct scn_boot *boot, char *out, size_t size)
{
	char image[PATH_MAX], path[PATH_MAX + 16];

	if (!boot || !*boot->image || !vmplane_image(r, boot, image))
		return false;
	snprintf(path, sizeof(path), "%s/image.json", image);
	if (!access(path, R_OK))
		return false;
	snprintf(out, size, "there is no image in %.100s: vm-images/build --recipe %s", image,
	         boot->image);
	return true;
}

/* A capability, the plane or the mode that is not there, in words; NULL when all is there. */
static const char *why_skip(const struct run *r, const struct suite *s, const struct scn_case *c,
                            char *out, size_t size)
{
	const unsigned planes = c->planes;
	char mode[BACKEND_WORD_MAX];

	if (!(planes & r->plane)) {
		snprintf(out, size, "not written for the %s plane", plane_name(r->plane));
		return out;
	}
	if (!word_list_has(&r->backend->planes, plane_name(r->plane))) {
		snprintf(out, size, "the backend does not offer the %s plane",
		         plane_name(r->plane));
		return out;
	}
	/* a policy that cannot be read is the backend's to refuse */
	profile_policy_mode(s->policy, mode);
	if (*mode && !word_list_has(&r->backend->modes, mode)) {
		snprintf(out, size, "the backend does not offer mode %s", mode);
		return out;
	}
	for (unsigned i = 0; i < s->needs_count; i++)
		if (!word_list_has(&r->backend->caps, s->needs[i])) {
			snprintf(out, size, "the backend lacks capability %s", s->needs[i]);
			return out;
		}
	return lacks_image(r, case_boot(c), out, size) ? out : NULL;
}

static size_t add_items(const struct run *r, const struct plan_case *c, struct judge_item *items)
{
	size_t n = 0;

	if (!c->scn_case->attack)
		items[n++] = (struct judge_item){.scn_case = c->scn_case};
	for (size_t i = 0; i < c->scn_case->row_count; i++)
		if (plan_unit_has_row(r->unit, c, i, r->plane))
			items[n++] = (struct judge_item){.scn_case = c->scn_case,
			                                 .row = &c->scn_case->rows[i]};
	return n;
}

void unit_play(struct run *r, const struct plan *plan, size_t unit)
{
	const struct unit *u = &plan->units[unit];
	const struct suite *s = plan->cases[u->first].sel->suite;
	struct judge_item *items;
	size_t room = 1, n = 0;
	enum result res;
	char why[240];

	r->plan = plan;
	r->unit = u;
	for (size_t i = u->first; i < u->first + u->count; i++)
		room += plan->cases[i].scn_case->row_count + 1;
	items = alloc_items(room);
	for (size_t i = u->first; i < u->first + u->count; i++) {
		const struct plan_case *c = &plan->cases[i];
		size_t added;

		if (!plan_unit_has_case(plan, u, i))
			continue;
		added = add_items(r, c, items + n);
		if (!why_skip(r, s, c->scn_case, why, sizeof(why))) {
			n += added;
			continue;
		}
		res = profile_verdict(r->profile, c->scn_case->planes & r->plane, why, sizeof(why));
		for (size_t k = n; k < n + added; k++)
			add_outcome(r, s, c->scn_case, items[k].row, res, why);
	}
	if (n)
		run_batch(r, s, items, n);
	free(items);
}
