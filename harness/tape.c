/* SPDX-License-Identifier: ISC */
/* tape.c: see tape.h. One allocation per entry and one per comment: a case has tens to thousands of
 * entries, and separate blocks let a sanitizer see a reader that runs out of one. */
#include "harness/tape.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TAPE_FIRST_SIZE 64

/* The exit code says that the environment is at fault, see run.h. */
static void *need(void *p)
{
	if (p)
		return p;
	fputs("gauntlet: out of memory: the tape of this case cannot be kept\n", stderr);
	exit(4);
}

/* Entries are const for everybody else; -Wcast-qual asks for the detour. */
static void release(const void *p)
{
	free((void *)(uintptr_t)p);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void tape_init(struct tape *t)
{
	*t = (struct tape){.start_ns = clock_ns(CLOCK_MONOTONIC),
	                   .start_unix_ns = clock_ns(CLOCK_REALTIME)};
}

void tape_free(struct tape *t)
{
	for (size_t i = 0; i < t->count; i++) {
		release(t->entries[i].data);
		release(t->entries[i].comment);
	}
	free(t->entries);
	t->entries = NULL;
	t->count = t->size = 0;
}

uint64_t tape_now(const struct tape *t)
{
	return clock_ns(CLOCK_MONOTONIC) - t->start_ns;
}

size_t tape_add(struct tape *t, enum tape_kind kind, const void *data, size_t len, int row)
{
	uint8_t *copy = need(malloc(len + 1));

	if (t->count == t->size) {
		t->size = t->size ? 2 * t->size : TAPE_FIRST_SIZE;
		t->entries = need(reallocarray(t->entries, t->size, sizeof(*t->entries)));
	}
	if (len)
		memcpy(copy, data, len);
	copy[len] = '\0';
	t->entries[t->count] = (struct tape_entry){
	        .kind = kind, .t_ns = tape_now(t), .data = copy, .len = len, .row = row};
	return t->count++;
}

size_t tape_note(struct tape *t, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	size_t i;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		text = need(NULL);
	i = tape_add(t, TAPE_NOTE, text, (size_t)len, TAPE_NO_ROW);
	free(text);
	return i;
}

void tape_comment(struct tape *t, size_t i, bool bad, const char *fmt, ...)
{
	struct tape_entry *e = &t->entries[i];
	char *text = NULL;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		text = need(NULL);
	release(e->comment);
	e->comment = text;
	e->bad = bad;
}
