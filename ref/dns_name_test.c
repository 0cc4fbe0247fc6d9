/* SPDX-License-Identifier: ISC */
/* dns_name_test.c: names on the wire and as text. */
#include "ref/dns_name.h"

#include "ref/dns_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define HEADER "hhhhhhhhhhhh"

/* The message, a header in front of it, flush against an unreadable page; the name is read at `at`, counted
 * from the header on. *n becomes how many bytes it took. */
static enum dns_fault read_at(struct rd body, size_t at, bool pointers, struct dns_name *out,
                              size_t *n)
{
	static struct dns_rig rig;
	struct guard g;
	struct rd message, r;
	enum dns_fault fault;

	rig_message(&rig, RIG(HEADER), body);
	g = guard_copy(rig.bytes, rig.n);
	message = rd_of(g.p, g.n);
	r = rd_of(g.p + at, g.n - at);
	fault = dns_name_read(message, &r, pointers, out);
	*n = message.n - at - r.n;
	if (fault)
		assert_int_equal(*n, 0);
	guard_free(&g);
	return fault;
}

/* As a question has it: at the beginning, without pointers. */
static enum dns_fault read_plain(struct rd body, struct dns_name *out)
{
	size_t n;

	return read_at(body, DNS_HDR_LEN, false, out, &n);
}

static struct dns_name name_of(const char *text)
{
	struct dns_name name;

	assert_int_equal(dns_name_of_text(text, &name), DNS_OK);
	return name;
}

static void names_are_read_as_lower_case_text(void **state)
{
	static const struct {
		struct rd wire;
		const char *text;
		bool host, underscore;
	} rows[] = {
	        {{(const uint8_t *)"", 1}, "", true, false},
	        {{(const uint8_t *)"\1a", 3}, "a", true, false},
	        {{(const uint8_t *)"\3WwW\7eXAMPLe", 13}, "www.example", true, false},
	        {{(const uint8_t *)"\3AZa\3z09", 9}, "aza.z09", true, false},
	        {{(const uint8_t *)"\3a-b\1c", 7}, "a-b.c", true, false},
	        {{(const uint8_t *)"\4_tcp\1c", 8}, "_tcp.c", true, true},
	        {{(const uint8_t *)"\1_\1_", 5}, "_._", true, true},
	        {{(const uint8_t *)"\0011\1a", 5}, "1.a", true, false},
	        {{(const uint8_t *)"\2a1", 4}, "a1", true, false},
	        {{(const uint8_t *)"\1a\0030xg", 7}, "a.0xg", true, false},
	        {{(const uint8_t *)"\3a-1", 5}, "a-1", true, false},
	        {{(const uint8_t *)"\1a\0034-7", 7}, "a.4-7", true, false},
	        {{(const uint8_t *)"\1a\0034_7", 7}, "a.4_7", true, true},
	        /* Addresses to whoever resolves them. */
	        {{(const uint8_t *)"\0017", 3}, "7", false, false},
	        {{(const uint8_t *)"\1a\0011", 5}, "a.1", false, false},
	        {{(const uint8_t *)"\003127\0010\0010\0011", 11}, "127.0.0.1", false, false},
	        {{(const uint8_t *)"\1a\0030xF", 7}, "a.0xf", false, false},
	        /* No host names, each with a neighbour of a character that is allowed. */
	        {{(const uint8_t *)"\2-a", 4}, "-a", false, false},
	        {{(const uint8_t *)"\2a-", 4}, "a-", false, false},
	        {{(const uint8_t *)"\1-", 3}, "-", false, false},
	        {{(const uint8_t *)"\3a.b", 5}, "a?b", false, false},
	        {{(const uint8_t *)"\3a\0b", 5}, "a?b", false, false},
	        {{(const uint8_t *)"\3a/b", 5}, "a?b", false, false},
	        {{(const uint8_t *)"\3a:b", 5}, "a?b", false, false},
	        {{(const uint8_t *)"\3a@b", 5}, "a?b", false, false},
	        {{(const uint8_t *)"\3a[b", 5}, "a?b", false, false},
	        {{(const uint8_t *)"\3a`b", 5}, "a?b", false, false},
	        {{(const uint8_t *)"\3a{b", 5}, "a?b", false, false},
	        {{(const uint8_t *)"\3a,b", 5}, "a?b", false, false},
	        {{(const uint8_t *)"\3a^b", 5}, "a?b", false, false},
	        {{(const uint8_t *)"\3a b", 5}, "a?b", false, false},
	        {{(const uint8_t *)"\3a*b", 5}, "a?b", false, false},
	        {{(const uint8_t *)"\3a\xffz", 5}, "a?z", false, false},
	        {{(const uint8_t *)"\2\xc3\xa4\1_", 6}, "??._", false, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dns_name name;

		assert_int_equal(read_plain(rows[i].wire, &name), DNS_OK);
		assert_string_equal(name.text, rows[i].text);
		assert_int_equal(name.len, strlen(rows[i].text));
		assert_int_equal(name.host, rows[i].host);
		assert_int_equal(name.underscore, rows[i].underscore);
	}
}

static void every_truncation_of_a_name_is_short(void **state)
{
	static const char wire[] = "\3www\7example";
	struct dns_name name;

	(void)state;
	for (size_t n = 0; n < sizeof(wire); n++)
		assert_int_equal(read_plain(rd_of(wire, n), &name), DNS_SHORT);
	assert_int_equal(read_plain(rd_of(wire, sizeof(wire)), &name), DNS_OK);
}

static void labels_have_at_most_63_bytes(void **state)
{
	uint8_t wire[300];
	struct dns_name name;

	(void)state;
	for (unsigned len = 1; len < 256; len++) {
		memset(wire, 'a', sizeof(wire));
		wire[0] = (uint8_t)len;
		wire[1 + len] = 0;
		assert_int_equal(read_plain(rd_of(wire, sizeof(wire)), &name),
		                 len <= 63    ? DNS_OK
		                 : len < 0xc0 ? DNS_NAME_LABEL
		                              : DNS_NAME_POINTER);
	}
}

/* A name of labels of 63 bytes and a last one that makes its text so long. */
static size_t put_long(uint8_t *wire, size_t text_len)
{
	size_t n = 0, left = text_len;

	while (left) {
		size_t len = left > 63 ? 63 : left;

		wire[n++] = (uint8_t)len;
		memset(wire + n, 'a', len);
		n += len;
		left -= len;
		left -= left ? 1 : 0; /* a dot */
	}
	wire[n++] = 0;
	return n;
}

static void names_have_at_most_255_bytes(void **state)
{
	uint8_t wire[300];
	struct dns_name name = {.len = 9};
	size_t n;

	(void)state;
	n = put_long(wire, 253);
	assert_int_equal(n, 255);
	assert_int_equal(read_plain(rd_of(wire, n), &name), DNS_OK);
	assert_int_equal(name.len, 253);
	assert_int_equal(strlen(name.text), 253);
	for (size_t len = 254; len < 280; len++) {
		if (len % 64 == 0) /* the last label would be empty */
			continue;
		name.len = 9;
		n = put_long(wire, len);
		assert_int_equal(read_plain(rd_of(wire, n), &name), DNS_NAME_LONG);
		assert_int_equal(name.len, 9);
	}
	for (size_t i = 0; i < 300; i += 2) /* 127 labels of one byte are 253 characters */
		memcpy(wire + i, "\1a", 2);
	wire[254] = 0;
	assert_int_equal(read_plain(rd_of(wire, 255), &name), DNS_OK);
	assert_int_equal(name.len, 253);
	wire[254] = 1;
	wire[256] = 0;
	assert_int_equal(read_plain(rd_of(wire, 257), &name), DNS_NAME_LONG);
}

static void pointers_lead_back(void **state)
{
	/* at 12: x.example; at 23: www, then the example at 14; at 29: a pointer to that */
	static const char body[] = "\1x\7example\0\3www\xc0\x0e\xc0\x17rest";
	struct dns_name name;
	size_t n;

	(void)state;
	assert_int_equal(read_at(RIG(body), 23, true, &name, &n), DNS_OK);
	assert_string_equal(name.text, "www.example");
	assert_int_equal(n, 6);
	assert_int_equal(read_at(RIG(body), 29, true, &name, &n), DNS_OK);
	assert_string_equal(name.text, "www.example");
	assert_int_equal(n, 2);
	assert_int_equal(read_at(RIG(body), 23, false, &name, &n), DNS_NAME_POINTER);
}

static void a_pointer_far_away_has_fourteen_bits(void **state)
{
	static uint8_t body[0x4000 - DNS_HDR_LEN + 2];
	struct dns_name name;
	size_t n;

	(void)state;
	memset(body, 1, sizeof(body)); /* labels of one byte, each "\1" */
	memcpy(&body[0x3ffd - DNS_HDR_LEN], "\1z\0", 3);
	memcpy(&body[0x1234 - DNS_HDR_LEN], "\1y\0", 3);
	memcpy(&body[0x4000 - DNS_HDR_LEN], "\xff\xfd", 2);
	assert_int_equal(read_at(rd_of(body, sizeof(body)), 0x4000, true, &name, &n), DNS_OK);
	assert_string_equal(name.text, "z");
	memcpy(&body[0x4000 - DNS_HDR_LEN], "\xd2\x34", 2);
	assert_int_equal(read_at(rd_of(body, sizeof(body)), 0x4000, true, &name, &n), DNS_OK);
	assert_string_equal(name.text, "y");
}

static void pointers_that_do_not_lead_back_are_refused(void **state)
{
	static const struct {
		struct rd body;
		size_t at;
		enum dns_fault fault;
	} rows[] = {
	        {{(const uint8_t *)"\xc0\x0c", 2}, 12, DNS_NAME_POINTER},   /* to itself */
	        {{(const uint8_t *)"\xc0\x0e\0", 3}, 12, DNS_NAME_POINTER}, /* forward */
	        {{(const uint8_t *)"\xff\xff\0", 3}, 12, DNS_NAME_POINTER}, /* far away */
	        {{(const uint8_t *)"\0\xc0\x0b", 3}, 13, DNS_NAME_POINTER}, /* the header's end */
	        {{(const uint8_t *)"\0\xc0\0", 3}, 13, DNS_NAME_POINTER},   /* its beginning */
	        {{(const uint8_t *)"\0\xc0\x0c", 3}, 13, DNS_OK},           /* the first place */
	        {{(const uint8_t *)"\xc0\x0e\xc0\x0c", 4}, 14, DNS_NAME_POINTER}, /* each other */
	        {{(const uint8_t *)"\xc0\x0c\xc0\x0c", 4}, 14, DNS_NAME_POINTER}, /* then itself */
	        {{(const uint8_t *)"\1a\xc0\x0c", 4}, 12, DNS_NAME_POINTER}, /* its own label */
	        {{(const uint8_t *)"\1a\1b\xc0\x0e", 6}, 12, DNS_NAME_POINTER},
	        {{(const uint8_t *)"\1a\xc0\x0c", 4}, 14, DNS_SHORT}, /* runs into the pointer */
	        {{(const uint8_t *)"\3a\xc0\x0c", 4}, 14, DNS_SHORT}, /* over it */
	        {{(const uint8_t *)"\xc0", 1}, 12, DNS_SHORT},        /* cut in the middle */
	        {{(const uint8_t *)"\0\xc0", 2}, 13, DNS_SHORT},
	        {{(const uint8_t *)"\0\1a\xc0", 4}, 13, DNS_SHORT},
	        {{(const uint8_t *)"\x40\xc0\x0c", 3}, 13, DNS_NAME_LABEL},
	        {{(const uint8_t *)"\x80\xc0\x0c", 3}, 13, DNS_NAME_LABEL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dns_name name;
		size_t n;

		assert_int_equal(read_at(rows[i].body, rows[i].at, true, &name, &n), rows[i].fault);
	}
}

static void a_name_makes_sixteen_hops_at_most(void **state)
{
	uint8_t body[1 + 2 * 17];
	struct dns_name name;
	size_t n;

	(void)state;
	body[0] = 0;
	for (unsigned i = 0; i < 17;
	     i++) { /* the first to the root, each further to the one before */
		body[1 + 2 * i] = 0xc0;
		body[2 + 2 * i] = (uint8_t)(i ? 13 + 2 * (i - 1) : 12);
	}
	assert_int_equal(read_at(rd_of(body, sizeof(body)), 13 + 2 * 15, true, &name, &n), DNS_OK);
	assert_int_equal(n, 2);
	assert_int_equal(read_at(rd_of(body, sizeof(body)), 13 + 2 * 16, true, &name, &n),
	                 DNS_NAME_POINTER);
}

static void pointers_do_not_make_a_name_longer_than_255_bytes(void **state)
{
	uint8_t body[300];
	struct dns_name name;
	size_t n = put_long(body, 251), took;

	(void)state;
	memcpy(body + n, "\1b\xc0\x0c", 4);
	assert_int_equal(read_at(rd_of(body, n + 4), 12 + n, true, &name, &took), DNS_OK);
	assert_int_equal(name.len, 253);
	memcpy(body + n, "\2bb\xc0\x0c", 5);
	assert_int_equal(read_at(rd_of(body, n + 5), 12 + n, true, &name, &took), DNS_NAME_LONG);
}

static void text_becomes_a_name(void **state)
{
	static const struct {
		const char *text;
		enum dns_fault fault;
		const char *normal;
	} rows[] = {
	        {"", DNS_OK, ""},
	        {"a", DNS_OK, "a"},
	        {"WWW.Example", DNS_OK, "www.example"},
	        {"_x.a-b", DNS_OK, "_x.a-b"},
	        {".", DNS_NAME_LABEL, NULL},
	        {"a.", DNS_NAME_LABEL, NULL},
	        {".a", DNS_NAME_LABEL, NULL},
	        {"a..b", DNS_NAME_LABEL, NULL},
	        {"a.-b", DNS_NAME_CHARACTER, NULL},
	        {"a b", DNS_NAME_CHARACTER, NULL},
	        {"*.a", DNS_NAME_CHARACTER, NULL},
	        {"a\\.b", DNS_NAME_CHARACTER, NULL},
	        {"1.a", DNS_OK, "1.a"},
	        {"a.1", DNS_NAME_CHARACTER, NULL},
	        {"0x1", DNS_NAME_CHARACTER, NULL},
	};
	char text[300];
	struct dns_name name;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		name.len = 77;
		assert_int_equal(dns_name_of_text(rows[i].text, &name), rows[i].fault);
		if (rows[i].normal) {
			assert_string_equal(name.text, rows[i].normal);
			assert_int_equal(name.len, strlen(rows[i].normal));
			assert_true(name.host);
		} else {
			assert_int_equal(name.len, 77);
		}
	}
	snprintf(text, sizeof(text), "a%062d", 0);
	assert_int_equal(dns_name_of_text(text, &name), DNS_OK);
	snprintf(text, sizeof(text), "a%063d", 0);
	assert_int_equal(dns_name_of_text(text, &name), DNS_NAME_LABEL);
	snprintf(text, sizeof(text), "%063d.%063d.%063d.a%060d", 0, 0, 0, 0);
	assert_int_equal(dns_name_of_text(text, &name), DNS_OK);
	assert_string_equal(name.text, text);
	snprintf(text, sizeof(text), "%063d.%063d.%063d.a%061d", 0, 0, 0, 0);
	assert_int_equal(dns_name_of_text(text, &name), DNS_NAME_LONG);
}

static void a_name_is_written_in_the_case_that_is_asked_for(void **state)
{
	/* Bits 0, 2, 4, 8, 9: a, the hyphen, the dot, the digit and z */
	const uint8_t upper[DNS_NAME_CASE_LEN] = {0x15, 0x03};
	const struct dns_name name = name_of("ab-c.def9za"), short_labels = name_of("a.b.c");
	uint8_t bytes[32];
	struct wr w = wr_of(bytes, sizeof(bytes));

	(void)state;
	assert_true(dns_name_put(&w, &name, upper));
	assert_int_equal(w.len, 13);
	assert_memory_equal(bytes, "\4Ab-c\6def9Za", 13);
	w = wr_of(bytes, sizeof(bytes));
	assert_true(dns_name_put(&w, &name, NULL));
	assert_memory_equal(bytes, "\4ab-c\6def9za", 13);
	w = wr_of(bytes, sizeof(bytes));
	assert_true(dns_name_put(&w, &short_labels, NULL));
	assert_int_equal(w.len, 7);
	assert_memory_equal(bytes, "\1a\1b\1c", 7);
	w = wr_of(bytes, sizeof(bytes));
	assert_true(dns_name_put(&w, &(struct dns_name){.host = true}, NULL));
	assert_int_equal(w.len, 1);
	assert_int_equal(bytes[0], 0);
}

static void the_last_letter_of_the_longest_name_has_its_bit(void **state)
{
	const uint8_t upper[DNS_NAME_CASE_LEN] = {[31] = 0x10}; /* letter 252 */
	uint8_t bytes[DNS_NAME_WIRE_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));
	struct dns_name name;
	uint8_t wire[300];

	(void)state;
	assert_int_equal(read_plain(rd_of(wire, put_long(wire, 253)), &name), DNS_OK);
	assert_true(dns_name_put(&w, &name, upper));
	wire[253] = 'A';
	assert_memory_equal(bytes, wire, sizeof(bytes));
}

static void a_name_that_does_not_fit_or_is_no_host_is_not_written(void **state)
{
	const struct dns_name name = name_of("ab.c");
	uint8_t bytes[6];
	struct dns_name odd;
	struct wr w;

	(void)state;
	for (size_t n = 0; n < 6; n++) {
		w = wr_of(bytes, n);
		assert_false(dns_name_put(&w, &name, NULL));
		assert_int_equal(w.len, 0);
	}
	w = wr_of(bytes, 6);
	assert_true(dns_name_put(&w, &name, NULL));
	assert_int_equal(read_plain(RIG("\3a.b\0"), &odd), DNS_OK);
	w = wr_of(bytes, 6);
	assert_false(dns_name_put(&w, &odd, NULL));
}

static void names_are_equal_as_text(void **state)
{
	const struct dns_name a = name_of("a.example"), b = name_of("A.Example"),
	                      c = name_of("b.example"), d = name_of("a.example.c");
	struct dns_name dotted;

	(void)state;
	assert_true(dns_name_equal(&a, &b));
	assert_false(dns_name_equal(&a, &c));
	assert_false(dns_name_equal(&a, &d));
	assert_false(dns_name_equal(&d, &a));
	/* one label with a dot in it is another name than two labels */
	assert_int_equal(read_plain(RIG("\11a.example\0"), &dotted), DNS_OK);
	assert_false(dns_name_equal(&a, &dotted));
}

static void a_name_is_within_a_zone_at_a_dot_only(void **state)
{
	static const struct {
		const char *name, *zone;
		bool within;
	} rows[] = {
	        {"a.example", "example", true},
	        {"a.example", "a.example", true},
	        {"a.example", "", true},
	        {"", "", true},
	        {"c.example", "b.example", false},
	        {"a-example", "example", false},
	        {"a.example", "ample", false},
	        {"a.example", "b.example", false},
	        {"example", "a.example", false},
	        {"", "example", false},
	        {"a.example", "a", false},
	        {"aexample", "example", false},
	        {"b.a.example", "a.example", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct dns_name name = name_of(rows[i].name), zone = name_of(rows[i].zone);

		assert_int_equal(dns_name_is_within(&name, &zone), rows[i].within);
	}
}

static void a_zone_longer_than_the_name_is_not_sought_in_front_of_it(void **state)
{
	struct {
		char in_front[8];
		struct dns_name name;
	} memory = {.in_front = {'.', '.', '.', '.', '.', '.', 'b', '.'}};
	const struct dns_name zone = name_of("b.example");

	(void)state;
	memory.name = name_of("example");
	assert_false(dns_name_is_within(&memory.name, &zone));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_are_read_as_lower_case_text),
	        cmocka_unit_test(every_truncation_of_a_name_is_short),
	        cmocka_unit_test(labels_have_at_most_63_bytes),
	        cmocka_unit_test(names_have_at_most_255_bytes),
	        cmocka_unit_test(pointers_lead_back),
	        cmocka_unit_test(a_pointer_far_away_has_fourteen_bits),
	        cmocka_unit_test(pointers_that_do_not_lead_back_are_refused),
	        cmocka_unit_test(a_name_makes_sixteen_hops_at_most),
	        cmocka_unit_test(pointers_do_not_make_a_name_longer_than_255_bytes),
	        cmocka_unit_test(text_becomes_a_name),
	        cmocka_unit_test(a_name_is_written_in_the_case_that_is_asked_for),
	        cmocka_unit_test(the_last_letter_of_the_longest_name_has_its_bit),
	        cmocka_unit_test(a_name_that_does_not_fit_or_is_no_host_is_not_written),
	        cmocka_unit_test(names_are_equal_as_text),
	        cmocka_unit_test(a_name_is_within_a_zone_at_a_dot_only),
	        cmocka_unit_test(a_zone_longer_than_the_name_is_not_sought_in_front_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
