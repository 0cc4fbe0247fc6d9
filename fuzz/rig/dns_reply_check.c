/* SPDX-License-Identifier: ISC */
/* dns_reply_check.c: what must be true of a reply, found by a second reader. */
#include "fuzz/rig/dns_reply_check.h"

#include "fuzz/fuzz.h"
#include "fuzz/rig/dns_model.h"

static void check_records(struct dns_model *m, const struct dns_query *query,
                          const struct dns_wish *wish, bool cut)
{
	struct dns_model_record record;
	struct dns_edns edns;

	for (size_t i = 0; !cut && i < wish->reply.address_count; i++) {
		HOLDS("an address is a record", dns_model_record(m, true, &record) == DNS_OK);
		HOLDS("an address stands under the name that was asked for",
		      !strcmp(record.owner.text, query->name.text) && record.type == 1 &&
		              record.class == 1 && record.ttl == wish->reply.ttl_s);
		HOLDS("an address is the one that was given",
		      record.data_len == 4 && m->p[record.data + 3] == (i & 0xff) &&
		              m->p[record.data + 2] == i >> 8 && m->p[record.data] == 192);
	}
	if (query->edns.present) {
		HOLDS("EDNS is a record", dns_model_record(m, true, &record) == DNS_OK &&
		                                  record.type == 41 &&
		                                  !dns_model_edns(m, &record, &edns));
		HOLDS("EDNS says what we take, and DO as it was asked",
		      edns.size == DNS_EDNS_SIZE && edns.dnssec_ok == query->edns.dnssec_ok &&
		              edns.rcode_top == wish->reply.rcode >> 4);
	}
	HOLDS("nothing is behind the last record", m->at == m->n);
}

void dns_reply_check(const uint8_t *p, size_t n, const struct dns_query *query,
                     const struct dns_wish *wish)
{
	struct dns_model m = {p, n, 0};
	const bool asked = query->question.n != 0;
	int64_t flags;

	HOLDS("the id is the query's", dns_model_number(&m, 2) == query->id);
	flags = dns_model_number(&m, 2);
	HOLDS("the bits are a reply's and the query's",
	      (flags & ~DNS_TC) == (0x8080 | query->echo | (wish->reply.rcode & 15)));
	HOLDS("the question is counted", dns_model_number(&m, 2) == asked);
	HOLDS("addresses are counted, all or none",
	      dns_model_number(&m, 2) == (flags & DNS_TC ? 0 : (int64_t)wish->reply.address_count));
	HOLDS("other records are counted",
	      !dns_model_number(&m, 2) && dns_model_number(&m, 2) == query->edns.present);
	HOLDS("the question is the query's",
	      m.n - m.at >= query->question.n &&
	              (!asked || !memcmp(p + m.at, query->question.p, query->question.n)));
	m.at += query->question.n;
	HOLDS("a reply keeps to the limit", n <= wish->limit);
	HOLDS("a reply is cut only when it is too long",
	      !(flags & DNS_TC) || n + wish->reply.address_count * 16 > wish->limit);
	check_records(&m, query, wish, flags & DNS_TC);
}
