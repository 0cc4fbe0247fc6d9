/* SPDX-License-Identifier: ISC */
/* names_question_test.c: a question to the resolver, and everything that may come back. */
#include "ref/names_question.h"

#include "bytes/guard.h"
#include "ref/dns_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ID    "\xab\xcd"
#define OK_QR "\x81\x80"
#define NAME  "\1a\4test\0" /* as asked with no bit of the case set */
#define ASKED NAME RIG_A
#define IT    "\xc0\x0c" /* a pointer to the name asked for */

#define TTL_MAX 300

static struct names_question question;

static struct names_question question_of(const char *text, uint8_t fill)
{
	uint8_t random[NAMES_RANDOM_LEN];
	struct names_question made;
	struct dns_name name;

	memset(random, fill, sizeof(random));
	random[0] = 0xab;
	random[1] = 0xcd;
	assert_int_equal(dns_name_of_text(text, &name), DNS_OK);
	memset(&made, 0xa5, sizeof(made));
	assert_true(names_question_make(&made, &name, random));
	return made;
}

static int ask(void **state)
{
	(void)state;
	question = question_of("a.test", 0);
	return 0;
}

static enum names_answer read_answer(struct rd message, struct names_result *out)
{
	struct guard guarded = guard_copy(message.p, message.n);
	enum names_answer answer;

	memset(out, 0xa5, sizeof(*out));
	answer = names_question_read(&question, rd_of(guarded.p, guarded.n), TTL_MAX, out);
	guard_free(&guarded);
	return answer;
}

/* What the answer with these records behind the question comes to. */
static struct names_result result_of(const char *counts, struct rd records)
{
	static struct dns_rig rig;
	struct names_result result;

	rig_message(&rig, RIG(ID OK_QR "\0\1\0\0\0\0\0\0"), RIG(ASKED));
	memcpy(rig.bytes + 6, counts, 6);
	rig_add(&rig, records);
	assert_int_equal(read_answer(rd_of(rig.bytes, rig.n), &result), NAMES_ANSWER_FINAL);
	return result;
}

static void a_question_has_its_id_and_spelling_from_the_random_bytes(void **state)
{
	const struct names_question upper = question_of("a.test", 0xff);
	const struct rd plain = RIG(ID "\1\0\0\1\0\0\0\0\0\1" NAME RIG_A RIG_OPT);
	const struct rd shouted = RIG(ID "\1\0\0\1\0\0\0\0\0\1\1A\4TEST\0" RIG_A RIG_OPT);

	(void)state;
	assert_int_equal(question.len, plain.n);
	assert_memory_equal(question.bytes, plain.p, plain.n);
	assert_memory_equal(upper.bytes, shouted.p, shouted.n);
	assert_string_equal(upper.name.text, "a.test");
}

static void the_spelling_uses_random_bytes_of_its_own(void **state)
{
	uint8_t random[NAMES_RANDOM_LEN] = {0xff, 0xff}; /* of the id only */
	struct names_question made;
	struct dns_name name;

	(void)state;
	assert_int_equal(dns_name_of_text("a.test", &name), DNS_OK);
	assert_true(names_question_make(&made, &name, random));
	assert_memory_equal(made.bytes, "\xff\xff", 2);
	assert_memory_equal(made.bytes + DNS_HDR_LEN, NAME, sizeof(NAME) - 1);
	random[2] = 1; /* the first letter's */
	assert_true(names_question_make(&made, &name, random));
	assert_memory_equal(made.bytes + DNS_HDR_LEN, "\1A\4test", 7);
}

static void the_longest_name_fits_and_the_root_is_none(void **state)
{
	const struct dns_name root = {.host = true};
	const struct dns_name strange = {.text = "a b", .len = 3};
	const uint8_t random[NAMES_RANDOM_LEN] = {0};
	char text[DNS_NAME_TEXT_MAX + 1];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[63] = text[127] = text[191] = '.';
	text[DNS_NAME_TEXT_MAX] = '\0';
	assert_int_equal(question_of(text, 0).len, DNS_QUERY_MAX);
	assert_false(names_question_make(&question, &root, random));
	assert_false(names_question_make(&question, &strange, random));
}

static void addresses_are_ready(void **state)
{
	struct names_result result;

	(void)state;
	result = result_of("\0\2\0\0\0\0", RIG(IT RIG_A "\0\0\0\x64\0\4\x63\0\0\x0a" IT RIG_A
	                                                "\0\0\0\x32\0\4\x63\0\0\x0b"));
	assert_int_equal(result.status, NAMES_READY);
	assert_int_equal(result.reason, REASON_NONE);
	assert_int_equal(result.address_count, 2);
	assert_int_equal(result.addresses[0], 0x6300000a);
	assert_int_equal(result.addresses[1], 0x6300000b);
	assert_int_equal(result.ttl_s, 50);
	assert_false(result.hosts);
}

static void no_life_is_longer_than_the_policy_says(void **state)
{
	struct names_result result;

	(void)state;
	result = result_of("\0\1\0\0\0\0", RIG(IT RIG_A "\0\0\1\x2c\0\4\x63\0\0\x0a"));
	assert_int_equal(result.ttl_s, 300);
	result = result_of("\0\1\0\0\0\0", RIG(IT RIG_A "\0\0\1\x2d\0\4\x63\0\0\x0a"));
	assert_int_equal(result.ttl_s, 300);
	result = result_of("\0\1\0\0\0\0", RIG(IT RIG_A "\0\0\1\x2b\0\4\x63\0\0\x0a"));
	assert_int_equal(result.ttl_s, 299);
	result = result_of("\0\1\0\0\0\0", RIG(IT RIG_A "\xff\xff\xff\xff\0\4\x63\0\0\x0a"));
	assert_int_equal(result.ttl_s, 0); /* the uppermost bit is set */
	result = result_of("\0\1\0\0\0\0", RIG(IT RIG_A "\0\0\0\0\0\4\x63\0\0\x0a"));
	assert_int_equal(result.ttl_s, 0);
	assert_int_equal(result.status, NAMES_READY);
}

static void an_answer_with_any_private_address_is_refused_whole(void **state)
{
	static const uint8_t addresses[][4] = {
	        {192, 168, 1, 1},     {10, 0, 0, 1},   {127, 0, 0, 1},  {169, 254, 169, 254},
	        {100, 64, 0, 1},      {0, 0, 0, 0},    {224, 0, 0, 1},  {198, 18, 0, 1},
	        {255, 255, 255, 255}, {172, 16, 0, 1}, {203, 0, 113, 1}};
	char records[] = IT RIG_A "\0\0\0\x64\0\4\x63\0\0\x0a" IT RIG_A
	                          "\0\0\0\x64\0\4\x63\0\0\x0b";

	(void)state;
	assert_int_equal(result_of("\0\2\0\0\0\0", RIG(records)).status, NAMES_READY);
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		for (size_t at = 12; at <= 28; at += 16) {
			char changed[sizeof(records)];
			struct names_result result;

			memcpy(changed, records, sizeof(records));
			memcpy(changed + at, addresses[i], 4);
			result = result_of("\0\2\0\0\0\0", rd_of(changed, sizeof(changed) - 1));
			assert_int_equal(result.status, NAMES_FAILED);
			assert_int_equal(result.reason, REASON_NAME_PRIVATE);
			assert_int_equal(result.fault, DNS_OK);
			assert_int_equal(result.address_count, 0);
			assert_int_equal(result.ttl_s, 0);
		}
}

static void that_there_is_none_is_an_answer(void **state)
{
	static const char soa[] = "\4test\0" RIG_SOA
	                          "\0\0\0\x64\0\x16\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\x28";
	static struct dns_rig rig;
	struct names_result result;

	(void)state;
	result = result_of("\0\0\0\1\0\0", RIG(soa));
	assert_int_equal(result.status, NAMES_FAILED);
	assert_int_equal(result.reason, REASON_NAME_UNKNOWN);
	assert_int_equal(result.fault, DNS_OK);
	assert_true(result.exists);
	assert_int_equal(result.ttl_s, 40);
	result = result_of("\0\0\0\0\0\0", RIG("")); /* nobody says for how long */
	assert_true(result.exists);
	assert_int_equal(result.ttl_s, 0);

	rig_message(&rig, RIG(ID "\x81\x83\0\1\0\0\0\1\0\0"), RIG(ASKED));
	rig_add(&rig, RIG(soa));
	assert_int_equal(read_answer(rd_of(rig.bytes, rig.n), &result), NAMES_ANSWER_FINAL);
	assert_int_equal(result.reason, REASON_NAME_UNKNOWN);
	assert_false(result.exists);
	assert_int_equal(result.ttl_s, 40);
}

static void other_codes_and_bad_answers_are_failures(void **state)
{
	static const char *const codes[] = {"\x81\x81", "\x81\x82", "\x81\x84", "\x81\x85"};
	static struct dns_rig rig;
	struct names_result result;

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		rig_message(&rig, RIG(ID "\0\0\0\1\0\0\0\0\0\0"), RIG(ASKED));
		memcpy(rig.bytes + 2, codes[i], 2);
		assert_int_equal(read_answer(rd_of(rig.bytes, rig.n), &result), NAMES_ANSWER_FINAL);
		assert_int_equal(result.status, NAMES_FAILED);
		assert_int_equal(result.reason, REASON_RESOLVER_FAILED);
		assert_int_equal(result.fault, DNS_OK);
	}
	result = result_of("\0\1\0\0\0\0", RIG("\1b\4test\0" RIG_A "\0\0\0\1\0\4\x63\0\0\x0a"));
	assert_int_equal(result.reason, REASON_RESOLVER_FAILED);
	assert_int_equal(result.fault, DNS_OFF_CHAIN);
}

static void what_does_not_answer_it_is_foreign(void **state)
{
	const struct rd messages[] = {
	        RIG("\xab\xce" OK_QR "\0\1\0\1\0\0\0\0" ASKED IT RIG_A "\0\0\0\1\0\4\x63\0\0\x0a"),
	        RIG(ID OK_QR "\0\1\0\1\0\0\0\0\1A\4test\0" RIG_A IT RIG_A
	                     "\0\0\0\1\0\4\x63\0\0\x0a"),
	        RIG(ID OK_QR "\0\1\0\1\0\0\0\0\1b\4test\0" RIG_A IT RIG_A
	                     "\0\0\0\1\0\4\x63\0\0\x0a"),
	        RIG(ID OK_QR "\0\1\0\1\0\0\0\0" NAME RIG_AAAA IT RIG_A "\0\0\0\1\0\4\x63\0\0\x0a"),
	        RIG(ID "\1\0\0\1\0\1\0\0\0\0" ASKED IT RIG_A "\0\0\0\1\0\4\x63\0\0\x0a"),
	        RIG(ID OK_QR "\0\0\0\1\0\0\0\0" IT RIG_A "\0\0\0\1\0\4\x63\0\0\x0a"),
	        RIG(""),
	};
	struct names_result result;

	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		assert_int_equal(read_answer(messages[i], &result), NAMES_ANSWER_FOREIGN);
}

static void one_that_was_cut_is_asked_again(void **state)
{
	struct names_result result;

	(void)state;
	assert_int_equal(read_answer(RIG(ID "\x83\x80\0\1\0\0\0\0\0\0" ASKED), &result),
	                 NAMES_ANSWER_CUT);
	assert_int_equal(read_answer(RIG("\0\0\x83\x80\0\1\0\0\0\0\0\0" ASKED), &result),
	                 NAMES_ANSWER_FOREIGN);
}

static void no_truncation_is_believed(void **state)
{
	const struct rd whole = RIG(ID OK_QR "\0\1\0\1\0\0\0\1" ASKED IT RIG_A
	                                     "\0\0\0\1\0\4\x63\0\0\x0a" RIG_OPT);
	struct names_result result;

	(void)state;
	for (size_t n = 0; n < whole.n; n++) {
		const enum names_answer answer = read_answer(rd_of(whole.p, n), &result);

		if (n < DNS_HDR_LEN + sizeof(ASKED) - 1) {
			assert_int_equal(answer, NAMES_ANSWER_FOREIGN);
			continue;
		}
		assert_int_equal(answer, NAMES_ANSWER_FINAL);
		assert_int_equal(result.status, NAMES_FAILED);
		assert_int_equal(result.reason, REASON_RESOLVER_FAILED);
		assert_int_equal(result.fault, DNS_SHORT);
	}
	assert_int_equal(read_answer(whole, &result), NAMES_ANSWER_FINAL);
	assert_int_equal(result.status, NAMES_READY);
}

static void a_question_that_is_none_gets_no_answer(void **state)
{
	struct names_result result;

	(void)state;
	question.len = 5;
	assert_int_equal(read_answer(RIG(ID OK_QR "\0\1\0\0\0\0\0\0" ASKED), &result),
	                 NAMES_ANSWER_FINAL);
	assert_int_equal(result.status, NAMES_FAILED);
	assert_int_equal(result.reason, REASON_RESOLVER_FAILED);
	assert_int_equal(result.fault, DNS_SHORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(a_question_has_its_id_and_spelling_from_the_random_bytes,
	                               ask),
	        cmocka_unit_test_setup(the_spelling_uses_random_bytes_of_its_own, ask),
	        cmocka_unit_test_setup(the_longest_name_fits_and_the_root_is_none, ask),
	        cmocka_unit_test_setup(addresses_are_ready, ask),
	        cmocka_unit_test_setup(no_life_is_longer_than_the_policy_says, ask),
	        cmocka_unit_test_setup(an_answer_with_any_private_address_is_refused_whole, ask),
	        cmocka_unit_test_setup(that_there_is_none_is_an_answer, ask),
	        cmocka_unit_test_setup(other_codes_and_bad_answers_are_failures, ask),
	        cmocka_unit_test_setup(what_does_not_answer_it_is_foreign, ask),
	        cmocka_unit_test_setup(one_that_was_cut_is_asked_again, ask),
	        cmocka_unit_test_setup(no_truncation_is_believed, ask),
	        cmocka_unit_test_setup(a_question_that_is_none_gets_no_answer, ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
