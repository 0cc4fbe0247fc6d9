/* SPDX-License-Identifier: ISC */
/* event_pattern_test.c: the words of `event` statements, and which events they fit. */
#include "harness/event_pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TARGET IP4(198, 18, 0, 7)
#define DENIED                                                                                     \
	"{\"v\":1,\"ev\":\"drop\",\"proto\":\"udp\",\"src\":\"192.168.100.2\",\"sport\":4000,"     \
	"\"dst\":\"198.18.0.7\",\"dport\":53,\"reason\":\"not-allowed\",\"suppressed\":4}"
#define ALLOWED                                                                                    \
	"{\"v\":1,\"ev\":\"allow\",\"proto\":\"tcp\",\"src\":\"192.168.100.2\",\"sport\":4000,"    \
	"\"dst\":\"203.0.113.50\",\"dport\":51900,\"rule\":\"consumer\"}"
#define BYE "{\"v\":1,\"ev\":\"bye\",\"reason\":\"peer-closed\"}"

static bool parse(const char *words, struct diag *diag, struct event_pattern *out)
{
	static const char *const stop[] = {"count", "within", NULL};
	struct lex lx;

	diag_init(diag, "test.scn", words, strlen(words));
	lex_init(&lx, words, strlen(words), 1, diag);
	return event_pattern_parse(&lx, TARGET, stop, out);
}

static bool fits(const char *words, const char *line)
{
	struct event_pattern p;
	struct diag diag;
	struct event ev;
	char why[256];

	if (!parse(words, &diag, &p))
		fail_msg("%s: %u: %s", words, diag.errors[0].column, diag.errors[0].text);
	assert_true(event_parse(line, strlen(line), &ev, why));
	return event_pattern_matches(&p, &ev);
}

static void what_is_not_named_may_be_anything(void **state)
{
	static const char *const words[] = {
	        "drop",
	        "drop udp",
	        "drop reason not-allowed",
	        "drop src $VM",
	        "drop src $VM:4000",
	        "drop src $VM:* dst *:53",
	        "drop dst $T",
	        "drop dst $T:53 src * reason not-allowed udp",
	        "drop count 4",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!fits(words[i], DENIED))
			fail_msg("%s does not fit", words[i]);
	assert_true(fits("allow rule consumer dst $CONSUMER tcp", ALLOWED));
	assert_true(fits("bye", BYE));
	assert_true(fits("bye reason peer-closed", BYE));
}

static void one_difference_is_enough(void **state)
{
	static const char *const words[] = {
	        "allow",
	        "drop tcp",
	        "drop ip-17",
	        "drop reason runt",
	        "drop rule consumer",
	        "drop src $GW",
	        "drop src $VM:4001",
	        "drop dst $T:54",
	        "drop dst $CONSUMER",
	        "violation",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (fits(words[i], DENIED))
			fail_msg("%s fits", words[i]);
	assert_false(fits("allow dst 203.0.113.50:51901", ALLOWED));
	assert_false(fits("bye src $VM", BYE)); /* what is named must be there */
	assert_false(fits("bye reason violation", BYE));
}

static void a_protocol_without_a_name_has_its_number(void **state)
{
	(void)state;
	assert_true(fits("drop ip-47", "{\"v\":1,\"ev\":\"drop\",\"proto\":\"ip-47\"}"));
}

static void suppressed_denials_weigh_as_much_as_told_ones(void **state)
{
	struct event ev;
	char why[256];

	(void)state;
	assert_true(event_parse(DENIED, strlen(DENIED), &ev, why));
	assert_int_equal(event_weight(&ev), 5);
	assert_true(event_parse(BYE, strlen(BYE), &ev, why));
	assert_int_equal(event_weight(&ev), 1);
}

static void a_mistake_is_shown_where_it_stands(void **state)
{
	static const struct {
		const char *words;
		unsigned column;
		const char *text;
	} mistakes[] = {
	        {"", 1, "the kind of event is missing"},
	        {"dorp", 1, "unknown kind of event 'dorp'; did you mean 'drop'?"},
	        {"drop resaon x", 6, "unknown word 'resaon'; did you mean 'reason'?"},
	        {"drop reason not-alowed", 13, "did you mean 'not-allowed'?"},
	        {"drop reason", 12, "a reason is missing"},
	        {"drop reason \"runt\"", 13, "a reason is missing"},
	        {"drop reason runt reason runt", 18, "'reason' is a second one"},
	        {"drop udp tcp", 10, "'tcp' is a second one"},
	        {"drop ip-256", 6, "unknown word 'ip-256'"},
	        {"drop src", 9, "an address is missing"},
	        {"drop src 1.2.3", 10, "'1.2.3' is not an IPv4 address"},
	        {"drop src $NAT", 10, "$NAT cannot stand here"},
	        {"drop dst $VM:x", 14, "a port is a number"},
	        {"allow rule", 11, "a rule's id is missing"},
	        {"allow rule aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 12,
	         "a rule's id is missing"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct event_pattern p;
		struct diag diag;

		if (parse(mistakes[i].words, &diag, &p))
			fail_msg("%s is a pattern", mistakes[i].words);
		if (diag.errors[0].column != mistakes[i].column ||
		    !strstr(diag.errors[0].text, mistakes[i].text))
			fail_msg("%s: %u: %s", mistakes[i].words, diag.errors[0].column,
			         diag.errors[0].text);
	}
}

/* Run from the project's folder; elsewhere it skips itself. */
static void the_contract_lists_every_reason(void **state)
{
	static char page[65536];
	FILE *f = fopen("docs/backends.md", "re");
	const char *list;

	(void)state;
	if (!f)
		skip();
	assert_in_range(fread(page, 1, sizeof(page) - 1, f), 1, sizeof(page) - 2);
	fclose(f);
	list = strstr(page, "\n### Reasons");
	assert_non_null(list);
	for (size_t i = 0; event_reasons[i]; i++) {
		char cell[64];

		snprintf(cell, sizeof(cell), "`%s`", event_reasons[i]);
		if (!strstr(list, cell))
			fail_msg("docs/backends.md, Reasons, lacks %s", cell);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_not_named_may_be_anything),
	        cmocka_unit_test(one_difference_is_enough),
	        cmocka_unit_test(a_protocol_without_a_name_has_its_number),
	        cmocka_unit_test(suppressed_denials_weigh_as_much_as_told_ones),
	        cmocka_unit_test(a_mistake_is_shown_where_it_stands),
	        cmocka_unit_test(the_contract_lists_every_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
