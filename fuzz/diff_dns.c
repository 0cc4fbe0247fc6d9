/* SPDX-License-Identifier: ISC */
/* diff_dns.c: fuzz target: what we accept as a query or as an answer (ref/dns_query.h, ref/dns_answer.h), ldns of NLnet
 * Labs, which is what drill and others read DNS with, reads in the same way. The input is that of dns_answer.
 *
 * One direction only: what we accept, ldns must take, with the same name, type, class and id, and the same addresses
 * in the same order. Intended differences:
 *
 *	we refuse more		bytes behind the message, names that are no host names, records out of the
 *				chain's order, other classes, EDNS twice: ldns reads what is there
 *	data			of types that we skip by their length ldns reads the data. Where that does not
 *				fill its length, ldns takes the rest for the next record (seen with TALINK). So
 *				only messages with records of types that both read, or neither, are compared
 *	spelling		ldns keeps the case of names; ours are in lower case
 */
#include "fuzz/fuzz.h"
#include "fuzz/rig/dns_input.h"
#include "fuzz/rig/ldns_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t question[DNS_QUERY_MAX];
	struct dns_answer answer = {0};
	struct dns_query query, sent;
	bool is_query, is_answer;
	ldns_pkt *pkt = NULL;
	struct rd message;
	size_t n;

	if (!size)
		return 0;
	message = rd_of(data + 1, size - 1);
	n = dns_input_query(data[0], message, question);
	is_query = dns_query_parse(message, &query) == DNS_OK;
	is_answer = dns_query_parse(rd_of(question, n), &sent) == DNS_OK &&
	            dns_answer_parse(message, &sent, &answer) == DNS_OK;
	if (!is_query && (!is_answer || !ldns_check_is_comparable(message, &sent)))
		return 0;
	HOLDS("no message is both", !is_query || !is_answer);
	HOLDS("ldns takes what we accept",
	      ldns_wire2pkt(&pkt, message.p, message.n) == LDNS_STATUS_OK);
	ldns_check_question(pkt, is_query ? &query : &sent);
	if (is_answer)
		ldns_check_addresses(pkt, &answer);
	ldns_pkt_free(pkt);
	return 0;
}
