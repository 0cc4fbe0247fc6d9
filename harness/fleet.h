/* SPDX-License-Identifier: ISC */
/* fleet.h: `gauntlet fleet`: several VMs at once, each with a backend of its own, on one provider.
 *
 *     VM 1 == cable == backend 1 --+
 *     VM 2 == cable == backend 2 --+-- up0 ==== w0: the world, the consumer
 *     VM N == cable == backend N --+
 *
 * All backends stand in one namespace and send through one uplink, from one address. Each VM has a policy of its own:
 * its card and its address differ from the others', but the last one is a twin of the first, card, address and all, as
 * VMs of one image are. Then three things are asked:
 *
 *   isolation  from inside, each VM tries each other: its address, its card, its ports at the provider, everybody's
 *              addresses, its name. Nothing of that arrives in a VM or in the world; before and after it all of them
 *              talk to the consumer, from the same ports, and each hears its own answers and nothing else (NAT-007).
 *   shares     all send to the consumer as fast as they can. What arrives in the world of each is within a factor of
 *              1.25 (LIFE-005). The share is the backend's doing only as far as the guests offered alike: what each
 *              offered stands beside it.
 *   churn      VMs and backends are started and ended, by a power-off, over QMP, by SIGKILL; nothing is left
 *              (LIFE-003).
 *
 * What a guest says is never evidence: frames are counted on the cables and in the world.
 */
#ifndef HARNESS_FLEET_H
#define HARNESS_FLEET_H

#include "harness/doctor.h"

#define FLEET_MAX          8
#define FLEET_SHARE_FACTOR 1.25 /* LIFE-005 */
#define FLEET_CHURN        50   /* starts and stops of a VM */
#define FLEET_CHURN_COLD   12   /* with --cold, where each is a whole boot */

/* What its checks cite, for `gauntlet trace`; ends with NULL. */
extern const struct doctor_cite fleet_cites[];

/* The sub-command; argv[0] is its name. Exit codes: 0 all held, 1 something did not, 2 usage, 3 the backend breaks the
 * contract, 4 the environment is at fault (no QEMU, no image, no READY), 130 interrupted. */
int fleet_main(int argc, char **argv);

#endif
