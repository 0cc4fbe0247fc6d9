/* SPDX-License-Identifier: ISC */
/* pcapng_test.c: libpcap reads our files; the options it does not show are compared byte by byte.
 */
#include "harness/pcapng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pcap/pcap.h>

#include "harness/scratch.h"

#define T_NS 1700000000123456789u

static int make(void **state)
{
	static struct scratch s;

	scratch_make(&s);
	*state = &s;
	return 0;
}

static int remove_all(void **state)
{
	scratch_remove(*state);
	return 0;
}

static pcap_t *open_capture(struct scratch *s)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = pcap_open_offline_with_tstamp_precision(scratch_path(s, "x.pcapng"),
	                                                    PCAP_TSTAMP_PRECISION_NANO, error);

	if (!p)
		fail_msg("%s", error);
	return p;
}

static void libpcap_reads_frames_lengths_and_nanoseconds(void **state)
{
	struct scratch *s = *state;
	static uint8_t frame[65550];
	struct pcap_pkthdr *header;
	const u_char *data;
	pcap_t *p;
	FILE *f = fopen(scratch_path(s, "x.pcapng"), "w");

	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)(i * 7);
	assert_int_equal(pcapng_write_header(f, "gauntlet"), 0);
	assert_int_equal(pcapng_write_interface(f, "guest", "frame channel"), 0);
	assert_int_equal(pcapng_write_interface(f, "wire", NULL), 0);
	for (uint32_t i = 0; i < 64; i++)
		assert_int_equal(pcapng_write_packet(f, i % 2, T_NS + i, i % 2, frame, 14 + i,
		                                     i % 3 ? "words" : NULL),
		                 0);
	assert_int_equal(pcapng_write_packet(f, 0, T_NS, 0, frame, sizeof(frame), ""), 0);
	assert_int_equal(pcapng_write_packet(f, 0, T_NS, 0, NULL, 0, NULL), 0);
	assert_int_equal(fclose(f), 0);

	p = open_capture(s);
	assert_int_equal(pcap_datalink(p), DLT_EN10MB);
	for (uint32_t i = 0; i < 64; i++) {
		assert_int_equal(pcap_next_ex(p, &header, &data), 1);
		assert_int_equal(header->caplen, 14 + i);
		assert_int_equal(header->len, 14 + i);
		assert_int_equal(header->ts.tv_sec, 1700000000);
		assert_int_equal(header->ts.tv_usec, 123456789 + i); /* nanoseconds */
		assert_memory_equal(data, frame, 14 + i);
	}
	assert_int_equal(pcap_next_ex(p, &header, &data), 1);
	assert_int_equal(header->caplen, sizeof(frame));
	assert_memory_equal(data, frame, sizeof(frame));
	assert_int_equal(pcap_next_ex(p, &header, &data), 1);
	assert_int_equal(header->caplen, 0);
	assert_int_equal(pcap_next_ex(p, &header, &data), PCAP_ERROR_BREAK);
	pcap_close(p);
}

static void a_packet_block_is_what_the_draft_says(void **state)
{
	static const char want[] = "\x06\0\0\0\x3c\0\0\0" /* enhanced packet, 60 bytes */
	                           "\x01\0\0\0"           /* interface 1 */
	                           "\x04\x03\x02\x01\x08\x07\x06\x05" /* high, then low half */
	                           "\x05\0\0\0\x05\0\0\0hello\0\0\0"
	                           "\x02\0\x04\0\x02\0\0\0" /* epb_flags: outbound */
	                           "\x01\0\x04\0leak"       /* comment */
	                           "\0\0\0\0\x3c\0\0\0";
	char *got = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&got, &size);

	(void)state;
	assert_int_equal(pcapng_write_packet(f, 1, 0x0102030405060708u, 1, "hello", 5, "leak"), 0);
	fclose(f);
	assert_int_equal(size, sizeof(want) - 1);
	assert_memory_equal(got, want, size);
	free(got);
}

static void header_and_interface_are_what_the_draft_says(void **state)
{
	static const char want[] = "\x0a\x0d\x0d\x0a\x2c\0\0\0\x4d\x3c\x2b\x1a\x01\0\0\0"
	                           "\xff\xff\xff\xff\xff\xff\xff\xff"
	                           "\x04\0\x08\0gauntlet\0\0\0\0\x2c\0\0\0"
	                           "\x01\0\0\0\x28\0\0\0\x01\0\0\0\0\0\0\0"
	                           "\x02\0\x04\0wire\x09\0\x01\0\x09\0\0\0\0\0\0\0\x28\0\0\0";
	char *got = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&got, &size);

	(void)state;
	assert_int_equal(pcapng_write_header(f, "gauntlet"), 0);
	assert_int_equal(pcapng_write_interface(f, "wire", NULL), 0);
	fclose(f);
	assert_int_equal(size, sizeof(want) - 1);
	assert_memory_equal(got, want, size);
	free(got);
}

static void a_comment_longer_than_a_length_field_is_cut_between_characters(void **state)
{
	struct scratch *s = *state;
	char *comment = malloc(70001);
	struct pcap_pkthdr *header;
	const u_char *data;
	pcap_t *p;
	FILE *f = fopen(scratch_path(s, "x.pcapng"), "w");

	assert_non_null(comment);
	comment[0] = 'x';
	for (size_t i = 1; i < 70000; i++)
		comment[i] = (char)(i % 2 ? 0xc3 : 0xbc);
	comment[70000] = '\0';
	pcapng_write_header(f, NULL);
	pcapng_write_interface(f, "guest", NULL);
	assert_int_equal(pcapng_write_packet(f, 0, T_NS, 1, "frame", 5, comment), 0);
	assert_int_equal(pcapng_write_packet(f, 0, T_NS, 1, "again", 5, NULL), 0);
	assert_true(ftell(f) % 4 == 0);
	fclose(f);
	p = open_capture(s);
	assert_int_equal(pcap_next_ex(p, &header, &data), 1);
	assert_int_equal(pcap_next_ex(p, &header, &data), 1);
	assert_memory_equal(data, "again", 5);
	pcap_close(p);
	free(comment);
}

static void a_stream_in_error_is_reported(void **state)
{
	FILE *f = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(f);
	setvbuf(f, NULL, _IONBF, 0);
	assert_int_equal(pcapng_write_header(f, "gauntlet"), -1);
	assert_int_equal(pcapng_write_interface(f, "wire", NULL), -1);
	assert_int_equal(pcapng_write_packet(f, 0, T_NS, 0, "x", 1, NULL), -1);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(libpcap_reads_frames_lengths_and_nanoseconds),
	        cmocka_unit_test(a_packet_block_is_what_the_draft_says),
	        cmocka_unit_test(header_and_interface_are_what_the_draft_says),
	        cmocka_unit_test(a_comment_longer_than_a_length_field_is_cut_between_characters),
	        cmocka_unit_test(a_stream_in_error_is_reported),
	};

	return cmocka_run_group_tests(tests, make, remove_all);
}
