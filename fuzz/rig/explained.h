/* SPDX-License-Identifier: ISC */
/* explained.h: policies to ask about, and what must be true of an explanation (ref/policy_explain.h). */
#ifndef FUZZ_RIG_EXPLAINED_H
#define FUZZ_RIG_EXPLAINED_H

#include "ref/policy_load.h"

struct explained {
	struct policy_files files;
	struct policy policy;
};

/* One of a few policies, loaded once. */
const struct explained *explained_policies(uint8_t which);

/* HOLDS() that the text begins with the request and ends with what was decided, that its places are in
 * the files, and that the name is decided on as the lists say. */
void explained_hold(const struct explained *x, const char *method, const char *url,
                    const char *text, bool allowed);

#endif
