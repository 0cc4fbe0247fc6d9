/* SPDX-License-Identifier: ISC */
/* tls_name.c: one spelling for every host name. */
#include "ref/tls_name.h"

#define LABEL_MAX 63

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* ASCII only, whatever the locale says. */
static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static enum tls_fault check_byte(uint8_t c)
{
	if (is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z'))
		return TLS_FAULT_NONE;
	switch (c) {
	case '-':
		return TLS_FAULT_NONE;
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

static enum tls_fault check_label(struct rd label)
{
	if (!label.n)
		return TLS_FAULT_LABEL_EMPTY;
	for (size_t i = 0; i < label.n; i++) {
		const enum tls_fault fault = check_byte(label.p[i]);

		if (fault)
			return fault;
	}
	if (label.n > LABEL_MAX)
		return TLS_FAULT_LABEL_LONG;
	if (label.p[0] == '-' || label.p[label.n - 1] == '-')
		return TLS_FAULT_LABEL_HYPHEN;
	return TLS_FAULT_NONE;
}

/* Digits, or 0x and hexadecimal digits, even none: what a parser of addresses would try. */
static bool is_number(struct rd label)
{
	const bool hex = label.n >= 2 && label.p[0] == '0' && lower(label.p[1]) == 'x';

	for (size_t i = hex ? 2 : 0; i < label.n; i++) {
		const uint8_t c = lower(label.p[i]);

		if (!is_digit(c) && !(hex && c >= 'a' && c <= 'f'))
			return false;
	}
	return true;
}

enum tls_fault tls_name_normalise(struct rd name, char out[TLS_NAME_MAX + 1])
{
	size_t start = 0;

	if (!name.n)
		return TLS_FAULT_NAME_EMPTY;
	if (name.p[name.n - 1] == '.')
		name.n--;
	if (name.n > TLS_NAME_MAX)
		return TLS_FAULT_NAME_LONG;
	for (size_t end = 0; end <= name.n; end++) {
		const bool last = end == name.n;
		enum tls_fault fault;
		struct rd label;

		if (!last && name.p[end] != '.')
			continue;
		label = rd_of(name.p + start, end - start);
		fault = check_label(label);
		if (fault)
			return fault;
		if (last && is_number(label))
			return TLS_FAULT_NAME_ADDRESS;
		start = end + 1;
	}
	for (size_t i = 0; i < name.n; i++)
		out[i] = (char)lower(name.p[i]);
	out[name.n] = '\0';
	return TLS_FAULT_NONE;
}
