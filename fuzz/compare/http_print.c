/* SPDX-License-Identifier: ISC */
/* http_print.c: prints how refnat reads a message of HTTP/1.1, and llhttp where it is there: a line of JSON a
 * file. For fuzz/compare/h11, and for people who look into a finding.
 *
 *	http-print request FILE...	the inputs of http_request
 *	http-print response FILE...	the inputs of http_response: the first byte says what was asked
 *
 * Bytes of the message are characters below 256. Exit 0; 2: usage, or a file that cannot be read. */
#include "bytes/wr.h"
#include "ref/http1_body.h"
#include "ref/http1_reply.h"
#ifdef HAVE_LLHTTP
#include "fuzz/llhttp/read.h"
#endif

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX 1048576

static void put_string(struct rd text)
{
	putchar('"');
	for (size_t i = 0; i < text.n; i++) {
		const uint8_t c = text.p[i];

		if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void put_text(const char *name, struct rd text)
{
	printf(", \"%s\": ", name);
	put_string(text);
}

static void put_fields(const struct http1_head *head, struct rd bytes)
{
	printf(", \"fields\": [");
	for (unsigned i = 0; i < head->field_count; i++) {
		printf(i ? ", [" : "[");
		put_string(http1_at(bytes, head->fields[i].name));
		printf(", ");
		put_string(http1_at(bytes, head->fields[i].value));
		putchar(']');
	}
	putchar(']');
}

static const char *answer_word(enum http1_answer answer)
{
	return answer == HTTP1_OK ? "ok" : answer == HTTP1_MORE ? "more" : "bad";
}

static void put_body(struct rd bytes, size_t at, const struct http1_head *framing)
{
	static uint8_t room[FILE_MAX];
	struct http1_body body = http1_body_of(framing);
	struct wr all = wr_of(room, sizeof(room));
	struct rd in = rd_of(bytes.p + at, bytes.n - at), payload;
	enum http1_answer answer;

	do {
		answer = http1_body_read(&body, &in, &payload);
		if (!wr_bytes(&all, payload.p, payload.n))
			abort(); /* cannot be: it is shorter than the file */
	} while (answer == HTTP1_MORE && in.n);
	printf(", \"body\": \"%s\", \"body_reason\": \"%s\", \"end\": %zu", answer_word(answer),
	       http1_reason_word(body.reason), bytes.n - in.n);
	put_text("payload", rd_of(room, all.len));
}

static void print_request(struct rd bytes)
{
	static struct http1_head head;
	enum http1_answer answer;

	memset(&head, 0, sizeof(head));
	answer = http1_head_parse(&head, bytes);
	printf("\"head\": \"%s\", \"reason\": \"%s\"", answer_word(answer),
	       http1_reason_word(head.reason));
	if (answer != HTTP1_OK)
		return;
	put_text("method", http1_at(bytes, head.method));
	put_text("target", http1_at(bytes, head.target));
	printf(", \"minor\": %u", head.minor);
	put_fields(&head, bytes);
	put_body(bytes, head.scanned, &head);
}

static void print_reply(struct rd bytes, struct http1_asked asked)
{
	static struct http1_reply reply;
	struct http1_head framing = {.framing = HTTP1_BODY_LENGTH};
	enum http1_answer answer;

	memset(&reply, 0, sizeof(reply));
	answer = http1_reply_parse(&reply, asked, bytes);
	printf("\"head\": \"%s\", \"reason\": \"%s\"", answer_word(answer),
	       http1_reason_word(reply.head.reason));
	if (answer != HTTP1_OK)
		return;
	printf(", \"status\": %u, \"until_close\": %s", reply.status,
	       reply.framing == HTTP1_REPLY_CLOSE ? "true" : "false");
	put_text("words", http1_at(bytes, reply.words));
	printf(", \"minor\": %u", reply.head.minor);
	put_fields(&reply.head, bytes);
	if (reply.framing == HTTP1_REPLY_CHUNKED)
		framing.framing = HTTP1_BODY_CHUNKED;
	if (reply.framing == HTTP1_REPLY_LENGTH)
		framing.content_length = reply.head.content_length;
	if (reply.framing == HTTP1_REPLY_CLOSE)
		framing.content_length = UINT64_MAX;
	put_body(bytes, reply.head.scanned, &framing);
}

static void print_llhttp(struct rd bytes, bool is_reply, bool asked_head)
{
#ifdef HAVE_LLHTTP
	static struct llhttp_reading theirs;

	llhttp_read(bytes, is_reply, asked_head, &theirs);
	printf(", \"llhttp\": {\"head\": %s, \"complete\": %s, \"upgrade\": %s, \"end\": %zu",
	       theirs.head ? "true" : "false", theirs.complete ? "true" : "false",
	       theirs.upgrade ? "true" : "false", theirs.end);
	if (theirs.error)
		printf(", \"error\": \"%s\"", theirs.error);
	if (is_reply)
		printf(", \"status\": %u, \"until_close\": %s", theirs.status,
		       theirs.needs_close ? "true" : "false");
	else
		put_text("target", theirs.target);
	printf(", \"minor\": %u, \"payload\": %llu, \"fields\": [", theirs.minor,
	       (unsigned long long)theirs.payload);
	for (unsigned i = 0; i < theirs.fields; i++) {
		printf(i ? ", [" : "[");
		put_string(theirs.names[i]);
		printf(", ");
		put_string(theirs.values[i]);
		putchar(']');
	}
	printf("]}");
#else
	(void)bytes;
	(void)is_reply;
	(void)asked_head;
#endif
}

static void print_file(const char *path, bool is_reply)
{
	static uint8_t room[FILE_MAX];
	FILE *file = fopen(path, "rb");
	struct http1_asked asked = {0};
	struct rd bytes;
	uint8_t flags = 0;

	if (!file) {
		fprintf(stderr, "http-print: %s: %s\n", path, strerror(errno));
		exit(2);
	}
	bytes = rd_of(room, fread(room, 1, sizeof(room), file));
	fclose(file);
	if (is_reply && rd_u8(&bytes, &flags))
		asked = (struct http1_asked){.head = flags & 1, .websocket = flags & 2};
	printf("{\"file\": ");
	put_string(rd_of(path, strlen(path)));
	printf(", \"asked_head\": %s, \"asked_websocket\": %s, ", asked.head ? "true" : "false",
	       asked.websocket ? "true" : "false");
	if (is_reply)
		print_reply(bytes, asked);
	else
		print_request(bytes);
	print_llhttp(bytes, is_reply, asked.head);
	printf("}\n");
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	const bool help = !strcmp(what, "--help");

	if (help || (strcmp(what, "request") != 0 && strcmp(what, "response") != 0)) {
		fputs("usage: http-print request|response FILE...\n", help ? stdout : stderr);
		return help ? 0 : 2;
	}
	for (int i = 2; i < argc; i++)
		print_file(argv[i], what[2] == 's');
	return 0;
}
