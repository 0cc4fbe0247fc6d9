/* SPDX-License-Identifier: ISC */
/* dns_reply.c: fuzz target: what refnat replies to any query (ref/dns_reply.h), read by a second reader. The input is
 * a response code, a number of addresses and a limit, two bytes each, and the query. */
#include "fuzz/fuzz.h"
#include "fuzz/rig/dns_reply_check.h"

#define HEADER_LEN    6
#define ADDRESSES_MAX 4200 /* more than fit into the longest message */
#define MANY          0x8000

static uint32_t addresses[ADDRESSES_MAX];

static struct dns_wish read_wish(const uint8_t *p, const struct dns_query *query)
{
	const unsigned count = p[2] * 256u + p[3], limit = p[4] * 256u + p[5];
	struct dns_wish wish = {
	        .reply = {.rcode = (uint16_t)(p[0] << 8 | p[1]), .addresses = addresses},
	        .limit = limit};

	/* Few as a rule, and sometimes more than can be counted. */
	wish.reply.address_count = count < MANY ? count % 24 : count % ADDRESSES_MAX;
	if (count == UINT16_MAX)
		wish.reply.address_count = UINT16_MAX + 1;
	if (!query->question.n)
		wish.reply.address_count = 0;
	wish.reply.ttl_s = count * 77777;
	if (limit % 4 == 0)
		wish.limit = dns_reply_limit(query);
	if (limit % 4 == 1)
		wish.limit = DNS_TCP_MAX;
	return wish;
}

/* RFC 6891 section 6.2.3: below 512 is 512. */
static void check_limit(const struct dns_query *query)
{
	const size_t limit = dns_reply_limit(query);
	const size_t said = query->edns.present ? query->edns.size : 0;

	HOLDS("the limit is what the query says, within what is sensible",
	      limit == (said > 1232  ? 1232
	                : said < 512 ? 512
	                             : said));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[DNS_TCP_MAX];
	struct dns_query query;
	struct dns_wish wish;
	struct wr w;
	size_t bare, whole;
	bool possible;

	for (uint32_t i = 0; !addresses[0] && i < ADDRESSES_MAX; i++)
		addresses[ADDRESSES_MAX - 1 - i] = 0xc0000000 | (ADDRESSES_MAX - 1 - i);
	if (size < HEADER_LEN)
		return 0;
	(void)!dns_query_parse(rd_of(data + HEADER_LEN, size - HEADER_LEN), &query);
	wish = read_wish(data, &query);
	check_limit(&query);
	bare = 12 + query.question.n + (query.edns.present ? 11 : 0);
	possible = query.answerable && bare <= wish.limit &&
	           wish.reply.rcode <= (query.edns.present ? 4095 : 15) &&
	           wish.reply.address_count <= UINT16_MAX;
	w = wr_of(bytes, wish.limit);
	HOLDS("a reply is made when there can be one",
	      dns_reply_put(&w, &query, &wish.reply, wish.limit) == possible);
	HOLDS("no reply leaves nothing", possible || !w.len);
	if (!possible)
		return 0;
	whole = w.len;
	dns_reply_check(bytes, whole, &query, &wish);
	for (unsigned i = 0; i < 2; i++) {
		w = wr_of(bytes, i ? (size_t)(data[2] * 256u + data[3]) % whole : whole - 1);
		HOLDS("what does not fit is not written",
		      !dns_reply_put(&w, &query, &wish.reply, wish.limit) && !w.len);
	}
	return 0;
}
