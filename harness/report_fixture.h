/* SPDX-License-Identifier: ISC */
/* report_fixture.h: for tests only. Two small runs and their page. */
#ifndef HARNESS_REPORT_FIXTURE_H
#define HARNESS_REPORT_FIXTURE_H

#include "harness/report_html.h"

#include <stdlib.h>
#include <string.h>

#define FIXTURE_RUNS 2

static const char fixture_requirements[] =
        "## Modes (MODE)\n| MODE-001 | MUST | It is <filtered>. | |\n"
        "| MODE-002 | MUST | It says so. | |\n"
        "## Names (DNS)\n| DNS-001 | MUST | No names. | |\n";

struct report_fixture {
	struct report_run runs[FIXTURE_RUNS];
	struct story_list stories[FIXTURE_RUNS];
	struct report_past past[FIXTURE_RUNS];
	struct story_pool pool;
	struct requirements known;
	struct report_model model;
	struct report_page page;
};

static inline struct outcome *fixture_add(struct results *r, const char *id, const char *row,
                                          enum result result, const char *req, const char *detail)
{
	struct outcome *o = results_add(r);

	snprintf(o->id, sizeof(o->id), "%s", id);
	snprintf(o->row, sizeof(o->row), "%s", row);
	snprintf(o->detail, sizeof(o->detail), "%s", detail);
	o->result = result;
	for (const char *p = req; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		snprintf(o->req.id[o->req.count], sizeof(o->req.id[0]), "%.*s", (int)n, p);
		o->req.count++;
		p += n;
	}
	return o;
}

/* Run 1 passes, run 2 has a leak, a known one and something else of everything that matters. */
static inline void fixture_begin(struct report_fixture *f)
{
	struct results *a, *b;

	memset(f, 0, sizeof(*f));
	a = &f->runs[0].results;
	b = &f->runs[1].results;
	strcpy(f->runs[0].label, "refnat");
	strcpy(f->runs[1].label, "leaky");
	strcpy(f->runs[1].transport, "tap");
	a->plane = "wire";
	b->plane = "kernel";
	fixture_add(a, "core/names", "dns", RESULT_PASS, "DNS-001 MODE-001", "");
	fixture_add(a, "core/names", "dot", RESULT_PASS, "DNS-001 MODE-001", "");
	fixture_add(a, "core/says-so", "", RESULT_PASS, "MODE-002", "");
	fixture_add(b, "core/names", "dns", RESULT_FAIL, "DNS-001 MODE-001",
	            "crossed the wire: udp");
	fixture_add(b, "core/names", "dot", RESULT_XFAIL, "DNS-001 MODE-001",
	            "crossed the wire: tcp");
	fixture_add(b, "core/new", "", RESULT_SKIP, "XTRA-001", "no such mode");
}

static inline void fixture_finish(struct report_fixture *f)
{
	requirements_parse(&f->known, fixture_requirements);
	report_model_make(&f->model, f->runs, FIXTURE_RUNS, &f->known);
	f->page = (struct report_page){.model = &f->model,
	                               .stories = f->stories,
	                               .past = f->past,
	                               .pool = &f->pool,
	                               .made = "today"};
}

static inline void fixture_free(struct report_fixture *f)
{
	report_model_free(&f->model);
	requirements_free(&f->known);
	story_pool_free(&f->pool);
	for (size_t i = 0; i < FIXTURE_RUNS; i++) {
		trend_free(&f->past[i].trend);
		stories_free(&f->stories[i]);
		results_free(&f->runs[i].results);
	}
}

/* What `write` writes, malloc'ed. Not inline: gcc 12 takes the result for a pointer to a local variable. */
static __attribute__((noinline, unused)) char *fixture_text(
        const struct report_fixture *f, void (*write)(const struct report_page *p, FILE *to))
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	write(&f->page, to);
	fclose(to);
	return text;
}

static inline size_t fixture_count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

#endif
