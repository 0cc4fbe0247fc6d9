/* SPDX-License-Identifier: ISC */
/* record_test.c: records cross the wire unchanged, and nothing unsafe crosses at all. */
#include "ref/record.h"

#include "bytes/guard.h"
#include "ref/ipv4.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LETTERS_64 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01"

static struct record dns_example(void)
{
	return (struct record){
	        .kind = RECORD_DNS,
	        .verdict = RECORD_EMPTY,
	        .proto = IPV4_UDP,
	        .src = 0xc0a86402,
	        .sport = 40000,
	        .dst = 0xc0a86401,
	        .dport = 53,
	        .type = 28,
	        .name = "ok.test",
	};
}

static struct record conn_example(void)
{
	return (struct record){
	        .kind = RECORD_CONN,
	        .verdict = RECORD_DENY,
	        .reason = REASON_NAME_DENIED,
	        .proto = IPV4_TCP,
	        .src = 0xc0a86402,
	        .sport = 40000,
	        .dst = 0x6300000a,
	        .dport = 443,
	        .name = "bad_one.test",
	        .detail = "name-absent",
	};
}

static struct record http_example(void)
{
	return (struct record){
	        .kind = RECORD_HTTP,
	        .verdict = RECORD_FAILED,
	        .reason = REASON_UPSTREAM_UNREACHABLE,
	        .proto = IPV4_TCP,
	        .src = 0xc0a86402,
	        .sport = 40000,
	        .dst = 0x6300000a,
	        .dport = 80,
	        .status = 502,
	        .name = "api.test",
	        .method = "M-SEARCH",
	        .path = "/v1/%20x",
	        .rule = "api.Read_1",
	        .detail = "connect",
	};
}

static struct record full_example(void)
{
	struct record r = http_example();

	memset(r.name, 'n', RECORD_NAME_MAX);
	memset(r.method, 'M', RECORD_METHOD_MAX);
	memset(r.path, '/', RECORD_PATH_MAX);
	memset(r.rule, 'r', POLICY_ID_MAX);
	memset(r.detail, 'd', RECORD_DETAIL_MAX);
	return r;
}

static size_t put(const struct record *record, uint8_t bytes[RECORD_WIRE_MAX])
{
	struct wr w = wr_of(bytes, RECORD_WIRE_MAX);

	assert_true(record_put(&w, record));
	return w.len;
}

static bool get(const uint8_t *bytes, size_t n, struct record *out)
{
	struct guard g = guard_copy(bytes, n);
	struct rd r = rd_of(g.p, g.n);
	const bool ok = record_get(&r, out) && r.n == 0;

	guard_free(&g);
	return ok;
}

static void assert_same(const struct record *a, const struct record *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->verdict, b->verdict);
	assert_int_equal(a->reason, b->reason);
	assert_int_equal(a->proto, b->proto);
	assert_int_equal(a->src, b->src);
	assert_int_equal(a->dst, b->dst);
	assert_int_equal(a->sport, b->sport);
	assert_int_equal(a->dport, b->dport);
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->status, b->status);
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->method, b->method);
	assert_string_equal(a->path, b->path);
	assert_string_equal(a->rule, b->rule);
	assert_string_equal(a->detail, b->detail);
}

static void a_record_crosses_unchanged(void **state)
{
	const struct record examples[] = {
	        dns_example(),
	        conn_example(),
	        http_example(),
	        full_example(),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		uint8_t bytes[RECORD_WIRE_MAX];
		struct record out;

		assert_true(get(bytes, put(&examples[i], bytes), &out));
		assert_same(&examples[i], &out);
	}
}

static void the_longest_record_is_as_long_as_is_said(void **state)
{
	const struct record r = full_example();
	uint8_t bytes[RECORD_WIRE_MAX];

	(void)state;
	assert_int_equal(put(&r, bytes), RECORD_WIRE_MAX);
}

static void every_truncation_is_refused(void **state)
{
	const struct record r = full_example();
	uint8_t bytes[RECORD_WIRE_MAX];
	const size_t n = put(&r, bytes);
	struct record out;

	(void)state;
	for (size_t i = 0; i < n; i++)
		assert_false(get(bytes, i, &out));
}

static void a_record_that_does_not_fit_writes_nothing(void **state)
{
	const struct record examples[] = {dns_example(), http_example()};
	uint8_t bytes[RECORD_WIRE_MAX];

	(void)state;
	for (size_t k = 0; k < sizeof(examples) / sizeof(examples[0]); k++)
		for (size_t i = 0, n = put(&examples[k], bytes); i < n; i++) {
			struct wr w = wr_of(bytes, i);

			assert_false(record_put(&w, &examples[k]));
			assert_int_equal(w.len, 0);
		}
}

/* Where the text `text` stands in the message. */
static size_t find(const uint8_t *bytes, size_t n, const char *text)
{
	const uint8_t *at = memmem(bytes, n, text, strlen(text));

	assert_non_null(at);
	return (size_t)(at - bytes);
}

static bool crosses(const struct record *r)
{
	uint8_t bytes[RECORD_WIRE_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));

	return record_put(&w, r);
}

/* The texts of http_example(), and what may stand in each besides digits. */
static const struct {
	const char *text, *marks;
	bool small, capital;
} texts[] = {
        {"api.test", "._-", true, false},
        {"M-SEARCH", "!#$%&'*+-.^_`|~", true, true},
        {"/v1/%20x", "!#$%&'()*+,-./:;<=>?@[]^_`{|}~", true, true},
        {"api.Read_1", "._-", true, true},
        {"connect", "-", true, false},
};
#define TEXTS (sizeof(texts) / sizeof(texts[0]))

static bool may_stand(size_t i, unsigned c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (texts[i].capital && c >= 'A' && c <= 'Z') ||
	       (c && c < 128 && strchr(texts[i].marks, (int)c));
}

static void no_byte_outside_its_alphabet_is_taken(void **state)
{
	const struct record r = http_example();
	uint8_t bytes[RECORD_WIRE_MAX];
	const size_t n = put(&r, bytes);

	(void)state;
	for (size_t i = 0; i < TEXTS; i++) {
		const size_t at = find(bytes, n, texts[i].text);
		const uint8_t kept = bytes[at];

		for (unsigned c = 0; c < 256; c++) {
			struct record out;

			bytes[at] = (uint8_t)c;
			if (get(bytes, n, &out) != may_stand(i, c))
				fail_msg("%s: byte 0x%02x", texts[i].text, c);
		}
		bytes[at] = kept;
	}
}

static char *text_of(struct record *r, size_t i)
{
	char *const all[TEXTS] = {r->name, r->method, r->path, r->rule, r->detail};

	return all[i];
}

static void no_byte_outside_its_alphabet_is_given(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXTS; i++)
		for (unsigned c = 1; c < 256; c++) {
			struct record r = http_example();

			text_of(&r, i)[0] = (char)c;
			if (crosses(&r) != may_stand(i, c))
				fail_msg("%s: byte 0x%02x", texts[i].text, c);
		}
}

static void set_text(struct record *r, size_t i, const char *text)
{
	struct guard g = guard_copy(text, strlen(text));
	const struct rd bytes = rd_of(g.p, g.n);

	if (i == 0)
		record_set_name(r, bytes);
	else if (i == 1)
		record_set_method(r, bytes);
	else if (i == 2)
		record_set_path(r, bytes);
	else if (i == 3)
		record_set_rule(r, text);
	else
		record_set_detail(r, text);
	guard_free(&g);
}

static void no_byte_outside_its_alphabet_is_set(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXTS; i++)
		for (unsigned c = 1; c < 256; c++) {
			const char text[] = {'9', (char)c, '\0'};
			const bool made_small = i == 0 && c >= 'A' && c <= 'Z';
			struct record r = http_example();

			set_text(&r, i, text);
			if (made_small)
				assert_int_equal(text_of(&r, i)[1], c - 'A' + 'a');
			else if (may_stand(i, c))
				assert_string_equal(text_of(&r, i), text);
			else
				assert_string_equal(text_of(&r, i), "");
		}
}

/* What is one byte too long is left out; a path is cut. */
static void the_longest_text_is_set_and_no_longer_one(void **state)
{
	static const size_t most[TEXTS] = {RECORD_NAME_MAX, RECORD_METHOD_MAX, RECORD_PATH_MAX,
	                                   POLICY_ID_MAX, RECORD_DETAIL_MAX};
	char text[RECORD_PATH_MAX + 2];

	(void)state;
	for (size_t i = 0; i < TEXTS; i++)
		for (size_t n = most[i]; n <= most[i] + 1; n++) {
			const bool left_out = n > most[i] && i != 2;
			struct record r = http_example();

			memset(text, 'a', n);
			text[n] = '\0';
			set_text(&r, i, text);
			assert_int_equal(strlen(text_of(&r, i)), left_out ? 0 : most[i]);
			assert_int_equal(crosses(&r), true);
		}
}

static void no_text_is_longer_than_its_place(void **state)
{
	const struct record r = full_example();
	const size_t lengths[] = {RECORD_NAME_MAX, RECORD_METHOD_MAX, RECORD_PATH_MAX,
	                          POLICY_ID_MAX, RECORD_DETAIL_MAX};
	uint8_t bytes[RECORD_WIRE_MAX], longer[RECORD_WIRE_MAX + 1];
	const size_t n = put(&r, bytes);
	size_t at = 20;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct record out;

		memcpy(longer, bytes, at + 2);
		longer[at] = (uint8_t)((lengths[i] + 1) >> 8);
		longer[at + 1] = (uint8_t)(lengths[i] + 1);
		longer[at + 2] = bytes[at + 2];
		memcpy(longer + at + 3, bytes + at + 2, n - at - 2);
		assert_false(get(longer, n + 1, &out));
		at += 2 + lengths[i];
	}
	assert_int_equal(at, n);
}

/* What record_put() refuses by its numbers, record_get() refuses on the wire. */
static void kind_verdict_and_reason_go_together(void **state)
{
	static const bool wanted[RECORD_KINDS][RECORD_VERDICTS] = {
	        [RECORD_DNS] = {[RECORD_ALLOW] = 1,
	                        [RECORD_DENY] = 1,
	                        [RECORD_EMPTY] = 1,
	                        [RECORD_FAILED] = 1},
	        [RECORD_CONN] = {[RECORD_DENY] = 1,
	                         [RECORD_SPLICE] = 1,
	                         [RECORD_MITM] = 1,
	                         [RECORD_FAILED] = 1},
	        [RECORD_HTTP] = {[RECORD_ALLOW] = 1, [RECORD_DENY] = 1, [RECORD_FAILED] = 1},
	};
	struct record plain = conn_example();

	(void)state;
	plain.name[0] = plain.detail[0] = '\0';
	for (unsigned kind = 0; kind <= RECORD_KINDS; kind++)
		for (unsigned verdict = 0; verdict <= RECORD_VERDICTS; verdict++)
			for (unsigned reason = 0; reason <= REASON_COUNT; reason++) {
				const bool told = verdict == RECORD_DENY ||
				                  verdict == RECORD_FAILED;
				struct record r = plain, out;
				uint8_t bytes[RECORD_WIRE_MAX];
				size_t n = put(&plain, bytes);
				bool fits = kind < RECORD_KINDS && verdict < RECORD_VERDICTS &&
				            reason < REASON_COUNT && (reason != 0) == told;

				fits = fits && wanted[kind][verdict];
				r.kind = (enum record_kind)kind;
				r.verdict = (enum record_verdict)verdict;
				r.reason = (enum reason)reason;
				assert_int_equal(crosses(&r), fits);
				bytes[0] = (uint8_t)kind;
				bytes[1] = (uint8_t)verdict;
				bytes[2] = (uint8_t)reason;
				assert_int_equal(get(bytes, n, &out), fits);
			}
}

static void what_a_kind_does_not_have_is_refused(void **state)
{
	struct record r;

	(void)state;
	r = conn_example(), r.proto = IPV4_UDP;
	assert_false(crosses(&r));
	r = http_example(), r.proto = IPV4_UDP;
	assert_false(crosses(&r));
	r = dns_example(), r.proto = IPV4_ICMP;
	assert_false(crosses(&r));
	for (unsigned proto = 0; proto < 256; proto++) {
		r = dns_example(), r.proto = (uint8_t)proto;
		assert_int_equal(crosses(&r), proto == IPV4_UDP || proto == IPV4_TCP);
		r = conn_example(), r.proto = (uint8_t)proto;
		assert_int_equal(crosses(&r), proto == IPV4_TCP);
	}
	r = dns_example(), r.sport = 0;
	assert_false(crosses(&r));
	r = dns_example(), r.dport = 0;
	assert_false(crosses(&r));
	r = conn_example(), r.type = 1;
	assert_false(crosses(&r));
	r = http_example(), r.type = 1;
	assert_false(crosses(&r));
	r = http_example(), r.status = 1000;
	assert_false(crosses(&r));
	r = http_example(), r.status = 999;
	assert_true(crosses(&r));
	r = conn_example(), r.status = 200;
	assert_false(crosses(&r));
	r = conn_example(), r.method[0] = 'G';
	assert_false(crosses(&r));
	r = conn_example(), r.path[0] = '/';
	assert_false(crosses(&r));
	r = dns_example(), r.rule[0] = 'r';
	assert_false(crosses(&r));
	r = dns_example(), r.proto = IPV4_TCP;
	assert_true(crosses(&r));
}

static void texts_of_strangers_are_taken_whole_or_left_out(void **state)
{
	struct record r = {0};

	(void)state;
	record_set_name(&r, rd_of("OK.test", 7));
	assert_string_equal(r.name, "ok.test");
	record_set_name(&r, rd_of("ok\"test", 7));
	assert_string_equal(r.name, "");
	record_set_name(&r, rd_of(LETTERS_64 LETTERS_64 LETTERS_64 LETTERS_64, 253));
	assert_int_equal(strlen(r.name), 253);
	record_set_name(&r, rd_of(LETTERS_64 LETTERS_64 LETTERS_64 LETTERS_64, 254));
	assert_string_equal(r.name, "");
	record_set_method(&r, rd_of("GET", 3));
	assert_string_equal(r.method, "GET");
	record_set_method(&r, rd_of(LETTERS_64, 33));
	assert_string_equal(r.method, "");
	record_set_method(&r, rd_of("G T", 3));
	assert_string_equal(r.method, "");
	record_set_path(&r, rd_of("/a\nb", 4));
	assert_string_equal(r.path, "");
	record_set_path(&r, rd_of("/a", 2));
	assert_string_equal(r.path, "/a");
	record_set_path(&r, rd_of(NULL, 0));
	assert_string_equal(r.path, "");
	record_set_rule(&r, "Rule-1");
	assert_string_equal(r.rule, "Rule-1");
	record_set_detail(&r, "name-absent");
	assert_string_equal(r.detail, "name-absent");
	record_set_detail(&r, "Name");
	assert_string_equal(r.detail, "");
}

static void a_long_path_is_cut(void **state)
{
	static const char text[] = "/" LETTERS_64 LETTERS_64 LETTERS_64 LETTERS_64 LETTERS_64;
	struct record r = {0};

	(void)state;
	record_set_path(&r, rd_of(text, sizeof(text) - 1));
	assert_int_equal(strlen(r.path), RECORD_PATH_MAX);
	assert_memory_equal(r.path, text, RECORD_PATH_MAX);
}

static void a_denial_for_what_the_guest_did_is_a_violation(void **state)
{
	struct record r = conn_example();

	(void)state;
	assert_true(record_is_violation(&r));
	r.reason = REASON_NAME_PRIVATE;
	assert_false(record_is_violation(&r));
	r = http_example();
	r.reason = REASON_NAME_DENIED;
	assert_false(record_is_violation(&r)); /* it failed only */
}

static void names_are_known(void **state)
{
	(void)state;
	assert_string_equal(record_kind_name(RECORD_DNS), "dns");
	assert_string_equal(record_kind_name(RECORD_CONN), "conn");
	assert_string_equal(record_kind_name(RECORD_HTTP), "http");
	assert_string_equal(record_kind_name(RECORD_KINDS), "invalid");
	assert_string_equal(record_verdict_name(RECORD_ALLOW), "allow");
	assert_string_equal(record_verdict_name(RECORD_DENY), "deny");
	assert_string_equal(record_verdict_name(RECORD_EMPTY), "empty");
	assert_string_equal(record_verdict_name(RECORD_SPLICE), "splice");
	assert_string_equal(record_verdict_name(RECORD_MITM), "mitm");
	assert_string_equal(record_verdict_name(RECORD_FAILED), "failed");
	assert_string_equal(record_verdict_name(RECORD_VERDICTS), "invalid");
	assert_string_equal(record_type_name(1), "A");
	assert_string_equal(record_type_name(65), "HTTPS");
	assert_null(record_type_name(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_record_crosses_unchanged),
	        cmocka_unit_test(the_longest_record_is_as_long_as_is_said),
	        cmocka_unit_test(every_truncation_is_refused),
	        cmocka_unit_test(a_record_that_does_not_fit_writes_nothing),
	        cmocka_unit_test(no_byte_outside_its_alphabet_is_taken),
	        cmocka_unit_test(no_byte_outside_its_alphabet_is_given),
	        cmocka_unit_test(no_byte_outside_its_alphabet_is_set),
	        cmocka_unit_test(the_longest_text_is_set_and_no_longer_one),
	        cmocka_unit_test(no_text_is_longer_than_its_place),
	        cmocka_unit_test(kind_verdict_and_reason_go_together),
	        cmocka_unit_test(what_a_kind_does_not_have_is_refused),
	        cmocka_unit_test(texts_of_strangers_are_taken_whole_or_left_out),
	        cmocka_unit_test(a_long_path_is_cut),
	        cmocka_unit_test(a_denial_for_what_the_guest_did_is_a_violation),
	        cmocka_unit_test(names_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
