/* SPDX-License-Identifier: ISC */
/* dns_name.c: domain names, on the wire and as text. */
#include "ref/dns_name.h"

#include "ref/host_name.h"

#define LABEL_POINTER 0xc0 /* the two upper bits of a length: this is a pointer */

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

/* The character as text has it; '?' when no host name has it. */
static char text_of(uint8_t byte)
{
	const char c = (char)byte;

	if (byte >= 'A' && byte <= 'Z')
		return (char)(byte - 'A' + 'a');
	return is_lower(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' ? c : '?';
}

/* False when the name becomes too long. The label is not empty. */
static bool add_label(struct dns_name *name, struct rd label)
{
	const size_t dot = name->len ? 1 : 0;

	if (name->len + dot + label.n > DNS_NAME_TEXT_MAX)
		return false;
	if (dot)
		name->text[name->len++] = '.';
	if (label.p[0] == '-' || label.p[label.n - 1] == '-')
		name->host = false;
	for (size_t i = 0; i < label.n; i++) {
		const char c = text_of(label.p[i]);

		name->text[name->len++] = c;
		if (c == '?')
			name->host = false;
		if (c == '_')
			name->underscore = true;
	}
	return true;
}

/* Who resolves such a name would take it for an address. */
static bool ends_in_number(const struct dns_name *name)
{
	size_t at = name->len;

	while (at && name->text[at - 1] != '.')
		at--;
	return at < name->len && host_name_is_number(rd_of(name->text + at, name->len - at));
}

enum dns_fault dns_name_read(struct rd message, struct rd *r, bool pointers, struct dns_name *out)
{
	struct dns_name name = {.host = true};
	struct rd at = *r, behind = *r; /* where it is read; what follows it at *r */
	size_t start = (size_t)(r->p - message.p);
	unsigned hops = 0;
	uint8_t len;

	while (rd_u8(&at, &len)) {
		struct rd label;

		if (len >= LABEL_POINTER) {
			uint8_t low;
			size_t target;

			if (!pointers)
				return DNS_NAME_POINTER;
			if (!rd_u8(&at, &low))
				return DNS_SHORT;
			if (!hops)
				behind = at;
			target = (size_t)(len - LABEL_POINTER) << 8 | low;
			if (target < DNS_HDR_LEN || target >= start || ++hops > DNS_NAME_HOPS_MAX)
				return DNS_NAME_POINTER;
			at = rd_of(message.p + target, start - target);
			start = target;
			continue;
		}
		if (len > DNS_NAME_LABEL_MAX)
			return DNS_NAME_LABEL;
		if (!len) {
			name.host = name.host && !ends_in_number(&name);
			*r = hops ? behind : at;
			*out = name;
			return DNS_OK;
		}
		if (!rd_sub(&at, len, &label))
			return DNS_SHORT;
		if (!add_label(&name, label))
			return DNS_NAME_LONG;
	}
	return DNS_SHORT;
}

/* How many characters up to the next dot or the end. */
static size_t label_len(const char *text)
{
	size_t n = 0;

	while (text[n] && text[n] != '.')
		n++;
	return n;
}

enum dns_fault dns_name_of_text(const char *text, struct dns_name *out)
{
	struct dns_name name = {.host = true};

	while (*text || name.len) {
		const size_t n = label_len(text);

		if (!n || n > DNS_NAME_LABEL_MAX)
			return DNS_NAME_LABEL;
		if (!add_label(&name, rd_of(text, n)))
			return DNS_NAME_LONG;
		text += n;
		if (!*text)
			break;
		text++;
	}
	if (!name.host || ends_in_number(&name))
		return DNS_NAME_CHARACTER;
	*out = name;
	return DNS_OK;
}

bool dns_name_put(struct wr *w, const struct dns_name *name, const uint8_t upper[DNS_NAME_CASE_LEN])
{
	struct wr t = *w;

	if (!name->host)
		return false;
	for (size_t i = 0; i < name->len; i++) {
		char c = name->text[i];

		/* A length stands in the place of each dot, and one in front of all. */
		if ((!i || c == '.') && !wr_u8(&t, (uint8_t)label_len(name->text + i + (i > 0))))
			return false;
		if (c == '.')
			continue;
		if (is_lower(c) && upper && (upper[i / 8] >> i % 8 & 1))
			c = (char)(c - 'a' + 'A');
		if (!wr_u8(&t, (uint8_t)c))
			return false;
	}
	if (!wr_u8(&t, 0))
		return false;
	*w = t;
	return true;
}

bool dns_name_equal(const struct dns_name *a, const struct dns_name *b)
{
	return !strcmp(a->text, b->text); /* a NUL in a label became ? */
}

bool dns_name_is_within(const struct dns_name *name, const struct dns_name *zone)
{
	size_t below;

	if (zone->len > name->len)
		return false;
	below = (size_t)(name->len - zone->len);
	if (memcmp(name->text + below, zone->text, zone->len) != 0)
		return false;
	return !zone->len || !below || name->text[below - 1] == '.';
}
