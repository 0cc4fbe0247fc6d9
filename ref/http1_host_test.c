/* SPDX-License-Identifier: ISC */
/* http1_host_test.c: hosts and ports, right ones and wrong ones. */
#include "ref/http1_host.h"

#include "bytes/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LABEL_63 "abcdefghijklmnopqrstuvwxyz0123456789-abcdefghijklmnopqrstuvwxyz"
#define NAME_253                                                                                   \
	LABEL_63 "." LABEL_63 "." LABEL_63 ".abcdefghijklmnopqrstuvwxyz0123456789-"                \
	         "abcdefghijklmnopqrstuvwx"

static enum http1_reason parse(const char *text, size_t n, struct http1_host *out)
{
	struct guard g = guard_copy(text, n);
	const enum http1_reason reason = http1_host_parse(rd_of(g.p, g.n), out);

	guard_free(&g);
	return reason;
}

static void hosts_are_normalised_and_their_kind_is_told(void **state)
{
	static const struct {
		const char *text, *name;
		enum http1_host_kind kind;
		uint16_t port;
	} table[] = {
	        {"a", "a", HTTP1_HOST_DNS, 0},
	        {"Example.COM", "example.com", HTTP1_HOST_DNS, 0},
	        {"AZ.az09-_", "az.az09-_", HTTP1_HOST_DNS, 0},
	        {"example.com.", "example.com", HTTP1_HOST_DNS, 0},
	        {"example.com.:8080", "example.com", HTTP1_HOST_DNS, 8080},
	        {"example.com:1", "example.com", HTTP1_HOST_DNS, 1},
	        {"example.com:65535", "example.com", HTTP1_HOST_DNS, 65535},
	        {"example.com:9999", "example.com", HTTP1_HOST_DNS, 9999},
	        {LABEL_63, LABEL_63, HTTP1_HOST_DNS, 0},
	        {NAME_253, NAME_253, HTTP1_HOST_DNS, 0},
	        {NAME_253 ".", NAME_253, HTTP1_HOST_DNS, 0},
	        {"1.2.3.4.com", "1.2.3.4.com", HTTP1_HOST_DNS, 0},
	        {"1.2.3.0y7", "1.2.3.0y7", HTTP1_HOST_DNS, 0},
	        {"1.2.3.1x7", "1.2.3.1x7", HTTP1_HOST_DNS, 0},
	        {"0x7g", "0x7g", HTTP1_HOST_DNS, 0},
	        {"7f", "7f", HTTP1_HOST_DNS, 0},
	        {"0xg1", "0xg1", HTTP1_HOST_DNS, 0},
	        {"0a7", "0a7", HTTP1_HOST_DNS, 0},
	        {"a-7", "a-7", HTTP1_HOST_DNS, 0},
	        {"192.0.2.1", "192.0.2.1", HTTP1_HOST_IPV4, 0},
	        {"192.0.2.1:80", "192.0.2.1", HTTP1_HOST_IPV4, 80},
	        {"192.0.2.1.", "192.0.2.1", HTTP1_HOST_IPV4, 0},
	        {"127.1", "127.1", HTTP1_HOST_IPV4_ODD, 0},
	        {"2130706433", "2130706433", HTTP1_HOST_IPV4_ODD, 0},
	        {"9", "9", HTTP1_HOST_IPV4_ODD, 0},
	        {"0", "0", HTTP1_HOST_IPV4_ODD, 0},
	        {"010.0.0.1", "010.0.0.1", HTTP1_HOST_IPV4_ODD, 0},
	        {"256.0.0.1", "256.0.0.1", HTTP1_HOST_IPV4_ODD, 0},
	        {"0X7F000001", "0x7f000001", HTTP1_HOST_IPV4_ODD, 0},
	        {"127.0.0.0x1", "127.0.0.0x1", HTTP1_HOST_IPV4_ODD, 0},
	        {"127.0.0.0x", "127.0.0.0x", HTTP1_HOST_IPV4_ODD, 0},
	        {"0x7f.1", "0x7f.1", HTTP1_HOST_IPV4_ODD, 0},
	        {"example.7", "example.7", HTTP1_HOST_IPV4_ODD, 0},
	        {"[::1]", "::1", HTTP1_HOST_IPV6, 0},
	        {"[2001:DB8::1]:443", "2001:db8::1", HTTP1_HOST_IPV6, 443},
	        {"[::ffff:192.0.2.1]", "::ffff:192.0.2.1", HTTP1_HOST_IPV6, 0},
	        {"[0000:0000:0000:0000:0000:ffff:192.000.002.001]",
	         "0000:0000:0000:0000:0000:ffff:192.000.002.001", HTTP1_HOST_IPV6, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct http1_host host;

		memset(&host, 0xa5, sizeof(host));
		assert_int_equal(parse(table[i].text, strlen(table[i].text), &host), HTTP1_NONE);
		assert_string_equal(host.name, table[i].name);
		assert_int_equal(host.kind, table[i].kind);
		assert_int_equal(host.port, table[i].port);
	}
	assert_int_equal(sizeof(NAME_253), HTTP1_NAME_MAX + 1);
	assert_int_equal(sizeof(LABEL_63), HTTP1_LABEL_MAX + 1);
}

static void hosts_that_are_not_are_refused_and_change_nothing(void **state)
{
	static const struct {
		const char *text;
		enum http1_reason reason;
	} table[] = {
	        {"", HTTP1_HOST_EMPTY},
	        {"user@example.com", HTTP1_HOST_USERINFO},
	        {"user:secret@example.com", HTTP1_HOST_USERINFO},
	        {"@example.com", HTTP1_HOST_USERINFO},
	        {"example.com@", HTTP1_HOST_USERINFO},
	        {"a.example, b.example", HTTP1_HOST_LIST},
	        {"a.example,b.example", HTTP1_HOST_LIST},
	        {"a.example b.example", HTTP1_HOST_LIST},
	        {"a.example\tb.example", HTTP1_HOST_LIST},
	        {",", HTTP1_HOST_LIST},
	        {":80", HTTP1_HOST_NAME},
	        {":", HTTP1_HOST_NAME},
	        {".", HTTP1_HOST_NAME},
	        {"..", HTTP1_HOST_NAME},
	        {".example.com", HTTP1_HOST_NAME},
	        {"example..com", HTTP1_HOST_NAME},
	        {"example.com..", HTTP1_HOST_NAME},
	        {"exa%6dple.com", HTTP1_HOST_NAME},
	        {"ex\xc3\xa4mple.com", HTTP1_HOST_NAME},
	        {"example.com/", HTTP1_HOST_NAME},
	        {"example.com?x", HTTP1_HOST_NAME},
	        {"example.com#x", HTTP1_HOST_NAME},
	        {"http://example.com", HTTP1_HOST_PORT},
	        {"*.example.com", HTTP1_HOST_NAME},
	        {LABEL_63 "x", HTTP1_HOST_NAME},
	        {"a." LABEL_63 "x.com", HTTP1_HOST_NAME},
	        {NAME_253 "x", HTTP1_HOST_NAME},
	        {NAME_253 "x.", HTTP1_HOST_NAME},
	        {"a\x01", HTTP1_HOST_NAME},
	        {"-x7", HTTP1_HOST_NAME},
	        {"a-", HTTP1_HOST_NAME},
	        {"a-:80", HTTP1_HOST_NAME},
	        {"a.-b.test", HTTP1_HOST_NAME},
	        {"a-.1", HTTP1_HOST_NAME},
	        {"a\v", HTTP1_HOST_NAME},
	        {"::1", HTTP1_HOST_NAME},
	        {"example.com:", HTTP1_HOST_PORT},
	        {"example.com:0", HTTP1_HOST_PORT},
	        {"example.com:080", HTTP1_HOST_PORT},
	        {"example.com:65536", HTTP1_HOST_PORT},
	        {"example.com:99999", HTTP1_HOST_PORT},
	        {"example.com:165535", HTTP1_HOST_PORT},
	        {"example.com:4294967297", HTTP1_HOST_PORT},
	        {"example.com:80:80", HTTP1_HOST_PORT},
	        {"example.com:1:1", HTTP1_HOST_PORT},
	        {"example.com:+80", HTTP1_HOST_PORT},
	        {"example.com:-1", HTTP1_HOST_PORT},
	        {"example.com:8a", HTTP1_HOST_PORT},
	        {"example.com:http", HTTP1_HOST_PORT},
	        {"example.com:80/", HTTP1_HOST_PORT},
	        {"[", HTTP1_HOST_NAME},
	        {"[]", HTTP1_HOST_NAME},
	        {"[]:80", HTTP1_HOST_NAME},
	        {"[::1", HTTP1_HOST_NAME},
	        {"[::1%25eth0]", HTTP1_HOST_NAME},
	        {"[::g]", HTTP1_HOST_NAME},
	        {"[v1.x]", HTTP1_HOST_NAME},
	        {"[::1]80", HTTP1_HOST_PORT},
	        {"[::1].", HTTP1_HOST_PORT},
	        {"[::1]180", HTTP1_HOST_PORT},
	        {"[::1]a80", HTTP1_HOST_PORT},
	        {"[::1]:", HTTP1_HOST_PORT},
	        {"[0000:0000:0000:0000:0000:ffff:192.000.002.0010]", HTTP1_HOST_NAME},
	        {"a[::1]", HTTP1_HOST_NAME},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct http1_host host, before;

		memset(&before, 0xa5, sizeof(before));
		host = before;
		if (parse(table[i].text, strlen(table[i].text), &host) != table[i].reason)
			fail_msg("%s", table[i].text);
		assert_memory_equal(&host, &before, sizeof(host));
	}
}

static void only_these_bytes_may_stand_in_a_name(void **state)
{
	static const char usual[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                            "0123456789-_.";

	(void)state;
	for (int c = 0; c < 256; c++) {
		const char name[] = {'a', (char)c, 'b'};
		const char literal[] = {'[', (char)c, ':', ']'};
		const bool right = memchr(usual, c, sizeof(usual) - 1);
		const bool hex = memchr("0123456789abcdefABCDEF:.", c, 24);
		struct http1_host host;

		assert_int_equal(parse(name, sizeof(name), &host) == HTTP1_NONE, right);
		assert_int_equal(parse(literal, sizeof(literal), &host) == HTTP1_NONE, hex);
	}
}

static void no_truncation_reads_past_the_host(void **state)
{
	static const char *const texts[] = {"example.com:65535", "[2001:db8::1]:443",
	                                    "127.0.0.0x1"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (size_t n = 0; n < strlen(texts[i]); n++) {
			struct http1_host host;
			const enum http1_reason reason = parse(texts[i], n, &host);

			assert_true(reason == HTTP1_NONE || reason == HTTP1_HOST_EMPTY ||
			            reason == HTTP1_HOST_NAME || reason == HTTP1_HOST_PORT);
		}
}

static void nothing_in_front_of_the_host_is_read(void **state)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	                    0);
	struct http1_host host;

	(void)state;
	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(mprotect(map, page, PROT_NONE), 0);
	memcpy(map + page, ":80", 3);
	assert_int_equal(http1_host_parse(rd_of(map + page, 3), &host), HTTP1_HOST_NAME);
	munmap(map, 2 * page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(hosts_are_normalised_and_their_kind_is_told),
	        cmocka_unit_test(hosts_that_are_not_are_refused_and_change_nothing),
	        cmocka_unit_test(only_these_bytes_may_stand_in_a_name),
	        cmocka_unit_test(nothing_in_front_of_the_host_is_read),
	        cmocka_unit_test(no_truncation_reads_past_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
