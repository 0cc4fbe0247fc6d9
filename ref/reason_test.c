/* SPDX-License-Identifier: ISC */
/* reason_test.c: every reason has a name of its own that needs no escaping; what ends a VM is known
 * one by one. */
#include "ref/reason.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void every_reason_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < REASON_COUNT; i++) {
		const char *name = reason_name((enum reason)i);

		assert_true(strlen(name) > 0);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
		                 strlen(name));
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(name, reason_name((enum reason)k));
	}
}

static void a_number_outside_the_list_is_named_invalid(void **state)
{
	(void)state;
	assert_string_equal(reason_name(REASON_COUNT), "invalid");
}

static void these_reasons_are_no_violations_and_all_others_are(void **state)
{
	static const enum reason harmless[] = {
	        REASON_NONE,
	        REASON_BENIGN,
	        REASON_DHCP_IGNORED,
	        REASON_ICMP_ERROR,
	        REASON_TCP_NO_CONNECTION,
	        /* shortages */
	        REASON_TCP_TABLE_FULL,
	        REASON_FLOW_TABLE_FULL,
	        REASON_DIALER_REFUSED,
	        REASON_NO_SOCKET,
	        REASON_SEND_FAILED,
	        REASON_GUEST_STALLED,
	        REASON_GATE_FULL,
	        REASON_TOO_SLOW,
	        /* the world's */
	        REASON_NAME_UNKNOWN,
	        REASON_NAME_PRIVATE,
	        REASON_RESOLVER_FAILED,
	        REASON_UPSTREAM_UNREACHABLE,
	        REASON_UPSTREAM_CERTIFICATE,
	        REASON_UPSTREAM_MALFORMED,
	        /* not of a guest's frame */
	        REASON_UNSOLICITED,
	        REASON_PEER_CLOSED,
	        REASON_CUT_FRAME,
	        REASON_BAD_FRAME_LENGTH,
	        REASON_CHANNEL_ERROR,
	        REASON_SIGNAL,
	        REASON_DIALER_DIED,
	        REASON_GATE_DIED,
	        REASON_AUDIT_FAILED,
	        REASON_VIOLATION,
	};

	(void)state;
	for (unsigned i = 0; i < REASON_COUNT; i++) {
		bool expected = true;

		for (size_t k = 0; k < sizeof(harmless) / sizeof(harmless[0]); k++)
			expected = expected && harmless[k] != (enum reason)i;
		if (reason_is_violation((enum reason)i) != expected)
			fail_msg("%s", reason_name((enum reason)i));
	}
	assert_false(reason_is_violation(REASON_COUNT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_reason_has_a_name_of_its_own),
	        cmocka_unit_test(these_reasons_are_no_violations_and_all_others_are),
	        cmocka_unit_test(a_number_outside_the_list_is_named_invalid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
