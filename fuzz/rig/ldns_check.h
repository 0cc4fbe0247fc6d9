/* SPDX-License-Identifier: ISC */
/* ldns_check.h: what ldns reads in a message, compared with what ref/ does: for diff_dns. */
#ifndef FUZZ_RIG_LDNS_CHECK_H
#define FUZZ_RIG_LDNS_CHECK_H

#include "ref/dns_answer.h"

#include <ldns/ldns.h>

/* Whether the data of all records of an answer is read by both, or skipped by both. */
bool ldns_check_is_comparable(struct rd message, const struct dns_query *sent);

void ldns_check_question(const ldns_pkt *pkt, const struct dns_query *query);

/* Follows the aliases as a client does, from the name asked for to its addresses. */
void ldns_check_addresses(const ldns_pkt *pkt, const struct dns_answer *answer);

#endif
