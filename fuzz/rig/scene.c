/* SPDX-License-Identifier: ISC */
/* scene.c: the policies and flow tables that frames are judged with. */
#include "fuzz/rig/scene.h"

#include <stdlib.h>
#include <string.h>

#define VM       0xc0a86402u /* 192.168.100.2 */
#define GATEWAY  0xc0a86401u
#define CONSUMER 0xcb007132u /* 203.0.113.50 */
#define SERVER   0xc6336407u /* 198.51.100.7 */
#define UDP      17
#define TCP      6
#define ICMP     1
#define ALL_NOISE                                                                                  \
	(POLICY_BENIGN_ARP | POLICY_BENIGN_DHCP | POLICY_BENIGN_IGMP | POLICY_BENIGN_MDNS |        \
	 POLICY_BENIGN_ND)

/* Ascending in policy_compare(): protocol, address, port. */
static struct policy_rule two_rules[] = {
        {.proto = TCP, .ip = SERVER, .port = 9443, .id = "server"},
        {.proto = UDP, .ip = CONSUMER, .port = 51900, .id = "consumer"},
};
static struct policy_rule many_rules[] = {
        {.proto = TCP, .ip = 0x01000001, .port = 1, .id = "lowest"},
        {.proto = TCP, .ip = 0x0a000005, .port = 22, .id = "inside"},
        {.proto = TCP, .ip = SERVER - 1, .port = 9443, .id = "below"},
        {.proto = TCP, .ip = SERVER, .port = 81, .id = "port-low"},
        {.proto = TCP, .ip = SERVER, .port = 9443, .id = "server"},
        {.proto = TCP, .ip = CONSUMER, .port = 51900, .id = "both"},
        {.proto = TCP, .ip = 0xdfffffff, .port = 65535, .id = "highest"},
        {.proto = UDP, .ip = SERVER, .port = 53, .id = "resolver"},
        {.proto = UDP, .ip = CONSUMER, .port = 19132, .id = "without-its-high-bit"},
        {.proto = UDP, .ip = CONSUMER, .port = 51900, .id = "both-by-udp"},
        {.proto = UDP, .ip = CONSUMER, .port = 51902, .id = "next-but-one"},
        {.proto = UDP, .ip = CONSUMER + 2, .port = 1, .id = "lowest-port"},
};

#define WHO                                                                                        \
	.vm_mac = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56},                                            \
	.gateway_mac = {0x52, 0x55, 0xc0, 0xa8, 0x64, 0x01}, .vm_ip = VM, .gateway_ip = GATEWAY,   \
	.flows_max = SCENE_FLOWS_MAX, .tcp_max = SCENE_TCP_MAX, .conntrack_ttl_s = 300
#define USUAL WHO, .netmask = 0xffffff00, .mtu = 1500, .echo = true, .benign = ALL_NOISE
#define TWO   .rules = two_rules, .rule_count = sizeof(two_rules) / sizeof(two_rules[0])
#define MANY  .rules = many_rules, .rule_count = sizeof(many_rules) / sizeof(many_rules[0])
#define WEB                                                                                        \
	.web = {                                                                                   \
	        .dns = POLICY_DNS_FORWARD,                                                         \
	        .tls = POLICY_TLS_SPLICE,                                                          \
	        .tls_ports = {443, 8443},                                                          \
	        .tls_port_count = 2,                                                               \
	        .http_ports = {80},                                                                \
	        .http_port_count = 1,                                                              \
	}

static const struct policy policies[SCENE_POLICIES] = {
        [SCENE_PLAIN] = {USUAL, TWO, .mode = POLICY_FILTERED},
        [SCENE_STRICT] = {WHO, MANY, .netmask = 0xffffff00, .mtu = 1500, .mode = POLICY_FILTERED,
                          .reset_denied_tcp = true},
        [SCENE_EMPTY] = {USUAL, .mode = POLICY_FILTERED, .reset_denied_tcp = true},
        [SCENE_WEB] = {WHO, MANY, WEB, .netmask = 0xffffff00, .mtu = 9216, .echo = true,
                       .benign = POLICY_BENIGN_ARP | POLICY_BENIGN_IGMP, .mode = POLICY_FILTERED,
                       .reset_denied_tcp = true},
        [SCENE_SMALL] = {WHO, TWO, .netmask = 0xfffffffc, .mtu = 576, .mode = POLICY_FILTERED,
                         .echo = true, .benign = POLICY_BENIGN_DHCP | POLICY_BENIGN_MDNS},
        [SCENE_NAMES] = {USUAL, TWO, .mode = POLICY_FILTERED, .terminate = true,
                         .web = {.dns = POLICY_DNS_SYNTHETIC,
                                 .tls_ports = {443},
                                 .tls_port_count = 1}},
        [SCENE_UNFILLED] = {USUAL, TWO},
        [SCENE_CONNTRACK] = {USUAL, TWO, .mode = POLICY_CONNTRACK, .terminate = true},
        [SCENE_CONNTRACK_WEB] = {WHO, MANY, WEB, .netmask = 0xffffff00, .mtu = 1500,
                                 .benign = POLICY_BENIGN_ND, .mode = POLICY_CONNTRACK},
        [SCENE_SAMPLED] = {USUAL, TWO, .mode = POLICY_SAMPLED, .sampled_below = 0x80808080,
                           .terminate = true},
        [SCENE_SAMPLED_ALL] = {USUAL, TWO, .mode = POLICY_SAMPLED,
                               .sampled_below = UINT64_C(1) << 32, .reset_denied_tcp = true},
        [SCENE_SAMPLED_NONE] = {USUAL, TWO, .mode = POLICY_SAMPLED, .reset_denied_tcp = true},
        [SCENE_DIRECT] = {USUAL, TWO, .mode = POLICY_DIRECT},
        [SCENE_DIRECT_STRICT] = {WHO, .netmask = 0xfffffffc, .mtu = 1500, .mode = POLICY_DIRECT,
                                 .reset_denied_tcp = true},
};

const struct policy *scene_policy(enum scene_policy which)
{
	return &policies[which];
}

/* A flow of the VM, or in direct of another address. `age`: nanoseconds since it was used. */
struct preset {
	uint32_t guest_ip, peer_ip;
	uint16_t guest_port, peer_port;
	uint8_t proto;
	uint64_t age;
};

/* The longest unused come first, as time has it. The first two have expired when they are kept. */
static const struct preset presets[] = {
        {VM, CONSUMER, 40001, 51900, UDP, FLOW_IDLE_NS + 1},
        {VM, CONSUMER, 40002, 51900, UDP, FLOW_IDLE_NS},
        {VM, CONSUMER, 40000, 51900, UDP, FLOW_IDLE_NS - 1},
        {VM, SERVER, 40000, 9443, TCP, 2 * FLOW_IDLE_NS},
        {VM, CONSUMER, 7, 0, ICMP, 9},
        {VM, CONSUMER + 1, 40000, 51900, UDP, 8},
        {VM, GATEWAY, 40000, 53, UDP, 7},
        {VM, GATEWAY, 40000, 53, TCP, 6},
        {VM, SERVER, 40000, 443, TCP, 5},
        {0x0a090909, CONSUMER, 40000, 51900, UDP, 4},
};
#define PRESETS (sizeof(presets) / sizeof(presets[0]))

static void add(struct scene_flows *scene, const struct preset *preset, uint64_t age)
{
	const struct flow_key key = {
	        .guest_ip = preset->guest_ip,
	        .peer_ip = preset->peer_ip,
	        .guest_port = preset->guest_port,
	        .peer_port = preset->peer_port,
	        .proto = preset->proto,
	};
	const bool timed = preset->proto != TCP;

	if (flow_add(&scene->table, &key, timed, 3, SCENE_NOW - age) != scene->count)
		abort();
	scene->keys[scene->count] = key;
	scene->expired[scene->count] = timed && age >= FLOW_IDLE_NS;
	scene->count++;
}

static void make(struct scene_flows *scene, enum scene_table which)
{
	const bool tcp_full = which == SCENE_TCP_FULL || which == SCENE_ALL_FULL;
	const uint32_t flows = which == SCENE_NO_FLOWS ? 0 : PRESETS + tcp_full;
	const bool full = which == SCENE_FULL || which == SCENE_FULL_EXPIRED ||
	                  which == SCENE_ALL_FULL;
	const uint64_t oldest = which == SCENE_FULL || which == SCENE_ALL_FULL ? FLOW_IDLE_NS - 1
	                                                                       : UINT64_MAX;

	flow_init(&scene->table, scene->flows, full ? flows : SCENE_FLOWS_MAX, scene->index, 1);
	for (uint32_t i = 0; i < flows && i < PRESETS; i++)
		add(scene, &presets[i],
		    presets[i].proto != TCP && presets[i].age > oldest ? oldest : presets[i].age);
	if (tcp_full) {
		const struct preset fourth = {VM, SERVER, 40009, 9443, TCP, 0};

		add(scene, &fourth, 0);
	}
}

/* The second of each two is a copy, byte by byte, that is never given away. */
static struct scene_flows scenes[SCENE_TABLES][2];

const struct scene_flows *scene_flows(enum scene_table which)
{
	if (!scenes[which][0].table.capacity) {
		make(&scenes[which][0], which);
		memcpy(&scenes[which][1], &scenes[which][0], sizeof(scenes[which][0]));
	}
	return &scenes[which][0];
}

bool scene_is_untouched(enum scene_table which)
{
	const void *now = scenes[which][0].flows, *then = scenes[which][1].flows;

	return !memcmp(now, then, sizeof(scenes[which][0].flows)) &&
	       !memcmp(scenes[which][0].index, scenes[which][1].index,
	               sizeof(scenes[which][0].index));
}
