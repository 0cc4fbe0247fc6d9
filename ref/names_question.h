/* SPDX-License-Identifier: ISC */
/* names_question.h: one question to the resolver, and what its answer means.
 *
 * A question is for the A records of one name. It has an id and a spelling (draft-vixie-dnsext-dns0x20) of
 * random bits; the socket that it goes through adds a port. Whoever answers must know all three.
 *
 * An answer with any address that no public name has a reason to point at (dns_addr.h) is refused as a whole:
 * which of its addresses a client would take cannot be known. Of more than DNS_ANSWER_ADDRESSES_MAX addresses
 * the first are taken and looked at.
 */
#ifndef REF_NAMES_QUESTION_H
#define REF_NAMES_QUESTION_H

#include "ref/dns_answer.h"
#include "ref/reason.h"

#define NAMES_RANDOM_LEN (2 + DNS_NAME_CASE_LEN)

enum names_status {
	NAMES_READY,  /* there are addresses */
	NAMES_WAIT,   /* not known yet */
	NAMES_FAILED, /* there are none: `reason` says why */
};

struct names_result {
	enum names_status status;
	enum reason
	        reason; /* FAILED: name-unknown, name-private, resolver-failed, name-denied, gate-full */
	enum dns_fault
	        fault; /* FAILED with resolver-failed: what is wrong with the answer, if there was one */
	bool exists;           /* FAILED with name-unknown: the name is there, but has no address */
	bool hosts;            /* READY: of dns.hosts, and then they may be private */
	uint32_t ttl_s;        /* for how long it holds */
	uint8_t address_count; /* READY: 1 or more */
	uint32_t addresses[DNS_ANSWER_ADDRESSES_MAX]; /* host order */
};

/* What a message from the resolver's address is. */
enum names_answer {
	NAMES_ANSWER_FOREIGN, /* not to this question: go on waiting */
	NAMES_ANSWER_CUT,     /* it did not fit: ask again over TCP */
	NAMES_ANSWER_FINAL,   /* *out is filled in */
};

struct names_question {
	struct dns_name name;
	uint8_t bytes[DNS_QUERY_MAX]; /* the message */
	size_t len;
};

/* Makes the question. False when `name` is no host name or the root. */
bool names_question_make(struct names_question *question, const struct dns_name *name,
                         const uint8_t random[NAMES_RANDOM_LEN]);

/* Reads a whole message that came back. *out is filled with FINAL only: READY with ttl_s of at most `ttl_max_s`,
 * or FAILED with name-unknown, name-private or resolver-failed. ttl_s is 0 where nobody may keep it. */
enum names_answer names_question_read(const struct names_question *question, struct rd message,
                                      uint32_t ttl_max_s, struct names_result *out);

#endif
