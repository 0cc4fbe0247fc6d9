/* SPDX-License-Identifier: ISC */
/* dns_answer_test.c: answers of a resolver, honest and not. */
#include "ref/dns_answer.h"

#include "ref/dns_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What was asked. The question stands at 12, its "example" at 16, its root at 24; what follows it at 29. */
#define QUESTION "\3wWw\7example\0\0\1\0\1"
#define SENT     "\x12\x34\1\0\0\1\0\0\0\0\0\1" QUESTION RIG_OPT
#define BODY     29

/* Headers of answers: one question, and so many answers, authorities, additionals. */
#define HEADER(a, n, x)   "\x12\x34\x81\x80\0\1\0" a "\0" n "\0" x
#define NXDOMAIN(a, n, x) "\x12\x34\x81\x83\0\1\0" a "\0" n "\0" x

#define WWW     "\xc0\x0c"   /* www.example */
#define MINUTE  "\0\0\0\x3c" /* a TTL */
#define HOUR    "\0\0\x0e\x10"
#define ADDRESS "\0\4\xcb\0\x71\5" /* data of an A record: 203.0.113.5 */
#define TO_A    "\0\4\1a\xc0\x10"  /* of a CNAME: a.example */
#define TO_B    "\0\4\1b\xc0\x10"
#define A       "\1a\xc0\x10"
#define B       "\1b\xc0\x10"

/* An SOA's data: root, root, four numbers, and the minimum */
#define SOA_22(minimum) "\0\x16\0\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4" minimum

static enum dns_fault parse_to(struct rd sent, struct rd message, struct dns_answer *out)
{
	struct guard g = guard_copy(message.p, message.n);
	struct dns_query query;
	enum dns_fault fault;

	assert_int_equal(dns_query_parse(sent, &query), DNS_OK);
	memset(out, 0xa5, sizeof(*out));
	fault = dns_answer_parse(rd_of(g.p, g.n), &query, out);
	if (fault) {
		assert_int_equal(out->rcode, 0);
		assert_int_equal(out->address_count, 0);
		assert_int_equal(out->addresses[0], 0);
		assert_int_equal(out->ttl_s, 0);
		assert_int_equal(out->aliases, 0);
	} else {
		assert_true(out->ours);
	}
	guard_free(&g);
	return fault;
}

static enum dns_fault parse(struct rd message, struct dns_answer *out)
{
	return parse_to(RIG(SENT), message, out);
}

static void an_address_is_read(void **state)
{
	struct dns_answer answer;

	(void)state;
	assert_int_equal(
	        parse(RIG(HEADER("\1", "\0", "\0") QUESTION WWW RIG_A MINUTE ADDRESS), &answer),
	        DNS_OK);
	assert_int_equal(answer.rcode, DNS_NOERROR);
	assert_int_equal(answer.address_count, 1);
	assert_int_equal(answer.addresses[0], 0xcb007105);
	assert_int_equal(answer.address_excess, 0);
	assert_int_equal(answer.ttl_s, 60);
	assert_int_equal(answer.aliases, 0);
}

static void an_answer_is_to_the_very_query(void **state)
{
	const struct {
		struct rd message;
		enum dns_fault fault;
	} rows[] = {
	        {RIG("\x12\x35\x81\x80\0\1\0\0\0\0\0\0" QUESTION), DNS_OTHER_ID},
	        {RIG("\x13\x34\x81\x80\0\1\0\0\0\0\0\0" QUESTION), DNS_OTHER_ID},
	        {RIG("\x12\x33\x81\x80\0\1\0\0\0\0\0\0" QUESTION), DNS_OTHER_ID},
	        {RIG("\x12\x34\1\x80\0\1\0\0\0\0\0\0" QUESTION), DNS_DIRECTION},
	        {RIG("\x12\x34\1\x81\0\1\0\0\0\0\0\0" QUESTION), DNS_DIRECTION},
	        {RIG("\x12\x34\x89\x80\0\1\0\0\0\0\0\0" QUESTION), DNS_NOT_QUERY},
	        {RIG("\x12\x34\xc1\x80\0\1\0\0\0\0\0\0" QUESTION), DNS_NOT_QUERY},
	        {RIG("\x12\x34\x81\x80\0\0\0\0\0\0\0\0"), DNS_QUESTIONS},
	        {RIG("\x12\x34\x81\x81\0\0\0\0\0\0\0\0"), DNS_QUESTIONS},
	        {RIG("\x12\x34\x81\x80\0\2\0\0\0\0\0\0" QUESTION QUESTION), DNS_QUESTIONS},
	        {RIG("\x12\x34\x81\x80\1\1\0\0\0\0\0\0" QUESTION), DNS_QUESTIONS},
	        /* the case, the name, the type, the class, the name through a pointer */
	        {RIG(HEADER("\0", "\0", "\0") "\3www\7example\0\0\1\0\1"), DNS_OTHER_QUESTION},
	        {RIG(HEADER("\0", "\0", "\0") "\3wWW\7example\0\0\1\0\1"), DNS_OTHER_QUESTION},
	        {RIG(HEADER("\0", "\0", "\0") "\3wWw\7exbmple\0\0\1\0\1"), DNS_OTHER_QUESTION},
	        {RIG(HEADER("\0", "\0", "\0") "\3wWw\7example\0\0\x1c\0\1"), DNS_OTHER_QUESTION},
	        {RIG(HEADER("\0", "\0", "\0") "\3wWw\7example\0\0\1\0\3"), DNS_OTHER_QUESTION},
	        {RIG(HEADER("\0", "\0", "\0") "\3wWw\xc0\x0c" RIG_A "\0\0\0\0\0\0\0\0"),
	         DNS_OTHER_QUESTION},
	};
	struct dns_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse(rows[i].message, &answer), rows[i].fault);
		assert_false(answer.ours);
	}
}

static void a_truncated_answer_is_believed_when_it_is_ours(void **state)
{
	struct dns_answer answer;

	(void)state;
	assert_int_equal(parse(RIG("\x12\x34\x83\x80\0\1\0\1\0\0\0\0" QUESTION "\xc0"), &answer),
	                 DNS_TRUNCATED);
	assert_true(answer.ours);
	assert_int_equal(parse(RIG("\x12\x35\x83\x80\0\1\0\0\0\0\0\0" QUESTION), &answer),
	                 DNS_OTHER_ID);
	assert_int_equal(parse(RIG("\x12\x34\x83\x80\0\1\0\0\0\0\0\0"
	                           "\3www\7example\0\0\1\0\1"),
	                       &answer),
	                 DNS_OTHER_QUESTION);
	assert_false(answer.ours);
}

static void of_the_flags_only_z_is_refused_besides(void **state)
{
	struct dns_answer answer;

	(void)state;
	assert_int_equal(parse(RIG("\x12\x34\x84\x30\0\1\0\0\0\0\0\0" QUESTION), &answer), DNS_OK);
	assert_int_equal(parse(RIG("\x12\x34\x81\xc0\0\1\0\0\0\0\0\0" QUESTION), &answer),
	                 DNS_FLAGS);
	assert_true(answer.ours);
}

static void every_truncation_is_short(void **state)
{
	static const char message[] = HEADER("\2", "\1", "\1")
	        QUESTION WWW RIG_CNAME MINUTE TO_A A RIG_A MINUTE ADDRESS
	        "\xc0\x10" RIG_SOA MINUTE SOA_22(MINUTE) "\0\0\x29\4\xd0\0\0\0\0\0\5\0\x0a\0\1z";
	struct dns_answer answer;

	(void)state;
	for (size_t n = 0; n + 1 < sizeof(message); n++) {
		assert_int_equal(parse(rd_of(message, n), &answer), DNS_SHORT);
		assert_int_equal(answer.ours, n >= BODY);
	}
	assert_int_equal(parse(RIG(message), &answer), DNS_OK);
	assert_int_equal(answer.address_count, 1);
}

static void a_chain_of_aliases_is_followed_with_its_least_ttl(void **state)
{
	struct dns_answer answer;

	(void)state;
	assert_int_equal(
	        parse(RIG(HEADER("\4", "\0", "\0") QUESTION WWW RIG_CNAME HOUR TO_A A RIG_CNAME
	                          MINUTE TO_B B RIG_A HOUR ADDRESS B RIG_A HOUR "\0\4\1\2\3\4"),
	              &answer),
	        DNS_OK);
	assert_int_equal(answer.aliases, 2);
	assert_int_equal(answer.address_count, 2);
	assert_int_equal(answer.addresses[0], 0xcb007105);
	assert_int_equal(answer.addresses[1], 0x01020304);
	assert_int_equal(answer.ttl_s, 60);
	/* the least is an address's; the names are spelled out and in another case */
	assert_int_equal(parse(RIG(HEADER("\2", "\0", "\0") QUESTION
	                           "\3WWW\7EXAMPLE\0" RIG_CNAME HOUR "\0\3\1A\0"
	                           "\1a\0" RIG_A MINUTE ADDRESS),
	                       &answer),
	                 DNS_OK);
	assert_int_equal(answer.ttl_s, 60);
}

static void a_ttl_has_31_bits(void **state)
{
	struct dns_answer answer;

	(void)state;
	assert_int_equal(
	        parse(RIG(HEADER("\1", "\0", "\0") QUESTION WWW RIG_A "\x7f\xff\xff\xff" ADDRESS),
	              &answer),
	        DNS_OK);
	assert_int_equal(answer.ttl_s, 0x7fffffff);
	assert_int_equal(
	        parse(RIG(HEADER("\1", "\0", "\0") QUESTION WWW RIG_A "\x80\0\0\0" ADDRESS),
	              &answer),
	        DNS_OK);
	assert_int_equal(answer.ttl_s, 0);
	assert_int_equal(
	        parse(RIG(HEADER("\1", "\0", "\0") QUESTION WWW RIG_A "\0\0\0\0" ADDRESS), &answer),
	        DNS_OK);
	assert_int_equal(answer.ttl_s, 0);
}

static void what_was_not_asked_for_is_refused(void **state)
{
	const struct {
		struct rd message;
		enum dns_fault fault;
	} rows[] = {
	        /* an address of another name, before and behind the one that was asked for */
	        {RIG(HEADER("\1", "\0", "\0") QUESTION A RIG_A MINUTE ADDRESS), DNS_OFF_CHAIN},
	        {RIG(HEADER("\2", "\0", "\0")
	                     QUESTION WWW RIG_A MINUTE ADDRESS A RIG_A MINUTE ADDRESS),
	         DNS_OFF_CHAIN},
	        /* an alias of another name; one that is not next; the first name after its alias */
	        {RIG(HEADER("\1", "\0", "\0") QUESTION A RIG_CNAME MINUTE TO_B), DNS_OFF_CHAIN},
	        {RIG(HEADER("\2", "\0", "\0")
	                     QUESTION A RIG_A MINUTE ADDRESS WWW RIG_CNAME MINUTE TO_A),
	         DNS_OFF_CHAIN},
	        {RIG(HEADER("\2", "\0", "\0")
	                     QUESTION WWW RIG_CNAME MINUTE TO_A WWW RIG_A MINUTE ADDRESS),
	         DNS_OFF_CHAIN},
	        {RIG(HEADER("\2", "\0", "\0")
	                     QUESTION WWW RIG_CNAME MINUTE TO_A WWW RIG_CNAME MINUTE TO_B),
	         DNS_OFF_CHAIN},
	        /* an alias that has an address too */
	        {RIG(HEADER("\2", "\0", "\0")
	                     QUESTION WWW RIG_A MINUTE ADDRESS WWW RIG_CNAME MINUTE TO_A),
	         DNS_CONTRADICTION},
	        /* an address that does not exist */
	        {RIG(NXDOMAIN("\1", "\0", "\0") QUESTION WWW RIG_A MINUTE ADDRESS),
	         DNS_CONTRADICTION},
	        {RIG("\x12\x34\x81\x82\0\1\0\1\0\0\0\0" QUESTION WWW RIG_A MINUTE ADDRESS),
	         DNS_CONTRADICTION},
	        /* other classes: of what counts, and of what does not */
	        {RIG(HEADER("\1", "\0", "\0") QUESTION WWW "\0\1\0\3" MINUTE ADDRESS), DNS_NOT_IN},
	        {RIG(HEADER("\1", "\0", "\0") QUESTION WWW "\0\1\0\xff" MINUTE ADDRESS),
	         DNS_NOT_IN},
	        {RIG(HEADER("\1", "\0", "\0") QUESTION WWW "\0\1\0\0" MINUTE ADDRESS), DNS_NOT_IN},
	        {RIG(HEADER("\1", "\0", "\0") QUESTION WWW "\0\x10\0\3" MINUTE "\0\0"), DNS_NOT_IN},
	        {RIG(HEADER("\0", "\1", "\0") QUESTION WWW "\0\2\0\3" MINUTE "\0\1\0"), DNS_NOT_IN},
	        {RIG(HEADER("\0", "\0", "\1") QUESTION WWW "\0\1\0\3" MINUTE ADDRESS), DNS_NOT_IN},
	};
	struct dns_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse(rows[i].message, &answer), rows[i].fault);
		assert_true(answer.ours);
	}
}

static void lengths_and_counts_that_lie_are_refused(void **state)
{
	const struct {
		struct rd message;
		enum dns_fault fault;
	} rows[] = {
	        {RIG(HEADER("\1", "\0", "\0") QUESTION WWW RIG_A MINUTE "\0\3\1\2\3"), DNS_RECORD},
	        {RIG(HEADER("\1", "\0", "\0") QUESTION WWW RIG_A MINUTE "\0\5\1\2\3\4\5"),
	         DNS_RECORD},
	        {RIG(HEADER("\1", "\0", "\0") QUESTION WWW RIG_A MINUTE "\0\0"), DNS_RECORD},
	        {RIG(HEADER("\1", "\0", "\0") QUESTION WWW RIG_A MINUTE "\0\5\1\2\3\4"), DNS_SHORT},
	        {RIG(HEADER("\1", "\0", "\0") QUESTION WWW RIG_A MINUTE "\xff\xff\1\2\3\4"),
	         DNS_SHORT},
	        {RIG(HEADER("\1", "\0", "\0") QUESTION WWW RIG_A MINUTE "\0\3\1\2\3\4"),
	         DNS_RECORD},
	        /* a target that ends before its record, behind it, or is nothing */
	        {RIG(HEADER("\1", "\0", "\0") QUESTION WWW RIG_CNAME MINUTE "\0\5\1a\xc0\x10z"),
	         DNS_RECORD},
	        {RIG(HEADER("\1", "\0", "\0") QUESTION WWW RIG_CNAME MINUTE "\0\3\1a\xc0\x10"),
	         DNS_SHORT},
	        {RIG(HEADER("\1", "\0", "\0") QUESTION WWW RIG_CNAME MINUTE "\0\2\1a\0"),
	         DNS_SHORT},
	        {RIG(HEADER("\1", "\0", "\0") QUESTION WWW RIG_CNAME MINUTE "\0\0"), DNS_SHORT},
	        /* fewer or more records than there are */
	        {RIG(HEADER("\2", "\0", "\0") QUESTION WWW RIG_A MINUTE ADDRESS), DNS_SHORT},
	        {RIG(HEADER("\1", "\1", "\0") QUESTION WWW RIG_A MINUTE ADDRESS), DNS_SHORT},
	        {RIG(HEADER("\1", "\0", "\1") QUESTION WWW RIG_A MINUTE ADDRESS), DNS_SHORT},
	        {RIG(HEADER("\0", "\0", "\0") QUESTION WWW RIG_A MINUTE ADDRESS), DNS_TRAILING},
	        {RIG(HEADER("\1", "\0", "\0") QUESTION WWW RIG_A MINUTE ADDRESS "\0"),
	         DNS_TRAILING},
	        {RIG("\x12\x34\x81\x80\0\1\1\1\0\0\0\0" QUESTION WWW RIG_A MINUTE ADDRESS),
	         DNS_COUNTS},
	        {RIG("\x12\x34\x81\x80\0\1\0\1\1\0\0\0" QUESTION WWW RIG_A MINUTE ADDRESS),
	         DNS_COUNTS},
	        {RIG("\x12\x34\x81\x80\0\1\0\1\0\0\1\0" QUESTION WWW RIG_A MINUTE ADDRESS),
	         DNS_COUNTS},
	        {RIG("\x12\x34\x81\x80\0\1\0\x56\0\x56\0\x56" QUESTION), DNS_COUNTS},
	        {RIG("\x12\x34\x81\x80\0\1\xff\xff\xff\xff\xff\xff" QUESTION), DNS_COUNTS},
	        {RIG("\x12\x34\x81\x80\0\1\0\x56\0\x55\0\x55" QUESTION), DNS_SHORT}, /* 256 */
	        /* owners and targets with pointers that loop */
	        {RIG(HEADER("\1", "\0", "\0") QUESTION "\xc0\x1d" RIG_A MINUTE ADDRESS),
	         DNS_NAME_POINTER},
	        {RIG(HEADER("\1", "\0", "\0") QUESTION "\xc0\xff" RIG_A MINUTE ADDRESS),
	         DNS_NAME_POINTER},
	        {RIG(HEADER("\1", "\0", "\0") QUESTION WWW RIG_CNAME MINUTE "\0\2\xc0\x29"),
	         DNS_NAME_POINTER},
	        {RIG(HEADER("\1", "\0", "\0") QUESTION WWW RIG_CNAME MINUTE "\0\2\xc0\x01"),
	         DNS_NAME_POINTER},
	        {RIG(HEADER("\1", "\0", "\0") QUESTION "\x40" RIG_A MINUTE ADDRESS),
	         DNS_NAME_LABEL},
	        /* a target that is no host name */
	        {RIG(HEADER("\1", "\0", "\0") QUESTION WWW RIG_CNAME MINUTE "\0\5\3a.b\0"),
	         DNS_NAME_CHARACTER},
	};
	struct dns_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse(rows[i].message, &answer), rows[i].fault);
		assert_true(answer.ours);
	}
}

static void other_types_are_skipped_by_their_length(void **state)
{
	struct dns_answer answer;

	(void)state;
	/* AAAA (v4-mapped), RRSIG and an unknown type with a foreign owner; NS and glue */
	assert_int_equal(parse(RIG(HEADER("\4", "\1", "\1") QUESTION A RIG_AAAA
	                           "\0\0\0\0\0\x10"
	                           "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1" WWW "\0\x2e\0\1"
	                           "\0\0\0\0\0\1x"
	                           "\2\xff\x80\0\xff\x12\0\1\0\0\0\0\0\0" WWW RIG_A MINUTE ADDRESS
	                           "\xc0\x10\0\2\0\1\0\0\0\0\0\4\1a\xc0\x10" A RIG_A
	                           "\0\0\0\0\0\4\x7f\0\0\1"),
	                       &answer),
	                 DNS_OK);
	assert_int_equal(answer.address_count, 1);
	assert_int_equal(answer.addresses[0], 0xcb007105);
	assert_int_equal(answer.ttl_s, 60);
	/* so are the types beside those that count, in each section */
	assert_int_equal(
	        parse(RIG(HEADER("\3", "\2", "\0") QUESTION A
	                  "\0\0\0\1" MINUTE "\0\0" A "\0\4\0\1" MINUTE "\0\0" A "\0\2\0\1" MINUTE
	                  "\0\0" A "\0\5\0\1" MINUTE "\0\0" A "\0\x2f\0\1" MINUTE "\0\0"),
	              &answer),
	        DNS_OK);
	/* they are no addresses: nothing was found */
	assert_int_equal(
	        parse(RIG(HEADER("\1", "\0", "\0") QUESTION WWW RIG_AAAA MINUTE "\0\0"), &answer),
	        DNS_OK);
	assert_int_equal(answer.address_count, 0);
	assert_int_equal(answer.ttl_s, 0);
}

static void sixteen_addresses_are_taken_and_the_rest_is_counted(void **state)
{
	static struct dns_rig rig;
	struct dns_answer answer;

	(void)state;
	for (unsigned n = 15; n <= 18; n++) {
		rig_message(&rig, RIG(HEADER("\0", "\0", "\0")), RIG(QUESTION));
		rig.bytes[7] = (uint8_t)n;
		for (unsigned i = 0; i < n; i++) {
			rig_add(&rig, RIG(WWW RIG_A MINUTE ADDRESS));
			rig.bytes[rig.n - 1] = (uint8_t)i;
			rig.bytes[rig.n - 7] = (uint8_t)(100 - i); /* the TTL's last byte */
		}
		assert_int_equal(parse(rd_of(rig.bytes, rig.n), &answer), DNS_OK);
		assert_int_equal(answer.address_count, n < 16 ? n : 16);
		assert_int_equal(answer.address_excess, n < 16 ? 0 : n - 16);
		for (unsigned i = 0; i < answer.address_count; i++)
			assert_int_equal(answer.addresses[i], 0xcb007100 + i);
		assert_int_equal(answer.ttl_s, 100 - (n - 1)); /* of those left out too */
	}
}

/* An answer of so many aliases: of the name asked for it is aa, of that bb, ... with `loop` the last leads
 * back to the alias of that number. */
static struct rd chain_of(struct dns_rig *rig, unsigned n, int loop)
{
	rig_message(rig, RIG(HEADER("\0", "\0", "\0")), RIG(QUESTION));
	rig->bytes[7] = (uint8_t)n;
	for (unsigned i = 0; i < n; i++) {
		const unsigned target = loop >= 0 && i == n - 1 ? (unsigned)loop : i + 1;

		/* number 0 is www.example, by a pointer; the others are a letter */
		if (i)
			rig_add(rig, rd_of((const uint8_t[]){1, (uint8_t)('A' + i), 0}, 3));
		else
			rig_add(rig, RIG(WWW));
		rig_add(rig, RIG(RIG_CNAME MINUTE));
		if (target)
			rig_add(rig,
			        rd_of((const uint8_t[]){0, 3, 1, (uint8_t)('a' + target), 0}, 5));
		else
			rig_add(rig, RIG("\0\2" WWW));
	}
	return rd_of(rig->bytes, rig->n);
}

static void eight_aliases_are_followed_and_no_more(void **state)
{
	static struct dns_rig rig;
	struct dns_answer answer;

	(void)state;
	for (unsigned n = 0; n < 20; n++) {
		assert_int_equal(parse(chain_of(&rig, n, -1), &answer),
		                 n <= 8 ? DNS_OK : DNS_CHAIN);
		if (n <= 8)
			assert_int_equal(answer.aliases, n);
	}
}

static void aliases_that_loop_are_refused(void **state)
{
	static struct dns_rig rig;
	struct dns_answer answer;

	(void)state;
	for (unsigned n = 1; n <= 8; n++)
		for (int back = 0; back < (int)n; back++)
			assert_int_equal(parse(chain_of(&rig, n, back), &answer), DNS_CHAIN);
}

static void a_no_is_kept_as_long_as_its_soa_says(void **state)
{
	const struct {
		struct rd message;
		uint16_t rcode;
		uint32_t ttl_s;
	} rows[] = {
	        /* the least of the record's and its minimum */
	        {RIG(NXDOMAIN("\0", "\1", "\0") QUESTION "\xc0\x10" RIG_SOA HOUR SOA_22(MINUTE)),
	         DNS_NXDOMAIN, 60},
	        {RIG(NXDOMAIN("\0", "\1", "\0") QUESTION "\xc0\x10" RIG_SOA MINUTE SOA_22(HOUR)),
	         DNS_NXDOMAIN, 60},
	        {RIG(HEADER("\0", "\1", "\0") QUESTION "\xc0\x10" RIG_SOA HOUR SOA_22(HOUR)),
	         DNS_NOERROR, 3600},
	        {RIG(HEADER("\0", "\1", "\0") QUESTION "\0" RIG_SOA HOUR SOA_22(HOUR)), DNS_NOERROR,
	         3600},
	        {RIG(HEADER("\0", "\1", "\0") QUESTION WWW RIG_SOA "\x80\0\0\0" SOA_22(HOUR)),
	         DNS_NOERROR, 0},
	        /* the first of two; one of a zone that the name is not in does not count */
	        {RIG(HEADER("\0", "\2", "\0") QUESTION WWW RIG_SOA HOUR SOA_22(
	                 HOUR) "\0" RIG_SOA MINUTE SOA_22(MINUTE)),
	         DNS_NOERROR, 3600},
	        {RIG(HEADER("\0", "\1", "\0") QUESTION A RIG_SOA HOUR SOA_22(HOUR)), DNS_NOERROR,
	         0},
	        {RIG(HEADER("\0", "\2", "\0") QUESTION A RIG_SOA HOUR SOA_22(
	                 HOUR) "\xc0\x10" RIG_SOA MINUTE SOA_22(HOUR)),
	         DNS_NOERROR, 60},
	        /* none at all, or in another section */
	        {RIG(NXDOMAIN("\0", "\0", "\0") QUESTION), DNS_NXDOMAIN, 0},
	        {RIG(HEADER("\1", "\0", "\0") QUESTION WWW RIG_SOA HOUR SOA_22(HOUR)), DNS_NOERROR,
	         0},
	        {RIG(HEADER("\0", "\0", "\1") QUESTION WWW RIG_SOA HOUR SOA_22(HOUR)), DNS_NOERROR,
	         0},
	        /* behind aliases: the least, and the zone of the last */
	        {RIG(NXDOMAIN("\1", "\1", "\0")
	                     QUESTION WWW RIG_CNAME MINUTE TO_A A RIG_SOA HOUR SOA_22(HOUR)),
	         DNS_NXDOMAIN, 60},
	        {RIG(NXDOMAIN("\1", "\1", "\0")
	                     QUESTION WWW RIG_CNAME HOUR TO_A A RIG_SOA MINUTE SOA_22(HOUR)),
	         DNS_NXDOMAIN, 60},
	        {RIG(NXDOMAIN("\1", "\1", "\0")
	                     QUESTION WWW RIG_CNAME HOUR TO_A WWW RIG_SOA HOUR SOA_22(HOUR)),
	         DNS_NXDOMAIN, 0},
	        /* other codes are not kept */
	        {RIG("\x12\x34\x81\x82\0\1\0\0\0\1\0\0" QUESTION
	             "\xc0\x10" RIG_SOA HOUR SOA_22(HOUR)),
	         DNS_SERVFAIL, 0},
	        {RIG("\x12\x34\x81\x81\0\1\0\0\0\1\0\0" QUESTION
	             "\xc0\x10" RIG_SOA HOUR SOA_22(HOUR)),
	         DNS_FORMERR, 0},
	        {RIG("\x12\x34\x81\x85\0\1\0\0\0\1\0\0" QUESTION
	             "\xc0\x10" RIG_SOA HOUR SOA_22(HOUR)),
	         DNS_REFUSED, 0},
	};
	struct dns_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse(rows[i].message, &answer), DNS_OK);
		assert_int_equal(answer.rcode, rows[i].rcode);
		assert_int_equal(answer.ttl_s, rows[i].ttl_s);
		assert_int_equal(answer.address_count, 0);
	}
	assert_int_equal(parse(RIG(HEADER("\1", "\1", "\0") QUESTION WWW RIG_A HOUR ADDRESS
	                           "\xc0\x10" RIG_SOA MINUTE SOA_22(MINUTE)),
	                       &answer),
	                 DNS_OK);
	assert_int_equal(answer.ttl_s, 3600);
}

static void a_malformed_soa_is_refused(void **state)
{
	const struct {
		struct rd message;
		enum dns_fault fault;
	} rows[] = {
#define SOA(data) RIG(HEADER("\0", "\1", "\0") QUESTION WWW RIG_SOA MINUTE data)
	        {SOA("\0\0"), DNS_SHORT},
	        {SOA("\0\1\0"), DNS_SHORT},
	        {SOA("\0\2\0\x40"), DNS_NAME_LABEL},
	        {SOA("\0\3\x80\0\0"), DNS_NAME_LABEL},
	        {SOA("\0\4\0\xc0\x2a\0"), DNS_NAME_POINTER},
	        {SOA("\0\2\0\0"), DNS_RECORD},
	        {SOA("\0\x11\0\0"
	             "0123456789abcde"),
	         DNS_RECORD},
	        {SOA("\0\x12\0\0"
	             "0123456789abcdef"),
	         DNS_RECORD},
	        {SOA("\0\x15\0\0"
	             "0123456789abcdefghi"),
	         DNS_RECORD},
	        {SOA("\0\x17\0\0"
	             "0123456789abcdefghijk"),
	         DNS_RECORD},
	        {SOA("\0\x16\0\0"
	             "0123456789abcdefghij"),
	         DNS_OK},
	        /* a mailbox is any name, with pointers */
	        {SOA("\0\x1b\xc0\x0c\2a.\xc0\x10"
	             "0123456789abcdefghij"),
	         DNS_OK},
	};
	struct dns_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(parse(rows[i].message, &answer), rows[i].fault);
}

static void edns_of_an_answer_is_checked(void **state)
{
	const struct {
		struct rd message;
		enum dns_fault fault;
	} rows[] = {
	        {RIG(HEADER("\0", "\0", "\1") QUESTION RIG_OPT), DNS_OK},
	        {RIG(HEADER("\0", "\0", "\2") QUESTION RIG_OPT RIG_OPT), DNS_EDNS},
	        {RIG(HEADER("\1", "\0", "\0") QUESTION RIG_OPT), DNS_EDNS},
	        {RIG(HEADER("\0", "\1", "\0") QUESTION RIG_OPT), DNS_EDNS},
	        {RIG(HEADER("\0", "\0", "\1") QUESTION "\0\0\x29\4\xd0\0\1\0\0\0\0"),
	         DNS_EDNS_VERSION},
	        {RIG(HEADER("\0", "\0", "\1") QUESTION "\0\0\x29\4\xd0\0\0\0\0\0\1\0"), DNS_EDNS},
	        {RIG(HEADER("\0", "\0", "\1") QUESTION WWW "\0\x29\4\xd0\0\0\0\0\0\0"), DNS_EDNS},
	};
	const struct rd without = RIG("\x12\x34\1\0\0\1\0\0\0\0\0\0" QUESTION);
	struct dns_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(parse(rows[i].message, &answer), rows[i].fault);
	assert_int_equal(parse_to(without, rows[0].message, &answer), DNS_EDNS); /* unasked */
	assert_int_equal(parse_to(without, RIG(HEADER("\0", "\0", "\0") QUESTION), &answer),
	                 DNS_OK);
}

static void a_response_code_has_twelve_bits_with_edns(void **state)
{
	struct dns_answer answer;

	(void)state;
	assert_int_equal(
	        parse(RIG(NXDOMAIN("\0", "\0", "\1") QUESTION "\0\0\x29\4\xd0\xa5\0\0\0\0\0"),
	              &answer),
	        DNS_OK);
	assert_int_equal(answer.rcode, 0xa53);
	/* and so NOERROR may be an error */
	assert_int_equal(parse(RIG(HEADER("\1", "\0", "\1") QUESTION WWW RIG_A MINUTE ADDRESS
	                           "\0\0\x29\4\xd0\1\0\0\0\0\0"),
	                       &answer),
	                 DNS_CONTRADICTION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_address_is_read),
	        cmocka_unit_test(an_answer_is_to_the_very_query),
	        cmocka_unit_test(a_truncated_answer_is_believed_when_it_is_ours),
	        cmocka_unit_test(of_the_flags_only_z_is_refused_besides),
	        cmocka_unit_test(every_truncation_is_short),
	        cmocka_unit_test(a_chain_of_aliases_is_followed_with_its_least_ttl),
	        cmocka_unit_test(a_ttl_has_31_bits),
	        cmocka_unit_test(what_was_not_asked_for_is_refused),
	        cmocka_unit_test(lengths_and_counts_that_lie_are_refused),
	        cmocka_unit_test(other_types_are_skipped_by_their_length),
	        cmocka_unit_test(sixteen_addresses_are_taken_and_the_rest_is_counted),
	        cmocka_unit_test(eight_aliases_are_followed_and_no_more),
	        cmocka_unit_test(aliases_that_loop_are_refused),
	        cmocka_unit_test(a_no_is_kept_as_long_as_its_soa_says),
	        cmocka_unit_test(a_malformed_soa_is_refused),
	        cmocka_unit_test(edns_of_an_answer_is_checked),
	        cmocka_unit_test(a_response_code_has_twelve_bits_with_edns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
