/* SPDX-License-Identifier: ISC */
/* decode_line.c: one frame as one line for people, in the words of a recipe. */
#include "harness/decode.h"

#include "harness/addr.h"
#include "harness/recipe_word.h"

#include <stdarg.h>
#include <stdio.h>

#define SHOWN_MAX 40 /* payload bytes shown */

struct line {
	char *text; /* DECODE_LINE bytes */
	size_t len;
};

static void add(struct line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct line *l, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->text + l->len, DECODE_LINE - l->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->len += (size_t)n < DECODE_LINE - l->len ? (size_t)n : DECODE_LINE - l->len - 1;
}

/* `A > B`, with ports when the transport has them. */
static void add_ip4(struct line *l, const struct seen *s, bool ports)
{
	char src[ADDR_TEXT], dst[ADDR_TEXT];

	if (ports)
		add(l, " %s > %s", addr_ip4_port(s->ip_src, s->sport, src),
		    addr_ip4_port(s->ip_dst, s->dport, dst));
	else
		add(l, " %s > %s", addr_ip4(s->ip_src, src), addr_ip4(s->ip_dst, dst));
}

static void add_ip6(struct line *l, const struct seen *s, bool ports)
{
	char src[ADDR_TEXT], dst[ADDR_TEXT];

	addr_ip6(s->ip6_src, src);
	addr_ip6(s->ip6_dst, dst);
	if (ports)
		add(l, " [%s]:%u > [%s]:%u", src, s->sport, dst, s->dport);
	else
		add(l, " [%s] > [%s]", src, dst);
}

static void add_type(struct line *l, const struct seen *s, const struct recipe_word *words)
{
	const char *name = recipe_word_name(words, s->icmp_type);

	if (name)
		add(l, " %s", name);
	else
		add(l, " type %u", s->icmp_type);
	if (s->icmp_code)
		add(l, " code %u", s->icmp_code);
}

static void add_flags(struct line *l, uint8_t flags)
{
	static const char letters[] = "FSRPAUEC";

	add(l, " flags ");
	for (unsigned i = 0; i < 8; i++)
		if (flags >> i & 1)
			add(l, "%c", letters[i]);
	if (!flags)
		add(l, "none");
}

static void add_arp(struct line *l, const struct seen *s)
{
	char spa[ADDR_TEXT], tpa[ADDR_TEXT], sha[ADDR_TEXT];

	addr_ip4(s->arp_spa, spa);
	addr_ip4(s->arp_tpa, tpa);
	if (s->arp_op == 1)
		add(l, "arp who-has %s tell %s", tpa, spa);
	else if (s->arp_op == 2)
		add(l, "arp reply %s is-at %s tell %s", spa, addr_mac(s->arp_sha, sha), tpa);
	else
		add(l, "arp arp.op=%u %s > %s", s->arp_op, spa, tpa);
}

static void add_dhcp(struct line *l, const struct seen *s)
{
	const char *name = recipe_word_name(recipe_dhcp_words, s->dhcp_type);
	char ip[ADDR_TEXT];

	if (name)
		add(l, "dhcp %s", name);
	else
		add(l, "dhcp type %u", s->dhcp_type);
	add_ip4(l, s, true);
	if (s->dhcp_yiaddr)
		add(l, " dhcp.yiaddr=%s", addr_ip4(s->dhcp_yiaddr, ip));
	if (s->dhcp_requested)
		add(l, " dhcp.requested=%s", addr_ip4(s->dhcp_requested, ip));
	if (s->dhcp_server)
		add(l, " dhcp.server=%s", addr_ip4(s->dhcp_server, ip));
}

static void add_eth(struct line *l, const struct seen *s)
{
	char src[ADDR_TEXT], dst[ADDR_TEXT];

	add(l, "eth");
	if (s->frame.n >= 14)
		add(l, " 0x%04x %s > %s", s->eth_type, addr_mac(s->eth_src, src),
		    addr_mac(s->eth_dst, dst));
}

static void add_printable(struct line *l, struct rd r, size_t max)
{
	uint8_t c;

	for (size_t i = 0; i < max && rd_u8(&r, &c); i++)
		add(l, "%c", c < 0x20 || c > 0x7e || c == '"' ? '.' : c);
}

/* The question of a DNS query: its type, and its name as labels; false when `r` is not a query. */
static bool find_question(struct rd r, struct rd *name, uint16_t *type)
{
	uint16_t flags, questions;
	struct rd label;

	if (!rd_skip(&r, 2) || !rd_u16(&r, &flags) || !rd_u16(&r, &questions) || !rd_skip(&r, 6) ||
	    flags >> 15 || questions != 1)
		return false;
	*name = r;
	do {
		if (!rd_vec8(&r, &label) || label.n > 63)
			return false;
	} while (label.n);
	name->n -= r.n;
	return rd_u16(&r, type);
}

static void add_question(struct line *l, struct rd name, uint16_t type)
{
	const char *word = recipe_word_name(recipe_dns_words, type);
	struct rd label;

	if (word)
		add(l, " dns %s ", word);
	else
		add(l, " dns %u ", type);
	while (rd_vec8(&name, &label) && label.n) {
		add_printable(l, label, label.n);
		add(l, ".");
	}
}

static void add_payload(struct line *l, const struct seen *s)
{
	uint16_t type;
	struct rd name;

	add(l, " %zu byte%s", s->payload.n, s->payload.n == 1 ? "" : "s");
	if (!s->payload.n)
		return;
	if ((s->kind == SEEN_UDP || s->kind == SEEN_UDP6) && s->dport == 53 &&
	    find_question(s->payload, &name, &type)) {
		add_question(l, name, type);
		return;
	}
	add(l, " \"");
	add_printable(l, s->payload, SHOWN_MAX);
	add(l, s->payload.n > SHOWN_MAX ? "\"..." : "\"");
}

static void add_head(struct line *l, const struct seen *s)
{
	switch (s->kind) {
	case SEEN_ETH:
		add_eth(l, s);
		break;
	case SEEN_ARP:
		add_arp(l, s);
		break;
	case SEEN_DHCP:
		add_dhcp(l, s);
		break;
	case SEEN_IP4:
		add(l, "ip4");
		add_ip4(l, s, false);
		add(l, " proto %u", s->ip_proto);
		break;
	case SEEN_UDP:
	case SEEN_TCP:
		add(l, s->kind == SEEN_UDP ? "udp" : "tcp");
		add_ip4(l, s, true);
		break;
	case SEEN_ICMP:
		add(l, "icmp");
		add_ip4(l, s, false);
		add_type(l, s, recipe_icmp_words);
		break;
	case SEEN_IP6:
		add(l, "ip6");
		add_ip6(l, s, false);
		add(l, " proto %u", s->ip6_next);
		break;
	case SEEN_UDP6:
	case SEEN_TCP6:
		add(l, s->kind == SEEN_UDP6 ? "udp6" : "tcp6");
		add_ip6(l, s, true);
		break;
	case SEEN_ICMP6:
		add(l, "icmp6");
		add_ip6(l, s, false);
		add_type(l, s, recipe_icmp6_words);
		break;
	}
	if (s->kind == SEEN_TCP || s->kind == SEEN_TCP6)
		add_flags(l, s->tcp_flags);
}

char *decode_line(const struct seen *s, char *out)
{
	struct line l = {.text = out};

	out[0] = '\0';
	add_head(&l, s);
	for (unsigned i = 0; i < s->vlan_count; i++)
		add(&l, " %s=%u", s->vlan_type[i] == 0x88a8 ? "qinq" : "vlan", s->vlan[i]);
	if (s->llc)
		add(&l, " llc");
	if (s->ip_mf)
		add(&l, " ip.mf");
	if (s->ip_frag)
		add(&l, " ip.frag=%u", s->ip_frag);
	if (s->kind != SEEN_ARP && s->kind != SEEN_DHCP)
		add_payload(&l, s);
	if (s->fault)
		add(&l, " (%s)", s->fault);
	return out;
}
