/* SPDX-License-Identifier: ISC */
/* tls_failure_test.c: words and alerts. */
#include "ref/tls_failure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool is_word(const char *text)
{
	const size_t len = strlen(text);

	return len && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static void every_failure_has_a_word_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TLS_FAILURES; i++) {
		const char *name = tls_failure_name((enum tls_failure)i);

		assert_true(is_word(name));
		assert_string_not_equal(name, "unknown");
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(name, tls_failure_name((enum tls_failure)j));
	}
	assert_string_equal(tls_failure_name(TLS_FAILURE_NONE), "none");
	assert_string_equal(tls_failure_name(TLS_FAILURES), "unknown");
	assert_string_equal(tls_failure_name((enum tls_failure) - 1), "unknown");
}

static void certificates_are_told_from_handshakes(void **state)
{
	(void)state;
	assert_false(tls_failure_is_certificate(TLS_FAILURE_NONE));
	assert_true(tls_failure_is_certificate(TLS_FAILURE_EXPIRED));
	assert_true(tls_failure_is_certificate(TLS_FAILURE_WRONG_NAME));
	assert_true(tls_failure_is_certificate(TLS_FAILURE_CERTIFICATE));
	assert_false(tls_failure_is_certificate(TLS_FAILURE_VERSION));
	assert_false(tls_failure_is_certificate(TLS_FAILURE_ALERT_CERTIFICATE));
	assert_false(tls_failure_is_certificate(TLS_FAILURE_INTERNAL));
}

static void an_alert_is_one_fatal_record(void **state)
{
	static const uint8_t expected[] = {21, 3, 3, 0, 2, 2, 49};
	uint8_t bytes[TLS_ALERT_LEN + 1];

	(void)state;
	for (size_t size = 0; size <= sizeof(bytes); size++) {
		struct wr w = wr_of(bytes, size);

		assert_int_equal(tls_alert_put(&w, TLS_ALERT_ACCESS_DENIED), size >= TLS_ALERT_LEN);
		assert_int_equal(w.len, size >= TLS_ALERT_LEN ? TLS_ALERT_LEN : 0);
	}
	assert_memory_equal(bytes, expected, sizeof(expected));
}

/* 0: no alert. */
static int alert_of(enum tls_fault fault)
{
	enum tls_alert alert;

	return tls_alert_for(fault, &alert) ? (int)alert : 0;
}

static void each_fault_has_its_alert(void **state)
{
	static const struct {
		enum tls_fault fault;
		int alert;
	} rows[] = {
	        {TLS_FAULT_NONE, 0},
	        {TLS_FAULT_SSL2, 0},
	        {TLS_FAULT_RECORD_TYPE, 0},
	        {TLS_FAULT_RECORD_VERSION, 0},
	        {TLS_FAULT_RECORD_EMPTY, TLS_ALERT_DECODE_ERROR},
	        {TLS_FAULT_TOO_BIG, TLS_ALERT_DECODE_ERROR},
	        {TLS_FAULT_NOT_HELLO, TLS_ALERT_UNEXPECTED_MESSAGE},
	        {TLS_FAULT_TRAILING, TLS_ALERT_DECODE_ERROR},
	        {TLS_FAULT_HELLO_LENGTH, TLS_ALERT_DECODE_ERROR},
	        {TLS_FAULT_VERSION_OLD, TLS_ALERT_PROTOCOL_VERSION},
	        {TLS_FAULT_VERSION_UNKNOWN, TLS_ALERT_PROTOCOL_VERSION},
	        {TLS_FAULT_EXTENSION_TWICE, TLS_ALERT_ILLEGAL_PARAMETER},
	        {TLS_FAULT_EXTENSIONS_MANY, TLS_ALERT_DECODE_ERROR},
	        {TLS_FAULT_PSK_NOT_LAST, TLS_ALERT_ILLEGAL_PARAMETER},
	        {TLS_FAULT_ALPN, TLS_ALERT_DECODE_ERROR},
	        {TLS_FAULT_NAME_ABSENT, TLS_ALERT_UNRECOGNIZED_NAME},
	        {TLS_FAULT_NAME_TWICE, TLS_ALERT_ILLEGAL_PARAMETER},
	        {TLS_FAULT_NAME_EMPTY, TLS_ALERT_UNRECOGNIZED_NAME},
	        {TLS_FAULT_NAME_MALFORMED, TLS_ALERT_DECODE_ERROR},
	        {TLS_FAULT_NAME_NUL, TLS_ALERT_UNRECOGNIZED_NAME},
	        {TLS_FAULT_LABEL_HYPHEN, TLS_ALERT_UNRECOGNIZED_NAME},
	        {TLS_FAULTS, 0},
	        {(enum tls_fault) - 1, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(alert_of(rows[i].fault), rows[i].alert);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_failure_has_a_word_of_its_own),
	        cmocka_unit_test(certificates_are_told_from_handshakes),
	        cmocka_unit_test(an_alert_is_one_fatal_record),
	        cmocka_unit_test(each_fault_has_its_alert),
	};

	return cmocka_run_group_tests_name("tls_failure", tests, NULL, NULL);
}
