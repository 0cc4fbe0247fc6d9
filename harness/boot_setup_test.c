/* SPDX-License-Identifier: ISC */
#include "harness/boot_setup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KEYS                                                                                       \
	"--address 10.99.0.2/24 --private-key-file keys/guest.key "                                \
	"--peer-key +PnUHp8px1fzAjG0q+I6nivUkIAA7+Fm9NGH6eiUznU= "
#define GOOD "--endpoint tunnel " KEYS

static struct guest_config g;
static char why[GUEST_WHY_MAX];

static bool parse(const char *options)
{
	const struct boot_setup s = {.options = options,
	                             .policy = "scenarios/policies/guest-direct.json",
	                             .dir = "scenarios",
	                             .target = "198.18.7.7",
	                             .nonce = "abcz",
	                             .tmp = "/tmp/x"};

	why[0] = '\0';
	return boot_setup_parse(&g, &s, why);
}

static void options_are_cut_at_blanks(void **state)
{
	(void)state;
	if (!parse("  " GOOD "\t--marker 'two  words' --watchdog 7 "))
		fail_msg("%s", why);
	assert_string_equal(g.marker, "two  words");
	assert_int_equal(g.watchdog_s, 7);
}

static void quotes_may_stand_inside_of_a_word(void **state)
{
	(void)state;
	assert_true(parse(GOOD "--marker=a' 'b''c"));
	assert_string_equal(g.marker, "a bc");
}

static void variables_are_replaced_before_it_is_cut(void **state)
{
	(void)state;
	if (!parse(GOOD "--packages offline --package $TMP/p.tar --marker up-$NONCE-$T"))
		fail_msg("%s", why);
	assert_string_equal(g.package[0].from, "/tmp/x/p.tar");
	assert_string_equal(g.marker, "up-abcz-198.18.7.7");
}

static void what_is_wrong_is_said(void **state)
{
	static const struct {
		const char *options, *why;
	} table[] = {{"--endpoint tunnel", "--private-key-file is missing"},
	             {GOOD "--bla", "unknown option '--bla'"},
	             {GOOD "--marker 'x", "no other one behind it"},
	             {GOOD "--marker $VM", "one of $T, $NONCE, $LAB and $TMP"},
	             {GOOD "--marker $", "one of $T"},
	             {"--help", "make no set-up"}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_false(parse(table[i].options));
		if (!strstr(why, table[i].why))
			fail_msg("%s: %s", table[i].options, why);
	}
}

static void too_many_words_are_refused(void **state)
{
	char text[1024] = "";

	(void)state;
	for (int i = 0; i < 200; i++)
		strcat(text, "x ");
	assert_false(parse(text));
	assert_non_null(strstr(why, "too many words"));
}

static void a_rule_can_be_left_out_besides(void **state)
{
	struct boot_setup s = {.options = GOOD,
	                       .policy = "scenarios/policies/guest-direct.json",
	                       .dir = "scenarios",
	                       .without = "egress"};

	(void)state;
	assert_true(boot_setup_parse(&g, &s, why));
	assert_true(g.without[GUEST_EGRESS]);
	s.without = "nothing";
	assert_false(boot_setup_parse(&g, &s, why));
	s.policy = "no/such/policy.json";
	assert_false(boot_setup_parse(&g, &s, why));
	assert_non_null(strstr(why, "no/such/policy.json"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(options_are_cut_at_blanks),
	        cmocka_unit_test(quotes_may_stand_inside_of_a_word),
	        cmocka_unit_test(variables_are_replaced_before_it_is_cut),
	        cmocka_unit_test(what_is_wrong_is_said),
	        cmocka_unit_test(too_many_words_are_refused),
	        cmocka_unit_test(a_rule_can_be_left_out_besides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
