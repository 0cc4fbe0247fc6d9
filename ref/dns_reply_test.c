/* SPDX-License-Identifier: ISC */
/* dns_reply_test.c: replies to the guest, byte by byte. */
#include "ref/dns_reply.h"

#include "ref/dns_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define QUESTION "\3wWw\7example\0\0\1\0\1"
#define PLAIN    "\x12\x34\1\0\0\1\0\0\0\0\0\0" QUESTION
#define EDNS     "\x12\x34\1\0\0\1\0\0\0\0\0\1" QUESTION RIG_OPT

#define PLAIN_LEN 29 /* of a reply without addresses */
#define EDNS_LEN  40

static const uint32_t addresses[200] = {0xcb007105, 0xc6336401};

/* The query as its parser leaves it, faults or not. */
static struct dns_query query_of(struct rd message)
{
	struct dns_query query;

	(void)dns_query_parse(message, &query);
	return query;
}

/* The reply is written in a buffer of its size, and in none that is smaller. */
static void assert_reply(struct rd message, struct dns_reply reply, size_t limit,
                         struct rd expected)
{
	const struct dns_query query = query_of(message);
	uint8_t bytes[4096];
	struct wr w;

	for (size_t n = 0; n < expected.n; n++) {
		w = wr_of(bytes, n);
		assert_false(dns_reply_put(&w, &query, &reply, limit));
		assert_int_equal(w.len, 0);
	}
	w = wr_of(bytes, expected.n);
	assert_true(dns_reply_put(&w, &query, &reply, limit));
	assert_int_equal(w.len, expected.n);
	assert_memory_equal(bytes, expected.p, expected.n);
}

static bool is_refused(struct rd message, struct dns_reply reply, size_t limit)
{
	const struct dns_query query = query_of(message);
	static uint8_t bytes[70000];
	struct wr w = wr_of(bytes, sizeof(bytes));

	return !dns_reply_put(&w, &query, &reply, limit) && !w.len;
}

static void addresses_stand_under_the_name_that_was_asked_for(void **state)
{
	const struct dns_reply reply = {
	        .addresses = addresses, .address_count = 2, .ttl_s = 0x01020304};

	(void)state;
	assert_reply(RIG(PLAIN), reply, 512,
	             RIG("\x12\x34\x81\x80\0\1\0\2\0\0\0\0" QUESTION "\xc0\x0c" RIG_A
	                 "\1\2\3\4\0\4\xcb\0\x71\5"
	                 "\xc0\x0c" RIG_A "\1\2\3\4\0\4\xc6\x33\x64\1"));
}

static void errors_and_empty_answers_have_the_question_only(void **state)
{
	(void)state;
	assert_reply(RIG(PLAIN), (struct dns_reply){0}, 512,
	             RIG("\x12\x34\x81\x80\0\1\0\0\0\0\0\0" QUESTION));
	assert_reply(RIG(PLAIN), (struct dns_reply){.rcode = DNS_NXDOMAIN}, 512,
	             RIG("\x12\x34\x81\x83\0\1\0\0\0\0\0\0" QUESTION));
	assert_reply(RIG(PLAIN), (struct dns_reply){.rcode = DNS_REFUSED}, 512,
	             RIG("\x12\x34\x81\x85\0\1\0\0\0\0\0\0" QUESTION));
	assert_reply(RIG(PLAIN), (struct dns_reply){.rcode = DNS_SERVFAIL}, 512,
	             RIG("\x12\x34\x81\x82\0\1\0\0\0\0\0\0" QUESTION));
}

static void of_the_flags_opcode_rd_and_cd_are_repeated(void **state)
{
	(void)state;
	assert_reply(RIG("\0\1\0\x30\0\1\0\0\0\0\0\0" QUESTION), (struct dns_reply){0}, 512,
	             RIG("\0\1\x80\x90\0\1\0\0\0\0\0\0" QUESTION));
	assert_reply(RIG("\0\1\x29\0\0\1\0\0\0\0\0\0" QUESTION),
	             (struct dns_reply){.rcode = DNS_NOTIMP}, 512,
	             RIG("\0\1\xa9\x84\0\0\0\0\0\0\0\0"));
}

static void edns_is_in_the_reply_when_it_was_in_the_query(void **state)
{
	const struct dns_reply reply = {.addresses = addresses, .address_count = 1};

	(void)state;
	assert_reply(RIG(EDNS), reply, 512,
	             RIG("\x12\x34\x81\x80\0\1\0\1\0\0\0\1" QUESTION "\xc0\x0c" RIG_A
	                 "\0\0\0\0\0\4\xcb\0\x71\5" RIG_OPT));
	/* the DO bit is repeated (RFC 3225), our size is our own, options are not */
	assert_reply(
	        RIG("\0\1\0\0\0\1\0\0\0\0\0\1" QUESTION "\0\0\x29\xff\xff\0\0\x80\0\0\4\0\x0a\0\0"),
	        (struct dns_reply){.rcode = DNS_NXDOMAIN}, 512,
	        RIG("\0\1\x80\x83\0\1\0\0\0\0\0\1" QUESTION "\0\0\x29\4\xd0\0\0\x80\0\0\0"));
}

static void codes_above_15_need_edns(void **state)
{
	const struct rd version_1 = RIG("\0\1\0\0\0\1\0\0\0\0\0\1" QUESTION
	                                "\0\0\x29\4\xd0\0\1\0\0\0\0");

	(void)state;
	assert_reply(version_1, (struct dns_reply){.rcode = DNS_BADVERS}, 512,
	             RIG("\0\1\x80\x80\0\1\0\0\0\0\0\1" QUESTION "\0\0\x29\4\xd0\1\0\0\0\0\0"));
	assert_reply(
	        RIG(EDNS), (struct dns_reply){.rcode = DNS_RCODE_MAX}, 512,
	        RIG("\x12\x34\x81\x8f\0\1\0\0\0\0\0\1" QUESTION "\0\0\x29\4\xd0\xff\0\0\0\0\0"));
	assert_true(is_refused(RIG(EDNS), (struct dns_reply){.rcode = DNS_RCODE_MAX + 1}, 512));
	assert_true(is_refused(RIG(PLAIN), (struct dns_reply){.rcode = DNS_BADVERS}, 512));
	assert_false(is_refused(RIG(PLAIN), (struct dns_reply){.rcode = 15}, 512));
}

static void a_question_that_was_not_read_is_not_repeated(void **state)
{
	(void)state;
	assert_reply(RIG("\0\1\1\0\0\2\0\0\0\0\0\0" QUESTION QUESTION),
	             (struct dns_reply){.rcode = DNS_FORMERR}, 512,
	             RIG("\0\1\x81\x81\0\0\0\0\0\0\0\0"));
	/* one that was, though the message is refused, is */
	assert_reply(RIG("\0\1\1\0\0\1\0\0\0\0\0\0" QUESTION "\0"),
	             (struct dns_reply){.rcode = DNS_FORMERR}, 512,
	             RIG("\0\1\x81\x81\0\1\0\0\0\0\0\0" QUESTION));
}

static void what_is_no_query_is_not_answered(void **state)
{
	(void)state;
	assert_true(
	        is_refused(RIG("\0\1\x80\0\0\1\0\0\0\0\0\0" QUESTION), (struct dns_reply){0}, 512));
	assert_true(is_refused(RIG("\0\1\0\0\0\1\0\0\0\0\0"), (struct dns_reply){0}, 512));
}

static void what_does_not_fit_says_so(void **state)
{
	struct dns_reply reply = {.addresses = addresses, .address_count = 30};
	const struct rd cut = RIG("\x12\x34\x83\x80\0\1\0\0\0\0\0\0" QUESTION);
	const struct rd cut_edns = RIG("\x12\x34\x83\x80\0\1\0\0\0\0\0\1" QUESTION RIG_OPT);
	struct dns_query query = query_of(RIG(PLAIN));
	uint8_t bytes[1232];
	struct wr w = wr_of(bytes, sizeof(bytes));

	(void)state;
	assert_true(dns_reply_put(&w, &query, &reply, PLAIN_LEN + 30 * 16));
	assert_int_equal(w.len, 509);
	assert_int_equal(bytes[2], 0x81);
	assert_int_equal(bytes[7], 30);
	assert_reply(RIG(PLAIN), reply, PLAIN_LEN + 30 * 16 - 1, cut);
	assert_reply(RIG(PLAIN), reply, PLAIN_LEN, cut);
	assert_true(is_refused(RIG(PLAIN), reply, PLAIN_LEN - 1));
	reply.address_count = 31;
	assert_reply(RIG(PLAIN), reply, 512, cut);

	query = query_of(RIG(EDNS));
	w = wr_of(bytes, sizeof(bytes));
	reply.address_count = 74;
	assert_true(dns_reply_put(&w, &query, &reply, 1232));
	assert_int_equal(w.len, 40 + 74 * 16);
	reply.address_count = 75;
	assert_reply(RIG(EDNS), reply, 1232, cut_edns);
	assert_reply(RIG(EDNS), reply, EDNS_LEN, cut_edns);
	assert_true(is_refused(RIG(EDNS), reply, EDNS_LEN - 1));
}

static void a_count_has_sixteen_bits(void **state)
{
	static uint32_t many[70000];
	struct dns_reply reply = {.addresses = many, .address_count = 65535};

	(void)state;
	assert_reply(RIG(PLAIN), reply, DNS_TCP_MAX,
	             RIG("\x12\x34\x83\x80\0\1\0\0\0\0\0\0" QUESTION));
	reply.address_count = 65536;
	assert_true(is_refused(RIG(PLAIN), reply, DNS_TCP_MAX));
	assert_true(is_refused(RIG(PLAIN), reply, SIZE_MAX));
}

static void the_limit_is_what_edns_says_within_bounds(void **state)
{
	static const struct {
		uint16_t says;
		size_t limit;
	} rows[] = {
	        {0, 512},     {511, 512},   {512, 512},   {513, 513},    {1231, 1231},
	        {1232, 1232}, {1233, 1232}, {4096, 1232}, {65535, 1232},
	};
	struct dns_query query = query_of(RIG(PLAIN));

	(void)state;
	assert_int_equal(dns_reply_limit(&query), 512);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t message[] = EDNS;

		message[32] = (uint8_t)(rows[i].says >> 8);
		message[33] = (uint8_t)rows[i].says;
		query = query_of(rd_of(message, sizeof(message) - 1));
		assert_true(query.edns.present);
		assert_int_equal(dns_reply_limit(&query), rows[i].limit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(addresses_stand_under_the_name_that_was_asked_for),
	        cmocka_unit_test(errors_and_empty_answers_have_the_question_only),
	        cmocka_unit_test(of_the_flags_opcode_rd_and_cd_are_repeated),
	        cmocka_unit_test(edns_is_in_the_reply_when_it_was_in_the_query),
	        cmocka_unit_test(codes_above_15_need_edns),
	        cmocka_unit_test(a_question_that_was_not_read_is_not_repeated),
	        cmocka_unit_test(what_is_no_query_is_not_answered),
	        cmocka_unit_test(what_does_not_fit_says_so),
	        cmocka_unit_test(a_count_has_sixteen_bits),
	        cmocka_unit_test(the_limit_is_what_edns_says_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
