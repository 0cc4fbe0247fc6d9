/* SPDX-License-Identifier: ISC */
/* schema.h: checks JSON values against tables, and complains with path and place:
 *
 *	refnat: policy.json:7:52: $.allow[0].port: port 65536 is not in 1..65535
 *
 * Every object has a table of the keys that it may have; every key has a function that checks its
 * value. The path to the value at hand is kept here, so that a complaint needs nothing but its text.
 * Complaints are counted, the first 20 are printed; control characters in keys come out as `?`.
 */
#ifndef REF_SCHEMA_H
#define REF_SCHEMA_H

#include "ref/json_pos.h"

#include <jansson.h>
#include <stdio.h>

#define SCHEMA_DEPTH_MAX 8 /* of what is looked into; a table that goes deeper aborts */

/* The caller fills in the first four and zeroes the rest. */
struct schema {
	const char *name; /* of the file */
	struct rd text;   /* all of it */
	FILE *errors;
	void *context; /* for the check functions */
	unsigned malformed, unimplemented;
	struct json_step path[SCHEMA_DEPTH_MAX];
	size_t depth;
};

struct schema_field {
	const char *name;
	bool required;
	void (*check)(struct schema *s, json_t *value);
};

/* Complains about the value at hand: it is malformed; it is well-formed and asks for something that
 * is not built yet. */
void __attribute__((format(printf, 2, 3))) schema_bad(struct schema *s, const char *format, ...);
void __attribute__((format(printf, 2, 3))) schema_later(struct schema *s, const char *format, ...);

void schema_print_syntax_error(const struct schema *s, const json_error_t *error);

/* Steps into the member `key`, or, when that is NULL, the element `index`; and out again. */
void schema_push(struct schema *s, const char *key, size_t index);
void schema_pop(struct schema *s);

/* The string, which lives as long as `value`, or NULL after a complaint. */
const char *schema_get_string(struct schema *s, const json_t *value);

/* False after a complaint, in which `what` names the number. */
bool schema_get_integer(struct schema *s, const json_t *value, const char *what, json_int_t min,
                        json_int_t max, json_int_t *out);

/* Which of the choices the string is, or -1 after a complaint that lists them (in 127 characters). */
int schema_get_choice(struct schema *s, const json_t *value, const char *const *choices,
                      size_t count);

/* Checks an object against its table, in the table's order: complains when it is none, about keys
 * that are not in the table, and about required ones that are missing. */
void schema_check_object(struct schema *s, json_t *object, const struct schema_field *fields,
                         size_t count);

#endif
