/* SPDX-License-Identifier: ISC */
/* dns_reply.h: the reply to a guest's query.
 *
 * The id, the question byte for byte, the opcode and the bits RD and CD are the query's; QR and RA are set. A
 * records stand directly under the name that was asked for: what aliases led to them is not told.
 * A reply without addresses (NXDOMAIN, or NOERROR: the name is there and has none of that type) carries no
 * SOA, and so nobody may keep it (RFC 2308 section 5): what is denied now may be allowed in a minute.
 * EDNS is in the reply when it was in the query, and says DNS_EDNS_SIZE.
 */
#ifndef REF_DNS_REPLY_H
#define REF_DNS_REPLY_H

#include "ref/dns_query.h"

struct dns_reply {
	uint16_t rcode;            /* 0..DNS_RCODE_MAX, above 15 only where the query has EDNS */
	const uint32_t *addresses; /* host order; only read when address_count is not 0 */
	size_t address_count;
	uint32_t ttl_s;
};

/* How many bytes the reply to this query may have over UDP: what the query's EDNS says within DNS_UDP_MIN..
 * DNS_EDNS_SIZE, else DNS_UDP_MIN. */
size_t dns_reply_limit(const struct dns_query *query);

/* Appends the reply. `query` is what dns_query_parse() left, with or without a fault; where it did not read
 * the question the reply has none. When the reply would be longer than `limit` (dns_reply_limit(), or
 * DNS_TCP_MAX) it goes without addresses and says so with TC: the guest asks again over TCP.
 *
 * False when the query is not answerable, the response code needs EDNS that the query has not, the
 * addresses are more than a count can say, or the reply fits neither way. */
WR_MUST_CHECK bool dns_reply_put(struct wr *w, const struct dns_query *query,
                                 const struct dns_reply *reply, size_t limit);

#endif
