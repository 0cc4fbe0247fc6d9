/* SPDX-License-Identifier: ISC */
/* bpf.c: an allow list as an expression of libpcap, compiled to a BPF program. */
#include "fuzz/rig/bpf.h"

#include <pcap/pcap.h>

#include <stdio.h>
#include <stdlib.h>

static char expression[8192];
static size_t used;

static void said(int n)
{
	if (n < 0 || (size_t)n >= sizeof(expression) - used)
		abort();
	used += (size_t)n;
}

#define SAY(...) said(snprintf(expression + used, sizeof(expression) - used, __VA_ARGS__))
#define IP       "%u.%u.%u.%u"
#define MAC      "%02x:%02x:%02x:%02x:%02x:%02x"
#define IS(ip)   (ip) >> 24, (ip) >> 16 & 255, (ip) >> 8 & 255, (ip)&255
#define ARE(m)   (m)[0], (m)[1], (m)[2], (m)[3], (m)[4], (m)[5]

static void say_rules(const struct policy *policy)
{
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		SAY(" or (%s dst port %u and dst host " IP ")", rule->proto == 17 ? "udp" : "tcp",
		    rule->port, IS(rule->ip));
	}
}

/* What policy.h says of policy_service(): the gateway's port 53, and TCP to other machines. */
static void say_services(const struct policy *policy)
{
	const struct policy_web *web = &policy->web;
	const uint32_t first = policy->vm_ip & policy->netmask;
	const uint32_t last = first | ~policy->netmask;

	if (web->dns != POLICY_DNS_OFF)
		SAY(" or (dst host " IP " and (udp or tcp) and dst port 53)",
		    IS(policy->gateway_ip));
	SAY(" or (not dst net 0.0.0.0/8 and not dst net 127.0.0.0/8 and not dst net 224.0.0.0/3"
	    " and not dst host (" IP " or " IP " or " IP " or " IP ")"
	    " and tcp and (ip[0] = 0",
	    IS(first), IS(last), IS(policy->vm_ip), IS(policy->gateway_ip));
	for (unsigned i = 0; web->tls != POLICY_TLS_OFF && i < web->tls_port_count; i++)
		SAY(" or dst port %u", web->tls_ports[i]);
	for (unsigned i = 0; i < web->http_port_count; i++)
		SAY(" or dst port %u", web->http_ports[i]);
	SAY("))");
}

const char *bpf_expression(enum scene_policy which)
{
	const struct policy *policy = scene_policy(which);

	used = 0;
	SAY("ether src " MAC " and ether dst " MAC " and ip and src host " IP
	    " and ip[6:2] & 0x3fff = 0 and (ip[0] = 0",
	    ARE(policy->vm_mac), ARE(policy->gateway_mac), IS(policy->vm_ip));
	say_rules(policy);
	say_services(policy);
	SAY(")");
	return expression;
}

static const struct bpf_program *program(enum scene_policy which)
{
	static struct bpf_program programs[SCENE_FILTERED];
	pcap_t *dead;

	if (programs[which].bf_insns)
		return &programs[which];
	dead = pcap_open_dead(DLT_EN10MB, 65535);
	if (!dead ||
	    pcap_compile(dead, &programs[which], bpf_expression(which), 1, 0xffffffff) < 0) {
		fprintf(stderr, "bpf: %s: %s\n", expression,
		        dead ? pcap_geterr(dead) : "no memory");
		abort();
	}
	pcap_close(dead);
	return &programs[which];
}

bool bpf_matches(enum scene_policy which, struct rd frame)
{
	const struct pcap_pkthdr header = {
	        .caplen = (bpf_u_int32)frame.n,
	        .len = (bpf_u_int32)frame.n,
	};

	return pcap_offline_filter(program(which), &header, frame.p) != 0;
}
