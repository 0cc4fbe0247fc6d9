/* SPDX-License-Identifier: ISC */
/* frame_body.c: what stands behind the headers: text, DNS queries, DHCP options, ND options. */
#include "harness/frame_part.h"

#include "harness/recipe_parse.h"

#include <stdarg.h>
#include <stdio.h>

#define DHCP_XID    0x47544c54u /* "GTLT" */
#define DHCP_COOKIE 0x63825363u
#define DHCP_LEAST  300 /* what clients fill a message up to, as BOOTP wanted it */

bool frame_fail(char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, FRAME_WHY, fmt, ap);
	va_end(ap);
	return false;
}

bool frame_too_long(char *why)
{
	return frame_fail(why, "the frame would be longer than %d bytes", FRAME_MAX);
}

static const char *default_body(const struct recipe *r)
{
	switch (r->kind) {
	case RECIPE_ICMP:
		return r->type == 8 || r->type == 0 ? "gauntlet-$NONCE" : "";
	case RECIPE_ICMP6:
		return r->type == 128 || r->type == 129 ? "gauntlet-$NONCE" : "";
	case RECIPE_UDP:
	case RECIPE_TCP:
	case RECIPE_IP4:
	case RECIPE_UDP6:
	case RECIPE_TCP6:
	case RECIPE_IP6:
	case RECIPE_ETH:
		return "gauntlet-$NONCE";
	case RECIPE_ARP:
	case RECIPE_DHCP:
	case RECIPE_RAW:
	case RECIPE_REPLAY:
	case RECIPE_RUN:
		break;
	}
	return "";
}

static bool write_text(const char *text, const struct recipe_vars *vars, struct wr *w, char *why)
{
	char expanded[RECIPE_TEXT_MAX * 4];

	if (!recipe_expand(text, vars, expanded, sizeof(expanded)))
		return frame_fail(why, "the text is too long with $NONCE in it");
	return wr_bytes(w, expanded, strlen(expanded)) || frame_too_long(why);
}

static bool write_hex(const char *text, struct wr *w, char *why)
{
	uint8_t bytes[RECIPE_TEXT_MAX / 2];
	size_t len;

	if (!recipe_hex(text, bytes, sizeof(bytes), &len))
		return frame_fail(why, "not pairs of hexadecimal digits");
	return wr_bytes(w, bytes, len) || frame_too_long(why);
}

static bool write_name(const char *name, struct wr *w, char *why)
{
	if (strcmp(name, ".") == 0)
		name = "";
	while (*name) {
		size_t label = strcspn(name, ".");

		if (label < 1 || label > 63)
			return frame_fail(why, "a DNS label has 1 to 63 bytes");
		if (!wr_u8(w, (uint8_t)label) || !wr_bytes(w, name, label))
			return frame_too_long(why);
		name += label + (name[label] == '.');
	}
	return wr_u8(w, 0) || frame_too_long(why);
}

/* A query with one question and recursion desired, RFC 1035 section 4; behind its length in TCP. */
static bool write_dns(const struct recipe *r, const struct recipe_vars *vars, struct wr *w,
                      char *why)
{
	char name[RECIPE_TEXT_MAX];
	bool tcp = r->kind == RECIPE_TCP || r->kind == RECIPE_TCP6;
	size_t start;

	if (!recipe_expand(r->text, vars, name, sizeof(name)))
		return frame_fail(why, "the name is too long with $NONCE in it");
	if (tcp && !wr_u16(w, 0))
		return frame_too_long(why);
	start = w->len;
	if (!wr_u16(w, 0x4754) || !wr_u16(w, 0x0100) || !wr_u16(w, 1) || !wr_fill(w, 0, 6))
		return frame_too_long(why);
	if (!write_name(name, w, why))
		return false;
	if (!wr_u16(w, r->dns_type) || !wr_u16(w, 1))
		return frame_too_long(why);
	return !tcp || wr_put_u16(w, start - 2, (uint16_t)(w->len - start));
}

/* A tunnel's or an ICMP error's inner packet; GRE (RFC 2784) says what kind it is. */
static bool write_inner(const struct recipe *r, struct rd inner, struct wr *w, char *why)
{
	bool gre = (r->kind == RECIPE_IP4 || r->kind == RECIPE_IP6) && r->proto == 47;
	bool six = inner.n && inner.p[0] >> 4 == 6;

	if (gre && (!wr_u16(w, 0) || !wr_u16(w, six ? 0x86dd : 0x0800)))
		return frame_too_long(why);
	return wr_bytes(w, inner.p, inner.n) || frame_too_long(why);
}

/* Cuts the body, or fills it up with letters whose position can be told. */
static bool apply_size(struct wr *w, size_t start, size_t size, char *why)
{
	if (w->len - start > size)
		w->len = start + size;
	for (size_t i = w->len - start; i < size; i++)
		if (!wr_u8(w, (uint8_t)('a' + i % 26)))
			return frame_too_long(why);
	return true;
}

bool frame_body(const struct recipe *r, const struct recipe_vars *vars, struct rd inner,
                struct wr *w, char *why)
{
	size_t start = w->len;
	bool done = true;

	switch (r->body) {
	case BODY_DEFAULT:
		done = r->pattern || write_text(default_body(r), vars, w, why);
		break;
	case BODY_TEXT:
		done = write_text(r->text, vars, w, why);
		break;
	case BODY_HEX:
		done = write_hex(r->text, w, why);
		break;
	case BODY_DNS:
		done = write_dns(r, vars, w, why);
		break;
	case BODY_CARRYING:
		done = write_inner(r, inner, w, why);
		break;
	}
	return done && (!r->has_size || apply_size(w, start, r->size, why));
}

bool frame_options(struct wr *w, const struct recipe_override *o, size_t unit)
{
	size_t n = o ? o->bytes_len : 0;

	return !n || (wr_bytes(w, o->bytes, n) && wr_fill(w, 0, (unit - n % unit) % unit));
}

/* An option with a 32-bit value, from its key or else `value`; none when both are absent. */
static bool option32(struct frame_job *j, uint8_t code, enum recipe_key key, uint32_t value)
{
	const struct recipe_override *o = recipe_find(j->r, key);

	if (o)
		value = (uint32_t)o->number;
	return !(o || value) || (wr_u8(&j->w, code) && wr_u8(&j->w, 4) && wr_u32(&j->w, value));
}

static bool write_dhcp_options(struct frame_job *j, bool server)
{
	static const uint8_t wanted[] = {55, 4, 1, 3, 6, 51}; /* mask, router, DNS, lease */
	uint8_t type = j->r->type;
	bool names_server = server || type == 3 || type == 4 || type == 7;
	bool asks = type == 3 || type == 4;
	bool gives = type == 2 || type == 5;

	return wr_u8(&j->w, 53) && wr_u8(&j->w, 1) && wr_u8(&j->w, type) &&
	       option32(j, 50, KEY_DHCP_REQUESTED, asks ? LAB_VM_IP : 0) &&
	       option32(j, 54, KEY_DHCP_SERVER, names_server ? LAB_GW_IP : 0) &&
	       option32(j, 51, KEY_DHCP_LEASE, gives ? 3600 : 0) &&
	       option32(j, 1, KEY_DHCP_MASK, gives ? IP4(255, 255, 255, 0) : 0) &&
	       option32(j, 3, KEY_DHCP_ROUTER, gives ? LAB_GW_IP : 0) &&
	       option32(j, 6, KEY_DHCP_DNS, 0) &&
	       (server || type == 4 || type == 7 || wr_bytes(&j->w, wanted, sizeof(wanted))) &&
	       frame_options(&j->w, recipe_find(j->r, KEY_DHCP_OPT), 1);
}

bool frame_dhcp_body(struct frame_job *j)
{
	uint8_t type = j->r->type;
	bool server = type == 2 || type == 5 || type == 6;
	uint32_t ciaddr = type == 7 || type == 8 ? LAB_VM_IP : 0;
	uint32_t yiaddr = type == 2 || type == 5 ? LAB_VM_IP : 0;
	size_t start = j->w.len;
	const struct recipe_override *noend = recipe_find(j->r, KEY_DHCP_NOEND);
	size_t used;

	if (!wr_u8(&j->w, server ? 2 : 1) || !wr_u8(&j->w, 1) || !wr_u8(&j->w, 6) ||
	    !wr_u8(&j->w, 0) || !wr_u32(&j->w, DHCP_XID) || !wr_u32(&j->w, 0) ||
	    !wr_u32(&j->w, ciaddr) || !wr_u32(&j->w, yiaddr) || !wr_fill(&j->w, 0, 8) ||
	    !wr_bytes(&j->w, server ? (const uint8_t *)LAB_VM_MAC : j->link->src, 6) ||
	    !wr_fill(&j->w, 0, 10 + 64 + 128) || !wr_u32(&j->w, DHCP_COOKIE) ||
	    !write_dhcp_options(j, server))
		return frame_too_long(j->why);
	if (noend && noend->number)
		return true;
	if (!wr_u8(&j->w, 255))
		return frame_too_long(j->why);
	used = j->w.len - start;
	return used >= DHCP_LEAST || wr_fill(&j->w, 0, DHCP_LEAST - used) || frame_too_long(j->why);
}

bool frame_is_nd(const struct recipe *r)
{
	return r->kind == RECIPE_ICMP6 && ((r->type >= 133 && r->type <= 137) || r->type == 143);
}

/* The target of a solicitation: a unicast destination itself; the group of all that share its low
 * 24 bits, which for the address a fresh interface asks about is its own; the sender otherwise. */
static void nd_target(const struct frame_job *j, uint8_t out[16])
{
	static const uint8_t nobody[16] = {0};
	const struct recipe_override *o = recipe_find(j->r, KEY_ND_TARGET);
	const uint8_t *src = j->r->src6.ip, *dst = j->r->dst6.ip, *mac = j->link->src;
	const uint8_t own[16] = {0xfe,       0x80,   0,      0,    0,    0,       0,       0,
	                         mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, dst[13], dst[14], dst[15]};
	const uint8_t group[16] = {0xff, 2, 0, 0, 0,    0,       0,       0,
	                           0,    0, 0, 1, 0xff, src[13], src[14], src[15]};

	if (o)
		memcpy(out, o->bytes, 16);
	else if (j->r->type == 143)
		memcpy(out, group, 16);
	else if (j->r->type == 135 && dst[0] != 0xff)
		memcpy(out, dst, 16);
	else if (memcmp(src, nobody, 16) != 0)
		memcpy(out, src, 16);
	else
		memcpy(out, own, 16);
}

static bool write_link_option(struct frame_job *j, uint8_t code)
{
	return wr_u8(&j->w, code) && wr_u8(&j->w, 1) && wr_bytes(&j->w, j->link->src, 6);
}

bool frame_nd_body(struct frame_job *j)
{
	static const uint8_t nobody[16] = {0};
	static const uint8_t prefix[] = {
	        0,    0,    0,    0,    0,    0,    0,    0, /* reachable, retransmit */
	        3,    4,    64,   0xc0, 0,    1,    0x51, 0x80, 0, 0, 0x38, 0x40, 0, 0, 0, 0,
	        0x20, 0x01, 0x0d, 0xb8, 0x66, 0x66, 0,    0,    0, 0, 0,    0,    0, 0, 0, 0};
	bool has_src = memcmp(j->r->src6.ip, nobody, 16) != 0;
	uint8_t target[16];
	bool done = true;

	nd_target(j, target);
	switch (j->r->type) {
	case 133:
		done = !has_src || write_link_option(j, 1);
		break;
	case 134: /* offers 2001:db8:6666::/64 */
		done = wr_bytes(&j->w, prefix, sizeof(prefix)) && write_link_option(j, 1);
		break;
	case 135:
		done = wr_bytes(&j->w, target, 16) && (!has_src || write_link_option(j, 1));
		break;
	case 136:
		done = wr_bytes(&j->w, target, 16) && write_link_option(j, 2);
		break;
	case 137:
		done = wr_bytes(&j->w, target, 16) && wr_bytes(&j->w, j->r->dst6.ip, 16);
		break;
	case 143: /* one record: CHANGE_TO_EXCLUDE_MODE of nothing, that is, a join */
		done = wr_u32(&j->w, 0x04000000) && wr_bytes(&j->w, target, 16);
		break;
	default:
		break;
	}
	return done || frame_too_long(j->why);
}
