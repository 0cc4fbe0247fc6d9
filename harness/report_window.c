/* SPDX-License-Identifier: ISC */
/* report_window.c: the section "Boot" of a report: a table of packages and modes, and a drawing of each case. See
 * report_window.h. */
#include "harness/report_window.h"

#include "harness/escape.h"
#include "harness/report_html.h"

#include <string.h>

#define NAMED_MAX    4 /* destinations that the table names */
#define UNFOLDED_MAX 4 /* drawings of a run that one sees at once: open windows, in their order */

static const char *const packages[] = {"none", "prebuilt", "offline", "online", "?"};
static const char *const told[] = {
        [0] = "no set-up",
        [1] = "pre-built: in the image",
        [2] = "offline: from the seed",
        [3] = "online: fetched while it boots",
        [4] = "other",
};
#define PACKAGES (sizeof(packages) / sizeof(packages[0]))

static const char *const modes[] = {"direct", "sampled", "conntrack", "filtered", "?"};
#define MODES (sizeof(modes) / sizeof(modes[0]))

bool window_is_open(const struct window_case *c)
{
	return c->w.forbidden[WINDOW_CROSSED] > 0;
}

/* Destinations that are not allowed and were reached. */
static unsigned count_open(const struct window_case *c)
{
	unsigned n = 0;

	for (size_t i = 0; i < c->w.flows[WINDOW_CROSSED]; i++)
		n += c->w.flow[WINDOW_CROSSED][i].class == WINDOW_FORBIDDEN;
	return n;
}

static bool never_closed(const struct window_case *c)
{
	return c->locked_ms < 0 && c->off_ms < 0;
}

void window_sentence(const struct window_case *c, FILE *to)
{
	const struct window *w = &c->w;
	unsigned leaks = w->forbidden[WINDOW_CROSSED], n = count_open(c);

	if (leaks) {
		if (never_closed(c))
			fputs("Open to the end: ", to);
		else
			fprintf(to, "Open for %.0f ms: ", w->exposed_to - w->exposed_from);
		fprintf(to, "%u %s to %u %s not allowed crossed, the first after %.0f ms", leaks,
		        leaks == 1 ? "packet" : "packets", n,
		        n == 1 ? "destination that is" : "destinations that are", w->exposed_from);
	} else if (w->forbidden[WINDOW_SENT]) {
		fprintf(to, "Closed: the guest sent %u that %s not allowed, and none crossed",
		        w->forbidden[WINDOW_SENT], w->forbidden[WINDOW_SENT] == 1 ? "is" : "are");
	} else {
		fprintf(to, "Closed: nothing that is not allowed was sent");
	}
	if (c->off_ms >= 0)
		fprintf(to, "; the guest was off after %.0f ms", c->off_ms);
	else if (c->locked_ms >= 0)
		fprintf(to, "; locked down after %.0f ms", c->locked_ms);
	else
		fputs("; never locked down", to);
}

/* ---- the table ---- */

/* The word's place in the list; what is not known comes last. */
static size_t place_of(const char *word, const char *const *list, size_t count)
{
	for (size_t i = 0; i + 1 < count; i++)
		if (!strcmp(list[i], word))
			return i;
	return count - 1;
}

static bool stands_in(const struct window_case *c, size_t package, size_t mode)
{
	return place_of(c->packages, packages, PACKAGES) == package &&
	       place_of(c->mode, modes, MODES) == mode;
}

static size_t count_in(const struct window_list *l, size_t package, size_t mode)
{
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++)
		n += (package == PACKAGES ||
		      place_of(l->list[i]->packages, packages, PACKAGES) == package) &&
		     (mode == MODES || place_of(l->list[i]->mode, modes, MODES) == mode);
	return n;
}

/* "tcp 198.18.0.5:80, udp 198.18.0.5:53 and 3 more" */
static void write_destinations(const struct window_case *c, FILE *to)
{
	unsigned shown = 0, all = count_open(c);

	for (size_t i = 0; i < c->w.flows[WINDOW_CROSSED] && shown < NAMED_MAX; i++) {
		const struct window_flow *f = &c->w.flow[WINDOW_CROSSED][i];

		if (f->class != WINDOW_FORBIDDEN)
			continue;
		fprintf(to, "%s<code>", shown++ ? ", " : "");
		escape_xml(to, f->to);
		fputs("</code>", to);
	}
	if (all > shown)
		fprintf(to, " and %u more", all - shown);
}

static void write_open(const struct window_case *c, size_t run, size_t at, FILE *to)
{
	const struct window *w = &c->w;

	if (never_closed(c))
		fputs("<li><b class=\"w fail\">open</b>", to);
	else
		fprintf(to, "<li><b class=\"w fail\">open %.0f ms</b>",
		        w->exposed_to - w->exposed_from);
	fprintf(to, " <a href=\"#window-%zu-%zu\">", run + 1, at + 1);
	escape_xml(to, c->name);
	fprintf(to, "</a> <span class=\"d\">%u %s to ", w->forbidden[WINDOW_CROSSED],
	        w->forbidden[WINDOW_CROSSED] == 1 ? "packet" : "packets");
	write_destinations(c, to);
	fputs("</span></li>\n", to);
}

static void write_closed(const struct window_list *l, size_t package, size_t mode, size_t run,
                         FILE *to)
{
	unsigned sent = 0;
	size_t n = 0, first = 0;

	for (size_t i = 0; i < l->count; i++) {
		if (!stands_in(l->list[i], package, mode) || window_is_open(l->list[i]))
			continue;
		first = n++ ? first : i;
		sent += l->list[i]->w.forbidden[WINDOW_SENT];
	}
	if (!n)
		return;
	fprintf(to, "<li><b class=\"w pass\">closed</b> <a href=\"#window-%zu-%zu\">", run + 1,
	        first + 1);
	if (n == 1)
		escape_xml(to, l->list[first]->name);
	else
		fprintf(to, "%zu cases", n);
	if (sent)
		fprintf(to,
		        "</a> <span class=\"d\">%u sent that %s not allowed, none "
		        "crossed</span></li>\n",
		        sent, sent == 1 ? "is" : "are");
	else
		fputs("</a> <span class=\"d\">nothing that is not allowed was sent</span></li>\n",
		      to);
}

static void write_place(const struct window_list *l, size_t package, size_t mode, size_t run,
                        FILE *to)
{
	fputs("<td>", to);
	if (count_in(l, package, mode))
		fputs("<ul>\n", to);
	for (size_t i = 0; i < l->count; i++)
		if (stands_in(l->list[i], package, mode) && window_is_open(l->list[i]))
			write_open(l->list[i], run, i, to);
	write_closed(l, package, mode, run, to);
	fputs(count_in(l, package, mode) ? "</ul></td>" : "</td>", to);
}

static void write_table(const struct window_list *l, size_t run, FILE *to)
{
	fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"How long the boot "
	      "window was open\">\n<table class=\"windows\">\n<thead><tr><th "
	      "scope=\"col\">packages</th>",
	      to);
	for (size_t m = 0; m < MODES; m++)
		if (count_in(l, PACKAGES, m))
			fprintf(to, "<th scope=\"col\">%s</th>", modes[m]);
	fputs("</tr></thead>\n<tbody>\n", to);
	for (size_t k = 0; k < PACKAGES; k++) {
		if (!count_in(l, k, MODES))
			continue;
		fprintf(to, "<tr><th scope=\"row\">%s</th>", told[k]);
		for (size_t m = 0; m < MODES; m++)
			if (count_in(l, PACKAGES, m))
				write_place(l, k, m, run, to);
		fputs("</tr>\n", to);
	}
	fputs("</tbody>\n</table></div>\n", to);
}

/* ---- one case ---- */

static void write_flows(const struct window_case *c, FILE *to)
{
	static const char *const lanes[] = {[WINDOW_SENT] = "sent", [WINDOW_CROSSED] = "crossed"};

	fputs("<details class=\"packets\"><summary>In words</summary>\n<div class=\"scroll\" "
	      "tabindex=\"0\" role=\"region\" aria-label=\"Packets in words\">\n<table><thead><tr>"
	      "<th scope=\"col\">to</th><th scope=\"col\">where</th><th scope=\"col\">which "
	      "is</th><th scope=\"col\">packets</th><th scope=\"col\">ms</th><th "
	      "scope=\"col\">the first</th></tr></thead>\n<tbody>\n",
	      to);
	for (int lane = WINDOW_LANES - 1; lane >= 0; lane--)
		for (size_t i = 0; i < c->w.flows[lane]; i++) {
			const struct window_flow *f = &c->w.flow[lane][i];
			bool leak = lane == WINDOW_CROSSED && f->class == WINDOW_FORBIDDEN;

			fputs("<tr><th scope=\"row\">", to);
			escape_xml(to, f->to);
			fprintf(to,
			        "</th><td>%s</td><td>%s%s%s</td><td>%u</td><td>%.0f to "
			        "%.0f</td><td><code>",
			        lanes[lane], leak ? "<b class=\"w fail\">" : "",
			        window_class_name(f->class), leak ? "</b>" : "", f->count,
			        f->first_ms, f->last_ms);
			escape_xml(to, f->words);
			fputs("</code></td></tr>\n", to);
		}
	fputs("</tbody></table></div></details>\n", to);
}

static void write_case(const struct window_case *c, size_t run, size_t at, bool open, FILE *to)
{
	char id[64];

	snprintf(id, sizeof(id), "window-%zu-%zu", run + 1, at + 1);
	fprintf(to,
	        "<details class=\"policy window\" id=\"%s\"%s><summary><h3><b class=\"w "
	        "%s\">%s</b> ",
	        id, open ? " open" : "", window_is_open(c) ? "fail" : "pass",
	        window_is_open(c) ? "open" : "closed");
	escape_xml(to, c->name);
	fputs("</h3> <span class=\"y\">", to);
	escape_xml(to, c->mode);
	fputs(", packages ", to);
	escape_xml(to, strcmp(c->packages, "?") ? c->packages : "unknown");
	fputs(", ", to);
	escape_xml(to, c->boot);
	fputs(" boot</span></summary>\n<figure>\n<figcaption>", to);
	window_sentence(c, to);
	fprintf(to, ". <a data-r=\"%zu\" href=\"#", run + 1);
	escape_xml(to, c->name);
	fputs("\">Its story</a></figcaption>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
	      "aria-label=\"Timeline of ",
	      to);
	escape_xml(to, c->name);
	fputs("\">\n", to);
	report_write_window_svg(c, id, to);
	fputs("</div>\n</figure>\n", to);
	write_flows(c, to);
	fputs("</details>\n", to);
}

/* ---- the section ---- */

static void write_run(const struct report_page *p, size_t run, FILE *to)
{
	const struct window_list *l = &p->windows[run];
	char name[2 * REPORT_LABEL_MAX];
	unsigned unfolded = 0;

	fprintf(to, "<h3 class=\"of\"><span class=\"num\">%zu</span> ", run + 1);
	escape_xml(to, report_run_name(&p->model->runs[run], name, sizeof(name)));
	fputs("</h3>\n", to);
	write_table(l, run, to);
	for (size_t i = 0; i < l->count; i++)
		write_case(l->list[i], run, i,
		           window_is_open(l->list[i]) && unfolded++ < UNFOLDED_MAX, to);
}

bool report_has_windows(const struct report_page *p)
{
	bool any = false;

	for (size_t r = 0; p->windows && r < p->model->run_count; r++)
		any |= p->windows[r].count > 0;
	return any;
}

void report_write_windows(const struct report_page *p, FILE *to)
{
	if (!report_has_windows(p))
		return;
	fputs("<section id=\"boot\">\n<h2>Boot</h2>\n<p>From power-on to lock-down: what a guest "
	      "sent, and "
	      "what of it crossed. Allowed is what is on the policy's list, whatever its mode. "
	      "The window is open from the first packet that crossed and is not allowed; it is "
	      "shaded. "
	      "Full milestones were seen from outside, hollow ones are what the guest says.</p>\n"
	      "<p class=\"keys\"><svg class=\"chart key\" viewBox=\"0 0 14 14\" "
	      "aria-hidden=\"true\"><g "
	      "class=\"flow allowed\"><circle cx=\"7\" cy=\"7\" r=\"4\"/></g></svg> allowed "
	      "<svg class=\"chart key\" viewBox=\"0 0 14 14\" aria-hidden=\"true\"><g class=\"flow "
	      "link\"><path d=\"M4 4h6v6h-6z\"/></g></svg> for the link itself "
	      "<svg class=\"chart key\" viewBox=\"0 0 14 14\" aria-hidden=\"true\"><g class=\"flow "
	      "forbidden\"><path d=\"M7 1l6 6l-6 6l-6 -6z\"/></g></svg> not allowed</p>\n",
	      to);
	for (size_t r = 0; r < p->model->run_count; r++)
		if (p->windows[r].count)
			write_run(p, r, to);
	fputs("</section>\n", to);
}
