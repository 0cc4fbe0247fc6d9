/* SPDX-License-Identifier: ISC */
/* dns_model.h: DNS messages read once more, from RFC 1035, 2308 and 6891 and the manuals in ref/dns*.h: by numbers
 * of bytes from the start of the message, names as lists of labels. */
#ifndef FUZZ_RIG_DNS_MODEL_H
#define FUZZ_RIG_DNS_MODEL_H

#include "ref/dns_answer.h"

#define DNS_MODEL_RECORDS_MAX 256

/* A message, or the part of it that has been read. */
struct dns_model {
	const uint8_t *p;
	size_t n, at;
};

struct dns_model_record {
	struct dns_name owner;
	uint16_t type, class;
	uint32_t ttl;
	size_t data, data_len; /* where in the message */
};

/* A number of `width` bytes, or -1 when they are not all there. */
int64_t dns_model_number(struct dns_model *m, unsigned width);

enum dns_fault dns_model_name(struct dns_model *m, bool pointers, struct dns_name *name);
enum dns_fault dns_model_record(struct dns_model *m, bool pointers,
                                struct dns_model_record *record);

/* Of an OPT record. */
enum dns_fault dns_model_edns(const struct dns_model *m, const struct dns_model_record *record,
                              struct dns_edns *edns);

/* As dns_query_parse(): what it has to return, and *query as it has to be. */
enum dns_fault dns_model_query(const uint8_t *p, size_t n, struct dns_query *query);

/* As dns_answer_parse(). */
enum dns_fault dns_model_answer(const uint8_t *p, size_t n, const struct dns_query *sent,
                                struct dns_answer *answer);

/* Whether no public name may have the address: the registry of RFC 6890, once more. */
bool dns_model_is_special(uint32_t ip);

#endif
