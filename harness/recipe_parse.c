/* SPDX-License-Identifier: ISC */
/* recipe_parse.c: the grammar of a recipe.
 *
 * A recipe is a kind word, its head (endpoints, an EtherType, a file) and then clauses and keys in
 * any order. `carrying` and `sends` end a recipe and begin the one inside it; there is one level of
 * that, so the parser runs twice and never calls itself.
 */
#include "harness/recipe_parse.h"

#include "harness/recipe_word.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ON(kind) (1u << RECIPE_##kind)
#define ON_IP4   (ON(UDP) | ON(TCP) | ON(ICMP) | ON(IP4))
#define ON_IP6   (ON(UDP6) | ON(TCP6) | ON(ICMP6) | ON(IP6))
#define ON_BODY  (ON_IP4 | ON_IP6 | ON(ETH))
#define ON_TYPE  (ON(ICMP) | ON(ICMP6) | ON(DHCP))

static const struct recipe_word kind_words[] = {
        {"udp", RECIPE_UDP},   {"tcp", RECIPE_TCP},
        {"icmp", RECIPE_ICMP}, {"arp", RECIPE_ARP},
        {"dhcp", RECIPE_DHCP}, {"ip4", RECIPE_IP4},
        {"igmp", RECIPE_IP4},  {"udp6", RECIPE_UDP6},
        {"tcp6", RECIPE_TCP6}, {"icmp6", RECIPE_ICMP6},
        {"ip6", RECIPE_IP6},   {"eth", RECIPE_ETH},
        {"raw", RECIPE_RAW},   {"replay", RECIPE_REPLAY},
        {"run", RECIPE_RUN},   {NULL, 0},
};

static_assert(LEX_WORD_MAX <= RECIPE_TEXT_MAX, "texts are copied from the lexer's word");

/* The next word, unless the line or the recipe ends here; a stop word is left unread. */
static bool next_word(struct recipe_parser *p)
{
	const char *at = p->lx->p;

	if (!lex_next(p->lx))
		return false;
	for (size_t i = 0; p->stop && p->stop[i]; i++) {
		if (lex_is(p->lx, p->stop[i])) {
			p->lx->p = at;
			return false;
		}
	}
	return true;
}

static bool want_word(struct recipe_parser *p, const char *what)
{
	if (next_word(p))
		return true;
	recipe_complain(p, 0, 0, "%s is missing", what);
	return false;
}

static bool want_number(struct recipe_parser *p, const char *what, uint32_t max, uint64_t *out)
{
	if (!want_word(p, what))
		return false;
	if (!p->lx->string && recipe_number(p->lx->word, max, out))
		return true;
	recipe_complain(p, 0, 0, "%s is a number from 0 to %u", what, max);
	return false;
}

static void suggest(struct recipe_parser *p, const char *what, const char *nearest)
{
	recipe_complain(p, 0, 0, "unknown %s '%s'%s%s%s", what, p->lx->word,
	                nearest ? "; did you mean '" : "", nearest ? nearest : "",
	                nearest ? "'?" : "");
}

/* Clauses: the words behind the head. */

static void parse_flags(struct recipe_parser *p)
{
	static const char letters[] = "FSRPAUEC";
	const char *found;

	if (!want_word(p, "the flags"))
		return;
	p->r->any_flags = false;
	p->r->tcp_flags = 0;
	if (lex_is(p->lx, "none"))
		return;
	for (const char *c = p->lx->word; *c; c++) {
		found = strchr(letters, *c == '.' ? 'A' : *c);
		if (found)
			p->r->tcp_flags |= (uint8_t)(1u << (found - letters));
		else
			recipe_complain(p, (unsigned)(c - p->lx->word), 1,
			                "TCP flags are the letters %s, or `none`", letters);
	}
}

static void set_type(struct recipe_parser *p, uint64_t type)
{
	if (!p->r->any_type)
		recipe_complain(p, 0, 0, "a second type");
	p->r->type = (uint8_t)type;
	p->r->any_type = false;
}

static void parse_type(struct recipe_parser *p)
{
	uint64_t type;

	if (want_number(p, "the type", 255, &type))
		set_type(p, type);
}

static void parse_code(struct recipe_parser *p)
{
	uint64_t code;

	if (want_number(p, "the code", 255, &code)) {
		p->r->code = (uint8_t)code;
		p->r->any_code = false;
	}
}

static void parse_proto(struct recipe_parser *p)
{
	uint64_t proto;

	if (want_number(p, "the protocol", 255, &proto)) {
		p->r->proto = (uint16_t)proto;
		p->r->any_proto = false;
	}
}

/* `tell`: whom the ARP packet is for when it is a reply, who asks when it is a question. */
static void parse_tell(struct recipe_parser *p)
{
	if (want_word(p, "an address"))
		recipe_endpoint(p, false, p->r->type == 2 ? &p->r->dst : &p->r->src);
}

static void parse_is_at(struct recipe_parser *p)
{
	if (!want_word(p, "a MAC"))
		return;
	if (p->r->pattern && lex_is(p->lx, "*"))
		return;
	p->r->has_mac = addr_parse_mac(p->lx->word, p->r->mac);
	if (!p->r->has_mac)
		recipe_complain(p, 0, 0, "a MAC is written 52:54:00:12:34:56");
}

static void set_body(struct recipe_parser *p, enum recipe_body body)
{
	p->r->body = body;
	memcpy(p->r->text, p->lx->word, p->lx->len + 1);
}

static void parse_payload(struct recipe_parser *p)
{
	if (want_word(p, "the payload"))
		set_body(p, BODY_TEXT);
}

static void parse_hex(struct recipe_parser *p)
{
	uint8_t bytes[RECIPE_TEXT_MAX / 2];
	size_t len;

	if (!want_word(p, "the bytes"))
		return;
	if (!recipe_hex(p->lx->word, bytes, sizeof(bytes), &len))
		recipe_complain(p, 0, 0, "not pairs of hexadecimal digits");
	set_body(p, BODY_HEX);
}

/* A label is 1 to 63 bytes, a name up to 253; the root is a single dot. */
static bool is_dns_name(const char *name)
{
	size_t label;

	if (strcmp(name, ".") == 0)
		return true;
	if (strlen(name) > 253 || !*name)
		return false;
	while (*name) {
		label = strcspn(name, ".");
		if (label < 1 || label > 63)
			return false;
		name += label + (name[label] == '.');
	}
	return true;
}

static void parse_dns(struct recipe_parser *p)
{
	const struct recipe_word *type;
	uint64_t number;

	if (!want_word(p, "the query type"))
		return;
	type = recipe_word_find(recipe_dns_words, p->lx->word);
	if (type)
		p->r->dns_type = type->number;
	else if (recipe_number(p->lx->word, 0xffff, &number))
		p->r->dns_type = (uint16_t)number;
	else
		suggest(p, "query type", recipe_word_nearest(recipe_dns_words, p->lx->word));
	if (!want_word(p, "the name"))
		return;
	if (!is_dns_name(p->lx->word))
		recipe_complain(p, 0, 0, "a name has labels of 1 to 63 bytes, 253 in all");
	set_body(p, BODY_DNS);
}

static void parse_size(struct recipe_parser *p)
{
	uint64_t size;

	if (want_number(p, "the size", 65535, &size)) {
		p->r->size = (uint32_t)size;
		p->r->has_size = true;
	}
}

/* `carrying` and `sends`: the rest of the words belongs to the inner recipe. */
static void parse_inner(struct recipe_parser *p)
{
	if (p->is_inner) {
		recipe_complain(p, 0, 0, "a recipe inside a recipe can hold no third one");
		return;
	}
	p->r->inner = calloc(1, sizeof(*p->r->inner));
	if (!p->r->inner)
		recipe_complain(p, 0, 0, "out of memory");
	else if (p->r->kind != RECIPE_RUN)
		p->r->body = BODY_CARRYING;
}

static const struct clause {
	const char *word;
	unsigned kinds;
	bool body;
	void (*parse)(struct recipe_parser *p);
} clauses[] = {
        {"flags", ON(TCP) | ON(TCP6), false, parse_flags},
        {"type", ON_TYPE, false, parse_type},
        {"code", ON(ICMP) | ON(ICMP6), false, parse_code},
        {"proto", ON(IP4) | ON(IP6), false, parse_proto},
        {"tell", ON(ARP), false, parse_tell},
        {"is-at", ON(ARP), false, parse_is_at},
        {"payload", ON_BODY, true, parse_payload},
        {"hex", ON_BODY | ON(RAW), true, parse_hex},
        {"dns", ON_BODY, true, parse_dns},
        {"carrying", ON_BODY, true, parse_inner},
        {"size", ON_BODY, false, parse_size},
        {"sends", ON(RUN), false, parse_inner},
};

enum { CLAUSES = sizeof(clauses) / sizeof(clauses[0]) };

static const struct recipe_word *type_words(const struct recipe *r)
{
	return r->kind == RECIPE_ICMP    ? recipe_icmp_words
	       : r->kind == RECIPE_ICMP6 ? recipe_icmp6_words
	                                 : NULL;
}

static bool has_clause(const struct recipe_parser *p, const char *word)
{
	for (size_t i = 0; i < CLAUSES; i++)
		if (strcmp(clauses[i].word, word) == 0)
			return p->clauses >> i & 1;
	return false;
}

static void unknown_clause(struct recipe_parser *p)
{
	const struct recipe_word *types = type_words(p->r);
	const char *words[CLAUSES + 1] = {NULL};
	const char *nearest;
	size_t n = 0;

	for (size_t i = 0; i < CLAUSES; i++)
		if (clauses[i].kinds & 1u << p->r->kind)
			words[n++] = clauses[i].word;
	nearest = diag_nearest(p->lx->word, words);
	if (!nearest && types)
		nearest = recipe_word_nearest(types, p->lx->word);
	if (!nearest)
		nearest = recipe_key_nearest(p->lx->word);
	suggest(p, "word", nearest);
}

static void parse_clause(struct recipe_parser *p, size_t i)
{
	bool second = p->clauses >> i & 1;

	if (!(clauses[i].kinds & 1u << p->r->kind))
		recipe_complain(p, 0, 0, "'%s' cannot stand here", clauses[i].word);
	else if (second || (clauses[i].body && p->r->body != BODY_DEFAULT))
		recipe_complain(p, 0, 0, second ? "'%s' was given before" : "'%s' is a second body",
		                clauses[i].word);
	p->clauses |= 1u << i;
	clauses[i].parse(p);
}

static void parse_clauses(struct recipe_parser *p)
{
	const struct recipe_word *type;
	size_t i;

	while (!p->r->inner && next_word(p)) {
		for (i = 0; i < CLAUSES && !lex_is(p->lx, clauses[i].word); i++)
			;
		type = type_words(p->r) && !p->lx->string
		               ? recipe_word_find(type_words(p->r), p->lx->word)
		               : NULL;
		if (i < CLAUSES)
			parse_clause(p, i);
		else if (type)
			set_type(p, type->number);
		else if (!recipe_key_word(p))
			unknown_clause(p);
	}
}

/* Heads: what stands directly behind the kind word. */

static void parse_endpoints(struct recipe_parser *p, bool six, bool ports)
{
	struct recipe *r = p->r;

	for (int i = 0; i < 2; i++) {
		if (i && !want_word(p, "'>' and the destination"))
			return;
		if (i && !lex_is(p->lx, ">")) {
			recipe_complain(p, 0, 0, "'>' must stand between source and destination");
			return;
		}
		if (!want_word(p, i ? "the destination" : "the source"))
			return;
		if (six)
			recipe_endpoint6(p, ports, i ? &r->dst6 : &r->src6);
		else
			recipe_endpoint(p, ports, i ? &r->dst : &r->src);
	}
}

static void parse_arp(struct recipe_parser *p)
{
	struct recipe *r = p->r;
	const char *words[] = {"who-has", "reply", NULL};

	r->src = r->dst = (struct endpoint){.any_ip = true, .any_port = true};
	if (!next_word(p) || recipe_key_word(p)) {
		if (!r->pattern)
			recipe_complain(p, 0, 0, "arp needs who-has or reply");
		return;
	}
	if (lex_is(p->lx, "who-has") || lex_is(p->lx, "reply")) {
		set_type(p, lex_is(p->lx, "reply") ? 2 : 1);
		if (want_word(p, "an address"))
			recipe_endpoint(p, false, r->type == 2 ? &r->src : &r->dst);
		return;
	}
	suggest(p, "ARP operation", diag_nearest(p->lx->word, words));
}

static bool looks_like_endpoint(const struct lex *lx)
{
	return !lx->string && (strchr("$*>", lx->word[0]) || strchr(lx->word, ':')) &&
	       !strchr(lx->word, '=');
}

static void dhcp_default_endpoints(struct recipe *r)
{
	const struct endpoint nobody = {.port = 68};
	const struct endpoint everybody = {.ip = 0xffffffff, .port = 67};

	r->src = nobody;
	r->dst = everybody;
	switch (r->type) {
	case 2: /* offer, ack, nak: from the server */
	case 5:
	case 6:
		r->src = (struct endpoint){.ip = LAB_GW_IP, .port = 67};
		r->dst.port = 68;
		break;
	case 7: /* release: to the server alone, RFC 2131 section 4.4.4 */
		r->src.ip = LAB_VM_IP;
		r->dst.ip = LAB_GW_IP;
		break;
	case 8: /* inform: from an address that the client has */
		r->src.ip = LAB_VM_IP;
		break;
	default:
		break;
	}
}

static void parse_dhcp(struct recipe_parser *p)
{
	struct recipe *r = p->r;
	const struct recipe_word *type;
	const char *at = p->lx->p;

	r->src = r->dst = (struct endpoint){.any_ip = true, .any_port = true};
	if (!next_word(p))
		return;
	type = recipe_word_find(recipe_dhcp_words, p->lx->word);
	if (type && !p->lx->string) {
		set_type(p, type->number);
		at = p->lx->p;
	} else if (!strchr(p->lx->word, '=') && !looks_like_endpoint(p->lx) &&
	           !lex_is(p->lx, "type")) {
		suggest(p, "DHCP message", recipe_word_nearest(recipe_dhcp_words, p->lx->word));
		return;
	}
	p->lx->p = at;
	if (!r->pattern)
		dhcp_default_endpoints(r);
	if (next_word(p)) {
		bool endpoints = looks_like_endpoint(p->lx);

		p->lx->p = at;
		if (endpoints)
			parse_endpoints(p, false, true);
	}
}

/* FILE#N. The name stays inside the folder of captures. */
static void parse_replay(struct recipe_parser *p)
{
	const char *word = p->lx->word;
	size_t len;
	uint64_t number = 0;

	if (!want_word(p, "a capture file and frame, such as bypass.pcap#12,"))
		return;
	len = strcspn(word, "#");
	if (word[len] != '#' || !recipe_number(word + len + 1, UINT32_MAX, &number) || !number) {
		recipe_complain(p, 0, 0, "a frame is written FILE#N; the first is 1");
		return;
	}
	if (word[0] == '.' || !len || memchr(word, '/', len)) {
		recipe_complain(p, 0, (unsigned)len,
		                "a capture is a file in pcaps/, without a path");
		return;
	}
	memcpy(p->r->text, word, len);
	p->r->frame_number = (uint32_t)number;
}

static void parse_head(struct recipe_parser *p)
{
	uint64_t number = 0;

	switch (p->r->kind) {
	case RECIPE_UDP:
	case RECIPE_TCP:
		parse_endpoints(p, false, true);
		break;
	case RECIPE_ICMP:
	case RECIPE_IP4:
		parse_endpoints(p, false, false);
		break;
	case RECIPE_ARP:
		parse_arp(p);
		break;
	case RECIPE_DHCP:
		parse_dhcp(p);
		break;
	case RECIPE_UDP6:
	case RECIPE_TCP6:
		parse_endpoints(p, true, true);
		break;
	case RECIPE_ICMP6:
	case RECIPE_IP6:
		parse_endpoints(p, true, false);
		break;
	case RECIPE_ETH:
		if (want_number(p, "the EtherType", 0xffff, &number))
			p->r->proto = (uint16_t)number;
		break;
	case RECIPE_REPLAY:
		parse_replay(p);
		break;
	case RECIPE_RUN:
		if (want_word(p, "the command"))
			memcpy(p->r->text, p->lx->word, p->lx->len + 1);
		break;
	case RECIPE_RAW:
		break;
	}
}

/* What a packet to send may not leave out; the complaint stands behind the last word. */
static void check_complete(struct recipe_parser *p)
{
	const struct recipe *r = p->r;
	const char *missing = NULL;

	if (r->kind == RECIPE_RAW && r->body != BODY_HEX)
		missing = "hex and the bytes of the frame";
	else if (r->kind == RECIPE_RUN && !r->inner)
		missing = "`sends` and what the command puts on the frame channel";
	else if (r->pattern)
		return;
	else if (1u << r->kind & ON_TYPE && r->any_type)
		missing = r->kind == RECIPE_DHCP ? "the DHCP message" : "the ICMP type";
	else if ((r->kind == RECIPE_IP4 || r->kind == RECIPE_IP6) && r->any_proto &&
	         r->body != BODY_CARRYING)
		missing = "`proto` and the protocol's number";
	else if (r->kind == RECIPE_ARP && !has_clause(p, "tell"))
		missing = "`tell` and an address";
	if (missing)
		recipe_complain(p, 0, 0, "%s: missing", missing);
}

/* One packet, up to the end or to its inner packet. */
static void parse_packet(struct recipe_parser *p)
{
	struct recipe *r = p->r;
	const struct recipe_word *kind;
	unsigned allowed = p->in_tunnel ? ON_IP4 | ON_IP6 | ON(DHCP) : r->pattern ? ~ON(RUN) : ~0u;

	p->clauses = 0;
	r->any_type = r->any_code = r->any_proto = r->any_flags = true;
	if (!want_word(p, "a packet, such as udp or arp,"))
		return;
	kind = p->lx->string ? NULL : recipe_word_find(kind_words, p->lx->word);
	if (!kind) {
		suggest(p, "kind of packet", recipe_word_nearest(kind_words, p->lx->word));
		return;
	}
	r->kind = (enum recipe_kind)kind->number;
	if (!(allowed & 1u << r->kind)) {
		recipe_complain(p, 0, 0, "'%s' cannot stand here", kind->word);
		return;
	}
	if (strcmp(kind->word, "igmp") == 0) {
		r->proto = 2;
		r->any_proto = false;
	}
	parse_head(p);
	if (p->ok)
		parse_clauses(p);
	if (p->ok)
		check_complete(p);
	if (!r->pattern) {
		r->any_code = r->any_flags = false;
		if (!has_clause(p, "flags"))
			r->tcp_flags = 2; /* SYN */
	}
}

static bool is_ip6(const struct recipe *r)
{
	return (1u << r->kind & ON_IP6) != 0;
}

bool recipe_parse(struct lex *lx, bool pattern, uint32_t target, const char *const *stop,
                  struct diag *diag, struct recipe *out)
{
	struct recipe_parser p = {
	        .lx = lx, .diag = diag, .stop = stop, .target = target, .r = out, .ok = true};

	*out = (struct recipe){.pattern = pattern};
	parse_packet(&p);
	if (out->inner && p.ok) {
		p.r = out->inner;
		p.is_inner = true;
		p.in_tunnel = out->kind != RECIPE_RUN;
		p.r->pattern = pattern || out->kind == RECIPE_RUN;
		parse_packet(&p);
		if (out->any_proto) {
			out->proto = is_ip6(out->inner) ? 41 : 4;
			out->any_proto = false;
		}
	}
	if (p.ok && !lx->bad)
		return true;
	while (next_word(&p))
		;
	recipe_free(out);
	return false;
}
