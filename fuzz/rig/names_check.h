/* SPDX-License-Identifier: ISC */
/* names_check.h: what a policy says of names (ref/policy_name.h), against the model. */
#ifndef FUZZ_RIG_NAMES_CHECK_H
#define FUZZ_RIG_NAMES_CHECK_H

#include "fuzz/rig/names_model.h"

/* Of a name that is one. */
void names_check_name(const struct names_model *model, const char *name);

/* The lists are in the order in which they are looked up. */
void names_check_order(const struct names_model *model);

#endif
