/* SPDX-License-Identifier: ISC */
/* flow.h: for the prover. The functions of the flow table that only read it, over the table's memory. */
#ifndef PROVE_FLOW_H
#define PROVE_FLOW_H

#define PROVE_LEAVES
#include "prove/verdict_policy.h"

#endif
