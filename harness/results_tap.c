/* SPDX-License-Identifier: ISC */
/* results_tap.c: results.tap, TAP version 14 (testanything.org/tap-version-14-specification.html).
 */
#include "harness/escape.h"
#include "harness/results_forms.h"

#include <string.h>

/* Text on a test line: one line, and `#` and `\` escaped, which would begin a directive. */
static void write_text(const char *text, FILE *to)
{
	char line[1024];

	escape_line(text, strlen(text), line, sizeof(line));
	for (const char *p = line; *p; p++) {
		if (*p == '#' || *p == '\\')
			putc('\\', to);
		putc(*p, to);
	}
}

static void write_directive(const char *word, const struct outcome *o, FILE *to)
{
	fprintf(to, " # %s ", word);
	write_text(o->detail[0] ? o->detail : result_name(o->result), to);
}

/* A JSON string is a YAML double-quoted scalar. */
static void write_diagnostic(const struct outcome *o, FILE *to)
{
	fprintf(to, "  ---\n  result: %s\n  message: ", result_name(o->result));
	escape_json(to, o->detail);
	if (o->req.count) {
		fputs("\n  requirements: [", to);
		for (unsigned i = 0; i < o->req.count; i++) {
			fputs(i ? ", " : "", to);
			escape_json(to, o->req.id[i]);
		}
		putc(']', to);
	}
	fprintf(to, "\n  duration_ms: %.3f\n  ...\n", o->ms);
}

void results_write_tap(const struct results *r, FILE *to)
{
	char name[OUTCOME_NAME_MAX];

	fprintf(to, "TAP version 14\n1..%zu%s\n", r->count, r->count ? "" : " # SKIP nothing ran");
	for (size_t i = 0; i < r->count; i++) {
		const struct outcome *o = &r->outcomes[i];
		bool skipped = o->result == RESULT_SKIP || o->result == RESULT_NA;
		bool ok = o->result == RESULT_PASS || skipped;

		fprintf(to, "%s %zu - ", ok ? "ok" : "not ok", i + 1);
		write_text(outcome_name(o, name), to);
		if (skipped)
			write_directive("SKIP", o, to);
		if (o->result == RESULT_XFAIL)
			write_directive("TODO", o, to);
		putc('\n', to);
		if (!ok)
			write_diagnostic(o, to);
	}
}
