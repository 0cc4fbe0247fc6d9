/* SPDX-License-Identifier: ISC */
/* talk_dns.c: see talk_dns.h. */
#include "harness/talk_dns.h"

#include "bytes/wr.h"
#include "harness/recipe_parse.h"

#include <stdio.h>
#include <string.h>

#define HEADER      12
#define FLAG_QR     0x8000
#define FLAG_TC     0x0200
#define RCODE_MASK  0x000f
#define TYPE_A      1
#define TYPE_OPT    41
#define JUMPS_MAX   32
#define RECORDS_MAX 256

/* ---- queries ---- */

/* Labels up to the dots; a dot behind a backslash belongs to its label. */
static bool write_name(struct wr *w, const char *name)
{
	while (*name && strcmp(name, ".") != 0) {
		uint8_t label[256];
		size_t n = 0;

		for (; *name && *name != '.' && n < sizeof(label); name++) {
			name += *name == '\\' && name[1];
			label[n++] = (uint8_t)*name;
		}
		if (!n || n > 63 || !wr_u8(w, (uint8_t)n) || !wr_bytes(w, label, n))
			return false;
		name += *name == '.';
	}
	return wr_u8(w, 0);
}

static bool write_question(struct wr *w, const struct talk_query *q, unsigned i,
                           const struct recipe_vars *vars)
{
	char name[1024];

	return recipe_expand(q->asked[i].name, vars, name, sizeof(name)) && write_name(w, name) &&
	       wr_u16(w, q->asked[i].type) && wr_u16(w, q->class);
}

static bool write_edns(struct wr *w, const struct talk_query *q)
{
	return !q->edns || (wr_u8(w, 0) && wr_u16(w, TYPE_OPT) && wr_u16(w, q->edns_size) &&
	                    wr_u32(w, 0) && wr_u16(w, 0));
}

size_t talk_dns_query(const struct talk_query *q, const struct recipe_vars *vars, uint16_t id,
                      uint8_t *out, char *why)
{
	struct wr w = wr_of(out, TALK_DNS_MAX);
	uint8_t tail[64];
	size_t len = 0, n;
	bool ok = wr_u16(&w, q->has_id ? q->id : id) && wr_u16(&w, q->flags) &&
	          wr_u16(&w, (uint16_t)(q->counted < 0 ? (int)q->count : q->counted)) &&
	          wr_u16(&w, 0) && wr_u16(&w, 0) && wr_u16(&w, q->edns);

	for (unsigned i = 0; ok && i < q->count; i++)
		ok = write_question(&w, q, i, vars);
	ok = ok && write_edns(&w, q) &&
	     (!*q->tail ||
	      (recipe_hex(q->tail, tail, sizeof(tail), &len) && wr_bytes(&w, tail, len)));
	n = w.len;
	if (ok && n > q->cut)
		return n - q->cut;
	snprintf(why, 256, "the query cannot be made: labels have 1 to 63 bytes, and a query %d",
	         TALK_DNS_MAX);
	return 0;
}

/* ---- answers ---- */

/* Skips a name; false when it runs out of the message. */
static bool skip_name(struct rd *at)
{
	uint8_t len;

	while (rd_u8(at, &len)) {
		if (len >= 0xc0)
			return rd_skip(at, 1);
		if (!len)
			return true;
		if (len > 63 || !rd_skip(at, len))
			return false;
	}
	return false;
}

struct message {
	uint16_t id, flags, questions, answers;
	struct rd rest;     /* behind the header */
	struct rd question; /* the first, with type and class */
};

static bool read_message(struct rd bytes, struct message *m)
{
	uint16_t skip;
	struct rd at;

	*m = (struct message){0};
	if (!rd_u16(&bytes, &m->id) || !rd_u16(&bytes, &m->flags) ||
	    !rd_u16(&bytes, &m->questions) || !rd_u16(&bytes, &m->answers) ||
	    !rd_u16(&bytes, &skip) || !rd_u16(&bytes, &skip))
		return false;
	m->rest = at = bytes;
	for (unsigned i = 0; i < m->questions; i++) {
		const uint8_t *from = at.p;

		if (!skip_name(&at) || !rd_skip(&at, 4))
			return false;
		if (i == 0)
			m->question = rd_of(from, (size_t)(at.p - from));
	}
	m->rest = at;
	return true;
}

struct record {
	uint16_t type;
	uint32_t ttl;
	struct rd data;
};

static bool read_record(struct rd *at, struct record *r)
{
	uint16_t class;

	return skip_name(at) && rd_u16(at, &r->type) && rd_u16(at, &class) && rd_u32(at, &r->ttl) &&
	       rd_vec16(at, &r->data);
}

static bool is_meant(const struct talk_reply *r, unsigned i, const struct record *rec)
{
	uint8_t bytes[128];
	size_t len;
	struct rd data = rec->data;
	uint32_t ip;

	if (rec->type != r->records[i].type)
		return false;
	if (rec->type == TYPE_A)
		return data.n == 4 && rd_u32(&data, &ip) && ip == r->records[i].ip;
	return !strcmp(r->records[i].value, "*") ||
	       (recipe_hex(r->records[i].value, bytes, sizeof(bytes), &len) && len == data.n &&
	        !memcmp(bytes, data.p, len));
}

/* Each record that was named, and no other. */
static bool answers_fit(const struct talk_reply *r, const struct message *m, char *why)
{
	unsigned found = 0;
	struct rd at = m->rest;

	for (unsigned i = 0; i < m->answers; i++) {
		struct record rec;
		unsigned k = 0;

		if (i == RECORDS_MAX || !read_record(&at, &rec)) {
			snprintf(why, 256, "the answer's records cannot be read");
			return false;
		}
		if (rec.ttl < r->ttl_least || rec.ttl > r->ttl_most) {
			snprintf(why, 256, "a record may live %u s", rec.ttl);
			return false;
		}
		while (k < r->count && ((found >> k & 1) || !is_meant(r, k, &rec)))
			k++;
		if (k == r->count && r->exactly) {
			char data[64];

			snprintf(why, 256, "the answer has a record of type %u with %s", rec.type,
			         rec.type == TYPE_A && rec.data.n == 4
			                 ? addr_ip4((uint32_t)rec.data.p[0] << 24 |
			                                    (uint32_t)rec.data.p[1] << 16 |
			                                    (uint32_t)rec.data.p[2] << 8 |
			                                    rec.data.p[3],
			                            data)
			                 : "other data");
			return false;
		}
		found |= k < r->count ? 1u << k : 0;
	}
	if (found == (1u << r->count) - 1)
		return true;
	snprintf(why, 256, "the answer lacks a record");
	return false;
}

bool talk_dns_fits(const struct talk_reply *r, struct rd query, struct rd message, char *why)
{
	struct message asked, m;
	bool has_question = read_message(query, &asked) && asked.questions;

	if (!read_message(message, &m)) {
		snprintf(why, 256, "what was heard is no DNS message (%zu bytes)", message.n);
		return false;
	}
	if (!(m.flags & FLAG_QR) || m.id != asked.id)
		snprintf(why, 256, "it is no answer to the question: id %u, flags 0x%04x", m.id,
		         m.flags);
	else if ((m.flags & RCODE_MASK) != r->rcode)
		snprintf(why, 256, "the answer is %s",
		         (m.flags & RCODE_MASK) < 6 ? talk_rcode_words[m.flags & RCODE_MASK]
		                                    : "another error");
	else if (m.question.n && has_question && asked.questions == 1 &&
	         (m.question.n != asked.question.n ||
	          memcmp(m.question.p, asked.question.p, m.question.n) != 0))
		snprintf(why, 256, "the answer repeats another question");
	else if (!!(m.flags & FLAG_TC) != r->truncated)
		snprintf(why, 256, r->truncated ? "the answer is whole" : "the answer is cut");
	else
		return answers_fit(r, &m, why);
	return false;
}
