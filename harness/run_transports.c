/* SPDX-License-Identifier: ISC */
/* run_transports.c: the same selection over each transport that was asked for. */
#include "harness/run.h"

#include "harness/backend.h"
#include "harness/session.h"
#include "harness/summary.h"
#include "harness/transport.h"

#include <stdio.h>
#include <string.h>

/* Those that were asked for; 0, with a message, when the backend does not describe them. */
static size_t pick_transports(const struct run *r, enum transport_kind out[TRANSPORT_COUNT])
{
	const struct word_list *has = &r->backend->transports;
	bool all = !strcmp(r->transport, "all");
	size_t n = 0;

	for (int i = 0; i < TRANSPORT_COUNT; i++)
		if ((all || !strcmp(transport_names[i], r->transport)) &&
		    word_list_has(has, transport_names[i]))
			out[n++] = (enum transport_kind)i;
	if (n)
		return n;
	fprintf(stderr, "gauntlet: %s does not describe the transport %s; it has", r->backend->name,
	        r->transport);
	for (size_t i = 0; i < has->count; i++)
		fprintf(stderr, "%s %s", i ? "," : "", has->word[i]);
	fprintf(stderr, "%s\n", has->count ? "" : " none");
	return 0;
}

/* 130 before 3, 3 before 4, 4 before 1. */
static int worse(int a, int b)
{
	static const int order[] = {EXIT_INTERRUPTED, EXIT_NOTHING, EXIT_ENV, EXIT_UNEXPECTED};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return 0;
}

/* Each transport that was asked for; with --transport all, a line for each and one for all of them at the end. */
int run_transports(const struct run *r, struct selection *sel, size_t selected)
{
	enum transport_kind kinds[TRANSPORT_COUNT];
	struct count count[TRANSPORT_COUNT] = {0}, sum = {0};
	size_t n = pick_transports(r, kinds);
	bool all = !strcmp(r->transport, "all");
	int code = n ? 0 : EXIT_USAGE;

	for (size_t i = 0; i < n && !session_interrupted; i++) {
		if (i && !r->story)
			printf("\n");
		code = worse(code,
		             run_over_transport(r, kinds[i], all ? transport_names[kinds[i]] : NULL,
		                                sel, selected, &count[i]));
	}
	if (!n || !all || r->story)
		return code;
	printf("\n");
	for (size_t i = 0; i < n; i++) {
		printf("  %-15s", transport_names[kinds[i]]);
		summary_print_count(&count[i], stdout);
		printf("\n");
		sum.run += count[i].run;
		sum.passed += count[i].passed;
		sum.expected += count[i].expected;
		sum.skipped += count[i].skipped;
		sum.seconds += count[i].seconds;
	}
	summary_print_count(&sum, stdout);
	printf("\n");
	return code;
}
