/* SPDX-License-Identifier: ISC */
/* complaints.c: a stream that keeps what is printed to it in memory, and looks at complaints. */
#include "fuzz/rig/complaints.h"

#include <stdlib.h>
#include <string.h>

#define KEPT_MAX 65536

static char kept[KEPT_MAX + 1];
static size_t kept_len;
static FILE *stream;

static ssize_t keep(void *unused, const char *bytes, size_t n)
{
	const size_t room = KEPT_MAX - kept_len;

	(void)unused;
	memcpy(kept + kept_len, bytes, n < room ? n : room);
	kept_len += n < room ? n : room;
	return (ssize_t)n;
}

FILE *complaints_begin(void)
{
	static char buffer[4096];

	if (!stream) {
		stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = keep});
		if (!stream || setvbuf(stream, buffer, _IOFBF, sizeof(buffer)))
			abort();
	}
	fflush(stream);
	kept_len = 0;
	return stream;
}

const char *complaints_text(void)
{
	fflush(stream);
	kept[kept_len] = '\0';
	return kept;
}

/* Whether the place is in the text, or right behind the end of its line. */
static bool is_inside(struct rd text, unsigned long line, unsigned long column)
{
	const uint8_t *end = NULL;

	while (line > 1 && text.n) {
		end = memchr(text.p, '\n', text.n);
		if (!end || !rd_skip(&text, (size_t)(end - text.p) + 1))
			return false;
		line--;
	}
	end = text.n ? memchr(text.p, '\n', text.n) : NULL;
	return line == 1 && column <= (end ? (size_t)(end - text.p) : text.n) + 1;
}

static bool is_placed(const char *line, const struct complaints_file *file)
{
	const size_t len = strlen(file->name);
	unsigned long row, column;
	const char *dollar;
	char *end;

	if (strncmp(line, file->name, len) != 0 || line[len] != ':')
		return false;
	row = strtoul(line + len + 1, &end, 10);
	if (!row || *end != ':')
		return false;
	column = strtoul(end + 1, &end, 10);
	dollar = end + 2;
	if (strncmp(end, ": $", 3) != 0)
		return false;
	end = strstr(dollar, ": ");
	return end && end[2] && is_inside(file->text, row, column);
}

bool complaints_are_placed(const char *text, const struct complaints_file *files, size_t count)
{
	static const char head[] = "refnat: ";

	if (!*text)
		return false;
	while (*text) {
		const char *end = strchr(text, '\n');
		bool placed = false;

		if (!end || strncmp(text, head, strlen(head)) != 0)
			return false;
		for (const char *p = text; p < end; p++)
			if (*p < ' ' || *p > '~')
				return false;
		for (size_t i = 0; i < count && !placed; i++)
			placed = is_placed(text + strlen(head), &files[i]);
		if (!placed)
			return false;
		text = end + 1;
	}
	return true;
}
