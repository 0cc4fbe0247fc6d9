/* SPDX-License-Identifier: ISC */
/* dns_name.h: domain names, on the wire (RFC 1035 sections 3.1 and 4.1.4) and as text.
 *
 * A name is compared and matched as text: labels with dots between them, letters in lower case, no dot
 * at the end, the root as "". Text has one spelling for each name because a label with a dot in it is
 * not a host name. A host name here consists of labels of letters, digits, hyphens (not first, not
 * last; RFC 1123 section 2.1) and underscores, which no host has but services do; they are reported. Its
 * last label is no number (host_name.h).
 * Names in the language of the land arrive as xn--; other bytes are no host name.
 */
#ifndef REF_DNS_NAME_H
#define REF_DNS_NAME_H

#include "ref/dns.h"

#define DNS_NAME_TEXT_MAX  253 /* 255 bytes on the wire: a length in front and the root behind */
#define DNS_NAME_LABEL_MAX 63
#define DNS_NAME_WIRE_MAX  255
#define DNS_NAME_HOPS_MAX  16 /* pointers in one name */
#define DNS_NAME_CASE_LEN  32 /* one bit for each character of text */

struct dns_name {
	char text[DNS_NAME_TEXT_MAX +
	          1]; /* ends with NUL; a byte that no host name has shows as ? */
	uint8_t len;  /* 0..DNS_NAME_TEXT_MAX; 0 is the root */
	bool host;    /* it is a host name in the sense above; so is the root */
	bool underscore;
};

/* Reads the name at *r and moves *r behind it. `message` is the whole message, from its header on, and *r
 * a window into it. With `pointers` a name may end in a pointer to what stands before it: each goes
 * further back than the one before, never into the header, and what it points at ends where the name that
 * points begins, so there are no loops. Bytes that no host name has are no fault: out->host says so.
 *
 * DNS_SHORT, DNS_NAME_LONG, DNS_NAME_LABEL or DNS_NAME_POINTER leave *r and *out as they were. */
enum dns_fault dns_name_read(struct rd message, struct rd *r, bool pointers, struct dns_name *out);

/* The name that `text` spells, in either case. An empty label, also one behind a dot at the end, and one
 * above 63 characters is DNS_NAME_LABEL; then DNS_NAME_LONG and, because here the caller wants a host,
 * DNS_NAME_CHARACTER. They leave *out as it was. */
enum dns_fault dns_name_of_text(const char *text, struct dns_name *out);

/* Appends the name uncompressed. Letter i of the text is written in upper case where bit i of `upper` is
 * set (bit 0 is the lowest of the first byte), so that who answers without having seen the query has
 * more to guess (draft-vixie-dnsext-dns0x20); NULL for lower case. False when it does not fit or is no
 * host name. */
WR_MUST_CHECK bool dns_name_put(struct wr *w, const struct dns_name *name,
                                const uint8_t upper[DNS_NAME_CASE_LEN]);

bool dns_name_equal(const struct dns_name *a, const struct dns_name *b);

/* Whether `name` is `zone` or stands below it: a.example is within example and the root, not within
 * ample. */
bool dns_name_is_within(const struct dns_name *name, const struct dns_name *zone);

#endif
