/* SPDX-License-Identifier: ISC */
/* oracle.h: what a correct filter does with a frame, decided independently of any backend.
 *
 * About 200 lines, too simple to be wrong: it works on the finished bytes (through decode.h) and on
 * the policy file, has no state and knows only the filtered mode. `gauntlet lint` compares it with
 * the expected column of every attack table, so a scenario cannot ask for the wrong thing
 * unnoticed.
 */
#ifndef HARNESS_ORACLE_H
#define HARNESS_ORACLE_H

#include "harness/decode.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORACLE_ALLOW_MAX 256

struct oracle {
	uint8_t vm_mac[6];
	uint32_t vm_ip, vm_mask, gateway;
	/* The policy does not name the gateway's MAC; who builds the frames may set it after
	 * oracle_load(), and then unicast frames to any other one are dropped. */
	bool has_gateway_mac;
	uint8_t gateway_mac[6];
	bool icmp_echo; /* the gateway answers echo */
	bool filtered;  /* mode is "filtered"; otherwise the oracle has no opinion */
	size_t allow_count;
	struct {
		uint8_t proto;
		uint32_t ip;
		uint16_t port;
	} allow[ORACLE_ALLOW_MAX];
};

enum oracle_verdict { ORACLE_DROP, ORACLE_PASS, ORACLE_ANSWER };

/* Reads the parts of a policy file that matter here; false with a message in `why` (256 bytes). */
bool oracle_load(const char *path, struct oracle *o, char *why);

/* The verdict on one frame from the VM, and in *reason a constant phrase. */
enum oracle_verdict oracle_judge(const struct oracle *o, const struct seen *s, const char **reason);

#endif
