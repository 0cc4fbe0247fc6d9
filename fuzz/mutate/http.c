/* SPDX-License-Identifier: ISC */
/* http.c: the mutator's formats with HTTP/1.1 in them: lines of heads, Content-Length and the body that it measures,
 * chunks and their sizes. A talk has a byte of choices in front, and what several speakers say, each behind a byte of
 * its own (fuzz/rig/exchange_talk.h).
 *
 * Nothing here decides what is right: a message is taken apart as far as it looks like one.
 */
#include "fuzz/mutate/core.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#define DIGITS_MAX 8

/* The bytes that name speakers. */
#define SPEAKER_FIRST 0xf8
#define SPEAKER_LAST  0xfd

enum kind { KIND_NONE, KIND_SPEECH, KIND_MESSAGE, KIND_LINE, KIND_CHUNK };

/* What a head says of its body. */
struct framing {
	bool chunked, has_length;
	uint16_t number;
	unsigned long length;
};

/* The next line with its LF, or all there is. */
static struct rd line_of(struct rd in)
{
	const uint8_t *end = in.n ? memchr(in.p, '\n', in.n) : NULL;

	return rd_of(in.p, end ? (size_t)(end - in.p) + 1 : in.n);
}

static bool is_empty(struct rd line)
{
	return line.n == 2 && line.p[0] == '\r' && line.p[1] == '\n';
}

static bool begins(struct rd line, const char *with)
{
	return line.n >= strlen(with) && !strncasecmp((const char *)line.p, with, strlen(with));
}

/* How many digits stand at the front. */
static size_t digits_of(struct rd in, bool hex)
{
	size_t n = 0;

	while (n < in.n && (hex ? isxdigit(in.p[n]) : isdigit(in.p[n])))
		n++;
	return n;
}

static unsigned long value_of(struct rd digits, int base)
{
	char text[DIGITS_MAX + 1];

	memcpy(text, digits.p, digits.n);
	text[digits.n] = '\0';
	return strtoul(text, NULL, base);
}

static void skip(struct rd *in, size_t n)
{
	*in = rd_of(in->p + n, in->n - n);
}

static uint16_t add_number(struct mutate_tree *tree, struct rd *in, size_t n, bool hex)
{
	const struct rd digits = rd_of(in->p, n);

	skip(in, n);
	return mutate_number(tree, MUTATE_BYTES, hex ? MUTATE_HEX : MUTATE_DECIMAL, 0, digits);
}

/* A line is plain bytes, but for the digits of a Content-Length. */
static void parse_line(struct mutate_tree *tree, struct rd *in, struct framing *framing)
{
	static const char length[] = "content-length:", coding[] = "transfer-encoding:";
	struct rd line = line_of(*in), rest = line;
	size_t n = 0;

	skip(in, line.n);
	mutate_open(tree, KIND_LINE, 0);
	if (begins(line, coding))
		framing->chunked = true;
	if (begins(line, length)) {
		rest = rd_of(line.p + strlen(length), line.n - strlen(length));
		while (rest.n && rest.p[0] == ' ')
			skip(&rest, 1);
		n = digits_of(rest, false);
	}
	if (n && n <= DIGITS_MAX) {
		mutate_plain(tree, 0, rd_of(line.p, line.n - rest.n));
		framing->has_length = true;
		framing->length = value_of(rd_of(rest.p, n), 10);
		framing->number = add_number(tree, &rest, n, false);
		mutate_plain(tree, 0, rest);
	} else {
		mutate_plain(tree, 0, line);
	}
	mutate_close(tree);
}

/* Lines up to an empty one, and that. */
static void parse_lines(struct mutate_tree *tree, struct rd *in, struct framing *framing)
{
	struct rd line;

	mutate_open(tree, KIND_NONE, KIND_LINE);
	while (in->n && !is_empty(line_of(*in)))
		parse_line(tree, in, framing);
	mutate_close(tree);
	line = line_of(*in);
	mutate_plain(tree, 0, line);
	skip(in, line.n);
}

static void parse_counted(struct mutate_tree *tree, struct rd *in, const struct framing *framing)
{
	const size_t n = framing->length < in->n ? framing->length : in->n;
	const uint16_t body = mutate_open(tree, KIND_NONE, 0);

	mutate_plain(tree, 0, rd_of(in->p, n));
	mutate_close(tree);
	mutate_of(tree, framing->number, body);
	skip(in, n);
}

/* Digits, the end of their line, so many bytes, CRLF. False: it is the last one, or none. */
static bool parse_chunk(struct mutate_tree *tree, struct rd *in)
{
	const size_t digits = digits_of(*in, true);
	const struct rd line = line_of(*in);
	unsigned long size;
	uint16_t number;

	if (!digits || digits > DIGITS_MAX)
		return false;
	size = value_of(rd_of(in->p, digits), 16);
	if (!size)
		return false;
	mutate_open(tree, KIND_CHUNK, 0);
	number = add_number(tree, in, digits, true);
	mutate_plain(tree, 0, rd_of(in->p, line.n - digits));
	skip(in, line.n - digits);
	parse_counted(tree, in, &(struct framing){.number = number, .length = size});
	size = in->n < 2 || in->p[0] != '\r' || in->p[1] != '\n' ? 0 : 2;
	mutate_take(tree, in, size);
	mutate_close(tree);
	return true;
}

static void parse_chunks(struct mutate_tree *tree, struct rd *in)
{
	struct framing none = {0};
	struct rd line;

	mutate_open(tree, KIND_NONE, KIND_CHUNK);
	while (in->n && parse_chunk(tree, in))
		;
	mutate_close(tree);
	line = line_of(*in);
	mutate_plain(tree, 0, line);
	skip(in, line.n);
	parse_lines(tree, in, &none);
}

/* One after the other; what stands behind a cut is a message too. */
static void parse_messages(struct mutate_tree *tree, struct rd in)
{
	while (in.n) {
		struct framing framing = {0};

		mutate_open(tree, KIND_MESSAGE, 0);
		parse_lines(tree, &in, &framing);
		if (framing.chunked)
			parse_chunks(tree, &in);
		else if (framing.has_length)
			parse_counted(tree, &in, &framing);
		mutate_close(tree);
	}
}

static void parse_bare(struct mutate_tree *tree, struct rd input)
{
	mutate_open(tree, KIND_NONE, KIND_MESSAGE);
	parse_messages(tree, input);
	mutate_close(tree);
}

static bool is_speaker(uint8_t c)
{
	return c >= SPEAKER_FIRST && c <= SPEAKER_LAST;
}

static void parse_talk(struct mutate_tree *tree, struct rd input)
{
	mutate_take(tree, &input, 1);
	mutate_open(tree, KIND_NONE, KIND_SPEECH);
	while (input.n) {
		const bool named = is_speaker(input.p[0]);
		size_t n = named;

		while (n < input.n && !is_speaker(input.p[n]))
			n++;
		mutate_open(tree, KIND_SPEECH, KIND_MESSAGE);
		mutate_plain(tree, 0, rd_of(input.p, named));
		parse_messages(tree, rd_of(input.p + named, n - named));
		mutate_close(tree);
		skip(&input, n);
	}
	mutate_close(tree);
}

static size_t make(struct mutate_tree *tree, uint8_t kind, uint8_t *out, size_t size)
{
	static const char *const lines[] = {"Host: ok.test\r\n",
	                                    "Content-Length: 4\r\n",
	                                    "Transfer-Encoding: chunked\r\n",
	                                    "Connection: close\r\n",
	                                    "Connection: upgrade\r\nUpgrade: websocket\r\n",
	                                    "Expect: 100-continue\r\n",
	                                    "Keep-Alive: 1\r\n",
	                                    "X: y\r\n",
	                                    " folded\r\n",
	                                    "X : y\r\n",
	                                    "Connection: x\r\n"};
	static const char *const messages[] = {
	        "GET / HTTP/1.1\r\nHost: ok.test\r\n\r\n",
	        "POST /no HTTP/1.1\r\nHost: ok.test\r\nContent-Length: 4\r\n\r\nbody",
	        ("POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: "
	         "chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"),
	        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
	        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
	        "HTTP/1.1 103 x\r\n\r\n",
	        "HTTP/1.1 204 x\r\n\r\n",
	        "HTTP/1.0 200 OK\r\n\r\nok"};
	static const char *const chunks[] = {"1\r\na\r\n", "02\r\nab\r\n", "A\r\n0123456789\r\n"};
	static const char *const speeches[] = {"\xfa", "\xfb", "\xfc", "\xfd", "\xf9", "\xf8"};
	const char *text = "";

#define PICK(table) (table)[mutate_below(tree, sizeof(table) / sizeof((table)[0]))]
	if (kind == KIND_LINE)
		text = PICK(lines);
	else if (kind == KIND_MESSAGE)
		text = PICK(messages);
	else if (kind == KIND_CHUNK)
		text = PICK(chunks);
	else if (kind == KIND_SPEECH)
		text = PICK(speeches);
#undef PICK
	if (strlen(text) > size)
		return 0;
	memcpy(out, text, strlen(text));
	return strlen(text);
}

const struct mutate_format mutate_http = {.name = "http", .parse = parse_bare, .make = make};
const struct mutate_format mutate_http_talk = {
        .name = "http_talk", .parse = parse_talk, .make = make};
