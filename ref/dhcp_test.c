/* SPDX-License-Identifier: ISC */
/* dhcp_test.c: DHCP messages and replies. */
#include "ref/dhcp.h"

#include "bytes/guard.h"
#include "ref/examples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FIXED_LEN 240 /* header and magic cookie */

static const uint8_t *const discover = example_dhcp_discover + 42;
#define DISCOVER_LEN (sizeof(example_dhcp_discover) - 42)

static enum reason parse(const uint8_t *p, size_t n, struct dhcp *out)
{
	struct guard g = guard_copy(p, n);
	enum reason reason = dhcp_parse(rd_of(g.p, g.n), out);

	guard_free(&g);
	return reason;
}

/* The example's fixed part with the given options behind it. */
static enum reason parse_options(const uint8_t *options, size_t n, struct dhcp *out)
{
	static uint8_t bytes[2048];

	memcpy(bytes, discover, FIXED_LEN);
	memcpy(bytes + FIXED_LEN, options, n);
	return parse(bytes, FIXED_LEN + n, out);
}

#define PARSE(out, ...)                                                                            \
	parse_options((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), out)

static void a_discover_is_read(void **state)
{
	struct guard g = guard_copy(discover, DISCOVER_LEN);
	struct dhcp dhcp;

	(void)state;
	assert_int_equal(dhcp_parse(rd_of(g.p, g.n), &dhcp), REASON_NONE);
	assert_int_equal(dhcp.type, DHCP_DISCOVER);
	assert_int_equal(dhcp.xid, 0x01020304);
	assert_memory_equal(dhcp.chaddr, "\x52\x54\x00\x12\x34\x56", 6);
	assert_int_equal(dhcp.client_id.n, 7);
	assert_int_equal(dhcp.requested_ip, 0);
	assert_int_equal(dhcp.server_id, 0);
	guard_free(&g);
}

static void every_truncation_is_malformed(void **state)
{
	struct dhcp dhcp;

	(void)state;
	for (size_t n = 0; n < DISCOVER_LEN; n++)
		assert_int_equal(parse(discover, n, &dhcp), REASON_DHCP_MALFORMED);
}

static void replies_other_hardware_and_a_wrong_cookie_are_malformed(void **state)
{
	static const size_t places[] = {0, 1, 2, 236, 237, 238, 239};
	struct dhcp dhcp;

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		uint8_t bytes[DISCOVER_LEN];

		memcpy(bytes, discover, sizeof(bytes));
		bytes[places[i]] ^= 3;
		assert_int_equal(parse(bytes, sizeof(bytes), &dhcp), REASON_DHCP_MALFORMED);
	}
}

static void options_are_read(void **state)
{
	struct dhcp dhcp;

	(void)state;
	assert_int_equal(PARSE(&dhcp, 0, 53, 1, 3, 50, 4, 192, 168, 100, 2, 54, 4, 192, 168, 100, 1,
	                       80, 0, 0, 255, 9, 9),
	                 REASON_NONE);
	assert_int_equal(dhcp.type, DHCP_REQUEST);
	assert_int_equal(dhcp.requested_ip, 0xc0a86402);
	assert_int_equal(dhcp.server_id, 0xc0a86401);
	assert_int_equal(dhcp.client_id.n, 0);
}

static void malformed_options_are_refused(void **state)
{
	const enum reason bad = REASON_DHCP_MALFORMED;
	struct dhcp dhcp;

	(void)state;
	assert_int_equal(PARSE(&dhcp, 255), bad);                               /* no type */
	assert_int_equal(PARSE(&dhcp, 53, 1, 1), bad);                          /* no end */
	assert_int_equal(PARSE(&dhcp, 53, 1, 1, 0, 0, 0), bad);                 /* only padding */
	assert_int_equal(PARSE(&dhcp, 53, 1, 1, 12), bad);                      /* no length */
	assert_int_equal(PARSE(&dhcp, 53, 1, 1, 12, 9, 'a', 255), bad);         /* overrun */
	assert_int_equal(PARSE(&dhcp, 53, 1, 1, 12, 255, 'a', 255), bad);       /* overrun */
	assert_int_equal(PARSE(&dhcp, 53, 0, 255), bad);                        /* empty type */
	assert_int_equal(PARSE(&dhcp, 53, 2, 1, 1, 255), bad);                  /* long type */
	assert_int_equal(PARSE(&dhcp, 53, 1, 0, 255), bad);                     /* type 0 */
	assert_int_equal(PARSE(&dhcp, 53, 1, 1, 53, 1, 3, 255), bad);           /* two types */
	assert_int_equal(PARSE(&dhcp, 53, 1, 0, 53, 1, 1, 255), bad);           /* the first is 0 */
	assert_int_equal(PARSE(&dhcp, 53, 1, 1, 61, 1, 1, 61, 1, 1, 255), bad); /* two ids */
	assert_int_equal(PARSE(&dhcp, 53, 1, 1, 12, 0, 255), bad);              /* empty name */
	assert_int_equal(PARSE(&dhcp, 53, 1, 1, 55, 0, 255), bad);              /* empty list */
	assert_int_equal(PARSE(&dhcp, 53, 1, 3, 50, 3, 1, 2, 3, 255), bad);     /* short address */
	assert_int_equal(PARSE(&dhcp, 53, 1, 3, 54, 5, 1, 2, 3, 4, 5, 255), bad);
	assert_int_equal(PARSE(&dhcp, 53, 1, 3, 50, 4, 1, 2, 3, 4, 50, 4, 1, 2, 3, 4, 255), bad);
	assert_int_equal(PARSE(&dhcp, 53, 1, 1, 52, 1, 3, 255), bad); /* overload */
	assert_int_equal(PARSE(&dhcp, 53, 1, 1, 80, 1, 1, 255), bad); /* long rapid commit */
}

static void a_thousand_options_are_refused(void **state)
{
	uint8_t options[3 + 1000 + 1] = {53, 1, 1};
	struct dhcp dhcp;

	(void)state;
	for (size_t i = 3; i + 1 < sizeof(options); i += 2)
		options[i] = 80; /* rapid commit, length 0 */
	options[sizeof(options) - 1] = 255;
	assert_int_equal(parse_options(options, sizeof(options), &dhcp), REASON_DHCP_MALFORMED);
	memset(options + 3, 0, sizeof(options) - 4); /* padding does not count */
	assert_int_equal(parse_options(options, sizeof(options), &dhcp), REASON_NONE);
}

/* The value of an option in a reply, empty when it is not there. */
static struct rd find_option(const uint8_t *reply, size_t n, uint8_t wanted)
{
	struct rd r = rd_of(reply + FIXED_LEN, n - FIXED_LEN), value;
	uint8_t code;

	while (rd_u8(&r, &code) && code != 255)
		if (code && rd_vec8(&r, &value) && code == wanted)
			return value;
	return rd_of(NULL, 0);
}

static bool is_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static void a_reply_carries_what_it_was_given(void **state)
{
	const uint8_t id[] = {1, 2, 3};
	struct dhcp_reply reply = {
	        .type = DHCP_ACK,
	        .xid = 0xaabbccdd,
	        .yiaddr = 0xc0a86402,
	        .chaddr = {1, 2, 3, 4, 5, 6},
	        .server_id = 0xc0a86401,
	        .mask = 0xffffff00,
	        .router = 0xc0a86401,
	        .dns = 0xc0a86407,
	        .lease_s = 3600,
	        .mtu = 1500,
	        .client_id = {id, sizeof(id)},
	};
	uint8_t buffer[DHCP_REPLY_MAX];
	struct wr w = wr_of(buffer, sizeof(buffer));

	(void)state;
	assert_true(dhcp_put_reply(&w, &reply));
	assert_int_equal(w.len, 300);
	assert_memory_equal(buffer, "\x02\x01\x06\x00\xaa\xbb\xcc\xdd", 8);
	assert_memory_equal(buffer + 16, "\xc0\xa8\x64\x02", 4);
	assert_memory_equal(buffer + 28, reply.chaddr, 6);
	assert_memory_equal(find_option(buffer, w.len, 53).p, "\x05", 1);
	assert_memory_equal(find_option(buffer, w.len, 54).p, "\xc0\xa8\x64\x01", 4);
	assert_memory_equal(find_option(buffer, w.len, 1).p, "\xff\xff\xff\x00", 4);
	assert_memory_equal(find_option(buffer, w.len, 3).p, "\xc0\xa8\x64\x01", 4);
	assert_memory_equal(find_option(buffer, w.len, 51).p, "\x00\x00\x0e\x10", 4);
	assert_memory_equal(find_option(buffer, w.len, 26).p, "\x05\xdc", 2);
	assert_int_equal(find_option(buffer, w.len, 26).n, 2);
	assert_int_equal(find_option(buffer, w.len, 61).n, 3);
	assert_int_equal(find_option(buffer, w.len, 6).n, 4);
	assert_memory_equal(find_option(buffer, w.len, 6).p, "\xc0\xa8\x64\x07", 4);
	assert_true(is_zero(buffer + 8, 2) && is_zero(buffer + 20, 8)); /* secs; siaddr, giaddr */
	assert_true(is_zero(buffer + 34, 202)); /* the rest of chaddr, sname, file */
	assert_memory_equal(buffer + 236, "\x63\x82\x53\x63", 4);
}

static void the_longest_reply_fits_and_any_shorter_room_is_refused(void **state)
{
	static const uint8_t id[255];
	struct dhcp_reply reply = {.type = DHCP_OFFER,
	                           .server_id = 1,
	                           .mask = 1,
	                           .router = 1,
	                           .dns = 1,
	                           .lease_s = 1,
	                           .mtu = 1,
	                           .client_id = {id, sizeof(id)}};
	uint8_t buffer[DHCP_REPLY_MAX];
	struct wr w = wr_of(buffer, sizeof(buffer));
	size_t needed;

	(void)state;
	assert_true(dhcp_put_reply(&w, &reply));
	needed = w.len;
	for (size_t size = 0; size < needed; size++) {
		w = wr_of(buffer, size);
		assert_false(dhcp_put_reply(&w, &reply));
		assert_int_equal(w.len, 0);
	}
}

static void numbers_below_the_right_ones_are_malformed_too(void **state)
{
	static const size_t places[] = {0, 1, 236, 239}; /* op, hardware, cookie */
	struct dhcp dhcp;

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		for (int by = -1; by <= 1; by += 2) {
			uint8_t bytes[DISCOVER_LEN];

			memcpy(bytes, discover, sizeof(bytes));
			bytes[places[i]] = (uint8_t)(bytes[places[i]] + by);
			assert_int_equal(parse(bytes, sizeof(bytes), &dhcp), REASON_DHCP_MALFORMED);
			memcpy(bytes, discover, sizeof(bytes));
			bytes[2] = (uint8_t)(bytes[2] + by); /* the hardware address's length */
			assert_int_equal(parse(bytes, sizeof(bytes), &dhcp), REASON_DHCP_MALFORMED);
		}
}

/* Somebody who reads on after a field that is not there would find the cookie in its place. */
static void a_cookie_right_behind_the_hardware_address_is_malformed(void **state)
{
	uint8_t bytes[DISCOVER_LEN];
	struct dhcp dhcp;

	(void)state;
	memcpy(bytes, discover, 34);
	memcpy(bytes + 34, discover + 236, DISCOVER_LEN - 236);
	assert_int_equal(parse(bytes, 34 + DISCOVER_LEN - 236, &dhcp), REASON_DHCP_MALFORMED);
}

static void so_many_options_and_no_more_are_read(void **state)
{
	uint8_t options[3 + 2 * DHCP_OPTIONS_MAX + 1] = {53, 1, 1};
	struct dhcp dhcp;

	(void)state;
	for (size_t others = DHCP_OPTIONS_MAX - 1; others <= DHCP_OPTIONS_MAX; others++) {
		size_t n = 3;

		for (size_t i = 0; i < others; i++) {
			options[n++] = 80; /* rapid commit, length 0 */
			options[n++] = 0;
		}
		options[n++] = 255;
		assert_int_equal(parse_options(options, n, &dhcp),
		                 others == DHCP_OPTIONS_MAX ? REASON_DHCP_MALFORMED : REASON_NONE);
	}
}

static void what_is_zero_or_empty_is_left_out(void **state)
{
	const struct dhcp_reply reply = {.type = DHCP_NAK};
	uint8_t buffer[DHCP_REPLY_MAX];
	struct wr w = wr_of(buffer, sizeof(buffer));

	(void)state;
	assert_true(dhcp_put_reply(&w, &reply));
	assert_memory_equal(buffer + FIXED_LEN, "\x35\x01\x06\xff", 4);
	assert_true(is_zero(buffer + FIXED_LEN + 4, 300 - FIXED_LEN - 4));
}

/* RFC 1542 section 2.1: a BOOTP message of less than 300 bytes is padded. */
static void a_reply_is_padded_to_300_bytes_wherever_it_stands(void **state)
{
	static const uint8_t id[256];
	struct dhcp_reply reply = {.type = DHCP_ACK, .client_id = {id, 0}};
	uint8_t buffer[DHCP_REPLY_MAX + 20];

	(void)state;
	for (size_t n = 1; n <= 255; n++) {
		const size_t needed = FIXED_LEN + 3 + 2 + n + 1;
		const size_t len = needed < 300 ? 300 : needed;
		struct wr w = wr_of(buffer, 10 + len - 1);

		reply.client_id.n = n;
		assert_true(wr_fill(&w, 0xaa, 10));
		assert_false(dhcp_put_reply(&w, &reply));
		w = wr_of(buffer, 10 + len);
		assert_true(wr_fill(&w, 0xaa, 10));
		assert_true(dhcp_put_reply(&w, &reply));
		assert_int_equal(w.len, 10 + len);
		assert_int_equal(buffer[10 + needed - 1], 255);
		assert_true(is_zero(buffer + 10 + needed, len - needed));
	}
	reply.client_id.n = 256;
	assert_false(dhcp_put_reply(&(struct wr){.p = buffer, .size = sizeof(buffer)}, &reply));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_discover_is_read),
	        cmocka_unit_test(every_truncation_is_malformed),
	        cmocka_unit_test(replies_other_hardware_and_a_wrong_cookie_are_malformed),
	        cmocka_unit_test(options_are_read),
	        cmocka_unit_test(malformed_options_are_refused),
	        cmocka_unit_test(a_thousand_options_are_refused),
	        cmocka_unit_test(a_reply_carries_what_it_was_given),
	        cmocka_unit_test(the_longest_reply_fits_and_any_shorter_room_is_refused),
	        cmocka_unit_test(numbers_below_the_right_ones_are_malformed_too),
	        cmocka_unit_test(a_cookie_right_behind_the_hardware_address_is_malformed),
	        cmocka_unit_test(so_many_options_and_no_more_are_read),
	        cmocka_unit_test(what_is_zero_or_empty_is_left_out),
	        cmocka_unit_test(a_reply_is_padded_to_300_bytes_wherever_it_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
