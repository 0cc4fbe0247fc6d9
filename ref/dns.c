/* SPDX-License-Identifier: ISC */
/* dns.c: the words for what is wrong with a DNS message, and its header. */
#include "ref/dns.h"

#include <assert.h>

#define FAULT_NAME_SIZE 16

/* An array for the name, no pointer: the table needs no relocation and lands in read-only memory. */
static const char names[][FAULT_NAME_SIZE] = {
        [DNS_OK] = "ok",
        [DNS_SHORT] = "short",
        [DNS_TRAILING] = "trailing",
        [DNS_DIRECTION] = "direction",
        [DNS_NOT_QUERY] = "not-query",
        [DNS_TRUNCATED] = "truncated",
        [DNS_FLAGS] = "flags",
        [DNS_QUESTIONS] = "questions",
        [DNS_COUNTS] = "counts",
        [DNS_NOT_IN] = "not-in",
        [DNS_NAME_LONG] = "name-long",
        [DNS_NAME_LABEL] = "name-label",
        [DNS_NAME_POINTER] = "name-pointer",
        [DNS_NAME_CHARACTER] = "name-character",
        [DNS_EDNS] = "edns",
        [DNS_EDNS_VERSION] = "edns-version",
        [DNS_OTHER_ID] = "other-id",
        [DNS_OTHER_QUESTION] = "other-question",
        [DNS_RECORD] = "record",
        [DNS_OFF_CHAIN] = "off-chain",
        [DNS_CHAIN] = "chain",
        [DNS_CONTRADICTION] = "contradiction",
};

static_assert(sizeof(names) / sizeof(names[0]) == DNS_FAULT_COUNT, "every fault has a name");

const char *dns_fault_name(enum dns_fault fault)
{
	return (unsigned)fault < DNS_FAULT_COUNT ? names[fault] : "invalid";
}

bool dns_header_read(struct rd *r, struct dns_header *out)
{
	struct rd t = *r;
	struct dns_header header;

	if (!rd_u16(&t, &header.id) || !rd_u16(&t, &header.flags) ||
	    !rd_u16(&t, &header.questions) || !rd_u16(&t, &header.answers) ||
	    !rd_u16(&t, &header.authorities) || !rd_u16(&t, &header.additionals))
		return false;
	*r = t;
	*out = header;
	return true;
}

bool dns_header_put(struct wr *w, const struct dns_header *header)
{
	struct wr t = *w;

	if (!wr_u16(&t, header->id) || !wr_u16(&t, header->flags) ||
	    !wr_u16(&t, header->questions) || !wr_u16(&t, header->answers) ||
	    !wr_u16(&t, header->authorities) || !wr_u16(&t, header->additionals))
		return false;
	*w = t;
	return true;
}
