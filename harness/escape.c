/* SPDX-License-Identifier: ISC */
/* escape.c: see escape.h. */
#include "harness/escape.h"

#include <stdint.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* The character at p, of which n > 0 bytes can be read. Returns its length, or 0 when the first
 * byte does not begin a well-formed sequence. The second byte's range depends on the first, RFC
 * 3629 section 4; all others are 80..BF. */
static size_t utf8_read(const uint8_t *p, size_t n, uint32_t *code)
{
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint8_t low = 0x80, high = 0xbf;

	*code = p[0];
	if (len == 1)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4 || len > n)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0; /* below: overlong */
	if (p[0] == 0xed)
		high = 0x9f; /* above: surrogates */
	if (p[0] == 0xf0)
		low = 0x90; /* below: overlong */
	if (p[0] == 0xf4)
		high = 0x8f; /* above: beyond U+10FFFF */
	*code &= 0x7fu >> len;
	for (size_t i = 1; i < len; i++) {
		if (p[i] < low || p[i] > high)
			return 0;
		*code = *code << 6 | (p[i] & 0x3fu);
		low = 0x80;
		high = 0xbf;
	}
	return len;
}

static void json_character(FILE *to, const char *p, size_t len, uint32_t code)
{
	static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* character, its escape */

	for (size_t i = 0; i + 1 < sizeof(letters) - 1; i += 2) {
		if (code == (unsigned char)letters[i]) {
			fprintf(to, "\\%c", letters[i + 1]);
			return;
		}
	}
	if (code < 0x20 || code == 0x7f)
		fprintf(to, "\\u%04x", (unsigned)code);
	else
		fwrite(p, 1, len, to);
}

static void xml_character(FILE *to, const char *p, size_t len, uint32_t code)
{
	switch (code) {
	case '<':
		fputs("&lt;", to);
		return;
	case '>':
		fputs("&gt;", to);
		return;
	case '&':
		fputs("&amp;", to);
		return;
	case '"':
		fputs("&quot;", to);
		return;
	case '\t':
	case '\n':
	case '\r': /* as numbers, because a parser turns the plain ones in attributes into spaces */
		fprintf(to, "&#%u;", (unsigned)code);
		return;
	default:
		break;
	}
	if (code < 0x20 || code == 0xfffe || code == 0xffff)
		fputs(REPLACEMENT, to);
	else
		fwrite(p, 1, len, to);
}

static void each_character(FILE *to, const char *text,
                           void (*put)(FILE *to, const char *p, size_t len, uint32_t code))
{
	size_t n = strlen(text);

	while (n) {
		uint32_t code;
		size_t len = utf8_read((const uint8_t *)text, n, &code);

		if (len)
			put(to, text, len, code);
		else
			fputs(REPLACEMENT, to);
		len = len ? len : 1;
		text += len;
		n -= len;
	}
}

void escape_json(FILE *to, const char *text)
{
	if (!text) {
		fputs("null", to);
		return;
	}
	putc('"', to);
	each_character(to, text, json_character);
	putc('"', to);
}

void escape_xml(FILE *to, const char *text)
{
	if (text)
		each_character(to, text, xml_character);
}

char *escape_line(const void *text, size_t len, char *out, size_t size)
{
	const uint8_t *p = text;
	size_t used = 0;

	while (len) {
		uint32_t code;
		size_t n = utf8_read(p, len, &code);
		const void *put = p;
		size_t put_len = n;

		if (!n) {
			put = REPLACEMENT;
			put_len = strlen(REPLACEMENT);
		} else if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
			put = ".";
			put_len = 1;
		}
		if (put_len >= size - used)
			break;
		memcpy(out + used, put, put_len);
		used += put_len;
		p += n ? n : 1;
		len -= n ? n : 1;
	}
	out[used] = '\0';
	return out;
}
