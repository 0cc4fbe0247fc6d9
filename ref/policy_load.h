/* SPDX-License-Identifier: ISC */
/* policy_load.h: reads the policy file, and refuses what is not exactly right.
 *
 * The schema is the contract's policy, version 1 (docs/backends.md). `version`, `mode` and `vm` must
 * be there; every other key has the value that the schema's example shows when it is left out,
 * except that `allow` is then empty, which denies everything, and that on_violation is `terminate` in
 * the modes sampled and conntrack. Refused as malformed, all complaints
 * in one go, each with file, line, column and path:
 *
 *	policy.json:7:52: $.allow[0].port: port 65536 is not in 1..65535
 *
 *	- not JSON, more than POLICY_FILE_MAX bytes, a key twice, an unknown key, a wrong type
 *	- a number out of range: rates outside 0..1, ports outside 1..65535, limits
 *	- an address that is a name, IPv6, has leading zeros, or is no unicast address
 *	- a VM or gateway that is the network's or broadcast address of the VM's net, a gateway
 *	  outside it, a group MAC, or the gateway's own MAC
 *	- a rule that nobody could use: for the address of the VM, of the gateway or of their net; two
 *	  rules with one id or one endpoint (of UDP and of TCP are two)
 *	- mode sampled without a sampling_rate; mode direct with on_violation terminate
 *
 * A policy that is well-formed but asks for what refnat does not do is refused as well, as
 * unimplemented: it must not be accepted and then not enforced.
 */
#ifndef REF_POLICY_LOAD_H
#define REF_POLICY_LOAD_H

#include "bytes/rd.h"
#include "ref/policy.h"

#include <stdio.h>

#define POLICY_FILE_MAX 1048576 /* bytes */

/* EXITS_OK, EXITS_POLICY or EXITS_UNIMPLEMENTED; complaints go to `errors`. After EXITS_OK *out
 * must be given to policy_free(), otherwise it holds nothing. */
int policy_load_file(const char *path, FILE *errors, struct policy *out);

/* The same for a text in memory; `name` stands for the file in complaints. */
int policy_load_text(const char *name, struct rd text, FILE *errors, struct policy *out);

void policy_free(struct policy *policy);

#endif
