/* SPDX-License-Identifier: ISC */
/* dns_answer.c: fuzz target: any bytes as the resolver's answer (ref/dns_answer.h), against a second reader. The
 * input is a byte of choices, which make the query that was sent, and the message (fuzz/rig/dns_input.h). */
#include "fuzz/fuzz.h"
#include "fuzz/rig/dns_input.h"
#include "fuzz/rig/dns_model.h"

/* One byte less is another answer: the same record of it cannot be there twice. */
static void try_less(const uint8_t *message, size_t n, const struct dns_query *sent)
{
	struct dns_answer less;

	HOLDS("an answer has no end but its own",
	      dns_answer_parse(rd_of(message, n - 1), sent, &less) != DNS_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t question[DNS_QUERY_MAX];
	struct dns_answer answer, model;
	struct dns_query sent;
	enum dns_fault fault;
	size_t n;

	if (!size)
		return 0;
	n = dns_input_query(data[0], rd_of(data + 1, size - 1), question);
	HOLDS("the query that is answered is one",
	      dns_query_parse(rd_of(question, n), &sent) == DNS_OK);
	fault = dns_answer_parse(rd_of(data + 1, size - 1), &sent, &answer);
	HOLDS("two readers say the same",
	      fault == dns_model_answer(data + 1, size - 1, &sent, &model));
	HOLDS("two readers find the same in it",
	      answer.ours == model.ours && answer.rcode == model.rcode &&
	              answer.aliases == model.aliases && answer.ttl_s == model.ttl_s);
	HOLDS("two readers read the same addresses",
	      answer.address_count == model.address_count &&
	              answer.address_excess == model.address_excess &&
	              !memcmp(answer.addresses, model.addresses, sizeof(model.addresses)));
	HOLDS("an answer to another id or name is nobody's",
	      !answer.ours || !(data[0] & DNS_INPUT_OTHER_ID));
	HOLDS("what is cut off is known to be ours", fault != DNS_TRUNCATED || answer.ours);
	if (!fault)
		try_less(data + 1, size - 1, &sent);
	return 0;
}
