/* SPDX-License-Identifier: ISC */
/* question_check.c: what must be true of a question to the resolver. */
#include "fuzz/rig/question_check.h"

#include "fuzz/fuzz.h"
#include "fuzz/rig/dns_model.h"

void question_check_make(struct names_question *question, const uint8_t *query, size_t n)
{
	uint8_t random[NAMES_RANDOM_LEN] = {query[0], query[1]};
	struct dns_query sent;

	HOLDS("the query is one", dns_query_parse(rd_of(query, n), &sent) == DNS_OK);
	for (unsigned i = 0; i < sent.name.len; i++)
		random[2 + i / 8] |= (uint8_t)((query[DNS_HDR_LEN + 1 + i] < 'a') << i % 8);
	HOLDS("a question is made", names_question_make(question, &sent.name, random));
	HOLDS("it is the query", question->len == n && !memcmp(question->bytes, query, n));
	sent.name = (struct dns_name){.host = true};
	HOLDS("nobody asks for the root", !names_question_make(question, &sent.name, random));
	sent.name = (struct dns_name){.text = "?", .len = 1};
	HOLDS("nobody asks for what is no host name",
	      !names_question_make(question, &sent.name, random));
	HOLDS("what is not made is left alone", question->len == n);
}

void question_check_none(struct rd message)
{
	static const struct names_question none = {.len = 0};
	struct names_result result;

	HOLDS("without a question nothing is an answer",
	      names_question_read(&none, message, 1, &result) == NAMES_ANSWER_FINAL &&
	              result.status == NAMES_FAILED && result.reason == REASON_RESOLVER_FAILED);
}

void question_check_result(const struct names_result *result, const struct dns_answer *answer,
                           uint32_t ttl_max)
{
	const uint32_t ttl = answer->ttl_s < ttl_max ? answer->ttl_s : ttl_max;
	bool special = false;

	for (unsigned i = 0; i < answer->address_count; i++)
		special = special || dns_model_is_special(answer->addresses[i]);
	if (answer->rcode && answer->rcode != 3)
		HOLDS("another code is a failure",
		      result->reason == REASON_RESOLVER_FAILED && !result->fault && !result->ttl_s);
	else if (!answer->address_count)
		HOLDS("no address is a name unknown, for a while",
		      result->reason == REASON_NAME_UNKNOWN && result->ttl_s == ttl &&
		              result->exists == !answer->rcode);
	else if (special)
		HOLDS("one address that is not global spoils all",
		      result->reason == REASON_NAME_PRIVATE && !result->ttl_s);
	else
		HOLDS("addresses are those of the answer",
		      result->status == NAMES_READY && result->ttl_s == ttl && !result->hosts &&
		              result->address_count == answer->address_count &&
		              !memcmp(result->addresses, answer->addresses,
		                      sizeof(answer->addresses)));
	HOLDS("who has no addresses has failed",
	      result->status == (answer->address_count && !special ? NAMES_READY : NAMES_FAILED));
}
