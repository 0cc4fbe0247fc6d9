/* SPDX-License-Identifier: ISC */
/* dns_query.c: queries of a guest and to the resolver. */
#include "ref/dns_query.h"

/* One of these faults, or DNS_OK: the header of a query promises one question and at most one more record. */
static enum dns_fault check_header(const struct dns_header *header)
{
	if (header->flags & DNS_OPCODE)
		return DNS_NOT_QUERY;
	if (header->flags & DNS_TC)
		return DNS_TRUNCATED;
	if (header->flags & (DNS_AA | DNS_RA | DNS_Z | DNS_RCODE))
		return DNS_FLAGS;
	if (header->questions != 1)
		return DNS_QUESTIONS;
	if (header->answers || header->authorities || header->additionals > 1)
		return DNS_COUNTS;
	return DNS_OK;
}

static enum dns_fault read_question(struct rd message, struct rd *r, struct dns_query *out)
{
	const struct rd whole = *r;
	struct dns_query read = *out;
	const enum dns_fault fault = dns_name_read(message, r, false, &read.name);

	if (fault)
		return fault;
	if (!rd_u16(r, &read.type) || !rd_u16(r, &read.class))
		return DNS_SHORT;
	read.question = rd_of(whole.p, whole.n - r->n);
	*out = read;
	return DNS_OK;
}

static enum dns_fault read_edns(struct rd message, struct rd *r, struct dns_query *out)
{
	struct dns_record record;
	const enum dns_fault fault = dns_record_read(message, r, false, &record);

	if (fault)
		return fault;
	if (record.type != DNS_TYPE_OPT)
		return DNS_COUNTS;
	return dns_record_edns(&record, &out->edns);
}

enum dns_fault dns_query_parse(struct rd message, struct dns_query *out)
{
	struct rd rest = message;
	struct dns_header header;
	enum dns_fault fault;

	*out = (struct dns_query){0};
	if (!dns_header_read(&rest, &header))
		return DNS_SHORT;
	if (header.flags & DNS_QR)
		return DNS_DIRECTION;
	out->id = header.id;
	out->echo = header.flags & (DNS_OPCODE | DNS_RD | DNS_CD);
	out->answerable = true;

	fault = check_header(&header);
	if (!fault)
		fault = read_question(message, &rest, out);
	if (!fault && header.additionals)
		fault = read_edns(message, &rest, out);
	if (fault)
		return fault;
	if (rest.n)
		return DNS_TRAILING;
	if (!out->name.host)
		return DNS_NAME_CHARACTER;
	return out->class == DNS_CLASS_IN ? DNS_OK : DNS_NOT_IN;
}

bool dns_query_put(struct wr *w, uint16_t id, const struct dns_name *name,
                   const uint8_t upper[DNS_NAME_CASE_LEN], uint16_t size)
{
	const struct dns_header header = {
	        .id = id, .flags = DNS_RD, .questions = 1, .additionals = size ? 1 : 0};
	const struct dns_edns edns = {.size = size};
	struct wr t = *w;

	if (!dns_header_put(&t, &header) || !dns_name_put(&t, name, upper) ||
	    !wr_u16(&t, DNS_TYPE_A) || !wr_u16(&t, DNS_CLASS_IN) ||
	    (size && !dns_record_put_edns(&t, &edns)))
		return false;
	*w = t;
	return true;
}
