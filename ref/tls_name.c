/* SPDX-License-Identifier: ISC */
/* tls_name.c: host_name.h's rule, with a reason for each kind of byte that breaks it. */
#include "ref/tls_name.h"

static enum tls_fault fault_of_byte(uint8_t c)
{
	switch (c) {
	case '\0':
		return TLS_FAULT_NAME_NUL;
	case ' ':
		return TLS_FAULT_NAME_SPACE;
	case '/':
		return TLS_FAULT_NAME_SLASH;
	case '%':
		return TLS_FAULT_NAME_PERCENT;
	case '_':
		return TLS_FAULT_NAME_UNDERSCORE;
	case ':':
	case '[':
	case ']':
		return TLS_FAULT_NAME_ADDRESS;
	default:
		return c & 0x80 ? TLS_FAULT_NAME_NOT_ASCII : TLS_FAULT_NAME_CHARACTER;
	}
}

enum tls_fault tls_name_normalise(struct rd name, char out[TLS_NAME_MAX + 1])
{
	char text[HOST_NAME_LEN_MAX + 1];
	uint8_t bad = 0;

	switch (host_name_normalise(name, HOST_NAME_STRICT, text, &bad)) {
	case HOST_NAME_OK:
		memcpy(out, text, strlen(text) + 1);
		return TLS_FAULT_NONE;
	case HOST_NAME_EMPTY:
		return TLS_FAULT_NAME_EMPTY;
	case HOST_NAME_LONG:
		return TLS_FAULT_NAME_LONG;
	case HOST_NAME_LABEL_EMPTY:
		return TLS_FAULT_LABEL_EMPTY;
	case HOST_NAME_LABEL_LONG:
		return TLS_FAULT_LABEL_LONG;
	case HOST_NAME_LABEL_HYPHEN:
		return TLS_FAULT_LABEL_HYPHEN;
	case HOST_NAME_NUMBER:
		return TLS_FAULT_NAME_ADDRESS;
	case HOST_NAME_CHARACTER:
	default:
		return fault_of_byte(bad);
	}
}
