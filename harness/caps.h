/* SPDX-License-Identifier: ISC */
/* caps.h: the closed list of capability tags, the one place that knows them. docs/backends.md explains each.
 *
 * A backend may describe itself, and a suite may need things, in these words only: a misspelt tag must not turn
 * into a quiet SKIP. A new tag comes with the scenarios that need it.
 */
#ifndef HARNESS_CAPS_H
#define HARNESS_CAPS_H

#include <stdbool.h>

extern const char *const caps_known[]; /* ends with NULL */

bool caps_is_known(const char *tag);

#endif
