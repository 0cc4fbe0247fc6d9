/* SPDX-License-Identifier: ISC */
/* record.c: records on the wire, and what may stand in them. */
#include "ref/record.h"

#include "ref/ipv4.h"

#include <assert.h>
#include <string.h>

#define NAME_SIZE  8
#define STATUS_MAX 999

/* Arrays for the names, no pointers: see reason.c. */
static const char kinds[][NAME_SIZE] = {
        [RECORD_DNS] = "dns",
        [RECORD_CONN] = "conn",
        [RECORD_HTTP] = "http",
};
static_assert(sizeof(kinds) == sizeof(kinds[0]) * RECORD_KINDS, "every kind has its name");

static const char verdicts[][NAME_SIZE] = {
        [RECORD_ALLOW] = "allow",   [RECORD_DENY] = "deny", [RECORD_EMPTY] = "empty",
        [RECORD_SPLICE] = "splice", [RECORD_MITM] = "mitm", [RECORD_FAILED] = "failed",
};
static_assert(sizeof(verdicts) == sizeof(verdicts[0]) * RECORD_VERDICTS,
              "every verdict has its name");

const char *record_kind_name(enum record_kind kind)
{
	return (unsigned)kind < RECORD_KINDS ? kinds[kind] : "invalid";
}

const char *record_verdict_name(enum record_verdict verdict)
{
	return (unsigned)verdict < RECORD_VERDICTS ? verdicts[verdict] : "invalid";
}

static const struct {
	uint16_t type;
	char name[NAME_SIZE];
} types[] = {
        {1, "A"},     {2, "NS"},     {5, "CNAME"}, {6, "SOA"},   {12, "PTR"},
        {15, "MX"},   {16, "TXT"},   {28, "AAAA"}, {33, "SRV"},  {35, "NAPTR"},
        {64, "SVCB"}, {65, "HTTPS"}, {255, "ANY"}, {257, "CAA"},
};

const char *record_type_name(uint16_t type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == type)
			return types[i].name;
	return NULL;
}

/* --- alphabets --- */

enum alphabet { OF_NAME, OF_METHOD, OF_PATH, OF_RULE, OF_DETAIL };

static bool is_of(enum alphabet alphabet, uint8_t c)
{
	const bool small = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
	const bool capital = c >= 'A' && c <= 'Z';
	static const char marks[] = "!#$%&'*+-.^_`|~";

	switch (alphabet) {
	case OF_NAME:
		return small || c == '.' || c == '_' || c == '-';
	case OF_METHOD:
		return small || capital || memchr(marks, c, sizeof(marks) - 1);
	case OF_PATH:
		return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
	case OF_RULE:
		return small || capital || c == '.' || c == '_' || c == '-';
	case OF_DETAIL:
	default:
		return small || c == '-';
	}
}

static bool are_of(enum alphabet alphabet, struct rd text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!is_of(alphabet, text.p[i]))
			return false;
	return true;
}

/* `out` holds `max` + 1. */
static bool set(char *out, size_t max, enum alphabet alphabet, struct rd text)
{
	*out = '\0';
	if (text.n > max || !are_of(alphabet, text))
		return false;
	if (text.n)
		memcpy(out, text.p, text.n);
	out[text.n] = '\0';
	return true;
}

void record_set_name(struct record *record, struct rd name)
{
	const size_t n = name.n <= RECORD_NAME_MAX ? name.n : 0;

	for (size_t i = 0; i < n; i++) {
		const bool capital = name.p[i] >= 'A' && name.p[i] <= 'Z';

		record->name[i] = (char)(capital ? name.p[i] + 'a' - 'A' : name.p[i]);
	}
	record->name[n] = '\0';
	if (!are_of(OF_NAME, rd_of(record->name, n)))
		record->name[0] = '\0';
}

void record_set_method(struct record *record, struct rd method)
{
	set(record->method, RECORD_METHOD_MAX, OF_METHOD, method);
}

void record_set_path(struct record *record, struct rd path)
{
	if (path.n > RECORD_PATH_MAX)
		path.n = RECORD_PATH_MAX;
	set(record->path, RECORD_PATH_MAX, OF_PATH, path);
}

void record_set_rule(struct record *record, const char *id)
{
	set(record->rule, POLICY_ID_MAX, OF_RULE, rd_of(id, strlen(id)));
}

void record_set_detail(struct record *record, const char *word)
{
	set(record->detail, RECORD_DETAIL_MAX, OF_DETAIL, rd_of(word, strlen(word)));
}

/* --- what goes together --- */

bool record_is_violation(const struct record *record)
{
	return record->verdict == RECORD_DENY && reason_is_violation(record->reason);
}

static bool has_verdict(enum record_kind kind, enum record_verdict verdict)
{
	switch (verdict) {
	case RECORD_DENY:
	case RECORD_FAILED:
		return true;
	case RECORD_ALLOW:
		return kind != RECORD_CONN;
	case RECORD_EMPTY:
		return kind == RECORD_DNS;
	case RECORD_SPLICE:
	case RECORD_MITM:
		return kind == RECORD_CONN;
	case RECORD_VERDICTS:
	default:
		return false;
	}
}

/* The numbers fit together, and no text stands where its kind has none. */
static bool is_sane(const struct record *r)
{
	const bool reasoned = r->verdict == RECORD_DENY || r->verdict == RECORD_FAILED;

	if ((unsigned)r->kind >= RECORD_KINDS || !has_verdict(r->kind, r->verdict))
		return false;
	if ((unsigned)r->reason >= REASON_COUNT || (r->reason != REASON_NONE) != reasoned)
		return false;
	if ((r->proto != IPV4_UDP && r->proto != IPV4_TCP) || !r->sport || !r->dport)
		return false;
	if (r->proto == IPV4_UDP && r->kind != RECORD_DNS)
		return false;
	if ((r->kind != RECORD_DNS && r->type) || r->status > STATUS_MAX)
		return false;
	return r->kind == RECORD_HTTP || (!*r->method && !*r->path && !*r->rule && !r->status);
}

/* --- on the wire --- */

static WR_MUST_CHECK bool put_text(struct wr *w, const char *text, enum alphabet alphabet)
{
	const struct rd bytes = rd_of(text, strlen(text));

	return are_of(alphabet, bytes) && wr_u16(w, (uint16_t)bytes.n) &&
	       wr_bytes(w, bytes.p, bytes.n);
}

static RD_MUST_CHECK bool get_text(struct rd *r, char *out, size_t max, enum alphabet alphabet)
{
	struct rd text;

	return rd_vec16(r, &text) && set(out, max, alphabet, text);
}

static WR_MUST_CHECK bool put_numbers(struct wr *w, const struct record *r)
{
	return wr_u8(w, (uint8_t)r->kind) && wr_u8(w, (uint8_t)r->verdict) &&
	       wr_u8(w, (uint8_t)r->reason) && wr_u8(w, r->proto) && wr_u32(w, r->src) &&
	       wr_u16(w, r->sport) && wr_u32(w, r->dst) && wr_u16(w, r->dport) &&
	       wr_u16(w, r->type) && wr_u16(w, r->status);
}

bool record_put(struct wr *w, const struct record *record)
{
	struct wr t = *w;

	if (!is_sane(record) || !put_numbers(&t, record) || !put_text(&t, record->name, OF_NAME) ||
	    !put_text(&t, record->method, OF_METHOD) || !put_text(&t, record->path, OF_PATH) ||
	    !put_text(&t, record->rule, OF_RULE) || !put_text(&t, record->detail, OF_DETAIL))
		return false;
	*w = t;
	return true;
}

bool record_get(struct rd *r, struct record *out)
{
	uint8_t kind, verdict, reason;

	*out = (struct record){0};
	if (!rd_u8(r, &kind) || !rd_u8(r, &verdict) || !rd_u8(r, &reason) ||
	    !rd_u8(r, &out->proto) || !rd_u32(r, &out->src) || !rd_u16(r, &out->sport) ||
	    !rd_u32(r, &out->dst) || !rd_u16(r, &out->dport) || !rd_u16(r, &out->type) ||
	    !rd_u16(r, &out->status))
		return false;
	out->kind = (enum record_kind)kind;
	out->verdict = (enum record_verdict)verdict;
	out->reason = (enum reason)reason;
	return get_text(r, out->name, RECORD_NAME_MAX, OF_NAME) &&
	       get_text(r, out->method, RECORD_METHOD_MAX, OF_METHOD) &&
	       get_text(r, out->path, RECORD_PATH_MAX, OF_PATH) &&
	       get_text(r, out->rule, POLICY_ID_MAX, OF_RULE) &&
	       get_text(r, out->detail, RECORD_DETAIL_MAX, OF_DETAIL) && is_sane(out);
}
