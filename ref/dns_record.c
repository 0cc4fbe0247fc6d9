/* SPDX-License-Identifier: ISC */
/* dns_record.c: resource records and EDNS. */
#include "ref/dns_record.h"

#define EDNS_DO 0x8000 /* in the lower half of what is the TTL elsewhere */

enum dns_fault dns_record_read(struct rd message, struct rd *r, bool pointers,
                               struct dns_record *out)
{
	struct dns_record record;
	struct rd t = *r;
	const enum dns_fault fault = dns_name_read(message, &t, pointers, &record.owner);

	if (fault)
		return fault;
	if (!rd_u16(&t, &record.type) || !rd_u16(&t, &record.class) || !rd_u32(&t, &record.ttl) ||
	    !rd_vec16(&t, &record.data))
		return DNS_SHORT;
	*r = t;
	*out = record;
	return DNS_OK;
}

uint32_t dns_record_ttl_s(const struct dns_record *record)
{
	return record->ttl >> 31 ? 0 : record->ttl;
}

enum dns_fault dns_record_edns(const struct dns_record *record, struct dns_edns *out)
{
	const struct dns_edns edns = {
	        .present = true,
	        .dnssec_ok = record->ttl & EDNS_DO,
	        .size = record->class,
	        .rcode_top = (uint8_t)(record->ttl >> 24),
	};
	struct rd options = record->data, value;
	uint16_t code;

	if (record->owner.len)
		return DNS_EDNS;
	if (record->ttl >> 16 & 0xff) {
		*out = edns;
		return DNS_EDNS_VERSION;
	}
	while (options.n)
		if (!rd_u16(&options, &code) || !rd_vec16(&options, &value))
			return DNS_EDNS;
	*out = edns;
	return DNS_OK;
}

bool dns_record_put_edns(struct wr *w, const struct dns_edns *edns)
{
	struct wr t = *w;

	if (!wr_u8(&t, 0) || !wr_u16(&t, DNS_TYPE_OPT) || !wr_u16(&t, edns->size) ||
	    !wr_u8(&t, edns->rcode_top) || !wr_u8(&t, 0) ||
	    !wr_u16(&t, edns->dnssec_ok ? EDNS_DO : 0) || !wr_u16(&t, 0))
		return false;
	*w = t;
	return true;
}
