/* SPDX-License-Identifier: ISC */
/* gate_http_test.c: plain HTTP through the gate, from the guest's first byte to the origin's last. */
#include "ref/gate_rig.h"

#define GET       "GET /a HTTP/1.1\r\nHost: ok.test\r\n\r\n"
#define GET_OTHER "GET /b HTTP/1.1\r\nHost: other.test\r\n\r\n"
#define GET_NO    "GET /c HTTP/1.1\r\nHost: no.test\r\n\r\n"
#define REPLY     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

static int set_up(void **state)
{
	*state = rig_new();
	return 0;
}

static int tear_down(void **state)
{
	rig_free(*state);
	return 0;
}

/* A guest that has asked, and the origin has the request. */
static int ask(struct rig *r)
{
	int guest;

	rig_start(r, NULL, NULL);
	guest = rig_connect(r, RIG_HTTP);
	rig_say(r, guest, GET);
	assert_int_equal(r->up_count, 1);
	assert_non_null(strstr(rig_hear(r, r->ups[0].fd), "GET /a HTTP/1.1\r\nHost: ok.test\r\n"));
	return guest;
}

static void allowed_request_goes_up_and_its_reply_comes_back(void **state)
{
	struct rig *r = *state;
	int guest = ask(r);

	assert_int_equal(r->ups[0].ip, RIG_OK);
	assert_int_equal(r->ups[0].port, RIG_HTTP);
	rig_expect_record(r, RECORD_HTTP, RECORD_ALLOW, REASON_NONE, "");
	assert_string_equal(rig_record(r)->name, "ok.test");
	assert_string_equal(rig_record(r)->method, "GET");
	assert_string_equal(rig_record(r)->path, "/a");
	rig_say(r, r->ups[0].fd, REPLY);
	assert_non_null(strstr(rig_hear(r, guest), "HTTP/1.1 200"));
	assert_false(r->heard_end);
	assert_int_equal(gate_pool_used(&r->gate->pool), 0);
	close(guest);
	rig_expect_idle(r);
	rig_expect_end(r, r->ups[0].fd);
}

static void denied_name_gets_403_and_nothing_is_dialled(void **state)
{
	struct rig *r = *state;
	int guest;

	rig_start(r, NULL, NULL);
	guest = rig_connect(r, RIG_HTTP);
	rig_say(r, guest, GET_NO);
	assert_non_null(strstr(rig_hear(r, guest), "HTTP/1.1 403"));
	assert_non_null(strstr(r->heard, "name-denied"));
	assert_true(r->heard_end);
	assert_int_equal(r->up_count, 0);
	rig_expect_record(r, RECORD_HTTP, RECORD_DENY, REASON_NAME_DENIED, "");
	assert_int_equal(rig_record(r)->status, 403);
	close(guest);
	rig_expect_idle(r);
}

static void nothing_happens_before_the_record_is_acknowledged(void **state)
{
	struct rig *r = *state;
	int guest, denied;

	r->mute = true;
	rig_start(r, NULL, NULL);
	guest = rig_connect(r, RIG_HTTP);
	rig_say(r, guest, GET);
	denied = rig_connect(r, RIG_HTTP);
	rig_say(r, denied, GET_NO);
	assert_int_equal(r->record_count, 2);
	assert_int_equal(r->up_count, 0);
	rig_expect_silence(r, guest);
	rig_expect_silence(r, denied);
	r->mute = false;
	rig_turn(r);
	assert_int_equal(r->up_count, 1);
	assert_non_null(strstr(rig_hear(r, denied), " 403 "));
	close(guest);
	close(denied);
	rig_expect_idle(r);
}

static void each_request_is_decided_upon(void **state)
{
	struct rig *r = *state;
	int guest = ask(r);

	rig_say(r, r->ups[0].fd, REPLY);
	rig_hear(r, guest);
	rig_say(r, guest, GET);
	assert_int_equal(r->up_count, 1);
	assert_int_equal(r->record_count, 2);
	rig_hear(r, r->ups[0].fd);
	rig_say(r, r->ups[0].fd, REPLY);
	rig_hear(r, guest);
	rig_say(r, guest, GET_NO);
	assert_non_null(strstr(rig_hear(r, guest), " 403 "));
	assert_null(strstr(rig_hear(r, r->ups[0].fd), "/c"));
	rig_expect_record(r, RECORD_HTTP, RECORD_DENY, REASON_NAME_DENIED, "");
	close(guest);
	rig_expect_idle(r);
}

static void pipelined_requests_go_up_one_by_one_and_each_to_its_own(void **state)
{
	struct rig *r = *state;
	int guest;

	rig_start(r, NULL, NULL);
	guest = rig_connect(r, RIG_HTTP);
	rig_say(r, guest, GET GET_OTHER GET_NO);
	assert_int_equal(r->up_count, 1);
	rig_say(r, r->ups[0].fd, REPLY);
	assert_int_equal(r->up_count, 2);
	assert_int_equal(r->ups[1].ip, RIG_OTHER);
	rig_hear(r, r->ups[0].fd);
	assert_true(r->heard_end);
	rig_say(r, r->ups[1].fd, REPLY);
	assert_non_null(strstr(rig_hear(r, guest), "hiHTTP/1.1 200"));
	assert_non_null(strstr(r->heard, "hiHTTP/1.1 403"));
	assert_null(strstr(rig_hear(r, r->ups[1].fd), "/c"));
	close(guest);
	rig_expect_idle(r);
}

static void guest_that_is_gone_takes_its_upstream_along(void **state)
{
	struct rig *r = *state;
	int guest = ask(r);

	rig_say(r, r->ups[0].fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
	close(guest);
	rig_expect_idle(r);
	rig_expect_end(r, r->ups[0].fd);
}

static void cut_reply_becomes_a_reset(void **state)
{
	struct rig *r = *state;
	int guest = ask(r);

	rig_say(r, r->ups[0].fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
	assert_int_equal(r->abort_count, 0);
	close(r->ups[0].fd);
	r->ups[0].fd = -1;
	rig_turn(r);
	assert_int_equal(r->abort_count, 1);
	assert_int_equal(r->aborted[0], 1);
	rig_expect_record(r, RECORD_HTTP, RECORD_FAILED, REASON_UPSTREAM_UNREACHABLE, "cut");
	close(guest);
	rig_expect_idle(r);
}

static void upstream_that_ends_without_a_word_is_502(void **state)
{
	struct rig *r = *state;
	int guest = ask(r);

	close(r->ups[0].fd);
	r->ups[0].fd = -1;
	rig_turn(r);
	assert_non_null(strstr(rig_hear(r, guest), "HTTP/1.1 502"));
	assert_int_equal(r->abort_count, 0);
	rig_expect_record(r, RECORD_HTTP, RECORD_FAILED, REASON_UPSTREAM_UNREACHABLE, "cut");
	close(guest);
	rig_expect_idle(r);
}

/* Both ends, told in one event with the bytes in front of them. */
static void end_right_behind_the_bytes_is_seen(void **state)
{
	struct rig *r = *state;
	int guest;

	rig_start(r, NULL, NULL);
	guest = rig_connect(r, RIG_HTTP);
	assert_true(send(guest, GET, strlen(GET), 0) > 0);
	assert_int_equal(shutdown(guest, SHUT_WR), 0);
	rig_turn(r);
	rig_hear(r, r->ups[0].fd);
	assert_true(send(r->ups[0].fd, "HTTP/1.0 200 OK\r\n\r\nhi", 21, 0) > 0);
	assert_int_equal(shutdown(r->ups[0].fd, SHUT_WR), 0);
	rig_turn(r);
	assert_non_null(strstr(rig_hear(r, guest), "hi"));
	assert_true(r->heard_end);
	close(guest);
	rig_expect_idle(r);
}

static void guest_that_ended_its_half_is_waited_with_for_a_moment(void **state)
{
	struct rig *r = *state;
	int guest = ask(r);

	assert_int_equal(shutdown(guest, SHUT_WR), 0);
	rig_turn(r);
	rig_expect_silence(r, r->ups[0].fd);
	rig_later(r, 1);
	rig_expect_end(r, r->ups[0].fd);
	assert_int_equal(r->abort_count, 1);
	close(guest);
	rig_expect_idle(r);
}

static void upstream_that_closes_between_requests_is_made_anew(void **state)
{
	struct rig *r = *state;
	int guest = ask(r);

	rig_say(r, r->ups[0].fd, REPLY);
	rig_hear(r, guest);
	close(r->ups[0].fd);
	r->ups[0].fd = -1;
	rig_turn(r);
	rig_expect_silence(r, guest);
	rig_say(r, guest, GET);
	assert_int_equal(r->up_count, 2);
	rig_say(r, r->ups[1].fd, REPLY);
	assert_non_null(strstr(rig_hear(r, guest), " 200 "));
	close(guest);
	rig_expect_idle(r);
}

static void next_address_is_tried_when_one_refuses(void **state)
{
	struct rig *r = *state;
	int guest;

	r->refused = RIG_OK;
	rig_start(r, NULL, NULL);
	guest = rig_connect(r, RIG_HTTP);
	rig_say(r, guest, "GET / HTTP/1.1\r\nHost: two.test\r\n\r\n");
	assert_int_equal(r->up_count, 2);
	rig_say(r, r->ups[1].fd, REPLY);
	assert_non_null(strstr(rig_hear(r, guest), " 200 "));
	rig_say(r, guest, GET);
	assert_non_null(strstr(rig_hear(r, guest), " 502 "));
	rig_expect_record(r, RECORD_HTTP, RECORD_FAILED, REASON_UPSTREAM_UNREACHABLE, "refused");
	close(guest);
	rig_expect_idle(r);
}

static void name_without_address_is_502(void **state)
{
	struct rig *r = *state;
	int guest;

	rig_name(r, "nowhere.test", false, false, false);
	rig_start(r, NULL, NULL);
	guest = rig_connect(r, RIG_HTTP);
	rig_say(r, guest, "GET / HTTP/1.1\r\nHost: nowhere.test\r\n\r\n");
	assert_non_null(strstr(rig_hear(r, guest), " 502 "));
	rig_expect_record(r, RECORD_HTTP, RECORD_FAILED, REASON_NAME_UNKNOWN, "");
	close(guest);
	rig_expect_idle(r);
}

static void connect_that_takes_too_long_is_504(void **state)
{
	struct rig *r = *state;
	int guest;

	rig_start(r, NULL, NULL);
	guest = rig_connect(r, RIG_HTTP);
	r->busy = true;
	rig_say(r, guest, GET);
	rig_clock(r, 9);
	rig_expect_silence(r, guest);
	rig_clock(r, 2);
	assert_non_null(strstr(rig_hear(r, guest), " 504 "));
	rig_expect_record(r, RECORD_HTTP, RECORD_FAILED, REASON_TOO_SLOW, "dial");
	r->busy = false;
	close(guest);
	rig_expect_idle(r);
}

static void half_a_head_gets_408_and_nothing_an_end(void **state)
{
	struct rig *r = *state;
	int half, nothing;

	rig_start(r, NULL, NULL);
	half = rig_connect(r, RIG_HTTP);
	nothing = rig_connect(r, RIG_HTTP);
	rig_say(r, half, "GET / HTTP/1.1\r\nHo");
	rig_later(r, 9);
	rig_expect_silence(r, half);
	rig_later(r, 2);
	assert_non_null(strstr(rig_hear(r, half), "HTTP/1.1 408"));
	rig_expect_record(r, RECORD_HTTP, RECORD_DENY, REASON_TOO_SLOW, "head");
	rig_expect_silence(r, nothing);
	rig_later(r, 60);
	rig_expect_end(r, nothing);
	assert_int_equal(r->record_count, 1);
	close(half);
	close(nothing);
	rig_expect_idle(r);
}

static void head_that_drips_is_cut_by_its_own_deadline(void **state)
{
	struct rig *r = *state;
	int guest;

	rig_start(r, NULL, NULL);
	guest = rig_connect(r, RIG_HTTP);
	for (int i = 0; i < 11; i++) {
		rig_say(r, guest, "G");
		rig_later(r, 1);
	}
	assert_non_null(strstr(rig_hear(r, guest), "HTTP/1.1 408"));
	close(guest);
	rig_expect_idle(r);
}

static void reply_that_stalls_is_cut(void **state)
{
	struct rig *r = *state;
	int guest = ask(r);

	rig_say(r, r->ups[0].fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
	rig_later(r, 59);
	rig_say(r, r->ups[0].fd, "more");
	rig_later(r, 59);
	assert_int_equal(r->abort_count, 0);
	rig_later(r, 2);
	assert_int_equal(r->abort_count, 1);
	rig_expect_record(r, RECORD_HTTP, RECORD_FAILED, REASON_TOO_SLOW, "idle");
	close(guest);
	rig_expect_idle(r);
}

static void malformed_request_is_recorded_with_the_parsers_word(void **state)
{
	struct rig *r = *state;
	int guest;

	rig_start(r, NULL, NULL);
	guest = rig_connect(r, RIG_HTTP);
	rig_say(r, guest, "GET / HTTP/1.1\r\nHost: ok.test\r\nHost: ok.test\r\n\r\n");
	assert_non_null(strstr(rig_hear(r, guest), "HTTP/1.1 400"));
	rig_expect_record(r, RECORD_HTTP, RECORD_DENY, REASON_HTTP_MALFORMED, "host-twice");
	assert_int_equal(r->up_count, 0);
	close(guest);
	rig_expect_idle(r);
}

static void malformed_reply_is_502_with_the_parsers_word(void **state)
{
	struct rig *r = *state;
	int guest = ask(r);

	rig_say(r, r->ups[0].fd, "HTTP/1.1 200 OK\nContent-Length: 0\n\n");
	assert_non_null(strstr(rig_hear(r, guest), "HTTP/1.1 502"));
	rig_expect_record(r, RECORD_HTTP, RECORD_FAILED, REASON_UPSTREAM_MALFORMED, "bare-lf");
	close(guest);
	rig_expect_idle(r);
	rig_hear(r, r->ups[0].fd);
	assert_true(r->heard_end);
}

/* Neither side is read further than there is room, however much the other writes. */
static void who_does_not_read_stops_who_writes(void **state)
{
	struct rig *r = *state;
	static char block[16384];
	int guest = ask(r);
	size_t sent = 0, got;
	ssize_t n;

	rig_say(r, r->ups[0].fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
	memset(block, 'x', sizeof(block));
	while ((n = send(r->ups[0].fd, block, sizeof(block), MSG_NOSIGNAL)) > 0) {
		sent += (size_t)n;
		rig_turn(r);
	}
	assert_true(sent > 100000 && sent < 2000000);
	assert_true(gate_pool_used(&r->gate->pool) <= GATE_BUFFERS);
	rig_hear(r, guest);
	got = r->heard_len;
	assert_true(got >= sent);
	rig_turn(r);
	assert_int_equal(gate_pool_used(&r->gate->pool), 0);
	assert_true(send(r->ups[0].fd, block, sizeof(block), MSG_NOSIGNAL) > 0);
	close(guest);
	rig_expect_idle(r);
}

static void revoked_name_is_cut_at_once(void **state)
{
	struct rig *r = *state;
	struct policy next = r->policy;
	struct policy_name only = {.name = "other.test"};
	int guest = ask(r), other;

	other = rig_connect(r, RIG_HTTP);
	rig_say(r, other, GET_OTHER);
	rig_say(r, r->ups[0].fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
	rig_hear(r, guest);
	next.web.names = &only;
	next.web.name_count = 1;
	policy_share_put(r->share, 1, &next);
	rig_order(r, ORDER_POLICY, 1);
	assert_int_equal(r->abort_count, 1);
	assert_int_equal(r->aborted[0], 1);
	rig_expect_end(r, r->ups[0].fd);
	rig_say(r, r->ups[1].fd, REPLY);
	assert_non_null(strstr(rig_hear(r, other), " 200 "));
	close(guest);
	close(other);
	rig_expect_idle(r);
}

static void policy_that_changes_before_the_ack_decides_again(void **state)
{
	struct rig *r = *state;
	struct policy next = r->policy;
	int guest;

	r->mute = true;
	rig_start(r, NULL, NULL);
	guest = rig_connect(r, RIG_HTTP);
	rig_say(r, guest, GET);
	next.web.name_count = 0;
	policy_share_put(r->share, 1, &next);
	rig_order(r, ORDER_POLICY, 1);
	r->mute = false;
	rig_turn(r);
	assert_int_equal(r->up_count, 0);
	rig_expect_record(r, RECORD_HTTP, RECORD_DENY, REASON_NAME_DENIED, "");
	assert_non_null(strstr(rig_hear(r, guest), " 403 "));
	close(guest);
	rig_expect_idle(r);
}

static void full_table_resets_what_arrives(void **state)
{
	struct rig *r = *state;
	int guests[17];

	rig_start(r, NULL, NULL);
	for (int i = 0; i < 17; i++)
		guests[i] = rig_connect(r, RIG_HTTP);
	rig_expect_end(r, guests[16]);
	assert_int_equal(r->abort_count, 1);
	assert_int_equal(r->aborted[0], 17);
	rig_expect_record(r, RECORD_CONN, RECORD_DENY, REASON_GATE_FULL, "");
	rig_say(r, guests[15], GET);
	assert_int_equal(r->up_count, 1);
	for (int i = 0; i < 17; i++)
		close(guests[i]);
	rig_expect_idle(r);
}

static void sync_is_answered_when_all_is_settled(void **state)
{
	struct rig *r = *state;
	const struct gate_message sync = {.word = GATE_ORDER, .order = {ORDER_SYNC, 0}};
	int guest;

	rig_start(r, NULL, NULL);
	guest = rig_connect(r, RIG_HTTP);
	r->mute = true;
	assert_true(send(guest, GET, strlen(GET), 0) > 0);
	assert_true(gate_wire_send(r->pairs.dials[1], &sync, NULL, 0));
	rig_turn(r);
	assert_int_equal(r->done_count, 0);
	r->mute = false;
	rig_turn(r);
	assert_int_equal(r->done_count, 1);
	assert_int_equal(r->up_count, 1);
	close(guest);
	rig_expect_idle(r);
}

static void nonsense_on_a_channel_ends_the_gate(void **state)
{
	struct rig *r = *state;

	rig_start(r, NULL, NULL);
	assert_true(send(r->pairs.records[1], "?", 1, 0) == 1);
	rig_turn(r);
	assert_false(r->running);
}

static void ack_of_what_was_not_sent_ends_the_gate(void **state)
{
	struct rig *r = *state;
	const struct gate_message ack = {.word = GATE_ACK, .number = 1};

	rig_start(r, NULL, NULL);
	assert_true(gate_wire_send(r->pairs.records[1], &ack, NULL, 0));
	rig_turn(r);
	assert_false(r->running);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	        TEST(allowed_request_goes_up_and_its_reply_comes_back),
	        TEST(denied_name_gets_403_and_nothing_is_dialled),
	        TEST(nothing_happens_before_the_record_is_acknowledged),
	        TEST(each_request_is_decided_upon),
	        TEST(pipelined_requests_go_up_one_by_one_and_each_to_its_own),
	        TEST(guest_that_is_gone_takes_its_upstream_along),
	        TEST(cut_reply_becomes_a_reset),
	        TEST(upstream_that_ends_without_a_word_is_502),
	        TEST(end_right_behind_the_bytes_is_seen),
	        TEST(guest_that_ended_its_half_is_waited_with_for_a_moment),
	        TEST(upstream_that_closes_between_requests_is_made_anew),
	        TEST(next_address_is_tried_when_one_refuses),
	        TEST(name_without_address_is_502),
	        TEST(connect_that_takes_too_long_is_504),
	        TEST(half_a_head_gets_408_and_nothing_an_end),
	        TEST(head_that_drips_is_cut_by_its_own_deadline),
	        TEST(reply_that_stalls_is_cut),
	        TEST(malformed_request_is_recorded_with_the_parsers_word),
	        TEST(malformed_reply_is_502_with_the_parsers_word),
	        TEST(who_does_not_read_stops_who_writes),
	        TEST(revoked_name_is_cut_at_once),
	        TEST(policy_that_changes_before_the_ack_decides_again),
	        TEST(full_table_resets_what_arrives),
	        TEST(sync_is_answered_when_all_is_settled),
	        TEST(nonsense_on_a_channel_ends_the_gate),
	        TEST(ack_of_what_was_not_sent_ends_the_gate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
