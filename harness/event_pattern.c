/* SPDX-License-Identifier: ISC */
/* event_pattern.c: see event_pattern.h. */
#include "harness/event_pattern.h"

#include "harness/recipe_parse.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

const char *const event_reasons[] = {
        "runt",
        "too-big",
        "wrong-source-mac",
        "vlan",
        "llc",
        "unknown-ethertype",
        "wrong-destination-mac",
        "ipv6",
        "benign",
        "arp-malformed",
        "arp-wrong-sender",
        "arp-not-request",
        "arp-not-gateway",
        "bad-version",
        "bad-ihl",
        "bad-length",
        "bad-checksum",
        "ttl-zero",
        "fragment",
        "ip-options",
        "wrong-source-ip",
        "wrong-destination-ip",
        "this-host",
        "protocol",
        "udp-length",
        "udp-checksum",
        "port-zero",
        "icmp-malformed",
        "icmp",
        "icmp-error",
        "dhcp-malformed",
        "dhcp-wrong-client",
        "dhcp-ignored",
        "tcp-length",
        "tcp-checksum",
        "tcp-flags",
        "tcp-no-connection",
        "tcp-table-full",
        "not-allowed",
        "flow-table-full",
        "dialer-refused",
        "no-socket",
        "send-failed",
        "guest-stalled",
        "unsolicited",
        "dns-malformed",
        "name-denied",
        "name-unknown",
        "name-private",
        "resolver-failed",
        "tls-malformed",
        "tls-refused",
        "http-malformed",
        "host-mismatch",
        "request-denied",
        "upgrade-denied",
        "upstream-unreachable",
        "upstream-certificate",
        "upstream-malformed",
        "too-slow",
        "too-large",
        "gate-full",
        "peer-closed",
        "cut-frame",
        "bad-frame-length",
        "channel-error",
        "signal",
        "dialer-died",
        "gate-died",
        "audit-failed",
        "violation",
        NULL,
};

static const char *const protocol_words[] = {"eth",  "arp", "ipv4", "ipv6",
                                             "icmp", "udp", "tcp",  NULL};
static const char *const clause_words[] = {"src",    "dst",    "reason", "rule",   "name",
                                           "host",   "path",   "type",   "method", "verdict",
                                           "detail", "status", NULL};

enum clause {
	CLAUSE_SRC,
	CLAUSE_DST,
	CLAUSE_REASON,
	CLAUSE_RULE,
	CLAUSE_NAME, /* from here on: of dns, conn and http */
	CLAUSE_HOST,
	CLAUSE_PATH,
	CLAUSE_TYPE,
	CLAUSE_METHOD,
	CLAUSE_VERDICT,
	CLAUSE_DETAIL,
	CLAUSE_STATUS,
	CLAUSE_PROTO
};

static bool is_one_of(const struct lex *lx, const char *const *words)
{
	for (; words && *words; words++)
		if (lex_is(lx, *words))
			return true;
	return false;
}

/* ip-0 to ip-255 */
static bool is_protocol_number(const struct lex *lx)
{
	uint64_t number;

	return !lx->string && strncmp(lx->word, "ip-", 3) == 0 &&
	       isdigit((unsigned char)lx->word[3]) && recipe_number(lx->word + 3, 255, &number);
}

static bool read_endpoint(struct lex *lx, uint32_t target, struct endpoint *out)
{
	struct recipe r = {.pattern = true};
	struct recipe_parser p = {
	        .lx = lx, .diag = lx->diag, .target = target, .r = &r, .ok = true};

	if (!lex_next(lx)) {
		lex_error(lx, "an address is missing");
		return false;
	}
	if (!recipe_endpoint(&p, strchr(lx->word, ':') || lex_is(lx, "$CONSUMER"), out))
		return false;
	if (!out->nat)
		return true;
	lex_error(lx, "$NAT cannot stand here: an event names the endpoints of the guest's frame");
	return false;
}

static bool copy_text(struct lex *lx, const char *what, char *out, size_t size)
{
	if (!lex_next(lx) || lx->len >= size) {
		lex_error(lx, "a %s is missing", what);
		return false;
	}
	memcpy(out, lx->word, lx->len + 1);
	return true;
}

static bool read_verdict(struct lex *lx, char *out)
{
	static const char *const words[] = {"allow",  "deny", "empty", "failed",
	                                    "splice", "mitm", NULL};

	if (!copy_text(lx, "verdict", out, EVENT_WORD_MAX))
		return false;
	if (is_one_of(lx, words))
		return true;
	lex_unknown(lx, "verdict", words);
	return false;
}

static bool read_status(struct lex *lx, struct event_pattern *out)
{
	uint64_t number;

	if (!lex_next(lx) || !recipe_number(lx->word, 999, &number)) {
		lex_error(lx, "a number such as 403 follows 'status'");
		return false;
	}
	out->has_status = true;
	out->status = (int64_t)number;
	return true;
}

/* What only dns, conn and http have. */
static bool read_request(struct lex *lx, enum clause clause, struct event_pattern *out)
{
	if (out->kind != EVENT_DNS && out->kind != EVENT_CONN && out->kind != EVENT_HTTP) {
		lex_error(lx, "'%s' stands in events dns, conn and http only", lx->word);
		return false;
	}
	switch ((int)clause) {
	case CLAUSE_NAME:
		return copy_text(lx, "name", out->name, sizeof(out->name));
	case CLAUSE_HOST:
		return copy_text(lx, "host's name", out->host, sizeof(out->host));
	case CLAUSE_PATH:
		return copy_text(lx, "path", out->path, sizeof(out->path));
	case CLAUSE_TYPE:
		return copy_text(lx, "type", out->type, sizeof(out->type));
	case CLAUSE_METHOD:
		return copy_text(lx, "method", out->method, sizeof(out->method));
	case CLAUSE_VERDICT:
		return read_verdict(lx, out->verdict);
	case CLAUSE_DETAIL:
		return copy_text(lx, "detail", out->detail, sizeof(out->detail));
	default:
		return read_status(lx, out);
	}
}

static bool copy_word(struct lex *lx, const char *what, char *out)
{
	if (!lex_next(lx) || lx->string || lx->len >= EVENT_WORD_MAX) {
		lex_error(lx, "a %s is missing", what);
		return false;
	}
	memcpy(out, lx->word, lx->len + 1);
	return true;
}

static bool read_reason(struct lex *lx, char *out)
{
	if (!copy_word(lx, "reason", out))
		return false;
	if (is_one_of(lx, event_reasons))
		return true;
	lex_unknown(lx, "reason", event_reasons);
	return false;
}

/* The current word is the first of a clause. */
static bool read_clause(struct lex *lx, uint32_t target, unsigned *seen, struct event_pattern *out)
{
	unsigned clause = 0;

	if (is_one_of(lx, protocol_words) || is_protocol_number(lx))
		clause = CLAUSE_PROTO;
	else
		while (clause_words[clause] && !lex_is(lx, clause_words[clause]))
			clause++;
	static_assert(sizeof(clause_words) / sizeof(clause_words[0]) == CLAUSE_PROTO + 1,
	              "a word for each");
	if (clause == CLAUSE_PROTO && !is_one_of(lx, protocol_words) && !is_protocol_number(lx)) {
		lex_unknown(lx, "word", clause_words);
		return false;
	}
	if (*seen >> clause & 1) {
		lex_error(lx, "'%s' is a second one", lx->word);
		return false;
	}
	*seen |= 1u << clause;
	switch (clause) {
	case CLAUSE_SRC:
		return read_endpoint(lx, target, &out->src);
	case CLAUSE_DST:
		return read_endpoint(lx, target, &out->dst);
	case CLAUSE_REASON:
		return read_reason(lx, out->reason);
	case CLAUSE_RULE:
		return copy_word(lx, "rule's id", out->rule);
	case CLAUSE_PROTO:
		memcpy(out->proto, lx->word, lx->len + 1);
		return true;
	default:
		return read_request(lx, (enum clause)clause, out);
	}
}

bool event_pattern_parse(struct lex *lx, uint32_t target, const char *const *stop,
                         struct event_pattern *out)
{
	unsigned seen = 0, kind = 0;
	bool ok = true;

	*out = (struct event_pattern){.src = {.any_ip = true, .any_port = true},
	                              .dst = {.any_ip = true, .any_port = true}};
	if (!lex_next(lx)) {
		lex_error(lx, "the kind of event is missing");
		return false;
	}
	while (kind < EVENT_KIND_COUNT && !lex_is(lx, event_kind_words[kind]))
		kind++;
	if (kind == EVENT_KIND_COUNT) {
		lex_unknown(lx, "kind of event", event_kind_words);
		ok = false;
	}
	out->kind = (enum event_kind)kind;
	while (lex_peek(lx) && !is_one_of(lx, stop)) {
		lex_next(lx);
		ok &= read_clause(lx, target, &seen, out);
	}
	return ok && !lx->bad;
}

static bool word_fits(const char *wanted, const char *said)
{
	return !*wanted || strcmp(wanted, said) == 0;
}

static bool endpoint_fits(const struct endpoint *e, uint32_t ip, uint16_t port)
{
	return (e->any_ip || e->ip == ip) && (e->any_port || e->port == port);
}

bool event_pattern_matches(const struct event_pattern *p, const struct event *ev)
{
	return p->kind == ev->kind && word_fits(p->proto, ev->proto) &&
	       word_fits(p->reason, ev->reason) && word_fits(p->rule, ev->rule) &&
	       endpoint_fits(&p->src, ev->src, ev->sport) &&
	       endpoint_fits(&p->dst, ev->dst, ev->dport) && word_fits(p->name, ev->name) &&
	       word_fits(p->host, ev->host) && word_fits(p->path, ev->path) &&
	       word_fits(p->type, ev->type) && word_fits(p->method, ev->method) &&
	       word_fits(p->verdict, ev->verdict) && word_fits(p->detail, ev->detail) &&
	       (!p->has_status || p->status == ev->status);
}

uint64_t event_weight(const struct event *ev)
{
	return 1 + (uint64_t)ev->suppressed;
}
