/* SPDX-License-Identifier: ISC */
/* names_up_test.c: questions under way: tries, strangers' answers, TCP, and how each of them ends. */
#include "ref/names_rig.h"

#include "bytes/quick.h"
#include "ref/dns_addr.h"

#define GLOBAL 0x6300000fu

static void ask(void)
{
	struct names_result result;

	assert_int_equal(names_resolve(rig.names, "a.wild.test", 5, rig.now_ns, &result),
	                 NAMES_WAIT);
}

static void assert_failed(enum reason reason)
{
	assert_int_equal(rig.told_count, 1);
	assert_int_equal(rig.told[0].result.status, NAMES_FAILED);
	assert_int_equal(rig.told[0].result.reason, reason);
	rig_pass(5 * RIG_S); /* what is kept for late answers goes too */
	assert_int_equal(rig.told_count, 1);
	assert_int_equal(names_deadline(rig.names), NAMES_NEVER);
}

static void assert_ready(void)
{
	assert_int_equal(rig.told_count, 1);
	assert_int_equal(rig.told[0].result.status, NAMES_READY);
	assert_int_equal(rig.told[0].result.addresses[0], GLOBAL);
	rig_pass(5 * RIG_S); /* what is kept for late answers goes too */
	assert_int_equal(rig.told_count, 1);
	assert_int_equal(names_deadline(rig.names), NAMES_NEVER);
}

static unsigned count_datagrams(int fd)
{
	unsigned n = 0;

	while (rig_receive(fd).n)
		n++;
	return n;
}

static void a_question_is_sent_three_times_and_given_up_after_five_seconds(void **state)
{
	uint8_t first[DNS_QUERY_MAX];
	struct rd asked;
	int resolver;

	(void)state;
	ask();
	assert_int_equal(names_deadline(rig.names), rig.now_ns + 5 * RIG_S);
	resolver = rig_dialled(0);
	asked = rig_receive(resolver);
	memcpy(first, asked.p, asked.n);
	rig_pass(RIG_S - 1);
	assert_int_equal(count_datagrams(resolver), 0);
	rig_pass(1);
	asked = rig_receive(resolver);
	assert_memory_equal(asked.p, first, asked.n); /* the same question */
	rig_pass(RIG_S);
	assert_int_equal(count_datagrams(resolver), 1);
	rig_pass(3 * RIG_S - 1);
	assert_int_equal(count_datagrams(resolver), 0);
	assert_int_equal(rig.told_count, 0);
	rig_pass(1);
	assert_failed(REASON_RESOLVER_FAILED);
	assert_int_equal(rig.dial_count, 1);
	close(resolver);
}

static void a_late_answer_to_the_first_try_is_welcome(void **state)
{
	int resolver;

	(void)state;
	ask();
	resolver = rig_dialled(0);
	rig_pass(4 * RIG_S);
	rig_send(resolver, rig_answer(rig_receive(resolver), GLOBAL, 60));
	assert_ready();
	close(resolver);
}

static void the_socket_stays_for_answers_that_come_late(void **state)
{
	struct rd asked;
	int resolver;

	(void)state;
	ask();
	resolver = rig_dialled(0);
	rig_pass(2 * RIG_S);
	asked = rig_receive(resolver);
	rig_send(resolver, rig_answer(asked, GLOBAL, 60));
	rig_send(resolver, rig_answer(asked, 0x63000001, 60)); /* nobody reads it */
	rig_pass(3 * RIG_S - 1);
	rig_send(resolver, rig_answer(asked, 0x63000001, 60));
	rig_pass(1);
	assert_true(send(resolver, "x", 1, MSG_NOSIGNAL) < 0);
	assert_ready();
	close(resolver);
}

static void of_sockets_for_late_answers_there_are_so_many(void **state)
{
	int first = -1;

	(void)state;
	for (unsigned i = 0; i <= NAMES_QUIET_MAX; i++) {
		struct names_result result;
		char name[32];
		int resolver;

		snprintf(name, sizeof(name), "n%u.wild.test", i);
		assert_int_equal(names_resolve(rig.names, name, i, rig.now_ns, &result),
		                 NAMES_WAIT);
		resolver = rig_dialled(i);
		rig_send(resolver, rig_answer(rig_receive(resolver), GLOBAL, 60));
		if (i == 0)
			first = resolver;
		else if (i < NAMES_QUIET_MAX)
			assert_int_equal(send(first, "x", 1, MSG_NOSIGNAL), 1);
		else
			assert_true(send(first, "x", 1, MSG_NOSIGNAL) < 0);
		if (i)
			close(resolver);
		rig.now_ns += RIG_MS;
	}
	close(first);
}

static void each_question_has_a_socket_and_random_bytes_of_its_own(void **state)
{
	struct names_result result;
	int one, two;

	(void)state;
	ask();
	names_resolve(rig.names, "b.wild.test", 6, rig.now_ns, &result);
	assert_int_equal(rig.dial_count, 2);
	assert_int_not_equal(rig.dials[0].token, rig.dials[1].token);
	one = rig_dialled(0);
	two = rig_dialled(1);
	assert_memory_equal(rig_receive(one).p, "\1\1", 2);
	assert_memory_equal(rig_receive(two).p, "\2\2", 2);
	close(one);
	close(two);
}

/* Whoever can send to the socket without having seen the question. */
static void what_is_not_to_the_question_changes_nothing(void **state)
{
	uint8_t asked[DNS_QUERY_MAX] = {0};
	struct rd r;
	int resolver;

	(void)state;
	ask();
	resolver = rig_dialled(0);
	r = rig_receive(resolver);
	memcpy(asked, r.p, r.n);
	for (unsigned byte = 0; byte < 12 + 13; byte++) {
		uint8_t guess[DNS_QUERY_MAX] = {0};

		if (byte >= 2 && byte < 12)
			continue;
		memcpy(guess, asked, r.n);
		guess[byte] ^= byte < 12 ? 1 : 0x20; /* another id, another case */
		rig_send(resolver, rig_answer(rd_of(guess, r.n), 0x63000001, 60));
	}
	rig_send(resolver, rd_of(asked, r.n)); /* an echo of it */
	assert_int_equal(rig.told_count, 0);
	rig_send(resolver, rig_answer(rd_of(asked, r.n), GLOBAL, 60));
	assert_ready();
	close(resolver);
}

static void nobody_may_guess_for_ever(void **state)
{
	uint8_t asked[DNS_QUERY_MAX] = {0};
	struct rd r;
	int resolver;

	(void)state;
	ask();
	resolver = rig_dialled(0);
	r = rig_receive(resolver);
	memcpy(asked, r.p, r.n);
	for (unsigned i = 1; i <= NAMES_FOREIGN_MAX; i++) {
		assert_int_equal(rig.told_count, 0);
		asked[0] = (uint8_t)(2 + i);
		rig_send(resolver, rig_answer(rd_of(asked, r.n), 0x63000001, 60));
	}
	assert_failed(REASON_RESOLVER_FAILED);
	close(resolver);
}

static void a_datagram_longer_than_we_said_is_no_answer(void **state)
{
	static uint8_t bytes[DNS_EDNS_SIZE + 1];
	struct rd answer;
	int resolver;

	(void)state;
	ask();
	resolver = rig_dialled(0);
	answer = rig_answer(rig_receive(resolver), GLOBAL, 60);
	memcpy(bytes, answer.p, answer.n);
	rig_send(resolver, rd_of(bytes, sizeof(bytes)));
	assert_failed(REASON_RESOLVER_FAILED);
	assert_int_equal(rig.told[0].result.fault, DNS_TRAILING);
	close(resolver);
}

static void no_dialler_no_answer(void **state)
{
	struct names_result result;

	(void)state;
	rig.no_dialer = true;
	assert_int_equal(names_resolve(rig.names, "a.wild.test", 5, rig.now_ns, &result),
	                 NAMES_FAILED);
	assert_int_equal(result.reason, REASON_RESOLVER_FAILED);
	assert_int_equal(names_deadline(rig.names), NAMES_NEVER);
	rig.no_dialer = false;
	ask();
	names_dialled(rig.names, rig.dials[0].token, -1, rig.now_ns);
	assert_failed(REASON_RESOLVER_FAILED);
}

static void a_socket_that_comes_too_late_is_closed(void **state)
{
	int resolver;

	(void)state;
	ask();
	rig_pass(5 * RIG_S);
	assert_failed(REASON_RESOLVER_FAILED);
	resolver = rig_dialled(0);
	assert_int_equal(rig_receive(resolver).n, 0);
	assert_true(send(resolver, "x", 1, MSG_NOSIGNAL) < 0);
	close(resolver);
}

static void a_socket_that_fails_is_the_end(void **state)
{
	int resolver;

	(void)state;
	ask();
	resolver = rig_dialled(0);
	rig_receive(resolver);
	close(resolver);
	rig_pass(
	        5 *
	        RIG_S); /* a datagram pair says nothing when its other end goes; a UDP socket does */
	assert_failed(REASON_RESOLVER_FAILED);
}

/* ---- TCP ---- */

/* Asks, and is told that the answer does not fit. The question by TCP is in *asked; the stream is the result. */
static int ask_by_stream(uint8_t asked[2 + DNS_QUERY_MAX], size_t *n)
{
	struct dns_rig cut = {.n = 0};
	struct rd r;
	int resolver, stream;

	ask();
	resolver = rig_dialled(0);
	r = rig_receive(resolver);
	rig_add(&cut, rd_of(r.p, r.n - DNS_OPT_LEN));
	memcpy(cut.bytes + 2, "\x83\x80\0\1\0\0\0\0\0\0", 10);
	rig_send(resolver, rd_of(cut.bytes, cut.n));
	close(resolver);
	assert_int_equal(rig.dial_count, 2);
	assert_int_equal(rig.dials[1].proto, IPV4_TCP);
	stream = rig_dialled(1);
	r = rig_receive(stream);
	memcpy(asked, r.p, r.n);
	*n = r.n;
	return stream;
}

static void send_framed(int fd, struct rd message, size_t in_a_row)
{
	static uint8_t bytes[66000];

	bytes[0] = (uint8_t)(message.n >> 8);
	bytes[1] = (uint8_t)message.n;
	memcpy(bytes + 2, message.p, message.n);
	for (size_t at = 0; at < message.n + 2; at += in_a_row)
		rig_send(fd, rd_of(bytes + at,
		                   message.n + 2 - at < in_a_row ? message.n + 2 - at : in_a_row));
}

static void a_cut_answer_is_asked_for_by_tcp_with_a_new_question(void **state)
{
	uint8_t asked[2 + DNS_QUERY_MAX] = {0};
	size_t n;
	const int stream = ask_by_stream(asked, &n);

	(void)state;
	assert_int_equal(n, 2 + DNS_HDR_LEN + 17 + DNS_OPT_LEN);
	assert_memory_equal(asked, "\0\x28\2\2", 4); /* its length; another id */
	send_framed(stream, rig_answer(rd_of(asked + 2, n - 2), GLOBAL, 60), 1);
	assert_ready();
	assert_true(rig_has_ended(stream));
	close(stream);
}

static void an_answer_of_another_question_ends_the_stream(void **state)
{
	uint8_t asked[2 + DNS_QUERY_MAX] = {0};
	size_t n;
	const int stream = ask_by_stream(asked, &n);

	(void)state;
	asked[2] ^= 1;
	send_framed(stream, rig_answer(rd_of(asked + 2, n - 2), GLOBAL, 60), 4096);
	assert_failed(REASON_RESOLVER_FAILED);
	close(stream);
}

static void nothing_is_cut_by_tcp(void **state)
{
	uint8_t asked[2 + DNS_QUERY_MAX] = {0};
	size_t n;
	const int stream = ask_by_stream(asked, &n);
	struct rd answer;
	uint8_t bytes[600];

	(void)state;
	answer = rig_answer(rd_of(asked + 2, n - 2), GLOBAL, 60);
	memcpy(bytes, answer.p, answer.n);
	bytes[2] |= 2;
	send_framed(stream, rd_of(bytes, answer.n), 4096);
	assert_failed(REASON_RESOLVER_FAILED);
	assert_int_equal(rig.dial_count, 2);
	close(stream);
}

static void a_stream_that_ends_early_is_no_answer(void **state)
{
	uint8_t asked[2 + DNS_QUERY_MAX] = {0};
	size_t n;
	const int stream = ask_by_stream(asked, &n);
	const struct rd answer = rig_answer(rd_of(asked + 2, n - 2), GLOBAL, 60);

	(void)state;
	rig_send(stream, RIG("\0"));
	rig_send(stream, rd_of(answer.p, 1));
	assert_int_equal(rig.told_count, 0);
	close(stream);
	rig_spin();
	assert_failed(REASON_RESOLVER_FAILED);
}

static void an_answer_too_long_to_be_one_is_given_up_at_once(void **state)
{
	uint8_t asked[2 + DNS_QUERY_MAX] = {0};
	size_t n;
	const int stream = ask_by_stream(asked, &n);

	(void)state;
	rig_send(stream, RIG("\x20")); /* 8193 */
	assert_int_equal(rig.told_count, 0);
	rig_send(stream, RIG("\1"));
	assert_failed(REASON_RESOLVER_FAILED);
	close(stream);
}

static void a_stream_has_what_is_left_of_the_five_seconds(void **state)
{
	uint8_t asked[2 + DNS_QUERY_MAX] = {0};
	size_t n;
	const int stream = ask_by_stream(asked, &n);

	(void)state;
	assert_int_equal(names_deadline(rig.names), rig.now_ns + 5 * RIG_S);
	rig_pass(5 * RIG_S - 1);
	assert_int_equal(rig.told_count, 0);
	rig_pass(1);
	assert_failed(REASON_RESOLVER_FAILED);
	assert_true(rig_has_ended(stream));
	close(stream);
}

static void every_truncation_by_tcp_is_waited_for_or_refused(void **state)
{
	uint8_t asked[2 + DNS_QUERY_MAX] = {0};
	struct rd answer;
	size_t n, whole;

	for (size_t len = 0;; len++) {
		const int stream = ask_by_stream(asked, &n);

		answer = rig_answer(rd_of(asked + 2, n - 2), GLOBAL, 60);
		whole = answer.n;
		send_framed(stream, rd_of(answer.p, len), 4096); /* a length that says so */
		if (len == whole)
			assert_ready();
		else
			assert_failed(REASON_RESOLVER_FAILED);
		close(stream);
		rig_end(state);
		rig_begin(state);
		if (len == whole)
			break;
	}
}

/* Whatever comes back, who asked is told once, and no address is but a global one. */
static void spoiled_answers_are_an_end_like_others(void **state)
{
	const unsigned rounds = quick_share(2000);
	uint64_t x = 88172645463325252;

	(void)state;
	for (unsigned i = 0; i < rounds; i++) {
		const struct names_result *result = &rig.told[0].result;
		uint8_t bytes[100] = {0};
		struct rd answer;
		int resolver;
		size_t n;

		rig.dial_count = rig.told_count = 0;
		ask();
		resolver = rig_dialled(0);
		answer = rig_answer(rig_receive(resolver), GLOBAL, 0);
		memcpy(bytes, answer.p, answer.n);
		n = rig_spoil(&x, bytes + 2, answer.n - 2, sizeof(bytes) - 2) + 2;
		rig_send(resolver, rd_of(bytes, n));
		rig_pass(5 * RIG_S);
		assert_int_equal(rig.told_count, 1);
		assert_int_equal(names_deadline(rig.names), NAMES_NEVER);
		for (unsigned a = 0; result->status == NAMES_READY && a < result->address_count;
		     a++)
			assert_int_equal(dns_addr_class(result->addresses[a]), DNS_ADDR_GLOBAL);
		close(resolver);
		names_change(rig.names, &rig.web, rig.now_ns); /* forgets what it was told */
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_question_is_sent_three_times_and_given_up_after_five_seconds),
	        TEST(a_late_answer_to_the_first_try_is_welcome),
	        TEST(the_socket_stays_for_answers_that_come_late),
	        TEST(of_sockets_for_late_answers_there_are_so_many),
	        TEST(each_question_has_a_socket_and_random_bytes_of_its_own),
	        TEST(what_is_not_to_the_question_changes_nothing),
	        TEST(nobody_may_guess_for_ever),
	        TEST(a_datagram_longer_than_we_said_is_no_answer),
	        TEST(no_dialler_no_answer),
	        TEST(a_socket_that_comes_too_late_is_closed),
	        TEST(a_socket_that_fails_is_the_end),
	        TEST(a_cut_answer_is_asked_for_by_tcp_with_a_new_question),
	        TEST(an_answer_of_another_question_ends_the_stream),
	        TEST(nothing_is_cut_by_tcp),
	        TEST(a_stream_that_ends_early_is_no_answer),
	        TEST(an_answer_too_long_to_be_one_is_given_up_at_once),
	        TEST(a_stream_has_what_is_left_of_the_five_seconds),
	        TEST(spoiled_answers_are_an_end_like_others),
	        TEST(every_truncation_by_tcp_is_waited_for_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
