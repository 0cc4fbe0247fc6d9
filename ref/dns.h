/* SPDX-License-Identifier: ISC */
/* dns.h: what the parsers and builders of DNS share: numbers, the header, and why a message is refused.
 *
 * The modules, by job (RFC 1035; 2181 clarifications, 2308 negative answers, 6891 EDNS):
 *
 *	dns         numbers, header, faults
 *	dns_name    names, on the wire and as text
 *	dns_record  one resource record, and EDNS
 *	dns_query   a guest's query is read; a query to the resolver is written
 *	dns_answer  the resolver's answer is read, against the query that was sent
 *	dns_reply   the reply to the guest is written
 *	dns_addr    which addresses are of no use outside
 *
 * None of them decides what may be asked or answered: they say what is there, or refuse what has no one
 * meaning. A message is a whole one: the UDP payload, or what follows the two bytes of length on TCP.
 */
#ifndef REF_DNS_H
#define REF_DNS_H

#include "bytes/rd.h"
#include "bytes/wr.h"

#define DNS_PORT    53
#define DNS_HDR_LEN 12

#define DNS_UDP_MIN   512   /* what everybody takes over UDP, RFC 1035 section 4.2.1 */
#define DNS_EDNS_SIZE 1232  /* what refnat takes and sends over UDP: it is never fragmented */
#define DNS_TCP_MAX   65535 /* what the length in front of a message on TCP can say */

/* Bits of the header's second word, RFC 1035 section 4.1.1; AD and CD RFC 4035 section 3. */
#define DNS_QR     0x8000
#define DNS_OPCODE 0x7800
#define DNS_AA     0x0400
#define DNS_TC     0x0200
#define DNS_RD     0x0100
#define DNS_RA     0x0080
#define DNS_Z      0x0040
#define DNS_AD     0x0020
#define DNS_CD     0x0010
#define DNS_RCODE  0x000f

/* Types and classes. Numbers of a stranger: a struct may hold any value. */
#define DNS_TYPE_A     1
#define DNS_TYPE_CNAME 5
#define DNS_TYPE_SOA   6
#define DNS_TYPE_AAAA  28
#define DNS_TYPE_OPT   41
#define DNS_TYPE_ANY   255
#define DNS_CLASS_IN   1
#define DNS_CLASS_CH   3
#define DNS_CLASS_ANY  255

/* Response codes. Above 15 they need EDNS, which carries the upper eight of their twelve bits. */
#define DNS_NOERROR   0
#define DNS_FORMERR   1
#define DNS_SERVFAIL  2
#define DNS_NXDOMAIN  3
#define DNS_NOTIMP    4
#define DNS_REFUSED   5
#define DNS_BADVERS   16
#define DNS_RCODE_MAX 0xfff

/* Why a message is refused. Of several faults the first in the order of reading is reported. */
enum dns_fault {
	DNS_OK, /* nothing wrong */

	/* the message */
	DNS_SHORT,     /* short: it ends inside its header, a name or a record, or a length lies */
	DNS_TRAILING,  /* trailing: bytes behind the last record */
	DNS_DIRECTION, /* direction: an answer where a query belongs, or a query for an answer */
	DNS_NOT_QUERY, /* not-query: an opcode other than QUERY */
	DNS_TRUNCATED, /* truncated: TC */
	DNS_FLAGS,     /* flags: the Z bit, or in a query a bit or a code that only answers have */
	DNS_QUESTIONS, /* questions: none, or more than one */
	DNS_COUNTS,    /* counts: a query with records other than one OPT; an answer with more than
	                  DNS_ANSWER_RECORDS_MAX */
	DNS_NOT_IN,    /* not-in: a question or a record of another class than IN (CH, ANY, ...) */

	/* names */
	DNS_NAME_LONG,      /* name-long: above 255 bytes on the wire, 253 as text */
	DNS_NAME_LABEL,     /* name-label: of another kind than 1..63 bytes */
	DNS_NAME_POINTER,   /* name-pointer: where none may be, not backwards, into the header, or
	                       one of more than DNS_NAME_HOPS_MAX */
	DNS_NAME_CHARACTER, /* name-character: no letter, digit or underscore, nor a hyphen inside a
	                       label */

	/* EDNS */
	DNS_EDNS, /* edns: OPT twice, in the wrong section, unasked, not at the root, or its options
	             do not fill it */
	DNS_EDNS_VERSION, /* edns-version: not 0 */

	/* answers only */
	DNS_OTHER_ID,       /* other-id: not the query's */
	DNS_OTHER_QUESTION, /* other-question: not the query's, byte for byte */
	DNS_RECORD,         /* record: data of a length that its type does not have */
	DNS_OFF_CHAIN, /* off-chain: A or CNAME of a name that was not asked for, or is not next */
	DNS_CHAIN,     /* chain: a loop, or more than DNS_ANSWER_CHAIN_MAX aliases */
	DNS_CONTRADICTION, /* contradiction: an error with addresses, or an alias that has some */

	DNS_FAULT_COUNT
};

/* The word in front of the colon above; "invalid" for a value outside the enum. Static storage. */
const char *dns_fault_name(enum dns_fault fault);

struct dns_header {
	uint16_t id;
	uint16_t flags; /* DNS_QR to DNS_RCODE */
	uint16_t questions, answers, authorities, additionals;
};

/* False when there are fewer than DNS_HDR_LEN bytes; *r and *out are then as they were. */
RD_MUST_CHECK bool dns_header_read(struct rd *r, struct dns_header *out);

/* Appends DNS_HDR_LEN bytes; false when they do not fit. */
WR_MUST_CHECK bool dns_header_put(struct wr *w, const struct dns_header *header);

#endif
