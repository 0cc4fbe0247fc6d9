/* SPDX-License-Identifier: ISC */
/* schema.c: checks JSON values against tables, and complains with path and place. */
#include "ref/schema.h"

#include <stdarg.h>
#include <stdlib.h>

#define COMPLAINTS_MAX 20
#define SHOWN_MAX      40 /* characters of a key that a complaint repeats */

/* --- complaints --- */

static void print_plain(FILE *to, const char *text, size_t max)
{
	for (size_t i = 0; text[i] && i < max; i++)
		fputc(text[i] < ' ' || text[i] > '~' ? '?' : text[i], to);
}

static void print_path(FILE *to, const struct schema_place *place)
{
	fputc('$', to);
	for (size_t i = 0; i < place->depth; i++) {
		if (place->path[i].key) {
			fputc('.', to);
			print_plain(to, place->path[i].key, SHOWN_MAX);
		} else {
			fprintf(to, "[%zu]", place->path[i].index);
		}
	}
}

struct schema_place schema_locate(const struct schema *s)
{
	struct schema_place place = s->at;

	if (s->locate)
		s->locate(s, &place);
	return place;
}

static void __attribute__((format(printf, 3, 0)))
complain(struct schema *s, bool at_key, const char *format, va_list args)
{
	struct schema_place place;
	struct json_pos pos;
	char message[256];

	s->malformed++;
	if (s->malformed > COMPLAINTS_MAX)
		return;
	place = schema_locate(s);
	pos = json_pos_find(place.text, place.path, place.depth, at_key);
	vsnprintf(message, sizeof(message), format, args);
	fprintf(s->errors, "refnat: %s:%u:%u: ", place.name, pos.line, pos.column);
	print_path(s->errors, &place);
	fprintf(s->errors, ": %s\n", message);
}

void schema_bad(struct schema *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(s, false, format, args);
	va_end(args);
}

static void __attribute__((format(printf, 2, 3))) bad_key(struct schema *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(s, true, format, args);
	va_end(args);
}

void schema_bad_syntax(struct schema *s, const json_error_t *error)
{
	s->malformed++;
	fprintf(s->errors, "refnat: %s:%d:%d: $: ", s->at.name, error->line, error->column);
	print_plain(s->errors, error->text, sizeof(error->text));
	fputc('\n', s->errors);
}

/* --- values --- */

void schema_push(struct schema *s, const char *key, size_t index)
{
	if (s->at.depth == SCHEMA_DEPTH_MAX)
		abort(); /* the schema is not that deep */
	s->at.path[s->at.depth++] = (struct json_step){.key = key, .index = index};
}

void schema_pop(struct schema *s)
{
	s->at.depth--;
}

const char *schema_get_string(struct schema *s, const json_t *value)
{
	if (!json_is_string(value)) {
		schema_bad(s, "must be a string");
		return NULL;
	}
	return json_string_value(value);
}

bool schema_get_integer(struct schema *s, const json_t *value, const char *what, json_int_t min,
                        json_int_t max, json_int_t *out)
{
	if (!json_is_integer(value)) {
		schema_bad(s, "must be an integer");
		return false;
	}
	*out = json_integer_value(value);
	if (*out >= min && *out <= max)
		return true;
	schema_bad(s, "%s %lld is not in %lld..%lld", what, (long long)*out, (long long)min,
	           (long long)max);
	return false;
}

int schema_get_choice(struct schema *s, const json_t *value, const char *const *choices,
                      size_t count)
{
	const char *text = schema_get_string(s, value);
	char list[128] = "";
	size_t len = 0;

	if (!text)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(text, choices[i]) == 0)
			return (int)i;
		if (len < sizeof(list))
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
			                        i ? ", " : "", choices[i]);
	}
	schema_bad(s, "must be one of: %s", list);
	return -1;
}

static const struct schema_field *find_field(const struct schema_field *fields, size_t count,
                                             const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}

/* What stands in an array is whole, or it is nothing. */
static bool wants_required(const struct schema *s)
{
	for (size_t i = 0; i < s->at.depth; i++)
		if (!s->at.path[i].key)
			return true;
	return !s->partial;
}

void schema_check_object(struct schema *s, json_t *object, const struct schema_field *fields,
                         size_t count)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object)) {
		schema_bad(s, "must be an object");
		return;
	}
	json_object_foreach(object, key, value)
	{
		schema_push(s, key, 0);
		if (!find_field(fields, count, key))
			bad_key(s, "unknown key");
		schema_pop(s);
	}
	for (size_t i = 0; i < count; i++) {
		value = json_object_get(object, fields[i].name);
		if (!value && fields[i].required && wants_required(s))
			schema_bad(s, "key \"%s\" is missing", fields[i].name);
		if (!value)
			continue;
		schema_push(s, fields[i].name, 0);
		fields[i].check(s, value);
		schema_pop(s);
	}
}
