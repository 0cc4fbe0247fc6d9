/* SPDX-License-Identifier: ISC */
/* dns_query.h: queries: one of a guest is read, one to the resolver is written.
 *
 * Refused: QR, an opcode other than QUERY, TC, the bits AA, RA and Z and a response code; any number of
 * questions but one (RFC 9619); records other than one OPT; a name with a pointer in it; EDNS of another
 * version than 0; bytes that are left over. Refused too, though well-formed: a name that is no host
 * name, and a class other than IN. Any type of question is read and reported, ANY among them. RD, AD and
 * CD may be set.
 */
#ifndef REF_DNS_QUERY_H
#define REF_DNS_QUERY_H

#include "ref/dns_record.h"

#define DNS_QUESTION_MAX (DNS_NAME_WIRE_MAX + 4)
#define DNS_OPT_LEN      11 /* of an OPT record without options */

/* The longest that dns_query_put() writes. */
#define DNS_QUERY_MAX (DNS_HDR_LEN + DNS_QUESTION_MAX + DNS_OPT_LEN)

struct dns_query {
	uint16_t id;
	uint16_t echo;      /* the bits that a reply repeats: opcode, RD, CD */
	bool answerable;    /* the header was read and is a query's: it may be replied to */
	struct rd question; /* name, type and class into the message; empty when not read */
	struct dns_name name;
	uint16_t type, class;
	struct dns_edns edns;
};

/* Fills *out with what was read, on a fault too: dns_reply_put() makes an error of it that the guest
 * understands. Of what was not read everything is zero. After DNS_NAME_CHARACTER and DNS_NOT_IN all was
 * read, and nothing else is wrong. out->question lives as long as the message. */
enum dns_fault dns_query_parse(struct rd message, struct dns_query *out);

/* Appends a query for the A records of `name`, class IN, with RD. `upper` as in dns_name_put(). `size` is
 * what EDNS says that we take over UDP; 0 for no EDNS. False when it does not fit or the name is no host
 * name. */
WR_MUST_CHECK bool dns_query_put(struct wr *w, uint16_t id, const struct dns_name *name,
                                 const uint8_t upper[DNS_NAME_CASE_LEN], uint16_t size);

#endif
