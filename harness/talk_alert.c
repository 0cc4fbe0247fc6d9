/* SPDX-License-Identifier: ISC */
/* talk_alert.c: alerts of TLS in words. RFC 8446, section 6. */
#include "harness/talk.h"

#include <string.h>

static const struct {
	const char *word;
	unsigned number;
} alerts[] = {
        {"close_notify", 0},
        {"unexpected_message", 10},
        {"bad_record_mac", 20},
        {"record_overflow", 22},
        {"handshake_failure", 40},
        {"bad_certificate", 42},
        {"unsupported_certificate", 43},
        {"certificate_unknown", 46},
        {"illegal_parameter", 47},
        {"unknown_ca", 48},
        {"access_denied", 49},
        {"decode_error", 50},
        {"decrypt_error", 51},
        {"protocol_version", 70},
        {"insufficient_security", 71},
        {"internal_error", 80},
        {"inappropriate_fallback", 86},
        {"user_canceled", 90},
        {"missing_extension", 109},
        {"unsupported_extension", 110},
        {"unrecognized_name", 112},
        {"no_application_protocol", 120},
        {"ech_required", 121},
};
#define ALERTS (sizeof(alerts) / sizeof(alerts[0]))

const char *const talk_alert_words[] = {
        "any",
        "close_notify",
        "unexpected_message",
        "bad_record_mac",
        "record_overflow",
        "handshake_failure",
        "bad_certificate",
        "unsupported_certificate",
        "certificate_unknown",
        "illegal_parameter",
        "unknown_ca",
        "access_denied",
        "decode_error",
        "decrypt_error",
        "protocol_version",
        "insufficient_security",
        "internal_error",
        "inappropriate_fallback",
        "user_canceled",
        "missing_extension",
        "unsupported_extension",
        "unrecognized_name",
        "no_application_protocol",
        "ech_required",
        NULL,
};

unsigned talk_alert_number(const char *name)
{
	for (size_t i = 0; i < ALERTS; i++)
		if (!strcmp(alerts[i].word, name))
			return alerts[i].number;
	return TALK_ALERT_NONE;
}

const char *talk_alert_name(unsigned number)
{
	for (size_t i = 0; i < ALERTS; i++)
		if (alerts[i].number == number)
			return alerts[i].word;
	return "an unknown alert";
}
