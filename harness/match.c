/* SPDX-License-Identifier: ISC */
/* match.c: compares a frame that was seen with a pattern, from the outside in.
 *
 * Most patterns describe healthy packets, and then the fields of struct seen say all there is to
 * say. A pattern whose keys break the packet is compared with the raw bytes at the places where
 * frame.c puts them, as far as the keys leave them in their places (enum key_hides).
 */
#include "harness/match.h"

#include "harness/frame_part.h"

struct view {
	const struct recipe *p;
	const struct recipe_vars *vars;
	const struct seen *s;
	bool deep;            /* the packet was recognised for what the pattern calls it */
	enum key_hides hides; /* the worst of the pattern's keys */
	unsigned excused;     /* faults that the pattern asks for or may cause */
};

static bool is_ip6(enum recipe_kind kind)
{
	return kind == RECIPE_UDP6 || kind == RECIPE_TCP6 || kind == RECIPE_ICMP6 ||
	       kind == RECIPE_IP6;
}

static bool is_ip4(enum recipe_kind kind)
{
	return kind == RECIPE_UDP || kind == RECIPE_TCP || kind == RECIPE_ICMP ||
	       kind == RECIPE_DHCP || kind == RECIPE_IP4;
}

static uint16_t ethertype_of(enum recipe_kind kind)
{
	return kind == RECIPE_ARP ? 0x0806 : is_ip6(kind) ? 0x86dd : 0x0800;
}

/* The transport protocol that the words name, or -1 for any. */
static int proto_of(const struct recipe *p)
{
	bool open = (p->kind == RECIPE_IP4 || p->kind == RECIPE_IP6) && p->any_proto;

	return open ? -1 : recipe_proto(p);
}

static bool seen_ip4(enum seen_kind kind)
{
	return kind == SEEN_IP4 || kind == SEEN_UDP || kind == SEEN_TCP || kind == SEEN_ICMP ||
	       kind == SEEN_DHCP;
}

static bool seen_ip6(enum seen_kind kind)
{
	return kind == SEEN_IP6 || kind == SEEN_UDP6 || kind == SEEN_TCP6 || kind == SEEN_ICMP6;
}

/* Was the packet recognised as what the pattern calls it? */
static bool is_deep(const struct recipe *p, enum seen_kind kind)
{
	switch (p->kind) {
	case RECIPE_UDP:
		return kind == SEEN_UDP || kind == SEEN_DHCP;
	case RECIPE_TCP:
		return kind == SEEN_TCP;
	case RECIPE_ICMP:
		return kind == SEEN_ICMP;
	case RECIPE_ARP:
		return kind == SEEN_ARP;
	case RECIPE_DHCP:
		return kind == SEEN_DHCP;
	case RECIPE_IP4:
		return seen_ip4(kind);
	case RECIPE_UDP6:
		return kind == SEEN_UDP6;
	case RECIPE_TCP6:
		return kind == SEEN_TCP6;
	case RECIPE_ICMP6:
		return kind == SEEN_ICMP6;
	case RECIPE_IP6:
		return seen_ip6(kind);
	case RECIPE_ETH:
		return true;
	case RECIPE_RAW:
	case RECIPE_REPLAY:
	case RECIPE_RUN:
		break;
	}
	return false;
}

static bool is_fragment(const struct seen *s)
{
	return s->ip_mf || s->ip_frag;
}

static bool asks_for_fragment(const struct recipe *p)
{
	return recipe_find(p, KEY_IP_MF) || recipe_find(p, KEY_IP_FRAG);
}

static bool kind_agrees(const struct view *v)
{
	const struct recipe *p = v->p;
	const struct seen *s = v->s;

	if (p->kind == RECIPE_ETH)
		return s->frame.n < 14 ? recipe_find(p, KEY_ETH_CUT) != NULL
		                       : s->eth_type == p->proto;
	if (v->deep)
		return true;
	if (v->hides == HIDES_NOTHING || (is_fragment(s) && !asks_for_fragment(p)))
		return false;
	return (is_ip4(p->kind) && seen_ip4(s->kind)) || (is_ip6(p->kind) && seen_ip6(s->kind)) ||
	       recipe_find(p, KEY_ETH_CUT) != NULL;
}

/* VLAN tags, outermost first: all of qinq, then all of vlan; LLC or not. */
static bool tags_agree(const struct view *v)
{
	static const enum recipe_key keys[] = {KEY_QINQ, KEY_VLAN};
	const struct recipe_override *llc = recipe_find(v->p, KEY_LLC);
	const struct seen *s = v->s;
	unsigned n = 0;

	if (v->p->any_tags)
		return true;
	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < v->p->override_count; i++) {
			const struct recipe_override *o = &v->p->overrides[i];

			if (o->key != keys[k])
				continue;
			if (n == s->vlan_count || s->vlan[n] != o->number ||
			    s->vlan_type[n] != (k ? 0x8100 : 0x88a8))
				return false;
			n++;
		}
	}
	return n == s->vlan_count && s->llc == (llc && llc->number);
}

/* An ip.ihl that says what is so: it hides nothing and excuses nothing. */
static bool is_true_length(const struct recipe *p, const struct recipe_override *o)
{
	const struct recipe_override *opt = recipe_find(p, KEY_IP_OPT);

	return o->key == KEY_IP_IHL && o->number == 5 + (opt ? (opt->bytes_len + 3) / 4 : 0);
}

/* Faults of the pattern's own making, and of what stands in a body that it spells out. */
static unsigned excused_faults(const struct recipe *p)
{
	unsigned excused = 0;

	for (size_t i = 0; i < p->override_count; i++)
		if (!is_true_length(p, &p->overrides[i]))
			excused |= recipe_keys[p->overrides[i].key].faults;
	if (p->kind == RECIPE_ETH && p->proto < 0x0600)
		excused |= FAULT_ETH;
	if (p->body == BODY_DEFAULT)
		return excused;
	if (p->kind == RECIPE_ETH)
		return ~0u;
	excused |= FAULT_DHCP;
	if (p->kind == RECIPE_IP4 || p->kind == RECIPE_IP6)
		excused |= FAULT_L4_HEADER | FAULT_L4_LENGTH | FAULT_L4_CKSUM;
	return excused;
}

static bool endpoint_ip_agrees(const struct view *v, const struct endpoint *e, uint32_t ip)
{
	if (e->nat)
		return v->vars->has_nat && v->vars->nat_ip == ip;
	return e->any_ip || e->ip == ip;
}

static bool port_agrees(const struct view *v, const struct endpoint *e, uint16_t port)
{
	if (e->nat)
		return v->vars->has_nat && v->vars->nat_port == port;
	return e->any_port || e->port == port;
}

static bool addresses_agree(const struct view *v)
{
	const struct recipe *p = v->p;
	const struct seen *s = v->s;

	if (is_ip4(p->kind))
		return s->net.n < 20 || (endpoint_ip_agrees(v, &p->src, s->ip_src) &&
		                         endpoint_ip_agrees(v, &p->dst, s->ip_dst));
	if (is_ip6(p->kind))
		return s->net.n < 40 ||
		       ((p->src6.any_ip || memcmp(p->src6.ip, s->ip6_src, 16) == 0) &&
		        (p->dst6.any_ip || memcmp(p->dst6.ip, s->ip6_dst, 16) == 0));
	if (p->kind == RECIPE_ARP)
		return s->net.n < 28 ||
		       (endpoint_ip_agrees(v, &p->src, s->arp_spa) &&
		        endpoint_ip_agrees(v, &p->dst, s->arp_tpa) &&
		        (p->any_type || recipe_find(p, KEY_ARP_OP) || p->type == s->arp_op) &&
		        (!p->has_mac || recipe_find(p, KEY_ARP_SHA) ||
		         memcmp(p->mac, s->arp_sha, 6) == 0));
	return true;
}

/* Can the transport header be compared at s->l4? */
static bool l4_is_in_place(const struct view *v)
{
	if (v->deep)
		return v->hides != HIDES_L4;
	return v->hides == HIDES_KIND;
}

static bool proto_agrees(const struct view *v)
{
	bool four = is_ip4(v->p->kind);
	int proto = proto_of(v->p);

	if (!four && !is_ip6(v->p->kind))
		return true;
	if (proto < 0 || recipe_find(v->p, four ? KEY_IP_PROTO : KEY_IP6_NEXT) ||
	    v->s->net.n < (four ? 20 : 40))
		return true;
	if (four)
		return proto == v->s->ip_proto;
	/* Behind extension headers that cannot be followed, the number stays unknown. */
	return proto == v->s->ip6_next || (!v->deep && v->hides >= HIDES_PLACE);
}

static bool ports_agree(const struct view *v, struct rd r)
{
	const struct recipe *p = v->p;
	uint16_t sport, dport;

	if (!rd_u16(&r, &sport) || !rd_u16(&r, &dport))
		return false;
	if (is_ip6(p->kind))
		return (p->src6.any_port || p->src6.port == sport) &&
		       (p->dst6.any_port || p->dst6.port == dport);
	return port_agrees(v, &p->src, sport) && port_agrees(v, &p->dst, dport);
}

static bool tcp_flags_agree(const struct view *v, struct rd r)
{
	uint8_t flags;

	if (!rd_skip(&r, 13) || !rd_u8(&r, &flags))
		return false;
	return !(v->p->no_rst && flags & 4) && (v->p->any_flags || v->p->tcp_flags == flags);
}

static bool icmp_agrees(const struct view *v, struct rd r)
{
	uint8_t type, code;

	if (!rd_u8(&r, &type) || !rd_u8(&r, &code))
		return false;
	return (v->p->any_type || v->p->type == type) && (v->p->any_code || v->p->code == code);
}

/* What the head and the clauses say about the transport header. */
static bool transport_agrees(const struct view *v)
{
	struct rd r = v->s->l4;

	if (v->p->kind == RECIPE_ETH || v->p->kind == RECIPE_IP4 || v->p->kind == RECIPE_IP6)
		return true;
	switch (proto_of(v->p)) {
	case 17:
		if (v->p->kind == RECIPE_DHCP && v->deep && !v->p->any_type &&
		    v->p->type != v->s->dhcp_type)
			return false;
		return ports_agree(v, r);
	case 6:
		return ports_agree(v, r) && tcp_flags_agree(v, r);
	case 1:
	case 58:
		return icmp_agrees(v, r);
	default:
		return true;
	}
}

/* The value of a key's field in the frame; false when the frame ends before it. */
static bool read_field(const struct seen *s, const struct recipe_key_info *info, uint64_t *out)
{
	struct rd r = info->layer == LAYER_ETH  ? s->frame
	              : info->layer == LAYER_L4 ? s->l4
	                                        : s->net;
	uint64_t number = 0;
	uint8_t byte;

	if (!rd_skip(&r, (size_t)info->offset))
		return false;
	for (unsigned i = 0; i < info->width; i++) {
		if (!rd_u8(&r, &byte))
			return false;
		number = number << 8 | byte;
	}
	number >>= info->shift;
	*out = info->value == KEY_MAC ? number : number & info->max;
	return true;
}

/* `bad` must be bad; a number must be the number. */
static bool field_agrees(const struct view *v, const struct recipe_override *o)
{
	const struct recipe_key_info *info = &recipe_keys[o->key];
	uint64_t number, wanted;

	if (info->layer == LAYER_L4 && !l4_is_in_place(v))
		return true;
	if (o->bad && (v->deep || info->layer == LAYER_NET))
		return (v->s->faults & info->faults) != 0;
	if (!read_field(v->s, info, &number))
		return recipe_find(v->p, KEY_ETH_CUT) != NULL;
	return o->bad || (recipe_number_of(o, v->vars, &wanted) && number == wanted);
}

static bool option_agrees(const struct view *v, const struct recipe_override *o)
{
	const struct seen *s = v->s;

	if (!v->deep)
		return true;
	switch ((int)o->key) {
	case KEY_DHCP_REQUESTED:
		return s->dhcp_requested == o->number;
	case KEY_DHCP_SERVER:
		return s->dhcp_server == o->number;
	case KEY_DHCP_MASK:
		return s->dhcp_mask == o->number;
	case KEY_DHCP_ROUTER:
		return s->dhcp_router == o->number;
	case KEY_DHCP_DNS:
		return s->dhcp_dns == o->number;
	case KEY_DHCP_LEASE:
		return s->dhcp_lease_s == o->number;
	default:
		return true;
	}
}

/* The bytes of a header's options begin with what the key says. */
static bool bytes_agree(struct rd r, size_t skip, const struct recipe_override *o)
{
	struct rd window;

	return rd_skip(&r, skip) && rd_sub(&r, o->bytes_len, &window) &&
	       memcmp(window.p, o->bytes, o->bytes_len) == 0;
}

static bool tcp_options_agree(const struct view *v, const struct recipe_override *o)
{
	struct recipe_override known = *o;

	return recipe_bytes_of(o, v->vars, known.bytes) && bytes_agree(v->s->l4, 20, &known);
}

static bool find_bytes(struct rd r, const struct recipe_override *o)
{
	for (; r.n >= o->bytes_len; r.p++, r.n--)
		if (memcmp(r.p, o->bytes, o->bytes_len) == 0)
			return true;
	return false;
}

static bool key_agrees(const struct view *v, const struct recipe_override *o)
{
	const struct seen *s = v->s;

	switch ((int)o->key) {
	case KEY_ETH_TYPE:
		return s->eth_type == o->number;
	case KEY_ETH_PAD:
		return s->trailing == o->number || recipe_find(v->p, KEY_IP_LEN) ||
		       recipe_find(v->p, KEY_IP6_LEN);
	case KEY_ETH_CUT:
		return s->frame.n == o->number;
	case KEY_IP_OPT:
		return bytes_agree(s->net, 20, o) || v->hides == HIDES_L4;
	case KEY_IP6_EXT:
		return bytes_agree(s->net, 40, o) || v->hides == HIDES_L4;
	case KEY_TCP_OPT:
		return !l4_is_in_place(v) || tcp_options_agree(v, o);
	case KEY_DHCP_OPT:
		return !l4_is_in_place(v) || find_bytes(s->l4, o);
	case KEY_DHCP_NOEND:
		return !v->deep || !o->number || s->faults & FAULT_DHCP;
	case KEY_ND_TARGET:
		return !l4_is_in_place(v) || bytes_agree(s->l4, v->p->type == 143 ? 12 : 8, o);
	default:
		break;
	}
	return recipe_keys[o->key].layer == LAYER_NONE ? option_agrees(v, o) : field_agrees(v, o);
}

static bool keys_agree(const struct view *v)
{
	for (size_t i = 0; i < v->p->override_count; i++)
		if (!key_agrees(v, &v->p->overrides[i]))
			return false;
	return true;
}

/* Bytes of the transport header that frame.c writes for this pattern. */
static size_t l4_header_len(const struct recipe *p)
{
	const struct recipe_override *opt = recipe_find(p, KEY_TCP_OPT);
	int proto = p->kind == RECIPE_IP4 || p->kind == RECIPE_IP6 ? -1 : proto_of(p);

	if (proto == 6)
		return 20 + (opt ? (opt->bytes_len + 3) / 4 * 4 : 0);
	return proto < 0 ? 0 : 8;
}

/* Where the pattern's body must be. */
static struct rd body_window(const struct view *v)
{
	const struct recipe *p = v->p;
	const struct seen *s = v->s;
	const struct recipe_override *pad = recipe_find(p, KEY_ETH_PAD);
	bool lies = recipe_find(p, KEY_IP_LEN) || recipe_find(p, KEY_IP6_LEN) ||
	            recipe_find(p, KEY_UDP_LEN) || recipe_find(p, KEY_TCP_OFF);
	struct rd r = s->l4;

	if (p->kind == RECIPE_ETH)
		return s->net;
	if (v->deep && !lies)
		return p->kind == RECIPE_IP4 || p->kind == RECIPE_IP6 ? s->l4 : s->payload;
	if (lies && r.p) /* up to the end of the frame, whatever it says */
		r.n = (size_t)(s->frame.p + s->frame.n - r.p) - (pad ? (size_t)pad->number : 0);
	if (!rd_skip(&r, l4_header_len(p)))
		r.n = 0;
	return r;
}

static bool body_agrees(const struct view *v)
{
	const struct recipe *p = v->p;
	struct rd window = body_window(v);
	uint8_t body[FRAME_MAX];
	struct wr w = wr_of(body, sizeof(body));
	char why[FRAME_WHY];

	if (p->body == BODY_DEFAULT || p->body == BODY_CARRYING)
		return !p->has_size || window.n == p->size;
	if (!frame_body(p, v->vars, rd_of(NULL, 0), &w, why))
		return false;
	return w.len == window.n && (!w.len || memcmp(body, window.p, w.len) == 0);
}

static bool packet_agrees(const struct view *v)
{
	if (!kind_agrees(v) || !tags_agree(v) || v->s->faults & ~v->excused ||
	    !addresses_agree(v) || !proto_agrees(v) || !keys_agree(v))
		return false;
	if (v->p->kind == RECIPE_ARP || !l4_is_in_place(v))
		return true;
	return transport_agrees(v) && body_agrees(v);
}

/* One packet, whatever it carries; *window is where its body stands. */
static bool match_packet(const struct recipe *p, const struct recipe_vars *vars,
                         const struct seen *s, struct rd *window)
{
	const struct recipe_override *type = recipe_find(p, KEY_ETH_TYPE);
	struct view v = {.p = p, .vars = vars, .s = s, .excused = excused_faults(p)};
	struct seen as;

	if (type && s->eth_type == type->number) {
		uint16_t eth_type = s->eth_type;

		decode_as(s->frame.p, s->frame.n, ethertype_of(p->kind), &as);
		as.eth_type = eth_type;
		v.s = &as;
	}
	for (size_t i = 0; i < p->override_count; i++)
		if (recipe_keys[p->overrides[i].key].hides > v.hides &&
		    !is_true_length(p, &p->overrides[i]))
			v.hides = recipe_keys[p->overrides[i].key].hides;
	v.deep = is_deep(p, v.s->kind);
	*window = body_window(&v);
	return packet_agrees(&v);
}

/* The packet inside `window`, as a frame of its own. */
static bool match_inner(const struct recipe *p, const struct recipe_vars *vars, struct rd window)
{
	uint8_t frame[FRAME_MAX] = {0};
	struct wr w = wr_of(frame, sizeof(frame));
	bool gre = (p->kind == RECIPE_IP4 || p->kind == RECIPE_IP6) && p->proto == 47;
	struct seen s;
	struct rd rest;

	if (gre && !rd_skip(&window, 4))
		return false;
	if (!wr_fill(&w, 0, 12) || !wr_u16(&w, ethertype_of(p->inner->kind)) ||
	    !wr_bytes(&w, window.p, window.n))
		return false;
	decode(frame, w.len, &s);
	return match_packet(p->inner, vars, &s, &rest);
}

/* The whole frame, byte for byte. */
static bool match_bytes(const struct recipe *p, const struct recipe_vars *vars,
                        const struct seen *s)
{
	struct frame_link link = {{0}, {0}};
	uint8_t frame[FRAME_MAX];
	char why[FRAME_WHY];
	size_t len;

	memcpy(link.dst, s->eth_dst, 6); /* whoever plays the gateway */
	len = frame_build(p, vars, &link, frame, why);
	return len && len == s->frame.n && memcmp(frame, s->frame.p, len) == 0;
}

bool match(const struct recipe *pattern, const struct recipe_vars *vars, const struct seen *s)
{
	const struct recipe *p = pattern->kind == RECIPE_RUN ? pattern->inner : pattern;
	struct rd window;

	if (!p)
		return false;
	if (p->kind == RECIPE_RAW || p->kind == RECIPE_REPLAY)
		return match_bytes(p, vars, s);
	if (!match_packet(p, vars, s, &window))
		return false;
	/* A carried packet that `size` cut or padded is only measured. */
	return p->body != BODY_CARRYING || p->has_size || match_inner(p, vars, window);
}
