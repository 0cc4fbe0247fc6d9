/* SPDX-License-Identifier: ISC */
/* frame_packet.c: one network packet: composed with everything right, then single fields changed as
 * the keys say, then the checksums.
 */
#include "harness/frame_part.h"

#include "harness/decode.h"

/* Where the parts of a packet stand in the writer's buffer. */
struct parts {
	size_t net, l4; /* l4 is 0 when there is no transport header */
	bool six;
	uint8_t proto; /* of the transport header, whatever the IP header says */
};

static uint16_t get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

bool frame_ip(const struct endpoint *e, const struct recipe_vars *vars, char *why, uint32_t *ip,
              uint16_t *port)
{
	if (e->nat && !vars->has_nat)
		return frame_fail(why, "$NAT is not known yet: no `wire` statement matched before");
	*ip = e->nat ? vars->nat_ip : e->ip;
	*port = e->nat ? vars->nat_port : e->port;
	return true;
}

void frame_put_field(uint8_t *p, const struct recipe_override *o)
{
	const struct recipe_key_info *info = &recipe_keys[o->key];
	uint64_t mask = info->value == KEY_MAC ? UINT64_MAX : (uint64_t)info->max << info->shift;
	uint64_t number = 0;

	for (unsigned i = 0; i < info->width; i++)
		number = number << 8 | p[i];
	number = (number & ~mask) | (o->number << info->shift & mask);
	for (unsigned i = info->width; i-- > 0; number >>= 8)
		p[i] = (uint8_t)number;
}

static bool write_arp(struct frame_job *j)
{
	static const uint8_t nobody[6] = {0};
	const struct recipe *r = j->r;
	uint32_t spa = 0, tpa = 0;
	uint16_t port;

	if (!frame_ip(&r->src, j->vars, j->why, &spa, &port) ||
	    !frame_ip(&r->dst, j->vars, j->why, &tpa, &port))
		return false;
	return (wr_u16(&j->w, 1) && wr_u16(&j->w, 0x0800) && wr_u8(&j->w, 6) && wr_u8(&j->w, 4) &&
	        wr_u16(&j->w, r->type) && wr_bytes(&j->w, r->has_mac ? r->mac : j->link->src, 6) &&
	        wr_u32(&j->w, spa) && wr_bytes(&j->w, r->type == 2 ? j->link->dst : nobody, 6) &&
	        wr_u32(&j->w, tpa)) ||
	       frame_too_long(j->why);
}

static bool write_ip4(struct frame_job *j)
{
	const struct recipe_override *opt = recipe_find(j->r, KEY_IP_OPT);
	size_t opt_len = opt ? (opt->bytes_len + 3) / 4 * 4 : 0;
	bool fragment = recipe_find(j->r, KEY_IP_MF) || recipe_find(j->r, KEY_IP_FRAG);
	uint32_t src = 0, dst = 0;
	uint16_t port;

	if (!frame_ip(&j->r->src, j->vars, j->why, &src, &port) ||
	    !frame_ip(&j->r->dst, j->vars, j->why, &dst, &port))
		return false;
	return (wr_u8(&j->w, (uint8_t)(0x40 | (5 + opt_len / 4))) && wr_u8(&j->w, 0) &&
	        wr_u16(&j->w, 0) && wr_u16(&j->w, 1) && wr_u16(&j->w, fragment ? 0 : 0x4000) &&
	        wr_u8(&j->w, 64) && wr_u8(&j->w, recipe_proto(j->r)) && wr_u16(&j->w, 0) &&
	        wr_u32(&j->w, src) && wr_u32(&j->w, dst) && frame_options(&j->w, opt, 4)) ||
	       frame_too_long(j->why);
}

/* What RFC 4861 and RFC 3810 demand; 64 elsewhere. */
static uint8_t hop_limit(const struct recipe *r)
{
	return !frame_is_nd(r) ? 64 : r->type == 143 ? 1 : 255;
}

static bool write_ip6(struct frame_job *j)
{
	static const uint8_t alert[] = {58, 0, 5, 2, 0, 0, 1, 0}; /* hop-by-hop, RFC 2711 */
	const struct recipe *r = j->r;
	const struct recipe_override *ext = recipe_find(r, KEY_IP6_EXT);
	bool mld = !ext && r->kind == RECIPE_ICMP6 && r->type == 143;

	return (wr_u32(&j->w, 0x60000000) && wr_u16(&j->w, 0) &&
	        wr_u8(&j->w, ext || mld ? 0 : recipe_proto(r)) && wr_u8(&j->w, hop_limit(r)) &&
	        wr_bytes(&j->w, r->src6.ip, 16) && wr_bytes(&j->w, r->dst6.ip, 16) &&
	        frame_options(&j->w, ext, 8) && (!mld || wr_bytes(&j->w, alert, sizeof(alert)))) ||
	       frame_too_long(j->why);
}

static bool write_udp(struct frame_job *j, bool six)
{
	const struct recipe *r = j->r;
	uint16_t sport = r->src6.port, dport = r->dst6.port;
	size_t start = j->w.len;
	uint32_t ip;

	if (!six && (!frame_ip(&r->src, j->vars, j->why, &ip, &sport) ||
	             !frame_ip(&r->dst, j->vars, j->why, &ip, &dport)))
		return false;
	if (!wr_u16(&j->w, sport) || !wr_u16(&j->w, dport) || !wr_u32(&j->w, 0))
		return frame_too_long(j->why);
	if (!(r->kind == RECIPE_DHCP ? frame_dhcp_body(j)
	                             : frame_body(r, j->vars, j->inner, &j->w, j->why)))
		return false;
	return wr_put_u16(&j->w, start + 4, (uint16_t)(j->w.len - start));
}

static const char unknown_sequence[] =
        "$SEQ and $ACK are not known yet: no `guest tcp` statement matched before";

static bool write_tcp(struct frame_job *j, bool six)
{
	const struct recipe *r = j->r;
	const struct recipe_override *said = recipe_find(r, KEY_TCP_OPT);
	struct recipe_override opt = {0};
	size_t opt_len = said ? (said->bytes_len + 3) / 4 * 4 : 0;
	uint16_t sport = r->src6.port, dport = r->dst6.port;
	uint32_t ip;

	if (said)
		opt.bytes_len = said->bytes_len;
	if (said && !recipe_bytes_of(said, j->vars, opt.bytes))
		return frame_fail(j->why, "%s", unknown_sequence);
	if (!six && (!frame_ip(&r->src, j->vars, j->why, &ip, &sport) ||
	             !frame_ip(&r->dst, j->vars, j->why, &ip, &dport)))
		return false;
	if (!wr_u16(&j->w, sport) || !wr_u16(&j->w, dport) || !wr_u32(&j->w, 1000) ||
	    !wr_u32(&j->w, 0) || !wr_u8(&j->w, (uint8_t)((5 + opt_len / 4) << 4)) ||
	    !wr_u8(&j->w, r->tcp_flags) || !wr_u16(&j->w, 64240) || !wr_u32(&j->w, 0) ||
	    !frame_options(&j->w, &opt, 4))
		return frame_too_long(j->why);
	return frame_body(r, j->vars, j->inner, &j->w, j->why);
}

/* Bytes 4 to 8 of an ICMP header. */
static uint32_t icmp_rest(const struct recipe *r, uint32_t src)
{
	static const uint32_t id_and_seq = 0x47540001;

	switch (r->type) {
	case 0: /* echo, timestamp, information, address mask */
	case 8:
	case 13:
	case 14:
	case 15:
	case 16:
	case 17:
	case 18:
		return id_and_seq;
	case 5: /* redirect to ourselves */
		return src;
	default:
		return 0;
	}
}

static uint32_t icmp6_rest(const struct recipe *r)
{
	switch (r->type) {
	case 128:
	case 129:
		return 0x47540001;
	case 134: /* hop limit 64, lifetime 1800 s */
		return 0x40000708;
	case 136: /* solicited, override */
		return 0x60000000;
	case 143: /* one record */
		return 1;
	default:
		return 0;
	}
}

static bool write_icmp(struct frame_job *j, bool six)
{
	const struct recipe *r = j->r;
	uint32_t src = 0;
	uint16_t port;

	if (!six && !frame_ip(&r->src, j->vars, j->why, &src, &port))
		return false;
	if (!wr_u8(&j->w, r->type) || !wr_u8(&j->w, r->code) || !wr_u16(&j->w, 0) ||
	    !wr_u32(&j->w, six ? icmp6_rest(r) : icmp_rest(r, src)))
		return frame_too_long(j->why);
	if (r->body != BODY_DEFAULT || r->has_size)
		return frame_body(r, j->vars, j->inner, &j->w, j->why);
	if (!six && (r->type == 13 || r->type == 14)) /* three timestamps */
		return wr_fill(&j->w, 0, 12) || frame_too_long(j->why);
	if (!six && (r->type == 17 || r->type == 18)) /* a mask */
		return wr_fill(&j->w, 0, 4) || frame_too_long(j->why);
	if (frame_is_nd(r))
		return frame_nd_body(j);
	return frame_body(r, j->vars, j->inner, &j->w, j->why);
}

static bool write_l4(struct frame_job *j, const struct parts *at)
{
	if (at->proto == 17)
		return write_udp(j, at->six);
	if (at->proto == 6)
		return write_tcp(j, at->six);
	return write_icmp(j, at->six);
}

static bool write_ip_length(struct frame_job *j, const struct parts *at)
{
	size_t len = j->w.len - at->net - (at->six ? 40 : 0);

	if (len > 65535)
		return frame_fail(j->why, "the packet would be %zu bytes; IP can say 65535", len);
	return wr_put_u16(&j->w, at->net + (at->six ? 4 : 2), (uint16_t)len);
}

static bool patch_fields(struct frame_job *j, const struct parts *at)
{
	for (size_t i = 0; i < j->r->override_count; i++) {
		struct recipe_override o = j->r->overrides[i];
		const struct recipe_key_info *info = &recipe_keys[o.key];
		size_t pos = info->layer == LAYER_L4 ? at->l4 : at->net;

		if ((info->layer != LAYER_NET && info->layer != LAYER_L4) ||
		    info->value == KEY_CHECKSUM)
			continue;
		pos = info->offset < 0 ? pos - (size_t)-info->offset : pos + (size_t)info->offset;
		if (pos > j->w.len || j->w.len - pos < info->width)
			return frame_fail(j->why, "%s lies outside this packet", info->name);
		if (!recipe_number_of(&o, j->vars, &o.number))
			return frame_fail(j->why, "%s", unknown_sequence);
		frame_put_field(j->w.p + pos, &o);
	}
	return true;
}

/* What the key makes of the right value. 0 and 0xffff are the same number in this arithmetic, so
 * inverting either would leave it right. */
static uint16_t changed_cksum(const struct recipe_override *o, uint16_t right)
{
	if (!o)
		return right;
	if (!o->bad)
		return (uint16_t)o->number;
	return right == 0 || right == 0xffff ? 0x5a5a : (uint16_t)~right;
}

static bool set_ip_cksum(struct frame_job *j, const struct parts *at)
{
	size_t there = j->w.len - at->net;
	size_t hdr_len = (size_t)(j->w.p[at->net] & 0xf) * 4;
	uint16_t right;

	if (hdr_len < 20 || hdr_len > there)
		hdr_len = 20;
	right = decode_cksum(j->w.p + at->net, hdr_len, 0);
	return wr_put_u16(&j->w, at->net + 10,
	                  changed_cksum(recipe_find(j->r, KEY_IP_CKSUM), right));
}

/* Bytes of the segment as the IP header tells them, when a key changed that to something that is
 * there; all that are there otherwise. */
static size_t claimed_l4_len(const struct frame_job *j, const struct parts *at)
{
	const struct recipe_override *o = recipe_find(j->r, at->six ? KEY_IP6_LEN : KEY_IP_LEN);
	size_t there = j->w.len - at->l4;
	size_t hdr_len = at->l4 - at->net - (at->six ? 40 : 0);

	if (o && o->number >= hdr_len + 8 && o->number - hdr_len <= there)
		return (size_t)o->number - hdr_len;
	return there;
}

static uint32_t pseudo_sum(const struct frame_job *j, const struct parts *at, size_t len)
{
	const uint8_t *addresses = j->w.p + at->net + (at->six ? 8 : 12);
	size_t n = at->six ? 32 : 8;
	uint32_t sum = at->proto + (uint32_t)(len >> 16) + (uint32_t)(len & 0xffff);

	for (size_t i = 0; i < n; i += 2)
		sum += get_u16(addresses + i);
	return sum;
}

static bool set_l4_cksum(struct frame_job *j, const struct parts *at)
{
	bool udp = at->proto == 17, tcp = at->proto == 6, icmp = at->proto == 1;
	enum recipe_key key = udp ? KEY_UDP_CKSUM : tcp ? KEY_TCP_CKSUM : KEY_ICMP_CKSUM;
	size_t place = at->l4 + (udp ? 6 : tcp ? 16 : 2);
	size_t there = j->w.len - at->l4;
	size_t span = udp ? there : claimed_l4_len(j, at);
	size_t len = span;
	uint16_t right;

	if (udp) { /* its own length field counts, RFC 768 */
		len = get_u16(j->w.p + at->l4 + 4);
		span = len >= 8 && len <= there ? len : there;
	}
	right = decode_cksum(j->w.p + at->l4, span, icmp ? 0 : pseudo_sum(j, at, len));
	if (udp && right == 0)
		right = 0xffff;
	return wr_put_u16(&j->w, place, changed_cksum(recipe_find(j->r, key), right));
}

/* The network header, everything in it still as computed. */
static bool write_net(struct frame_job *j, const struct parts *at)
{
	if (j->r->kind == RECIPE_ARP)
		return write_arp(j);
	return at->six ? write_ip6(j) : write_ip4(j);
}

bool frame_packet(struct frame_job *j)
{
	enum recipe_kind kind = j->r->kind;
	bool six = kind == RECIPE_UDP6 || kind == RECIPE_TCP6 || kind == RECIPE_ICMP6 ||
	           kind == RECIPE_IP6;
	bool has_l4 = kind != RECIPE_IP4 && kind != RECIPE_IP6 && kind != RECIPE_ARP;
	struct parts at = {.net = j->w.len, .six = six, .proto = recipe_proto(j->r)};

	if (kind == RECIPE_ETH)
		return frame_body(j->r, j->vars, j->inner, &j->w, j->why);
	if (!write_net(j, &at))
		return false;
	at.l4 = j->w.len;
	if (kind != RECIPE_ARP &&
	    !(has_l4 ? write_l4(j, &at) : frame_body(j->r, j->vars, j->inner, &j->w, j->why)))
		return false;
	if (kind != RECIPE_ARP && !write_ip_length(j, &at))
		return false;
	return patch_fields(j, &at) && (!has_l4 || set_l4_cksum(j, &at)) &&
	       (kind == RECIPE_ARP || six || set_ip_cksum(j, &at));
}
