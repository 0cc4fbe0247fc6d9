/* SPDX-License-Identifier: ISC */
/* tls_hello_rig.h: for tests only. Hellos are made here, with all their lengths right, and asked about
 * in one piece and in every shorter one. */
#ifndef REF_TLS_HELLO_RIG_H
#define REF_TLS_HELLO_RIG_H

#include "bytes/guard.h"
#include "bytes/wr.h"
#include "ref/tls_hello.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Literals, which may hold a NUL. */
#define BYTES(literal) literal, sizeof(literal) - 1

/* The extension with this name. */
#define NAME                                                                                       \
	"\0\0\0\x10\0\x0e\0\0\x0b"                                                                 \
	"example.com"

/* From `openssl s_client -servername Api.Example.com -alpn h2,http/1.1`, OpenSSL 3.0. */
static const uint8_t real[] = {
        0x16, 0x03, 0x01, 0x01, 0x4e, 0x01, 0x00, 0x01, 0x4a, 0x03, 0x03, 0xc4, 0x95, 0xc3, 0xa2,
        0xab, 0xa8, 0x32, 0xa8, 0xb8, 0x27, 0x61, 0x33, 0x23, 0xf7, 0x9a, 0xc0, 0x5a, 0xa7, 0xa6,
        0x22, 0x44, 0xea, 0x6d, 0x02, 0x4f, 0x65, 0x16, 0x91, 0x9d, 0xa7, 0x2e, 0xcd, 0x20, 0xfa,
        0x62, 0xe4, 0x2b, 0x4f, 0x46, 0x2f, 0xf3, 0x0a, 0x7e, 0x77, 0x7a, 0xdb, 0x1c, 0xeb, 0x93,
        0xe7, 0xb1, 0xce, 0x67, 0x6d, 0xdc, 0xee, 0x5b, 0xaf, 0xd6, 0xf5, 0x17, 0x65, 0x11, 0xad,
        0xdb, 0x00, 0x3e, 0x13, 0x02, 0x13, 0x03, 0x13, 0x01, 0xc0, 0x2c, 0xc0, 0x30, 0x00, 0x9f,
        0xcc, 0xa9, 0xcc, 0xa8, 0xcc, 0xaa, 0xc0, 0x2b, 0xc0, 0x2f, 0x00, 0x9e, 0xc0, 0x24, 0xc0,
        0x28, 0x00, 0x6b, 0xc0, 0x23, 0xc0, 0x27, 0x00, 0x67, 0xc0, 0x0a, 0xc0, 0x14, 0x00, 0x39,
        0xc0, 0x09, 0xc0, 0x13, 0x00, 0x33, 0x00, 0x9d, 0x00, 0x9c, 0x00, 0x3d, 0x00, 0x3c, 0x00,
        0x35, 0x00, 0x2f, 0x00, 0xff, 0x01, 0x00, 0x00, 0xc3, 0x00, 0x00, 0x00, 0x14, 0x00, 0x12,
        0x00, 0x00, 0x0f, 0x41, 0x70, 0x69, 0x2e, 0x45, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x2e,
        0x63, 0x6f, 0x6d, 0x00, 0x0b, 0x00, 0x04, 0x03, 0x00, 0x01, 0x02, 0x00, 0x0a, 0x00, 0x16,
        0x00, 0x14, 0x00, 0x1d, 0x00, 0x17, 0x00, 0x1e, 0x00, 0x19, 0x00, 0x18, 0x01, 0x00, 0x01,
        0x01, 0x01, 0x02, 0x01, 0x03, 0x01, 0x04, 0x00, 0x23, 0x00, 0x00, 0x00, 0x10, 0x00, 0x0e,
        0x00, 0x0c, 0x02, 0x68, 0x32, 0x08, 0x68, 0x74, 0x74, 0x70, 0x2f, 0x31, 0x2e, 0x31, 0x00,
        0x16, 0x00, 0x00, 0x00, 0x17, 0x00, 0x00, 0x00, 0x0d, 0x00, 0x2a, 0x00, 0x28, 0x04, 0x03,
        0x05, 0x03, 0x06, 0x03, 0x08, 0x07, 0x08, 0x08, 0x08, 0x09, 0x08, 0x0a, 0x08, 0x0b, 0x08,
        0x04, 0x08, 0x05, 0x08, 0x06, 0x04, 0x01, 0x05, 0x01, 0x06, 0x01, 0x03, 0x03, 0x03, 0x01,
        0x03, 0x02, 0x04, 0x02, 0x05, 0x02, 0x06, 0x02, 0x00, 0x2b, 0x00, 0x09, 0x08, 0x03, 0x04,
        0x03, 0x03, 0x03, 0x02, 0x03, 0x01, 0x00, 0x2d, 0x00, 0x02, 0x01, 0x01, 0x00, 0x33, 0x00,
        0x26, 0x00, 0x24, 0x00, 0x1d, 0x00, 0x20, 0x49, 0xb0, 0x3a, 0xa3, 0xa7, 0x0b, 0x1d, 0xb9,
        0x5b, 0x4a, 0x4b, 0xb8, 0x51, 0x4a, 0xa2, 0xa0, 0x8b, 0x22, 0x71, 0x17, 0x49, 0x86, 0x81,
        0x0f, 0x58, 0x94, 0x96, 0xfe, 0xf1, 0x0b, 0x17, 0x59,
};

#define REAL_MESSAGE (sizeof(real) - 5)

static uint8_t scratch[TLS_HELLO_MAX];

/* ---- building ---- */

struct made {
	uint8_t p[3 * TLS_HELLO_MAX];
	size_t n;
};

static struct made made;

static inline void put_record(struct wr *w, uint8_t type, uint16_t version, const void *p, size_t n)
{
	assert_true(wr_u8(w, type) && wr_u16(w, version) && wr_u16(w, (uint16_t)n) &&
	            wr_bytes(w, p, n));
}

/* The message that these bytes, behind its header, are. */
static inline size_t make_message(uint8_t *out, size_t size, const void *body, size_t n)
{
	struct wr w = wr_of(out, size);

	assert_true(wr_u8(&w, 1) && wr_u8(&w, (uint8_t)(n >> 16)) && wr_u16(&w, (uint16_t)n) &&
	            wr_bytes(&w, body, n));
	return w.len;
}

/* The stream that begins with this message, in records of `each` bytes. */
static inline void make_stream(const uint8_t *message, size_t n, size_t each)
{
	struct wr w = wr_of(made.p, sizeof(made.p));

	for (size_t at = 0; at < n; at += each) {
		const size_t part = n - at < each ? n - at : each;

		put_record(&w, 22, 0x0303, message + at, part);
	}
	made.n = w.len;
}

/* A hello with this legacy_version, these extensions, and a session id, all lengths right. */
static inline void make_hello(uint16_t version, size_t id_len, const void *extensions, size_t n)
{
	static uint8_t body[2 * TLS_HELLO_MAX], message[2 * TLS_HELLO_MAX];
	struct wr w = wr_of(body, sizeof(body));

	assert_true(wr_u16(&w, version) && wr_fill(&w, 0x5a, 32) && wr_u8(&w, (uint8_t)id_len) &&
	            wr_fill(&w, 0x1d, id_len) && wr_u16(&w, 2) && wr_u16(&w, 0x1301) &&
	            wr_u16(&w, 0x0100) && wr_u16(&w, (uint16_t)n) && wr_bytes(&w, extensions, n));
	n = make_message(message, sizeof(message), body, w.len);
	make_stream(message, n, 16384);
}

/* ---- asking ---- */

/* With the bytes at the edge of what can be read. */
static inline enum tls_hello_result parse(const void *p, size_t n, struct tls_hello *out)
{
	struct guard g = guard_copy(p, n);
	enum tls_hello_result result;

	memset(out, 0xee, sizeof(*out));
	memset(scratch, 0xee, sizeof(scratch));
	result = tls_hello_parse(rd_of(g.p, g.n), scratch, out);
	guard_free(&g);
	assert_int_equal(result == TLS_HELLO_BAD, out->fault != TLS_FAULT_NONE);
	if (result != TLS_HELLO_OK) {
		assert_string_equal(out->name, "");
		assert_int_equal(out->versions, 0);
		assert_int_equal(out->session_id_len, 0);
		assert_false(out->ech || out->early_data || out->pre_shared_key);
		assert_int_equal(out->alpn.n, 0);
		assert_int_equal(out->stream_len, 0);
	}
	return result;
}

/* The stream, in one piece and cut anywhere: MORE up to some byte, and from there on the same. Where
 * that byte stands is returned. */
static inline size_t expect(const uint8_t *p, size_t n, enum tls_fault fault)
{
	const enum tls_hello_result wanted = fault ? TLS_HELLO_BAD : TLS_HELLO_OK;
	struct tls_hello hello;
	size_t from = 0;

	assert_int_equal(parse(p, n, &hello), wanted);
	assert_string_equal(tls_fault_name(hello.fault), tls_fault_name(fault));
	for (size_t cut = 0; cut <= n; cut++) {
		const enum tls_hello_result result = parse(p, cut, &hello);

		if (result == TLS_HELLO_MORE) {
			assert_int_equal(from, 0);
			continue;
		}
		assert_int_equal(result, wanted);
		assert_int_equal(hello.fault, fault);
		if (!from)
			from = cut;
	}
	return from;
}

static inline void check_real(const struct tls_hello *hello, size_t stream_len)
{
	assert_string_equal(hello->name, "api.example.com");
	assert_int_equal(hello->versions, 0x0f);
	assert_int_equal(hello->session_id_len, 32);
	assert_int_equal(hello->alpn.n, 12);
	assert_memory_equal(hello->alpn.p, "\x02h2\x08http/1.1", 12);
	assert_true(hello->alpn.p >= scratch && hello->alpn.p < scratch + sizeof(scratch));
	assert_false(hello->ech || hello->early_data || hello->pre_shared_key);
	assert_int_equal(hello->stream_len, stream_len);
}

#endif
