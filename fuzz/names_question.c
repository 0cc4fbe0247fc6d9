/* SPDX-License-Identifier: ISC */
/* names_question.c: fuzz target: any bytes as the answer to a question of refnat's (ref/names_question.h), against a
 * second reader. The input is that of dns_answer; the upper half of its choices is the policy's ttl_max_s. */
#include "fuzz/fuzz.h"
#include "fuzz/rig/dns_input.h"
#include "fuzz/rig/dns_model.h"
#include "fuzz/rig/question_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t ttl_maxima[] = {0, 1, 60, 3600, 86400, INT32_MAX, UINT32_MAX, 7};
	struct names_question question;
	struct names_result result = {.ttl_s = 0x5aa5}, before = result;
	uint8_t query[DNS_QUERY_MAX];
	struct dns_query sent;
	struct dns_answer answer;
	enum names_answer is;
	enum dns_fault fault;
	struct rd message;

	if (!size)
		return 0;
	message = rd_of(data + 1, size - 1);
	question_check_make(&question, query,
	                    dns_input_query((data[0] & 13) | DNS_INPUT_EDNS, message, query));
	is = names_question_read(&question, message, ttl_maxima[data[0] >> 5], &result);
	(void)!dns_model_query(question.bytes, question.len, &sent);
	fault = dns_model_answer(message.p, message.n, &sent, &answer);
	HOLDS("what is not ours is foreign", answer.ours == (is != NAMES_ANSWER_FOREIGN));
	HOLDS("what is cut is asked again", (fault == DNS_TRUNCATED) == (is == NAMES_ANSWER_CUT));
	if (is != NAMES_ANSWER_FINAL)
		HOLDS("what decides nothing says nothing", result.ttl_s == before.ttl_s);
	else if (fault)
		HOLDS("a bad answer is a failure, with its fault",
		      result.status == NAMES_FAILED && result.reason == REASON_RESOLVER_FAILED &&
		              result.fault == fault && !result.ttl_s && !result.address_count);
	else
		question_check_result(&result, &answer, ttl_maxima[data[0] >> 5]);
	question_check_none(message);
	return 0;
}
