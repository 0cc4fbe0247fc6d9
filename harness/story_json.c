/* SPDX-License-Identifier: ISC */
/* story_json.c: see story_json.h. */
#include "harness/story_json.h"

#include "harness/escape.h"
#include "harness/files.h"
#include "harness/story.h"
#include "harness/timeline.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define KEEP_ENDS     20  /* lines that a long story keeps at each end */
#define KEEP_MIDDLE   9   /* and bad ones between them; each may need a line about a gap */
#define UNNAMED_MAX   4   /* events without ports that are told one by one */
#define MY_FRAMES_MAX 256 /* whose words events are compared with */
static_assert(2 * KEEP_ENDS + 2 * KEEP_MIDDLE + 1 <= STORY_LINES_MAX, "a story is bounded");

static const char *const sides[] = {
        [TAPE_GUEST_OUT] = "guest>backend",
        [TAPE_GUEST_IN] = "backend>guest",
        [TAPE_BESIDE_OUT] = "guest>backend",
        [TAPE_BESIDE_IN] = "backend>guest",
        [TAPE_WIRE_OUT] = "backend>wire",
        [TAPE_WIRE_IN] = "wire>backend",
        [TAPE_HOST] = "host",
        [TAPE_EVENT] = "backend",
        [TAPE_NOTE] = "harness",
};
static_assert(sizeof(sides) / sizeof(sides[0]) == TAPE_NOTE + 1, "every kind has a side");

/* What becomes of an entry. */
enum pick { LEFT_OUT, TOLD, UNNAMED };

struct telling {
	const struct evidence *e;
	unsigned char *pick; /* enum pick of each entry */
	size_t told, unnamed;
	char *words; /* of frames that may be this row's, a line each */
	char *own;   /* of those that are */
};

static bool is_frame(const struct tape_entry *entry)
{
	return entry->kind != TAPE_EVENT && entry->kind != TAPE_NOTE;
}

/* ---- which entries ---- */

static bool in_batch(const struct evidence *e)
{
	return e->row && e->item != TAPE_NO_ROW;
}

static bool is_anothers(const struct evidence *e, const struct tape_entry *entry)
{
	return in_batch(e) && entry->row != TAPE_NO_ROW && entry->row != e->item;
}

/* Of this row, for certain. In a case without rows nothing is special. */
static bool is_own(const struct evidence *e, const struct tape_entry *entry)
{
	return in_batch(e) && entry->row == e->item;
}

/* The words of frames towards the backend or out of it that are this row's, or may be, to find ports in. What the world
 * answers is compared with them. */
static char *my_words(const struct evidence *e, bool surely)
{
	char *all = NULL, line[TIMELINE_TEXT_MAX];
	unsigned frames = 0;
	size_t size = 0;
	FILE *to = open_memstream(&all, &size);

	if (!to)
		return NULL;
	for (size_t i = 0; i < e->tape->count && frames < MY_FRAMES_MAX; i++) {
		const struct tape_entry *entry = &e->tape->entries[i];

		if (!is_frame(entry) || is_anothers(e, entry) || entry->kind == TAPE_WIRE_IN ||
		    (surely && !is_own(e, entry)))
			continue;
		frames++;
		fprintf(to, " %s\n", timeline_text(entry, line));
	}
	return fclose(to) ? NULL : all;
}

/* The event's ends as decode_line() writes them are among the words of this row's frames. */
static bool names_mine(const struct telling *t, const json_t *event)
{
	const char *src = NULL, *dst = NULL;
	int sport = 0, dport = 0;
	char ends[160];

	if (json_unpack((json_t *)(uintptr_t)event, "{s:s, s:i, s:s, s:i}", "src", &src, "sport",
	                &sport, "dst", &dst, "dport", &dport))
		return false;
	if (strchr(src, ':'))
		snprintf(ends, sizeof(ends), " [%s]:%d > [%s]:%d", src, sport, dst, dport);
	else
		snprintf(ends, sizeof(ends), " %s:%d > %s:%d", src, sport, dst, dport);
	return strstr(t->words, ends) != NULL;
}

static enum pick pick_event(const struct telling *t, const struct tape_entry *entry)
{
	enum pick pick = TOLD;
	json_t *event;

	if (entry->comment || entry->bad || !in_batch(t->e))
		return TOLD;
	event = json_loadb((const char *)entry->data, entry->len, 0, NULL);
	if (json_object_get(event, "sport"))
		pick = names_mine(t, event) ? TOLD : LEFT_OUT;
	else if (json_object_get(event, "proto") || json_object_get(event, "reason"))
		pick = UNNAMED;
	json_decref(event);
	return pick;
}

/* A frame of the world that was traced to nobody: it is told when it answers one of this row's, or the sentinel. */
static enum pick pick_answer(const struct telling *t, const struct tape_entry *entry)
{
	char line[TIMELINE_TEXT_MAX], src[80], dst[80], ends[200];

	if (!in_batch(t->e) || is_own(t->e, entry) || entry->comment || entry->bad ||
	    sscanf(timeline_text(entry, line), "%*s %79s > %79s", src, dst) != 2)
		return TOLD;
	if (strncmp(line, "icmp", 4) != 0) {
		snprintf(ends, sizeof(ends), " %s > %s ", dst, src);
		return strstr(t->words, ends) ? TOLD : LEFT_OUT;
	}
	snprintf(ends, sizeof(ends), " > %s", src);
	return strstr(t->own, ends) ? TOLD : LEFT_OUT;
}

static enum pick pick_entry(const struct telling *t, const struct tape_entry *entry)
{
	if (timeline_is_housekeeping(entry) || is_anothers(t->e, entry))
		return LEFT_OUT;
	return entry->kind == TAPE_EVENT     ? pick_event(t, entry)
	       : entry->kind == TAPE_WIRE_IN ? pick_answer(t, entry)
	                                     : TOLD;
}

static void pick_all(struct telling *t)
{
	const struct tape *tape = t->e->tape;

	for (size_t i = 0; i < tape->count; i++) {
		t->pick[i] = (unsigned char)pick_entry(t, &tape->entries[i]);
		t->told += t->pick[i] == TOLD;
		t->unnamed += t->pick[i] == UNNAMED;
	}
	if (!t->unnamed)
		return;
	/* All of them, or the first, which says how many there are. */
	for (size_t i = 0, seen = 0; i < tape->count; i++) {
		if (t->pick[i] != UNNAMED)
			continue;
		if (t->unnamed <= UNNAMED_MAX)
			t->pick[i] = TOLD;
		else if (seen++)
			t->pick[i] = LEFT_OUT;
		t->told += t->pick[i] != LEFT_OUT;
	}
}

/* ---- lines ---- */

static void write_line(const struct tape_entry *entry, bool own, const char *side, const char *text,
                       const char *before, FILE *to)
{
	fprintf(to, "%s{\"ms\":%.1f,\"side\":\"%s\",\"text\":", before, (double)entry->t_ns / 1e6,
	        side);
	escape_json(to, text);
	fputs(",\"mark\":", to);
	escape_json(to, entry->comment);
	fprintf(to, ",\"bad\":%s,\"own\":%s}", entry->bad ? "true" : "false",
	        own ? "true" : "false");
}

static void write_remark(const struct tape_entry *at, const char *text, const char *before,
                         FILE *to)
{
	const struct tape_entry plain = {.t_ns = at->t_ns};

	write_line(&plain, false, sides[TAPE_NOTE], text, before, to);
}

static void write_gap(const struct tape_entry *at, size_t *n, FILE *to)
{
	char text[80];

	if (!*n)
		return;
	snprintf(text, sizeof(text), "... %zu %s left out ...", *n,
	         *n == 1 ? "line is" : "lines are");
	write_remark(at, text, ",", to);
	*n = 0;
}

static void write_entry(const struct telling *t, size_t i, const char *before, FILE *to)
{
	const struct tape_entry *entry = &t->e->tape->entries[i];
	char text[TIMELINE_TEXT_MAX], second[TIMELINE_TEXT_MAX + 16];

	if (t->pick[i] == UNNAMED) {
		snprintf(text, sizeof(text),
		         "the backend says %zu things without ports; they may be about other rows",
		         t->unnamed);
		write_remark(entry, text, before, to);
		return;
	}
	timeline_text(entry, text);
	if (entry->kind == TAPE_BESIDE_OUT || entry->kind == TAPE_BESIDE_IN) {
		snprintf(second, sizeof(second), "second VM: %s", text);
		write_line(entry, false, sides[entry->kind], second, before, to);
		return;
	}
	write_line(entry, is_own(t->e, entry), sides[entry->kind], text, before, to);
}

static void write_lines(const struct telling *t, FILE *to)
{
	size_t at = 0, gap = 0, kept = 0;

	for (size_t i = 0; i < t->e->tape->count; i++) {
		const struct tape_entry *entry = &t->e->tape->entries[i];

		if (t->pick[i] == LEFT_OUT)
			continue;
		if (t->told > STORY_LINES_MAX && at >= KEEP_ENDS && at < t->told - KEEP_ENDS &&
		    !(entry->bad && kept++ < KEEP_MIDDLE)) {
			at++;
			gap++;
			continue;
		}
		write_gap(entry, &gap, to);
		write_entry(t, i, at++ ? "," : "", to);
	}
}

static void write_tape(const struct evidence *e, FILE *to)
{
	struct telling t = {.e = e};

	if (!e->tape || !e->tape->count)
		return;
	t.pick = calloc(e->tape->count, sizeof(*t.pick));
	t.words = my_words(e, false);
	t.own = my_words(e, true);
	if (!t.pick || !t.words || !t.own) {
		fputs("gauntlet: out of memory: a story cannot be kept\n", stderr);
		exit(4);
	}
	pick_all(&t);
	write_lines(&t, to);
	free(t.words);
	free(t.own);
	free(t.pick);
}

/* ---- a story ---- */

static void write_member(const char *key, const char *text, FILE *to)
{
	fprintf(to, ",\"%s\":", key);
	escape_json(to, text);
}

static void write_flags(const char *flags, FILE *to)
{
	const char *before = "";

	fputs(",\"flags\":[", to);
	for (const char *p = flags; p && *p; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (len) /* words of flags.txt: letters */
			fprintf(to, "%s\"%.*s\"", before, (int)len, p);
		before = ",";
		p += len;
	}
	putc(']', to);
}

void story_json_write(const struct evidence *e, FILE *to)
{
	char name[OUTCOME_NAME_MAX], *repro = NULL, *expects = NULL;
	size_t size = 0;
	FILE *text = open_memstream(&repro, &size);

	if (text) {
		evidence_command(e, text);
		fclose(text);
	}
	text = open_memstream(&expects, &size);
	if (text) {
		story_write_expectation(e, text);
		fclose(text);
	}
	fputs("{\"name\":", to);
	escape_json(to, outcome_name(e->outcome, name));
	write_member("sends", e->row ? e->row->text : NULL, to);
	write_member("expects", expects, to);
	write_member("why", e->row ? e->row->why : NULL, to);
	write_flags(e->row ? e->row->flags : NULL, to);
	fputs(",\"lines\":[", to);
	write_tape(e, to);
	putc(']', to);
	write_member("repro", repro, to);
	fputs("}\n", to);
	free(repro);
	free(expects);
}

/* ---- the file ---- */

int story_json_clear(const char *dir)
{
	return file_clear(dir, "stories.jsonl");
}
