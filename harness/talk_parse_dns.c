/* SPDX-License-Identifier: ISC */
/* talk_parse_dns.c: `dns` in what is said and heard. */
#include "harness/recipe_parse.h"
#include "harness/recipe_word.h"
#include "harness/talk.h"

#include <stdio.h>
#include <string.h>

const char *const talk_rcode_words[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                        "NOTIMP",  "REFUSED", NULL};

bool talk_dns_type(const char *word, uint16_t *out)
{
	const struct recipe_word *type = recipe_word_find(recipe_dns_words, word);
	uint64_t number;

	if (!type && !recipe_number(word, 0xffff, &number))
		return false;
	*out = type ? type->number : (uint16_t)number;
	return true;
}

static bool unknown_type(struct lex *lx)
{
	const char *near = recipe_word_nearest(recipe_dns_words, lx->word);

	lex_error(lx, "unknown type '%.32s'%s%s%s", lx->word, near ? "; did you mean '" : "",
	          near ? near : "", near ? "'?" : ": a word such as AAAA, or a number");
	return false;
}

/* TYPE NAME: the next two words. */
static bool read_question(struct lex *lx, struct talk_query *out)
{
	struct talk_question *q = &out->asked[out->count];

	if (out->count == TALK_ASKED_MAX) {
		lex_error(lx, "a query has at most %d questions", TALK_ASKED_MAX);
		return false;
	}
	if (!lex_next(lx) || !talk_dns_type(lx->word, &q->type))
		return unknown_type(lx);
	if (!lex_next(lx) || lx->len >= sizeof(q->name)) {
		lex_error(lx, "the name is missing, or too long");
		return false;
	}
	memcpy(q->name, lx->word, lx->len + 1);
	out->count++;
	return true;
}

static const char *const query_keys[] = {
        "id=", "flags=", "class=", "count=", "edns=", "cut=", "tail=", NULL};

/* The current word as KEY=VALUE. */
static bool read_key(struct lex *lx, struct talk_query *out)
{
	uint8_t bytes[64];
	unsigned key = 0;
	const char *value;
	uint64_t n = 0;
	size_t len;

	while (query_keys[key] && strncmp(lx->word, query_keys[key], strlen(query_keys[key])) != 0)
		key++;
	if (!query_keys[key]) {
		lex_unknown(lx, "key", query_keys);
		return false;
	}
	value = lx->word + strlen(query_keys[key]);
	if (key == 6) {
		snprintf(out->tail, sizeof(out->tail), "%s", value);
		if (recipe_hex(out->tail, bytes, sizeof(bytes), &len))
			return true;
		lex_error(lx, "up to %zu pairs of hexadecimal digits follow tail=", sizeof(bytes));
		return false;
	}
	if (!recipe_number(value, 0xffff, &n)) {
		lex_error(lx, "a number up to 0xffff follows %s", query_keys[key]);
		return false;
	}
	out->has_id |= key == 0;
	out->edns |= key == 4;
	if (key == 3)
		out->counted = (int)n;
	else
		*(key == 0   ? &out->id
		  : key == 1 ? &out->flags
		  : key == 2 ? &out->class
		  : key == 4 ? &out->edns_size
		             : &out->cut) = (uint16_t)n;
	return true;
}

bool talk_query_parse(struct lex *lx, struct talk_query *out)
{
	*out = (struct talk_query){.flags = 0x0100, .class = 1, .counted = -1};
	if (!read_question(lx, out))
		return false;
	while (lex_peek(lx) && !lx->string) {
		bool more = lex_is(lx, "and");

		if (!more && !strchr(lx->word, '='))
			return true;
		lex_next(lx);
		if (!(more ? read_question(lx, out) : read_key(lx, out)))
			return false;
	}
	return true;
}

/* ---- what is heard ---- */

/* TYPE VALUE; the current word is the type. */
static bool read_record(struct lex *lx, struct talk_reply *out)
{
	unsigned n = out->count;

	if (n == TALK_RECORDS_MAX) {
		lex_error(lx, "an answer has at most %d records", TALK_RECORDS_MAX);
		return false;
	}
	talk_dns_type(lx->word, &out->records[n].type);
	if (!lex_next(lx) || lx->len >= sizeof(out->records[n].value)) {
		lex_error(lx, "the record's address or name is missing");
		return false;
	}
	memcpy(out->records[n].value, lx->word, lx->len + 1);
	if (out->records[n].type == 1 && !addr_parse_ip4(lx->word, &out->records[n].ip)) {
		lex_error(lx, "'%.64s' is not an IPv4 address", lx->word);
		return false;
	}
	out->count++;
	out->exactly = true;
	return true;
}

/* N, N..M, N.. or ..M */
static bool read_ttl(struct lex *lx, struct talk_reply *out)
{
	char text[32];
	char *dots;
	uint64_t least = 0, most = UINT32_MAX;

	if (lex_next(lx) && lx->len < sizeof(text)) {
		memcpy(text, lx->word, lx->len + 1);
		dots = strstr(text, "..");
		if (dots)
			*dots = '\0';
		if ((!*text || recipe_number(text, UINT32_MAX, &least)) &&
		    (dots ? (!dots[2] || recipe_number(dots + 2, UINT32_MAX, &most)) : *text)) {
			out->ttl_least = (uint32_t)least;
			out->ttl_most = (uint32_t)(dots ? most : least);
			return true;
		}
	}
	lex_error(lx, "'ttl' is followed by seconds, or a range: 3..5, 3.. or ..5");
	return false;
}

bool talk_reply_parse(struct lex *lx, struct talk_reply *out)
{
	uint16_t type;
	unsigned r = 0;

	*out = (struct talk_reply){.ttl_most = UINT32_MAX};
	lex_next(lx);
	while (talk_rcode_words[r] && !lex_is(lx, talk_rcode_words[r]))
		r++;
	if (!talk_rcode_words[r]) {
		lex_unknown(lx, "answer of DNS", talk_rcode_words);
		return false;
	}
	out->rcode = (uint16_t)r;
	while (lex_peek(lx) && !lx->string) {
		if (lex_is(lx, "ttl")) {
			lex_next(lx);
			if (!read_ttl(lx, out))
				return false;
		} else if (lex_is(lx, "empty")) {
			lex_next(lx);
			out->exactly = true;
		} else if (lex_is(lx, "tc")) {
			lex_next(lx);
			out->truncated = true;
		} else if (talk_dns_type(lx->word, &type)) {
			lex_next(lx);
			if (!read_record(lx, out))
				return false;
		} else {
			return true;
		}
	}
	return true;
}
