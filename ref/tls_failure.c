/* SPDX-License-Identifier: ISC */
/* tls_failure.c: the words for why a TLS connection failed, and alerts. */
#include "ref/tls_failure.h"

#include <assert.h>

#define NAME_SIZE 20

/* Arrays, no pointers: the table needs no relocation and lands in read-only memory. */
static const char names[][NAME_SIZE] = {
        [TLS_FAILURE_NONE] = "none",
        [TLS_FAILURE_EXPIRED] = "expired",
        [TLS_FAILURE_NOT_YET_VALID] = "not-yet-valid",
        [TLS_FAILURE_SELF_SIGNED] = "self-signed",
        [TLS_FAILURE_UNKNOWN_CA] = "unknown-ca",
        [TLS_FAILURE_WRONG_NAME] = "wrong-name",
        [TLS_FAILURE_NO_SERVER_AUTH] = "no-server-auth",
        [TLS_FAILURE_NOT_A_CA] = "not-a-ca",
        [TLS_FAILURE_NAME_CONSTRAINT] = "name-constraint",
        [TLS_FAILURE_WEAK] = "weak",
        [TLS_FAILURE_BAD_SIGNATURE] = "bad-signature",
        [TLS_FAILURE_CERTIFICATE] = "certificate",
        [TLS_FAILURE_VERSION] = "version",
        [TLS_FAILURE_CIPHER] = "cipher",
        [TLS_FAILURE_ALPN] = "alpn",
        [TLS_FAILURE_NAME_CHANGED] = "name-changed",
        [TLS_FAILURE_MALFORMED] = "malformed",
        [TLS_FAILURE_CUT] = "cut",
        [TLS_FAILURE_ALERT_UNKNOWN_CA] = "alert-unknown-ca",
        [TLS_FAILURE_ALERT_CERTIFICATE] = "alert-certificate",
        [TLS_FAILURE_ALERT_HANDSHAKE] = "alert-handshake",
        [TLS_FAILURE_ALERT] = "alert",
        [TLS_FAILURE_INTERNAL] = "internal",
};
static_assert(sizeof(names) / sizeof(names[0]) == TLS_FAILURES, "a failure has no word");

const char *tls_failure_name(enum tls_failure failure)
{
	return (unsigned)failure < TLS_FAILURES ? names[failure] : "unknown";
}

bool tls_failure_is_certificate(enum tls_failure failure)
{
	return failure >= TLS_FAILURE_EXPIRED && failure <= TLS_FAILURE_CERTIFICATE;
}

bool tls_alert_put(struct wr *w, enum tls_alert alert)
{
	/* Record: alert (21) of TLS 1.2, two bytes; level fatal. */
	const uint8_t bytes[TLS_ALERT_LEN] = {21, 3, 3, 0, 2, 2, (uint8_t)alert};

	return wr_bytes(w, bytes, sizeof(bytes));
}

bool tls_alert_for(enum tls_fault fault, enum tls_alert *out)
{
	/* Cast to a number so that ranges can be told: the order is that of tls_fault.h. */
	const unsigned n = (unsigned)fault;

	if (n >= TLS_FAULTS || n <= TLS_FAULT_RECORD_VERSION)
		return false;
	if (n == TLS_FAULT_NOT_HELLO)
		*out = TLS_ALERT_UNEXPECTED_MESSAGE;
	else if (n == TLS_FAULT_VERSION_OLD || n == TLS_FAULT_VERSION_UNKNOWN)
		*out = TLS_ALERT_PROTOCOL_VERSION;
	else if (n == TLS_FAULT_EXTENSION_TWICE || n == TLS_FAULT_PSK_NOT_LAST ||
	         n == TLS_FAULT_NAME_TWICE)
		*out = TLS_ALERT_ILLEGAL_PARAMETER;
	else if (n >= TLS_FAULT_NAME_ABSENT && n != TLS_FAULT_NAME_MALFORMED)
		*out = TLS_ALERT_UNRECOGNIZED_NAME;
	else
		*out = TLS_ALERT_DECODE_ERROR;
	return true;
}
