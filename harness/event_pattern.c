/* SPDX-License-Identifier: ISC */
/* event_pattern.c: see event_pattern.h. */
#include "harness/event_pattern.h"

#include "harness/recipe_parse.h"

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
        "peer-closed",
        "cut-frame",
        "bad-frame-length",
        "channel-error",
        "signal",
        "dialer-died",
        "audit-failed",
        "violation",
        NULL,
};

static const char *const protocol_words[] = {"eth",  "arp", "ipv4", "ipv6",
                                             "icmp", "udp", "tcp",  NULL};
static const char *const clause_words[] = {"src", "dst", "reason", "rule", NULL};

enum clause { CLAUSE_PROTO = 4, CLAUSE_COUNT };

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
	case 0:
		return read_endpoint(lx, target, &out->src);
	case 1:
		return read_endpoint(lx, target, &out->dst);
	case 2:
		return read_reason(lx, out->reason);
	case 3:
		return copy_word(lx, "rule's id", out->rule);
	default:
		memcpy(out->proto, lx->word, lx->len + 1);
		return true;
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
	       endpoint_fits(&p->dst, ev->dst, ev->dport);
}

uint64_t event_weight(const struct event *ev)
{
	return 1 + (uint64_t)ev->suppressed;
}
