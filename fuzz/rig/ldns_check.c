/* SPDX-License-Identifier: ISC */
/* ldns_check.c: what ldns reads in a message. */
#include "fuzz/rig/ldns_check.h"

#include "fuzz/fuzz.h"
#include "fuzz/rig/dns_model.h"

#include <strings.h>

/* Its name, as text in lower case without the dot at the end. */
static bool is_name(const ldns_rdf *rdf, const char *name)
{
	char *text = ldns_rdf2str(rdf);
	const size_t len = strlen(name);
	bool same = text && strlen(text) == len + 1 && text[len] == '.' &&
	            !strncasecmp(text, name, len);

	LDNS_FREE(text);
	return same;
}

bool ldns_check_is_comparable(struct rd message, const struct dns_query *sent)
{
	struct dns_model m = {message.p, message.n, 6};
	struct dns_model_record record;
	int64_t counts[3];

	for (unsigned i = 0; i < 3; i++)
		counts[i] = dns_model_number(&m, 2);
	m.at += sent->question.n;
	for (unsigned i = 0; i < 3; i++)
		for (; counts[i] > 0 && dns_model_record(&m, true, &record) == DNS_OK;
		     counts[i]--) {
			const unsigned type = record.type;
			const bool read = type == DNS_TYPE_OPT ||
			                  (!i && (type == DNS_TYPE_A || type == DNS_TYPE_CNAME)) ||
			                  (i == 1 && type == DNS_TYPE_SOA);

			if (!read && (type < 300 || type >= 32768))
				return false;
		}
	return true;
}

void ldns_check_question(const ldns_pkt *pkt, const struct dns_query *query)
{
	const ldns_rr *question;

	HOLDS("ldns sees one question", ldns_rr_list_rr_count(ldns_pkt_question(pkt)) == 1);
	question = ldns_rr_list_rr(ldns_pkt_question(pkt), 0);
	HOLDS("ldns sees the same name", is_name(ldns_rr_owner(question), query->name.text));
	HOLDS("ldns sees the same type and class",
	      ldns_rr_get_type(question) == query->type &&
	              ldns_rr_get_class(question) == query->class);
	HOLDS("ldns sees the same id", ldns_pkt_id(pkt) == query->id);
}

void ldns_check_addresses(const ldns_pkt *pkt, const struct dns_answer *answer)
{
	const ldns_rr_list *list = ldns_pkt_answer(pkt);
	const ldns_rdf *name = ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(pkt), 0));
	unsigned addresses = 0, aliases = 0;

	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);
		const bool is_alias = ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME;

		if (!is_alias && ldns_rr_get_type(rr) != LDNS_RR_TYPE_A)
			continue;
		HOLDS("ldns sees the chain", !ldns_dname_compare(ldns_rr_owner(rr), name));
		if (is_alias) {
			name = ldns_rr_rdf(rr, 0);
			aliases++;
		} else if (addresses++ < answer->address_count) {
			HOLDS("ldns sees the same addresses",
			      answer->addresses[addresses - 1] ==
			              ldns_rdf2native_int32(ldns_rr_rdf(rr, 0)));
		}
	}
	HOLDS("ldns sees as many addresses",
	      addresses == answer->address_count + answer->address_excess);
	HOLDS("ldns sees as many aliases", aliases == answer->aliases);
	HOLDS("ldns sees the same code",
	      (answer->rcode & 15) == ldns_pkt_get_rcode(pkt) &&
	              answer->rcode >> 4 == ldns_pkt_edns_extended_rcode(pkt));
}
