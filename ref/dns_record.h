/* SPDX-License-Identifier: ISC */
/* dns_record.h: one resource record (RFC 1035 section 4.1.3), and the one that is EDNS (RFC 6891). */
#ifndef REF_DNS_RECORD_H
#define REF_DNS_RECORD_H

#include "ref/dns_name.h"

struct dns_record {
	struct dns_name owner;
	uint16_t type, class;
	uint32_t ttl;   /* as on the wire; dns_record_ttl_s() is what it means */
	struct rd data; /* into the message */
};

/* What an OPT record says. All zero when there is none. */
struct dns_edns {
	bool present;
	bool dnssec_ok;    /* the DO bit */
	uint16_t size;     /* bytes that the sender takes over UDP, as on the wire */
	uint8_t rcode_top; /* the upper eight bits of the response code */
};

/* Reads the record at *r, a window into `message`, and moves *r behind it. Faults are DNS_SHORT and those of
 * dns_name_read(); they leave *r and *out as they were. */
enum dns_fault dns_record_read(struct rd message, struct rd *r, bool pointers,
                               struct dns_record *out);

/* Seconds to live: with the uppermost bit set it means zero (RFC 2181 section 8). */
uint32_t dns_record_ttl_s(const struct dns_record *record);

/* Reads a record of type OPT. Its options are checked to fill it and are otherwise of no interest, nor are
 * the reserved bits. DNS_EDNS leaves *out as it was; with DNS_EDNS_VERSION it is filled, for an
 * answer that says so, but the options were not looked at. */
enum dns_fault dns_record_edns(const struct dns_record *record, struct dns_edns *out);

/* Appends an OPT record without options: version 0, of edns->present nothing is read. False when it does not
 * fit. */
WR_MUST_CHECK bool dns_record_put_edns(struct wr *w, const struct dns_edns *edns);

#endif
