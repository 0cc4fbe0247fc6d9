/* SPDX-License-Identifier: ISC */
/* tcp_seg_test.c: the TCP header. The segments were made with Scapy. */
#include "ref/tcp_seg.h"

#include "bytes/guard.h"
#include "ref/cksum.h"
#include "ref/eth.h"
#include "ref/examples.h"
#include "ref/ipv4.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define GUEST 0xc0a86402
#define WORLD 0xcb007132

/* A SYN as Linux sends it: MSS 1460, SACK permitted, timestamps, window scale 7. */
static const uint8_t syn[] = {
        0x9c, 0x40, 0x01, 0xbb, 0xff, 0xff, 0xff, 0xfe, 0x00, 0x00, 0x00, 0x00, 0xa0, 0x02,
        0xfa, 0xf0, 0x4a, 0x31, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4, 0x04, 0x02, 0x08, 0x0a,
        0x01, 0x02, 0x03, 0x04, 0x00, 0x00, 0x00, 0x00, 0x01, 0x03, 0x03, 0x07,
};

/* PSH, "hello" */
static const uint8_t hello[] = {
        0x9c, 0x40, 0x01, 0xbb, 0x01, 0x02, 0x03, 0x04, 0x0a, 0x0b, 0x0c, 0x0d, 0x50,
        0x18, 0x01, 0xf6, 0x51, 0x08, 0x00, 0x00, 0x68, 0x65, 0x6c, 0x6c, 0x6f,
};

/* An ACK of 1000 with the SACK ranges 5000-6000, 3000-4000, 1500-2000. */
static const uint8_t sacks[] = {
        0x9c, 0x40, 0x01, 0xbb, 0x01, 0x02, 0x03, 0x04, 0x00, 0x00, 0x03, 0xe8,
        0xc0, 0x10, 0x01, 0xf6, 0xdc, 0xe3, 0x00, 0x00, 0x01, 0x01, 0x05, 0x1a,
        0x00, 0x00, 0x13, 0x88, 0x00, 0x00, 0x17, 0x70, 0x00, 0x00, 0x0b, 0xb8,
        0x00, 0x00, 0x0f, 0xa0, 0x00, 0x00, 0x05, 0xdc, 0x00, 0x00, 0x07, 0xd0,
};

/* The other way: SYN-ACK with MSS 1460, SACK permitted, window scale 2, window 65535. */
static const uint8_t syn_ack[] = {
        0x01, 0xbb, 0x9c, 0x40, 0x00, 0x00, 0x00, 0x07, 0x00, 0x00, 0x00,
        0x09, 0x80, 0x12, 0xff, 0xff, 0x70, 0x1d, 0x00, 0x00, 0x02, 0x04,
        0x05, 0xb4, 0x01, 0x01, 0x04, 0x02, 0x01, 0x03, 0x03, 0x02,
};

static enum reason parse(const void *p, size_t n, struct tcp_seg *seg)
{
	struct guard g = guard_copy(p, n);
	bool readable;
	enum reason reason = tcp_seg_parse(rd_of(g.p, g.n), GUEST, WORLD, seg, &readable);

	assert_int_equal(readable, n >= 4);
	guard_free(&g);
	return reason;
}

/* Puts a right checksum into a segment of the guest's. */
static void fix(uint8_t *p, size_t n)
{
	uint16_t sum;

	p[16] = 0;
	p[17] = 0;
	sum = cksum_finish(cksum_add(cksum_add_pseudo(0, GUEST, WORLD, 6, (uint16_t)n), p, n));
	p[16] = (uint8_t)(sum >> 8);
	p[17] = (uint8_t)sum;
}

/* A SYN with these bytes as its options, filled up with zeros (end of list). */
static enum reason parse_options(uint8_t flags, const void *options, size_t n, struct tcp_seg *seg)
{
	const size_t words = (n + 3) / 4;
	uint8_t p[TCP_SEG_HDR_MAX] = {0x9c, 0x40, 0x01, 0xbb};

	assert_true(words <= 10);
	p[12] = (uint8_t)((5 + words) << 4);
	p[13] = flags;
	memcpy(p + TCP_SEG_HDR_LEN, options, n);
	fix(p, TCP_SEG_HDR_LEN + 4 * words);
	return parse(p, TCP_SEG_HDR_LEN + 4 * words, seg);
}

static void a_syn_of_linux_is_read(void **state)
{
	struct tcp_seg seg;

	(void)state;
	assert_int_equal(parse(syn, sizeof(syn), &seg), REASON_NONE);
	assert_int_equal(seg.sport, 40000);
	assert_int_equal(seg.dport, 443);
	assert_int_equal(seg.seq, 0xfffffffe);
	assert_int_equal(seg.ack, 0);
	assert_int_equal(seg.flags, TCP_SEG_SYN);
	assert_int_equal(seg.window, 64240);
	assert_int_equal(seg.mss, 1460);
	assert_int_equal(seg.window_scale, 7);
	assert_true(seg.sack_permitted);
	assert_int_equal(seg.sack_count, 0);
	assert_int_equal(seg.payload.n, 0);
}

static void data_is_read(void **state)
{
	struct tcp_seg seg;
	bool readable;

	(void)state;
	assert_int_equal(tcp_seg_parse(rd_of(hello, sizeof(hello)), GUEST, WORLD, &seg, &readable),
	                 REASON_NONE);
	assert_int_equal(seg.seq, 0x01020304);
	assert_int_equal(seg.ack, 0x0a0b0c0d);
	assert_int_equal(seg.flags, TCP_SEG_PSH | TCP_SEG_ACK);
	assert_int_equal(seg.window, 502);
	assert_int_equal(seg.mss, 0);
	assert_int_equal(seg.window_scale, -1);
	assert_false(seg.sack_permitted);
	assert_int_equal(seg.payload.n, 5);
	assert_memory_equal(seg.payload.p, "hello", 5);
}

static void sack_ranges_are_read_in_their_order(void **state)
{
	struct tcp_seg seg;

	(void)state;
	assert_int_equal(parse(sacks, sizeof(sacks), &seg), REASON_NONE);
	assert_int_equal(seg.ack, 1000);
	assert_int_equal(seg.sack_count, 3);
	assert_int_equal(seg.sack[0].left, 5000);
	assert_int_equal(seg.sack[0].right, 6000);
	assert_int_equal(seg.sack[2].left, 1500);
	assert_int_equal(seg.sack[2].right, 2000);
}

static void the_plain_syn_of_the_examples_is_read(void **state)
{
	const size_t at = ETH_HDR_LEN + IPV4_HDR_LEN;
	struct tcp_seg seg;

	(void)state;
	assert_int_equal(parse(example_tcp_syn + at, sizeof(example_tcp_syn) - at, &seg),
	                 REASON_NONE);
	assert_int_equal(seg.seq, 1);
	assert_int_equal(seg.mss, 0);
	assert_int_equal(seg.window_scale, -1);
	assert_false(seg.sack_permitted);
}

static void every_truncation_is_refused(void **state)
{
	static const struct {
		const uint8_t *p;
		size_t n, hdr_len;
	} segments[] = {
	        {syn, sizeof(syn), sizeof(syn)},
	        {hello, sizeof(hello), TCP_SEG_HDR_LEN},
	        {sacks, sizeof(sacks), sizeof(sacks)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++)
		for (size_t n = 0; n < segments[i].n; n++) {
			struct tcp_seg seg;

			assert_int_equal(parse(segments[i].p, n, &seg),
			                 n < segments[i].hdr_len ? REASON_TCP_LENGTH
			                                         : REASON_TCP_CHECKSUM);
		}
}

static void every_truncation_with_a_right_checksum_is_read_within_its_bytes(void **state)
{
	(void)state;
	for (size_t n = TCP_SEG_HDR_LEN; n <= sizeof(sacks); n++)
		for (uint8_t offset = 0; offset < 16; offset++) {
			uint8_t p[sizeof(sacks)];
			struct tcp_seg seg;
			bool fits = offset >= 5 && offset * 4U <= n;

			memcpy(p, sacks, n);
			p[12] = (uint8_t)(offset << 4);
			fix(p, n);
			assert_int_equal(parse(p, n, &seg), fits ? REASON_NONE : REASON_TCP_LENGTH);
			if (!fits)
				continue;
			assert_int_equal(seg.payload.n, n - offset * 4U);
			assert_int_equal(seg.sack_count, offset * 4U == sizeof(sacks) ? 3 : 0);
		}
}

static void a_checksum_off_by_any_bit_is_refused(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < sizeof(hello) * 8; bit++) {
		uint8_t p[sizeof(hello)];
		struct tcp_seg seg;

		memcpy(p, hello, sizeof(p));
		p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_not_equal(parse(p, sizeof(p), &seg), REASON_NONE);
	}
}

static void the_addresses_are_under_the_checksum(void **state)
{
	struct tcp_seg seg;
	bool readable;

	(void)state;
	assert_int_equal(
	        tcp_seg_parse(rd_of(hello, sizeof(hello)), GUEST, WORLD ^ 1, &seg, &readable),
	        REASON_TCP_CHECKSUM);
	assert_int_equal(
	        tcp_seg_parse(rd_of(hello, sizeof(hello)), GUEST ^ 1, WORLD, &seg, &readable),
	        REASON_TCP_CHECKSUM);
}

/* Whether the flags are honest, from a list of those that are: RST with anything but SYN and a FIN
 * without ACK, SYN alone or with ACK, ACK with anything but SYN and FIN; PSH does not matter. */
static bool is_listed(unsigned flags)
{
	static const unsigned honest[] = {
	        TCP_SEG_SYN,
	        TCP_SEG_SYN | TCP_SEG_ACK,
	        TCP_SEG_RST,
	        TCP_SEG_RST | TCP_SEG_ACK,
	        TCP_SEG_RST | TCP_SEG_ACK | TCP_SEG_FIN,
	        TCP_SEG_ACK,
	        TCP_SEG_ACK | TCP_SEG_FIN,
	};

	for (size_t i = 0; i < sizeof(honest) / sizeof(honest[0]); i++)
		if ((flags & (TCP_SEG_SYN | TCP_SEG_ACK | TCP_SEG_RST | TCP_SEG_FIN)) == honest[i])
			return true;
	return false;
}

static void only_honest_flags_pass(void **state)
{
	(void)state;
	for (unsigned flags = 0; flags < 256; flags++) {
		struct tcp_seg seg;

		assert_int_equal(parse_options((uint8_t)flags, "", 0, &seg),
		                 is_listed(flags) ? REASON_NONE : REASON_TCP_FLAGS);
		/* URG and ECN are dropped. */
		assert_int_equal(seg.flags, flags & 0x1f);
	}
}

static void reserved_bits_beside_the_offset_change_nothing(void **state)
{
	uint8_t p[TCP_SEG_HDR_LEN + 4] = {0x9c, 0x40, 0x01, 0xbb, [12] = 0x5f, [13] = 0xfa};
	struct tcp_seg seg;

	(void)state;
	fix(p, sizeof(p));
	assert_int_equal(parse(p, sizeof(p), &seg), REASON_NONE);
	assert_int_equal(seg.flags, TCP_SEG_SYN | TCP_SEG_PSH | TCP_SEG_ACK);
	assert_int_equal(seg.payload.n, 4);
}

static void a_window_scale_above_14_is_read_as_14(void **state)
{
	struct tcp_seg seg;

	(void)state;
	assert_int_equal(parse_options(TCP_SEG_SYN, "\1\3\3\16", 4, &seg), REASON_NONE);
	assert_int_equal(seg.window_scale, 14);
	assert_int_equal(parse_options(TCP_SEG_SYN, "\1\3\3\17", 4, &seg), REASON_NONE);
	assert_int_equal(seg.window_scale, 14);
	assert_int_equal(parse_options(TCP_SEG_SYN, "\1\3\3\377", 4, &seg), REASON_NONE);
	assert_int_equal(seg.window_scale, 14);
}

static void options_of_a_syn_count_in_a_syn_only(void **state)
{
	struct tcp_seg seg;

	(void)state;
	assert_int_equal(parse_options(TCP_SEG_ACK, "\2\4\5\264\4\2\3\3\7", 9, &seg), REASON_NONE);
	assert_int_equal(seg.mss, 0);
	assert_int_equal(seg.window_scale, -1);
	assert_false(seg.sack_permitted);
}

static void options_come_in_any_order(void **state)
{
	struct tcp_seg seg;

	(void)state;
	assert_int_equal(parse_options(TCP_SEG_SYN, "\3\3\5\1\4\2\1\2\4\5\264\1", 12, &seg),
	                 REASON_NONE);
	assert_int_equal(seg.mss, 1460);
	assert_int_equal(seg.window_scale, 5);
	assert_true(seg.sack_permitted);
	/* Four ranges, and a second option with one: the last counts. */
	assert_int_equal(parse_options(TCP_SEG_ACK,
	                               "\1\1\1\1\1\1\5\42"
	                               "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4"
	                               "\0\0\0\5\0\0\0\6\0\0\0\7\0\0\0\10",
	                               40, &seg),
	                 REASON_NONE);
	assert_int_equal(seg.sack_count, 4);
	assert_int_equal(seg.sack[3].right, 8);
	assert_int_equal(
	        parse_options(TCP_SEG_ACK, "\5\12\0\0\0\1\0\0\0\2\5\12\0\0\0\3\0\0\0\4", 20, &seg),
	        REASON_NONE);
	assert_int_equal(seg.sack_count, 1);
	assert_int_equal(seg.sack[0].left, 3);
	/* Nothing but padding, up to the last byte. */
	assert_int_equal(parse_options(TCP_SEG_ACK, "\1\1\1\1", 4, &seg), REASON_NONE);
}

static void a_packet_above_65535_bytes_is_refused(void **state)
{
	static uint8_t huge[65536] = {0x9c, 0x40, 0x01, 0xbb, [12] = 0x50, [13] = TCP_SEG_ACK};
	struct tcp_seg seg;

	(void)state;
	fix(huge, 65535);
	assert_int_equal(parse(huge, 65535, &seg), REASON_NONE);
	assert_int_equal(parse(huge, 65536, &seg), REASON_TCP_LENGTH);
}

static void a_malformed_option_ends_the_list_and_what_came_before_counts(void **state)
{
	static const struct {
		const char *options;
		size_t n;
	} lists[] = {
	        {"\2\4\5\264\0\2\3\3\7", 9},   /* end of list */
	        {"\2\4\5\264\10\0\3\3\7", 9},  /* length 0 */
	        {"\2\4\5\264\10\1\3\3\7", 9},  /* length 1 */
	        {"\2\4\5\264\10\50\3\3\7", 9}, /* length past the header */
	        {"\2\4\5\264\3\2\3\3\7", 9},   /* a window scale without a value */
	        {"\2\4\5\264\3\4\7\7\3\3\7", 11},
	        {"\2\4\5\264\4\3\1\3\3\7", 10}, /* SACK permitted with a value */
	        {"\2\4\5\264\5\2\3\3\7", 9},    /* SACK without a range */
	        {"\2\4\5\264\5\6\1\1\1\1\3\3\7", 13},
	        {"\2\4\5\264\1\1\1\3", 8}, /* cut before its length */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct tcp_seg seg;

		assert_int_equal(parse_options(TCP_SEG_SYN, lists[i].options, lists[i].n, &seg),
		                 REASON_NONE);
		assert_int_equal(seg.mss, 1460);
		assert_int_equal(seg.window_scale, -1);
		assert_false(seg.sack_permitted);
	}
}

static void random_options_never_read_past_the_header(void **state)
{
	uint64_t dice = 1;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		uint8_t options[40];
		struct tcp_seg seg;

		for (size_t k = 0; k < sizeof(options); k++) {
			dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
			options[k] = (uint8_t)(dice >> 59);
		}
		assert_int_equal(parse_options(dice >> 40 & 1 ? TCP_SEG_SYN : TCP_SEG_ACK, options,
		                               (size_t)(i % 41), &seg),
		                 REASON_NONE);
		assert_in_range(seg.sack_count, 0, TCP_SEG_SACK_MAX);
		assert_true(seg.window_scale >= -1 && seg.window_scale <= 14);
	}
}

static void a_written_header_is_the_one_that_scapy_wrote(void **state)
{
	const struct tcp_seg seg = {
	        .sport = 443,
	        .dport = 40000,
	        .seq = 7,
	        .ack = 9,
	        .flags = TCP_SEG_SYN | TCP_SEG_ACK,
	        .window = 65535,
	        .mss = 1460,
	        .sack_permitted = true,
	        .window_scale = 2,
	};
	uint8_t buffer[TCP_SEG_HDR_MAX];
	struct wr w = wr_of(buffer, sizeof(buffer));

	(void)state;
	assert_int_equal(tcp_seg_hdr_len(&seg), sizeof(syn_ack));
	assert_true(tcp_seg_put(&w, WORLD, GUEST, &seg));
	assert_int_equal(w.len, sizeof(syn_ack));
	assert_memory_equal(buffer, syn_ack, sizeof(syn_ack));
}

static void what_is_read_is_written_again_byte_by_byte(void **state)
{
	uint8_t buffer[TCP_SEG_HDR_MAX];
	struct wr w = wr_of(buffer, sizeof(buffer));
	struct tcp_seg seg;
	bool readable;

	(void)state;
	assert_int_equal(parse(sacks, sizeof(sacks), &seg), REASON_NONE);
	assert_true(tcp_seg_put(&w, GUEST, WORLD, &seg));
	assert_int_equal(w.len, sizeof(sacks));
	assert_memory_equal(buffer, sacks, sizeof(sacks));
	w = wr_of(buffer, sizeof(buffer));
	assert_int_equal(tcp_seg_parse(rd_of(hello, sizeof(hello)), GUEST, WORLD, &seg, &readable),
	                 REASON_NONE);
	assert_true(tcp_seg_put(&w, GUEST, WORLD, &seg));
	assert_int_equal(w.len, TCP_SEG_HDR_LEN);
	assert_memory_equal(buffer, hello, TCP_SEG_HDR_LEN);
}

static void a_header_that_does_not_fit_is_not_written(void **state)
{
	static const uint8_t huge[65536];
	struct tcp_seg seg = {
	        .flags = TCP_SEG_SYN, .mss = 1460, .window_scale = 0, .sack_permitted = true};
	uint8_t buffer[80];
	struct wr w;

	(void)state;
	assert_int_equal(tcp_seg_hdr_len(&seg), 32);
	for (size_t size = 0; size <= 32; size++) {
		w = wr_of(buffer, size);
		assert_int_equal(tcp_seg_put(&w, WORLD, GUEST, &seg), size == 32);
		assert_int_equal(w.len, size == 32 ? 32 : 0);
	}
	seg = (struct tcp_seg){
	        .flags = TCP_SEG_ACK, .window_scale = -1, .mss = 1460, .sack_count = 4};
	assert_int_equal(tcp_seg_hdr_len(&seg), TCP_SEG_HDR_MAX);
	for (size_t size = 0; size <= TCP_SEG_HDR_MAX; size++) {
		w = wr_of(buffer, size);
		assert_int_equal(tcp_seg_put(&w, WORLD, GUEST, &seg), size == TCP_SEG_HDR_MAX);
	}
	seg.mss = 0;
	w = wr_of(buffer, sizeof(buffer));
	seg.payload = rd_of(huge, 65536 - tcp_seg_hdr_len(&seg));
	assert_false(tcp_seg_put(&w, WORLD, GUEST, &seg));
	seg.payload.n--;
	assert_true(tcp_seg_put(&w, WORLD, GUEST, &seg));

	/* More options than a header can hold. */
	seg.payload.n = 0;
	seg.mss = 1460;
	seg.window_scale = 2;
	w = wr_of(buffer, sizeof(buffer));
	assert_false(tcp_seg_put(&w, WORLD, GUEST, &seg));
	seg.sack_count = 5;
	seg.mss = 0;
	seg.window_scale = -1;
	assert_false(tcp_seg_put(&w, WORLD, GUEST, &seg));
	assert_int_equal(w.len, 0);
}

static void options_of_a_wrong_length_count_for_nothing(void **state)
{
	struct tcp_seg seg;

	(void)state;
	assert_int_equal(parse_options(TCP_SEG_SYN, "\2\5\5\264\1\3\3\7", 8, &seg), REASON_NONE);
	assert_int_equal(seg.mss, 0);
	assert_int_equal(seg.window_scale, -1);
	assert_int_equal(parse_options(TCP_SEG_ACK, "\5\16\0\0\0\1\0\0\0\2\0\0\0\3", 14, &seg),
	                 REASON_NONE);
	assert_int_equal(seg.sack_count, 0);
	/* The last one has no length, and does not take that of the one before. */
	assert_int_equal(parse_options(TCP_SEG_SYN, "\1\11\2\4", 4, &seg), REASON_NONE);
	assert_false(seg.sack_permitted);
}

static void a_second_sack_permitted_that_is_malformed_leaves_the_first(void **state)
{
	struct tcp_seg seg;

	(void)state;
	assert_int_equal(parse_options(TCP_SEG_SYN, "\4\2\4\3\1\3\3\7", 8, &seg), REASON_NONE);
	assert_true(seg.sack_permitted);
	assert_int_equal(seg.window_scale, -1);
}

static void what_is_of_a_syn_only_ends_no_list_elsewhere(void **state)
{
	struct tcp_seg seg;

	(void)state;
	assert_int_equal(parse_options(TCP_SEG_ACK, "\4\3\0\5\12\0\0\0\1\0\0\0\2", 13, &seg),
	                 REASON_NONE);
	assert_false(seg.sack_permitted);
	assert_int_equal(seg.sack_count, 1);
}

static void a_fin_is_no_syn_to_the_options(void **state)
{
	struct tcp_seg seg;

	(void)state;
	assert_int_equal(parse_options(TCP_SEG_FIN | TCP_SEG_ACK, "\2\4\5\264", 4, &seg),
	                 REASON_NONE);
	assert_int_equal(seg.mss, 0);
}

static void no_option_is_written_in_less_room_than_it_needs(void **state)
{
	const struct tcp_seg one[] = {
	        {.flags = TCP_SEG_SYN, .window_scale = -1},
	        {.flags = TCP_SEG_SYN, .window_scale = -1, .mss = 1460},
	        {.flags = TCP_SEG_SYN, .window_scale = -1, .sack_permitted = true},
	        {.flags = TCP_SEG_SYN, .window_scale = 7},
	        {.flags = TCP_SEG_ACK, .window_scale = -1, .sack_count = 1},
	        {.flags = TCP_SEG_ACK, .window_scale = -1, .sack_count = 4},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(one) / sizeof(one[0]); i++)
		for (size_t size = 0; size <= tcp_seg_hdr_len(&one[i]); size++) {
			uint8_t buffer[TCP_SEG_HDR_MAX];
			struct wr w = wr_of(buffer, size);

			assert_int_equal(tcp_seg_put(&w, WORLD, GUEST, &one[i]),
			                 size == tcp_seg_hdr_len(&one[i]));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_syn_of_linux_is_read),
	        cmocka_unit_test(data_is_read),
	        cmocka_unit_test(sack_ranges_are_read_in_their_order),
	        cmocka_unit_test(the_plain_syn_of_the_examples_is_read),
	        cmocka_unit_test(every_truncation_is_refused),
	        cmocka_unit_test(every_truncation_with_a_right_checksum_is_read_within_its_bytes),
	        cmocka_unit_test(a_checksum_off_by_any_bit_is_refused),
	        cmocka_unit_test(the_addresses_are_under_the_checksum),
	        cmocka_unit_test(only_honest_flags_pass),
	        cmocka_unit_test(reserved_bits_beside_the_offset_change_nothing),
	        cmocka_unit_test(a_window_scale_above_14_is_read_as_14),
	        cmocka_unit_test(options_of_a_syn_count_in_a_syn_only),
	        cmocka_unit_test(options_come_in_any_order),
	        cmocka_unit_test(a_packet_above_65535_bytes_is_refused),
	        cmocka_unit_test(a_malformed_option_ends_the_list_and_what_came_before_counts),
	        cmocka_unit_test(random_options_never_read_past_the_header),
	        cmocka_unit_test(a_written_header_is_the_one_that_scapy_wrote),
	        cmocka_unit_test(what_is_read_is_written_again_byte_by_byte),
	        cmocka_unit_test(a_header_that_does_not_fit_is_not_written),
	        cmocka_unit_test(options_of_a_wrong_length_count_for_nothing),
	        cmocka_unit_test(a_second_sack_permitted_that_is_malformed_leaves_the_first),
	        cmocka_unit_test(what_is_of_a_syn_only_ends_no_list_elsewhere),
	        cmocka_unit_test(a_fin_is_no_syn_to_the_options),
	        cmocka_unit_test(no_option_is_written_in_less_room_than_it_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
