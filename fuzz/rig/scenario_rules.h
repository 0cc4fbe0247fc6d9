/* SPDX-License-Identifier: ISC */
/* scenario_rules.h: what must be true of every scenario that was taken, and of every complaint about one
 * that was not (harness/scenario.h, harness/diag.h).
 */
#ifndef FUZZ_RIG_SCENARIO_RULES_H
#define FUZZ_RIG_SCENARIO_RULES_H

#include "bytes/rd.h"
#include "harness/scenario.h"

/* HOLDS() that names, requirements, numbers and addresses are such as the grammar has. */
void scenario_rules_tree(const struct suite *s);

/* HOLDS() that each complaint stands at a place of the text, and is fit to be shown. */
void scenario_rules_complaints(const struct diag *diag, struct rd text);

/* Whether two trees, and two lists of complaints, say the same. */
bool scenario_rules_same(const struct suite *a, const struct suite *b);
bool scenario_rules_same_complaints(const struct diag *a, const struct diag *b);

#endif
