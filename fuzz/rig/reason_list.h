/* SPDX-License-Identifier: ISC */
/* reason_list.h: the reasons, by their names, and whether each is a violation: a second list, from the
 * comments in ref/reason.h. Names stand in audit logs of years ago; neither list may forget one.
 */
#ifndef FUZZ_RIG_REASON_LIST_H
#define FUZZ_RIG_REASON_LIST_H

#include <stdbool.h>
#include <stddef.h>

extern const struct reason_line {
	const char *name;
	bool violation;
} reason_list[];
extern const size_t reason_list_len;

#endif
