/* SPDX-License-Identifier: ISC */
/* engine_judge.c: the walk through a frame, a second time. */
#include "fuzz/rig/engine_judge.h"

#include "fuzz/rig/engine_bytes.h"

#include <string.h>

enum { ICMP = 1, IGMP = 2, TCP = 6, UDP = 17 };
enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

struct frame {
	const struct policy *policy;
	bool checked;
	const uint8_t *p;
	size_t n;
	struct judged *out;

	/* of IPv4, once it is whole */
	const uint8_t *body;
	size_t body_len;
	bool alert;
};

/* The reasons that reason.h calls no violation, of those that a frame can be dropped for. */
static bool is_innocent(enum reason reason)
{
	static const enum reason innocent[] = {
	        REASON_BENIGN,         REASON_DHCP_IGNORED,
	        REASON_ICMP_ERROR,     REASON_TCP_NO_CONNECTION,
	        REASON_TCP_TABLE_FULL, REASON_FLOW_TABLE_FULL,
	        REASON_NO_SOCKET,      REASON_SEND_FAILED,
	        REASON_GUEST_STALLED,  REASON_DIALER_REFUSED,
	};

	for (size_t i = 0; i < sizeof(innocent) / sizeof(innocent[0]); i++)
		if (innocent[i] == reason)
			return true;
	return false;
}

void judge_drop(struct judged *out, bool checked, enum reason reason)
{
	out->kind = JUDGED_DROP;
	out->reason = reason;
	out->violation = checked && !is_innocent(reason);
}

static void drop(struct frame *f, enum reason reason)
{
	judge_drop(f->out, f->checked, reason);
}

static void noise(struct frame *f, unsigned kind, enum reason otherwise)
{
	drop(f, f->policy->benign & kind ? REASON_BENIGN : otherwise);
}

const struct policy_rule *judge_rule(const struct policy *policy, uint8_t proto, uint32_t ip,
                                     uint16_t port)
{
	for (size_t i = 0; i < policy->rule_count; i++)
		if (policy->rules[i].proto == proto && policy->rules[i].ip == ip &&
		    policy->rules[i].port == port)
			return &policy->rules[i];
	return NULL;
}

bool judge_destination(const struct policy *policy, uint32_t ip)
{
	const uint32_t net = policy->vm_ip & policy->netmask;
	const uint8_t top = (uint8_t)(ip >> 24);

	if (top == 0 || top == 127 || top >= 224)
		return false;
	return ip != policy->vm_ip && ip != policy->gateway_ip && ip != net &&
	       ip != (net | ~policy->netmask);
}

static bool is_source_ip(const struct frame *f, uint32_t ip)
{
	if (ip == f->policy->vm_ip)
		return true;
	return f->policy->mode == POLICY_DIRECT && judge_destination(f->policy, ip);
}

static bool is_source_mac(const struct frame *f, const uint8_t *mac)
{
	if (!memcmp(mac, f->policy->vm_mac, 6))
		return true;
	return f->policy->mode == POLICY_DIRECT && !(mac[0] & 1) &&
	       memcmp(mac, f->policy->gateway_mac, 6) != 0;
}

static bool to_gateway(const struct frame *f)
{
	return !memcmp(f->p, f->policy->gateway_mac, 6);
}

static bool to_all(const struct frame *f)
{
	return !memcmp(f->p, all, 6);
}

static void judge_arp(struct frame *f)
{
	static const uint8_t ethernet_ipv4[6] = {0, 1, 8, 0, 6, 4};
	const uint8_t *arp = f->p + 14;
	uint32_t sender, target;
	uint16_t operation;

	if (f->n < 14 + 28 || memcmp(arp, ethernet_ipv4, 6) != 0) {
		drop(f, REASON_ARP_MALFORMED);
		return;
	}
	operation = be16(arp + 6);
	f->out->key.src = sender = be32(arp + 14);
	f->out->key.dst = target = be32(arp + 24);
	f->out->has_ip = true;
	f->out->arp = arp;
	if (!to_gateway(f) && !to_all(f))
		drop(f, REASON_WRONG_DESTINATION_MAC);
	else if (!is_source_mac(f, arp + 8) || (sender && !is_source_ip(f, sender)))
		drop(f, REASON_ARP_WRONG_SENDER);
	else if (operation == 2 && to_gateway(f) && sender && target == f->policy->gateway_ip)
		drop(f, REASON_BENIGN); /* what refnat's own question is answered with */
	else if (operation != 1)
		noise(f, POLICY_BENIGN_ARP, REASON_ARP_NOT_REQUEST);
	else if (target != f->policy->gateway_ip)
		noise(f, POLICY_BENIGN_ARP, REASON_ARP_NOT_GATEWAY);
	else
		f->out->kind = JUDGED_ARP;
}

/* --- IPv4 --- */

static enum reason check_options(struct frame *f, const uint8_t *options, size_t n)
{
	static const uint8_t alert[4] = {0x94, 4, 0, 0};

	f->alert = n == 4 && !memcmp(options, alert, 4);
	for (size_t i = 0; !f->alert && i < n; i++)
		if (options[i] > 1)
			return REASON_IP_OPTIONS;
	return REASON_NONE;
}

static enum reason check_ipv4(struct frame *f)
{
	const uint8_t *ip = f->p + 14;
	const size_t room = f->n - 14;
	size_t hdr_len, total;

	if (room < 20)
		return REASON_BAD_LENGTH;
	f->out->has_ip = f->out->has_proto = true;
	f->out->key.proto = ip[9];
	f->out->key.src = be32(ip + 12);
	f->out->key.dst = be32(ip + 16);
	if (ip[0] >> 4 != 4)
		return REASON_BAD_VERSION;
	hdr_len = (size_t)(ip[0] & 15) * 4;
	if (hdr_len < 20 || hdr_len > room)
		return REASON_BAD_IHL;
	total = be16(ip + 2);
	if (total < hdr_len || total > room)
		return REASON_BAD_LENGTH;
	if (sum16_end(sum16(0, ip, hdr_len)))
		return REASON_BAD_CHECKSUM;
	if (!ip[8])
		return REASON_TTL_ZERO;
	if (be16(ip + 6) & 0xbfff)
		return REASON_FRAGMENT;
	f->body = ip + hdr_len;
	f->body_len = total - hdr_len;
	return check_options(f, ip + 20, hdr_len - 20);
}

static void note_ports(struct frame *f)
{
	f->out->has_ports = true;
	f->out->key.sport = be16(f->body);
	f->out->key.dport = be16(f->body + 2);
}

static enum reason check_udp(struct frame *f)
{
	const struct judged_key *key = &f->out->key;

	if (f->body_len >= 4)
		note_ports(f);
	if (f->body_len < 8 || be16(f->body + 4) != f->body_len)
		return REASON_UDP_LENGTH;
	if (be16(f->body + 6) && sum16_pseudo(key->src, key->dst, UDP, f->body, f->body_len))
		return REASON_UDP_CHECKSUM;
	f->out->payload = f->body + 8;
	f->out->payload_len = f->body_len - 8;
	return REASON_NONE;
}

static enum reason check_tcp(struct frame *f)
{
	const struct judged_key *key = &f->out->key;
	size_t hdr_len;
	uint8_t flags;

	if (f->body_len >= 4)
		note_ports(f);
	if (f->body_len < 20)
		return REASON_TCP_LENGTH;
	hdr_len = (size_t)(f->body[12] >> 4) * 4;
	if (hdr_len < 20 || hdr_len > f->body_len)
		return REASON_TCP_LENGTH;
	if (sum16_pseudo(key->src, key->dst, TCP, f->body, f->body_len))
		return REASON_TCP_CHECKSUM;
	flags = f->body[13];
	if (!(flags & (SYN | ACK | RST)) || (flags & SYN && flags & (FIN | RST)) ||
	    (flags & FIN && !(flags & ACK)))
		return REASON_TCP_FLAGS;
	f->out->segment = f->body;
	f->out->segment_len = f->body_len;
	f->out->payload = f->body + hdr_len;
	f->out->payload_len = f->body_len - hdr_len;
	return REASON_NONE;
}

static enum reason check_icmp(struct frame *f)
{
	if (f->body_len < 8 || sum16_end(sum16(0, f->body, f->body_len)))
		return REASON_ICMP_MALFORMED;
	f->out->payload = f->body + 4;
	f->out->payload_len = f->body_len - 4;
	return REASON_NONE;
}

static enum reason check_transport(struct frame *f)
{
	switch (f->out->key.proto) {
	case UDP:
		return check_udp(f);
	case TCP:
		return check_tcp(f);
	case ICMP:
		return check_icmp(f);
	default:
		return REASON_NONE;
	}
}

/* --- DHCP --- */

struct dhcp_seen {
	uint8_t type;
	const uint8_t *requested, *server, *client_id;
	size_t client_id_len;
};

/* One option; false when it makes the message malformed. */
static bool take_option(uint8_t code, const uint8_t *value, size_t n, struct dhcp_seen *seen)
{
	if (code == 52 || (code == 80) != (n == 0))
		return false;
	switch (code) {
	case 53:
		if (seen->type || n != 1)
			return false;
		seen->type = *value;
		return seen->type;
	case 50:
		if (seen->requested || n != 4)
			return false;
		seen->requested = value;
		return true;
	case 54:
		if (seen->server || n != 4)
			return false;
		seen->server = value;
		return true;
	case 61:
		if (seen->client_id)
			return false;
		seen->client_id = value;
		seen->client_id_len = n;
		return true;
	default:
		return true;
	}
}

static bool read_options(const uint8_t *p, size_t n, struct dhcp_seen *seen)
{
	int count = 0;

	for (size_t at = 0; at < n;) {
		const uint8_t code = p[at++];

		if (code == 255)
			return seen->type;
		if (!code)
			continue;
		if (++count > 64 || at == n || p[at] > n - at - 1)
			return false;
		if (!take_option(code, p + at + 1, p[at], seen))
			return false;
		at += 1 + (size_t)p[at];
	}
	return false;
}

static void grant(struct frame *f, const uint8_t *m, const struct dhcp_seen *seen, uint8_t type)
{
	struct judged_lease *lease = &f->out->lease;
	const uint32_t ciaddr = be32(m + 12);

	lease->type = type;
	lease->xid = be32(m + 4);
	memcpy(lease->chaddr, m + 28, 6);
	lease->client_id = seen->client_id;
	lease->client_id_len = seen->client_id_len;
	lease->broadcast = type == 6 || (!ciaddr && m[10] & 0x80);
	lease->to_ip = lease->broadcast ? 0xffffffff : f->policy->vm_ip;
	if (type != 6 && seen->type != 8)
		lease->yiaddr = f->policy->vm_ip;
	if (type == 5)
		lease->ciaddr = ciaddr;
	f->out->kind = JUDGED_DHCP;
}

/* Whether a REQUEST asks for the VM's address, in each place where it names one. */
static bool asks_for_its_own(const struct frame *f, const uint8_t *m, const struct dhcp_seen *seen)
{
	const uint32_t wanted = seen->requested ? be32(seen->requested) : 0, has = be32(m + 12);
	const uint32_t own = f->policy->vm_ip;

	return (wanted || has) && (!wanted || wanted == own) && (!has || has == own);
}

static void judge_dhcp(struct frame *f)
{
	static const uint8_t cookie[4] = {0x63, 0x82, 0x53, 0x63};
	const uint8_t *m = f->out->payload;
	const size_t n = f->out->payload_len;
	struct dhcp_seen seen = {0};

	if (n < 240 || m[0] != 1 || m[1] != 1 || m[2] != 6 || memcmp(m + 236, cookie, 4) != 0 ||
	    !read_options(m + 240, n - 240, &seen)) {
		drop(f, REASON_DHCP_MALFORMED);
		return;
	}
	if (memcmp(m + 28, f->policy->vm_mac, 6) != 0 || be32(m + 24)) {
		drop(f, REASON_DHCP_WRONG_CLIENT);
		return;
	}
	if (seen.type == 1)
		grant(f, m, &seen, 2);
	else if (seen.type == 7 || seen.type == 4 ||
	         (seen.type == 3 && seen.server && be32(seen.server) &&
	          be32(seen.server) != f->policy->gateway_ip))
		noise(f, POLICY_BENIGN_DHCP, REASON_DHCP_IGNORED);
	else if (seen.type == 3)
		grant(f, m, &seen, asks_for_its_own(f, m, &seen) ? 5 : 6);
	else if (seen.type == 8 && be32(m + 12) == f->policy->vm_ip)
		grant(f, m, &seen, 5);
	else
		drop(f, REASON_DHCP_IGNORED);
}

static bool is_dhcp(const struct frame *f)
{
	const struct judged_key *key = &f->out->key;

	return key->proto == UDP && key->sport == 68 && key->dport == 67 &&
	       (key->dst == 0xffffffff || key->dst == f->policy->gateway_ip);
}

/* --- where it goes --- */

static void judge_icmp(struct frame *f)
{
	struct judged_key *key = &f->out->key;
	const bool gateway = key->dst == f->policy->gateway_ip;
	const uint8_t type = f->body[0];

	if (type == 3 || type == 11 || type == 12) {
		drop(f, REASON_ICMP_ERROR);
		return;
	}
	if (type != 8 || f->body[1] || (gateway ? !f->policy->echo : f->checked)) {
		drop(f, REASON_ICMP);
		return;
	}
	key->sport = be16(f->body + 4);
	f->out->kind = gateway ? JUDGED_GATEWAY_ECHO : JUDGED_PACKET;
}

static void judge_unicast(struct frame *f)
{
	const struct judged_key *key = &f->out->key;
	const bool gateway = key->dst == f->policy->gateway_ip;

	if (gateway ? key->proto != ICMP : !judge_destination(f->policy, key->dst))
		drop(f, REASON_WRONG_DESTINATION_IP);
	else if (key->proto == ICMP)
		judge_icmp(f);
	else if (key->proto != UDP && key->proto != TCP)
		drop(f, REASON_PROTOCOL);
	else if (!key->sport || !key->dport)
		drop(f, REASON_PORT_ZERO);
	else
		f->out->kind = JUDGED_PACKET;
}

static void judge_ipv4(struct frame *f)
{
	struct judged_key *key = &f->out->key;
	enum reason reason = check_ipv4(f);

	if (!to_gateway(f) && !(f->p[0] & 1))
		reason = REASON_WRONG_DESTINATION_MAC;
	if (!reason && key->src && !is_source_ip(f, key->src))
		reason = REASON_WRONG_SOURCE_IP;
	if (!reason && f->alert && key->proto != IGMP)
		reason = REASON_IP_OPTIONS;
	if (!reason) {
		reason = check_transport(f);
		if (reason && !to_gateway(f) && key->proto != UDP)
			reason = REASON_WRONG_DESTINATION_MAC;
	}
	if (reason)
		drop(f, reason);
	else if (is_dhcp(f) && (to_gateway(f) || to_all(f)))
		judge_dhcp(f);
	else if (key->proto == IGMP && key->dst >> 28 == 14 && f->p[0] & 1)
		noise(f, POLICY_BENIGN_IGMP, REASON_PROTOCOL);
	else if (!key->src)
		drop(f, REASON_WRONG_SOURCE_IP);
	else if (to_gateway(f))
		judge_unicast(f);
	else if (key->proto == UDP && key->dst == 0xe00000fb && key->dport == 5353)
		noise(f, POLICY_BENIGN_MDNS, REASON_WRONG_DESTINATION_MAC);
	else
		drop(f, REASON_WRONG_DESTINATION_MAC);
}

/* --- IPv6: which noise is benign, see ipv6.h --- */

static bool is_link_local(const uint8_t *address)
{
	static const uint8_t none[16];

	return be16(address) >> 6 == 0xfe80 >> 6 || !memcmp(address, none, 16);
}

static bool is_discovery(const uint8_t *p, size_t n)
{
	const uint8_t *body = p + 40;
	size_t len;

	if (n < 40 || p[0] >> 4 != 6 || (len = be16(p + 4)) > n - 40)
		return false;
	if (!is_link_local(p + 8) || !(is_link_local(p + 24) || p[24] == 0xff))
		return false;
	if (p[6] == 0)
		return len >= 9 && body[0] == 58 && !body[1] &&
		       ((body[8] >= 130 && body[8] <= 132) || body[8] == 143);
	return p[6] == 58 && p[7] == 255 && len >= 1 && body[0] >= 133 && body[0] <= 136;
}

static void judge_type(struct frame *f)
{
	const uint16_t type = be16(f->p + 12);

	if (type == 0x0806)
		judge_arp(f);
	else if (type == 0x0800)
		judge_ipv4(f);
	else if (type == 0x86dd && f->p[0] & 1 && is_discovery(f->p + 14, f->n - 14))
		noise(f, POLICY_BENIGN_ND, REASON_IPV6);
	else if (type == 0x86dd)
		drop(f, REASON_IPV6);
	else if (type == 0x8100 || type == 0x88a8 || type == 0x9100)
		drop(f, REASON_VLAN);
	else
		drop(f, type < 0x600 ? REASON_LLC : REASON_UNKNOWN_ETHERTYPE);
}

void judge_form(const struct policy *policy, bool checked, const uint8_t *frame, size_t n,
                struct judged *out)
{
	struct frame f = {.policy = policy, .checked = checked, .p = frame, .n = n, .out = out};

	*out = (struct judged){.kind = JUDGED_DROP};
	if (n < 14)
		drop(&f, REASON_RUNT);
	else if (n > 14u + policy->mtu)
		drop(&f, REASON_TOO_BIG);
	else if (!is_source_mac(&f, frame + 6))
		drop(&f, REASON_WRONG_SOURCE_MAC);
	else
		judge_type(&f);
}
