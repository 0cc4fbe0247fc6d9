/* SPDX-License-Identifier: ISC */
/* name_model.c: a name, label by label. */
#include "fuzz/rig/name_model.h"

#define DIGITS "0123456789"

bool name_model_is_number(const char *label)
{
	if (!strncmp(label, "0x", 2))
		return label[2 + strspn(label + 2, DIGITS "abcdef")] == '\0';
	return label[strspn(label, DIGITS)] == '\0';
}

static bool is_usual(char c, bool underscores)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	       (underscores && c == '_');
}

static enum host_name_fault judge_label(const char *label, size_t len, bool underscores,
                                        uint8_t *bad)
{
	size_t usual = 0;

	if (!len)
		return HOST_NAME_LABEL_EMPTY;
	while (usual < len && is_usual(label[usual], underscores))
		usual++;
	if (usual < len) {
		*bad = (uint8_t)label[usual];
		return HOST_NAME_CHARACTER;
	}
	if (len >= 64)
		return HOST_NAME_LABEL_LONG;
	return *label == '-' || label[len - 1] == '-' ? HOST_NAME_LABEL_HYPHEN : HOST_NAME_OK;
}

enum host_name_fault name_model(struct rd name, bool underscores, char out[HOST_NAME_LEN_MAX + 1],
                                uint8_t *bad)
{
	char text[HOST_NAME_LEN_MAX + 2];
	const char *label = text;
	size_t len = name.n;

	if (!len)
		return HOST_NAME_EMPTY;
	len -= name.p[len - 1] == '.';
	if (len >= 254)
		return HOST_NAME_LONG;
	for (size_t i = 0; i < len; i++)
		text[i] = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] + 32 : name.p[i]);
	text[len] = '\0';
	for (;;) {
		/* A NUL is a character too: the label goes on behind it. */
		const char *dot = memchr(label, '.', (size_t)(text + len - label));
		const char *end = dot ? dot : text + len;
		const enum host_name_fault fault = judge_label(label, (size_t)(end - label),
		                                               underscores, bad);

		if (fault)
			return fault;
		if (!dot)
			break;
		label = dot + 1;
	}
	memcpy(out, text, len + 1);
	return name_model_is_number(label) ? HOST_NAME_NUMBER : HOST_NAME_OK;
}

enum tls_fault name_model_tls(struct rd name, char out[HOST_NAME_LEN_MAX + 1])
{
	static const enum tls_fault faults[] = {
	        [HOST_NAME_OK] = TLS_FAULT_NONE,
	        [HOST_NAME_EMPTY] = TLS_FAULT_NAME_EMPTY,
	        [HOST_NAME_LONG] = TLS_FAULT_NAME_LONG,
	        [HOST_NAME_LABEL_EMPTY] = TLS_FAULT_LABEL_EMPTY,
	        [HOST_NAME_LABEL_LONG] = TLS_FAULT_LABEL_LONG,
	        [HOST_NAME_LABEL_HYPHEN] = TLS_FAULT_LABEL_HYPHEN,
	        [HOST_NAME_NUMBER] = TLS_FAULT_NAME_ADDRESS,
	};
	char text[HOST_NAME_LEN_MAX + 1];
	uint8_t bad = 0;
	const enum host_name_fault fault = name_model(name, false, text, &bad);

	if (fault == HOST_NAME_OK)
		memcpy(out, text, strlen(text) + 1);
	if (fault != HOST_NAME_CHARACTER)
		return faults[fault];
	if (bad > 127)
		return TLS_FAULT_NAME_NOT_ASCII;
	if (!bad)
		return TLS_FAULT_NAME_NUL;
	if (strchr(":[]", bad))
		return TLS_FAULT_NAME_ADDRESS;
	if (bad == ' ')
		return TLS_FAULT_NAME_SPACE;
	if (bad == '/')
		return TLS_FAULT_NAME_SLASH;
	if (bad == '%')
		return TLS_FAULT_NAME_PERCENT;
	return bad == '_' ? TLS_FAULT_NAME_UNDERSCORE : TLS_FAULT_NAME_CHARACTER;
}
