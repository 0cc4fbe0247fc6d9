/* SPDX-License-Identifier: ISC */
/* talk_parse.c: the words of a conversation. Those of DNS and of a ClientHello have files of their own. */
#include "harness/talk.h"

#include "harness/recipe_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- to ---- */

static bool is_one_of(const struct lex *lx, const char *const *words)
{
	for (; words && *words; words++)
		if (lex_is(lx, *words))
			return true;
	return false;
}

static bool read_endpoint(struct lex *lx, uint32_t target, struct endpoint *out)
{
	struct recipe r = {0};
	struct recipe_parser p = {
	        .lx = lx, .diag = lx->diag, .target = target, .r = &r, .ok = true};

	if (!lex_next(lx)) {
		lex_error(lx, "an address with a port is missing");
		return false;
	}
	if (!recipe_endpoint(&p, true, out))
		return false;
	if (!out->nat)
		return true;
	lex_error(lx, "$NAT cannot stand here: a guest does not talk to it");
	return false;
}

static bool copy_word(struct lex *lx, const char *what, char *out, size_t size)
{
	if (!lex_next(lx) || !lx->len || lx->len >= size) {
		lex_error(lx, "%s is missing, or too long", what);
		return false;
	}
	memcpy(out, lx->word, lx->len + 1);
	return true;
}

static bool read_version(struct lex *lx, struct talk_to *out)
{
	static const char *const words[] = {"1.2", "1.3", NULL};

	if (lex_next(lx) && lex_is(lx, "1.2"))
		out->version = 0x0303;
	else if (lex_is(lx, "1.3"))
		out->version = 0x0304;
	else
		lex_unknown(lx, "version of TLS", words);
	return out->version != 0;
}

static bool read_trust(struct lex *lx, struct talk_to *out)
{
	static const char *const words[] = {"ca", "upstream", "none", NULL};
	unsigned i = 0;

	lex_next(lx);
	while (words[i] && !lex_is(lx, words[i]))
		i++;
	if (words[i])
		out->trust = (enum talk_trust)i;
	else
		lex_unknown(lx, "kind of trust", words);
	return words[i] != NULL;
}

/* A clause of `to tls`; the current word is its first. */
static bool read_tls_clause(struct lex *lx, unsigned *seen, struct talk_to *out)
{
	static const char *const words[] = {"name", "alpn", "version", "trust", NULL};
	unsigned i = 0;

	while (words[i] && !lex_is(lx, words[i]))
		i++;
	if (!words[i]) {
		lex_unknown(lx, "word", words);
		return false;
	}
	if (*seen >> i & 1) {
		lex_error(lx, "'%s' is a second one", lx->word);
		return false;
	}
	*seen |= 1u << i;
	switch (i) {
	case 0:
		return copy_word(lx, "the name", out->name, sizeof(out->name));
	case 1:
		if (!copy_word(lx, "a list of protocols, or none,", out->alpn, sizeof(out->alpn)))
			return false;
		if (!strcmp(out->alpn, "none"))
			out->alpn[0] = '\0';
		return true;
	case 2:
		return read_version(lx, out);
	default:
		return read_trust(lx, out);
	}
}

bool talk_to_parse(struct lex *lx, uint32_t target, const char *const *stop, struct talk_to *out)
{
	static const char *const protocols[] = {"tcp", "tls", "udp", NULL};
	unsigned proto = 0, seen = 0;
	bool ok = true;

	*out = (struct talk_to){.alpn = "http/1.1"};
	if (!lex_next(lx)) {
		lex_error(lx, "'to' is followed by tcp, tls or udp and an address with a port");
		return false;
	}
	while (protocols[proto] && !lex_is(lx, protocols[proto]))
		proto++;
	if (!protocols[proto]) {
		lex_unknown(lx, "protocol", protocols);
		return false;
	}
	out->proto = (enum talk_proto)proto;
	if (!read_endpoint(lx, target, &out->dst))
		return false;
	while (lex_peek(lx) && !is_one_of(lx, stop)) {
		lex_next(lx);
		if (out->proto != TALK_TLS) {
			lex_error(lx, "'%.64s' is one word too many", lx->word);
			return false;
		}
		ok = read_tls_clause(lx, &seen, out);
		if (!ok)
			return false;
	}
	return ok && !lx->bad;
}

/* ---- words ---- */

static void *must_have(void *p)
{
	if (p)
		return p;
	fputs("gauntlet: out of memory: the scenario cannot be read\n", stderr);
	exit(4);
}

static struct talk_word *add_word(struct lex *lx, struct talk_words *w, enum talk_kind kind)
{
	if (w->count == TALK_WORDS_MAX) {
		lex_error(lx, "a cell has at most %d words", TALK_WORDS_MAX);
		return NULL;
	}
	w->list = must_have(reallocarray(w->list, w->count + 1, sizeof(*w->list)));
	w->list[w->count] = (struct talk_word){.kind = kind, .times = 1};
	return &w->list[w->count++];
}

static bool add_text(struct lex *lx, struct talk_words *w, enum talk_kind kind)
{
	struct talk_word *word = add_word(lx, w, kind);

	if (word)
		word->text = must_have(strdup(lx->word));
	return word != NULL;
}

/* The next word, a string, as one of this kind. */
static bool add_next_text(struct lex *lx, struct talk_words *w, enum talk_kind kind,
                          const char *what)
{
	if (lex_next(lx) && lx->string)
		return add_text(lx, w, kind);
	lex_error(lx, "'%s' is followed by a string in quotes", what);
	return false;
}

static bool add_hex(struct lex *lx, struct talk_words *w)
{
	uint8_t bytes[LEX_WORD_MAX / 2];
	size_t len;

	if (!add_next_text(lx, w, TALK_HEX, "hex"))
		return false;
	if (recipe_hex(lx->word, bytes, sizeof(bytes), &len))
		return true;
	lex_error(lx, "not pairs of hexadecimal digits");
	return false;
}

static bool add_times(struct lex *lx, struct talk_words *w)
{
	uint64_t times;

	if (!lex_next(lx) || !recipe_number(lx->word, TALK_TIMES_MAX, &times) || !times) {
		lex_error(lx, "'times' is followed by a number up to %d and a string",
		          TALK_TIMES_MAX);
		return false;
	}
	if (!add_next_text(lx, w, TALK_TEXT, "times N"))
		return false;
	w->list[w->count - 1].times = (size_t)times;
	if (times * lx->len <= TALK_TIMES_MAX)
		return true;
	lex_error(lx, "this makes more than %d bytes", TALK_TIMES_MAX);
	return false;
}

static bool add_clock(struct lex *lx, struct talk_words *w)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}};
	struct talk_word *word = add_word(lx, w, TALK_CLOCK);
	char digits[16] = "";
	size_t n = lex_next(lx) ? strspn(lx->word, "0123456789") : 0;

	if (!word)
		return false;
	if (n && n < sizeof(digits))
		memcpy(digits, lx->word, n);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (recipe_number(digits, 1000000, &word->number) &&
		    !strcmp(lx->word + n, units[i].unit)) {
			word->number *= units[i].ms;
			return word->number > 0;
		}
	lex_error(lx, "'clock' needs a time such as 500ms, 11s or 5m");
	return false;
}

static bool add_query(struct lex *lx, struct talk_words *w)
{
	struct talk_word *word = add_word(lx, w, TALK_QUERY);

	if (!word)
		return false;
	word->query = must_have(calloc(1, sizeof(*word->query)));
	return talk_query_parse(lx, word->query);
}

static bool add_hello(struct lex *lx, struct talk_words *w)
{
	struct talk_word *word = add_word(lx, w, TALK_HELLO);

	if (!word)
		return false;
	word->hello = must_have(calloc(1, sizeof(*word->hello)));
	return talk_hello_parse(lx, word->hello);
}

static bool add_reply(struct lex *lx, struct talk_words *w)
{
	struct talk_word *word = add_word(lx, w, TALK_REPLY);

	if (!word)
		return false;
	word->reply = must_have(calloc(1, sizeof(*word->reply)));
	return talk_reply_parse(lx, word->reply);
}

static bool add_alert(struct lex *lx, struct talk_words *w)
{
	struct talk_word *word = add_word(lx, w, TALK_ALERT);

	if (!word)
		return false;
	lex_next(lx);
	word->number = talk_alert_number(lx->word);
	if (word->number != TALK_ALERT_NONE || lex_is(lx, "any"))
		return true;
	lex_unknown(lx, "alert", talk_alert_words);
	return false;
}

/* What makes sense only over one of the protocols. */
static bool fits(struct lex *lx, const struct talk_to *to, bool fine, const char *over)
{
	if (!to || fine)
		return true;
	lex_error(lx, "'%s' goes with `to %s`", lx->word, over);
	return false;
}

/* The current word of `says`. */
static bool read_says(struct lex *lx, const struct talk_to *to, struct talk_words *out)
{
	static const char *const words[] = {"hex", "times", "dns",  "hello", "clock",
	                                    "end", "reset", "then", "/",     NULL};
	bool udp = to && to->proto == TALK_UDP;

	if (lx->string)
		return add_text(lx, out, TALK_TEXT);
	if (lex_is(lx, "hex"))
		return add_hex(lx, out);
	if (lex_is(lx, "times"))
		return add_times(lx, out);
	if (lex_is(lx, "dns"))
		return fits(lx, to, !to || to->proto != TALK_TLS, "udp` or `to tcp") &&
		       add_query(lx, out);
	if (lex_is(lx, "hello"))
		return fits(lx, to, to && to->proto == TALK_TCP, "tcp") && add_hello(lx, out);
	if (lex_is(lx, "clock"))
		return add_clock(lx, out);
	if (lex_is(lx, "end"))
		return fits(lx, to, !udp, "tcp` or `to tls") && add_word(lx, out, TALK_FIN);
	if (lex_is(lx, "reset"))
		return fits(lx, to, !udp, "tcp` or `to tls") && add_word(lx, out, TALK_ABORT);
	if (lex_is(lx, "/"))
		return add_word(lx, out, TALK_SEGMENT);
	if (lex_is(lx, "then"))
		return add_word(lx, out, TALK_THEN);
	lex_unknown(lx, "word", words);
	return false;
}

/* The current word of `hears`. */
static bool read_hears(struct lex *lx, const struct talk_to *to, struct talk_words *out)
{
	static const struct {
		const char *word;
		enum talk_kind kind;
	} plain[] = {{"end", TALK_END},
	             {"cut", TALK_CUT},
	             {"reset", TALK_RESET},
	             {"closed", TALK_CLOSED},
	             {"then", TALK_THEN},
	             {"nothing", TALK_NOTHING},
	             {"server-hello", TALK_SERVER_HELLO}};
	static const char *const words[] = {"head", "alert", "server-hello", "dns",  "end",
	                                    "cut",  "reset", "closed",       "then", "nothing",
	                                    NULL};

	if (lx->string)
		return add_text(lx, out, TALK_LIKE);
	if (lex_is(lx, "head"))
		return add_next_text(lx, out, TALK_HEAD, "head");
	if (lex_is(lx, "alert"))
		return fits(lx, to, to && to->proto != TALK_UDP, "tls` or `to tcp") &&
		       add_alert(lx, out);
	if (lex_is(lx, "dns"))
		return fits(lx, to, !to || to->proto != TALK_TLS, "udp` or `to tcp") &&
		       add_reply(lx, out);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (lex_is(lx, plain[i].word))
			return add_word(lx, out, plain[i].kind);
	lex_unknown(lx, "word", words);
	return false;
}

bool talk_says_parse(struct lex *lx, const struct talk_to *to, struct talk_words *out)
{
	bool ok = true;

	*out = (struct talk_words){0};
	if (!lex_peek(lx)) {
		lex_error(lx, "what is said is missing: a string, hex, times, dns or hello");
		return false;
	}
	while (ok && lex_next(lx))
		ok = read_says(lx, to, out);
	return ok && !lx->bad;
}

bool talk_hears_parse(struct lex *lx, const struct talk_to *to, struct talk_words *out)
{
	bool ok = true;

	*out = (struct talk_words){0};
	if (!lex_peek(lx)) {
		lex_error(lx,
		          "what must be heard is missing: a string, alert, dns, end, reset ...");
		return false;
	}
	while (ok && lex_next(lx))
		ok = read_hears(lx, to, out);
	return ok && !lx->bad;
}

bool talk_origin_parse(struct lex *lx, struct talk_words *out)
{
	static const char *const words[] = {"not", NULL};
	bool ok = true;

	*out = (struct talk_words){0};
	while (ok && lex_next(lx)) {
		if (lx->string)
			ok = add_text(lx, out, TALK_GOT);
		else if (lex_is(lx, "not"))
			ok = add_next_text(lx, out, TALK_NOT, "not");
		else {
			lex_unknown(lx, "word", words);
			ok = false;
		}
		if (!ok || strstr(lx->word, "$NONCE"))
			continue;
		lex_error(lx, "without $NONCE this could be another row's: write it into what is "
		              "said and here");
		ok = false;
	}
	return ok && !lx->bad;
}

/* ---- turns ---- */

size_t talk_turns(const struct talk_words *w)
{
	size_t n = 1;

	for (size_t i = 0; i < w->count; i++)
		n += w->list[i].kind == TALK_THEN;
	return n;
}

size_t talk_turn(const struct talk_words *w, size_t n, size_t *end)
{
	size_t from = 0;

	for (; n; from++)
		n -= w->list[from].kind == TALK_THEN;
	*end = from;
	while (*end < w->count && w->list[*end].kind != TALK_THEN)
		++*end;
	return from;
}

bool talk_has(const struct talk_words *w, enum talk_kind kind)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->list[i].kind == kind)
			return true;
	return false;
}

void talk_words_free(struct talk_words *w)
{
	for (size_t i = 0; i < w->count; i++) {
		free(w->list[i].text);
		free(w->list[i].query);
		free(w->list[i].reply);
		free(w->list[i].hello);
	}
	free(w->list);
	*w = (struct talk_words){0};
}

void talk_free(struct talk *t)
{
	if (!t)
		return;
	talk_words_free(&t->says);
	talk_words_free(&t->hears);
	talk_words_free(&t->origin);
	free(t->says_text);
	free(t->hears_text);
	free(t->to_text);
	free(t);
}
