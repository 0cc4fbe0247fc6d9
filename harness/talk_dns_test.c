/* SPDX-License-Identifier: ISC */
#include "harness/talk_dns.h"

#include "bytes/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct recipe_vars vars = {.nonce = "n0nce"};

static struct lex *words(const char *text)
{
	static struct diag diag;
	static struct lex lx;

	diag_init(&diag, "t.scn", text, strlen(text));
	lex_init(&lx, text, strlen(text), 1, &diag);
	return &lx;
}

static size_t make(const char *text, uint8_t *out)
{
	struct talk_query q;
	char why[256] = "";
	size_t n;

	assert_true(talk_query_parse(words(text), &q));
	n = talk_dns_query(&q, &vars, 0x1234, out, why);
	if (!n)
		fail_msg("%s", why);
	return n;
}

static void a_query_is_made_as_it_is_written(void **state)
{
	static const uint8_t plain[] =
	        "\x12\x34\x01\x00\0\1\0\0\0\0\0\0\2ok\5n0nce\4test\0\0\1\0\1";
	static const uint8_t two[] =
	        "\0\5\0\0\0\7\0\0\0\0\0\1\1a\0\0\x1c\0\3\1b\0\0\1\0\3\0\0\x29\2\0\0\0\0\0\0\0\xab";
	uint8_t out[TALK_DNS_MAX];

	(void)state;
	assert_int_equal(make("A ok.$NONCE.test", out), sizeof(plain) - 1);
	assert_memory_equal(out, plain, sizeof(plain) - 1);
	assert_int_equal(make("AAAA a and A b id=5 flags=0 class=3 count=7 edns=512 tail=ab", out),
	                 sizeof(two) - 1);
	assert_memory_equal(out, two, sizeof(two) - 1);
	assert_int_equal(make("A ok.$NONCE.test cut=4", out), sizeof(plain) - 5);
}

static void a_name_that_is_none_cannot_be_asked_for(void **state)
{
	struct talk_query q;
	uint8_t out[TALK_DNS_MAX];
	char why[256] = "";

	(void)state;
	assert_true(talk_query_parse(words("A a..b"), &q));
	assert_int_equal(talk_dns_query(&q, &vars, 1, out, why), 0);
	assert_non_null(strstr(why, "labels"));
}

#define ASKED           "\x12\x34\x01\x00\0\1\0\0\0\0\0\0\2ok\0\0\1\0\1"
#define QUESTION        "\2ok\0\0\1\0\1"
#define RECORD(ttl, ip) "\xc0\x0c\0\1\0\1\0\0" ttl "\0\4" ip

/* Whether the answer fits, and each truncation of it is refused without a byte behind it being read. */
static bool fits(const char *wanted, const char *answer, size_t len, char *why)
{
	static const uint8_t asked[] = ASKED;
	struct rd query = rd_of(asked, sizeof(asked) - 1);
	struct talk_reply r;
	char ignored[256];

	assert_true(talk_reply_parse(words(wanted), &r));
	for (size_t n = 0; n < len; n++)
		if (talk_dns_fits(&r, query, rd_of(guard_copy(answer, n).p, n), ignored) &&
		    r.exactly && r.count)
			fail_msg("%s: %zu of %zu bytes are enough", wanted, n, len);
	return talk_dns_fits(&r, query, rd_of(guard_copy(answer, len).p, len), why);
}

static void an_answer_has_the_records_that_are_named_and_no_others(void **state)
{
	static const char one[] = "\x12\x34\x81\x80\0\1\0\1\0\0\0\0" QUESTION RECORD(
	        "\1\2", "\x63\0\0\x0a");
	static const char two[] = "\x12\x34\x81\x80\0\1\0\2\0\0\0\0" QUESTION RECORD(
	        "\0\5", "\x63\0\0\x0a") RECORD("\0\5", "\x63\0\0\x0b");
	char why[256] = "";

	(void)state;
#define FITS(wanted, answer) fits(wanted, answer, sizeof(answer) - 1, why)
	assert_true(FITS("NOERROR A 99.0.0.10", one));
	assert_true(FITS("NOERROR", one));
	assert_true(FITS("NOERROR A 99.0.0.10 ttl ..258", one));
	assert_true(FITS("NOERROR A 99.0.0.11 A 99.0.0.10 ttl 5", two));
	assert_false(FITS("NOERROR A 99.0.0.10 ttl ..257", one));
	assert_string_equal(why, "a record may live 258 s");
	assert_false(FITS("NOERROR A 99.0.0.11", one));
	assert_non_null(strstr(why, "99.0.0.10"));
	assert_false(FITS("NOERROR A 99.0.0.10", two));
	assert_false(FITS("NOERROR A 99.0.0.10 A 99.0.0.11", one));
	assert_string_equal(why, "the answer lacks a record");
	assert_false(FITS("NOERROR empty", one));
	assert_false(FITS("NXDOMAIN", one));
	assert_string_equal(why, "the answer is NOERROR");
	assert_false(FITS("NOERROR tc", one));
}

static void an_answer_belongs_to_its_question(void **state)
{
	static const char other_id[] = "\x12\x35\x81\x83\0\1\0\0\0\0\0\0" QUESTION;
	static const char a_query[] = "\x12\x34\x01\x03\0\1\0\0\0\0\0\0" QUESTION;
	static const char other_name[] = "\x12\x34\x81\x83\0\1\0\0\0\0\0\0\2no\0\0\1\0\1";
	static const char right[] = "\x12\x34\x81\x83\0\1\0\0\0\0\0\0" QUESTION;
	static const char cut[] = "\x12\x34\x83\x83\0\1\0\0\0\0\0\0" QUESTION;
	char why[256] = "";

	(void)state;
	assert_true(FITS("NXDOMAIN", right));
	assert_true(FITS("NXDOMAIN empty", right));
	assert_true(FITS("NXDOMAIN tc", cut));
	assert_false(FITS("NXDOMAIN", cut));
	assert_false(FITS("NXDOMAIN", other_id));
	assert_false(FITS("NXDOMAIN", a_query));
	assert_false(FITS("NXDOMAIN", other_name));
	assert_string_equal(why, "the answer repeats another question");
}

static void words_that_are_wrong_are_shown(void **state)
{
	static const struct {
		const char *words;
		bool query;
	} cases[] = {{"AA ok.test", true},      {"A", true},          {"A ok.test id=70000", true},
	             {"A ok.test idd=7", true}, {"A a and", true},    {"A a tail=0", true},
	             {"NXDOMIAN", false},       {"NOERROR A", false}, {"NOERROR A 1.2.3", false},
	             {"NOERROR ttl x", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lex *lx = words(cases[i].words);
		struct talk_query q;
		struct talk_reply r;

		assert_false(cases[i].query ? talk_query_parse(lx, &q) : talk_reply_parse(lx, &r));
		assert_int_equal(lx->diag->count, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_query_is_made_as_it_is_written),
	        cmocka_unit_test(a_name_that_is_none_cannot_be_asked_for),
	        cmocka_unit_test(an_answer_has_the_records_that_are_named_and_no_others),
	        cmocka_unit_test(an_answer_belongs_to_its_question),
	        cmocka_unit_test(words_that_are_wrong_are_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
