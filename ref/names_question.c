/* SPDX-License-Identifier: ISC */
/* names_question.c: one question to the resolver, and what its answer means. */
#include "ref/names_question.h"

#include "ref/dns_addr.h"

bool names_question_make(struct names_question *question, const struct dns_name *name,
                         const uint8_t random[NAMES_RANDOM_LEN])
{
	struct wr w = wr_of(question->bytes, sizeof(question->bytes));
	const uint16_t id = (uint16_t)(random[0] << 8 | random[1]);

	if (!name->len || !dns_query_put(&w, id, name, random + 2, DNS_EDNS_SIZE))
		return false;
	question->name = *name;
	question->len = w.len;
	return true;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void fail(struct names_result *out, enum reason reason, enum dns_fault fault)
{
	*out = (struct names_result){.status = NAMES_FAILED, .reason = reason, .fault = fault};
}

static bool all_are_global(const struct dns_answer *answer)
{
	for (unsigned i = 0; i < answer->address_count; i++)
		if (dns_addr_class(answer->addresses[i]) != DNS_ADDR_GLOBAL)
			return false;
	return true;
}

static void conclude(const struct dns_answer *answer, uint32_t ttl_max_s, struct names_result *out)
{
	if (answer->rcode != DNS_NOERROR && answer->rcode != DNS_NXDOMAIN) {
		fail(out, REASON_RESOLVER_FAILED, DNS_OK);
		return;
	}
	if (!answer->address_count) {
		fail(out, REASON_NAME_UNKNOWN, DNS_OK);
		out->exists = answer->rcode == DNS_NOERROR;
		out->ttl_s = least(answer->ttl_s, ttl_max_s);
		return;
	}
	if (!all_are_global(answer)) {
		fail(out, REASON_NAME_PRIVATE, DNS_OK);
		return;
	}
	*out = (struct names_result){.status = NAMES_READY,
	                             .ttl_s = least(answer->ttl_s, ttl_max_s),
	                             .address_count = answer->address_count};
	memcpy(out->addresses, answer->addresses,
	       answer->address_count * sizeof(answer->addresses[0]));
}

enum names_answer names_question_read(const struct names_question *question, struct rd message,
                                      uint32_t ttl_max_s, struct names_result *out)
{
	struct dns_query sent;
	struct dns_answer answer;
	enum dns_fault fault;

	/* Our own bytes: they are read as the guest's are, so that there is one way to do it. */
	fault = dns_query_parse(rd_of(question->bytes, question->len), &sent);
	if (fault) {
		fail(out, REASON_RESOLVER_FAILED, fault);
		return NAMES_ANSWER_FINAL;
	}
	fault = dns_answer_parse(message, &sent, &answer);
	if (!answer.ours)
		return NAMES_ANSWER_FOREIGN;
	if (fault == DNS_TRUNCATED)
		return NAMES_ANSWER_CUT;
	if (fault)
		fail(out, REASON_RESOLVER_FAILED, fault);
	else
		conclude(&answer, ttl_max_s, out);
	return NAMES_ANSWER_FINAL;
}
