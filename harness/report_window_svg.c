/* SPDX-License-Identifier: ISC */
/* report_window_svg.c: the boot window of one case as a drawing. See report_window.h.
 *
 *   0        500       1000      1500 ms
 *   milestones    o QEMU up   * READY ...       in as many lines as their names need
 *   sent  udp 203.0.113.50:51820      o  o  o
 *         tcp 198.18.0.5:80         <> <>        every destination has a line
 *   crossed ...
 *
 * The exposed window is shaded over all of it. What is told by colour is told by a shape and a word, too. Numbers go
 * into attributes: the page's policy forbids style attributes. All sizes are in the drawing's own units, which are
 * pixels where there is room for it.
 */
#include "harness/report_window.h"

#include "harness/escape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH      960
#define LEFT       232 /* where the times begin; names of destinations stand before it */
#define RIGHT      (WIDTH - 16)
#define LINE       20  /* from one line to the next */
#define AXIS       26  /* height of the axis */
#define HEAD       24  /* of a lane's heading */
#define LETTER     6.1 /* width of one, on average, at 11 pixels */
#define MARK_LINES 6
#define FLOW_LINES 12 /* of a lane; the rest is a number */
#define NAME_CHARS 29 /* of a destination, in front of its line */

struct drawing {
	const struct window_case *c;
	double from, to; /* ms */
	int mark_line[WINDOW_MARKS];
	bool mark_left[WINDOW_MARKS]; /* the name stands left of its mark */
	int mark_lines;
	int bottom;
	FILE *out;
};

static double x_of(const struct drawing *d, double ms)
{
	double part = (ms - d->from) / (d->to - d->from);

	return LEFT + (RIGHT - LEFT) * (part < 0 ? 0 : part > 1 ? 1 : part);
}

static void widen(struct drawing *d, double ms)
{
	d->from = ms < d->from ? ms : d->from;
	d->to = ms > d->to ? ms : d->to;
}

static void find_range(struct drawing *d)
{
	const struct window *w = &d->c->w;

	d->from = 0;
	d->to = 10;
	for (size_t i = 0; i < d->c->mark_count; i++)
		widen(d, d->c->marks[i].ms);
	for (int lane = 0; lane < WINDOW_LANES; lane++)
		for (size_t i = 0; i < w->flows[lane]; i++) {
			widen(d, w->flow[lane][i].first_ms);
			widen(d, w->flow[lane][i].last_ms);
		}
	widen(d, d->c->locked_ms < 0 ? 0 : d->c->locked_ms);
	widen(d, d->c->off_ms < 0 ? 0 : d->c->off_ms);
	if (w->exposed_from != WINDOW_NEVER)
		widen(d, w->exposed_to);
	d->to += (d->to - d->from) / 50;
}

/* 1, 2 or 5 times a power of ten, so that there are at most 8 of them. */
static double step_of(const struct drawing *d)
{
	static const double nice[] = {1, 2, 5, 10};
	double rough = (d->to - d->from) / 8, ten = pow(10, floor(log10(rough)));

	for (size_t i = 0; i < sizeof(nice) / sizeof(nice[0]); i++)
		if (nice[i] * ten >= rough)
			return nice[i] * ten;
	return 10 * ten;
}

/* ---- milestones ---- */

/* Each name gets the first line in which it touches no other. */
static void place_marks(struct drawing *d)
{
	double taken[MARK_LINES];

	for (int i = 0; i < MARK_LINES; i++)
		taken[i] = -1;
	for (size_t i = 0; i < d->c->mark_count; i++) {
		double width = LETTER * (double)strlen(d->c->marks[i].name) + 12;
		double x = x_of(d, d->c->marks[i].ms), from;
		int line = 0;

		d->mark_left[i] = x + width > RIGHT;
		from = d->mark_left[i] ? x - width : x - 4;
		while (line < MARK_LINES - 1 && taken[line] > from)
			line++;
		taken[line] = from + width + 4;
		d->mark_line[i] = line;
		if (line >= d->mark_lines)
			d->mark_lines = line + 1;
	}
}

static void draw_marks(const struct drawing *d, int y)
{
	for (size_t i = 0; i < d->c->mark_count; i++) {
		const struct window_mark *m = &d->c->marks[i];
		double x = x_of(d, m->ms);
		int at = y + d->mark_line[i] * LINE + LINE / 2;

		fprintf(d->out, "<g class=\"mile%s\"><title>%.0f ms: ", m->claim ? " claim" : "",
		        m->ms);
		escape_xml(d->out, m->name);
		fprintf(d->out,
		        "%s</title><line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/><circle "
		        "cx=\"%.1f\" cy=\"%d\" r=\"3.5\"/><text x=\"%.1f\" y=\"%d\"%s>",
		        m->claim ? ", says the guest" : "", x, x, at, d->bottom, x, at,
		        d->mark_left[i] ? x - 7 : x + 7, at + 4,
		        d->mark_left[i] ? " text-anchor=\"end\"" : "");
		escape_xml(d->out, m->name);
		fputs("</text></g>\n", d->out);
	}
}

/* ---- lanes ---- */

static int lane_lines(const struct window *w, enum window_lane lane)
{
	size_t n = w->flows[lane];

	return n == 0 ? 1 : n > FLOW_LINES ? FLOW_LINES + 1 : (int)n;
}

/* Allowed: a disc. For the link: a small square. Forbidden: a diamond. */
static void draw_dot(const struct drawing *d, enum window_class class, double ms, int y)
{
	double x = x_of(d, ms);

	if (class == WINDOW_ALLOWED)
		fprintf(d->out, "<circle cx=\"%.1f\" cy=\"%d\" r=\"4\"/>", x, y);
	else if (class == WINDOW_LINK)
		fprintf(d->out, "<path d=\"M%.1f %dh6v6h-6z\"/>", x - 3, y - 3);
	else
		fprintf(d->out, "<path d=\"M%.1f %dl6 6l-6 6l-6 -6z\"/>", x, y - 6);
}

static void draw_flow(const struct drawing *d, const struct window_flow *f, int y)
{
	fprintf(d->out, "<g class=\"flow %s\"><title>", window_class_name(f->class));
	escape_xml(d->out, f->words);
	fprintf(d->out, ": %u %s</title><text x=\"%d\" y=\"%d\" text-anchor=\"end\">", f->count,
	        f->count == 1 ? "packet" : "packets", LEFT - 12, y + 4);
	if (strlen(f->to) >
	    NAME_CHARS) { /* an address of IPv6; all of it is in the title and the table */
		char cut[NAME_CHARS + 1];

		escape_line(f->to, NAME_CHARS - 2, cut, sizeof(cut) - 2);
		escape_xml(d->out, cut);
		fputs("..", d->out);
	} else {
		escape_xml(d->out, f->to);
	}
	if (f->count > 1)
		fprintf(d->out, " &#215;%u", f->count);
	fprintf(d->out, "</text><line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>",
	        x_of(d, f->first_ms), x_of(d, f->last_ms), y, y);
	for (unsigned i = 0; i < f->dots; i++)
		draw_dot(d, f->class, f->at_ms[i], y);
	fputs("</g>\n", d->out);
}

/* What is forbidden comes first, so that no number can hide it. */
static void draw_lane(const struct drawing *d, enum window_lane lane, const char *heading, int y)
{
	const struct window *w = &d->c->w;
	int line = 0;

	fprintf(d->out,
	        "<line class=\"rule\" x1=\"0\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>"
	        "<text class=\"lane\" x=\"12\" y=\"%d\">%s: %u</text>\n",
	        WIDTH, y, y, y + 17, heading, w->count[lane]);
	y += HEAD + LINE / 2;
	if (!w->flows[lane])
		fprintf(d->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">nothing</text>\n",
		        LEFT - 12, y + 4);
	for (int class = WINDOW_FORBIDDEN; class >= WINDOW_ALLOWED; class --)
		for (size_t i = 0; i < w->flows[lane]; i++)
			if (w->flow[lane][i].class == (enum window_class) class) {
				if (line < FLOW_LINES)
					draw_flow(d, &w->flow[lane][i], y + line * LINE);
				line++;
			}
	if (line > FLOW_LINES)
		fprintf(d->out,
		        "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">and %d more "
		        "destinations</text>\n",
		        LEFT - 12, y + FLOW_LINES * LINE + 4, line - FLOW_LINES);
}

/* ---- the whole ---- */

static void draw_axis(const struct drawing *d)
{
	double step = step_of(d);
	int last = (int)floor(d->to / step);

	fputs("<g class=\"axis\">", d->out);
	for (int i = (int)ceil(d->from / step); i <= last; i++) {
		double ms = i * step, x = x_of(d, ms);

		fprintf(d->out,
		        "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/><text x=\"%.1f\" "
		        "y=\"14\" text-anchor=\"middle\">%.0f</text>",
		        x, x, AXIS - 6, d->bottom, x, ms);
	}
	fprintf(d->out,
	        "<text x=\"%d\" y=\"14\" text-anchor=\"end\">ms since power-on</text></g>\n",
	        LEFT - 28);
}

static void draw_open(const struct drawing *d)
{
	const struct window *w = &d->c->w;
	double from, to;

	if (w->exposed_from == WINDOW_NEVER)
		return;
	from = x_of(d, w->exposed_from);
	to = x_of(d, w->exposed_to);
	if (to < from + 2)
		to = from + 2; /* what is short must still be seen */
	fprintf(d->out,
	        "<rect class=\"open\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"><title>open "
	        "from %.0f to %.0f ms</title></rect>\n",
	        from, AXIS, to - from, d->bottom - AXIS, w->exposed_from, w->exposed_to);
}

static void draw_line(const struct drawing *d, const char *class, double ms)
{
	double x = x_of(d, ms);

	if (ms >= 0)
		fprintf(d->out,
		        "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>\n", class,
		        x, x, AXIS, d->bottom);
}

void report_write_window_svg(const struct window_case *c, const char *id, FILE *to)
{
	struct drawing d = {.c = c, .out = to};
	int sent, crossed;

	find_range(&d);
	place_marks(&d);
	sent = AXIS + HEAD + d.mark_lines * LINE + 6;
	crossed = sent + HEAD + lane_lines(&c->w, WINDOW_SENT) * LINE + 6;
	d.bottom = crossed + HEAD + lane_lines(&c->w, WINDOW_CROSSED) * LINE + 6;
	fprintf(to,
	        "<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" "
	        "aria-labelledby=\"%s-t %s-d\">\n<title id=\"%s-t\">Boot window of ",
	        WIDTH, d.bottom + 2, id, id, id);
	escape_xml(to, c->name);
	fprintf(to, "</title><desc id=\"%s-d\">", id);
	window_sentence(c, to);
	fputs(". The table below has every destination.</desc>\n", to);
	draw_open(&d);
	draw_axis(&d);
	draw_line(&d, "locked", c->locked_ms);
	draw_line(&d, "off", c->off_ms);
	fprintf(to, "<text class=\"lane\" x=\"12\" y=\"%d\">Milestones</text>\n", AXIS + 17);
	draw_marks(&d, AXIS + HEAD / 2);
	draw_lane(&d, WINDOW_SENT, "The guest sent", sent);
	draw_lane(&d, WINDOW_CROSSED, "Crossed the wire", crossed);
	fputs("</svg>\n", to);
}
