/* SPDX-License-Identifier: ISC */
/* recipe_value.c: the single words of a recipe: endpoints, numbers, keys. */
#include "harness/recipe_parse.h"

#include "bytes/wr.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PORT_TEXT "a number from 0 to 65535"

void recipe_complain(struct recipe_parser *p, unsigned from, unsigned width, const char *fmt, ...)
{
	char text[DIAG_TEXT_MAX];
	const struct lex *lx = p->lx;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (from > lx->width)
		from = lx->width;
	if (!width || width > lx->width - from)
		width = lx->width - from;
	diag_error(p->diag, lx->line, lx->column + from, width, "%s", text);
	p->ok = false;
}

bool recipe_number(const char *s, uint64_t max, uint64_t *out)
{
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	unsigned base = hex ? 16 : 10;
	uint64_t v = 0;

	if (hex)
		s += 2;
	if (!*s)
		return false;
	for (; *s; s++) {
		int digit = addr_hex_digit(*s);

		if (digit < 0 || (unsigned)digit >= base)
			return false;
		v = v * base + (unsigned)digit;
		if (v > max)
			return false;
	}
	*out = v;
	return true;
}

bool recipe_hex(const char *s, uint8_t *out, size_t max, size_t *len)
{
	size_t n = 0;

	for (; *s; s++) {
		int high, low;

		if (*s == ' ')
			continue;
		high = addr_hex_digit(s[0]);
		low = high < 0 ? -1 : addr_hex_digit(s[1]);
		if (low < 0 || n == max)
			return false;
		out[n++] = (uint8_t)(high << 4 | low);
		s++;
	}
	*len = n;
	return true;
}

static const char *const variables[] = {"$VM",       "$GW", "$PROVIDER", "$ROUTER",
                                        "$CONSUMER", "$T",  "$NAT",      NULL};

/* The addresses variables stand for; $T and $NAT depend on where they stand. */
static bool find_variable(const struct recipe_parser *p, const char *text, bool nat_allowed,
                          struct endpoint *e)
{
	const struct {
		const char *name;
		uint32_t ip;
	} fixed[] = {
	        {"$VM", LAB_VM_IP},
	        {"$GW", LAB_GW_IP},
	        {"$PROVIDER", LAB_PROVIDER_IP},
	        {"$ROUTER", LAB_ROUTER_IP},
	        {"$CONSUMER", LAB_CONSUMER_IP},
	        {"$T", p->target},
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		if (strcmp(text, fixed[i].name) == 0) {
			e->ip = fixed[i].ip;
			return e->ip != 0;
		}
	}
	e->nat = nat_allowed && strcmp(text, "$NAT") == 0;
	return e->nat;
}

/* An address or a variable that stands for one. `text` stands at byte `from` of the word. */
static bool parse_address(struct recipe_parser *p, const char *text, unsigned from,
                          bool nat_allowed, struct endpoint *e)
{
	unsigned width = (unsigned)strlen(text);
	const char *nearest;

	if (text[0] != '$') {
		if (addr_parse_ip4(text, &e->ip))
			return true;
		recipe_complain(p, from, width, "'%s' is not an IPv4 address", text);
		return false;
	}
	if (find_variable(p, text, nat_allowed, e))
		return true;
	nearest = diag_nearest(text, variables);
	if (strcmp(text, "$T") == 0)
		recipe_complain(p, from, width, "$T has no meaning here; it is a row's own target");
	else if (strcmp(text, "$NAT") == 0)
		recipe_complain(p, from, width, "$NAT cannot stand here");
	else
		recipe_complain(p, from, width, "unknown variable '%s'%s%s%s", text,
		                nearest ? "; did you mean '" : "", nearest ? nearest : "",
		                nearest ? "'?" : "");
	return false;
}

static bool refuse_open(struct recipe_parser *p, unsigned from)
{
	recipe_complain(p, from, 1, "'*' is for patterns; a packet to send leaves nothing open");
	return false;
}

/* The port behind the colon at byte `from` of the word. */
static bool parse_port(struct recipe_parser *p, const char *text, unsigned from, bool *any,
                       uint16_t *port)
{
	uint64_t number;

	if (strcmp(text, "*") == 0) {
		*any = true;
		return p->r->pattern || refuse_open(p, from);
	}
	if (!recipe_number(text, 0xffff, &number)) {
		recipe_complain(p, from, 0, "a port is " PORT_TEXT);
		return false;
	}
	*port = (uint16_t)number;
	return true;
}

static bool is_address_word(struct recipe_parser *p)
{
	if (!p->lx->string && p->lx->width)
		return true;
	recipe_complain(p, 0, 0, "an address must stand here");
	return false;
}

bool recipe_endpoint(struct recipe_parser *p, bool ports, struct endpoint *out)
{
	char text[LEX_WORD_MAX];
	char *colon;

	*out = (struct endpoint){.any_port = !ports};
	if (!is_address_word(p))
		return false;
	snprintf(text, sizeof(text), "%s", p->lx->word);
	colon = strchr(text, ':');
	if (colon && !ports) {
		recipe_complain(p, (unsigned)(colon - text), 0, "no port can stand here");
		return false;
	}
	if (colon)
		*colon++ = '\0';
	if (strcmp(text, "*") == 0) {
		out->any_ip = true;
		out->any_port = true;
		if (!p->r->pattern)
			return refuse_open(p, 0);
		if (!colon)
			return true;
	} else if (!parse_address(p, text, 0, true, out)) {
		return false;
	}
	if (colon) {
		out->any_port = false;
		if (out->nat) {
			recipe_complain(p, 4, 0, "$NAT is an address with its port already");
			return false;
		}
		return parse_port(p, colon, (unsigned)(colon - text), &out->any_port, &out->port);
	}
	if (ports && strcmp(text, "$CONSUMER") == 0) {
		out->port = LAB_CONSUMER_PORT;
	} else if (ports && !out->nat) {
		recipe_complain(p, 0, 0, "a port is missing: %s:%s", text,
		                p->r->pattern ? "PORT, or :* for any" : "PORT");
		return false;
	}
	return true;
}

bool recipe_endpoint6(struct recipe_parser *p, bool ports, struct endpoint6 *out)
{
	const char *word = p->lx->word;
	char text[LEX_WORD_MAX];
	size_t len;

	*out = (struct endpoint6){.any_port = !ports};
	if (!is_address_word(p))
		return false;
	if (word[0] == '*') {
		out->any_ip = true;
		out->any_port = true;
		if (!p->r->pattern)
			return refuse_open(p, 0);
		len = 1;
	} else {
		bool bracket = word[0] == '[';

		len = bracket ? strcspn(word, "]") : strlen(word);
		snprintf(text, sizeof(text), "%.*s", (int)(len - bracket), word + bracket);
		if ((bracket && !word[len]) || !addr_parse_ip6(text, out->ip)) {
			recipe_complain(p, 0, 0, "'%s' is not an IPv6 address%s", word,
			                ports ? " with a port: [fe80::2]:53" : "");
			return false;
		}
		len += bracket;
	}
	if (word[len] == ':' && ports) {
		out->any_port = false;
		return parse_port(p, word + len + 1, (unsigned)len + 1, &out->any_port, &out->port);
	}
	if (word[len]) {
		recipe_complain(p, (unsigned)len, 0,
		                ports ? "':' and a port must follow" : "no port can stand here");
		return false;
	}
	if (ports && !out->any_port) {
		recipe_complain(p, 0, 0, "a port is missing: [%s]:PORT", text);
		return false;
	}
	return true;
}

static const char *kind_names(enum recipe_kind kind)
{
	static const char *const names[] = {
	        [RECIPE_UDP] = "udp",       [RECIPE_TCP] = "tcp",   [RECIPE_ICMP] = "icmp",
	        [RECIPE_ARP] = "arp",       [RECIPE_DHCP] = "dhcp", [RECIPE_IP4] = "ip4",
	        [RECIPE_UDP6] = "udp6",     [RECIPE_TCP6] = "tcp6", [RECIPE_ICMP6] = "icmp6",
	        [RECIPE_IP6] = "ip6",       [RECIPE_ETH] = "eth",   [RECIPE_RAW] = "raw",
	        [RECIPE_REPLAY] = "replay", [RECIPE_RUN] = "run",
	};

	return names[kind];
}

/* $SEQ or $ACK, and perhaps +N or -N. */
static void parse_sequence(struct recipe_parser *p, const char *value, unsigned from,
                           struct recipe_override *o)
{
	bool seq = strncmp(value, "$SEQ", 4) == 0;
	uint64_t n = 0;

	if (!seq && strncmp(value, "$ACK", 4) != 0) {
		recipe_complain(p, from, 0, "%s takes a number, $SEQ or $ACK",
		                recipe_keys[o->key].name);
		return;
	}
	o->sequence = seq ? SEQUENCE_SEQ : SEQUENCE_ACK;
	value += 4;
	if (*value &&
	    ((*value != '+' && *value != '-') || !recipe_number(value + 1, UINT32_MAX, &n)))
		recipe_complain(p, from + 4, 0, "behind $%s stands nothing, +N or -N",
		                seq ? "SEQ" : "ACK");
	o->number = (uint32_t)(*value == '-' ? 0 - n : n);
}

/* $SEQ or $ACK as the next four bytes. */
static bool parse_word(struct recipe_parser *p, const char *piece, unsigned from, size_t max,
                       struct recipe_override *o)
{
	struct recipe_override word = {.key = o->key};
	struct wr w = wr_of(o->bytes + o->bytes_len, max - o->bytes_len);

	parse_sequence(p, piece, from, &word);
	if (o->word_count == RECIPE_WORDS_MAX || !wr_u32(&w, (uint32_t)word.number))
		return false;
	o->words[o->word_count].at = o->bytes_len;
	o->words[o->word_count++].sequence = word.sequence;
	o->bytes_len += 4;
	return true;
}

/* Hexadecimal digits; in tcp.opt also $SEQ and $ACK, with commas between these pieces. */
static bool parse_bytes(struct recipe_parser *p, const struct recipe_key_info *info,
                        const char *value, unsigned from, struct recipe_override *o)
{
	char piece[LEX_WORD_MAX];
	size_t n, len;

	if (o->key != KEY_TCP_OPT)
		return recipe_hex(value, o->bytes, info->max, &o->bytes_len) && o->bytes_len;
	for (;; value += n + 1, from += (unsigned)n + 1) {
		n = strcspn(value, ",");
		snprintf(piece, sizeof(piece), "%.*s", (int)n, value);
		if (piece[0] == '$') {
			if (!parse_word(p, piece, from, info->max, o))
				return false;
		} else {
			if (!recipe_hex(piece, o->bytes + o->bytes_len, info->max - o->bytes_len,
			                &len) ||
			    !len)
				return false;
			o->bytes_len += len;
		}
		if (!value[n])
			return true;
	}
}

/* VALUE of KEY=VALUE; it stands at byte `from` of the word. */
static void parse_value(struct recipe_parser *p, const struct recipe_key_info *info,
                        const char *value, unsigned from, struct recipe_override *o)
{
	struct endpoint e = {0};
	uint8_t mac[6];

	switch (info->value) {
	case KEY_FLAG:
		if (!recipe_number(value, 1, &o->number))
			recipe_complain(p, from, 0,
			                "%s is a flag: write it alone, or with =0 or =1",
			                info->name);
		break;
	case KEY_NUMBER:
		if ((o->key == KEY_TCP_SEQ || o->key == KEY_TCP_ACK) && value[0] == '$')
			parse_sequence(p, value, from, o);
		else if (!recipe_number(value, info->max, &o->number))
			recipe_complain(p, from, 0, "%s takes a number from 0 to %u", info->name,
			                info->max);
		break;
	case KEY_CHECKSUM:
		o->bad = strcmp(value, "bad") == 0;
		if (o->bad || (o->key == KEY_UDP_CKSUM && strcmp(value, "none") == 0))
			break;
		if (!recipe_number(value, info->max, &o->number))
			recipe_complain(p, from, 0, "%s takes `bad`%s or a number up to 0xffff",
			                info->name, o->key == KEY_UDP_CKSUM ? ", `none`" : "");
		break;
	case KEY_MAC:
		if (!addr_parse_mac(value, mac))
			recipe_complain(p, from, 0, "%s takes a MAC such as 52:54:00:12:34:56",
			                info->name);
		else
			for (int i = 0; i < 6; i++)
				o->number = o->number << 8 | mac[i];
		break;
	case KEY_IP4:
		if (parse_address(p, value, from, false, &e))
			o->number = e.ip;
		break;
	case KEY_IP6:
		o->bytes_len = 16;
		if (!addr_parse_ip6(value, o->bytes))
			recipe_complain(p, from, 0, "%s takes an IPv6 address", info->name);
		break;
	case KEY_HEX:
		if (!parse_bytes(p, info, value, from, o))
			recipe_complain(p, from, 0, "%s takes 1 to %u bytes as hexadecimal digits",
			                info->name, info->max);
		break;
	}
}

/* May this key stand in this recipe, after the keys that are there? */
static bool is_key_allowed(struct recipe_parser *p, enum recipe_key key, unsigned width)
{
	const struct recipe_key_info *info = &recipe_keys[key];
	const struct recipe *r = p->r;
	bool is_tag = key == KEY_VLAN || key == KEY_QINQ;
	unsigned tags = 0;

	for (size_t i = 0; i < r->override_count; i++)
		tags += r->overrides[i].key == KEY_VLAN || r->overrides[i].key == KEY_QINQ;
	if (!(info->kinds & 1u << r->kind))
		recipe_complain(p, 0, width, "%s does not apply to %s", info->name,
		                kind_names(r->kind));
	else if (p->in_tunnel && key <= KEY_LLC)
		recipe_complain(p, 0, width,
		                "%s belongs in front of `carrying`: an inner packet has "
		                "no Ethernet header",
		                info->name);
	else if (is_tag && tags == 4)
		recipe_complain(p, 0, width, "more than four VLAN tags");
	else if (!is_tag && recipe_find(r, key))
		recipe_complain(p, 0, width, "%s was given before", info->name);
	else if (r->override_count == RECIPE_KEYS_MAX)
		recipe_complain(p, 0, width, "more than %d keys in one recipe", RECIPE_KEYS_MAX);
	else
		return true;
	return false;
}

const char *recipe_key_nearest(const char *word)
{
	const char *names[KEY_COUNT + 1] = {NULL};

	for (size_t i = 0; i < KEY_COUNT; i++)
		names[i] = recipe_keys[i].name;
	return diag_nearest(word, names);
}

bool recipe_key_word(struct recipe_parser *p)
{
	char name[LEX_WORD_MAX];
	size_t len = strcspn(p->lx->word, "=");
	bool has_value = p->lx->word[len] == '=';
	const char *nearest;
	size_t key = 0;

	if (p->lx->string)
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)len, p->lx->word);
	while (key < KEY_COUNT && strcmp(recipe_keys[key].name, name) != 0)
		key++;
	if (key == KEY_COUNT) {
		if (!has_value)
			return false;
		nearest = recipe_key_nearest(name);
		recipe_complain(p, 0, (unsigned)len, "unknown key '%s'%s%s%s", name,
		                nearest ? "; did you mean '" : "", nearest ? nearest : "",
		                nearest ? "'?" : "");
		return true;
	}
	if (!is_key_allowed(p, (enum recipe_key)key, (unsigned)len))
		return true;
	p->r->overrides[p->r->override_count] = (struct recipe_override){
	        .key = (enum recipe_key)key, .number = !has_value};
	if (has_value)
		parse_value(p, &recipe_keys[key], p->lx->word + len + 1, (unsigned)len + 1,
		            &p->r->overrides[p->r->override_count]);
	else if (recipe_keys[key].value != KEY_FLAG)
		recipe_complain(p, 0, 0, "%s needs a value: %s=...", name, name);
	p->r->override_count++;
	return true;
}
