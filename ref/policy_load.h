/* SPDX-License-Identifier: ISC */
/* policy_load.h: reads the policy file, and refuses what is not exactly right.
 *
 * The schema is the contract's policy, version 1 (docs/backends.md). `version`, `mode` and `vm` must
 * be there; every other key has the value that the schema says when it is left out. Refused as
 * malformed, all complaints in one go, each with file, line, column and path:
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
 *	- a name that is none (host_name.h), an asterisk elsewhere than as *. in front, a name twice in
 *	  one list once it is normalised
 *	- dns mode forward without an upstream, tls mode mitm without a CA, tls without a port
 *	- what would not be enforced: dns, tls or http in the modes direct and sampled; names or rules
 *	  that nothing looks at; an entry of `allow` on a port of tls or http; a port of both; a rule
 *	  for a domain that the same file blocks
 *
 * With an organisation's policy over the user's (policy_merge.h) each must be well-formed by itself,
 * which the organisation's is without mode and vm too, and both together must be a policy. Complaints
 * name the file that says what they are about.
 */
#ifndef REF_POLICY_LOAD_H
#define REF_POLICY_LOAD_H

#include "ref/policy.h"
#include "ref/policy_merge.h"

#include <stdio.h>

#define POLICY_FILE_MAX 1048576 /* bytes */

/* EXITS_OK or EXITS_POLICY; complaints go to `errors`. `organisation` may be NULL. After EXITS_OK
 * *out must be given to policy_free(), otherwise it holds nothing. */
int policy_load(const struct policy_source *user, const struct policy_source *organisation,
                FILE *errors, struct policy *out);

/* The same for one file by its path, and for one text in memory. */
int policy_load_file(const char *path, FILE *errors, struct policy *out);
int policy_load_text(const char *name, struct rd text, FILE *errors, struct policy *out);

void policy_free(struct policy *policy);

/* A file in memory. */
struct policy_file {
	struct policy_source source;
	char *bytes, *folder; /* what it points at */
};

/* Reads a file, whatever stands in it; false with the reason printed, and then *file holds nothing.
 * `path` must live as long as *file. */
bool policy_file_read(const char *path, FILE *errors, struct policy_file *file);
void policy_file_free(struct policy_file *file);

/* The user's file and, if there is one, the organisation's. */
struct policy_files {
	struct policy_file user, organisation;
	bool has_organisation;
};

/* Reads the files, of which the second path may be NULL, and loads them. After EXITS_OK *files is to
 * be given to policy_files_free() too: with another text in its place as the user's, the same
 * organisation's policy can be laid over that. */
int policy_files_load(const char *path, const char *organisation, FILE *errors,
                      struct policy_files *files, struct policy *out);
void policy_files_free(struct policy_files *files);

/* NULL when there is none. */
const struct policy_source *policy_files_organisation(const struct policy_files *files);

#endif
