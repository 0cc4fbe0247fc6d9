/* SPDX-License-Identifier: ISC */
/* record_rules.c: what a record on the wire may hold. */
#include "fuzz/rig/record_rules.h"

#include "fuzz/fuzz.h"

#include <string.h>

#define NUMBERS 20 /* bytes in front of the texts */

#define DIGITS "0123456789"
#define SMALL  "abcdefghijklmnopqrstuvwxyz"
#define LARGE  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

bool record_rules_text(char member, const uint8_t *text, size_t n)
{
	static const char name[] = SMALL DIGITS "._-", rule[] = SMALL LARGE DIGITS "._-";
	static const char method[] = SMALL LARGE DIGITS "!#$%&'*+-.^_`|~",
	                  detail[] = SMALL DIGITS "-";
	static const char path[] = SMALL LARGE DIGITS "!#$%&'()*+,-./:;<=>?@[]^_`{|}~";
	static const char *const letters[128] = {
	        ['n'] = name, ['m'] = method, ['r'] = rule, ['d'] = detail, ['p'] = path,
	};

	for (size_t i = 0; i < n; i++)
		if (!text[i] || !strchr(letters[(unsigned char)member], text[i]))
			return false;
	return true;
}

/* A row for each kind, a column for each verdict: allow deny empty splice mitm failed. */
static const char verdicts[3][7] = {"xxx..x", ".x.xxx", "xx...x"};

static unsigned u16(const uint8_t *p)
{
	return p[0] * 256U + p[1];
}

static bool numbers_fit(const uint8_t *p)
{
	const unsigned kind = p[0], verdict = p[1], reason = p[2], proto = p[3];
	const unsigned sport = u16(p + 8), dport = u16(p + 14), type = u16(p + 16),
	               status = u16(p + 18);
	const bool reasoned = verdict == RECORD_DENY || verdict == RECORD_FAILED;

	if (kind > 2 || verdict > 5 || verdicts[kind][verdict] != 'x')
		return false;
	if (reasoned ? !reason || reason >= REASON_COUNT : reason != 0)
		return false;
	if (kind == RECORD_DNS ? proto != 17 && proto != 6 : proto != 6)
		return false;
	if (!sport || !dport || status > 999)
		return false;
	return (kind == RECORD_DNS || !type) && (kind == RECORD_HTTP || !status);
}

size_t record_rules_len(const uint8_t *bytes, size_t n)
{
	static const struct {
		char member;
		uint16_t max;
		bool http_only;
	} texts[] = {{'n', 253, false},
	             {'m', 32, true},
	             {'p', 256, true},
	             {'r', 32, true},
	             {'d', 31, false}};
	size_t at = NUMBERS;

	if (n < NUMBERS || !numbers_fit(bytes))
		return 0;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t len;

		if (n - at < 2)
			return 0;
		len = u16(bytes + at);
		at += 2;
		if (len > n - at || len > texts[i].max ||
		    !record_rules_text(texts[i].member, bytes + at, len) ||
		    (len && texts[i].http_only && bytes[0] != RECORD_HTTP))
			return 0;
		at += len;
	}
	return at;
}

/* --- what a parser found, put into a record --- */

/* A text is taken whole or not at all. */
static bool is_set(const char *text, const uint8_t *from, size_t n, bool legal)
{
	return legal ? strlen(text) == n && (!n || !memcmp(text, from, n)) : !*text;
}

void record_rules_set(const uint8_t *data, size_t size)
{
	const size_t path = size < RECORD_PATH_MAX ? size : RECORD_PATH_MAX;
	char word[RECORD_DETAIL_MAX + 4], small[RECORD_NAME_MAX + 1];
	struct record record = {
	        .name = "x", .method = "x", .path = "x", .rule = "x", .detail = "x"};
	size_t len;

	snprintf(word, sizeof(word), "%.*s", (int)size, (const char *)data);
	len = strlen(word);
	for (size_t i = 0; i < size && i < sizeof(small); i++)
		small[i] = (char)(data[i] >= 'A' && data[i] <= 'Z' ? data[i] | 32 : data[i]);
	record_set_name(&record, rd_of(data, size));
	record_set_method(&record, rd_of(data, size));
	record_set_path(&record, rd_of(data, size));
	record_set_rule(&record, word);
	record_set_detail(&record, word);
	HOLDS("a name is set in small letters",
	      is_set(record.name, (const uint8_t *)small, size,
	             size <= 253 && record_rules_text('n', (const uint8_t *)small, size)));
	HOLDS("a method is set as it is",
	      is_set(record.method, data, size, size <= 32 && record_rules_text('m', data, size)));
	HOLDS("a path is set, or its beginning",
	      is_set(record.path, data, path, record_rules_text('p', data, path)));
	HOLDS("a rule is set as it is",
	      is_set(record.rule, (uint8_t *)word, len,
	             len <= 32 && record_rules_text('r', (uint8_t *)word, len)));
	HOLDS("a detail is set as it is",
	      is_set(record.detail, (uint8_t *)word, len,
	             len <= 31 && record_rules_text('d', (uint8_t *)word, len)));
}
