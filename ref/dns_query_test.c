/* SPDX-License-Identifier: ISC */
/* dns_query_test.c: a guest's queries, and those to the resolver. */
#include "ref/dns_query.h"

#include "ref/dns_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define ONE      "\0\1\0\0\0\0\0\0" /* counts: the question alone */
#define ONE_EDNS "\0\1\0\0\0\0\0\1" /* and one additional record */
#define WWW      "\3wWw\7example\0"

static struct guard last; /* where the windows of the query that was parsed last point into */

static void forget(void)
{
	if (last.map)
		guard_free(&last);
	last.map = NULL;
}

static int forget_after_test(void **state)
{
	(void)state;
	forget();
	return 0;
}

static enum dns_fault parse(struct rd message, struct dns_query *out)
{
	forget();
	last = guard_copy(message.p, message.n);
	memset(out, 0xa5, sizeof(*out));
	return dns_query_parse(rd_of(last.p, last.n), out);
}

static void a_query_is_read(void **state)
{
	static const char message[] = "\x12\x34\1\0" ONE WWW RIG_A;
	struct dns_query query;

	(void)state;
	assert_int_equal(parse(RIG(message), &query), DNS_OK);
	assert_true(query.answerable);
	assert_int_equal(query.id, 0x1234);
	assert_int_equal(query.echo, DNS_RD);
	assert_string_equal(query.name.text, "www.example");
	assert_int_equal(query.type, DNS_TYPE_A);
	assert_int_equal(query.class, DNS_CLASS_IN);
	assert_int_equal(query.question.n, 17);
	assert_memory_equal(query.question.p, WWW RIG_A, 17); /* with its upper case */
	assert_false(query.edns.present);
	assert_int_equal(query.edns.size, 0);
}

static void edns_is_read(void **state)
{
	static const char message[] = "\0\1\1\0" ONE_EDNS WWW RIG_AAAA
	                              "\0\0\x29\x10\x01\0\0\x80\0\0\x0b\0\x0a\0\1z\0\x0f\0\2ab";
	struct dns_query query;

	(void)state;
	assert_int_equal(parse(RIG(message), &query), DNS_OK);
	assert_int_equal(query.type, DNS_TYPE_AAAA);
	assert_true(query.edns.present);
	assert_true(query.edns.dnssec_ok);
	assert_int_equal(query.edns.size, 0x1001);
	assert_int_equal(parse(RIG("\0\1\1\0" ONE_EDNS WWW RIG_A RIG_OPT), &query), DNS_OK);
	assert_true(query.edns.present);
	assert_false(query.edns.dnssec_ok);
	assert_int_equal(query.edns.size, 1232);
	/* the reserved bits are nobody's business */
	assert_int_equal(
	        parse(RIG("\0\1\1\0" ONE_EDNS WWW RIG_A "\0\0\x29\4\xd0\0\0\x7f\xff\0\0"), &query),
	        DNS_OK);
	assert_false(query.edns.dnssec_ok);
}

static void the_root_and_an_underscore_are_reported(void **state)
{
	struct dns_query query;

	(void)state;
	assert_int_equal(parse(RIG("\0\1\1\0" ONE "\0\0\2\0\1"), &query), DNS_OK);
	assert_int_equal(query.name.len, 0);
	assert_false(query.name.underscore);
	assert_int_equal(query.question.n, 5);
	assert_int_equal(parse(RIG("\0\1\1\0" ONE "\4_tcp\0\0\x21\0\1"), &query), DNS_OK);
	assert_true(query.name.underscore);
	assert_int_equal(query.type, 33);
}

static void every_truncation_is_short(void **state)
{
	static const char message[] = "\0\1\1\0" ONE_EDNS WWW RIG_A
	                              "\0\0\x29\4\xd0\0\0\0\0\0\5\0\x0a\0\1z";
	struct dns_query query;

	(void)state;
	for (size_t n = 0; n + 1 < sizeof(message); n++) {
		assert_int_equal(parse(rd_of(message, n), &query), DNS_SHORT);
		assert_int_equal(query.answerable, n >= DNS_HDR_LEN);
		assert_int_equal(query.question.n, n >= 29 ? 17 : 0);
		assert_int_equal(query.type, n >= 29 ? DNS_TYPE_A : 0);
		assert_int_equal(query.name.len, n >= 29 ? 11 : 0);
		assert_false(query.edns.present);
	}
	assert_int_equal(parse(RIG(message), &query), DNS_OK);
}

static void an_answer_is_no_query_and_is_not_answered(void **state)
{
	struct dns_query query;

	(void)state;
	assert_int_equal(parse(RIG("\0\1\x81\0" ONE WWW RIG_A), &query), DNS_DIRECTION);
	assert_false(query.answerable);
	assert_int_equal(query.id, 0);
}

static void every_bit_of_the_header_has_its_verdict(void **state)
{
	static const enum dns_fault verdicts[16] = {/* the code */ DNS_FLAGS,
	                                            DNS_FLAGS,
	                                            DNS_FLAGS,
	                                            DNS_FLAGS,
	                                            /* CD, AD, Z, RA */ DNS_OK,
	                                            DNS_OK,
	                                            DNS_FLAGS,
	                                            DNS_FLAGS,
	                                            /* RD, TC, AA */ DNS_OK,
	                                            DNS_TRUNCATED,
	                                            DNS_FLAGS,
	                                            /* opcode */ DNS_NOT_QUERY,
	                                            DNS_NOT_QUERY,
	                                            DNS_NOT_QUERY,
	                                            DNS_NOT_QUERY,
	                                            /* QR */ DNS_DIRECTION};
	uint8_t message[] = "\0\1\0\0" ONE WWW RIG_A;
	struct dns_query query;

	(void)state;
	for (unsigned bit = 0; bit < 16; bit++) {
		const uint16_t flags = (uint16_t)(1u << bit);

		message[2] = (uint8_t)(flags >> 8);
		message[3] = (uint8_t)flags;
		assert_int_equal(parse(rd_of(message, sizeof(message) - 1), &query), verdicts[bit]);
		assert_int_equal(query.echo, verdicts[bit] == DNS_DIRECTION
		                                     ? 0
		                                     : flags & (DNS_OPCODE | DNS_RD | DNS_CD));
	}
}

static void there_is_one_question(void **state)
{
	const struct {
		struct rd message;
		enum dns_fault fault;
	} rows[] = {
	        {RIG("\0\1\1\0\0\0\0\0\0\0\0\0"), DNS_QUESTIONS},
	        {RIG("\0\1\1\0\0\2\0\0\0\0\0\0" WWW RIG_A WWW RIG_A), DNS_QUESTIONS},
	        {RIG("\0\1\1\0\0\2\0\0\0\0\0\0" WWW RIG_A), DNS_QUESTIONS}, /* and it lies */
	        {RIG("\0\1\1\0\1\1\0\0\0\0\0\0" WWW RIG_A), DNS_QUESTIONS},
	        {RIG("\0\1\1\0\xff\xff\0\0\0\0\0\0" WWW RIG_A), DNS_QUESTIONS},
	        {RIG("\0\1\1\0\0\1\0\0\0\0\0\0" WWW RIG_A WWW RIG_A), DNS_TRAILING},
	};
	struct dns_query query;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse(rows[i].message, &query), rows[i].fault);
		assert_true(query.answerable);
	}
}

static void counts_that_lie_are_refused(void **state)
{
	const struct {
		struct rd message;
		enum dns_fault fault;
	} rows[] = {
	        {RIG("\0\1\1\0\0\1\0\1\0\0\0\0" WWW RIG_A "\xc0\x0c" RIG_A "\0\0\0\1\0\4abcd"),
	         DNS_COUNTS},
	        {RIG("\0\1\1\0\0\1\0\0\0\1\0\0" WWW RIG_A), DNS_COUNTS},
	        {RIG("\0\1\1\0\0\1\1\0\0\0\0\0" WWW RIG_A), DNS_COUNTS},
	        {RIG("\0\1\1\0\0\1\0\0\1\0\0\0" WWW RIG_A), DNS_COUNTS},
	        {RIG("\0\1\1\0\0\1\0\0\0\0\1\0" WWW RIG_A RIG_OPT), DNS_COUNTS},
	        {RIG("\0\1\1\0\0\1\0\0\0\0\0\2" WWW RIG_A RIG_OPT RIG_OPT), DNS_COUNTS},
	        {RIG("\0\1\1\0" ONE_EDNS WWW RIG_A), DNS_SHORT},
	        {RIG("\0\1\1\0" ONE WWW RIG_A RIG_OPT), DNS_TRAILING},
	        {RIG("\0\1\1\0" ONE WWW RIG_A "\0"), DNS_TRAILING},
	        {RIG("\0\1\1\0" ONE_EDNS WWW RIG_A RIG_OPT "\0"), DNS_TRAILING},
	        {RIG("\0\1\1\0" ONE_EDNS WWW RIG_A "\0" RIG_A "\0\0\0\1\0\4abcd"), DNS_COUNTS},
	        {RIG("\0\1\1\0" ONE_EDNS WWW RIG_A "\0\0\xfa\0\xff\0\0\0\0\0\0"),
	         DNS_COUNTS}, /* TSIG */
	};
	struct dns_query query;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(parse(rows[i].message, &query), rows[i].fault);
}

static void a_question_has_no_pointers(void **state)
{
	struct dns_query query;

	(void)state;
	assert_int_equal(parse(RIG("\0\1\1\0" ONE "\xc0\x0c" RIG_A), &query), DNS_NAME_POINTER);
	assert_int_equal(parse(RIG("\0\1\1\0" ONE "\3www\xc0\x0c" RIG_A), &query),
	                 DNS_NAME_POINTER);
	assert_int_equal(query.question.n, 0);
	/* that none may be is known before it is whole */
	assert_int_equal(parse(RIG("\0\1\1\0" ONE "\xc0"), &query), DNS_NAME_POINTER);
	/* nor has its OPT: the root at 24, by a pointer */
	assert_int_equal(
	        parse(RIG("\0\1\1\0" ONE_EDNS WWW RIG_A "\xc0\x18\0\x29\4\xd0\0\0\0\0\0\0"),
	              &query),
	        DNS_NAME_POINTER);
	assert_int_equal(parse(RIG("\0\1\1\0" ONE "\x40" RIG_A), &query), DNS_NAME_LABEL);
}

static void edns_that_is_not_of_version_0_or_malformed_is_refused(void **state)
{
	const struct {
		struct rd message;
		enum dns_fault fault;
	} rows[] = {
#define OPT(bytes) RIG("\0\1\1\0" ONE_EDNS WWW RIG_A bytes)
	        {OPT("\0\0\x29\4\xd0\0\1\0\0\0\0"), DNS_EDNS_VERSION},
	        {OPT("\0\0\x29\4\xd0\0\xff\0\0\0\0"), DNS_EDNS_VERSION},
	        {OPT("\0\0\x29\4\xd0\0\1\0\0\0\1x"), DNS_EDNS_VERSION},
	        {OPT("\1a\0\0\x29\4\xd0\0\0\0\0\0\0"), DNS_EDNS},          /* not the root */
	        {OPT("\0\0\x29\4\xd0\0\0\0\0\0\1\0"), DNS_EDNS},           /* half a code */
	        {OPT("\0\0\x29\4\xd0\0\0\0\0\0\3\0\x0a\0"), DNS_EDNS},     /* half a length */
	        {OPT("\0\0\x29\4\xd0\0\0\0\0\0\4\0\x0a\0\1"), DNS_EDNS},   /* overrun */
	        {OPT("\0\0\x29\4\xd0\0\0\0\0\0\5\0\x0a\0\0z"), DNS_EDNS},  /* rest */
	        {OPT("\0\0\x29\4\xd0\0\0\0\0\0\6\0\x0a\0\1z"), DNS_SHORT}, /* the record lies */
	        {OPT("\0\0\x29\4\xd0\0\0\0\0\0\4\0\x0a\0\0"), DNS_OK},     /* an empty option */
	};
	struct dns_query query;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse(rows[i].message, &query), rows[i].fault);
		assert_int_equal(query.edns.present,
		                 rows[i].fault == DNS_OK || rows[i].fault == DNS_EDNS_VERSION);
	}
}

static void names_of_no_host_and_other_classes_are_refused_after_all_was_read(void **state)
{
	const struct {
		struct rd message;
		enum dns_fault fault;
	} rows[] = {
	        {RIG("\0\1\1\0" ONE_EDNS "\3a.b\0" RIG_A RIG_OPT), DNS_NAME_CHARACTER},
	        {RIG("\0\1\1\0" ONE_EDNS "\1\0\0" RIG_A RIG_OPT), DNS_NAME_CHARACTER},
	        {RIG("\0\1\1\0" ONE_EDNS "\2-a\0" RIG_A RIG_OPT), DNS_NAME_CHARACTER},
	        {RIG("\0\1\1\0" ONE_EDNS "\1a\0\0\1\0\3" RIG_OPT), DNS_NOT_IN},
	        {RIG("\0\1\1\0" ONE_EDNS "\1a\0\0\1\0\xff" RIG_OPT), DNS_NOT_IN},
	        {RIG("\0\1\1\0" ONE_EDNS "\1a\0\0\1\0\0" RIG_OPT), DNS_NOT_IN},
	        {RIG("\0\1\1\0" ONE_EDNS "\1a\0\0\1\1\1" RIG_OPT), DNS_NOT_IN},
	        {RIG("\0\1\1\0" ONE_EDNS "\1a\0\0\xff\0\1" RIG_OPT), DNS_OK}, /* ANY of class IN */
	};
	struct dns_query query;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse(rows[i].message, &query), rows[i].fault);
		assert_true(query.question.n > 0);
		assert_true(query.edns.present);
	}
	assert_int_equal(query.type, DNS_TYPE_ANY);
	/* what is malformed besides is said first */
	assert_int_equal(parse(RIG("\0\1\1\0" ONE "\1 \0\0\1\0\3\0"), &query), DNS_TRAILING);
}

static struct dns_name name_of(const char *text)
{
	struct dns_name name;

	assert_int_equal(dns_name_of_text(text, &name), DNS_OK);
	return name;
}

static void a_query_to_the_resolver_is_written(void **state)
{
	const uint8_t upper[DNS_NAME_CASE_LEN] = {0x02};
	const struct dns_name name = name_of("www.example");
	uint8_t bytes[DNS_QUERY_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));
	struct dns_query query;

	(void)state;
	assert_true(dns_query_put(&w, 0x1234, &name, upper, DNS_EDNS_SIZE));
	assert_int_equal(w.len, 40);
	assert_memory_equal(bytes, "\x12\x34\1\0" ONE_EDNS WWW RIG_A RIG_OPT, 40);
	assert_int_equal(parse(rd_of(bytes, w.len), &query), DNS_OK);
	assert_true(dns_name_equal(&query.name, &name));
	w = wr_of(bytes, sizeof(bytes));
	assert_true(dns_query_put(&w, 0xabcd, &name, NULL, 0));
	assert_int_equal(w.len, 29);
	assert_memory_equal(bytes, "\xab\xcd\1\0" ONE "\3www\7example\0" RIG_A, 29);
}

static void a_query_that_does_not_fit_is_not_written(void **state)
{
	const struct dns_name name = name_of("www.example"), bad = {.len = 1, .text = "?"};
	uint8_t bytes[DNS_QUERY_MAX];

	(void)state;
	for (size_t n = 0; n < 40; n++) {
		struct wr w = wr_of(bytes, n);

		assert_false(dns_query_put(&w, 1, &name, NULL, 1232));
		assert_int_equal(w.len, 0);
		assert_int_equal(dns_query_put(&w, 1, &name, NULL, 0), n >= 29);
	}
	assert_false(
	        dns_query_put(&(struct wr){.p = bytes, .size = sizeof(bytes)}, 1, &bad, NULL, 0));
}

static void the_longest_query_has_its_maximum(void **state)
{
	uint8_t bytes[DNS_QUERY_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));
	struct dns_name name;
	char text[300];

	(void)state;
	snprintf(text, sizeof(text), "%063d.%063d.%063d.a%060d", 0, 0, 0, 0);
	name = name_of(text);
	assert_true(dns_query_put(&w, 1, &name, NULL, 1232));
	assert_int_equal(w.len, DNS_QUERY_MAX);
}

#define TEST(name) cmocka_unit_test_teardown(name, forget_after_test)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_query_is_read),
	        TEST(edns_is_read),
	        TEST(the_root_and_an_underscore_are_reported),
	        TEST(every_truncation_is_short),
	        TEST(an_answer_is_no_query_and_is_not_answered),
	        TEST(every_bit_of_the_header_has_its_verdict),
	        TEST(there_is_one_question),
	        TEST(counts_that_lie_are_refused),
	        TEST(a_question_has_no_pointers),
	        TEST(edns_that_is_not_of_version_0_or_malformed_is_refused),
	        TEST(names_of_no_host_and_other_classes_are_refused_after_all_was_read),
	        TEST(a_query_to_the_resolver_is_written),
	        TEST(a_query_that_does_not_fit_is_not_written),
	        TEST(the_longest_query_has_its_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
