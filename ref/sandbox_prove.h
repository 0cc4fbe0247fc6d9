/* SPDX-License-Identifier: ISC */
/* sandbox_prove.h: tries what the sandbox is said to forbid and to permit.
 *
 * A row (sandbox_acts.h) is proved in two processes. The first enters nothing: what is forbidden
 * must have another outcome there, else it is not the sandbox that forbids it; what is permitted
 * must work there, else its failure inside would say nothing. The second enters the row's stage and
 * must have the outcome of the row.
 *
 *	ok   worker seccomp: connect(2) is killed
 *	FAIL dialer all stages: can load a policy: killed by the filter
 *	skip janitor landlock: binding a TCP socket fails with EACCES: needs abi 4, this is 3
 *
 * Skipped is what cannot be proved here: the stage is missing, its version is too old, or the first
 * process was refused as well (by the rights of who runs it, or by another sandbox around it).
 * Where the kernel audits, each kill leaves a line in its log.
 */
#ifndef REF_SANDBOX_PROVE_H
#define REF_SANDBOX_PROVE_H

#include "ref/sandbox_acts.h"

#include <stdio.h>

#define SANDBOX_WHY_MAX 160

enum sandbox_proof { SANDBOX_PROVED, SANDBOX_REFUTED, SANDBOX_SKIPPED, SANDBOX_PROOFS };

/* Proves one row for one role. `why` says what went wrong or is missing; empty when proved. */
enum sandbox_proof sandbox_prove_act(const struct sandbox_act *act, bool forbidden,
                                     enum sandbox_role role, char why[SANDBOX_WHY_MAX]);

/* Proves rows, one line each, and counts them. */
void sandbox_prove_acts(const struct sandbox_acts *acts, bool forbidden, FILE *out,
                        unsigned counts[SANDBOX_PROOFS]);

/* `refnat sandbox`: proves everything, ends with "N passed, M failed, K skipped", and returns the
 * exit code: 0, or 1 when something failed or nothing was proved. */
int sandbox_prove(FILE *out);

/* The exit code that these counts deserve. */
int sandbox_prove_exit(const unsigned counts[SANDBOX_PROOFS]);

#endif
