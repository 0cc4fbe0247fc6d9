/* SPDX-License-Identifier: ISC */
/* dns_reply.c: the reply to a guest's query. */
#include "ref/dns_reply.h"

#define NAME_OF_QUESTION (0xc000 | DNS_HDR_LEN) /* a pointer to it */
#define ADDRESS_LEN      16                     /* of an A record with this pointer as its name */

size_t dns_reply_limit(const struct dns_query *query)
{
	const size_t size = query->edns.size;

	/* Without EDNS it is 0. */
	if (size < DNS_UDP_MIN)
		return DNS_UDP_MIN;
	return size < DNS_EDNS_SIZE ? size : DNS_EDNS_SIZE;
}

static bool put_address(struct wr *w, uint32_t address, uint32_t ttl_s)
{
	return wr_u16(w, NAME_OF_QUESTION) && wr_u16(w, DNS_TYPE_A) && wr_u16(w, DNS_CLASS_IN) &&
	       wr_u32(w, ttl_s) && wr_u16(w, sizeof(address)) && wr_u32(w, address);
}

bool dns_reply_put(struct wr *w, const struct dns_query *query, const struct dns_reply *reply,
                   size_t limit)
{
	const struct dns_edns edns = {.size = DNS_EDNS_SIZE,
	                              .rcode_top = (uint8_t)(reply->rcode >> 4),
	                              .dnssec_ok = query->edns.dnssec_ok};
	const size_t bare = DNS_HDR_LEN + query->question.n +
	                    (query->edns.present ? DNS_OPT_LEN : 0);
	struct dns_header header = {.id = query->id, .flags = DNS_QR | DNS_RA};
	size_t count = reply->address_count;
	struct wr t = *w;

	if (!query->answerable || bare > limit || count > UINT16_MAX ||
	    reply->rcode > (query->edns.present ? DNS_RCODE_MAX : DNS_RCODE))
		return false;
	if (count > (limit - bare) / ADDRESS_LEN) {
		header.flags |= DNS_TC;
		count = 0;
	}
	header.flags |= query->echo | (reply->rcode & DNS_RCODE);
	header.questions = query->question.n ? 1 : 0;
	header.answers = (uint16_t)count;
	header.additionals = query->edns.present ? 1 : 0;
	if (!dns_header_put(&t, &header) || !wr_bytes(&t, query->question.p, query->question.n))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!put_address(&t, reply->addresses[i], reply->ttl_s))
			return false;
	if (query->edns.present && !dns_record_put_edns(&t, &edns))
		return false;
	*w = t;
	return true;
}
