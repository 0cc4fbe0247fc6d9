/* SPDX-License-Identifier: ISC */
/* dns_query.c: fuzz target: any bytes as a guest's query (ref/dns_query.h), against a second reader; and the query
 * that refnat would send for the same name. */
#include "fuzz/fuzz.h"
#include "fuzz/rig/dns_model.h"

static void compare(const struct dns_query *a, const struct dns_query *b)
{
	HOLDS("two readers read the same header",
	      a->id == b->id && a->echo == b->echo && a->answerable == b->answerable);
	HOLDS("two readers read the same name",
	      !strcmp(a->name.text, b->name.text) && a->name.len == b->name.len &&
	              a->name.len == strlen(a->name.text) && a->name.host == b->name.host &&
	              a->name.underscore == b->name.underscore);
	HOLDS("two readers read the same question",
	      a->question.p == b->question.p && a->question.n == b->question.n &&
	              a->type == b->type && a->class == b->class);
	HOLDS("two readers read the same EDNS",
	      a->edns.present == b->edns.present && a->edns.dnssec_ok == b->edns.dnssec_ok &&
	              a->edns.size == b->edns.size && a->edns.rcode_top == b->edns.rcode_top);
}

/* Less room than it takes: all there is, for one id in 256. */
static void try_rooms(const struct dns_query *query, uint16_t size, size_t len, uint8_t *bytes)
{
	for (size_t room = query->id % 256 ? len - 1 : 0; room < len; room++) {
		struct wr w = wr_of(bytes, room);

		HOLDS("what does not fit is not written",
		      !dns_query_put(&w, query->id, &query->name, NULL, size) && !w.len);
	}
}

/* Our own question for a name of the guest's: the name is all that they have in common. */
static void ask(const struct dns_query *query, const uint8_t *chance)
{
	uint8_t bytes[DNS_QUERY_MAX], random[DNS_NAME_CASE_LEN];
	struct wr w = wr_of(bytes, sizeof(bytes));
	const uint16_t size = chance[2] & 1 ? DNS_EDNS_SIZE : 0;
	struct dns_query read;

	memset(random, chance[0], sizeof(random));
	HOLDS("a question for a host name can be made",
	      dns_query_put(&w, query->id, &query->name, chance[1] & 1 ? random : NULL, size));
	HOLDS("our own question is a query",
	      dns_model_query(bytes, w.len, &read) == DNS_OK && read.id == query->id);
	HOLDS("our own question is for A records of the name",
	      read.type == 1 && !strcmp(read.name.text, query->name.text) && read.echo == DNS_RD);
	HOLDS("our own question says what we take",
	      read.edns.present == (size != 0) && read.edns.size == size);
	HOLDS("a name in text is the name on the wire",
	      dns_name_of_text(query->name.text, &read.name) == (query->name.len ? DNS_OK : 0) &&
	              dns_name_equal(&read.name, &query->name));
	for (unsigned i = 0; i < query->name.len; i++) {
		const uint8_t c = (uint8_t)query->name.text[i];
		const bool upper = chance[1] & 1 && chance[0] >> i % 8 & 1 && c >= 'a' && c <= 'z';

		HOLDS("letters are written as the random bits say",
		      c == '.' || bytes[DNS_HDR_LEN + 1 + i] == (upper ? c - 32 : c));
	}
	try_rooms(query, size, w.len, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_query query, model;
	const enum dns_fault fault = dns_query_parse(rd_of(data, size), &query);

	HOLDS("two readers say the same", fault == dns_model_query(data, size, &model));
	compare(&query, &model);
	HOLDS("a fault has its word", *dns_fault_name(fault) >= 'a');
	if (query.question.n && query.name.host)
		ask(&query, data);
	if (!query.name.host)
		HOLDS("nobody asks for what is no host name",
		      !dns_query_put(&(struct wr){0}, query.id, &query.name, NULL, 0));
	return 0;
}
