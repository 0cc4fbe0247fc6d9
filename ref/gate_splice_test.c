/* SPDX-License-Identifier: ISC */
/* gate_splice_test.c: hellos, and what is passed on behind them. */
#include "ref/gate_rig.h"

#define REST "whatever this is"

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

struct hello {
	uint8_t bytes[512];
	size_t n;
};

/* A ClientHello for `name` (NULL: without), with one more extension of no bytes if it is not 0. */
static struct hello hello_of(const char *name, uint16_t extension)
{
	struct hello h;
	struct wr w = wr_of(h.bytes, sizeof(h.bytes));
	const size_t name_len = name ? strlen(name) : 0;
	const size_t extensions = (name ? 9 + name_len : 0) + 7 + (extension ? 4 : 0);
	const size_t body = 2 + 32 + 1 + 2 + 2 + 2 + 2 + extensions;

	assert_true(wr_u8(&w, 22) && wr_u16(&w, 0x0301) && wr_u16(&w, (uint16_t)(body + 4)));
	assert_true(wr_u8(&w, 1) && wr_u8(&w, 0) && wr_u16(&w, (uint16_t)body));
	assert_true(wr_u16(&w, 0x0303) && wr_fill(&w, 0x5a, 32) && wr_u8(&w, 0) && wr_u16(&w, 2) &&
	            wr_u16(&w, 0x1301) && wr_u16(&w, 0x0100) && wr_u16(&w, (uint16_t)extensions));
	if (name)
		assert_true(wr_u16(&w, 0) && wr_u16(&w, (uint16_t)(name_len + 5)) &&
		            wr_u16(&w, (uint16_t)(name_len + 3)) && wr_u8(&w, 0) &&
		            wr_u16(&w, (uint16_t)name_len) && wr_bytes(&w, name, name_len));
	assert_true(wr_u16(&w, 43) && wr_u16(&w, 3) && wr_u8(&w, 2) && wr_u16(&w, 0x0304));
	if (extension)
		assert_true(wr_u16(&w, extension) && wr_u16(&w, 0));
	h.n = w.len;
	return h;
}

static void say_hello(struct rig *r, int guest, const struct hello *h)
{
	rig_say_bytes(r, guest, h->bytes, h->n);
}

/* The server's: to a retry the guest has to answer with a second hello. */
static void answer(struct rig *r, int guest, bool is_retry)
{
	static const uint8_t retry[] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11,
	                                0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	                                0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e,
	                                0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};
	uint8_t bytes[49] = {22, 3, 3, 0, 44, 2, 0, 0, 40, 3, 3};

	memset(bytes + 11, 0x77, 32);
	if (is_retry)
		memcpy(bytes + 11, retry, sizeof(retry));
	rig_say_bytes(r, r->ups[0].fd, bytes, 20);
	rig_say_bytes(r, r->ups[0].fd, bytes + 20, sizeof(bytes) - 20);
	rig_hear(r, guest);
	assert_int_equal(r->heard_len, sizeof(bytes));
	assert_memory_equal(r->heard, bytes, sizeof(bytes));
}

/* The hello is through. */
static int splice(struct rig *r)
{
	const struct hello h = hello_of("ok.test", 0);
	int guest;

	rig_start(r, NULL, NULL);
	guest = rig_connect(r, RIG_TLS);
	say_hello(r, guest, &h);
	assert_int_equal(r->up_count, 1);
	rig_hear(r, r->ups[0].fd);
	assert_int_equal(r->heard_len, h.n);
	assert_memory_equal(r->heard, h.bytes, h.n);
	return guest;
}

static void expect_alert(struct rig *r, int guest, uint8_t alert)
{
	const uint8_t bytes[] = {21, 3, 3, 0, 2, 2, alert};

	rig_hear(r, guest);
	assert_true(r->heard_end);
	assert_int_equal(r->heard_len, sizeof(bytes));
	assert_memory_equal(r->heard, bytes, sizeof(bytes));
}

static void allowed_name_is_recorded_and_passed_on(void **state)
{
	struct rig *r = *state;
	int guest = splice(r);

	rig_expect_record(r, RECORD_CONN, RECORD_SPLICE, REASON_NONE, "");
	assert_string_equal(rig_record(r)->name, "ok.test");
	assert_int_equal(r->ups[0].ip, RIG_OK);
	assert_int_equal(r->ups[0].port, RIG_TLS);
	rig_say(r, guest, REST);
	rig_expect_silence(r, r->ups[0].fd);
	answer(r, guest, false);
	assert_string_equal(rig_hear(r, r->ups[0].fd), REST);
	close(guest);
	rig_expect_idle(r);
	rig_expect_end(r, r->ups[0].fd);
}

static void hello_byte_by_byte_waits_for_its_last(void **state)
{
	struct rig *r = *state;
	const struct hello h = hello_of("ok.test", 0);
	int guest;

	rig_start(r, NULL, NULL);
	guest = rig_connect(r, RIG_TLS);
	for (size_t i = 0; i < h.n; i++) {
		assert_int_equal(r->up_count, 0);
		rig_say_bytes(r, guest, h.bytes + i, 1);
	}
	assert_int_equal(r->up_count, 1);
	rig_hear(r, r->ups[0].fd);
	assert_int_equal(r->heard_len, h.n);
	close(guest);
	rig_expect_idle(r);
}

static void refusals_have_their_alerts(void **state)
{
	static const struct {
		const char *name, *detail;
		enum reason reason;
		uint16_t extension;
		uint8_t alert;
	} rows[] = {
	        {"no.test", "", REASON_NAME_DENIED, 0, 49},
	        {NULL, "name-absent", REASON_TLS_REFUSED, 0, 112},
	        {"ok.test", "ech", REASON_TLS_REFUSED, 0xfe0d, 49},
	        {"ok.test", "early-data", REASON_TLS_REFUSED, 42, 49},
	        {"ok.test.", "", REASON_NONE, 0, 0},
	        {"x.ok.test", "", REASON_NAME_DENIED, 0, 49},
	        {"1.2.3.4", "name-address", REASON_TLS_MALFORMED, 0, 112},
	};
	struct rig *r = *state;

	rig_start(r, NULL, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct hello h = hello_of(rows[i].name, rows[i].extension);
		const size_t before = r->up_count;
		int guest = rig_connect(r, RIG_TLS);

		say_hello(r, guest, &h);
		if (rows[i].reason != REASON_NONE) {
			rig_expect_record(r, RECORD_CONN, RECORD_DENY, rows[i].reason,
			                  rows[i].detail);
			rig_hear(r, guest);
			assert_true(r->heard_end);
			assert_int_equal((uint8_t)r->heard[6], rows[i].alert);
		}
		assert_int_equal(r->up_count - before, rows[i].reason == REASON_NONE);
		close(guest);
		rig_expect_idle(r);
	}
}

static void what_is_no_tls_is_recorded_and_closed(void **state)
{
	struct rig *r = *state;
	int guest;

	rig_start(r, NULL, NULL);
	guest = rig_connect(r, RIG_TLS);
	rig_say(r, guest, "SSH-2.0-OpenSSH_9.2\r\n");
	rig_expect_end(r, guest);
	rig_expect_record(r, RECORD_CONN, RECORD_DENY, REASON_TLS_MALFORMED, "record-type");
	assert_int_equal(r->up_count, 0);
	close(guest);
	rig_expect_idle(r);
}

static void nothing_goes_before_the_ack(void **state)
{
	struct rig *r = *state;
	const struct hello yes = hello_of("ok.test", 0), no = hello_of("no.test", 0);
	int guest, denied;

	r->mute = true;
	rig_start(r, NULL, NULL);
	guest = rig_connect(r, RIG_TLS);
	say_hello(r, guest, &yes);
	denied = rig_connect(r, RIG_TLS);
	say_hello(r, denied, &no);
	assert_int_equal(r->record_count, 2);
	assert_int_equal(r->up_count, 0);
	rig_expect_silence(r, denied);
	r->mute = false;
	rig_turn(r);
	assert_int_equal(r->up_count, 1);
	expect_alert(r, denied, 49);
	close(guest);
	close(denied);
	rig_expect_idle(r);
}

static void late_hello_is_recorded_and_closed(void **state)
{
	struct rig *r = *state;
	int guest;

	rig_start(r, NULL, NULL);
	guest = rig_connect(r, RIG_TLS);
	rig_say_bytes(r, guest, "\x16\x03\x01", 3);
	rig_later(r, 9);
	rig_expect_silence(r, guest);
	rig_later(r, 2);
	rig_expect_end(r, guest);
	rig_expect_record(r, RECORD_CONN, RECORD_DENY, REASON_TOO_SLOW, "hello");
	close(guest);
	rig_expect_idle(r);
}

static void halves_are_closed_one_by_one(void **state)
{
	struct rig *r = *state;
	int guest = splice(r);

	answer(r, guest, false);
	assert_int_equal(shutdown(guest, SHUT_WR), 0);
	rig_turn(r);
	rig_expect_end(r, r->ups[0].fd);
	rig_say(r, r->ups[0].fd, "still");
	assert_string_equal(rig_hear(r, guest), "still");
	assert_false(r->heard_end);
	assert_int_equal(shutdown(r->ups[0].fd, SHUT_WR), 0);
	rig_turn(r);
	rig_expect_end(r, guest);
	assert_int_equal(r->abort_count, 0);
	close(guest);
	rig_expect_idle(r);
}

static void second_hello_of_another_name_is_cut(void **state)
{
	struct rig *r = *state;
	const struct hello other = hello_of("other.test", 0);
	int guest = splice(r);

	answer(r, guest, true);
	rig_say_bytes(r, guest, "\x14\x03\x03\0\x01\x01", 6);
	rig_expect_silence(r, r->ups[0].fd);
	say_hello(r, guest, &other);
	rig_expect_end(r, r->ups[0].fd);
	rig_expect_record(r, RECORD_CONN, RECORD_DENY, REASON_TLS_REFUSED, "name-changed");
	assert_int_equal(r->abort_count, 1);
	close(guest);
	rig_expect_idle(r);
}

static void second_hello_of_the_same_name_goes_on(void **state)
{
	struct rig *r = *state;
	const struct hello h = hello_of("ok.test", 0);
	int guest = splice(r);

	answer(r, guest, true);
	rig_say_bytes(r, guest, "\x14\x03\x03\0\x01\x01", 6);
	rig_say_bytes(r, guest, h.bytes, h.n - 1);
	rig_expect_silence(r, r->ups[0].fd);
	rig_say_bytes(r, guest, h.bytes + h.n - 1, 1);
	rig_hear(r, r->ups[0].fd);
	assert_int_equal(r->heard_len, 6 + h.n);
	rig_say(r, guest, REST);
	assert_string_equal(rig_hear(r, r->ups[0].fd), REST);
	close(guest);
	rig_expect_idle(r);
}

/* As in a session of TLS 1.2 that is resumed: what looks like one is encrypted. */
static void what_is_no_second_hello_is_not_looked_at(void **state)
{
	struct rig *r = *state;
	static const uint8_t finished[] = "\x14\x03\x03\0\x01\x01\x16\x03\x03\0\x04\x01\0\0\0";
	int guest = splice(r);

	answer(r, guest, false);
	rig_say_bytes(r, guest, finished, sizeof(finished) - 1);
	rig_hear(r, r->ups[0].fd);
	assert_int_equal(r->heard_len, sizeof(finished) - 1);
	close(guest);
	rig_expect_idle(r);
}

static void unreachable_upstream_is_a_reset(void **state)
{
	struct rig *r = *state;
	const struct hello h = hello_of("ok.test", 0);
	int guest;

	r->refused = RIG_OK;
	rig_start(r, NULL, NULL);
	guest = rig_connect(r, RIG_TLS);
	say_hello(r, guest, &h);
	assert_int_equal(r->abort_count, 1);
	rig_expect_record(r, RECORD_CONN, RECORD_FAILED, REASON_UPSTREAM_UNREACHABLE, "refused");
	close(guest);
	rig_expect_idle(r);
}

static void revoked_name_is_cut_in_the_stream(void **state)
{
	struct rig *r = *state;
	struct policy next = r->policy;
	struct policy_name only = {.name = "other.test"};
	int guest = splice(r);

	rig_say(r, r->ups[0].fd, "streaming");
	next.web.names = &only;
	next.web.name_count = 1;
	policy_share_put(r->share, 1, &next);
	rig_order(r, ORDER_POLICY, 1);
	rig_expect_end(r, r->ups[0].fd);
	assert_int_equal(r->abort_count, 1);
	close(guest);
	rig_expect_idle(r);
}

static void kept_name_streams_on(void **state)
{
	struct rig *r = *state;
	struct policy next = r->policy;
	int guest = splice(r);

	policy_share_put(r->share, 1, &next);
	rig_order(r, ORDER_POLICY, 1);
	rig_say(r, r->ups[0].fd, "streaming");
	assert_string_equal(rig_hear(r, guest), "streaming");
	close(guest);
	rig_expect_idle(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	        TEST(allowed_name_is_recorded_and_passed_on),
	        TEST(hello_byte_by_byte_waits_for_its_last),
	        TEST(refusals_have_their_alerts),
	        TEST(what_is_no_tls_is_recorded_and_closed),
	        TEST(nothing_goes_before_the_ack),
	        TEST(late_hello_is_recorded_and_closed),
	        TEST(halves_are_closed_one_by_one),
	        TEST(second_hello_of_another_name_is_cut),
	        TEST(second_hello_of_the_same_name_goes_on),
	        TEST(what_is_no_second_hello_is_not_looked_at),
	        TEST(unreachable_upstream_is_a_reset),
	        TEST(revoked_name_is_cut_in_the_stream),
	        TEST(kept_name_streams_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
