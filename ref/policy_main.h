/* SPDX-License-Identifier: ISC */
/* policy_main.h: `refnat policy explain|check`, for people who write policies.
 *
 *	refnat policy explain METHOD URL --policy FILE [--organisation FILE]
 *	refnat policy check --policy FILE [--organisation FILE]
 */
#ifndef REF_POLICY_MAIN_H
#define REF_POLICY_MAIN_H

/* argv[0] is "policy". explain: EXITS_OK allowed, 1 denied, see policy_explain.h; check: EXITS_OK.
 * Both: EXITS_USAGE, EXITS_UNIMPLEMENTED for a flag that nobody knows, EXITS_POLICY with all
 * complaints about the policy on standard error. */
int policy_main(int argc, char *argv[]);

#endif
