/* SPDX-License-Identifier: ISC */
/* resolver_zone.c: who has which address, and what the names below dns.test do.
 *
 * Addresses are those of the world's servers, 99.0.0.0/16, all of which answer. WAY.dns.test, and X.WAY.dns.test
 * for any X, does what WAY means; to-A-B-C-D.dns.test has that address, ttl-N.dns.test that TTL.
 */
#include "lab/world/resolver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOOD    "99.0.0.10"
#define OTHER   "99.0.0.11"
#define PRIVATE "192.168.1.1"
#define TTL     60

static const struct {
	const char *name; /* with a dot in front: all below */
	const char *address;
} hosts[] = {
        {"ok.test", GOOD},         {"other.test", OTHER},       {"api.test", "99.0.0.12"},
        {"pin.test", "99.0.0.13"}, {"plain.test", "99.0.0.14"}, {".wild.test", "99.0.0.15"},
        {"git.test", "99.0.0.16"}, {"big.test", "99.0.0.17"},   {".bad.test", "99.0.1.1"},
        {"private.test", PRIVATE}, {"loop.test", "127.0.0.1"},  {"meta.test", "169.254.169.254"},
        {"gone.test", "nxdomain"}, {"empty.test", "nodata"},    {"mute.test", "mute"},
        {"", "99.0.0.9"},
};

static bool ends_with(const char *name, const char *tail)
{
	size_t len = strlen(name), t = strlen(tail);

	return len >= t && strcmp(name + len - t, tail) == 0;
}

/* ---- ways that answer with addresses ---- */

static void rebind(const struct question *q, struct reply *r)
{
	message_a(&r->first, NULL, 0, q->times == 0 ? GOOD : PRIVATE);
}

static void turn(const struct question *q, struct reply *r)
{
	message_a(&r->first, NULL, 0, q->times % 2 == 0 ? GOOD : OTHER);
}

static void mixed(const struct question *q, struct reply *r)
{
	(void)q;
	message_a(&r->first, NULL, TTL, GOOD);
	message_a(&r->first, NULL, TTL, PRIVATE);
}

static void addresses(struct reply *r, unsigned count)
{
	char text[32];
	unsigned i;

	for (i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "99.0.%u.%u", 16 + i / 250, 1 + i % 250);
		message_a(&r->first, NULL, TTL, text);
	}
}

static void many(const struct question *q, struct reply *r)
{
	(void)q;
	addresses(r, 24);
}

/* More than UDP takes. */
static void huge(const struct question *q, struct reply *r)
{
	if (q->tcp)
		addresses(r, 3000);
	else
		message_set16(&r->first, 2, 0x8380);
}

static void truncated(const struct question *q, struct reply *r)
{
	if (q->tcp)
		message_a(&r->first, NULL, TTL, GOOD);
	else
		message_set16(&r->first, 2, 0x8380);
}

static void truncated_always(const struct question *q, struct reply *r)
{
	message_a(&r->first, NULL, TTL, GOOD);
	(void)q;
	message_set16(&r->first, 2, 0x8380);
}

static void no_tcp(const struct question *q, struct reply *r)
{
	message_set16(&r->first, 2, 0x8380);
	r->hang_up = q->tcp;
}

/* ---- ways with aliases ---- */

static void cname(const struct question *q, struct reply *r)
{
	message_cname(&r->first, q->name, "ok.test");
	message_a(&r->first, "ok.test", TTL, GOOD);
}

static void cname_chain(const struct question *q, struct reply *r)
{
	unsigned length = strstr(q->name, "cname-long") ? 40 : 4, i;
	char from[64], to[64];

	message_cname(&r->first, q->name, "a0.test");
	for (i = 0; i < length; i++) {
		snprintf(from, sizeof(from), "a%u.test", i);
		snprintf(to, sizeof(to), "a%u.test", i + 1);
		message_cname(&r->first, from, to);
	}
	snprintf(from, sizeof(from), "a%u.test", length);
	message_a(&r->first, from, TTL, GOOD);
}

static void cname_loop(const struct question *q, struct reply *r)
{
	message_cname(&r->first, q->name, "around.test");
	message_cname(&r->first, "around.test", q->name);
}

static void cname_self(const struct question *q, struct reply *r)
{
	message_cname(&r->first, q->name, q->name);
	message_a(&r->first, q->name, TTL, GOOD);
}

static void cname_away(const struct question *q, struct reply *r)
{
	message_cname(&r->first, q->name, "ok.test");
}

static void cname_private(const struct question *q, struct reply *r)
{
	message_cname(&r->first, q->name, "ok.test");
	message_a(&r->first, "ok.test", TTL, PRIVATE);
}

static void off_chain(const struct question *q, struct reply *r)
{
	message_a(&r->first, q->name, TTL, GOOD);
	message_a(&r->first, "ok.test", TTL, PRIVATE);
}

static void additional(const struct question *q, struct reply *r)
{
	message_a(&r->first, q->name, TTL, GOOD);
	message_a(&r->first, "ok.test", TTL, PRIVATE);
	message_move(&r->first, 2);
}

/* ---- ways that are not what was asked ---- */

static void wrong_id(const struct question *q, struct reply *r)
{
	message_a(&r->first, NULL, TTL, GOOD);
	message_set16(&r->first, 0, (uint16_t)((q->message[0] << 8 | q->message[1]) + 1));
}

/* A stranger's guess first, the answer behind it. */
static void guess(const struct question *q, struct reply *r)
{
	wrong_id(q, r);
	message_begin(&r->second, q, 0);
	message_a(&r->second, NULL, TTL, GOOD);
}

static void wrong_question(const struct question *q, struct reply *r)
{
	struct question other = *q;
	uint8_t changed[512];

	if (q->len > sizeof(changed))
		return;
	memcpy(changed, q->message, q->len);
	changed[13] = changed[13] == 'z' ? 'y' : 'z'; /* the first letter of its name */
	other.message = changed;
	message_begin(&r->first, &other, 0);
	message_a(&r->first, NULL, TTL, GOOD);
}

/* The question in other letters: 0x20 notices. */
static void other_case(const struct question *q, struct reply *r)
{
	size_t i;

	for (i = 13; i < q->end - 5; i++) {
		uint8_t c = r->first.bytes[i] & 0xdf;

		if (c >= 'A' && c <= 'Z')
			r->first.bytes[i] ^= 0x20;
	}
	message_a(&r->first, NULL, TTL, GOOD);
}

static void no_question(const struct question *q, struct reply *r)
{
	message_set16(&r->first, 4, 0);
	r->first.len = 12;
	message_a(&r->first, q->name, TTL, GOOD);
}

static void other_type(const struct question *q, struct reply *r)
{
	(void)q;
	message_record(&r->first, NULL, TYPE_TXT, TTL, "\x04text", 5);
}

static void other_class(const struct question *q, struct reply *r)
{
	size_t at = r->first.len;

	(void)q;
	message_a(&r->first, NULL, TTL, GOOD);
	message_set16(&r->first, at + 4, 3);
}

static void not_a_reply(const struct question *q, struct reply *r)
{
	(void)q;
	message_a(&r->first, NULL, TTL, GOOD);
	message_set16(&r->first, 2, 0x0100);
}

static void other_port(const struct question *q, struct reply *r)
{
	(void)q;
	message_a(&r->first, NULL, TTL, GOOD);
	r->other_port = true;
}

static void other_address(const struct question *q, struct reply *r)
{
	(void)q;
	message_a(&r->first, NULL, TTL, GOOD);
	r->other_address = true;
}

static void two_answers(const struct question *q, struct reply *r)
{
	message_a(&r->first, NULL, TTL, GOOD);
	message_begin(&r->second, q, 0);
	message_a(&r->second, NULL, TTL, PRIVATE);
}

/* ---- ways that are no messages ---- */

static void trailing(const struct question *q, struct reply *r)
{
	(void)q;
	message_a(&r->first, NULL, TTL, GOOD);
	memset(r->first.bytes + r->first.len, 0x5a, 8);
	r->first.len += 8;
}

static void cut(const struct question *q, struct reply *r)
{
	(void)q;
	message_a(&r->first, NULL, TTL, GOOD);
	r->first.len -= 2;
}

static void short_address(const struct question *q, struct reply *r)
{
	(void)q;
	message_record(&r->first, NULL, TYPE_A, TTL, "\x63\0\0", 3);
}

static void long_address(const struct question *q, struct reply *r)
{
	(void)q;
	message_record(&r->first, NULL, TYPE_A, TTL, "\x63\0\0\x0a\0", 5);
}

/* The name of the record points at itself. */
static void pointer_loop(const struct question *q, struct reply *r)
{
	size_t at = r->first.len;

	(void)q;
	message_a(&r->first, NULL, TTL, GOOD);
	message_set16(&r->first, at, (uint16_t)(0xc000 | at));
}

static void counts_lie(const struct question *q, struct reply *r)
{
	(void)q;
	message_a(&r->first, NULL, TTL, GOOD);
	message_set16(&r->first, 6, 2);
}

static void error_with_address(const struct question *q, struct reply *r)
{
	(void)q;
	message_a(&r->first, NULL, TTL, GOOD);
	message_set16(&r->first, 2, 0x8183);
}

static void late(const struct question *q, struct reply *r)
{
	(void)q;
	message_a(&r->first, NULL, TTL, GOOD);
	r->late_ms = 1000;
}

static void mute(const struct question *q, struct reply *r)
{
	(void)q;
	r->first.len = 0;
}

/* ---- errors ---- */

static void nxdomain(const struct question *q, struct reply *r)
{
	message_begin(&r->first, q, 3);
	message_soa(&r->first, TTL);
}

static void nodata(const struct question *q, struct reply *r)
{
	(void)q;
	message_soa(&r->first, TTL);
}

static void formerr(const struct question *q, struct reply *r)
{
	message_begin(&r->first, q, 1);
}

static void servfail(const struct question *q, struct reply *r)
{
	message_begin(&r->first, q, 2);
}

static void refused(const struct question *q, struct reply *r)
{
	message_begin(&r->first, q, 5);
}

static const struct way {
	const char *name;
	void (*act)(const struct question *q, struct reply *r);
	const char *words;
} ways[] = {
        {"rebind", rebind, "the first time " GOOD " with TTL 0, then " PRIVATE},
        {"turn", turn, GOOD " and " OTHER " in turn, TTL 0"},
        {"mixed", mixed, GOOD " and " PRIVATE},
        {"many", many, "24 addresses"},
        {"huge", huge, "3000 addresses, over TCP"},
        {"truncated", truncated, "over TCP alone"},
        {"truncated-always", truncated_always, "truncated over TCP as well"},
        {"no-tcp", no_tcp, "truncated, and TCP is hung up"},
        {"cname", cname, "an alias of ok.test, with its address"},
        {"cname-chain", cname_chain, "5 aliases"},
        {"cname-long", cname_chain, "41 aliases"},
        {"cname-loop", cname_loop, "two aliases of each other"},
        {"cname-self", cname_self, "an alias of itself, and an address"},
        {"cname-away", cname_away, "an alias of ok.test, without an address"},
        {"cname-private", cname_private, "an alias of ok.test, which is said to be " PRIVATE},
        {"off-chain", off_chain, "right, and ok.test is said to be " PRIVATE},
        {"additional", additional, "the same in the additional section"},
        {"wrong-id", wrong_id, "the answer to another id"},
        {"guess", guess, "the same, and then the right one"},
        {"wrong-question", wrong_question, "the answer to another name"},
        {"other-case", other_case, "the name in other letters"},
        {"no-question", no_question, "an answer without the question"},
        {"other-type", other_type, "TXT, whatever was asked"},
        {"other-class", other_class, "an address of class CH"},
        {"not-a-reply", not_a_reply, "a query with an answer in it"},
        {"other-port", other_port, "from another port"},
        {"other-address", other_address, "from another address"},
        {"two-answers", two_answers, GOOD ", and a second answer with " PRIVATE},
        {"trailing", trailing, "8 bytes behind it"},
        {"cut", cut, "2 bytes are missing"},
        {"short-address", short_address, "an address of 3 bytes"},
        {"long-address", long_address, "an address of 5 bytes"},
        {"pointer-loop", pointer_loop, "a name that points at itself"},
        {"counts-lie", counts_lie, "2 answers announced, 1 there"},
        {"error-with-address", error_with_address, "NXDOMAIN with " GOOD},
        {"late", late, "after a second"},
        {"mute", mute, "nothing"},
        {"nxdomain", nxdomain, "NXDOMAIN"},
        {"nodata", nodata, "NOERROR without a record"},
        {"formerr", formerr, "FORMERR"},
        {"servfail", servfail, "SERVFAIL"},
        {"refused", refused, "REFUSED"},
};

void zone_list(void)
{
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		printf("%-20s %s\n", ways[i].name, ways[i].words);
}

/* The label in front of dns.test. */
static void way_of(const char *name, char out[64])
{
	const char *end = name + strlen(name) - strlen(".dns.test"), *from = end;

	while (from > name && from[-1] != '.')
		from--;
	snprintf(out, 64, "%.*s", (int)(end - from), from);
}

static bool act(const char *way, const struct question *q, struct reply *r)
{
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(ways[i].name, way) == 0) {
			ways[i].act(q, r);
			return true;
		}
	return false;
}

static void odd(const struct question *q, struct reply *r)
{
	char way[64], *dash;

	way_of(q->name, way);
	if (act(way, q, r))
		return;
	if (strncmp(way, "to-", 3) == 0) {
		for (dash = way + 3; (dash = strchr(dash, '-')); dash++)
			*dash = '.';
		message_a(&r->first, NULL, TTL, way + 3);
	} else if (strncmp(way, "ttl-", 4) == 0) {
		message_a(&r->first, NULL, (uint32_t)strtoul(way + 4, NULL, 10), GOOD);
	} else {
		nxdomain(q, r);
	}
}

void zone_answer(const struct question *q, struct reply *out)
{
	size_t i;

	message_begin(&out->first, q, 0);
	if (q->type == TYPE_TXT) {
		message_record(&out->first, NULL, TYPE_TXT, TTL, "\x08gauntlet", 9);
	} else if (ends_with(q->name, ".dns.test")) {
		if (q->type == TYPE_A)
			odd(q, out);
		else
			nodata(q, out);
	} else {
		for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
			if (hosts[i].name[0] == '.' || !hosts[i].name[0]
			            ? ends_with(q->name, hosts[i].name)
			            : strcmp(q->name, hosts[i].name) == 0)
				break;
		if (!act(hosts[i].address, q, out)) {
			if (q->type == TYPE_A)
				message_a(&out->first, NULL, TTL, hosts[i].address);
			else
				nodata(q, out);
			message_end(&out->first, q);
		}
	}
}
