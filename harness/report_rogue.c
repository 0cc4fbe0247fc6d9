/* SPDX-License-Identifier: ISC */
/* report_rogue.c: see report_rogue.h. */
#include "harness/report_rogue.h"

#include "harness/escape.h"
#include "harness/files.h"
#include "harness/report_words.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (16u << 20) /* bytes of a rogue.json */

/* The drawing, in its own units. */
#define WIDTH  760
#define BASE   150 /* of the bars */
#define TALL   120 /* the highest bar */
#define LEFT   20
#define COLUMN 60
#define BOUND  10 /* bars below the bound */

/* ---- reading ---- */

static double number_of(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_number(v) ? json_number_value(v) : -1;
}

static void word_of(const json_t *o, const char *key, char out[REPORT_ROGUE_WORD])
{
	const char *text = json_string_value(json_object_get(o, key));

	escape_line(text ? text : "?", strlen(text ? text : "?"), out, REPORT_ROGUE_WORD);
}

static const char *take_kind(struct rogue_chart *c, const json_t *kind)
{
	const json_t *bars = json_object_get(kind, "histogram");
	const json_t *tries = json_object_get(kind, "tries");

	*c = (struct rogue_chart){.p50 = number_of(kind, "p50_ms"),
	                          .p99 = number_of(kind, "p99_ms"),
	                          .max = number_of(kind, "max_ms")};
	word_of(kind, "text", c->text);
	if (json_array_size(bars) != ROGUE_BARS)
		return "a histogram has another number of bars";
	for (size_t i = 0; i < ROGUE_BARS; i++) {
		json_int_t n = json_integer_value(
		        json_object_get(json_array_get(bars, i), "count"));

		if (n < 0 || n > 1000000)
			return "a bar counts what cannot be";
		c->bars[i] = (unsigned)n;
		c->count += c->bars[i];
	}
	for (size_t i = 0; i < json_array_size(tries); i++) {
		const char *result = json_string_value(
		        json_object_get(json_array_get(tries, i), "result"));

		c->failed += !result || strcmp(result, "PASS") != 0;
	}
	c->controls = (unsigned)json_array_size(json_object_get(kind, "controls"));
	return NULL;
}

static const char *take_root(struct rogue_file *out, const json_t *root)
{
	const json_t *kinds = json_object_get(root, "kinds");
	const char *fault = NULL;

	if (json_integer_value(json_object_get(root, "version")) != 1)
		return "it is of another version";
	if (!json_is_array(kinds) || json_array_size(kinds) > ROGUE_KINDS)
		return "it has no kinds, or too many";
	word_of(root, "backend", out->backend);
	word_of(root, "accelerator", out->accelerator);
	out->restored = json_is_true(json_object_get(root, "restored"));
	for (size_t i = 0; i < json_array_size(kinds) && !fault; i++)
		fault = take_kind(&out->charts[out->count++], json_array_get(kinds, i));
	return fault;
}

const char *rogue_file_parse(struct rogue_file *out, const char *text, size_t len)
{
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const char *fault;

	*out = (struct rogue_file){0};
	fault = root ? take_root(out, root) : "it is not JSON";
	json_decref(root);
	return fault;
}

/* ---- drawing ---- */

static void write_bar(const struct rogue_chart *c, size_t i, unsigned most, FILE *to)
{
	unsigned x = LEFT + (unsigned)i * COLUMN, tall = c->bars[i] * TALL / most;

	if (!c->bars[i])
		return;
	tall = tall < 2 ? 2 : tall;
	fprintf(to,
	        "<rect class=\"bar-%s\" x=\"%u\" y=\"%u\" width=\"%d\" height=\"%u\"/>"
	        "<text x=\"%u\" y=\"%u\" text-anchor=\"middle\">%u</text>\n",
	        i < BOUND ? "ok" : "bad", x + 3, BASE - tall, COLUMN - 6, tall, x + COLUMN / 2,
	        BASE - tall - 4, c->bars[i]);
}

void report_write_rogue_svg(const struct rogue_chart *c, const char *id, FILE *to)
{
	unsigned most = 1;

	for (size_t i = 0; i < ROGUE_BARS; i++)
		most = c->bars[i] > most ? c->bars[i] : most;
	fprintf(to,
	        "<svg class=\"chart\" viewBox=\"0 0 %d 185\" role=\"img\" "
	        "aria-labelledby=\"%s-title %s-desc\">\n<title id=\"%s-title\">",
	        WIDTH, id, id, id);
	escape_xml(to, c->text);
	fprintf(to,
	        "</title>\n<desc id=\"%s-desc\">Tries by the time until the VM was gone: half of "
	        "%u within %.1f ms, all within %.1f ms. The bound is %.0f ms.</desc>\n",
	        id, c->count, c->p50, c->max, ROGUE_BOUND_MS);
	fprintf(to, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n", LEFT, BASE,
	        LEFT + ROGUE_BARS * COLUMN, BASE);
	for (size_t i = 0; i < ROGUE_BARS; i++)
		write_bar(c, i, most, to);
	for (unsigned i = 0; i < ROGUE_BARS - 1; i++)
		fprintf(to, "<text x=\"%u\" y=\"%d\" text-anchor=\"middle\">%.0f</text>\n",
		        LEFT + (i + 1) * COLUMN, BASE + 15, rogue_edges[i]);
	fprintf(to,
	        "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">ms</text>\n"
	        "<line class=\"off\" x1=\"%d\" y1=\"10\" x2=\"%d\" y2=\"%d\"/>"
	        "<text x=\"%d\" y=\"20\">the bound, 1 s</text>\n</svg>\n",
	        LEFT + ROGUE_BARS * COLUMN, BASE + 15, LEFT + BOUND * COLUMN, LEFT + BOUND * COLUMN,
	        BASE, LEFT + BOUND * COLUMN + 4);
}

/* Where nothing was timed and nothing failed, nothing is shown. */
static void write_mark(const struct rogue_chart *c, FILE *to)
{
	enum result r = c->failed ? RESULT_FAIL : c->count ? RESULT_PASS : RESULT_VACUOUS;

	fprintf(to, "<b class=\"w %s\">%s</b> ", report_class(r), result_name(r));
}

static void write_chart(const struct rogue_chart *c, const char *id, FILE *to)
{
	fputs("<figure>\n<figcaption>", to);
	write_mark(c, to);
	escape_xml(to, c->text);
	if (c->count)
		fprintf(to, ": %u %s, half gone within %.1f ms, 99 %% within %.1f, all within %.1f",
		        c->count, c->count == 1 ? "try" : "tries", c->p50, c->p99, c->max);
	else
		fputs(": no try was timed", to);
	if (c->failed)
		fprintf(to, "; %u failed", c->failed);
	fputs("</figcaption>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
	      "aria-label=\"Histogram: ",
	      to);
	escape_xml(to, c->text);
	fputs("\">\n", to);
	report_write_rogue_svg(c, id, to);
	fputs("</div>\n</figure>\n", to);
}

static void write_file(const struct rogue_file *f, size_t number, FILE *to)
{
	char id[64];

	fputs("<h3 class=\"of\">", to);
	escape_xml(to, f->backend);
	fputs(", ", to);
	escape_xml(to, strcmp(f->accelerator, "kvm") == 0 ? "KVM" : "emulated");
	fputs(f->restored ? ", guests restored from a snapshot</h3>\n" : ", guests booted</h3>\n",
	      to);
	for (size_t i = 0; i < f->count; i++) {
		snprintf(id, sizeof(id), "rogue-%zu-%zu", number + 1, i + 1);
		write_chart(&f->charts[i], id, to);
	}
}

static void write_path(const char *path, size_t number, FILE *to)
{
	struct rogue_file f = {.count = 0};
	const char *fault;
	size_t len;
	char *text = file_text(path, FILE_MAX, &len);

	fault = text ? rogue_file_parse(&f, text, len) : strerror(errno);
	free(text);
	if (!fault) {
		write_file(&f, number, to);
		return;
	}
	fputs("<p class=\"note\">", to);
	escape_xml(to, path);
	fputs(" cannot be shown: ", to);
	escape_xml(to, fault);
	fputs("</p>\n", to);
}

void report_write_rogue(const struct report_page *p, FILE *to)
{
	if (!p->rogue_count)
		return;
	fprintf(to,
	        "<section id=\"rogue\">\n<h2>Breaking out</h2>\n<p>A guest sends what its policy "
	        "does not allow. Each bar counts tries by the time from when the packet left the "
	        "guest until its VM was gone, whoever noticed and however it was ended. A VM must "
	        "be gone within %.0f ms.</p>\n",
	        ROGUE_BOUND_MS);
	for (size_t i = 0; i < p->rogue_count; i++)
		write_path(p->rogue[i], i, to);
	fputs("</section>\n", to);
}
