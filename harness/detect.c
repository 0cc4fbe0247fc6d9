/* SPDX-License-Identifier: ISC */
/* detect.c: see detect.h.
 *
 * Theory of operation. A frame that leaves goes through checks in a fixed order, from the outside in; the first that finds
 * something says why. What is sound then is looked up in the allow list, and only what is not there is compared with the
 * kernel's own noise. A frame that comes in is never judged; it is remembered when the kernel might answer it by itself.
 */
#include "harness/detect.h"

#include <assert.h>
#include <string.h>

#define ETH_LEAST  60 /* bytes that a card fills a frame up to, its checksum not counted */
#define ARP_LEN    28
#define IP_LEN     20
#define ICMP_LEN   8
#define TCP_LEN    20
#define PROTO_ICMP 1
#define PROTO_TCP  6
#define PROTO_UDP  17
#define TCP_FIN    0x01
#define TCP_SYN    0x02
#define TCP_RST    0x04
#define TCP_ACK    0x10

static const struct {
	const char *name, *text;
} reasons[] = {
        [DETECT_FINE] = {"fine", "is fine"},
        [DETECT_MALFORMED] = {"malformed", "is malformed"},
        [DETECT_VLAN] = {"vlan", "has a VLAN tag"},
        [DETECT_SOURCE_MAC] = {"source-mac", "has a source MAC that is not the provider's"},
        [DETECT_ETHERTYPE] = {"ethertype", "is neither IPv4 nor ARP"},
        [DETECT_IPV6] = {"ipv6", "is IPv6"},
        [DETECT_TRAILER] = {"trailer", "carries bytes behind its packet"},
        [DETECT_DESTINATION_MAC] = {"destination-mac", "does not go to the router's MAC"},
        [DETECT_ARP] = {"arp", "is ARP that the provider has no reason for"},
        [DETECT_FRAGMENT] = {"fragment", "is a fragment"},
        [DETECT_OPTIONS] = {"ip-options", "has IP options"},
        [DETECT_SOURCE] = {"source-address", "has a source address that is not the provider's"},
        [DETECT_ICMP] = {"icmp", "is ICMP that answers nothing that came in"},
        [DETECT_PROTOCOL] = {"protocol", "is of a protocol that no policy can allow"},
        [DETECT_PORT] = {"source-port", "has source port 0"},
        [DETECT_TUPLE] = {"not-allowed", "goes where the policy does not allow"},
};
static_assert(sizeof(reasons) / sizeof(reasons[0]) == DETECT_REASON_COUNT, "each has its words");

const char *detect_reason_name(enum detect_reason r)
{
	return (unsigned)r < DETECT_REASON_COUNT ? reasons[r].name : "?";
}

const char *detect_reason_text(enum detect_reason r)
{
	return (unsigned)r < DETECT_REASON_COUNT ? reasons[r].text : "?";
}

const char *detect_verdict_name(enum detect_verdict v)
{
	static const char *const names[] = {"came-in", "allowed", "benign", "violation"};

	static_assert(sizeof(names) / sizeof(names[0]) == DETECT_VERDICT_COUNT, "one each");
	return (unsigned)v < DETECT_VERDICT_COUNT ? names[v] : "?";
}

void detect_init(struct detect *d, const struct oracle *policy, const struct detect_host *host)
{
	*d = (struct detect){.policy = policy, .host = *host};
}

static bool is_known(const struct detect *d, const void *frame, size_t len)
{
	for (size_t i = 0; i < d->known_count; i++)
		if (d->known[i].len == len && memcmp(d->known[i].frame, frame, len) == 0)
			return true;
	return false;
}

bool detect_know(struct detect *d, const void *frame, size_t len)
{
	if (is_known(d, frame, len))
		return true;
	if (len < 14 || len > DETECT_KNOWN_SIZE || d->known_count == DETECT_KNOWN_MAX)
		return false;
	memcpy(d->known[d->known_count].frame, frame, len);
	d->known[d->known_count++].len = len;
	return true;
}

/* ---- small questions ---- */

static bool is_mac(const uint8_t a[6], const uint8_t b[6])
{
	return memcmp(a, b, 6) == 0;
}

static bool is_all(const uint8_t mac[6], uint8_t byte)
{
	for (int i = 0; i < 6; i++)
		if (mac[i] != byte)
			return false;
	return true;
}

static unsigned faults_of(const struct detect *d, const struct seen *s)
{
	return d->host.unfinished ? s->faults & ~(unsigned)FAULT_L4_CKSUM : s->faults;
}

static bool is_fragment(const struct seen *s)
{
	return s->ip_mf || s->ip_frag;
}

/* What a card adds to a short frame, and no more. */
static bool has_trailer(const struct seen *s)
{
	if (!s->trailing)
		return false;
	if (s->frame.n > ETH_LEAST)
		return true;
	for (size_t i = s->frame.n - s->trailing; i < s->frame.n; i++)
		if (s->frame.p[i])
			return true;
	return false;
}

static const char *find_rule(const struct oracle *o, uint8_t proto, uint32_t ip, uint16_t port)
{
	for (size_t i = 0; i < o->allow_count; i++)
		if (o->allow[i].proto == proto && o->allow[i].ip == ip && o->allow[i].port == port)
			return o->allow[i].id;
	return NULL;
}

/* ---- what came in ---- */

static void remember(struct detect_ring *r, uint64_t t_ns, const uint8_t *packet, size_t len)
{
	struct detect_asked *a = &r->asked[r->next++ % DETECT_ASKED_MAX];

	a->t_ns = t_ns;
	a->len = len;
	memcpy(a->packet, packet, len < DETECT_QUOTE ? len : DETECT_QUOTE);
}

static void take_in(struct detect *d, uint64_t t_ns, const struct seen *s)
{
	bool ports = s->kind == SEEN_UDP || s->kind == SEEN_DHCP || s->kind == SEEN_TCP;

	if (faults_of(d, s) || s->vlan_count || s->llc)
		return;
	if (s->kind == SEEN_ARP && s->arp_op == 1 && s->arp_tpa == d->host.ip) {
		remember(&d->arp, t_ns, s->net.p, ARP_LEN);
		return;
	}
	if (s->eth_type != 0x0800 || is_fragment(s) || s->ip_ihl != 5 || s->ip_dst != d->host.ip)
		return;
	remember(ports && find_rule(d->policy, s->ip_proto, s->ip_src, s->sport) ? &d->partners
	                                                                         : &d->strangers,
	         t_ns, s->net.p, s->ip_len);
}

/* Is `s` what a kernel says to `a`? */
typedef bool answers_fn(const struct detect *d, const struct seen *s, const struct detect_asked *a);

/* The oldest question that `s` answers is taken off the ring. */
static bool answer(const struct detect *d, struct detect_ring *r, uint64_t t_ns,
                   const struct seen *s, answers_fn *answers)
{
	for (unsigned i = 0; i < DETECT_ASKED_MAX; i++) {
		struct detect_asked *a = &r->asked[(r->next + i) % DETECT_ASKED_MAX];

		/* Behind a clock that went back the difference is huge. */
		if (!a->len || t_ns - a->t_ns > DETECT_ANSWER_NS || !answers(d, s, a))
			continue;
		a->len = 0;
		return true;
	}
	return false;
}

/* ---- the kernel's own noise ---- */

/* RFC 826: sender and target change places. */
static bool answers_arp(const struct detect *d, const struct seen *s, const struct detect_asked *a)
{
	const uint8_t *asker = a->packet +
	                       8; /* MAC, then address; so stands the target, 10 further */

	(void)d;
	return is_mac(s->eth_dst, asker) && memcmp(s->net.p + 18, asker, 10) == 0;
}

static bool is_benign_arp(struct detect *d, uint64_t t_ns, const struct seen *s)
{
	const struct detect_host *h = &d->host;
	bool to_all = is_all(s->eth_dst, 0xff);

	if (!is_mac(s->arp_sha, h->mac))
		return false;
	if (s->arp_op == 2 && s->arp_spa == h->ip)
		return answer(d, &d->arp, t_ns, s, answers_arp);
	if (s->arp_op != 1 || !is_all(s->arp_tha, 0))
		return false;
	if (s->arp_spa == h->ip && s->arp_tpa == h->router_ip)
		return to_all || is_mac(s->eth_dst, h->router_mac);
	return to_all && s->arp_tpa == h->ip && (s->arp_spa == h->ip || s->arp_spa == 0);
}

/* From the address that was asked, to the one that asked. */
static bool turns_round(const struct seen *s, const struct detect_asked *a)
{
	return memcmp(s->net.p + 12, a->packet + 16, 4) == 0 &&
	       memcmp(s->net.p + 16, a->packet + 12, 4) == 0;
}

/* RFC 792: type and checksum aside, all of the message comes back. */
static bool answers_echo(const struct detect *d, const struct seen *s, const struct detect_asked *a)
{
	const uint8_t *request = a->packet + IP_LEN;

	(void)d;
	return a->packet[9] == PROTO_ICMP && a->len <= DETECT_QUOTE && a->len == s->ip_len &&
	       request[0] == 8 && request[1] == 0 && turns_round(s, a) &&
	       memcmp(s->l4.p + 4, request + 4, a->len - IP_LEN - 4) == 0;
}

/* RFC 1122 section 3.2.2: never about an ICMP error; here: never about ICMP. */
static bool answers_with_error(const struct detect *d, const struct seen *s,
                               const struct detect_asked *a)
{
	static const uint8_t unused[4] = {0};
	size_t quoted = a->len < DETECT_QUOTE ? a->len : DETECT_QUOTE;

	(void)d;
	return a->packet[9] != PROTO_ICMP && memcmp(s->net.p + 16, a->packet + 12, 4) == 0 &&
	       memcmp(s->l4.p + 4, unused, sizeof(unused)) == 0 && s->payload.n == quoted &&
	       memcmp(s->payload.p, a->packet, quoted) == 0;
}

/* RFC 9293 section 3.5.2, the first two groups. */
static bool answers_with_reset(const struct detect *d, const struct seen *s,
                               const struct detect_asked *a)
{
	uint8_t frame[14 + DETECT_QUOTE] = {[12] = 0x08};
	size_t kept = a->len < DETECT_QUOTE ? a->len : DETECT_QUOTE;
	struct seen q;
	uint32_t len;

	(void)d;
	if (a->packet[9] != PROTO_TCP || !turns_round(s, a))
		return false;
	memcpy(frame + 14, a->packet, kept);
	decode(frame, 14 + kept,
	       &q); /* what was not kept is payload, and a fault that does not matter */
	if (q.kind != SEEN_TCP || q.tcp_flags & TCP_RST || q.sport != s->dport ||
	    q.dport != s->sport)
		return false;
	if (q.tcp_flags & TCP_ACK)
		return s->tcp_flags == TCP_RST && s->tcp_seq == q.tcp_ack;
	len = (uint32_t)(a->len - IP_LEN - (size_t)(frame[14 + IP_LEN + 12] >> 4) * 4);
	len += (q.tcp_flags & TCP_SYN ? 1u : 0) + (q.tcp_flags & TCP_FIN ? 1u : 0);
	return s->tcp_flags == (TCP_RST | TCP_ACK) && !s->tcp_seq && s->tcp_ack == q.tcp_seq + len;
}

/* Of anybody, a partner included: the policy may have changed between question and answer. */
static bool answers_something(struct detect *d, uint64_t t_ns, const struct seen *s,
                              answers_fn *answers)
{
	return answer(d, &d->strangers, t_ns, s, answers) ||
	       answer(d, &d->partners, t_ns, s, answers);
}

static bool is_benign_icmp(struct detect *d, uint64_t t_ns, const struct seen *s)
{
	if (s->icmp_type == 0 && s->icmp_code == 0)
		return answers_something(d, t_ns, s, answers_echo);
	if (s->icmp_type == 3 && (s->icmp_code == 2 || s->icmp_code == 3))
		return answers_something(d, t_ns, s, answers_with_error);
	return false;
}

/* Everything in it follows from the segment; what does not is 0: no options, no payload, no window, nothing urgent. */
static bool is_bare_reset(const struct seen *s)
{
	static const uint8_t zero[2] = {0};

	return s->ip_proto == PROTO_TCP && s->l4.n == TCP_LEN && s->l4.p[12] == TCP_LEN / 4 << 4 &&
	       memcmp(s->l4.p + 14, zero, 2) == 0 && memcmp(s->l4.p + 18, zero, 2) == 0;
}

static bool is_benign_reset(struct detect *d, uint64_t t_ns, const struct seen *s)
{
	return is_bare_reset(s) && answers_something(d, t_ns, s, answers_with_reset);
}

/* ---- what leaves ---- */

/* The frame whatever it carries. */
static enum detect_reason check_frame(const struct detect *d, const struct seen *s)
{
	if (s->frame.n < 14)
		return DETECT_MALFORMED;
	if (s->vlan_count)
		return DETECT_VLAN;
	if (!is_mac(s->eth_src, d->host.mac))
		return DETECT_SOURCE_MAC;
	if (s->eth_type == 0x86dd && !s->llc)
		return DETECT_IPV6;
	if (s->llc || (s->eth_type != 0x0800 && s->eth_type != 0x0806))
		return DETECT_ETHERTYPE;
	if (faults_of(d, s))
		return DETECT_MALFORMED;
	return has_trailer(s) ? DETECT_TRAILER : DETECT_FINE;
}

/* The IPv4 packet whatever it is for. */
static enum detect_reason check_packet(const struct detect *d, const struct seen *s)
{
	if (!is_mac(s->eth_dst, d->host.router_mac))
		return DETECT_DESTINATION_MAC;
	if (is_fragment(s))
		return DETECT_FRAGMENT;
	if (s->net.p[6] & 0x80) /* RFC 791: reserved, must be zero */
		return DETECT_MALFORMED;
	if (s->ip_ihl != 5)
		return DETECT_OPTIONS;
	if (s->ip_src != d->host.ip)
		return DETECT_SOURCE;
	if (s->ip_proto != PROTO_UDP && s->ip_proto != PROTO_TCP && s->ip_proto != PROTO_ICMP)
		return DETECT_PROTOCOL;
	if (s->ip_proto != PROTO_ICMP && !s->sport)
		return DETECT_PORT;
	return DETECT_FINE;
}

static struct detect_finding violation(enum detect_reason reason)
{
	return (struct detect_finding){.verdict = DETECT_VIOLATION, .reason = reason};
}

static struct detect_finding judge(struct detect *d, uint64_t t_ns, const struct seen *s)
{
	static const struct detect_finding benign = {.verdict = DETECT_BENIGN};
	enum detect_reason reason;
	const char *rule;

	if (is_known(d, s->frame.p, s->frame.n))
		return benign;
	reason = check_frame(d, s);
	if (reason)
		return violation(reason);
	if (s->kind == SEEN_ARP)
		return is_benign_arp(d, t_ns, s) ? benign : violation(DETECT_ARP);
	reason = check_packet(d, s);
	if (reason)
		return violation(reason);
	if (s->ip_proto == PROTO_ICMP)
		return is_benign_icmp(d, t_ns, s) ? benign : violation(DETECT_ICMP);
	rule = find_rule(d->policy, s->ip_proto, s->ip_dst, s->dport);
	if (rule)
		return (struct detect_finding){.verdict = DETECT_ALLOWED, .rule = rule};
	return is_benign_reset(d, t_ns, s) ? benign : violation(DETECT_TUPLE);
}

/* By its addresses alone. */
static bool came_in(const struct detect *d, const struct seen *s)
{
	return s->frame.n >= 14 && is_mac(s->eth_src, d->host.router_mac) &&
	       (is_mac(s->eth_dst, d->host.mac) || s->eth_dst[0] & 1);
}

struct detect_finding detect_frame(struct detect *d, enum detect_way way, uint64_t t_ns,
                                   const void *frame, size_t len)
{
	struct detect_finding f = {.verdict = DETECT_CAME_IN};
	struct seen s;

	decode(frame, len, &s);
	if (way == DETECT_IN || (way == DETECT_EITHER && came_in(d, &s)))
		take_in(d, t_ns, &s);
	else
		f = judge(d, t_ns, &s);
	d->frames++;
	d->count[f.verdict]++;
	return f;
}
