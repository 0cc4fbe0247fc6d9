/* SPDX-License-Identifier: ISC */
/* json_pos.h: finds where in a JSON text a value stands, to tell the user line and column.
 *
 * JSON libraries say where the syntax is wrong, not where a value stands that is well-formed but
 * refused. The text must already have been accepted by a JSON parser: this is a finder, not a
 * checker, and on anything else it returns some position inside the text.
 */
#ifndef REF_JSON_POS_H
#define REF_JSON_POS_H

#include "bytes/rd.h"

/* One step of a path: into the member `key` of an object, or the element `index` of an array when
 * `key` is NULL. Keys are compared after decoding the escapes for ASCII characters. */
struct json_step {
	const char *key;
	size_t index;
};

struct json_pos {
	unsigned line, column; /* both count from 1; columns count bytes */
};

/* The position of the value at the path of `count` steps, or, when the path leads nowhere, of the
 * innermost value on it that is there. With `at_key`, the last step's key rather than its value. */
struct json_pos json_pos_find(struct rd text, const struct json_step *steps, size_t count,
                              bool at_key);

#endif
