/* SPDX-License-Identifier: ISC */
/* talk_parse_hello.c: `hello KEY=VALUE...` in what is said. */
#include "harness/recipe_parse.h"
#include "harness/talk.h"

#include <stdlib.h>
#include <string.h>

const char *const talk_hello_words[HELLO_KEY_COUNT + 1] = {
        [HELLO_NAME] = "name",       [HELLO_NAME_TYPE] = "name-type",
        [HELLO_NAMES] = "names",     [HELLO_AGAIN] = "again",
        [HELLO_ALPN] = "alpn",       [HELLO_VERSIONS] = "versions",
        [HELLO_VERSION] = "version", [HELLO_RECORD_VERSION] = "record-version",
        [HELLO_CIPHERS] = "ciphers", [HELLO_COMPRESSION] = "compression",
        [HELLO_SESSION] = "session", [HELLO_EXT] = "ext",
        [HELLO_LEN] = "len",         [HELLO_RECORD] = "record",
        [HELLO_SEGMENT] = "segment", [HELLO_CUT] = "cut",
        [HELLO_PAD] = "pad",         [HELLO_TAIL] = "tail",
};

enum form { FORM_TEXT, FORM_NUMBER, FORM_HEX, FORM_SIGNED, FORM_LIST, FORM_EXT };

static enum form form_of(enum talk_hello_key key)
{
	switch (key) {
	case HELLO_NAME:
	case HELLO_AGAIN:
	case HELLO_ALPN:
		return FORM_TEXT;
	case HELLO_NAMES:
	case HELLO_CIPHERS:
	case HELLO_COMPRESSION:
	case HELLO_SESSION:
	case HELLO_TAIL:
		return FORM_HEX;
	case HELLO_LEN:
		return FORM_SIGNED;
	case HELLO_VERSIONS:
		return FORM_LIST;
	case HELLO_EXT:
		return FORM_EXT;
	case HELLO_NAME_TYPE:
	case HELLO_VERSION:
	case HELLO_RECORD_VERSION:
	case HELLO_RECORD:
	case HELLO_SEGMENT:
	case HELLO_CUT:
	case HELLO_PAD:
	case HELLO_KEY_COUNT:
		break;
	}
	return FORM_NUMBER;
}

static bool is_list(const char *s)
{
	char item[16];
	uint64_t n;

	if (!strcmp(s, "none"))
		return true;
	for (;;) {
		size_t len = strcspn(s, ",");

		if (len >= sizeof(item))
			return false;
		memcpy(item, s, len);
		item[len] = '\0';
		if (!recipe_number(item, 0xffff, &n))
			return false;
		if (!s[len])
			return true;
		s += len + 1;
	}
}

static bool is_hex(const char *s)
{
	uint8_t bytes[256];
	size_t len;

	return !*s || recipe_hex(s, bytes, sizeof(bytes), &len);
}

/* TYPE:HEX */
static bool is_ext(const char *s)
{
	char type[16];
	size_t len = strcspn(s, ":");
	uint64_t n;

	if (s[len] != ':' || len >= sizeof(type))
		return false;
	memcpy(type, s, len);
	type[len] = '\0';
	return recipe_number(type, 0xffff, &n) && is_hex(s + len + 1);
}

static const char *wrong(enum form form, const char *value, long *number)
{
	uint64_t n;

	switch (form) {
	case FORM_TEXT:
		return *value ? NULL : "a text follows the sign";
	case FORM_NUMBER:
		if (!recipe_number(value, 65535, &n))
			return "a number up to 65535 follows the sign";
		*number = (long)n;
		return NULL;
	case FORM_HEX:
		return is_hex(value) ? NULL : "up to 256 pairs of hexadecimal digits follow";
	case FORM_SIGNED:
		if ((*value != '+' && *value != '-') || !recipe_number(value + 1, 65535, &n))
			return "+N or -N follows the sign";
		*number = *value == '-' ? -(long)n : (long)n;
		return NULL;
	case FORM_LIST:
		return is_list(value) ? NULL : "versions such as 0x0304,0x0303 follow, or none";
	case FORM_EXT:
		return is_ext(value) ? NULL : "its number and hexadecimal digits follow: 0xfe0d:00";
	}
	return NULL;
}

/* The current word as KEY=VALUE. */
static bool read_key(struct lex *lx, struct talk_hello *out)
{
	size_t len = strcspn(lx->word, "=");
	unsigned key = 0;
	const char *why;

	while (key < HELLO_KEY_COUNT && (strlen(talk_hello_words[key]) != len ||
	                                 memcmp(talk_hello_words[key], lx->word, len) != 0))
		key++;
	if (key == HELLO_KEY_COUNT) {
		lex_unknown(lx, "key of a hello", talk_hello_words);
		return false;
	}
	if (out->count == TALK_HELLO_MAX || lx->len - len > sizeof(out->keys[0].text)) {
		lex_error(lx, "a hello has at most %d keys, and values of at most %zu letters",
		          TALK_HELLO_MAX, sizeof(out->keys[0].text) - 1);
		return false;
	}
	why = wrong(form_of((enum talk_hello_key)key), lx->word + len + 1,
	            &out->keys[out->count].number);
	if (why) {
		lex_error(lx, "%s", why);
		return false;
	}
	out->keys[out->count].key = (enum talk_hello_key)key;
	memcpy(out->keys[out->count].text, lx->word + len + 1, lx->len - len);
	out->count++;
	return true;
}

bool talk_hello_parse(struct lex *lx, struct talk_hello *out)
{
	bool ok = true;

	*out = (struct talk_hello){0};
	while (ok && lex_peek(lx) && !lx->string && strchr(lx->word, '=')) {
		lex_next(lx);
		ok = read_key(lx, out);
	}
	return ok;
}
