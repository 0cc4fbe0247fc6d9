/* SPDX-License-Identifier: ISC */
/* host_name.c: one spelling for every host name. */
#include "ref/host_name.h"

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* ASCII only, whatever the locale says. */
static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool is_usual(uint8_t c, enum host_name_rule rule)
{
	return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' ||
	       (c == '_' && rule == HOST_NAME_UNDERSCORES);
}

static enum host_name_fault check_label(struct rd label, enum host_name_rule rule, uint8_t *bad)
{
	if (!label.n)
		return HOST_NAME_LABEL_EMPTY;
	for (size_t i = 0; i < label.n; i++)
		if (!is_usual(label.p[i], rule)) {
			if (bad)
				*bad = label.p[i];
			return HOST_NAME_CHARACTER;
		}
	if (label.n > HOST_NAME_LABEL_MAX)
		return HOST_NAME_LABEL_LONG;
	if (label.p[0] == '-' || label.p[label.n - 1] == '-')
		return HOST_NAME_LABEL_HYPHEN;
	return HOST_NAME_OK;
}

bool host_name_is_number(struct rd label)
{
	const bool hex = label.n >= 2 && label.p[0] == '0' && lower(label.p[1]) == 'x';

	for (size_t i = hex ? 2 : 0; i < label.n; i++) {
		const uint8_t c = lower(label.p[i]);

		if (!is_digit(c) && !(hex && c >= 'a' && c <= 'f'))
			return false;
	}
	return true;
}

/* Takes the label in front, and the dot behind it; whether it was the last. */
static bool take_label(struct rd *name, struct rd *label)
{
	size_t n = 0;

	while (n < name->n && name->p[n] != '.')
		n++;
	return !rd_sub(name, n, label) || !rd_skip(name, 1);
}

enum host_name_fault host_name_normalise(struct rd name, enum host_name_rule rule,
                                         char out[HOST_NAME_LEN_MAX + 1], uint8_t *bad)
{
	struct rd rest, label;
	bool last;

	if (!name.n)
		return HOST_NAME_EMPTY;
	if (name.p[name.n - 1] == '.')
		name.n--;
	if (name.n > HOST_NAME_LEN_MAX)
		return HOST_NAME_LONG;
	rest = name;
	do {
		enum host_name_fault fault;

		last = take_label(&rest, &label);
		fault = check_label(label, rule, bad);
		if (fault)
			return fault;
	} while (!last);
	for (size_t i = 0; i < name.n; i++)
		out[i] = (char)lower(name.p[i]);
	out[name.n] = '\0';
	return host_name_is_number(label) ? HOST_NAME_NUMBER : HOST_NAME_OK;
}

const char *host_name_fault_text(enum host_name_fault fault)
{
	switch (fault) {
	case HOST_NAME_OK:
		return "is a name";
	case HOST_NAME_EMPTY:
		return "is empty";
	case HOST_NAME_LONG:
		return "is longer than 253 characters";
	case HOST_NAME_CHARACTER:
		return "has a character that no name has";
	case HOST_NAME_LABEL_EMPTY:
		return "has nothing before or between its dots";
	case HOST_NAME_LABEL_LONG:
		return "has a label of more than 63 characters";
	case HOST_NAME_LABEL_HYPHEN:
		return "has a label that begins or ends with a hyphen";
	case HOST_NAME_NUMBER:
		return "ends in a number, so it is an address and no name";
	default:
		return "is no name";
	}
}
