/* SPDX-License-Identifier: ISC */
/* contract_text.c: the spellings of a policy's values. A number has one: what it is printed as. */
#include "fuzz/rig/contract.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool contract_ip4(const char *text, uint32_t *out)
{
	uint32_t ip = 0;
	const char *p = text;
	char again[16];

	for (int i = 0; i < 4; i++) {
		char *end;
		const unsigned long byte = strtoul(p, &end, 10);

		if (!isdigit((unsigned char)*p) || byte > 255 || *end != (i < 3 ? '.' : '\0'))
			return false;
		ip = ip * 256 + (uint32_t)byte;
		p = end + 1;
	}
	snprintf(again, sizeof(again), "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255,
	         ip & 255);
	*out = ip;
	return strcmp(again, text) == 0;
}

bool contract_cidr(const char *text, uint32_t *ip, unsigned *bits)
{
	const char *slash = strchr(text, '/');
	char address[16], again[16];

	if (!slash || slash - text > 15 || strlen(slash) > 3)
		return false;
	snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
	*bits = (unsigned)strtoul(slash + 1, NULL, 10);
	snprintf(again, sizeof(again), "/%u", *bits);
	return contract_ip4(address, ip) && strcmp(again, slash) == 0 && *bits <= 32;
}

bool contract_mac(const char *text, uint8_t out[6])
{
	if (strlen(text) != 17)
		return false;
	for (int i = 0; i < 17; i++)
		if (i % 3 == 2 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
			return false;
	for (int i = 0; i < 6; i++)
		out[i] = (uint8_t)strtoul(text + (ptrdiff_t)3 * i, NULL, 16);
	return true;
}

/* 1..max letters, digits and marks; small letters only where `small` says that there are any. */
bool contract_word(const char *text, size_t max, const char *marks, bool small)
{
	for (const char *p = text; *p; p++)
		if (!isdigit((unsigned char)*p) && !(*p >= 'A' && *p <= 'Z') &&
		    !(small && *p >= 'a' && *p <= 'z') && !strchr(marks, *p))
			return false;
	return *text && strlen(text) <= max;
}

static bool is_label(const char *label)
{
	const size_t len = strlen(label);

	return len && len <= 63 && label[0] != '-' && label[len - 1] != '-' &&
	       strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") == len;
}

static bool is_number(const char *label)
{
	return label[strspn(label, "0123456789")] == '\0' ||
	       (strncmp(label, "0x", 2) == 0 &&
	        label[2 + strspn(label + 2, "0123456789abcdef")] == '\0');
}

bool contract_host_name(const char *text, char out[POLICY_NAME_MAX + 1])
{
	char labels[POLICY_NAME_MAX + 2], *label = labels, *dot;
	size_t len = strlen(text);

	if (len && text[len - 1] == '.')
		len--;
	if (!len || len > POLICY_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		labels[i] = out[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32
		                                                             : text[i]);
	labels[len] = out[len] = '\0';
	while ((dot = strchr(label, '.'))) {
		*dot = '\0';
		if (!is_label(label))
			return false;
		label = dot + 1;
	}
	return is_label(label) && !is_number(label);
}
