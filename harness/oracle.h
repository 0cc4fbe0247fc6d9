/* SPDX-License-Identifier: ISC */
/* oracle.h: what a correct filter does with a frame, decided independently of any backend.
 *
 * Too simple to be wrong: it works on the finished bytes (through decode.h) and on the policy file,
 * and has no state. `gauntlet lint` compares it with the expected column of every attack table, so
 * a scenario cannot ask for the wrong thing unnoticed.
 *
 * Each frame is taken for the first of its conversation. So a TCP segment that is no SYN belongs to
 * no connection, and in the mode conntrack everything is checked. With a sampling rate between 0
 * and 1 nobody can say what becomes of one frame: oracle_is_certain().
 */
#ifndef HARNESS_ORACLE_H
#define HARNESS_ORACLE_H

#include "harness/decode.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORACLE_ALLOW_MAX 256
#define ORACLE_ID_MAX    33 /* of an allow entry, with its end */
#define ORACLE_PORTS_MAX 16 /* of TLS and HTTP together */

enum oracle_mode { ORACLE_DIRECT, ORACLE_SAMPLED, ORACLE_CONNTRACK, ORACLE_FILTERED };

/* Noise the policy calls benign: bits of oracle.benign. */
enum oracle_noise {
	NOISE_ARP = 1 << 0, /* honest, but not for the gateway */
	NOISE_DHCP =
	        1 << 1, /* a client's message that nobody has to answer; harmless in any case */
	NOISE_IGMP = 1 << 2,
	NOISE_MDNS = 1 << 3,
	NOISE_ND = 1 << 4, /* neighbour discovery and listener reports of IPv6 */
};

struct oracle {
	enum oracle_mode mode;
	double sampling_rate;
	bool terminate; /* a violation ends the VM */
	uint8_t vm_mac[6];
	uint32_t vm_ip, vm_mask, gateway;
	/* The policy does not name the gateway's MAC; who builds the frames may set it after
	 * oracle_load(), and then unicast frames to any other one are dropped. */
	bool has_gateway_mac;
	uint8_t gateway_mac[6];
	bool icmp_echo; /* the gateway answers echo */
	unsigned benign;
	unsigned mtu;
	bool dns;          /* the gateway answers queries */
	size_t port_count; /* TCP ports of TLS and HTTP, where names decide */
	uint16_t ports[ORACLE_PORTS_MAX];
	size_t allow_count;
	struct {
		char id[ORACLE_ID_MAX];
		uint8_t proto;
		uint32_t ip;
		uint16_t port;
	} allow[ORACLE_ALLOW_MAX];
};

enum oracle_verdict { ORACLE_DROP, ORACLE_PASS, ORACLE_ANSWER, ORACLE_TERMINATE };

/* Reads the parts of a policy file that matter here; false with a message in `why` (256 bytes). */
bool oracle_load(const char *path, struct oracle *o, char *why);
/* The MTU of the VM's link by that policy; what is usual when it cannot be read. */
unsigned oracle_mtu(const char *path);

/* The verdict on one frame from the VM, and in *reason a constant phrase. */
enum oracle_verdict oracle_judge(const struct oracle *o, const struct seen *s, const char **reason);

/* Reads "dns", "tls" and "http" of a policy (oracle_web.c), as oracle_load() reads the rest. */
bool oracle_load_web(const json_t *root, struct oracle *o, char *why);

/* Whether the filter itself takes what is sent there: it answers a TCP connection whatever comes of it
 * later, and reads a DNS query. What it then says no row of one frame can tell; tables of talks do. */
bool oracle_serves(const struct oracle *o, const struct seen *s);

/* Whether the verdict on a frame is the same every time. */
bool oracle_is_certain(const struct oracle *o);

/* Whether the policy has an allow entry with this id. */
bool oracle_has_rule(const struct oracle *o, const char *id);

#endif
