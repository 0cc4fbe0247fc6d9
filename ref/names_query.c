/* SPDX-License-Identifier: ISC */
/* names_query.c: queries, from a client's message to its reply.
 *
 * QUEUED -> RECORDING -> reply			what is decided at once
 * QUEUED -> RECORDING -> ASKING -> reply		what the resolver is asked
 * ... ASKING -> QUEUED -> RECORDING -> reply		its answer is refused: that is a record of its own
 */
#include "ref/dns_reply.h"
#include "ref/ipv4.h"
#include "ref/names_parts.h"

static uint32_t token_of(const struct names *names, const struct names_query *query)
{
	return names_token(NAMES_KIND_QUERY, query->use, (uint32_t)(query - names->queries));
}

static struct record describe(const struct names_query *query)
{
	struct record record = {
	        .kind = RECORD_DNS,
	        .verdict = query->rule.verdict,
	        .reason = query->rule.reason,
	        .proto = query->key.proto,
	        .src = query->key.guest_ip,
	        .dst = query->key.peer_ip,
	        .sport = query->key.guest_port,
	        .dport = query->key.peer_port,
	        .type = query->parsed.type,
	};

	if (query->parsed.name.host)
		record_set_name(&record, rd_of(query->parsed.name.text, query->parsed.name.len));
	if (query->fault)
		record_set_detail(&record, dns_fault_name(query->fault));
	return record;
}

/* Sends records as long as there are some and they are taken. */
static void pump(struct names *names)
{
	while (names->queue_head != NAMES_NOBODY && names->recording < NAMES_RECORDS_MAX) {
		struct names_query *query = &names->queries[names->queue_head];
		const struct record record = describe(query);

		names->queue_head = query->next;
		if (names->queue_head == NAMES_NOBODY)
			names->queue_tail = NAMES_NOBODY;
		query->state = NAMES_QUERY_RECORDING;
		names->recording++;
		/* When it fails the gate ends: the query waits for ever, and is not answered. */
		(void)names->io->record(names->io->arg, token_of(names, query), &record);
	}
}

static void queue(struct names *names, struct names_query *query)
{
	const uint32_t place = (uint32_t)(query - names->queries);

	query->state = NAMES_QUERY_QUEUED;
	query->next = NAMES_NOBODY;
	if (names->queue_tail == NAMES_NOBODY)
		names->queue_head = place;
	else
		names->queries[names->queue_tail].next = place;
	names->queue_tail = place;
	pump(names);
}

static struct names_query *allocate(struct names *names, uint32_t client)
{
	const struct names_client *owner = names_guest_find(names, client);

	if (!owner)
		return NULL;
	for (unsigned i = 0; i < NAMES_QUERIES_MAX; i++) {
		struct names_query *query = &names->queries[i];

		if (query->state != NAMES_QUERY_FREE)
			continue;
		*query = (struct names_query){
		        .use = (uint16_t)(query->use + 1), .client = client, .key = owner->key};
		names->query_count++;
		return query;
	}
	return NULL;
}

/* The query is over; `reply` goes to its client, or nothing when it is empty. */
static void finish(struct names *names, struct names_query *query, struct rd reply, uint64_t now_ns)
{
	const uint32_t client = query->client;

	query->state = NAMES_QUERY_FREE;
	names->query_count--;
	names_guest_reply(names, client, reply, now_ns);
	names_guest_resume(names, now_ns);
}

static void reply(struct names *names, struct names_query *query, uint64_t now_ns)
{
	const struct names_rule *rule = &query->rule;
	const bool has = rule->result.status == NAMES_READY;
	const struct dns_reply what = {
	        .rcode = rule->rcode,
	        .addresses = rule->result.addresses,
	        .address_count = has ? rule->result.address_count : 0,
	        .ttl_s = rule->result.ttl_s,
	};
	const size_t limit = query->key.proto == IPV4_TCP ? DNS_TCP_MAX
	                                                  : dns_reply_limit(&query->parsed);
	uint8_t bytes[NAMES_REPLY_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));

	if (rule->act == NAMES_ACT_DROP || !dns_reply_put(&w, &query->parsed, &what, limit))
		w.len = 0;
	finish(names, query, rd_of(bytes, w.len), now_ns);
}

static void refuse(struct names *names, struct names_query *query, enum record_verdict verdict,
                   enum reason reason, uint16_t rcode)
{
	query->rule = (struct names_rule){
	        .act = NAMES_ACT_REPLY, .verdict = verdict, .reason = reason, .rcode = rcode};
	queue(names, query);
}

/* What a name that may be asked for has come to. */
static void settle(struct names *names, struct names_query *query,
                   const struct names_result *result, uint64_t now_ns)
{
	query->rule.act = NAMES_ACT_REPLY;
	query->rule.result = *result;
	query->fault = result->fault;
	if (result->status == NAMES_READY) {
		reply(names, query, now_ns);
	} else if (result->reason == REASON_NAME_UNKNOWN) {
		query->rule.rcode = result->exists ? DNS_NOERROR : DNS_NXDOMAIN;
		reply(names, query, now_ns);
	} else if (result->reason == REASON_NAME_DENIED) {
		refuse(names, query, RECORD_DENY, result->reason, DNS_NXDOMAIN);
	} else {
		refuse(names, query,
		       result->reason == REASON_NAME_PRIVATE ? RECORD_DENY : RECORD_FAILED,
		       result->reason, DNS_SERVFAIL);
	}
}

/* The query is recorded as allowed: now the resolver may hear of it. */
static void ask(struct names *names, struct names_query *query, uint64_t now_ns)
{
	struct names_result result;

	if (!names_guest_find(names, query->client)) {
		finish(names, query, rd_of(NULL, 0), now_ns);
		return;
	}
	if (!names_rule_allows(names->web, &query->parsed.name)) { /* not any more */
		refuse(names, query, RECORD_DENY, REASON_NAME_DENIED, DNS_NXDOMAIN);
		return;
	}
	names_look_up(names, &query->parsed.name, now_ns, &result);
	if (result.status == NAMES_WAIT &&
	    names_up_ask(names, &query->parsed.name, now_ns, &query->line, &result) == NAMES_WAIT) {
		query->state = NAMES_QUERY_ASKING;
		return;
	}
	settle(names, query, &result, now_ns);
}

bool names_query_take(struct names *names, uint32_t client, struct rd message, uint64_t now_ns)
{
	struct names_query *query = allocate(names, client);

	(void)now_ns;
	if (!query)
		return false;
	query->fault = dns_query_parse(message, &query->parsed);
	if (query->parsed.question.n)
		memcpy(query->question, query->parsed.question.p, query->parsed.question.n);
	query->parsed.question.p = query->question;
	query->rule = names_rule_decide(names->web, &query->parsed, query->fault);
	queue(names, query);
	return true;
}

bool names_query_refuse(struct names *names, uint32_t client, uint64_t now_ns)
{
	struct names_query *query = allocate(names, client);

	(void)now_ns;
	if (!query)
		return false;
	query->rule = (struct names_rule){
	        .act = NAMES_ACT_DROP, .verdict = RECORD_DENY, .reason = REASON_TOO_LARGE};
	queue(names, query);
	return true;
}

void names_query_recorded(struct names *names, uint32_t place, uint64_t now_ns)
{
	struct names_query *query = &names->queries[place];

	if (query->state != NAMES_QUERY_RECORDING)
		return;
	names->recording--;
	if (query->rule.act == NAMES_ACT_ASK)
		ask(names, query, now_ns);
	else
		reply(names, query, now_ns);
	pump(names);
}

void names_query_resolved(struct names *names, uint32_t line, const struct names_result *result,
                          uint64_t now_ns)
{
	for (unsigned i = 0; i < NAMES_QUERIES_MAX; i++) {
		struct names_query *query = &names->queries[i];

		if (query->state == NAMES_QUERY_ASKING && query->line == line)
			settle(names, query, result, now_ns);
	}
}
