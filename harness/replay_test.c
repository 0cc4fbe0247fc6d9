/* SPDX-License-Identifier: ISC */
/* replay_test.c: capture files frame by frame, and the sub-command that lists them. */
#include "harness/replay.h"

#include "harness/pcapng.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <pcap/pcap.h>

#include "harness/sample.h"
#include "harness/scratch.h"

#define T_NS 1700000000000000000u

struct fixture {
	struct scratch scratch;
	uint8_t frame[256];
	size_t len;
	char path[PATH_MAX];
};

/* Two frames, 1.5 ms apart. */
static int make(void **state)
{
	static struct fixture f;
	FILE *to;

	scratch_make(&f.scratch);
	strcpy(f.path, scratch_path(&f.scratch, "x.pcapng"));
	to = fopen(f.path, "w");
	f.len = sample_udp(LAB_VM_IP, 40000, LAB_CONSUMER_IP, 51900, "hello", f.frame);
	pcapng_write_header(to, "test");
	pcapng_write_interface(to, "guest", NULL);
	pcapng_write_packet(to, 0, T_NS, 1, f.frame, f.len, NULL);
	pcapng_write_packet(to, 0, T_NS + 1500000, 1, f.frame, 13, "cut off");
	if (fclose(to))
		abort();
	*state = &f;
	return 0;
}

static int remove_all(void **state)
{
	struct fixture *f = *state;

	scratch_remove(&f->scratch);
	return 0;
}

struct seen_frames {
	const struct fixture *f;
	unsigned count, stop_after;
};

static bool check_frame(void *arg, const struct replay_frame *frame)
{
	struct seen_frames *s = arg;

	s->count++;
	assert_int_equal(frame->number, s->count);
	assert_true(frame->t_unix_ns == T_NS + (s->count - 1) * 1500000u);
	assert_int_equal(frame->len, s->count == 1 ? s->f->len : 13);
	assert_int_equal(frame->wire_len, frame->len);
	assert_memory_equal(frame->data, s->f->frame, frame->len);
	return s->count != s->stop_after;
}

static void frames_come_in_order_with_number_time_and_bytes(void **state)
{
	struct seen_frames s = {.f = *state};
	char why[REPLAY_WHY_MAX];

	assert_int_equal(replay_load(s.f->path, check_frame, &s, why), 2);
	assert_int_equal(s.count, 2);
}

static void the_callback_may_stop_early(void **state)
{
	struct seen_frames s = {.f = *state, .stop_after = 1};
	char why[REPLAY_WHY_MAX];

	assert_int_equal(replay_load(s.f->path, check_frame, &s, why), 1);
	assert_int_equal(s.count, 1);
}

static void every_truncation_of_a_capture_is_an_error_or_shorter(void **state)
{
	struct fixture *f = *state;
	char why[REPLAY_WHY_MAX];
	uint8_t bytes[1024];
	FILE *in = fopen(f->path, "r");
	size_t size = fread(bytes, 1, sizeof(bytes), in);

	fclose(in);
	for (size_t n = 0; n < size; n++) {
		struct seen_frames s = {.f = f};
		FILE *out = fopen(scratch_path(&f->scratch, "cut"), "w");
		long got;

		fwrite(bytes, 1, n, out);
		fclose(out);
		why[0] = '\0';
		got = replay_load(f->scratch.path, check_frame, &s, why);
		assert_true(got < 2);
		assert_int_equal(got < 0, why[0] != '\0');
	}
}

static bool never(void *arg, const struct replay_frame *frame)
{
	(void)arg, (void)frame;
	fail();
	return false;
}

static void another_link_type_is_refused(void **state)
{
	struct fixture *f = *state;
	char why[REPLAY_WHY_MAX];
	pcap_t *p = pcap_open_dead(DLT_RAW, 65535);
	pcap_dumper_t *d = pcap_dump_open(p, scratch_path(&f->scratch, "raw.pcap"));

	pcap_dump_close(d);
	pcap_close(p);
	assert_int_equal(replay_load(f->scratch.path, never, NULL, why), -1);
	assert_non_null(strstr(why, "not Ethernet"));
}

/* Runs the sub-command; its output is in `stdout`, its errors in `stderr` of the scratch folder. */
static int run(struct fixture *f, const char *a, const char *b, const char *c)
{
	char words[4][PATH_MAX] = {"replay", "", "", ""};
	char *argv[] = {words[0], words[1], words[2], words[3], NULL};
	const char *arguments[] = {a, b, c};
	int argc = 1, out, err, status;

	for (size_t i = 0; i < 3 && arguments[i]; i++)
		snprintf(words[argc++], PATH_MAX, "%s", arguments[i]);
	argv[argc] = NULL;
	out = scratch_capture(&f->scratch, 1, "stdout");
	err = scratch_capture(&f->scratch, 2, "stderr");
	status = replay_main(argc, argv);
	scratch_release(2, err);
	scratch_release(1, out);
	return status;
}

static void expect_said(struct fixture *f, const char *name, const char *want)
{
	char *text = scratch_read(&f->scratch, name);

	if (!strstr(text, want))
		fail_msg("%s", text);
	free(text);
}

static void the_listing_has_a_line_a_frame(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(run(f, f->path, NULL, NULL), 0);
	expect_said(f, "stdout",
	            "     1       0.000 ms  udp 192.168.100.2:40000 > 203.0.113.50:51900 5 bytes "
	            "\"hello\"\n     2       1.500 ms  ");
}

static void one_frame_is_shown_with_its_bytes(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(run(f, "--frame", "1", f->path), 0);
	expect_said(
	        f, "stdout",
	        "\n  0000   52 54 00 00 00 01 52 54  00 12 34 56 08 00 45 00  RT....RT..4V..E.\n");
	expect_said(f, "stdout",
	            "  0020   71 32 9c 40 ca bc 00 0d  00 00 68 65 6c 6c 6f     "
	            "q2.@......hello\n");
}

static void what_cannot_be_done_is_said_with_exit_2(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(run(f, NULL, NULL, NULL), 2);
	expect_said(f, "stderr", "usage: gauntlet replay");
	assert_int_equal(run(f, "/nonexistent.pcap", NULL, NULL), 2);
	expect_said(f, "stderr", "/nonexistent.pcap: No such file");
	assert_int_equal(run(f, "/dev/null", NULL, NULL), 2);
	expect_said(f, "stderr", "/dev/null: ");
	assert_int_equal(run(f, "--frame", "3", f->path), 2);
	expect_said(f, "stderr", "there is no frame 3, only 2");
	assert_int_equal(run(f, "--frame", "0", f->path), 2);
	expect_said(f, "stderr", "'0' is not a frame number");
	assert_int_equal(run(f, "--frame", "99999999999", f->path), 2);
	assert_int_equal(run(f, "--frame", "1x", f->path), 2);
	assert_int_equal(run(f, "--unknown", f->path, NULL), 2);
	assert_int_equal(run(f, "--help", NULL, NULL), 0);
	expect_said(f, "stdout", "usage: gauntlet replay");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, remove_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(frames_come_in_order_with_number_time_and_bytes),
	        TEST(the_callback_may_stop_early),
	        TEST(every_truncation_of_a_capture_is_an_error_or_shorter),
	        TEST(another_link_type_is_refused),
	        TEST(the_listing_has_a_line_a_frame),
	        TEST(one_frame_is_shown_with_its_bytes),
	        TEST(what_cannot_be_done_is_said_with_exit_2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
