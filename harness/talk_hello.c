/* SPDX-License-Identifier: ISC */
/* talk_hello.c: see talk_hello.h. */
#include "harness/talk_hello.h"

#include "bytes/wr.h"
#include "harness/recipe_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_MAX 16384
#define BODY_MAX   80000

enum {
	EXT_SERVER_NAME = 0,
	EXT_GROUPS = 10,
	EXT_ALGORITHMS = 13,
	EXT_ALPN = 16,
	EXT_PADDING = 21,
	EXT_VERSIONS = 43,
	EXT_KEY_SHARE = 51,
};

/* The n-th of this key, or -1. */
static int find(const struct talk_hello *h, enum talk_hello_key key, unsigned n)
{
	for (unsigned i = 0; i < h->count; i++)
		if (h->keys[i].key == key && !n--)
			return (int)i;
	return -1;
}

static long number(const struct talk_hello *h, enum talk_hello_key key, long otherwise)
{
	int i = find(h, key, 0);

	return i < 0 ? otherwise : h->keys[i].number;
}

static bool write_hex(struct wr *w, const char *hex)
{
	uint8_t bytes[512];
	size_t len = 0;

	return (!*hex || recipe_hex(hex, bytes, sizeof(bytes), &len)) && wr_bytes(w, bytes, len);
}

/* Room for a length of two bytes; what is written until end_vector() is what it counts. */
static bool begin_vector(struct wr *w, size_t *at)
{
	*at = w->len;
	return wr_u16(w, 0);
}

static bool end_vector(struct wr *w, size_t at)
{
	return w->len - at - 2 <= 0xffff && wr_put_u16(w, at, (uint16_t)(w->len - at - 2));
}

static bool write_name(struct wr *w, const struct talk_hello *h, const char *text,
                       const struct recipe_vars *vars)
{
	char name[1024];
	size_t at;

	return recipe_expand(text, vars, name, sizeof(name)) &&
	       wr_u8(w, (uint8_t)number(h, HELLO_NAME_TYPE, 0)) && begin_vector(w, &at) &&
	       wr_bytes(w, name, strlen(name)) && end_vector(w, at);
}

/* A server_name extension with all names, or with one alone. */
static bool write_server_name(struct wr *w, const struct talk_hello *h,
                              const struct recipe_vars *vars, const char *alone)
{
	int raw = find(h, HELLO_NAMES, 0), i;
	size_t ext, list;

	if (!wr_u16(w, EXT_SERVER_NAME) || !begin_vector(w, &ext))
		return false;
	if (raw >= 0 && !alone)
		return write_hex(w, h->keys[raw].text) && end_vector(w, ext);
	if (!begin_vector(w, &list))
		return false;
	if (alone && !write_name(w, h, alone, vars))
		return false;
	for (unsigned n = 0; !alone && (i = find(h, HELLO_NAME, n)) >= 0; n++)
		if (!write_name(w, h, h->keys[i].text, vars))
			return false;
	return end_vector(w, list) && end_vector(w, ext);
}

static bool write_alpn(struct wr *w, const char *names)
{
	size_t ext, list;

	if (!wr_u16(w, EXT_ALPN) || !begin_vector(w, &ext) || !begin_vector(w, &list))
		return false;
	while (*names) {
		size_t n = strcspn(names, ",");

		if (n > 255 || !wr_u8(w, (uint8_t)n) || !wr_bytes(w, names, n))
			return false;
		names += n + (names[n] == ',');
	}
	return end_vector(w, list) && end_vector(w, ext);
}

static bool write_versions(struct wr *w, const char *list)
{
	size_t ext, count;

	if (!strcmp(list, "none"))
		return true;
	if (!wr_u16(w, EXT_VERSIONS) || !begin_vector(w, &ext))
		return false;
	count = w->len;
	if (!wr_u8(w, 0))
		return false;
	for (;;) {
		char *end;
		unsigned long version = strtoul(list, &end, 0);

		if (!wr_u16(w, (uint16_t)version))
			return false;
		if (*end != ',')
			break;
		list = end + 1;
	}
	w->p[count] = (uint8_t)(w->len - count - 1);
	return end_vector(w, ext);
}

/* What any client sends: groups, algorithms, and a key of X25519 that nobody has. */
static bool write_usual(struct wr *w)
{
	static const uint8_t groups[] = {0, EXT_GROUPS, 0, 6, 0, 4, 0, 0x1d, 0, 0x17};
	static const uint8_t algorithms[] = {0, EXT_ALGORITHMS, 0, 8, 0, 6, 4, 3, 8, 4, 4, 1};
	static const uint8_t share[] = {0, EXT_KEY_SHARE, 0, 38, 0, 36, 0, 0x1d, 0, 32, 9};

	return wr_bytes(w, groups, sizeof(groups)) && wr_bytes(w, algorithms, sizeof(algorithms)) &&
	       wr_bytes(w, share, sizeof(share)) && wr_fill(w, 7, 31);
}

/* NUMBER:HEX */
static bool write_extension(struct wr *w, const char *text)
{
	char *hex;
	unsigned long type = strtoul(text, &hex, 0);
	size_t ext;

	return wr_u16(w, (uint16_t)type) && begin_vector(w, &ext) && write_hex(w, hex + 1) &&
	       end_vector(w, ext);
}

static bool write_extensions(struct wr *w, const struct talk_hello *h,
                             const struct recipe_vars *vars)
{
	long pad = number(h, HELLO_PAD, -1);
	int versions = find(h, HELLO_VERSIONS, 0), alpn = find(h, HELLO_ALPN, 0), i;
	size_t at;

	if (!begin_vector(w, &at))
		return false;
	if (pad >= 0 &&
	    (!wr_u16(w, EXT_PADDING) || !wr_u16(w, (uint16_t)pad) || !wr_fill(w, 0, (size_t)pad)))
		return false;
	if ((find(h, HELLO_NAME, 0) >= 0 || find(h, HELLO_NAMES, 0) >= 0) &&
	    !write_server_name(w, h, vars, NULL))
		return false;
	for (unsigned n = 0; (i = find(h, HELLO_AGAIN, n)) >= 0; n++)
		if (!write_server_name(w, h, vars, h->keys[i].text))
			return false;
	if (!write_usual(w) || (alpn >= 0 && !write_alpn(w, h->keys[alpn].text)) ||
	    !write_versions(w, versions >= 0 ? h->keys[versions].text : "0x0304,0x0303"))
		return false;
	for (unsigned n = 0; (i = find(h, HELLO_EXT, n)) >= 0; n++)
		if (!write_extension(w, h->keys[i].text))
			return false;
	return end_vector(w, at);
}

/* The handshake message. */
static bool write_message(struct wr *w, const struct talk_hello *h, const struct recipe_vars *vars)
{
	static const uint8_t ciphers[] = {0x13, 1, 0x13, 2, 0x13, 3, 0xc0, 0x2b, 0xc0, 0x2f};
	int hex = find(h, HELLO_CIPHERS, 0), session = find(h, HELLO_SESSION, 0);
	int compression = find(h, HELLO_COMPRESSION, 0);
	size_t at, len;

	if (!wr_u32(w, 0x01000000) || !wr_u16(w, (uint16_t)number(h, HELLO_VERSION, 0x0303)) ||
	    !wr_fill(w, 0x5a, 32))
		return false;
	at = w->len;
	if (!wr_u8(w, 0) || (session >= 0 && !write_hex(w, h->keys[session].text)))
		return false;
	w->p[at] = (uint8_t)(w->len - at - 1);
	if (!begin_vector(w, &at) ||
	    !(hex >= 0 ? write_hex(w, h->keys[hex].text) : wr_bytes(w, ciphers, sizeof(ciphers))) ||
	    !end_vector(w, at))
		return false;
	at = w->len;
	if (!wr_u8(w, 0) ||
	    !(compression >= 0 ? write_hex(w, h->keys[compression].text) : wr_u8(w, 0)))
		return false;
	w->p[at] = (uint8_t)(w->len - at - 1);
	if (!write_extensions(w, h, vars))
		return false;
	len = (size_t)((long)(w->len - 4) + number(h, HELLO_LEN, 0));
	w->p[1] = (uint8_t)(len >> 16);
	w->p[2] = (uint8_t)(len >> 8);
	w->p[3] = (uint8_t)len;
	return true;
}

size_t talk_hello_build(const struct talk_hello *h, const struct recipe_vars *vars, uint8_t *out,
                        size_t *segment, char *why)
{
	static uint8_t message[BODY_MAX];
	struct wr w = wr_of(out, TALK_HELLO_BYTES), m = wr_of(message, sizeof(message));
	size_t most = (size_t)number(h, HELLO_RECORD, RECORD_MAX), cut;
	int tail = find(h, HELLO_TAIL, 0);
	bool ok = write_message(&m, h, vars);

	most = most ? most : 1;
	for (size_t at = 0; ok && at < m.len; at += most) {
		size_t n = m.len - at < most ? m.len - at : most;

		ok = wr_u8(&w, 22) &&
		     wr_u16(&w, (uint16_t)number(h, HELLO_RECORD_VERSION, 0x0301)) &&
		     wr_u16(&w, (uint16_t)n) && wr_bytes(&w, message + at, n);
	}
	ok = ok && (tail < 0 || write_hex(&w, h->keys[tail].text));
	*segment = (size_t)number(h, HELLO_SEGMENT, 0);
	cut = (size_t)number(h, HELLO_CUT, (long)w.len);
	if (ok)
		return cut < w.len ? cut : w.len;
	snprintf(why, 256, "such a ClientHello cannot be made: something in it is too long");
	return 0;
}
