/* SPDX-License-Identifier: ISC */
/* report_html.c: the frame of the page: head, verdicts, letters. See report_html.h. */
#include "harness/report_html.h"

#include "harness/escape.h"
#include "harness/report_assets.h"
#include "harness/report_rogue.h"
#include "harness/report_words.h"
#include "harness/version.h"

#include <stdlib.h>
#include <string.h>

#define FINDINGS_SHOWN 3 /* of a run, in its verdict */

/* ---- small parts ---- */

char *report_run_name(const struct report_run *run, char *out, size_t size)
{
	bool usual = !*run->transport || !strcmp(run->transport, "fd");

	snprintf(out, size, "%s, %s plane%s%s", run->label,
	         run->results.plane && *run->results.plane ? run->results.plane : "unknown",
	         usual ? "" : " over ", usual ? "" : run->transport);
	return out;
}

void report_write_cell(const struct report_page *p, const struct report_row *row, size_t run,
                       FILE *to)
{
	const struct outcome *o = row->outcomes[run];
	char name[2 * REPORT_LABEL_MAX];

	if (!o) {
		fputs("<span class=\"c none\"></span>", to);
		return;
	}
	fprintf(to, "<a class=\"c %s\" data-r=\"%zu\" href=\"#", report_class(o->result), run + 1);
	escape_xml(to, row->name);
	fputs("\" aria-label=\"", to);
	escape_xml(to, *row->id                 ? row->id
	               : strchr(row->name, '/') ? strchr(row->name, '/') + 1
	                                        : "");
	fprintf(to, ", %zu ", run + 1);
	escape_xml(to, report_run_name(&p->model->runs[run], name, sizeof(name)));
	fprintf(to, ": %s\">%s</a>", result_name(o->result), report_letter(o->result));
}

void report_write_mark(enum result r, size_t count, size_t run, FILE *to)
{
	fprintf(to,
	        "<span class=\"c %s\" data-r=\"%zu\" role=\"img\" aria-label=\"%zu: %zu %s\">%s"
	        "<i>%zu</i></span>",
	        report_class(r), run + 1, run + 1, count, result_name(r), report_letter(r), count);
}

/* ---- verdicts ---- */

/* What was not played to its end may be known to leak, not to hold. */
static enum report_state state_of_run(const struct report_run *r, unsigned tally[RESULT_COUNT])
{
	enum report_state s;

	results_tally(&r->results, tally);
	s = report_state_of(tally);
	return r->unfinished && s > STATE_UNJUDGED ? STATE_UNJUDGED : s;
}

static void write_bar(const unsigned tally[RESULT_COUNT], FILE *to)
{
	unsigned all = 0, x = 0;

	for (unsigned i = 0; i < RESULT_COUNT; i++)
		all += tally[i];
	if (!all)
		return;
	fputs("<svg class=\"bar\" viewBox=\"0 0 1000 8\" preserveAspectRatio=\"none\" "
	      "aria-hidden=\"true\">",
	      to);
	for (unsigned i = 0; i < RESULT_COUNT; i++) {
		enum result r = report_by_rank[i];
		unsigned width = (unsigned)(1000.0 * tally[r] / all);

		if (!tally[r])
			continue;
		width = width < 6 ? 6 : width; /* what is rare must still be seen */
		fprintf(to, "<rect class=\"%s\" x=\"%u\" width=\"%u\" height=\"8\"/>",
		        report_class(r), x, width);
		x += width;
	}
	fputs("</svg>\n", to);
}

/* "<li>LIE <a>suite/case/row</a> sentence" */
static void write_finding(const struct outcome *o, size_t run, FILE *to)
{
	char name[OUTCOME_NAME_MAX];

	outcome_name(o, name);
	fprintf(to, "<li><b class=\"w %s\">%s</b> <a data-r=\"%zu\" href=\"#",
	        report_class(o->result), result_name(o->result), run + 1);
	escape_xml(to, name);
	fputs("\">", to);
	escape_xml(to, name);
	fputs("</a> <span class=\"d\">", to);
	escape_xml(to, o->detail);
	fputs("</span></li>\n", to);
}

static void write_findings(const struct report_page *p, size_t run, unsigned red, FILE *to)
{
	const struct results *r = &p->model->runs[run].results;
	size_t shown = 0;

	if (!red)
		return;
	fputs("<ul class=\"findings\">\n", to);
	for (unsigned i = 0; i < RESULT_COUNT; i++)
		for (size_t k = 0; k < r->count && shown < FINDINGS_SHOWN; k++)
			if (r->outcomes[k].result == report_by_rank[i] &&
			    (report_is_red(report_by_rank[i]) || report_by_rank[i] == RESULT_ENV)) {
				write_finding(&r->outcomes[k], run, to);
				shown++;
			}
	fputs("</ul>\n", to);
	if (red > shown)
		fprintf(to, "<p class=\"more\">and %zu more below</p>\n", red - shown);
}

static void write_verdict(const struct report_page *p, size_t run, FILE *to)
{
	const struct report_run *r = &p->model->runs[run];
	unsigned tally[RESULT_COUNT], red = 0;
	char name[2 * REPORT_LABEL_MAX];
	enum report_state state;
	char *comma;

	state = state_of_run(r, tally);
	for (unsigned i = 0; i < RESULT_COUNT; i++)
		red += report_is_red((enum result)i) || i == RESULT_ENV ? tally[i] : 0;
	report_run_name(r, name, sizeof(name));
	fprintf(to,
	        "<article class=\"run %s\" id=\"run-%zu\">\n<h3><span class=\"num\">%zu</span> ",
	        report_state_class(state), run + 1, run + 1);
	escape_xml(to, r->label);
	comma = name + strlen(r->label);
	fputs("<small>", to);
	escape_xml(to, comma);
	fputs("</small></h3>\n<p class=\"sentence\">", to);
	escape_xml(to, r->label);
	putc(' ', to);
	report_sentence(tally, to);
	fputs(r->unfinished ? ". The run ended before its last case.</p>\n" : ".</p>\n", to);
	if (*r->part) {
		fputs("<p class=\"more\">This is ", to);
		escape_xml(to, r->part);
		fputs(", not a whole run.</p>\n", to);
	}
	write_bar(tally, to);
	write_findings(p, run, red, to);
	fputs("</article>\n", to);
}

/* Runs as numbers, the worst state first; equal ones in their order. */
static void write_verdicts(const struct report_page *p, FILE *to)
{
	fputs("<section id=\"verdicts\">\n<h2>Verdicts</h2>\n<div class=\"runs\">\n", to);
	for (int s = STATE_OPEN; s <= STATE_HOLDS; s++) {
		if (s == STATE_NOTHING) /* from here on nothing is red, and cards are small */
			fputs("</div>\n<div class=\"runs\">\n", to);
		for (size_t i = 0; i < p->model->run_count; i++) {
			unsigned tally[RESULT_COUNT];

			if (state_of_run(&p->model->runs[i], tally) == (enum report_state)s)
				write_verdict(p, i, to);
		}
	}
	fputs("</div>\n</section>\n", to);
}

/* ---- letters ---- */

static void write_letters(FILE *to)
{
	fputs("<section id=\"letters\">\n<h2>How to read the letters</h2>\n"
	      "<p>Each mark has a letter, a shape and a colour. The small figure at its foot is "
	      "the run; the "
	      "one behind its letter says how often it came. A known leak (X) is as red as any "
	      "other.</p>\n"
	      "<dl class=\"letters\">\n",
	      to);
	for (unsigned i = 0; i < RESULT_COUNT; i++) {
		enum result r = report_by_rank[i];

		fprintf(to,
		        "<div><dt><span class=\"c %s\" aria-hidden=\"true\">%s</span> "
		        "<b>%s</b></dt><dd>%s</dd></div>\n",
		        report_class(r), report_letter(r), result_name(r), report_meaning(r));
	}
	fputs("</dl>\n</section>\n", to);
}

/* ---- the page ---- */

static void write_head(FILE *to)
{
	fprintf(to,
	        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	        "style-src 'sha256-%s'; script-src 'sha256-%s'; base-uri 'none'; form-action "
	        "'none'\">\n"
	        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	        "<meta name=\"color-scheme\" content=\"light dark\">\n"
	        "<meta name=\"referrer\" content=\"no-referrer\">\n"
	        "<title>Gauntlet report</title>\n<style>",
	        report_css.sha256, report_js.sha256);
	fwrite(report_css.text, 1, report_css.len, to);
	fputs("</style>\n</head>\n", to);
}

/* "1 of 3 runs does not hold" */
static void write_headline(const struct report_model *m, FILE *to)
{
	size_t of[STATE_HOLDS + 1] = {0}, open;

	for (size_t i = 0; i < m->run_count; i++) {
		unsigned tally[RESULT_COUNT];

		of[state_of_run(&m->runs[i], tally)]++;
	}
	open = of[STATE_OPEN];
	if (m->run_count == 1) {
		fputs(open                 ? "It does not hold"
		      : of[STATE_HOLDS]    ? "It holds"
		      : of[STATE_KNOWN]    ? "It leaks where it is known to"
		      : of[STATE_UNJUDGED] ? "It could not be judged"
		                           : "Nothing ran",
		      to);
		return;
	}
	if (of[STATE_HOLDS] == m->run_count)
		fprintf(to, "All %zu runs hold", m->run_count);
	else if (open)
		fprintf(to, "%zu of %zu runs %s not hold", open, m->run_count,
		        open == 1 ? "does" : "do");
	else
		fprintf(to, "%zu of %zu runs hold", of[STATE_HOLDS], m->run_count);
}

static void write_header(const struct report_page *p, FILE *to)
{
	size_t rows = p->model->names.count;
	bool trend = false;

	for (size_t i = 0; p->past && i < p->model->run_count; i++)
		trend |= p->past[i].known;
	fputs("<a class=\"jump\" href=\"#cases\">Skip to the cases</a>\n"
	      "<header class=\"top\">\n<p class=\"kicker\">Gauntlet report</p>\n<h1>",
	      to);
	write_headline(p->model, to);
	fprintf(to, "</h1>\n<p class=\"meta\">%zu %s, %zu %s &middot; made ", p->model->run_count,
	        p->model->run_count == 1 ? "run" : "runs", rows,
	        rows == 1 ? "case" : "cases and rows");
	escape_xml(to, p->made);
	fprintf(to,
	        " by gauntlet %s</p>\n<nav aria-label=\"Sections\"><a href=\"#verdicts\">Verdicts"
	        "</a> %s<a href=\"#cases\">Cases</a> %s%s<a href=\"#policies\">Policies</a> "
	        "<a href=\"#letters\">Letters</a></nav>\n</header>\n",
	        GAUNTLET_VERSION, trend ? "<a href=\"#changes\">Changes</a> " : "",
	        report_has_windows(p) ? "<a href=\"#boot\">Boot</a> " : "",
	        p->rogue_count ? "<a href=\"#rogue\">Breaking out</a> " : "");
}

static void write_foot(const struct report_page *p, FILE *to)
{
	fputs("<dialog id=\"story\" aria-labelledby=\"story-title\"></dialog>\n"
	      "<p id=\"said\" class=\"hidden\" role=\"status\"></p>\n"
	      "<script type=\"application/json\" id=\"data\">",
	      to);
	report_write_data(p, to);
	fputs("</script>\n<script>", to);
	fwrite(report_js.text, 1, report_js.len, to);
	fputs("</script>\n</body>\n</html>\n", to);
}

void report_html_write(const struct report_page *p, FILE *to)
{
	write_head(to);
	fputs("<body>\n", to);
	write_header(p, to);
	fputs("<main>\n<noscript><p class=\"note\">Timelines need JavaScript, which is off here. "
	      "Everything "
	      "else is below; <code>gauntlet scenario NAME</code> tells a case in a terminal.</p>"
	      "</noscript>\n",
	      to);
	write_verdicts(p, to);
	report_write_changes(p, to);
	report_write_matrix(p, to);
	report_write_windows(p, to);
	report_write_rogue(p, to);
	report_write_policies(p, to);
	write_letters(to);
	fputs("</main>\n", to);
	write_foot(p, to);
}
