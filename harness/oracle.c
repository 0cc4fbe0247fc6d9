/* SPDX-License-Identifier: ISC */
/* oracle.c: the verdict of a correct filter, from the policy and one frame alone. */
#include "harness/oracle.h"

#include "harness/addr.h"

#include <string.h>

#define ROUTER_ALERT 148 /* RFC 2113; IGMP carries it */

/* What becomes of a frame, and whether the guest did something that honest guests do not do. */
struct finding {
	enum oracle_verdict verdict;
	bool guilty;
	const char *reason;
};

static struct finding wrong(const char *reason)
{
	return (struct finding){ORACLE_DROP, true, reason};
}

static struct finding harmless(const char *reason)
{
	return (struct finding){ORACLE_DROP, false, reason};
}

static struct finding answer(const char *reason)
{
	return (struct finding){ORACLE_ANSWER, false, reason};
}

static struct finding pass(const char *reason)
{
	return (struct finding){ORACLE_PASS, false, reason};
}

/* Well-formed, and nobody's business: only harmless when the policy says so. */
static struct finding noise(const struct oracle *o, enum oracle_noise kind, const char *reason)
{
	return o->benign & kind ? harmless(reason) : wrong(reason);
}

static bool is_broadcast(const uint8_t mac[6])
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	return memcmp(mac, all, 6) == 0;
}

/* A unicast frame for the gateway; any is, as long as its MAC is not known. */
static bool is_for_gateway(const struct oracle *o, const struct seen *s)
{
	return !(s->eth_dst[0] & 1) &&
	       (!o->has_gateway_mac || memcmp(s->eth_dst, o->gateway_mac, 6) == 0);
}

/* End-of-list and no-operation may fill up a header, and IGMP alerts routers; everything else is
 * refused. */
static bool has_ip_options(const struct seen *s)
{
	struct rd r = s->net;
	struct rd options;
	uint8_t code;

	if (s->ip_ihl <= 5 || !rd_skip(&r, 20) || !rd_sub(&r, (size_t)s->ip_ihl * 4 - 20, &options))
		return s->ip_ihl > 5;
	while (rd_u8(&options, &code) && code != 0) {
		bool alert = code == ROUTER_ALERT && s->ip_proto == 2;

		if (code != 1 && !(alert && rd_skip(&options, 3)))
			return true;
	}
	return false;
}

/* Unspecified or link-local. */
static bool is_on_link(const uint8_t ip6[16])
{
	static const uint8_t unspecified[16] = {0};

	return (ip6[0] == 0xfe && (ip6[1] & 0xc0) == 0x80) || memcmp(ip6, unspecified, 16) == 0;
}

/* RFC 4861, RFC 2710, RFC 3810: what every IPv6 stack says by itself, to a group of its link. */
static bool is_neighbour_noise(const struct seen *s)
{
	bool discovery = s->icmp_type >= 133 && s->icmp_type <= 136 && s->ip6_hop == 255;
	bool listener = (s->icmp_type >= 130 && s->icmp_type <= 132) || s->icmp_type == 143;

	return s->kind == SEEN_ICMP6 && !s->fault && s->eth_dst[0] & 1 && is_on_link(s->ip6_src) &&
	       (s->ip6_dst[0] == 0xff || is_on_link(s->ip6_dst)) && (discovery || listener);
}

/* What is wrong with the frame whatever the policy allows, or NULL. */
static const char *find_flaw(const struct oracle *o, const struct seen *s)
{
	if (s->frame.n < 14)
		return "shorter than an Ethernet header";
	if (s->frame.n > 14 + o->mtu)
		return "longer than the MTU allows";
	if (o->mode != ORACLE_DIRECT && memcmp(s->eth_src, o->vm_mac, 6) != 0)
		return "source MAC is not the VM's";
	if (s->vlan_count)
		return "VLAN tag";
	if (s->llc)
		return "LLC instead of an EtherType";
	if (s->fault)
		return s->fault;
	if (s->eth_type == 0x86dd)
		return is_neighbour_noise(s) ? NULL : "IPv6";
	if (s->eth_type != 0x0800 && s->eth_type != 0x0806)
		return "unknown EtherType";
	if (s->eth_type == 0x0806)
		return NULL;
	if (!(s->eth_dst[0] & 1) && !is_for_gateway(o, s))
		return "not addressed to the gateway's MAC";
	if (s->ip_mf || s->ip_frag || (s->net.n > 6 && s->net.p[6] & 0x80))
		return "fragment";
	if (s->ip_ttl == 0)
		return "TTL is 0";
	if (has_ip_options(s))
		return "IP options";
	return NULL;
}

static struct finding judge_arp(const struct oracle *o, const struct seen *s)
{
	if (!is_broadcast(s->eth_dst) && !is_for_gateway(o, s))
		return wrong("ARP not addressed to the gateway");
	if (memcmp(s->arp_sha, o->vm_mac, 6) != 0 || (s->arp_spa && s->arp_spa != o->vm_ip))
		return wrong("ARP sender is not the VM");
	if (s->arp_op != 1 || s->arp_tpa != o->gateway)
		return noise(o, NOISE_ARP, "ARP that asks for nothing the gateway answers");
	return answer("ARP for the gateway");
}

/* A DHCP client speaks to the gateway, or to all; other DHCP is ordinary traffic. */
static bool is_dhcp_for_gateway(const struct oracle *o, const struct seen *s)
{
	bool to_all = s->ip_dst == 0xffffffff && is_broadcast(s->eth_dst);
	bool to_gateway = s->ip_dst == o->gateway && is_for_gateway(o, s);

	return (s->kind == SEEN_UDP || s->kind == SEEN_DHCP) && s->sport == 68 && s->dport == 67 &&
	       (to_all || to_gateway);
}

static struct finding judge_dhcp(const struct oracle *o, const struct seen *s)
{
	if (s->kind != SEEN_DHCP || s->payload.p[0] != 1)
		return wrong("DHCP that is no client's message");
	if (memcmp(s->dhcp_chaddr, o->vm_mac, 6) != 0)
		return wrong("DHCP for another client");
	switch (s->dhcp_type) {
	case 3: /* a REQUEST may take another server's offer */
		if (s->dhcp_server && s->dhcp_server != o->gateway)
			return harmless("DHCP for another server");
		return answer("DHCP of the VM");
	case 1:
	case 8:
		return answer("DHCP of the VM");
	default: /* whether the policy calls it benign or not, it goes nowhere */
		return harmless("DHCP that needs no answer");
	}
}

/* To a group's MAC, not DHCP. */
static struct finding judge_group(const struct oracle *o, const struct seen *s)
{
	if (s->ip_proto == 2 && s->ip_dst >> 28 == 14)
		return noise(o, NOISE_IGMP, "IGMP to a group");
	if (s->ip_src && s->kind == SEEN_UDP && s->ip_dst == IP4(224, 0, 0, 251) &&
	    s->dport == 5353)
		return noise(o, NOISE_MDNS, "mDNS to its group");
	return wrong("multicast or broadcast Ethernet destination");
}

/* RFC 9293: no honest stack sends SYN with FIN or RST, FIN without ACK, or none of SYN, ACK and RST. */
static bool has_odd_flags(uint8_t flags)
{
	bool fin = flags & 1, syn = flags & 2, rst = flags & 4, ack = flags & 16;

	return (syn && (fin || rst)) || (fin && !ack) || (!syn && !rst && !ack);
}

/* SYN without ACK, or nothing that knows of connections. */
static bool opens(const struct seen *s)
{
	return s->kind != SEEN_TCP || (s->tcp_flags & 0x12) == 2;
}

/* Can anybody but the provider have this address? NULL, or why not. */
static const char *find_bad_destination(const struct oracle *o, uint32_t ip)
{
	if (ip >> 24 == 0 || ip >> 28 >= 14)
		return "no host has this address";
	if (ip >> 24 == 127 || ip == LAB_PROVIDER_IP)
		return "the provider host itself";
	if (ip == o->gateway || ip == o->vm_ip)
		return "an address of the guest's own link";
	if (ip == (LAB_PROVIDER_IP | 0xff))
		return "broadcast of the provider's network";
	return NULL;
}

/* An unchecked frame may go to any host, by the protocols that can be translated. */
static struct finding judge_unchecked(const struct oracle *o, const struct seen *s)
{
	const char *bad = find_bad_destination(o, s->ip_dst);
	bool echo = s->kind == SEEN_ICMP && s->icmp_type == 8 && s->icmp_code == 0;

	if (bad)
		return harmless(bad);
	if (!echo && s->ip_proto != 17 && s->ip_proto != 6)
		return harmless("a protocol that cannot be translated");
	return opens(s) ? pass("not checked") : harmless("a TCP segment without a connection");
}

static struct finding judge_checked(const struct oracle *o, const struct seen *s)
{
	if (oracle_serves(o, s) && s->kind == SEEN_TCP)
		return opens(s) ? answer("a port where names decide")
		                : harmless("a TCP segment without a connection");
	if (oracle_serves(o, s))
		return answer("a DNS query");
	for (size_t i = 0; i < o->allow_count && (s->ip_proto == 17 || s->ip_proto == 6); i++)
		if (o->allow[i].proto == s->ip_proto && o->allow[i].ip == s->ip_dst &&
		    o->allow[i].port == s->dport)
			return opens(s) ? pass("on the allow list")
			                : harmless("a TCP segment without a connection");
	return wrong("not on the allow list");
}

static struct finding judge_ip4(const struct oracle *o, const struct seen *s, bool checked)
{
	bool ports = s->ip_proto == 17 || s->ip_proto == 6;

	if (o->mode != ORACLE_DIRECT && s->ip_src && s->ip_src != o->vm_ip)
		return wrong("source address is not the VM's");
	if (is_dhcp_for_gateway(o, s))
		return judge_dhcp(o, s);
	if (s->eth_dst[0] & 1)
		return judge_group(o, s);
	if (!s->ip_src)
		return wrong("source address is not the VM's");
	if (ports && (!s->sport || !s->dport))
		return wrong(s->sport ? "destination port 0" : "source port 0");
	if (o->icmp_echo && s->kind == SEEN_ICMP && s->icmp_type == 8 && s->icmp_code == 0 &&
	    s->ip_dst == o->gateway)
		return answer("echo request to the gateway");
	if (s->kind == SEEN_ICMP && (s->icmp_type == 3 || s->icmp_type == 11 || s->icmp_type == 12))
		return harmless("an ICMP error message, which kernels send unasked");
	if (s->kind == SEEN_TCP && has_odd_flags(s->tcp_flags))
		return wrong("TCP flags that no honest stack sends");
	return checked ? judge_checked(o, s) : judge_unchecked(o, s);
}

static struct finding find(const struct oracle *o, const struct seen *s, bool checked)
{
	const char *flaw = find_flaw(o, s);

	if (flaw)
		return wrong(flaw);
	if (s->kind == SEEN_ARP)
		return judge_arp(o, s);
	if (s->eth_type == 0x86dd)
		return noise(o, NOISE_ND, "IPv6 noise");
	return judge_ip4(o, s, checked);
}

enum oracle_verdict oracle_judge(const struct oracle *o, const struct seen *s, const char **reason)
{
	bool checked = o->mode >= ORACLE_CONNTRACK ||
	               (o->mode == ORACLE_SAMPLED && o->sampling_rate > 0);
	struct finding f = find(o, s, checked);

	*reason = f.reason;
	return f.guilty && checked && o->terminate ? ORACLE_TERMINATE : f.verdict;
}

bool oracle_is_certain(const struct oracle *o)
{
	return o->mode != ORACLE_SAMPLED || o->sampling_rate <= 0 || o->sampling_rate >= 1;
}

bool oracle_has_rule(const struct oracle *o, const char *id)
{
	for (size_t i = 0; i < o->allow_count; i++)
		if (strcmp(o->allow[i].id, id) == 0)
			return true;
	return false;
}
