/* SPDX-License-Identifier: ISC */
/* read.c: llhttp's callbacks, and what they add up to. Nothing, where its package is not installed. */
#ifdef HAVE_LLHTTP
#include "fuzz/llhttp/read.h"

#include "fuzz/rig/http_reader.h"

#include <llhttp.h>
#include <stdlib.h>

struct reading {
	struct llhttp_reading *out;
	bool in_value, asked_head;
};

static struct reading *of(llhttp_t *parser)
{
	return parser->data;
}

/* A window comes in one piece or in several that follow each other. */
static void extend(struct rd *window, const char *at, size_t n)
{
	if (!window->p)
		window->p = (const uint8_t *)at;
	window->n = (size_t)((const uint8_t *)at + n - window->p);
}

static int on_url(llhttp_t *parser, const char *at, size_t n)
{
	extend(&of(parser)->out->target, at, n);
	return 0;
}

static int on_status(llhttp_t *parser, const char *at, size_t n)
{
	extend(&of(parser)->out->words, at, n);
	return 0;
}

static int on_field(llhttp_t *parser, const char *at, size_t n)
{
	struct llhttp_reading *out = of(parser)->out;

	if (out->head)
		return 0; /* of a trailer */
	if (of(parser)->in_value || !out->fields) {
		if (out->fields == LLHTTP_FIELDS_MAX)
			return -1;
		out->names[out->fields] = out->values[out->fields] = rd_of(NULL, 0);
		out->fields++;
	}
	of(parser)->in_value = false;
	extend(&out->names[out->fields - 1], at, n);
	return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t n)
{
	struct llhttp_reading *out = of(parser)->out;

	of(parser)->in_value = true;
	if (!out->head && out->fields)
		extend(&out->values[out->fields - 1], at, n);
	return 0;
}

static int on_head(llhttp_t *parser)
{
	of(parser)->out->head = true;
	of(parser)->out->needs_close = llhttp_message_needs_eof(parser);
	return of(parser)->asked_head;
}

static int on_body(llhttp_t *parser, const char *at, size_t n)
{
	struct llhttp_reading *out = of(parser)->out;

	out->payload += n;
	out->fingerprint = reader_mix(out->fingerprint, rd_of(at, n));
	return 0;
}

static int on_end(llhttp_t *parser)
{
	of(parser)->out->complete = true;
	return HPE_PAUSED;
}

static void run(llhttp_t *parser, struct rd bytes, struct llhttp_reading *out)
{
	const enum llhttp_errno error = llhttp_execute(parser, (const char *)bytes.p, bytes.n);
	const char *end = llhttp_get_error_pos(parser);

	if (error != HPE_OK && error != HPE_PAUSED && error != HPE_PAUSED_UPGRADE)
		out->error = llhttp_errno_name(error);
	if (out->complete)
		out->end = end ? (size_t)(end - (const char *)bytes.p) : bytes.n;
	if (out->head) {
		out->upgrade = parser->upgrade;
		out->major = parser->http_major;
		out->minor = parser->http_minor;
		out->status = parser->status_code;
		out->method = llhttp_method_name((llhttp_method_t)parser->method);
	}
}

void llhttp_read(struct rd bytes, bool reply, bool asked_head, struct llhttp_reading *out)
{
	static llhttp_settings_t settings;
	struct reading reading = {.out = out, .asked_head = asked_head};
	llhttp_t parser;

	if (!settings.on_url) {
		llhttp_settings_init(&settings);
		settings.on_url = on_url;
		settings.on_status = on_status;
		settings.on_header_field = on_field;
		settings.on_header_value = on_value;
		settings.on_headers_complete = on_head;
		settings.on_body = on_body;
		settings.on_message_complete = on_end;
	}
	memset(out, 0, offsetof(struct llhttp_reading, names));
	out->payload = 0;
	out->fingerprint = READER_MIX_START;
	llhttp_init(&parser, reply ? HTTP_RESPONSE : HTTP_REQUEST, &settings);
	parser.data = &reading;
	run(&parser, bytes, out);
}

bool llhttp_knows(struct rd method)
{
	static const char *const known[] = {
#define NAME(number, name, string) #string,
	        HTTP_METHOD_MAP(NAME)
#undef NAME
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (method.n == strlen(known[i]) && !memcmp(method.p, known[i], method.n))
			return true;
	return false;
}

#endif
