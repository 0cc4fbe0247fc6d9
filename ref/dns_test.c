/* SPDX-License-Identifier: ISC */
/* dns_test.c: words for faults, and the header. */
#include "ref/dns.h"

#include "bytes/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void every_fault_has_a_word_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DNS_FAULT_COUNT; i++) {
		assert_true(dns_fault_name((enum dns_fault)i)[0]);
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(dns_fault_name((enum dns_fault)i),
			                        dns_fault_name((enum dns_fault)j));
	}
	assert_string_equal(dns_fault_name(DNS_OK), "ok");
	assert_string_equal(dns_fault_name(DNS_CONTRADICTION), "contradiction");
	assert_string_equal(dns_fault_name(DNS_FAULT_COUNT), "invalid");
	assert_string_equal(dns_fault_name((enum dns_fault) - 1), "invalid");
}

static void a_header_is_written_as_it_is_read(void **state)
{
	static const uint8_t bytes[DNS_HDR_LEN] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
	uint8_t copy[DNS_HDR_LEN];
	struct wr w = wr_of(copy, sizeof(copy));
	struct rd r = rd_of(bytes, sizeof(bytes));
	struct dns_header header;

	(void)state;
	assert_true(dns_header_read(&r, &header));
	assert_int_equal(r.n, 0);
	assert_int_equal(header.id, 0x0102);
	assert_int_equal(header.flags, 0x0304);
	assert_int_equal(header.questions, 0x0506);
	assert_int_equal(header.answers, 0x0708);
	assert_int_equal(header.authorities, 0x090a);
	assert_int_equal(header.additionals, 0x0b0c);
	assert_true(dns_header_put(&w, &header));
	assert_memory_equal(copy, bytes, sizeof(bytes));
}

static void a_cut_header_changes_nothing(void **state)
{
	static const uint8_t bytes[DNS_HDR_LEN];
	const struct dns_header before = {.id = 7};
	uint8_t copy[DNS_HDR_LEN];

	(void)state;
	for (size_t n = 0; n < DNS_HDR_LEN; n++) {
		struct guard g = guard_copy(bytes, n);
		struct rd r = rd_of(g.p, g.n);
		struct wr w = wr_of(copy, n);
		struct dns_header header = before;

		assert_false(dns_header_read(&r, &header));
		assert_memory_equal(&header, &before, sizeof(header));
		assert_int_equal(r.n, n);
		assert_false(dns_header_put(&w, &header));
		assert_int_equal(w.len, 0);
		guard_free(&g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_fault_has_a_word_of_its_own),
	        cmocka_unit_test(a_header_is_written_as_it_is_read),
	        cmocka_unit_test(a_cut_header_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
