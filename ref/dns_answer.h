/* SPDX-License-Identifier: ISC */
/* dns_answer.h: what the resolver answers to a question for A records.
 *
 * The answer is read against the query that was sent: its id and, byte for byte with the case of each letter,
 * its question. All of its records are read, so that none of the counts and lengths lies, and every one but
 * OPT is of class IN. Of the answer section count A and CNAME, in the order in which the chain is
 * followed: a CNAME of the name asked for makes its target the name that is asked for, and every A and CNAME
 * that follows must belong to it. Resolvers keep to that order because C libraries read no other, and an
 * address under any other name was not asked for. Other types, also AAAA, are skipped by their length. Of the authority
 * section counts the first SOA of a zone that the last name is in, and of the additional section OPT.
 */
#ifndef REF_DNS_ANSWER_H
#define REF_DNS_ANSWER_H

#include "ref/dns_query.h"

#define DNS_ANSWER_ADDRESSES_MAX 16
#define DNS_ANSWER_CHAIN_MAX     8   /* aliases, one after the other */
#define DNS_ANSWER_RECORDS_MAX   256 /* of all sections */

struct dns_answer {
	bool ours;      /* id and question are the query's */
	uint16_t rcode; /* 0..DNS_RCODE_MAX */
	uint8_t aliases;

	uint8_t address_count;
	uint32_t addresses
	        [DNS_ANSWER_ADDRESSES_MAX]; /* host order, as they came, whatever their kind */
	unsigned address_excess;            /* that many more were there and are left out */

	/* How long the answer may be kept: the least of the aliases' and addresses' TTLs, left out or
	 * not. For one without addresses (NXDOMAIN, or NOERROR) also of the SOA's TTL and minimum, and
	 * 0 without an SOA (RFC 2308 section 5). 0 for other response codes. */
	uint32_t ttl_s;
};

/* `sent` is the query that was sent, as dns_query_parse() accepts it; its bytes must still be there.
 *
 * On a fault everything in *out but `ours` is zero. Without `ours` the message may be anybody's, and the
 * query is still open; with it the resolver answered, and badly. DNS_TRUNCATED is only returned with it:
 * ask again over TCP. */
enum dns_fault dns_answer_parse(struct rd message, const struct dns_query *sent,
                                struct dns_answer *out);

#endif
