/* SPDX-License-Identifier: ISC */
/* policy.h: the policy as the verdict reads it: who the VM is and where it may go.
 *
 * Made by policy_load() and not changed while it is in force: a new one takes its place as a whole.
 * Worker and dialer look at the same memory, which only the dialer can write. The VM's MAC and
 * address are enforced (in every mode but direct), never learned.
 */
#ifndef REF_POLICY_H
#define REF_POLICY_H

#include "ref/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_ID_MAX    32 /* characters of a rule's id, of [A-Za-z0-9._-] */
#define POLICY_RULES_MAX 16384
#define POLICY_FLOWS_MAX 65536
#define POLICY_MTU_MIN   576
#define POLICY_MTU_MAX   9216

#define POLICY_NAME_MAX      253 /* characters of a name, in lower case, without a dot at the end */
#define POLICY_NAMES_MAX     4096 /* entries of domains.allow and domains.block together */
#define POLICY_HOSTS_MAX     1024 /* addresses of dns.hosts */
#define POLICY_HTTP_MAX      1024 /* rules for requests */
#define POLICY_METHODS_MAX   8    /* methods of one of them */
#define POLICY_METHOD_MAX    16
#define POLICY_PATH_MAX      255
#define POLICY_PORTS_MAX     8
#define POLICY_DNS_PORT      53
#define POLICY_FILE_NAME_MAX 1023

/* Noise that is dropped with the reason `benign` when it needs no answer. */
enum policy_benign {
	POLICY_BENIGN_ARP = 1 << 0,  /* honest ARP: announcements, requests for other hosts */
	POLICY_BENIGN_DHCP = 1 << 1, /* RELEASE and DECLINE, messages for another server */
	POLICY_BENIGN_IGMP = 1 << 2, /* IGMP to a group */
	POLICY_BENIGN_MDNS = 1 << 3, /* UDP to 224.0.0.251:5353 */
	POLICY_BENIGN_ND = 1 << 4,   /* neighbour discovery and listener reports, see ipv6.h */
};

/* In ascending strictness. Malformed packets, fragments, IPv6 and VLANs pass in none of them. Zero
 * is no mode and taken for the strictest, so that memory nobody has filled in opens nothing. */
enum policy_mode {
	POLICY_DIRECT = 1, /* plain NAT: nothing is checked against the list */
	POLICY_SAMPLED,    /* each frame is checked with probability sampling_rate */
	POLICY_CONNTRACK,  /* the first packet of a flow is checked */
	POLICY_FILTERED,   /* every frame is checked */
};

/* One allowed endpoint. */
struct policy_rule {
	uint32_t ip;
	uint16_t port;
	uint8_t proto; /* IP protocol number: UDP or TCP */
	char id[POLICY_ID_MAX + 1];
};

/* How names are answered to the guest, at the gateway's port 53. */
enum policy_dns {
	POLICY_DNS_OFF,       /* not at all: no query passes */
	POLICY_DNS_SYNTHETIC, /* addresses of `hosts`, nothing else, and nobody is asked */
	POLICY_DNS_FORWARD,   /* `hosts`, else the configured resolver is asked for allowed names */
};

/* What becomes of a connection to one of the ports of TLS. */
enum policy_tls {
	POLICY_TLS_OFF,    /* the ports are ports like others */
	POLICY_TLS_SPLICE, /* the name is checked, the bytes go on as they are */
	POLICY_TLS_MITM,   /* TLS ends here, and each request is decided upon */
};

/* An entry of domains.allow or domains.block. A wildcard *.x.test is `name` x.test with `below`: it
 * means what lies below, never x.test itself. */
struct policy_name {
	char name[POLICY_NAME_MAX + 1];
	bool below;
	bool block;
	bool splice;       /* allow, in mode mitm: this name's bytes are passed on as they are */
	bool organisation; /* it stands in the organisation's file */
	uint16_t index;    /* its place in that file's domains.allow or domains.block */
};

/* An address of dns.hosts. The administrator's word: it may be private. */
struct policy_host {
	char name[POLICY_NAME_MAX + 1];
	uint32_t ip;
};

/* A rule for requests: for one domain (exact, or below as above), some methods (none: any), a path
 * as http1_path.h normalises it, which may end in `*`. */
struct policy_http {
	char domain[POLICY_NAME_MAX + 1];
	char id[POLICY_ID_MAX + 1];
	bool below;
	bool block;
	bool websocket; /* allow: may be upgraded to a websocket */
	uint8_t method_count;
	char methods[POLICY_METHODS_MAX][POLICY_METHOD_MAX + 1];
	char path[POLICY_PATH_MAX + 1]; /* without the asterisk */
	bool prefix;                    /* there was one */
	bool organisation;              /* it stands in the organisation's file */
	uint16_t index;                 /* its place among that file's rules */
};

/* What is decided above packets; see policy_name.h and policy_http.h. */
struct policy_web {
	enum policy_dns dns;
	enum policy_tls tls;
	uint32_t resolver_ip; /* FORWARD */
	uint16_t resolver_port;
	uint32_t ttl_max_s;        /* of answers, in refnat's cache and as the guest is told */
	bool default_allow;        /* names of no list */
	struct policy_name *names; /* ascending in policy_name_compare() */
	size_t name_count;
	struct policy_host *hosts; /* ascending by name, then address */
	size_t host_count;
	struct policy_http *rules; /* ascending in policy_http_compare() */
	size_t rule_count;
	uint16_t tls_ports[POLICY_PORTS_MAX], http_ports[POLICY_PORTS_MAX];
	uint8_t tls_port_count, http_port_count;
	uint32_t head_timeout_s, idle_timeout_s;
	uint64_t body_max; /* of a request; 0: any */
	char ca_cert[POLICY_FILE_NAME_MAX + 1], ca_key[POLICY_FILE_NAME_MAX + 1];
	char upstream_ca[POLICY_FILE_NAME_MAX + 1]; /* empty: the system's store */
};

/* Who serves a packet of the guest that is not simply sent on. */
enum policy_service {
	POLICY_SERVICE_NONE,
	POLICY_SERVICE_DNS,  /* the gateway's port 53, UDP or TCP */
	POLICY_SERVICE_TLS,  /* a TLS port of any other machine */
	POLICY_SERVICE_HTTP, /* an HTTP port of any other machine */
};

struct policy {
	enum policy_mode mode;
	bool terminate;         /* a violation ends the VM */
	uint64_t sampled_below; /* a frame is checked when its random 32 bits are below: 0..2^32 */
	uint32_t conntrack_ttl_s; /* how long a flow lives after its last packet, in conntrack */
	uint8_t vm_mac[ADDR_MAC_LEN];
	uint8_t gateway_mac[ADDR_MAC_LEN];
	uint32_t vm_ip, netmask, gateway_ip;
	bool echo;                 /* answer pings to the gateway */
	unsigned benign;           /* enum policy_benign, or-ed */
	bool reset_denied_tcp;     /* a denied SYN gets a RST, not silence */
	uint16_t mtu;              /* POLICY_MTU_MIN..POLICY_MTU_MAX, of the guest's link */
	uint32_t flows_max;        /* 1..POLICY_FLOWS_MAX, TCP included */
	uint32_t tcp_max;          /* 1..POLICY_FLOWS_MAX: TCP connections at a time */
	struct policy_rule *rules; /* ascending in policy_compare(), no two equal */
	size_t rule_count;
	struct policy_web web;
};

/* Whether worker and dialer leave this endpoint to the gate (gate.h). DNS is the gateway's port 53;
 * TLS and HTTP are TCP to their ports at any address that can be a destination. No rule of `allow`
 * may have such a port: the loader refuses it. */
enum policy_service policy_service(const struct policy *policy, uint8_t proto, uint32_t ip,
                                   uint16_t port);

/* Whether there is anything that a gate would serve. */
bool policy_needs_gate(const struct policy *policy);

/* Orders rules by protocol, address and port: below, at or above zero. */
int policy_compare(const struct policy_rule *a, const struct policy_rule *b);

/* The rule that allows the endpoint, or NULL. Binary search: 14 steps for the longest list. */
const struct policy_rule *policy_find(const struct policy *policy, uint8_t proto, uint32_t ip,
                                      uint16_t port);

/* Whether an address can be a destination in any mode: no zero net, loopback, multicast or reserved
 * address, not the VM's, the gateway's, or the network's or broadcast address of their net. */
bool policy_is_destination(const struct policy *policy, uint32_t ip);

/* Where the lists of a copy stand, and how many entries there is room for. */
struct policy_room {
	struct policy_rule *rules;
	struct policy_name *names;
	struct policy_host *hosts;
	struct policy_http *http;
	size_t rules_max, names_max, hosts_max, http_max;
};

/* Makes *to a copy of *from whose lists stand in `room`, which must live as long as *to. False, with
 * all untouched, when they do not fit. */
bool policy_copy_into(struct policy *to, const struct policy_room *room, const struct policy *from);

/* NULL when `next` may take the place of `now` while the VM runs, else the key of the policy file
 * that stands in the way: the VM, MTU and limits are fixed at start, and nothing but the allow list
 * may become weaker (a laxer mode, a lower sampling rate, more benign noise, ...). What a mode does
 * not look at does not count: sampling_rate is compared within `sampled`, conntrack_ttl_s within
 * `conntrack`. Whether a denied SYN is reset is free. Above packets the lists, hosts and rules are
 * free as the allow list is, and domains.default with them; modes, ports, times, limits, the resolver
 * and the files of certificates are fixed where they are used at all. */
const char *policy_refuses_swap(const struct policy *now, const struct policy *next);

/* "direct", "sampled", ... Static storage. */
const char *policy_mode_name(enum policy_mode mode);

/* The gateway's MAC is locally administered and follows from its address: 52:55 and the four bytes,
 * so 192.168.100.1 has 52:55:c0:a8:64:01. */
void policy_gateway_mac(uint32_t gateway_ip, uint8_t out[ADDR_MAC_LEN]);

#endif
