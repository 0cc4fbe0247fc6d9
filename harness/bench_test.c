/* SPDX-License-Identifier: ISC */
/* bench_test.c: what a bench says must be what it measured. The measuring itself is not tested here: it takes time,
 * and its figures are the machine's. */
#include "harness/bench.h"

#include "harness/addr.h"
#include "harness/bench_bed.h"
#include "harness/decode.h"
#include "harness/scratch.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define TEXT_MAX 65536

/* ---- series ---- */

static struct bench_series series_of(unsigned count, const double *values)
{
	struct bench_series s = {.count = 0};

	for (unsigned i = 0; i < count; i++)
		bench_series_add(&s, values[i]);
	return s;
}

#define SERIES(...)                                                                                \
	series_of(sizeof((double[]){__VA_ARGS__}) / sizeof(double), (double[]){__VA_ARGS__})

static void median_least_and_most_do_not_depend_on_the_order(void **state)
{
	struct bench_series odd = SERIES(9, 1, 5), even = SERIES(8, 2, 4, 6), one = SERIES(3);

	(void)state;
	assert_true(bench_series_median(&odd) == 5);
	assert_true(bench_series_median(&even) == 5);
	assert_true(bench_series_median(&one) == 3);
	assert_true(bench_series_least(&odd) == 1 && bench_series_most(&odd) == 9);
	assert_true(odd.value[0] == 9); /* the order of the rounds is kept */
}

static void an_empty_series_is_zero(void **state)
{
	struct bench_series none = {.count = 0}, one = SERIES(3);

	(void)state;
	assert_true(bench_series_median(&none) == 0);
	assert_true(bench_series_least(&none) == 0 && bench_series_most(&none) == 0);
	assert_true(bench_series_ratio(&one, &none) == 0);
}

static void one_value_too_many_is_left_out(void **state)
{
	struct bench_series s = {.count = 0};

	(void)state;
	for (int i = 0; i < BENCH_ROUNDS_MAX + 1; i++)
		bench_series_add(&s, i);
	assert_int_equal(s.count, BENCH_ROUNDS_MAX);
	assert_true(bench_series_most(&s) == BENCH_ROUNDS_MAX - 1);
}

/* Both had a bad second round, so the medians' ratio would be another. */
static void a_ratio_is_taken_round_by_round(void **state)
{
	struct bench_series a = SERIES(100, 20, 110), b = SERIES(50, 10, 220), zero = SERIES(1, 0);

	(void)state;
	assert_true(bench_series_ratio(&a, &b) == 2);
	assert_true(bench_series_ratio(&a, &zero) == 0);
}

static void a_quantile_is_a_value_that_was_measured(void **state)
{
	double v[] = {4, 1, 3, 2}, hundred[100];

	(void)state;
	assert_true(bench_quantile(v, 4, 0.5) == 2);
	assert_true(bench_quantile(v, 4, 1) == 4);
	assert_true(bench_quantile(v, 4, 0) == 1);
	assert_true(bench_quantile(v, 0, 0.5) == 0);
	for (int i = 0; i < 100; i++)
		hundred[i] = 100 - i;
	assert_true(bench_quantile(hundred, 100, 0.99) == 99);
}

/* ---- frames ---- */

static void frames_are_whole_and_their_checksums_right(void **state)
{
	static const uint8_t gateway[6] = {2, 0, 0, 0, 0, 7};
	static const size_t sizes[] = {BENCH_IP_MIN, 64, 512, 1400, 9000};
	uint8_t frame[BENCH_FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (uint32_t tag = 0; tag < 70000; tag += 999) {
			size_t len = bench_frame_build(frame, gateway, 40001, sizes[i], tag);
			struct seen s;

			decode(frame, len, &s);
			assert_null(s.fault);
			assert_int_equal(s.kind, SEEN_UDP);
			assert_int_equal(s.ip_len, sizes[i]);
			assert_int_equal(len, 14 + sizes[i]);
			assert_int_equal(s.trailing, 0);
			assert_true(s.ip_src == LAB_VM_IP && s.ip_dst == LAB_CONSUMER_IP);
			assert_true(s.sport == 40001 && s.dport == LAB_CONSUMER_PORT);
			assert_memory_equal(s.eth_dst, gateway, 6);
			assert_int_equal(s.payload.p[0] << 24 | s.payload.p[1] << 16 |
			                         s.payload.p[2] << 8 | s.payload.p[3],
			                 tag);
		}
}

/* ---- usage ---- */

static void a_line_in_kb_is_found_by_its_whole_name(void **state)
{
	char text[] =
	        "0-1 ---p 0 00:00 0 [rollup]\nPss_Dirty:  9 kB\nRss:   123 kB\nPss:    45 kB\n";
	FILE *f = fmemopen(text, sizeof(text) - 1, "r");
	double kb = 0;

	(void)state;
	assert_non_null(f);
	assert_true(bench_kb_line(f, "Pss", &kb) && kb == 45);
	assert_true(bench_kb_line(f, "Rss", &kb) && kb == 123);
	assert_false(bench_kb_line(f, "Swap", &kb));
	fclose(f);
}

/* Starts `path` so that it lives until the returned descriptor is closed, and waits for its first byte. */
static int start(char *path, struct proc *p)
{
	char *argv[] = {path, NULL};
	int pair[2];
	char c;

	if (lab_enter())
		skip();
	assert_return_code(pipe(pair), 0);
	struct proc_options o = {.argv = argv, .net_ns = -1, .out = pair[1], .err = -1};

	assert_return_code(proc_start(&o, p), 0);
	close(pair[1]);
	assert_int_equal(read(pair[0], &c, 1), 1);
	return pair[0];
}

static void an_adapter_is_not_counted_but_what_it_starts_is(void **state)
{
	struct bench_processes found;
	struct bench_memory memory;
	struct bench_cpu cpu;
	struct proc_end end;
	struct scratch s;
	struct proc p;
	char path[PATH_MAX];
	int fd;

	(void)state;
	scratch_make(&s);
	/* The kernel counts time when it looks at a clock; a process that just began may have none yet. */
	scratch_write(&s, "adapter",
	              "#!/bin/sh\nsh -c 'i=0; while [ $i -lt 50000 ]; do i=$((i + 1)); done; echo; "
	              "exec sleep 60' &\nwait\n");
	snprintf(path, sizeof(path), "%s", scratch_path(&s, "adapter"));
	assert_return_code(chmod(path, 0700), 0);
	fd = start(path, &p);
	bench_processes_find(&found, &p, path);
	assert_int_equal(found.count, 1);
	assert_true(bench_cpu_read(&found, &cpu) && cpu.total_ns > 0);
	assert_true(bench_memory_read(&found, &memory));
	assert_true(memory.rss_kb > 0 && memory.rss_kb >= memory.pss_kb);
	bench_processes_find(&found, &p, "another");
	assert_int_equal(found.count, 2);
	proc_kill(&p);
	assert_true(proc_reap(&p, -1, &end));
	assert_false(bench_cpu_read(&found, &cpu));
	assert_false(bench_memory_read(&found, &memory));
	close(fd);
	scratch_remove(&s);
}

/* ---- reports ---- */

static struct bench *two_backends(void)
{
	static struct bench b;

	b = (struct bench){.rounds = 1, .span_ms = 10, .subject_count = 2};
	b.subjects[0].name = "first";
	b.subjects[0].mode = "filtered";
	b.subjects[1].name = "second";
	b.subjects[1].mode = "direct";
	for (size_t i = 0; i < 2; i++)
		for (size_t r = 0; r < bench_row_count; r++)
			snprintf(b.subjects[i].cells[r].why_not, BENCH_WHY_MAX, "because-%zu-%zu.",
			         i, r);
	return &b;
}

static struct bench_cell *cell(struct bench *b, size_t subject, const char *id)
{
	for (size_t r = 0; r < bench_row_count; r++)
		if (!strcmp(bench_rows[r].id, id)) {
			b->subjects[subject].cells[r].why_not[0] = '\0';
			return &b->subjects[subject].cells[r];
		}
	fail();
	return NULL;
}

static char *printed(const struct bench *b, void (*print)(const struct bench *b, FILE *to))
{
	static char text[TEXT_MAX];
	FILE *f = fmemopen(text, sizeof(text), "w");

	assert_non_null(f);
	print(b, f);
	fclose(f);
	return text;
}

static void rows_have_names_of_their_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < bench_row_count; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(bench_rows[i].id, bench_rows[k].id);
}

static void what_was_not_measured_is_a_dash_with_its_reason(void **state)
{
	struct bench *b = two_backends();
	char *text = printed(b, bench_print), reason[64];

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (size_t r = 0; r < bench_row_count; r++) {
			snprintf(reason, sizeof(reason), "-   because-%zu-%zu.\n", i, r);
			assert_non_null(strstr(text, reason));
		}
}

static void loss_is_told_and_whose_it_was(void **state)
{
	struct bench *b = two_backends();
	struct bench_cell *c = cell(b, 0, "udp-up/64");
	char *text;

	(void)state;
	bench_series_add(&c->metric[BENCH_FRAMES_S], 250000);
	c->sent = c->received = 1000;
	assert_non_null(strstr(printed(b, bench_print), "250.0"));
	assert_null(strstr(printed(b, bench_print), "%)"));
	c->received = 990;
	c->missed = 7;
	text = printed(b, bench_print);
	assert_non_null(strstr(text, "10 (1.000 %), 7 by the bench"));
}

static void a_round_that_failed_is_told(void **state)
{
	struct bench *b = two_backends();
	struct bench_cell *c = cell(b, 0, "udp-up/64");

	(void)state;
	b->rounds = 5;
	bench_series_add(&c->metric[BENCH_FRAMES_S], 250000);
	c->failures = 1;
	strcpy(c->why_not, "it ended");
	assert_non_null(strstr(printed(b, bench_print), "250.0 .. 250.0"));
	assert_non_null(strstr(printed(b, bench_print), "(failed in 1 of 5 rounds: it ended)"));
	assert_non_null(strstr(printed(b, bench_print_goals), "MISS  UDP up, 64 B, many"));
}

static void the_ratio_is_to_the_first_backend(void **state)
{
	struct bench *b = two_backends();
	struct bench_cell *first = cell(b, 0, "udp-up/64"), *second = cell(b, 1, "udp-up/64");

	(void)state;
	bench_series_add(&first->metric[BENCH_FRAMES_S], 200000);
	bench_series_add(&second->metric[BENCH_FRAMES_S], 150000);
	assert_non_null(strstr(printed(b, bench_print), " 0.75 "));
}

static void a_filter_shows_its_rows_only(void **state)
{
	struct bench *b = two_backends();
	char *text;

	(void)state;
	b->filter = "tcp/";
	text = printed(b, bench_print);
	assert_non_null(strstr(text, "TCP, a Linux stack"));
	assert_null(strstr(text, "UDP up"));
	assert_null(strstr(text, "holds the TAP"));
}

static void a_goal_is_met_missed_or_not_measured(void **state)
{
	struct bench *b = two_backends();
	struct bench_cell *c = cell(b, 0, "latency/64");
	char *text;

	(void)state;
	bench_series_add(&c->metric[BENCH_P50_US], 30);
	bench_series_add(&c->metric[BENCH_P99_US], 700);
	text = printed(b, bench_print_goals);
	assert_non_null(strstr(text, "ok    there and back, p50"));
	assert_non_null(strstr(text, "MISS  there and back, p99"));
	assert_non_null(strstr(text, "-     UDP up, 64 B, many frames a write"));
}

static void a_goal_with_loss_is_missed(void **state)
{
	struct bench *b = two_backends();
	struct bench_cell *c = cell(b, 0, "udp-up/64");

	(void)state;
	bench_series_add(&c->metric[BENCH_FRAMES_S], 250000);
	c->sent = 1000;
	c->received = 999;
	assert_non_null(strstr(printed(b, bench_print_goals), "ok    UDP up, 64 B, many"));
	c->received = 998;
	assert_non_null(strstr(printed(b, bench_print_goals), "MISS  UDP up, 64 B, many"));
}

static void a_missed_goal_says_what_was_in_the_way(void **state)
{
	struct bench *b = two_backends();
	struct bench_cell *c = cell(b, 0, "udp-up/64");

	(void)state;
	b->cores = 2;
	bench_series_add(&c->metric[BENCH_FRAMES_S], 50000);
	bench_series_add(&c->metric[BENCH_BUSY], 0.97);
	bench_series_add(&c->metric[BENCH_KERNEL], 0.8);
	assert_non_null(strstr(printed(b, bench_print_goals),
	                       "97 % of a core, 80 % of that in the kernel"));
	c->metric[BENCH_BUSY].value[0] = 0.3;
	assert_non_null(strstr(printed(b, bench_print_goals), "not limited by its own work"));
	b->subjects[1].name = "null";
	bench_series_add(&cell(b, 1, "udp-up/64")->metric[BENCH_FRAMES_S], 60000);
	assert_non_null(strstr(printed(b, bench_print_goals), "; null: 60\n"));
}

static void every_row_stands_in_the_json_with_numbers_or_a_reason(void **state)
{
	struct bench *b = two_backends();
	struct bench_cell *c = cell(b, 1, "burst/64");
	json_error_t err;
	json_t *root, *rows, *row;
	size_t i;

	(void)state;
	bench_series_add(&c->metric[BENCH_BURST_MS], 5.5);
	c->sent = c->received = 1000;
	b->verdicts[b->verdict_count++] = (struct bench_verdict){"udp-pass", "hot", 64, 1,
	                                                         80.5,       79,    90};
	root = json_loads(printed(b, bench_write_json), JSON_REJECT_DUPLICATES, &err);
	assert_non_null(root);
	rows = json_object_get(root, "rows");
	assert_int_equal(json_array_size(rows), 2 * bench_row_count);
	json_array_foreach(rows, i, row)
	{
		const json_t *ms = json_object_get(row, "ms");

		if (json_object_get(row, "why_not"))
			continue;
		assert_string_equal(json_string_value(json_object_get(row, "row")), "burst/64");
		assert_string_equal(json_string_value(json_object_get(row, "backend")), "second");
		assert_true(json_number_value(json_object_get(ms, "median")) == 5.5);
		assert_int_equal(json_array_size(json_object_get(ms, "rounds")), 1);
		assert_int_equal(json_integer_value(json_object_get(row, "sent")), 1000);
		break;
	}
	assert_true(i < json_array_size(rows));
	assert_int_equal(json_array_size(json_object_get(root, "verdicts")), 1);
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(median_least_and_most_do_not_depend_on_the_order),
	        cmocka_unit_test(an_empty_series_is_zero),
	        cmocka_unit_test(one_value_too_many_is_left_out),
	        cmocka_unit_test(a_ratio_is_taken_round_by_round),
	        cmocka_unit_test(a_quantile_is_a_value_that_was_measured),
	        cmocka_unit_test(frames_are_whole_and_their_checksums_right),
	        cmocka_unit_test(a_line_in_kb_is_found_by_its_whole_name),
	        cmocka_unit_test(an_adapter_is_not_counted_but_what_it_starts_is),
	        cmocka_unit_test(rows_have_names_of_their_own),
	        cmocka_unit_test(what_was_not_measured_is_a_dash_with_its_reason),
	        cmocka_unit_test(loss_is_told_and_whose_it_was),
	        cmocka_unit_test(a_round_that_failed_is_told),
	        cmocka_unit_test(the_ratio_is_to_the_first_backend),
	        cmocka_unit_test(a_filter_shows_its_rows_only),
	        cmocka_unit_test(a_goal_is_met_missed_or_not_measured),
	        cmocka_unit_test(a_goal_with_loss_is_missed),
	        cmocka_unit_test(a_missed_goal_says_what_was_in_the_way),
	        cmocka_unit_test(every_row_stands_in_the_json_with_numbers_or_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
