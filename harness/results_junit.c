/* SPDX-License-Identifier: ISC */
/* results_junit.c: junit.xml. There is no standard; this keeps to what Jenkins, GitLab and GitHub
 * actions read: testsuites, testsuite, testcase and failure, error or skipped with a message. */
#include "harness/escape.h"
#include "harness/results_forms.h"

#include <math.h>
#include <string.h>

enum junit { JUNIT_PASSED, JUNIT_FAILURE, JUNIT_ERROR, JUNIT_SKIPPED, JUNIT_COUNT };

static enum junit junit_of(enum result r)
{
	switch (r) {
	case RESULT_PASS:
		return JUNIT_PASSED;
	case RESULT_SKIP:
	case RESULT_NA:
	case RESULT_XFAIL:
		return JUNIT_SKIPPED;
	case RESULT_CRASH:
	case RESULT_HANG:
	case RESULT_ENV:
		return JUNIT_ERROR;
	case RESULT_FAIL:
	case RESULT_XPASS:
	case RESULT_VACUOUS:
	case RESULT_LIE:
	case RESULT_AUDIT_GAP:
	case RESULT_COUNT:
		break;
	}
	return JUNIT_FAILURE;
}

static size_t suite_len(const struct outcome *o)
{
	return strcspn(o->id, "/");
}

static bool same_suite(const struct outcome *a, const struct outcome *b)
{
	return suite_len(a) == suite_len(b) && strncmp(a->id, b->id, suite_len(a)) == 0;
}

static double seconds(double ms)
{
	return isfinite(ms) ? ms / 1000 : 0;
}

/* The four attributes that testsuites and testsuite have in common, over the outcomes of the suite
 * of `of`, or over all when it is NULL. */
static void write_counts(const struct results *r, const struct outcome *of, FILE *to)
{
	unsigned count[JUNIT_COUNT] = {0}, all = 0;
	double time = 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct outcome *o = &r->outcomes[i];

		if (of && !same_suite(of, o))
			continue;
		count[junit_of(o->result)]++;
		all++;
		time += seconds(o->ms);
	}
	fprintf(to, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" time=\"%.6f\">\n",
	        all, count[JUNIT_FAILURE], count[JUNIT_ERROR], count[JUNIT_SKIPPED], time);
}

static void write_message(const char *element, const struct outcome *o, FILE *to)
{
	const char *result = result_name(o->result);

	fprintf(to, "      <%s", element);
	if (junit_of(o->result) != JUNIT_SKIPPED)
		fprintf(to, " type=\"%s\"", result);
	fprintf(to, " message=\"%s%s", result, o->detail[0] ? ": " : "");
	escape_xml(to, o->detail);
	fputs("\"/>\n", to);
}

static void write_case(const struct outcome *o, FILE *to)
{
	static const char *const elements[] = {
	        [JUNIT_FAILURE] = "failure", [JUNIT_ERROR] = "error", [JUNIT_SKIPPED] = "skipped"};
	char suite[sizeof(o->id)], name[OUTCOME_NAME_MAX];
	enum junit kind = junit_of(o->result);
	size_t len = suite_len(o);

	memcpy(suite, o->id, len);
	suite[len] = '\0';
	outcome_name(o, name);
	fputs("    <testcase classname=\"", to);
	escape_xml(to, suite);
	fputs("\" name=\"", to);
	escape_xml(to, name[len] ? name + len + 1 : name);
	fprintf(to, "\" time=\"%.6f\"", seconds(o->ms));
	if (kind == JUNIT_PASSED) {
		fputs("/>\n", to);
		return;
	}
	fputs(">\n", to);
	write_message(elements[kind], o, to);
	fputs("    </testcase>\n", to);
}

static void write_suite(const struct results *r, size_t first, FILE *to)
{
	const struct outcome *of = &r->outcomes[first];
	char suite[sizeof(of->id)];

	memcpy(suite, of->id, suite_len(of));
	suite[suite_len(of)] = '\0';
	fputs("  <testsuite name=\"", to);
	escape_xml(to, suite);
	putc('"', to);
	write_counts(r, of, to);
	for (size_t i = first; i < r->count; i++) {
		if (same_suite(of, &r->outcomes[i]))
			write_case(&r->outcomes[i], to);
	}
	fputs("  </testsuite>\n", to);
}

static bool is_first_of_suite(const struct results *r, size_t i)
{
	for (size_t j = i; j-- > 0;) { /* backwards: suites mostly stand together */
		if (same_suite(&r->outcomes[i], &r->outcomes[j]))
			return false;
	}
	return true;
}

void results_write_junit(const struct results *r, FILE *to)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"gauntlet ", to);
	escape_xml(to, r->backend);
	putc(' ', to);
	escape_xml(to, r->plane);
	putc('"', to);
	write_counts(r, NULL, to);
	for (size_t i = 0; i < r->count; i++) {
		if (is_first_of_suite(r, i))
			write_suite(r, i, to);
	}
	fputs("</testsuites>\n", to);
}
