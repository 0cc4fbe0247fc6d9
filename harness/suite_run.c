/* SPDX-License-Identifier: ISC */
/* suite_run.c: one suite against one backend: batches, re-runs, outcomes, progress.
 *
 * On the wire and kernel planes each attack table is one batch and each case of statements another. When a
 * batch leaves a doubt that names no row, every row of it is run again alone to find the culprit;
 * that can only convict: when all are clean alone, all that passed in the batch fail. On the vm
 * plane a suite is one batch in one guest. A row that ends the VM has a process of its own.
 */
#include "harness/backend.h"
#include "harness/batch.h"
#include "harness/evidence.h"
#include "harness/kernelplane.h"
#include "harness/run.h"
#include "harness/vmplane.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HANGS_ENOUGH 2 /* rows that hang alone, until the rest of the batch is believed to */

static const char *item_name(const struct judge_item *it)
{
	return it->row ? it->row->id : it->scn_case->name;
}

/* ---- outcomes ---- */

static struct outcome *add_outcome(struct run *r, const struct suite *s, const struct scn_case *c,
                                   const struct row *row, enum result res, const char *detail)
{
	struct outcome *o = results_add(&r->results);

	snprintf(o->id, sizeof(o->id), "%s/%s", s->name, c->name);
	snprintf(o->row, sizeof(o->row), "%s", row ? row->id : "");
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
	if (r->out && !result_is_expected(o->result) && evidence_write(&e, r->out))
		r->env = true;
}

/* One item's outcome; the batch that decided it is the evidence. */
static void settle(struct run *r, const struct batch *b, const struct judge_item *it)
{
	struct outcome *o = add_outcome(r, b->suite, it->scn_case, it->row, it->result, it->detail);

	o->ms = b->ms / (double)b->count;
	r->proved += it->result == RESULT_PASS && it->row &&
	             (it->row->verdict == ROW_DROP || it->row->verdict == ROW_TERMINATE);
	keep_evidence(r, b, it, o);
	if (!r->story && it->result != RESULT_PASS)
		printf("%s    %-9s %s: %s\n", r->live ? "\r\033[K" : "", result_name(it->result),
		       item_name(it), it->detail);
}

/* What later batches need not find out with full patience again. */
static void note_end(struct run *r, const struct batch *b, enum batch_end end)
{
	r->closed |= b->judge.has_sentinel && !b->judge.pre_ok;
	r->hung |= b->session.hung;
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
	printf("\r\033[K  %s: %zu of %zu", b->items[done - 1].scn_case->name, done, b->count);
	fflush(stdout);
}

static struct batch new_batch(const struct run *r, const struct suite *s, struct judge_item *items,
                              size_t count)
{
	return (struct batch){.backend = r->backend,
	                      .world = r->world,
	                      .suite = s,
	                      .plane = r->plane,
	                      .pcap_dir = s->pcap_dir,
	                      .run_id = r->run_id,
	                      .hurry = r->hung,
	                      .patience_ms = r->closed ? BATCH_IMPATIENCE_MS : BATCH_PATIENCE_MS,
	                      .items = items,
	                      .count = count,
	                      .guest_fd = -1,
	                      .on_progress = r->live && !r->story ? show_progress : NULL};
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

static bool is_outcome_of(const struct outcome *o, const struct judge_item *it)
{
	return !strcmp(strchr(o->id, '/') + 1, it->scn_case->name) &&
	       !strcmp(o->row, it->row ? it->row->id : "");
}

/* Re-runs settle rows out of turn; reports list them as the scenario does. */
static void order_outcomes(struct run *r, size_t from, const struct judge_item *items, size_t count)
{
	struct outcome *o = r->results.outcomes;

	for (size_t i = 0; i < count && from < r->results.count; i++)
		for (size_t k = from; k < r->results.count; k++) {
			struct outcome found;

			if (!is_outcome_of(&o[k], &items[i]))
				continue;
			found = o[k];
			memmove(&o[from + 1], &o[from], (k - from) * sizeof(*o));
			o[from++] = found;
			break;
		}
}

static void run_batch(struct run *r, const struct suite *s, struct judge_item *items, size_t count)
{
	struct batch b = new_batch(r, s, items, count);
	size_t from = r->results.count;
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
		order_outcomes(r, from, items, count);
	}
	batch_free(&b);
}

/* Rows that end the VM run one by one, the others of a table together. */
static void run_items(struct run *r, const struct suite *s, struct judge_item *items, size_t count)
{
	struct judge_item *together = alloc_items(count);
	size_t from = r->results.count, n = 0;

	for (size_t i = 0; i < count; i++)
		if (!items[i].row || !judge_wants_end(&items[i]))
			together[n++] = items[i];
	if (n)
		run_batch(r, s, together, n);
	for (size_t i = 0; i < count && !r->broken && !r->env && !session_interrupted; i++)
		if (items[i].row && judge_wants_end(&items[i]))
			run_batch(r, s, &items[i], 1);
	order_outcomes(r, from, items, count);
	free(together);
}

/* ---- a suite ---- */

/* The policy's mode, or "" when it cannot be read: then it is up to the backend to refuse it. */
static void policy_mode(const char *path, char out[BACKEND_WORD_MAX])
{
	json_t *root = json_load_file(path, 0, NULL);
	const char *mode = json_string_value(json_object_get(root, "mode"));

	snprintf(out, BACKEND_WORD_MAX, "%s", mode ? mode : "");
	json_decref(root);
}

/* A capability, the plane or the mode that is not there, in words; NULL when all is there. */
static const char *why_skip(const struct run *r, const struct suite *s, unsigned planes, char *out,
                            size_t size)
{
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
	policy_mode(s->policy, mode);
	if (*mode && !word_list_has(&r->backend->modes, mode)) {
		snprintf(out, size, "the backend does not offer mode %s", mode);
		return out;
	}
	for (unsigned i = 0; i < s->needs_count; i++)
		if (!word_list_has(&r->backend->caps, s->needs[i])) {
			snprintf(out, size, "the backend lacks capability %s", s->needs[i]);
			return out;
		}
	return NULL;
}

static size_t add_items(const struct selection *sel, const struct scn_case *c, const struct run *r,
                        struct judge_item *items)
{
	size_t n = 0;

	if (!c->attack)
		items[n++] = (struct judge_item){.scn_case = c};
	for (size_t i = 0; c->attack && i < c->row_count; i++)
		if (select_has_row(sel, &c->rows[i]) &&
		    (c->rows[i].recipe.kind != RECIPE_RUN || r->plane != PLANE_WIRE))
			items[n++] = (struct judge_item){.scn_case = c, .row = &c->rows[i]};
	return n;
}

static void skip(struct run *r, const struct selection *sel, const struct scn_case *c,
                 const char *why)
{
	if (!c->attack)
		add_outcome(r, sel->suite, c, NULL, RESULT_SKIP, why);
	for (size_t i = 0; c->attack && i < c->row_count; i++)
		if (select_has_row(sel, &c->rows[i]))
			add_outcome(r, sel->suite, c, &c->rows[i], RESULT_SKIP, why);
}

/* A line for a case that is over: how many of its items passed. */
static void report_case(const struct run *r, const struct scn_case *c, size_t from)
{
	unsigned good = 0, fine = 0, all = 0;
	double ms = 0;

	if (r->story)
		return;
	for (size_t i = from; i < r->results.count; i++) {
		const struct outcome *o = &r->results.outcomes[i];

		if (strcmp(strchr(o->id, '/') + 1, c->name))
			continue;
		all++;
		good += o->result == RESULT_PASS;
		fine += result_is_expected(o->result);
		ms += o->ms;
	}
	if (all)
		printf("%s  %s  %-44s %3u of %u passed  %7.1f ms\n", r->live ? "\r\033[K" : "",
		       fine == all ? "ok  " : "FAIL", c->name, good, all, ms);
}

void suite_run(struct run *r, const struct selection *sel)
{
	const struct suite *s = sel->suite;
	size_t room = 1, n = 0, from = r->results.count;
	struct judge_item *items;
	char why[160];

	for (size_t i = 0; i < s->case_count; i++)
		room += s->cases[i].row_count + 1;
	items = alloc_items(room);
	if (!r->story)
		printf("%s\n", s->name);
	for (size_t i = 0; i < s->case_count && !r->broken && !r->env && !session_interrupted;
	     i++) {
		const struct scn_case *c = &s->cases[i];

		if (!select_has_case(sel, c))
			continue;
		if (why_skip(r, s, c->planes, why, sizeof(why))) {
			skip(r, sel, c, why);
			if (!r->story)
				printf("  skip  %-44s %s\n", c->name, why);
			continue;
		}
		if (r->plane == PLANE_VM) {
			n += add_items(sel, c, r, items + n);
			continue;
		}
		from = r->results.count;
		n = add_items(sel, c, r, items);
		if (n)
			run_items(r, s, items, n);
		report_case(r, c, from);
	}
	if (r->plane == PLANE_VM && n) {
		run_batch(r, s, items, n);
		for (size_t i = 0; i < s->case_count; i++)
			report_case(r, &s->cases[i], from);
	}
	free(items);
}
