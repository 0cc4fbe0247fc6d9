/* SPDX-License-Identifier: ISC */
/* sandbox.h: giving up privileges after set-up. */
#ifndef REF_SANDBOX_H
#define REF_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

/* Sets no_new_privs and keeps no capabilities but those in `keep` (bits 1 << CAP_..., of 0..31)
 * that the process has. False, with the reason printed, when that is not possible: do not go on. */
bool sandbox_drop_privileges(uint32_t keep);

#endif
