/* SPDX-License-Identifier: ISC */
/* names_guest_test.c: the guest's sockets: many queries, nonsense, streams, and full tables. */
#include "ref/names_rig.h"

#include "bytes/quick.h"

#include <sys/resource.h>

#define OK   RIG("\2ok\4test\0")
#define WILD RIG("\1a\4wild\4test\0")
#define A    RIG(RIG_A)

/* A query with the length in front that TCP wants. Good until the next. */
static struct rd framed(uint8_t id, struct rd name)
{
	static uint8_t bytes[600];
	const struct rd query = rig_query(id, name, A);

	bytes[0] = 0;
	bytes[1] = (uint8_t)query.n;
	memcpy(bytes + 2, query.p, query.n);
	return rd_of(bytes, query.n + 2);
}

/* The next reply on a stream, without its length. */
static struct rd unframed(int fd)
{
	struct rd r = rig_receive(fd), message;

	if (!r.n)
		return r;
	assert_true(rd_vec16(&r, &message));
	assert_int_equal(r.n, 0);
	return message;
}

/* ---- datagrams ---- */

static void a_socket_has_several_queries_under_way_and_no_more(void **state)
{
	const int guest = rig_guest(IPV4_UDP, 4000);

	(void)state;
	for (unsigned i = 0; i < NAMES_CLIENT_PENDING + 3; i++)
		rig_send(guest, rig_query((uint8_t)i, OK, A));
	assert_int_equal(rig.record_count, NAMES_CLIENT_PENDING);
	rig_ack(); /* the others come next */
	assert_int_equal(rig.record_count, NAMES_CLIENT_PENDING + 3);
	rig_ack();
	for (unsigned i = 0; i < NAMES_CLIENT_PENDING + 3; i++)
		assert_int_equal(rig_rcode(rig_receive(guest), (uint8_t)i, NULL), DNS_NOERROR);
	assert_int_equal(rig_receive(guest).n, 0);
	close(guest);
}

static void no_more_records_are_sent_than_may_wait(void **state)
{
	int guests[4];

	(void)state;
	for (unsigned g = 0; g < 4; g++) {
		guests[g] = rig_guest(IPV4_UDP, (uint16_t)(4000 + g));
		for (unsigned i = 0; i < 10; i++)
			rig_send(guests[g], rig_query((uint8_t)i, OK, A));
	}
	assert_int_equal(rig.record_count, NAMES_RECORDS_MAX);
	names_recorded(rig.names, rig.records[0].token, rig.now_ns);
	assert_int_equal(rig.record_count, NAMES_RECORDS_MAX + 1);
	rig.acked = 1;
	rig_ack();
	assert_int_equal(rig.record_count, 40);
	for (unsigned g = 0; g < 4; g++) {
		for (unsigned i = 0; i < 10; i++)
			assert_int_equal(rig_rcode(rig_receive(guests[g]), (uint8_t)i, NULL),
			                 DNS_NOERROR);
		close(guests[g]);
	}
}

static void a_full_table_of_queries_makes_the_others_wait(void **state)
{
	int guests[40];

	(void)state;
	for (unsigned g = 0; g < 40; g++) {
		guests[g] = rig_guest(g % 8 == 7 ? IPV4_TCP : IPV4_UDP, (uint16_t)(4000 + g));
		for (unsigned i = 0; i < 10; i++)
			rig_send(guests[g], g % 8 == 7 ? framed((uint8_t)i, OK)
			                               : rig_query((uint8_t)i, OK, A));
	}
	assert_int_equal(rig.names->query_count, NAMES_QUERIES_MAX);
	rig_ack();
	while (rig.acked < rig.record_count)
		rig_ack();
	assert_int_equal(rig.record_count, 400);
	assert_int_equal(rig.names->query_count, 0);
	for (unsigned g = 0; g < 40; g++) {
		size_t n = 0, got;

		while ((got = rig_receive(guests[g]).n))
			n += got;
		assert_int_equal(n, 10 * (DNS_HDR_LEN + 13 + 16 + (g % 8 == 7 ? 2 : 0)));
		close(guests[g]);
	}
}

static void what_cannot_be_answered_is_recorded_only(void **state)
{
	static const uint8_t large[NAMES_MESSAGE_MAX + 1];
	const int guest = rig_guest(IPV4_UDP, 4000);

	(void)state;
	rig_send(guest, RIG("\0\1\x81\0\0\1\0\0\0\0\0\0\2ok\4test\0" RIG_A));
	rig_send(guest, RIG("nonsense"));
	rig_send(guest, rd_of(large, sizeof(large)));
	rig_ack();
	assert_int_equal(rig.record_count, 3);
	assert_int_equal(rig.records[0].record.reason, REASON_DNS_MALFORMED);
	assert_string_equal(rig.records[0].record.detail, "direction");
	assert_int_equal(rig.records[1].record.reason, REASON_DNS_MALFORMED);
	assert_string_equal(rig.records[1].record.detail, "short");
	assert_int_equal(rig.records[2].record.reason, REASON_TOO_LARGE);
	assert_string_equal(rig.records[2].record.name, "");
	assert_int_equal(rig_receive(guest).n, 0);
	rig_send(guest, rig_query(9, OK, A)); /* and it goes on */
	rig_ack();
	assert_int_equal(rig_rcode(rig_receive(guest), 9, NULL), DNS_NOERROR);
	close(guest);
}

static void every_truncation_of_a_query_is_recorded(void **state)
{
	const int guest = rig_guest(IPV4_UDP, 4000);
	const struct rd whole = RIG("\0\1\1\0\0\1\0\0\0\0\0\1\2ok\4test\0" RIG_A RIG_OPT);

	(void)state;
	for (size_t n = 1; n < whole.n; n++) {
		rig_send(guest, rd_of(whole.p, n));
		rig_ack();
		assert_int_equal(rig.record_count, n);
		assert_int_equal(rig.records[n - 1].record.reason, REASON_DNS_MALFORMED);
		assert_string_equal(rig.records[n - 1].record.detail, "short");
		assert_int_equal(rig_rcode(rig_receive(guest), 1, NULL),
		                 n < DNS_HDR_LEN ? -1 : DNS_FORMERR);
	}
	close(guest);
}

static void a_guest_that_is_gone_is_not_asked_for(void **state)
{
	int guest = rig_guest(IPV4_UDP, 4000);

	(void)state;
	rig_send(guest, rig_query(1, WILD, A));
	close(guest);
	rig_spin();
	rig_ack();
	assert_int_equal(rig.dial_count, 0);
	assert_int_equal(rig.names->query_count, 0);

	/* nor is its answer given to who has its place now */
	guest = rig_guest(IPV4_UDP, 4001);
	rig_send(guest, rig_query(2, OK, A));
	close(guest);
	rig_spin();
	guest = rig_guest(IPV4_UDP, 4002);
	rig_ack();
	assert_int_equal(rig_receive(guest).n, 0);
	close(guest);
}

static void a_guest_that_does_not_read_loses_replies_and_nothing_else(void **state)
{
	const int guest = rig_guest(IPV4_UDP, 4000);
	const int other = rig_guest(IPV4_UDP, 4001);

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		rig_send(guest, rig_query(1, OK, A));
		rig_ack();
	}
	rig_send(other, rig_query(2, OK, A));
	rig_ack();
	assert_int_equal(rig_rcode(rig_receive(other), 2, NULL), DNS_NOERROR);
	assert_int_equal(rig.names->query_count, 0);
	close(guest);
	close(other);
}

static void the_idle_socket_not_used_for_longest_makes_room(void **state)
{
	static int guests[NAMES_CLIENTS_MAX];
	struct rlimit files;
	int last;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = files.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
	if (files.rlim_cur < 2 * NAMES_CLIENTS_MAX + 64)
		skip();
	for (unsigned i = 0; i < NAMES_CLIENTS_MAX; i++) {
		guests[i] = rig_guest(IPV4_UDP, (uint16_t)(1000 + i));
		rig.now_ns++;
	}
	rig_send(guests[0], rig_query(1, OK, A)); /* busy */
	rig_send(guests[1], rig_query(2, OK, A));
	rig_ack();                                /* both idle, and used just now */
	rig_send(guests[2], rig_query(3, OK, A)); /* busy */
	rig.now_ns++;
	last = rig_guest(IPV4_UDP, 9999);
	assert_true(last >= 0);
	assert_true(rig_has_ended(guests[3]));
	assert_false(rig_has_ended(guests[1]));
	rig_ack();
	assert_int_equal(rig_rcode(rig_receive(guests[2]), 3, NULL), DNS_NOERROR);
	for (unsigned i = 0; i < NAMES_CLIENTS_MAX; i++)
		close(guests[i]);
	close(last);
	rig_spin();
}

/* ---- streams ---- */

static void a_stream_is_answered_however_it_is_cut(void **state)
{
	const int guest = rig_guest(IPV4_TCP, 4000);
	uint32_t ip;

	(void)state;
	for (size_t cut = 1; cut < 20; cut++) {
		uint8_t bytes[100];
		const struct rd query = framed((uint8_t)cut, OK);

		memcpy(bytes, query.p, query.n);
		for (size_t at = 0; at < query.n; at += cut)
			rig_send(guest, rd_of(bytes + at, query.n - at < cut ? query.n - at : cut));
		rig_ack();
		assert_int_equal(rig_rcode(unframed(guest), (uint8_t)cut, &ip), DNS_NOERROR);
		assert_int_equal(ip, RIG_OK);
	}
	assert_int_equal(rig.records[0].record.proto, IPV4_TCP);
	close(guest);
}

static void queries_in_a_row_are_answered_one_by_one_in_order(void **state)
{
	const int guest = rig_guest(IPV4_TCP, 4000);
	uint8_t bytes[200];
	size_t n = 0;

	(void)state;
	for (uint8_t i = 1; i <= 5; i++) {
		const struct rd query = framed(i, i == 3 ? RIG("\2no\4test\0") : OK);

		memcpy(bytes + n, query.p, query.n);
		n += query.n;
	}
	rig_send(guest, rd_of(bytes, n));
	shutdown(guest, SHUT_WR); /* what was asked is answered all the same */
	rig_spin();
	for (uint8_t i = 1; i <= 5; i++) {
		assert_int_equal(rig.record_count, i);
		names_recorded(rig.names, rig.records[rig.acked++].token, rig.now_ns);
		assert_int_equal(rig_rcode(unframed(guest), i, NULL),
		                 i == 3 ? DNS_NXDOMAIN : DNS_NOERROR);
	}
	rig_spin();
	assert_true(rig_has_ended(guest));
	close(guest);
}

static void malformed_queries_are_answered_and_the_stream_goes_on(void **state)
{
	const int guest = rig_guest(IPV4_TCP, 4000);

	(void)state;
	rig_send(guest, RIG("\0\x0c\0\1\1\0\0\0\0\0\0\0\0\0")); /* no question */
	rig_ack();
	assert_int_equal(rig_rcode(unframed(guest), 1, NULL), DNS_FORMERR);
	rig_send(guest, framed(2, OK));
	rig_ack();
	assert_int_equal(rig_rcode(unframed(guest), 2, NULL), DNS_NOERROR);
	close(guest);
}

static void nonsense_is_recorded_and_ends_the_stream(void **state)
{
	const struct {
		struct rd bytes;
		enum reason reason;
	} rows[] = {
	        {RIG("\0\x0c\0\1\x81\0\0\0\0\0\0\0\0\0"), REASON_DNS_MALFORMED}, /* an answer */
	        {RIG("\0\0"), REASON_DNS_MALFORMED},
	        {RIG("\0\3abc"), REASON_DNS_MALFORMED},
	        {RIG("\x07\xff"), REASON_TOO_LARGE}, /* 2047 */
	        {RIG("GET / HTTP/1.1\r\n\r\n"), REASON_TOO_LARGE},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const int guest = rig_guest(IPV4_TCP, 4000);

		rig_send(guest, rows[i].bytes);
		assert_int_equal(rig.record_count, i + 1);
		assert_int_equal(rig.records[i].record.reason, rows[i].reason);
		assert_false(rig_has_ended(guest)); /* not before it is written */
		rig_ack();
		assert_true(rig_has_ended(guest));
		rig_send(guest, framed(1, OK)); /* goes nowhere */
		rig_ack();
		assert_int_equal(rig.record_count, i + 1);
		close(guest);
		rig_spin();
		assert_int_equal(rig.names->stream_count, 0);
	}
}

static void the_longest_message_is_read(void **state)
{
	static uint8_t bytes[NAMES_STREAM_IN_MAX];
	const int guest = rig_guest(IPV4_TCP, 4000);

	(void)state;
	memcpy(bytes, "\x07\xfe\0\1\1\0\0\1\0\0\0\0\0\0\2ok\4test\0\0\1\0\1", 27);
	rig_send(guest, rd_of(bytes, sizeof(bytes)));
	rig_ack();
	assert_string_equal(rig.records[0].record.detail, "trailing");
	assert_int_equal(rig_rcode(unframed(guest), 1, NULL), DNS_FORMERR);
	rig_send(guest, framed(2, OK));
	rig_ack();
	assert_int_equal(rig_rcode(unframed(guest), 2, NULL), DNS_NOERROR);
	close(guest);
}

static void an_idle_stream_is_closed_after_ten_seconds(void **state)
{
	const int guest = rig_guest(IPV4_TCP, 4000);

	(void)state;
	rig_pass(9 * RIG_S);
	rig_send(guest, framed(1, OK));
	rig_pass(60 * RIG_S); /* the record is not written: that is not the guest's fault */
	rig_ack();
	assert_int_equal(rig_rcode(unframed(guest), 1, NULL), DNS_NOERROR);
	rig_pass(5 * RIG_S);
	rig_send(guest, RIG("\0")); /* a byte now and then keeps nothing open */
	rig_pass(5 * RIG_S - 1);
	assert_false(rig_has_ended(guest));
	rig_pass(1);
	assert_true(rig_has_ended(guest));
	assert_int_equal(names_deadline(rig.names), NAMES_NEVER);
	close(guest);
}

static void one_that_does_not_end_is_not_waited_for(void **state)
{
	const int guest = rig_guest(IPV4_TCP, 4000);

	(void)state;
	rig_send(guest, RIG("\0\3abc"));
	rig_ack();
	assert_true(rig_has_ended(guest));
	assert_int_equal(rig.names->stream_count, 1);
	rig_pass(NAMES_LINGER_NS);
	assert_int_equal(rig.names->stream_count, 0);
	close(guest);
}

static void a_stream_that_is_not_read_waits_and_takes_nothing_more(void **state)
{
	const size_t reply = 2 + DNS_HDR_LEN + 13 + 16;
	const int guest = rig_guest(IPV4_TCP, 4000);
	unsigned sent = 0;
	size_t n = 0;

	(void)state;
	for (; sent < RIG_LIST - 1; sent++) {
		const struct rd query = framed(1, OK);

		if (send(guest, query.p, query.n, MSG_NOSIGNAL) < 0)
			break; /* full both ways */
		rig_spin();
		rig_ack();
	}
	assert_true(rig.record_count < sent);
	for (unsigned i = 0; i < sent && n < sent * reply; i++) {
		size_t got;

		while ((got = rig_receive(guest).n))
			n += got;
		rig_spin();
		rig_ack();
	}
	assert_int_equal(n, sent * reply);
	assert_int_equal(rig.record_count, sent);
	close(guest);
}

static void a_guest_that_resets_is_forgotten(void **state)
{
	const int guest = rig_guest(IPV4_TCP, 4000);

	(void)state;
	rig_send(guest, framed(1, WILD));
	close(guest); /* with a query under way: nothing is watched but the end */
	rig_spin();
	assert_int_equal(rig.names->stream_count, 0);
	rig_ack();
	assert_int_equal(rig.dial_count, 0);
}

static void more_streams_than_there_is_room_for_are_refused(void **state)
{
	int guests[NAMES_STREAMS_MAX];
	int udp;

	(void)state;
	for (unsigned i = 0; i < NAMES_STREAMS_MAX; i++)
		guests[i] = rig_guest(IPV4_TCP, (uint16_t)(4000 + i));
	assert_int_equal(rig_guest(IPV4_TCP, 5000), -1);
	udp = rig_guest(IPV4_UDP, 5000);
	assert_true(udp >= 0);
	close(guests[7]);
	rig_spin();
	guests[7] = rig_guest(IPV4_TCP, 5000);
	assert_true(guests[7] >= 0);
	for (unsigned i = 0; i < NAMES_STREAMS_MAX; i++)
		close(guests[i]);
	close(udp);
}

/* Whatever comes, every query gets its record, what was under way ends, and the next guest is served. */
static void spoiled_queries_leave_nothing_behind(void **state)
{
	const unsigned rounds = quick_share(2000);
	uint64_t x = 88172645463325252;

	(void)state;
	for (unsigned i = 0; i < rounds; i++) {
		const uint8_t proto = i % 2 ? IPV4_TCP : IPV4_UDP;
		const int guest = rig_guest(proto, 4000);
		const struct rd query = proto == IPV4_TCP ? framed(1, WILD) : rig_query(1, WILD, A);
		uint8_t bytes[100] = {0};
		size_t n;

		memcpy(bytes, query.p, query.n);
		n = rig_spoil(&x, bytes, query.n, sizeof(bytes));
		rig.record_count = rig.acked = rig.dial_count = 0;
		rig_send(guest, rd_of(bytes, n));
		rig_ack();
		assert_true(proto == IPV4_TCP || rig.record_count == 1);
		if (rig.dial_count)
			names_dialled(rig.names, rig.dials[0].token, -1, rig.now_ns);
		rig_ack();
		assert_int_equal(rig.names->query_count, 0);
		close(guest);
		rig_spin();
		assert_int_equal(rig.names->stream_count, 0);
		assert_int_equal(names_deadline(rig.names), NAMES_NEVER);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_socket_has_several_queries_under_way_and_no_more),
	        TEST(no_more_records_are_sent_than_may_wait),
	        TEST(a_full_table_of_queries_makes_the_others_wait),
	        TEST(what_cannot_be_answered_is_recorded_only),
	        TEST(every_truncation_of_a_query_is_recorded),
	        TEST(a_guest_that_is_gone_is_not_asked_for),
	        TEST(a_guest_that_does_not_read_loses_replies_and_nothing_else),
	        TEST(the_idle_socket_not_used_for_longest_makes_room),
	        TEST(a_stream_is_answered_however_it_is_cut),
	        TEST(queries_in_a_row_are_answered_one_by_one_in_order),
	        TEST(malformed_queries_are_answered_and_the_stream_goes_on),
	        TEST(nonsense_is_recorded_and_ends_the_stream),
	        TEST(the_longest_message_is_read),
	        TEST(an_idle_stream_is_closed_after_ten_seconds),
	        TEST(one_that_does_not_end_is_not_waited_for),
	        TEST(a_stream_that_is_not_read_waits_and_takes_nothing_more),
	        TEST(a_guest_that_resets_is_forgotten),
	        TEST(spoiled_queries_leave_nothing_behind),
	        TEST(more_streams_than_there_is_room_for_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
