/* SPDX-License-Identifier: ISC */
/* timeline.c: see timeline.h. */
#include "harness/timeline.h"

#include "harness/decode.h"
#include "harness/escape.h"

#include <assert.h>
#include <jansson.h>
#include <stdarg.h>
#include <string.h>

#define TIME_COLUMNS     9  /* "%6.1f ms", for the first 10 s */
#define WRAPPED_COLUMN   42 /* a text goes on here in its second line */
#define TEXT_COLUMNS_MIN 30 /* a text is not cut shorter for a comment */
#define COMMENT_MARK     3  /* what stands between a text and its comment */

#define DIM    "\033[2m"
#define RED    "\033[31m"
#define NORMAL "\033[0m"

static const char *const lanes[] = {
        [TAPE_GUEST_OUT] = "guest --> backend          ",
        [TAPE_GUEST_IN] = "guest <-- backend          ",
        [TAPE_WIRE_OUT] = "          backend --> world",
        [TAPE_WIRE_IN] = "          backend <-- world",
        [TAPE_HOST] = "          backend --> host ",
        [TAPE_BESIDE_OUT] = "second --> backend         ",
        [TAPE_BESIDE_IN] = "second <-- backend         ",
        [TAPE_EVENT] = "          backend:",
        [TAPE_NOTE] = "harness:",
};
static_assert(sizeof(lanes) / sizeof(lanes[0]) == TAPE_NOTE + 1, "every kind has a lane");

struct line {
	char *p;
	size_t used, size;
};

static void __attribute__((format(printf, 2, 3))) add(struct line *l, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->p + l->used, l->size - l->used, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->used += (size_t)n < l->size - l->used ? (size_t)n : l->size - l->used - 1;
}

/* " word", from a string or a number; nothing when the event lacks the key. */
static void add_member(struct line *l, const json_t *event, const char *before, const char *key)
{
	const json_t *v = json_object_get(event, key);

	if (json_is_string(v))
		add(l, "%s%s", before, json_string_value(v));
	else if (json_is_integer(v))
		add(l, "%s%" JSON_INTEGER_FORMAT, before, json_integer_value(v));
}

static void event_text(const struct tape_entry *e, char *out)
{
	json_t *event = json_loadb((const char *)e->data, e->len, 0, NULL);
	const json_t *kind = json_object_get(event, "ev");
	char text[TIMELINE_TEXT_MAX];
	struct line l = {.p = text, .size = sizeof(text)};

	if (!json_is_string(kind)) {
		json_decref(event);
		l.p = out;
		add(&l, "not an event: ");
		escape_line(e->data, e->len, out + l.used, TIMELINE_TEXT_MAX - l.used);
		return;
	}
	add(&l, "%s", json_string_value(kind));
	add_member(&l, event, " ", "proto");
	add_member(&l, event, " ", "src");
	add_member(&l, event, ":", "sport");
	add_member(&l, event, " > ", "dst");
	add_member(&l, event, ":", "dport");
	add_member(&l, event, " ", "method");
	add_member(&l, event, " ", "host");
	add_member(&l, event, "", "path");
	add_member(&l, event, " ", "reason");
	add_member(&l, event, " rule ", "rule");
	add_member(&l, event, " suppressed ", "suppressed");
	json_decref(event);
	escape_line(text, l.used, out, TIMELINE_TEXT_MAX);
}

char *timeline_text(const struct tape_entry *e, char *out)
{
	struct seen seen;

	static_assert(TIMELINE_TEXT_MAX >= DECODE_LINE, "a decoded frame fits");
	switch (e->kind) {
	case TAPE_EVENT:
		event_text(e, out);
		break;
	case TAPE_NOTE:
		escape_line(e->data, e->len, out, TIMELINE_TEXT_MAX);
		break;
	case TAPE_GUEST_OUT:
	case TAPE_GUEST_IN:
	case TAPE_WIRE_OUT:
	case TAPE_WIRE_IN:
	case TAPE_HOST:
	case TAPE_BESIDE_OUT:
	case TAPE_BESIDE_IN:
		decode(e->data, e->len, &seen);
		decode_line(&seen, out);
		break;
	}
	return out;
}

bool timeline_is_housekeeping(const struct tape_entry *e)
{
	static const char *const kinds[] = {"ready", "bye", "log", "sync", "stats"};
	const char *kind;
	bool found = false;
	json_t *event;

	if (e->kind != TAPE_EVENT || e->comment)
		return false;
	event = json_loadb((const char *)e->data, e->len, 0, NULL);
	kind = json_string_value(json_object_get(event, "ev"));
	for (size_t i = 0; kind && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		found |= strcmp(kind, kinds[i]) == 0;
	json_decref(event);
	return found;
}

/* Writes `text`, which has `room` columns on this line. One that is too long is cut with ".." or,
 * with `wrap`, goes on in the next line, cut there if need be. Returns the column reached, when it
 * began in `column`. */
static size_t write_text(const char *text, size_t column, size_t room, bool wrap, FILE *to)
{
	char part[TIMELINE_TEXT_MAX];
	size_t len = strlen(text), at = room;

	if (len <= room)
		return column + (size_t)fprintf(to, "%s", text);
	while (wrap && at && text[at] != ' ')
		at--;
	if (!wrap || !at) {
		escape_line(text, room - 2, part, room - 1);
		return column + (size_t)fprintf(to, "%s..", part);
	}
	fprintf(to, "%.*s\n%*s", (int)at, text, WRAPPED_COLUMN, "");
	return write_text(text + at + 1, WRAPPED_COLUMN, column + room - WRAPPED_COLUMN, false, to);
}

/* Where the comment goes: behind the text while there is room, else below it. */
static void write_comment(const struct tape_entry *e, const char *words, size_t column,
                          const struct timeline_style *style, FILE *to)
{
	if (style->columns && column + COMMENT_MARK + strlen(words) > style->columns)
		fprintf(to, "\n%*s", TIMELINE_TEXT_COLUMN - 2, "");
	else
		putc(' ', to);
	fprintf(to, "%c %s", e->bad ? '!' : ' ', words);
}

void timeline_write(const struct tape *t, size_t i, const struct timeline_style *style, FILE *to)
{
	const struct tape_entry *e = &t->entries[i];
	bool matters = e->bad || e->row != TAPE_NO_ROW;
	char text[TIMELINE_TEXT_MAX], words[1024] = "";
	size_t column, room = SIZE_MAX, aside = 0;

	fprintf(to, "%s%6.1f ms%s", style->colour ? DIM : "", (double)e->t_ns / 1e6,
	        style->colour ? NORMAL : "");
	column = TIME_COLUMNS + (size_t)fprintf(to, "  %s  ", lanes[e->kind]);
	if (e->comment) {
		escape_line(e->comment, strlen(e->comment), words, sizeof(words));
		aside = COMMENT_MARK + strlen(words);
	}
	if (style->columns) {
		room = style->columns - column;
		if (!matters && room >= aside + TEXT_COLUMNS_MIN)
			room -= aside; /* better a shorter text than two lines */
	}
	if (style->colour && e->bad)
		fputs(RED, to);
	column = write_text(timeline_text(e, text), column, room, matters, to);
	if (e->comment)
		write_comment(e, words, column, style, to);
	if (style->colour && e->bad)
		fputs(NORMAL, to);
	putc('\n', to);
}
