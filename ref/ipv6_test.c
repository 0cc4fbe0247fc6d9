/* SPDX-License-Identifier: ISC */
/* ipv6_test.c: boot noise is told from other IPv6. */
#include "ref/ipv6.h"

#include "bytes/guard.h"
#include "ref/eth.h"
#include "ref/examples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool is_noise(const uint8_t *frame, size_t n)
{
	struct guard g = guard_copy(frame + ETH_HDR_LEN, n - ETH_HDR_LEN);
	bool noise = ipv6_is_neighbour_noise(rd_of(g.p, g.n));

	guard_free(&g);
	return noise;
}

/* The example with one byte of the IPv6 packet changed. */
static bool is_noise_with(const uint8_t *example, size_t n, size_t at, uint8_t value)
{
	uint8_t frame[128];

	memcpy(frame, example, n);
	frame[ETH_HDR_LEN + at] = value;
	return is_noise(frame, n);
}

static void solicitations_and_listener_reports_are_noise(void **state)
{
	(void)state;
	assert_true(is_noise(example_router_solicitation, sizeof(example_router_solicitation)));
	assert_true(is_noise(example_mld_report, sizeof(example_mld_report)));
}

static void no_truncation_is_noise(void **state)
{
	(void)state;
	for (size_t n = ETH_HDR_LEN; n < sizeof(example_router_solicitation); n++)
		assert_false(is_noise(example_router_solicitation, n));
	for (size_t n = ETH_HDR_LEN; n < sizeof(example_mld_report); n++)
		assert_false(is_noise(example_mld_report, n));
}

static void other_headers_types_and_addresses_are_not_noise(void **state)
{
	const uint8_t *rs = example_router_solicitation;
	const size_t rs_len = sizeof(example_router_solicitation);
	const size_t mld_len = sizeof(example_mld_report);

	(void)state;
	assert_false(is_noise_with(rs, rs_len, 0, 0x45));  /* version */
	assert_false(is_noise_with(rs, rs_len, 6, 17));    /* UDP */
	assert_false(is_noise_with(rs, rs_len, 6, 43));    /* routing header */
	assert_false(is_noise_with(rs, rs_len, 7, 64));    /* hop limit */
	assert_false(is_noise_with(rs, rs_len, 8, 0x20));  /* a global source */
	assert_false(is_noise_with(rs, rs_len, 8, 0xff));  /* a multicast source */
	assert_false(is_noise_with(rs, rs_len, 24, 0x20)); /* a global destination */
	assert_false(is_noise_with(rs, rs_len, 40, 128));  /* echo request */
	assert_false(is_noise_with(rs, rs_len, 40, 137));  /* redirect */
	assert_false(is_noise_with(example_mld_report, mld_len, 40, 17));
	assert_false(is_noise_with(example_mld_report, mld_len, 41, 1));
	assert_false(is_noise_with(example_mld_report, mld_len, 48, 133));
}

static void each_type_of_noise_has_neighbours_that_are_none(void **state)
{
	const uint8_t *rs = example_router_solicitation, *mld = example_mld_report;
	const size_t rs_len = sizeof(example_router_solicitation);
	const size_t mld_len = sizeof(example_mld_report);

	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		assert_int_equal(is_noise_with(rs, rs_len, 40, (uint8_t)type),
		                 type >= 133 && type <= 136);
		assert_int_equal(is_noise_with(mld, mld_len, 48, (uint8_t)type),
		                 (type >= 130 && type <= 132) || type == 143);
	}
	assert_false(is_noise_with(rs, rs_len, 0, 0x70)); /* version */
	assert_false(is_noise_with(rs, rs_len, 6, 59));   /* no next header */
	assert_false(is_noise_with(mld, mld_len, 40, 59));
}

/* fe80::/10 is link-local: fe80 to febf. */
static void link_local_is_ten_bits(void **state)
{
	const uint8_t *rs = example_router_solicitation;
	const size_t rs_len = sizeof(example_router_solicitation);

	(void)state;
	for (unsigned second = 0; second < 256; second++)
		assert_int_equal(is_noise_with(rs, rs_len, 9, (uint8_t)second),
		                 second >= 0x80 && second <= 0xbf);
}

/* What stands in a longer, or a cut, hop-by-hop header is not the type of a message. */
static void a_type_inside_the_hop_by_hop_header_is_none(void **state)
{
	uint8_t frame[sizeof(example_mld_report)];

	(void)state;
	memcpy(frame, example_mld_report, sizeof(frame));
	frame[ETH_HDR_LEN + 42] = 143;
	assert_true(is_noise(frame, sizeof(frame)));
	frame[ETH_HDR_LEN + 41] = 1; /* 16 bytes */
	assert_false(is_noise(frame, sizeof(frame)));
	frame[ETH_HDR_LEN + 41] = 0;
	frame[ETH_HDR_LEN + 5] = 4; /* it ends after four */
	assert_false(is_noise(frame, sizeof(frame)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(solicitations_and_listener_reports_are_noise),
	        cmocka_unit_test(no_truncation_is_noise),
	        cmocka_unit_test(other_headers_types_and_addresses_are_not_noise),
	        cmocka_unit_test(each_type_of_noise_has_neighbours_that_are_none),
	        cmocka_unit_test(link_local_is_ten_bits),
	        cmocka_unit_test(a_type_inside_the_hop_by_hop_header_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
