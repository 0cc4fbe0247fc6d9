/* SPDX-License-Identifier: ISC */
/* dns_answer.c: the resolver's answer. */
#include "ref/dns_answer.h"

enum section { SECTION_ANSWER, SECTION_AUTHORITY, SECTION_ADDITIONAL, SECTION_COUNT };

/* The state of a walk over the records. */
struct walk {
	struct rd message;
	struct dns_answer answer;
	struct dns_name chain[1 + DNS_ANSWER_CHAIN_MAX]; /* the name asked for, then its aliases */
	struct dns_edns edns;
	bool soa;
	uint32_t soa_ttl_s;
};

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* The name that addresses must have now. */
static const struct dns_name *wanted(const struct walk *walk)
{
	return &walk->chain[walk->answer.aliases];
}

static enum dns_fault take_alias(struct walk *walk, struct rd data)
{
	struct dns_answer *answer = &walk->answer;
	struct dns_name target;
	const enum dns_fault fault = dns_name_read(walk->message, &data, true, &target);

	if (fault)
		return fault;
	if (data.n)
		return DNS_RECORD;
	if (!target.host)
		return DNS_NAME_CHARACTER;
	if (answer->address_count)
		return DNS_CONTRADICTION;
	if (answer->aliases >= DNS_ANSWER_CHAIN_MAX)
		return DNS_CHAIN;
	for (unsigned i = 0; i <= answer->aliases; i++)
		if (dns_name_equal(&target, &walk->chain[i]))
			return DNS_CHAIN;
	walk->chain[++answer->aliases] = target;
	return DNS_OK;
}

static enum dns_fault take_address(struct walk *walk, struct rd data)
{
	struct dns_answer *answer = &walk->answer;
	uint32_t address;

	if (!rd_u32(&data, &address) || data.n)
		return DNS_RECORD;
	if (answer->address_count < DNS_ANSWER_ADDRESSES_MAX)
		answer->addresses[answer->address_count++] = address;
	else
		answer->address_excess++;
	return DNS_OK;
}

static enum dns_fault take_answer(struct walk *walk, const struct dns_record *record)
{
	const bool is_alias = record->type == DNS_TYPE_CNAME;

	if (!is_alias && record->type != DNS_TYPE_A)
		return DNS_OK;
	if (!dns_name_equal(&record->owner, wanted(walk)))
		return DNS_OFF_CHAIN;
	walk->answer.ttl_s = least(walk->answer.ttl_s, dns_record_ttl_s(record));
	return is_alias ? take_alias(walk, record->data) : take_address(walk, record->data);
}

/* RFC 1035 section 3.3.13; how long "no" may be kept: RFC 2308 section 5. */
static enum dns_fault take_soa(struct walk *walk, const struct dns_record *record)
{
	struct rd data = record->data;
	struct dns_name mailbox;
	uint32_t minimum;
	enum dns_fault fault;

	fault = dns_name_read(walk->message, &data, true, &mailbox);
	if (!fault)
		fault = dns_name_read(walk->message, &data, true, &mailbox);
	if (fault)
		return fault;
	if (!rd_skip(&data, 4 * sizeof(uint32_t)) || !rd_u32(&data, &minimum) || data.n)
		return DNS_RECORD;
	if (walk->soa || !dns_name_is_within(wanted(walk), &record->owner))
		return DNS_OK;
	walk->soa = true;
	walk->soa_ttl_s = least(dns_record_ttl_s(record), minimum);
	return DNS_OK;
}

static enum dns_fault take_record(struct walk *walk, enum section section,
                                  const struct dns_record *record)
{
	if (record->type == DNS_TYPE_OPT) {
		if (section != SECTION_ADDITIONAL || walk->edns.present)
			return DNS_EDNS;
		return dns_record_edns(record, &walk->edns);
	}
	if (record->class != DNS_CLASS_IN)
		return DNS_NOT_IN;
	if (section == SECTION_ANSWER)
		return take_answer(walk, record);
	if (section == SECTION_AUTHORITY && record->type == DNS_TYPE_SOA)
		return take_soa(walk, record);
	return DNS_OK;
}

static enum dns_fault take_records(struct walk *walk, struct rd rest,
                                   const struct dns_header *header)
{
	const unsigned counts[] = {header->answers, header->authorities, header->additionals};

	for (enum section section = SECTION_ANSWER; section < SECTION_COUNT; section++) {
		for (unsigned i = 0; i < counts[section]; i++) {
			struct dns_record record;
			enum dns_fault fault;

			fault = dns_record_read(walk->message, &rest, true, &record);
			if (!fault)
				fault = take_record(walk, section, &record);
			if (fault)
				return fault;
		}
	}
	return rest.n ? DNS_TRAILING : DNS_OK;
}

/* What the header and all records together mean. */
static enum dns_fault conclude(struct walk *walk, const struct dns_query *sent, uint16_t flags)
{
	struct dns_answer *answer = &walk->answer;

	if (walk->edns.present && !sent->edns.present)
		return DNS_EDNS;
	answer->rcode = (uint16_t)(walk->edns.rcode_top << 4 | (flags & DNS_RCODE));
	if (answer->address_count)
		return answer->rcode ? DNS_CONTRADICTION : DNS_OK;
	if (answer->rcode && answer->rcode != DNS_NXDOMAIN)
		answer->ttl_s = 0;
	answer->ttl_s = walk->soa ? least(answer->ttl_s, walk->soa_ttl_s) : 0;
	return DNS_OK;
}

/* Whether the message answers this query: until that is known, it may come from anybody. */
static enum dns_fault check_ours(struct rd *r, const struct dns_query *sent,
                                 struct dns_header *header)
{
	struct rd question;

	if (!dns_header_read(r, header))
		return DNS_SHORT;
	if (!(header->flags & DNS_QR))
		return DNS_DIRECTION;
	if (header->id != sent->id)
		return DNS_OTHER_ID;
	if (header->flags & DNS_OPCODE)
		return DNS_NOT_QUERY;
	if (header->questions != 1)
		return DNS_QUESTIONS;
	if (!rd_sub(r, sent->question.n, &question))
		return DNS_SHORT;
	if (memcmp(question.p, sent->question.p, question.n) != 0)
		return DNS_OTHER_QUESTION;
	return DNS_OK;
}

enum dns_fault dns_answer_parse(struct rd message, const struct dns_query *sent,
                                struct dns_answer *out)
{
	struct walk walk = {.message = message, .answer.ttl_s = INT32_MAX};
	struct rd rest = message;
	struct dns_header header;
	enum dns_fault fault;

	*out = (struct dns_answer){0};
	fault = check_ours(&rest, sent, &header);
	if (fault)
		return fault;
	out->ours = walk.answer.ours = true;
	walk.chain[0] = sent->name;
	if (header.flags & DNS_TC)
		return DNS_TRUNCATED;
	if (header.flags & DNS_Z)
		return DNS_FLAGS;

	if (header.answers + header.authorities + header.additionals > DNS_ANSWER_RECORDS_MAX)
		return DNS_COUNTS;
	fault = take_records(&walk, rest, &header);
	if (!fault)
		fault = conclude(&walk, sent, header.flags);
	if (!fault)
		*out = walk.answer;
	return fault;
}
