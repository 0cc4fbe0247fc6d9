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

/* A path, and the text in which it stands. */
struct schema_place {
	const char *name; /* of the file */
	struct rd text;   /* all of it */
	struct json_step path[SCHEMA_DEPTH_MAX];
	size_t depth;
};

/* The caller fills in `at` (its name and text) and what follows as it needs, and zeroes the rest. */
struct schema {
	struct schema_place at; /* the value at hand */
	FILE *errors;
	void *context; /* for the check functions */
	bool partial;  /* no key of an object is required, unless it stands in an array */
	/* When the values come from several files: turns a place into that in its own file; or NULL. */
	void (*locate)(const struct schema *s, struct schema_place *place);
	unsigned malformed;
};

struct schema_field {
	const char *name;
	bool required;
	void (*check)(struct schema *s, json_t *value);
};

/* Complains about the value at hand. */
void __attribute__((format(printf, 2, 3))) schema_bad(struct schema *s, const char *format, ...);

/* Complains about a text that is no JSON. */
void schema_bad_syntax(struct schema *s, const json_error_t *error);

/* The place of the value at hand in its own file. */
struct schema_place schema_locate(const struct schema *s);

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
