/* SPDX-License-Identifier: ISC */
/* dns_model.c: names, records and queries, read once more. */
#include "fuzz/rig/dns_model.h"

#include "fuzz/rig/name_model.h"

int64_t dns_model_number(struct dns_model *m, unsigned width)
{
	int64_t value = 0;

	if (m->n - m->at < width)
		return -1;
	while (width--)
		value = value * 256 + m->p[m->at++];
	return value;
}

/* ---- names ---- */

struct labels {
	const uint8_t *p[128];
	uint8_t len[128];
	unsigned count;
	size_t text_len; /* with dots between them */
};

/* Small letters, digits, hyphens and underscores; anything else is a question mark. */
static char spell_byte(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		c |= 0x20;
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_')
		return (char)c;
	return '?';
}

/* What the labels say, as ref/dns_name.h wants it. */
static void spell(const struct labels *labels, struct dns_name *name)
{
	char *out = name->text, *last = name->text;

	*name = (struct dns_name){.host = true, .len = (uint8_t)labels->text_len};
	for (unsigned i = 0; i < labels->count; i++) {
		const uint8_t *p = labels->p[i], len = labels->len[i];

		if (i)
			*out++ = '.';
		last = out;
		for (unsigned k = 0; k < len; k++)
			*out++ = spell_byte(p[k]);
		if (p[0] == '-' || p[len - 1] == '-')
			name->host = false;
	}
	*out = '\0';
	name->underscore = strchr(name->text, '_') != NULL;
	if (strchr(name->text, '?') || (labels->count && name_model_is_number(last)))
		name->host = false;
}

enum dns_fault dns_model_name(struct dns_model *m, bool pointers, struct dns_name *name)
{
	struct labels labels = {.count = 0};
	size_t at = m->at, limit = m->n, run = m->at, behind = 0;
	unsigned jumps = 0;

	for (;;) {
		if (at >= limit)
			return DNS_SHORT;
		if (m->p[at] == 0)
			break;
		if (m->p[at] < 64) {
			const size_t len = m->p[at], dot = labels.count ? 1 : 0;

			if (limit - at - 1 < len)
				return DNS_SHORT;
			if (labels.text_len + dot + len > 253)
				return DNS_NAME_LONG;
			labels.text_len += dot + len;
			labels.p[labels.count] = m->p + at + 1;
			labels.len[labels.count++] = (uint8_t)len;
			at += 1 + len;
			continue;
		}
		if (m->p[at] < 192)
			return DNS_NAME_LABEL;
		if (!pointers)
			return DNS_NAME_POINTER;
		if (at + 1 >= limit)
			return DNS_SHORT;
		if (!jumps)
			behind = at + 2;
		at = (size_t)(m->p[at] & 63) << 8 | m->p[at + 1];
		if (at < 12 || at >= run || ++jumps > 16)
			return DNS_NAME_POINTER;
		limit = run;
		run = at;
	}
	m->at = jumps ? behind : at + 1;
	spell(&labels, name);
	return DNS_OK;
}

/* ---- records ---- */

enum dns_fault dns_model_record(struct dns_model *m, bool pointers, struct dns_model_record *record)
{
	const enum dns_fault fault = dns_model_name(m, pointers, &record->owner);

	if (fault)
		return fault;
	if (m->n - m->at < 10)
		return DNS_SHORT;
	record->type = (uint16_t)dns_model_number(m, 2);
	record->class = (uint16_t)dns_model_number(m, 2);
	record->ttl = (uint32_t)dns_model_number(m, 4);
	record->data_len = (size_t)dns_model_number(m, 2);
	record->data = m->at;
	if (m->n - m->at < record->data_len)
		return DNS_SHORT;
	m->at += record->data_len;
	return DNS_OK;
}

enum dns_fault dns_model_edns(const struct dns_model *m, const struct dns_model_record *record,
                              struct dns_edns *edns)
{
	struct dns_model options = {m->p, record->data + record->data_len, record->data};

	if (record->owner.text[0])
		return DNS_EDNS;
	*edns = (struct dns_edns){.present = true,
	                          .size = record->class,
	                          .rcode_top = (uint8_t)(record->ttl / 0x1000000),
	                          .dnssec_ok = record->ttl / 0x8000 % 2};
	if (record->ttl / 0x10000 % 256)
		return DNS_EDNS_VERSION;
	while (options.at < options.n) {
		const int64_t code = dns_model_number(&options, 2),
		              len = dns_model_number(&options, 2);

		if (code < 0 || len < 0 || (size_t)len > options.n - options.at)
			return DNS_EDNS;
		options.at += (size_t)len;
	}
	return DNS_OK;
}

/* ---- queries ---- */

static enum dns_fault query_body(struct dns_model *m, uint16_t flags, const int64_t counts[4],
                                 struct dns_query *query)
{
	struct dns_model_record record;
	const size_t start = m->at;
	enum dns_fault fault;
	int64_t type, class;

	if (flags & 0x7800)
		return DNS_NOT_QUERY;
	if (flags & 0x0200)
		return DNS_TRUNCATED;
	if (flags & 0x04cf)
		return DNS_FLAGS;
	if (counts[0] != 1)
		return DNS_QUESTIONS;
	if (counts[1] || counts[2] || counts[3] > 1)
		return DNS_COUNTS;
	fault = dns_model_name(m, false, &query->name);
	if (fault)
		return fault;
	type = dns_model_number(m, 2);
	class = dns_model_number(m, 2);
	if (type < 0 || class < 0) {
		query->name = (struct dns_name){0};
		return DNS_SHORT;
	}
	query->type = (uint16_t)type;
	query->class = (uint16_t) class;
	query->question = rd_of(m->p + start, m->at - start);
	if (!counts[3])
		return DNS_OK;
	fault = dns_model_record(m, false, &record);
	if (fault)
		return fault;
	if (record.type != 41)
		return DNS_COUNTS;
	fault = dns_model_edns(m, &record, &query->edns);
	if (fault == DNS_EDNS)
		query->edns = (struct dns_edns){0};
	return fault;
}

enum dns_fault dns_model_query(const uint8_t *p, size_t n, struct dns_query *query)
{
	struct dns_model m = {p, n, 0};
	int64_t counts[4];
	uint16_t flags;
	enum dns_fault fault;

	*query = (struct dns_query){0};
	if (n < 12)
		return DNS_SHORT;
	query->id = (uint16_t)dns_model_number(&m, 2);
	flags = (uint16_t)dns_model_number(&m, 2);
	for (unsigned i = 0; i < 4; i++)
		counts[i] = dns_model_number(&m, 2);
	if (flags & 0x8000) {
		query->id = 0;
		return DNS_DIRECTION;
	}
	query->echo = flags & 0x7910;
	query->answerable = true;
	fault = query_body(&m, flags, counts, query);
	if (fault)
		return fault;
	if (m.at < n)
		return DNS_TRAILING;
	if (!query->name.host)
		return DNS_NAME_CHARACTER;
	return query->class == 1 ? DNS_OK : DNS_NOT_IN;
}
